"""Saved payment methods as JSON, and where an invoice is paid."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Final, Literal

from invoice_portal.api.own import does, reads
from invoice_portal.api.schema import Nothing, Text
from invoice_portal.pages.paying.hosted import hosted_page
from invoice_portal.pages.paying.methods_view import expiry_text
from invoice_portal.pages.payment_methods.changing import made_default, removed
from invoice_portal.pages.payment_methods.owner import Charged, charged_of, customer_in_view, demand_managing, owners
from invoice_portal.pages.payment_methods.page import in_order, warning
from invoice_portal.payment_words import method_name
from invoice_portal.stripe_api.payment_methods import SavedMethod, methods_of
from invoice_portal.visits import Visit


@dataclass(frozen=True, slots=True)
class MethodData:
    """A saved method, as a customer recognises it."""

    id: str
    type: Annotated[str, "Stripe's, as `card` or `sepa_debit`."]
    name: Text
    last4: str
    expiry: Annotated[Text, "Empty for what does not expire."]
    expired: bool
    warning: Annotated[Text, "What to see to before the next bill; may be empty."]
    default: Annotated[bool, "Whether renewals are charged to it."]
    next_bill_at: Annotated[int | None, "UTC seconds."]
    can_remove: Annotated[bool, "A method that renewals are charged to stays until another takes its place."]


@dataclass(frozen=True, slots=True)
class Methods:
    """The methods that a customer has agreed to keep, the one that is charged first."""

    customer_id: str
    methods: tuple[MethodData, ...]


@dataclass(frozen=True, slots=True)
class Removal:
    """Whether it is gone; where not, renewals are charged to it: choose another for them first."""

    removed: bool
    methods: Methods


@dataclass(frozen=True, slots=True)
class WhereToPay:
    """Stripe's page of the invoice right now: go there at once, the address needs no login. Or why there is none."""

    url: str | None = field(repr=False)
    reason: Annotated[Literal["settled", "on_its_way"] | None, "Nothing is left to pay, or a payment is on its way."]


async def payment_methods(visit: Visit) -> Methods:
    """The methods of the customer in view."""
    demand_managing(visit)
    return await _methods_of(visit, customer_in_view(await owners(visit), visit.request.query.get("customer", "")))


async def make_default(visit: Visit, body: Nothing) -> Methods:
    """Have renewals charged to a method."""
    return await _methods_of(visit, await made_default(visit))


async def remove(visit: Visit, body: Nothing) -> Removal:
    """Remove a method that no renewal is charged to."""
    customer, gone = await removed(visit)
    return Removal(gone, await _methods_of(visit, customer))


async def pay(visit: Visit, body: Nothing) -> WhereToPay:
    """Where the invoice is paid. The host's ``before_pay`` is asked, as for the page's button."""
    page, reason = await hosted_page(visit)
    return WhereToPay(page or None, reason or None)


async def _methods_of(visit: Visit, customer: str) -> Methods:
    charged = await charged_of(visit, customer)
    listing = await methods_of(customer)
    return Methods(customer, tuple(_method(visit, each, charged) for each in in_order(listing.items, charged)))


def _method(visit: Visit, method: SavedMethod, charged: Charged) -> MethodData:
    default = method.id in charged.methods
    return MethodData(
        id=method.id,
        type=method.shown.type,
        name=method_name(visit.language, method.shown),
        last4=method.shown.last4,
        expiry=expiry_text(visit.language, method, visit.now),
        expired=method.expired(visit.now),
        warning=warning(visit.language, method, charged, visit.now),
        default=default,
        next_bill_at=charged.next_bill(method.id),
        can_remove=not (default and charged.subscriptions),
    )


ROUTES: Final = (
    reads(
        "api_me_payment_methods",
        "/payment_methods",
        "The saved payment methods",
        payment_methods,
        Methods,
        query={"customer": "One of the customers that `/api/me/invoices` names, `cus_…`."},
    ),
    does(
        "api_me_default_method",
        "/payment_methods/{method}/default",
        "Charge renewals to a method",
        make_default,
        Methods,
        takes=Nothing,
    ),
    does(
        "api_me_remove_method",
        "/payment_methods/{method}/remove",
        "Remove a method that no renewal is charged to",
        remove,
        Removal,
        takes=Nothing,
    ),
    does(
        "api_me_pay",
        "/invoices/{invoice}/pay",
        "Where the invoice is paid right now: Stripe's page",
        pay,
        WhereToPay,
        takes=Nothing,
        audit="invoice.payment_opened",
    ),
)
