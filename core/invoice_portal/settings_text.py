"""How a setting is read from a text, such as an environment variable's: by the type of its field."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import UnionType
from typing import Any, Final, get_args, get_origin, get_type_hints

from invoice_portal.errors import ConfigurationError
from invoice_portal.theme import Theme

ENV_PREFIX: Final = "INVOICE_PORTAL_"
_FLAG_WORDS: Final = {"1": True, "true": True, "yes": True, "on": True} | dict.fromkeys(
    ("0", "false", "no", "off"), False
)


def types_of(settings: type) -> Mapping[str, Any]:
    """The types of the settings' fields, by name."""
    return get_type_hints(settings)


def from_text(name: str, kind: Any, text: str) -> object:
    """A variable's text as ``kind``, the type of its field. Of several types it is read as the first."""
    outer = get_origin(kind) or kind
    if outer is UnionType:
        return from_text(name, get_args(kind)[0], text)
    if outer in (Sequence, frozenset):
        return listed(name, text)
    if outer in (Mapping, Theme):
        return _json(name, text)
    if outer is bool:
        return _flag(name, text)
    return _number(name, kind, text) if outer in (int, float) else text


def listed(name: str, text: str) -> tuple[str, ...]:
    """The variable of a list: with commas, or as JSON for what has commas in itself.

    Raises ``ConfigurationError``, which does not repeat the text, for what begins as JSON and is none.
    """
    if not text.lstrip().startswith("["):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    try:
        return strings(name, json.loads(text))
    except (ValueError, RecursionError):
        raise ConfigurationError(
            f'{ENV_PREFIX}{name.upper()} begins with [, so it must be a JSON list such as ["a", "b"].'
        ) from None


def _json(name: str, text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ConfigurationError(f'{ENV_PREFIX}{name.upper()} must be JSON, such as {{"accent": "#0a7d55"}}.') from None


def strings(name: str, value: object) -> tuple[str, ...]:
    """A sequence of texts. Raises ``ConfigurationError`` for anything else, a single text above all."""
    if isinstance(value, str) or not isinstance(value, Sequence | frozenset | set):
        raise ConfigurationError(f"{name} must be a list of texts, not {type(value).__name__}.")
    if not all(isinstance(item, str) for item in value):
        raise ConfigurationError(f"{name} must hold texts only.")
    return tuple(value)


def _flag(name: str, text: str) -> bool:
    if text.lower() not in _FLAG_WORDS:
        raise ConfigurationError(f"{ENV_PREFIX}{name.upper()} must be 1 or 0, not {text!r}.")
    return _FLAG_WORDS[text.lower()]


def _number(name: str, kind: type[float], text: str) -> float:
    try:
        return kind(text)
    except ValueError:
        raise ConfigurationError(f"{ENV_PREFIX}{name.upper()} must be a number, not {text!r}.") from None
