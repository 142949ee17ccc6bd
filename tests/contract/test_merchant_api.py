"""The merchant API: JSON in and out, by a bearer key."""

from __future__ import annotations

import jsonschema
import pytest

from invoice_portal.routes import MERCHANT_ROUTES, OWN_ROUTES
from support.accounts import Account
from support.moments import DAY, NOW
from support.portals import API_KEY, OTHER_API_KEY, Mount

ANNA = "anna@example.com"


def test_a_session_is_made_shown_and_ended(shared: Mount, account: Account) -> None:
    portal, customer = shared(), account.customer(ANNA)
    api = portal.browser().api
    made = api("POST", f"/customers/{customer}/portal_sessions", {"expires_in_minutes": 10})
    assert made.status == 200
    assert set(made.json) == {"id", "customer_id", "created_at", "expires_at", "url"}
    assert made.json["expires_at"] == NOW + 600
    browser = portal.browser()
    assert browser.get(made.json["url"]).status == 303
    shown = api("GET", f"/portal_sessions/{made.json['id']}")
    assert (shown.json["state"], shown.json["uses"]) == ("active", 1)
    assert "url" not in shown.json
    assert api("POST", f"/portal_sessions/{made.json['id']}/revoke").json["state"] == "revoked"
    assert browser.get("/").status == 401


@pytest.mark.parametrize("kind", ["invoice", "portal"])
def test_a_link_is_made_shown_refreshed_and_revoked(shared: Mount, account: Account, kind: str) -> None:
    portal, customer = shared(), account.customer(ANNA)
    api = portal.browser().api
    invoice = account.open(customer, due_date=NOW + DAY)
    path = f"/invoices/{invoice}/link" if kind == "invoice" else f"/customers/{customer}/portal_link"
    assert api("GET", path).status == 404
    made = api("POST", path, {"actions": ["view"], "max_uses": 3}).json
    url = made["url"] if kind == "invoice" else made["portal_url"]
    shown = api("GET", path).json
    assert (shown["url"], shown["actions"], shown["max_uses"]) == (url, ["view"], 3)
    assert shown["created_by"] == "merchant API, key 1"
    refreshed = api("POST", f"{path}/refresh").json
    assert refreshed["url"] != url
    revoked = api("POST", f"{path}/revoke").json
    assert (revoked["state"], revoked["url"]) == ("revoked", None)
    assert portal.browser().get(refreshed["url"]).status == 401
    whole = api("GET", f"/customers/{customer}").json
    assert whole["portal_url"] is None
    assert len(whole["invoice_links"]) == (kind == "invoice")


def test_only_a_known_key_is_let_in(shared: Mount, account: Account) -> None:
    portal, customer = shared(), account.customer(ANNA)
    path = f"/customers/{customer}/portal_sessions"
    browser = portal.browser()
    for key in (None, "x", "wrong", "a key of the merchant API, 32 characters or mor"):
        refused = browser.api("POST", path, key=key)
        assert refused.status == 401
        assert refused.headers["www-authenticate"] == "Bearer"
        assert refused.json["error"]["type"] == "Unauthorized"
    assert browser.api("POST", path, key=OTHER_API_KEY).status == 200
    without = shared(merchant_api_keys=[]).browser()
    assert without.api("POST", path, key=None).status == 404


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"expires_in_minutes": 181}, "from 1 to 180"),
        ({"expires_in_minutes": "60"}, "integer"),
        ({"expires_in_minutes": True}, "integer"),
        ({"invalidate_existing": 0}, "boolean"),
        ({"actions": "view"}, "array"),
        ({"actions": ["fly", "view"]}, "no action"),
        ({"minutes": 5}, "'minutes' is not known"),
        ([1], "JSON object"),
    ],
)
def test_what_makes_no_sense_is_named(shared: Mount, account: Account, body: object, message: str) -> None:
    customer = account.customer(ANNA)
    answer = shared().browser().api("POST", f"/customers/{customer}/portal_sessions", body)
    assert answer.status == 400
    assert message in answer.json["error"]["message"]


def test_nesting_without_an_end_is_a_bad_request(shared: Mount, account: Account) -> None:
    path = f"/api/customers/{account.customer(ANNA)}/portal_sessions"
    headers = {"Authorization": f"Bearer {API_KEY}"}
    answer = shared().browser().send("POST", path, headers=headers, content=b"[" * 60_000)
    assert answer.status == 400
    assert "nested" in answer.json["error"]["message"]


def test_what_is_not_there_is_404_in_json(shared: Mount) -> None:
    api = shared().browser().api
    for method, path in (
        ("POST", "/customers/cus_missing/portal_sessions"),
        ("POST", "/customers/cus_missing/portal_link"),
        ("POST", "/invoices/in_missing/link"),
        ("POST", "/invoices/in_missing/link/refresh"),
        ("POST", "/invoices/in_missing/link/revoke"),
        ("POST", "/invoices/cus_1/link"),
        ("GET", "/portal_sessions/ps_missing"),
    ):
        answer = api(method, path)
        assert (answer.status, answer.json["error"]["type"]) == (404, "NotFound"), path


def test_without_a_public_address_the_operator_is_told(shared: Mount, account: Account) -> None:
    answer = shared(public_url="").browser().api("POST", f"/customers/{account.customer(ANNA)}/portal_sessions")
    assert answer.status == 500
    assert "public_url is missing" in answer.json["error"]["message"]


def test_the_document_describes_every_route_and_the_answers_hold_to_it(shared: Mount, account: Account) -> None:
    portal, customer = shared(), account.customer(ANNA)
    api = portal.browser().api
    document = api("GET", "/openapi.json", key=None).json
    assert document["openapi"].startswith("3.1")
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert described == {(route.methods[0], route.path) for route in (*MERCHANT_ROUTES, *OWN_ROUTES)}
    invoice = account.open(customer)
    made = api("POST", f"/customers/{customer}/portal_sessions").json
    args = {"customer": customer, "invoice": invoice, "session": made["id"]}
    for route in sorted(MERCHANT_ROUTES, key=lambda route: ("/re" in route.path, route.methods[0] == "GET")):
        answer = api(route.methods[0], route.path.removeprefix("/api").format(**args))
        assert answer.status == 200, route.path
        operation = document["paths"][route.path][route.methods[0].lower()]
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        jsonschema.validate(answer.json, schema)
        assert set(answer.json) == set(schema["properties"])
