"""Thin events and event destinations, with what the `stripe` package does with them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import stripe

from sandbox.api import NOW, Api, Json
from sandbox.receiver import Received, Receiver
from stripe_sandbox import Sandbox
from stripe_sandbox.events import thin
from stripe_sandbox.events.types import THIN_TYPES
from stripe_sandbox.server import Running, serve_in_thread

KNOWS_THIN_EVENTS = int(stripe.VERSION.split(".")[0]) >= 16
"""Thin events of API v1's resources have classes of their own since stripe 16."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def server() -> Iterator[Running]:
    before, stripe.enable_telemetry = stripe.enable_telemetry, False
    with serve_in_thread(Sandbox(seed=1, now=NOW)) as server:
        yield server
    stripe.enable_telemetry = before


@pytest.fixture
def client(server: Running) -> Iterator[stripe.StripeClient]:
    http = stripe.RequestsClient()
    yield stripe.StripeClient("sk_test_thin", base_addresses={"api": server.url}, http_client=http)
    http.close()


def destination(client: stripe.StripeClient, url: str, *events: str, **params: Any) -> Any:
    wanted = {
        "name": "Ours",
        "type": "webhook_endpoint",
        "event_payload": "thin",
        "enabled_events": list(events),
        "webhook_endpoint": {"url": url},
        "include": ["webhook_endpoint.signing_secret", "webhook_endpoint.url"],
        **params,
    }
    return client.v2.core.event_destinations.create(wanted)  # type: ignore[arg-type]


def received(server: Running, receiver: Receiver) -> list[Received]:
    assert server.sandbox.webhooks.wait_until_quiet()
    return receiver.requests


def paid_invoice(server: Running) -> str:
    api = Api(server.sandbox)
    return api.paid(api.customer("pm_card_visa"), 500)


def test_a_thin_event_arrives_and_leads_to_the_event_and_the_object(
    server: Running, client: stripe.StripeClient, receiver: Receiver
) -> None:
    secret = destination(client, receiver.url, "v1.invoice.paid").webhook_endpoint.signing_secret
    invoice = paid_invoice(server)
    (request,) = received(server, receiver)
    assert request.event == {
        "id": request.event["id"],
        "object": "v2.core.event",
        "type": "v1.invoice.paid",
        "created": "2026-11-21T12:00:00.000Z",
        "livemode": False,
        "related_object": {"id": invoice, "type": "invoice", "url": f"/v1/invoices/{invoice}"},
        "reason": {
            "type": "request",
            "request": {"id": request.event["reason"]["request"]["id"], "idempotency_key": ""},
        },
    }
    notification: Any = client.parse_event_notification(request.body, request.signature, secret)
    assert type(notification).__name__ == (
        "V1InvoicePaidEventNotification" if KNOWS_THIN_EVENTS else "UnknownEventNotification"
    )
    assert notification.related_object.id == invoice
    fetched = notification.fetch_related_object()
    assert isinstance(fetched, stripe.Invoice)
    assert (fetched.id, fetched.status) == (invoice, "paid")
    if KNOWS_THIN_EVENTS:  # before, the package cannot read the event of a type that it does not know
        event = notification.fetch_event()
        assert event.type == "v1.invoice.paid"
        snapshot = client.v1.events.retrieve(event.snapshot_event)
        assert (snapshot.type, snapshot.data.object["id"]) == ("invoice.paid", invoice)


def test_the_wrong_secret_does_not_parse(server: Running, client: stripe.StripeClient, receiver: Receiver) -> None:
    destination(client, receiver.url, "*")
    paid_invoice(server)
    request = received(server, receiver)[0]
    with pytest.raises(stripe.SignatureVerificationError):
        client.parse_event_notification(request.body, request.signature, "whsec_other")


