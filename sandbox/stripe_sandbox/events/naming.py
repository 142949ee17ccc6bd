"""What Stripe calls a change, by what an object looked like before and after it.

https://docs.stripe.com/api/events/types. Most kinds are created, updated and deleted under their own name. Where
Stripe has another name, or none, a rule says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from stripe_sandbox.events.types import TYPES
from stripe_sandbox.http import Json

Rule: TypeAlias = Callable[[Json | None, Json], list[str]]
"""From the object before (None: there was none) and after, to the names of what happened, in their order."""

_PREFIXES = {
    "dispute": "charge.dispute",
    "subscription": "customer.subscription",
    "tax_id": "customer.tax_id",
}
_WITH_PREVIOUS = {"charge.refunded", "payment_method.detached"}
"""Beside the `*.updated` that Stripe documents, these carry `previous_attributes` too."""


def names(kind: str, before: Json | None, after: Json) -> list[str]:
    """The types of the events that tell of this change; none where Stripe tells nobody."""
    rule = _RULES.get(kind)
    return _plain(kind, before) if rule is None else rule(before, after)


def deletion(kind: str, before: Json) -> list[str]:
    """The types of the events that tell that an object is gone."""
    return [] if kind == "tax_id" and before["customer"] is None else _known(f"{_prefix(kind)}.deleted")


def is_told(kind: str) -> bool:
    """Whether Stripe has any event for objects of this kind."""
    return kind in _RULES or bool(_known(f"{_prefix(kind)}.created") or _known(f"{_prefix(kind)}.updated"))


def has_previous(type: str) -> bool:
    """Whether an event of this type says what the object was before."""
    return type.endswith(".updated") or type in _WITH_PREVIOUS


def _prefix(kind: str) -> str:
    return _PREFIXES.get(kind, kind)


def _known(type: str) -> list[str]:
    return [type] if type in TYPES else []


def _plain(kind: str, before: Json | None) -> list[str]:
    return _known(f"{_prefix(kind)}.{'created' if before is None else 'updated'}")


def _became(before: Json | None, after: Json, name: str, value: object) -> bool:
    return bool(after[name] == value and (before is None or before[name] != value))


def _rose(before: Json | None, after: Json, name: str) -> bool:
    was: int = 0 if before is None else before[name]
    return bool(after[name] > was)


def _by_status(kind: str, statuses: Mapping[str, str]) -> Rule:
    """Created, updated if Stripe has that, and a name for each status that is entered."""

    def rule(before: Json | None, after: Json) -> list[str]:
        entered = before is None or before["status"] != after["status"]
        name = statuses.get(after["status"]) if entered else None
        return [*_plain(kind, before), *([name] if name else [])]

    return rule


def _charge(before: Json | None, after: Json) -> list[str]:
    if before is None or before["status"] != after["status"]:
        return [f"charge.{after['status']}"]
    if _rose(before, after, "amount_refunded"):
        return ["charge.refunded"]
    return ["charge.captured"] if _became(before, after, "captured", True) else ["charge.updated"]


_INTENT_STATUS = _by_status(
    "payment_intent",
    {
        "canceled": "payment_intent.canceled",
        "processing": "payment_intent.processing",
        "requires_action": "payment_intent.requires_action",
        "requires_capture": "payment_intent.amount_capturable_updated",
        "succeeded": "payment_intent.succeeded",
    },
)


def _payment_intent(before: Json | None, after: Json) -> list[str]:
    failed = _new_error(before, after, "last_payment_error")
    return [*_INTENT_STATUS(before, after), *(["payment_intent.payment_failed"] if failed else [])]


_SCHEDULE = _by_status(
    "subscription_schedule",
    {
        "canceled": "subscription_schedule.canceled",
        "completed": "subscription_schedule.completed",
        "released": "subscription_schedule.released",
    },
)
_SETUP_STATUS = _by_status(
    "setup_intent",
    {
        "canceled": "setup_intent.canceled",
        "requires_action": "setup_intent.requires_action",
        "succeeded": "setup_intent.succeeded",
    },
)


def _setup_intent(before: Json | None, after: Json) -> list[str]:
    failed = _new_error(before, after, "last_setup_error")
    return [*_SETUP_STATUS(before, after), *(["setup_intent.setup_failed"] if failed else [])]


def _new_error(before: Json | None, after: Json, name: str) -> bool:
    return after[name] is not None and (before is None or before[name] != after[name])


def _invoice(before: Json | None, after: Json) -> list[str]:
    """What was paid outside of Stripe is paid, but no payment has succeeded."""
    found = _plain("invoice", before)
    if after["status"] != "draft" and (before is None or before["status"] == "draft"):
        found.append("invoice.finalized")
    if after["last_finalization_error"] is not None and (before is None or before["last_finalization_error"] is None):
        found.append("invoice.finalization_failed")
    if _rose(before, after, "amount_overpaid"):
        found.append("invoice.overpaid")
    if _became(before, after, "status", "paid"):
        found.append("invoice.paid")
        if not _rose(before, after, "amount_paid_off_stripe"):
            found.append("invoice.payment_succeeded")
    if _became(before, after, "status", "void"):
        found.append("invoice.voided")
    if _became(before, after, "status", "uncollectible"):
        found.append("invoice.marked_uncollectible")
    return found


def _invoice_payment(before: Json | None, after: Json) -> list[str]:
    return ["invoice_payment.paid"] if _became(before, after, "status", "paid") else []


def _subscription(before: Json | None, after: Json) -> list[str]:
    """One that ends is deleted, and of that there is no update. Paused means its status, not its collection."""
    if _became(before, after, "status", "canceled"):
        return ["customer.subscription.deleted"]
    found = _plain("subscription", before)
    if before is not None and _became(before, after, "status", "paused"):
        found.append("customer.subscription.paused")
    if before is not None and before["status"] == "paused" and after["status"] != "paused":
        found.append("customer.subscription.resumed")
    return found


def _payment_method(before: Json | None, after: Json) -> list[str]:
    """Nothing is told of one that belongs to nobody."""
    owner = None if before is None else before["customer"]
    if after["customer"] is not None:
        return ["payment_method.updated" if owner == after["customer"] else "payment_method.attached"]
    return [] if owner is None else ["payment_method.detached"]


def _refund(before: Json | None, after: Json) -> list[str]:
    found = _plain("refund", before)
    return [*found, "refund.failed"] if _became(before, after, "status", "failed") else found


def _credit_note(before: Json | None, after: Json) -> list[str]:
    if before is not None and _became(before, after, "status", "void"):
        return ["credit_note.voided"]
    return _plain("credit_note", before)


def _tax_id(before: Json | None, after: Json) -> list[str]:
    """Only of customers; the account's own are not told of."""
    return [] if after["customer"] is None else _plain("tax_id", before)


