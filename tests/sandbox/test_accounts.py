"""Versions, and accounts connected to a platform: each with data, events and idempotency keys of its own."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from sandbox.api import NOW
from stripe_sandbox import Request, Response, Sandbox
from stripe_sandbox.server import serve_in_thread


def send(sandbox: Sandbox, method: str, path: str, body: str = "", **headers: str) -> Response:
    head = {"Authorization": "Bearer sk_test_x"} | {name.replace("_", "-"): text for name, text in headers.items()}
    return sandbox.handle(Request(method, path, "", head, body.encode()))


@pytest.fixture
def platform() -> Sandbox:
    return Sandbox(seed=1, now=NOW)


def names(sandbox: Sandbox, **headers: str) -> list[Any]:
    return [item["name"] for item in send(sandbox, "GET", "/v1/customers", **headers).json()["data"]]


@pytest.mark.parametrize("header", ["Stripe_Account", "Stripe_Context"])
def test_each_account_has_data_of_its_own(platform: Sandbox, header: str) -> None:
    one, other = platform.connect("One"), platform.connect("Other", id="acct_other")
    for name, headers in (("P", {}), ("1", {header: one.account["id"]}), ("2", {header: "acct_other"})):
        assert send(platform, "POST", "/v1/customers", f"name={name}", **headers).status == 200
    assert names(platform) == ["P"]
    assert names(platform, **{header: one.account["id"]}) == ["1"]
    assert names(platform, **{header: "acct_other"}) == ["2"]
    assert send(platform, "GET", "/v1/account", **{header: "acct_other"}).json()["id"] == "acct_other"
    refused = send(platform, "GET", "/v1/customers", **{header: "acct_none"})
    assert (refused.status, refused.json()["error"]["code"]) == (403, "account_invalid")
    assert other.store.all("customer")[0]["name"] == "2"


def test_identifiers_differ_between_accounts_and_not_between_runs(platform: Sandbox) -> None:
    def ids(sandbox: Sandbox) -> list[str]:
        everyone = (sandbox, sandbox.connect(), sandbox.connect())
        return [str(each.call("POST", "/v1/customers")["id"]) for each in everyone]

    first = ids(platform)
    assert len(set(first)) == 3
    assert ids(Sandbox(seed=1, now=NOW)) == first


def test_an_idempotency_key_is_an_accounts_own(platform: Sandbox) -> None:
    platform.connect(id="acct_other")
    first = send(platform, "POST", "/v1/customers", "name=a", Idempotency_Key="k").json()
    other = send(platform, "POST", "/v1/customers", "name=b", Idempotency_Key="k", Stripe_Account="acct_other")
    assert (other.status, other.json()["name"], first["name"]) == (200, "b", "a")


def test_a_restricted_key_is_restricted_in_all_accounts(platform: Sandbox) -> None:
    platform.connect(id="acct_other")
    platform.restrict("rk_test_x", ["invoice_read"])
    headers = {"Authorization": "Bearer rk_test_x", "Stripe_Account": "acct_other"}
    assert send(platform, "GET", "/v1/invoices", **headers).status == 200
    refused = send(platform, "GET", "/v1/customers", **headers)
    assert refused.status == 403
    assert "on account 'acct_other'" in refused.json()["error"]["message"]


def test_one_clock_moves_all_accounts(platform: Sandbox) -> None:
    account = platform.connect()
    customer = account.call("POST", "/v1/customers", {"name": "a"})["id"]
    draft = account.call("POST", "/v1/invoices", {"customer": customer, "auto_advance": True})["id"]
    platform.clock.advance(3600)
    assert account.call("GET", f"/v1/invoices/{draft}")["status"] != "draft"


def test_events_say_whose_they_are_and_reach_the_platforms_connect_endpoints(platform: Sandbox) -> None:
    account = platform.connect()
    url = "http://127.0.0.1:9/hook"
    for connect in (True, False):
        platform.call(
            "POST", "/v1/webhook_endpoints", {"url": url, "enabled_events": ["customer.created"], "connect": connect}
        )
    account.call("POST", "/v1/customers", {"name": "a"})
    sent = platform.webhooks.take(NOW)
    assert len(sent) == 1
    assert f'"account": "{account.account["id"]}"'.encode() in sent[0].body
    assert platform.call("GET", "/v1/events")["data"] == []
    assert account.call("GET", "/v1/events")["data"][0]["account"] == account.account["id"]


def test_a_connected_accounts_own_endpoints_get_its_events(platform: Sandbox) -> None:
    account = platform.connect()
    url = "http://127.0.0.1:9/hook"
    account.call("POST", "/v1/webhook_endpoints", {"url": url, "enabled_events": ["customer.created"]})
    platform.call("POST", "/v1/customers")
    account.call("POST", "/v1/customers")
    assert [delivery.type for delivery in account.webhooks.take(NOW)] == ["customer.created"]


def test_the_platform_sees_its_accounts(platform: Sandbox) -> None:
    ids = [platform.connect(name).account["id"] for name in ("One", "Two")]
    assert [each["id"] for each in platform.call("GET", "/v1/accounts")["data"]] == ids[::-1]
    assert platform.call("GET", f"/v1/accounts/{ids[0]}")["business_profile"]["name"] == "One"
    assert platform.call("GET", f"/v1/accounts/{platform.account['id']}") == platform.call("GET", "/v1/account")
    assert send(platform, "GET", "/v1/accounts/acct_none").status == 403


def test_the_sdk_and_the_customers_page_reach_a_connected_account(platform: Sandbox) -> None:
    account = platform.connect()
    with serve_in_thread(platform) as server:
        client = stripe.StripeClient("sk_test_x", base_addresses={"api": server.url})
        options: Any = {"stripe_account": account.account["id"]}
        customer = client.v1.customers.create({"name": "a"}, options)
        invoice = client.v1.invoices.create({"customer": customer.id, "collection_method": "send_invoice",
                                             "days_until_due": 3}, options)  # fmt: skip
        client.v1.invoice_items.create({"customer": customer.id, "invoice": invoice.id, "amount": 500}, options)
        invoice = client.v1.invoices.finalize_invoice(invoice.id, None, options)
        url = str(invoice.hosted_invoice_url)
        assert url.startswith(f"{server.url}/hosted/")
        page = stripe.RequestsClient().request("GET", url, None)
        assert page[1] == 200
        assert client.v1.customers.list().data == []


@pytest.mark.parametrize("version", ["2026-05-27.dahlia", "2026-10-28.endive", "2024-06-20", "2026-01-28.clover"])
def test_versions_that_there_are(platform: Sandbox, version: str) -> None:
    answer = send(platform, "GET", "/v1/customers", Stripe_Version=version)
    assert (answer.status, answer.headers["Stripe-Version"]) == (200, version)


@pytest.mark.parametrize("version", ["2019-2-19", "2024-06-21", "2026-05-27.endive", "2026-13-01.dahlia", "next", ""])
def test_versions_that_there_are_not(platform: Sandbox, version: str) -> None:
    answer = send(platform, "GET", "/v1/customers", Stripe_Version=version)
    assert answer.status == 400
    assert answer.json()["error"]["message"] == f"Invalid Stripe API version: {version}"


def test_the_installed_sdks_version_is_known(platform: Sandbox) -> None:
    assert send(platform, "GET", "/v1/customers", Stripe_Version=stripe.api_version).status == 200
