"""The route table, as data.

Adapters mount each route natively, so that the host's own ``url_for`` spells its address.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from invoice_portal.api import document, merchant
from invoice_portal.effects import Program
from invoice_portal.hooks import EventName
from invoice_portal.http import Response
from invoice_portal.pages import assets, enter, handover, home, invoice, sharing
from invoice_portal.pages.paying import fresh_method, hosted, page, saved
from invoice_portal.pages.payment_methods import changing
from invoice_portal.pages.payment_methods import page as methods_page
from invoice_portal.visits import Visit

Method: TypeAlias = Literal["GET", "POST"]


@dataclass(frozen=True, slots=True)
class Route:
    """``path`` is below the host's prefix, its ``{parts}`` are single segments.

    ``protected`` forms carry a token (the portal's, or the host's own). For ``anonymous`` routes nobody needs to know
    who is logged in. The address of one that ``arrives`` holds a signature, which must not stand in a page or be told
    to anybody; ``/enter`` needs no form token, since it is called from other sites and the signature vouches for it.
    ``api`` routes answer in JSON, errors too. ``audit`` is the name under which the audit trail records that a visitor
    was served here, ``event`` the one under which the host's ``on_event`` is told. ``operation`` describes the route
    in OpenAPI.
    """

    name: str
    path: str
    program: Callable[[Visit], Program[Response]]
    methods: tuple[Method, ...] = ("GET",)
    protected: bool = False
    anonymous: bool = False
    arrives: bool = False
    api: bool = False
    audit: str = ""
    event: EventName | None = None
    operation: Mapping[str, Any] | None = None

    @property
    def speaks(self) -> bool:
        """Whether it answers in the visitor's language: calls of the merchant API and files do not."""
        return not self.api and self.program is not assets.asset


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

_METHODS: Final = "/payment_methods"
_PAY: Final = "/invoices/{invoice}/pay"

PAYING_ROUTES: Final = (
    Route("pay", _PAY, hosted.pay, ("POST",), protected=True, audit="invoice.payment_opened"),
    Route("pay_page", _PAY, page.pay),
    Route("pay_hosted", _PAY + "/hosted", hosted.pay_hosted, ("POST",), protected=True, audit="invoice.payment_opened"),
    Route("pay_saved", _PAY + "/saved", saved.pay_saved, ("POST",), protected=True),
    Route("new_payment", _PAY + "/new", fresh_method.new_payment, ("POST",), protected=True),
    Route("check_payment", _PAY + "/check", fresh_method.check_payment, ("POST",), protected=True),
    Route("payment_result", _PAY + "/result", fresh_method.payment_result, ("POST",), protected=True),
    Route("answer_bank", _PAY + "/bank", fresh_method.answer_bank, ("POST",), protected=True),
    Route("payment_returned", _PAY + "/returned", fresh_method.payment_returned),
    Route("payment_methods", _METHODS, methods_page.payment_methods),
    Route("new_method", _METHODS + "/new", changing.new_method, ("POST",), protected=True),
    Route("method_returned", _METHODS + "/returned", changing.method_returned),
    Route("default_method", _METHODS + "/{method}/default", changing.default_method, ("POST",), protected=True),
    Route("remove_method", _METHODS + "/{method}/remove", changing.remove_method, ("POST",), protected=True),
)

ROUTES: Final = (
    Route("home", "/", home.home),
    Route("enter", "/enter", enter.enter, ("GET", "POST"), anonymous=True, arrives=True, audit="entered"),
    Route("leave", "/leave", enter.leave, ("POST",), protected=True, audit="left"),
    Route("invoice", "/invoices/{invoice}", invoice.invoice, audit="invoice.viewed", event="select_invoice"),
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
    *PAYING_ROUTES,
    Route("invoice_link", "/l/{token}", sharing.invoice_link, anonymous=True, arrives=True),
    Route("portal_link", "/p/{token}", sharing.portal_link, anonymous=True, arrives=True),
    Route("portal_session", "/s/{token}", sharing.portal_session, anonymous=True, arrives=True),
    Route("fresh_link", "/fresh", sharing.fresh_link, ("POST",), anonymous=True),
    *MERCHANT_ROUTES,
    Route("api_openapi", "/api/openapi.json", document.openapi, anonymous=True, api=True),
    Route("static", "/static/{name}", assets.asset, anonymous=True),
)
