"""Subscription items: https://docs.stripe.com/api/subscription_items."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from stripe_sandbox.billing import changing, pending
from stripe_sandbox.billing.changing import Terms
from stripe_sandbox.billing.discounts import redeem
from stripe_sandbox.billing.pricing import INTERVALS, UNIT_AMOUNT, amounts_in, inline_price, is_metered
from stripe_sandbox.billing.subscribing import ENDED, items_of, period_of
from stripe_sandbox.errors import invalid
from stripe_sandbox.http import Json
from stripe_sandbox.parameters import Boolean, Currency, Fields, Hash, Integer, ListOf, Metadata, OneOf, Reference
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
TERMS: Fields = {
    "payment_behavior": OneOf(
        ("allow_incomplete", "default_incomplete", "error_if_incomplete", "pending_if_incomplete")
    ),
    "proration_behavior": OneOf(("always_invoice", "create_prorations", "none")),
    "proration_date": Integer(),
}
"""How a change is billed."""
CHANGE: Fields = {**NEW, "metadata": Metadata()}
CHANGES = ListOf(Hash({**CHANGE, "deleted": Boolean(), "id": Reference(to="subscription_item")}))
"""What `items` of a subscription that is there takes."""
CREATE: Fields = {**NEW, **TERMS, "subscription": Reference(to="subscription", required=True)}
UPDATE: Fields = {**CHANGE, **TERMS, "off_session": Boolean()}
_PENDABLE_OF_ITEMS = {"deleted", "discounts", "id", "price", "price_data", "quantity"}
_PENDABLE = {
    *_PENDABLE_OF_ITEMS, *TERMS, "add_invoice_items", "billing_cycle_anchor", "items", "metadata", "subscription",
    "trial_end",
}  # fmt: skip
"""https://docs.stripe.com/billing/subscriptions/pending-updates#supported-attributes"""
LIST: Fields = {"subscription": Reference(to="subscription", required=True), **LISTING}


def price_of(sandbox: Sandbox, wish: Json, name: str = "") -> Json:
    """The price that an item asks for: one that is there, or one made of `price_data`."""
    param = f"{name}[price]" if name else "price"
    if ("price" in wish) == ("price_data" in wish):
        raise invalid(f"Missing required param: {param}.", param, "parameter_missing")
    if "price_data" in wish:
        data = dict(wish["price_data"])
        return inline_price(sandbox, data.pop("product"), **data)
    price = sandbox.store["price", wish["price"]]
    if is_metered(price) and "quantity" in wish:
        message = "You cannot set a quantity for a price with `usage_type=metered`: usage comes from its meter."
        raise invalid(message, param.replace("price", "quantity"))
    if price["type"] != "recurring":
        raise invalid(
            "The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.",
            param,
        )
    if not price["active"]:
        raise invalid("The price specified is inactive. This field only accepts active prices.", param)
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
            "_billed": [],
            "_price": price["id"],
            "_tax_rates": wish.get("tax_rates") or [],
        }
    )
    subscription["_items"].append(id)
    return item


def terms_of(call: Call) -> Terms:
    """How the call's change is billed."""
    params = call.params
    return Terms(
        params.get("proration_date", call.now),
        params.get("proration_behavior", "create_prorations"),
        params.get("payment_behavior", "allow_incomplete"),
        params.get("off_session", False),
    )


def alter(sandbox: Sandbox, subscription: Json, wishes: Sequence[Json]) -> None:
    """Change, add and take away items as `items` of a subscription's update asks for. Raises StripeError."""
    start, end = period_of(sandbox, subscription)
    for at, wish in enumerate(wishes):
        name = f"items[{at}]"
        if "id" not in wish:
            item = _add(sandbox, subscription, wish, name)
            item.update(current_period_start=start, current_period_end=end)
            continue
        item = sandbox.store["subscription_item", wish["id"]]
        if item["subscription"] != subscription["id"]:
            raise invalid(f"The item {item['id']} is not one of this subscription's.", f"{name}[id]")
        if wish.get("deleted"):
            _remove(sandbox, subscription, item)
        else:
            _set(sandbox, subscription, item, wish, name)
    left = items_of(sandbox, subscription)
    if not left:
        raise invalid("A subscription must have at least one active plan.", "items")
    prices = [sandbox.store["price", item["_price"]] for item in left]
    check_together(prices)
    for price in prices:
        amounts_in(price, subscription["currency"])


def require_changeable(subscription: Json) -> None:
    """Raises StripeError where the items of a subscription can no longer, or not yet, be changed."""
    if subscription["status"] in (*ENDED, "incomplete"):
        raise invalid(f"This subscription is {subscription['status']}: its items cannot be changed.", "subscription")


