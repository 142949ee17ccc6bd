"""Webhooks over real HTTP, verified as a team's own code would: with the `stripe` package."""

from __future__ import annotations

import hmac
import time
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import pytest
import stripe

from sandbox.api import NOW, Json
from sandbox.receiver import Received, Receiver
from stripe_sandbox import Sandbox
from stripe_sandbox.events.signing import signature
from stripe_sandbox.events.webhooks import LIVE_RETRIES, SANDBOX_RETRIES
from stripe_sandbox.server import serve_in_thread


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with serve_in_thread(Sandbox(seed=1, now=NOW)) as server:
        yield server.sandbox


def listen(sandbox: Sandbox, url: str, *events: str, **params: Any) -> Json:
    wanted = {"url": url, "enabled_events": list(events) or ["*"], **params}
    return sandbox.call("POST", "/v1/webhook_endpoints", wanted)


def customer(sandbox: Sandbox, name: str = "Jenny") -> Json:
    return sandbox.call("POST", "/v1/customers", {"name": name})


def delivered(sandbox: Sandbox) -> None:
    assert sandbox.webhooks.wait_until_quiet()


def verified(request: Received, secret: str) -> stripe.Event:
    return stripe.Webhook.construct_event(request.body, request.signature, secret)


def pending(sandbox: Sandbox, event: str) -> int:
    found: int = sandbox.call("GET", f"/v1/events/{event}")["pending_webhooks"]
    return found


# Delivery and signature


def test_an_event_arrives_signed_and_is_the_one_of_the_api(sandbox: Sandbox, receiver: Receiver) -> None:
    endpoint = listen(sandbox, receiver.url)
    made = customer(sandbox)
    delivered(sandbox)
    (request,) = receiver.requests
    event = verified(request, endpoint["secret"])
    assert isinstance(event, stripe.Event)
    assert (event.type, event.data.object["id"], event.pending_webhooks) == ("customer.created", made["id"], 1)
    kept = sandbox.call("GET", f"/v1/events/{event.id}")
    assert request.event == {**kept, "pending_webhooks": 1}
    assert kept["pending_webhooks"] == 0
    assert request.headers["Content-Type"] == "application/json; charset=utf-8"
    assert request.headers["User-Agent"].startswith("Stripe/1.0")


def test_the_client_constructs_the_event_too(sandbox: Sandbox, receiver: Receiver) -> None:
    secret = listen(sandbox, receiver.url)["secret"]
    customer(sandbox)
    delivered(sandbox)
    client = stripe.StripeClient("sk_test_x", http_client=stripe.RequestsClient())
    event = client.construct_event(receiver.requests[0].body, receiver.requests[0].signature, secret)
    assert event.type == "customer.created"


@pytest.mark.parametrize("change", ["body", "secret", "time"])
def test_the_signature_holds_for_this_body_and_secret_and_time_only(
    sandbox: Sandbox, receiver: Receiver, change: str
) -> None:
    secret = listen(sandbox, receiver.url)["secret"]
    customer(sandbox)
    delivered(sandbox)
    body, header = receiver.requests[0].body, receiver.requests[0].signature
    moment = header.split(",")[0].removeprefix("t=")
    match change:
        case "body":
            body = body.replace(b"Jenny", b"Mallory")
        case "secret":
            secret += "x"
        case "time":
            header = header.replace(f"t={moment}", f"t={int(moment) + 1}")
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body, header, secret)


def test_the_signature_is_of_now_though_the_sandboxs_clock_stands_still(sandbox: Sandbox, receiver: Receiver) -> None:
    listen(sandbox, receiver.url)
    customer(sandbox)
    delivered(sandbox)
    parts = dict(part.split("=") for part in receiver.requests[0].signature.split(","))
    assert abs(int(parts["t"]) - time.time()) < 10
    assert parts.keys() == {"t", "v1", "v0"}
    assert parts["v0"] != parts["v1"]


def test_the_header_is_stripes_formula() -> None:
    body = b'{"a": 1}'
    digest = hmac.new(b"whsec_1", b'5.{"a": 1}', sha256).hexdigest()
    assert signature(body, ["whsec_1"], 5).startswith(f"t=5,v1={digest},v0=")
    assert signature(body, ["whsec_0", "whsec_1"], 5).count("v1=") == 2


def test_only_enabled_events_are_sent(sandbox: Sandbox, receiver: Receiver) -> None:
    listen(sandbox, receiver.url, "product.created", "customer.updated")
    made = customer(sandbox)
    sandbox.call("POST", "/v1/products", {"name": "Team"})
    sandbox.call("POST", f"/v1/customers/{made['id']}", {"name": "J."})
    delivered(sandbox)
    assert receiver.types == ["product.created", "customer.updated"]
    created = sandbox.call("GET", "/v1/events", {"type": "customer.created"})["data"][0]
    assert created["pending_webhooks"] == 0


