"""Ends of an invoice other than payment: voided, or written off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stripe_sandbox.billing import balance
from stripe_sandbox.billing.collecting import cancel_open_payments, require_idle
from stripe_sandbox.errors import StripeError
from stripe_sandbox.http import Json

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox


def void(sandbox: Sandbox, invoice: Json) -> None:
    """Declare a finalised invoice a mistake; the balance that it used goes back."""
    if invoice["status"] not in ("open", "uncollectible"):
        raise StripeError(
            f"You can only pass in open or uncollectible invoices. This invoice isn't open or uncollectible "
            f"(its status is {invoice['status']})."
        )
    require_idle(sandbox, invoice)
    invoice.update(status="void", auto_advance=False, next_payment_attempt=None)
    invoice["status_transitions"]["voided_at"] = sandbox.clock.now
    cancel_open_payments(sandbox, invoice, "void_invoice")
    used = (invoice["ending_balance"] or 0) - invoice["starting_balance"]
    customer = sandbox.store["customer", invoice["customer"]]
    balance.adjust(
        sandbox,
        customer,
        -used,
        "unapplied_from_invoice",
        invoice=invoice["id"],
        currency=invoice["currency"],
    )
    sandbox.tell("invoice.voided", invoice)


def mark_uncollectible(sandbox: Sandbox, invoice: Json) -> None:
    """Write an open invoice off; it can still be paid or voided."""
    if invoice["status"] != "open":
        raise StripeError("You can only mark an open invoice as uncollectible.")
    invoice.update(status="uncollectible", auto_advance=False, next_payment_attempt=None)
    invoice["status_transitions"]["marked_uncollectible_at"] = sandbox.clock.now
    sandbox.tell("invoice.marked_uncollectible", invoice)
