"""Events that time brings, not a change: https://docs.stripe.com/api/events/types."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from stripe_sandbox.billing.subscribing import items_of
from stripe_sandbox.errors import StripeSandboxError
from stripe_sandbox.http import Json
from stripe_sandbox.journal import thawed

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox

_DAY = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class Reminders:
    """How long before, in seconds. The first is Stripe's; the others are settings of the Dashboard, None is never."""

    trial_will_end: int = 3 * _DAY
    will_be_due: int | None = 7 * _DAY
    upcoming: int | None = 7 * _DAY


def plan(sandbox: Sandbox, event: Json) -> None:
    """Enter into the agenda what this event makes foreseeable."""
    if event["type"] in ("customer.subscription.created", "customer.subscription.updated"):
        subscription = thawed(event["_object"])
        changed = subscription if event["_previous"] is None else thawed(event["_previous"])
        if subscription["status"] == "trialing" and "trial_end" in changed:
            _announce_end_of_trial(sandbox, subscription)
        if "items" in changed:
            _announce_renewal(sandbox, subscription)
    elif event["type"] == "invoice.finalized":
        _announce_due_date(sandbox, thawed(event["_object"]))


@contextmanager
def silent_renewals(sandbox: Sandbox) -> Iterator[None]:
    """Within the block no renewal is announced by `invoice.upcoming`; those that are still to come are, after it.

    For histories that are told before anybody can listen: previewing each invoice of some years takes its time.
    """
    before = sandbox.reminders
    sandbox.reminders = replace(before, upcoming=None)
    yield
    sandbox.reminders = before
    for subscription in sandbox.store.all("subscription"):
        _announce_renewal(sandbox, sandbox.shown(subscription))


def _announce_end_of_trial(sandbox: Sandbox, subscription: Json) -> None:
    """A trial that is shorter than that is announced at once."""
    at = subscription["trial_end"] - sandbox.reminders.trial_will_end
    if at > sandbox.clock.now:
        sandbox.agenda.add(at, "event.trial_will_end", subscription["id"])
    else:
        trial_will_end_job(sandbox, subscription["id"])


def _announce_renewal(sandbox: Sandbox, subscription: Json) -> None:
    if sandbox.reminders.upcoming is None or not subscription["items"]["data"]:
        return
    at = subscription["items"]["data"][0]["current_period_end"] - sandbox.reminders.upcoming
    if at > sandbox.clock.now:
        sandbox.agenda.add(at, "event.upcoming", subscription["id"])


def _announce_due_date(sandbox: Sandbox, invoice: Json) -> None:
    if sandbox.reminders.will_be_due is None or invoice["due_date"] is None or invoice["status"] != "open":
        return
    at = invoice["due_date"] - sandbox.reminders.will_be_due
    if at > sandbox.clock.now:
        sandbox.agenda.add(at, "event.will_be_due", invoice["id"])


def trial_will_end_job(sandbox: Sandbox, id: str) -> None:
    """A trial ends soon, unless it was moved or ended."""
    subscription = sandbox.store["subscription", id]
    soon = sandbox.clock.now + sandbox.reminders.trial_will_end
    if subscription["status"] == "trialing" and subscription["trial_end"] <= soon:
        sandbox.tell("customer.subscription.trial_will_end", subscription)


def will_be_due_job(sandbox: Sandbox, id: str) -> None:
    """An invoice is due soon, unless it is paid or that was put off."""
    invoice, before = sandbox.store["invoice", id], sandbox.reminders.will_be_due
    if before is not None and invoice["status"] == "open" and invoice["due_date"] <= sandbox.clock.now + before:
        sandbox.tell("invoice.will_be_due", invoice)


def upcoming_job(sandbox: Sandbox, id: str) -> None:
    """A subscription that is charged renews soon, unless its period has changed."""
    subscription, before = sandbox.store["subscription", id], sandbox.reminders.upcoming
    ends = min((item["current_period_end"] for item in items_of(sandbox, subscription)), default=None)
    charged = subscription["collection_method"] == "charge_automatically"
    if charged and before is not None and ends == sandbox.clock.now + before:
        sandbox.events.afterwards(partial(_tell_upcoming, sandbox, id))


def _tell_upcoming(sandbox: Sandbox, id: str) -> None:
    """The invoice as it would come; it has no id yet. Where none would come there is nothing to tell."""
    try:
        invoice = sandbox.call("POST", "/v1/invoices/create_preview", {"subscription": id})
    except StripeSandboxError:
        return
    del invoice["id"]
    sandbox.events.tell_unkept("invoice.upcoming", invoice)


JOBS = {"trial_will_end": trial_will_end_job, "upcoming": upcoming_job, "will_be_due": will_be_due_job}
