"""Whose methods: the visitor's own customers at Stripe, and nobody else's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from invoice_portal.effects import needed, together
from invoice_portal.errors import NotAllowed, NotFound, StripeUnavailable
from invoice_portal.identity import CustomerId
from invoice_portal.owned import customers_with, given_subscription
from invoice_portal.pages.paying.limits import manages_methods
from invoice_portal.stripe_api.customers import Customer
from invoice_portal.stripe_api.default_methods import Renewing, customer_default, renewing_of, subscription_default
from invoice_portal.stripe_api.ids import checked
from invoice_portal.stripe_api.payment_methods import SavedMethod, retrieve_method
from invoice_portal.visits import Visit

_MOST_CALLS: Final = 20


@dataclass(frozen=True, slots=True)
class Charged:
    """What renewals are charged to: the customer's default, and the subscriptions that renew."""

    customer_default: str | None
    subscriptions: tuple[Renewing, ...]

    @property
    def methods(self) -> frozenset[str]:
        """Every method that something is charged to, or would be."""
        defaults = {each.default_method or self.customer_default for each in self.subscriptions}
        return frozenset(id for id in (defaults or {self.customer_default}) if id)

    def next_bill(self, method: str) -> int | None:
        """When something is charged to a method next, UTC seconds."""
        of = [each for each in self.subscriptions if (each.default_method or self.customer_default) == method]
        return min((each.bills_at for each in of if each.bills_at), default=None)


def demand_managing(visit: Visit) -> None:
    """Raises ``NotAllowed`` where this visitor may not manage methods."""
    visit.identified()
    visit.demand("manage")
    if not manages_methods(visit):
        raise NotAllowed("a link to one invoice opens no saved methods, and nobody without stripe_publishable_key does")


async def owners(visit: Visit) -> tuple[Customer, ...]:
    """The visitor's customers. Raises ``NotFound`` where there is none."""
    identity = visit.identified().identity
    if isinstance(identity, CustomerId):
        return (Customer(identity.id, "", "", "", 0),)
    found = await customers_with(identity)
    if not found:
        raise NotFound("the visitor has no customer at Stripe")
    return found


def customer_in_view(customers: tuple[Customer, ...], wanted: str) -> str:
    """The customer that is asked for, else the newest. Raises ``NotFound`` for one that is not the visitor's."""
    if not wanted:
        return customers[0].id
    if wanted not in {customer.id for customer in customers}:
        raise NotFound("the customer is not this visitor's")
    return checked("cus", wanted)


async def own_method(visit: Visit, method: str) -> SavedMethod:
    """A method of the visitor's. Raises ``NotFound`` for anybody else's, as for one that is not there."""
    ids = {customer.id for customer in await owners(visit)}
    found = await retrieve_method(method)
    if found.owner not in ids:
        raise NotFound("the method is not this visitor's")
    if not found.shown_again and not in_view(found, await charged_of(visit, found.owner or "")):
        raise NotFound("the customer has not agreed to be shown this method again")
    return found


def in_view(method: SavedMethod, charged: Charged) -> bool:
    """Whether a method is shown here: the customer agreed to that, or pays with it whether it is shown or not."""
    return method.shown_again or method.id in charged.methods


async def charged_of(visit: Visit, customer: str) -> Charged:
    """What renewals of a customer are charged to; of one subscription, where that is all that the visitor may see.

    Raises ``StripeUnavailable`` where it cannot be read whole: nothing is changed on a guess.
    """
    bound = given_subscription(visit)
    if bound is None:
        return await all_charged(customer)
    default, one = await together(customer_default(customer), subscription_default(bound))
    return Charged(needed(default), (needed(one),) if needed(one).owner == customer else ())


async def all_charged(customer: str) -> Charged:
    """What all renewals of a customer are charged to, whatever of it the visitor may see. Raises as the above."""
    default, listing = await together(customer_default(customer), renewing_of(customer))
    found = needed(listing)
    renewing = found.items
    for _ in range(_MOST_CALLS):
        if not found.has_more or not found.items:
            return Charged(needed(default), renewing)
        found = await renewing_of(customer, after=renewing[-1].id)
        renewing += found.items
    raise StripeUnavailable("this customer has more subscriptions than can be looked at")


async def charged_if_known(visit: Visit, customer: str) -> Charged | None:
    """The same, or None where it cannot be read just now."""
    try:
        return await charged_of(visit, customer)
    except (StripeUnavailable, NotFound):
        return None
