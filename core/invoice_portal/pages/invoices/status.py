"""An invoice's status in a customer's words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from invoice_portal.i18n import Language
from invoice_portal.marking import N_
from invoice_portal.stripe_api.invoices import Invoice

Tone = Literal["paid", "due", "late", "quiet"]

STATUS_NAMES = {
    "open": N_("To pay"),
    "overdue": N_("Overdue"),
    "paid": N_("Paid"),
    "void": N_("Void"),
    "uncollectible": N_("Uncollectible"),
}
"""The choices of the filter, by the value in the address. All but ``overdue`` are Stripe's own."""


@dataclass(frozen=True, slots=True)
class StatusBadge:
    """The words and the colour; the words say it all, the colour only helps."""

    text: str
    tone: Tone


def overdue(invoice: Invoice, now: int) -> bool:
    """Open past its due date. An invoice that is charged automatically has no due date and cannot be overdue."""
    return invoice.status == "open" and invoice.due_date is not None and invoice.due_date < now


def badge(invoice: Invoice, language: Language, now: int) -> StatusBadge:
    """The status of an invoice at ``now`` (UTC seconds)."""
    _ = language.gettext
    match invoice.status:
        case "paid":
            return StatusBadge(_("Paid"), "paid")
        case "void":
            return StatusBadge(_("Void"), "quiet")
        case "uncollectible":
            return StatusBadge(_("Uncollectible"), "quiet")
        case "open":
            return _open(invoice, language, now)
        case other:
            return StatusBadge(other, "quiet")


def _open(invoice: Invoice, language: Language, now: int) -> StatusBadge:
    _ = language.gettext
    if invoice.under_way:
        return StatusBadge(_("Payment on its way"), "quiet")
    if overdue(invoice, now):
        return StatusBadge(_("Overdue"), "late")
    if invoice.amount_remaining.amount < invoice.amount_due.amount:
        return StatusBadge(_("Partly paid"), "due")
    if invoice.due_date is not None:
        return StatusBadge(_("Due %(date)s", date=language.date(invoice.due_date)), "due")
    if invoice.attempted and invoice.next_attempt is not None:  # without a next try a bank debit may be on its way
        return StatusBadge(_("Payment failed"), "late")
    return StatusBadge(_("To pay"), "due")
