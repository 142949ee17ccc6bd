"""Products (docs.stripe.com/api/products): a price names its product by id only, and five levels cannot be expanded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from invoice_portal.effects import StripeCall
from invoice_portal.stripe_api.reading import Listing, Reader, listing_of


@dataclass(frozen=True, slots=True)
class Product:
    """A product by the name that customers know."""

    id: str
    name: str


def products_with(ids: Sequence[str]) -> StripeCall[Listing[Product]]:
    """The products with these ids, a hundred at most."""
    params: dict[str, object] = {"ids": list(ids[:100]), "limit": 100}
    return StripeCall("get", "/v1/products", listing_of(parse_product, "products"), params)


def parse_product(reader: Reader) -> Product:
    """Read one product."""
    return Product(id=reader.id(), name=reader.text_or("name"))
