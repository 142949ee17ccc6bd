"""The names of what is subscribed to: a price names its product by id only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from invoice_portal.effects import Ok, each
from invoice_portal.stripe_api.prices import Price
from invoice_portal.stripe_api.products import products_with


async def names_of(prices: Iterable[Price]) -> Mapping[str, str]:
    """The names of products by id; a key may lack the permission, and the page stands without them."""
    ids = sorted({price.product for price in prices if price.product})
    outcomes = await each([products_with(ids[start : start + 100]) for start in range(0, len(ids), 100)])
    found = [outcome.value.items for outcome in outcomes if isinstance(outcome, Ok)]
    return {product.id: product.name for products in found for product in products}
