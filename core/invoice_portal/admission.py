"""From a cookie to an arrival: what a link or a session that was opened in this browser is worth now.

One query a request. So a link that is revoked on one worker opens nothing on any other from the very next request on.
"""

from __future__ import annotations

from dataclasses import replace

from invoice_portal.errors import PortalError
from invoice_portal.identity import CustomerId
from invoice_portal.sessions import Arrival, Ticket
from invoice_portal.sharing.links import link_with_id, why_ended
from invoice_portal.sharing.model import LinkRow, unpack
from invoice_portal.sharing.portal_sessions import session_with_id, why_session_ended
from invoice_portal.sharing.tokens import Token
from invoice_portal.visits import Visit


async def admit(visit: Visit) -> Visit:
    """The visit with a ticket looked up: an arrival, or the error that says why there is none."""
    if not isinstance(visit.arrival, Ticket):
        return visit
    try:
        return replace(visit, arrival=await _look_up(visit, visit.arrival))
    except PortalError as error:
        return replace(visit, arrival=error, by_session=False)


def opens(row: LinkRow, token: Token, now: int) -> bool:
    """Whether a browser that has opened the link may go on: one that is used up admits nobody new, that is all."""
    return row.nonce == token.nonce and row.state(now) in ("active", "used_up")


async def _look_up(visit: Visit, ticket: Ticket) -> Arrival:
    token, desk = Token(ticket.id, ticket.nonce), visit.desk
    if ticket.door == "session":
        session = await session_with_id(desk, ticket.id)
        if session is None or session.nonce != token.nonce or session.state(visit.now) != "active":
            raise why_session_ended(session, token, visit.now)
        allowed = frozenset(unpack(session.actions))
        return Arrival(CustomerId(session.customer), actions=allowed, via=f"session {session.id}")
    link = await link_with_id(desk, ticket.id)
    if link is None or not opens(link, token, visit.now):
        raise why_ended(link, token, visit.now)
    return Arrival(
        CustomerId(link.customer),
        actions=frozenset(unpack(link.actions)),
        invoice=link.subject if link.kind == "invoice" else None,
        via=f"link {link.id}",
    )