def test_what_happened_before_an_endpoint_was_made_is_not_sent(sandbox: Sandbox, receiver: Receiver) -> None:
    customer(sandbox)
    listen(sandbox, receiver.url)
    delivered(sandbox)
    assert receiver.requests == []


def test_several_endpoints_are_counted_down_one_by_one(sandbox: Sandbox, receiver: Receiver) -> None:
    with Receiver() as other:
        listen(sandbox, receiver.url)
        listen(sandbox, other.url, "customer.created")
        sandbox.webhooks.pause()
        customer(sandbox)
        event = sandbox.call("GET", "/v1/events")["data"][0]
        assert event["pending_webhooks"] == 2
        other.answers = [500]
        sandbox.webhooks.resume()
        delivered(sandbox)
        assert pending(sandbox, event["id"]) == 1
        assert sandbox.call("GET", "/v1/events", {"delivery_success": False})["data"][0]["id"] == event["id"]
        sandbox.clock.advance(SANDBOX_RETRIES[0])
        delivered(sandbox)
        assert pending(sandbox, event["id"]) == 0
        assert len(other.requests) == 2


def test_the_endpoints_version_is_in_what_it_gets(sandbox: Sandbox, receiver: Receiver) -> None:
    listen(sandbox, receiver.url, api_version="2025-03-31.basil")
    customer(sandbox)
    delivered(sandbox)
    assert receiver.requests[0].event["api_version"] == "2025-03-31.basil"
    assert sandbox.call("GET", "/v1/events")["data"][0]["api_version"] == "2026-05-27.dahlia"


def test_connect_endpoints_get_the_connected_accounts_events_and_others_do_not(
    sandbox: Sandbox, receiver: Receiver
) -> None:
    with Receiver() as own:
        listen(sandbox, receiver.url, connect=True)
        listen(sandbox, own.url)
        customer(sandbox, "own")
        sandbox.events.account = "acct_1"
        customer(sandbox, "connected")
        delivered(sandbox)
        assert [request.event["data"]["object"]["name"] for request in own.requests] == ["own"]
        assert [request.event["account"] for request in receiver.requests] == ["acct_1"]


def test_a_renewal_is_sent_when_the_clock_is_moved(sandbox: Sandbox, receiver: Receiver) -> None:
    made = sandbox.call("POST", "/v1/customers", {"payment_method": "pm_card_visa"})["id"]
    method = sandbox.call("GET", "/v1/payment_methods", {"customer": made})["data"][0]["id"]
    price = {"currency": "usd", "unit_amount": 500, "recurring": {"interval": "month"}, "product_data": {"name": "A"}}
    wanted = {
        "customer": made,
        "default_payment_method": method,
        "items": [{"price": sandbox.call("POST", "/v1/prices", price)["id"]}],
    }
    sandbox.call("POST", "/v1/subscriptions", wanted)
    listen(sandbox, receiver.url, "invoice.paid", "invoice.created")
    sandbox.clock.advance(31 * 24 * 60 * 60)
    delivered(sandbox)
    assert receiver.types == ["invoice.created", "invoice.paid"]


# Failures


def test_failures_are_tried_again_by_the_sandboxs_clock(sandbox: Sandbox, receiver: Receiver) -> None:
    listen(sandbox, receiver.url)
    receiver.answers = [500, 404]
    customer(sandbox)
    delivered(sandbox)
    assert len(receiver.requests) == 1
    sandbox.clock.advance(SANDBOX_RETRIES[0] - 1)
    delivered(sandbox)
    assert len(receiver.requests) == 1
    sandbox.clock.advance(1)
    delivered(sandbox)
    assert len(receiver.requests) == 2
    sandbox.clock.advance(SANDBOX_RETRIES[1])
    delivered(sandbox)
    assert len(receiver.requests) == 3
    assert {request.body for request in receiver.requests} == {receiver.requests[0].body}
    attempts = [(each.number, each.status, each.at - NOW) for each in sandbox.webhooks.attempts]
    assert attempts == [(1, 500, 0), (2, 404, 300), (3, 200, 2100)]
    assert pending(sandbox, receiver.requests[0].event["id"]) == 0


def test_it_gives_up_after_the_last_retry(sandbox: Sandbox, receiver: Receiver) -> None:
    listen(sandbox, receiver.url)
    receiver.answers = [500] * 10
    customer(sandbox)
    sandbox.clock.advance(30 * 24 * 60 * 60)
    delivered(sandbox)
    assert len(receiver.requests) == 1 + len(SANDBOX_RETRIES)
    assert pending(sandbox, receiver.requests[0].event["id"]) == 1


