"""Visits that began with a signed arrival: how one is let in, and the cookie that carries it.

A plain hash never expires, so it is exchanged for a session here and leaves the address bar at once.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from invoice_portal.diagnosis import diagnose_hash
from invoice_portal.errors import LinkExpired, NotIdentified, SignatureRefused
from invoice_portal.identity import IdentifyBy, Identity, identifier, kind, make_identity
from invoice_portal.settings import Action, PortalSettings
from invoice_portal.sharing.model import pack, unpack
from invoice_portal.signing import Signer
from invoice_portal.stripe_api.ids import checked

SESSION_COOKIE: Final = "invoice_portal_session"
FORM_COOKIE: Final = "invoice_portal_form"
LANGUAGE_COOKIE: Final = "invoice_portal_language"
FORM_FIELD: Final = "form_token"
FORM_HEADER: Final = "X-Form-Token"
"""Where a script sends the same token."""
TOKEN_PREFIX: Final = "ipt_"
"""What a token in the ``Authorization`` header begins with: any other credentials there are the host's own."""
FORM_COOKIE_SECONDS: Final = 365 * 24 * 60 * 60
MOST_ARRIVAL_SECONDS: Final = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class Arrival:
    """Who arrived, with somebody's signature, and the one subscription that was given, if any.

    ``actions`` are what the signature or session allows, None for all that the settings do. ``invoice`` is set where
    that one is all that may be seen. ``via`` says how they came in, for the audit trail.
    """

    identity: Identity
    subscription: str | None = None
    actions: frozenset[Action] | None = None
    invoice: str | None = None
    via: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Ticket:
    """A shared link or a portal session that was opened in this browser: the database says what it is worth now."""

    door: Literal["link", "session"]
    id: str
    nonce: str = field(repr=False)
    expires_at: int


@dataclass(frozen=True, slots=True)
class Session:
    """An arrival that was let in until ``expires_at`` (UTC seconds)."""

    arrival: Arrival
    expires_at: int


def sign_arrival(signer: Signer, arrival: Arrival, expires_at: int) -> str:
    """A token for ``/enter?identity=…`` that vouches for the arrival until ``expires_at`` (UTC seconds)."""
    return signer.seal("arrival", _payload(arrival, expires_at))


def let_in(params: Mapping[str, str], settings: PortalSettings, signer: Signer, now: int) -> Arrival:
    """Who arrives at ``/enter`` with these parameters.

    Either ``identity``, a signed identifier, or ``email`` or ``customer_id`` (as ``identify_by`` says) with
    ``hash``, and ``subscription_id`` if one is in view. A hash vouches for its own identifier only: the other kind
    beside it is not read.

    Raises ``NotIdentified`` where nothing was given, ``SignatureRefused`` where it does not verify and ``LinkExpired``
    where it is too old.
    """
    if token := params.get("identity", ""):
        return _open_arrival(token, signer, now)
    text = params.get(settings.identify_by, "")
    if not text:
        raise NotIdentified(f"/enter was called without {settings.identify_by}, which identify_by asks for")
    identity = make_identity(settings.identify_by, text)
    given = params.get("hash", "")
    wanted = settings.require_hash or bool(given)
    if identity is None or (wanted and not signer.hash_fits(text, given)):
        raise SignatureRefused(_why_refused(params, settings))
    via = "hash" if wanted else "no hash"
    return Arrival(identity, _subscription(params.get("subscription_id", "")), via=via)


def seal_session(signer: Signer, session: Session) -> str:
    """The cookie's value."""
    return signer.seal("session", _held(session))


def seal_ticket(signer: Signer, ticket: Ticket) -> str:
    """The cookie's value for a link or a portal session."""
    return signer.seal("session", _held(ticket))


def open_session(signer: Signer, value: str) -> Session | Ticket | None:
    """The session in a cookie, which may have ended; None where the cookie is forged or damaged."""
    return _read_held(signer.open("session", value))


def _read_held(payload: Mapping[str, object] | None) -> Session | Ticket | None:
    match payload:
        case {"d": "link" | "session" as door, "t": str(id), "n": str(nonce), "x": int(expires_at)}:
            return Ticket("link" if door == "link" else "session", id, nonce, expires_at)
        case dict():
            return _read(payload)
        case _:
            return None


