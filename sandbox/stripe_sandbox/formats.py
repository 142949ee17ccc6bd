"""Amounts, dates, addresses and tax ids as text, in American English as Stripe prints them by default."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from stripe_sandbox.money import THREE_DECIMAL, ZERO_DECIMAL

# What Stripe keeps in hundredths but shows without decimals: https://docs.stripe.com/currencies
HUNDREDTHS_WITHOUT_DECIMALS = frozenset({"isk", "ugx"})
SYMBOLS = {"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥", "cad": "CA$", "aud": "A$", "inr": "₹", "krw": "₩"}

TAX_ID_NAMES = {"eu_vat": "VAT", "gb_vat": "VAT", "us_ein": "EIN", "jp_trn": "JP TRN", "ae_trn": "TRN"}
COUNTRIES = {
    "AE": "United Arab Emirates",
    "AT": "Austria",
    "CA": "Canada",
    "CH": "Switzerland",
    "DE": "Germany",
    "ES": "Spain",
    "FR": "France",
    "GB": "United Kingdom",
    "JP": "Japan",
    "KW": "Kuwait",
    "NL": "Netherlands",
    "US": "United States",
}


def money(amount: int, currency: str) -> str:
    """``amount`` in Stripe's minor units as text, such as ``$1,240.00``, ``¥1,200`` or ``KWD 1.250``."""
    return _signed(*_major(Decimal(amount), currency), currency)


def unit_price(amount: str | Decimal, currency: str) -> str:
    """A price per unit in minor units, with as many decimals as it has (``unit_amount_decimal`` has up to 12)."""
    value, places = _major(Decimal(amount), currency)
    exponent = value.normalize().as_tuple().exponent
    needed = -exponent if isinstance(exponent, int) else 0
    return _signed(value, max(places, needed), currency)


def _major(amount: Decimal, currency: str) -> tuple[Decimal, int]:
    """The amount in major units, and how many decimals to show."""
    if currency in ZERO_DECIMAL:
        return amount, 0
    if currency in THREE_DECIMAL:
        return amount.scaleb(-3), 3
    return amount.scaleb(-2), 0 if currency in HUNDREDTHS_WITHOUT_DECIMALS else 2


def _signed(value: Decimal, places: int, currency: str) -> str:
    sign = "-" if value < 0 else ""
    prefix = SYMBOLS.get(currency) or f"{currency.upper()} "
    return f"{sign}{prefix}{abs(value):,.{places}f}"


def date(timestamp: int) -> str:
    """UTC seconds as ``November 5, 2026``."""
    day = datetime.fromtimestamp(timestamp, UTC)
    return f"{day:%B} {day.day}, {day.year}"


def period(start: int, end: int) -> str:
    """A billing period as ``Nov 1 – Dec 1, 2026``; empty where it is a single moment."""
    first, last = datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC)
    if start == end:
        return ""
    year = f", {first.year}" if first.year != last.year else ""
    return f"{first:%b} {first.day}{year} – {last:%b} {last.day}, {last.year}"


def tax_id_text(tax_id: Mapping[str, Any]) -> str:
    """A tax id as printed, such as ``VAT DE123456789``."""
    kind = tax_id["type"]
    return f"{TAX_ID_NAMES.get(kind, kind.replace('_', ' ').upper())} {tax_id['value']}"


def address_lines(address: Mapping[str, Any] | None) -> tuple[str, ...]:
    """An address as lines, leaving out what is not known."""
    if not address:
        return ()
    town = " ".join(filter(None, (address.get("postal_code"), address.get("city"))))
    if address.get("country") in ("US", "CA"):
        region = " ".join(filter(None, (address.get("state"), address.get("postal_code"))))
        town = ", ".join(filter(None, (address.get("city"), region)))
    elif address.get("state"):
        town = ", ".join(filter(None, (town, address["state"])))
    country = address.get("country") or ""
    lines = (address.get("line1"), address.get("line2"), town, COUNTRIES.get(country, country))
    return tuple(line for line in lines if line)


def percent(number: float | int) -> str:
    """A rate as text, without needless zeros: ``19%``, ``6.5%``."""
    return f"{Decimal(str(number)).normalize():f}%"
