"""The sandbox's stand-in for Stripe.js, on a page that has only the policy which Stripe asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from browser.helpers.shop import CONFIRM, ELEMENT, Customer, Json, Shop

ASKING, ASKED_THEN_DECLINED = "4000 0027 6000 3184", "4000 0084 0000 1629"


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with Shop() as shop:
        yield shop


@pytest.fixture
def customer(browser: Browser, shop: Shop) -> Iterator[Customer]:
    context = browser.new_context(viewport={"width": 800, "height": 700})
    context.set_default_timeout(5_000)
    person = Customer(context.new_page(), shop)
    yield person
    context.close()
    assert person.complaints == []


def with_session(shop: Shop, **features: object) -> tuple[str, str]:
    """A new customer and the secret of a session in which the Payment Element may do this."""
    customer = shop.post("customers", email="jenny@example.com")["id"]
    component = {"payment_element": {"enabled": True, "features": features}}
    return customer, shop.post("customer_sessions", customer=customer, components=component)["client_secret"]


def test_a_card_is_paid_with_and_the_result_given_back(customer: Customer, shop: Shop) -> None:
    intent = shop.intent()
    customer.open(clientSecret=intent["client_secret"], locale="de")
    customer.type_card("4242 4242 4242 4242")
    result = customer.confirm()["paymentIntent"]
    assert (result["id"], result["status"]) == (intent["id"], "succeeded")
    assert not {"customer", "metadata", "latest_charge"} & result.keys()
    assert shop.charges(intent) == ["succeeded"]
    seen = customer.page.evaluate("() => seen")
    assert seen[0][0] == "ready"
    assert seen[-1] == [
        "change",
        {"elementType": "payment", "empty": False, "complete": True, "collapsed": False, "value": {"type": "card"}},
    ]


def test_by_default_the_customer_comes_back_to_the_return_url(customer: Customer, shop: Shop) -> None:
    intent = shop.intent()
    customer.open(clientSecret=intent["client_secret"])
    customer.type_card("4242 4242 4242 4242")
    customer.start("stripe.confirmPayment({ elements, confirmParams: { return_url: location.href + '?from=shop' } })")
    expect(customer.page).to_have_url(
        f"{shop.url}?from=shop&payment_intent={intent['id']}&payment_intent_client_secret={intent['client_secret']}"
        "&redirect_status=succeeded"
    )


@pytest.mark.parametrize(
    ("number", "code", "decline"),
    [
        ("4000 0000 0000 0002", "card_declined", "generic_decline"),
        ("4000 0000 0000 9995", "card_declined", "insufficient_funds"),
        ("4000 0000 0000 0069", "expired_card", "expired_card"),
    ],
)
def test_declines_are_errors_of_stripes_shape(
    customer: Customer, shop: Shop, number: str, code: str, decline: str
) -> None:
    intent = shop.intent()
    customer.open(clientSecret=intent["client_secret"])
    customer.type_card(number)
    error = customer.confirm()["error"]
    assert (error["type"], error["code"], error["decline_code"]) == ("card_error", code, decline)
    assert error["payment_intent"]["status"] == "requires_payment_method"
    assert "customer" not in error["payment_intent"]
    customer.type_card("4242 4242 4242 4242")
    assert customer.confirm()["paymentIntent"]["status"] == "succeeded"
    assert shop.charges(intent) == ["failed", "succeeded"]


def test_what_is_incomplete_is_not_sent(customer: Customer, shop: Shop) -> None:
    intent = shop.intent()
    customer.open(clientSecret=intent["client_secret"])
    customer.start("elements.submit()")
    assert customer.finish()["error"]["code"] == "incomplete_number"
    expect(customer.element.get_by_role("alert").first).to_have_text("Your card number is incomplete.")
    customer.type_card("4242 4242 4242 4241")
    assert customer.confirm()["error"] == {
        "type": "validation_error",
        "code": "invalid_number",
        "message": "Your card number is invalid.",
    }
    customer.type_card("4242 4242 4242 4242")
    customer.start("elements.submit()")
    assert customer.finish() == {"selectedPaymentMethod": "card"}
    assert shop.charges(intent) == []


@pytest.mark.parametrize(
    ("card", "button", "outcome", "charges"),
    [
        (ASKING, "Complete authentication", "succeeded", ["succeeded"]),
        (ASKING, "Fail authentication", "payment_intent_authentication_failure", []),
        (ASKING, "Close", "payment_intent_authentication_failure", []),
        (ASKED_THEN_DECLINED, "Complete authentication", "card_declined", ["failed"]),
    ],
)
def test_the_banks_question_is_answered_in_a_window(
    customer: Customer, shop: Shop, card: str, button: str, outcome: str, charges: list[str]
) -> None:
    intent = shop.intent()
    customer.open(clientSecret=intent["client_secret"])
    customer.type_card(card)
    customer.start(CONFIRM.format(kind="Payment"))
    customer.challenge.get_by_role("button", name=button).click()
    result = customer.finish()
    assert (result["paymentIntent"]["status"] if "paymentIntent" in result else result["error"]["code"]) == outcome
    expect(customer.page.locator("iframe[title='3D Secure authentication']")).to_have_count(0)
    assert shop.charges(intent) == charges


def test_the_next_action_of_a_payment_that_the_server_began(customer: Customer, shop: Shop) -> None:
    intent = shop.intent(payment_method="pm_card_authenticationRequired", confirm=True)
    customer.open(clientSecret=intent["client_secret"])
    customer.start(f"stripe.handleNextAction({{ clientSecret: '{intent['client_secret']}' }})")
    customer.challenge.get_by_role("button", name="Complete authentication").click()
    assert customer.finish()["paymentIntent"]["status"] == "succeeded"
    customer.start(f"stripe.handleNextAction({{ clientSecret: '{intent['client_secret']}' }})")
    assert customer.finish()["thrown"].startswith("IntegrationError: handleNextAction")
    assert shop.charges(intent) == ["succeeded"]


def test_a_question_left_open_waits_for_the_next_visit(customer: Customer, shop: Shop) -> None:
    intent = shop.intent()
    customer.open(clientSecret=intent["client_secret"])
    customer.type_card(ASKING)
    customer.start(CONFIRM.format(kind="Payment"))
    expect(customer.challenge.get_by_role("button", name="Complete authentication")).to_be_focused()
    customer.page.reload()
    assert shop.get(f"payment_intents/{intent['id']}")["status"] == "requires_action"
    customer.open(clientSecret=intent["client_secret"])
    customer.start(f"stripe.retrievePaymentIntent('{intent['client_secret']}')")
    assert customer.finish()["paymentIntent"]["next_action"]["type"] == "use_stripe_sdk"


def test_only_the_intents_types_are_offered(customer: Customer, shop: Shop) -> None:
    intent = shop.intent(payment_method_types=["us_bank_account"])
    customer.open(clientSecret=intent["client_secret"])
    expect(customer.element.get_by_label("Card number")).to_be_hidden()
    assert customer.confirm()["error"]["code"] == "incomplete_name"
    customer.element.get_by_label("Full name").fill("Jenny Rosen")
    customer.element.get_by_label("Email").fill("jenny@example.com")
    assert customer.confirm()["paymentIntent"]["status"] == "processing"
    assert shop.charges(intent) == ["pending"]
    shop.sandbox.clock.advance(5 * 24 * 60 * 60)
    assert shop.charges(intent) == ["succeeded"]


def test_an_account_that_is_typed_in_waits_for_small_deposits(customer: Customer, shop: Shop) -> None:
    intent = shop.intent(payment_method_types=["card", "us_bank_account"])
    customer.open(clientSecret=intent["client_secret"])
    customer.element.get_by_label("US bank account").check()
    customer.element.get_by_label("Bank", exact=True).select_option("Enter routing and account number")
    customer.element.get_by_label("Routing number").fill("110000000")
    customer.element.get_by_label("Account number", exact=True).fill("000123456789")
    customer.element.get_by_label("Full name").fill("Jenny Rosen")
    customer.element.get_by_label("Email").fill("jenny@example.com")
    result = customer.confirm()["paymentIntent"]
    assert (result["status"], result["next_action"]["type"]) == ("requires_action", "verify_with_microdeposits")
    shop.post(f"payment_intents/{intent['id']}/verify_microdeposits", amounts=[32, 45])
    assert shop.charges(intent) == ["pending"]


def test_euros_are_debited_by_iban(customer: Customer, shop: Shop) -> None:
    intent = shop.intent(currency="eur")
    customer.open(clientSecret=intent["client_secret"])
    customer.element.get_by_label("SEPA Direct Debit").check()
    customer.element.get_by_label("IBAN").fill("DE89 3704 0044 0532 0130 00")
    customer.element.get_by_label("Full name").fill("Jenny Rosen")
    customer.element.get_by_label("Email").fill("jenny@example.com")
    assert customer.confirm()["paymentIntent"]["status"] == "processing"


@pytest.mark.parametrize("ticked", [True, False])
def test_a_method_is_saved_where_the_customer_says_so(customer: Customer, shop: Shop, ticked: bool) -> None:
    person, session = with_session(
        shop, payment_method_save="enabled", payment_method_save_usage="off_session", payment_method_redisplay="enabled"
    )
    intent = shop.intent(customer=person)
    customer.open(clientSecret=intent["client_secret"], customerSessionClientSecret=session)
    customer.type_card("4242 4242 4242 4242")
    if ticked:
        customer.element.get_by_label("Save payment details").check()
    assert customer.confirm()["paymentIntent"]["status"] == "succeeded"
    saved = shop.get(f"customers/{person}/payment_methods")["data"]
    assert [method["allow_redisplay"] for method in saved] == (["always"] if ticked else [])
    assert shop.get(f"payment_intents/{intent['id']}")["setup_future_usage"] == ("off_session" if ticked else None)
    if ticked:
        again = shop.intent(amount=900, customer=person)
        customer.open(clientSecret=again["client_secret"], customerSessionClientSecret=session)
        expect(customer.element.get_by_label("visa ···· 4242")).to_be_checked()
        assert customer.confirm()["paymentIntent"]["payment_method"] == saved[0]["id"]
        assert len(shop.get(f"customers/{person}/payment_methods")["data"]) == 1


def test_saving_is_offered_only_by_a_session(customer: Customer, shop: Shop) -> None:
    intent = shop.intent()
    customer.open(clientSecret=intent["client_secret"])
    expect(customer.element.get_by_label("Card number")).to_be_visible()
    expect(customer.element.get_by_label("Save payment details")).to_be_hidden()


def test_a_card_is_set_up_for_later(customer: Customer, shop: Shop) -> None:
    person = shop.post("customers", email="jenny@example.com")["id"]
    intent = shop.post("setup_intents", customer=person)
    customer.open(clientSecret=intent["client_secret"])
    customer.type_card(ASKING)
    customer.start(CONFIRM.format(kind="Setup"))
    customer.challenge.get_by_role("button", name="Complete authentication").click()
    assert customer.finish()["setupIntent"]["status"] == "succeeded"
    customer.start(f"stripe.retrieveSetupIntent('{intent['client_secret']}')")
    assert customer.finish()["setupIntent"]["id"] == intent["id"]
    assert len(shop.get(f"customers/{person}/payment_methods")["data"]) == 1


def test_an_element_before_there_is_an_intent(customer: Customer, shop: Shop) -> None:
    customer.open(mode="payment", amount=1500, currency="usd")
    intent = shop.intent()
    later = f"stripe.confirmPayment({{ elements, clientSecret: '{intent['client_secret']}', redirect: 'if_required' }})"
    customer.type_card("4242 4242 4242 4242")
    customer.start(later)
    assert "elements.submit() must be called" in customer.finish()["thrown"]
    customer.start(f"elements.submit().then(() => {later})")
    assert customer.finish()["paymentIntent"]["status"] == "succeeded"
    assert shop.charges(intent) == ["succeeded"]


def test_a_network_that_fails_is_an_error_and_not_an_answer(customer: Customer, shop: Shop) -> None:
    intent = shop.intent()
    customer.open(clientSecret=intent["client_secret"])
    customer.type_card("4242 4242 4242 4242")
    customer.page.route(re.compile(r"/confirm$"), lambda route: route.abort())
    assert customer.confirm()["error"]["type"] == "api_connection_error"
    customer.page.unroute(re.compile(r"/confirm$"))
    assert shop.charges(intent) == []
    assert customer.confirm()["paymentIntent"]["status"] == "succeeded"
    customer.complaints.remove("Failed to load resource: net::ERR_FAILED")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"setup_future_usage": "off_session"}, "payment_method_save_usage"),
        ({}, "does not match any associated payment_intent"),
    ],
)
def test_what_cannot_be_shown_says_so(customer: Customer, shop: Shop, change: Json, words: str) -> None:
    person, session = with_session(shop, payment_method_save="enabled", payment_method_save_usage="off_session")
    intent = shop.intent(customer=person, **change)
    secret = intent["client_secret"] if change else intent["client_secret"] + "x"
    customer.open(clientSecret=secret, customerSessionClientSecret=session)
    (event, payload), *_ = customer.page.evaluate("() => seen")
    assert event == "loaderror"
    assert words in payload["error"]["message"]
    assert any(words in complaint for complaint in customer.complaints)
    customer.complaints.clear()


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("Stripe('sk_test_x')", "You used a secret key"),
        ("Stripe('pk_live_x')", "test keys (pk_test_…) only"),
        ("Stripe('')", "You used an empty string"),
        ("Stripe('pk_test_x').elements()", "must pass a clientSecret"),
        ("Stripe('pk_test_x').elements({clientSecret: 'pi_1'})", "of the form"),
        ("Stripe('pk_test_x').retrievePaymentIntent('seti_1_secret_2')", "another kind of intent"),
    ],
)
def test_wrong_calls_are_told_so(customer: Customer, shop: Shop, script: str, words: str) -> None:
    customer.page.goto(shop.url)
    outcome = customer.page.evaluate(
        f"async () => {{ try {{ await {script}; }} catch (error) {{ return error.message; }} }}"
    )
    assert words in outcome


def test_the_element_takes_the_pages_look_and_language(customer: Customer, shop: Shop) -> None:
    look = {"theme": "night", "variables": {"colorPrimary": "rgb(1, 2, 3)"}}
    customer.open(clientSecret=shop.intent()["client_secret"], locale="ar", appearance=look)
    root = customer.element.locator("html")
    expect(root).to_have_attribute("dir", "rtl")
    expect(root).to_have_attribute("data-theme", "night")
    assert root.evaluate("html => getComputedStyle(html).getPropertyValue('--primary')") == "rgb(1, 2, 3)"


def test_an_element_that_is_taken_away_is_gone(customer: Customer, shop: Shop) -> None:
    customer.open(clientSecret=shop.intent()["client_secret"])
    customer.page.evaluate("() => payment.unmount()")
    expect(customer.page.locator(f"iframe[title='{ELEMENT}']")).to_have_count(0)
    customer.start(CONFIRM.format(kind="Payment"))
    assert "still mounted" in customer.finish()["thrown"]
