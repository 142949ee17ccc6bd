"""Prices (docs.stripe.com/api/prices): what a unit costs, in one amount, in packages or in tiers."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal, TypeAlias

from invoice_portal.effects import StripeCall
from invoice_portal.stripe_api.ids import checked
from invoice_portal.stripe_api.reading import Reader, one

TiersMode: TypeAlias = Literal["", "graduated", "volume"]

_MODES: Final[dict[str, TiersMode]] = {"graduated": "graduated", "volume": "volume"}


@dataclass(frozen=True, slots=True)
class Tier:
    """Units up to ``up_to`` (None: without end): ``unit`` and ``flat`` are minor units, with up to twelve decimals."""

    up_to: int | None
    unit: Decimal | None
    flat: Decimal | None


@dataclass(frozen=True, slots=True)
class Price:
    """A price in its own currency.

    ``unit_amount`` is in minor units and None for tiers. ``tiers`` are there only where they were expanded.
    ``divide_by`` is the size of a package, 1 where units are billed one by one.
    """

    id: str
    currency: str
    product: str | None
    nickname: str
    interval: str
    interval_count: int
    meter: str | None
    metered: bool
    unit_amount: Decimal | None
    tiers_mode: TiersMode
    tiers: tuple[Tier, ...]
    divide_by: int
    round_up: bool
    active: bool = True

    @property
    def rhythm(self) -> tuple[str, int]:
        """How often it is billed: a subscription that takes another rhythm begins a new period at once."""
        return self.interval, self.interval_count


def retrieve_price(price: str) -> StripeCall[Price]:
    """One price with its tiers: a list of subscriptions is too deep to expand them in."""
    path = f"/v1/prices/{checked('price', price)}"
    return StripeCall("get", path, one(parse_price, "price"), {"expand": ["tiers"]})


def parse_price(reader: Reader) -> Price:
    """Read one price."""
    recurring = reader.inside("recurring")
    transform = reader.inside("transform_quantity")
    return Price(
        id=reader.id(),
        currency=reader.text_or("currency"),
        product=reader.id_or_none("product"),
        nickname=reader.text_or("nickname"),
        interval=recurring.text_or("interval") if recurring else "",
        interval_count=(recurring.integer_or_none("interval_count") or 1) if recurring else 1,
        meter=recurring.id_or_none("meter") if recurring else None,
        metered=recurring is not None and recurring.text_or("usage_type") == "metered",
        unit_amount=reader.decimal_or_none("unit_amount_decimal"),
        tiers_mode=_MODES.get(reader.text_or("tiers_mode"), ""),
        tiers=reader.each("tiers", _tier),
        divide_by=max(1, transform.integer_or_none("divide_by") or 1) if transform else 1,
        round_up=transform is not None and transform.text_or("round") == "up",
        active=reader.flag("active"),
    )


def _tier(reader: Reader) -> Tier:
    return Tier(
        up_to=reader.integer_or_none("up_to"),
        unit=reader.decimal_or_none("unit_amount_decimal"),
        flat=reader.decimal_or_none("flat_amount_decimal"),
    )
