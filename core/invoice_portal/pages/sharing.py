"""Coming in by a link or a portal session, and asking for a fresh one."""

from __future__ import annotations

import logging

from invoice_portal.admission import opens
from invoice_portal.effects import HostCall
from invoice_portal.errors import NotFound, SignatureRefused
from invoice_portal.http import Cookie, Redirect, Response
from invoice_portal.i18n import Language, Languages
from invoice_portal.limiting import limit_entering, limit_sending
from invoice_portal.pages.message import message_page
from invoice_portal.sessions import SESSION_COOKIE, Ticket, seal_ticket
from invoice_portal.sharing.fresh import FreshLink, open_request
from invoice_portal.sharing.links import link_with_id, peek_link, renew_link, use_link
from invoice_portal.sharing.model import Desk, Kind, LinkRow, SessionRow
from invoice_portal.sharing.portal_sessions import peek_session, renew_session, session_with_id, use_session
from invoice_portal.sharing.tokens import Door, Token, open_token
from invoice_portal.sharing.trail import Entry, appending
from invoice_portal.stripe_api.shareable import Addressee, retrieve_addressee
from invoice_portal.visits import Visit

log = logging.getLogger("invoice_portal")


async def invoice_link(visit: Visit) -> Response:
    """``/l/{token}``: opens one invoice, and nothing else of its customer."""
    token = await _token(visit, "l", visit.request.args["token"])
    link = await _opened(visit, "invoice", token)
    return Redirect(to=visit.url("invoice", invoice=link.subject), cookies=_cookies(visit, _by_link(visit, link)))


async def portal_link(visit: Visit) -> Response:
    """``/p/{token}``: opens a customer's portal."""
    token = await _token(visit, "p", visit.request.args["token"])
    link = await _opened(visit, "portal", token)
    return Redirect(to=visit.url("home"), cookies=_cookies(visit, _by_link(visit, link)))


async def portal_session(visit: Visit) -> Response:
    """``/s/{token}``: opens a customer's portal for as long as the session lasts."""
    token = await _token(visit, "s", visit.request.args["token"])
    if _only_looks(visit):
        await peek_session(visit.desk, token)
        return Redirect(to=visit.url("home"))
    ticket = _by_session(await use_session(visit.desk, token))
    return Redirect(to=visit.url("home"), cookies=_cookies(visit, ticket))


async def ticket_at(visit: Visit, door: Door, text: str) -> Ticket:
    """What the token of a link or a session is worth to somebody whose browser keeps no cookie; it counts as opened.

    Raises what the pages behind ``/l/…``, ``/p/…`` and ``/s/…`` raise.
    """
    token = await _token(visit, door, text)
    if door == "s":
        return _by_session(await use_session(visit.desk, token))
    return _by_link(visit, await _opened(visit, "invoice" if door == "l" else "portal", token))


async def fresh_link(visit: Visit) -> Response:
    """Send a fresh link to the customer's address on file. The answer is the same whoever asks, and for what."""
    wanted = open_request(visit.signer, visit.request.form.get("link", ""), visit.now)
    await limit_sending(visit, wanted or visit.request.form.get("link", ""))
    if wanted and visit.hooks.send_link is not None:
        await _send(visit, wanted)
    _ = visit.language.gettext
    return message_page(
        visit,
        title=_("Check your inbox"),
        heading=_("Check your inbox"),
        text=_("If there is an e-mail address on file for this link, a fresh one is on its way to it."),
    )


async def _token(visit: Visit, door: Door, text: str) -> Token:
    await limit_entering(visit)
    token = open_token(visit.signer, door, text)
    if token is None:
        raise SignatureRefused("the token of the link does not verify")
    return token


async def _opened(visit: Visit, kind: Kind, token: Token) -> LinkRow:
    """The link, counted as opened once more unless this browser has it open already."""
    if isinstance(visit.arrival, Ticket) and (visit.arrival.id, visit.arrival.nonce) == (token.id, token.nonce):
        row = await link_with_id(visit.desk, token.id)
        if row and opens(row, token, visit.now):
            return row
    if _only_looks(visit):
        return await peek_link(visit.desk, kind, token)
    return await use_link(visit.desk, kind, token)


def _only_looks(visit: Visit) -> bool:
    """Whoever asks whether a link is alive is told so, and neither comes in nor uses it up."""
    return visit.request.method == "HEAD"


def _by_link(visit: Visit, link: LinkRow) -> Ticket:
    ends_at = visit.now + visit.settings.session_minutes * 60
    return Ticket("link", link.id, link.nonce, ends_at if link.expires_at is None else min(ends_at, link.expires_at))


def _by_session(session: SessionRow) -> Ticket:
    return Ticket("session", session.id, session.nonce, session.expires_at)


def _cookies(visit: Visit, ticket: Ticket) -> tuple[Cookie, ...]:
    if _only_looks(visit):
        return ()
    value = seal_ticket(visit.signer, ticket)
    return (Cookie(name=SESSION_COOKIE, value=value, max_age=ticket.expires_at - visit.now),)


async def _send(visit: Visit, wanted: str) -> None:
    desk = visit.desk.in_name_of("visitor")
    owner = await _owner(desk, wanted)
    if owner is None or visit.hooks.send_link is None:
        return
    if not visit.settings.public_url:
        log.error("a fresh link was asked for, but public_url is missing: none can be made")
        return
    try:
        addressee = await retrieve_addressee(owner)
    except NotFound:
        return
    if not addressee.email:
        log.info("a fresh link was asked for, but the customer has no address on file")
        return
    url = await _fresh_url(desk, wanted)
    if url is None:
        return
    await appending(desk, Entry(action="link.sent", subject=wanted, customer=owner))
    try:
        await HostCall(visit.hooks.send_link, _message(visit, addressee, owner, url))
    except Exception:
        log.exception("send_link failed: the fresh link was not sent")


async def _owner(desk: Desk, wanted: str) -> str | None:
    if wanted.startswith("ps_"):
        session = await session_with_id(desk, wanted)
        return session.customer if session else None
    link = await link_with_id(desk, wanted)
    return link.customer if link else None


async def _fresh_url(desk: Desk, wanted: str) -> str | None:
    """The address that now opens what the old one did; None where that was ended for another reason than its time.

    Asking ends nobody's session: whoever has an old address must not be able to put others out.
    """
    if wanted.startswith("ps_"):
        session = await renew_session(desk, wanted)
        return session.url if session else None
    return await renew_link(desk, wanted)


def _language(visit: Visit, addressee: Addressee) -> Language:
    """The customer's own language: a mail is not written in that of whoever made it go out."""
    settings = visit.settings
    languages = Languages(settings.default_language, settings.time_zone, settings.translations)
    return languages.find([addressee.language]) or languages.default


def _message(visit: Visit, addressee: Addressee, customer: str, url: str) -> FreshLink:
    language = _language(visit, addressee)
    _ = language.gettext
    name = visit.settings.business_name
    parts = _("Here is the link that was asked for:"), url, _("If it was not you, you need not do anything.")
    return FreshLink(
        email=addressee.email,
        customer_id=customer,
        url=url,
        language=language.tag,
        subject=_("Your fresh link from %(name)s", name=name) if name else _("Your fresh link"),
        text="\n\n".join(parts),
    )
