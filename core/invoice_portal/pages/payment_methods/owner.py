"""Whose methods: the visitor's own customers at Stripe, and nobody else's."""

from __future__ import annotations

from dataclasses import dataclass

from invoice_portal.effects import Ok, together
from invoice_portal.errors import NotAllowed, NotFound
from invoice_portal.identity import CustomerId
from invoice_portal.pages.owned import customers_with, given_subscription
from invoice_portal.pages.paying.limits import manages_methods
from invoice_portal.stripe_api.customers import Customer
from invoice_portal.stripe_api.default_methods import Renewing, customer_default, renewing_of, subscription_default
from invoice_portal.stripe_api.ids import checked
from invoice_portal.stripe_api.payment_methods import SavedMethod, retrieve_method
from invoice_portal.visits import Visit


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


async def own_method(visit: Visit, method: str) -> tuple[SavedMethod, Charged]:
    """A method of the visitor's, and what renewals of its customer are charged to.

    Raises ``NotFound`` for anybody else's, as for one that is not there.
    """
    ids = {customer.id for customer in await owners(visit)}
    found = await retrieve_method(method)
    if found.owner not in ids or not found.shown_again:
        raise NotFound("the method is not this visitor's")
    charged = await charged_of(visit, found.owner or "")
    if not in_view(visit, found, charged):
        raise NotFound("the method is not that of the subscription in view")
    return found, charged


def in_view(visit: Visit, method: SavedMethod, charged: Charged) -> bool:
    """Whether this visitor may see a method: who came for one subscription sees what that one is charged to."""
    return given_subscription(visit) is None or method.id in charged.methods


async def charged_of(visit: Visit, customer: str) -> Charged:
    """What renewals of a customer are charged to; of one subscription, where that is all that the visitor may see."""
    bound = given_subscription(visit)
    if bound is not None:
        default, one = await together(customer_default(customer), subscription_default(bound))
        seen = (one.value,) if isinstance(one, Ok) and one.value.owner == customer else ()
        return Charged(default.value if isinstance(default, Ok) else None, seen)
    default, listing = await together(customer_default(customer), renewing_of(customer))
    renewing = listing.value.items if isinstance(listing, Ok) else ()
    return Charged(default.value if isinstance(default, Ok) else None, renewing)
