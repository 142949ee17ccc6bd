"""Functions that settings name by their dotted path."""

from __future__ import annotations

from django.http import HttpRequest

from invoice_portal import Email


def by_header(request: HttpRequest) -> Email | None:
    """Who a header says that it is."""
    address = request.headers.get("X-User-Email")
    return Email(address) if address else None


async def by_header_async(request: HttpRequest) -> Email | None:
    """The same, for async views."""
    return by_header(request)


NO_FUNCTION = "a text"
