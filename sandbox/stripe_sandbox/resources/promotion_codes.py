"""Promotion codes: https://docs.stripe.com/api/promotion_codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stripe_sandbox.billing.discounts import is_active
from stripe_sandbox.errors import invalid
from stripe_sandbox.http import Json
from stripe_sandbox.parameters import (
    Boolean,
    Fields,
    Hash,
    Integer,
    Metadata,
    OneOf,
    Reference,
    Text,
    range_of,
)
from stripe_sandbox.resource import CUSTOMER, LISTING, Call, Link, Resource, Route, chosen, in_range, merged

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox

UPDATE: Fields = {"active": Boolean(), "metadata": Metadata()}
CREATE: Fields = {
    "active": Boolean(),
    "code": Text(max=500, clearable=False),
    "customer": CUSTOMER,
    "expires_at": Integer(),
    "max_redemptions": Integer(1),
    "metadata": Metadata(clearable=False),
    "promotion": Hash({"coupon": Reference(to="coupon"), "type": OneOf(("coupon",), required=True)}, required=True),
}
LIST: Fields = {
    "active": Boolean(),
    "code": Text(clearable=False),
    "coupon": Reference(to="coupon"),
    "created": range_of(),
    "customer": CUSTOMER,
    **LISTING,
}
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def _create(call: Call) -> Json:
    params = call.params
    coupon = params["promotion"].get("coupon")
    if coupon is None:
        name = "promotion[coupon]"
        raise invalid(f"Missing required param: {name}.", name, "parameter_missing")
    code = params.get("code") or call.sandbox.ids.text("promotion_code", 8, _LETTERS)
    same = (each for each in call.store.all("promotion_code", active=True) if each["code"].lower() == code.lower())
    if any(is_active(call.sandbox, each) for each in same):
        raise invalid(f"An active promotion code with `code: {code}` already exists.", "code")
    return call.store.add(
        {
            "id": call.sandbox.ids.new("promo"),
            "object": "promotion_code",
            "active": params.get("active", True),
            "code": code,
            "created": call.now,
            "customer": params.get("customer"),
            "customer_account": None,
            "expires_at": params.get("expires_at"),
            "livemode": False,
            "max_redemptions": params.get("max_redemptions"),
            "metadata": merged({}, params.get("metadata", {})),
            "promotion": {"coupon": coupon, "type": "coupon"},
            "restrictions": {
                "first_time_transaction": False,
                "minimum_amount": None,
                "minimum_amount_currency": None,
            },
            "times_redeemed": 0,
            "_coupon": coupon,
        }
    )


def _update(call: Call) -> Json:
    found = call.named("promotion_code")
    found.update(chosen(call.params, "active"))
    if "metadata" in call.params:
        found["metadata"] = merged(found["metadata"], call.params["metadata"])
    return found


def _list(call: Call) -> Json:
    where = chosen(call.params, "code", "customer")
    if "coupon" in call.params:
        where["_coupon"] = call.params["coupon"]
    created, active = call.params.get("created"), call.params.get("active")

    def keep(code: Json) -> bool:
        return in_range(code["created"], created) and active in (None, is_active(call.sandbox, code))

    return call.page("promotion_code", where, keep)


def _show(sandbox: Sandbox, code: Json) -> Json:
    shown = {name: value for name, value in code.items() if not name.startswith("_")}
    return {**shown, "active": is_active(sandbox, code)}


RESOURCE = Resource(
    kind="promotion_code",
    permission="promotion_code",
    noun="promotion code",
    show=_show,
    expandable={"customer": Link("customer"), "promotion.coupon": Link("coupon")},
    routes=(
        Route("GET", "/v1/promotion_codes", _list, LIST),
        Route("POST", "/v1/promotion_codes", _create, CREATE),
        Route("GET", "/v1/promotion_codes/{promotion_code}", lambda call: call.named("promotion_code")),
        Route("POST", "/v1/promotion_codes/{promotion_code}", _update, UPDATE),
    ),
)
