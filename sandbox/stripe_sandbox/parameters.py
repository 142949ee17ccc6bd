"""What an endpoint accepts, as data: `{"email": Text(512), "limit": Integer(1, 100)}`.

Reading refuses the unknown, the missing and the ill-typed in Stripe's words. A value that is cleared by
an empty string reads as None; one that was not sent is absent from the result.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Self, TypeAlias

from stripe_sandbox.errors import StripeError, invalid, missing
from stripe_sandbox.form import Raw
from stripe_sandbox.http import Json
from stripe_sandbox.money import CURRENCIES

Exists: TypeAlias = Callable[[str, str], bool]
"""Whether an object of a kind with an id is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter. `required` and `clearable` (by an empty string) hold for every sort of it."""

    required: bool = False
    clearable: bool = False

    def read(self, raw: Raw, name: str, exists: Exists) -> object:
        """The value, or None where an empty text clears it. Raises StripeError in Stripe's words."""
        if raw == "":
            if self.clearable:
                return None
            raise _empty(name)
        return self._value(raw, name, exists)

    def firm(self) -> Self:
        """The same, but not to be cleared: what a creation takes where an update may take something away."""
        return replace(self, clearable=False)

    def _value(self, raw: Raw, name: str, exists: Exists) -> object:
        raise NotImplementedError


Fields: TypeAlias = Mapping[str, Parameter]


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Parameter):
    """A string; unlike most, it can be cleared unless it says otherwise."""

    max: int = 5000
    clearable: bool = True

    def _value(self, raw: Raw, name: str, exists: Exists) -> str:
        text = _text(raw, name)
        if len(text) > self.max:
            raise invalid(f"Invalid string: {text[:20]}...{text[-3:]}; must be at most {self.max} characters", name)
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Email(Text):
    """An e-mail address; Stripe checks little more than its outline."""

    max: int = 512

    def _value(self, raw: Raw, name: str, exists: Exists) -> str:
        text = Text._value(self, raw, name, exists)
        if not re.fullmatch(r"[^@\s]+@[^@\s]+", text):
            raise invalid(f"Invalid email address: {text}", name, "email_invalid")
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference(Parameter):
    """The id of an object, which must be there. `noun` is what Stripe calls it in `No such …`."""

    to: str
    noun: str | None = None

    def _value(self, raw: Raw, name: str, exists: Exists) -> str:
        id = _text(raw, name)
        if not exists(self.to, id):
            raise missing(self.noun or self.to, id, param=name, status=400)
        return id


@dataclass(frozen=True, slots=True)
class OneOf(Parameter):
    """One of some words."""

    words: tuple[str, ...]

    def _value(self, raw: Raw, name: str, exists: Exists) -> str:
        text = _text(raw, name)
        if text not in self.words:
            raise invalid(f"Invalid {name}: must be {_or(self.words)}", name)
        return text


@dataclass(frozen=True, slots=True)
class Integer(Parameter):
    """A whole number; amounts are in minor units, moments in UTC seconds."""

    least: int | None = None
    most: int | None = None

    def _value(self, raw: Raw, name: str, exists: Exists) -> int:
        text = _text(raw, name)
        if not re.fullmatch(r"-?[0-9]{1,20}", text, re.ASCII):
            raise invalid(f"Invalid integer: {text}", name, "parameter_invalid_integer")
        number = int(text)
        if self.least is not None and number < self.least:
            message = f"This value must be greater than or equal to {self.least}."
            raise invalid(message, name, "parameter_invalid_integer")
        if self.most is not None and number > self.most:
            message = f"This value must be less than or equal to {self.most}."
            raise invalid(message, name, "parameter_invalid_integer")
        return number


@dataclass(frozen=True, slots=True)
class Fraction(Parameter):
    """A decimal number with at most so many places, read exactly."""

    places: int = 12

    def _value(self, raw: Raw, name: str, exists: Exists) -> Decimal:
        text = _text(raw, name)
        try:
            number = Decimal(text) if re.fullmatch(r"-?[0-9]{0,15}\.?[0-9]*", text, re.ASCII) else None
        except InvalidOperation:
            number = None
        if number is None:
            raise invalid(f"Invalid decimal: {text}", name)
        if -int(number.normalize().as_tuple().exponent) > self.places:
            raise invalid(f"Invalid decimal: {text}; must contain at most {self.places} decimal places.", name)
        return number


@dataclass(frozen=True, slots=True, kw_only=True)
class Boolean(Parameter):
    """`true` or `false`."""

    def _value(self, raw: Raw, name: str, exists: Exists) -> bool:
        text = _text(raw, name)
        if text not in ("true", "false"):
            raise invalid(f"Invalid boolean: {text}", name)
        return text == "true"


@dataclass(frozen=True, slots=True, kw_only=True)
class Currency(Parameter):
    """A currency's three letters, in either case; read as lower case."""

    def _value(self, raw: Raw, name: str, exists: Exists) -> str:
        text = _text(raw, name)
        if text.lower() not in CURRENCIES:
            raise invalid(
                f"Invalid currency: {text.lower()}. Stripe currently supports these currencies: "
                + ", ".join(sorted(CURRENCIES)),
                name,
            )
        return text.lower()


@dataclass(frozen=True, slots=True)
class ListOf(Parameter):
    """A list, sent as `a[]=…` or `a[0]=…`."""

    item: Parameter

    def _value(self, raw: Raw, name: str, exists: Exists) -> list[object]:
        return [self.item.read(item, f"{name}[{index}]", exists) for index, item in enumerate(_items(raw, name))]


