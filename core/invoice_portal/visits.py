"""One request on its way through the portal: who asks, in which language, when, and what they may do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from urllib.parse import quote, urlencode

from invoice_portal.branding import NO_BRANDING, Branding
from invoice_portal.errors import FormExpired, NotAllowed, NotFound, NotIdentified, PortalError, SessionExpired
from invoice_portal.hooks import NO_HOOKS, Event, Hooks
from invoice_portal.http import HostForm, Request
from invoice_portal.i18n import Language
from invoice_portal.identity import Identity, identifier, kind, plausible
from invoice_portal.sessions import (
    FORM_COOKIE,
    FORM_FIELD,
    FORM_HEADER,
    SESSION_COOKIE,
    Arrival,
    Session,
    Ticket,
    bearer_of,
    form_token,
    form_token_fits,
    new_form_cookie,
    open_bearer,
    open_session,
)
from invoice_portal.settings import Action, PortalSettings
from invoice_portal.sharing.model import Desk
from invoice_portal.signing import Signer


@dataclass(frozen=True, slots=True)
class Visit:
    """What every program is given. ``now`` is in UTC seconds; ``arrival`` says who asks, or why nobody does.

    ``by_token`` is set where a token in the header says who: no login and no cookie counts beside it.
    A ``Ticket`` becomes one or the other before any program sees it (:mod:`invoice_portal.admission`). ``beside`` is a
    link that this browser has opened although somebody is logged in at the host. ``happened`` collects what the host
    is told (:mod:`invoice_portal.telling`), for the page around an embed frame.
    """

    request: Request
    settings: PortalSettings
    signer: Signer
    language: Language
    now: int
    arrival: Arrival | Ticket | PortalError
    by_session: bool
    form_cookie: str = field(repr=False)
    by_token: bool = False
    branding: Branding = NO_BRANDING
    hooks: Hooks = NO_HOOKS
    beside: Ticket | None = None
    happened: list[Event] = field(default_factory=list, compare=False)

    def identified(self) -> Arrival:
        """Who this is. Raises ``NotIdentified`` for a stranger, ``SessionExpired`` where a session ran out."""
        if isinstance(self.arrival, PortalError):
            raise self.arrival
        if isinstance(self.arrival, Ticket):
            raise NotIdentified("the link or session in the cookie was not looked up")
        return self.arrival

    @property
    def desk(self) -> Desk:
        """What the programs about links and sessions need, in this visitor's name."""
        return Desk(self.settings, self.signer, self.now, self.name)

    @property
    def name(self) -> str:
        """The visitor as the audit trail names them: by an identifier, or by the link that they came with."""
        if not isinstance(self.arrival, Arrival):
            return "visitor"
        shared = self.arrival.via.startswith(("link ", "session "))
        return self.arrival.via if shared else name_of(self.arrival.identity)

    def may(self, action: Action) -> bool:
        """Whether the merchant lets customers do this, and the signature or session lets this visitor."""
        allowed = self.arrival.actions if isinstance(self.arrival, Arrival) else None
        return action in self.settings.actions and (allowed is None or action in allowed)

    @property
    def bound(self) -> bool:
        """Whether the subscription that was given on arrival is all that this visitor may see."""
        return bool(self.identified().subscription) and not self.settings.show_all_invoices

    @property
    def sees_customer(self) -> bool:
        """Whether what belongs to the customer as a whole is this visitor's: saved methods, billing details.

        It is not by a link to one invoice, nor for whoever came for one subscription and may see no other.
        """
        return isinstance(self.arrival, Arrival) and self.one_invoice is None and not self.bound

    @property
    def one_invoice(self) -> str | None:
        """The invoice that is all this visitor may see, since a link to it let them in; None for everybody else."""
        return self.arrival.invoice if isinstance(self.arrival, Arrival) else None

    def in_portal(self) -> Arrival:
        """Who this is, where more than one invoice may be seen.

        Raises as :meth:`identified`, and ``NotFound`` where a link let them in that opens one invoice and nothing else.
        """
        arrival = self.identified()
        if self.one_invoice is not None:
            raise NotFound("a link to one invoice opens nothing else")
        return arrival

    def demand(self, action: Action) -> None:
        """Raises ``NotAllowed`` where this visitor may not do this."""
        if not self.may(action):
            where = "the link or session" if action in self.settings.actions else "the setting actions"
            raise NotAllowed(f"{action!r} is not in {where}")

    def url(self, route: str, query: Mapping[str, str] | None = None, **args: str) -> str:
        """The address of a portal route, with the parts of ``query`` that are not empty."""
        path = self.request.url_for(route, **args)
        filled = {name: value for name, value in (query or {}).items() if value}
        return f"{path}?{urlencode(filled)}" if filled else path

    @property
    def start_url(self) -> str:
        """Where this visitor begins: the list, or the one invoice that a link opens."""
        return self.url("invoice", invoice=self.one_invoice) if self.one_invoice else self.url("home")

    def here(self, query: Mapping[str, str]) -> str:
        """The address of the page at hand, with another query.

        Without the secrets that Stripe adds where it leads back to: they must not stand in a page.
        """
        path = "/" + quote(self.request.path.lstrip("/"))
        query = {name: value for name, value in query.items() if not name.endswith("_client_secret")}
        return f"{path}?{urlencode(query)}" if query else path

    def hidden_field(self) -> HostForm:
        """The field that a form must carry: the host's own, or the portal's token for this browser and visitor."""
        if self.request.host_form:
            return self.request.host_form
        return HostForm(FORM_FIELD, form_token(self.signer, self.form_cookie, self.identified().identity), FORM_HEADER)

    def check_form(self) -> None:
        """Raises ``FormExpired`` where a form did not come from a page of ours. The host's own check counts as ours.

        A browser sends a cookie for any page that asks it to, but a token in the header for those alone that hold it.
        """
        if self.by_token:
            return
        if self.request.host_form:
            if self.request.host_form.refusal:
                raise FormExpired(f"the host refused the form: {self.request.host_form.refusal}")
            return
        token = self.request.form.get(FORM_FIELD, "") or self.request.headers.get(FORM_HEADER.lower(), "")
        cookie = self.request.cookies.get(FORM_COOKIE, "")
        if not form_token_fits(self.signer, cookie, self.identified().identity, token):
            raise FormExpired("the form's token does not fit this browser and visitor")


