"""Changes that wait until they are paid: `payment_behavior=pending_if_incomplete`."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.api import DAY, NOW, Api, Json

HOUR = 3600
MONTH = 30 * DAY
BAD = "pm_card_chargeCustomerFail"
ASKS = "pm_card_authenticationRequired"


class Plan:
    """A subscription whose customer's card stops working in the middle of the period."""

    def __init__(self, api: Api, card: str = BAD) -> None:
        self.api = api
        self.customer = api.customer("pm_card_visa")
        self.other = api.price(7000, "Big plan")
        made = api.post("subscriptions", customer=self.customer, items=[{"price": api.price(), "quantity": 2}])
        self.id, self.item = made["id"], made["items"]["data"][0]["id"]
        api.advance(MONTH // 2)
        api.card(self.customer, card)
        self.events: list[str] = []
        api.sandbox.events.listen(lambda event: self.events.append(event["type"]))

    def change(self, **params: Any) -> Json:
        wanted = {"items": [{"id": self.item, "price": self.other, "quantity": 3}], **params}
        terms = {"payment_behavior": "pending_if_incomplete", "proration_behavior": "always_invoice"}
        return self.api.post(f"subscriptions/{self.id}", **terms, **wanted)

    def now(self) -> Json:
        return self.api.get(f"subscriptions/{self.id}")

    def invoice(self) -> Json:
        return self.api.get(f"invoices/{self.now()['latest_invoice']}")

    def pay(self) -> Json:
        method = self.api.card(self.customer, default=False)
        return self.api.post(f"invoices/{self.now()['latest_invoice']}/pay", payment_method=method)

    def quantity(self) -> tuple[str, int]:
        (item,) = self.now()["items"]["data"]
        return item["price"]["id"], item["quantity"]


def test_a_change_that_is_paid_holds_at_once(api: Api) -> None:
    plan = Plan(api, "pm_card_mastercard")
    changed = plan.change()
    assert (changed["status"], changed["pending_update"]) == ("active", None)
    assert plan.quantity() == (plan.other, 3)
    assert (plan.invoice()["status"], plan.invoice()["total"]) == ("paid", 10500 - 2000)
    assert not [type for type in plan.events if "pending_update" in type]


def test_one_that_is_not_paid_waits(api: Api) -> None:
    plan = Plan(api)
    before = plan.now()
    changed = plan.change()
    update = changed["pending_update"]
    assert {name for name in changed if changed[name] != before[name]} == {"latest_invoice", "pending_update"}
    assert update["expires_at"] == api.sandbox.clock.now + 23 * HOUR
    (item,) = update["subscription_items"]
    assert (item["id"], item["price"]["id"], item["quantity"]) == (plan.item, plan.other, 3)
    assert (update["billing_cycle_anchor"], update["trial_end"]) == (None, None)
    invoice = plan.invoice()
    assert (invoice["status"], invoice["billing_reason"], invoice["amount_due"]) == (
        "open",
        "subscription_update",
        8500,
    )
    assert (invoice["auto_advance"], invoice["next_payment_attempt"]) == (False, None)
    assert plan.events.count("customer.subscription.updated") == 1
    event = api.get("events", type="customer.subscription.updated", limit=1)["data"][0]
    assert event["data"]["previous_attributes"] == {
        "latest_invoice": before["latest_invoice"],
        "pending_update": None,
    }


def test_paying_its_invoice_applies_it(api: Api) -> None:
    plan = Plan(api)
    plan.change(metadata={"tier": "big"})
    api.post(f"subscriptions/{plan.id}", description="Renamed meanwhile", metadata={"kept": "1"})
    api.advance(5 * HOUR)
    refused = api.refused("POST", f"invoices/{plan.now()['latest_invoice']}/pay")
    assert refused.status == 402
    assert plan.now()["pending_update"]["expires_at"] == api.sandbox.clock.now + 18 * HOUR
    plan.events.clear()
    assert plan.pay()["status"] == "paid"
    subscription = plan.now()
    assert (subscription["status"], subscription["pending_update"]) == ("active", None)
    assert subscription["metadata"] == {"kept": "1", "tier": "big"}
    assert subscription["description"] == "Renamed meanwhile"
    assert plan.quantity() == (plan.other, 3)
    assert [type for type in plan.events if type.startswith("customer.subscription")] == [
        "customer.subscription.updated",
        "customer.subscription.pending_update_applied",
    ]
    api.advance(MONTH // 2)
    assert [line["amount"] for line in plan.invoice()["lines"]["data"]] == [21000]


def test_authentication_applies_it_too(api: Api) -> None:
    plan = Plan(api, ASKS)
    assert plan.change()["pending_update"] is not None
    invoice = api.get(f"invoices/{plan.now()['latest_invoice']}", expand=["payments.data.payment.payment_intent"])
    intent = invoice["payments"]["data"][0]["payment"]["payment_intent"]
    assert intent["status"] == "requires_action"
    api.sandbox.authenticate(intent["id"])
    assert plan.quantity() == (plan.other, 3)


@pytest.mark.parametrize("how", ["void", "wait"])
def test_it_ends_with_its_invoice_or_after_23_hours(api: Api, how: str) -> None:
    plan = Plan(api)
    plan.change()
    if how == "void":
        api.post(f"invoices/{plan.now()['latest_invoice']}/void")
    else:
        api.advance(23 * HOUR)
    assert plan.now()["pending_update"] is None
    assert plan.invoice()["status"] == "void"
    assert plan.quantity()[1] == 2
    assert plan.events.count("customer.subscription.pending_update_expired") == 1
    api.card(plan.customer)
    api.advance(MONTH // 2)
    assert [line["amount"] for line in plan.invoice()["lines"]["data"]] == [4000]


def test_what_it_takes_of_the_balance_comes_back(api: Api) -> None:
    plan = Plan(api)
    api.post(f"customers/{plan.customer}/balance_transactions", amount=-1000, currency="usd")
    plan.change()
    assert (plan.invoice()["amount_due"], api.get(f"customers/{plan.customer}")["balance"]) == (7500, 0)
    api.post(f"invoices/{plan.now()['latest_invoice']}/void")
    assert api.get(f"customers/{plan.customer}")["balance"] == -1000


def test_another_change_takes_its_place(api: Api) -> None:
    plan = Plan(api)
    first = plan.change()["latest_invoice"]
    api.advance(HOUR)
    update = plan.change(items=[{"id": plan.item, "quantity": 4}])["pending_update"]
    assert [item["quantity"] for item in update["subscription_items"]] == [4]
    assert update["expires_at"] == api.sandbox.clock.now + 23 * HOUR
    assert api.get(f"invoices/{first}")["status"] == "void"
    api.card(plan.customer)
    assert plan.change(items=[{"id": plan.item, "quantity": 5}])["pending_update"] is None
    assert plan.quantity()[1] == 5
    assert [invoice["status"] for invoice in api.get("invoices", subscription=plan.id)["data"]] == [
        "paid", "void", "void", "paid",
    ]  # fmt: skip


def test_a_change_that_does_not_wait_gives_it_up(api: Api) -> None:
    plan = Plan(api)
    plan.change()
    api.post(f"subscription_items/{plan.item}", quantity=1)
    assert plan.now()["pending_update"] is None
    assert plan.quantity()[1] == 1


def test_items_come_and_go_with_it(api: Api) -> None:
    plan = Plan(api)
    wish = [{"id": plan.item, "deleted": True}, {"price": plan.other}]
    (item,) = plan.change(items=wish)["pending_update"]["subscription_items"]
    assert (item["price"]["id"], plan.quantity()[1]) == (plan.other, 2)
    api.get(f"subscription_items/{plan.item}")
    plan.pay()
    assert plan.quantity() == (plan.other, 1)
    assert api.refused("GET", f"subscription_items/{plan.item}").status == 404
    assert api.get(f"subscription_items/{item['id']}")["subscription"] == plan.id


def test_a_new_item_that_is_never_paid_is_gone(api: Api) -> None:
    plan = Plan(api)
    terms = {"payment_behavior": "pending_if_incomplete", "proration_behavior": "always_invoice"}
    added = api.post("subscription_items", subscription=plan.id, price=plan.other, **terms)["id"]
    assert [item["id"] for item in plan.now()["items"]["data"]] == [plan.item]
    api.advance(23 * HOUR)
    assert api.refused("GET", f"subscription_items/{added}").status == 404


def test_a_trial_ends_only_if_it_is_paid_for(api: Api) -> None:
    customer = api.customer(BAD)
    plan = api.subscribe(customer, trial_period_days=10)
    api.advance(DAY)
    wish = {"trial_end": "now", "payment_behavior": "pending_if_incomplete"}
    waiting = api.post(f"subscriptions/{plan['id']}", **wish)
    assert (waiting["status"], waiting["trial_end"]) == ("trialing", NOW + 10 * DAY)
    assert waiting["pending_update"]["trial_end"] == waiting["pending_update"]["billing_cycle_anchor"] == NOW + DAY
    assert waiting["pending_update"]["subscription_items"][0]["current_period_start"] == NOW + DAY
    method = api.card(customer, default=False)
    api.post(f"invoices/{waiting['latest_invoice']}/pay", payment_method=method)
    begun = api.get(f"subscriptions/{plan['id']}")
    assert (begun["status"], begun["trial_end"], begun["billing_cycle_anchor"]) == ("active", NOW + DAY, NOW + DAY)
    assert begun["items"]["data"][0]["current_period_start"] == NOW + DAY


def test_it_does_not_outlast_the_period(api: Api) -> None:
    plan = Plan(api)
    api.advance(MONTH // 2 - 2 * HOUR)
    update = plan.change(items=[{"id": plan.item, "quantity": 300}])["pending_update"]
    assert update["expires_at"] == NOW + MONTH
    waiting = plan.now()["latest_invoice"]
    api.card(plan.customer)
    api.advance(4 * HOUR)
    assert plan.now()["pending_update"] is None
    assert api.get(f"invoices/{waiting}")["status"] == "void"
    assert (plan.invoice()["status"], plan.invoice()["total"]) == ("paid", 4000)


def test_what_makes_no_invoice_holds_at_once(api: Api) -> None:
    plan = Plan(api)
    changed = api.post(
        f"subscriptions/{plan.id}",
        items=[{"id": plan.item, "quantity": 3}],
        payment_behavior="pending_if_incomplete",
        metadata={"a": "b"},
    )
    assert (changed["pending_update"], changed["metadata"]) == (None, {"a": "b"})
    assert plan.quantity()[1] == 3


def test_cancelling_gives_it_up(api: Api) -> None:
    plan = Plan(api)
    invoice = plan.change()["latest_invoice"]
    assert api.delete(f"subscriptions/{plan.id}")["pending_update"] is None
    assert api.get(f"invoices/{invoice}")["status"] == "void"


def test_it_is_for_charged_subscriptions_and_some_parameters_only(api: Api) -> None:
    plan = Plan(api)
    pending = {"payment_behavior": "pending_if_incomplete"}
    refused = api.refused("POST", f"subscriptions/{plan.id}", description="No", **pending)
    assert refused.error["message"].startswith(
        "When `payment_behavior` is set to `pending_if_incomplete`, you can only pass supported params. "
        "`description` is not supported."
    )
    assert api.refused("POST", f"subscription_items/{plan.item}", tax_rates=[], **pending).status == 400
    assert api.refused("POST", "subscriptions", customer=plan.customer, items=[{"price": plan.other}], **pending)
    sent = api.subscribe(plan.customer, collection_method="send_invoice", days_until_due=7)
    item = sent["items"]["data"][0]["id"]
    refused = api.refused("POST", f"subscription_items/{item}", quantity=2, **pending)
    assert refused.error["param"] == "payment_behavior"
    api.card(plan.customer, "pm_usBankAccount_success")
    refused = api.refused(
        "POST", f"subscription_items/{plan.item}", quantity=9, proration_behavior="always_invoice", **pending
    )
    assert "take days" in refused.error["message"]
    assert plan.quantity()[1] == 2
