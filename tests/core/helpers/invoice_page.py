"""The page of one invoice, played by hand."""

from __future__ import annotations

from typing import Any

from invoice_portal import CustomerId
from invoice_portal.http import Page
from invoice_portal.pages.invoices.page import invoice as invoice_page
from invoice_portal.pages.invoices.view import InvoiceView

from .objects import (
    Json,
    customer,
    listing,
)
from .programs import Stripe, play
from .visiting import make_visit

CUS = CustomerId("cus_ada")
ONE, LINES = "/v1/invoices/in_1", "/v1/invoices/in_1/lines"
CUSTOMERS, PAYMENTS, NOTES = "/v1/customers", "/v1/invoice_payments", "/v1/credit_notes"


def stripe_with(shown: Json, **others: Any) -> Stripe:
    answers: dict[str, Any] = {
        ONE: shown,
        CUSTOMERS: listing([customer()]),
        PAYMENTS: listing([]),
        NOTES: listing([]),
    }
    return Stripe({**answers, **others})


def page_of(stripe: Stripe, **visit: Any) -> Page:
    visit.setdefault("args", {"invoice": "in_1"})
    response = play(invoice_page(make_visit(name="invoice", **visit)), stripe)
    assert isinstance(response, Page)
    return response


def view_of(stripe: Stripe, **visit: Any) -> InvoiceView:
    view = page_of(stripe, **visit).context["invoice"]
    assert isinstance(view, InvoiceView)
    return view
