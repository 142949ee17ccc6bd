"""The programs about portal sessions: short ones, of which a new one ends the others unless it is told not to."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from invoice_portal.effects import Atomic, Query
from invoice_portal.errors import LinkEnded, LinkRevoked, NotFound, SharedLinkExpired
from invoice_portal.sharing.model import (
    SHARED_ACTIONS,
    Desk,
    PortalSession,
    SessionInfo,
    SessionRow,
    checked_actions,
    clean,
    pack,
    session_row,
    unpack,
)
from invoice_portal.sharing.rules import DAY, DEFAULT_SESSION_MINUTES, session_expiry
from invoice_portal.sharing.tokens import Token, address, base_url, is_own_id, new_id, new_nonce
from invoice_portal.sharing.trail import Entry, append
from invoice_portal.stripe_api.customers import customer_with_id
from invoice_portal.stripe_api.ids import checked

_KEPT_SECONDS: Final = 30 * DAY
"""How long an expired session's row is kept: that long its page can say so, and offer a fresh link."""


async def create_session(
    desk: Desk,
    customer: str,
    *,
    expires_in_minutes: int = DEFAULT_SESSION_MINUTES,
    invalidate_existing: bool = True,
    actions: Collection[str] | None = None,
) -> PortalSession:
    """A new session, whose address lets the customer in. The permanent link is not touched.

    It lets them look, download and pay; with ``actions`` it may be less, or ``manage`` as well.
    Raises ``NotFound`` where Stripe has no such customer, ``ValueError`` for anything but 1 to 180 minutes.
    """
    base_url(desk)
    expires_at = session_expiry(desk.now, expires_in_minutes)
    allowed = pack(SHARED_ACTIONS if actions is None else checked_actions(actions))
    await _known(customer)

    async def program() -> SessionRow:
        generation = await _generation(desk, customer, step=int(invalidate_existing))
        detail = {"invalidate_existing": bool(invalidate_existing)}
        return await _add(desk, customer, generation, allowed, expires_at, detail)

    return _made(desk, await Atomic(program))


async def renew_session(desk: Desk, id: str) -> PortalSession | None:
    """A new session in place of one that time alone has ended, for as much as that one allowed; others go on.

    None for any other: what was ended stays so. That is looked at where the new one is made, with the customer's
    generation locked.
    """
    old = await session_with_id(desk, id)
    if old is None or old.state(desk.now) != "expired":
        return None
    customer = old.customer
    await _known(customer)

    async def program() -> SessionRow | None:
        generation = await _generation(desk, customer, step=0)
        now = await session_with_id(desk, id)
        if now is None or now.state(desk.now) != "expired":
            return None
        expires_at = session_expiry(desk.now, DEFAULT_SESSION_MINUTES)
        return await _add(desk, customer, generation, now.actions, expires_at, {"in_place_of": id})

    row = await Atomic(program)
    return _made(desk, row) if row else None


async def show_session(desk: Desk, id: str) -> SessionInfo | None:
    """A session as it stands; None where there is none."""
    row = await session_with_id(desk, id)
    return _shown(desk, row) if row else None


async def sessions_of(desk: Desk, customer: str) -> tuple[SessionInfo, ...]:
    """A customer's sessions that have not expired, the newest first."""
    params = {"the_account": desk.account, "the_customer": checked("cus", customer), "now": desk.now}
    return tuple(_shown(desk, row) for row in await Query("sessions.of_customer", params, _all))


async def revoke_session(desk: Desk, id: str) -> SessionInfo:
    """End one session at once, on every worker. Ending it twice is no error. Raises ``NotFound`` for an unknown id."""

    row = await session_with_id(desk, id)
    if row is None:
        raise NotFound("there is no such session")

    async def program() -> None:
        where = {"the_id": id, "the_account": desk.account}
        if await Query("session.revoke", {**where, "now": desk.now}, bool):
            await append(desk, Entry(action="session.revoked", subject=id, customer=row.customer))

    await Atomic(program)
    return _shown(desk, await session_with_id(desk, id) or row)


async def revoke_sessions_of(desk: Desk, customer: str) -> int:
    """End every session of a customer at once; gives how many were active.

    Nothing is written for a customer that never had one. Raises ``NotFound`` for what cannot be a customer's id.
    """
    where = {"the_account": desk.account, "the_customer": checked("cus", customer)}

    async def program() -> int:
        generation = await Query("customer.end", where, lambda rows: int(rows[0]["generation"]) if rows else None)
        if generation is None:
            return 0
        sessions = await Query("sessions.of_customer", {**where, "now": desk.now}, _all)
        ended = sum(one.generation == generation - 1 and one.revoked_at is None for one in sessions)
        detail = {"sessions": ended}
        await append(desk, Entry(action="sessions.revoked", subject=customer, customer=customer, detail=detail))
        return ended

    return await Atomic(program)


