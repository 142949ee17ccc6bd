"""Payments of invoices: test cards by Stripe's numbers and names, declines, authentication, retries, refunds."""

from __future__ import annotations

import pytest

from sandbox.api import DAY, NOW, Api
from stripe_sandbox import StripeSandboxError
from stripe_sandbox.billing import cards

DECLINES = {
    "4000000000000002": ("card_declined", "generic_decline", "Your card was declined."),
    "4000000000009995": ("card_declined", "insufficient_funds", "Your card has insufficient funds."),
    "4000000000009987": ("card_declined", "lost_card", "Your card was declined."),
    "4000000000009979": ("card_declined", "stolen_card", "Your card was declined."),
    "4000000000000069": ("expired_card", "expired_card", "Your card has expired."),
    "4000000000000127": ("incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect."),
    "4000000000000119": (
        "processing_error",
        "processing_error",
        "An error occurred while processing your card. Try again in a little bit.",
    ),
    "4100000000000019": ("card_declined", "fraudulent", "Your card was declined."),
}


def card(api: Api, number: str = "4242424242424242", **more: object) -> str:
    details = {"number": number, "exp_month": 12, "exp_year": 2030, "cvc": "123", **more}
    return str(api.post("payment_methods", type="card", card=details)["id"])


def intent_of(api: Api, invoice: str) -> str:
    expanded = api.get(f"invoices/{invoice}", expand=["payments"])
    return str(expanded["payments"]["data"][0]["payment"]["payment_intent"])


@pytest.mark.parametrize(("number", "decline"), DECLINES.items())
def test_each_declining_card_declines_in_its_own_way(api: Api, number: str, decline: tuple[str, str, str]) -> None:
    intent = intent_of(api, api.issued(api.customer(), 5000))
    refused = api.refused("POST", f"payment_intents/{intent}/confirm", payment_method=card(api, number))
    error = refused.error
    assert (refused.status, error["type"]) == (402, "card_error")
    assert (error["code"], error["decline_code"], error["message"]) == decline
    assert error["payment_intent"]["status"] == "requires_payment_method"
    assert error["payment_intent"]["last_payment_error"]["code"] == decline[0]
    charge = api.get(f"charges/{error['charge']}")
    assert (charge["status"], charge["paid"], charge["failure_code"]) == ("failed", False, decline[0])
    assert charge["outcome"]["type"] == "issuer_declined"


@pytest.mark.parametrize("number", [each.number for each in cards.CARDS if each.behaviour is None])
def test_each_good_card_pays(api: Api, number: str) -> None:
    invoice = api.issued(api.customer(), 5000)
    api.post(f"payment_intents/{intent_of(api, invoice)}/confirm", payment_method=card(api, number))
    assert api.get(f"invoices/{invoice}")["status"] == "paid"


def test_every_test_card_has_a_valid_number_of_its_own() -> None:
    assert all(cards.passes_luhn(each.number) for each in cards.CARDS)
    assert len({each.number for each in cards.CARDS}) == len({each.id for each in cards.CARDS}) == len(cards.CARDS)


@pytest.mark.parametrize(
    ("details", "code"),
    [
        ({"number": "4242424242424241"}, "incorrect_number"),
        ({"number": "4111111111111111"}, "card_declined"),
        ({"exp_year": 2020}, "invalid_expiry_year"),
        ({"exp_month": 13}, "invalid_expiry_month"),
        ({"exp_month": 10, "exp_year": 2026}, "invalid_expiry_month"),
        ({"cvc": "1"}, "invalid_cvc"),
    ],
)
def test_impossible_cards_are_refused(api: Api, details: dict[str, object], code: str) -> None:
    with pytest.raises(StripeSandboxError) as caught:
        card(api, **details)  # type: ignore[arg-type]
    assert (caught.value.status, caught.value.error["code"]) == (402, code)


