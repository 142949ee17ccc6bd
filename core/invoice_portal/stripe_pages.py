"""The pages of Stripe's own that visitors are sent to: invoices, PDFs, receipts and its customer portal."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from invoice_portal.errors import NotFound, StripeUnavailable
from invoice_portal.settings import PortalSettings
from invoice_portal.settings_checks import STRIPE_API_BASE

STRIPE_PAGES: Final = (
    "https://invoice.stripe.com",
    "https://pay.stripe.com",
    "https://files.stripe.com",
    "https://billing.stripe.com",
)


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
