"""Prices, and what a quantity costs: https://docs.stripe.com/billing/subscriptions/prices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Any

from stripe_sandbox.errors import invalid
from stripe_sandbox.http import Json
from stripe_sandbox.money import decimal_text, rounded
from stripe_sandbox.parameters import (
    Currency,
    Fields,
    Fraction,
    Hash,
    HashByKey,
    Integer,
    ListOf,
    Metadata,
    OneOf,
    Reference,
    WordOr,
)

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox

INTERVALS = ("day", "month", "week", "year")
TAX_BEHAVIOR = OneOf(("exclusive", "inclusive", "unspecified"))
_RECURRING: Fields = {"interval": OneOf(INTERVALS, required=True), "interval_count": Integer(1, 1095)}
UNIT_AMOUNT: Fields = {"unit_amount": Integer(), "unit_amount_decimal": Fraction(12)}
_TIERS = ListOf(
    Hash(
        {
            "flat_amount": Integer(),
            "flat_amount_decimal": Fraction(12),
            **UNIT_AMOUNT,
            "up_to": WordOr("inf", Integer(1), required=True),
        }
    )
)
CURRENCY_OPTIONS = HashByKey({"tax_behavior": TAX_BEHAVIOR, "tiers": _TIERS, **UNIT_AMOUNT})
PRICE_IN_PRODUCT: Fields = {
    "currency": Currency(required=True),
    "currency_options": CURRENCY_OPTIONS,
    "metadata": Metadata(clearable=False),
    "recurring": Hash(_RECURRING),
    "tax_behavior": TAX_BEHAVIOR,
    **UNIT_AMOUNT,
}
RECURRING = Hash({**_RECURRING, "meter": Reference(to="billing.meter"), "usage_type": OneOf(("licensed", "metered"))})
TIERS = _TIERS


def new_price(sandbox: Sandbox, product: str, *, currency: str, **given: Any) -> Json:
    """Enter a price for a product, out of the parameters of `POST /v1/prices`."""
    recurring = given.get("recurring")
    tiered = given.get("billing_scheme") == "tiered"
    unit = _unit(given, required=not tiered)
    price: Json = {
        "id": sandbox.ids.new("price"),
        "object": "price",
        "active": given.get("active", True),
        "billing_scheme": "tiered" if tiered else "per_unit",
        "created": sandbox.clock.now,
        "currency": currency,
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": given.get("lookup_key"),
        "metadata": given.get("metadata") or {},
        "nickname": given.get("nickname"),
        "product": product,
        "recurring": _recurring(sandbox, recurring) if recurring else None,
        "tax_behavior": given.get("tax_behavior", "unspecified"),
        "tiers_mode": given.get("tiers_mode") if tiered else None,
        "transform_quantity": given.get("transform_quantity"),
        "type": "recurring" if recurring else "one_time",
        **_amounts(unit),
        "_tiers": _tiers(given) if tiered else None,
        "_options": {},
    }
    price["_options"] = {currency: _option(price)} | {
        other: _given_option(option, tiered) for other, option in given.get("currency_options", {}).items()
    }
    return sandbox.store.add(price)


def inline_price(sandbox: Sandbox, product: str, *, currency: str, **given: Any) -> Json:
    """A price made for one use, out of `price_data` or an item's plain amount: inactive and not listed."""
    price = new_price(sandbox, product, currency=currency, active=False, **given)
    price["_inline"] = True
    return price


def option(price: Json, currency: str) -> Json | None:
    """The amounts of a price in a currency, if it has them."""
    found: Json | None = price["_options"].get(currency)
    return found


@dataclass(frozen=True, slots=True)
class Part:
    """A line's worth of a price: so many units at an amount each, or (`flat`) a tier's fixed fee."""

    quantity: Decimal
    unit_amount: Decimal
    amount: int
    tier: int | None = None
    flat: bool = False


def cost(price: Json, quantity: Decimal, currency: str) -> int:
    """What a quantity costs, in minor units. Raises StripeError if the price lacks the currency."""
    return sum(part.amount for part in parts(price, quantity, currency))


def parts(price: Json, quantity: Decimal, currency: str) -> list[Part]:
    """What a quantity costs, as the lines that Stripe bills: one, or for tiers one for each of them."""
    amounts = amounts_in(price, currency)
    if price["billing_scheme"] == "tiered":
        found = list(_tiered(amounts["tiers"], quantity, volume=price["tiers_mode"] == "volume"))
        return found or [Part(quantity, Decimal(0), 0)]
    unit = Decimal(amounts["unit_amount_decimal"])
    return [Part(quantity, unit, rounded(unit * _packages(price, quantity)))]


def amounts_in(price: Json, currency: str) -> Json:
    """What a price says of its amounts in a currency. Raises StripeError if it lacks that."""
    amounts = option(price, currency)
    if amounts is None:
        message = (
            f"The price specified only supports `{price['currency']}`. This doesn't match the expected currency: "
            f"`{currency}`."
        )
        raise invalid(message, "price")
    return amounts


