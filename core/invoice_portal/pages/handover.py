"""Where the visitor is handed over to Stripe: PDFs and the hosted payment page, fetched afresh at each click."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from invoice_portal.errors import NotFound, StripeUnavailable
from invoice_portal.http import Redirect, Response
from invoice_portal.pages.owned import fetch_owned
from invoice_portal.settings import PortalSettings
from invoice_portal.settings_checks import STRIPE_API_BASE
from invoice_portal.stripe_api.credit_notes import retrieve_credit_note
from invoice_portal.stripe_api.invoices import Invoice, retrieve_invoice
from invoice_portal.visits import Visit

STRIPE_PAGES: Final = (
    "https://invoice.stripe.com",
    "https://pay.stripe.com",
    "https://files.stripe.com",
    "https://billing.stripe.com",
)


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


def stripe_page(url: str, settings: PortalSettings) -> str:
    """``url`` itself where it leads to a page of Stripe's, or of the stand-in that ``stripe_api_base`` names.

    Raises ``NotFound`` where there is none, ``StripeUnavailable`` where it leads anywhere else.
    """
    if not url:
        raise NotFound("Stripe has no such page for this invoice")
    if _origin(url) not in page_origins(settings) or any(ord(character) < 33 for character in url):
        raise StripeUnavailable("Stripe named a page that is not on a place of Stripe's")
    return url


def page_origins(settings: PortalSettings) -> tuple[str, ...]:
    """The origins that the portal sends visitors to, beside itself."""
    own = () if settings.stripe_api_base.rstrip("/") == STRIPE_API_BASE else (settings.stripe_origin,)
    return STRIPE_PAGES + own


def _origin(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}"


async def _own(visit: Visit) -> Invoice:
    return await fetch_owned(visit, retrieve_invoice(visit.request.args["invoice"]), lambda invoice: invoice)