def test_a_thin_event_is_no_webhook_event_nor_the_other_way_round(
    server: Running, client: stripe.StripeClient, receiver: Receiver
) -> None:
    secret = destination(client, receiver.url, "v1.customer.created").webhook_endpoint.signing_secret
    with Receiver() as other:
        endpoint = client.v1.webhook_endpoints.create({"url": other.url, "enabled_events": ["customer.created"]})
        Api(server.sandbox).customer()
        request, snapshot = received(server, receiver)[0], received(server, other)[0]
    with pytest.raises(ValueError, match="thin event"):
        client.construct_event(request.body, request.signature, secret)
    assert endpoint.secret is not None
    with pytest.raises(ValueError, match="construct_event"):
        client.parse_event_notification(snapshot.body, snapshot.signature, endpoint.secret)


def test_an_update_says_what_changed(server: Running, client: stripe.StripeClient) -> None:
    api = Api(server.sandbox)
    customer = api.customer()
    api.post(f"customers/{customer}", name="J.", metadata={"a": "b"})
    found = client.raw_request("get", f"/v2/core/events?object_id={customer}").data["data"]
    assert [event["type"] for event in found] == ["v1.customer.updated", "v1.customer.created"]
    assert found[0]["changes"] == {
        "before": {"name": "Jenny Rosen", "metadata": {"a": None}},
        "after": {"name": "J.", "metadata": {"a": "b"}},
    }
    assert "changes" not in found[1]


def test_some_thin_events_say_more_exactly_what_changed(api: Api) -> None:
    customer = api.customer("pm_card_visa")
    subscription = api.subscribe(customer)["id"]
    api.post(f"subscriptions/{subscription}", cancel_at_period_end=True)
    price = api.price()
    api.post(f"prices/{price}", active=False, lookup_key="old")
    draft = api.draft(customer, 500)
    types = [event["type"] for event in api.call("GET", "/v2/core/events", limit=100)["data"]]
    for type in (
        "v1.customer.subscription.active",
        "v1.customer.subscription.cancel_at_changed",
        "v1.price.deactivated",
        "v1.price.lookup_key_changed",
        "v1.invoice.line_item_added",
    ):
        assert types.count(type) == 1, type
    about = api.call("GET", "/v2/core/events", types=["v1.invoice.line_item_added"])["data"][0]["related_object"]
    assert about["id"] == draft
    assert set(types) <= THIN_TYPES


def test_every_thin_event_of_an_event_has_an_id_that_leads_back() -> None:
    event = {"id": "evt_" + "a" * 24}
    assert thin.origin(thin.Thin(event, 0, "v1.invoice.paid").id) == (event["id"], 0)
    assert thin.origin(thin.Thin(event, 12, "v1.invoice.paid").id) == (event["id"], 12)
    assert thin.origin("evt_" + "a" * 24) is None
    assert thin.origin("evt_test_" + "a" * 24 + "x") is None


def test_the_list_pages(server: Running, client: stripe.StripeClient) -> None:
    for _ in range(5):
        Api(server.sandbox).customer()
    page = client.v2.core.events.list({"limit": 2, "types": ["v1.customer.created"]})
    assert len(page.data) == 2
    everything = [event.id for event in page.auto_paging_iter()]
    assert len(set(everything)) == 5


def test_the_list_is_filtered_by_time(api: Api) -> None:
    api.customer()
    api.advance(10)
    api.customer()
    found = api.call("GET", "/v2/core/events", created={"gt": "2026-11-21T12:00:00Z"})["data"]
    assert [event["created"] for event in found] == ["2026-11-21T12:00:10.000Z"]


@pytest.mark.parametrize(
    ("method", "path", "params", "status"),
    [
        ("GET", "/v2/core/events/evt_test_none", {}, 404),
        ("GET", "/v2/core/events/evt_" + "a" * 24, {}, 404),
        ("GET", "/v2/core/events", {"created": {"gt": "yesterday"}}, 400),
        ("GET", "/v2/core/events", {"page": "x"}, 400),
        ("GET", "/v2/core/event_destinations/ed_test_none", {}, 404),
        ("POST", "/v2/core/event_destinations/ed_test_none/ping", {}, 404),
    ],
)
def test_what_is_refused(api: Api, method: str, path: str, params: Json, status: int) -> None:
    from stripe_sandbox import StripeSandboxError

    with pytest.raises(StripeSandboxError) as caught:
        api.call(method, path, **params)
    assert caught.value.status == status
    assert caught.value.error["code"]


