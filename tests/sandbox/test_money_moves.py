"""Setting up, paying, giving back: what may be done when, and that the sums hold whatever the order."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from sandbox.api import DAY, Api
from stripe_sandbox import StripeSandboxError

# Setup intents


def test_a_card_is_set_up_and_belongs_to_the_customer(api: Api) -> None:
    customer = api.customer()
    intent = api.post("setup_intents", customer=customer)
    assert (intent["status"], intent["usage"]) == ("requires_payment_method", "off_session")
    done = api.post(f"setup_intents/{intent['id']}/confirm", payment_method="pm_card_visa")
    assert (done["status"], done["next_action"]) == ("succeeded", None)
    assert api.get(f"payment_methods/{done['payment_method']}")["customer"] == customer
    assert api.refused("POST", f"setup_intents/{intent['id']}/cancel").status == 400


@pytest.mark.parametrize("agreed", [True, False])
def test_the_bank_asks_when_a_card_is_set_up(api: Api, agreed: bool) -> None:
    customer = api.customer()
    method = "pm_card_authenticationRequiredOnSetup"
    intent = api.post("setup_intents", customer=customer, payment_method=method, confirm=True)
    assert (intent["status"], intent["next_action"]["type"]) == ("requires_action", "use_stripe_sdk")
    if not agreed:
        with pytest.raises(StripeSandboxError) as refused:
            api.sandbox.authenticate(intent["id"], agreed=False)
        assert refused.value.error["code"] == "setup_intent_authentication_failure"
        assert api.get(f"setup_intents/{intent['id']}")["status"] == "requires_payment_method"
        return
    api.sandbox.authenticate(intent["id"])
    saved = api.get(f"setup_intents/{intent['id']}")["payment_method"]
    paid = api.post(
        "payment_intents", amount=500, currency="usd", customer=customer, payment_method=saved,
        confirm=True, off_session=True,
    )  # fmt: skip
    assert paid["status"] == "succeeded"


def test_a_declined_card_is_not_set_up(api: Api) -> None:
    customer = api.customer()
    intent = api.post("setup_intents", customer=customer)["id"]
    path = f"setup_intents/{intent}/confirm"
    refused = api.refused("POST", path, payment_method="pm_card_chargeDeclinedInsufficientFunds")
    assert (refused.status, refused.error["decline_code"]) == (402, "insufficient_funds")
    assert refused.error["setup_intent"]["last_setup_error"]["code"] == "card_declined"
    assert api.get(f"customers/{customer}/payment_methods")["data"] == []
    attached_but_fails = api.post(path, payment_method="pm_card_chargeCustomerFail")
    assert attached_but_fails["status"] == "succeeded"


def test_a_client_secret_must_be_the_intents_own(api: Api) -> None:
    for kind, params in (("setup_intents", {}), ("payment_intents", {"amount": 500, "currency": "usd"})):
        intent = api.post(kind, **params)
        assert api.get(f"{kind}/{intent['id']}", client_secret=intent["client_secret"])["id"] == intent["id"]
        assert api.refused("GET", f"{kind}/{intent['id']}", client_secret="seti_1_secret_2").status == 404


# Which methods


def test_an_intent_takes_what_the_currency_allows(api: Api) -> None:
    def types(**params: Any) -> list[str]:
        return list(api.post("payment_intents", amount=5000, **params)["payment_method_types"])

    assert types(currency="usd") == ["card", "us_bank_account"]
    assert types(currency="eur") == ["card", "sepa_debit"]
    assert types(currency="jpy") == ["card"]
    assert types(currency="usd", excluded_payment_method_types=["card"]) == ["us_bank_account"]
    assert types(currency="usd", payment_method_types=["us_bank_account"]) == ["us_bank_account"]
    both = {"payment_method_types": ["card"], "automatic_payment_methods": {"enabled": True}}
    assert api.refused("POST", "payment_intents", amount=500, currency="usd", **both).status == 400


def test_a_method_of_another_type_is_refused(api: Api) -> None:
    intent = api.post("payment_intents", amount=500, currency="usd", payment_method_types=["us_bank_account"])["id"]
    refused = api.refused("POST", f"payment_intents/{intent}/confirm", payment_method="pm_card_visa")
    assert refused.error["code"] == "payment_intent_incompatible_payment_method"


def test_paying_may_save_the_method(api: Api) -> None:
    customer = api.customer()
    paying: dict[str, Any] = {"amount": 500, "currency": "usd", "customer": customer, "confirm": True}
    once = api.post("payment_intents", **paying, payment_method="pm_card_visa")
    assert api.get(f"payment_methods/{once['payment_method']}")["customer"] is None
    saved = api.post("payment_intents", **paying, payment_method="pm_card_visa", setup_future_usage="off_session")
    assert api.get(f"payment_methods/{saved['payment_method']}")["customer"] == customer


def test_nothing_is_saved_for_a_customer_who_is_gone(api: Api) -> None:
    customer = api.customer()
    paying: dict[str, Any] = {
        "amount": 500,
        "currency": "usd",
        "customer": customer,
        "setup_future_usage": "off_session",
    }
    intent = api.post("payment_intents", **paying)["id"]
    api.delete(f"customers/{customer}")
    paid = api.post(f"payment_intents/{intent}/confirm", payment_method="pm_card_visa")
    assert api.get(f"payment_methods/{paid['payment_method']}")["customer"] is None


def test_methods_are_listed_by_type_and_by_consent(api: Api) -> None:
    customer = api.customer("pm_card_visa")
    bank = api.card(customer, "pm_usBankAccount_success")
    api.post(f"payment_methods/{bank}", allow_redisplay="always")

    def listed(**params: Any) -> list[str]:
        return [method["type"] for method in api.get(f"customers/{customer}/payment_methods", **params)["data"]]

    assert listed() == ["us_bank_account", "card"]
    assert listed(type="card") == ["card"]
    assert listed(allow_redisplay="always") == ["us_bank_account"]
    assert listed(type="card", allow_redisplay="always") == []


def test_a_customer_session_has_a_secret_for_half_an_hour(api: Api) -> None:
    customer = api.customer()
    path = "customer_sessions"
    session = api.post(path, customer=customer, components={"payment_element": {"enabled": True}})
    assert session["expires_at"] - session["created"] == 1800
    assert session["components"]["payment_element"]["features"]["payment_method_save"] == "disabled"
    again = api.post(path, customer=customer, components={"payment_element": {"enabled": True}})
    assert again["client_secret"] != session["client_secret"]
    off = {"payment_element": {"enabled": False}}
    assert api.refused("POST", path, customer=customer, components=off).error["param"] == "components"


# Refunds and disputes


def charged(api: Api, card: str = "pm_card_visa", amount: int = 1000) -> str:
    intent = api.post("payment_intents", amount=amount, currency="usd", payment_method=card, confirm=True)
    return str(intent["latest_charge"])


def test_a_refund_may_come_in_parts_but_never_exceed_the_charge(api: Api) -> None:
    charge = charged(api)
    api.post("refunds", charge=charge, amount=300)
    assert api.refused("POST", "refunds", charge=charge, amount=701).error["param"] == "amount"
    api.post("refunds", charge=charge)
    assert api.get(f"charges/{charge}")["refunded"] is True
    assert api.refused("POST", "refunds", charge=charge).error["code"] == "charge_already_refunded"


@pytest.mark.parametrize(
    ("card", "status", "refunded"), [("pm_card_pendingRefund", "succeeded", 400), ("pm_card_refundFail", "failed", 0)]
)
def test_a_refund_may_take_days(api: Api, card: str, status: str, refunded: int) -> None:
    charge = charged(api, card)
    refund = api.post("refunds", charge=charge, amount=400)
    assert refund["status"] == "pending"
    api.advance(3 * DAY)
    assert api.get(f"refunds/{refund['id']}")["status"] == status
    assert api.get(f"charges/{charge}")["amount_refunded"] == refunded


@pytest.mark.parametrize(("evidence", "status"), [("winning_evidence", "won"), ("losing_evidence", "lost")])
def test_a_dispute_ends_as_the_evidence_says(api: Api, evidence: str, status: str) -> None:
    charge = charged(api, "pm_card_createDispute")
    assert api.get(f"charges/{charge}")["disputed"] is True
    (dispute,) = api.get("disputes", charge=charge)["data"]
    path = f"disputes/{dispute['id']}"
    assert api.post(path, evidence={"uncategorized_text": evidence}, submit=False)["status"] == "needs_response"
    assert api.post(path, submit=True)["status"] == status
    assert api.refused("POST", f"{path}/close").status == 400


# Whatever the order


METHODS = (
    "pm_card_visa", "pm_card_chargeCustomerFail", "pm_card_authenticationRequired", "pm_usBankAccount_success",
    "pm_usBankAccount_insufficientFunds",
)  # fmt: skip
DUE = 5000


class Paying(RuleBasedStateMachine):
    """One invoice of 50.00, and all that can be done to pay it, spoil it, or give the money back."""

    @initialize()
    def issue(self) -> None:
        self.api = Api()
        self.customer = self.api.customer()
        self.methods = [self.api.card(self.customer, method, default=False) for method in METHODS]
        self.invoice = self.api.issued(self.customer, DUE)

    def attempt(self, method: str, path: str, **params: Any) -> dict[str, Any]:
        """Whatever is refused is refused in Stripe's way."""
        try:
            return self.api.sandbox.call(method, f"/v1/{path}", params)
        except StripeSandboxError as error:
            if error.status in (400, 402, 404):
                return {}
            raise

    @rule(method=st.sampled_from(range(len(METHODS))), off_session=st.booleans())
    def pay(self, method: int, off_session: bool) -> None:
        self.attempt(
            "POST", f"invoices/{self.invoice}/pay", payment_method=self.methods[method], off_session=off_session
        )

    @rule(amount=st.integers(100, 7000), attach_first=st.booleans(), method=st.sampled_from(range(len(METHODS))))
    def pay_a_part(self, amount: int, attach_first: bool, method: int) -> None:
        intent = self.api.post("payment_intents", amount=amount, currency="usd", customer=self.customer)["id"]
        calls = [
            (f"invoices/{self.invoice}/attach_payment", {"payment_intent": intent}),
            (f"payment_intents/{intent}/confirm", {"payment_method": self.methods[method]}),
        ]
        for path, params in calls if attach_first else reversed(calls):
            self.attempt("POST", path, **params)

    @rule(agreed=st.booleans())
    def answer_the_bank(self, agreed: bool) -> None:
        for intent in self.intents():
            if intent["status"] == "requires_action":
                with suppress(StripeSandboxError):
                    self.api.sandbox.authenticate(intent["id"], agreed=agreed)

    @rule(method=st.sampled_from(range(len(METHODS))))
    def confirm_again(self, method: int) -> None:
        for intent in self.intents():
            path = f"payment_intents/{intent['id']}/confirm"
            self.attempt("POST", path, payment_method=self.methods[method])

    @rule()
    def cancel_intents(self) -> None:
        for intent in self.intents():
            self.attempt("POST", f"payment_intents/{intent['id']}/cancel")

    @rule(amount=st.integers(1, 3000))
    def refund(self, amount: int) -> None:
        for charge in self.charges():
            self.attempt("POST", "refunds", charge=charge["id"], amount=amount)

    @rule(call=st.sampled_from(["void", "mark_uncollectible"]))
    def end(self, call: str) -> None:
        self.attempt("POST", f"invoices/{self.invoice}/{call}")

    @rule()
    def pay_out_of_band(self) -> None:
        self.attempt("POST", f"invoices/{self.invoice}/pay", paid_out_of_band=True)

    @rule(days=st.integers(1, 5))
    def wait(self, days: int) -> None:
        self.api.advance(days * DAY)

    def intents(self) -> list[dict[str, Any]]:
        return list(self.api.get("payment_intents", customer=self.customer, limit=100)["data"])

    def charges(self) -> list[dict[str, Any]]:
        return list(self.api.get("charges", customer=self.customer, limit=100)["data"])

    @invariant()
    def sums_hold(self) -> None:
        invoice = self.api.get(f"invoices/{self.invoice}", expand=["payments"])
        assert invoice["amount_due"] == DUE
        assert invoice["amount_remaining"] == DUE - invoice["amount_paid"]
        assert 0 <= invoice["amount_paid"] <= DUE
        assert (invoice["status"] == "paid") == (invoice["amount_remaining"] == 0)
        by_stripe = invoice["amount_paid"] - invoice["amount_paid_off_stripe"]
        payments = self.api.get("invoice_payments", invoice=self.invoice, limit=100)["data"]
        paid = [payment for payment in payments if payment["status"] == "paid"]
        assert sum(payment["amount_paid"] for payment in paid) == by_stripe + invoice["amount_overpaid"]
        assert self.api.get(f"customers/{self.customer}")["balance"] == -invoice["amount_overpaid"]

    @invariant()
    def every_intent_took_its_amount_once(self) -> None:
        charges = self.charges()
        for intent in self.intents():
            mine = [charge for charge in charges if charge["payment_intent"] == intent["id"]]
            succeeded = [charge for charge in mine if charge["status"] == "succeeded"]
            assert sum(charge["amount"] for charge in succeeded) == intent["amount_received"]
            assert len(succeeded) == (intent["status"] == "succeeded")
            assert len([charge for charge in mine if charge["status"] == "pending"]) == (
                intent["status"] == "processing"
            )

    @invariant()
    def no_charge_gave_back_more_than_it_took(self) -> None:
        for charge in self.charges():
            refunds = self.api.get("refunds", charge=charge["id"], limit=100)["data"]
            kept = sum(refund["amount"] for refund in refunds if refund["status"] != "failed")
            assert charge["amount_refunded"] == kept <= charge["amount_captured"]

    @invariant()
    def an_invoice_is_paid_once(self) -> None:
        told = self.api.get("events", type="invoice.paid", limit=100)["data"]
        paid = self.api.get(f"invoices/{self.invoice}")["status"] == "paid"
        assert len(told) == paid


Paying.TestCase.settings = settings(max_examples=40, stateful_step_count=15, deadline=None)
TestPaying = Paying.TestCase
