"""Subscription schedules: phases that begin and end by the clock."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.api import DAY, NOW, Api, Json

MONTH = 30 * DAY  # from 21 November to 21 December
NEXT = 31 * DAY  # the one after


def told(api: Api) -> list[str]:
    events: list[str] = []
    api.sandbox.events.listen(lambda event: events.append(event["type"]))
    return events


def scheduled(api: Api, later: str, **params: Any) -> tuple[Json, Json]:
    """A subscription to a plan of 20 dollars that changes to another price when its period ends."""
    plan = api.subscribe(api.customer("pm_card_visa"))
    schedule = api.post("subscription_schedules", from_subscription=plan["id"])
    (now,) = schedule["phases"]
    first = {
        "items": [{"price": now["items"][0]["price"], "quantity": 1}],
        "start_date": now["start_date"],
        "end_date": now["end_date"],
    }
    next = {"items": [{"price": later, "quantity": 2}], **params}
    schedule = api.post(f"subscription_schedules/{schedule['id']}", phases=[first, next])
    return plan, schedule


def latest(api: Api, plan: Json) -> Json:
    return dict(api.get(f"subscriptions/{plan['id']}", expand=["latest_invoice"])["latest_invoice"])


def test_a_schedule_of_a_subscription_begins_as_it_is(api: Api) -> None:
    plan = api.subscribe(api.customer("pm_card_visa"), metadata={"team": "7"})
    events = told(api)
    schedule = api.post("subscription_schedules", from_subscription=plan["id"])
    item = plan["items"]["data"][0]
    assert (schedule["status"], schedule["end_behavior"]) == ("active", "release")
    assert schedule["current_phase"] == {"start_date": NOW, "end_date": NOW + MONTH}
    (phase,) = schedule["phases"]
    assert [(each["price"], each["quantity"]) for each in phase["items"]] == [(item["price"]["id"], 1)]
    assert phase["metadata"] == {"team": "7"}
    assert api.get(f"subscriptions/{plan['id']}", expand=["schedule"])["schedule"] == schedule
    assert sorted(events) == ["customer.subscription.updated", "subscription_schedule.created"]
    again = api.refused("POST", "subscription_schedules", from_subscription=plan["id"])
    assert again.error["message"].startswith("You cannot migrate a subscription that is already attached to a schedule")
    refused = api.refused("POST", "subscription_schedules", from_subscription=plan["id"], end_behavior="cancel")
    assert refused.error["message"] == "You cannot set `end_behavior` if `from_subscription` is set."


def test_a_smaller_plan_comes_with_the_next_period(api: Api) -> None:
    small = api.price(500, "Small plan")
    plan, schedule = scheduled(api, small)
    assert schedule["phases"][1]["end_date"] == NOW + MONTH + NEXT
    assert api.get(f"subscriptions/{plan['id']}")["items"] == plan["items"]
    events = told(api)
    preview = api.post("invoices/create_preview", subscription=plan["id"])
    api.advance(MONTH)
    renewed = api.get(f"subscriptions/{plan['id']}")
    (item,) = renewed["items"]["data"]
    assert (item["price"]["id"], item["quantity"], item["current_period_end"]) == (small, 2, NOW + MONTH + NEXT)
    invoice = latest(api, plan)
    assert [(line["amount"], line["description"]) for line in invoice["lines"]["data"]] == [
        (1000, "2 × Small plan (at $5.00 / month)")
    ]
    assert (preview["total"], preview["lines"]["data"][0]["description"]) == (
        invoice["total"],
        invoice["lines"]["data"][0]["description"],
    )
    assert invoice["billing_reason"] == "subscription_cycle"
    now = api.get(f"subscription_schedules/{schedule['id']}")
    assert now["current_phase"] == {"start_date": NOW + MONTH, "end_date": NOW + MONTH + NEXT}
    assert "subscription_schedule.updated" in events
    api.advance(NEXT)
    over = api.get(f"subscription_schedules/{schedule['id']}")
    assert (over["status"], over["released_subscription"], over["subscription"]) == ("released", plan["id"], None)
    assert (over["released_at"], over["current_phase"]) == (NOW + MONTH + NEXT, None)
    after = api.get(f"subscriptions/{plan['id']}")
    assert (after["schedule"], after["status"]) == (None, "active")
    assert {"subscription_schedule.expiring", "subscription_schedule.released"} <= set(events)


def test_a_change_in_the_middle_of_a_period_is_prorated(api: Api) -> None:
    customer, small, big = api.customer("pm_card_visa"), api.price(1000), api.price(4000, "Big plan")
    phases = [
        {"items": [{"price": small}], "end_date": NOW + MONTH // 2},
        {"items": [{"price": big}], "proration_behavior": "always_invoice", "duration": {"interval": "month"}},
    ]
    schedule = api.post("subscription_schedules", customer=customer, start_date="now", phases=phases)
    plan = api.get(f"subscriptions/{schedule['subscription']}")
    preview = api.post("invoices/create_preview", schedule=schedule["id"])
    api.advance(MONTH // 2)
    invoice = latest(api, plan)
    assert [line["amount"] for line in invoice["lines"]["data"]] == [2000, -500]
    assert (invoice["status"], preview["total"]) == ("paid", invoice["total"])


def test_a_new_rhythm_begins_with_its_phase(api: Api) -> None:
    yearly = api.price(20000, "Yearly", recurring={"interval": "year"})
    plan, _ = scheduled(api, yearly)
    api.advance(MONTH)
    invoice, (item,) = latest(api, plan), api.get(f"subscriptions/{plan['id']}")["items"]["data"]
    assert (invoice["total"], item["price"]["id"]) == (40000, yearly)
    assert item["current_period_end"] - item["current_period_start"] == 365 * DAY
    assert len(api.get("invoices", subscription=plan["id"])["data"]) == 2


@pytest.mark.parametrize("invoice_now", [True, False])
def test_a_schedule_begins_and_ends_a_subscription(api: Api, invoice_now: bool) -> None:
    customer, price = api.customer("pm_card_visa"), api.price()
    events = told(api)
    schedule = api.post(
        "subscription_schedules",
        customer=customer,
        start_date=NOW + 3 * DAY,
        end_behavior="cancel",
        phases=[{"items": [{"price": price, "quantity": 3}], "duration": {"interval": "month", "interval_count": 2}}],
    )
    assert (schedule["status"], schedule["subscription"], schedule["current_phase"]) == ("not_started", None, None)
    preview = api.post("invoices/create_preview", schedule=schedule["id"])
    api.advance(3 * DAY)
    schedule = api.get(f"subscription_schedules/{schedule['id']}", expand=["subscription", "phases.items.price"])
    plan = schedule["subscription"]
    assert (schedule["status"], plan["status"], plan["created"]) == ("active", "active", NOW + 3 * DAY)
    assert plan["cancel_at"] == schedule["phases"][0]["end_date"]
    assert latest(api, plan)["total"] == preview["total"] == 6000
    if invoice_now:
        api.advance(31 * DAY)
        api.advance(31 * DAY)
        over = api.get(f"subscription_schedules/{schedule['id']}")
        assert (over["status"], over["completed_at"]) == ("completed", plan["cancel_at"])
        assert "subscription_schedule.completed" in events
        assert len(api.get("invoices", subscription=plan["id"])["data"]) == 2
    else:
        api.advance(10 * DAY)
        over = api.post(f"subscription_schedules/{schedule['id']}/cancel", invoice_now=False, prorate=False)
        assert (over["status"], over["canceled_at"]) == ("canceled", NOW + 13 * DAY)
        assert "subscription_schedule.canceled" in events
    assert api.get(f"subscriptions/{plan['id']}")["status"] == "canceled"


def test_cancelling_belongs_to_the_schedule(api: Api) -> None:
    plan, schedule = scheduled(api, api.price(500))
    refused = api.refused("POST", f"subscriptions/{plan['id']}", cancel_at_period_end=True)
    assert refused.error["message"] == (
        f"The subscription is managed by the subscription schedule `{schedule['id']}`, and updating any cancelation "
        "behavior directly is not allowed. Please update the schedule instead."
    )
    api.delete(f"subscriptions/{plan['id']}")
    assert api.get(f"subscription_schedules/{schedule['id']}")["status"] == "canceled"
    for act in ("", "/release", "/cancel"):
        refused = api.refused("POST", f"subscription_schedules/{schedule['id']}{act}")
        assert "currently in the `canceled` status" in refused.error["message"]


@pytest.mark.parametrize("keep", [True, False])
def test_a_release_lets_the_subscription_go_on(api: Api, keep: bool) -> None:
    plan = api.subscribe(api.customer("pm_card_visa"), cancel_at_period_end=True)
    schedule = api.post("subscription_schedules", from_subscription=plan["id"])
    assert schedule["end_behavior"] == "cancel"
    released = api.post(f"subscription_schedules/{schedule['id']}/release", preserve_cancel_date=keep)
    assert released["released_subscription"] == plan["id"]
    assert api.get(f"subscriptions/{plan['id']}")["cancel_at"] == (NOW + MONTH if keep else None)
    api.advance(MONTH)
    assert api.get(f"subscriptions/{plan['id']}")["status"] == ("canceled" if keep else "active")


def test_the_present_phase_can_be_changed(api: Api) -> None:
    plan, schedule = scheduled(api, api.price(500))
    api.advance(MONTH // 2)
    big = api.price(6000, "Big plan")
    phases = [{"items": [{"price": big}], "start_date": NOW, "end_date": NOW + MONTH}]
    changed = api.post(f"subscription_schedules/{schedule['id']}", phases=phases, proration_behavior="always_invoice")
    assert len(changed["phases"]) == 1
    assert [line["amount"] for line in latest(api, plan)["lines"]["data"]] == [3000, -1000]
    phases[0]["start_date"] = NOW + DAY
    refused = api.refused("POST", f"subscription_schedules/{schedule['id']}", phases=phases)
    assert refused.error["message"] == "You can not modify the start date of the current phase."


def test_a_new_phase_gives_up_a_pending_update(api: Api) -> None:
    plan, _ = scheduled(api, api.price(500))
    api.card(plan["customer"], "pm_card_chargeCustomerFail")
    item = plan["items"]["data"][0]["id"]
    api.advance(MONTH - 3600)
    terms = {"payment_behavior": "pending_if_incomplete", "proration_behavior": "always_invoice"}
    waiting = api.post(f"subscriptions/{plan['id']}", items=[{"id": item, "quantity": 2000}], **terms)
    assert waiting["pending_update"] is not None
    api.advance(3600)
    assert api.get(f"subscriptions/{plan['id']}")["pending_update"] is None
    assert api.get(f"invoices/{waiting['latest_invoice']}")["status"] == "void"


def test_what_cannot_be_is_refused(api: Api) -> None:
    customer, price = api.customer("pm_card_visa"), api.price()
    items = [{"price": price}]
    for wrong in (
        {},
        {"customer": customer, "start_date": "now"},
        {"customer": customer, "start_date": "now", "phases": []},
        {"customer": customer, "start_date": NOW - DAY, "phases": [{"items": items}]},
        {"customer": customer, "start_date": "now", "phases": [{"items": []}]},
        {"customer": customer, "start_date": "now", "phases": [{"items": items * 2}]},
        {"customer": customer, "start_date": "now", "phases": [{"items": items, "end_date": NOW}]},
        {"customer": customer, "start_date": "now", "phases": [{"items": items, "trial_end": NOW + 99 * DAY}]},
    ):
        assert api.refused("POST", "subscription_schedules", **wrong).status == 400
    assert api.get("subscription_schedules")["data"] == []


def test_it_lives_by_its_customers_test_clock(api: Api) -> None:
    clock = api.post("test_helpers/test_clocks", frozen_time=NOW - 100 * DAY)["id"]
    customer = api.customer(test_clock=clock)
    api.card(customer)
    schedule = api.post(
        "subscription_schedules",
        customer=customer,
        start_date=NOW - 90 * DAY,
        phases=[{"items": [{"price": api.price()}], "trial": True, "end_date": NOW - 80 * DAY}],
    )
    api.post(f"test_helpers/test_clocks/{clock}/advance", frozen_time=NOW - 85 * DAY)
    api.get(f"test_helpers/test_clocks/{clock}")
    begun = api.get(f"subscription_schedules/{schedule['id']}", expand=["subscription", "test_clock"])
    assert (begun["status"], begun["created"]) == ("active", NOW - 100 * DAY)
    assert (begun["subscription"]["status"], begun["subscription"]["created"]) == ("trialing", NOW - 90 * DAY)