def test_thin_events_are_kept_for_thirty_days(api: Api) -> None:
    api.customer()
    id = api.call("GET", "/v2/core/events")["data"][0]["id"]
    api.advance(30 * 86400 + 1)
    assert api.call("GET", "/v2/core/events")["data"] == []
    with pytest.raises(Exception, match="not found"):
        api.call("GET", f"/v2/core/events/{id}")


# Destinations


def test_a_destination_from_its_creation_to_its_end(client: stripe.StripeClient) -> None:
    made = destination(client, "https://example.com/hook", "v1.invoice.paid", metadata={"a": "b"})
    assert made.webhook_endpoint.url == "https://example.com/hook"
    assert (made.status, made.event_payload, made.events_from) == ("enabled", "thin", ["@self"])
    destinations = client.v2.core.event_destinations
    assert "webhook_endpoint" not in destinations.retrieve(made.id)
    shown = destinations.retrieve(made.id, {"include": ["webhook_endpoint.url"]})
    assert shown.webhook_endpoint is not None
    assert shown.webhook_endpoint.to_dict() == {"url": "https://example.com/hook"}
    assert destinations.update(made.id, {"name": "Other"}).name == "Other"
    disabled = destinations.disable(made.id)
    assert disabled.status == "disabled"
    assert disabled.status_details is not None
    assert destinations.enable(made.id).status == "enabled"
    assert [each.id for each in destinations.list().data] == [made.id]
    assert destinations.delete(made.id).id == made.id
    with pytest.raises(stripe.InvalidRequestError) as caught:
        destinations.retrieve(made.id)
    assert caught.value.http_status == 404


@pytest.mark.parametrize(
    "params",
    [
        {"enabled_events": ["invoice.paid"]},
        {"webhook_endpoint": {"url": "example.com"}},
        {"events_from": ["@everyone"]},
        {"event_payload": "fat"},
    ],
)
def test_what_a_destination_refuses(client: stripe.StripeClient, params: Json) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        destination(client, "https://example.com/hook", "v1.invoice.paid", **params)


def test_a_ping_reaches_the_destination_only(server: Running, client: stripe.StripeClient, receiver: Receiver) -> None:
    with Receiver() as other:
        made = destination(client, receiver.url, "v1.invoice.paid")
        destination(client, other.url, "*")
        pinged = client.v2.core.event_destinations.ping(made.id)
        (request,) = received(server, receiver)
        assert received(server, other) == []
    assert request.event["type"] == pinged.type == "v2.core.event_destination.ping"
    assert request.event["related_object"]["id"] == made.id
    notification: Any = client.parse_event_notification(
        request.body, request.signature, made.webhook_endpoint.signing_secret
    )
    assert notification.fetch_event().id == pinged.id
    assert notification.fetch_related_object().id == made.id


def test_a_destination_for_snapshots_gets_what_an_endpoint_gets(
    server: Running, client: stripe.StripeClient, receiver: Receiver
) -> None:
    made = destination(client, receiver.url, "customer.created", event_payload="snapshot")
    Api(server.sandbox).customer()
    (request,) = received(server, receiver)
    event = client.construct_event(request.body, request.signature, made.webhook_endpoint.signing_secret)
    assert (event.type, event.api_version) == ("customer.created", "2026-05-27.dahlia")


def test_thin_events_without_an_event_of_their_own_can_be_told(
    server: Running, client: stripe.StripeClient, receiver: Receiver
) -> None:
    made = destination(client, receiver.url, "v1.billing.meter.error_report_triggered")
    customer = server.sandbox.call("POST", "/v1/customers", {})
    with server.sandbox.lock:
        server.sandbox.events.tell_thin(
            "v1.billing.meter.error_report_triggered", customer, {"developer_message_summary": "No customer"}
        )
    (request,) = received(server, receiver)
    assert "data" not in request.event
    notification: Any = client.parse_event_notification(
        request.body, request.signature, made.webhook_endpoint.signing_secret
    )
    assert notification.fetch_event().data.developer_message_summary == "No customer"
