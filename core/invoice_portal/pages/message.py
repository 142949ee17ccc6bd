"""A page that says one thing: an error, or that there is nothing to show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from invoice_portal.http import Page
from invoice_portal.visits import Visit


@dataclass(frozen=True, slots=True)
class FreshForm:
    """The form that asks for a fresh link by mail: where it goes, and the sealed name of the old link."""

    url: str
    link: str


def message_page(
    visit: Visit,
    *,
    title: str,
    heading: str,
    text: str,
    portal_url: str = "",
    fresh: FreshForm | None = None,
    debug: str = "",
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Page:
    """The page, with a way back to the host, to the portal where ``portal_url`` is given, or to a fresh link."""
    return Page(
        template="invoice_portal/message.html",
        title=title,
        context={
            "heading": heading,
            "text": text,
            "back_url": visit.settings.home_url,
            "portal_url": portal_url,
            "fresh": fresh,
            "debug": debug,
        },
        status=status,
        headers=headers or {},
    )
