"""Finalising: a draft gets its number and its links and becomes a claim."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stripe_sandbox.billing import balance
from stripe_sandbox.billing.collecting import mark_paid, open_payment, schedule_attempt
from stripe_sandbox.billing.drafting import HOUR, after_balance, lines_of, refresh
from stripe_sandbox.billing.revising import replace_original
from stripe_sandbox.errors import StripeError
from stripe_sandbox.http import Json

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox


def finalize(sandbox: Sandbox, invoice: Json) -> None:
    """Make a draft open, or paid where nothing is due. Raises StripeError where it cannot be."""
    if invoice["status"] != "draft":
        raise StripeError(
            "This invoice is already finalized, you can't re-finalize a non-draft invoice.",
            code="invoice_not_editable",
        )
    replace_original(sandbox, invoice)
    refresh(sandbox, invoice)
    if invoice["collection_method"] == "send_invoice" and not lines_of(sandbox, invoice):
        raise StripeError("You can't finalize an invoice with no line items.", code="invoice_no_customer_line_items")
    sandbox.note(invoice)
    customer = sandbox.store["customer", invoice["customer"]]
    now = sandbox.clock.now
    token = sandbox.ids.text("hosted", 40)
    url = f"{sandbox.base_url}/hosted/invoice/{token}"
    invoice.update(
        status="open",
        number=invoice["number"] or next_number(customer),
        hosted_invoice_url=url,
        invoice_pdf=f"{url}/pdf",
        automatically_finalizes_at=None,
        effective_at=invoice["effective_at"] or now,
        _token=token,
    )
    invoice["status_transitions"]["finalized_at"] = now
    _apply_balance(sandbox, invoice, customer)
    if invoice["amount_due"] == 0:
        mark_paid(sandbox, invoice)
        return
    open_payment(sandbox, invoice)
    if invoice["due_date"] is not None:
        sandbox.agenda.add(max(invoice["due_date"], now), "invoice.overdue", invoice["id"])
    if invoice["auto_advance"] and invoice["collection_method"] == "charge_automatically":
        schedule_attempt(sandbox, invoice, now + HOUR)


def next_number(customer: Json) -> str:
    """The next number in the customer's own sequence: `PREFIX-0001`."""
    number = f"{customer['invoice_prefix']}-{customer['next_invoice_sequence']:04d}"
    customer["next_invoice_sequence"] += 1
    return number


def _apply_balance(sandbox: Sandbox, invoice: Json, customer: Json) -> None:
    start, total = invoice["starting_balance"], invoice["total"]
    due, ending = after_balance(total, start, invoice["currency"])
    invoice.update(amount_due=due, amount_remaining=due, ending_balance=ending)
    if ending == start:
        return
    type = "invoice_too_small" if total > 0 and ending > 0 else "applied_to_invoice"
    balance.adjust(sandbox, customer, ending - start, type, invoice=invoice["id"], currency=invoice["currency"])
