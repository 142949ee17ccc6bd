"""The pages that intents lead to, and what is kept when a subscription's invoice is paid."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from sandbox.api import Api, Json
from stripe_sandbox import Request, Response
from stripe_sandbox.front import respond

BACK = "https://shop.example/done?order=7"


@pytest.fixture
def api() -> Api:
    return Api()


def visit(api: Api, url: str, form: str = "") -> Response:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return respond(api.sandbox, Request("POST" if form else "GET", urlsplit(url).path, "", headers, form.encode()))


def asked(api: Api, kind: str, **params: object) -> Json:
    usual: Json = {"amount": 1500, "currency": "usd"} if kind == "payment_intents" else {}
    return api.post(kind, payment_method="pm_card_authenticationRequired", confirm=True, **usual, **params)


@pytest.mark.parametrize("kind", ["payment_intents", "setup_intents"])
@pytest.mark.parametrize(("answer", "outcome"), [("confirm", "succeeded"), ("refuse", "failed")])
def test_a_bank_asks_by_redirect_and_leads_back(api: Api, kind: str, answer: str, outcome: str) -> None:
    intent = asked(api, kind, return_url=BACK)
    action = intent["next_action"]
    assert (action["type"], action["redirect_to_url"]["return_url"]) == ("redirect_to_url", BACK)
    page = visit(api, action["redirect_to_url"]["url"])
    assert page.status == 200
    assert "form-action 'self' https://shop.example;" in page.headers["Content-Security-Policy"]
    for _ in range(2):  # an answer that comes twice changes nothing
        done = visit(api, action["redirect_to_url"]["url"], f"answer={answer}")
        assert done.status == 303
        query = parse_qs(urlsplit(done.headers["Location"]).query)
        assert query["order"] == ["7"]
        assert query[kind[:-1]] == [intent["id"]]
        assert query["redirect_status"] == [outcome]
    status = api.get(f"{kind}/{intent['id']}")["status"]
    assert status == ("succeeded" if answer == "confirm" else "requires_payment_method")
    assert visit(api, action["redirect_to_url"]["url"]).status == 303


def test_with_stripe_js_the_bank_asks_on_the_page(api: Api) -> None:
    assert asked(api, "payment_intents", return_url=BACK, use_stripe_sdk=True)["next_action"]["type"] == (
        "use_stripe_sdk"
    )
    assert asked(api, "setup_intents")["next_action"]["type"] == "use_stripe_sdk"


@pytest.mark.parametrize("url", ["nonsense", "javascript:alert(1)", "https://a;b/", "https://a b/", "https://a/\nx"])
def test_nothing_but_an_address_is_led_back_to(api: Api, url: str) -> None:
    params: Json = {"amount": 1500, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}
    error = api.refused("POST", "payment_intents", **params, return_url=url)
    assert error.error["code"] == "url_invalid"


def test_small_deposits_are_named_on_a_page(api: Api) -> None:
    account = {"account_number": "000123456789", "routing_number": "110000000"}
    typed = api.post("payment_methods", type="us_bank_account", us_bank_account=account)["id"]
    intent = api.post(
        "payment_intents",
        amount=1500,
        currency="usd",
        payment_method=typed,
        payment_method_types=["us_bank_account"],
        confirm=True,
    )
    url = intent["next_action"]["verify_with_microdeposits"]["hosted_verification_url"]
    assert b"The two amounts" in visit(api, url).body
    assert visit(api, url, "amounts=1+2").status == 402
    assert visit(api, url, "amounts=32+45").status == 303
    assert b"is verified" in visit(api, url).body
    assert api.get(f"payment_intents/{intent['id']}")["status"] == "processing"


def test_links_to_nothing_lead_nowhere(api: Api) -> None:
    assert [visit(api, f"/hosted/{name}/nonsense").status for name in ("authenticate", "microdeposits")] == [404, 404]


@pytest.mark.parametrize(("saves", "kept"), [("on_subscription", True), ("off", False)])
def test_what_pays_a_subscription_becomes_its_default(api: Api, saves: str, kept: bool) -> None:
    customer = api.customer("pm_card_visa")
    other = api.card(customer, "pm_card_mastercard", default=False)
    subscription = api.subscribe(customer, payment_settings={"save_default_payment_method": saves})
    assert (subscription["default_payment_method"] is not None) == kept
    api.advance(32 * 24 * 60 * 60)
    late = api.issued(customer, 500)
    api.post(f"invoices/{late}/pay", payment_method=other)
    after = api.get(f"subscriptions/{subscription['id']}")["default_payment_method"]
    assert after == subscription["default_payment_method"]  # an invoice of its own is none of its business
