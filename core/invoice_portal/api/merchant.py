"""The merchant API: its routes, and their programs, which authenticate, read the body, do, and answer in JSON."""

from __future__ import annotations

import hmac
import json
import logging
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from invoice_portal.answers import error_answer
from invoice_portal.api import document
from invoice_portal.effects import Program
from invoice_portal.errors import BadRequest, ConfigurationError, NotFound
from invoice_portal.http import Data, Response
from invoice_portal.managing.offers import all_counts
from invoice_portal.routing import Method, Route
from invoice_portal.sharing import links, portal_sessions
from invoice_portal.sharing.model import Desk, Kind, Link
from invoice_portal.stripe_api.ids import checked
from invoice_portal.visits import Visit

Body: TypeAlias = Mapping[str, Any]
Handler: TypeAlias = Callable[[Desk, Mapping[str, str], Body], Program[Any]]

log = logging.getLogger("invoice_portal")


def merchant(handler: Handler, *, takes: Mapping[str, type] | None = None) -> Callable[[Visit], Program[Response]]:
    """A route's program around ``handler``, for callers with one of ``merchant_api_keys``.

    ``takes`` are the names and types that a body may have; a name that is not among them is an error, so that a
    misspelt option is not simply left out.
    """

    async def program(visit: Visit) -> Response:
        key = _key_of(visit)
        if key is None:
            return _unauthorized(visit)
        desk = visit.desk.in_name_of(f"merchant API, key {key}")
        try:
            return Data(value=await handler(desk, visit.request.args, _read(visit, takes or {})))
        except ValueError as error:
            raise BadRequest(str(error)) from error
        except ConfigurationError as error:
            log.error("%s", error)
            return error_answer(500, "ConfigurationError", str(error))

    return program


async def create_session(desk: Desk, args: Mapping[str, str], body: Body) -> Any:
    """A portal session for a customer."""
    made = await portal_sessions.create_session(desk, args["customer"], **body)
    return made.as_dict()


async def show_session(desk: Desk, args: Mapping[str, str], body: Body) -> Any:
    """A portal session as it stands."""
    found = await portal_sessions.show_session(desk, args["session"])
    if found is None:
        raise NotFound("there is no such session")
    return found.as_dict()


async def revoke_session(desk: Desk, args: Mapping[str, str], body: Body) -> Any:
    """End one portal session."""
    return (await portal_sessions.revoke_session(desk, args["session"])).as_dict()


async def offer_counts(desk: Desk, args: Mapping[str, str], body: Body) -> Any:
    """How often each offer was shown, taken and sent away."""
    return {"offers": [count.as_dict() for count in await all_counts(desk)]}


async def show_customer(desk: Desk, args: Mapping[str, str], body: Body) -> Any:
    """A customer's permanent link, the links to its invoices, and its sessions."""
    customer = checked("cus", args["customer"])
    found = await links.links_of(desk, customer)
    portal = next((link for link in found if link.kind == "portal"), None)
    return {
        **_with_portal_url(customer, portal),
        "invoice_links": [link.as_dict() for link in found if link.kind == "invoice"],
        "portal_sessions": [one.as_dict() for one in await portal_sessions.sessions_of(desk, customer)],
    }


async def make_portal_link(desk: Desk, args: Mapping[str, str], body: Body) -> Any:
    """The permanent link of a customer; ``portal_url`` is null for a new one where only sessions are given."""
    customer = args["customer"]
    return _with_portal_url(customer, await links.make_portal_link(desk, customer, **body))


async def make_invoice_link(desk: Desk, args: Mapping[str, str], body: Body) -> Any:
    """The link to an invoice."""
    return (await links.make_invoice_link(desk, args["invoice"], **body)).as_dict()


def show(kind: Kind) -> Handler:
    """Shows the link to what the address names."""

    async def handler(desk: Desk, args: Mapping[str, str], body: Body) -> Any:
        found = await links.show_link(desk, kind, _subject(kind, args))
        if found is None:
            raise NotFound("there is no such link")
        return found.as_dict()

    return handler


def refresh(kind: Kind) -> Handler:
    """Refreshes the link to what the address names."""

    async def handler(desk: Desk, args: Mapping[str, str], body: Body) -> Any:
        return (await links.refresh_link(desk, kind, _subject(kind, args), **body)).as_dict()

    return handler


def revoke(kind: Kind) -> Handler:
    """Revokes the link to what the address names."""

    async def handler(desk: Desk, args: Mapping[str, str], body: Body) -> Any:
        return (await links.revoke_link(desk, kind, _subject(kind, args))).as_dict()

    return handler


def _subject(kind: Kind, args: Mapping[str, str]) -> str:
    return checked("in", args["invoice"]) if kind == "invoice" else checked("cus", args["customer"])


def _with_portal_url(customer: str, link: Link | None) -> dict[str, Any]:
    return {
        "customer_id": customer,
        "portal_url": link.url if link else None,
        "portal_link": link.as_dict() if link else None,
    }


def _key_of(visit: Visit) -> int | None:
    """Which key the caller has, counted from 1. All are compared, each in constant time."""
    scheme, _, given = visit.request.headers.get("authorization", "").partition(" ")
    candidate = given.strip().encode() if scheme.lower() == "bearer" else b""
    fits = [hmac.compare_digest(key.encode(), candidate) for key in visit.settings.merchant_api_keys]
    return fits.index(True) + 1 if any(fits) else None


