"""Cursor paging, forwards and backwards: https://docs.stripe.com/api/pagination."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from stripe_sandbox.errors import invalid, missing
from stripe_sandbox.http import Json

DEFAULT_LIMIT = 10


@dataclass(frozen=True, slots=True)
class Source:
    """Where pages come from: `older(None)` is the whole list, the other two run from a cursor on."""

    noun: str
    has: Callable[[str], bool]
    older: Callable[[str | None], Iterator[Json]]
    newer: Callable[[str], Iterator[Json]]


def sequence(items: Sequence[Json], noun: str) -> Source:
    """A list that stands in an order of its own."""
    places = {item["id"]: at for at, item in enumerate(items)}
    return Source(
        noun,
        places.__contains__,
        lambda id: iter(items[0 if id is None else places[id] + 1 :]),
        lambda id: reversed(items[: places[id]]),
    )


def page(source: Source, params: Json, url: str) -> Json:
    """The list object for `limit`, `starting_after` and `ending_before`."""
    limit = params.get("limit", DEFAULT_LIMIT)
    after, before = params.get("starting_after"), params.get("ending_before")
    if after is not None and before is not None:
        message = "Received both starting_after and ending_before parameters. Please pass in only one."
        raise invalid(message, "starting_after")
    for name, cursor in (("starting_after", after), ("ending_before", before)):
        if cursor is not None and not source.has(cursor):
            raise missing(source.noun, cursor, param=name, status=400)
    found = list(islice(source.newer(before) if before is not None else source.older(after), limit + 1))
    data = found[:limit]
    if before is not None:
        data.reverse()
    return list_object(data, url, has_more=len(found) > limit)


def list_object(data: Sequence[Json], url: str, *, has_more: bool = False) -> Json:
    """Stripe's list."""
    return {"object": "list", "data": list(data), "has_more": has_more, "url": url}


def head(items: Sequence[Json], url: str, limit: int = DEFAULT_LIMIT) -> Json:
    """The list that an object embeds: the first few, and where the rest is."""
    return list_object(items[:limit], url, has_more=len(items) > limit)
