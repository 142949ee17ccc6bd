"""Subscriptions (docs.stripe.com/api/subscriptions), for the choice of which one to view."""

from __future__ import annotations

from dataclasses import dataclass

from invoice_portal.effects import StripeCall
from invoice_portal.stripe_api.ids import checked
from invoice_portal.stripe_api.reading import Listing, Reader, listing_of, one


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription, and the ids of the products that it is for."""

    id: str
    owner: str | None
    created: int
    description: str
    products: tuple[str, ...]


def subscriptions_of(customer: str, after: str | None = None) -> StripeCall[Listing[Subscription]]:
    """All subscriptions of a customer, the ended ones too: their invoices remain."""
    params: dict[str, object] = {"customer": customer, "status": "all", "limit": 100}
    if after:
        params["starting_after"] = after
    return StripeCall("get", "/v1/subscriptions", listing_of(parse_subscription, "subscriptions"), params)


def retrieve_subscription(subscription: str) -> StripeCall[Subscription]:
    """One subscription, for whose it is."""
    path = f"/v1/subscriptions/{checked('sub', subscription)}"
    return StripeCall("get", path, one(parse_subscription, "subscription"))


def parse_subscription(reader: Reader) -> Subscription:
    """Read one subscription."""
    products = reader.each("items", _product) if reader.inside("items") else ()
    return Subscription(
        id=reader.id(),
        owner=reader.id_or_none("customer") or reader.id_or_none("customer_account"),
        created=reader.moment_or_none("created") or 0,
        description=reader.text_or("description"),
        products=tuple(dict.fromkeys(product for product in products if product)),
    )


def _product(item: Reader) -> str | None:
    price = item.inside("price")
    return price.id_or_none("product") if price else None
