"""Coming in by a link or a portal session, and asking for a fresh one."""

from __future__ import annotations

import logging

from invoice_portal.admission import opens
from invoice_portal.effects import HostCall
from invoice_portal.errors import BadRequest, NotFound, SignatureRefused
from invoice_portal.http import Cookie, Redirect, Response
from invoice_portal.limiting import limit_entering, limit_sending
from invoice_portal.pages.message import message_page
from invoice_portal.sessions import SESSION_COOKIE, Ticket, seal_ticket
from invoice_portal.sharing.fresh import FreshLink, open_request
from invoice_portal.sharing.links import link_with_id, refresh_link, show_link, use_link
from invoice_portal.sharing.model import Desk, Kind, LinkRow, unpack
from invoice_portal.sharing.portal_sessions import create_session, session_with_id, use_session
from invoice_portal.sharing.tokens import Door, Token, open_token
from invoice_portal.sharing.trail import Entry, appending
from invoice_portal.stripe_api.shareable import Addressee, retrieve_addressee
from invoice_portal.visits import Visit

log = logging.getLogger("invoice_portal")


async def invoice_link(visit: Visit) -> Response:
    """``/l/{token}``: opens one invoice, and nothing else of its customer."""
    token = await _token(visit, "l")
    if visit.request.method == "HEAD":
        return Redirect(to=visit.url("home"))  # whoever only looks whether the link is alive does not use it up
    link = await _opened(visit, "invoice", token)
    return Redirect(to=visit.url("invoice", invoice=link.subject), cookies=(_cookie(visit, token, link.expires_at),))


async def portal_link(visit: Visit) -> Response:
    """``/p/{token}``: opens a customer's portal."""
    token = await _token(visit, "p")
    if visit.request.method == "HEAD":
        return Redirect(to=visit.url("home"))
    link = await _opened(visit, "portal", token)
    return Redirect(to=visit.url("home"), cookies=(_cookie(visit, token, link.expires_at),))


async def portal_session(visit: Visit) -> Response:
    """``/s/{token}``: opens a customer's portal for as long as the session lasts."""
    token = await _token(visit, "s")
    if visit.request.method == "HEAD":
        return Redirect(to=visit.url("home"))
    session = await use_session(visit.desk, token)
    seconds = session.expires_at - visit.now
    ticket = Ticket("session", session.id, session.nonce, session.expires_at)
    cookie = Cookie(name=SESSION_COOKIE, value=seal_ticket(visit.signer, ticket), max_age=seconds)
    return Redirect(to=visit.url("home"), cookies=(cookie,))


async def fresh_link(visit: Visit) -> Response:
    """Send a fresh link to the customer's address on file. The answer is the same whoever asks, and for what."""
    wanted = open_request(visit.signer, visit.request.form.get("link", ""))
    await limit_sending(visit, wanted or visit.request.form.get("link", ""))
    if wanted and visit.send_link:
        await _send(visit, wanted)
    _ = visit.language.gettext
    return message_page(
        visit,
        title=_("Check your inbox"),
        heading=_("Check your inbox"),
        text=_("If there is an e-mail address on file for this link, a fresh one is on its way to it."),
    )


async def _token(visit: Visit, door: Door) -> Token:
    await limit_entering(visit)
    token = open_token(visit.signer, door, visit.request.args["token"])
    if token is None:
        raise SignatureRefused("the token in the address does not verify")
    return token


async def _opened(visit: Visit, kind: Kind, token: Token) -> LinkRow:
    """The link, counted as opened once more unless this browser has it open already."""
    if isinstance(visit.arrival, Ticket) and (visit.arrival.id, visit.arrival.nonce) == (token.id, token.nonce):
        row = await link_with_id(visit.desk, token.id)
        if row and opens(row, token, visit.now):
            return row
    return await use_link(visit.desk, kind, token)


def _cookie(visit: Visit, token: Token, expires_at: int | None) -> Cookie:
    seconds = visit.settings.session_minutes * 60
    if expires_at is not None:
        seconds = min(seconds, expires_at - visit.now)
    ticket = Ticket("link", token.id, token.nonce, visit.now + seconds)
    return Cookie(name=SESSION_COOKIE, value=seal_ticket(visit.signer, ticket), max_age=seconds)


async def _send(visit: Visit, wanted: str) -> None:
    desk = visit.desk.in_name_of("visitor")
    owner = await _owner(desk, wanted)
    if owner is None or visit.send_link is None:
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
        await HostCall(visit.send_link, _message(visit, addressee, owner, url))
    except Exception:
        log.exception("send_link failed: the fresh link was not sent")


async def _owner(desk: Desk, wanted: str) -> str | None:
    if wanted.startswith("ps_"):
        session = await session_with_id(desk, wanted)
        return session.customer if session else None
    link = await link_with_id(desk, wanted)
    return link.customer if link else None


async def _fresh_url(desk: Desk, wanted: str) -> str | None:
    """The address that now opens what the old one did. A link that another has refreshed since is not refreshed again.

    Asking ends nobody's session: whoever has an old address must not be able to put others out.
    """
    session = await session_with_id(desk, wanted) if wanted.startswith("ps_") else None
    if session:
        made = await create_session(desk, session.customer, invalidate_existing=False, actions=unpack(session.actions))
        return made.url
    row = await link_with_id(desk, wanted)
    if row is None:
        return None
    now = await show_link(desk, row.kind, row.subject)
    if now and now.url:
        return now.url
    try:
        return (await refresh_link(desk, row.kind, row.subject)).url
    except BadRequest:  # only portal sessions are given by now
        made = await create_session(desk, row.customer, invalidate_existing=False, actions=unpack(row.actions))
        return made.url


def _message(visit: Visit, addressee: Addressee, customer: str, url: str) -> FreshLink:
    _ = visit.language.gettext
    name = visit.settings.business_name
    parts = _("Here is the link that was asked for:"), url, _("If it was not you, you need not do anything.")
    return FreshLink(
        email=addressee.email,
        customer_id=customer,
        url=url,
        language=visit.language.tag,
        subject=_("Your fresh link from %(name)s", name=name) if name else _("Your fresh link"),
        text="\n\n".join(parts),
    )
