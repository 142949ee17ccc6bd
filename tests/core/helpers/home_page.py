"""The first page, played by hand, and walks through all of its pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from invoice_portal import CustomerId
from invoice_portal.http import Page
from invoice_portal.pages.home.page import home
from invoice_portal.pages.home.view import Home

from .objects import (
    DAY,
    NOW,
    Json,
    customer,
    invoice,
    listing,
)
from .programs import Stripe, ledger, play
from .visiting import make_visit, query_of

CUS = CustomerId("cus_ada")
INVOICES, CUSTOMERS, SUBSCRIPTIONS = "/v1/invoices", "/v1/customers", "/v1/subscriptions"
PRODUCTS = "/v1/products"


def stripe_with(invoices: list[Json], **others: Any) -> Stripe:
    """A Stripe that knows Ada, these invoices of hers, and no subscription."""
    answers: dict[str, Any] = {
        INVOICES: ledger(invoices),
        CUSTOMERS: listing([customer()]),
        SUBSCRIPTIONS: listing([]),
    }
    return Stripe({**answers, **others})


def page_of(stripe: Stripe, **visit: Any) -> Page:
    response = play(home(make_visit(**visit)), stripe)
    assert isinstance(response, Page)
    return response


def view_of(stripe: Stripe, **visit: Any) -> Home:
    view = page_of(stripe, **visit).context["home"]
    assert isinstance(view, Home)
    return view


def numbers(view: Home) -> list[str]:
    return [row.number for row in view.rows]


def dated(statuses: Sequence[str]) -> list[Json]:
    """Invoices ``in_0``, ``in_1``, … with these statuses, the newest first."""
    return [
        invoice(f"in_{place}", number=f"N{place}", status=status, created=NOW - place * DAY, due_date=None)
        for place, status in enumerate(statuses)
    ]


def walk(stripe: Stripe, visitor: Any = CUS, **options: Any) -> list[list[str]]:
    """Every page from the first to the last."""
    pages, query = [], dict(options.pop("query", {}))
    while True:
        view = view_of(stripe, visitor=visitor, query=query, **options)
        pages.append(numbers(view))
        if not view.older_url:
            return pages
        query = query_of(view.older_url)
        assert len(pages) < 200


def walk_back(stripe: Stripe, start: dict[str, str], visitor: Any = CUS, **options: Any) -> list[list[str]]:
    """Every page from ``start`` up to the first."""
    pages, query = [], start
    while True:
        view = view_of(stripe, visitor=visitor, query=query, **options)
        pages.insert(0, numbers(view))
        if not view.newer_url:
            return pages
        query = query_of(view.newer_url)
        assert len(pages) < 200


def last_page(stripe: Stripe, visitor: Any = CUS, **options: Any) -> dict[str, str]:
    query: dict[str, str] = {}
    while older := view_of(stripe, visitor=visitor, query=query, **options).older_url:
        query = query_of(older)
    return query