def test_paying_fills_in_everything(api: Api) -> None:
    customer = api.customer("pm_card_visa")
    invoice = api.issued(customer, 5000)
    paid = api.post(f"invoices/{invoice}/pay", expand=["payments.data.payment.payment_intent"])
    assert (paid["status"], paid["amount_paid"], paid["amount_remaining"]) == ("paid", 5000, 0)
    assert (paid["attempted"], paid["attempt_count"]) == (True, 1)
    (payment,) = paid["payments"]["data"]
    assert (payment["status"], payment["amount_paid"], payment["is_default"]) == ("paid", 5000, True)
    assert payment["status_transitions"] == {"canceled_at": None, "paid_at": NOW}
    intent = payment["payment"]["payment_intent"]
    assert (intent["status"], intent["amount_received"], intent["customer"]) == ("succeeded", 5000, customer)
    charge = api.get(f"charges/{intent['latest_charge']}")
    assert (charge["status"], charge["payment_method_details"]["card"]["last4"]) == ("succeeded", "4242")
    assert charge["receipt_url"].startswith("http://127.0.0.1:12111/hosted/receipt/")
    assert api.refused("POST", f"invoices/{invoice}/pay").error["message"] == "Invoice is already paid"


def test_an_open_invoice_has_a_secret_to_confirm_with(api: Api) -> None:
    invoice = api.issued(api.customer("pm_card_visa"), 5000)
    secret = api.get(f"invoices/{invoice}", expand=["confirmation_secret"])["confirmation_secret"]
    assert secret["type"] == "payment_intent"
    assert secret["client_secret"].startswith(f"{intent_of(api, invoice)}_secret_")
    assert "confirmation_secret" not in api.get(f"invoices/{invoice}")


def test_the_method_is_chosen_in_stripes_order(api: Api) -> None:
    customer = api.customer("pm_card_visa")
    amex, jcb = (api.card(customer, name, default=False) for name in ("pm_card_amex", "pm_card_jcb"))

    def brand(**pay: str) -> str:
        invoice = api.issued(customer, 5000)
        if "own" in pay:
            api.post(f"invoices/{invoice}", default_payment_method=pay.pop("own"))
        api.post(f"invoices/{invoice}/pay", **pay)
        charge = api.get("charges", limit=1)["data"][0]
        return str(charge["payment_method_details"]["card"]["brand"])

    assert [brand(), brand(own=amex), brand(own=amex, payment_method=jcb)] == ["visa", "amex", "jcb"]


def test_only_the_customers_own_methods_are_charged(api: Api) -> None:
    customer, other = api.customer("pm_card_visa"), api.customer("pm_card_visa")
    theirs = api.get("payment_methods", customer=other)["data"][0]["id"]
    invoice = api.issued(customer, 5000)
    for method in (theirs, card(api), "pm_card_visa"):
        refused = api.refused("POST", f"invoices/{invoice}/pay", payment_method=method)
        assert refused.error["message"].startswith("The customer does not have a payment method with the ID")
    lone = api.issued(api.customer(), 5000)
    assert api.refused("POST", f"invoices/{lone}/pay").error["code"] == "missing"


def test_a_payment_that_needs_the_customer(api: Api) -> None:
    invoice = api.issued(api.customer("pm_card_authenticationRequired"), 5000)
    refused = api.refused("POST", f"invoices/{invoice}/pay")
    assert (refused.status, refused.error["code"]) == (402, "invoice_payment_intent_requires_action")
    intent = refused.error["payment_intent"]
    assert (intent["status"], intent["next_action"]["type"]) == ("requires_action", "use_stripe_sdk")
    assert api.get("charges")["data"] == []
    api.sandbox.authenticate(intent["id"])
    assert api.get(f"invoices/{invoice}")["status"] == "paid"


def test_a_customer_who_refuses_to_authenticate(api: Api) -> None:
    invoice = api.issued(api.customer("pm_card_authenticationRequired"), 5000)
    intent = api.refused("POST", f"invoices/{invoice}/pay").error["payment_intent"]["id"]
    with pytest.raises(StripeSandboxError) as caught:
        api.sandbox.authenticate(intent, agreed=False)
    assert caught.value.error["code"] == "payment_intent_authentication_failure"
    after = api.get(f"payment_intents/{intent}")
    assert (after["status"], after["next_action"]) == ("requires_payment_method", None)
    assert api.get(f"invoices/{invoice}")["status"] == "open"


def test_a_card_that_declines_after_authentication(api: Api) -> None:
    customer = api.customer("pm_card_authenticationRequiredChargeDeclinedInsufficientFunds")
    invoice = api.issued(customer, 5000)
    intent = api.refused("POST", f"invoices/{invoice}/pay").error["payment_intent"]["id"]
    with pytest.raises(StripeSandboxError) as caught:
        api.sandbox.authenticate(intent)
    assert caught.value.error["decline_code"] == "insufficient_funds"


