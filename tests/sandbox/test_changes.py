"""Subscriptions that change: prorations, new rhythms, trials that move, pauses, and how failed payments end."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.api import DAY, NOW, Api, Json
from stripe_sandbox.billing.discounts import discount_customer
from stripe_sandbox.billing.dunning import Dunning

HOUR = 3600
MONTH = 30 * DAY  # from 21 November to 21 December


def plan_of(api: Api, quantity: int = 2, price: str | None = None, **params: Any) -> tuple[str, str]:
    """A subscription by card, and its item."""
    params.setdefault("customer", api.customer("pm_card_visa"))
    made = api.post("subscriptions", items=[{"price": price or api.price(), "quantity": quantity}], **params)
    return made["id"], made["items"]["data"][0]["id"]


def pending(api: Api, subscription: str) -> list[Json]:
    customer = api.get(f"subscriptions/{subscription}")["customer"]
    return list(api.get("invoiceitems", customer=customer, pending=True)["data"])[::-1]


def latest(api: Api, subscription: str) -> Json:
    return dict(api.get(f"subscriptions/{subscription}", expand=["latest_invoice"])["latest_invoice"])


def lines(invoice: Json) -> list[tuple[str, int]]:
    return [(line["description"], line["amount"]) for line in invoice["lines"]["data"]]


# Prorations


def test_more_seats_cost_their_share_of_the_rest_of_the_period(api: Api) -> None:
    plan, item = plan_of(api)
    api.advance(MONTH // 3)
    changed = api.post(f"subscription_items/{item}", quantity=5)
    assert changed["quantity"] == 5
    credit, debit = pending(api, plan)
    assert (credit["amount"], credit["description"]) == (-2667, "Unused time on 2 × Team plan after 01 Dec 2026")
    assert (debit["amount"], debit["description"]) == (6667, "Remaining time on 5 × Team plan after 01 Dec 2026")
    assert credit["period"] == debit["period"] == {"start": NOW + 10 * DAY, "end": NOW + MONTH}
    assert credit["parent"]["subscription_details"] == {"subscription": plan, "subscription_item": item}
    first = latest(api, plan)
    assert credit["proration_details"]["credited_items"] == {
        "invoice_line_item_details": {
            "invoice": first["id"],
            "invoice_line_items": [first["lines"]["data"][0]["id"]],
        },
        "type": "invoice_line_items",
    }
    api.advance(MONTH)
    renewal = latest(api, plan)
    assert lines(renewal) == [
        ("Remaining time on 5 × Team plan after 01 Dec 2026", 6667),
        ("Unused time on 2 × Team plan after 01 Dec 2026", -2667),
        ("5 × Team plan (at $20.00 / month)", 10000),
    ]
    unused = renewal["lines"]["data"][1]["parent"]["subscription_item_details"]
    assert (unused["proration"], unused["subscription_item"], unused["invoice_item"]) == (True, item, credit["id"])
    assert unused["proration_details"]["credited_items"]["invoice"] == first["id"]
    assert renewal["total"] == 14000


def test_a_second_change_gives_back_the_first(api: Api) -> None:
    plan, item = plan_of(api, 1)
    api.advance(MONTH // 2)
    api.post(f"subscription_items/{item}", quantity=3)
    waiting = pending(api, plan)[-1]
    api.advance(MONTH // 4)
    api.post(f"subscription_items/{item}", quantity=1)
    amounts = [each["amount"] for each in pending(api, plan)]
    assert amounts == [-1000, 3000, -1500, 500]
    assert pending(api, plan)[2]["proration_details"]["credited_items"] == {
        "invoice_item": waiting["id"],
        "type": "invoice_item",
    }


def test_it_can_be_billed_at_once_or_not_at_all(api: Api) -> None:
    plan, item = plan_of(api)
    api.advance(MONTH // 2)
    api.post(f"subscription_items/{item}", quantity=4, proration_behavior="none")
    assert pending(api, plan) == []
    api.post(f"subscriptions/{plan}", items=[{"id": item, "quantity": 6}], proration_behavior="always_invoice")
    invoice = latest(api, plan)
    assert (invoice["billing_reason"], invoice["status"], invoice["total"]) == ("subscription_update", "paid", 4000)
    assert [amount for _, amount in lines(invoice)] == [6000, -2000]
    assert pending(api, plan) == []


def test_a_smaller_plan_leaves_credit_for_the_next_invoices(api: Api) -> None:
    customer = api.customer("pm_card_visa")
    plan, item = plan_of(api, 5, customer=customer)
    api.advance(MONTH // 2)
    api.post(f"subscription_items/{item}", quantity=1, proration_behavior="always_invoice")
    invoice = latest(api, plan)
    assert (invoice["total"], invoice["amount_due"], invoice["status"]) == (-4000, 0, "paid")
    assert api.get(f"customers/{customer}")["balance"] == -4000
    api.advance(MONTH // 2 + HOUR)
    renewal = latest(api, plan)
    assert (renewal["total"], renewal["amount_due"], renewal["ending_balance"]) == (2000, 0, -2000)
    assert [each["type"] for each in api.get(f"customers/{customer}/balance_transactions")["data"]] == [
        "applied_to_invoice", "applied_to_invoice",
    ]  # fmt: skip


def test_discounts_are_in_prorations(api: Api) -> None:
    off = api.post("coupons", percent_off=25, duration="forever")["id"]
    plan, item = plan_of(api, 2, discounts=[{"coupon": off}])
    api.advance(MONTH // 2)
    api.post(f"subscription_items/{item}", quantity=4)
    credit, debit = pending(api, plan)
    assert (credit["amount"], debit["amount"]) == (-1500, 3000)
    assert [[each["amount"] for each in item["proration_details"]["discount_amounts"]] for item in (credit, debit)] == [
        [-500],
        [1000],
    ]
    assert not debit["discountable"]
    api.advance(MONTH // 2)
    renewal = latest(api, plan)
    assert (renewal["subtotal"], renewal["total"]) == (9500, 7500)


def test_a_date_may_be_named_for_it(api: Api) -> None:
    plan, item = plan_of(api, 1)
    api.advance(MONTH // 2)
    api.post(f"subscription_items/{item}", quantity=2, proration_date=NOW)
    assert [each["amount"] for each in pending(api, plan)] == [-2000, 4000]
    refused = api.refused("POST", f"subscription_items/{item}", quantity=3, proration_date=NOW - 1)
    assert refused.error["param"] == "proration_date"


def test_items_come_and_go(api: Api) -> None:
    plan, item = plan_of(api, 1)
    api.advance(MONTH // 2)
    added = api.post("subscription_items", subscription=plan, price=api.price(700, "Add-on"))["id"]
    api.delete(f"subscription_items/{item}")
    assert [each["id"] for each in api.get("subscription_items", subscription=plan)["data"]] == [added]
    assert [(each["description"], each["amount"]) for each in pending(api, plan)] == [
        ("Remaining time on Add-on after 06 Dec 2026", 350),
        ("Unused time on Team plan after 06 Dec 2026", -1000),
    ]
    assert api.refused("DELETE", f"subscription_items/{added}").status == 400
    assert api.refused("GET", f"subscription_items/{item}").status == 404


def test_what_is_added_once_waits_unless_something_else_is_billed(api: Api) -> None:
    """In flexible billing mode: https://docs.stripe.com/billing/subscriptions/billing-mode/compare"""
    plan, item = plan_of(api)
    added = [{"price": api.price(500, "Set-up", recurring=None)}]
    api.post(f"subscriptions/{plan}", add_invoice_items=added, proration_behavior="always_invoice")
    assert [each["amount"] for each in pending(api, plan)] == [500]
    api.post(f"subscriptions/{plan}", items=[{"id": item, "quantity": 3}], proration_behavior="always_invoice")
    assert sorted(line["amount"] for line in latest(api, plan)["lines"]["data"]) == [-4000, 500, 6000]


