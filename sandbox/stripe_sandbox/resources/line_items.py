"""The lines of an invoice: https://docs.stripe.com/api/invoice-line-item."""

from __future__ import annotations

from stripe_sandbox.resource import Link, Resource

RESOURCE = Resource(
    kind="line_item",
    permission="invoice",
    noun="invoice line item",
    expandable={
        "discounts": Link("discount"),
        "discount_amounts.discount": Link("discount"),
        "pricing.price_details.price": Link("price"),
        "subscription": Link("subscription"),
    },
)
