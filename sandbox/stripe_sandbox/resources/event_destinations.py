"""Event destinations of API v2: https://docs.stripe.com/api/v2/core/event-destinations. Webhook endpoints only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stripe_sandbox.errors import StripeError
from stripe_sandbox.events.subscribers import new_secret
from stripe_sandbox.events.thin import timestamp
from stripe_sandbox.events.types import THIN_TYPES, TYPES
from stripe_sandbox.http import Json
from stripe_sandbox.parameters import Fields, Hash, Integer, ListOf, Metadata, OneOf, Text
from stripe_sandbox.resource import Call, Resource, Route, chosen, merged
from stripe_sandbox.resources.core_events import page_of
from stripe_sandbox.resources.webhook_endpoints import checked_url, known_events

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox

KIND = "v2.core.event_destination"
_INCLUDE = ListOf(Text(clearable=False))
_SAVE: Fields = {
    "description": Text(),
    "enabled_events": ListOf(Text(clearable=False)),
    "include": _INCLUDE,
    "metadata": Metadata(clearable=False),
    "name": Text(clearable=False),
    "webhook_endpoint": Hash({"url": Text(required=True, clearable=False)}),
}
CREATE: Fields = {
    **_SAVE,
    "enabled_events": ListOf(Text(clearable=False), required=True),
    "event_payload": OneOf(("snapshot", "thin"), required=True),
    "events_from": ListOf(Text(clearable=False)),
    "name": Text(clearable=False, required=True),
    "snapshot_api_version": Text(clearable=False),
    "type": OneOf(("webhook_endpoint",), required=True),
}
LIST: Fields = {"include": _INCLUDE, "limit": Integer(1, 100), "page": Text(clearable=False)}
_ACCOUNTS = {"@self": False, "@accounts": True}


def _create(call: Call) -> Json:
    params = call.params
    if "webhook_endpoint" not in params:
        raise StripeError("Missing required param: webhook_endpoint.", code="parameter_missing")
    is_thin = params["event_payload"] == "thin"
    version = None if is_thin else params.get("snapshot_api_version", call.sandbox.api_version)
    sources = params.get("events_from", ["@self"])
    if len(sources) != 1 or sources[0] not in _ACCOUNTS:
        raise StripeError(f"events_from must be one of {', '.join(_ACCOUNTS)}.", code="parameter_invalid")
    secret = new_secret(call.sandbox.ids)
    destination: Json = {
        "id": call.sandbox.ids.new("ed_test"),
        "object": KIND,
        "created": call.now,
        "description": "",
        "enabled_events": [],
        "event_payload": params["event_payload"],
        "events_from": sources,
        "livemode": False,
        "metadata": {},
        "name": "",
        **({} if version is None else {"snapshot_api_version": version}),
        "status": "enabled",
        "type": "webhook_endpoint",
        "updated": call.now,
        "_connect": _ACCOUNTS[sources[0]],
        "_secrets": [secret],
        "_thin": is_thin,
        "_url": "",
        "_version": version,
    }
    _apply(call, destination)
    call.store.add(destination)
    return _with_included(call, destination, {"signing_secret": secret["secret"]})


def _update(call: Call) -> Json:
    destination = _named(call)
    _apply(call, destination)
    destination["updated"] = call.now
    return _with_included(call, destination)


def _apply(call: Call, destination: Json) -> None:
    params = call.params
    destination.update(chosen(params, "name"))
    if "description" in params:
        destination["description"] = params["description"] or ""
    if "enabled_events" in params:
        known = THIN_TYPES if destination["_thin"] else TYPES
        destination["enabled_events"] = known_events(params["enabled_events"], known)
    if "webhook_endpoint" in params:
        destination["_url"] = checked_url(params["webhook_endpoint"]["url"])
    if "metadata" in params:
        destination["metadata"] = merged(destination["metadata"], params["metadata"])


def _retrieve(call: Call) -> Json:
    return _with_included(call, _named(call))


def _list(call: Call) -> Json:
    found = [_with_included(call, each) for each in call.store.table(KIND).newest({})]
    return page_of(call, [show(call.sandbox, each) for each in found])


def _enable(call: Call) -> Json:
    destination = _named(call)
    destination.update(status="enabled", updated=call.now)
    destination.pop("status_details", None)
    return destination


def _disable(call: Call) -> Json:
    destination = _named(call)
    destination.update(status="disabled", status_details={"disabled": {"reason": "user"}}, updated=call.now)
    return destination


def _ping(call: Call) -> Json:
    destination = _named(call)
    return call.sandbox.events.tell_thin("v2.core.event_destination.ping", destination, only_to=destination["id"])


def _delete(call: Call) -> Json:
    destination = _named(call)
    call.store.remove(destination)
    return {"id": destination["id"], "object": KIND}


def _named(call: Call) -> Json:
    found = call.store.get(KIND, call.path["id"])
    if found is None:
        raise StripeError(f"Event destination {call.path['id']} not found.", status=404, code="not_found")
    return found


def _with_included(call: Call, destination: Json, more: Json | None = None) -> Json:
    """The destination with what of its endpoint was asked for; the secret is there at its creation only."""
    endpoint = {"url": destination["_url"], **(more or {})}
    wanted = {name.removeprefix("webhook_endpoint.") for name in call.params.get("include", [])}
    included = {name: value for name, value in endpoint.items() if name in wanted}
    return {**destination, "webhook_endpoint": included} if included else destination


def show(sandbox: Sandbox, destination: Json) -> Json:
    """The destination with its moments as API v2 writes them; of one that was deleted only its name is left."""
    if "created" not in destination:
        return destination
    shown = {name: value for name, value in destination.items() if not name.startswith("_")}
    return {**shown, "created": timestamp(destination["created"]), "updated": timestamp(destination["updated"])}


_PATH = "/v2/core/event_destinations"
RESOURCE = Resource(
    kind=KIND,
    permission="event_destination",
    show=show,
    routes=(
        Route("GET", _PATH, _list, LIST),
        Route("POST", _PATH, _create, CREATE),
        Route("GET", _PATH + "/{id}", _retrieve, {"include": _INCLUDE}),
        Route("POST", _PATH + "/{id}", _update, _SAVE),
        Route("DELETE", _PATH + "/{id}", _delete),
        Route("POST", _PATH + "/{id}/disable", _disable),
        Route("POST", _PATH + "/{id}/enable", _enable),
        Route("POST", _PATH + "/{id}/ping", _ping),
    ),
)
