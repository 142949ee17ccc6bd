"""A page that says one thing: an error, or that there is nothing to show."""

from __future__ import annotations

from collections.abc import Mapping

from invoice_portal.http import Page
from invoice_portal.visits import Visit


def message_page(
    visit: Visit,
    *,
    title: str,
    heading: str,
    text: str,
    portal_url: str = "",
    debug: str = "",
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Page:
    """The page, with a way back to the host and, where ``portal_url`` is given, to the portal."""
    return Page(
        template="invoice_portal/message.html",
        title=title,
        context={
            "heading": heading,
            "text": text,
            "back_url": visit.settings.home_url,
            "portal_url": portal_url,
            "debug": debug,
        },
        status=status,
        headers=headers or {},
    )
