"""Disputes in outline: a customer takes the money back through the bank. https://docs.stripe.com/disputes"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stripe_sandbox.http import Json

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox

_DAY = 24 * 60 * 60
TEXTS = (
    "access_activity_log", "billing_address", "cancellation_policy_disclosure", "cancellation_rebuttal",
    "customer_email_address", "customer_name", "customer_purchase_ip", "duplicate_charge_explanation",
    "duplicate_charge_id", "product_description", "refund_policy_disclosure", "refund_refusal_explanation",
    "service_date", "shipping_address", "shipping_carrier", "shipping_date", "shipping_tracking_number",
    "uncategorized_text",
)  # fmt: skip
"""The evidence that is text rather than a file."""
_FILES = (
    "cancellation_policy", "customer_communication", "customer_signature", "duplicate_charge_documentation", "receipt",
    "refund_policy", "service_documentation", "shipping_documentation", "uncategorized_file",
)  # fmt: skip


def open_dispute(sandbox: Sandbox, charge: Json, reason: str, *, inquiry: bool = False) -> Json:
    """Enter a dispute of a charge, to be answered within nine days. An inquiry takes no money yet."""
    charge["disputed"] = True
    brand = charge["payment_method_details"].get("card", {}).get("brand")
    dispute: Json = {
        "id": sandbox.ids.new("du"),
        "object": "dispute",
        "amount": charge["amount"],
        "balance_transactions": [],
        "charge": charge["id"],
        "created": sandbox.clock.now,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys((*TEXTS, *_FILES)), "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": sandbox.clock.now + 9 * _DAY,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": inquiry,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "reason": reason,
        "status": "warning_needs_response" if inquiry else "needs_response",
    }
    if brand is not None:
        case = "inquiry" if inquiry else "chargeback"
        dispute["payment_method_details"] = {
            "card": {"brand": brand, "case_type": case, "network_reason_code": None},
            "type": "card",
        }
    return sandbox.store.add(dispute)