@dataclass(frozen=True, slots=True)
class Hash(Parameter):
    """Parameters within a parameter."""

    fields: Fields

    def _value(self, raw: Raw, name: str, exists: Exists) -> Json:
        if not isinstance(raw, dict):
            raise invalid("Invalid object", name)
        return read(self.fields, raw, exists, within=name)


@dataclass(frozen=True, slots=True)
class HashByKey(Parameter):
    """A hash whose keys are the caller's, such as `currency_options[eur][unit_amount]`."""

    fields: Fields

    def _value(self, raw: Raw, name: str, exists: Exists) -> Json:
        if not isinstance(raw, dict):
            raise invalid("Invalid object", name)
        each = Hash(self.fields)
        return {key: each.read(item, f"{name}[{key}]", exists) for key, item in raw.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata(Parameter):
    """The caller's own keys. A key with an empty value is dropped, an empty text drops all."""

    clearable: bool = True

    def _value(self, raw: Raw, name: str, exists: Exists) -> dict[str, str]:
        if not isinstance(raw, dict):
            raise invalid("Invalid object", name)
        pairs = {key: _text(item, f"{name}[{key}]") for key, item in raw.items()}
        for key, text in pairs.items():
            if len(key) > 40:
                raise invalid(
                    f"Metadata keys can have up to 40 characters, but you passed in a key that is {len(key)} "
                    f"characters. Invalid key: {key}",
                    name,
                )
            if len(text) > 500:
                raise invalid(
                    "Metadata values can have up to 500 characters, but you passed in a value that is "
                    f"{len(text)} characters. Invalid value: {text}",
                    name,
                )
        return pairs


@dataclass(frozen=True, slots=True)
class Either(Parameter):
    """A hash if a hash was sent, else the simple form: `created=5` or `created[gte]=5`, `trial_end=now`."""

    simple: Parameter
    hash: Parameter

    def _value(self, raw: Raw, name: str, exists: Exists) -> object:
        chosen = self.hash if isinstance(raw, dict) else self.simple
        return chosen.read(raw, name, exists)


@dataclass(frozen=True, slots=True)
class WordOr(Parameter):
    """A certain word, or another sort of value: `trial_end=now`."""

    word: str
    other: Parameter

    def _value(self, raw: Raw, name: str, exists: Exists) -> object:
        return raw if raw == self.word else self.other.read(raw, name, exists)


def read(fields: Fields, raw: Mapping[str, Raw], exists: Exists, within: str = "") -> Json:
    """Read a hash of parameters. Raises StripeError for the unknown, the missing and the ill-typed."""

    def full(name: str) -> str:
        return f"{within}[{name}]" if within else name

    _refuse_unknown(fields, [full(name) for name in raw if name not in fields], within)
    values = {name: fields[name].read(item, full(name), exists) for name, item in raw.items()}
    for name, parameter in fields.items():
        if parameter.required and name not in values:
            raise invalid(f"Missing required param: {full(name)}.", full(name), "parameter_missing")
    return values


def range_of() -> Either:
    """A moment, or a range of moments: `created=…`, `created[gte]=…`."""
    return Either(Integer(), Hash({"gt": Integer(), "gte": Integer(), "lt": Integer(), "lte": Integer()}))


def _refuse_unknown(fields: Fields, unknown: Sequence[str], within: str) -> None:
    if not unknown:
        return
    if len(unknown) > 1:
        raise invalid(f"Received unknown parameters: {', '.join(unknown)}", unknown[0], "parameter_unknown")
    message = f"Received unknown parameter: {unknown[0]}"
    if not within and (near := difflib.get_close_matches(unknown[0], fields, n=1, cutoff=0.75)):
        message += f". Did you mean {near[0]}?"
    raise invalid(message, unknown[0], "parameter_unknown")


def _text(raw: Raw, name: str) -> str:
    if not isinstance(raw, str):
        raise invalid(f"Invalid string: {_ruby(raw)}", name)
    return raw


def _items(raw: Raw, name: str) -> list[Raw]:
    if isinstance(raw, list):
        return raw
    if isinstance(raw, dict) and all(re.fullmatch(r"[0-9]{1,9}", key, re.ASCII) for key in raw):
        return [raw[key] for key in sorted(raw, key=int)]
    raise invalid("Invalid array", name)


def _empty(name: str) -> StripeError:
    return invalid(
        f"You passed an empty string for '{name}'. We assume empty values are an attempt to unset a "
        f"parameter; however '{name}' cannot be unset. You should remove '{name}' from your request or "
        "supply a non-empty value.",
        name,
        "parameter_invalid_empty",
    )


def _or(words: Sequence[str]) -> str:
    if len(words) == 1:
        return words[0]
    if len(words) == 2:
        return f"one of {words[0]} or {words[1]}"
    return f"one of {', '.join(words[:-1])}, or {words[-1]}"


def _ruby(raw: Raw) -> str:
    """Stripe prints a misplaced hash or list as Ruby does."""
    if isinstance(raw, dict):
        return "{" + ", ".join(f'"{key}"=>{_ruby(item)}' for key, item in raw.items()) + "}"
    if isinstance(raw, list):
        return "[" + ", ".join(map(_ruby, raw)) + "]"
    return f'"{raw}"'
