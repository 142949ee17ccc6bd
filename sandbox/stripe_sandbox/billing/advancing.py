"""What becomes of an invoice by itself: finalised after its hour, then charged, then charged again."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from stripe_sandbox.billing import collecting, subscribing
from stripe_sandbox.billing.finalizing import finalize
from stripe_sandbox.errors import StripeError

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox


def finalize_job(sandbox: Sandbox, id: str) -> None:
    """A draft's hour is over: finalise it, and charge it at once where that is its way."""
    invoice = sandbox.store.get("invoice", id)
    if invoice is None or invoice["automatically_finalizes_at"] != sandbox.clock.now:
        return
    subscribing.count_late_usage(sandbox, invoice)
    try:
        finalize(sandbox, invoice)
    except StripeError as error:
        noted = error.body("")["error"]
        del noted["request_log_url"]
        invoice.update(last_finalization_error=noted, automatically_finalizes_at=None)
        return
    if invoice["collection_method"] == "send_invoice":
        sandbox.tell("invoice.sent", invoice)
    attempt(sandbox, id)


def collect_job(sandbox: Sandbox, id: str) -> None:
    """The time for an attempt has come, unless it was moved or is no longer needed."""
    invoice = sandbox.store.get("invoice", id)
    if invoice is not None and invoice["next_payment_attempt"] == sandbox.clock.now:
        attempt(sandbox, id)


def overdue_job(sandbox: Sandbox, id: str) -> None:
    """The due date has passed."""
    invoice = sandbox.store["invoice", id]
    if invoice["status"] == "open":
        sandbox.tell("invoice.overdue", invoice)


def attempt(sandbox: Sandbox, id: str) -> None:
    """Charge an open invoice that is charged automatically; a failure is on the invoice, not raised."""
    invoice = sandbox.store["invoice", id]
    if invoice["status"] != "open" or invoice["collection_method"] != "charge_automatically":
        return
    if collecting.is_under_way(sandbox, invoice):
        return
    with suppress(StripeError):  # declined, or no method of a type that the invoice takes
        collecting.pay(sandbox, invoice, None, off_session=True, automatic=True)
