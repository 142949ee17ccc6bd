"""What became of the attempts to pay an invoice, as Stripe has it now (docs.stripe.com/api/invoice-payment)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from invoice_portal.effects import StripeCall
from invoice_portal.stripe_api.ids import checked
from invoice_portal.stripe_api.reading import Listing, Reader, listing_of, one

Status: TypeAlias = Literal["paid", "processing", "failed"]
_SOURCES: Final = ("payment_intent", "charge", "payment_record")
"""What an invoice is paid with, as Stripe's ``payment.type`` has it."""


@dataclass(frozen=True, slots=True)
class PaidFor:
    """An invoice as far as its payments are told: ``remaining`` and ``paid`` in minor units of ``currency``."""

    id: str
    number: str
    customer: str
    subscription: str | None
    status: str
    currency: str
    paid: int
    remaining: int
    paid_at: int | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One payment of an invoice that has ended, or is on its way. ``amount`` in minor units; ``paid_at`` UTC seconds.

    ``key`` tells what one payment intent can do several times apart: fail, by the charge that failed or what was
    tried, and be on its way, by its charge.
    """

    status: Status
    invoice: str
    intent: str
    amount: int
    method: str
    code: str
    key: str
    paid_at: int | None


def retrieve_paid_for(invoice: str) -> StripeCall[PaidFor]:
    """One invoice, fresh (docs.stripe.com/api/invoices/object)."""
    return StripeCall("get", f"/v1/invoices/{checked('in', invoice)}", one(_paid_for, "invoice"))


def attempts_at(invoice: str) -> StripeCall[Listing[Attempt | None]]:
    """The payments of an invoice, newest first; None for one at which nothing has been tried yet."""
    params: dict[str, object] = {
        "invoice": checked("in", invoice),
        "limit": 100,
        "expand": ["data.payment.payment_intent"],
    }
    return StripeCall("get", "/v1/invoice_payments", listing_of(_attempt, "invoice_payments"), params)


def invoice_of(payment: str) -> StripeCall[str | None]:
    """The invoice of an invoice payment (``inpay_…``)."""
    path = f"/v1/invoice_payments/{checked('inpay', payment)}"
    return StripeCall("get", path, one(lambda reader: reader.id_or_none("invoice"), "invoice_payment"))


def invoices_of(intent: str) -> StripeCall[Listing[str | None]]:
    """The invoices that a payment intent pays."""
    params: dict[str, object] = {
        "payment": {"type": "payment_intent", "payment_intent": checked("pi", intent)},
        "limit": 100,
    }
    parse = listing_of(lambda reader: reader.id_or_none("invoice"), "invoice_payments")
    return StripeCall("get", "/v1/invoice_payments", parse, params)


def failure_key(charge: str, method: str, code: str) -> str:
    """What tells one failure of a payment intent from the next: the charge, or else what was tried."""
    return charge or f"{method} {code}".strip()


def _paid_for(reader: Reader) -> PaidFor:
    transitions = reader.inside("status_transitions")
    details = reader.deep("parent", "subscription_details")
    return PaidFor(
        id=reader.id(),
        number=reader.text_or("number"),
        customer=reader.id_or_none("customer") or reader.id_or_none("customer_account") or "",
        subscription=details.id_or_none("subscription") if details else None,
        status=reader.text_or("status"),
        currency=reader.text("currency"),
        paid=reader.amount("amount_paid"),
        remaining=reader.amount("amount_remaining"),
        paid_at=transitions.moment_or_none("paid_at") if transitions else None,
    )


def _attempt(reader: Reader) -> Attempt | None:
    transitions, source = reader.inside("status_transitions"), reader.inside("payment")
    paid_at = transitions.moment_or_none("paid_at") if transitions else None
    intent = source.inside("payment_intent") if source else None
    error = intent.inside("last_payment_error") if intent else None
    state = intent.text_or("status") if intent else ""
    tried = error.inside("payment_method") if error else None
    status = _status(reader.text_or("status"), state, failed=error is not None)
    if status is None or source is None:
        return None
    method = (tried.id() if tried else "") if status == "failed" else (intent and intent.id_or_none("payment_method"))
    code = (error.text_or("decline_code") or error.text_or("code")) if error and status == "failed" else ""
    charge = error.id_or_none("charge") if error else None
    return Attempt(
        status=status,
        invoice=reader.id_or_none("invoice") or "",
        intent=next((id for kind in _SOURCES if (id := source.id_or_none(kind))), reader.id()),
        amount=reader.amount("amount_paid" if status == "paid" else "amount_requested"),
        method=method or "",
        code=code,
        key=_key(status, intent, failure_key(charge or "", method or "", code)),
        paid_at=paid_at,
    )


def _key(status: Status, intent: Reader | None, failure: str) -> str:
    if status == "processing" and intent:
        return intent.id_or_none("latest_charge") or ""
    return failure if status == "failed" else ""


def _status(payment: str, intent: str, *, failed: bool) -> Status | None:
    if payment == "paid":
        return "paid"
    if payment != "open":
        return None
    if intent == "processing":
        return "processing"
    return "failed" if intent == "requires_payment_method" and failed else None
