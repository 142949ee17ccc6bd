"""Changing what a subscription is for: first what it costs, then the change at exactly that cost.

A quote is sealed with everything that it rests on. What is confirmed is computed anew with the same proration date, on
a fresh read of the subscription: where anything is different, nothing happens and the visitor is shown the new figures.
Stripe makes one change from one state of a subscription, however many clicks and tabs ask for it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from invoice_portal.effects import each, needed, together
from invoice_portal.errors import (
    BadRequest,
    ChangeRefused,
    Conflict,
    NotAllowed,
    PaymentDeclined,
    QuoteOutdated,
    StripeRejected,
)
from invoice_portal.hooks import PlanChange
from invoice_portal.managing.asking import ask, done_by, noted
from invoice_portal.managing.rules import changeable, choices, in_rhythm, plan_item
from invoice_portal.money import Money
from invoice_portal.stripe_api.ids import checked
from invoice_portal.stripe_api.prices import Price, retrieve_price
from invoice_portal.stripe_api.subscription_changes import (
    CHANGES,
    Cost,
    preview_change,
    preview_recurring,
    save_subscription,
)
from invoice_portal.stripe_api.subscriptions import Subscription, SubscriptionItem
from invoice_portal.subscription_settings import Plan
from invoice_portal.visits import Visit

QUOTE_SECONDS: Final = 15 * 60
"""How long a quote is good for: the unused time that it is about goes on running."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants: ``price`` in place of the present one, or beside it where it ``adds``.

    ``quantity`` is None for metered prices. ``offer`` is the id of the offer that they follow, if any.
    """

    price: str
    quantity: int | None
    adds: bool = False
    offer: str = ""


@dataclass(frozen=True, slots=True)
class Changed:
    """What became of a quote that was confirmed: it is made, or waits until ``invoice`` is paid."""

    wish: Wish
    invoice: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    """What a wish costs. ``at`` is the moment (UTC seconds) from which it counts.

    Where it is ``immediate``, ``next`` is an invoice that is made at once; else it is the one at the end of the period.
    ``later`` is a whole period's. ``item`` is the one that changes, None for an add-on.
    """

    wish: Wish
    at: int
    immediate: bool
    next: Cost
    later: Cost
    price: Price
    item: SubscriptionItem | None

    @property
    def due_now(self) -> Money:
        """What is charged, or invoiced, at once."""
        return self.next.due if self.immediate else Money(0, self.next.due.currency)


def wish_of(visit: Visit, subscription: Subscription, price: str, quantity: int | None) -> Wish:
    """A plan of the settings' list as a wish. Raises ``NotAllowed`` for what the list or the state does not allow."""
    visit.demand("manage")
    item = plan_item(visit.settings.subscriptions, subscription)
    plan = next((each for each in choices(visit.settings.subscriptions, subscription) if each.price == price), None)
    if item is None or plan is None:
        raise NotAllowed("the price is not in the setting subscriptions, or the subscription cannot be changed now")
    return Wish(price, _quantity(visit, plan, item, quantity))


def offered_wish(visit: Visit, subscription: Subscription, price: str, offer: str, *, adds: bool) -> Wish:
    """What an offer is about: ``adds`` one of it beside the present plan, or replaces that at its quantity."""
    item = plan_item(visit.settings.subscriptions, subscription)
    if not changeable(subscription) or (item is None and not adds):
        raise NotAllowed(f"this {subscription.status} subscription cannot be changed so now")
    return Wish(price, 1 if adds or item is None else item.quantity or 1, adds=adds, offer=offer)


def _quantity(visit: Visit, plan: Plan, item: SubscriptionItem, wanted: int | None) -> int:
    """The quantity that is wanted where it may be chosen, else the present one."""
    present = item.quantity or 1
    if not plan.most or "change_quantity" not in visit.settings.subscriptions.actions:
        return present
    quantity = min(max(present, plan.least), plan.most) if wanted is None else wanted
    if not plan.least <= quantity <= plan.most:
        raise BadRequest(f"quantity must be from {plan.least} to {plan.most}")
    return quantity


