"""Offers: to those who cancel, and beside what somebody has. Each is counted once a customer, and taken once.

Where the database does not answer there are no offers, and everything else goes on.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

from invoice_portal.effects import Ok, Query, each
from invoice_portal.errors import StoreUnavailable
from invoice_portal.managing.rules import changeable, plan_item
from invoice_portal.sharing.model import Desk, clean
from invoice_portal.stripe_api.subscriptions import Subscription, discounts_of
from invoice_portal.subscription_settings import Retention, SubscriptionSettings, Upsell
from invoice_portal.telling import tell
from invoice_portal.visits import Visit

Kind: TypeAlias = Literal["retention", "upsell"]

log = logging.getLogger("invoice_portal")


@dataclass(frozen=True, slots=True)
class Known:
    """The offers that a customer has taken, those that they want to see no more, and all that they were ever shown."""

    taken: frozenset[str]
    dismissed: frozenset[str]
    shown: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferCount:
    """To how many customers an offer was shown, and how many of them took it or sent it away."""

    offer: str
    kind: str
    shown: int
    taken: int
    dismissed: int

    def as_dict(self) -> dict[str, Any]:
        """As the merchant API shows it."""
        return asdict(self)


async def known(visit: Visit, customer: str) -> Known | None:
    """What a customer has done about offers; None where the database does not answer."""
    where = {"the_account": visit.desk.account, "the_customer": customer}
    try:
        return await Query("offers.of_customer", where, _known)
    except StoreUnavailable as error:
        log.error("no offers: %s", error.detail)
        return None


async def retention_for(
    visit: Visit, subscription: Subscription, feedback: str, *, coupons: bool = False
) -> Retention | None:
    """What to offer to somebody who cancels for this reason: the first that fits and that they have never had.

    ``coupons`` leaves out everything else. Discounts that keep somebody do not pile up: with one there is no other.
    """
    settings = visit.settings.subscriptions
    wanted = [offer for offer in settings.retention if offer.coupon or not coupons]
    offers = [offer for offer in wanted if suits(settings, offer, subscription, feedback)]
    if not offers:
        return None
    done = await known(visit, subscription.owner or "")
    if done is None:
        return None
    fresh = [offer for offer in offers if offer.id not in done.taken]
    discounted = not any(offer.coupon for offer in fresh) or await _may_be_discounted(settings, subscription)
    return next((offer for offer in fresh if not (offer.coupon and discounted)), None)


def retention_with(visit: Visit, id: str) -> Retention | None:
    """An offer of the settings by its id."""
    return next((offer for offer in visit.settings.subscriptions.retention if offer.id == id), None)


async def is_held_out(visit: Visit, subscription: Subscription, offer: Retention) -> bool:
    """Whether the customer was shown an offer and has not taken it: nobody helps themselves to what keeps others."""
    done = await known(visit, subscription.owner or "")
    return done is not None and offer.id in done.shown - done.taken


def suits(
    settings: SubscriptionSettings, offer: Retention, subscription: Subscription, feedback: str | None = None
) -> bool:
    """Whether an offer makes sense for a subscription as it stands, and for the reason, if one is asked about."""
    if offer.feedback and feedback is not None and feedback not in offer.feedback:
        return False
    if offer.pause_months:
        return subscription.status == "active" and subscription.paused_collection is None
    if offer.price:
        replaces = changeable(subscription) and plan_item(settings, subscription) is not None
        return replaces and offer.price not in {price.id for price in subscription.prices}
    return subscription.status in ("active", "trialing", "past_due")


def keeping_coupons(settings: SubscriptionSettings) -> frozenset[str]:
    """The coupons that are offered to those who cancel."""
    return frozenset(offer.coupon for offer in settings.retention if offer.coupon)


async def _may_be_discounted(settings: SubscriptionSettings, subscription: Subscription) -> bool:
    """Whether it has a coupon of the offers already: where that cannot be looked up, it may have."""
    if not subscription.discounts:
        return False
    (found,) = await each([discounts_of(subscription.id)])
    return not isinstance(found, Ok) or any(one.coupon in keeping_coupons(settings) for one in found.value)


def upsells_for(
    visit: Visit, subscription: Subscription, others: Iterable[Subscription], done: Known
) -> tuple[Upsell, ...]:
    """The offers that fit a subscription. Nobody is shown what they have, in whichever subscription."""
    if not visit.may("manage") or not changeable(subscription):
        return ()
    running = [one for one in (subscription, *others) if not one.ended]
    has = {price.id for one in running for price in one.prices}
    return tuple(
        upsell
        for upsell in visit.settings.subscriptions.upsells
        if upsell.id not in done.taken | done.dismissed
        and upsell.price not in has
        and _fits(visit, subscription, upsell)
    )


def _fits(visit: Visit, subscription: Subscription, upsell: Upsell) -> bool:
    own = {price.id for price in subscription.prices}
    if upsell.beside:
        return bool(own & set(upsell.beside))
    item = plan_item(visit.settings.subscriptions, subscription)
    return item is not None and item.price is not None and item.price.id in upsell.instead_of


async def shown(visit: Visit, subscription: Subscription, offer: str, kind: Kind) -> None:
    """Count an offer as shown to this customer, the first time."""
    try:
        first = await Query("offer.show", _row(visit.desk, subscription, offer, kind), bool)
    except StoreUnavailable as error:
        log.error("an offer was not counted: %s", error.detail)
        return
    if first:
        await tell(visit, "show_offer", subscription.id, subscription.owner or "", offer=offer, kind=kind)


async def claim(visit: Visit, subscription: Subscription, offer: str) -> bool:
    """Claim an offer that was shown to the customer; False where they have had it. Raises ``StoreUnavailable``."""
    row = {**_where(visit.desk, subscription, offer), "taken_at": visit.now, "subject": subscription.id}
    won: bool = await Query("offer.claim", row, bool)
    return won


async def took(visit: Visit, subscription: Subscription, offer: str, kind: Kind) -> None:
    """Count an offer as taken, after what it is about was done; the second of two clicks is not told."""
    row = {**_row(visit.desk, subscription, offer, kind), "taken_at": visit.now}
    try:
        first = await Query("offer.take", row, bool)
    except StoreUnavailable as error:
        log.error("an offer that was taken was not counted: %s", error.detail)
        first = True
    if first:
        await tell(visit, "take_offer", subscription.id, subscription.owner or "", offer=offer, kind=kind)


async def release(visit: Visit, subscription: Subscription, offer: str) -> None:
    """Give a claim back, since Stripe did not do what was offered."""
    await Query("offer.release", _where(visit.desk, subscription, offer), _nothing)


async def dismiss(visit: Visit, subscription: Subscription, offer: str) -> None:
    """The customer wants to see it no more. Raises ``StoreUnavailable``."""
    row = {**_row(visit.desk, subscription, offer, "upsell"), "dismissed_at": visit.now}
    if await Query("offer.dismiss", row, bool):
        await tell(visit, "dismiss_offer", subscription.id, subscription.owner or "", offer=offer)


async def all_counts(desk: Desk) -> tuple[OfferCount, ...]:
    """How often each offer was shown, taken and sent away: the merchant's figures. Raises ``StoreUnavailable``."""
    return await Query("offers.counts", {"the_account": desk.account}, _counts)


def _where(desk: Desk, subscription: Subscription, offer: str) -> dict[str, Any]:
    return {"the_account": desk.account, "the_customer": clean(subscription.owner or "", 255), "the_offer": offer}


def _row(desk: Desk, subscription: Subscription, offer: str, kind: Kind) -> dict[str, Any]:
    return {
        "id": f"of_{secrets.token_hex(12)}",
        "account": desk.account,
        "customer": clean(subscription.owner or "", 255),
        "offer": offer,
        "kind": kind,
        "subject": subscription.id,
        "shown_at": desk.now,
        "taken_at": None,
        "dismissed_at": None,
    }


def _known(rows: Sequence[Mapping[str, Any]]) -> Known:
    return Known(
        frozenset(row["offer"] for row in rows if row["taken_at"] is not None),
        frozenset(row["offer"] for row in rows if row["dismissed_at"] is not None),
        frozenset(row["offer"] for row in rows),
    )


def _counts(rows: Sequence[Mapping[str, Any]]) -> tuple[OfferCount, ...]:
    return tuple(OfferCount(**dict(row)) for row in rows)


def _nothing(rows: object) -> None:
    return None
