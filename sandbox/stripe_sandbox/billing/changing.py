"""Changes of a subscription in the middle of a period: of its items, its rhythm, its trial."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stripe_sandbox.billing import collecting, drafting, pending, prorating, subscribing
from stripe_sandbox.billing.finalizing import finalize
from stripe_sandbox.errors import StripeError, invalid
from stripe_sandbox.http import Json

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox


@dataclass(frozen=True, slots=True)
class Terms:
    """How a change is billed: `behavior` and `payment` in Stripe's words, `at` the moment from which it counts."""

    at: int
    behavior: str = "create_prorations"
    payment: str = "allow_incomplete"
    off_session: bool = False

    @property
    def prorates(self) -> bool:
        """Whether unused time is given back and remaining time is billed."""
        return self.behavior != "none"


def change(
    sandbox: Sandbox, subscription: Json, terms: Terms, alter: Callable[[], None], *, restarts: bool = False
) -> None:
    """Let `alter` change the items, and bill what that comes to.

    A new rhythm, or `restarts`, begins a new period now, which is billed at once.
    """
    _require_within(sandbox, subscription, terms)
    before = {item["id"]: (item, _billing(item)) for item in subscribing.items_of(sandbox, subscription)}
    rhythm = _rhythm(sandbox, subscription)
    credits = _Credits(sandbox, subscription, terms)
    alter()
    after = {item["id"]: item for item in subscribing.items_of(sandbox, subscription)}
    turned = _rhythm(sandbox, subscription) != rhythm
    restarts = subscription["status"] != "trialing" and (restarts or turned)
    changed = [id for id, (_, was) in before.items() if id not in after or _billing(after[id]) != was]
    added = after.keys() - before.keys()
    if restarts or changed or added:
        pending.discard(sandbox, subscription)
    for id, (item, was) in before.items():
        if restarts or id in changed:
            credits.give(item, was)
    if restarts:
        restart(sandbox, subscription, terms)
    else:
        for id, item in after.items():
            if terms.prorates and (id in changed or id in added) and _is_prorated(sandbox, subscription, item):
                prorating.debit(sandbox, subscription, item, terms.at)
        if terms.behavior == "always_invoice" and subscribing.pending_of(sandbox, subscription):
            bill_pending(sandbox, subscription, terms)
    _forget_removed(sandbox, subscription, [item for item, _ in before.values()])


def swap(sandbox: Sandbox, subscription: Json, alter: Callable[[], None]) -> None:
    """Let `alter` change the items between two periods, before the next is billed. A new rhythm counts from now."""
    before, rhythm = subscribing.items_of(sandbox, subscription), _rhythm(sandbox, subscription)
    alter()
    if _rhythm(sandbox, subscription) != rhythm:
        subscription["billing_cycle_anchor"] = sandbox.clock.now
    _forget_removed(sandbox, subscription, before)


def _forget_removed(sandbox: Sandbox, subscription: Json, before: Iterable[Json]) -> None:
    """Forget the items that a change took away."""
    for item in before:
        if item["id"] not in subscription["_items"]:
            sandbox.store.remove(item)


def restart(sandbox: Sandbox, subscription: Json, terms: Terms) -> None:
    """Begin a new period now and bill it, with what is pending."""
    now = sandbox.clock.now
    before = subscribing.period_of(sandbox, subscription)[0]
    subscription["billing_cycle_anchor"] = now
    subscribing.set_period(sandbox, subscription, now, subscribing.period_end(sandbox, subscription, now))
    invoice = subscribing.new_invoice(sandbox, subscription, "subscription_update", (before, now))
    collect(sandbox, subscription, invoice, terms)


def set_trial(sandbox: Sandbox, subscription: Json, end: int | None, terms: Terms) -> None:
    """Let a trial last until `end` (UTC seconds), or (None) end it now: the first period begins and is billed."""
    now = sandbox.clock.now
    pending.discard(sandbox, subscription)
    if end is None:
        if subscription["status"] == "trialing":
            subscription.update(trial_end=now, status="active")
            restart(sandbox, subscription, terms)
        return
    was_trialing = subscription["status"] == "trialing"
    credits = _Credits(sandbox, subscription, terms)
    for item in subscribing.items_of(sandbox, subscription):
        credits.give(item, _billing(item))
    start = subscribing.period_of(sandbox, subscription)[0] if was_trialing else now
    subscription.update(
        billing_cycle_anchor=end,
        status="trialing",
        trial_end=end,
        trial_start=subscription["trial_start"] if was_trialing else now,
    )
    subscribing.set_period(sandbox, subscription, start, end)
    if not was_trialing:
        invoice = subscribing.new_invoice(sandbox, subscription, "subscription_update", (now, now))
        collect(sandbox, subscription, invoice, terms)


def begin_until(sandbox: Sandbox, subscription: Json, end: int, terms: Terms) -> Json:
    """Bill a first period that is cut short by the billing cycle's anchor: its share of a whole one, or nothing."""
    now = sandbox.clock.now
    subscribing.set_period(sandbox, subscription, now, end)
    if terms.prorates:
        for item in subscribing.items_of(sandbox, subscription):
            if _is_prorated(sandbox, subscription, item):
                prorating.debit(sandbox, subscription, item, now)
    return subscribing.new_invoice(sandbox, subscription, "subscription_create", (now, now), pending_only=True)


