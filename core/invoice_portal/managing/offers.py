"""Offers: to those who cancel, and beside what somebody has. Each is counted once a customer, and taken once.

Where the database does not answer there are no offers, and everything else goes on.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any, Final, Literal, TypeAlias

from invoice_portal.effects import Ok, Query, each
from invoice_portal.errors import StoreUnavailable
from invoice_portal.managing.rules import changeable, plan_item
from invoice_portal.money import Money
from invoice_portal.sharing.model import Desk, clean
from invoice_portal.stripe_api.prices import Price
from invoice_portal.stripe_api.subscriptions import Subscription, discounts_of
from invoice_portal.subscription_settings import Retention, Upsell
from invoice_portal.telling import tell
from invoice_portal.visits import Visit

Kind: TypeAlias = Literal["retention", "upsell"]
_PER_YEAR: Final[Mapping[str, int]] = {"month": 12, "year": 1}

log = logging.getLogger("invoice_portal")


@dataclass(frozen=True, slots=True)
class Known:
    """The offers that a customer has taken, and those that they want to see no more."""

    taken: frozenset[str]
    dismissed: frozenset[str]


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


async def retention_for(visit: Visit, subscription: Subscription, feedback: str) -> Retention | None:
    """What to offer to somebody who cancels for this reason: the first that fits and that they have never had."""
    offers = [offer for offer in visit.settings.subscriptions.retention if suits(offer, subscription, feedback)]
    if not offers:
        return None
    done = await known(visit, subscription.owner or "")
    if done is None:
        return None
    fresh = [offer for offer in offers if offer.id not in done.taken]
    coupons = await _coupons(subscription) if any(offer.coupon for offer in fresh) else frozenset()
    return next((each for each in fresh if not each.coupon or _is_new(each.coupon, coupons)), None)


def retention_with(visit: Visit, id: str) -> Retention | None:
    """An offer of the settings by its id."""
    return next((offer for offer in visit.settings.subscriptions.retention if offer.id == id), None)


def suits(offer: Retention, subscription: Subscription, feedback: str | None = None) -> bool:
    """Whether an offer makes sense for a subscription as it stands, and for the reason, if one is asked about."""
    if offer.feedback and feedback is not None and feedback not in offer.feedback:
        return False
    if offer.pause_months:
        return subscription.status == "active" and subscription.paused_collection is None
    if offer.price:
        return changeable(subscription) and offer.price not in {price.id for price in subscription.prices}
    return subscription.status in ("active", "trialing", "past_due")


async def _coupons(subscription: Subscription) -> frozenset[str] | None:
    """The coupons that it has already; None where they cannot be looked up."""
    if not subscription.discounts:
        return frozenset()
    (found,) = await each([discounts_of(subscription.id)])
    return frozenset(discount.coupon or "" for discount in found.value) if isinstance(found, Ok) else None


def _is_new(coupon: str, coupons: frozenset[str] | None) -> bool:
    """Whether it has a coupon not yet: where nobody knows, it may have."""
    return coupons is not None and coupon not in coupons


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


def saving_per_year(old: Price | None, new: Price, quantity: int) -> Money | None:
    """What the same quantity costs less in a year, from Stripe's own prices (minor units), taxes left out.

    None where there is none, and where it is not certain: other currencies, tiers, packages, usage, days and weeks.
    """
    if old is None or old.currency != new.currency:
        return None
    before, after = _yearly(old, quantity), _yearly(new, quantity)
    if before is None or after is None or before <= after:
        return None
    return Money(int(before - after), new.currency)


def _yearly(price: Price, quantity: int) -> Decimal | None:
    plain = price.unit_amount is not None and not price.metered and not price.tiers_mode and price.divide_by == 1
    if not plain or price.unit_amount is None or price.interval not in _PER_YEAR:
        return None
    return price.unit_amount * quantity * _PER_YEAR[price.interval] / price.interval_count


async def shown(visit: Visit, subscription: Subscription, offer: str, kind: Kind) -> None:
    """Count an offer as shown to this customer, the first time."""
    try:
        first = await Query("offer.show", _row(visit.desk, subscription, offer, kind), bool)
    except StoreUnavailable as error:
        log.error("an offer was not counted: %s", error.detail)
        return
    if first:
        await tell(visit, "show_offer", subscription.id, subscription.owner or "", offer=offer, kind=kind)


async def take(visit: Visit, subscription: Subscription, offer: str, kind: Kind) -> bool:
    """Claim an offer for the customer; False where they have had it. Raises ``StoreUnavailable``."""
    row = {**_row(visit.desk, subscription, offer, kind), "taken_at": visit.now}
    won: bool = await Query("offer.take", row, bool)
    return won


async def took(visit: Visit, subscription: Subscription, offer: str, kind: Kind) -> None:
    """Count an offer as taken, after what it is about was done."""
    try:
        await take(visit, subscription, offer, kind)
    except StoreUnavailable as error:
        log.error("an offer that was taken was not counted: %s", error.detail)
    await tell(visit, "take_offer", subscription.id, subscription.owner or "", offer=offer, kind=kind)


async def release(visit: Visit, subscription: Subscription, offer: str) -> None:
    """Give a claim back, since Stripe did not do what was offered."""
    where = {"the_account": visit.desk.account, "the_customer": subscription.owner or "", "the_offer": offer}
    await Query("offer.release", where, _nothing)


async def dismiss(visit: Visit, subscription: Subscription, offer: str) -> None:
    """The customer wants to see it no more. Raises ``StoreUnavailable``."""
    row = {**_row(visit.desk, subscription, offer, "upsell"), "dismissed_at": visit.now}
    if await Query("offer.dismiss", row, bool):
        await tell(visit, "dismiss_offer", subscription.id, subscription.owner or "", offer=offer)


async def all_counts(desk: Desk) -> tuple[OfferCount, ...]:
    """How often each offer was shown, taken and sent away: the merchant's figures. Raises ``StoreUnavailable``."""
    return await Query("offers.counts", {"the_account": desk.account}, _counts)


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
    )


def _counts(rows: Sequence[Mapping[str, Any]]) -> tuple[OfferCount, ...]:
    return tuple(OfferCount(**dict(row)) for row in rows)


def _nothing(rows: object) -> None:
    return None