def _dispute(before: Json | None, after: Json) -> list[str]:
    ended = after["status"] in ("lost", "won", "warning_closed")
    if before is not None and ended and before["status"] != after["status"]:
        return ["charge.dispute.updated", "charge.dispute.closed"]
    return _plain("dispute", before)


def _checkout_session(before: Json | None, after: Json) -> list[str]:
    """Stripe tells only of their ends."""
    return [
        f"checkout.session.{end}"
        for status, end in (("complete", "completed"), ("expired", "expired"))
        if _became(before, after, "status", status)
    ]


def _meter(before: Json | None, after: Json) -> list[str]:
    if before is None or before["status"] == after["status"]:
        return _plain("billing.meter", before)
    return ["billing.meter.reactivated" if after["status"] == "active" else "billing.meter.deactivated"]


def _test_clock(before: Json | None, after: Json) -> list[str]:
    if before is None:
        return ["test_helpers.test_clock.created"]
    return [f"test_helpers.test_clock.{after['status']}"] if before["status"] != after["status"] else []


_RULES: Mapping[str, Rule] = {
    "billing.meter": _meter,
    "charge": _charge,
    "checkout.session": _checkout_session,
    "credit_note": _credit_note,
    "dispute": _dispute,
    "invoice": _invoice,
    "invoice_payment": _invoice_payment,
    "payment_intent": _payment_intent,
    "payment_method": _payment_method,
    "refund": _refund,
    "setup_intent": _setup_intent,
    "subscription": _subscription,
    "subscription_schedule": _SCHEDULE,
    "tax_id": _tax_id,
    "test_helpers.test_clock": _test_clock,
}