def name_of(identity: Identity) -> str:
    """An identity as the audit trail names it."""
    return f"{kind(identity)} {identifier(identity)}"


def begin(
    request: Request,
    settings: PortalSettings,
    signer: Signer,
    language: Language,
    now: int,
    hooks: Hooks = NO_HOOKS,
    branding: Branding = NO_BRANDING,
) -> Visit:
    """Find out who asks: the host's logged-in user before any session, so that a change of user counts at once.

    A token in the header goes before both, and alone: whoever sends one means it, and where it has ended nobody is let
    in as somebody else. A link to one invoice is the other exception, for that invoice alone: see :attr:`Visit.beside`.
    """
    token = bearer_of(request.headers)
    by_host = request.visitor is not None and token is None
    session = _session_arrival(request, signer, now) if token is None else _token_arrival(token, signer, now)
    arrival = _host_arrival(request.visitor) if request.visitor and by_host else session
    return Visit(
        request=replace(request, url_for=cache(request.url_for)),  # frameworks take their time to spell an address
        settings=settings,
        signer=signer,
        language=language,
        now=now,
        arrival=arrival,
        by_session=not by_host and token is None and isinstance(arrival, Arrival | Ticket),
        by_token=token is not None,
        form_cookie=request.cookies.get(FORM_COOKIE, "") or new_form_cookie(),
        hooks=hooks,
        branding=branding,
        beside=session if by_host and isinstance(session, Ticket) and session.door == "link" else None,
    )


def seen_by_nobody(visit: Visit) -> Visit:
    """The visit as a stranger's, for pages that are the same whoever asks."""
    return replace(visit, arrival=NotIdentified("a page of nobody's"), by_session=False)


def _host_arrival(visitor: Identity) -> Arrival | NotIdentified:
    """The logged-in user. One without an address is nobody: a session of an earlier user does not count for it."""
    if not plausible(visitor):
        return NotIdentified("the host's user has no e-mail address or customer id that can be asked for")
    return Arrival(visitor, via="login")


def _session_arrival(request: Request, signer: Signer, now: int) -> Arrival | Ticket | NotIdentified:
    cookie = request.cookies.get(SESSION_COOKIE, "")
    session = open_session(signer, cookie) if cookie else None
    return _still(session, now) if session else NotIdentified("no login and no session")


def _token_arrival(token: str, signer: Signer, now: int) -> Arrival | Ticket | NotIdentified:
    session = open_bearer(signer, token)
    return _still(session, now) if session else NotIdentified("the token in the header does not verify")


def _still(session: Session | Ticket, now: int) -> Arrival | Ticket | SessionExpired:
    if session.expires_at <= now:
        return SessionExpired("the session has run out")
    return session if isinstance(session, Ticket) else session.arrival
