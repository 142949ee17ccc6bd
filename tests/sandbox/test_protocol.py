"""The protocol around the resources: keys, permissions, errors in Stripe's words, idempotency, versions."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from sandbox.api import NOW, Api
from stripe_sandbox import Request, Response, Sandbox

KEY = "sk_test_1234567890abcdef"


def send(sandbox: Sandbox, method: str, path: str, body: str = "", **headers: str) -> Response:
    head = {"Authorization": f"Bearer {KEY}"} | {name.replace("_", "-"): value for name, value in headers.items()}
    if method == "GET":
        return sandbox.handle(Request(method, path, body, head))
    return sandbox.handle(Request(method, path, "", head, body.encode()))


def error(response: Response) -> dict[str, Any]:
    found: dict[str, Any] = response.json()["error"]
    return found


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(seed=1, now=NOW)


# Keys


@pytest.mark.parametrize("key", ["sk_test_abc", "rk_test_abc"])
def test_test_keys_are_taken(sandbox: Sandbox, key: str) -> None:
    assert send(sandbox, "GET", "/v1/customers", Authorization=f"Bearer {key}").status == 200
    basic = base64.b64encode(f"{key}:".encode()).decode()
    assert send(sandbox, "GET", "/v1/customers", Authorization=f"Basic {basic}").status == 200


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("", "You did not provide an API key."),
        ("Bearer ", "You did not provide an API key."),
        ("Basic ???", "You did not provide an API key."),
        ("Bearer sk_live_51secret", "it takes test keys (sk_test_…, rk_test_…) only"),
        ("Bearer rk_live_51secret", "it takes test keys"),
        ("Bearer pk_test_51public", "cannot be made with a publishable API key"),
        ("Bearer nonsense-0123456789", "Invalid API Key provided: ***************6789"),
    ],
)
def test_all_others_are_refused(sandbox: Sandbox, header: str, words: str) -> None:
    response = send(sandbox, "GET", "/v1/customers", Authorization=header)
    assert (response.status, error(response)["type"]) == (401, "invalid_request_error")
    assert words in error(response)["message"]
    assert "51secret" not in response.body.decode()


def test_a_restricted_key_is_told_which_permission_it_lacks(sandbox: Sandbox) -> None:
    sandbox.restrict("rk_test_reader", ["rak_invoice_read", "customer_write"])

    def status(method: str, path: str) -> int:
        return send(sandbox, method, path, Authorization="Bearer rk_test_reader").status

    assert [status("GET", "/v1/invoices"), status("POST", "/v1/customers"), status("GET", "/v1/customers")] == [200] * 3
    for method, path, permission in (
        ("POST", "/v1/invoices", "rak_invoice_write"),
        ("GET", "/v1/prices", "rak_plan_read"),
        ("GET", "/v1/subscriptions", "rak_subscription_read"),
        ("GET", "/v1/credit_notes", "rak_credit_note_read"),
    ):
        refused = send(sandbox, method, path, Authorization="Bearer rk_test_reader")
        assert refused.status == 403
        assert error(refused)["type"] == "invalid_request_error"
        assert error(refused)["message"] == (
            "The provided key 'rk_test_******' does not have the required permissions for this endpoint on account "
            f"'{sandbox.account['id']}'. Having the '{permission}' permission would allow this request to continue."
        )


def test_another_account_is_refused(sandbox: Sandbox) -> None:
    refused = send(sandbox, "GET", "/v1/customers", Stripe_Account="acct_other")
    assert (refused.status, error(refused)["code"]) == (403, "account_invalid")
    assert send(sandbox, "GET", "/v1/customers", Stripe_Account=sandbox.account["id"]).status == 200


# Headers


def test_each_answer_bears_its_request_id_and_version(sandbox: Sandbox) -> None:
    first, second = (send(sandbox, "GET", "/v1/customers") for _ in range(2))
    assert first.headers["Request-Id"].startswith("req_")
    assert first.headers["Request-Id"] != second.headers["Request-Id"]
    assert first.headers["Stripe-Version"] == "2026-05-27.dahlia"
    assert send(sandbox, "GET", "/v1/nothing").headers["Request-Id"].startswith("req_")
    asked = send(sandbox, "GET", "/v1/customers", Stripe_Version="2026-10-28.endive")
    assert asked.headers["Stripe-Version"] == "2026-10-28.endive"


# Errors


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        (
            "GET",
            "/v1/customers/cus_none",
            "",
            (404, "resource_missing", "id", "No such customer: 'cus_none'"),
        ),
        (
            "GET",
            "/v1/invoices/in_none",
            "",
            (404, "resource_missing", "invoice", "No such invoice: 'in_none'"),
        ),
        (
            "GET",
            "/v1/invoices",
            "customer=cus_none",
            (400, "resource_missing", "customer", "No such customer: 'cus_none'"),
        ),
        (
            "POST",
            "/v1/customers",
            "nmae=x",
            (400, "parameter_unknown", "nmae", "Received unknown parameter: nmae. Did you mean name?"),
        ),
        (
            "POST",
            "/v1/customers",
            "foo=1&bar=2",
            (400, "parameter_unknown", "foo", "Received unknown parameters: foo, bar"),
        ),
        (
            "POST",
            "/v1/customers",
            "address[street]=x",
            (400, "parameter_unknown", "address[street]", "Received unknown parameter: address[street]"),
        ),
        (
            "POST",
            "/v1/customers",
            "balance=ten",
            (400, "parameter_invalid_integer", "balance", "Invalid integer: ten"),
        ),
        (
            "POST",
            "/v1/customers",
            "email=nobody",
            (400, "email_invalid", "email", "Invalid email address: nobody"),
        ),
        (
            "POST",
            "/v1/tax_rates",
            "display_name=VAT&percentage=19",
            (400, "parameter_missing", "inclusive", "Missing required param: inclusive."),
        ),
        (
            "POST",
            "/v1/prices",
            "currency=usd&recurring[interval_count]=1",
            (400, "parameter_missing", "recurring[interval]", "Missing required param: recurring[interval]."),
        ),
        (
            "GET",
            "/v1/invoices",
            "status=late",
            (400, None, "status", "Invalid status: must be one of draft, open, paid, uncollectible, or void"),
        ),
        (
            "GET",
            "/v1/invoices",
            "collection_method=x",
            (
                400,
                None,
                "collection_method",
                "Invalid collection_method: must be one of charge_automatically or send_invoice",
            ),
        ),
        (
            "GET",
            "/v1/invoices",
            "limit=0",
            (400, "parameter_invalid_integer", "limit", "This value must be greater than or equal to 1."),
        ),
        (
            "GET",
            "/v1/invoices",
            "limit=101",
            (400, "parameter_invalid_integer", "limit", "This value must be less than or equal to 100."),
        ),
        ("POST", "/v1/tax_rates", "active=maybe", (400, None, "active", "Invalid boolean: maybe")),
        ("POST", "/v1/customers", "name[a]=x", (400, None, "name", 'Invalid string: {"a"=>"x"}')),
        ("POST", "/v1/customers", "address=x", (400, None, "address", "Invalid object")),
        ("POST", "/v1/customers", "preferred_locales=de", (400, None, "preferred_locales", "Invalid array")),
    ],
)
def test_parameters_are_refused_in_stripes_words(
    sandbox: Sandbox, method: str, path: str, body: str, expected: tuple[int, str | None, str, str]
) -> None:
    response = send(sandbox, method, path, body)
    found = error(response)
    assert (response.status, found.get("code"), found.get("param"), found["message"]) == expected
    assert found["type"] == "invalid_request_error"
    if found.get("code"):
        assert found["doc_url"] == f"https://stripe.com/docs/error-codes/{found['code'].replace('_', '-')}"


def test_an_empty_value_that_cannot_be_unset_is_refused(sandbox: Sandbox) -> None:
    found = error(send(sandbox, "GET", "/v1/invoices", "customer="))
    assert found["code"] == "parameter_invalid_empty"
    assert found["message"].startswith("You passed an empty string for 'customer'. We assume empty values are")


def test_an_unknown_url_is_refused(sandbox: Sandbox) -> None:
    for method, path in (("GET", "/v1/unicorns"), ("PUT", "/v1/customers"), ("GET", "/v1/customers/")):
        refused = send(sandbox, method, path)
        assert refused.status == 404
        assert error(refused)["message"].startswith(f"Unrecognized request URL ({method}: {path}).")


def test_a_fault_of_the_sandbox_is_a_500_and_not_an_exception(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sandbox, "settle", lambda: 1 / 0)
    response = send(sandbox, "GET", "/v1/customers")
    assert (response.status, error(response)["type"]) == (500, "api_error")
    assert "ZeroDivisionError" in caplog.text


# Idempotency


def test_a_repeated_key_gets_the_first_answer(sandbox: Sandbox) -> None:
    first = send(sandbox, "POST", "/v1/customers", "name=Jenny", Idempotency_Key="k1")
    again = send(sandbox, "POST", "/v1/customers", "name=Jenny", Idempotency_Key="k1")
    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Original-Request"] == first.headers["Request-Id"]
    assert len(sandbox.call("GET", "/v1/customers")["data"]) == 1


def test_an_answer_is_replayed_as_it_was(sandbox: Sandbox) -> None:
    first = send(sandbox, "POST", "/v1/customers", "name=Jenny", Idempotency_Key="k1").json()
    sandbox.call("POST", f"/v1/customers/{first['id']}", {"name": "Changed"})
    assert send(sandbox, "POST", "/v1/customers", "name=Jenny", Idempotency_Key="k1").json()["name"] == "Jenny"


def test_a_key_serves_one_purpose(sandbox: Sandbox) -> None:
    send(sandbox, "POST", "/v1/customers", "name=Jenny", Idempotency_Key="k1")
    other = send(sandbox, "POST", "/v1/customers", "name=Jim", Idempotency_Key="k1")
    assert (other.status, error(other)["type"]) == (400, "idempotency_error")
    assert "with the same parameters they were first used with" in error(other)["message"]
    elsewhere = send(sandbox, "POST", "/v1/products", "name=Jenny", Idempotency_Key="k1")
    assert "('/v1/products' vs '/v1/customers')" in error(elsewhere)["message"]


def test_what_never_began_is_not_remembered(sandbox: Sandbox) -> None:
    assert send(sandbox, "POST", "/v1/customers", "balance=x", Idempotency_Key="k1").status == 400
    assert send(sandbox, "POST", "/v1/customers", "balance=1", Idempotency_Key="k1").status == 200


def test_a_decline_is_remembered(sandbox: Sandbox) -> None:
    api = Api(sandbox)
    invoice = api.issued(api.customer("pm_card_chargeCustomerFail"), 5000)
    answers = [send(sandbox, "POST", f"/v1/invoices/{invoice}/pay", Idempotency_Key="k1") for _ in range(2)]
    assert [answer.status for answer in answers] == [402, 402]
    assert answers[0].json() == answers[1].json()
    assert len(api.get("charges")["data"]) == 1


def test_a_key_is_forgotten_after_a_day(sandbox: Sandbox) -> None:
    first = send(sandbox, "POST", "/v1/customers", Idempotency_Key="k1").json()
    sandbox.clock.advance(24 * 60 * 60)
    assert send(sandbox, "POST", "/v1/customers", Idempotency_Key="k1").json()["id"] != first["id"]


# All or nothing


def test_what_is_refused_has_changed_nothing(sandbox: Sandbox) -> None:
    api = Api(sandbox)
    customer = api.customer("pm_card_visa", email="before@example.com")
    spent = api.post("coupons", percent_off=10, max_redemptions=1)["id"]
    api.draft(customer, 1000, discounts=[{"coupon": spent}])
    price = api.price()
    before = [api.get(path) for path in ("customers", "invoices", "subscriptions", "prices", "coupons")]
    wanted = {"customer": customer, "discounts": [{"coupon": spent}]}
    api.refused("POST", "invoices", **wanted, currency="usd")
    api.refused("POST", "subscriptions", **wanted, items=[{"price": price}], cancel_at=NOW + 60)
    api.refused("POST", f"customers/{customer}", email="after@example.com", invoice_prefix="x")
    assert [api.get(path) for path in ("customers", "invoices", "subscriptions", "prices", "coupons")] == before
    api.advance(3600)
    assert api.get("customers", email="before@example.com")["data"][0]["id"] == customer


# Determinism


def test_the_same_calls_give_the_same_account() -> None:
    def told(seed: int) -> str:
        api = Api(Sandbox(seed=seed, now=NOW))
        return json.dumps(api.get(f"invoices/{api.paid(api.customer('pm_card_visa'), 500)}", expand=["payments"]))

    assert told(1) == told(1)
    assert told(1) != told(2)


def test_reading_changes_no_identifiers(sandbox: Sandbox) -> None:
    for _ in range(3):
        sandbox.handle(Request("GET", "/v1/customers", headers={"Authorization": f"Bearer {KEY}"}))
    fresh = Sandbox(seed=1, now=NOW)
    assert sandbox.call("POST", "/v1/customers")["id"] == fresh.call("POST", "/v1/customers")["id"]
