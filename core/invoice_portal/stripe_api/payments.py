"""Payments of an invoice (docs.stripe.com/api/invoice-payment).

What was paid with what, and what did not go through.
"""

from __future__ import annotations

from dataclasses import dataclass

from invoice_portal.effects import StripeCall
from invoice_portal.money import Money
from invoice_portal.stripe_api.ids import checked
from invoice_portal.stripe_api.reading import Listing, Reader, listing_of


@dataclass(frozen=True, slots=True)
class Method:
    """What was paid with: Stripe's type, the card's brand where it is a card, and the last digits."""

    type: str
    brand: str
    last4: str


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment. ``paid_at`` is set once it went through, ``declined`` (Stripe's code) where the last try failed."""

    id: str
    status: str
    created: int
    paid_at: int | None
    amount: Money
    processing: bool
    method: Method | None
    declined: str
    declined_method: Method | None
    outside_stripe: bool


def payments_of(invoice: str) -> StripeCall[Listing[Payment]]:
    """The payments of one invoice, with the charge of each: four levels, the most that Stripe expands."""
    params: dict[str, object] = {
        "invoice": checked("in", invoice),
        "limit": 100,
        "expand": ["data.payment.payment_intent.latest_charge"],
    }
    return StripeCall("get", "/v1/invoice_payments", listing_of(parse_payment, "invoice_payments"), params)


def parse_payment(reader: Reader) -> Payment:
    """Read one payment, whatever of its payment intent was expanded."""
    currency = reader.text("currency")
    transitions = reader.inside("status_transitions")
    paid_at = transitions.moment_or_none("paid_at") if transitions else None
    intent = reader.deep("payment", "payment_intent")
    charge = intent.inside("latest_charge") if intent else reader.deep("payment", "charge")
    error = intent.inside("last_payment_error") if intent else None
    source = reader.inside("payment")
    amount = reader.integer_or_none("amount_paid") if paid_at else reader.integer_or_none("amount_requested")
    return Payment(
        id=reader.id(),
        status=reader.text_or("status"),
        created=reader.moment("created"),
        paid_at=paid_at,
        amount=Money(amount or 0, currency),
        processing=intent is not None and intent.text_or("status") == "processing",
        method=_method(charge.inside("payment_method_details")) if charge else None,
        declined=(error.text_or("decline_code") or error.text_or("code")) if error else "",
        declined_method=_method(error.inside("payment_method")) if error else None,
        outside_stripe=bool(source and source.text_or("type") == "payment_record"),
    )


def _method(reader: Reader | None) -> Method | None:
    if reader is None:
        return None
    type = reader.text_or("type")
    details = reader.inside(type) if type else None
    return Method(
        type=type,
        brand=details.text_or("brand") if details else "",
        last4=details.text_or("last4") if details else "",
    )