def test_a_plan_may_be_taken_away_and_another_added(api: Api) -> None:
    plan, item = plan_of(api)
    changed = api.post(f"subscriptions/{plan}", items=[{"id": item, "deleted": True}, {"price": api.price(500)}])
    (new,) = changed["items"]["data"]
    assert (new["price"]["unit_amount"], new["current_period_end"]) == (500, NOW + MONTH)


def test_another_currency_is_refused(api: Api) -> None:
    plan, item = plan_of(api)
    euros = api.price(500, currency="eur")
    wish = [{"id": item, "deleted": True}, {"price": euros}]
    for behavior in ("none", "create_prorations"):
        refused = api.refused("POST", f"subscriptions/{plan}", items=wish, proration_behavior=behavior)
        assert refused.error["message"].startswith("The price specified only supports `eur`.")
    schedule = api.post("subscription_schedules", from_subscription=plan)
    phases = [{"items": [{"price": euros}]}]
    assert api.refused("POST", f"subscription_schedules/{schedule['id']}", phases=phases).status == 400
    api.advance(MONTH)
    assert latest(api, plan)["total"] == 4000
    params = {"items": [{"price": euros}], "currency": "usd", "trial_period_days": 7}
    assert api.refused("POST", "subscriptions", customer=api.customer("pm_card_visa"), **params).status == 400


