"""Previews of the next invoice (docs.stripe.com/api/invoices/create_preview): a call for each subscription.

A preview is a POST that changes nothing. It counts usage so far, which Stripe gathers with some delay, and is like an
invoice in all but its id, which opens nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from invoice_portal.effects import StripeCall
from invoice_portal.money import Money
from invoice_portal.stripe_api.ids import checked
from invoice_portal.stripe_api.invoices import Line, WholeInvoice, parse_line, parse_whole_invoice
from invoice_portal.stripe_api.reading import Reader


@dataclass(frozen=True, slots=True)
class PreviewLine:
    """A line with what it stands for: an item of the subscription, or an item that waits to be billed once.

    ``net`` is what it adds to the invoice's total: after its discounts and credits, with taxes that are added on top.
    """

    line: Line
    net: Money
    subscription_item: str | None
    invoice_item: str | None
    price: str | None


@dataclass(frozen=True, slots=True)
class Preview:
    """The invoice that would come. ``billed_at`` is when (UTC seconds); ``whole`` has its totals."""

    subscription: str
    billed_at: int
    charged: bool
    whole: WholeInvoice
    lines: tuple[PreviewLine, ...]
    more_lines: bool


def preview_of(subscription: str) -> StripeCall[Preview]:
    """The next invoice of a subscription.

    Fails with ``NotFound`` where none would come (Stripe's ``invoice_upcoming_none``): it is paused, or it ends before.
    """
    id = checked("sub", subscription)

    def parse(data: Any) -> Preview:
        return parse_preview(Reader(data, "preview"), id)

    return StripeCall("post", "/v1/invoices/create_preview", parse, {"subscription": id})


def parse_preview(reader: Reader, subscription: str) -> Preview:
    """Read one preview."""
    whole = parse_whole_invoice(reader)
    currency = whole.invoice.total.currency
    lines = reader.inside("lines")
    return Preview(
        subscription=subscription,
        billed_at=reader.moment_or_none("period_end") or whole.invoice.created,
        charged=reader.text_or("collection_method") == "charge_automatically",
        whole=whole,
        lines=lines.each("data", lambda line: _line(line, currency)) if lines else (),
        more_lines=lines is None or lines.flag("has_more"),
    )


def _line(reader: Reader, currency: str) -> PreviewLine:
    of_subscription = reader.deep("parent", "subscription_item_details")
    of_item = reader.deep("parent", "invoice_item_details")
    details = of_subscription or of_item
    price = reader.deep("pricing", "price_details")
    line = parse_line(reader, currency)
    less = sum(reader.each("discount_amounts", _amount)) + sum(reader.each("pretax_credit_amounts", _credit))
    return PreviewLine(
        line=line,
        net=Money(line.amount.amount - less + sum(reader.each("taxes", _added_tax)), currency),
        subscription_item=of_subscription.id_or_none("subscription_item") if of_subscription else None,
        invoice_item=details.id_or_none("invoice_item") if details else None,
        price=price.id_or_none("price") if price else None,
    )


def _amount(reader: Reader) -> int:
    return reader.amount("amount")


def _credit(reader: Reader) -> int:
    """Credits beside discounts: those that are discounts stand among the discounts too."""
    return 0 if reader.text_or("type") == "discount" else reader.amount("amount")


def _added_tax(reader: Reader) -> int:
    return 0 if reader.text_or("tax_behavior") == "inclusive" else reader.amount("amount")
