"""What may be done with a subscription in each of its states, and which of its items is the plan."""

from __future__ import annotations

from typing import Any

import pytest

from invoice_portal.errors import NotAllowed
from invoice_portal.managing.rules import choices, deeds, demand, in_rhythm, plan_item
from invoice_portal.subscription_settings import SubscriptionSettings

from .helpers.managed import ADA, ALL, item, price, read, read_price, running, visit_of
from .helpers.objects import DAY, NOW, Json
from .helpers.visiting import make_visit

TEAM, BIG = {"price": "price_team"}, {"price": "price_big"}
LATER = NOW + 20 * DAY
STATES: list[tuple[str, Json, str]] = [
    ("active", {}, "cancel change pause"),
    ("trialing", {"status": "trialing"}, "cancel change"),
    ("past due", {"status": "past_due"}, "cancel"),
    ("unpaid", {"status": "unpaid"}, "cancel"),
    ("paused", {"status": "paused"}, "cancel"),
    ("incomplete", {"status": "incomplete"}, "cancel"),
    ("never begun", {"status": "incomplete_expired"}, ""),
    ("canceled", {"status": "canceled", "cancel_at_period_end": True}, ""),
    ("ending", {"cancel_at_period_end": True, "cancel_at": LATER}, "resume"),
    ("ending on the merchant's day", {"cancel_at": NOW + 200 * DAY}, ""),
    ("ending by a schedule", {"cancel_at_period_end": True, "schedule": "sub_sched_1"}, ""),
    ("scheduled", {"schedule": "sub_sched_1"}, "pause"),
    ("a change waits", {"pending_update": {"expires_at": LATER}}, "cancel pause"),
    ("collecting nothing", {"pause_collection": {"behavior": "void", "resumes_at": LATER}}, "cancel unpause"),
    ("sent", {"collection_method": "send_invoice"}, "cancel change pause"),
]


@pytest.mark.parametrize(("changes", "possible"), [each[1:] for each in STATES], ids=[each[0] for each in STATES])
def test_what_each_state_allows(changes: Json, possible: str):
    subscription = read(running(**changes))
    visit = visit_of(actions=ALL, plans=[TEAM, BIG])
    assert deeds(visit, subscription) == set(possible.split())
    assert deeds(visit_of(), subscription) == set(), "everything is off until it is switched on"
    for deed in ("cancel", "resume", "pause", "unpause", "change"):
        if deed not in possible.split():
            with pytest.raises(NotAllowed):
                demand(visit, subscription, deed)


def test_nobody_without_leave_may_do_anything():
    settings = {"subscriptions": {"actions": ALL, "plans": [TEAM, BIG]}, "actions": {"view", "pay"}}
    visit = make_visit(settings=settings, visitor=ADA)
    assert deeds(visit, read(running())) == set()
    with pytest.raises(NotAllowed):
        demand(visit, read(running()), "cancel")


def settings_of(**changes: Any) -> SubscriptionSettings:
    return SubscriptionSettings(**{"actions": ALL, "plans": [TEAM, BIG], **changes})


ADDON = price("price_addon", 500)
OTHER = price("price_other")


@pytest.mark.parametrize(
    ("items", "plan"),
    [
        ([item()], "si_1"),
        ([item(of=OTHER)], "si_1"),
        ([item(of=ADDON)], None),
        ([item(), item("si_2", of=OTHER)], "si_1"),
        ([item(), item("si_2", of=price("price_big"))], None),
        ([item("si_2", of=OTHER), item("si_3", of=ADDON)], None),
    ],
)
def test_the_portal_never_guesses_which_item_is_the_plan(items: list[Json], plan: str | None):
    upsells = [{"id": "addon", "price": "price_addon", "beside": ["price_team"]}]
    found = plan_item(settings_of(upsells=upsells), read(running(*items)))
    assert (found.id if found else None) == plan


def test_more_items_than_were_read_are_no_plan():
    data = running()
    data["items"]["has_more"] = True
    assert plan_item(settings_of(), read(data)) is None


def test_the_present_plan_is_a_choice_only_where_its_quantity_is():
    subscription = read(running())
    assert [plan.price for plan in choices(settings_of(), subscription)] == ["price_big"]
    adjustable = settings_of(plans=[{**TEAM, "most": 5}, BIG])
    assert [plan.price for plan in choices(adjustable, subscription)] == ["price_team", "price_big"]
    fixed = settings_of(plans=[{**TEAM, "least": 3, "most": 3}, BIG], actions=["change_quantity"])
    assert choices(fixed, subscription) == ()


def test_another_rhythm_fits_only_where_no_other_item_keeps_its_own():
    yearly, monthly = read_price(price("price_y", interval="year")), read_price(price("price_m"))
    alone, beside = read(running()), read(running(item(), item("si_2", of=ADDON)))
    assert in_rhythm(alone, alone.items[0], yearly)
    assert not in_rhythm(beside, beside.items[0], yearly)
    assert in_rhythm(beside, beside.items[0], monthly)
    assert not in_rhythm(alone, None, yearly), "beside it comes in its rhythm"
    quarterly = read_price(price("price_q", recurring={"interval": "month", "interval_count": 3}))
    assert not in_rhythm(alone, None, quarterly)
