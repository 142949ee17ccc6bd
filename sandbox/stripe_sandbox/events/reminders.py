"""Events that time brings, not a change: https://docs.stripe.com/api/events/types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stripe_sandbox.http import Json
from stripe_sandbox.journal import thawed

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox

_DAY = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class Reminders:
    """How long before, in seconds. The first is Stripe's; the other is a setting of the Dashboard."""

    trial_will_end: int = 3 * _DAY
    will_be_due: int = 7 * _DAY


def plan(sandbox: Sandbox, event: Json) -> None:
    """Enter into the agenda what this event makes foreseeable; what is less than that far away is told at once."""
    reminders = sandbox.reminders
    if event["type"] in ("customer.subscription.created", "customer.subscription.updated"):
        subscription = thawed(event["_object"])
        before = {} if event["_previous"] is None else thawed(event["_previous"])
        if subscription["status"] == "trialing" and (event["_previous"] is None or "trial_end" in before):
            _remind(sandbox, subscription["trial_end"] - reminders.trial_will_end, "trial_will_end", event["_about"])
    elif event["type"] == "invoice.finalized":
        invoice = thawed(event["_object"])
        if invoice["due_date"] is not None and invoice["status"] == "open":
            _remind(sandbox, invoice["due_date"] - reminders.will_be_due, "will_be_due", event["_about"])


def _remind(sandbox: Sandbox, at: int, job: str, id: str) -> None:
    if at > sandbox.clock.now:
        sandbox.agenda.add(at, f"event.{job}", id)
    elif job == "trial_will_end":
        trial_will_end_job(sandbox, id)


def trial_will_end_job(sandbox: Sandbox, id: str) -> None:
    """A trial ends soon, unless it was moved or ended."""
    subscription = sandbox.store["subscription", id]
    soon = sandbox.clock.now + sandbox.reminders.trial_will_end
    if subscription["status"] == "trialing" and subscription["trial_end"] <= soon:
        sandbox.tell("customer.subscription.trial_will_end", subscription)


def will_be_due_job(sandbox: Sandbox, id: str) -> None:
    """An invoice is due soon, unless that was moved or it is paid."""
    invoice = sandbox.store["invoice", id]
    soon = sandbox.clock.now + sandbox.reminders.will_be_due
    if invoice["status"] == "open" and invoice["due_date"] <= soon:
        sandbox.tell("invoice.will_be_due", invoice)


JOBS = {"trial_will_end": trial_will_end_job, "will_be_due": will_be_due_job}
