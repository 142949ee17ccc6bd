"""What a visitor looks at: which of their customers, and which of its subscriptions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from invoice_portal.effects import Outcome, needed
from invoice_portal.errors import NotFound
from invoice_portal.identity import CustomerId
from invoice_portal.owned import customers_with
from invoice_portal.stripe_api.customers import Customer
from invoice_portal.stripe_api.ids import checked
from invoice_portal.stripe_api.reading import Listing
from invoice_portal.stripe_api.subscriptions import Subscription, retrieve_subscription, subscriptions_of
from invoice_portal.visits import Visit

_MOST_CALLS: Final = 20


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose invoices: one customer's, of one subscription where one is in view.

    ``bound`` is set where the subscription was given on arrival, so that nothing else may be seen. ``chosen`` says that
    the customer is one of several, so that links have to name it.
    """

    customer: str
    subscription: str | None
    bound: bool
    chosen: bool = False

    @property
    def query(self) -> dict[str, str]:
        """The choices that every link of a page carries on."""
        keep = {"customer": self.customer} if self.chosen else {}
        return {**keep, "subscription": self.subscription} if self.subscription and not self.bound else keep


async def customer_in_view(visit: Visit, customers: tuple[Customer, ...]) -> str:
    """The customer in the address, or the one whose subscription was given on arrival, or the newest.

    Where that subscription is all that may be seen, the address has no say: its owner is the only customer there is.
    """
    ids = [customer.id for customer in customers]
    given = visit.identified().subscription
    wanted = "" if visit.bound else visit.request.query.get("customer", "")
    if not wanted and given and len(ids) > 1:
        wanted = (await retrieve_subscription(given)).owner or ""
    if wanted and wanted not in ids:
        raise NotFound("the customer is not this visitor's")
    return wanted or ids[0]


def scope_of(visit: Visit, customer: str, customers: tuple[Customer, ...] = ()) -> Scope:
    """The subscription that was given on arrival, unless all may be seen; else the one that was chosen.

    ``customers`` are all that the visitor has: where there are several, links name the one in view.
    """
    given = visit.identified().subscription
    if visit.bound:
        return Scope(customer, given, bound=True)
    chosen = visit.request.query.get("subscription", "")
    return Scope(customer, checked("sub", chosen) if chosen else None, bound=False, chosen=len(customers) > 1)


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


async def looked_at(visit: Visit) -> tuple[Scope, tuple[Customer, ...]] | None:
    """The customer and the subscription in view, and all customers of the visitor's; None where there is none.

    Raises ``NotFound`` for whoever came by a link to one invoice, and for somebody else's customer in the address.
    """
    identity = visit.in_portal().identity
    if isinstance(identity, CustomerId):
        return scope_of(visit, identity.id), ()
    customers = await customers_with(identity)
    if not customers:
        return None
    return scope_of(visit, await customer_in_view(visit, customers), customers), customers


async def running_in_view(scope: Scope) -> Listing[Subscription]:
    """The subscriptions in view that have not ended, a hundred at most; none of a customer that Stripe does not have.

    Raises ``NotFound`` where the one in view is not this customer's: it looks the same as a missing one.
    """
    if scope.subscription is None:
        try:
            listing = await subscriptions_of(scope.customer, status=None)
        except NotFound:
            return Listing((), has_more=False)
        owned = (each for each in listing.items if each.owner == scope.customer and not each.ended)
        return Listing(tuple(owned), listing.has_more)
    subscription = await retrieve_subscription(scope.subscription)
    if subscription.owner != scope.customer:
        raise NotFound("the subscription is not this customer's")
    return Listing(() if subscription.ended else (subscription,), has_more=False)
