"""Who asks, and how a page on another origin comes to be somebody: ``/api/me`` and ``/api/me/session``."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Final, Literal

from invoice_portal.admission import admit
from invoice_portal.api.own import does, reads
from invoice_portal.api.schema import Moment, as_json
from invoice_portal.errors import BadRequest, NotAllowed, SignatureRefused
from invoice_portal.http import Cookie, Data, Entered
from invoice_portal.identity import Email, identifier
from invoice_portal.limiting import limit_entering
from invoice_portal.pages.sharing import ticket_at
from invoice_portal.sessions import FORM_COOKIE, FORM_COOKIE_SECONDS, Arrival, Session, Ticket, let_in, seal_bearer
from invoice_portal.settings import Action
from invoice_portal.sharing.tokens import Door
from invoice_portal.stripe_api.ids import checked
from invoice_portal.visits import Visit


@dataclass(frozen=True, slots=True)
class Credentials:
    """What vouches for somebody: what `/enter` takes, a signed identifier or an identifier and its hash; or a link."""

    identity: Annotated[str, "A signed identifier; nothing else is read beside it."] = field(default="", repr=False)
    email: Annotated[str, "Where `identify_by` is `email`."] = ""
    customer_id: Annotated[str, "Where `identify_by` is `customer_id`."] = ""
    hash: Annotated[str, "The hash of the e-mail address or the customer id."] = field(default="", repr=False)
    subscription_id: Annotated[str, "Show this subscription only."] = ""
    link: Annotated[str, "Or the address of a link or of a portal session, which counts as opened."] = field(
        default="", repr=False
    )
    actions: Annotated[tuple[Action, ...] | None, "Of what this visitor may do, only these. Not with `link`."] = None


@dataclass(frozen=True, slots=True)
class Token:
    """A session to send with every call, as ``Authorization: Bearer TOKEN``. Keep it in memory, never in a store."""

    token: str = field(repr=False)
    token_type: Literal["Bearer"]
    expires_at: Moment
    expires_in: Annotated[int, "Seconds. Exchange a fresh signature before then, or at the first 401."]
    visitor: Annotated[str, "Who it is for: an e-mail address, or a customer's id."]
    start: Annotated[str, "The address of the page that the visit begins with."]
    actions: Annotated[tuple[Action, ...], "What this visitor may do."]


@dataclass(frozen=True, slots=True)
class FormToken:
    """What a call that changes something sends in a header of this name, where a cookie or a login says who asks."""

    header: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Scope:
    """What may be seen where it is not everything of the customer's: one subscription, or one invoice."""

    subscription_id: str | None
    invoice_id: str | None


@dataclass(frozen=True, slots=True)
class Me:
    """Who asks, and what they may do here."""

    identified_by: Literal["email", "customer_id"]
    email: str | None
    customer_id: str | None
    actions: tuple[Action, ...]
    scope: Scope
    language: Annotated[str, "That of all texts, as a BCP 47 tag."]
    direction: Literal["ltr", "rtl"]
    test_mode: Annotated[bool, "Whether no real money moves."]
    form: FormToken | None


async def exchange(visit: Visit, given: Credentials) -> Data:
    """A session for the header, for what ``/enter`` takes. Nothing is widened, and no cookie is set.

    Raises ``NotAllowed`` where a page of an origin asks that is not in the settings.
    """
    _check_origin(visit)
    if given.link:
        return await _by_link(visit, given)
    await limit_entering(visit)
    arrival = _narrowed(visit, let_in(_texts(given), visit.settings, visit.signer, visit.now), given)
    session = Session(arrival, visit.now + visit.settings.session_minutes * 60)
    return Data(value=_told(replace(visit, arrival=arrival), session), entered=Entered(arrival.identity, arrival.via))


async def _by_link(visit: Visit, given: Credentials) -> Data:
    """A session for the header, for the address of a link: it ends when the link or the portal session does."""
    found = _SHARED.search(given.link)
    if found is None:
        raise SignatureRefused("this is the address of no link")
    if given.actions is not None:
        raise BadRequest("'actions' cannot be given with 'link': a link has its own")
    ticket = await ticket_at(visit, _DOORS[found[1]], found[2])
    return Data(value=_told(await admit(replace(visit, arrival=ticket)), ticket))


def _told(visit: Visit, held: Session | Ticket) -> Any:
    seconds, allowed = held.expires_at - visit.now, _allowed(visit)
    token, who = seal_bearer(visit.signer, held), identifier(visit.identified().identity)
    return as_json(Token(token, "Bearer", held.expires_at, seconds, who, visit.start_url, allowed))


def _allowed(visit: Visit) -> tuple[Action, ...]:
    return tuple(sorted(action for action in visit.settings.actions if visit.may(action)))


def _texts(given: Credentials) -> dict[str, str]:
    """What ``/enter`` would find in its form."""
    return {name: value for name, value in as_json(given).items() if isinstance(value, str)}


def _narrowed(visit: Visit, arrival: Arrival, given: Credentials) -> Arrival:
    """The arrival with less, as the page around the portal asks: what was signed stands, and nothing is added to it."""
    if given.subscription_id and arrival.subscription is None:
        arrival = replace(arrival, subscription=checked("sub", given.subscription_id))
    if given.actions is None:
        return arrival
    allowed = visit.settings.actions if arrival.actions is None else arrival.actions
    return replace(arrival, actions=allowed & frozenset(given.actions))


def _check_origin(visit: Visit) -> None:
    """A browser says which page asks. Other programs can say what they like, and need a signature like anybody."""
    headers = visit.request.headers
    origin = headers.get("origin", "")
    own = f"{'https' if visit.request.secure else 'http'}://{headers.get('host', '')}"
    same = headers.get("sec-fetch-site") == "same-origin" or origin == own
    if origin and not same and origin not in visit.settings.allowed_embed_origins:
        raise NotAllowed("the page that asks is of an origin that is not in allowed_embed_origins")


async def me(visit: Visit) -> Data:
    """Who asks. A browser with a cookie is given what its later POSTs must bring."""
    arrival = visit.identified()
    email = arrival.identity.address if isinstance(arrival.identity, Email) else None
    form = None if visit.by_token else visit.hidden_field()
    told = Me(
        identified_by="email" if email is not None else "customer_id",
        email=email,
        customer_id=None if isinstance(arrival.identity, Email) else arrival.identity.id,
        actions=_allowed(visit),
        scope=Scope(None if visit.settings.show_all_invoices else arrival.subscription, arrival.invoice),
        language=visit.language.tag,
        direction="rtl" if visit.language.direction == "rtl" else "ltr",
        test_mode=not visit.settings.live,
        form=FormToken(form.header, form.token) if form else None,
    )
    own = form is not None and visit.request.host_form is None and FORM_COOKIE not in visit.request.cookies
    cookie = Cookie(name=FORM_COOKIE, value=visit.form_cookie, max_age=FORM_COOKIE_SECONDS)
    return Data(value=as_json(told), cookies=(cookie,) if own else ())


_SHARED: Final = re.compile(r"/([lps])/([^/?#]+)$")
_DOORS: Final[dict[str, Door]] = {"l": "l", "p": "p", "s": "s"}

ROUTES: Final = (
    reads("api_me", "", "Who asks, what they may do, and in which language they are answered", me, Me),
    does(
        "api_me_session",
        "/session",
        "Exchange a signature for a session to send in the header",
        exchange,
        Token,
        takes=Credentials,
        audit="entered",
        anonymous=True,
    ),
)
