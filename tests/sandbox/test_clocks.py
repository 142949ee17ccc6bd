"""Test clocks: customers who live by a time of their own."""

from __future__ import annotations

import pytest

from sandbox.api import DAY, NOW, Api, Json

THEN = NOW - 400 * DAY


def clock_of(api: Api, at: int = THEN) -> str:
    return str(api.post("test_helpers/test_clocks", frozen_time=at, name="Then")["id"])


def advance(api: Api, clock: str, to: int) -> Json:
    """Advance a clock and wait for it, as Stripe's users do."""
    assert api.post(f"test_helpers/test_clocks/{clock}/advance", frozen_time=to)["status"] == "advancing"
    return api.get(f"test_helpers/test_clocks/{clock}")


def subscriber(api: Api, clock: str) -> str:
    customer = api.customer(test_clock=clock)
    api.card(customer)
    return customer


def test_a_clock_advances_and_is_ready(api: Api) -> None:
    clock = clock_of(api)
    moving = api.post(f"test_helpers/test_clocks/{clock}/advance", frozen_time=THEN + DAY)
    assert moving["status_details"] == {"advancing": {"target_frozen_time": THEN + DAY}}
    assert (moving["status"], moving["frozen_time"]) == ("advancing", THEN)
    ready = api.get(f"test_helpers/test_clocks/{clock}")
    assert (ready["status"], ready["frozen_time"], ready["status_details"]) == ("ready", THEN + DAY, {})
    assert ready["deletes_after"] == NOW + 30 * DAY
    assert [each["id"] for each in api.get("test_helpers/test_clocks")["data"]] == [clock]


def test_its_customers_live_by_it(api: Api) -> None:
    clock = clock_of(api)
    customer = subscriber(api, clock)
    plan = api.subscribe(customer, expand=["latest_invoice"])
    assert {plan["created"], plan["latest_invoice"]["created"], api.get(f"customers/{customer}")["created"]} == {THEN}
    assert {plan["test_clock"], plan["latest_invoice"]["test_clock"]} == {clock}
    api.advance(100 * DAY)
    assert len(api.get("invoices", customer=customer)["data"]) == 1
    advance(api, clock, THEN + 40 * DAY)
    renewal = api.get("invoices", customer=customer)["data"][0]
    assert (renewal["status"], renewal["created"]) == ("paid", plan["items"]["data"][0]["current_period_end"])
    item = plan["items"]["data"][0]["id"]
    api.post(f"subscription_items/{item}", quantity=2)
    assert api.get("invoiceitems", customer=customer)["data"][0]["date"] == THEN + 40 * DAY
    assert api.sandbox.clock.now == NOW + 100 * DAY


def test_others_live_on(api: Api) -> None:
    clock = clock_of(api)
    subscriber(api, clock)
    plan = api.subscribe(api.customer("pm_card_visa"))["id"]
    advance(api, clock, THEN + 700 * DAY)
    assert len(api.get("invoices", subscription=plan)["data"]) == 1
    api.advance(31 * DAY)
    assert len(api.get("invoices", subscription=plan)["data"]) == 2


def test_lists_leave_them_out_unless_they_are_asked_for(api: Api) -> None:
    clock = clock_of(api)
    customer, other = subscriber(api, clock), api.customer("pm_card_visa")
    plan, mine = api.subscribe(customer)["id"], api.subscribe(other)["id"]
    api.post("invoiceitems", customer=customer, amount=5, currency="usd")
    assert [each["id"] for each in api.get("customers")["data"]] == [other]
    assert [each["id"] for each in api.get("customers", test_clock=clock)["data"]] == [customer]
    assert [each["id"] for each in api.get("subscriptions")["data"]] == [mine]
    assert [each["id"] for each in api.get("subscriptions", test_clock=clock)["data"]] == [plan]
    assert [each["customer"] for each in api.get("invoices")["data"]] == [other]
    assert [each["customer"] for each in api.get("invoices", customer=customer)["data"]] == [customer]
    assert [each["customer"] for each in api.get("invoices", subscription=plan)["data"]] == [customer]
    assert api.get("invoiceitems")["data"] == []
    assert [each["customer"] for each in api.get("payment_intents")["data"]] == [other]
    assert [each["customer"] for each in api.get("charges")["data"]] == [other]


def test_events_are_of_the_accounts_own_time(api: Api) -> None:
    clock = clock_of(api)
    api.subscribe(subscriber(api, clock))
    advance(api, clock, THEN + 40 * DAY)
    events = api.get("events", limit=100)["data"]
    assert {event["created"] for event in events} == {NOW}
    told = {event["type"] for event in events}
    assert {f"test_helpers.test_clock.{name}" for name in ("created", "advancing", "ready")} < told


def test_a_declined_renewal_is_tried_again_by_the_clock(api: Api) -> None:
    clock = clock_of(api)
    customer = subscriber(api, clock)
    plan = api.subscribe(customer)["id"]
    api.card(customer, "pm_card_chargeCustomerFail")
    advance(api, clock, THEN + 35 * DAY)
    assert api.get("invoices", subscription=plan)["data"][0]["attempt_count"] == 2
    assert api.get(f"subscriptions/{plan}")["status"] == "past_due"


def test_previews_are_of_its_time(api: Api) -> None:
    clock = clock_of(api)
    plan = api.subscribe(subscriber(api, clock))
    foreseen = api.post("invoices/create_preview", subscription=plan["id"])
    assert foreseen["created"] == plan["items"]["data"][0]["current_period_end"]
    assert foreseen["created"] < NOW
    details = {"cancel_now": True}
    now = api.post("invoices/create_preview", subscription=plan["id"], subscription_details=details)
    assert (now["created"], now["total"]) == (THEN, -2000)


@pytest.mark.parametrize(("to", "subscribed"), [(THEN, False), (THEN + 62 * DAY, True), (THEN + 800 * DAY, False)])
def test_it_neither_goes_back_nor_too_far_at_once(api: Api, to: int, subscribed: bool) -> None:
    clock = clock_of(api)
    if subscribed:
        api.subscribe(subscriber(api, clock))
    refused = api.refused("POST", f"test_helpers/test_clocks/{clock}/advance", frozen_time=to)
    assert (refused.status, refused.error["param"]) == (400, "frozen_time")


def test_its_customers_go_with_it(api: Api) -> None:
    clock = clock_of(api)
    customer = subscriber(api, clock)
    plan = api.subscribe(customer)["id"]
    assert api.delete(f"test_helpers/test_clocks/{clock}")["deleted"]
    assert api.get(f"customers/{customer}")["deleted"]
    assert api.get(f"subscriptions/{plan}")["status"] == "canceled"
    assert api.refused("GET", f"test_helpers/test_clocks/{clock}").status == 404
    assert api.refused("POST", "customers", test_clock=clock).status == 400
    assert api.get("invoices")["data"] == []


def test_usage_is_reported_in_its_time(api: Api) -> None:
    clock = clock_of(api)
    customer = subscriber(api, clock)
    api.post("billing/meters", display_name="Calls", event_name="calls", default_aggregation={"formula": "sum"})
    event = api.post("billing/meter_events", event_name="calls", payload={"stripe_customer_id": customer, "value": 3})
    assert event["timestamp"] == THEN
