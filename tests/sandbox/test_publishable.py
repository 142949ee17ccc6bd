"""What publishable keys may do: look at and confirm the one intent whose client secret is known."""

from __future__ import annotations

import pytest

from sandbox.api import Api, Json
from stripe_sandbox import StripeSandboxError
from stripe_sandbox.resources import RESOURCES

KEY = "pk_test_page"
ALLOWED = {
    "GET /v1/payment_intents/{intent}",
    "POST /v1/payment_intents/{intent}/confirm",
    "POST /v1/payment_intents/{intent}/verify_microdeposits",
    "GET /v1/setup_intents/{intent}",
    "POST /v1/setup_intents/{intent}/confirm",
    "POST /v1/setup_intents/{intent}/verify_microdeposits",
    "POST /v1/payment_methods",
}


def page(api: Api, method: str, path: str, **params: object) -> Json:
    return api.sandbox.call(method, f"/v1/{path}", params, key=KEY)


def refused(api: Api, method: str, path: str, **params: object) -> StripeSandboxError:
    with pytest.raises(StripeSandboxError) as caught:
        page(api, method, path, **params)
    return caught.value


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture
def intent(api: Api) -> Json:
    return api.post("payment_intents", amount=1500, currency="usd", customer=api.customer(), metadata={"a": "b"})


def test_nothing_else_is_open_to_them(api: Api, intent: Json) -> None:
    routes = [route for resource in RESOURCES for route in resource.routes]
    assert {f"{r.method} {r.path}" for r in routes if r.publishable is not None} == ALLOWED
    for method, path in (("GET", "customers"), ("POST", f"payment_intents/{intent['id']}"), ("GET", "payment_methods")):
        error = refused(api, method, path)
        assert (error.status, error.error["code"]) == (401, "secret_key_required")


@pytest.mark.parametrize("kind", ["payment_intents", "setup_intents"])
def test_an_intent_opens_by_its_client_secret_only(api: Api, kind: str) -> None:
    params: Json = {"amount": 1500, "currency": "usd"} if kind == "payment_intents" else {}
    one, other = api.post(kind, **params), api.post(kind, **params)
    path = f"{kind}/{one['id']}"
    assert page(api, "GET", path, client_secret=one["client_secret"])["id"] == one["id"]
    assert refused(api, "GET", path).error["code"] == "parameter_missing"
    assert refused(api, "GET", path, client_secret=other["client_secret"]).status == 404
    confirm = {"payment_method": "pm_card_visa"}
    assert refused(api, "POST", f"{path}/confirm", **confirm).error["param"] == "client_secret"
    assert refused(api, "POST", f"{path}/confirm", **confirm, client_secret=other["client_secret"]).status == 404
    assert api.get(path)["status"] == "requires_payment_method"


def test_they_see_no_more_than_the_page_needs(api: Api, intent: Json) -> None:
    secret = intent["client_secret"]
    seen = page(api, "GET", f"payment_intents/{intent['id']}", client_secret=secret, expand=["payment_method"])
    assert not {"customer", "metadata", "latest_charge", "transfer_data"} & seen.keys()
    error = refused(api, "GET", f"payment_intents/{intent['id']}", client_secret=secret, expand=["customer"])
    assert error.error["param"] == "expand"
    declined = refused(
        api,
        "POST",
        f"payment_intents/{intent['id']}/confirm",
        client_secret=secret,
        payment_method="pm_card_chargeDeclined",
    ).error
    assert declined["payment_intent"]["status"] == "requires_payment_method"
    assert not {"customer", "metadata"} & declined["payment_intent"].keys()


def test_they_do_not_say_that_nobody_is_there(api: Api, intent: Json) -> None:
    params = {"client_secret": intent["client_secret"], "payment_method": "pm_card_visa"}
    path = f"payment_intents/{intent['id']}/confirm"
    for forbidden in ({"off_session": True}, {"error_on_requires_action": True}):
        assert refused(api, "POST", path, **params, **forbidden).error["param"] in forbidden
    assert page(api, "POST", path, **params, setup_future_usage="off_session")["status"] == "succeeded"


def test_what_they_make_belongs_to_nobody_yet(api: Api) -> None:
    card = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2034, "cvc": "123"}
    made = page(api, "POST", "payment_methods", type="card", card=card, allow_redisplay="always")
    assert (made["customer"], made["allow_redisplay"]) == (None, "always")
    assert refused(api, "GET", f"payment_methods/{made['id']}").status == 401