def _unauthorized(visit: Visit) -> Data:
    if not visit.settings.merchant_api_keys:
        return error_answer(404, "NotFound", "there is no merchant API here: merchant_api_keys is empty")
    message = "send one of merchant_api_keys as: Authorization: Bearer KEY"
    return error_answer(401, "Unauthorized", message, {"WWW-Authenticate": "Bearer"})


def _read(visit: Visit, takes: Mapping[str, type]) -> Body:
    """The JSON body. Raises ``BadRequest`` where it is none, or has a name or a type that is not known."""
    if not visit.request.body.strip():
        return {}
    try:
        body = json.loads(visit.request.body)
    except (ValueError, RecursionError):
        raise BadRequest("the body is not JSON, too long or too deeply nested") from None
    if not isinstance(body, dict):
        raise BadRequest("the body must be a JSON object")
    options: dict[str, Any] = body
    if unknown := sorted(body.keys() - takes.keys()):
        known = f"known are {', '.join(sorted(takes))}" if takes else "nothing is expected in this body"
        raise BadRequest(f"{unknown[0]!r} is not known; {known}")
    for name, value in options.items():
        if type(value) is not takes[name] or (takes[name] is list and not _texts(value)):
            raise BadRequest(f"{name!r} must be of the type {_TYPES[takes[name]]}")
    return options


def _texts(value: Any) -> bool:
    return all(type(item) is str for item in value)


_KINDS: Final[Mapping[str, type]] = {"integer": int, "boolean": bool, "array": list}
_TYPES: Final[Mapping[type, str]] = {int: "integer", bool: "boolean", list: "array of strings"}


def _route(
    name: str,
    path: str,
    method: Method,
    summary: str,
    handler: Handler,
    answer: Mapping[str, Any],
    body: Mapping[str, Any] | None = None,
) -> Route:
    """A route of the merchant API: no cookie, no form and no login of the host's counts there."""
    takes = {option: _KINDS[schema["type"]] for option, schema in body["properties"].items()} if body else {}
    return Route(
        name,
        "/api" + path,
        merchant(handler, takes=takes),
        (method,),
        anonymous=True,
        api=True,
        operation=document.operation(summary, "/api" + path, answer, body),
    )


_CUSTOMER: Final = "/customers/{customer}"
_PORTAL_LINK: Final = "/customers/{customer}/portal_link"
_SESSION: Final = "/portal_sessions/{session}"
_INVOICE_LINK: Final = "/invoices/{invoice}/link"

ROUTES: Final = (
    _route(
        "api_create_portal_session",
        _CUSTOMER + "/portal_sessions",
        "POST",
        "Make a portal session; it ends the customer's others unless told not to",
        create_session,
        document.SESSION,
        document.SESSION_OPTIONS,
    ),
    _route(
        "api_show_portal_session",
        _SESSION,
        "GET",
        "Show a portal session",
        show_session,
        document.SESSION_INFO,
    ),
    _route(
        "api_revoke_portal_session",
        _SESSION + "/revoke",
        "POST",
        "End a portal session at once",
        revoke_session,
        document.SESSION_INFO,
    ),
    _route(
        "api_show_customer",
        _CUSTOMER,
        "GET",
        "Show a customer's links and sessions",
        show_customer,
        document.CUSTOMER,
    ),
    _route(
        "api_offer_counts",
        "/offers",
        "GET",
        "How often each offer was shown, taken and sent away",
        offer_counts,
        document.OFFERS,
    ),
    _route(
        "api_make_portal_link",
        _PORTAL_LINK,
        "POST",
        "Make the permanent link to a customer's portal, or give the one that is there",
        make_portal_link,
        document.PORTAL_LINK,
        document.LINK_OPTIONS,
    ),
    _route(
        "api_show_portal_link",
        _PORTAL_LINK,
        "GET",
        "Show the permanent link to a customer's portal",
        show("portal"),
        document.LINK,
    ),
    _route(
        "api_refresh_portal_link",
        _PORTAL_LINK + "/refresh",
        "POST",
        "Put a new permanent link in place of the old one, which ends",
        refresh("portal"),
        document.LINK,
        document.LINK_OPTIONS,
    ),
    _route(
        "api_revoke_portal_link",
        _PORTAL_LINK + "/revoke",
        "POST",
        "End the permanent link at once",
        revoke("portal"),
        document.LINK,
    ),
    _route(
        "api_make_invoice_link",
        _INVOICE_LINK,
        "POST",
        "Make the link to an invoice, or give the one that is there",
        make_invoice_link,
        document.LINK,
        document.LINK_OPTIONS,
    ),
    _route(
        "api_show_invoice_link",
        _INVOICE_LINK,
        "GET",
        "Show the link to an invoice",
        show("invoice"),
        document.LINK,
    ),
    _route(
        "api_refresh_invoice_link",
        _INVOICE_LINK + "/refresh",
        "POST",
        "Put a new link to an invoice in place of the old one, which ends",
        refresh("invoice"),
        document.LINK,
        document.LINK_OPTIONS,
    ),
    _route(
        "api_revoke_invoice_link",
        _INVOICE_LINK + "/revoke",
        "POST",
        "End the link to an invoice at once",
        revoke("invoice"),
        document.LINK,
    ),
)