def test_nobody_is_there_to_authenticate(api: Api) -> None:
    method = api.card(customer := api.customer(), "pm_card_authenticationRequired")
    refused = api.refused(
        "POST",
        "payment_intents",
        amount=5000,
        currency="usd",
        customer=customer,
        payment_method=method,
        confirm=True,
        off_session=True,
    )
    assert refused.error["code"] == refused.error["decline_code"] == "authentication_required"


def test_a_card_past_its_month_declines(api: Api) -> None:
    customer = api.customer()
    method = card(api, exp_month=12, exp_year=2026)
    api.post(f"payment_methods/{method}/attach", customer=customer)
    api.post(f"invoices/{api.issued(customer, 5000)}/pay", payment_method=method)
    api.advance(60 * DAY)
    invoice = api.issued(customer, 5000)
    assert api.refused("POST", f"invoices/{invoice}/pay", payment_method=method).error["code"] == "expired_card"


# Attaching


@pytest.mark.parametrize("id", [each.id for each in cards.CARDS if each.on_attach])
def test_declined_cards_cannot_be_saved(api: Api, id: str) -> None:
    assert api.refused("POST", f"payment_methods/{id}/attach", customer=api.customer()).status == 402


def test_a_method_belongs_to_one_customer_until_it_is_detached(api: Api) -> None:
    customer = api.customer()
    method = api.card(customer)
    again = api.refused("POST", f"payment_methods/{method}/attach", customer=api.customer())
    assert "has already been attached to a customer" in again.error["message"]
    assert [each["id"] for each in api.get(f"customers/{customer}/payment_methods")["data"]] == [method]
    api.post(f"payment_methods/{method}/detach")
    assert api.get(f"customers/{customer}/payment_methods")["data"] == []
    assert api.get(f"customers/{customer}")["invoice_settings"]["default_payment_method"] is None


def test_an_invoice_is_charged_to_the_customers_own_methods_alone(api: Api) -> None:
    customer, other = api.customer("pm_card_visa"), api.customer("pm_card_visa")
    theirs = api.get("payment_methods", customer=other)["data"][0]["id"]
    invoice = api.issued(customer, 5000)
    for method in (theirs, card(api), "pm_card_visa"):
        for refused in (
            api.refused("POST", "invoices", customer=customer, default_payment_method=method),
            api.refused("POST", f"invoices/{invoice}", default_payment_method=method),
        ):
            assert refused.error["param"] == "default_payment_method"


def test_an_invoices_method_that_is_detached_is_not_charged(api: Api) -> None:
    customer = api.customer()
    method = api.card(customer, default=False)
    invoice = api.issued(customer, 5000, default_payment_method=method)
    api.post(f"payment_methods/{method}/detach")
    assert api.get(f"invoices/{invoice}")["default_payment_method"] is None
    assert api.refused("POST", f"invoices/{invoice}/pay").status == 402


def test_methods_are_listed_by_redisplay(api: Api) -> None:
    customer = api.customer("pm_card_visa")
    shown = api.card(customer, "pm_card_amex")
    api.post(f"payment_methods/{shown}", allow_redisplay="always")
    listed = api.get(f"customers/{customer}/payment_methods", allow_redisplay="always", type="card")
    assert [method["id"] for method in listed["data"]] == [shown]


# Retries


def test_a_failing_card_is_tried_again_and_again(api: Api) -> None:
    customer = api.customer("pm_card_chargeCustomerFail")
    invoice = api.draft(customer, 5000, auto_advance=True)
    seen = []
    for wait in (3600, 3 * DAY, 5 * DAY, 7 * DAY, 30 * DAY):
        api.advance(wait)
        found = api.get(f"invoices/{invoice}")
        seen.append((found["status"], found["attempt_count"], found["next_payment_attempt"]))
    start = NOW + 3600
    assert seen == [
        ("open", 1, start + 3 * DAY),
        ("open", 2, start + 8 * DAY),
        ("open", 3, start + 15 * DAY),
        ("open", 4, None),
        ("open", 4, None),
    ]
    assert api.get(f"customers/{customer}")["delinquent"]


