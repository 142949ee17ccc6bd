"""Amounts in minor units, with Stripe's own table of currencies, never floats.

Stripe's table differs from ISO 4217 (docs.stripe.com/currencies): ISK and UGX amounts are sent times one hundred
although they have no decimals, and MGA, which ISO divides, has none at Stripe.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final

from babel import Locale
from babel.numbers import NumberPattern, get_currency_symbol, get_minus_sign_symbol, parse_pattern

_ZERO_DECIMAL: Final = frozenset(
    ["bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"]
)
_THREE_DECIMAL: Final = frozenset(["bhd", "jod", "kwd", "omr", "tnd"])
_SHOWN_WITHOUT_DECIMALS: Final = frozenset({"isk", "ugx"})
_MOST_DECIMALS: Final = 12
_LETTER_BEFORE_DIGIT: Final = re.compile(r"(?<=[A-Za-z])(?=[-\d])")
"""CLDR's currency spacing, which Babel leaves out: "CLP 1,234" but "$1,234"."""
_LAST_DIGIT: Final = re.compile(r"\d(?=\D*\Z)")


@dataclass(frozen=True, slots=True)
class Money:
    """``amount`` in the minor unit that Stripe uses for ``currency`` (three small letters)."""

    amount: int
    currency: str

    @property
    def value(self) -> Decimal:
        """The amount in the major unit, exactly."""
        return Decimal(self.amount).scaleb(-exponent(self.currency))


def exponent(currency: str) -> int:
    """How many decimal places separate Stripe's amount from the major unit: 0, 2 or 3."""
    if currency in _ZERO_DECIMAL:
        return 0
    return 3 if currency in _THREE_DECIMAL else 2


def least_step(currency: str) -> int:
    """What every amount that is charged must be a multiple of, in minor units (docs.stripe.com/currencies).

    The last of three decimals must be 0, and both of a currency that has none but is sent as if it had.
    """
    if currency in _SHOWN_WITHOUT_DECIMALS:
        return 100
    return 10 if currency in _THREE_DECIMAL else 1


@lru_cache(maxsize=4096)
def format_money(money: Money, locale: str) -> str:
    """The amount as people of ``locale`` write it, with every decimal that the currency has."""
    digits = exponent(money.currency)
    if money.currency in _SHOWN_WITHOUT_DECIMALS and money.amount % 100 == 0:
        digits = 0
    return _apply(money.value, money.currency, locale, digits, digits)


def format_unit_price(minor: Decimal, currency: str, locale: str) -> str:
    """A unit price in minor units with up to twelve decimals (Stripe's ``unit_amount_decimal``), none rounded away."""
    value = minor.scaleb(-exponent(currency))
    least = 0 if currency in _SHOWN_WITHOUT_DECIMALS else exponent(currency)
    return _apply(value, currency, locale, least, exponent(currency) + _MOST_DECIMALS)


def format_rough_money(value: Decimal, currency: str, locale: str) -> str:
    """A round amount in the major unit, without decimals where it has none: for the scale of a graph."""
    whole = value == value.to_integral_value()
    return _apply(value, currency, locale, 0 if whole else exponent(currency), _MOST_DECIMALS)


def _apply(value: Decimal, currency: str, locale: str, least: int, most: int) -> str:
    text = str(_pattern(locale, least, most).apply(value, locale, currency=currency.upper(), currency_digits=False))
    if value < 0:  # Babel keeps the pattern's plain hyphen; CLDR's sign brings the mark that holds it in its place
        text = text.replace("-", get_minus_sign_symbol(locale))
        if Locale.parse(locale).text_direction == "rtl":  # which must not take the symbol along to the other side
            text = _LAST_DIGIT.sub("\\g<0>\u200f", text)
    symbol = _mixed_symbol(currency, locale)
    return _LETTER_BEFORE_DIGIT.sub("\u00a0", text.replace(symbol, f"{symbol}\u200e") if symbol else text)


@lru_cache(maxsize=512)
def _mixed_symbol(currency: str, locale: str) -> str:
    """A symbol such as "US$" where the text runs from right to left: without a mark behind it "$" changes sides."""
    symbol = get_currency_symbol(currency.upper(), locale)
    mixed = symbol[:1].isascii() and symbol[:1].isalpha() and not symbol.isalpha()
    return symbol if mixed and Locale.parse(locale).text_direction == "rtl" else ""


@lru_cache(maxsize=512)
def _pattern(locale: str, least: int, most: int) -> NumberPattern:
    """The locale's currency pattern with the decimals of Stripe's table in place of CLDR's."""
    pattern = parse_pattern(Locale.parse(locale).currency_formats["standard"].pattern)
    pattern.frac_prec = (least, most)
    return pattern