def test_live_retries_take_three_days_and_grow(sandbox: Sandbox, receiver: Receiver) -> None:
    assert list(LIVE_RETRIES) == sorted(LIVE_RETRIES)
    assert 2.5 <= sum(LIVE_RETRIES) / 86400 <= 3
    sandbox.webhooks.retries = LIVE_RETRIES
    listen(sandbox, receiver.url)
    receiver.answers = [500] * 20
    customer(sandbox)
    sandbox.clock.advance(4 * 24 * 60 * 60)
    delivered(sandbox)
    assert len(receiver.requests) == 1 + len(LIVE_RETRIES)


@pytest.mark.parametrize("status", [301, 302, 400, 410, 503])
def test_only_2xx_counts(sandbox: Sandbox, receiver: Receiver, status: int) -> None:
    listen(sandbox, receiver.url)
    receiver.answers = [status]
    customer(sandbox)
    delivered(sandbox)
    assert len(receiver.requests) == 1
    assert pending(sandbox, receiver.requests[0].event["id"]) == 1


@pytest.mark.parametrize("status", [201, 202, 204])
def test_every_2xx_counts(sandbox: Sandbox, receiver: Receiver, status: int) -> None:
    listen(sandbox, receiver.url)
    receiver.answers = [status]
    customer(sandbox)
    delivered(sandbox)
    assert pending(sandbox, receiver.requests[0].event["id"]) == 0