def resume(sandbox: Sandbox, subscription: Json, terms: Terms, *, anew: bool) -> None:
    """Let a subscription whose trial ended in a pause go on: `anew`, or in the rhythm that it had."""
    now = sandbox.clock.now
    if anew:
        restart(sandbox, subscription, terms)
    else:
        subscribing.set_period(sandbox, subscription, now, subscribing.period_end(sandbox, subscription, now))
        for item in subscribing.items_of(sandbox, subscription):
            if terms.prorates and _is_prorated(sandbox, subscription, item):
                prorating.debit(sandbox, subscription, item, now)
        if subscribing.pending_of(sandbox, subscription):
            bill_pending(sandbox, subscription, terms)
    latest = sandbox.store["invoice", subscription["latest_invoice"]]
    if subscription["status"] == "paused" and latest["status"] == "paid":
        subscription["status"] = "active"


def cancel(sandbox: Sandbox, subscription: Json, *, prorate: bool, invoice_now: bool) -> None:
    """End a subscription now; unused time is given back and all that is pending is billed if that is asked for."""
    if prorate and subscription["status"] not in ("incomplete", "unpaid"):
        credits = _Credits(sandbox, subscription, Terms(sandbox.clock.now))
        for item in subscribing.items_of(sandbox, subscription):
            credits.give(item, _billing(item))
    if invoice_now and (subscribing.pending_of(sandbox, subscription) or subscribing.has_usage(sandbox, subscription)):
        bill_pending(sandbox, subscription, Terms(sandbox.clock.now), final=True)
    subscribing.end(sandbox, subscription, "canceled", "cancellation_requested")


def bill_pending(sandbox: Sandbox, subscription: Json, terms: Terms, *, final: bool = False) -> None:
    """Invoice what is pending now rather than with the next period; a `final` invoice bills the usage so far too."""
    now = sandbox.clock.now
    billed = (subscribing.period_of(sandbox, subscription)[0] if final else now, now)
    invoice = subscribing.new_invoice(
        sandbox, subscription, "subscription_update", billed, pending_only=True, final=final
    )
    collect(sandbox, subscription, invoice, terms)


def collect(sandbox: Sandbox, subscription: Json, invoice: Json, terms: Terms) -> None:
    """Finalise an invoice that a change made and charge it at once; one that is sent stays a draft for an hour.

    Raises 402 only where `payment` is `error_if_incomplete`: then nothing of the change remains. Raises Unpaid where it
    is `pending_if_incomplete`: then the change waits.
    """
    if subscribing.paused(sandbox, subscription, invoice):
        return
    if invoice["collection_method"] == "send_invoice" and invoice["total"] > 0:
        drafting.schedule_finalization(sandbox, invoice, sandbox.clock.now + drafting.HOUR)
        return
    finalize(sandbox, invoice)
    if invoice["status"] == "paid":
        return
    if terms.payment == "default_incomplete":
        invoice["next_payment_attempt"] = None
        if subscription["status"] == "active":
            subscription["status"] = "past_due"
        return
    waits = invoice["_pending_update"] = terms.payment == pending.PENDING
    try:
        collecting.pay(sandbox, invoice, None, off_session=terms.off_session, automatic=True)
    except StripeError as error:
        if terms.payment == "error_if_incomplete":
            error.happened = False
            raise
    if waits:
        pending.hold(sandbox, invoice)


class _Credits:
    """Gives back what was billed for items as they were, at a change's terms."""

    def __init__(self, sandbox: Sandbox, subscription: Json, terms: Terms) -> None:
        self._sandbox = sandbox
        self._subscription = subscription
        self._terms = terms
        self._trialing = subscription["status"] == "trialing"

    def give(self, item: Json, was: Json) -> None:
        if self._terms.prorates and not self._trialing:
            prorating.credit(self._sandbox, self._subscription, {**item, **was}, self._terms.at)
            item["_billed"] = []


def _billing(item: Json) -> dict[str, Any]:
    """What of an item decides what it costs."""
    return {name: item[name] for name in ("_price", "quantity")}


def _is_prorated(sandbox: Sandbox, subscription: Json, item: Json) -> bool:
    return prorating.is_prorated(sandbox, subscription, item)


def _rhythm(sandbox: Sandbox, subscription: Json) -> tuple[str, int]:
    price = sandbox.store["price", subscribing.items_of(sandbox, subscription)[0]["_price"]]
    return price["recurring"]["interval"], price["recurring"]["interval_count"]


def _require_within(sandbox: Sandbox, subscription: Json, terms: Terms) -> None:
    start, end = subscribing.period_of(sandbox, subscription)
    if terms.at != sandbox.clock.now and not start <= terms.at <= end:
        raise invalid("The `proration_date` must be within the current period of the subscription.", "proration_date")
