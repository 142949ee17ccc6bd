"""Payments that are authorized first and captured later.

https://docs.stripe.com/payments/place-a-hold-on-a-payment-method
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stripe_sandbox.billing import payments, refunding
from stripe_sandbox.errors import StripeError, invalid
from stripe_sandbox.http import Json

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox


def capture(sandbox: Sandbox, intent: Json, amount: int | None) -> None:
    """Take what was authorized, or a part of it (minor units); the rest is let go. Raises StripeError."""
    if intent["status"] != "requires_capture":
        why = "it has already been captured" if intent["status"] == "succeeded" else _status(intent)
        raise StripeError(
            f"This PaymentIntent could not be captured because {why}. Only a PaymentIntent with one of the following "
            "statuses may be captured: requires_capture.",
            code="payment_intent_unexpected_state",
        )
    amount = intent["amount_capturable"] if amount is None else amount
    if amount > intent["amount_capturable"]:
        message = "The amount to capture is greater than the amount that can be captured."
        raise invalid(message, "amount_to_capture", "amount_too_large")
    charge = sandbox.store["charge", intent["latest_charge"]]
    charge.update(captured=True, amount_captured=amount)
    sandbox.note(charge)
    if amount < charge["amount"]:
        refunding.release(sandbox, charge, charge["amount"] - amount)
    payments.succeed(sandbox, intent, amount)


def expire_job(sandbox: Sandbox, id: str) -> None:
    """An authorization that nobody captured is over."""
    intent = sandbox.store["payment_intent", id]
    if intent["status"] == "requires_capture":
        sandbox.tell("charge.expired", sandbox.store["charge", intent["latest_charge"]])
        payments.cancel(sandbox, intent, "automatic")
        payments.give_up_on_invoices(sandbox, intent)


def _status(intent: Json) -> str:
    return f"it has a status of {intent['status']}"