def seal_bearer(signer: Signer, held: Session | Ticket) -> str:
    """The same as a token for the ``Authorization`` header: for pages on other sites, whose cookies are blocked.

    It is worth what the signature was worth, in this realm alone; a cookie's value is no such token, nor the reverse.
    """
    return TOKEN_PREFIX + signer.seal("bearer", _held(held))


def bearer_of(headers: Mapping[str, str]) -> str | None:
    """The token that a request brought in its header, valid or not; None where it brought none of ours."""
    scheme, _, given = headers.get("authorization", "").strip().partition(" ")
    token = given.strip()
    return token if scheme.lower() == "bearer" and token.startswith(TOKEN_PREFIX) else None


def open_bearer(signer: Signer, token: str) -> Session | Ticket | None:
    """What a token is worth, which may have ended; None where it is forged or damaged."""
    return _read_held(signer.open("bearer", token.removeprefix(TOKEN_PREFIX)))


def form_token(signer: Signer, cookie: str, identity: Identity) -> str:
    """The token that a form carries: it fits one browser (its cookie) and one visitor."""
    return signer.seal("form", _form_payload(cookie, identity))


def form_token_fits(signer: Signer, cookie: str, identity: Identity, token: str) -> bool:
    """Whether a form came from a page that we gave to this browser and this visitor."""
    return bool(cookie) and signer.open("form", token) == _form_payload(cookie, identity)


def new_form_cookie() -> str:
    """128 bits that only this browser knows."""
    return secrets.token_urlsafe(16)


def _why_refused(params: Mapping[str, str], settings: PortalSettings) -> str:
    """What to tell the operator: the mistake itself in debug mode, where it is worth the time to look for it."""
    if not settings.debug:
        return f"the hash does not fit this {settings.identify_by}; `invoice-portal doctor` says why"
    other = params.get("customer_id" if settings.identify_by == "email" else "email", "")
    identifier, given = params.get(settings.identify_by, ""), params.get("hash", "")
    return diagnose_hash(
        settings.secret_keys, identifier, given, other_identifier=other, stripe_key=settings.stripe_api_key
    ).text


def _form_payload(cookie: str, identity: Identity) -> dict[str, str]:
    return {"c": cookie, "k": kind(identity), "i": identifier(identity)}


def _held(held: Session | Ticket) -> Mapping[str, Any]:
    if isinstance(held, Session):
        return _payload(held.arrival, held.expires_at)
    return {"d": held.door, "t": held.id, "n": held.nonce, "x": held.expires_at}


def _payload(arrival: Arrival, expires_at: int) -> dict[str, str | int | None]:
    identity = arrival.identity
    payload = {"k": kind(identity), "i": identifier(identity), "s": arrival.subscription, "x": expires_at}
    if arrival.actions is not None:
        payload["a"] = pack(arrival.actions)
    return {**payload, "v": arrival.via} if arrival.via else payload


def _open_arrival(token: str, signer: Signer, now: int) -> Arrival:
    payload = signer.open("arrival", token)
    session = _read(payload) if payload else None
    if session is None:
        raise SignatureRefused("the signed identifier does not verify")
    if session.expires_at <= now:
        raise LinkExpired("the signed identifier is past its expiry")
    return replace(session.arrival, via="identifier")


def _read(payload: Mapping[str, object]) -> Session | None:
    match payload:
        case {
            "k": "email" | "customer_id" as found,
            "i": str(text),
            "s": str() | None as scope,
            "x": int(expires_at),
        }:
            kind_found: IdentifyBy = "email" if found == "email" else "customer_id"
            identity = make_identity(kind_found, text)
            if identity is None:
                return None
            actions, via = payload.get("a"), payload.get("v", "")
            allowed = frozenset(unpack(actions)) if isinstance(actions, str) else None
            return Session(Arrival(identity, scope, allowed, via=str(via)), expires_at)
        case _:
            return None


def _subscription(raw: str) -> str | None:
    return checked("sub", raw) if raw else None
