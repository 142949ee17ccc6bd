"""Refunds: money back to the card, in whole or in part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stripe_sandbox.errors import StripeError, invalid
from stripe_sandbox.http import Json
from stripe_sandbox.money import formatted

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox


def refundable(charge: Json) -> int:
    """What of a charge has not been given back yet."""
    captured: int = charge["amount_captured"]
    refunded: int = charge["amount_refunded"]
    return captured - refunded


def refund(sandbox: Sandbox, charge: Json, amount: int | None, reason: str | None) -> Json:
    """Give back an amount, or all that is left. Raises StripeError for more than that."""
    left, currency = refundable(charge), charge["currency"]
    if not charge["paid"]:
        raise StripeError(f"Charge {charge['id']} was not successful and cannot be refunded.")
    if left == 0:
        raise StripeError(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    amount = left if amount is None else amount
    if amount > left:
        raise invalid(
            f"Refund amount ({formatted(amount, currency)}) is greater than unrefunded amount on charge "
            f"({formatted(left, currency)})",
            "amount",
        )
    charge["amount_refunded"] += amount
    charge["refunded"] = refundable(charge) == 0
    made = sandbox.store.add(
        {
            "id": sandbox.ids.new("re"),
            "object": "refund",
            "amount": amount,
            "balance_transaction": None,
            "charge": charge["id"],
            "created": sandbox.clock.now,
            "currency": currency,
            "destination_details": {"card": {"type": "refund"}, "type": "card"},
            "metadata": {},
            "payment_intent": charge["payment_intent"],
            "reason": reason,
            "receipt_number": None,
            "source_transfer_reversal": None,
            "status": "succeeded",
            "transfer_reversal": None,
        }
    )
    return made
