"""One invoice as a row of the list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from invoice_portal.pages.handover import payable
from invoice_portal.pages.invoices.status import StatusBadge, badge
from invoice_portal.settings import Action
from invoice_portal.stripe_api.invoices import Invoice
from invoice_portal.visits import Visit

_SLOT: Final = "in_SLOT"
_WAYS: Final[tuple[tuple[str, Action], ...]] = (("invoice", "view"), ("invoice_pdf", "download"), ("pay", "pay"))


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


def make_rows(visit: Visit, invoices: Iterable[Invoice]) -> tuple[InvoiceRow, ...]:
    """What the list shows of each invoice, and which ways on the merchant lets customers take."""
    ways = Ways(*(_way(visit, route, action) for route, action in _WAYS))
    return tuple(_row(visit, invoice, ways) for invoice in invoices)


@dataclass(frozen=True, slots=True)
class Ways:
    """The addresses of the ways on, with a slot for the invoice; empty where a way is closed.

    Frameworks take their time to spell an address: three of them for each row would be a third of the page's CPU.
    """

    view: str
    download: str
    pay: str


def _way(visit: Visit, route: str, action: Action) -> str:
    return visit.url(route, invoice=_SLOT) if visit.may(action) else ""


def _row(visit: Visit, invoice: Invoice, ways: Ways) -> InvoiceRow:
    return InvoiceRow(
        number=invoice.number or visit.language.gettext("No number"),
        subject=invoice.subject,
        date=visit.language.date(invoice.issued_at),
        iso_date=visit.language.iso_date(invoice.issued_at),
        status=badge(invoice, visit.language, visit.now),
        amount=visit.language.money(invoice.total),
        remark=remark(visit, invoice),
        view_url=ways.view.replace(_SLOT, invoice.id),
        pdf_url=ways.download.replace(_SLOT, invoice.id) if invoice.pdf_url else "",
        pay_url=ways.pay.replace(_SLOT, invoice.id) if payable(invoice) else "",
    )


def remark(visit: Visit, invoice: Invoice) -> str:
    """What the total alone does not say."""
    _, money = visit.language.gettext, visit.language.money
    if invoice.status == "open" and invoice.amount_remaining != invoice.total:
        return _("%(amount)s to pay", amount=money(invoice.amount_remaining))
    if invoice.credited.amount:
        return _("%(amount)s credited", amount=money(invoice.credited))
    if invoice.replaced:
        return _("Replaced by a newer invoice")
    return ""
