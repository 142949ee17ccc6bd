"""The visitor's subscriptions, and one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from invoice_portal.effects import Failed, Ok, Outcome, each, needed
from invoice_portal.errors import NotFound
from invoice_portal.http import Page, Response
from invoice_portal.marking import N_
from invoice_portal.owned import given_subscription, own_customers, own_subscription
from invoice_portal.pages.subscriptions.naming import names_of
from invoice_portal.pages.subscriptions.offering import offer_cards
from invoice_portal.pages.subscriptions.view import make_subscription_rows, view_subscription
from invoice_portal.stripe_api.prices import Price, retrieve_price
from invoice_portal.stripe_api.reading import Listing
from invoice_portal.stripe_api.subscriptions import (
    Discount,
    Subscription,
    SubscriptionItem,
    discounts_of,
    subscriptions_of,
)
from invoice_portal.visits import Visit

MOST_CUSTOMERS: Final = 20
_NOTES: Final = {
    "canceled": N_("Your subscription is canceled. It goes on until the end of the period that is paid for."),
    "ended": N_("Your subscription has ended."),
    "resumed": N_("Your subscription goes on. Nothing was lost."),
    "paused": N_("Your subscription is paused."),
    "unpaused": N_("Your subscription goes on, and bills are due as usual."),
    "kept": N_("Good to have you. The offer is yours, and your subscription goes on."),
    "had": N_("You have had this offer before. Your subscription goes on as it is."),
    "changed": N_("Your subscription is changed."),
}
"""What has just happened, by the note in the address."""
_MOST_CALLS: Final = 20


async def subscriptions(visit: Visit) -> Response:
    """Every subscription of the visitor's, or the one that was given on arrival."""
    found = await own_subscriptions(visit)
    names = await names_of(price for subscription in found for price in subscription.prices)
    _ = visit.language.gettext
    return Page(
        template="invoice_portal/subscriptions.html",
        title=_("Subscriptions"),
        context={"subscriptions": make_subscription_rows(visit, found, names)},
    )


async def subscription(visit: Visit) -> Response:
    """One subscription with everything about it. Names and discounts may fail alone."""
    visit.demand("view")
    whole = await own_subscription(visit, visit.request.args["subscription"])
    names, discounts = await names_of(whole.prices), await discounts_for(whole)
    view = view_subscription(visit, whole, names, discounts)
    _ = visit.language.gettext
    note = _NOTES.get(visit.request.query.get("note", ""), "")
    return Page(
        template="invoice_portal/subscription.html",
        title=view.title,
        context={
            "subscription": view,
            "offers": await offer_cards(visit, whole),
            "note": _(note) if note else "",
            "subscriptions_url": visit.url("subscriptions"),
        },
    )


async def own_subscriptions(visit: Visit) -> tuple[Subscription, ...]:
    """Every subscription that this visitor may see, with the steps of its prices, newest first.

    Raises ``NotFound`` for somebody whose link opens one invoice only.
    """
    visit.demand("view")
    visit.in_portal()
    if given := given_subscription(visit):
        return (await own_subscription(visit, given),)
    customers = (await own_customers(visit))[:MOST_CUSTOMERS]
    outcomes = await each([subscriptions_of(customer) for customer in customers])
    found: list[Subscription] = []
    for customer, outcome in zip(customers, outcomes, strict=True):
        if not (isinstance(outcome, Failed) and isinstance(outcome.error, NotFound)):  # Stripe has no such customer
            found += await _rest(customer, needed(outcome))
    return await _with_tiers(found)


async def discounts_for(subscription: Subscription) -> Outcome[tuple[Discount, ...]]:
    """What its discounts take off; nobody is asked where there are none."""
    if not subscription.discounts:
        return Ok(())
    (outcome,) = await each([discounts_of(subscription.id)])
    return outcome


async def _rest(customer: str, listing: Listing[Subscription]) -> Sequence[Subscription]:
    found = list(listing.items)
    for _ in range(_MOST_CALLS):
        if not listing.has_more or not listing.items:
            break
        listing = await subscriptions_of(customer, after=found[-1].id)
        found += listing.items
    return found


async def _with_tiers(subscriptions: Sequence[Subscription]) -> tuple[Subscription, ...]:
    """The subscriptions with the tiers of their prices, for which a list is a level too deep."""
    wanted = sorted({price.id for one in subscriptions for price in one.prices if price.tiers_mode})
    outcomes = await each([retrieve_price(price) for price in wanted])
    known = {outcome.value.id: outcome.value for outcome in outcomes if isinstance(outcome, Ok)}
    return tuple(replace(one, items=tuple(_with_tier(item, known) for item in one.items)) for one in subscriptions)


def _with_tier(item: SubscriptionItem, known: Mapping[str, Price]) -> SubscriptionItem:
    return replace(item, price=known[item.price.id]) if item.price and item.price.id in known else item
