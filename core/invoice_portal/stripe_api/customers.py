"""Customers (docs.stripe.com/api/customers)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from invoice_portal.effects import StripeCall
from invoice_portal.stripe_api.ids import checked
from invoice_portal.stripe_api.reading import Listing, Reader, listing_of


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer: as far as a visitor must recognise it, and what stands between it and the merchant.

    ``balance`` is in minor units of ``currency`` (empty where nothing was billed yet): negative where the customer has
    credit, positive where the next invoice asks for more. ``discount`` is the id of the one that their subscriptions
    have where they have none of their own.
    """

    id: str
    name: str
    email: str
    description: str
    created: int
    balance: int = 0
    currency: str = ""
    default_payment_method: str | None = None
    discount: str | None = None


def customers_with_email(address: str, after: str | None = None) -> StripeCall[Listing[Customer]]:
    """The customers that bear exactly this address: the filter tells upper from lower case."""
    params: dict[str, object] = {"email": address, "limit": 100}
    if after:
        params["starting_after"] = after
    return StripeCall("get", "/v1/customers", listing_of(parse_customer, "customers"), params)


def customer_with_id(customer: str) -> StripeCall[Listing[Customer]]:
    """One customer, as a listing: empty where Stripe says that it was deleted."""
    return StripeCall("get", f"/v1/customers/{checked('cus', customer)}", _one_or_none)


def parse_customer(reader: Reader) -> Customer:
    """Read one customer."""
    invoicing = reader.inside("invoice_settings")
    return Customer(
        id=reader.id(),
        name=reader.text_or("name"),
        email=reader.text_or("email"),
        description=reader.text_or("description"),
        created=reader.moment_or_none("created") or 0,
        balance=reader.amount("balance"),
        currency=reader.text_or("currency"),
        default_payment_method=invoicing.id_or_none("default_payment_method") if invoicing else None,
        discount=reader.id_or_none("discount"),
    )


def _one_or_none(data: Any) -> Listing[Customer]:
    reader = Reader(data, "customer")
    return Listing(() if reader.flag("deleted") else (parse_customer(reader),), has_more=False)
