"""Disputes, in outline: https://docs.stripe.com/api/disputes."""

from __future__ import annotations

from stripe_sandbox.billing.disputing import TEXTS
from stripe_sandbox.errors import StripeError
from stripe_sandbox.http import Json
from stripe_sandbox.parameters import Boolean, Fields, Hash, Metadata, Reference, Text, range_of
from stripe_sandbox.resource import LISTING, Call, Link, Resource, Route, chosen, in_range, merged

UPDATE: Fields = {
    "evidence": Hash({name: Text(max=20_000) for name in TEXTS}),
    "metadata": Metadata(),
    "submit": Boolean(),
}
LIST: Fields = {
    "charge": Reference(to="charge"),
    "created": range_of(),
    "payment_intent": Reference(to="payment_intent"),
    **LISTING,
}
_OPEN = ("needs_response", "warning_needs_response")
_VERDICTS = {"winning_evidence": "won", "losing_evidence": "lost"}


def _update(call: Call) -> Json:
    """Add evidence, which is submitted unless told not to; Stripe's words for tests decide the case at once."""
    dispute, params = call.named("dispute"), call.params
    if "metadata" in params:
        dispute["metadata"] = merged(dispute["metadata"], params["metadata"])
    if "evidence" not in params and "submit" not in params:
        return dispute
    _require_open(dispute)
    evidence = {**dispute["evidence"], **params.get("evidence", {})}
    details = {**dispute["evidence_details"], "has_evidence": any(evidence[name] for name in TEXTS)}
    dispute.update(evidence=evidence, evidence_details=details)
    if params.get("submit", True):
        inquiry = dispute["status"].startswith("warning")
        verdict = _VERDICTS.get(evidence["uncategorized_text"])
        details["submission_count"] += 1
        dispute["status"] = (inquiry and "warning_under_review") or verdict or "under_review"
    return dispute


def _close(call: Call) -> Json:
    dispute = call.named("dispute")
    _require_open(dispute)
    dispute["status"] = "warning_closed" if dispute["status"].startswith("warning") else "lost"
    return dispute


def _require_open(dispute: Json) -> None:
    if dispute["status"] not in _OPEN:
        raise StripeError("This dispute is already closed or under review.")


def _list(call: Call) -> Json:
    created = call.params.get("created")
    where = chosen(call.params, "charge", "payment_intent")
    return call.page("dispute", where, lambda dispute: in_range(dispute["created"], created))


RESOURCE = Resource(
    kind="dispute",
    permission="dispute",
    indexed=("charge", "payment_intent"),
    expandable={"charge": Link("charge"), "payment_intent": Link("payment_intent")},
    routes=(
        Route("GET", "/v1/disputes", _list, LIST),
        Route("GET", "/v1/disputes/{dispute}", lambda call: call.named("dispute")),
        Route("POST", "/v1/disputes/{dispute}", _update, UPDATE),
        Route("POST", "/v1/disputes/{dispute}/close", _close),
    ),
)
