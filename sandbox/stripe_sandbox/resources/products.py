"""Products: https://docs.stripe.com/api/products."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stripe_sandbox import search_fields, searching
from stripe_sandbox.billing.pricing import PRICE_IN_PRODUCT, new_price
from stripe_sandbox.errors import invalid
from stripe_sandbox.http import Json
from stripe_sandbox.parameters import (
    Boolean,
    Fields,
    Hash,
    ListOf,
    Metadata,
    Reference,
    Text,
    range_of,
)
from stripe_sandbox.resource import LISTING, Call, Link, Resource, Route, chosen, in_range, merged

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox

_PLAIN = (
    "active",
    "default_price",
    "description",
    "name",
    "shippable",
    "statement_descriptor",
    "unit_label",
    "url",
)
_SAVE: Fields = {
    "active": Boolean(),
    "description": Text(max=40000),
    "images": ListOf(Text(clearable=False), clearable=True),
    "marketing_features": ListOf(Hash({"name": Text(required=True, clearable=False)}), clearable=True),
    "metadata": Metadata(),
    "name": Text(clearable=False),
    "shippable": Boolean(),
    "statement_descriptor": Text(max=22),
    "unit_label": Text(max=12),
    "url": Text(),
}
CREATE: Fields = {
    **_SAVE,
    "images": _SAVE["images"].firm(),
    "marketing_features": _SAVE["marketing_features"].firm(),
    "metadata": _SAVE["metadata"].firm(),
    "default_price_data": Hash(PRICE_IN_PRODUCT),
    "id": Text(clearable=False),
    "name": Text(required=True, clearable=False),
}
UPDATE: Fields = {**_SAVE, "default_price": Reference(to="price")}
LIST: Fields = {
    "active": Boolean(),
    "created": range_of(),
    "ids": ListOf(Text(clearable=False)),
    "shippable": Boolean(),
    "url": Text(clearable=False),
    **LISTING,
}


def new_product(sandbox: Sandbox, name: str, id: str | None = None, param: str = "id") -> Json:
    """Enter a product with nothing but a name. Raises StripeError where the id that is asked for is taken."""
    if id is not None and sandbox.store.get("product", id) is not None:
        raise invalid("Product already exists.", param, "resource_already_exists")
    now = sandbox.clock.now
    return sandbox.store.add(
        {
            "id": id or sandbox.ids.new("prod"),
            "object": "product",
            "active": True,
            "created": now,
            "default_price": None,
            "description": None,
            "images": [],
            "livemode": False,
            "marketing_features": [],
            "metadata": {},
            "name": name,
            "package_dimensions": None,
            "shippable": None,
            "statement_descriptor": None,
            "tax_code": None,
            "unit_label": None,
            "updated": now,
            "url": None,
        }
    )


def _create(call: Call) -> Json:
    params = call.params
    product = new_product(call.sandbox, params["name"], params.get("id"))
    _apply(call, product)
    if "default_price_data" in params:
        price = new_price(call.sandbox, product["id"], **params["default_price_data"])
        product["default_price"] = price["id"]
    return product


def _update(call: Call) -> Json:
    product = call.named("product", "id")
    default = call.given("price", "default_price")
    if default is not None and default["product"] != product["id"]:
        message = f"The price `{default['id']}` does not belong to the product `{product['id']}`."
        raise invalid(message, "default_price")
    _apply(call, product)
    product["updated"] = call.now
    return product


def _apply(call: Call, product: Json) -> None:
    product.update(chosen(call.params, *_PLAIN))
    for name in ("images", "marketing_features"):
        if name in call.params:
            product[name] = call.params[name] or []
    if "metadata" in call.params:
        product["metadata"] = merged(product["metadata"], call.params["metadata"])


def _delete(call: Call) -> Json:
    product = call.named("product", "id")
    if call.store.all("price", product=product["id"]):
        raise invalid("This product cannot be deleted because it has one or more user-created prices.", "id")
    call.store.remove(product)
    return {"id": product["id"], "object": "product", "deleted": True}


def _list(call: Call) -> Json:
    params = call.params
    ids = params.get("ids")

    def keep(product: Json) -> bool:
        return (
            not product.get("_inline")
            and in_range(product["created"], params.get("created"))
            and (ids is None or product["id"] in ids)
        )

    return call.page("product", chosen(params, "active", "shippable", "url"), keep)


RESOURCE = Resource(
    kind="product",
    permission="product",
    missing_param="id",
    expandable={"default_price": Link("price")},
    routes=(
        searching.route("product", "/v1/products", search_fields.PRODUCTS),
        Route("GET", "/v1/products", _list, LIST),
        Route("POST", "/v1/products", _create, CREATE),
        Route("GET", "/v1/products/{id}", lambda call: call.named("product", "id")),
        Route("POST", "/v1/products/{id}", _update, UPDATE),
        Route("DELETE", "/v1/products/{id}", _delete),
    ),
)
