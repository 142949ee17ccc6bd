"""Thin events: https://docs.stripe.com/api/v2/core/events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from stripe_sandbox.errors import StripeError
from stripe_sandbox.events import thin
from stripe_sandbox.events.related import reference
from stripe_sandbox.http import Json
from stripe_sandbox.parameters import Fields, Hash, Integer, ListOf, Text
from stripe_sandbox.resource import Call, Resource, Route, in_range
from stripe_sandbox.resources.events import is_kept

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox

KIND = "v2.core.event"
_MOMENT = Text(clearable=False)
LIST: Fields = {
    "created": Hash({"gt": _MOMENT, "gte": _MOMENT, "lt": _MOMENT, "lte": _MOMENT}),
    "limit": Integer(1, 100),
    "object_id": Text(clearable=False),
    "page": Text(clearable=False),
    "types": ListOf(Text(clearable=False)),
}
_MOST_DIGITS = 9
_DEFAULT_LIMIT = 20
_SINCE_ENDIVE = "2026-09-30"
"""From this version on, an event names the event of API v1 that it goes with."""


def _retrieve(call: Call) -> Json:
    found = _find(call, call.path["id"])
    if found is None:
        raise StripeError(f"Event {call.path['id']} not found.", status=404, code="not_found")
    return found


def _find(call: Call, id: str) -> Json | None:
    kept = call.store.get(KIND, id)
    if kept is not None:
        return kept if is_kept(kept, call.now) else None
    of_event = thin.origin(id)
    event = None if of_event is None else call.store.get("event", of_event[0])
    if of_event is None or event is None or not is_kept(event, call.now):
        return None
    return next((_full(call, each) for each in thin.thin_events(event) if each.place == of_event[1]), None)


def _full(call: Call, event: thin.Thin) -> Json:
    related = reference(call.sandbox, event.event["_kind"], event.event["_about"])
    return thin.full(event, related, with_snapshot=call.version >= _SINCE_ENDIVE)


def _list(call: Call) -> Json:
    return page_of(call, [show(call.sandbox, each) for each in _matching(call)])


def _matching(call: Call) -> Iterator[Json]:
    """The events that are asked for, the newest first."""
    about, types = call.params.get("object_id"), call.params.get("types")
    created = {name: _moment(name, value) for name, value in call.params.get("created", {}).items()} or None
    for event in _all(call):
        if not is_kept(event, call.now):
            return
        if not in_range(event["created"], created) or about not in (None, _subject(event)):
            continue
        each = [event] if event["object"] == KIND else [_full(call, one) for one in thin.thin_events(event)]
        yield from (one for one in each if types is None or one["type"] in types)


def _all(call: Call) -> list[Json]:
    kept = list(call.store.table(KIND).newest({}))
    return sorted([*call.store.table("event").newest({}), *kept], key=lambda event: -event["created"])


def _subject(event: Json) -> str | None:
    """The id of the object that an event is about."""
    id: str | None = event.get("_about") or event.get("related_object", {}).get("id")
    return id


def _moment(name: str, text: str) -> int:
    try:
        return thin.moment(text)
    except ValueError as error:
        raise StripeError(f"Invalid timestamp for created.{name}: {text}", code="timestamp_invalid") from error


def page_of(call: Call, items: Sequence[Json]) -> Json:
    """A page as API v2 gives one. `page` is the place of its first item, which clients take from the address."""
    limit = call.params.get("limit", _DEFAULT_LIMIT)
    page = call.params.get("page", "0")
    if not page.isascii() or not page.isdigit() or len(page) > _MOST_DIGITS:
        raise StripeError("The page token is invalid.", code="page_token_invalid")
    start = int(page)
    return {
        "data": list(islice(items, start, start + limit)),
        "next_page_url": _address(call, start + limit) if start + limit < len(items) else None,
        "previous_page_url": _address(call, max(start - limit, 0)) if start > 0 else None,
    }


def _address(call: Call, start: int) -> str:
    pairs: list[tuple[str, object]] = [("page", start)]
    for name, value in call.params.items():
        if isinstance(value, list):
            pairs += [(f"{name}[{at}]", each) for at, each in enumerate(value)]
        elif isinstance(value, dict):
            pairs += [(f"{name}[{key}]", each) for key, each in value.items()]
        elif name != "page":
            pairs.append((name, value))
    return f"{call.url}?{urlencode(pairs, quote_via=quote)}"


def show(sandbox: Sandbox, event: Json) -> Json:
    """The event with its moment as API v2 writes one."""
    created = event["created"]
    return {**event, "created": thin.timestamp(created) if isinstance(created, int) else created}


RESOURCE = Resource(
    kind=KIND,
    permission="event",
    show=show,
    routes=(
        Route("GET", "/v2/core/events", _list, LIST),
        Route("GET", "/v2/core/events/{id}", _retrieve),
    ),
)
