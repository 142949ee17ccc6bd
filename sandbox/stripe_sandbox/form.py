"""Stripe's form encoding: `a[b][0][c]=1`, `a[]=1`, brackets percent-encoded or not."""

from __future__ import annotations

import json
import re
from typing import TypeAlias
from urllib.parse import parse_qsl

from stripe_sandbox.errors import StripeError

Raw: TypeAlias = "str | list[Raw] | dict[str, Raw]"
"""A parameter as it was sent: texts, and the lists and hashes of them."""

_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)\Z")
_MAX_DEPTH = 32


def decode(encoded: str | bytes) -> dict[str, Raw]:
    """The nested parameters of a query or body. Raises StripeError where they contradict each other."""
    try:
        text = encoded.decode("ascii") if isinstance(encoded, bytes) else encoded
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=10_000)
    except (UnicodeDecodeError, ValueError) as error:
        raise StripeError("Invalid request: the parameters could not be decoded.") from error
    root: dict[str, Raw] = {}
    for name, value in pairs:
        _put(root, _segments(name), value, name)
    return root


def body(path: str, encoded: bytes) -> dict[str, Raw]:
    """The parameters of a request's body: API v2 takes JSON."""
    if not path.startswith("/v2/"):
        return decode(encoded)
    try:
        read = plain(json.loads(encoded or b"{}"))
    except (ValueError, RecursionError) as error:
        raise StripeError("Invalid request: the body is no JSON.") from error
    if not isinstance(read, dict):
        raise StripeError("Invalid request: the body is no JSON object.")
    return read


def plain(value: object) -> Raw:
    """Python values as a client library would send them; None is left out, in hashes and in lists."""
    match value:
        case bool():
            return "true" if value else "false"
        case dict():
            return {str(key): plain(item) for key, item in value.items() if item is not None}
        case list() | tuple():
            return [plain(item) for item in value if item is not None]
        case _:
            return str(value)


def _segments(name: str) -> list[str]:
    match = _NAME.match(name)
    if match is None:
        return [name]
    segments = [match[1], *re.findall(r"\[([^\[\]]*)\]", match[2])]
    if len(segments) > _MAX_DEPTH:
        raise StripeError("Invalid request: the parameters are nested too deeply.", param=match[1])
    return segments


def _put(into: dict[str, Raw], segments: list[str], value: str, name: str) -> None:
    """Walk or make the way to the last segment; an empty segment appends to a list."""
    key, *rest = segments
    if not rest:
        into[key] = value
        return
    if rest[0] == "":
        items = into.setdefault(key, [])
        if not isinstance(items, list):
            raise _conflict(name, key)
        _append(items, rest[1:], value, name)
        return
    inner = into.setdefault(key, {})
    if not isinstance(inner, dict):
        raise _conflict(name, key)
    _put(inner, rest, value, name)


def _append(items: list[Raw], rest: list[str], value: str, name: str) -> None:
    """`a[]=1` adds an element; `a[][b]=1&a[][c]=2` fills one hash until a key comes again."""
    if not rest:
        items.append(value)
        return
    last = items[-1] if items else None
    if not isinstance(last, dict) or _holds(last, rest):
        last = {}
        items.append(last)
    _put(last, rest, value, name)


def _holds(hash: dict[str, Raw], path: list[str]) -> bool:
    at: Raw = hash
    for segment in path:
        if segment == "" or not isinstance(at, dict) or segment not in at:
            return False
        at = at[segment]
    return True


def _conflict(name: str, key: str) -> StripeError:
    return StripeError(f"Invalid request: conflicting values for parameter {key}.", param=name)
