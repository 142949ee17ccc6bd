"""`expand`: ids become objects, included fields appear. https://docs.stripe.com/api/expanding_objects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from stripe_sandbox.errors import StripeError, invalid
from stripe_sandbox.http import Json
from stripe_sandbox.resource import ABSENT, Embedded, Expandable, Included, Link

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox

MAX_LEVELS = 4


def expand(sandbox: Sandbox, answer: Json, paths: Sequence[str]) -> Json:
    """The answer with each dotted path expanded. Raises StripeError for what cannot be."""
    for path in paths:
        segments = path.split(".")
        if len(segments) > MAX_LEVELS:
            raise StripeError(
                f"You cannot expand more than 4 levels of a property. Property: {path}",
                code="property_expansion_max_depth",
                param="expand",
            )
        if answer["object"] == "search_result" and path == "total_count":
            answer = {**answer, "total_count": answer["_total"]}
        elif answer["object"] in ("list", "search_result"):
            if segments[0] != "data":
                raise _not_expandable(path, f". You may want to try expanding 'data.{path}' instead.")
            answer = {**answer, "data": [_within(sandbox, item, segments[1:], path) for item in answer["data"]]}
        else:
            answer = _within(sandbox, answer, segments, path)
    return answer


def _within(sandbox: Sandbox, item: Json, segments: Sequence[str], path: str) -> Json:
    """Expand inside one object; its resource says what is expandable."""
    if not segments or item.get("deleted"):
        return item
    return _hash(sandbox, item, item, segments, "", path)


def _hash(sandbox: Sandbox, owner: Json, hash: Json, segments: Sequence[str], prefix: str, path: str) -> Json:
    """Expand inside an object or a plain hash of it; `prefix` is the dotted way from the object."""
    name, rest = segments[0], segments[1:]
    dotted = prefix + name
    rules = sandbox.resources[owner["object"]].expandable
    rule = rules.get(dotted)
    if rule is not None:
        value = _value(sandbox, owner, hash.get(name), rule, rest, path)
        return hash if value is ABSENT else {**hash, name: value}
    if not any(known.startswith(dotted + ".") for known in rules) or not rest:
        raise _not_expandable(path)
    inner = hash.get(name)
    if isinstance(inner, list):
        items = [_hash(sandbox, owner, each, rest, dotted + ".", path) for each in inner]
        return {**hash, name: items}
    if isinstance(inner, dict):
        return {**hash, name: _hash(sandbox, owner, inner, rest, dotted + ".", path)}
    return hash


def _value(sandbox: Sandbox, owner: Json, value: Any, rule: Expandable, rest: Sequence[str], path: str) -> object:
    match rule:
        case Link():
            value = _objects(sandbox, value, rule)
        case Included(build):
            value = build(sandbox, owner) if value is None else value
            if value is ABSENT:
                return ABSENT
        case Embedded():
            pass
    return _descend(sandbox, value, rest, path)


def _objects(sandbox: Sandbox, value: Any, link: Link) -> Any:
    """Ids replaced by what they name; objects that are there already (expanded before) stay."""
    if isinstance(value, list):
        return [_objects(sandbox, item, link) for item in value]
    return sandbox.shown_by_id(value, link.kinds) if isinstance(value, str) else value


def _descend(sandbox: Sandbox, value: Any, rest: Sequence[str], path: str) -> Any:
    if not rest:
        return value
    if isinstance(value, list):
        return [_descend(sandbox, item, rest, path) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("object") == "list":
        if rest[0] != "data":
            raise _not_expandable(path)
        return {**value, "data": [_within(sandbox, item, rest[1:], path) for item in value["data"]]}
    return _within(sandbox, value, rest, path)


def _not_expandable(path: str, hint: str = ".") -> StripeError:
    return invalid(f"This property cannot be expanded ({path}){hint}", "expand")
