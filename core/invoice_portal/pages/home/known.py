"""What the first page knows of a customer before its panes ask for more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

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
