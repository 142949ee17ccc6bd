"""Prices: https://docs.stripe.com/api/prices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stripe_sandbox import search_fields, searching
from stripe_sandbox.billing.pricing import (
    CURRENCY_OPTIONS,
    INTERVALS,
    RECURRING,
    TAX_BEHAVIOR,
    TIERS,
    UNIT_AMOUNT,
    new_price,
)
from stripe_sandbox.errors import invalid
from stripe_sandbox.http import Json
from stripe_sandbox.parameters import (
    Boolean,
    Currency,
    Fields,
    Hash,
    Integer,
    ListOf,
    Metadata,
    OneOf,
    Reference,
    Text,
    range_of,
)
from stripe_sandbox.resource import ABSENT, LISTING, Call, Included, Link, Resource, Route, chosen, in_range, merged
from stripe_sandbox.resources.products import new_product

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox

CREATE: Fields = {
    "active": Boolean(),
    "billing_scheme": OneOf(("per_unit", "tiered")),
    "currency": Currency(required=True),
    "currency_options": CURRENCY_OPTIONS,
    "lookup_key": Text(max=200, clearable=False),
    "metadata": Metadata(clearable=False),
    "nickname": Text(),
    "product": Reference(to="product"),
    "product_data": Hash(
        {
            "active": Boolean(),
            "id": Text(clearable=False),
            "metadata": Metadata(clearable=False),
            "name": Text(required=True, clearable=False),
            "statement_descriptor": Text(max=22),
            "unit_label": Text(max=12),
        }
    ),
    "recurring": RECURRING,
    "tax_behavior": TAX_BEHAVIOR,
    "tiers": TIERS,
    "tiers_mode": OneOf(("graduated", "volume")),
    "transfer_lookup_key": Boolean(),
    "transform_quantity": Hash({"divide_by": Integer(1, required=True), "round": OneOf(("down", "up"), required=True)}),
    **UNIT_AMOUNT,
}
UPDATE: Fields = {
    "active": Boolean(),
    "lookup_key": Text(max=200),
    "metadata": Metadata(),
    "nickname": Text(),
    "tax_behavior": TAX_BEHAVIOR,
    "transfer_lookup_key": Boolean(),
}
LIST: Fields = {
    "active": Boolean(),
    "created": range_of(),
    "currency": Currency(),
    "lookup_keys": ListOf(Text(clearable=False)),
    "product": Reference(to="product"),
    "recurring": Hash({"interval": OneOf(INTERVALS), "usage_type": OneOf(("licensed", "metered"))}),
    "type": OneOf(("one_time", "recurring")),
    **LISTING,
}


def _create(call: Call) -> Json:
    params = dict(call.params)
    if ("product" in params) == ("product_data" in params):
        message = "You must provide one of `product` or `product_data`."
        raise invalid(message, "product", "parameter_missing")
    if params.get("billing_scheme") != "tiered" and "tiers" in params:
        raise invalid("`tiers` can only be set when `billing_scheme` is `tiered`.", "tiers")
    data = params.pop("product_data", None)
    _take_lookup_key(call, None)
    product = params.pop("product", None)
    if data is not None:
        made = new_product(call.sandbox, data["name"], data.get("id"), "product_data[id]")
        made.update(chosen(data, "active", "metadata", "statement_descriptor", "unit_label"))
        product = made["id"]
    return new_price(call.sandbox, product, **params)


def _update(call: Call) -> Json:
    price = call.named("price")
    _take_lookup_key(call, price["id"])
    price.update(chosen(call.params, "active", "lookup_key", "nickname", "tax_behavior"))
    if "metadata" in call.params:
        price["metadata"] = merged(price["metadata"], call.params["metadata"])
    return price


def _take_lookup_key(call: Call, own: str | None) -> None:
    """A lookup key belongs to one active price; `transfer_lookup_key` takes it from another."""
    key = call.params.get("lookup_key")
    if key is None:
        return
    for other in call.store.all("price", lookup_key=key):
        if other["id"] == own:
            continue
        if not call.params.get("transfer_lookup_key"):
            raise invalid(f"A price (`{other['id']}`) already uses that lookup key.", "lookup_key")
        other["lookup_key"] = None


def _list(call: Call) -> Json:
    params = call.params
    keys, recurring = params.get("lookup_keys"), params.get("recurring", {})

    def keep(price: Json) -> bool:
        return (
            not price.get("_inline")
            and in_range(price["created"], params.get("created"))
            and (keys is None or price["lookup_key"] in keys)
            and all((price["recurring"] or {}).get(name) == value for name, value in recurring.items())
        )

    return call.page("price", chosen(params, "active", "currency", "product", "type"), keep)


def _currency_options(sandbox: Sandbox, price: Json) -> object:
    return sandbox.store["price", price["id"]]["_options"]


def _tiers(sandbox: Sandbox, price: Json) -> object:
    return sandbox.store["price", price["id"]]["_tiers"] or ABSENT


RESOURCE = Resource(
    kind="price",
    permission="plan",
    indexed=("product",),
    expandable={
        "currency_options": Included(_currency_options),
        "product": Link("product"),
        "tiers": Included(_tiers),
    },
    routes=(
        searching.route("price", "/v1/prices", search_fields.PRICES),
        Route("GET", "/v1/prices", _list, LIST),
        Route("POST", "/v1/prices", _create, CREATE),
        Route("GET", "/v1/prices/{price}", lambda call: call.named("price")),
        Route("POST", "/v1/prices/{price}", _update, UPDATE),
    ),
)
