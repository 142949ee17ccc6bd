"""Exact money: minor units as int, prices as Decimal, Stripe's own table of currencies.

https://docs.stripe.com/currencies: the minor units are Stripe's, not ISO 4217's.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

ZERO_DECIMAL = frozenset(
    {"bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"}
)
THREE_DECIMAL = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})
_TWO_DECIMAL = """
    aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bmd bnd bob brl bsd bwp byn bzd cad cdf chf cny cop crc
    cve czk dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gtq gyd hkd hnd htg huf idr ils inr isk jmd kes kgs khr
    kyd kzt lak lbp lkr lrd lsl mad mdl mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd pab pen pgk
    php pkr pln qar ron rsd rub sar sbd scr sek sgd shp sle sos srd std svc szl thb tjs top try ttd twd tzs uah ugx
    usd uyu uzs wst xcd xcg yer zar zmw
"""
CURRENCIES = frozenset(_TWO_DECIMAL.split()) | ZERO_DECIMAL | THREE_DECIMAL
_MINIMUM = {
    "usd": 50, "aed": 200, "aud": 50, "brl": 50, "cad": 50, "chf": 50, "czk": 1500, "dkk": 250, "eur": 50,
    "gbp": 30, "hkd": 400, "huf": 17500, "inr": 50, "jpy": 50, "mxn": 1000, "myr": 200, "nok": 300, "nzd": 50,
    "pln": 200, "ron": 200, "sek": 300, "sgd": 50, "thb": 1000,
}  # fmt: skip


def rounded(amount: Decimal) -> int:
    """To whole minor units, half away from zero: how Stripe rounds a line."""
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def percent_of(amount: int, percentage: Decimal) -> int:
    """A percentage of an amount, rounded."""
    return rounded(amount * percentage / 100)


def shares(total: int, weights: Sequence[int]) -> list[int]:
    """Split a total by weights so that the parts add up to it exactly: the largest remainder wins."""
    whole = sum(weights)
    if whole == 0:
        return [0 for _ in weights]
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda at: -(total * weights[at] % whole))
    for at in by_remainder[: total - sum(parts)]:
        parts[at] += 1
    return parts


def chargeable(amount: int, currency: str) -> int:
    """The nearest amount that can be charged: Ugandan shillings have minor units, but only whole ones are paid."""
    return (amount + 50) // 100 * 100 if currency == "ugx" else amount


def minimum_charge(currency: str) -> int:
    """The smallest amount that Stripe charges; a smaller invoice goes to the customer's balance."""
    return _MINIMUM.get(currency, 0)


def decimal_text(number: Decimal) -> str:
    """A decimal as Stripe writes one: no exponent, no needless zeros."""
    text = format(number.normalize(), "f")
    return "0" if text == "-0" else text


def formatted(amount: int | Decimal, currency: str) -> str:
    """An amount of minor units for a sentence, as in Stripe's messages: `$12.00`, `12.00 sek`, `$0.005`."""
    places = 0 if currency in ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2
    number = Decimal(amount).scaleb(-places).normalize()
    digits = f"{number:,.{max(places, -int(number.as_tuple().exponent))}f}"
    symbol = {"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥"}.get(currency)
    return f"{symbol}{digits}" if symbol else f"{digits} {currency}"
