"""Payment intents of the portal's own (docs.stripe.com/api/payment_intents), and what ties them to an invoice.

An invoice has a payment intent of Stripe's making, which cannot be changed or canceled. One of our own is made where
that one does not do: for a part of the amount, for types that it does not take, to keep the method.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from invoice_portal.effects import StripeCall
from invoice_portal.money import Money
from invoice_portal.stripe_api.ids import checked
from invoice_portal.stripe_api.payments import Intent, parse_intent
from invoice_portal.stripe_api.reading import Reader, one

TYPES_NOT_TAKEN = "payment_method_types_no_longer_supported"
"""The code by which versions since endive refuse the older name of a parameter."""


@dataclass(frozen=True, slots=True)
class Secret:
    """What lets a browser finish one payment or one set-up, and nothing else. It is never kept or logged."""

    intent: str
    client_secret: str = field(repr=False)


def confirmation_secret(invoice: str) -> StripeCall[Secret | None]:
    """The secret of the intent that Stripe made for an invoice; None where the invoice has none (any more)."""
    path = f"/v1/invoices/{checked('in', invoice)}"
    return StripeCall("get", path, _confirmation, {"expand": ["confirmation_secret"]})


def intent_secret(intent: str) -> StripeCall[Secret]:
    """The secret of an intent, by an id that Stripe named."""
    return StripeCall("get", f"/v1/payment_intents/{checked('pi', intent)}", one(_secret, "payment_intent"))


def create_intent(
    customer: str,
    invoice: str,
    amount: Money,
    *,
    types: Sequence[str],
    saves: bool,
    wish: str,
    key: str,
    types_name: str = "payment_method_types",
) -> StripeCall[Intent]:
    """An intent for ``amount`` that takes methods of ``types``, or what the account takes where there are none.

    ``wish`` is noted with it, to be recognised by. Versions since endive call the parameter
    ``allowed_payment_method_types``: ``types_name`` is the name to use.
    """
    params: dict[str, Any] = {
        "amount": amount.amount,
        "currency": amount.currency,
        "customer": checked("cus", customer),
        "metadata": {"invoice": checked("in", invoice), "wish": wish},
    }
    if types:
        params[types_name] = list(types)
    if saves:
        params["setup_future_usage"] = "off_session"
    return StripeCall("post", "/v1/payment_intents", one(parse_intent, "payment_intent"), params, key)


def attach_intent(invoice: str, intent: str, key: str) -> StripeCall[None]:
    """Let an intent pay (a part of) an invoice (docs.stripe.com/api/invoices/attach_payment)."""
    path = f"/v1/invoices/{checked('in', invoice)}/attach_payment"
    return StripeCall("post", path, lambda data: None, {"payment_intent": checked("pi", intent)}, key)


def confirm_intent(intent: str, method: str, key: str) -> StripeCall[None]:
    """Take the money with a saved method; the customer is there to answer their bank."""
    params: dict[str, object] = {"payment_method": checked("pm", method), "use_stripe_sdk": True}
    path = f"/v1/payment_intents/{checked('pi', intent)}/confirm"
    return StripeCall("post", path, lambda data: None, params, key)


def cancel_intent(intent: str) -> StripeCall[None]:
    """Give an intent up, so that no page that is still open can be paid on."""
    path = f"/v1/payment_intents/{checked('pi', intent)}/cancel"
    return StripeCall("post", path, lambda data: None, {"cancellation_reason": "abandoned"})


def pay_invoice(invoice: str, method: str, key: str) -> StripeCall[None]:
    """Pay what remains with a saved method, while the customer is there (docs.stripe.com/api/invoices/pay)."""
    params: dict[str, object] = {"payment_method": checked("pm", method), "off_session": False}
    return StripeCall("post", f"/v1/invoices/{checked('in', invoice)}/pay", lambda data: None, params, key)


def shape_invoice(invoice: str, types: Sequence[str]) -> StripeCall[None]:
    """Ask Stripe to take only ``types`` on its own page of an invoice that is open already: it may refuse."""
    params: dict[str, object] = {"payment_settings": {"payment_method_types": list(types)}}
    return StripeCall("post", f"/v1/invoices/{checked('in', invoice)}", lambda data: None, params)


def intents_since(customer: str, since: int) -> StripeCall[tuple[Intent, ...]]:
    """A customer's newest intents, a hundred at most, made since ``since`` (UTC seconds)."""
    params: dict[str, object] = {"customer": checked("cus", customer), "limit": 100, "created": {"gte": since}}
    return StripeCall("get", "/v1/payment_intents", _intents, params)


def _confirmation(data: Any) -> Secret | None:
    secret = Reader(data, "invoice").inside("confirmation_secret")
    text = secret.text_or("client_secret") if secret else ""
    intent, found, _ = text.partition("_secret_")
    return Secret(intent, text) if found else None


def _secret(reader: Reader) -> Secret:
    return Secret(reader.id(), reader.text("client_secret"))


def _intents(data: Any) -> tuple[Intent, ...]:
    return Reader(data, "payment_intents").each("data", parse_intent)