async def quote(visit: Visit, subscription: Subscription, wish: Wish, at: int | None = None) -> Quote:
    """What the wish costs now and later, as of ``at``. Raises ``NotAllowed`` for a price that cannot be had here."""
    item = None if wish.adds else plan_item(visit.settings.subscriptions, subscription)
    price = await retrieve_price(checked("price", wish.price))
    if not price.active or not price.interval or price.currency != subscription.currency:
        raise NotAllowed("the price is archived, not recurring, or in another currency than the subscription")
    if not wish.adds and (item is None or item.price is None):
        raise NotAllowed("which item of the subscription is to change is not clear")
    if not in_rhythm(subscription, item, price):
        raise NotAllowed("the subscription has other prices, which are billed in another rhythm")
    if is_made(subscription, wish):
        raise BadRequest("that is what the subscription is already")
    moment = visit.now if at is None else at
    items = _items(wish, price, item)
    behavior = visit.settings.subscriptions.proration_behavior
    following, whole = await together(
        preview_change(subscription.id, items, behavior, moment), preview_recurring(subscription.id, items)
    )
    try:
        cost, later = needed(following), needed(whole)
    except StripeRejected as error:
        raise NotAllowed(f"Stripe takes no such change of this subscription: {error.detail}") from error
    ends = subscription.period[1] if subscription.period else moment
    return Quote(wish, moment, cost.made_at < ends, cost, later, price, item)


def _items(wish: Wish, price: Price, item: SubscriptionItem | None) -> list[dict[str, object]]:
    """The change in Stripe's parameters."""
    changed: dict[str, object] = {"price": price.id, **({} if price.metered else {"quantity": wish.quantity})}
    return [{"id": item.id, **changed} if item else changed]


def seal(visit: Visit, subscription: Subscription, found: Quote) -> str:
    """A quote as a token: what it is for, what it rests on, and what it says."""
    return visit.signer.seal(
        "change",
        {
            "s": subscription.id,
            "f": fingerprint(subscription),
            "p": found.wish.price,
            "q": found.wish.quantity,
            "a": found.wish.adds,
            "o": found.wish.offer,
            "t": found.at,
            "m": _figures(found),
            "x": visit.now + QUOTE_SECONDS,
        },
    )


async def confirm(visit: Visit, subscription: Subscription, token: str) -> Changed:
    """Make the change that a sealed quote is about, at its cost. Made already (a second click), it is left as it is.

    Raises ``QuoteOutdated`` where anything is different now, ``PaymentDeclined`` where it is paid at once and that does
    not go through (the plan stays as it was), ``ChangeRefused`` where Stripe does not take it, ``Vetoed`` where the
    host says no.
    """
    visit.demand("manage")
    sealed = visit.signer.open("change", token)
    if sealed is None or sealed.get("s") != subscription.id:
        raise BadRequest("the quote is not one of this portal's for this subscription")
    wish = Wish(sealed["p"], sealed["q"], sealed["a"], sealed["o"])
    if sealed["f"] != fingerprint(subscription):
        if is_made(subscription, wish):
            return Changed(wish)
        if subscription.latest_invoice and _holds(subscription.pending_items, wish):
            return Changed(wish, subscription.latest_invoice)
        raise QuoteOutdated("the subscription has changed since the quote")
    if sealed["x"] <= visit.now:
        raise QuoteOutdated("the quote is too old")
    again = await _again(visit, subscription, wish, sealed["t"])
    if _figures(again) != sealed["m"]:
        raise QuoteOutdated("it would cost something else now")
    await ask(visit, "pre_change_plan", visit.hooks.before_change_plan, _argument(visit, subscription, again))
    invoice = await _make(visit, subscription, again)
    if not invoice:
        await _note(visit, subscription, again)
    return Changed(wish, invoice)


async def _again(visit: Visit, subscription: Subscription, wish: Wish, at: int) -> Quote:
    """The same quote, computed afresh; the settings may have changed as well."""
    if not wish.offer:
        wish_of(visit, subscription, wish.price, wish.quantity)
    elif not changeable(subscription) or wish.price not in _offered(visit, wish.offer):
        raise QuoteOutdated("the offer is over")
    return await quote(visit, subscription, wish, at)


def _offered(visit: Visit, offer: str) -> set[str]:
    settings = visit.settings.subscriptions
    found = {each.id: each.price for each in settings.upsells} | {each.id: each.price for each in settings.retention}
    return {found[offer]} if offer in found else set()


