"""Customer portal sessions: what is refused, and that their page does what the flow says."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from sandbox.api import Api
from stripe_sandbox import hosted
from stripe_sandbox.http import Request, Response


def session(api: Api, customer: str, **params: Any) -> str:
    """The path of a new session's page."""
    return urlsplit(api.post("billing_portal/sessions", customer=customer, **params)["url"]).path


def visit(api: Api, path: str, **form: str) -> Response:
    method = "POST" if form else "GET"
    return hosted.respond(api.sandbox, Request(method, path, body=urlencode(form).encode()))


@pytest.fixture
def plan(api: Api) -> dict[str, Any]:
    return api.subscribe(api.customer("pm_card_visa"))


def flow(type: str, **params: Any) -> dict[str, Any]:
    return {"type": type, type: params} if params else {"type": type}


def test_a_card_is_saved_as_default(api: Api) -> None:
    customer = api.customer()
    path = session(api, customer, flow_data=flow("payment_method_update"))
    assert b"Card number" in visit(api, path).body
    declined = visit(api, path, number="4000000000000002", expiry="12/34", cvc="123")
    assert (declined.status, b"declined" in declined.body) == (402, True)
    assert visit(api, path, number="4242424242424242", expiry="12/34", cvc="123").status == 200
    (card,) = api.get(f"customers/{customer}/payment_methods")["data"]
    assert api.get(f"customers/{customer}")["invoice_settings"]["default_payment_method"] == card["id"]


def test_a_subscription_is_cancelled_at_its_periods_end(api: Api, plan: dict[str, Any]) -> None:
    path = session(api, plan["customer"], flow_data=flow("subscription_cancel", subscription=plan["id"]))
    assert b"Cancel the subscription" in visit(api, path).body
    visit(api, path, answer="cancel")
    assert api.get(f"subscriptions/{plan['id']}")["cancel_at_period_end"] is True


def test_an_offer_is_taken_instead_of_cancelling(api: Api, plan: dict[str, Any]) -> None:
    off = api.post("coupons", percent_off=20, duration="forever")["id"]
    retention = {"type": "coupon_offer", "coupon_offer": {"coupon": off}}
    wish = flow("subscription_cancel", subscription=plan["id"], retention=retention)
    visit(api, session(api, plan["customer"], flow_data=wish), answer="keep")
    kept = api.get(f"subscriptions/{plan['id']}", expand=["discounts"])
    assert (kept["cancel_at_period_end"], kept["discounts"][0]["source"]["coupon"]) == (False, off)


def test_a_change_is_confirmed_and_leads_back(api: Api, plan: dict[str, Any]) -> None:
    item = plan["items"]["data"][0]["id"]
    wish = flow("subscription_update_confirm", subscription=plan["id"], items=[{"id": item, "quantity": 4}])
    wish["after_completion"] = {"type": "redirect", "redirect": {"return_url": "https://example.com/back"}}
    done = visit(api, session(api, plan["customer"], flow_data=wish), answer="confirm")
    assert done.headers["Refresh"] == "0; url=https://example.com/back"
    assert api.get(f"subscriptions/{plan['id']}")["items"]["data"][0]["quantity"] == 4


def test_another_plan_is_chosen(api: Api, plan: dict[str, Any]) -> None:
    larger = api.price(9000, "Large")
    product = api.get(f"prices/{larger}")["product"]
    products = [{"product": product, "prices": [larger]}]
    update = {"enabled": True, "default_allowed_updates": ["price"], "products": products}
    made = api.post("billing_portal/configurations", features={"subscription_update": update})["id"]
    wish = flow("subscription_update", subscription=plan["id"])
    path = session(api, plan["customer"], configuration=made, flow_data=wish)
    assert visit(api, path, answer="price_of_something_else").status == 402
    visit(api, path, answer=larger)
    assert api.get(f"subscriptions/{plan['id']}")["items"]["data"][0]["price"]["id"] == larger


def test_the_link_expires(api: Api) -> None:
    path = session(api, api.customer())
    assert visit(api, path).status == 200
    api.advance(3600)
    assert visit(api, path).status == 404
    assert visit(api, "/hosted/portal/unknown").status == 404


def test_what_is_not_the_customers_or_not_offered_is_refused(api: Api, plan: dict[str, Any]) -> None:
    path = "billing_portal/sessions"
    wish = flow("subscription_cancel", subscription=plan["id"])
    assert api.refused("POST", path, customer=api.customer(), flow_data=wish).status == 400
    off = api.post("billing_portal/configurations", features={"invoice_history": {"enabled": True}})["id"]
    customer = plan["customer"]
    refused = api.refused("POST", path, customer=customer, configuration=off, flow_data=wish)
    assert refused.error["param"] == "flow_data[type]"
    assert api.refused("POST", path, customer=customer, return_url="javascript:alert(1)").status == 400
    assert api.refused("POST", path, customer=customer, flow_data={"type": "subscription_cancel"}).status == 400
    item = plan["items"]["data"][0]["id"]
    update = flow("subscription_update_confirm", subscription=plan["id"], items=[{"id": item}, {"id": item}])
    assert api.refused("POST", path, customer=customer, flow_data=update).status == 400
