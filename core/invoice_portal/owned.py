"""Objects that belong to the visitor: fetched, then checked, before anything of them is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from invoice_portal.effects import StripeCall, needed, together
from invoice_portal.errors import NotAllowed, NotFound
from invoice_portal.identity import CustomerId, Email
from invoice_portal.stripe_api.customers import Customer, customers_with_email
from invoice_portal.stripe_api.invoices import Invoice
from invoice_portal.stripe_api.reading import Listing
from invoice_portal.stripe_api.subscriptions import Subscription, whole_subscription
from invoice_portal.visits import Visit

T = TypeVar("T")

_MOST_CALLS: Final = 20


async def customers_with(email: Email) -> tuple[Customer, ...]:
    """Every Stripe customer that bears the address, newest first."""
    return await _rest(email, await customers_with_email(email.address))


async def fetch_owned(visit: Visit, call: StripeCall[T], invoice_of: Callable[[T], Invoice]) -> T:
    """What ``call`` answers, once its invoice turned out to be the visitor's and within the subscription in view.

    Raises ``NotFound`` for an invoice that is missing, somebody else's, out of scope or a draft: all look the same.
    """
    if visit.one_invoice not in (None, visit.request.args.get("invoice")):
        raise NotFound("the link is to another invoice")
    value, owners = await _with_owners(visit, call)
    invoice = invoice_of(value)
    if invoice.owner not in owners or invoice.status == "draft" or not in_scope(visit, invoice):
        raise NotFound("the invoice is not this visitor's")
    return value


def in_scope(visit: Visit, invoice: Invoice) -> bool:
    """Whether the invoice or the subscription that was given on arrival, if any, lets this invoice be seen."""
    if visit.one_invoice is not None:
        return invoice.id == visit.one_invoice
    return given_subscription(visit) in (None, invoice.subscription)


async def own_subscription(visit: Visit, subscription: str) -> Subscription:
    """A subscription, read afresh, once it turned out to be the visitor's and the one in view, if one was given.

    Raises ``NotFound`` for one that is missing, somebody else's or out of scope: all look the same.
    """
    visit.in_portal()
    if given_subscription(visit) not in (None, subscription):
        raise NotFound("another subscription is in view")
    whole, owners = await _with_owners(visit, whole_subscription(subscription))
    if whole.owner not in owners:
        raise NotFound("the subscription is not this visitor's")
    return whole


async def subscription_to_change(visit: Visit) -> Subscription:
    """The subscription that the address names, read afresh, for somebody who may change it here.

    Raises ``NotAllowed`` where that is off or happens on Stripe's own pages, ``NotFound`` as :func:`own_subscription`.
    """
    visit.demand("manage")
    if visit.settings.subscriptions.billing_portal:
        raise NotAllowed("billing_portal is on: subscriptions are changed on Stripe's pages")
    return await own_subscription(visit, visit.request.args["subscription"])


def given_subscription(visit: Visit) -> str | None:
    """The subscription that was given on arrival, where it is all that may be seen."""
    return visit.identified().subscription if visit.bound else None


async def own_customers(visit: Visit) -> tuple[str, ...]:
    """The ids of the visitor's customers at Stripe, newest first."""
    identity = visit.identified().identity
    if isinstance(identity, CustomerId):
        return (identity.id,)
    return tuple(customer.id for customer in await customers_with(identity))


async def _with_owners(visit: Visit, call: StripeCall[T]) -> tuple[T, set[str]]:
    """What ``call`` answers, and the visitor's customers, asked for at the same time."""
    identity = visit.identified().identity
    if isinstance(identity, CustomerId):
        return await call, {identity.id}
    answer, first = await together(call, customers_with_email(identity.address))
    return needed(answer), {customer.id for customer in await _rest(identity, needed(first))}


async def _rest(email: Email, listing: Listing[Customer]) -> tuple[Customer, ...]:
    customers = listing.items
    for _ in range(_MOST_CALLS):
        if not listing.has_more or not listing.items:
            break
        listing = await customers_with_email(email.address, after=customers[-1].id)
        customers += listing.items
    return customers
