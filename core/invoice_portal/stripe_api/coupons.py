"""Coupons (docs.stripe.com/api/coupons): what an offer is worth."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import quote

from invoice_portal.effects import StripeCall
from invoice_portal.money import Money
from invoice_portal.stripe_api.reading import Reader, one


@dataclass(frozen=True, slots=True)
class Coupon:
    """A percentage or an amount off. ``months`` is for how many it repeats; ``valid`` whether it can be redeemed."""

    id: str
    name: str
    valid: bool
    percent_off: Decimal | None
    amount_off: Money | None
    duration: str
    months: int | None


def retrieve_coupon(coupon: str) -> StripeCall[Coupon]:
    """One coupon. Its id is the merchant's own text, from the settings."""
    return StripeCall("get", f"/v1/coupons/{quote(coupon, safe='')}", one(parse_coupon, "coupon"))


def parse_coupon(reader: Reader) -> Coupon:
    """Read one coupon."""
    amount = reader.integer_or_none("amount_off")
    return Coupon(
        id=reader.text("id"),
        name=reader.text_or("name"),
        valid=reader.flag("valid"),
        percent_off=reader.number_or_none("percent_off"),
        amount_off=Money(amount, reader.text_or("currency")) if amount else None,
        duration=reader.text_or("duration"),
        months=reader.integer_or_none("duration_in_months"),
    )
