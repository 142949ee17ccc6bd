"""Trouble to order over HTTP: faults, limits, the clock, snapshots, resets, webhooks; by JSON and by Python."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException
from typing import Any

import pytest
import stripe

from sandbox.api import DAY, NOW
from sandbox.receiver import Receiver
from stripe_sandbox import Request, Sandbox
from stripe_sandbox.control import respond
from stripe_sandbox.faults import Fault, RateLimits
from stripe_sandbox.server import Running, serve_in_thread
from stripe_sandbox.snapshots import WIRING


@pytest.fixture
def server() -> Iterator[Running]:
    with serve_in_thread(Sandbox(now=NOW)) as running:
        yield running


def ask(
    server: Running, method: str, path: str, body: object = None, **headers: str
) -> tuple[int, Any, dict[str, str]]:
    """Ask over HTTP: status, body and headers. JSON where a body is given outside the API."""
    connection = HTTPConnection(server.url.removeprefix("http://"), timeout=10)
    head = {"Authorization": "Bearer sk_test_x"} | {name.replace("_", "-"): text for name, text in headers.items()}
    data = body if isinstance(body, str) or body is None else json.dumps(body)
    if data is not None:
        head.setdefault("Content-Type", "application/json" if not isinstance(body, str) else "text/plain")
    try:
        connection.request(method, path, data, head)
        response = connection.getresponse()
        read = response.read()
        return response.status, json.loads(read) if read else None, dict(response.headers)
    finally:
        connection.close()


def control(server: Running, method: str, path: str, body: object = None) -> Any:
    status, answer, _ = ask(server, method, f"/_sandbox{path}", body)
    assert status == 200, answer
    return answer


def customers(server: Running) -> list[Any]:
    found: list[Any] = ask(server, "GET", "/v1/customers")[1]["data"]
    return found


# Faults


def test_an_error_strikes_so_many_requests_of_a_route(server: Running) -> None:
    fault = {"method": "POST", "path": "/v1/customers", "skip": 1, "times": 2, "status": 503}
    name = control(server, "POST", "/faults", fault)["id"]
    statuses = [ask(server, "POST", "/v1/customers", "")[0] for _ in range(5)]
    assert statuses == [200, 503, 503, 200, 200]
    assert ask(server, "GET", "/v1/customers")[0] == 200
    assert len(customers(server)) == 3
    (kept,) = control(server, "GET", "/faults")
    assert (kept["id"], kept["struck"]) == (name, 2)
    assert control(server, "DELETE", f"/faults/{name}") == {"deleted": True}
    assert control(server, "GET", "/faults") == []


def test_an_error_says_what_was_ordered(server: Running) -> None:
    order = {"path": "/v1/invoices/{invoice}/pay", "status": 402, "type": "card_error", "code": "card_declined",
             "message": "No.", "headers": {"Stripe-Should-Retry": "false"}}  # fmt: skip
    control(server, "POST", "/faults", order)
    status, body, headers = ask(server, "POST", "/v1/invoices/in_1/pay", "")
    assert (status, headers["Stripe-Should-Retry"]) == (402, "false")
    assert {name: body["error"][name] for name in ("type", "code", "message")} == {
        "type": "card_error",
        "code": "card_declined",
        "message": "No.",
    }
    assert ask(server, "POST", "/v1/invoices/in_1", "")[0] == 404


def test_the_answer_may_be_lost_after_the_deed(server: Running) -> None:
    server.sandbox.faults.order(Fault(method="POST", status=500, times=1, carried_out=True))
    key = {"Idempotency_Key": "k"}
    assert ask(server, "POST", "/v1/customers", "name=a", **key)[0] == 500
    status, again, headers = ask(server, "POST", "/v1/customers", "name=a", **key)
    assert (status, headers["Idempotent-Replayed"]) == (200, "true")
    assert [item["id"] for item in customers(server)] == [again["id"]]


def test_a_reset_connection(server: Running) -> None:
    control(server, "POST", "/faults", {"cut": "reset", "times": 1})
    with pytest.raises((ConnectionError, HTTPException)):
        ask(server, "POST", "/v1/customers", "")
    assert customers(server) == []


def test_half_an_answer(server: Running) -> None:
    control(server, "POST", "/faults", {"cut": "half", "times": 1, "path": "/v1/customers"})
    with pytest.raises(HTTPException):
        ask(server, "POST", "/v1/customers", "name=a")
    assert len(customers(server)) == 1


def test_the_sdk_retries_through_faults(server: Running) -> None:
    server.sandbox.faults.order(Fault(method="POST", status=503, times=1, carried_out=True))
    client = stripe.StripeClient("sk_test_x", base_addresses={"api": server.url}, max_network_retries=1)
    stripe_sleep = stripe.HTTPClient._sleep_time_seconds
    try:
        stripe.HTTPClient._sleep_time_seconds = lambda *args, **kwargs: 0  # type: ignore[method-assign]
        created = client.v1.customers.create({"name": "a"})
    finally:
        stripe.HTTPClient._sleep_time_seconds = stripe_sleep  # type: ignore[method-assign]
    assert [item["id"] for item in customers(server)] == [created.id]


def test_chance_is_the_same_in_every_run() -> None:
    def struck() -> list[bool]:
        sandbox = Sandbox(now=NOW)
        sandbox.faults.order(Fault(chance=0.5, status=500))
        return [sandbox.faults.strike(Request("GET", "/v1/customers")) is not None for _ in range(40)]

    assert struck() == struck()
    assert 8 < sum(struck()) < 32


def test_a_key_in_use_is_answered_409(server: Running) -> None:
    """A slow request holds its idempotency key; the impatient second one is told so, and later gets the answer."""
    server.sandbox.faults.order(Fault(method="POST", times=1, delay=0.3))
    slow: list[int] = []
    first = threading.Thread(
        target=lambda: slow.append(ask(server, "POST", "/v1/customers", "", Idempotency_Key="k")[0])
    )
    first.start()
    while not server.sandbox.faults.ordered()["fault_1"][1]:
        pass
    status, body, _ = ask(server, "POST", "/v1/customers", "", Idempotency_Key="k")
    assert (status, body["error"]["code"], body["error"]["type"]) == (
        409,
        "idempotency_key_in_use",
        "invalid_request_error",
    )
    assert "another in-progress request using this Idempotent Key" in body["error"]["message"]
    assert ask(server, "POST", "/v1/customers", "", Idempotency_Key="other")[0] == 200
    first.join()
    assert slow == [200]
    assert ask(server, "POST", "/v1/customers", "", Idempotency_Key="k")[2]["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize(
    "body",
    [{"colour": 1}, {"status": 200}, {"status": "500"}, {"chance": 2}, {"cut": "off"}, {"delay": 1e9}, {"times": 0},
     {"delay": True}, {"headers": {"A B": "x"}}, {"headers": {"A": "x\r\ny"}}, [], "no JSON"],
)  # fmt: skip
def test_faults_that_are_refused(body: object) -> None:
    sandbox = Sandbox(now=NOW)
    sent = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    answer = respond(sandbox, Request("POST", "/_sandbox/faults", "", {"Content-Type": "application/json"}, sent))
    assert answer.status == 400
    assert sandbox.faults.ordered() == {}


# Limits


def test_rate_limits_say_which_they_are() -> None:
    now = 0.0
    limits = RateLimits(lambda: now)
    limits.global_rate, limits.endpoint_rate = 3, 2

    def reason(path: str) -> str | None:
        refusal = limits.refusal(Request("GET", path))
        answer = None if refusal is None else refusal.answer("req_1")
        return None if answer is None else answer.headers["Stripe-Rate-Limited-Reason"]

    paths = ["/v1/customers/cus_12345678", "/v1/customers/cus_87654321", "/v1/customers/cus_11111111", "/v1/prices"]
    assert [reason(path) for path in paths] == [None, None, "endpoint-rate", None]
    assert reason("/v1/products") == "global-rate"
    now = 1.0
    assert reason("/v1/products") is None


def test_a_limited_request_is_a_429(server: Running) -> None:
    server.sandbox.limits = RateLimits(lambda: 0.0)
    assert control(server, "POST", "/limits", {"global_rate": 1})["global_rate"] == 1
    assert ask(server, "GET", "/v1/customers")[0] == 200
    status, body, headers = ask(server, "GET", "/v1/customers")
    assert (status, body["error"]["code"], headers["Stripe-Rate-Limited-Reason"]) == (429, "rate_limit", "global-rate")
    client = stripe.StripeClient("sk_test_x", base_addresses={"api": server.url})
    with pytest.raises(stripe.RateLimitError):
        client.v1.customers.list()
    control(server, "POST", "/limits", {"global_rate": None})
    assert ask(server, "GET", "/v1/customers")[0] == 200


# Clock, snapshots, reset


def test_the_clock_over_http(server: Running) -> None:
    assert control(server, "POST", "/clock", {"advance": DAY}) == {"now": NOW + DAY, "stands_still": True}
    assert control(server, "POST", "/clock", {"set": NOW})["now"] == NOW
    for body in ({}, {"advance": -1}, {"set": -1}, {"advance": 1, "set": 1}, {"advance": "1"}, {"set": True}):
        assert ask(server, "POST", "/_sandbox/clock", body)[0] == 400
    assert server.sandbox.clock.now == NOW


def test_a_snapshot_brings_everything_back(server: Running) -> None:
    sandbox = server.sandbox
    customer = sandbox.call("POST", "/v1/customers", {"email": "a@b.c", "payment_method": "pm_card_visa"})
    price = sandbox.call(
        "POST", "/v1/prices",
        {"currency": "usd", "unit_amount": 500, "recurring": {"interval": "month"}, "product_data": {"name": "P"}},
    )  # fmt: skip
    method = sandbox.call("GET", "/v1/payment_methods", {"customer": customer["id"]})["data"][0]["id"]
    account = sandbox.connect("Connected")
    sandbox.call("POST", "/v1/subscriptions", {"customer": customer["id"], "default_payment_method": method,
                                               "items": [{"price": price["id"]}]})  # fmt: skip
    control(server, "POST", "/snapshots", {"name": "start"})

    def story() -> list[object]:
        sandbox.clock.advance(40 * DAY)
        account.call("POST", "/v1/customers")
        sandbox.call("POST", f"/v1/customers/{customer['id']}", {"name": "changed"})
        paths = ("customers", "invoices", "subscriptions", "events", "charges")
        return [sandbox.clock.now, *(each.call("GET", f"/v1/{path}", {"limit": 100})
                                     for path in paths for each in (sandbox, account))]  # fmt: skip

    first = story()
    sandbox.connect("Later")
    assert control(server, "POST", "/snapshots/start/restore", {})["clock"]["now"] == NOW
    assert len(sandbox.connected) == 1
    assert sandbox.store["customer", customer["id"]]["name"] is None
    assert story() == first
    assert control(server, "GET", "/snapshots") == ["start"]
    assert control(server, "DELETE", "/snapshots/start") == {"deleted": True}
    assert ask(server, "POST", "/_sandbox/snapshots/start/restore", {})[0] == 404


def test_a_snapshot_is_independent_of_what_comes_later() -> None:
    sandbox = Sandbox(now=NOW)
    id = sandbox.call("POST", "/v1/customers", {"name": "a"})["id"]
    saved = sandbox.snapshot()
    for name in ("b", "c"):
        sandbox.call("POST", f"/v1/customers/{id}", {"name": name})
        sandbox.restore(saved)
        assert sandbox.call("GET", f"/v1/customers/{id}")["name"] == "a"


def test_nothing_new_is_left_out_of_snapshots() -> None:
    """Whoever adds to the sandbox decides whether it is state or wiring."""
    known = {"_idempotency", "_keys", "account", "agenda", "dunning", "events", "ids", "meters", "reminders",
             "search_delay", "store", "webhooks"}  # fmt: skip
    assert set(vars(Sandbox())) - WIRING == known


def test_a_reset_begins_anew(server: Running) -> None:
    sandbox = server.sandbox
    fresh = sandbox.call("POST", "/v1/customers", {"name": "a"})["id"]
    sandbox.connect()
    summary = control(server, "POST", "/reset", {"seed": 1, "now": NOW + 5})
    assert (summary["clock"]["now"], len(summary["accounts"])) == (NOW + 5, 1)
    assert customers(server) == []
    assert sandbox.call("POST", "/v1/customers")["id"] == fresh
    control(server, "POST", "/reset", {"seed": 2, "now": NOW})
    assert sandbox.call("POST", "/v1/customers")["id"] != fresh


# The rest


def test_webhooks_wait_and_go_on(server: Running) -> None:
    with Receiver() as receiver:
        url = receiver.url
        server.sandbox.call("POST", "/v1/webhook_endpoints", {"url": url, "enabled_events": ["customer.created"]})
        control(server, "POST", "/webhooks", {"paused": True, "duplicate": 1})
        server.sandbox.call("POST", "/v1/customers")
        assert server.sandbox.webhooks.wait_until_quiet()
        assert control(server, "GET", "/deliveries") == []
        control(server, "POST", "/webhooks", {"paused": False, "duplicate": 0})
        assert server.sandbox.webhooks.wait_until_quiet()
        assert len(control(server, "GET", "/deliveries")) == 2
        event = server.sandbox.call("GET", "/v1/events", {"type": "customer.created"})["data"][0]["id"]
        control(server, "POST", "/webhooks/redeliver", {"event": event})
        assert server.sandbox.webhooks.wait_until_quiet()
        assert [each["succeeded"] for each in control(server, "GET", "/deliveries")] == [True] * 3
    assert ask(server, "POST", "/_sandbox/webhooks/redeliver", {"event": "evt_none"})[0] == 404


def test_accounts_keys_search_and_authentication(server: Running) -> None:
    made = control(server, "POST", "/accounts", {"name": "Two", "id": "acct_two"})
    assert made == {"id": "acct_two", "name": "Two"}
    assert [each["id"] for each in control(server, "GET", "/accounts")][1:] == ["acct_two"]
    assert ask(server, "POST", "/_sandbox/accounts", {"id": "acct_two"})[0] == 400
    control(server, "POST", "/keys", {"key": "rk_test_r", "permissions": ["invoice_read"]})
    assert ask(server, "GET", "/v1/customers", None, Authorization="Bearer rk_test_r")[0] == 403
    assert control(server, "POST", "/search", {"delay": 60}) == {"delay": 60}
    intent = server.sandbox.call("POST", "/v1/payment_intents", {
        "amount": 500, "currency": "usd", "confirm": True, "payment_method": "pm_card_authenticationRequired",
        "payment_method_types": ["card"],
    })  # fmt: skip
    assert intent["status"] == "requires_action"
    path = f"/payment_intents/{intent['id']}/authenticate"
    assert control(server, "POST", path, {"agreed": True})["status"] == "succeeded"
    asked = control(server, "GET", "/requests")
    assert (asked[0]["path"], asked[0]["status"], asked[0]["error"]) == ("/v1/customers", 403, "invalid_request_error")


def test_other_sites_are_kept_out(server: Running) -> None:
    for headers in (
        {"Origin": "https://evil.example"},
        {"Host": "evil.example"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
    ):
        assert status_of(server, "POST", "/_sandbox/reset", headers) == 403
        assert status_of(server, "GET", "/", headers) == 403
        assert status_of(server, "POST", "/act", headers) == 403
    assert ask(server, "POST", "/_sandbox/reset", "seed=1")[0] == 415
    assert ask(server, "GET", "/_sandbox/nothing")[0] == 404
    assert ask(server, "GET", "/_sandboxes")[0] == 404


def status_of(server: Running, method: str, path: str, headers: dict[str, str]) -> int:
    connection = HTTPConnection(server.url.removeprefix("http://"), timeout=10)
    try:
        connection.request(method, path, "{}", {"Content-Type": "application/json", **headers})
        return connection.getresponse().status
    finally:
        connection.close()
