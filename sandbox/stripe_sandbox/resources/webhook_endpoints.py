"""Webhook endpoints: https://docs.stripe.com/api/webhook_endpoints."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from stripe_sandbox.errors import StripeError, invalid
from stripe_sandbox.events.subscribers import new_secret
from stripe_sandbox.events.types import TYPES
from stripe_sandbox.http import Json
from stripe_sandbox.parameters import Boolean, Fields, ListOf, Metadata, Text
from stripe_sandbox.resource import LISTING, Call, Resource, Route, chosen, merged

_SAVE: Fields = {
    "description": Text(),
    "enabled_events": ListOf(Text(clearable=False)),
    "metadata": Metadata(),
    "url": Text(clearable=False),
}
CREATE: Fields = {
    **_SAVE,
    "api_version": Text(clearable=False),
    "connect": Boolean(),
    "enabled_events": ListOf(Text(clearable=False), required=True),
    "url": Text(clearable=False, required=True),
}
UPDATE: Fields = {**_SAVE, "disabled": Boolean()}
_MOST = 16


def _create(call: Call) -> Json:
    """Only this answer says the secret."""
    params = call.params
    if len(call.store.table("webhook_endpoint")) >= _MOST:
        raise StripeError(f"You have reached the maximum of {_MOST} test webhook endpoints.")
    version = params.get("api_version")
    if version is not None and not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(\.[a-z]+)?", version):
        raise invalid(f"Invalid API version: {version}", "api_version")
    secret = new_secret(call.sandbox.ids)
    endpoint: Json = {
        "id": call.sandbox.ids.new("we"),
        "object": "webhook_endpoint",
        "api_version": version,
        "application": None,
        "created": call.now,
        "description": None,
        "enabled_events": [],
        "livemode": False,
        "metadata": {},
        "status": "enabled",
        "url": "",
        "_connect": params.get("connect", False),
        "_secrets": [secret],
        "_thin": False,
        "_url": "",
        "_version": version,
    }
    _apply(call, endpoint)
    call.store.add(endpoint)
    return {**endpoint, "secret": secret["secret"]}


def _update(call: Call) -> Json:
    endpoint = call.named("webhook_endpoint")
    _apply(call, endpoint)
    return endpoint


def _apply(call: Call, endpoint: Json) -> None:
    params = call.params
    endpoint.update(chosen(params, "description"))
    if "enabled_events" in params:
        endpoint["enabled_events"] = known_events(params["enabled_events"], TYPES)
    if "url" in params:
        endpoint["url"] = endpoint["_url"] = checked_url(params["url"])
    if "metadata" in params:
        endpoint["metadata"] = merged(endpoint["metadata"], params["metadata"])
    if "disabled" in params:
        endpoint["status"] = "disabled" if params["disabled"] else "enabled"


def known_events(asked: list[str], known: frozenset[str]) -> list[str]:
    """The names of events that were asked for. Raises StripeError for one that Stripe does not have, and for none."""
    if not asked:
        raise invalid("You must specify at least one event.", "enabled_events", "parameter_invalid_empty")
    for at, name in enumerate(asked):
        if name != "*" and name not in known:
            raise invalid(
                f"Invalid enabled_events[{at}]: '{name}' is no event type; see "
                "https://docs.stripe.com/api/events/types for the list.",
                f"enabled_events[{at}]",
            )
    return asked


def checked_url(url: str) -> str:
    """An address that can be posted to. As in Stripe's test mode `http` will do, and here loopback is welcome."""
    try:
        parts = urlsplit(url)
        host = parts.hostname and (parts.port or True)
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https"):
        raise invalid("Invalid URL: An explicit scheme (such as https) must be provided.", "url", "url_invalid")
    return url


def _delete(call: Call) -> Json:
    endpoint = call.named("webhook_endpoint")
    call.store.remove(endpoint)
    return {"id": endpoint["id"], "object": "webhook_endpoint", "deleted": True}


RESOURCE = Resource(
    kind="webhook_endpoint",
    permission="webhook",
    noun="webhook endpoint",
    routes=(
        Route("GET", "/v1/webhook_endpoints", lambda call: call.page("webhook_endpoint"), LISTING),
        Route("POST", "/v1/webhook_endpoints", _create, CREATE),
        Route("GET", "/v1/webhook_endpoints/{webhook_endpoint}", lambda call: call.named("webhook_endpoint")),
        Route("POST", "/v1/webhook_endpoints/{webhook_endpoint}", _update, UPDATE),
        Route("DELETE", "/v1/webhook_endpoints/{webhook_endpoint}", _delete),
    ),
)
