"""States of subscription schedules: https://docs.stripe.com/billing/subscriptions/subscription-schedules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stripe_sandbox.errors import StripeError
from stripe_sandbox.http import Json

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox

LIVING = ("active", "not_started")


def schedule_of(sandbox: Sandbox, subscription: Json) -> Json | None:
    """The schedule by which a subscription changes."""
    id = subscription["schedule"]
    return None if id is None else sandbox.store["subscription_schedule", id]


def require_living(schedule: Json, verb: str) -> None:
    """Raises StripeError for a schedule that has come to its end."""
    if schedule["status"] not in LIVING:
        raise StripeError(
            f"You cannot {verb} a subscription schedule that is currently in the `{schedule['status']}` status. It can "
            "only be done while it is in the `not_started` or `active` status."
        )


def follow_end(sandbox: Sandbox, schedule: Json) -> None:
    """In its last phase a schedule that is to cancel its subscription says so on it."""
    subscription = sandbox.store["subscription", schedule["subscription"]]
    last = schedule["phases"][-1]
    ends = schedule["end_behavior"] == "cancel" and schedule["current_phase"]["start_date"] == last["start_date"]
    if ends:
        subscription.update(cancel_at=last["end_date"], cancel_at_period_end=False)
        sandbox.agenda.add(last["end_date"], "subscription.cancel", subscription["id"])
    elif schedule["_cancels"]:
        subscription["cancel_at"] = None
    schedule["_cancels"] = ends


def release(sandbox: Sandbox, schedule: Json, *, keep_cancel_at: bool = False) -> None:
    """Let the subscription go on by itself."""
    now = sandbox.clock.now
    if schedule["subscription"] is not None:
        subscription = sandbox.store["subscription", schedule["subscription"]]
        subscription["schedule"] = None
        if schedule["_cancels"] and not keep_cancel_at:
            subscription["cancel_at"] = None
    schedule.update(
        status="released",
        current_phase=None,
        released_at=now,
        released_subscription=schedule["subscription"],
        subscription=None,
    )


def close(sandbox: Sandbox, schedule: Json) -> None:
    """Its subscription has ended, as the schedule said or before, or it never began."""
    now = sandbox.clock.now
    done = schedule["_cancels"] and now >= schedule["phases"][-1]["end_date"]
    schedule.update(status="completed" if done else "canceled", current_phase=None)
    schedule["completed_at" if done else "canceled_at"] = now
