"""Prices (docs.stripe.com/api/prices): what a subscription's item costs, in every shape that Stripe knows."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeAlias, cast, get_args

from invoice_portal.effects import StripeCall
from invoice_portal.stripe_api.ids import checked
from invoice_portal.stripe_api.reading import Reader, one

Interval: TypeAlias = Literal["day", "week", "month", "year"]
TiersMode: TypeAlias = Literal["graduated", "volume", ""]


@dataclass(frozen=True, slots=True)
class Tier:
    """One step: up to ``up_to`` units (None: all above) for ``unit`` each and ``flat`` for all, in minor units."""

    up_to: int | None
    unit: Decimal | None
    flat: Decimal | None


@dataclass(frozen=True, slots=True)
class Price:
    """A price. ``unit`` is in minor units, for a package of ``package`` units; None where there are tiers.

    ``interval`` is empty for a one-time price. ``tiers`` is empty where they were not expanded.
    """

    id: str
    product: str | None
    active: bool
    currency: str
    nickname: str
    unit: Decimal | None
    package: int
    interval: Interval | Literal[""]
    interval_count: int
    metered: bool
    tiers_mode: TiersMode
    tiers: tuple[Tier, ...]

    @property
    def rhythm(self) -> tuple[str, int]:
        """How often it is billed: another one begins a new period at once."""
        return self.interval, self.interval_count


def price_with(price: str) -> StripeCall[Price]:
    """One price with its tiers, which Stripe leaves out unless they are asked for."""
    return StripeCall("get", f"/v1/prices/{checked('price', price)}", one(parse_price, "price"), {"expand": ["tiers"]})


def parse_price(reader: Reader) -> Price:
    """Read one price."""
    recurring, package = reader.inside("recurring"), reader.inside("transform_quantity")
    interval = recurring.text_or("interval") if recurring else ""
    mode = reader.text_or("tiers_mode")
    return Price(
        id=reader.id(),
        product=reader.id_or_none("product"),
        active=reader.flag("active"),
        currency=reader.text_or("currency"),
        nickname=reader.text_or("nickname"),
        unit=reader.decimal_or_none("unit_amount_decimal"),
        package=(package.integer_or_none("divide_by") if package else None) or 1,
        interval=cast(Interval, interval) if interval in get_args(Interval) else "",
        interval_count=(recurring.integer_or_none("interval_count") if recurring else None) or 1,
        metered=recurring is not None and recurring.text_or("usage_type") == "metered",
        tiers_mode=cast(TiersMode, mode) if mode in get_args(TiersMode) else "",
        tiers=reader.each("tiers", _tier),
    )


def _tier(reader: Reader) -> Tier:
    return Tier(
        up_to=reader.integer_or_none("up_to"),
        unit=reader.decimal_or_none("unit_amount_decimal"),
        flat=reader.decimal_or_none("flat_amount_decimal"),
    )
