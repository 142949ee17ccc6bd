"""Revisions: a finalised invoice is replaced by a corrected copy: https://docs.stripe.com/invoicing/invoice-edits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stripe_sandbox.billing import drafting
from stripe_sandbox.billing.closing import void
from stripe_sandbox.errors import StripeError, invalid
from stripe_sandbox.http import Json

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox

_COPIED = (
    "account_tax_ids", "billing_reason", "collection_method", "custom_fields", "default_payment_method", "description",
    "due_date", "footer", "parent", "payment_settings", "period_end", "period_start", "rendering", "shipping_details",
    "statement_descriptor", "_default_tax_rates", "_subscription",
)  # fmt: skip


def revise(sandbox: Sandbox, original: Json) -> Json:
    """A draft with all that an invoice has, to be corrected. The original stays until the draft is finalised."""
    _require_revisable(original)
    customer = sandbox.store["customer", original["customer"]]
    if customer.get("deleted"):
        message = f"No such customer: '{customer['id']}'"
        raise invalid(message, "from_invoice[invoice]", "resource_missing")
    draft = drafting.new_invoice(
        sandbox,
        customer,
        original["currency"],
        discounts=list(original["discounts"]),
        from_invoice={"action": "revision", "invoice": original["id"]},
        metadata=dict(original["metadata"]),
        **{name: original[name] for name in _COPIED},
    )
    for line in drafting.lines_of(sandbox, original):
        copy = {**line, "id": sandbox.ids.new("il"), "invoice": draft["id"]}
        draft["_lines"].append(sandbox.store.add(copy)["id"])
    drafting.refresh(sandbox, draft)
    return draft


def replace_original(sandbox: Sandbox, revision: Json) -> None:
    """A revision is being finalised: what it revises becomes void, and every earlier one points to it."""
    if revision["from_invoice"] is None:
        return
    original = sandbox.store["invoice", revision["from_invoice"]["invoice"]]
    _require_revisable(original)
    sandbox.note(original)
    void(sandbox, original)
    subscription = original["_subscription"] and sandbox.store["subscription", original["_subscription"]]
    if subscription and subscription["latest_invoice"] == original["id"]:
        subscription["latest_invoice"] = revision["id"]
    earlier: Json | None = original
    while earlier is not None:
        earlier["latest_revision"] = revision["id"]
        source = earlier["from_invoice"]
        earlier = None if source is None else sandbox.store["invoice", source["invoice"]]


def _require_revisable(original: Json) -> None:
    if original["status"] not in ("open", "uncollectible"):
        raise invalid(
            f"Only finalized invoices that are unpaid can be revised: {original['id']} is {original['status']}.",
            "from_invoice[invoice]",
        )
    if original["amount_paid"]:
        raise StripeError(f"The invoice {original['id']} is paid in part and cannot be revised.")
