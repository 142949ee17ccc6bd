"""Subscription items: https://docs.stripe.com/api/subscription_items."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from stripe_sandbox.billing.discounts import redeem
from stripe_sandbox.billing.pricing import INTERVALS, UNIT_AMOUNT, inline_price
from stripe_sandbox.billing.subscribing import items_of
from stripe_sandbox.errors import invalid
from stripe_sandbox.http import Json
from stripe_sandbox.parameters import Currency, Fields, Hash, Integer, Metadata, OneOf, Reference
from stripe_sandbox.resource import LISTING, Call, Embedded, Link, Resource, Route, merged
from stripe_sandbox.resources.shapes import DISCOUNTS, TAX_BEHAVIOR, TAX_RATES

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox

_PRICE_DATA = Hash(
    {
        "currency": Currency(required=True),
        "product": Reference(to="product", required=True),
        "recurring": Hash(
            {"interval": OneOf(INTERVALS, required=True), "interval_count": Integer(1, 1095)}, required=True
        ),
        "tax_behavior": TAX_BEHAVIOR,
        **UNIT_AMOUNT,
    }
)
NEW: Fields = {
    "discounts": DISCOUNTS,
    "metadata": Metadata(clearable=False),
    "price": Reference(to="price"),
    "price_data": _PRICE_DATA,
    "quantity": Integer(0),
    "tax_rates": TAX_RATES,
}
"""What an item of a new subscription takes."""
LIST: Fields = {"subscription": Reference(to="subscription", required=True), **LISTING}


def price_of(sandbox: Sandbox, wish: Json, name: str) -> Json:
    """The price that an item asks for: one that is there, or one made of `price_data`."""
    if ("price" in wish) == ("price_data" in wish):
        raise invalid(f"Missing required param: {name}[price].", f"{name}[price]", "parameter_missing")
    if "price_data" in wish:
        data = dict(wish["price_data"])
        return inline_price(sandbox, data.pop("product"), **data)
    price = sandbox.store["price", wish["price"]]
    if price["type"] != "recurring":
        raise invalid(
            "The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.",
            f"{name}[price]",
        )
    if not price["active"]:
        raise invalid("The price specified is inactive. This field only accepts active prices.", f"{name}[price]")
    return price


def check_together(prices: Sequence[Json]) -> None:
    """All prices of a subscription are billed in one currency and one interval."""
    rhythms = {(price["recurring"]["interval"], price["recurring"]["interval_count"]) for price in prices}
    if len(rhythms) > 1:
        raise invalid(
            "Currently, all prices on a subscription must have the same recurring.interval and "
            "recurring.interval_count. If you meant to update an existing subscription item instead of creating a new "
            "one, make sure to include the subscription item ID in your request.",
            "items",
        )
    if len({price["currency"] for price in prices}) > 1:
        raise invalid("All prices on a subscription must use the same currency.", "items")


def new_item(sandbox: Sandbox, subscription: Json, price: Json, wish: Json) -> Json:
    """Enter an item at the end of a subscription's."""
    now = sandbox.clock.now
    id = sandbox.ids.new("si")
    item = sandbox.store.add(
        {
            "id": id,
            "object": "subscription_item",
            "billing_thresholds": None,
            "created": now,
            "current_period_end": now,
            "current_period_start": now,
            "discounts": redeem(
                sandbox, wish.get("discounts"), customer=subscription["customer"], subscription_item=id
            ),
            "metadata": merged({}, wish.get("metadata", {})),
            "quantity": wish.get("quantity", 1),
            "subscription": subscription["id"],
            "_price": price["id"],
            "_tax_rates": wish.get("tax_rates") or [],
        }
    )
    subscription["_items"].append(id)
    return item


def _list(call: Call) -> Json:
    subscription = call.given("subscription", "subscription")
    assert subscription is not None
    return call.page_of(items_of(call.sandbox, subscription), "subscription_item")


def show(sandbox: Sandbox, item: Json) -> Json:
    """The item with its price, which is embedded as a whole."""
    shown = {name: value for name, value in item.items() if not name.startswith("_")}
    shown["price"] = sandbox.shown(sandbox.store["price", item["_price"]])
    shown["tax_rates"] = [sandbox.store["tax_rate", id] for id in item["_tax_rates"]]
    return shown


RESOURCE = Resource(
    kind="subscription_item",
    permission="subscription",
    noun="subscription_item",
    missing_param="item",
    show=show,
    expandable={"discounts": Link("discount"), "price": Embedded("price")},
    routes=(
        Route("GET", "/v1/subscription_items", _list, LIST),
        Route("GET", "/v1/subscription_items/{item}", lambda call: call.named("subscription_item", "item")),
    ),
)
