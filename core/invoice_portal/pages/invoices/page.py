"""One invoice, whole."""

from __future__ import annotations

from typing import Final, TypeVar

from invoice_portal.effects import StripeCall, answered, together
from invoice_portal.http import Page, Response
from invoice_portal.owned import fetch_owned
from invoice_portal.pages.invoices.history import history
from invoice_portal.pages.invoices.view import Extras, view_invoice
from invoice_portal.stripe_api.credit_notes import credit_notes_of
from invoice_portal.stripe_api.invoices import (
    InvoiceNames,
    Line,
    WholeInvoice,
    invoice_lines,
    invoice_names,
    retrieve_whole_invoice,
)
from invoice_portal.stripe_api.payments import payments_of
from invoice_portal.stripe_api.tax_rates import TaxRate, is_tax_rate_id, tax_rate
from invoice_portal.visits import Visit

T = TypeVar("T")

_MOST_LINE_CALLS: Final = 50


async def invoice(visit: Visit) -> Response:
    """Everything that a faithful invoice shows."""
    whole, extras = await whole_invoice(visit)
    _ = visit.language.gettext
    view = view_invoice(visit, whole, extras)
    return Page(
        template="invoice_portal/invoice.html",
        title=view.title,
        context={
            "invoice": view,
            "history": history(visit, whole, extras.payments, extras.credit_notes),
            "note": _note(visit, whole),
            "merchant": whole.invoice.account_name,
            "customer_name": whole.invoice.customer_name,
        },
    )


async def whole_invoice(visit: Visit) -> tuple[WholeInvoice, Extras]:
    """The invoice in the address, and what belongs to it.

    Its lines must be there; payments, credit notes and names may fail alone.
    """
    visit.demand("view")
    whole = await fetch_owned(visit, retrieve_whole_invoice(visit.request.args["invoice"]), lambda whole: whole.invoice)
    id = whole.invoice.id
    payments, notes, *named = await together(payments_of(id), credit_notes_of(id), *_naming_calls(whole))
    extras = Extras(
        lines=await _all_lines(whole),
        names=next((name for name in answered(named) if isinstance(name, InvoiceNames)), InvoiceNames({}, ())),
        tax_rates={rate.id: rate for rate in answered(named) if isinstance(rate, TaxRate)},
        credit_notes=notes,
        payments=payments,
    )
    return whole, extras


def _note(visit: Visit, whole: WholeInvoice) -> str:
    """What a payment has led to, or a click on Pay where there was nothing (left) to pay; only what is so now."""
    _, invoice = visit.language.gettext, whole.invoice
    paid = invoice.status == "paid" or invoice.amount_remaining.amount < invoice.amount_due.amount
    nothing_due = invoice.status != "open" or invoice.amount_remaining.amount <= 0
    match visit.request.query.get("note", ""):
        case "paid" if paid:
            return _("Paid. Thank you.") if nothing_due else _("This part is paid. Thank you.")
        case "settled" if nothing_due and invoice.status != "uncollectible":
            return _("There is nothing left to pay on this invoice.")
        case _:
            return ""


async def _all_lines(whole: WholeInvoice) -> tuple[Line, ...]:
    """The lines that came with the invoice, and the rest of them."""
    listing, lines = whole.lines, whole.lines.items
    for _ in range(_MOST_LINE_CALLS):
        if not listing.has_more:
            break
        last = lines[-1].id if lines else None
        listing = await invoice_lines(whole.invoice.id, whole.invoice.total.currency, after=last)
        lines += listing.items
        if not listing.items:
            break
    return lines


def _naming_calls(whole: WholeInvoice) -> list[StripeCall[InvoiceNames | TaxRate]]:
    """The calls for the names behind ids: without them (a key that may not read coupons) the amounts still stand."""
    rates = sorted({tax.rate for tax in whole.taxes if tax.rate and is_tax_rate_id(tax.rate)})
    calls: list[StripeCall[InvoiceNames | TaxRate]] = [tax_rate(rate) for rate in rates]
    return [invoice_names(whole.invoice.id), *calls] if whole.names_needed else calls
