"""The pages on which somebody cancels, is made an offer, pauses, and takes it all back.

Cancelling is one page and one click, and one more click where there is an offer: declining it is as plain as taking it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from invoice_portal.errors import Conflict, NotFound
from invoice_portal.http import Page, Redirect, Response
from invoice_portal.managing import offers
from invoice_portal.managing.ending import (
    MOST_COMMENT,
    NOT_RUNNING,
    Reason,
    cancel,
    credits_unused,
    ends_now,
    pause,
    read_reason,
    resume,
    unpause,
)
from invoice_portal.managing.keeping import keep
from invoice_portal.managing.rules import demand, in_rhythm, plan_item
from invoice_portal.marking import N_
from invoice_portal.money import Money
from invoice_portal.owned import subscription_to_change
from invoice_portal.pages.subscriptions.naming import name_of_subscription, names_of
from invoice_portal.stripe_api.coupons import Coupon, retrieve_coupon
from invoice_portal.stripe_api.prices import retrieve_price
from invoice_portal.stripe_api.subscriptions import Subscription
from invoice_portal.subscription_settings import Retention
from invoice_portal.visits import Visit

FEEDBACK: Final[Mapping[str, str]] = {
    "too_expensive": N_("It is too expensive"),
    "missing_features": N_("It lacks features that I need"),
    "switched_service": N_("I use something else now"),
    "unused": N_("I do not use it enough"),
    "customer_service": N_("Customer service was not good enough"),
    "too_complex": N_("It is too complicated"),
    "low_quality": N_("The quality was not good enough"),
    "other": N_("Another reason"),
}
"""Stripe's reasons in a customer's words."""


@dataclass(frozen=True, slots=True)
class Option:
    """One of several things to choose."""

    value: str
    label: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class CancelView:
    """The page on which somebody cancels."""

    name: str
    consequence: str
    whens: tuple[Option, ...]
    reasons: tuple[Option, ...]
    most_comment: int
    url: str
    back_url: str


@dataclass(frozen=True, slots=True)
class OfferView:
    """The offer before a cancellation goes through: what is offered, and both ways on."""

    name: str
    title: str
    text: str
    take: str
    take_url: str
    change_url: str
    offer: str
    cancel_url: str
    fields: tuple[tuple[str, str], ...]
    back_url: str


async def cancel_page(visit: Visit) -> Response:
    """Ask why, and say what is going to happen."""
    subscription = await subscription_to_change(visit)
    if subscription.ended or subscription.ends_at is not None:
        return _ended_before(visit, subscription)
    demand(visit, subscription, "cancel")
    _ = visit.language.gettext
    names = await names_of(subscription.prices)
    choice = visit.settings.subscriptions.cancel == "choice" and subscription.status not in NOT_RUNNING
    view = CancelView(
        name=name_of_subscription(visit.language, subscription, names),
        consequence="" if choice else await _consequence(visit, subscription, now=ends_now(visit, subscription, "")),
        whens=(
            Option("period_end", await _consequence(visit, subscription, now=False), chosen=True),
            Option("now", await _consequence(visit, subscription, now=True)),
        )
        if choice
        else (),
        reasons=tuple(Option(value, _(label)) for value, label in FEEDBACK.items()),
        most_comment=MOST_COMMENT,
        url=visit.url("subscription_cancel", subscription=subscription.id),
        back_url=visit.url("subscription", subscription=subscription.id),
    )
    return Page(
        template="invoice_portal/subscription_cancel.html", title=_("Cancel subscription"), context={"cancel": view}
    )


async def _consequence(visit: Visit, subscription: Subscription, *, now: bool) -> str:
    _, period = visit.language.gettext, subscription.period
    if now:
        if await credits_unused(visit, subscription):
            return _("It ends at once. Unused time is credited to you.")
        if subscription.status in (*NOT_RUNNING, "trialing"):
            return _("It ends at once.")
        return _("It ends at once. Time that is already paid for is not given back.")
    if period is None:
        return _("It ends with the current period.")
    return _("It goes on until %(date)s and is not renewed after that.", date=visit.language.date(period[1]))


async def cancel_form(visit: Visit) -> Response:
    """Cancel; before that, once, the offer that fits the reason."""
    subscription = await subscription_to_change(visit)
    form = visit.request.form
    reason = read_reason(form.get("feedback", ""), form.get("comment", ""))
    if subscription.ended or subscription.ends_at is not None:
        await cancel(visit, subscription, reason, now=False)
        return _ended_before(visit, subscription)
    now = ends_now(visit, subscription, form.get("when", ""))
    offered = None if form.get("declined") else await offer_before(visit, subscription, reason)
    if offered:
        return await _offer_page(visit, subscription, offered, reason)
    await cancel(visit, subscription, reason, now=now)
    return done(visit, subscription, "ended" if now else "canceled")


@dataclass(frozen=True, slots=True)
class Offered:
    """An offer in words: what it is, and what the button says."""

    offer: Retention
    title: str
    text: str
    take: str


async def offer_before(visit: Visit, subscription: Subscription, reason: Reason) -> Offered | None:
    """What to offer before a cancellation goes through, counted as shown.

    None where nothing fits, or where Stripe knows nothing good about it. Raises ``NotAllowed`` where cancelling is off.
    """
    if subscription.ended or subscription.ends_at is not None:
        return None
    demand(visit, subscription, "cancel")
    offer = await offers.retention_for(visit, subscription, reason.feedback)
    words = await _offer_words(visit, subscription, offer) if offer else None
    if offer is None or words is None:
        return None
    await offers.shown(visit, subscription, offer.id, "retention")
    return Offered(offer, *words)


async def _offer_page(visit: Visit, subscription: Subscription, offered: Offered, reason: Reason) -> Page:
    _, offer = visit.language.gettext, offered.offer
    names = await names_of(subscription.prices)
    change = visit.url("subscription_change", {"price": offer.price, "offer": offer.id}, subscription=subscription.id)
    view = OfferView(
        name=name_of_subscription(visit.language, subscription, names),
        title=offered.title,
        text=offered.text,
        take=offered.take,
        take_url=visit.url("subscription_keep", subscription=subscription.id),
        change_url=change if offer.price else "",
        offer=offer.id,
        cancel_url=visit.url("subscription_cancel", subscription=subscription.id),
        fields=(
            ("feedback", reason.feedback),
            ("comment", reason.comment),
            ("when", visit.request.form.get("when", "")),
            ("declined", offer.id),
        ),
        back_url=visit.url("subscription", subscription=subscription.id),
    )
    return Page(template="invoice_portal/subscription_offer.html", title=_("Before you go"), context={"offer": view})


async def _offer_words(visit: Visit, subscription: Subscription, offer: Retention) -> tuple[str, str, str] | None:
    """Title, text and button of an offer, from what Stripe says it is worth."""
    _ = visit.language.gettext
    if offer.pause_months:
        count = offer.pause_months
        title = visit.language.ngettext(
            "Pause for %(count)s month instead", "Pause for %(count)s months instead", count
        )
        return title, _("Nothing is charged meanwhile, and everything stays as it is."), _("Pause")
    try:
        if offer.coupon:
            return _coupon_words(visit, subscription, await retrieve_coupon(offer.coupon))
        price = await retrieve_price(offer.price)
    except NotFound:
        return None
    item = plan_item(visit.settings.subscriptions, subscription)
    if not price.active or price.currency != subscription.currency or not in_rhythm(subscription, item, price):
        return None
    names = await names_of([price])
    plan = visit.settings.subscriptions.plan(price.id)
    named = (plan.name if plan else "") or names.get(price.product or "") or price.nickname
    return _("Change to %(plan)s instead", plan=named), _("You see what it costs before you confirm."), _("Have a look")


def _coupon_words(visit: Visit, subscription: Subscription, coupon: Coupon) -> tuple[str, str, str] | None:
    """The offer of a discount; None for a coupon that has run out or is for another currency."""
    language = visit.language
    _ = language.gettext
    if not coupon.valid or (coupon.amount_off and coupon.amount_off.currency != subscription.currency):
        return None
    off = language.money(coupon.amount_off or Money(0, subscription.currency))
    if coupon.percent_off is not None:
        off = language.percent(coupon.percent_off)
    title = _("Stay, and get %(amount)s off", amount=off)
    if coupon.duration == "once":
        return title, _("The discount is taken off your next bill."), _("Take the discount")
    if coupon.months:
        text = language.ngettext(
            "The discount is taken off every bill for %(count)s month.",
            "The discount is taken off every bill for %(count)s months.",
            coupon.months,
        )
        return title, text, _("Take the discount")
    return title, _("The discount is taken off every bill from now on."), _("Take the discount")


async def keep_form(visit: Visit) -> Response:
    """Take the offer, and stay."""
    subscription = await subscription_to_change(visit)
    offer = offers.retention_with(visit, visit.request.form.get("offer", ""))
    if offer is None or offer.price:
        raise NotFound("there is no such offer")
    try:
        await keep(visit, subscription, offer)
    except Conflict:
        return done(visit, subscription, "had")
    return done(visit, subscription, "kept")


async def resume_form(visit: Visit) -> Response:
    """Take a planned cancellation back."""
    subscription = await subscription_to_change(visit)
    await resume(visit, subscription)
    return done(visit, subscription, "resumed")


async def pause_form(visit: Visit) -> Response:
    """Pause for as many months as were chosen."""
    subscription = await subscription_to_change(visit)
    months = visit.request.form.get("months", "")
    await pause(visit, subscription, int(months) if months.isascii() and months.isdecimal() and len(months) < 3 else 0)
    return done(visit, subscription, "paused")


async def unpause_form(visit: Visit) -> Response:
    """Go on."""
    subscription = await subscription_to_change(visit)
    await unpause(visit, subscription)
    return done(visit, subscription, "unpaused")


def _ended_before(visit: Visit, subscription: Subscription) -> Redirect:
    """Back to the subscription, which needs no cancelling: an end that the merchant has set speaks for itself."""
    planned = "canceled" if subscription.cancel_at_period_end else ""
    return done(visit, subscription, "ended" if subscription.ended else planned)


def done(visit: Visit, subscription: Subscription, note: str) -> Redirect:
    """Back to the subscription, which says what has happened: a reload then repeats nothing."""
    return Redirect(to=visit.url("subscription", {"note": note}, subscription=subscription.id))
