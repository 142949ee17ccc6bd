"""Refunds: money back to the card, in whole or in part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stripe_sandbox.billing.methods import card_of
from stripe_sandbox.errors import StripeError, invalid
from stripe_sandbox.http import Json
from stripe_sandbox.money import formatted

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox


_TAKES = 3 * 24 * 60 * 60
"""For how many seconds a refund that is pending stays so."""


def refundable(charge: Json) -> int:
    """What of a charge has not been given back yet."""
    amount: int = charge["amount"]
    refunded: int = charge["amount_refunded"]
    return amount - refunded


def refund(sandbox: Sandbox, charge: Json, amount: int | None, reason: str | None) -> Json:
    """Give back an amount, or all that is left. Raises StripeError for more than that."""
    left, currency = refundable(charge), charge["currency"]
    if not charge["paid"]:
        raise StripeError(f"Charge {charge['id']} was not successful and cannot be refunded.")
    if not charge["captured"] and left > 0:
        raise StripeError(f"Charge {charge['id']} has not been captured: cancel its PaymentIntent instead.")
    if charge["disputed"] and not _may_be_refunded(sandbox, charge):
        message = f"Charge {charge['id']} has been charged back; cannot issue a refund."
        raise StripeError(message, code="charge_disputed")
    if left == 0:
        raise StripeError(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    amount = left if amount is None else amount
    if amount > left:
        raise invalid(
            f"Refund amount ({formatted(amount, currency)}) is greater than unrefunded amount on charge "
            f"({formatted(left, currency)})",
            "amount",
        )
    return _add(sandbox, charge, amount, reason, _how(sandbox, charge))


def release(sandbox: Sandbox, charge: Json, amount: int) -> Json:
    """Let go what was authorized and is not captured: Stripe shows it as refunded at once."""
    return _add(sandbox, charge, amount, None, "succeeds")


def _add(sandbox: Sandbox, charge: Json, amount: int, reason: str | None, how: str) -> Json:
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
            "currency": charge["currency"],
            "destination_details": _destination(charge),
            "metadata": {},
            "payment_intent": charge["payment_intent"],
            "reason": reason,
            "receipt_number": None,
            "source_transfer_reversal": None,
            "status": "succeeded" if how == "succeeds" else "pending",
            "transfer_reversal": None,
            **({} if how == "succeeds" else {"pending_reason": "processing"}),
            "_fails": how == "fails",
        }
    )
    if how != "succeeds":
        sandbox.agenda.add(sandbox.clock.now + _TAKES, "refund.settle", made["id"])
    return made


def settle_job(sandbox: Sandbox, id: str) -> None:
    """The customer's bank has taken the money, or sent it back: then the charge is as it was before."""
    made = sandbox.store["refund", id]
    del made["pending_reason"]
    if not made["_fails"]:
        made["status"] = "succeeded"
        return
    made.update(status="failed", failure_reason="lost_or_stolen_card")
    charge = sandbox.store["charge", made["charge"]]
    charge["amount_refunded"] -= made["amount"]
    charge["refunded"] = False


def _how(sandbox: Sandbox, charge: Json) -> str:
    """How a refund goes: at once, later, or not at all. To a bank account it takes days."""
    method = sandbox.store["payment_method", charge["payment_method"]]
    return card_of(method).refund if method["type"] == "card" else "pends"


def _destination(charge: Json) -> Json:
    type = charge["payment_method_details"]["type"]
    if type == "us_bank_account":
        return {"type": "us_bank_transfer", "us_bank_transfer": {"reference": None, "reference_status": "pending"}}
    if type == "sepa_debit":
        return {"type": "eu_bank_transfer", "eu_bank_transfer": {"reference": None, "reference_status": "pending"}}
    return {"card": {"type": "refund"}, "type": "card"}


def _may_be_refunded(sandbox: Sandbox, charge: Json) -> bool:
    disputes = sandbox.store.all("dispute", charge=charge["id"])
    return all(dispute["is_charge_refundable"] or dispute["status"] == "won" for dispute in disputes)