def test_a_manual_attempt_does_not_move_the_schedule(api: Api) -> None:
    customer = api.customer("pm_card_chargeCustomerFail")
    invoice = api.draft(customer, 5000, auto_advance=True)
    api.advance(3600)
    before = api.get(f"invoices/{invoice}")
    api.refused("POST", f"invoices/{invoice}/pay")
    after = api.get(f"invoices/{invoice}")
    assert (after["attempt_count"], after["next_payment_attempt"]) == (1, before["next_payment_attempt"])
    api.card(customer, "pm_card_visa")
    api.advance(3 * DAY)
    assert api.get(f"invoices/{invoice}")["status"] == "paid"


# Payment intents of one's own


def test_part_payments(api: Api) -> None:
    customer = api.customer("pm_card_visa")
    invoice = api.issued(customer, 5000)
    part = api.post("payment_intents", amount=2000, currency="usd", customer=customer)["id"]
    api.post(f"invoices/{invoice}/attach_payment", payment_intent=part)
    api.post(f"payment_intents/{part}/confirm", payment_method=card(api))
    found = api.get(f"invoices/{invoice}", expand=["payments"])
    assert (found["status"], found["amount_paid"], found["amount_remaining"]) == ("open", 2000, 3000)
    open_one = next(payment for payment in found["payments"]["data"] if payment["status"] == "open")
    assert (open_one["is_default"], open_one["amount_requested"]) == (True, 3000)
    rest = api.post(f"invoices/{invoice}/pay")
    assert (rest["status"], rest["amount_paid"]) == ("paid", 5000)


def test_what_is_paid_over_becomes_credit(api: Api) -> None:
    customer = api.customer("pm_card_visa")
    invoice = api.issued(customer, 5000)
    much = api.post(
        "payment_intents", amount=6000, currency="usd", customer=customer, payment_method=card(api), confirm=True
    )
    api.post(f"invoices/{invoice}/attach_payment", payment_intent=much["id"])
    found = api.get(f"invoices/{invoice}")
    assert (found["status"], found["amount_paid"], found["amount_overpaid"]) == ("paid", 5000, 1000)
    assert api.get(f"customers/{customer}")["balance"] == -1000


def test_an_invoices_own_intent_is_not_changed_directly(api: Api) -> None:
    intent = intent_of(api, api.issued(api.customer(), 5000))
    assert api.refused("POST", f"payment_intents/{intent}", amount=1).status == 400
    assert api.refused("POST", f"payment_intents/{intent}/cancel").status == 400


def test_paid_outside_of_stripe(api: Api) -> None:
    invoice = api.issued(api.customer(), 5000)
    paid = api.post(f"invoices/{invoice}/pay", paid_out_of_band=True, expand=["payments"])
    assert (paid["status"], paid["amount_paid"], paid["amount_paid_off_stripe"]) == ("paid", 5000, 5000)
    assert [payment["status"] for payment in paid["payments"]["data"]] == ["canceled"]


def test_payments_are_found_by_invoice_intent_and_status(api: Api) -> None:
    customer = api.customer("pm_card_visa")
    paid, unpaid = api.paid(customer, 5000), api.issued(customer, 700)
    assert [each["invoice"] for each in api.get("invoice_payments", status="open")["data"]] == [unpaid]
    by_intent = {"type": "payment_intent", "payment_intent": intent_of(api, paid)}
    assert [each["invoice"] for each in api.get("invoice_payments", payment=by_intent)["data"]] == [paid]


# Refunds


def test_refunds_in_parts(api: Api) -> None:
    invoice = api.paid(api.customer("pm_card_visa"), 5000)
    intent = intent_of(api, invoice)
    api.post("refunds", payment_intent=intent, amount=2000)
    too_much = api.refused("POST", "refunds", payment_intent=intent, amount=4000)
    assert too_much.error["message"] == ("Refund amount ($40.00) is greater than unrefunded amount on charge ($30.00)")
    assert api.post("refunds", payment_intent=intent)["amount"] == 3000
    charge = api.get("charges", payment_intent=intent)["data"][0]
    assert (charge["amount_refunded"], charge["refunded"]) == (5000, True)
    assert api.refused("POST", "refunds", charge=charge["id"]).error["code"] == "charge_already_refunded"
    assert api.get(f"invoices/{invoice}")["status"] == "paid"
