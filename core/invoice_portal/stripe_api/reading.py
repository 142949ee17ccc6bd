"""A tolerant reader of Stripe's JSON.

Unknown fields are passed over, missing ones have a default, wrong ones are an error.

Money is never guessed: a field that must be an integer and is not makes the whole answer unreadable.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Generic, TypeVar

from invoice_portal.errors import StripeUnavailable
from invoice_portal.money import Money

T = TypeVar("T")

_MOST: Final = 10**17
"""No amount of Stripe's is larger."""
_MOST_DIGITS: Final = 12
"""Digits before the point that a quantity, a price in minor units or a percentage can have."""
_LAST_MOMENT: Final = 253370764799
"""The end of the year 9998: every zone still has a date for it."""
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,255}")


class Reader:
    """One JSON object of Stripe's. Every ``…``-method raises ``StripeUnavailable`` for a value of the wrong type."""

    __slots__ = ("_data", "_where")

    def __init__(self, data: Any, where: str) -> None:
        if not isinstance(data, dict):
            raise StripeUnavailable(f"{where}: Stripe answered {type(data).__name__} where an object belongs")
        self._data: Mapping[str, Any] = data
        self._where = where

    def text(self, name: str) -> str:
        """A text that must be there."""
        value = self._data.get(name)
        if not isinstance(value, str):
            raise self._wrong(name, "a text")
        return _printable(value)

    def text_or(self, name: str, default: str = "") -> str:
        """A text that may be null or absent."""
        value = self._data.get(name)
        if value is None:
            return default
        if not isinstance(value, str):
            raise self._wrong(name, "a text")
        return _printable(value)

    def integer(self, name: str) -> int:
        """An integer that must be there."""
        value = self._data.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or abs(value) > _MOST:
            raise self._wrong(name, "an integer")
        return value

    def integer_or_none(self, name: str) -> int | None:
        """An integer that may be null or absent."""
        return None if self._data.get(name) is None else self.integer(name)

    def moment(self, name: str) -> int:
        """UTC seconds that must be there, and within the years that a calendar has."""
        value = self.integer(name)
        if not 0 <= value <= _LAST_MOMENT:
            raise self._wrong(name, "a moment")
        return value

    def moment_or_none(self, name: str) -> int | None:
        """UTC seconds that may be null or absent."""
        return None if self._data.get(name) is None else self.moment(name)

    def amount(self, name: str) -> int:
        """Minor units; 0 where Stripe leaves the field out."""
        return self.integer_or_none(name) or 0

    def decimal_or_none(self, name: str) -> Decimal | None:
        """A decimal that Stripe sends as a text (``unit_amount_decimal``)."""
        value = self._data.get(name)
        if value is None:
            return None
        try:
            number = Decimal(value) if isinstance(value, str | int) and not isinstance(value, bool) else None
        except InvalidOperation:
            number = None
        if number is None or not _sensible(number):
            raise self._wrong(name, "a decimal")
        return number if number else Decimal(0)

    def number_or_none(self, name: str) -> Decimal | None:
        """A JSON number that is no money (a percentage), by its shortest spelling."""
        value = self._data.get(name)
        if value is None:
            return None
        number = Decimal(str(value)) if isinstance(value, int | float) and not isinstance(value, bool) else None
        if number is None or not _sensible(number):
            raise self._wrong(name, "a number")
        return number

    def quantity(self, name: str) -> Decimal:
        """A JSON number that must be there and counts something, however much, by its shortest spelling."""
        value = self._data.get(name)
        number = Decimal(str(value)) if isinstance(value, int | float) and not isinstance(value, bool) else None
        if number is None or not number.is_finite() or number.adjusted() >= _MOST_DIGITS * 2:
            raise self._wrong(name, "a number")
        return number.quantize(Decimal(1)) if number == number.to_integral_value() else number

    def flag(self, name: str) -> bool:
        """A flag; null and absent are false."""
        return self._data.get(name) is True

    def id(self) -> str:
        """The object's own id, fit for an address."""
        value = self._data.get("id")
        if not isinstance(value, str) or not _ID.fullmatch(value):
            raise self._wrong("id", "an id")
        return value

    def id_or_none(self, name: str) -> str | None:
        """The id of a field that may be expanded, null or absent."""
        value = self._data.get(name)
        if isinstance(value, dict):
            value = value.get("id")
        return value if isinstance(value, str) and _ID.fullmatch(value) else None

    def inside(self, name: str) -> Reader | None:
        """An object within this one; None where it is null, absent, or only an id (not expanded)."""
        value = self._data.get(name)
        return Reader(value, f"{self._where}.{name}") if isinstance(value, dict) else None

    def deep(self, *names: str) -> Reader | None:
        """An object several levels down; None where any level is missing."""
        reader: Reader | None = self
        for name in names:
            reader = reader.inside(name) if reader else None
        return reader

    def each(self, name: str, parse: Callable[[Reader], T]) -> tuple[T, ...]:
        """Every item of an array, or of a list object's ``data``; null and absent are empty."""
        return tuple(parse(item) for item in self.one_by_one(name))

    def one_by_one(self, name: str) -> Iterator[Reader]:
        """The same, each item looked at only when its turn comes."""
        value = self._data.get(name)
        if isinstance(value, dict):
            value = value.get("data")
        if value is None:
            return
        if not isinstance(value, list):
            raise self._wrong(name, "a list")
        where = f"{self._where}.{name}"
        for item in value:
            yield Reader(item, where)

    def texts(self, name: str) -> tuple[str, ...]:
        """The texts of an array (ids that were not expanded); null and absent are empty."""
        value = self._data.get(name)
        return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()

    def texts_by_name(self, name: str) -> dict[str, str]:
        """The texts of a hash (``metadata``); null and absent are empty, and what is no text is left out."""
        value = self._data.get(name)
        pairs = value.items() if isinstance(value, dict) else ()
        return {key: _printable(text) for key, text in pairs if isinstance(text, str)}

    def objects(self, name: str) -> bool:
        """Whether an array holds objects, so that it was expanded."""
        value = self._data.get(name)
        return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)

    def money(self, name: str, currency: str) -> Money:
        """An amount in ``currency``; 0 where Stripe leaves the field out."""
        return Money(self.amount(name), currency)

    def _wrong(self, name: str, wanted: str) -> StripeUnavailable:
        kind = type(self._data.get(name)).__name__
        return StripeUnavailable(f"{self._where}.{name}: Stripe answered {kind} where {wanted} belongs")


def _sensible(number: Decimal) -> bool:
    """Whether a decimal has a size that can be printed; its exponent is looked at before anything is computed."""
    return number.is_finite() and (not number or -_MOST_DIGITS * 2 <= number.adjusted() < _MOST_DIGITS)


def _printable(text: str) -> str:
    """The text without lone surrogates: JSON can spell them, but nothing can print them."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """One answer of a list call: its items, newest first, and whether there are more in the direction asked."""

    items: tuple[T, ...]
    has_more: bool


def listing_of(parse: Callable[[Reader], T], where: str) -> Callable[[Any], Listing[T]]:
    """A parser of a list of such items."""

    def parse_listing(data: Any) -> Listing[T]:
        reader = Reader(data, where)
        if reader.text("object") != "list" or not isinstance(data.get("data"), list):
            raise StripeUnavailable(f"{where}: Stripe did not answer a list")
        return Listing(reader.each("data", parse), reader.flag("has_more"))

    return parse_listing


def one(parse: Callable[[Reader], T], where: str) -> Callable[[Any], T]:
    """A parser of one object."""
    return lambda data: parse(Reader(data, where))
