"""Subscription schedules: https://docs.stripe.com/api/subscription_schedules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stripe_sandbox.billing import changing, schedules, subscribing
from stripe_sandbox.billing.pricing import INTERVALS
from stripe_sandbox.errors import invalid
from stripe_sandbox.http import Json
from stripe_sandbox.parameters import (
    Boolean,
    Fields,
    Hash,
    Integer,
    ListOf,
    Metadata,
    OneOf,
    Reference,
    Text,
    WordOr,
    range_of,
)
from stripe_sandbox.resource import CUSTOMER, LISTING, Call, Link, Resource, Route, chosen, in_range, merged
from stripe_sandbox.resources import schedule_phases as phases
from stripe_sandbox.resources import subscription_items
from stripe_sandbox.resources.shapes import COLLECTION_METHODS, DISCOUNTS, TAX_RATES
from stripe_sandbox.test_clocks import KIND

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox

_METHOD = Reference(to="payment_method", noun="PaymentMethod")
_PRORATION = subscription_items.TERMS["proration_behavior"]
_PHASE: Fields = {
    "billing_cycle_anchor": OneOf(("automatic", "phase_start")),
    "default_payment_method": _METHOD,
    "default_tax_rates": TAX_RATES,
    "description": Text(max=500),
    "discounts": DISCOUNTS,
    "duration": Hash({"interval": OneOf(INTERVALS, required=True), "interval_count": Integer(1)}),
    "end_date": Integer(),
    "items": ListOf(
        Hash({name: each for name, each in subscription_items.NEW.items() if name != "discounts"}), required=True
    ),
    "metadata": Metadata(clearable=False),
    "proration_behavior": _PRORATION,
    "trial": Boolean(),
    "trial_end": Integer(),
}
_SAVE: Fields = {
    "default_settings": Hash(
        {
            "collection_method": OneOf(COLLECTION_METHODS),
            "default_payment_method": _METHOD,
            "description": Text(max=500),
            "invoice_settings": Hash({"days_until_due": Integer(0)}),
        }
    ),
    "end_behavior": OneOf(("cancel", "release")),
    "metadata": Metadata(),
}
CREATE: Fields = {
    **_SAVE,
    "customer": CUSTOMER,
    "from_subscription": Reference(to="subscription"),
    "phases": ListOf(Hash(_PHASE)),
    "start_date": WordOr("now", Integer()),
}
UPDATE: Fields = {
    **_SAVE,
    "phases": ListOf(
        Hash(
            {
                **_PHASE,
                "end_date": WordOr("now", Integer()),
                "start_date": WordOr("now", Integer()),
                "trial_end": WordOr("now", Integer()),
            }
        )
    ),
    "proration_behavior": _PRORATION,
}
LIST: Fields = {
    "canceled_at": range_of(),
    "completed_at": range_of(),
    "created": range_of(),
    "customer": CUSTOMER,
    "released_at": range_of(),
    "scheduled": Boolean(),
    **LISTING,
}
_NO_TAX: Json = {"disabled_reason": None, "enabled": False, "liability": None}


def _create(call: Call) -> Json:
    if "from_subscription" in call.params:
        return _from_subscription(call)
    customer = call.given("customer", "customer")
    for name in ("customer", "phases", "start_date"):
        if not call.params.get(name):
            raise invalid(f"Missing required param: {name}.", name, "parameter_missing")
    assert customer is not None
    start = call.now if call.params["start_date"] == "now" else call.params["start_date"]
    if start < call.now:
        raise invalid("The sandbox begins no schedule in the past.", "start_date")
    schedule = _new(call, customer["id"], phases.built(call, call.params["phases"], start, customer["id"]))
    _apply(call, schedule)
    if start == call.now:
        phases.begin(call.sandbox, schedule)
    phases.await_turns(call.sandbox, schedule)
    return schedule


def _from_subscription(call: Call) -> Json:
    """A schedule that goes on as a subscription is, until it is told otherwise."""
    subscription = call.given("subscription", "from_subscription")
    assert subscription is not None
    others = sorted(set(call.params) - {"from_subscription", "metadata"})
    if others:
        message = f"You cannot set `{others[0]}` if `from_subscription` is set."
        raise invalid(message, others[0])
    if subscription["schedule"] is not None:
        raise invalid(
            f"You cannot migrate a subscription that is already attached to a schedule: `{subscription['schedule']}`.",
            "from_subscription",
        )
    if subscription["status"] in (*subscribing.ENDED, "incomplete"):
        message = f"You cannot create a schedule from a subscription that is {subscription['status']}."
        raise invalid(message, "from_subscription")
    phase = phases.of_subscription(call.sandbox, subscription)
    schedule = _new(call, subscription["customer"], [phase])
    _apply(call, schedule)
    schedule["default_settings"].update(chosen(subscription, "collection_method", "default_payment_method"))
    schedule["default_settings"]["invoice_settings"]["days_until_due"] = subscription["days_until_due"]
    schedule.update(
        current_phase=chosen(phase, "end_date", "start_date"), status="active", subscription=subscription["id"]
    )
    if subscription["cancel_at"] is not None:
        schedule["end_behavior"] = "cancel"
        schedule["phases"][0]["end_date"] = schedule["current_phase"]["end_date"] = subscription["cancel_at"]
        schedules.follow_end(call.sandbox, schedule)
    subscription["schedule"] = schedule["id"]
    phases.await_turns(call.sandbox, schedule)
    return schedule


def _new(call: Call, customer: str, found: list[Json]) -> Json:
    return call.store.add(
        {
            "id": call.sandbox.ids.new("sub_sched"),
            "object": "subscription_schedule",
            "application": None,
            "billing_mode": {"flexible": {"proration_discounts": "included"}, "type": "flexible"},
            "canceled_at": None,
            "completed_at": None,
            "created": call.now,
            "current_phase": None,
            "customer": customer,
            "customer_account": None,
            "default_settings": {
                "application_fee_percent": None,
                "automatic_tax": dict(_NO_TAX),
                "billing_cycle_anchor": "automatic",
                "billing_thresholds": None,
                "collection_method": "charge_automatically",
                "default_payment_method": None,
                "description": None,
                "invoice_settings": {"account_tax_ids": None, "days_until_due": None, "issuer": {"type": "self"}},
                "on_behalf_of": None,
                "transfer_data": None,
            },
            "end_behavior": "release",
            "livemode": False,
            "metadata": {},
            "phases": found,
            "released_at": None,
            "released_subscription": None,
            "status": "not_started",
            "subscription": None,
            "test_clock": call.store["customer", customer]["test_clock"],
            "_cancels": False,
        }
    )


def _apply(call: Call, schedule: Json) -> None:
    params = call.params
    schedule.update(chosen(params, "end_behavior"))
    if "metadata" in params:
        schedule["metadata"] = merged(schedule["metadata"], params["metadata"])
    given = dict(params.get("default_settings", {}))
    invoices = {**schedule["default_settings"]["invoice_settings"], **given.pop("invoice_settings", {})}
    schedule["default_settings"] = {**schedule["default_settings"], **given, "invoice_settings": invoices}
    if schedule["default_settings"]["collection_method"] == "send_invoice" and invoices["days_until_due"] is None:
        message = "You must pass `days_until_due` when `collection_method` is `send_invoice`."
        raise invalid(message, "default_settings[invoice_settings][days_until_due]", "parameter_missing")


def _update(call: Call) -> Json:
    schedule = call.named("subscription_schedule", "schedule")
    schedules.require_living(schedule, "update")
    _apply(call, schedule)
    if "phases" in call.params:
        _update_phases(call, schedule)
    if schedule["status"] == "active":
        schedules.follow_end(call.sandbox, schedule)
    phases.await_turns(call.sandbox, schedule)
    return schedule


def _update_phases(call: Call, schedule: Json) -> None:
    """The phases anew: those that are past may be left out, the present one must begin when it did."""
    current = schedule["current_phase"]
    first = schedule["phases"][0]["start_date"] if current is None else current["start_date"]
    wishes = [
        {**wish, "trial_end": call.now} if wish.get("trial_end") == "now" else wish for wish in call.params["phases"]
    ]
    found = phases.built(call, wishes, first, schedule["customer"], schedule["phases"][0]["currency"])
    if current is None:
        if found[0]["start_date"] <= call.now:
            raise invalid("The first phase of a schedule that has not started must start later.", "phases")
        schedule["phases"] = found
        return
    now = [phase for phase in found if phase["start_date"] == current["start_date"]]
    if not now or now[0]["end_date"] < call.now:
        raise invalid("You can not modify the start date of the current phase.", "phases[0][start_date]")
    schedule["phases"] = found
    if now[0]["end_date"] > call.now:
        phases.enter(call.sandbox, schedule, now[0], call.params.get("proration_behavior", "create_prorations"))
    else:
        phases.turn_job(call.sandbox, schedule["id"])


def _release(call: Call) -> Json:
    schedule = call.named("subscription_schedule", "schedule")
    schedules.require_living(schedule, "release")
    schedules.release(call.sandbox, schedule, keep_cancel_at=call.params.get("preserve_cancel_date", False))
    return schedule


def _cancel(call: Call) -> Json:
    schedule = call.named("subscription_schedule", "schedule")
    schedules.require_living(schedule, "cancel")
    if schedule["subscription"] is None:
        schedules.close(call.sandbox, schedule)
        return schedule
    changing.cancel(
        call.sandbox,
        call.store["subscription", schedule["subscription"]],
        prorate=call.params.get("prorate", True),
        invoice_now=call.params.get("invoice_now", True),
    )
    return schedule


def _list(call: Call) -> Json:
    params = call.params

    def keep(schedule: Json) -> bool:
        dates = ("canceled_at", "completed_at", "created", "released_at")
        waits = schedule["status"] == "not_started"
        return all(in_range(schedule[name], params.get(name)) for name in dates) and (
            waits or not params.get("scheduled", False)
        )

    return call.page("subscription_schedule", chosen(params, "customer"), keep)


def show(sandbox: Sandbox, schedule: Json) -> Json:
    """The schedule with its tax rates, which are embedded as a whole."""
    shown = {name: value for name, value in schedule.items() if not name.startswith("_")}
    shown["phases"] = [
        {
            **phase,
            "default_tax_rates": [sandbox.store["tax_rate", id] for id in phase["default_tax_rates"]],
            "items": [
                {**item, "tax_rates": [sandbox.store["tax_rate", id] for id in item["tax_rates"]]}
                for item in phase["items"]
            ],
        }
        for phase in schedule["phases"]
    ]
    return shown


_ALL = "/v1/subscription_schedules"
_ONE = _ALL + "/{schedule}"
RESOURCE = Resource(
    kind="subscription_schedule",
    permission="subscription",
    noun="subscription schedule",
    missing_param="schedule",
    indexed=("customer",),
    show=show,
    expandable={
        "customer": Link("customer"),
        "default_settings.default_payment_method": Link("payment_method"),
        "phases.default_payment_method": Link("payment_method"),
        "phases.items.price": Link("price"),
        "subscription": Link("subscription"),
        "test_clock": Link(KIND),
    },
    jobs={"expiring": phases.expiring_job, "turn": phases.turn_job},
    routes=(
        Route("GET", _ALL, _list, LIST),
        Route("POST", _ALL, _create, CREATE),
        Route("GET", _ONE, lambda call: call.named("subscription_schedule", "schedule")),
        Route("POST", _ONE, _update, UPDATE),
        Route("POST", _ONE + "/cancel", _cancel, {"invoice_now": Boolean(), "prorate": Boolean()}),
        Route("POST", _ONE + "/release", _release, {"preserve_cancel_date": Boolean()}),
    ),
)
