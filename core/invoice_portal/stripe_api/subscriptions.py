"""Subscriptions (docs.stripe.com/api/subscriptions), for the choice of which one to view."""

from __future__ import annotations

from dataclasses import dataclass

from invoice_portal.effects import StripeCall
from invoice_portal.stripe_api.reading import Listing, Reader, listing_of


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription by what its customer would call it."""

    id: str
    status: str
    created: int
    description: str
    names: tuple[str, ...]


def subscriptions_of(customer: str, after: str | None = None) -> StripeCall[Listing[Subscription]]:
    """All subscriptions of a customer, the ended ones too: their invoices remain."""
    params: dict[str, object] = {"customer": customer, "status": "all", "limit": 100}
    if after:
        params["starting_after"] = after
    return StripeCall("get", "/v1/subscriptions", listing_of(parse_subscription, "subscriptions"), params)


def parse_subscription(reader: Reader) -> Subscription:
    """Read one subscription."""
    return Subscription(
        id=reader.text("id"),
        status=reader.text_or("status"),
        created=reader.moment_or_none("created") or 0,
        description=reader.text_or("description"),
        names=tuple(name for name in reader.each("items", _name) if name),
    )


def _name(item: Reader) -> str:
    """A price's nickname: the product's name is not in the answer unless expanded."""
    price = item.inside("price")
    if price is None:
        return ""
    product = price.inside("product")
    return (product.text_or("name") if product else "") or price.text_or("nickname")
