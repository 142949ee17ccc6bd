"""What a visitor looks at: which of their customers, and which of its subscriptions."""

from __future__ import annotations

from typing import Final

from invoice_portal.effects import Outcome, needed
from invoice_portal.errors import NotFound
from invoice_portal.pages.listing import Scope
from invoice_portal.stripe_api.customers import Customer
from invoice_portal.stripe_api.ids import checked
from invoice_portal.stripe_api.reading import Listing
from invoice_portal.stripe_api.subscriptions import Subscription, retrieve_subscription, subscriptions_of
from invoice_portal.visits import Visit

_MOST_CALLS: Final = 20


async def customer_in_view(visit: Visit, customers: tuple[Customer, ...]) -> str:
    """The customer in the address, or the one whose subscription was given on arrival, or the newest.

    Where that subscription is all that may be seen, the address has no say: its owner is the only customer there is.
    """
    ids = [customer.id for customer in customers]
    given = visit.identified().subscription
    wanted = "" if _bound(visit) else visit.request.query.get("customer", "")
    if not wanted and given and len(ids) > 1:
        wanted = (await retrieve_subscription(given)).owner or ""
    if wanted and wanted not in ids:
        raise NotFound("the customer is not this visitor's")
    return wanted or ids[0]


def scope_of(visit: Visit, customer: str) -> Scope:
    """The subscription that was given on arrival, unless all may be seen; else the one that was chosen."""
    given = visit.identified().subscription
    if _bound(visit):
        return Scope(customer, given, bound=True)
    chosen = visit.request.query.get("subscription", "")
    return Scope(customer, checked("sub", chosen) if chosen else None, bound=False)


def _bound(visit: Visit) -> bool:
    """Whether the subscription that was given on arrival is all that may be seen."""
    return bool(visit.identified().subscription) and not visit.settings.show_all_invoices


async def check_choice(scope: Scope, first: Outcome[Listing[Subscription]]) -> None:
    """Raises ``NotFound`` where the chosen subscription is not this customer's: it looks the same as a missing one."""
    listing = needed(first)
    for _ in range(_MOST_CALLS):
        if scope.subscription in {subscription.id for subscription in listing.items}:
            return
        if not listing.has_more or not listing.items:
            break
        listing = await subscriptions_of(scope.customer, after=listing.items[-1].id)
    raise NotFound("the subscription is not this customer's")