async def _make(visit: Visit, subscription: Subscription, found: Quote) -> str:
    """Make the change, all of it or nothing. Gives the invoice that must be paid first, where a bank asks for that."""
    key = f"invoice-portal-{fingerprint(subscription)}"
    counted = {CHANGES: str(_count(subscription) + 1)}
    changes: dict[str, Any] = {
        "items": _items(found.wish, found.price, found.item),
        "proration_behavior": visit.settings.subscriptions.proration_behavior,
        "proration_date": found.at,
    }
    whole = {"payment_behavior": "error_if_incomplete"} if not subscription.sends_invoices else {}
    try:
        await done_by(save_subscription(subscription.id, {**changes, **whole, "metadata": counted}, key))
    except PaymentDeclined as declined:
        # Stripe would answer the same for a day: with another card it is worth another try.
        await each([save_subscription(subscription.id, {"metadata": counted})])
        if not (asks_the_customer(declined.code) and visit.may("pay")):
            raise
        return await _make_once_paid(subscription, changes, f"{key}-paid", declined)
    except Conflict:
        raise QuoteOutdated("another change was made from the same state") from None
    return ""


async def _make_once_paid(
    subscription: Subscription, changes: Mapping[str, Any], key: str, declined: PaymentDeclined
) -> str:
    """Let the change wait until the customer has confirmed its payment: Stripe makes it then, or drops it in a day.

    docs.stripe.com/billing/subscriptions/pending-updates. Raises ``declined`` where Stripe does not take it so: then
    the plan is as it was.
    """
    try:
        call = save_subscription(subscription.id, {**changes, "payment_behavior": "pending_if_incomplete"}, key)
        now = await done_by(call)
    except (ChangeRefused, Conflict):
        raise declined from None
    return (now.latest_invoice or "") if now.pending else ""


def asks_the_customer(code: str) -> bool:
    """Whether a payment was not refused, but is to be confirmed with the bank (docs.stripe.com/error-codes)."""
    return code == "authentication_required" or code.endswith("payment_intent_requires_action")


async def _note(visit: Visit, subscription: Subscription, found: Quote) -> None:
    old = found.item.price.id if found.item and found.item.price else ""
    await noted(
        visit,
        "subscription.changed",
        subscription.id,
        subscription.owner or "",
        event="change_plan",
        old_price=old,
        new_price=found.price.id,
        quantity=found.wish.quantity or 0,
        **({"offer": found.wish.offer} if found.wish.offer else {}),
    )


def _argument(visit: Visit, subscription: Subscription, found: Quote) -> PlanChange:
    return PlanChange(
        subscription_id=subscription.id,
        customer_id=subscription.owner or "",
        visitor=visit.name,
        old_price_id=found.item.price.id if found.item and found.item.price else "",
        new_price_id=found.price.id,
        quantity=found.wish.quantity,
        due_now=found.due_now.amount,
        currency=found.due_now.currency,
    )


def is_made(subscription: Subscription, wish: Wish) -> bool:
    """Whether the subscription is by now what was wished for."""
    return _holds(subscription.items, wish)


def _holds(items: Iterable[SubscriptionItem], wish: Wish) -> bool:
    return any(
        item.price and item.price.id == wish.price and (item.price.metered or item.quantity == wish.quantity)
        for item in items
    )


def _figures(found: Quote) -> list[object]:
    """Everything that the visitor is told about the cost."""
    following, later = found.next, found.later
    money = (following.due, following.total, later.due, later.total)
    return [found.immediate, *(part for each in money for part in (each.amount, each.currency))]


def fingerprint(subscription: Subscription) -> str:
    """What a change begins from: the same for as long as nothing that matters to its cost has changed."""
    state: Mapping[str, object] = {
        "id": subscription.id,
        "status": subscription.status,
        "items": [[item.id, item.price.id if item.price else "", item.quantity] for item in subscription.items],
        "period": subscription.period,
        "discounts": list(subscription.discounts),
        "method": subscription.collection_method,
        "count": _count(subscription),
    }
    return hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()[:40]


def _count(subscription: Subscription) -> int:
    text = subscription.metadata.get(CHANGES, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
