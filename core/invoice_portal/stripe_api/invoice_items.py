"""Invoice items (docs.stripe.com/api/invoiceitems): what is to be billed once, with the next invoice."""

from __future__ import annotations

from dataclasses import dataclass

from invoice_portal.effects import StripeCall
from invoice_portal.money import Money
from invoice_portal.stripe_api.ids import checked
from invoice_portal.stripe_api.reading import Listing, Reader, listing_of


@dataclass(frozen=True, slots=True)
class InvoiceItem:
    """One item that waits; ``subscription`` is the one with whose invoice it comes, None for whichever is next."""

    id: str
    owner: str | None
    description: str
    amount: Money
    date: int
    subscription: str | None


def pending_items_of(customer: str) -> StripeCall[Listing[InvoiceItem]]:
    """The items of a customer that are on no invoice yet, a hundred at most, the newest first."""
    params: dict[str, object] = {"customer": checked("cus", customer), "pending": "true", "limit": 100}
    return StripeCall("get", "/v1/invoiceitems", listing_of(parse_invoice_item, "invoiceitems"), params)


def parse_invoice_item(reader: Reader) -> InvoiceItem:
    """Read one invoice item."""
    details = reader.deep("parent", "subscription_details")
    return InvoiceItem(
        id=reader.id(),
        owner=reader.id_or_none("customer") or reader.id_or_none("customer_account"),
        description=reader.text_or("description"),
        amount=Money(reader.integer("amount"), reader.text("currency")),
        date=reader.moment_or_none("date") or 0,
        subscription=details.id_or_none("subscription") if details else None,
    )
