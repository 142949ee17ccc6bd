"""One invoice as a row of the list."""

from __future__ import annotations

from dataclasses import dataclass

from invoice_portal.pages.handover import payable
from invoice_portal.pages.status import StatusBadge, badge
from invoice_portal.stripe_api.invoices import Invoice
from invoice_portal.visits import Visit


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """A row, ready to print; an address that is empty is not offered."""

    number: str
    subject: str
    date: str
    iso_date: str
    status: StatusBadge
    amount: str
    remark: str
    view_url: str
    pdf_url: str
    pay_url: str


def make_row(visit: Visit, invoice: Invoice) -> InvoiceRow:
    """What the list shows of one invoice, and which ways on the merchant lets customers take."""
    return InvoiceRow(
        number=invoice.number or visit.language.gettext("No number"),
        subject=invoice.subject,
        date=visit.language.date(invoice.issued_at),
        iso_date=visit.language.iso_date(invoice.issued_at),
        status=badge(invoice, visit.language, visit.now),
        amount=visit.language.money(invoice.total),
        remark=_remark(visit, invoice),
        view_url=visit.url("invoice", invoice=invoice.id) if visit.may("view") else "",
        pdf_url=visit.url("invoice_pdf", invoice=invoice.id) if visit.may("download") and invoice.pdf_url else "",
        pay_url=visit.url("pay", invoice=invoice.id) if visit.may("pay") and payable(invoice) else "",
    )


def _remark(visit: Visit, invoice: Invoice) -> str:
    """What the total alone does not say."""
    _, money = visit.language.gettext, visit.language.money
    if invoice.status == "open" and invoice.amount_remaining != invoice.total:
        return _("%(amount)s to pay", amount=money(invoice.amount_remaining))
    if invoice.credited.amount:
        return _("%(amount)s credited", amount=money(invoice.credited))
    if invoice.replaced:
        return _("Replaced by a newer invoice")
    return ""
