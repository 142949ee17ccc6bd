"""Bank debits over time: what follows when the customer's bank has answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stripe_sandbox.billing import collecting, disputing, payments
from stripe_sandbox.billing.methods import account_of
from stripe_sandbox.errors import StripeError
from stripe_sandbox.http import Json

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox

DEPOSITS = [32, 45]
"""The small deposits that verify a test account, in cents."""
DESCRIPTOR = "SM11AA"


def settle_job(sandbox: Sandbox, id: str) -> None:
    """A debit's time has come, unless it was cancelled."""
    intent = sandbox.store["payment_intent", id]
    if intent["status"] != "processing" or intent["_settles"] != sandbox.clock.now:
        return
    method = sandbox.store["payment_method", intent["payment_method"]]
    payments.settle(sandbox, intent)
    if intent["status"] != "succeeded":
        collecting.debit_failed(sandbox, intent)
    elif account_of(method).ending == "disputed":
        disputing.open_dispute(sandbox, sandbox.store["charge", intent["latest_charge"]], "debit_not_authorized")


def require_deposits(intent: Json, params: Json) -> None:
    """Raises StripeError unless an intent waits for the small deposits and these are they."""
    action = intent["next_action"] or {}
    if "verify_with_microdeposits" not in action:
        raise StripeError(
            "This intent does not await the verification of a bank account by microdeposits.",
            code="payment_intent_unexpected_state",
        )
    if ("amounts" in params) == ("descriptor_code" in params):
        raise StripeError("You must provide one of `amounts` or `descriptor_code`.", param="amounts")
    if sorted(params.get("amounts", DEPOSITS)) != DEPOSITS:
        raise StripeError(
            "The amounts provided do not match the amounts that were sent to the bank account.",
            code="payment_method_microdeposit_verification_amounts_mismatch",
            param="amounts",
        )
    if params.get("descriptor_code", DESCRIPTOR) != DESCRIPTOR:
        raise StripeError(
            "The descriptor code provided does not match the one that was sent to the bank account.",
            code="payment_method_microdeposit_verification_descriptor_code_mismatch",
            param="descriptor_code",
        )
