"""Subscriptions: the first invoice, renewals as the clock moves, failed payments, trials, cancelling."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.api import DAY, NOW, Api, Json
from stripe_sandbox import Sandbox
from stripe_sandbox.billing.discounts import discount_customer
from stripe_sandbox.billing.periods import boundary, next_boundary

HOUR = 3600


def at(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=UTC).timestamp())  # type: ignore[misc, arg-type]


def invoices(api: Api, subscription: str) -> list[Json]:
    return list(api.get("invoices", subscription=subscription, limit=100)["data"])


def period(subscription: Json) -> tuple[int, int]:
    item = subscription["items"]["data"][0]
    return item["current_period_start"], item["current_period_end"]


# The first invoice


def test_the_first_invoice_is_paid_at_once(api: Api) -> None:
    customer = api.customer("pm_card_visa")
    price = api.price(2000, "Team")
    made = api.post(
        "subscriptions",
        customer=customer,
        items=[{"price": price, "quantity": 3}],
        metadata={"team": "7"},
        expand=["latest_invoice"],
    )
    assert (made["status"], period(made)) == ("active", (NOW, at(2026, 12, 21, 12)))
    invoice = made["latest_invoice"]
    assert (invoice["status"], invoice["billing_reason"], invoice["total"]) == ("paid", "subscription_create", 6000)
    details = invoice["parent"]["subscription_details"]
    assert (details["subscription"], details["metadata"]) == (made["id"], {"team": "7"})
    (line,) = invoice["lines"]["data"]
    assert (line["description"], line["quantity"], line["amount"]) == ("3 × Team (at $20.00 / month)", 3, 6000)
    assert line["period"] == {"start": NOW, "end": at(2026, 12, 21, 12)}
    assert line["parent"]["subscription_item_details"]["subscription_item"] == made["items"]["data"][0]["id"]


def test_without_a_method_there_is_no_subscription(api: Api) -> None:
    refused = api.refused("POST", "subscriptions", customer=api.customer(), items=[{"price": api.price()}])
    assert refused.error["code"] == "resource_missing"
    assert refused.error["message"].startswith("This customer has no attached payment source or default payment")
    assert api.get("subscriptions", status="all")["data"] == []


def test_a_first_payment_that_fails_leaves_it_incomplete(api: Api) -> None:
    customer = api.customer("pm_card_chargeCustomerFail")
    made = api.subscribe(customer, expand=["latest_invoice"])
    assert (made["status"], made["latest_invoice"]["status"]) == ("incomplete", "open")
    api.card(customer, "pm_card_visa")
    api.post(f"invoices/{made['latest_invoice']['id']}/pay")
    assert api.get(f"subscriptions/{made['id']}")["status"] == "active"


def test_an_incomplete_subscription_expires(api: Api) -> None:
    made = api.subscribe(api.customer("pm_card_chargeCustomerFail"))
    api.advance(23 * HOUR)
    after = api.get(f"subscriptions/{made['id']}", expand=["latest_invoice"])
    assert (after["status"], after["latest_invoice"]["status"]) == ("incomplete_expired", "void")


def test_it_may_rather_fail_than_be_incomplete(api: Api) -> None:
    customer = api.customer("pm_card_chargeCustomerFail")
    refused = api.refused(
        "POST",
        "subscriptions",
        customer=customer,
        items=[{"price": api.price()}],
        payment_behavior="error_if_incomplete",
    )
    assert refused.status == 402
    assert api.get("subscriptions", status="all")["data"] == []


def test_it_may_wait_for_its_first_payment(api: Api) -> None:
    made = api.subscribe(
        api.customer(), payment_behavior="default_incomplete", expand=["latest_invoice.confirmation_secret"]
    )
    assert (made["status"], made["latest_invoice"]["attempt_count"]) == ("incomplete", 0)
    intent = made["latest_invoice"]["confirmation_secret"]["client_secret"].partition("_secret_")[0]
    api.post(f"payment_intents/{intent}/confirm", payment_method="pm_card_visa")
    assert api.get(f"subscriptions/{made['id']}")["status"] == "active"


def test_an_invoice_that_is_sent_waits_an_hour(api: Api) -> None:
    made = api.subscribe(api.customer(), collection_method="send_invoice", days_until_due=30, expand=["latest_invoice"])
    assert (made["status"], made["latest_invoice"]["status"]) == ("active", "draft")
    api.advance(HOUR)
    sent = api.get(f"invoices/{made['latest_invoice']['id']}")
    assert (sent["status"], sent["due_date"]) == ("open", NOW + 30 * DAY)


# Renewals


def test_each_period_is_billed_by_itself(api: Api) -> None:
    made = api.subscribe(api.customer("pm_card_visa"))
    api.sandbox.clock.set(at(2027, 3, 1))
    found = invoices(api, made["id"])
    assert [invoice["status"] for invoice in found] == ["paid"] * 4
    assert [invoice["billing_reason"] for invoice in found] == ["subscription_cycle"] * 3 + ["subscription_create"]
    assert [invoice["created"] for invoice in found] == [
        at(2027, 2, 21, 12), at(2027, 1, 21, 12), at(2026, 12, 21, 12), NOW,
    ]  # fmt: skip
    assert [invoice["status_transitions"]["finalized_at"] - invoice["created"] for invoice in found] == [HOUR] * 3 + [0]
    newest = found[0]
    assert newest["lines"]["data"][0]["period"] == {"start": at(2027, 2, 21, 12), "end": at(2027, 3, 21, 12)}
    assert (newest["period_start"], newest["period_end"]) == (at(2027, 1, 21, 12), at(2027, 2, 21, 12))
    after = api.get(f"subscriptions/{made['id']}")
    assert (after["latest_invoice"], period(after)) == (newest["id"], (at(2027, 2, 21, 12), at(2027, 3, 21, 12)))


def test_the_last_of_the_month_comes_back() -> None:
    api = Api(Sandbox(now=at(2026, 1, 31)))
    made = api.subscribe(api.customer("pm_card_visa"))
    api.sandbox.clock.set(at(2026, 5, 15))
    assert [invoice["created"] for invoice in invoices(api, made["id"])] == [
        at(2026, 4, 30), at(2026, 3, 31), at(2026, 2, 28), at(2026, 1, 31),
    ]  # fmt: skip


def test_pending_items_ride_along(api: Api) -> None:
    customer = api.customer("pm_card_visa")
    made, other = api.subscribe(customer)["id"], api.subscribe(customer)["id"]
    api.post("invoiceitems", customer=customer, amount=700, currency="usd", subscription=made, description="Mine")
    api.post("invoiceitems", customer=customer, amount=1, currency="usd", subscription=other, description="Other")
    api.advance(31 * DAY)
    lines = invoices(api, made)[0]["lines"]["data"]
    assert [line["description"] for line in lines] == ["Mine", "1 × Team plan (at $20.00 / month)"]
    assert lines[0]["parent"]["invoice_item_details"]["subscription"] == made


def test_a_failed_renewal_is_past_due_until_it_is_paid(api: Api) -> None:
    customer = api.customer("pm_card_visa")
    made = api.subscribe(customer)["id"]
    api.card(customer, "pm_card_chargeCustomerFail")
    api.advance(31 * DAY)
    assert api.get(f"subscriptions/{made}")["status"] == "past_due"
    renewal = invoices(api, made)[0]
    assert (renewal["status"], renewal["attempt_count"]) == ("open", 1)
    assert renewal["next_payment_attempt"] == renewal["status_transitions"]["finalized_at"] + 3 * DAY
    api.card(customer, "pm_card_visa")
    api.post(f"invoices/{renewal['id']}/pay")
    assert api.get(f"subscriptions/{made}")["status"] == "active"


def test_a_renewal_that_needs_the_customer_is_past_due(api: Api) -> None:
    customer = api.customer("pm_card_visa")
    made = api.subscribe(customer)["id"]
    api.card(customer, "pm_card_authenticationRequired")
    api.advance(31 * DAY)
    payment = api.get("invoice_payments", status="open", expand=["data.payment.payment_intent"])["data"][0]
    assert payment["payment"]["payment_intent"]["status"] == "requires_action"
    assert api.get(f"subscriptions/{made}")["status"] == "past_due"
    api.sandbox.authenticate(payment["payment"]["payment_intent"]["id"])
    assert api.get(f"subscriptions/{made}")["status"] == "active"


def test_an_overdue_sent_invoice_is_past_due(api: Api) -> None:
    made = api.subscribe(api.customer(), collection_method="send_invoice", days_until_due=7)["id"]
    api.advance(8 * DAY)
    assert api.get(f"subscriptions/{made}")["status"] == "past_due"


@pytest.mark.parametrize(
    ("behavior", "status"), [("void", "void"), ("mark_uncollectible", "uncollectible"), ("keep_as_draft", "draft")]
)
def test_paused_collection(api: Api, behavior: str, status: str) -> None:
    made = api.subscribe(api.customer("pm_card_visa"))["id"]
    api.post(f"subscriptions/{made}", pause_collection={"behavior": behavior})
    api.advance(31 * DAY)
    assert invoices(api, made)[0]["status"] == status
    api.post(f"subscriptions/{made}", pause_collection="")
    api.advance(31 * DAY)
    assert invoices(api, made)[0]["status"] == "paid"


def test_tiers_become_lines(api: Api) -> None:
    tiers = [{"up_to": 2, "unit_amount": 500, "flat_amount": 100}, {"up_to": "inf", "unit_amount": 400}]
    price = api.price(name="Seats", tiers=tiers, tiers_mode="graduated", billing_scheme="tiered")
    made = api.post(
        "subscriptions",
        customer=api.customer("pm_card_visa"),
        items=[{"price": price, "quantity": 5}],
        expand=["latest_invoice"],
    )
    assert [(line["description"], line["amount"]) for line in made["latest_invoice"]["lines"]["data"]] == [
        ("2 × Seats (Tier 1 at $5.00 / month)", 1000),
        ("Seats (Tier 1 at $1.00 / month)", 100),
        ("3 × Seats (Tier 2 at $4.00 / month)", 1200),
    ]


# Trials


def test_a_trial_is_free_and_then_billed(api: Api) -> None:
    made = api.subscribe(api.customer("pm_card_visa"), trial_period_days=14, expand=["latest_invoice"])
    assert (made["status"], made["trial_end"], period(made)) == ("trialing", NOW + 14 * DAY, (NOW, NOW + 14 * DAY))
    first = made["latest_invoice"]
    assert (first["status"], first["total"]) == ("paid", 0)
    assert first["lines"]["data"][0]["description"] == "Trial period for Team plan"
    api.advance(14 * DAY + HOUR)
    after = api.get(f"subscriptions/{made['id']}", expand=["latest_invoice"])
    assert (after["status"], after["latest_invoice"]["total"]) == ("active", 2000)
    assert period(after) == (NOW + 14 * DAY, at(2027, 1, 5, 12))


# Discounts and taxes


def test_a_coupon_lasts_as_long_as_it_says(api: Api) -> None:
    def totals(**coupon: object) -> list[int]:
        api = Api()
        code = api.post("coupons", percent_off=50, **coupon)["id"]
        made = api.subscribe(api.customer("pm_card_visa"), discounts=[{"coupon": code}])["id"]
        api.advance(100 * DAY)
        return [invoice["total"] for invoice in invoices(api, made)][::-1]

    assert totals(duration="once") == [1000, 2000, 2000, 2000]
    assert totals(duration="repeating", duration_in_months=2) == [1000, 1000, 2000, 2000]
    assert totals(duration="forever") == [1000, 1000, 1000, 1000]


def test_a_customers_discount_is_for_all_their_invoices(api: Api) -> None:
    customer = api.customer("pm_card_visa")
    discount_customer(api.sandbox, customer, api.post("coupons", percent_off=10, duration="forever")["id"])
    made = api.subscribe(customer, expand=["latest_invoice"])
    assert made["latest_invoice"]["total"] == 1800
    assert api.get(f"invoices/{api.draft(customer, 1000)}")["total"] == 900


def test_a_coupon_is_redeemed_as_often_as_it_may_be(api: Api) -> None:
    code = api.post("coupons", percent_off=10, max_redemptions=1)["id"]
    customer = api.customer("pm_card_visa")
    api.subscribe(customer, discounts=[{"coupon": code}])
    coupon = api.get(f"coupons/{code}")
    assert (coupon["times_redeemed"], coupon["valid"]) == (1, False)
    api.refused(
        "POST", "subscriptions", customer=customer, items=[{"price": api.price()}], discounts=[{"coupon": code}]
    )
    assert len(api.get("subscriptions", customer=customer)["data"]) == 1


def test_default_tax_rates_are_on_each_invoice(api: Api) -> None:
    rate = api.post("tax_rates", display_name="VAT", percentage=19, inclusive=False)["id"]
    made = api.subscribe(api.customer("pm_card_visa"), default_tax_rates=[rate], expand=["latest_invoice"])
    assert made["default_tax_rates"][0]["display_name"] == "VAT"
    invoice = made["latest_invoice"]
    assert (invoice["subtotal"], invoice["total"], invoice["default_tax_rates"][0]["id"]) == (2000, 2380, rate)


# Ending


def test_cancelling_now(api: Api) -> None:
    made = api.subscribe(api.customer("pm_card_visa"))["id"]
    ended = api.delete(f"subscriptions/{made}", cancellation_details={"feedback": "unused", "comment": "Bye"})
    assert (ended["status"], ended["canceled_at"], ended["ended_at"]) == ("canceled", NOW, NOW)
    assert ended["cancellation_details"] == {
        "comment": "Bye",
        "feedback": "unused",
        "reason": "cancellation_requested",
    }
    api.advance(40 * DAY)
    assert len(invoices(api, made)) == 1
    assert api.refused("DELETE", f"subscriptions/{made}").error["code"] == "resource_missing"
    assert api.refused("POST", f"subscriptions/{made}", description="x").status == 400


def test_cancelling_at_the_end_of_the_period_and_changing_ones_mind(api: Api) -> None:
    made = api.subscribe(api.customer("pm_card_visa"))["id"]
    ending = api.post(f"subscriptions/{made}", cancel_at_period_end=True)
    assert (ending["status"], ending["cancel_at"], ending["canceled_at"]) == ("active", at(2026, 12, 21, 12), NOW)
    staying = api.post(f"subscriptions/{made}", cancel_at_period_end=False)
    assert (staying["cancel_at"], staying["canceled_at"]) == (None, None)
    api.post(f"subscriptions/{made}", cancel_at_period_end=True)
    api.advance(31 * DAY)
    assert api.get(f"subscriptions/{made}")["status"] == "canceled"
    assert len(invoices(api, made)) == 1


def test_cancelling_at_a_moment(api: Api) -> None:
    made = api.subscribe(api.customer("pm_card_visa"))["id"]
    api.post(f"subscriptions/{made}", cancel_at=NOW + 10 * DAY)
    api.advance(10 * DAY)
    assert api.get(f"subscriptions/{made}")["ended_at"] == NOW + 10 * DAY


def test_born_to_end_with_its_first_period(api: Api) -> None:
    made = api.subscribe(api.customer("pm_card_visa"), cancel_at_period_end=True)
    assert (made["cancel_at_period_end"], made["cancel_at"]) == (True, at(2026, 12, 21, 12))
    api.advance(40 * DAY)
    assert [invoice["billing_reason"] for invoice in invoices(api, made["id"])] == ["subscription_create"]


# Lists


def test_lists_leave_out_what_has_been_cancelled(api: Api) -> None:
    customer = api.customer("pm_card_visa")
    price = api.price()
    kept, gone = (api.subscribe(customer, price)["id"] for _ in range(2))
    other = api.subscribe(customer)["id"]
    api.delete(f"subscriptions/{gone}")

    def ids(**filters: object) -> list[str]:
        return [each["id"] for each in api.get("subscriptions", customer=customer, **filters)["data"]]

    assert ids() == [other, kept]
    assert ids(status="all") == [other, gone, kept]
    assert ids(status="canceled") == ids(status="ended") == [gone]
    assert ids(price=price) == [kept]
    assert ids(current_period_end={"lt": NOW}) == []


def test_prices_that_do_not_go_together_are_refused(api: Api) -> None:
    customer = api.customer("pm_card_visa")
    monthly, yearly = api.price(), api.price(recurring={"interval": "year"})
    for items in ([{"price": monthly}, {"price": yearly}], [{"price": api.price(recurring=None)}], []):
        assert api.refused("POST", "subscriptions", customer=customer, items=items).status == 400


# Periods


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2050, 1, 1), timezones=st.just(UTC)),
    st.sampled_from(["day", "week", "month", "year"]),
    st.integers(1, 12),
    st.integers(0, 40),
)
def test_periods_follow_each_other(anchor: datetime, interval: str, count: int, number: int) -> None:
    start = int(anchor.timestamp())
    begins, ends = (boundary(start, interval, count, each) for each in (number, number + 1))
    assert begins < ends
    assert next_boundary(start, interval, count, begins) == ends
    assert next_boundary(start, interval, count, ends - 1) == ends
    if interval in ("month", "year"):
        assert datetime.fromtimestamp(ends, UTC).day in (anchor.day, 28, 29, 30)
