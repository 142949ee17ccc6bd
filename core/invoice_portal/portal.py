"""The portal: settings in, answers out."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Collection
from dataclasses import replace
from functools import cached_property
from typing import Final

from invoice_portal.admission import admit
from invoice_portal.answers import entry_of, error_data, retry_header, served, subject_of
from invoice_portal.api.cors import allowing, preflight
from invoice_portal.api.own import own_error
from invoice_portal.branding import Branding
from invoice_portal.drivers.blocking import BlockingDriver
from invoice_portal.drivers.counting import Counter, make_counter
from invoice_portal.drivers.database import Database, EngineDatabase, make_database
from invoice_portal.drivers.nonblocking import NonBlockingDriver
from invoice_portal.errors import (
    BadRequest,
    ConfigurationError,
    LinkEnded,
    NotIdentified,
    PortalError,
    SessionExpired,
    StoreUnavailable,
)
from invoice_portal.hooks import NO_HOOKS, EventName, Hooks
from invoice_portal.http import (
    LANGUAGE_HEADER,
    Asset,
    Cookie,
    Data,
    Download,
    Empty,
    Page,
    Redirect,
    Render,
    Rendered,
    Reply,
    Request,
    Response,
)
from invoice_portal.i18n import Language, Languages, accepted
from invoice_portal.identity import CustomerId, Email, Identity, plausible
from invoice_portal.pages.embed import LOCATION_HEADER, events_header, shell_page
from invoice_portal.pages.framing import context_of
from invoice_portal.pages.message import FreshForm, message_page
from invoice_portal.recording import record
from invoice_portal.rendering import ANY_ORIGIN, COMMON_HEADERS, cookie_for, page_headers, render_page
from invoice_portal.routing import Route
from invoice_portal.sessions import (
    FORM_COOKIE,
    FORM_COOKIE_SECONDS,
    LANGUAGE_COOKIE,
    MOST_ARRIVAL_SECONDS,
    SESSION_COOKIE,
    Arrival,
    sign_arrival,
)
from invoice_portal.settings import PortalSettings
from invoice_portal.sharing.fresh import seal_request
from invoice_portal.sharing.links import switch_on, switched_on
from invoice_portal.sharing.model import Desk, checked_actions
from invoice_portal.shells import Async, Audit, Links, Offers, Sessions
from invoice_portal.signing import Signer
from invoice_portal.stripe_api.ids import is_id
from invoice_portal.telling import tell
from invoice_portal.theme import concerns
from invoice_portal.visits import Visit, begin, seen_by_nobody

_YEAR: Final = 365 * 24 * 60 * 60

log = logging.getLogger("invoice_portal")


class Portal:
    """One portal, mounted by an adapter. Safe to share between threads and event loops.

    ``clock`` gives UTC seconds. ``hooks`` are the host's own functions (:mod:`invoice_portal.hooks`).
    ``database`` takes the place of the one that ``database_url`` names. Raises
    :class:`~invoice_portal.errors.ConfigurationError` where the settings' translations cannot be read.
    """

    def __init__(
        self,
        settings: PortalSettings,
        *,
        clock: Callable[[], float] = time.time,
        hooks: Hooks = NO_HOOKS,
        database: Database | None = None,
    ) -> None:
        self.settings = settings
        self.database = database or make_database(settings)
        self.hooks = hooks
        self._switch_checked = False
        self.languages = Languages(settings.default_language, settings.time_zone, settings.translations)
        self._signer = Signer(settings.secret_keys, settings.realm)
        self._clock = clock
        self._branding = Branding(wanted=settings.theme_from_stripe)
        for concern in concerns(settings.theme):
            log.warning("%s", concern)
        if not settings.require_hash:
            log.warning("require_hash is off: anybody can open any customer's invoices of this test account")

    # What a host calls

    def hash_email(self, email: str) -> str:
        """The ``hash`` for ``/enter?email=…``: hex HMAC-SHA256 of the address under the first of ``secret_keys``.

        It never expires: prefer :meth:`sign_identifier`, and pass addresses only that you have verified. Raises
        ``ValueError`` for a text that is no address.
        """
        return self._hash(Email(email))

    def hash_customer_id(self, customer_id: str) -> str:
        """The ``hash`` for ``/enter?customer_id=…``. Raises ``ValueError`` for a text that is no customer id."""
        return self._hash(CustomerId(customer_id))

    def sign_identifier(
        self,
        identity: Identity,
        *,
        expires_in: int = 300,
        subscription: str | None = None,
        actions: Collection[str] | None = None,
    ) -> str:
        """A token for ``/enter?identity=…`` that vouches for ``identity`` during ``expires_in`` seconds (up to a day).

        With ``subscription`` it opens that subscription's invoices only (unless ``show_all_invoices``). ``actions``
        are what this visitor may do, of what the settings allow. Raises ``ValueError`` for what cannot be.
        """
        if not plausible(identity):
            raise ValueError("this cannot be an e-mail address or a customer id")
        if not 1 <= expires_in <= MOST_ARRIVAL_SECONDS:
            raise ValueError(f"expires_in must be from 1 to {MOST_ARRIVAL_SECONDS} seconds")
        if subscription is not None and not is_id("sub", subscription):
            raise ValueError("subscription must be the id of one, sub_…")
        allowed = None if actions is None else frozenset(checked_actions(actions))
        return sign_arrival(self._signer, Arrival(identity, subscription, allowed), self._now() + expires_in)

    @cached_property
    def links(self) -> Links:
        """Links to invoices and to customers' portals."""
        return Links(self)

    @cached_property
    def sessions(self) -> Sessions:
        """Portal sessions."""
        return Sessions(self)

    @cached_property
    def audit(self) -> Audit:
        """The audit trail."""
        return Audit(self)

    @cached_property
    def offers(self) -> Offers:
        """What customers were offered, and what became of it."""
        return Offers(self)

    @cached_property
    def aio(self) -> Async:
        """The same for event loops: ``await portal.aio.links.invoice(…)``."""
        return Async(self)

    # What an adapter calls

    def answer(self, route: Route, request: Request, render: Render) -> Reply:
        """Answer a request, waiting for Stripe in this thread."""
        response, visit = self.blocking.run(self.serve(route, self.begin(request)))
        return self.finish(response, visit, render)

    async def answer_async(self, route: Route, request: Request, render: Render) -> Reply:
        """Answer a request without holding up the event loop."""
        response, visit = await self.nonblocking.run(self.serve(route, self.begin(request)))
        return self.finish(response, visit, render)

    def start(self) -> None:
        """Check before the first visitor comes, as :meth:`started`, waiting for the database."""
        self.blocking.run(self.started())

    async def started(self) -> None:
        """The program that checks, before the first visitor comes, that the database agrees with the settings.

        Raises :class:`~invoice_portal.errors.ConfigurationError` where ``portal_sessions_only`` was on before and is
        off now, or where the database lacks its tables. One that does not answer yet is asked again with the first
        request.
        """
        nothing_yet = isinstance(self.database, EngineDatabase) and not self.database.exists()
        if nothing_yet and not self.settings.portal_sessions_only:
            return
        try:
            await self.checked()
        except StoreUnavailable as error:
            log.warning("%s; it is asked again with the first request", error.detail)
        except ConfigurationError:
            self.database.close()
            raise

    async def checked(self) -> None:
        """Once a process: put the one-way switch on, or see that it was never on.

        Raises :class:`~invoice_portal.errors.ConfigurationError` where it was.
        """
        if self._switch_checked:
            return
        if self.settings.portal_sessions_only:
            await switch_on(self.desk("settings"))
        elif await switched_on(self.desk("settings")):
            raise ConfigurationError(
                "portal_sessions_only is off, but this database has had it on, and it cannot be switched back: "
                "customers without a permanent link rely on never getting one. Set portal_sessions_only=True."
            )
        self._switch_checked = True

    def desk(self, by: str) -> Desk:
        """What the programs about links and sessions need; ``by`` is in whose name they act."""
        return Desk(self.settings, self._signer, self._now(), by)

    async def serve(self, route: Route, visit: Visit) -> tuple[Response, Visit]:
        """The program of a request from its cookie to its record in the audit trail; gives who it turned out to be."""
        if visit.request.method == "OPTIONS":
            return preflight(route, visit), visit
        try:
            await self.checked()
        except StoreUnavailable as error:
            log.error("%s", error.detail)
        admitted = visit if route.anonymous else await self._admitted(visit)
        response = await self.respond(route, admitted)
        await self._record(route, admitted, response)
        if route.event and served(response):
            await tell(admitted, route.event, subject_of(admitted.request.args))
        return allowing(visit, response) if route.own else response, admitted

    async def _admitted(self, visit: Visit) -> Visit:
        """The visit with its link or session looked up.

        A link opens its own invoice also where somebody is logged in at the host, who may well be another customer, or
        none: accountants have logins of their own. For everything else, and once the link has ended, the login counts.
        """
        asked = visit.request.args.get("invoice")
        if visit.beside is None or asked is None:
            return await admit(visit)
        by_link = await admit(replace(visit, arrival=visit.beside))
        return by_link if by_link.one_invoice == asked else visit

    async def respond(self, route: Route, visit: Visit) -> Response:
        """The program of a whole request: the route's own, with the form's check before and errors made into pages."""
        try:
            if route.arrives and visit.request.fills_frame and visit.request.method == "GET":
                return shell_page(visit, alone=route.name)
            if route.speaks and (chosen := self._chosen_language(visit)):
                await tell(visit, "language_change", language=visit.request.query["lang"])
                return chosen
            if route.api and visit.request.unread:
                raise BadRequest(f"the body is longer than {route.longest_body} bytes, or could not be read to its end")
            if route.protected:
                visit.check_form()
            return await route.program(visit)
        except PortalError as error:
            name: EventName = "session_expired" if isinstance(error, SessionExpired) else "error"
            await tell(visit, name, subject_of(visit.request.args), kind=type(error).__name__, status=error.status)
            if route.own:
                return own_error(visit, error)
            return error_data(error) if route.api else self._error_page(visit, error)

    async def _record(self, route: Route, visit: Visit, response: Response) -> None:
        """Record what a visitor was served."""
        entry = entry_of(route, visit, response)
        if entry is not None:
            await record(visit, entry)

    @cached_property
    def blocking(self) -> BlockingDriver:
        """The driver that waits."""
        return BlockingDriver(self.settings, self.database, self._counter, self._clock)

    @cached_property
    def nonblocking(self) -> NonBlockingDriver:
        """The driver for event loops; close it when a loop ends."""
        return NonBlockingDriver(self.settings, self.database, self._counter, self._clock)

    @cached_property
    def _counter(self) -> Counter:
        return make_counter(self.settings)

    def _hash(self, identity: Email | CustomerId) -> str:
        if not plausible(identity):
            raise ValueError("this cannot be an e-mail address or a customer id")
        return self._signer.hash(identity.address if isinstance(identity, Email) else identity.id)

    def _now(self) -> int:
        return int(self._clock())

    def begin(self, request: Request) -> Visit:
        """The visit that a request begins."""
        language, now = self._language(request), self._now()
        return begin(request, self.settings, self._signer, language, now, self.hooks, self._branding)

    def _language(self, request: Request) -> Language:
        """The visitor's own choice, else the browser's languages, else the default.

        What the page around an embed frame asks for goes before the setting: it is the merchant's own page.
        """
        if chosen := self.languages.find([request.headers.get(LANGUAGE_HEADER, "")]):
            return chosen
        if not self.settings.detect_language:
            return self.languages.default
        wanted = [
            request.query.get("lang", ""),
            request.cookies.get(LANGUAGE_COOKIE, ""),
            *accepted(request.headers.get("accept-language", "")),
        ]
        return self.languages.find(wanted) or self.languages.default

    def _chosen_language(self, visit: Visit) -> Redirect | None:
        """Remember a language that was chosen in the address, and go to the same page without it."""
        query = dict(visit.request.query)
        found = self.languages.find([query.pop("lang", "")])
        if found is None or visit.request.method != "GET" or not self.settings.detect_language:
            return None
        cookie = Cookie(name=LANGUAGE_COOKIE, value=found.tag, max_age=_YEAR)
        return Redirect(to=visit.here(query), cookies=(cookie,))

    def _error_page(self, visit: Visit, error: PortalError) -> Page:
        _ = visit.language.gettext
        level = logging.ERROR if error.status == 503 else logging.INFO
        log.log(level, "%s: %s", type(error).__name__, error.detail)
        if isinstance(error, NotIdentified) and visit.request.fills_frame and visit.request.method == "GET":
            return shell_page(visit, error=error)
        return message_page(
            visit,
            title=_(error.title),
            heading=_(error.title),
            text=getattr(error, "reason", "") or _(error.advice),
            portal_url=visit.start_url if isinstance(visit.arrival, Arrival) else "",
            fresh=self._fresh_form(visit, error),
            debug=error.detail if self.settings.debug and not self.settings.live else "",
            status=error.status,
            headers=retry_header(error),
        )

    def _fresh_form(self, visit: Visit, error: PortalError) -> FreshForm | None:
        if not isinstance(error, LinkEnded) or not error.row or self.hooks.send_link is None:
            return None
        return FreshForm(visit.url("fresh_link"), seal_request(self._signer, error.row, visit.now))

    def finish(self, response: Response, visit: Visit, render: Render) -> Reply:
        """What goes on the wire: renders a page, adds headers and cookies. It may wait for the host's templates."""
        match response:
            case Page():
                visit = seen_by_nobody(visit) if response.nobodys else visit
                rendered = render_page(response.template, context_of(visit, response, self.languages), render)
                headers = self._page_headers(visit, response, rendered)
                headers["Content-Language"] = visit.language.tag
                cookies = response.cookies + self._form_cookie(visit)
                return self._reply(visit, response.status, headers, rendered.html.encode(), cookies)
            case Redirect():
                swapped = visit.request.swapped
                leads = {LOCATION_HEADER if swapped else "Location": response.to}
                headers = {**leads, "Cache-Control": "no-store", **COMMON_HEADERS}
                return self._reply(visit, 204 if swapped else 303, headers, b"", response.cookies)
            case Data():
                headers = {
                    "Content-Type": "application/json",
                    "Cache-Control": "no-store",
                    **response.headers,
                    **COMMON_HEADERS,
                }
                body = json.dumps(response.value, ensure_ascii=False).encode()
                return self._reply(visit, response.status, headers, body, response.cookies)
            case Empty():
                return self._reply(visit, 204, {**response.headers, **COMMON_HEADERS}, b"", ())
            case Asset():
                headers = {
                    "Content-Type": response.content_type,
                    "Cache-Control": f"public, max-age={response.max_age}",
                    **(ANY_ORIGIN if response.shared else {}),
                    **COMMON_HEADERS,
                }
                return self._reply(visit, 200, headers, response.body, ())
            case Download():
                headers = {
                    "Content-Type": response.content_type,
                    "Content-Disposition": f'attachment; filename="{response.name}"',
                    "Cache-Control": "no-store",
                    **COMMON_HEADERS,
                }
                return self._reply(visit, 200, headers, response.body, ())

    def _page_headers(self, visit: Visit, page: Page, rendered: Rendered) -> dict[str, str]:
        common = page_headers(self.settings, rendered.packaged, visit.request.arriving, page.stripe_js)
        return {**common, **page.headers}

    def _form_cookie(self, visit: Visit) -> tuple[Cookie, ...]:
        """A browser that has no form cookie yet gets one with the first page that can hold a form."""
        needless = visit.request.host_form or visit.by_token or FORM_COOKIE in visit.request.cookies
        if needless or not isinstance(visit.arrival, Arrival):
            return ()
        return (Cookie(name=FORM_COOKIE, value=visit.form_cookie, max_age=FORM_COOKIE_SECONDS),)

    def _reply(
        self, visit: Visit, status: int, headers: dict[str, str], body: bytes, cookies: tuple[Cookie, ...]
    ) -> Reply:
        # Without the slash at its end the path covers "/billing" too.
        path, secure = visit.request.url_for("home").rstrip("/") or "/", visit.request.secure or self.settings.live
        set_cookies = () if visit.by_token else (*cookies, *_left_behind(visit, cookies))
        headers = {**headers, **events_header(visit)}
        return Reply(status, headers, body, tuple(cookie_for(cookie, path, secure) for cookie in set_cookies))


def _left_behind(visit: Visit, cookies: tuple[Cookie, ...]) -> tuple[Cookie, ...]:
    """Removes a session that a host's login has put out of use: it would come to life again when they log out.

    A link beside a login is in use (:attr:`~invoice_portal.visits.Visit.beside`) and stays.
    """
    unused = visit.request.visitor is not None and SESSION_COOKIE in visit.request.cookies and visit.beside is None
    if visit.by_token or not unused or any(cookie.name == SESSION_COOKIE for cookie in cookies):
        return ()
    return (Cookie(name=SESSION_COOKIE, value="", max_age=0),)


def portal_of(portal: Portal | PortalSettings) -> Portal:
    """The portal itself, or a new one of these settings: adapters take either."""
    if isinstance(portal, Portal):
        return portal
    if isinstance(portal, PortalSettings):
        return Portal(portal)
    raise ConfigurationError(f"a Portal or PortalSettings is needed here, not {type(portal).__name__}")
