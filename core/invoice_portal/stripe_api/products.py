"""Products (docs.stripe.com/api/products): a price names its product by id only, and five levels cannot be expanded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from invoice_portal.effects import Outcome, StripeCall, answered
from invoice_portal.stripe_api.reading import Listing, Reader, listing_of

_MOST_A_CALL: Final = 100


@dataclass(frozen=True, slots=True)
class Product:
    """A product by the name that customers know."""

    id: str
    name: str


def products_with(ids: Sequence[str]) -> StripeCall[Listing[Product]]:
    """The products with these ids, a hundred at most."""
    params: dict[str, object] = {"ids": list(ids), "limit": _MOST_A_CALL}
    return StripeCall("get", "/v1/products", listing_of(parse_product, "products"), params)


def naming_calls(products: Iterable[str | None]) -> list[StripeCall[Listing[Product]]]:
    """The calls that tell these products' names: none where there is none to name."""
    ids = sorted({product for product in products if product})
    return [products_with(ids[start : start + _MOST_A_CALL]) for start in range(0, len(ids), _MOST_A_CALL)]


def names_told(outcomes: Iterable[Outcome[Listing[Product]]]) -> dict[str, str]:
    """The names by id that :func:`naming_calls` brought; a key may lack the permission, and the page stands without."""
    return {product.id: product.name for listing in answered(outcomes) for product in listing.items}


def parse_product(reader: Reader) -> Product:
    """Read one product."""
    return Product(id=reader.id(), name=reader.text_or("name"))
