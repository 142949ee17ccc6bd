"""Meter events, and adjustments that take them back: https://docs.stripe.com/api/billing/meter-event."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from stripe_sandbox.billing import metering
from stripe_sandbox.errors import invalid
from stripe_sandbox.http import Json
from stripe_sandbox.parameters import Fields, Hash, Integer, Metadata, OneOf, Text
from stripe_sandbox.resource import Call, Resource, Route

_DAY = 24 * 60 * 60
_PAST = 35 * _DAY
_FUTURE = 5 * 60
CREATE: Fields = {
    "event_name": Text(max=100, required=True, clearable=False),
    "identifier": Text(max=100, clearable=False),
    "payload": Metadata(required=True, clearable=False),
    "timestamp": Integer(),
}
ADJUST: Fields = {
    "cancel": Hash({"identifier": Text(max=100, clearable=False)}),
    "event_name": Text(max=100, required=True, clearable=False),
    "type": OneOf(("cancel",), required=True),
}


def _create(call: Call) -> Json:
    """Take one event. Its payload is checked at once; whose customer it is turns out later, as at Stripe."""
    params = call.params
    meter = _meter(call)
    payload = params["payload"]
    key = meter["customer_mapping"]["event_payload_key"]
    if not payload.get(key):
        raise invalid(f"The payload must contain the customer under the key `{key}`.", "payload")
    value = _value(meter, payload)
    timestamp = params.get("timestamp", call.now)
    if timestamp < call.now - _PAST:
        raise invalid("The timestamp must be within the past 35 calendar days.", "timestamp")
    if timestamp > call.now + _FUTURE:
        raise invalid("The timestamp must not be more than 5 minutes in the future.", "timestamp")
    event: Json = {
        "id": call.sandbox.ids.of_many("mtrevt"),
        "object": metering.EVENT,
        "created": call.now,
        "event_name": params["event_name"],
        "identifier": _identifier(call),
        "livemode": False,
        "payload": payload,
        "timestamp": timestamp,
        "_value": value,
        "_canceled": False,
    }
    if call.sandbox.exists("customer", payload[key]):
        metering.record(call.sandbox, meter, payload[key], event)
    else:
        _report(call, meter, event, payload[key])
    return event


def _meter(call: Call) -> Json:
    name = call.params["event_name"]
    found = call.store.all("billing.meter", event_name=name, status="active")
    if not found:
        raise invalid(f"No active meter found for event name `{name}`.", "event_name", "resource_missing")
    return found[0]


def _value(meter: Json, payload: Json) -> str:
    """The event's value; a meter that counts events needs none."""
    key = meter["value_settings"]["event_payload_key"]
    if meter["default_aggregation"]["formula"] == "count" and key not in payload:
        return "1"
    text: str = payload.get(key, "")
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite() or abs(number) >= Decimal(10) ** 15 or number.as_tuple().exponent < -12:  # type: ignore[operator]
        message = f"The payload must contain a number with at most 15 digits and 12 decimal places under `{key}`."
        raise invalid(message, "payload")
    return text


def _identifier(call: Call) -> str:
    """The event's own, which must be new within a day, or one that is made."""
    given: str | None = call.params.get("identifier")
    if given is None:
        return call.sandbox.ids.of_many("mtrevt_id")
    for other in call.store.table(metering.EVENT).newest({"identifier": given}):
        if other["created"] > call.now - _DAY:
            raise invalid(f"An event already exists with identifier {given}.", "identifier")
    return given


def _report(call: Call, meter: Json, event: Json, customer: str) -> None:
    """The event is lost; Stripe tells of that with a thin event, some minutes later."""
    at = datetime.fromtimestamp(call.now, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    sample = {"error_message": f"No such customer: '{customer}'", "request": {"identifier": event["identifier"]}}
    kind = {"code": "meter_event_customer_not_found", "error_count": 1, "sample_errors": [sample]}
    data = {
        "developer_message_summary": "There is 1 invalid event",
        "reason": {"error_count": 1, "error_types": [kind]},
        "validation_end": at,
        "validation_start": at,
    }
    call.sandbox.events.tell_thin("v1.billing.meter.error_report_triggered", meter, data)


def _adjust(call: Call) -> Json:
    """Cancel an event that was received within the last day."""
    name, identifier = call.params["event_name"], call.params.get("cancel", {}).get("identifier")
    if identifier is None:
        raise invalid("Missing required param: cancel[identifier].", "cancel[identifier]", "parameter_missing")
    event = next(call.store.table(metering.EVENT).newest({"identifier": identifier}), None)
    if event is None or event["event_name"] != name or event["created"] <= call.now - _DAY:
        message = f"No meter event with identifier {identifier} was received within the last 24 hours."
        raise invalid(message, "cancel[identifier]", "resource_missing")
    if event["_canceled"]:
        raise invalid(f"The meter event with identifier {identifier} is already canceled.", "cancel[identifier]")
    metering.cancel(call.sandbox, call.store[metering.EVENT, event["id"]])
    return {
        "object": "billing.meter_event_adjustment",
        "cancel": {"identifier": identifier},
        "event_name": name,
        "livemode": False,
        "status": "pending",
        "type": "cancel",
    }


def _without_id(_: object, event: Json) -> Json:
    return {name: value for name, value in event.items() if name != "id" and not name.startswith("_")}


RESOURCE = Resource(
    kind=metering.EVENT,
    permission="billing_meter_event",
    indexed=("_hour", "identifier"),
    show=_without_id,
    routes=(Route("POST", "/v1/billing/meter_events", _create, CREATE),),
    jobs={"arrive": metering.arrive},
)
ADJUSTMENT_RESOURCE = Resource(
    kind="billing.meter_event_adjustment",
    permission="billing_meter_event_adjustment",
    routes=(Route("POST", "/v1/billing/meter_event_adjustments", _adjust, ADJUST),),
)
