"""Coupons: https://docs.stripe.com/api/coupons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stripe_sandbox.billing.discounts import is_valid
from stripe_sandbox.errors import invalid
from stripe_sandbox.http import Json
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
    Text,
    range_of,
)
from stripe_sandbox.resource import ABSENT, LISTING, Call, Included, Resource, Route, chosen, in_range, merged

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox

UPDATE: Fields = {
    "currency_options": HashByKey({"amount_off": Integer(1, required=True)}),
    "metadata": Metadata(),
    "name": Text(max=40),
}
CREATE: Fields = {
    **UPDATE,
    "amount_off": Integer(1),
    "applies_to": Hash({"products": ListOf(Reference(to="product"))}),
    "currency": Currency(),
    "duration": OneOf(("forever", "once", "repeating")),
    "duration_in_months": Integer(1),
    "id": Text(clearable=False),
    "max_redemptions": Integer(1),
    "percent_off": Fraction(4),
    "redeem_by": Integer(),
}
LIST: Fields = {"created": range_of(), **LISTING}


def _create(call: Call) -> Json:
    params = call.params
    _check(call)
    percent = params.get("percent_off")
    coupon: Json = {
        "id": params.get("id") or call.sandbox.ids.text("coupon", 8),
        "object": "coupon",
        "amount_off": params.get("amount_off"),
        "created": call.now,
        "currency": params.get("currency") if "amount_off" in params else None,
        "duration": params.get("duration", "once"),
        "duration_in_months": params.get("duration_in_months"),
        "livemode": False,
        "max_redemptions": params.get("max_redemptions"),
        "metadata": merged({}, params.get("metadata", {})),
        "name": params.get("name"),
        "percent_off": None if percent is None else float(percent),
        "redeem_by": params.get("redeem_by"),
        "times_redeemed": 0,
        "_products": params.get("applies_to", {}).get("products"),
        "_options": params.get("currency_options", {}),
    }
    if coupon["amount_off"] is not None:
        coupon["_options"] = {coupon["currency"]: {"amount_off": coupon["amount_off"]}, **coupon["_options"]}
    return call.store.add(coupon)


def _check(call: Call) -> None:
    params = call.params
    if params.get("id") and call.store.get("coupon", params["id"]) is not None:
        raise invalid("Coupon already exists.", "id", "resource_already_exists")
    if ("percent_off" in params) == ("amount_off" in params):
        raise invalid("You must pass either percent_off or amount_off when creating a coupon.", "percent_off")
    if "amount_off" in params and "currency" not in params:
        raise invalid("You must pass currency when passing amount_off", "currency", "parameter_missing")
    if "percent_off" in params and not 0 < params["percent_off"] <= 100:
        raise invalid("Invalid percent_off: must be between 0 and 100", "percent_off")
    if (params.get("duration") == "repeating") != ("duration_in_months" in params):
        message = "You must pass duration_in_months if, and only if, duration is repeating."
        raise invalid(message, "duration_in_months")


def _update(call: Call) -> Json:
    coupon = call.named("coupon")
    coupon.update(chosen(call.params, "name"))
    coupon["_options"] = {**coupon["_options"], **call.params.get("currency_options", {})}
    if "metadata" in call.params:
        coupon["metadata"] = merged(coupon["metadata"], call.params["metadata"])
    return coupon


def _delete(call: Call) -> Json:
    """Discounts that it has given stay; its promotion codes give no more."""
    coupon = call.named("coupon")
    for code in call.store.all("promotion_code", _coupon=coupon["id"]):
        code["active"] = False
    call.store.remove(coupon)
    return {"id": coupon["id"], "object": "coupon", "deleted": True}


def _list(call: Call) -> Json:
    return call.page("coupon", {}, lambda coupon: in_range(coupon["created"], call.params.get("created")))


def _show(sandbox: Sandbox, coupon: Json) -> Json:
    shown = {name: value for name, value in coupon.items() if not name.startswith("_")}
    return {**shown, "valid": is_valid(coupon, sandbox.clock.now)}


def _applies_to(sandbox: Sandbox, coupon: Json) -> object:
    products = sandbox.store["coupon", coupon["id"]]["_products"]
    return ABSENT if products is None else {"products": products}


def _currency_options(sandbox: Sandbox, coupon: Json) -> object:
    return sandbox.store["coupon", coupon["id"]]["_options"] or ABSENT


RESOURCE = Resource(
    kind="coupon",
    permission="coupon",
    show=_show,
    expandable={"applies_to": Included(_applies_to), "currency_options": Included(_currency_options)},
    routes=(
        Route("GET", "/v1/coupons", _list, LIST),
        Route("POST", "/v1/coupons", _create, CREATE),
        Route("GET", "/v1/coupons/{coupon}", lambda call: call.named("coupon")),
        Route("POST", "/v1/coupons/{coupon}", _update, UPDATE),
        Route("DELETE", "/v1/coupons/{coupon}", _delete),
    ),
)