async def use_session(desk: Desk, token: Token) -> SessionRow:
    """Come in by a session's address. Raises ``LinkEnded`` where it has expired or was ended."""
    where = {"the_id": token.id, "the_nonce": token.nonce, "the_account": desk.account}

    async def program() -> SessionRow | None:
        used = await Query("session.use", {**where, "now": desk.now}, _one)
        if used:
            actor = f"session {used.id}"
            entry = Entry(action="entered", subject=used.id, customer=used.customer, actor=actor, via=actor)
            await append(desk, entry)
        return used

    row = await Atomic(program)
    if row is None:
        raise why_session_ended(await session_with_id(desk, token.id), token, desk.now)
    return row


async def peek_session(desk: Desk, token: Token) -> None:
    """Raises ``LinkEnded`` where a session could not be opened; nothing is counted."""
    row = await session_with_id(desk, token.id)
    if row is None or row.nonce != token.nonce or row.state(desk.now) != "active":
        raise why_session_ended(row, token, desk.now)


async def session_with_id(desk: Desk, id: str) -> SessionRow | None:
    """The row of one session, with its customer's generation: all that a request needs to know, in one query."""
    if not is_own_id("ps", id):
        return None
    return await Query("session.with_id", {"the_id": id, "the_account": desk.account}, _one)


def why_session_ended(row: SessionRow | None, token: Token, now: int) -> LinkEnded:
    """The error for a session that opens nothing. It names the row where a fresh one may be sent: one that expired."""
    if row is None or row.nonce != token.nonce:
        return LinkRevoked("there is no such session")
    if row.expires_at <= now:
        return SharedLinkExpired("the session has expired", row.id if row.state(now) == "expired" else "")
    return LinkRevoked("the session was ended")


async def _known(customer: str) -> None:
    if not (await customer_with_id(checked("cus", customer))).items:
        raise NotFound("the customer was deleted")


async def _add(
    desk: Desk, customer: str, generation: int, actions: str, expires_at: int, detail: Mapping[str, Any]
) -> SessionRow:
    """The row of a new session, and its record; what is long over is swept out on the way."""
    row = SessionRow(
        id=new_id("ps"),
        account=desk.account,
        customer=customer,
        nonce=new_nonce(),
        generation=generation,
        actions=actions,
        uses=0,
        created_at=desk.now,
        created_by=clean(desk.by, 255),
        expires_at=expires_at,
        revoked_at=None,
        last_used_at=None,
        current=generation,
    )
    values = asdict(row)
    del values["current"]
    await Query("session.add", values, _nothing)
    old = {"the_account": desk.account, "the_customer": customer, "before": desk.now - _KEPT_SECONDS}
    await Query("session.sweep", old, _nothing)
    detail = {"expires_at": expires_at, **detail}
    await append(desk, Entry(action="session.created", subject=row.id, customer=customer, detail=detail))
    return row


def _made(desk: Desk, row: SessionRow) -> PortalSession:
    return PortalSession(
        id=row.id,
        customer_id=row.customer,
        created_at=row.created_at,
        expires_at=row.expires_at,
        url=address(desk, "s", Token(row.id, row.nonce)),
    )


async def _generation(desk: Desk, customer: str, *, step: int) -> int:
    """The customer's generation, raised by ``step``; the row stays locked until the transaction ends."""
    new = {"id": new_id("cg"), "account": desk.account, "customer": customer, "generation": 1, "step": step}
    return await Query("customer.generation", new, lambda rows: int(rows[0]["generation"]))


def _shown(desk: Desk, row: SessionRow) -> SessionInfo:
    return SessionInfo(
        id=row.id,
        customer_id=row.customer,
        state=row.state(desk.now),
        actions=unpack(row.actions),
        uses=row.uses,
        created_at=row.created_at,
        created_by=row.created_by,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
    )


def _all(rows: Sequence[Mapping[str, Any]]) -> tuple[SessionRow, ...]:
    return tuple(session_row(row) for row in rows)


def _one(rows: Sequence[Mapping[str, Any]]) -> SessionRow | None:
    return session_row(rows[0]) if rows else None


def _nothing(rows: object) -> None:
    return None
