"""The setting ``subscriptions``: what it may be made of, and what it refuses."""

import json
from typing import Any

import pytest

from invoice_portal import ConfigurationError, Plan, Retention, SubscriptionSettings, Upsell
from invoice_portal.managing.ending import months_later
from invoice_portal.subscription_settings import subscription_settings

from .helpers.visiting import make_settings

WHOLE: dict[str, Any] = {
    "actions": ["cancel", "change_plan"],
    "plans": [{"price": "price_1", "least": 2, "most": 9}, {"price": "gold-plan", "name": "Gold"}],
    "retention": [{"id": "stay", "coupon": "25OFF", "feedback": ["unused"]}],
    "upsells": [{"id": "yearly", "price": "price_2", "instead_of": ["price_1"]}],
}


def test_code_mappings_and_json_make_the_same():
    made = SubscriptionSettings(
        actions=frozenset({"cancel", "change_plan"}),
        plans=(Plan(price="price_1", least=2, most=9), Plan(price="gold-plan", name="Gold")),
        retention=(Retention(id="stay", coupon="25OFF", feedback=("unused",)),),
        upsells=(Upsell(id="yearly", price="price_2", instead_of=("price_1",)),),
    )
    assert subscription_settings(WHOLE) == subscription_settings(json.dumps(WHOLE)) == made
    assert make_settings(subscriptions=WHOLE).subscriptions == made
    assert make_settings().subscriptions.actions == frozenset()


WRONG: list[tuple[Any, str]] = [
    ("{", "is no JSON"),
    ([], "SubscriptionSettings or a mapping"),
    ({"action": []}, "'action'; known are actions"),
    ({"actions": "cancel"}, "must be a list"),
    ({"actions": ["fly"]}, "'fly'"),
    ({"actions": ["change_plan"]}, "needs plans"),
    ({"actions": ["pause"], "pause_months": []}, "needs pause_months"),
    ({"pause_months": [0]}, "from 1 to 12"),
    ({"cancel": "later"}, "at_period_end, now, choice"),
    ({"proration_behavior": "some"}, "create_prorations"),
    ({"billing_portal": 1}, "True or False"),
    ({"plans": [{"price": "prod_1"}]}, "id of a price"),
    ({"plans": [{"name": "Gold"}]}, "missing"),
    ({"plans": [{"price": "price_1", "least": 5, "most": 4}]}, "from 5"),
    ({"plans": [{"price": "price_1"}, {"price": "price_1"}]}, "several plans"),
    ({"retention": [{"id": "a", "coupon": "x"}]}, "cancel is off"),
    ({"actions": ["cancel"], "retention": [{"id": "a"}]}, "one of coupon"),
    ({"actions": ["cancel"], "retention": [{"id": "a", "coupon": "x", "price": "price_1"}]}, "one of coupon"),
    ({"actions": ["cancel"], "retention": [{"id": "A b", "coupon": "x"}]}, "small letters"),
    ({"actions": ["cancel"], "retention": [{"id": "a", "coupon": "x", "feedback": ["bored"]}]}, "'bored'"),
    ({"upsells": [{"id": "a", "price": "price_1"}]}, "instead_of and beside"),
    ({"upsells": [{"id": "a", "price": "price_1", "beside": ["price_1"]}]}, "offers the price that it is for"),
    ({"upsells": [{"id": "a", "price": "price_1", "beside": "price_2"}]}, "must be a list"),
]


@pytest.mark.parametrize(("given", "words"), WRONG, ids=[str(i) for i in range(len(WRONG))])
def test_what_cannot_work_is_refused_with_what_to_do(given: Any, words: str):
    with pytest.raises(ConfigurationError, match=words):
        subscription_settings(given)


def test_stripes_own_pages_need_a_way_back():
    with pytest.raises(ConfigurationError, match="public_url"):
        make_settings(subscriptions={"billing_portal": True})
    assert make_settings(subscriptions={"billing_portal": True}, public_url="https://a.example/billing")


@pytest.mark.parametrize(
    ("moment", "months", "later"),
    [
        (1_769_817_600, 1, 1_772_236_800),  # 31 January to 28 February
        (1_767_225_600, 12, 1_798_761_600),  # New Year to New Year
        (1_798_675_200, 2, 1_803_772_800),  # 31 December to 28 February
    ],
)
def test_months_end_with_their_last_day(moment: int, months: int, later: int):
    assert months_later(moment, months) == later
