"""Coupons redeemed into discounts: https://docs.stripe.com/billing/subscriptions/coupons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from stripe_sandbox.billing.periods import months_later
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
        coupon = sandbox.store.get("coupon", wish["coupon"] if code is None else code["promotion"]["coupon"])
        if coupon is None or (code is not None and not _is_for(sandbox, code, customer)):
            raise invalid("This promotion code is inactive, expired or not for this customer.", f"discounts[{at}]")
        found.append(_new_discount(sandbox, coupon, code, owners)["id"])
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


def _is_for(sandbox: Sandbox, code: Json, customer: str | None) -> bool:
    return is_active(sandbox, code) and code["customer"] in (None, customer)


def is_active(sandbox: Sandbox, code: Json) -> bool:
    """Whether a promotion code can be redeemed by now: neither it nor its coupon has come to an end."""
    now = sandbox.clock.now
    used_up = code["max_redemptions"] is not None and code["times_redeemed"] >= code["max_redemptions"]
    expired = code["expires_at"] is not None and now > code["expires_at"]
    coupon = sandbox.store.get("coupon", code["promotion"]["coupon"])
    return bool(code["active"] and not used_up and not expired and coupon is not None and is_valid(coupon, now))


def is_valid(coupon: Json, now: int) -> bool:
    """Whether a coupon can still be redeemed."""
    used_up = coupon["max_redemptions"] is not None and coupon["times_redeemed"] >= coupon["max_redemptions"]
    return not used_up and (coupon["redeem_by"] is None or now <= coupon["redeem_by"])


def discount_customer(sandbox: Sandbox, customer_id: str, coupon_id: str) -> Json:
    """Give a customer a discount for all their invoices, as the Dashboard does (the API no longer can)."""
    with sandbox.change():
        customer = sandbox.store["customer", customer_id]
        id = redeem(sandbox, [{"coupon": coupon_id}], customer=customer_id)[0]
        customer["discount"] = id
    return sandbox.store["discount", id]


def gone(discount: Json) -> Json:
    """What Stripe answers when a discount is taken away."""
    return {name: value for name, value in discount.items() if name[0] != "_" and name != "end"} | {"deleted": True}