def test_the_same_price_is_not_added_twice(api: Api) -> None:
    price = api.price()
    plan, _ = plan_of(api, 1, price)
    refused = api.refused("POST", "subscription_items", subscription=plan, price=price)
    assert refused.error["message"] == f"Cannot add multiple subscription items with the same plan: {price}"


def test_trials_and_usage_are_not_prorated(api: Api) -> None:
    plan, item = plan_of(api, 1, trial_period_days=14)
    api.advance(7 * DAY)
    api.post(f"subscription_items/{item}", quantity=9)
    assert pending(api, plan) == []


def test_a_new_rhythm_begins_a_new_period_now(api: Api) -> None:
    plan, item = plan_of(api, 1)
    api.advance(MONTH // 2)
    yearly = api.price(20000, "Yearly", recurring={"interval": "year"})
    changed = api.post(f"subscription_items/{item}", price=yearly)
    assert changed["current_period_start"] == NOW + MONTH // 2
    invoice = latest(api, plan)
    assert lines(invoice) == [
        ("Unused time on Team plan after 06 Dec 2026", -1000),
        ("1 × Yearly (at $200.00 / year)", 20000),
    ]
    assert (invoice["billing_reason"], invoice["status"]) == ("subscription_update", "paid")
    assert api.get(f"subscriptions/{plan}")["billing_cycle_anchor"] == NOW + MONTH // 2


def test_the_cycle_may_begin_anew(api: Api) -> None:
    plan, _ = plan_of(api, 1)
    api.advance(MONTH // 2)
    api.post(f"subscriptions/{plan}", billing_cycle_anchor="now", proration_behavior="none")
    assert lines(latest(api, plan)) == [("1 × Team plan (at $20.00 / month)", 2000)]


def test_the_cycle_may_be_anchored_later(api: Api) -> None:
    plan, _ = plan_of(api, 1, billing_cycle_anchor=NOW + 10 * DAY)
    assert lines(latest(api, plan)) == [("Remaining time on Team plan after 21 Nov 2026", 667)]  # 10 of 30 days
    free, _ = plan_of(api, 1, billing_cycle_anchor=NOW + 10 * DAY, proration_behavior="none")
    assert latest(api, free)["total"] == 0
    api.advance(10 * DAY)
    for each in (plan, free):
        assert lines(latest(api, each)) == [("1 × Team plan (at $20.00 / month)", 2000)]


# Payment of a change


def test_a_change_that_cannot_be_paid_is_past_due_or_refused(api: Api) -> None:
    customer = api.customer("pm_card_visa")
    plan, item = plan_of(api, 1, customer=customer)
    api.card(customer, "pm_card_chargeCustomerFail")
    terms = {"proration_behavior": "always_invoice", "payment_behavior": "error_if_incomplete"}
    refused = api.refused("POST", f"subscription_items/{item}", quantity=3, **terms)
    assert refused.status == 402
    assert api.get(f"subscription_items/{item}")["quantity"] == 1
    api.post(f"subscription_items/{item}", quantity=3, proration_behavior="always_invoice")
    after = api.get(f"subscriptions/{plan}", expand=["latest_invoice"])
    assert (after["status"], after["latest_invoice"]["status"]) == ("past_due", "open")
    api.card(customer)
    api.post(f"invoices/{after['latest_invoice']['id']}/pay")
    assert api.get(f"subscriptions/{plan}")["status"] == "active"


def test_a_change_that_is_sent_waits_as_a_draft(api: Api) -> None:
    plan, item = plan_of(api, 1, collection_method="send_invoice", days_until_due=7)
    api.post(f"subscription_items/{item}", quantity=2, proration_behavior="always_invoice")
    invoice = latest(api, plan)
    assert (invoice["status"], invoice["due_date"]) == ("draft", NOW + 7 * DAY)


@pytest.mark.parametrize(
    ("dunning", "status", "invoice"),
    [
        (Dunning(), "past_due", "open"),
        (Dunning(subscription="unpaid"), "unpaid", "open"),
        (Dunning(subscription="canceled", invoice="uncollectible"), "canceled", "uncollectible"),
    ],
)
def test_what_follows_the_last_attempt(api: Api, dunning: Dunning, status: str, invoice: str) -> None:
    api.sandbox.dunning = dunning
    customer = api.customer("pm_card_visa")
    plan, _ = plan_of(api, 1, customer=customer)
    api.card(customer, "pm_card_chargeCustomerFail")
    api.advance(MONTH + HOUR)
    failed = latest(api, plan)["id"]
    attempts = []
    while (at := api.get(f"invoices/{failed}")["next_payment_attempt"]) is not None:
        attempts.append((at - NOW - MONTH - HOUR) // DAY)
        api.sandbox.clock.set(at)
    assert attempts == [3, 8, 15]
    after = api.get(f"invoices/{failed}")
    assert (after["attempt_count"], after["status"]) == (4, invoice)
    ended = api.get(f"subscriptions/{plan}")
    assert (ended["status"], ended["cancellation_details"]["reason"]) == (
        status,
        "payment_failed" if status == "canceled" else None,
    )
    api.advance(MONTH)
    renewal = latest(api, plan)
    if status == "unpaid":
        assert (renewal["status"], renewal["auto_advance"]) == ("draft", False)
    assert (renewal["id"] == failed) == (status == "canceled")


# Trials


def test_a_trial_can_be_ended_and_made_longer(api: Api) -> None:
    plan, _ = plan_of(api, 1, trial_period_days=7)
    longer = api.post(f"subscriptions/{plan}", trial_end=NOW + 20 * DAY)
    assert (longer["trial_end"], longer["status"]) == (NOW + 20 * DAY, "trialing")
    api.advance(10 * DAY)
    assert api.get(f"subscriptions/{plan}")["status"] == "trialing"
    ended = api.post(f"subscriptions/{plan}", trial_end="now", expand=["latest_invoice"])
    assert (ended["status"], ended["trial_end"]) == ("active", NOW + 10 * DAY)
    assert (ended["latest_invoice"]["total"], ended["latest_invoice"]["status"]) == (2000, "paid")
    again = api.post(f"subscriptions/{plan}", trial_end=NOW + 15 * DAY, expand=["latest_invoice"])
    assert (again["status"], again["latest_invoice"]["total"]) == ("trialing", -2000)
    api.advance(5 * DAY)
    assert lines(latest(api, plan)) == [("1 × Team plan (at $20.00 / month)", 2000)]


@pytest.mark.parametrize(("behavior", "status"), [("cancel", "canceled"), ("pause", "paused"), ("create_invoice", "")])
def test_a_trial_that_ends_with_nothing_to_charge(api: Api, behavior: str, status: str) -> None:
    settings = {"end_behavior": {"missing_payment_method": behavior}}
    customer = api.customer()
    plan = api.subscribe(customer, trial_period_days=3, trial_settings=settings)["id"]
    api.advance(4 * DAY)
    assert api.get(f"subscriptions/{plan}")["status"] == (status or "past_due")
    assert len(api.get("invoices", subscription=plan)["data"]) == (1 if status else 2)


def test_a_resumption_may_be_given_up(api: Api) -> None:
    settings = {"end_behavior": {"missing_payment_method": "pause"}}
    customer = api.customer()
    plan = api.subscribe(customer, trial_period_days=3, trial_settings=settings)["id"]
    api.advance(4 * DAY)
    api.card(customer, "pm_card_chargeCustomerFail")
    owed = api.post(f"subscriptions/{plan}/resume")["latest_invoice"]
    api.post(f"invoices/{owed}/mark_uncollectible")
    assert api.get(f"subscriptions/{plan}")["status"] == "active"


@pytest.mark.parametrize("anchor", ["now", "unchanged"])
def test_a_paused_subscription_is_resumed(api: Api, anchor: str) -> None:
    settings = {"end_behavior": {"missing_payment_method": "pause"}}
    customer = api.customer()
    plan = api.subscribe(customer, trial_period_days=3, trial_settings=settings)["id"]
    api.advance(18 * DAY)
    api.card(customer)
    resumed = api.post(f"subscriptions/{plan}/resume", billing_cycle_anchor=anchor, expand=["latest_invoice"])
    assert (resumed["status"], resumed["latest_invoice"]["status"]) == ("active", "paid")
    item = resumed["items"]["data"][0]
    assert item["current_period_start"] == NOW + 18 * DAY
    if anchor == "unchanged":
        assert (item["current_period_end"], resumed["latest_invoice"]["total"]) == (NOW + 33 * DAY, 1000)
    assert api.refused("POST", f"subscriptions/{plan}/resume").status == 400


def test_a_resumption_must_be_paid(api: Api) -> None:
    settings = {"end_behavior": {"missing_payment_method": "pause"}}
    customer = api.customer()
    plan = api.subscribe(customer, trial_period_days=3, trial_settings=settings)["id"]
    api.advance(4 * DAY)
    api.card(customer, "pm_card_chargeCustomerFail")
    resumed = api.post(f"subscriptions/{plan}/resume")
    assert resumed["status"] == "paused"
    api.card(customer)
    api.post(f"invoices/{resumed['latest_invoice']}/pay")
    assert api.get(f"subscriptions/{plan}")["status"] == "active"


def test_collection_that_is_paused_goes_on_by_itself(api: Api) -> None:
    plan, _ = plan_of(api, 1)
    api.post(f"subscriptions/{plan}", pause_collection={"behavior": "void", "resumes_at": NOW + 40 * DAY})
    api.advance(MONTH)
    assert latest(api, plan)["status"] == "void"
    api.advance(10 * DAY)
    assert api.get(f"subscriptions/{plan}")["pause_collection"] is None


# Ends


def test_cancelling_can_return_unused_time(api: Api) -> None:
    customer = api.customer("pm_card_visa")
    plan, _ = plan_of(api, 1, customer=customer)
    api.advance(MONTH // 2)
    api.delete(f"subscriptions/{plan}", prorate=True, invoice_now=True)
    assert lines(latest(api, plan)) == [("Unused time on Team plan after 06 Dec 2026", -1000)]
    assert api.get(f"customers/{customer}")["balance"] == -1000


def test_what_is_pending_is_billed_when_it_ends_with_its_period(api: Api) -> None:
    plan, item = plan_of(api, 1)
    api.advance(MONTH // 2)
    api.post(f"subscription_items/{item}", quantity=3)
    api.post(f"subscriptions/{plan}", cancel_at="max_period_end")
    api.advance(MONTH // 2 + HOUR)
    assert api.get(f"subscriptions/{plan}")["status"] == "canceled"
    last = latest(api, plan)
    assert ([amount for _, amount in lines(last)], last["status"]) == ([3000, -1000], "paid")


def test_what_has_ended_does_not_change(api: Api) -> None:
    plan, item = plan_of(api, 1)
    api.delete(f"subscriptions/{plan}")
    assert api.refused("POST", f"subscription_items/{item}", quantity=2).status == 400


def test_a_customers_discount_is_in_prorations_too(api: Api) -> None:
    customer = api.customer("pm_card_visa")
    discount_customer(api.sandbox, customer, api.post("coupons", percent_off=50, duration="forever")["id"])
    plan, item = plan_of(api, 1, customer=customer)
    api.advance(MONTH // 2)
    api.post(f"subscription_items/{item}", quantity=3)
    assert [each["amount"] for each in pending(api, plan)] == [-500, 1500]


# Revisions


def test_a_revision_replaces_its_original(api: Api) -> None:
    customer = api.customer("pm_card_visa")
    api.post(f"customers/{customer}", balance=-300)
    wrong = api.issued(customer, 1000, 500)
    draft = api.post("invoices", from_invoice={"action": "revision", "invoice": wrong}, description="Right")
    assert (draft["status"], draft["total"], draft["from_invoice"]["invoice"]) == ("draft", 1500, wrong)
    assert api.get(f"invoices/{wrong}")["latest_revision"] is None
    line = draft["lines"]["data"][0]["id"]
    api.post(f"invoices/{draft['id']}/lines/{line}", amount=700)
    right = api.post(f"invoices/{draft['id']}/finalize")
    before = api.get(f"invoices/{wrong}")
    assert (before["status"], before["latest_revision"]) == ("void", right["id"])
    assert (right["status"], right["total"], right["amount_due"]) == ("open", 1200, 900)
    assert api.get(f"customers/{customer}")["balance"] == 0
    second = api.post("invoices", from_invoice={"action": "revision", "invoice": right["id"]})["id"]
    api.post(f"invoices/{second}/finalize")
    assert api.get(f"invoices/{wrong}")["latest_revision"] == second
    assert api.refused("POST", "invoices", from_invoice={"action": "revision", "invoice": wrong}).status == 400


def test_an_invoice_of_a_deleted_customer_is_not_revised(api: Api) -> None:
    customer = api.customer()
    invoice = api.issued(customer, 900)
    api.delete(f"customers/{customer}")
    revision = {"action": "revision", "invoice": invoice}
    assert api.refused("POST", "invoices", from_invoice=revision).error["code"] == "resource_missing"


def test_the_revision_of_a_renewal_is_what_the_subscription_owes(api: Api) -> None:
    plan, _ = plan_of(api, 1, collection_method="send_invoice", days_until_due=7)
    api.advance(HOUR)
    wrong = latest(api, plan)
    draft = api.post("invoices", from_invoice={"action": "revision", "invoice": wrong["id"]})["id"]
    api.post(f"invoices/{draft}/finalize")
    assert latest(api, plan)["id"] == draft
    assert [each["id"] for each in api.get("invoices", subscription=plan)["data"]] == [draft, wrong["id"]]


def test_lines_of_a_draft_are_changed_and_removed(api: Api) -> None:
    customer = api.customer()
    draft = api.draft(customer, 100, 200, 300)
    first, second, third = (line["id"] for line in api.get(f"invoices/{draft}/lines")["data"])
    api.post(
        f"invoices/{draft}/update_lines",
        lines=[{"id": first, "amount": 150, "description": "More"}, {"id": second, "quantity": 4}],
        invoice_metadata={"a": "b"},
    )
    after = api.get(f"invoices/{draft}")
    assert (after["total"], after["metadata"]) == (150 + 4 * unit_of(api, second) + 300, {"a": "b"})
    api.post(
        f"invoices/{draft}/remove_lines",
        lines=[{"id": first, "behavior": "delete"}, {"id": third, "behavior": "unassign"}],
    )
    assert [line["id"] for line in api.get(f"invoices/{draft}")["lines"]["data"]] == [second]
    (waiting,) = api.get("invoiceitems", customer=customer, pending=True)["data"]
    assert (waiting["amount"], waiting["invoice"]) == (300, None)


def unit_of(api: Api, line: str) -> int:
    return int(api.sandbox.store["line_item", line]["pricing"]["unit_amount_decimal"])
