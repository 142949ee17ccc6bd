"""Payments that are authorized first: `capture_method=manual`."""

from __future__ import annotations

from typing import Any

from sandbox.api import DAY, Api, Json


def held(api: Api, amount: int = 5000, **params: Any) -> Json:
    wanted = {"amount": amount, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True, **params}
    return api.post("payment_intents", capture_method="manual", expand=["latest_charge"], **wanted)


def test_it_is_held_and_then_captured(api: Api) -> None:
    events: list[str] = []
    api.sandbox.events.listen(lambda event: events.append(event["type"]))
    intent = held(api)
    charge = intent["latest_charge"]
    assert (intent["status"], intent["amount_capturable"], intent["amount_received"]) == ("requires_capture", 5000, 0)
    assert (charge["captured"], charge["amount_captured"], charge["paid"]) == (False, 0, True)
    refused = api.refused("POST", "refunds", charge=charge["id"])
    assert "has not been captured" in refused.error["message"]
    taken = api.post(f"payment_intents/{intent['id']}/capture", metadata={"a": "b"}, expand=["latest_charge"])
    assert (taken["status"], taken["amount_capturable"], taken["amount_received"]) == ("succeeded", 0, 5000)
    assert (taken["latest_charge"]["captured"], taken["latest_charge"]["amount_captured"]) == (True, 5000)
    assert events == [
        "payment_intent.created", "charge.succeeded", "payment_intent.amount_capturable_updated", "charge.captured",
        "payment_intent.succeeded",
    ]  # fmt: skip
    again = api.refused("POST", f"payment_intents/{intent['id']}/capture")
    assert again.error["code"] == "payment_intent_unexpected_state"
    assert "it has already been captured" in again.error["message"]


def test_a_part_is_captured_and_the_rest_let_go(api: Api) -> None:
    intent = held(api)["id"]
    refused = api.refused("POST", f"payment_intents/{intent}/capture", amount_to_capture=5001)
    assert (refused.error["code"], refused.error["param"]) == ("amount_too_large", "amount_to_capture")
    taken = api.post(f"payment_intents/{intent}/capture", amount_to_capture=3000, expand=["latest_charge"])
    charge = taken["latest_charge"]
    assert (taken["amount"], taken["amount_received"]) == (5000, 3000)
    assert (charge["amount_captured"], charge["amount_refunded"], charge["refunded"]) == (3000, 2000, False)
    api.post("refunds", charge=charge["id"])
    assert api.get(f"charges/{charge['id']}")["refunded"] is True
    assert sorted(refund["amount"] for refund in api.get("refunds")["data"]) == [2000, 3000]


def test_it_may_be_cancelled_and_ends_after_a_week(api: Api) -> None:
    first, second = held(api), held(api)
    given_up = api.post(f"payment_intents/{first['id']}/cancel", expand=["latest_charge"])
    assert (given_up["status"], given_up["amount_capturable"]) == ("canceled", 0)
    assert given_up["latest_charge"]["refunded"] is True
    api.advance(7 * DAY)
    expired = api.get(f"payment_intents/{second['id']}")
    assert (expired["status"], expired["cancellation_reason"]) == ("canceled", "automatic")
    assert api.get("events", type="charge.expired")["data"][0]["data"]["object"]["id"] == second["latest_charge"]["id"]


def test_an_invoice_is_paid_when_it_is_captured(api: Api) -> None:
    customer = api.customer()
    invoice = api.issued(customer, 5000)
    intent = held(api, customer=customer)["id"]
    api.post(f"invoices/{invoice}/attach_payment", payment_intent=intent)
    assert api.get(f"invoices/{invoice}")["amount_paid"] == 0
    api.post(f"payment_intents/{intent}/capture", amount_to_capture=3000)
    paid = api.get(f"invoices/{invoice}")
    assert (paid["amount_paid"], paid["amount_remaining"]) == (3000, 2000)


def test_what_is_captured_after_the_invoice_was_paid_is_credit(api: Api) -> None:
    customer = api.customer("pm_card_visa")
    invoice = api.issued(customer, 5000)
    intent = held(api, customer=customer)["id"]
    api.post(f"invoices/{invoice}/attach_payment", payment_intent=intent)
    assert api.post(f"invoices/{invoice}/pay")["status"] == "paid"
    api.post(f"payment_intents/{intent}/capture")
    assert api.get(f"invoices/{invoice}")["amount_overpaid"] == 5000
    assert api.get(f"customers/{customer}")["balance"] == -5000


def test_bank_debits_cannot_be_held(api: Api) -> None:
    intent = api.post("payment_intents", amount=500, currency="usd", capture_method="manual")["id"]
    refused = api.refused("POST", f"payment_intents/{intent}/confirm", payment_method="pm_usBankAccount_success")
    assert refused.error["param"] == "capture_method"


def test_what_is_made_directly_is_captured_asynchronously(api: Api) -> None:
    """https://docs.stripe.com/changelog/2024-04-10"""
    assert api.post("payment_intents", amount=500, currency="usd")["capture_method"] == "automatic_async"
