"""The customer's credit balance: https://docs.stripe.com/billing/customer/balance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stripe_sandbox.http import Json

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox


def adjust(sandbox: Sandbox, customer: Json, amount: int, type: str, **details: Any) -> Json | None:
    """Change a balance by `amount` minor units (negative: in the customer's favour) and note it down.

    Nothing happens, and None is the answer, for an amount of nothing and for a customer who was deleted.
    """
    if amount == 0 or customer.get("deleted"):
        return None
    customer["balance"] += amount
    return sandbox.store.add(
        {
            "id": sandbox.ids.new("cbtxn"),
            "object": "customer_balance_transaction",
            "amount": amount,
            "checkout_session": None,
            "created": sandbox.clock.now,
            "credit_note": None,
            "currency": details.pop("currency", None) or customer["currency"] or sandbox.account["default_currency"],
            "customer": customer["id"],
            "customer_account": None,
            "description": None,
            "ending_balance": customer["balance"],
            "invoice": None,
            "livemode": False,
            "metadata": {},
            "type": type,
            **details,
        }
    )
