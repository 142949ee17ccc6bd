"""Events, webhook endpoints and event destinations, as a part of the world in which everything has happened."""

from __future__ import annotations

from sandbox.api import NOW, Api


def events(api: Api) -> None:
    listed = api.get("events", types=["invoice.paid", "invoice.updated"], created={"gte": NOW}, limit=100)["data"]
    api.get("events", type="customer.*", delivery_success=True, limit=100)
    api.get(f"events/{listed[0]['id']}")
    api.get("events", limit=20, starting_after=listed[0]["id"])
    endpoint = api.post("webhook_endpoints", url="http://127.0.0.1:9/hook", enabled_events=["*"], connect=False)["id"]
    api.post(f"webhook_endpoints/{endpoint}", disabled=True, description="Nobody listens", metadata={"a": "b"})
    api.get(f"webhook_endpoints/{endpoint}")
    api.get("webhook_endpoints")
    api.delete(f"webhook_endpoints/{endpoint}")


def thin_events(api: Api) -> None:
    destination = api.call(
        "POST",
        "/v2/core/event_destinations",
        name="Thin",
        type="webhook_endpoint",
        event_payload="thin",
        enabled_events=["v1.invoice.paid"],
        webhook_endpoint={"url": "http://127.0.0.1:9/thin"},
        include=["webhook_endpoint.url", "webhook_endpoint.signing_secret"],
    )["id"]
    path = f"/v2/core/event_destinations/{destination}"
    api.call("GET", "/v2/core/event_destinations", include=["webhook_endpoint.url"])
    api.call("GET", path, include=["webhook_endpoint.url"])
    api.call("POST", path, name="Thinner", metadata={"a": "b"})
    api.call("POST", f"{path}/disable")
    api.call("POST", f"{path}/enable")
    ping = api.call("POST", f"{path}/ping")["id"]
    api.call("GET", f"/v2/core/events/{ping}")
    found = api.call("GET", "/v2/core/events", types=["v1.invoice.updated", "v1.customer.created"])["data"]
    api.call("GET", f"/v2/core/events/{found[0]['id']}")
    api.call("GET", "/v2/core/events", object_id=found[0]["related_object"]["id"], limit=2)
    api.call("DELETE", path)
