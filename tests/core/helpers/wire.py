"""Whole requests, and what goes on the wire."""

from __future__ import annotations

from typing import Any

from invoice_portal import Email, Portal
from invoice_portal.environment import Templates
from invoice_portal.http import Reply, Request
from invoice_portal.signing import hash_identifier

from .objects import customer, invoice, listing
from .programs import Stripe, play
from .visiting import (
    SECRET,
    route,
)

HASH = hash_identifier(SECRET, "ada@example.com")
EVE = Email("eve@example.com")


def stripe() -> Stripe:
    return Stripe(
        {
            "/v1/invoices": listing([invoice()]),
            "/v1/invoices/in_1": invoice(),
            "/v1/customers": listing([customer()]),
        }
    )


def answer(portal: Portal, name: str, request: Request, answers: Stripe | None = None) -> Reply:
    """What goes on the wire."""
    visit = portal.begin(request)
    response = play(portal.respond(route(name), visit), answers or stripe())
    return portal.finish(response, visit, Templates().render)


def cookie_of(reply: Reply, name: str) -> Any:
    return next((cookie for cookie in reply.cookies if cookie.name == name), None)
