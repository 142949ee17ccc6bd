"""Where the visitor is handed over to Stripe: PDFs and the hosted payment page, fetched afresh at each click."""

from __future__ import annotations

from invoice_portal.errors import NotFound
from invoice_portal.http import Redirect, Response
from invoice_portal.owned import fetch_owned
from invoice_portal.stripe_api.credit_notes import retrieve_credit_note
from invoice_portal.stripe_api.invoices import Invoice, retrieve_invoice
from invoice_portal.stripe_pages import stripe_page
from invoice_portal.visits import Visit


async def invoice_pdf(visit: Visit) -> Response:
    """Go to the invoice's PDF. Raises ``NotFound`` where Stripe has none (yet)."""
    return Redirect(to=await pdf_of_invoice(visit))


async def credit_note_pdf(visit: Visit) -> Response:
    """Go to a credit note's PDF, where the note is of this very invoice."""
    return Redirect(to=await pdf_of_credit_note(visit))


async def pdf_of_invoice(visit: Visit) -> str:
    """Where the PDF of the invoice in the address is right now. Raises ``NotFound`` where Stripe has none (yet)."""
    visit.demand("download")
    return stripe_page((await _own(visit)).pdf_url, visit.settings)


async def pdf_of_credit_note(visit: Visit) -> str:
    """Where the PDF of the credit note in the address is right now, where the note is of this very invoice."""
    visit.demand("download")
    invoice = await _own(visit)
    note = await retrieve_credit_note(visit.request.args["credit_note"])
    if note.invoice != invoice.id or note.owner != invoice.owner:
        raise NotFound("the credit note is not of this invoice")
    return stripe_page(note.pdf_url, visit.settings)


def payable(invoice: Invoice) -> bool:
    """Whether there is something to pay and a page to pay it on."""
    due = invoice.status == "open" and invoice.amount_remaining.amount > 0
    return due and bool(invoice.hosted_url) and not invoice.under_way


async def _own(visit: Visit) -> Invoice:
    return await fetch_owned(visit, retrieve_invoice(visit.request.args["invoice"]), lambda invoice: invoice)