def test_no_answer_in_time_is_a_failure(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.webhooks.timeout = 0.02
    receiver.slowness = 0.045
    listen(sandbox, receiver.url)
    customer(sandbox)
    delivered(sandbox)
    (attempt,) = sandbox.webhooks.attempts
    assert (attempt.status, attempt.succeeded) == (None, False)
    assert attempt.error is not None
    assert "Timeout" in attempt.error


def test_nobody_there_is_a_failure(sandbox: Sandbox) -> None:
    listen(sandbox, "http://127.0.0.1:9/hook")
    customer(sandbox)
    delivered(sandbox)
    (attempt,) = sandbox.webhooks.attempts
    assert attempt.status is None


def test_a_disabled_endpoint_gets_nothing_and_its_retries_end(sandbox: Sandbox, receiver: Receiver) -> None:
    endpoint = listen(sandbox, receiver.url)["id"]
    receiver.answers = [500]
    customer(sandbox, "failed")
    delivered(sandbox)
    sandbox.call("POST", f"/v1/webhook_endpoints/{endpoint}", {"disabled": True})
    customer(sandbox, "missed")
    sandbox.clock.advance(SANDBOX_RETRIES[0])
    delivered(sandbox)
    sandbox.call("POST", f"/v1/webhook_endpoints/{endpoint}", {"disabled": False})
    sandbox.clock.advance(SANDBOX_RETRIES[1])
    customer(sandbox, "heard")
    delivered(sandbox)
    assert [request.event["data"]["object"]["name"] for request in receiver.requests] == ["failed", "heard"]


def test_a_deleted_endpoint_gets_nothing(sandbox: Sandbox, receiver: Receiver) -> None:
    endpoint = listen(sandbox, receiver.url)["id"]
    sandbox.webhooks.pause()
    customer(sandbox)
    sandbox.call("DELETE", f"/v1/webhook_endpoints/{endpoint}")
    sandbox.webhooks.resume()
    delivered(sandbox)
    assert receiver.requests == []


# Levers


def test_paused_webhooks_wait(sandbox: Sandbox, receiver: Receiver) -> None:
    listen(sandbox, receiver.url)
    sandbox.webhooks.pause()
    names = [str(number) for number in range(5)]
    for name in names:
        customer(sandbox, name)
    delivered(sandbox)
    assert receiver.requests == []
    sandbox.webhooks.resume()
    delivered(sandbox)
    assert [request.event["data"]["object"]["name"] for request in receiver.requests] == names


def test_duplicates_are_the_same_event_and_count_once(sandbox: Sandbox, receiver: Receiver) -> None:
    listen(sandbox, receiver.url)
    sandbox.webhooks.duplicate(2)
    customer(sandbox)
    delivered(sandbox)
    assert len(receiver.requests) == 3
    assert len({request.event["id"] for request in receiver.requests}) == 1
    assert pending(sandbox, receiver.requests[0].event["id"]) == 0
    sandbox.webhooks.duplicate(0)
    customer(sandbox)
    delivered(sandbox)
    assert len(receiver.requests) == 4


def test_reordered_webhooks_all_come_in_another_order_that_can_be_had_again(receiver: Receiver) -> None:
    def order(seed: int) -> list[str]:
        receiver.requests.clear()
        with serve_in_thread(Sandbox(seed=1, now=NOW)) as server:
            listen(server.sandbox, receiver.url)
            server.sandbox.webhooks.pause()
            for number in range(8):
                customer(server.sandbox, str(number))
            server.sandbox.webhooks.reorder(seed=seed)
            server.sandbox.webhooks.resume()
            delivered(server.sandbox)
        return [request.event["data"]["object"]["name"] for request in receiver.requests]

    first = order(1)
    assert sorted(first) == [str(number) for number in range(8)]
    assert first != sorted(first)
    assert order(1) == first
    assert order(2) != first


def test_an_event_is_delivered_again_on_request(sandbox: Sandbox, receiver: Receiver) -> None:
    with Receiver() as other:
        listen(sandbox, receiver.url)
        deaf = listen(sandbox, other.url, "product.created")["id"]
        customer(sandbox)
        delivered(sandbox)
        event = receiver.requests[0].event["id"]
        sandbox.webhooks.redeliver(event)
        sandbox.webhooks.redeliver(event, deaf)
        delivered(sandbox)
        assert [request.event["id"] for request in receiver.requests] == [event, event]
        assert [request.event["id"] for request in other.requests] == [event]
    assert pending(sandbox, event) == 0
    with pytest.raises(KeyError):
        sandbox.webhooks.redeliver("evt_none")
    with pytest.raises(KeyError):
        sandbox.webhooks.redeliver(event, "we_none")


def test_while_a_secret_is_rolled_both_verify(sandbox: Sandbox, receiver: Receiver) -> None:
    endpoint = listen(sandbox, receiver.url)
    old, new = endpoint["secret"], sandbox.webhooks.roll_secret(endpoint["id"], old_holds=3600)
    customer(sandbox)
    delivered(sandbox)
    assert receiver.requests[0].signature.count("v1=") == 2
    for secret in (old, new):
        assert verified(receiver.requests[0], secret).type == "customer.created"
    sandbox.clock.advance(3600)
    customer(sandbox)
    delivered(sandbox)
    assert verified(receiver.requests[1], new).type == "customer.created"
    with pytest.raises(stripe.SignatureVerificationError):
        verified(receiver.requests[1], old)


def test_a_subscriber_that_calls_back_in_its_handler_is_answered(sandbox: Sandbox) -> None:
    """What most handlers do: fetch the object again before they answer."""
    found: list[Json] = []

    class Fetching(Receiver):
        @property
        def answers(self) -> list[int]:
            found.append(sandbox.call("GET", f"/v1/customers/{self.requests[-1].event['data']['object']['id']}"))
            return [200]

        @answers.setter
        def answers(self, value: list[int]) -> None: ...

    with Fetching() as fetching:
        listen(sandbox, fetching.url)
        made = customer(sandbox)
        delivered(sandbox)
    assert found[0] == made


def test_without_a_server_everything_waits() -> None:
    sandbox = Sandbox(now=NOW)
    listen(sandbox, "http://127.0.0.1:9/hook")
    customer(sandbox)
    assert sandbox.webhooks.wait_until_quiet(timeout=0.01) is False
    (delivery,) = sandbox.webhooks.take(signed_at=5)
    assert sandbox.webhooks.take(signed_at=5) == []
    sandbox.webhooks.report(delivery, 200)
    assert sandbox.webhooks.wait_until_quiet(timeout=0.01) is True


def test_a_server_can_stop_in_the_midst_of_deliveries_and_another_goes_on(receiver: Receiver) -> None:
    sandbox = Sandbox(now=NOW)
    listen(sandbox, receiver.url)
    for _ in range(10):
        with serve_in_thread(sandbox):
            customer(sandbox)
            customer(sandbox)
    with serve_in_thread(sandbox):
        sandbox.clock.advance(sum(SANDBOX_RETRIES))
        delivered(sandbox)
    assert len({request.event["id"] for request in receiver.requests}) == 20


def test_by_real_time_the_next_retry_is_known() -> None:
    sandbox = Sandbox()
    listen(sandbox, "http://127.0.0.1:9/hook")
    customer(sandbox)
    assert sandbox.webhooks.seconds_until_next() == 0
    (delivery,) = sandbox.webhooks.take(signed_at=5)
    assert sandbox.webhooks.seconds_until_next() is None
    sandbox.webhooks.report(delivery, 500)
    pause = sandbox.webhooks.seconds_until_next()
    assert pause is not None
    assert SANDBOX_RETRIES[0] - 5 <= pause <= SANDBOX_RETRIES[0]
