"""Stripe's JSON, bent: types swapped, fields dropped, nulls and rubbish at any depth."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

rubbish = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.sampled_from([0, -1, 10**15, 253402300800, 10**17, 10**17 + 1, 2**63]),
    st.floats(),
    st.sampled_from(["", "x", "usd", "in_1", "1e400", "NaN", "-1", "\ud800", "<b>", "a/b", "null", "draft", "%s"]),
    st.text(alphabet=st.characters(exclude_categories=()), max_size=20),
    st.just([]),
    st.just({}),
    st.just([None]),
    st.just([[]]),
    st.just({"id": None}),
    st.just({"data": None}),
    st.just({"object": "list", "data": {}}),
)

Path = tuple[str | int, ...]


@st.composite
def mangled(draw: st.DrawFn, base: Any, most: int = 4) -> Any:
    """``base`` after one to ``most`` changes, each at a place of its own choice."""
    data = copy.deepcopy(base)
    for _ in range(draw(st.integers(1, most))):
        places = list(paths(data))
        if not places:
            return copy.deepcopy(draw(rubbish))
        path = draw(st.sampled_from(places))
        holder = _at(data, path[:-1])
        if draw(st.booleans()):
            holder[path[-1]] = copy.deepcopy(draw(rubbish))
        else:
            del holder[path[-1]]
    return data


def paths(data: Any, before: Path = ()) -> Iterator[Path]:
    """Where every value within ``data`` is."""
    items: Any = ()
    if isinstance(data, dict):
        items = data.items()
    elif isinstance(data, list):
        items = enumerate(data)
    for key, value in items:
        yield (*before, key)
        yield from paths(value, (*before, key))


def padded(data: Any) -> Any:
    """``data`` with fields that nobody knows in every object of it, at every depth."""
    if isinstance(data, dict):
        unknown = {"a_new_field": {"deep": [{"deeper": None}]}, "another": 1.5}
        return {name: padded(value) for name, value in data.items()} | unknown
    if isinstance(data, list):
        return [padded(item) for item in data]
    return data


def values(parsed: Any) -> Iterator[Any]:
    """Every plain value within a parsed object."""
    if dataclasses.is_dataclass(parsed):
        for field in dataclasses.fields(parsed):
            yield from values(getattr(parsed, field.name))
    elif isinstance(parsed, tuple | list):
        for item in parsed:
            yield from values(item)
    elif isinstance(parsed, dict):
        for item in parsed.values():
            yield from values(item)
    else:
        yield parsed


def _at(data: Any, path: Path) -> Any:
    for key in path:
        data = data[key]
    return data
