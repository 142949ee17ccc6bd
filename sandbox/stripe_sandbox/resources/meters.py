"""Meters and their event summaries: https://docs.stripe.com/api/billing/meter."""

from __future__ import annotations

import hashlib
from random import Random

from stripe_sandbox.billing import metering
from stripe_sandbox.errors import StripeError, invalid
from stripe_sandbox.http import Json
from stripe_sandbox.parameters import Fields, Hash, Integer, OneOf, Reference, Text
from stripe_sandbox.resource import LISTING, Call, Resource, Route, chosen

_SECONDS = {"minute": 60, "hour": 60 * 60, "day": 24 * 60 * 60}
_WINDOW = OneOf(("day", "hour"))
CREATE: Fields = {
    "customer_mapping": Hash(
        {
            "event_payload_key": Text(max=100, required=True, clearable=False),
            "type": OneOf(("by_id",), required=True),
        }
    ),
    "default_aggregation": Hash({"formula": OneOf(("count", "last", "sum"), required=True)}, required=True),
    "display_name": Text(max=250, required=True, clearable=False),
    "event_name": Text(max=100, required=True, clearable=False),
    "event_time_window": _WINDOW,
    "value_settings": Hash({"event_payload_key": Text(max=100, required=True, clearable=False)}),
}
UPDATE: Fields = {"display_name": Text(max=250, clearable=False)}
LIST: Fields = {"status": OneOf(("active", "inactive")), **LISTING}
SUMMARIES: Fields = {
    "customer": Reference(to="customer", required=True),
    "end_time": Integer(0, required=True),
    "start_time": Integer(0, required=True),
    "value_grouping_window": _WINDOW,
    **LISTING,
}
_LONGEST = 100_000
"""How many windows one request may ask for."""


def _create(call: Call) -> Json:
    params, now = call.params, call.now
    _require_free(call, params["event_name"])
    return call.store.add(
        {
            "id": call.sandbox.ids.new("mtr"),
            "object": "billing.meter",
            "created": now,
            "customer_mapping": params.get("customer_mapping")
            or {"event_payload_key": "stripe_customer_id", "type": "by_id"},
            "default_aggregation": params["default_aggregation"],
            "display_name": params["display_name"],
            "event_name": params["event_name"],
            "event_time_window": params.get("event_time_window"),
            "livemode": False,
            "status": "active",
            "status_transitions": {"deactivated_at": None},
            "updated": now,
            "value_settings": params.get("value_settings") or {"event_payload_key": "value"},
        }
    )


def _require_free(call: Call, event_name: str) -> None:
    """An event name belongs to one active meter."""
    if call.store.all("billing.meter", event_name=event_name, status="active"):
        raise invalid(f"An active meter with event name `{event_name}` already exists.", "event_name")


def _update(call: Call) -> Json:
    meter = call.named("billing.meter", "id")
    meter.update(chosen(call.params, "display_name"), updated=call.now)
    return meter


def _deactivate(call: Call) -> Json:
    meter = call.named("billing.meter", "id")
    if meter["status"] == "inactive":
        raise StripeError("You cannot deactivate a meter that is already inactive.")
    meter.update(status="inactive", status_transitions={"deactivated_at": call.now}, updated=call.now)
    return meter


def _reactivate(call: Call) -> Json:
    meter = call.named("billing.meter", "id")
    if meter["status"] == "active":
        raise StripeError("You cannot reactivate a meter that is already active.")
    _require_free(call, meter["event_name"])
    meter.update(status="active", status_transitions={"deactivated_at": None}, updated=call.now)
    return meter


def _summaries(call: Call) -> Json:
    meter, params = call.named("billing.meter", "id"), call.params
    start, end, window = params["start_time"], params["end_time"], params.get("value_grouping_window")
    _check_span(start, end, window)
    length = None if window is None else _SECONDS[window]
    gaps = call.sandbox.meters.gaps and window is not None
    cut = [(span, _used(call, meter, *span)) for span in metering.windows(start, end, length)]
    found = [_summary(call, meter, *span, usage) for span, usage in cut if usage.count or not gaps]
    if call.sandbox.meters.shuffled:
        Random(f"{meter['id']} {start} {end}").shuffle(found)
    return call.page_of(found, "billing.meter_event_summary")


def _check_span(start: int, end: int, window: str | None) -> None:
    """Stripe refuses moments that do not stand at the beginning of a minute, hour or (UTC) day."""
    unit = window or "minute"
    for name, moment in (("start_time", start), ("end_time", end)):
        if moment % _SECONDS[unit]:
            when = f" when `value_grouping_window` is `{window}`" if window else ""
            boundaries = "UTC day" if unit == "day" else unit
            raise invalid(f"`{name}` must be aligned with {boundaries} boundaries{when}.", name)
    if end <= start:
        raise invalid("`end_time` must be greater than `start_time`.", "end_time")
    if (end - start) // _SECONDS[window or "hour"] > _LONGEST:
        raise invalid("The span between `start_time` and `end_time` is too long.", "end_time")


def _used(call: Call, meter: Json, start: int, end: int) -> metering.Usage:
    return metering.used(call.sandbox, meter["id"], call.params["customer"], start, end)


def _summary(call: Call, meter: Json, start: int, end: int, usage: metering.Usage) -> Json:
    name = f"{meter['id']} {call.params['customer']} {start} {end}"
    return {
        "id": f"mtrusg_test_{hashlib.sha256(name.encode()).hexdigest()[:24]}",
        "object": "billing.meter_event_summary",
        "aggregated_value": float(usage.by(meter["default_aggregation"]["formula"])),
        "end_time": end,
        "livemode": False,
        "meter": meter["id"],
        "start_time": start,
    }


def _list(call: Call) -> Json:
    return call.page("billing.meter", chosen(call.params, "status"))


_ONE = "/v1/billing/meters/{id}"
RESOURCE = Resource(
    kind="billing.meter",
    permission="billing_meter",
    noun="billing meter",
    missing_param="id",
    indexed=("event_name",),
    routes=(
        Route("GET", "/v1/billing/meters", _list, LIST),
        Route("POST", "/v1/billing/meters", _create, CREATE),
        Route("GET", _ONE, lambda call: call.named("billing.meter", "id")),
        Route("POST", _ONE, _update, UPDATE),
        Route("POST", f"{_ONE}/deactivate", _deactivate),
        Route("POST", f"{_ONE}/reactivate", _reactivate),
        Route("GET", f"{_ONE}/event_summaries", _summaries, SUMMARIES),
    ),
)
SUMMARY_RESOURCE = Resource(kind="billing.meter_event_summary", permission="billing_meter")
