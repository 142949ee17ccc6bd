"""Meters: what counts, when, in which window, and what of it is billed."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.api import DAY, NOW, Api
from sandbox.usage_world import meter, metered, midnight, used
from stripe_sandbox import Sandbox
from stripe_sandbox.billing import metering

HOUR = 60 * 60
TODAY = midnight(NOW)


def summaries(api: Api, id: str, customer: str, start: int, end: int, **params: Any) -> list[dict[str, Any]]:
    path = f"billing/meters/{id}/event_summaries"
    return list(api.get(path, customer=customer, start_time=start, end_time=end, **params)["data"])


def total(api: Api, id: str, customer: str, start: int = TODAY, end: int = TODAY + DAY) -> float:
    (summary,) = summaries(api, id, customer, start, end)
    return float(summary["aggregated_value"])


@pytest.mark.parametrize(("formula", "value"), [("sum", 12.5), ("count", 3.0), ("last", 4.0)])
def test_the_formula_decides_what_is_added_up(api: Api, formula: str, value: float) -> None:
    customer, id = api.customer(), meter(api, "calls", formula)["id"]
    for amount, at in (("4", NOW), ("3.5", NOW - HOUR), ("5", NOW - 60)):
        used(api, "calls", customer, amount, timestamp=at)
    assert total(api, id, customer) == value


def test_days_run_from_midnight_to_midnight_in_utc(api: Api) -> None:
    customer, id = api.customer(), meter(api, "calls")["id"]
    for at in (TODAY - 1, TODAY, TODAY + HOUR):
        used(api, "calls", customer, 1, timestamp=at)
    days = summaries(api, id, customer, TODAY - 2 * DAY, TODAY + DAY, value_grouping_window="day")
    found = {day["start_time"]: day["aggregated_value"] for day in days}
    assert found == {TODAY: 2.0, TODAY - DAY: 1.0, TODAY - 2 * DAY: 0.0}
    assert all(day["end_time"] == day["start_time"] + DAY for day in days)


def test_a_span_without_windows_is_cut_at_the_minute(api: Api) -> None:
    customer, id = api.customer(), meter(api, "calls")["id"]
    for second in (59, 60, 61, 119, 120):
        used(api, "calls", customer, 1, timestamp=NOW - HOUR + second)
    assert total(api, id, customer, NOW - HOUR + 60, NOW - HOUR + 120) == 3.0


@pytest.mark.parametrize(
    ("window", "start", "end", "param"),
    [
        (None, TODAY + 1, TODAY + HOUR, "start_time"),
        (None, TODAY, TODAY + 61, "end_time"),
        ("hour", TODAY + 60, TODAY + HOUR, "start_time"),
        ("hour", TODAY, TODAY + 90 * 60, "end_time"),
        ("day", TODAY + HOUR, TODAY + DAY, "start_time"),
        ("day", TODAY, TODAY + HOUR, "end_time"),
        (None, TODAY, TODAY, "end_time"),
    ],
)
def test_moments_that_are_not_aligned_are_refused(
    api: Api, window: str | None, start: int, end: int, param: str
) -> None:
    customer, id = api.customer(), meter(api, "calls")["id"]
    span: dict[str, Any] = {"customer": customer, "start_time": start, "end_time": end}
    if window:
        span["value_grouping_window"] = window
    refused = api.refused("GET", f"billing/meters/{id}/event_summaries", **span)
    assert (refused.status, refused.error["param"]) == (400, param)


def test_summaries_are_paged(api: Api) -> None:
    customer, id = api.customer(), meter(api, "calls")["id"]
    span: dict[str, Any] = {"customer": customer, "start_time": TODAY - 6 * DAY, "end_time": TODAY + DAY}
    span["value_grouping_window"] = "day"
    path = f"billing/meters/{id}/event_summaries"
    first = api.get(path, **span, limit=5)
    rest = api.get(path, **span, limit=5, starting_after=first["data"][-1]["id"])
    assert (len(first["data"]), first["has_more"], len(rest["data"]), rest["has_more"]) == (5, True, 2, False)
    again = api.get(path, **span, limit=5, ending_before=rest["data"][0]["id"])
    assert again["data"] == first["data"]


def test_order_and_gaps_are_not_to_be_relied_on(api: Api) -> None:
    customer, id = api.customer(), meter(api, "calls")["id"]
    for back in range(0, 20, 2):
        used(api, "calls", customer, 1, timestamp=NOW - back * DAY)
    span = (TODAY - 19 * DAY, TODAY + DAY)
    ordered = summaries(api, id, customer, *span, value_grouping_window="day", limit=100)
    api.sandbox.meters.shuffled = True
    shuffled = summaries(api, id, customer, *span, value_grouping_window="day", limit=100)
    assert shuffled != ordered
    assert sorted(shuffled, key=lambda each: -each["start_time"]) == ordered
    api.sandbox.meters.gaps = True
    assert len(summaries(api, id, customer, *span, value_grouping_window="day", limit=100)) == 10


def test_usage_arrives_late_if_asked_to(api: Api) -> None:
    customer, id = api.customer(), meter(api, "calls")["id"]
    api.sandbox.meters.delay = 90
    used(api, "calls", customer, 5)
    api.advance(89)
    assert total(api, id, customer) == 0
    api.advance(1)
    assert total(api, id, customer) == 5


def test_an_identifier_counts_once_a_day(api: Api) -> None:
    customer, id = api.customer(), meter(api, "calls")["id"]
    used(api, "calls", customer, 5, identifier="one")
    payload = {"stripe_customer_id": customer, "value": "5"}
    again = {"event_name": "calls", "payload": payload, "identifier": "one"}
    refused = api.refused("POST", "billing/meter_events", **again)
    assert refused.error["message"] == "An event already exists with identifier one."
    assert total(api, id, customer) == 5
    api.advance(DAY)
    api.post("billing/meter_events", **again)


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"event_name": "unknown"}, "event_name"),
        ({"payload": {"value": "1"}}, "payload"),
        ({"payload": {"stripe_customer_id": "CUSTOMER"}}, "payload"),
        ({"payload": {"stripe_customer_id": "CUSTOMER", "value": "many"}}, "payload"),
        ({"payload": {"stripe_customer_id": "CUSTOMER", "value": "NaN"}}, "payload"),
        ({"payload": {"stripe_customer_id": "CUSTOMER", "value": "0.0000000000001"}}, "payload"),
        ({"timestamp": NOW - 35 * DAY - 1}, "timestamp"),
        ({"timestamp": NOW + 301}, "timestamp"),
    ],
)
def test_events_that_say_too_little_are_refused(api: Api, change: dict[str, Any], param: str) -> None:
    customer = api.customer()
    meter(api, "calls")
    event = {"event_name": "calls", "payload": {"stripe_customer_id": customer, "value": "1"}, **change}
    refused = api.refused("POST", "billing/meter_events", **event)
    assert (refused.status, refused.error["param"]) == (400, param)


def test_events_at_the_bounds_of_time_count(api: Api) -> None:
    customer, id = api.customer(), meter(api, "calls")["id"]
    used(api, "calls", customer, 1, timestamp=NOW - 35 * DAY)
    used(api, "calls", customer, 1, timestamp=NOW + 300)
    assert total(api, id, customer, TODAY - 36 * DAY) == 2


def test_an_unknown_customer_is_reported_later(api: Api) -> None:
    id = meter(api, "calls")["id"]
    used(api, "calls", "cus_unknown", 1, identifier="lost")
    types = ["v1.billing.meter.error_report_triggered"]
    (event,) = api.call("GET", "/v2/core/events", object_id=id, types=types)["data"]
    (kind,) = event["data"]["reason"]["error_types"]
    assert kind["code"] == "meter_event_customer_not_found"
    assert kind["sample_errors"][0]["request"]["identifier"] == "lost"


@pytest.mark.parametrize(("formula", "left"), [("sum", 3.0), ("count", 1.0), ("last", 3.0)])
def test_a_cancelled_event_counts_no_more(api: Api, formula: str, left: float) -> None:
    customer, id = api.customer(), meter(api, "calls", formula)["id"]
    used(api, "calls", customer, 3)
    used(api, "calls", customer, 4, identifier="wrong")
    adjustment = {"event_name": "calls", "type": "cancel", "cancel": {"identifier": "wrong"}}
    api.post("billing/meter_event_adjustments", **adjustment)
    assert total(api, id, customer) == left
    assert api.refused("POST", "billing/meter_event_adjustments", **adjustment).status == 400


def test_an_event_of_yesterday_cannot_be_cancelled(api: Api) -> None:
    customer, id = api.customer(), meter(api, "calls")["id"]
    used(api, "calls", customer, 4, identifier="wrong")
    api.advance(DAY)
    adjustment = {"event_name": "calls", "type": "cancel", "cancel": {"identifier": "wrong"}}
    assert api.refused("POST", "billing/meter_event_adjustments", **adjustment).status == 400
    assert total(api, id, customer) == 4


def test_a_deactivated_meter_takes_no_events_and_backs_no_prices(api: Api) -> None:
    customer, id = api.customer(), meter(api, "calls")["id"]
    api.post(f"billing/meters/{id}/deactivate")
    event = {"event_name": "calls", "payload": {"stripe_customer_id": customer, "value": "1"}}
    assert api.refused("POST", "billing/meter_events", **event).error["param"] == "event_name"
    price = {"currency": "usd", "unit_amount": 5, "product_data": {"name": "Calls"}, "recurring": metered(id)}
    assert api.refused("POST", "prices", **price).status == 400
    other = meter(api, "calls")["id"]
    assert api.refused("POST", f"billing/meters/{id}/reactivate").status == 400
    api.post(f"billing/meters/{other}/deactivate")
    assert api.post(f"billing/meters/{id}/reactivate")["status"] == "active"
    assert api.post("prices", **price)["recurring"]["meter"] == id


# Billing


def invoices(api: Api, subscription: str) -> list[dict[str, Any]]:
    return list(api.get("invoices", subscription=subscription)["data"])


def test_a_period_bills_what_was_used_in_it(api: Api) -> None:
    customer, id = api.customer("pm_card_visa"), meter(api, "calls")["id"]
    plan = api.subscribe(customer, api.price(10, "Calls", recurring=metered(id)))["id"]
    first = invoices(api, plan)[0]
    assert (first["total"], first["lines"]["data"][0]["quantity"]) == (0, 0)
    used(api, "calls", customer, "7.5")
    api.advance(29 * DAY)
    used(api, "calls", customer, 4)
    preview = api.post("invoices/create_preview", subscription=plan)
    api.advance(DAY + 2 * HOUR)
    used(api, "calls", customer, 100)
    (line,) = invoices(api, plan)[0]["lines"]["data"]
    assert (line["amount"], line["quantity_decimal"]) == (115, "11.5")
    assert line["period"] == {"start": NOW, "end": NOW + 30 * DAY}
    assert [each["amount"] for each in preview["lines"]["data"]] == [115]
    assert preview["total"] == invoices(api, plan)[0]["total"]


def test_usage_that_comes_within_the_drafts_hour_is_billed_with_it(api: Api) -> None:
    customer, id = api.customer("pm_card_visa"), meter(api, "calls")["id"]
    plan = api.subscribe(customer, api.price(10, "Calls", recurring=metered(id)))["id"]
    api.advance(30 * DAY)
    assert invoices(api, plan)[0]["total"] == 0
    used(api, "calls", customer, 50, timestamp=NOW + 29 * DAY)
    api.advance(HOUR)
    assert (invoices(api, plan)[0]["status"], invoices(api, plan)[0]["total"]) == ("paid", 500)


def test_negative_usage_is_billed_as_none(api: Api) -> None:
    customer, id = api.customer("pm_card_visa"), meter(api, "calls")["id"]
    plan = api.subscribe(customer, api.price(10, "Calls", recurring=metered(id)))["id"]
    used(api, "calls", customer, -5)
    api.advance(31 * DAY)
    assert invoices(api, plan)[0]["lines"]["data"][0]["quantity"] == 0


def test_usage_of_a_trial_is_free(api: Api) -> None:
    customer, id = api.customer("pm_card_visa"), meter(api, "calls")["id"]
    plan = api.subscribe(customer, api.price(10, "Calls", recurring=metered(id)), trial_period_days=7)["id"]
    used(api, "calls", customer, 5)
    api.advance(8 * DAY)
    assert [invoice["total"] for invoice in invoices(api, plan)] == [0, 0]


@pytest.mark.parametrize("at_period_end", [True, False])
def test_the_last_invoice_bills_the_last_usage(api: Api, at_period_end: bool) -> None:
    customer, id = api.customer("pm_card_visa"), meter(api, "calls")["id"]
    plan = api.subscribe(customer, api.price(10, "Calls", recurring=metered(id)))["id"]
    api.advance(DAY)
    used(api, "calls", customer, 60, timestamp=NOW + HOUR)
    if at_period_end:
        api.post(f"subscriptions/{plan}", cancel_at_period_end=True)
        api.advance(31 * DAY)
    else:
        api.delete(f"subscriptions/{plan}", invoice_now=True)
    assert invoices(api, plan)[0]["total"] == 600


def test_a_metered_item_has_no_quantity(api: Api) -> None:
    customer, id = api.customer("pm_card_visa"), meter(api, "calls")["id"]
    price = api.price(10, "Calls", recurring=metered(id))
    assert "quantity" not in api.subscribe(customer, price)["items"]["data"][0]
    items = [{"price": price, "quantity": 2}]
    refused = api.refused("POST", "subscriptions", customer=customer, items=items)
    assert refused.error["param"] == "items[0][quantity]"


# In numbers


EVENT = st.tuples(
    st.integers(0, 5 * DAY - 1), st.decimals(-100, 100, places=3).map(lambda value: Decimal(format(value, "f")))
)


@settings(max_examples=40, deadline=None)
@given(
    events=st.lists(EVENT, max_size=25),
    cancelled=st.sets(st.integers(0, 24)),
    formula=st.sampled_from(["sum", "count", "last"]),
    window=st.sampled_from([None, "hour", "day"]),
    cut=st.tuples(st.integers(0, 119), st.integers(0, 119)),
)
def test_summaries_equal_a_naive_model(
    events: list[tuple[int, Decimal]],
    cancelled: set[int],
    formula: str,
    window: str | None,
    cut: tuple[int, int],
) -> None:
    api = Api()
    customer, id = api.customer(), meter(api, "calls", formula)["id"]
    begin = TODAY - 6 * DAY
    for number, (at, value) in enumerate(events):
        used(api, "calls", customer, value, timestamp=begin + at, identifier=f"e{number}")
    for number in cancelled:
        if number < len(events):
            adjustment = {"event_name": "calls", "type": "cancel", "cancel": {"identifier": f"e{number}"}}
            api.post("billing/meter_event_adjustments", **adjustment)
    length = {None: 60, "hour": HOUR, "day": DAY}[window]
    start = begin + cut[0] * 60 // length * length
    end = begin + 5 * DAY - cut[1] * 60 // length * length
    grouping = {} if window is None else {"value_grouping_window": window}
    found = []
    page: dict[str, Any] = {"has_more": True, "data": []}
    while page["has_more"]:
        after = {"starting_after": page["data"][-1]["id"]} if page["data"] else {}
        page = api.get(
            f"billing/meters/{id}/event_summaries",
            customer=customer, start_time=start, end_time=end, limit=100, **grouping, **after,
        )  # fmt: skip
        found += page["data"]
    step = length if window else end - start
    assert [each["start_time"] for each in found] == list(range(end - step, start - 1, -step))
    counting = [event for number, event in enumerate(events) if number not in cancelled]
    for each in found:
        inside = [
            (at, number, value)
            for number, (at, value) in enumerate(counting)
            if each["start_time"] <= begin + at < each["end_time"]
        ]
        values = [value for _, _, value in inside]
        newest = max(inside)[2] if inside else Decimal(0)
        expected = {"sum": sum(values, Decimal(0)), "count": len(values), "last": newest}[formula]
        assert each["aggregated_value"] == float(expected)


def test_a_hundred_thousand_events_are_summed_quickly(capsys: pytest.CaptureFixture[str]) -> None:
    sandbox = Sandbox(seed=1, now=NOW)
    api = Api(sandbox)
    customer = api.customer()
    id = meter(api, "calls")["id"]
    found = sandbox.store["billing.meter", id]
    began = time.process_time()
    for number in range(100_000):
        event = {
            "id": f"e{number}", "object": metering.EVENT, "created": NOW, "identifier": f"e{number}",
            "timestamp": TODAY - 31 * DAY + number * 26, "_value": "1", "_canceled": False,
        }  # fmt: skip
        metering.record(sandbox, found, customer, event)
    entered = time.process_time() - began
    began = time.process_time()
    days = summaries(api, id, customer, TODAY - 31 * DAY, TODAY, value_grouping_window="day", limit=100)
    took = time.process_time() - began
    with capsys.disabled():
        print(f"\n100,000 meter events: entered in {entered:.1f} s, 31 days summed in {took * 1000:.0f} ms")
    assert sum(day["aggregated_value"] for day in days) == 100_000
    assert took < 0.25
