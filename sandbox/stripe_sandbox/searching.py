"""The search endpoint that some resources have: https://docs.stripe.com/search."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from itertools import islice

from stripe_sandbox.errors import invalid
from stripe_sandbox.http import Json
from stripe_sandbox.paging import DEFAULT_LIMIT
from stripe_sandbox.parameters import Fields, Integer, Text
from stripe_sandbox.resource import Call, Route
from stripe_sandbox.search import Field, parse

SEARCH: Fields = {
    "limit": Integer(1, 100),
    "page": Text(clearable=False),
    "query": Text(required=True, clearable=False),
}


def route(kind: str, path: str, fields: Mapping[str, Field]) -> Route:
    """`GET …/search` for a kind of object, by these fields. `metadata` stands for all its keys."""

    def run(call: Call) -> Json:
        return _search(call, kind, fields)

    return Route("GET", f"{path}/search", run, SEARCH)


def _search(call: Call, kind: str, fields: Mapping[str, Field]) -> Json:
    """What is found, the newest first. What is younger than `search_delay` is not to be found yet."""
    query = parse(call.params["query"], fields)
    table, limit = call.store.table(kind), call.params.get("limit", DEFAULT_LIMIT)
    after = _after(call.params.get("page"))
    if after is not None and table.get(after) is None:
        raise _no_page()
    indexed_until = call.now - call.sandbox.search_delay
    everything = [item for item in table.newest({}) if item["created"] <= indexed_until and query.matches(item)]
    rest = everything
    if after is not None:
        older = {item["id"] for item in table.newest({}, after=after)}
        rest = [item for item in everything if item["id"] in older]
    data = list(islice(rest, limit))
    more = len(rest) > limit
    return {
        "object": "search_result",
        "data": data,
        "has_more": more,
        "next_page": urlsafe_b64encode(data[-1]["id"].encode()).decode() if more else None,
        "url": call.url,
        "_total": len(everything),
    }


def _after(page: str | None) -> str | None:
    if page is None:
        return None
    try:
        return urlsafe_b64decode(page.encode()).decode()
    except ValueError as error:
        raise _no_page() from error


def _no_page() -> Exception:
    return invalid("Invalid page: pass the next_page of an earlier search.", "page")
