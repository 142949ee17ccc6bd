"""Frozen dataclasses as JSON, and as the JSON schema that describes it: what is told is what is sent.

A field's description stands in ``Annotated[type, "text"]``. Bodies are read the other way round, into a dataclass, and
a name or a type that it does not have is an error.
"""

from __future__ import annotations

import json
import types
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import cache
from typing import Annotated, Any, Final, Literal, TypeAlias, TypeVar, Union, get_args, get_origin, get_type_hints

from invoice_portal.errors import BadRequest
from invoice_portal.i18n import Language
from invoice_portal.money import Money

Schema: TypeAlias = Mapping[str, Any]
B = TypeVar("B")

Moment: TypeAlias = Annotated[int, "UTC seconds."]
Day: TypeAlias = Annotated[str, "A day, YYYY-MM-DD, in the portal's time zone."]
Text: TypeAlias = Annotated[str, "Ready to print, in the visitor's language."]

_KINDS: Final[Mapping[type, str]] = {str: "string", bool: "boolean", int: "integer"}


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount: for programs in minor units as Stripe counts them, for people as ``text``."""

    amount: Annotated[int, "In the currency's minor unit, as Stripe counts it."]
    currency: Annotated[str, "Three small letters."]
    text: Text


@dataclass(frozen=True, slots=True)
class Nothing:
    """No options: an empty body, or none."""


def amount(language: Language, money: Money) -> Amount:
    """An amount as the API tells it."""
    return Amount(money.amount, money.currency, language.money(money))


def as_json(value: Any) -> Any:
    """What ``json.dumps`` takes, of dataclasses, tuples and mappings."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: as_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple | list):
        return [as_json(item) for item in value]
    return {name: as_json(item) for name, item in value.items()} if isinstance(value, Mapping) else value


@cache
def schema_of(annotation: Any) -> Schema:
    """The JSON schema of a type's values: of what :func:`as_json` makes of them.

    Raises ``TypeError`` for a type that no answer should have, such as ``float``.
    """
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return {**schema_of(inside[0]), "description": inside[1]}
    if origin is Literal:
        return {"type": "string", "enum": list(inside)}
    if origin in (Union, types.UnionType):
        return _either(inside)
    if origin is tuple:
        return {"type": "array", "items": schema_of(inside[0])}
    if origin is not None and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": schema_of(inside[1])}
    if is_dataclass(annotation) and isinstance(annotation, type):
        return _object(annotation)
    if annotation not in _KINDS:
        raise TypeError(f"{annotation!r} has no place in an answer")
    return {"type": _KINDS[annotation]}


def _either(inside: tuple[Any, ...]) -> Schema:
    schemas = [schema_of(one) for one in inside if one is not type(None)]
    return {"anyOf": [*schemas, *([{"type": "null"}] if type(None) in inside else [])]}


def _object(cls: type) -> Schema:
    hints = get_type_hints(cls, include_extras=True)
    return {
        "type": "object",
        "description": (cls.__doc__ or "").strip(),
        "properties": {field.name: schema_of(hints[field.name]) for field in _fields(cls)},
        "required": [field.name for field in _fields(cls)],
        "additionalProperties": False,
    }


def body_schema(cls: type) -> Schema:
    """The schema of a body: what has a default may be left out."""
    return {**schema_of(cls), "required": [field.name for field in _fields(cls) if _needed(field)]}


def read_body(body: bytes, cls: type[B]) -> B:
    """The JSON body as ``cls``. Raises ``BadRequest``, with the field's name, for a body that does not fit it."""
    values = _values(body)
    known = {field.name: field for field in _fields(cls)}
    if unknown := sorted(values.keys() - known.keys()):
        raise BadRequest(f"{unknown[0]!r} is not known; known are {', '.join(sorted(known)) or 'no names at all'}")
    if missing := [name for name, field in known.items() if _needed(field) and name not in values]:
        raise BadRequest(f"{missing[0]!r} is missing")
    hints = get_type_hints(cls)
    return cls(**{name: _fitting(name, value, hints[name]) for name, value in values.items()})


def _values(body: bytes) -> Mapping[str, Any]:
    if not body.strip():
        return {}
    try:
        values = json.loads(body)
    except (ValueError, RecursionError):
        raise BadRequest("the body is not JSON, too long or too deeply nested") from None
    if not isinstance(values, dict):
        raise BadRequest("the body must be a JSON object")
    return values


def _fitting(name: str, value: Any, kind: Any) -> Any:
    """The value where it is of the type. No number is a flag, no text a number."""
    origin, inside = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        wanted = [one for one in inside if one is not type(None)]
        return None if value is None else _fitting(name, value, wanted[0])
    if origin is Literal:
        if value not in inside or isinstance(value, bool):
            raise BadRequest(f"{name!r} must be one of {', '.join(map(str, inside))}")
        return value
    if origin is tuple:
        if not isinstance(value, list):
            raise BadRequest(f"{name!r} must be an array")
        return tuple(_fitting(name, item, inside[0]) for item in value)
    if is_dataclass(kind) and isinstance(kind, type):
        return read_body(json.dumps(value).encode(), kind)
    if type(value) is not kind:
        raise BadRequest(f"{name!r} must be of the type {_KINDS[kind]}")
    return value


def _needed(field: Any) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _fields(cls: Any) -> Any:
    return fields(cls)
