"""The route table, as data.

Adapters mount each route natively, so that the host's own ``url_for`` spells its address.
"""

from __future__ import annotations

from typing import Final

from invoice_portal import assets
from invoice_portal.api import details as own_details
from invoice_portal.api import document, invoices, me, merchant, payments
from invoice_portal.api import paying as own_paying
from invoice_portal.api import subscriptions as own_subscriptions
from invoice_portal.api import upcoming as own_upcoming
from invoice_portal.api import usage as own_usage
from invoice_portal.http import Data, Response
from invoice_portal.pages import details, embed, enter, handover, sharing, webhook
from invoice_portal.pages.home.page import home
from invoice_portal.pages.invoices.page import invoice
from invoice_portal.pages.paying import routes as paying
from invoice_portal.pages.subscriptions import routes as subscriptions
from invoice_portal.pages.upcoming.page import upcoming
from invoice_portal.pages.usage.page import usage, usage_csv
from invoice_portal.routing import Route
from invoice_portal.stripe_api.events import MAX_EVENT_BYTES
from invoice_portal.visits import Visit

MERCHANT_ROUTES: Final = merchant.ROUTES

OWN_ROUTES: Final = (
    *me.ROUTES,
    *invoices.ROUTES,
    *payments.ROUTES,
    *own_paying.ROUTES,
    *own_upcoming.ROUTES,
    *own_usage.ROUTES,
    *own_subscriptions.ROUTES,
    *own_details.ROUTES,
)
"""A customer's own JSON API, ``/api/me/…``: each module of :mod:`invoice_portal.api` lists its own."""


async def _openapi(visit: Visit) -> Response:
    """Both JSON APIs as this table has them."""
    return Data(value=document.document(ROUTES, visit.url("home").rstrip("/")))


ROUTES: Final = (
    Route("home", "/", home),
    Route("upcoming", "/upcoming", upcoming, audit="upcoming.viewed"),
    Route("usage", "/usage", usage, audit="usage.viewed"),
    Route("usage_csv", "/usage/csv", usage_csv, audit="usage.downloaded"),
    Route("enter", "/enter", enter.enter, ("GET", "POST"), anonymous=True, arrives=True, audit="entered"),
    Route("leave", "/leave", enter.leave, ("POST",), protected=True, audit="left"),
    Route("invoice", "/invoices/{invoice}", invoice, audit="invoice.viewed", event="select_invoice"),
    Route(
        "invoice_pdf",
        "/invoices/{invoice}/pdf",
        handover.invoice_pdf,
        audit="invoice.downloaded",
        event="download_invoice",
    ),
    Route(
        "credit_note_pdf",
        "/invoices/{invoice}/credit_notes/{credit_note}/pdf",
        handover.credit_note_pdf,
        audit="credit_note.downloaded",
        event="download_invoice",
    ),
    *paying.ROUTES,
    *subscriptions.ROUTES,
    Route("details", "/details", details.details_page, audit="details.viewed"),
    Route("save_details", "/details", details.save_form, ("POST",), protected=True),
    Route("add_tax_id", "/details/tax_ids", details.add_form, ("POST",), protected=True),
    Route("remove_tax_id", "/details/tax_ids/remove", details.remove_form, ("POST",), protected=True),
    # No login and no form's token: who may speak here shows by the signature.
    Route("webhook", "/webhook", webhook.webhook, ("POST",), anonymous=True, api=True, longest_body=MAX_EVENT_BYTES),
    Route("invoice_link", "/l/{token}", sharing.invoice_link, anonymous=True, arrives=True),
    Route("portal_link", "/p/{token}", sharing.portal_link, anonymous=True, arrives=True),
    Route("portal_session", "/s/{token}", sharing.portal_session, anonymous=True, arrives=True),
    Route("fresh_link", "/fresh", sharing.fresh_link, ("POST",), anonymous=True),
    *MERCHANT_ROUTES,
    *OWN_ROUTES,
    Route("api_openapi", "/api/openapi.json", _openapi, anonymous=True, api=True),
    Route("embed", "/embed", embed.embed, anonymous=True),
    Route("embed_script", "/embed.js", embed.embed_script, anonymous=True),
    Route("embed_module", "/embed.mjs", embed.embed_module, anonymous=True),
    Route("theme", "/theme.css", assets.theme, anonymous=True),
    Route("static", "/static/{name}", assets.asset, anonymous=True),
)
