"""One request on its way through the portal: who asks, in which language, when, and what they may do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from invoice_portal.errors import FormExpired, NotAllowed, NotIdentified, SessionExpired
from invoice_portal.http import HostForm, Request
from invoice_portal.i18n import Language
from invoice_portal.identity import Identity, plausible
from invoice_portal.sessions import (
    FORM_COOKIE,
    FORM_FIELD,
    SESSION_COOKIE,
    Arrival,
    form_token,
    form_token_fits,
    new_form_cookie,
    open_session,
)
from invoice_portal.settings import Action, PortalSettings
from invoice_portal.signing import Signer


@dataclass(frozen=True, slots=True)
class Visit:
    """What every program is given. ``now`` is in UTC seconds; ``arrival`` says who asks, or why nobody does."""

    request: Request
    settings: PortalSettings
    signer: Signer
    language: Language
    now: int
    arrival: Arrival | NotIdentified
    by_session: bool
    form_cookie: str

    def identified(self) -> Arrival:
        """Who this is. Raises ``NotIdentified`` for a stranger, ``SessionExpired`` where a session ran out."""
        if isinstance(self.arrival, NotIdentified):
            raise self.arrival
        return self.arrival

    def may(self, action: Action) -> bool:
        """Whether the merchant lets customers do this."""
        return action in self.settings.actions

    def demand(self, action: Action) -> None:
        """Raises ``NotAllowed`` where the merchant does not let customers do this."""
        if not self.may(action):
            raise NotAllowed(f"{action!r} is not in the setting actions")

    def url(self, route: str, query: Mapping[str, str] | None = None, **args: str) -> str:
        """The address of a portal route, with the parts of ``query`` that are not empty."""
        path = self.request.url_for(route, **args)
        filled = {name: value for name, value in (query or {}).items() if value}
        return f"{path}?{urlencode(filled)}" if filled else path

    def here(self, query: Mapping[str, str]) -> str:
        """The address of the page at hand, with another query."""
        path = "/" + quote(self.request.path.lstrip("/"))
        return f"{path}?{urlencode(query)}" if query else path

    def hidden_field(self) -> HostForm:
        """The field that a form must carry: the host's own, or the portal's token for this browser and visitor."""
        if self.request.host_form:
            return self.request.host_form
        return HostForm(FORM_FIELD, form_token(self.signer, self.form_cookie, self.identified().identity))

    def check_form(self) -> None:
        """Raises ``FormExpired`` where a form did not come from a page of ours. The host's own check counts as ours."""
        if self.request.host_form:
            return
        token, cookie = self.request.form.get(FORM_FIELD, ""), self.request.cookies.get(FORM_COOKIE, "")
        if not form_token_fits(self.signer, cookie, self.identified().identity, token):
            raise FormExpired("the form's token does not fit this browser and visitor")


def begin(request: Request, settings: PortalSettings, signer: Signer, language: Language, now: int) -> Visit:
    """Find out who asks: the host's logged-in user before any session, so that a change of user counts at once."""
    by_host = request.visitor is not None
    arrival = _host_arrival(request.visitor) if request.visitor else _session_arrival(request, signer, now)
    return Visit(
        request=request,
        settings=settings,
        signer=signer,
        language=language,
        now=now,
        arrival=arrival,
        by_session=not by_host and isinstance(arrival, Arrival),
        form_cookie=request.cookies.get(FORM_COOKIE, "") or new_form_cookie(),
    )


def _host_arrival(visitor: Identity) -> Arrival | NotIdentified:
    """The logged-in user. One without an address is nobody: a session of an earlier user does not count for it."""
    if not plausible(visitor):
        return NotIdentified("the host's user has no e-mail address or customer id that can be asked for")
    return Arrival(visitor)


def _session_arrival(request: Request, signer: Signer, now: int) -> Arrival | NotIdentified:
    cookie = request.cookies.get(SESSION_COOKIE, "")
    session = open_session(signer, cookie) if cookie else None
    if session is None:
        return NotIdentified("no login and no session")
    return session.arrival if now < session.expires_at else SessionExpired("the session has run out")
