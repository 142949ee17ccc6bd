"""Visits, portals and settings for tests, mounted under ``/billing`` of nobody's framework."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from invoice_portal import Email, Portal, PortalSettings
from invoice_portal.environment import Templates
from invoice_portal.http import Page, Request, Response
from invoice_portal.i18n import Languages
from invoice_portal.identity import Identity
from invoice_portal.routes import ROUTES
from invoice_portal.routing import Route
from invoice_portal.sessions import FORM_COOKIE, SESSION_COOKIE, Arrival, Session, form_token, seal_session
from invoice_portal.signing import Signer
from invoice_portal.visits import Visit, begin

from .objects import NOW
from .programs import Stripe, play

SECRET = "a secret key for the tests"
ADA = Email("ada@example.com")
PREFIX = "/billing"
_BY_NAME = {route.name: route for route in ROUTES}
_LANGUAGES = Languages()


def route(name: str) -> Route:
    return _BY_NAME[name]


def url_for(name: str, /, **args: str) -> str:
    """As strict as the frameworks' own: a part of an address is never empty and has no slash."""
    path = _BY_NAME[name].path
    for part, value in args.items():
        assert f"{{{part}}}" in path, f"{name} has no {part}"
        if not value or "/" in value:
            raise LookupError(f"no address of {name} with {part}={value!r}")
        path = path.replace(f"{{{part}}}", value)
    assert "{" not in path, f"{path} lacks a part"
    return PREFIX + path


def make_settings(**changes: Any) -> PortalSettings:
    return PortalSettings(**{"stripe_api_key": "sk_test_x", "secret_keys": [SECRET], **changes})


def make_portal(**changes: Any) -> Portal:
    return Portal(make_settings(**changes), clock=lambda: NOW)


def make_request(name: str = "home", **changes: Any) -> Request:
    """A request for a route: its ``args`` are those of the address, ``query`` may be given as a mapping."""
    args = changes.pop("args", {})
    return Request(
        **{
            "method": "GET",
            "path": url_for(name, **args),
            "url_for": url_for,
            "args": args,
            "visitor": ADA,
            "arriving": name == "enter",
            **changes,
        }
    )


def make_visit(
    *,
    settings: dict[str, Any] | None = None,
    language: str = "en",
    languages: Languages | None = None,
    visitor: Identity | None = ADA,
    arrival: Arrival | None = None,
    now: int = NOW,
    **request: Any,
) -> Visit:
    """A visit of ``visitor`` by the host's login, or of ``arrival`` by a session."""
    made = make_settings(**(settings or {}))
    signer = Signer(made.secret_keys, made.realm)
    cookies = dict(request.pop("cookies", {}))
    if arrival is not None:
        cookies[SESSION_COOKIE] = seal_session(signer, Session(arrival, now + 60))
        visitor = None
    found = (languages or _LANGUAGES).find([language])
    assert found is not None, f"no catalogue for {language}"
    return begin(make_request(visitor=visitor, cookies=cookies, **request), made, signer, found, now)


def protected(portal: Portal, identity: Identity, name: str, **request: Any) -> Request:
    """A POST with the token that a page would have given to this visitor."""
    cookie = "form-cookie-of-this-browser"
    token = form_token(Signer(portal.settings.secret_keys, portal.settings.realm), cookie, identity)
    form = {"form_token": token, **request.pop("form", {})}
    cookies = {FORM_COOKIE: cookie, **request.pop("cookies", {})}
    return make_request(name, method="POST", form=form, cookies=cookies, visitor=identity, **request)


def respond(portal: Portal, name: str, request: Request, stripe: Stripe) -> Response:
    """A whole request, played by hand."""
    return play(portal.respond(route(name), portal.begin(request)), stripe)


def html_of(portal: Portal, name: str, request: Request, stripe: Stripe) -> str:
    """The page as it goes on the wire."""
    visit = portal.begin(request)
    response = play(portal.respond(route(name), visit), stripe)
    assert isinstance(response, Page), response
    return portal.finish(response, visit, Templates().render).body.decode()


def query_of(url: str) -> dict[str, str]:
    """The parameters in an address."""
    return dict(parse_qsl(urlsplit(url).query))
