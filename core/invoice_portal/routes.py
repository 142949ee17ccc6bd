"""The route table, as data.

Adapters mount each route natively, so that the host's own ``url_for`` spells its address.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from invoice_portal.api import coming, document, invoices, me, merchant, payments
from invoice_portal.api import details as own_details
from invoice_portal.api import paying as own_paying
from invoice_portal.api import subscriptions as own_subscriptions
from invoice_portal.pages import assets, details, embed, enter, handover, sharing, webhook
from invoice_portal.pages.home.page import home
from invoice_portal.pages.invoices.page import invoice
from invoice_portal.pages.paying import routes as paying
from invoice_portal.pages.subscriptions import routes as subscriptions
from invoice_portal.pages.upcoming.page import upcoming
from invoice_portal.pages.usage.page import usage, usage_csv
from invoice_portal.routing import Method, Route
from invoice_portal.stripe_api.events import MAX_EVENT_BYTES


def _merchant(
    name: str,
    path: str,
    method: Method,
    summary: str,
    handler: merchant.Handler,
    answer: Mapping[str, Any],
    body: Mapping[str, Any] | None = None,
) -> Route:
    """A route of the merchant API: no cookie, no form and no login of the host's counts there."""
    takes = {option: _TYPES[schema["type"]] for option, schema in body["properties"].items()} if body else {}
    return Route(
        name,
        "/api" + path,
        merchant.merchant(handler, takes=takes),
        (method,),
        anonymous=True,
        api=True,
        operation=document.operation(summary, "/api" + path, answer, body),
    )


_TYPES: Final[Mapping[str, type]] = {"integer": int, "boolean": bool, "array": list}
_CUSTOMER: Final = "/customers/{customer}"
_PORTAL_LINK: Final = "/customers/{customer}/portal_link"
_SESSION: Final = "/portal_sessions/{session}"
_INVOICE_LINK: Final = "/invoices/{invoice}/link"

MERCHANT_ROUTES: Final = (
    _merchant(
        "api_create_portal_session",
        _CUSTOMER + "/portal_sessions",
        "POST",
        "Make a portal session; it ends the customer's others unless told not to",
        merchant.create_session,
        document.SESSION,
        document.SESSION_OPTIONS,
    ),
    _merchant(
        "api_show_portal_session",
        _SESSION,
        "GET",
        "Show a portal session",
        merchant.show_session,
        document.SESSION_INFO,
    ),
    _merchant(
        "api_revoke_portal_session",
        _SESSION + "/revoke",
        "POST",
        "End a portal session at once",
        merchant.revoke_session,
        document.SESSION_INFO,
    ),
    _merchant(
        "api_show_customer",
        _CUSTOMER,
        "GET",
        "Show a customer's links and sessions",
        merchant.show_customer,
        document.CUSTOMER,
    ),
    _merchant(
        "api_offer_counts",
        "/offers",
        "GET",
        "How often each offer was shown, taken and sent away",
        merchant.offer_counts,
        document.OFFERS,
    ),
    _merchant(
        "api_make_portal_link",
        _PORTAL_LINK,
        "POST",
        "Make the permanent link to a customer's portal, or give the one that is there",
        merchant.make_portal_link,
        document.PORTAL_LINK,
        document.LINK_OPTIONS,
    ),
    _merchant(
        "api_show_portal_link",
        _PORTAL_LINK,
        "GET",
        "Show the permanent link to a customer's portal",
        merchant.show("portal"),
        document.LINK,
    ),
    _merchant(
        "api_refresh_portal_link",
        _PORTAL_LINK + "/refresh",
        "POST",
        "Put a new permanent link in place of the old one, which ends",
        merchant.refresh("portal"),
        document.LINK,
        document.LINK_OPTIONS,
    ),
    _merchant(
        "api_revoke_portal_link",
        _PORTAL_LINK + "/revoke",
        "POST",
        "End the permanent link at once",
        merchant.revoke("portal"),
        document.LINK,
    ),
    _merchant(
        "api_make_invoice_link",
        _INVOICE_LINK,
        "POST",
        "Make the link to an invoice, or give the one that is there",
        merchant.make_invoice_link,
        document.LINK,
        document.LINK_OPTIONS,
    ),
    _merchant(
        "api_show_invoice_link",
        _INVOICE_LINK,
        "GET",
        "Show the link to an invoice",
        merchant.show("invoice"),
        document.LINK,
    ),
    _merchant(
        "api_refresh_invoice_link",
        _INVOICE_LINK + "/refresh",
        "POST",
        "Put a new link to an invoice in place of the old one, which ends",
        merchant.refresh("invoice"),
        document.LINK,
        document.LINK_OPTIONS,
    ),
    _merchant(
        "api_revoke_invoice_link",
        _INVOICE_LINK + "/revoke",
        "POST",
        "End the link to an invoice at once",
        merchant.revoke("invoice"),
        document.LINK,
    ),
)

OWN_ROUTES: Final = (
    *me.ROUTES,
    *invoices.ROUTES,
    *payments.ROUTES,
    *own_paying.ROUTES,
    *coming.ROUTES,
    *own_subscriptions.ROUTES,
    *own_details.ROUTES,
)
"""A customer's own JSON API, ``/api/me/…``: each module of :mod:`invoice_portal.api` lists its own."""

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
    Route("api_openapi", "/api/openapi.json", document.openapi, anonymous=True, api=True),
    Route("embed", "/embed", embed.embed, anonymous=True),
    Route("embed_script", "/embed.js", embed.embed_script, anonymous=True),
    Route("embed_module", "/embed.mjs", embed.embed_module, anonymous=True),
    Route("theme", "/theme.css", assets.theme, anonymous=True),
    Route("static", "/static/{name}", assets.asset, anonymous=True),
)