def _packages(price: Json, quantity: Decimal) -> Decimal:
    transform = price["transform_quantity"]
    if transform is None:
        return quantity
    rounding = ROUND_CEILING if transform["round"] == "up" else ROUND_FLOOR
    return (quantity / Decimal(transform["divide_by"])).quantize(Decimal(1), rounding=rounding)


def _tiered(tiers: list[Json], quantity: Decimal, *, volume: bool) -> Iterator[Part]:
    """Volume: all units at the price of the tier they reach. Graduated: each tier at its own."""
    below = Decimal(0)
    for number, tier in enumerate(tiers, 1):
        top = quantity if tier["up_to"] is None else min(quantity, Decimal(tier["up_to"]))
        last = top == quantity
        if volume and not last:
            continue
        units = quantity if volume else top - below
        if tier["unit_amount_decimal"] is not None and (units or not tier["flat_amount_decimal"]):
            unit = Decimal(tier["unit_amount_decimal"])
            yield Part(units, unit, rounded(unit * units), number)
        if tier["flat_amount_decimal"] is not None:
            flat = Decimal(tier["flat_amount_decimal"])
            yield Part(Decimal(1), flat, rounded(flat), number, flat=True)
        if last:
            return
        below = top


def _unit(given: Json, *, required: bool) -> Decimal | None:
    if "unit_amount" in given and "unit_amount_decimal" in given:
        message = "You may only specify one of these parameters: unit_amount, unit_amount_decimal."
        raise invalid(message, "unit_amount")
    if "unit_amount" in given:
        return Decimal(given["unit_amount"])
    amount: Decimal | None = given.get("unit_amount_decimal")
    if amount is None and required:
        raise invalid(
            "One of `unit_amount`, `unit_amount_decimal`, or `custom_unit_amount` is required for per_unit "
            "billing scheme.",
            "unit_amount",
            "parameter_missing",
        )
    return amount


def _amounts(unit: Decimal | None) -> Json:
    """Both spellings of an amount; the whole one only where it is whole."""
    if unit is None:
        return {"unit_amount": None, "unit_amount_decimal": None}
    whole = int(unit) if unit == unit.to_integral_value() else None
    return {"unit_amount": whole, "unit_amount_decimal": decimal_text(unit)}


def is_metered(price: Json) -> bool:
    """Whether what a price bills is usage."""
    return bool(price["recurring"] and price["recurring"]["usage_type"] == "metered")


def _recurring(sandbox: Sandbox, given: Json) -> Json:
    metered = given.get("usage_type") == "metered"
    if metered != ("meter" in given):
        message = "`recurring[meter]` must be set when `recurring[usage_type]` is `metered`, and only then."
        raise invalid(message, "recurring[meter]")
    if metered and sandbox.store["billing.meter", given["meter"]]["status"] != "active":
        raise invalid("The meter is inactive. A price can only be backed by an active meter.", "recurring[meter]")
    return {
        "interval": given["interval"],
        "interval_count": given.get("interval_count", 1),
        "meter": given.get("meter"),
        "usage_type": given.get("usage_type", "licensed"),
    }


def _tiers(given: Json) -> list[Json]:
    tiers = [_tier(tier) for tier in given.get("tiers") or []]
    bounds = [tier["up_to"] for tier in tiers]
    if not tiers or "tiers_mode" not in given:
        missing = "tiers_mode" if tiers else "tiers"
        message = f"`{missing}` must be set when `billing_scheme` is `tiered`."
        raise invalid(message, missing, "parameter_missing")
    if bounds[-1] is not None:
        raise invalid("The last tier must have `up_to` set to `inf`.", "tiers")
    finite = bounds[:-1]
    if None in finite or sorted(set(finite)) != finite:
        raise invalid("Tiers must be in ascending order of `up_to`.", "tiers")
    return tiers


def _tier(given: Json) -> Json:
    flat = given.get("flat_amount", given.get("flat_amount_decimal"))
    unit = _unit(given, required=False)
    if flat is None and unit is None:
        message = "Each tier must have at least one of `unit_amount` and `flat_amount`."
        raise invalid(message, "tiers")
    flats = {name.replace("unit", "flat"): value for name, value in _amounts(_decimal(flat)).items()}
    return {**flats, **_amounts(unit), "up_to": None if given["up_to"] == "inf" else given["up_to"]}


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(value)


def _option(price: Json) -> Json:
    amounts = {name: price[name] for name in ("tax_behavior", "unit_amount", "unit_amount_decimal")}
    tiers = {"tiers": price["_tiers"]} if price["_tiers"] else {}
    return {"custom_unit_amount": None, **amounts, **tiers}


def _given_option(given: Json, tiered: bool) -> Json:
    tiers = {"tiers": _tiers({"tiers_mode": "", **given})} if tiered else {}
    behavior = given.get("tax_behavior", "unspecified")
    return {
        "custom_unit_amount": None,
        "tax_behavior": behavior,
        **_amounts(_unit(given, required=not tiered)),
        **tiers,
    }
