"""Cancelling, taking that back, pausing and resuming. All of it may be sent twice: the second time changes nothing."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal, get_args

from invoice_portal.effects import StripeCall
from invoice_portal.errors import BadRequest, NotFound
from invoice_portal.hooks import Cancellation
from invoice_portal.managing.asking import ask, done_by, noted
from invoice_portal.managing.rules import deeds, demand
from invoice_portal.stripe_api.invoices import retrieve_invoice
from invoice_portal.stripe_api.subscription_changes import end_subscription, save_subscription
from invoice_portal.stripe_api.subscriptions import Subscription
from invoice_portal.subscription_settings import Feedback
from invoice_portal.visits import Visit

MOST_COMMENT: Final = 500
"""Characters of a comment: Stripe's own limit for texts of this kind."""


NOT_RUNNING: Final = frozenset({"incomplete", "paused"})
"""Statuses in which nothing is delivered or billed: the first payment, or a payment method, is still missing."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why somebody cancels, in Stripe's words and in their own; both may be empty."""

    feedback: Feedback | Literal[""] = ""
    comment: str = ""

    @property
    def details(self) -> dict[str, str]:
        """As Stripe's ``cancellation_details``."""
        given = {"feedback": self.feedback, "comment": self.comment}
        return {name: value for name, value in given.items() if value}


def read_reason(feedback: str, comment: str) -> Reason:
    """A reason from a form or a body. Raises ``BadRequest`` for feedback that Stripe does not know."""
    known = {each: each for each in get_args(Feedback)}
    if feedback and feedback not in known:
        raise BadRequest(f"feedback must be one of {', '.join(known)}")
    return Reason(known.get(feedback, ""), comment.strip()[:MOST_COMMENT])


def ends_now(visit: Visit, subscription: Subscription, wish: str) -> bool:
    """Whether a cancellation takes effect at once: as the merchant says, or as the customer wishes where they may.

    What does not run has no period to go on until.
    """
    mode = visit.settings.subscriptions.cancel
    return mode == "now" or (mode == "choice" and wish == "now") or subscription.status in NOT_RUNNING


async def credits_unused(visit: Visit, subscription: Subscription) -> bool:
    """Whether an end at once gives unused time back: only time that was paid for, so that its last invoice is paid.

    Stripe credits the rest of a period even where its invoice was never paid, or made void by a pause
    (docs.stripe.com/billing/subscriptions/prorations).
    """
    last = subscription.latest_invoice
    if not visit.settings.subscriptions.credit_unused or subscription.status != "active" or last is None:
        return False
    return (await retrieve_invoice(last)).status == "paid"


async def cancel(visit: Visit, subscription: Subscription, reason: Reason, *, now: bool) -> None:
    """Cancel at the end of the period, or ``now``. One that is canceled already stays so.

    Raises ``NotAllowed`` where that is off, ``Vetoed`` where the host says no.
    """
    visit.demand("manage")
    if "cancel" in visit.settings.subscriptions.actions and (subscription.ended or subscription.ends_at is not None):
        return
    demand(visit, subscription, "cancel")
    owner = subscription.owner or ""
    argument = Cancellation(
        subscription_id=subscription.id, customer_id=owner, visitor=visit.name, feedback=reason.feedback, at_once=now
    )
    credit = now and await credits_unused(visit, subscription)
    await ask(visit, "pre_cancel", visit.hooks.before_cancel, argument)
    try:
        await done_by(_cancellation(subscription, reason, now=now, credit=credit))
    except NotFound:
        if not now:
            raise
        return  # the other of two clicks has ended it
    await noted(
        visit,
        "subscription.canceled",
        subscription.id,
        owner,
        event="cancel_subscription",
        feedback=reason.feedback,
        at_once=now,
    )


def _cancellation(subscription: Subscription, reason: Reason, *, now: bool, credit: bool) -> StripeCall[Subscription]:
    if now:
        return end_subscription(subscription.id, reason.details, credit=credit)
    changes: dict[str, object] = {"cancel_at_period_end": True}
    return save_subscription(
        subscription.id, {**changes, "cancellation_details": reason.details} if reason.details else changes
    )


async def resume(visit: Visit, subscription: Subscription) -> None:
    """Take a planned cancellation back. One that is not planned (any more) is left as it is.

    Raises ``NotAllowed`` where that is off or it has ended.
    """
    visit.demand("manage")
    if _was_taken_back(visit, subscription):
        return
    demand(visit, subscription, "resume")
    await done_by(save_subscription(subscription.id, {"cancel_at_period_end": False}))
    await noted(visit, "subscription.resumed", subscription.id, subscription.owner or "", event="resubscribe")


def _was_taken_back(visit: Visit, subscription: Subscription) -> bool:
    running = subscription.ends_at is None and not subscription.ended
    return "resume" in visit.settings.subscriptions.actions and running


async def pause(visit: Visit, subscription: Subscription, months: int) -> None:
    """Collect nothing for so many months. One that is paused already stays as it is.

    Raises ``BadRequest`` for a number of months that is not offered, ``NotAllowed`` where pausing is off.
    """
    visit.demand("manage")
    if "unpause" in deeds(visit, subscription):
        return
    demand(visit, subscription, "pause")
    if months not in visit.settings.subscriptions.pause_months:
        raise BadRequest(f"months must be one of {', '.join(map(str, visit.settings.subscriptions.pause_months))}")
    await pause_for(visit, subscription, months)


async def pause_for(visit: Visit, subscription: Subscription, months: int) -> None:
    """Pause, for whoever was offered it."""
    resumes = months_later(visit.now, months)
    behavior = visit.settings.subscriptions.pause_behavior
    wanted = {"pause_collection": {"behavior": behavior, "resumes_at": resumes}}
    await done_by(save_subscription(subscription.id, wanted))
    await noted(
        visit,
        "subscription.paused",
        subscription.id,
        subscription.owner or "",
        event="pause_subscription",
        resumes_at=resumes,
    )


async def unpause(visit: Visit, subscription: Subscription) -> None:
    """Collect again. Raises ``NotAllowed`` where pausing is off."""
    visit.demand("manage")
    if subscription.paused_collection is None and "pause" in visit.settings.subscriptions.actions:
        return
    demand(visit, subscription, "unpause")
    await done_by(save_subscription(subscription.id, {"pause_collection": ""}))
    await noted(visit, "subscription.unpaused", subscription.id, subscription.owner or "", event="unpause_subscription")


def months_later(moment: int, months: int) -> int:
    """The same day and time (UTC seconds) some months on; the last day of a shorter month."""
    start = datetime.fromtimestamp(moment, UTC)
    year, month = divmod(start.month - 1 + months, 12)
    year += start.year
    day = min(start.day, calendar.monthrange(year, month + 1)[1])
    return int(start.replace(year=year, month=month + 1, day=day).timestamp())
