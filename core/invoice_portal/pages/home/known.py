"""What the first page knows of a customer before its panes ask for more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from invoice_portal.i18n import Language
from invoice_portal.stripe_api.customers import Customer
from invoice_portal.stripe_api.invoices import Invoice
from invoice_portal.stripe_api.subscriptions import Subscription
from invoice_portal.viewing import Scope


@dataclass(frozen=True, slots=True)
class Known:
    """The customer, the subscriptions in view, and what is open.

    ``customer`` is None where it could not be read just now. ``subscriptions`` are those in view that have not ended:
    ``failed`` says that they could not be read, ``more`` that there are more of them. ``products`` are the ids of all
    that the customer ever subscribed to, ``names`` their names by id.
    """

    customer: Customer | None
    scope: Scope
    subscriptions: tuple[Subscription, ...]
    failed: bool
    more: bool
    open_now: tuple[Invoice, ...]
    products: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)


def subscription_name(language: Language, subscription: Subscription, names: Mapping[str, str]) -> str:
    """What a subscription is called: by its products, else by its own description."""
    products = ", ".join(names[product] for product in subscription.products if names.get(product))
    return products or subscription.description or language.gettext("Subscription")
