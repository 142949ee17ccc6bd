"""Events: https://docs.stripe.com/api/events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stripe_sandbox.errors import invalid, missing
from stripe_sandbox.events.recorder import KEPT
from stripe_sandbox.events.reminders import JOBS
from stripe_sandbox.http import Json
from stripe_sandbox.journal import thawed
from stripe_sandbox.parameters import Boolean, Fields, ListOf, Text, range_of
from stripe_sandbox.resource import LISTING, Call, Resource, Route, in_range

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox

LIST: Fields = {
    "created": range_of(),
    "delivery_success": Boolean(),
    "type": Text(clearable=False),
    "types": ListOf(Text(clearable=False)),
    **LISTING,
}
_MOST_TYPES = 20


def is_kept(event: Json, now: int) -> bool:
    """Whether an event can still be retrieved: for 30 days."""
    return bool(event["created"] >= now - KEPT)


def _list(call: Call) -> Json:
    params, now = call.params, call.now
    types, created, delivered = _types(call), params.get("created"), params.get("delivery_success")

    def keep(event: Json) -> bool:
        return (
            is_kept(event, now)
            and in_range(event["created"], created)
            and (types is None or any(_fits(event["type"], type) for type in types))
            and delivered in (None, event["pending_webhooks"] == 0)
        )

    exact = types[0] if types is not None and len(types) == 1 and "*" not in types[0] else None
    return call.page("event", {"type": exact}, keep)


def _types(call: Call) -> list[str] | None:
    """The types that are asked for; a `*` stands for the rest of a name."""
    if "type" in call.params and "types" in call.params:
        raise invalid("You may only specify one of these parameters: type, types.", "type")
    if "type" in call.params:
        return [call.params["type"]]
    types: list[str] | None = call.params.get("types")
    if types is not None and len(types) > _MOST_TYPES:
        raise invalid(f"You may only specify up to {_MOST_TYPES} types.", "types")
    return types


def _fits(type: str, asked: str) -> bool:
    return type.startswith(asked[:-1]) if asked.endswith("*") else type == asked


def _retrieve(call: Call) -> Json:
    event = call.named("event", "id")
    if not is_kept(event, call.now):
        raise missing("event", event["id"], param="id")
    return event


def show(sandbox: Sandbox, event: Json) -> Json:
    """The event with what it is about, as that was when it happened."""
    shown = {name: value for name, value in event.items() if not name.startswith("_")}
    data: Json = {"object": thawed(event["_object"])}
    if event["_previous"] is not None:
        data["previous_attributes"] = thawed(event["_previous"])
    return {**shown, "data": data}


RESOURCE = Resource(
    kind="event",
    permission="event",
    missing_param="id",
    indexed=("type",),
    show=show,
    jobs=JOBS,
    routes=(
        Route("GET", "/v1/events", _list, LIST),
        Route("GET", "/v1/events/{id}", _retrieve),
    ),
)
