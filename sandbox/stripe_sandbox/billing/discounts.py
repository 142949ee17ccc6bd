"""Coupons redeemed into discounts: https://docs.stripe.com/billing/subscriptions/coupons."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from stripe_sandbox.errors import invalid
from stripe_sandbox.http import Json

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox


def redeem(
    sandbox: Sandbox,
    asked: Sequence[Json] | None,
    *,
    customer: str | None,
    invoice: str | None = None,
    invoice_item: str | None = None,
    subscription: str | None = None,
    subscription_item: str | None = None,
) -> list[str]:
    """The ids of the discounts that a `discounts` parameter asks for: coupons make new ones."""
    owners = {
        "customer": customer,
        "invoice": invoice,
        "invoice_item": invoice_item,
        "subscription": subscription,
        "subscription_item": subscription_item,
    }
    found = []
    for at, wish in enumerate(asked or []):
        if len(wish) != 1:
            raise invalid("You must specify exactly one of coupon, promotion_code or discount.", f"discounts[{at}]")
        if "discount" in wish:
            found.append(wish["discount"])
            continue
        code = sandbox.store["promotion_code", wish["promotion_code"]] if "promotion_code" in wish else None
        coupon = wish["coupon"] if code is None else code["promotion"]["coupon"]
        found.append(_new_discount(sandbox, sandbox.store["coupon", coupon], code, owners)["id"])
    return found


def holds(discount: Json, now: int) -> bool:
    """Whether a discount of a subscription or customer still applies to an invoice made now."""
    coupon = discount["_coupon"]
    if coupon["duration"] == "once":
        return not discount["_used"]
    return discount["end"] is None or now < discount["end"]


def use(sandbox: Sandbox, ids: Sequence[str], now: int) -> list[str]:
    """Those of the discounts that an invoice made now gets; a `once` coupon is used up by it."""
    found = []
    for id in ids:
        discount = sandbox.store["discount", id]
        if holds(discount, now):
            discount["_used"] = True
            found.append(id)
    return found


def _new_discount(sandbox: Sandbox, coupon: Json, code: Json | None, owners: Json) -> Json:
    now = sandbox.clock.now
    if not is_valid(coupon, now):
        raise invalid("This coupon is expired or has reached its maximum number of redemptions.", "coupon")
    coupon["times_redeemed"] += 1
    if code is not None:
        code["times_redeemed"] += 1
    months = coupon["duration_in_months"]
    return sandbox.store.add(
        {
            "id": sandbox.ids.new("di"),
            "object": "discount",
            "checkout_session": None,
            "customer_account": None,
            "end": None if months is None else months_later(now, months),
            "promotion_code": None if code is None else code["id"],
            "source": {"coupon": coupon["id"], "type": "coupon"},
            "start": now,
            **owners,
            "_coupon": dict(coupon),
            "_used": False,
        }
    )


def is_valid(coupon: Json, now: int) -> bool:
    """Whether a coupon can still be redeemed."""
    used_up = coupon["max_redemptions"] is not None and coupon["times_redeemed"] >= coupon["max_redemptions"]
    return not used_up and (coupon["redeem_by"] is None or now <= coupon["redeem_by"])


def months_later(moment: int, months: int, day: int | None = None) -> int:
    """The same day and time so many months on, or the month's last day. `day` is the day to aim at."""
    at = datetime.fromtimestamp(moment, UTC)
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    last = monthrange(year, month + 1)[1]
    return int(at.replace(year=year, month=month + 1, day=min(day or at.day, last)).timestamp())
