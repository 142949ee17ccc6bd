"""Charges: what an attempt to pay leaves behind, whether it worked, failed, or is under way."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from stripe_sandbox.billing.cards import GENERIC, Decline
from stripe_sandbox.http import Json

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox


_SEPA_DETAILS = ("bank_code", "branch_code", "country", "fingerprint", "last4")
_ACH_DETAILS = ("account_holder_type", "account_type", "bank_name", "fingerprint", "last4", "routing_number")


def new_charge(
    sandbox: Sandbox, intent: Json, method: Json, decline: Decline | None, *, settles: int | None = None
) -> Json:
    """Enter a charge for an intent's amount. `settles` (UTC seconds) is when a pending one will be decided."""
    token = sandbox.ids.text("receipt", 40)
    failed, held = decline is not None, intent["capture_method"] == "manual"
    pending = settles is not None
    return sandbox.store.add(
        {
            "id": sandbox.ids.new("ch"),
            "object": "charge",
            "amount": intent["amount"],
            "amount_captured": 0 if failed or held else intent["amount"],
            "amount_refunded": 0,
            "application": None,
            "application_fee": None,
            "application_fee_amount": None,
            "balance_transaction": None,
            "billing_details": method["billing_details"],
            "calculated_statement_descriptor": sandbox.account["settings"]["payments"]["statement_descriptor"],
            "captured": not failed and not held,
            "created": sandbox.clock.now,
            "currency": intent["currency"],
            "customer": intent["customer"],
            "description": intent["description"],
            "disputed": False,
            "failure_balance_transaction": None,
            "failure_code": decline.code if decline else None,
            "failure_message": decline.message if decline else None,
            "fraud_details": {},
            "livemode": False,
            "metadata": dict(intent["metadata"]),
            "on_behalf_of": None,
            "outcome": _outcome(decline),
            "paid": not failed and not pending,
            "payment_intent": intent["id"],
            "payment_method": method["id"],
            "payment_method_details": {
                method["type"]: _details(method, intent, decline, settles),
                "type": method["type"],
            },
            "receipt_email": None,
            "receipt_number": None,
            "receipt_url": None if failed or pending else f"{sandbox.base_url}/hosted/receipt/{token}",
            "refunded": False,
            "review": None,
            "shipping": None,
            "source_transfer": None,
            "statement_descriptor": None,
            "statement_descriptor_suffix": None,
            "status": "failed" if failed else "pending" if pending else "succeeded",
            "transfer_data": None,
            "transfer_group": None,
            "_token": token,
        }
    )


def settle(sandbox: Sandbox, charge: Json, decline: Decline | None) -> None:
    """A pending charge has been decided."""
    if decline is None:
        url = f"{sandbox.base_url}/hosted/receipt/{charge['_token']}"
        charge.update(status="succeeded", paid=True, receipt_url=url, outcome=_outcome(None))
        return
    charge.update(
        status="failed",
        captured=False,
        amount_captured=0,
        failure_code=decline.code,
        failure_message=decline.message,
        outcome=_outcome(decline),
    )


def _details(method: Json, intent: Json, decline: Decline | None, settles: int | None) -> Json:
    """What was paid with, as it was then."""
    if method["type"] == "card":
        return _card_details(method["card"], intent["amount"], decline)
    day = datetime.fromtimestamp(settles or intent["created"], UTC).strftime("%Y-%m-%d")
    shared = {"expected_debit_date": day, "mandate": method["_mandate"]}
    bank = method[method["type"]]
    if method["type"] == "sepa_debit":
        return {**{name: bank[name] for name in _SEPA_DETAILS}, **shared}
    return {**{name: bank[name] for name in _ACH_DETAILS}, **shared, "payment_reference": None}


def _card_details(card: Json, amount: int, decline: Decline | None) -> Json:
    return {
        "amount_authorized": None if decline else amount,
        "authorization_code": None,
        "brand": card["brand"],
        "checks": card["checks"],
        "country": card["country"],
        "exp_month": card["exp_month"],
        "exp_year": card["exp_year"],
        "extended_authorization": {"status": "disabled"},
        "fingerprint": card["fingerprint"],
        "funding": card["funding"],
        "incremental_authorization": {"status": "unavailable"},
        "installments": None,
        "last4": card["last4"],
        "mandate": None,
        "multicapture": {"status": "unavailable"},
        "network": card["brand"],
        "network_token": {"used": False},
        "network_transaction_id": None,
        "overcapture": {"maximum_amount_capturable": amount, "status": "unavailable"},
        "regulated_status": card["regulated_status"],
        "three_d_secure": None,
        "wallet": None,
    }


def _outcome(decline: Decline | None) -> Json:
    if decline is None:
        return {
            "advice_code": None,
            "network_advice_code": None,
            "network_decline_code": None,
            "network_status": "approved_by_network",
            "reason": None,
            "risk_level": "normal",
            "risk_score": 20,
            "seller_message": "Payment complete.",
            "type": "authorized",
        }
    return {
        "advice_code": decline.advice,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "declined_by_network",
        "reason": decline.decline_code,
        "risk_level": "normal",
        "risk_score": 20,
        "seller_message": "The bank did not return any further details with this decline."
        if decline is GENERIC
        else f"The bank returned the decline code `{decline.decline_code or decline.code}`.",
        "type": "issuer_declined",
    }
