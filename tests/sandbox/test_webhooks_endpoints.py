"""Webhook endpoints as a resource: https://docs.stripe.com/api/webhook_endpoints."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.api import Api, Json
from stripe_sandbox import Request, Sandbox

URL = "https://example.com/hook"


def make(api: Api, **params: Any) -> Json:
    return api.post("webhook_endpoints", **{"url": URL, "enabled_events": ["invoice.paid"], **params})


def test_only_the_creation_says_the_secret(api: Api) -> None:
    made = make(api, description="Ours", metadata={"a": "b"}, api_version="2026-05-27.dahlia")
    secret = made.pop("secret")
    assert secret.startswith("whsec_")
    assert made == {
        "id": made["id"],
        "object": "webhook_endpoint",
        "api_version": "2026-05-27.dahlia",
        "application": None,
        "created": made["created"],
        "description": "Ours",
        "enabled_events": ["invoice.paid"],
        "livemode": False,
        "metadata": {"a": "b"},
        "status": "enabled",
        "url": URL,
    }
    assert made["id"].startswith("we_")
    assert api.get(f"webhook_endpoints/{made['id']}") == made
    assert api.get("webhook_endpoints")["data"] == [made]
    assert make(api)["secret"] != secret


def test_an_update_and_a_deletion(api: Api) -> None:
    id = make(api, metadata={"a": "b"})["id"]
    changed = api.post(
        f"webhook_endpoints/{id}",
        url="http://127.0.0.1:5000/hook",
        enabled_events=["*"],
        disabled=True,
        metadata={"a": "", "c": "d"},
    )
    assert (changed["url"], changed["enabled_events"], changed["status"], changed["metadata"]) == (
        "http://127.0.0.1:5000/hook", ["*"], "disabled", {"c": "d"},
    )  # fmt: skip
    assert api.post(f"webhook_endpoints/{id}", disabled=False)["status"] == "enabled"
    assert api.delete(f"webhook_endpoints/{id}") == {"id": id, "object": "webhook_endpoint", "deleted": True}
    assert api.refused("GET", f"webhook_endpoints/{id}").status == 404


@pytest.mark.parametrize(
    ("params", "param", "code"),
    [
        ({"url": "example.com/hook"}, "url", "url_invalid"),
        ({"url": "ftp://example.com"}, "url", "url_invalid"),
        ({"url": "http://[::1"}, "url", "url_invalid"),
        ({"url": "http://a:99999/"}, "url", "url_invalid"),
        ({"enabled_events": ["invoice.payed"]}, "enabled_events[0]", None),
        ({"enabled_events": ["invoice.paid", "v1.invoice.paid"]}, "enabled_events[1]", None),
        ({"enabled_events": []}, "enabled_events", "parameter_invalid_empty"),
        ({"api_version": "newest"}, "api_version", None),
        ({"colour": "red"}, "colour", "parameter_unknown"),
    ],
)
def test_what_is_refused(api: Api, params: Json, param: str, code: str | None) -> None:
    error = api.refused("POST", "webhook_endpoints", **{"url": URL, "enabled_events": ["*"], **params}).error
    assert (error["param"], error.get("code")) == (param, code)
    assert api.get("webhook_endpoints")["data"] == []


@pytest.mark.parametrize("missing", ["url", "enabled_events"])
def test_what_is_required(api: Api, missing: str) -> None:
    wanted = {"url": URL, "enabled_events": ["*"]}
    del wanted[missing]
    assert api.refused("POST", "webhook_endpoints", **wanted).error["code"] == "parameter_missing"


def test_there_is_room_for_sixteen(api: Api) -> None:
    for _ in range(16):
        make(api)
    assert "maximum" in api.refused("POST", "webhook_endpoints", url=URL, enabled_events=["*"]).error["message"]


def test_a_restricted_key_needs_the_permission() -> None:
    sandbox = Sandbox()
    sandbox.restrict("rk_test_1", ["webhook_read"])
    headers = {"Authorization": "Bearer rk_test_1"}
    assert sandbox.handle(Request("GET", "/v1/webhook_endpoints", headers=headers)).status == 200
    assert sandbox.handle(Request("POST", "/v1/webhook_endpoints", headers=headers)).status == 403
