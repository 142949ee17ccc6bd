"""Bank debits: they take days, may fail after all, and keep an invoice from being paid twice meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.api import DAY, Api
from sandbox.money_world import ACCEPTED


def default_intent(api: Api, invoice: str) -> dict[str, Any]:
    expand = ["payments.data.payment.payment_intent"]
    payments = api.get(f"invoices/{invoice}", expand=expand)["payments"]["data"]
    return next(each["payment"]["payment_intent"] for each in payments if each["is_default"])


def types_of(api: Api) -> list[str]:
    return [event["type"] for event in reversed(api.get("events", limit=100)["data"])]


def test_an_invoice_is_open_until_the_debit_has_settled(api: Api) -> None:
    customer = api.customer("pm_usBankAccount_success")
    invoice = api.issued(customer, 5000)
    assert api.post(f"invoices/{invoice}/pay")["status"] == "open"
    intent = default_intent(api, invoice)
    charge = api.get(f"charges/{intent['latest_charge']}")
    assert (intent["status"], charge["status"], charge["paid"]) == ("processing", "pending", False)
    api.advance(4 * DAY - 1)
    assert default_intent(api, invoice)["status"] == "processing"
    api.advance(1)
    assert api.get(f"invoices/{invoice}")["status"] == "paid"
    assert api.get(f"charges/{intent['latest_charge']}")["receipt_url"]
    assert [name for name in types_of(api) if name.startswith(("charge.", "payment_intent."))] == [
        "payment_intent.created",
        "charge.pending",
        "payment_intent.processing",
        "charge.succeeded",
        "payment_intent.succeeded",
    ]


def test_what_is_under_way_cannot_be_paid_again_or_taken_back(api: Api) -> None:
    customer = api.customer("pm_usBankAccount_success")
    card = api.card(customer, default=False)
    invoice = api.issued(customer, 5000)
    api.post(f"invoices/{invoice}/pay")
    before = api.get(f"invoices/{invoice}")
    for call, params in (("pay", {"payment_method": card}), ("pay", {"paid_out_of_band": True}), ("void", {})):
        refused = api.refused("POST", f"invoices/{invoice}/{call}", **params)
        assert (refused.status, refused.error["code"]) == (400, "payment_intent_unexpected_state")
    assert api.get(f"invoices/{invoice}") == before
    intent = default_intent(api, invoice)["id"]
    assert api.refused("POST", f"payment_intents/{intent}/confirm", payment_method=card).status == 400
    assert len(api.get("charges", customer=customer)["data"]) == 1


@pytest.mark.parametrize(
    ("account", "code"),
    [
        ("pm_usBankAccount_insufficientFunds", "insufficient_funds"),
        ("pm_usBankAccount_accountClosed", "account_closed"),
        ("pm_usBankAccount_noAccount", "no_account"),
        ("pm_usBankAccount_debitNotAuthorized", "debit_not_authorized"),
    ],
)
def test_a_debit_that_fails_leaves_the_invoice_to_be_paid_otherwise(api: Api, account: str, code: str) -> None:
    customer = api.customer(account)
    invoice = api.issued(customer, 5000)
    api.post(f"invoices/{invoice}/pay")
    api.advance(5 * DAY)
    intent = default_intent(api, invoice)
    assert (intent["status"], intent["last_payment_error"]["code"]) == ("requires_payment_method", code)
    assert intent["last_payment_error"]["payment_method"]["type"] == "us_bank_account"
    failed = [name for name in types_of(api) if name.endswith("failed")]
    assert failed == ["charge.failed", "payment_intent.payment_failed", "invoice.payment_failed"]
    api.card(customer)
    assert api.post(f"invoices/{invoice}/pay")["status"] == "paid"


def test_a_debit_by_itself_that_fails_is_tried_again(api: Api) -> None:
    customer = api.customer("pm_usBankAccount_insufficientFunds")
    plan = api.subscribe(customer)
    assert plan["status"] == "active"
    invoice = plan["latest_invoice"]
    api.advance(5 * DAY)
    assert api.get(f"subscriptions/{plan['id']}")["status"] == "past_due"
    api.card(customer)
    api.post(f"invoices/{invoice}/pay")
    assert api.get(f"subscriptions/{plan['id']}")["status"] == "active"


def test_renewals_are_debited(api: Api) -> None:
    customer = api.customer("pm_usBankAccount_success")
    plan = api.subscribe(customer)["id"]
    api.advance(40 * DAY)
    assert {invoice["status"] for invoice in api.get("invoices", subscription=plan)["data"]} == {"paid"}
    assert len(api.get("charges", customer=customer)["data"]) == 2


def test_a_debit_that_never_settles_stays_so(api: Api) -> None:
    customer = api.customer("pm_usBankAccount_processing")
    invoice = api.issued(customer, 5000)
    api.post(f"invoices/{invoice}/pay")
    api.advance(90 * DAY)
    assert default_intent(api, invoice)["status"] == "processing"


def test_a_cancelled_debit_does_not_settle(api: Api) -> None:
    customer = api.customer()
    intent = api.post(
        "payment_intents",
        amount=500,
        currency="usd",
        customer=customer,
        payment_method="pm_usBankAccount_success",
        confirm=True,
    )["id"]
    api.post(f"payment_intents/{intent}/cancel")
    api.advance(10 * DAY)
    shown = api.get(f"payment_intents/{intent}", expand=["latest_charge"])
    assert (shown["status"], shown["latest_charge"]["status"]) == ("canceled", "failed")


def test_an_account_that_is_typed_in_is_verified_first(api: Api) -> None:
    customer = api.customer()
    account = {"account_number": "000123456789", "routing_number": "110000000"}
    method = api.post("payment_methods", type="us_bank_account", us_bank_account=account)["id"]
    intent = api.post("setup_intents", customer=customer, payment_method=method, confirm=True)
    assert intent["next_action"]["type"] == "verify_with_microdeposits"
    path = f"setup_intents/{intent['id']}/verify_microdeposits"
    assert api.refused("POST", path, amounts=[1, 2]).error["code"].endswith("amounts_mismatch")
    done = api.post(path, amounts=[45, 32])
    assert (done["status"], done["mandate"] is not None) == ("succeeded", True)
    assert api.get(f"payment_methods/{method}")["customer"] == customer
    paying = {"amount": 500, "currency": "usd", "customer": customer, "payment_method": method, "confirm": True}
    assert api.post("payment_intents", **paying)["status"] == "processing"


@pytest.mark.parametrize(
    "change",
    [{"account_number": "000999999991"}, {"routing_number": "021000021"}, {"account_number": "AT611904300234573201"}],
)
def test_only_test_accounts_are_taken(api: Api, change: dict[str, str]) -> None:
    account = {"account_number": "000123456789", "routing_number": "110000000", **change}
    refused = api.refused("POST", "payment_methods", type="us_bank_account", us_bank_account=account)
    assert refused.error["param"] == f"us_bank_account[{next(iter(change))}]"


@pytest.mark.parametrize("iban", ["DE89370400440532013001", "DE12", "", "XX00 0000 0000 0000", "GB29NWBK601613319268"])
def test_an_iban_must_be_right(api: Api, iban: str) -> None:
    refused = api.refused("POST", "payment_methods", type="sepa_debit", sepa_debit={"iban": iban})
    assert refused.error["param"] == "sepa_debit[iban]"


def test_a_disputed_debit(api: Api) -> None:
    customer = api.customer()
    intent = api.post(
        "payment_intents",
        amount=500,
        currency="eur",
        customer=customer,
        payment_method="pm_disputed_de",
        mandate_data=ACCEPTED,
        confirm=True,
    )
    api.advance(6 * DAY)
    (dispute,) = api.get("disputes", payment_intent=intent["id"])["data"]
    assert dispute["status"] == "needs_response"
    assert api.refused("POST", "refunds", payment_intent=intent["id"]).error["code"] == "charge_disputed"


def test_two_payments_at_once_overpay_into_the_balance(api: Api) -> None:
    customer = api.customer("pm_usBankAccount_success")
    invoice = api.issued(customer, 5000)
    api.post(f"invoices/{invoice}/pay")
    part = api.post("payment_intents", amount=5000, currency="usd", customer=customer)["id"]
    api.post(f"invoices/{invoice}/attach_payment", payment_intent=part)
    api.post(f"payment_intents/{part}/confirm", payment_method="pm_card_visa")
    assert api.get(f"invoices/{invoice}")["status"] == "paid"
    api.advance(5 * DAY)
    shown = api.get(f"invoices/{invoice}")
    assert (shown["amount_paid"], shown["amount_overpaid"], shown["amount_remaining"]) == (5000, 5000, 0)
    assert api.get(f"customers/{customer}")["balance"] == -5000
    assert types_of(api).count("invoice.paid") == 1


def test_a_default_of_a_type_that_is_not_taken_is_a_failed_attempt(api: Api) -> None:
    """And the clock goes on."""
    customer = api.customer("pm_card_visa")
    only = {"payment_method_types": ["us_bank_account"]}
    plan = api.subscribe(customer, trial_period_days=1, payment_settings=only)
    api.advance(2 * DAY)
    (invoice, _) = api.get("invoices", subscription=plan["id"])["data"]
    assert (invoice["status"], invoice["attempt_count"], invoice["amount_remaining"]) == ("open", 1, 2000)
    assert api.get(f"subscriptions/{plan['id']}")["status"] == "past_due"
    assert api.get("events", type="invoice.payment_failed")["data"]