def require_pendable(params: Json) -> None:
    """Raises StripeError for what a change that waits for its payment cannot have."""
    if params.get("payment_behavior") != pending.PENDING:
        return
    found = [name for name in params if name not in _PENDABLE]
    found += [name for wish in params.get("items", []) for name in wish if name not in _PENDABLE_OF_ITEMS]
    if found:
        raise invalid(
            "When `payment_behavior` is set to `pending_if_incomplete`, you can only pass supported params. "
            f"`{found[0]}` is not supported. See https://stripe.com/docs/billing/subscriptions/"
            "pending-updates-reference#supported-attributes for more details.",
            found[0],
        )


def _add(sandbox: Sandbox, subscription: Json, wish: Json, name: str) -> Json:
    price = price_of(sandbox, wish, name)
    if any(item["_price"] == price["id"] for item in items_of(sandbox, subscription)):
        message = f"Cannot add multiple subscription items with the same plan: {price['id']}"
        raise invalid(message, f"{name}[price]" if name else "price")
    return new_item(sandbox, subscription, price, wish)


def _set(sandbox: Sandbox, subscription: Json, item: Json, wish: Json, name: str) -> None:
    if "price" in wish or "price_data" in wish:
        item["_price"] = price_of(sandbox, wish, name)["id"]
    if "quantity" in wish:
        item["quantity"] = wish["quantity"]
    if "tax_rates" in wish:
        item["_tax_rates"] = wish["tax_rates"] or []
    if "metadata" in wish:
        item["metadata"] = merged(item["metadata"], wish["metadata"])
    if "discounts" in wish:
        item["discounts"] = redeem(
            sandbox, wish["discounts"], customer=subscription["customer"], subscription_item=item["id"]
        )


def _remove(sandbox: Sandbox, subscription: Json, item: Json) -> None:
    subscription["_items"] = [id for id in subscription["_items"] if id != item["id"]]


def _create(call: Call) -> Json:
    subscription = call.given("subscription", "subscription")
    assert subscription is not None
    _change(call, subscription, [_wish(call)])
    waiting = subscription["_pending"]
    ids = subscription["_items"] if waiting is None else list(waiting["items"])
    return call.store["subscription_item", ids[-1]]


def _update(call: Call) -> Json:
    item = call.named("subscription_item", "item")
    subscription = call.store["subscription", item["subscription"]]
    _change(call, subscription, [{**_wish(call), "id": item["id"]}])
    return item


def _delete(call: Call) -> Json:
    item = call.named("subscription_item", "item")
    subscription = call.store["subscription", item["subscription"]]
    _change(call, subscription, [{"id": item["id"], "deleted": True}])
    return {"id": item["id"], "object": "subscription_item", "deleted": True}


def _change(call: Call, subscription: Json, wishes: Sequence[Json]) -> None:
    require_changeable(subscription)
    require_pendable(call.params)
    terms = terms_of(call)
    with pending.until_paid(call.sandbox, subscription, terms.payment):
        changing.change(call.sandbox, subscription, terms, lambda: alter(call.sandbox, subscription, wishes))


def _wish(call: Call) -> Json:
    return {name: value for name, value in call.params.items() if name in CHANGE}


def _list(call: Call) -> Json:
    subscription = call.given("subscription", "subscription")
    assert subscription is not None
    return call.page_of(items_of(call.sandbox, subscription), "subscription_item")


def show(sandbox: Sandbox, item: Json) -> Json:
    """The item with its price, which is embedded as a whole."""
    shown = {name: value for name, value in item.items() if not name.startswith("_")}
    shown["price"] = sandbox.shown(sandbox.store["price", item["_price"]])
    if is_metered(shown["price"]):
        del shown["quantity"]
    shown["tax_rates"] = [sandbox.store["tax_rate", id] for id in item["_tax_rates"]]
    return shown


_ONE = "/v1/subscription_items/{item}"
RESOURCE = Resource(
    kind="subscription_item",
    permission="subscription",
    noun="subscription_item",
    missing_param="item",
    show=show,
    expandable={"discounts": Link("discount"), "price": Embedded("price")},
    routes=(
        Route("GET", "/v1/subscription_items", _list, LIST),
        Route("POST", "/v1/subscription_items", _create, CREATE),
        Route("GET", _ONE, lambda call: call.named("subscription_item", "item")),
        Route("POST", _ONE, _update, UPDATE),
        Route("DELETE", _ONE, _delete, TERMS),
    ),
)
