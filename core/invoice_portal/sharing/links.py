"""The programs about links. At most one link per invoice, and one per customer's portal, by the table's own key."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from invoice_portal.effects import Atomic, Query
from invoice_portal.errors import BadRequest, LinkEnded, LinkRevoked, LinkUsedUp, NotFound, SharedLinkExpired
from invoice_portal.sharing.model import (
    SHARED_ACTIONS,
    Desk,
    Kind,
    Link,
    LinkRow,
    clean,
    link_actions,
    link_row,
    pack,
    unpack,
)
from invoice_portal.sharing.rules import link_expiry, refreshed_expiry
from invoice_portal.sharing.tokens import Door, Token, address, base_url, new_id, new_nonce
from invoice_portal.sharing.trail import Entry, append
from invoice_portal.stripe_api.customers import customer_with_id
from invoice_portal.stripe_api.ids import Prefix, checked, is_id
from invoice_portal.stripe_api.shareable import Shareable, retrieve_shareable

UNLIMITED: Final = 0
"""``max_uses`` for a link without a limit, where None leaves it as it is."""
_PREFIXES: Final[dict[Kind, Prefix]] = {"invoice": "in", "portal": "cus"}
_DOORS: Final[dict[Kind, Door]] = {"invoice": "l", "portal": "p"}


async def make_invoice_link(
    desk: Desk, invoice: str, *, actions: Collection[str] | None = None, max_uses: int | None = None
) -> Link:
    """The link to an invoice: a new one, or the one that is there, with what was given changed in place.

    One that was revoked or has expired stays so, with the options for its next refresh; one that is used up opens again
    once it is given more uses. Raises ``NotFound`` where Stripe has no such
    invoice, ``BadRequest`` for a draft, ``ValueError`` for options that cannot be.
    """
    base_url(desk)
    row = await _find(desk, "invoice", checked("in", invoice))
    if row is None:
        shared = await _shareable(invoice)
        expires_at = link_expiry(
            shared.due_date,
            shared.finalized_at,
            desk.now,
            days=desk.settings.invoice_link_days,
            refreshed_days=desk.settings.refreshed_link_days,
        )
        new = _new_row(desk, "invoice", invoice, shared.owner or "", expires_at, actions, max_uses)
        made = await Atomic(lambda: _make(desk, new, "link.make", {}))
        return _shown(desk, made or new)
    return _shown(desk, await _change(desk, row, actions, max_uses))


async def make_portal_link(
    desk: Desk, customer: str, *, actions: Collection[str] | None = None, max_uses: int | None = None
) -> Link | None:
    """The permanent link to a customer's portal; None for a new customer once only portal sessions are given.

    Raises ``NotFound`` where Stripe has no such customer, ``ValueError`` for options that cannot be.
    """
    base_url(desk)
    row = await _find(desk, "portal", checked("cus", customer))
    if row is None:
        if not (await customer_with_id(customer)).items:
            raise NotFound("the customer was deleted")
        new = _new_row(desk, "portal", customer, customer, None, actions, max_uses)
        made = await Atomic(lambda: _make(desk, new, "link.make_unless", {"switch": _switch(desk)}))
        return _shown(desk, made) if made else None
    return _shown(desk, await _change(desk, row, actions, max_uses))


async def show_link(desk: Desk, kind: Kind, subject: str) -> Link | None:
    """The link as it stands; None where none was ever made."""
    if not is_id(_PREFIXES[kind], subject):
        return None
    row = await _find(desk, kind, subject)
    return _shown(desk, row) if row else None


async def links_of(desk: Desk, customer: str) -> tuple[Link, ...]:
    """Every link of a customer: to the portal, and to invoices."""
    params = {"the_account": desk.account, "the_customer": checked("cus", customer)}
    rows = await Query("links.of_customer", params, lambda rows: tuple(link_row(row) for row in rows))
    return tuple(_shown(desk, row) for row in rows)


async def refresh_link(
    desk: Desk, kind: Kind, subject: str, *, actions: Collection[str] | None = None, max_uses: int | None = None
) -> Link:
    """A new link in place of the old, which ends with it. An invoice's is then good for ``refreshed_link_days``.

    It allows what the old one did, but for options that are given; there is no moment in which it allows more. Raises
    ``NotFound`` where there is nothing to refresh, and ``BadRequest`` for an ended portal link once only portal
    sessions are given.
    """
    base_url(desk)
    row = await _find(desk, kind, subject)
    if row is None:
        raise NotFound(f"there is no link to {subject} yet: make one")
    if kind == "portal" and row.state(desk.now) != "active" and await switched_on(desk):
        raise BadRequest("only portal sessions are given, and this portal link has ended: make a session")
    expires_at = refreshed_expiry(desk.now, days=desk.settings.refreshed_link_days) if kind == "invoice" else None
    changes = {"nonce": new_nonce(), "created_by": clean(desk.by, 255), "expires_at": expires_at, "now": desk.now}
    wanted = None if actions is None else pack(link_actions(actions))
    limit = None if max_uses is None else _limit(max_uses)

    async def program() -> LinkRow | None:
        refreshed = await Query("link.refresh", {**_where(desk, kind, subject), **changes}, _one)
        if refreshed is None:
            return None
        options = (
            refreshed.actions if wanted is None else wanted,
            refreshed.max_uses if max_uses is None else limit,
        )
        detail: dict[str, Any] = {"expires_at": expires_at}
        if options != (refreshed.actions, refreshed.max_uses):
            refreshed = await _put(refreshed.id, *options) or refreshed
            detail |= {"actions": options[0], "max_uses": options[1]}
        await append(desk, _entry("link.refreshed", refreshed, detail))
        return refreshed

    refreshed = await Atomic(program)
    return _shown(desk, refreshed or row)


async def revoke_link(desk: Desk, kind: Kind, subject: str) -> Link:
    """End a link at once, on every worker. Ending it twice is no error. Raises ``NotFound`` where there is none."""

    async def program() -> LinkRow | None:
        revoked = await Query("link.revoke", {**_where(desk, kind, subject), "now": desk.now}, _one)
        if revoked:
            await append(desk, _entry("link.revoked", revoked))
        return revoked

    row = await Atomic(program) or await _find(desk, kind, subject)
    if row is None:
        raise NotFound(f"there is no link to {subject}")
    return _shown(desk, row)


async def use_link(desk: Desk, kind: Kind, token: Token) -> LinkRow:
    """Open a link once: it is counted, where it may still be opened. Raises ``LinkEnded`` where it may not."""
    where = {"the_id": token.id, "the_nonce": token.nonce, "the_kind": kind, "the_account": desk.account}

    async def program() -> LinkRow | None:
        used = await Query("link.use", {**where, "now": desk.now}, _one)
        if used:
            actor = f"link {used.id}"
            await append(desk, _entry("entered", used, {"uses": used.uses}, actor=actor, via=actor))
        return used

    row = await Atomic(program)
    if row is None:
        raise why_ended(await link_with_id(desk, token.id), token, desk.now)
    return row


async def peek_link(desk: Desk, kind: Kind, token: Token) -> LinkRow:
    """The row of a link that could be opened, without counting. Raises ``LinkEnded`` where it could not."""
    row = await link_with_id(desk, token.id)
    if row is None or row.kind != kind or row.nonce != token.nonce or row.state(desk.now) != "active":
        raise why_ended(row, token, desk.now)
    return row


async def link_with_id(desk: Desk, id: str) -> LinkRow | None:
    """The row of one link."""
    return await Query("link.with_id", {"the_id": id, "the_account": desk.account}, _one)


async def switched_on(desk: Desk) -> bool:
    """Whether "portal sessions only" has ever been put on for this account, live or test."""
    return await Query("switch.find", {"the_name": _switch(desk)}, bool)


async def switch_on(desk: Desk) -> None:
    """Put "portal sessions only" on, for good."""

    async def program() -> None:
        if await Query("switch.set", {"name": _switch(desk), "set_at": desk.now}, bool):
            await append(desk, Entry(action="portal_sessions_only.set"))

    await Atomic(program)


def why_ended(row: LinkRow | None, token: Token, now: int) -> LinkEnded:
    """The error for a link that opens nothing: nothing of its invoice is in it.

    It names the row only where a fresh link may be sent: for one that time alone has ended, and for one that a newer,
    active one has replaced. What was revoked or used up stays so until the merchant refreshes it.
    """
    if row is None:
        return LinkRevoked("the link's row is gone")
    if row.nonce != token.nonce:
        newer = row.id if row.state(now) == "active" else ""
        return LinkRevoked("the link was refreshed: a newer one took its place", newer)
    match row.state(now):
        case "expired":
            return SharedLinkExpired("the link is past its expiry", "" if row.spent else row.id)
        case "used_up":
            return LinkUsedUp("the link was opened as often as it may be")
        case _:
            return LinkRevoked("the link was revoked")


async def renew_link(desk: Desk, id: str) -> str | None:
    """The address of a fresh link for whoever asks with an old one; None where none may be sent.

    One that has expired is refreshed; one that is active, because it was refreshed since, is given as it is. The
    statement itself looks at the state: a link that is revoked in this very moment stays revoked.
    """
    expires_at = refreshed_expiry(desk.now, days=desk.settings.refreshed_link_days)
    changes = {"nonce": new_nonce(), "created_by": clean(desk.by, 255), "expires_at": expires_at, "now": desk.now}

    async def program() -> LinkRow | None:
        renewed = await Query("link.renew", {"the_id": id, "the_account": desk.account, **changes}, _one)
        if renewed:
            await append(desk, _entry("link.refreshed", renewed, {"expires_at": expires_at}))
        return renewed

    row = await Atomic(program) or await link_with_id(desk, id)
    return _shown(desk, row).url if row else None


async def _shareable(invoice: str) -> Shareable:
    shared = await retrieve_shareable(invoice)
    if shared.owner is None:
        raise NotFound("the invoice has no customer")
    if shared.status == "draft":
        raise BadRequest("a draft cannot be shared: finalise the invoice first")
    return shared


async def _make(desk: Desk, new: LinkRow, statement: str, params: Mapping[str, object]) -> LinkRow | None:
    """The row, new or as another worker has just made it; None where the switch forbids it."""
    row = await Query(statement, {**asdict(new), **params}, _one)
    if row is not None and row.id == new.id:
        await append(desk, _entry("link.created", row, {"expires_at": row.expires_at}))
    return row


async def _change(desk: Desk, row: LinkRow, actions: Collection[str] | None, max_uses: int | None) -> LinkRow:
    """The options that were given, put into a link, ended or not; its address stays."""
    wanted = row.actions if actions is None else pack(link_actions(actions))
    limit = row.max_uses if max_uses is None else _limit(max_uses)
    if (wanted, limit) == (row.actions, row.max_uses):
        return row

    async def program() -> LinkRow | None:
        changed = await _put(row.id, wanted, limit)
        if changed:
            await append(desk, _entry("link.changed", changed, {"actions": wanted, "max_uses": limit}))
        return changed

    return await Atomic(program) or row


def _put(id: str, actions: str, max_uses: int | None) -> Query[LinkRow | None]:
    return Query("link.change", {"the_id": id, "actions": actions, "max_uses": max_uses}, _one)


async def _find(desk: Desk, kind: Kind, subject: str) -> LinkRow | None:
    return await Query("link.find", _where(desk, kind, subject), _one)


def _where(desk: Desk, kind: Kind, subject: str) -> dict[str, object]:
    return {"the_account": desk.account, "the_kind": kind, "the_subject": checked(_PREFIXES[kind], subject)}


def _new_row(
    desk: Desk,
    kind: Kind,
    subject: str,
    customer: str,
    expires_at: int | None,
    actions: Collection[str] | None,
    max_uses: int | None,
) -> LinkRow:
    return LinkRow(
        id=new_id("link"),
        account=desk.account,
        kind=kind,
        subject=subject,
        customer=customer,
        nonce=new_nonce(),
        actions=pack(SHARED_ACTIONS if actions is None else link_actions(actions)),
        max_uses=_limit(max_uses or UNLIMITED),
        uses=0,
        created_at=desk.now,
        created_by=clean(desk.by, 255),
        expires_at=expires_at,
        revoked_at=None,
        first_used_at=None,
        last_used_at=None,
    )


def _switch(desk: Desk) -> str:
    """The name of the one-way switch: portals that share a database have one each."""
    mode = "live" if desk.settings.live else "test"
    return f"portal_sessions_only {mode} {desk.account}".rstrip()


def _limit(max_uses: int) -> int | None:
    if not isinstance(max_uses, int) or isinstance(max_uses, bool) or not UNLIMITED <= max_uses <= 1_000_000:
        raise ValueError("max_uses must be a number from 1 to 1000000, or 0 for no limit")
    return max_uses or None


def _shown(desk: Desk, row: LinkRow) -> Link:
    state = row.state(desk.now)
    token = Token(row.id, row.nonce)
    return Link(
        id=row.id,
        kind=row.kind,
        invoice_id=row.subject if row.kind == "invoice" else None,
        customer_id=row.customer,
        state=state,
        url=address(desk, _DOORS[row.kind], token) if state == "active" and desk.settings.public_url else None,
        actions=unpack(row.actions),
        max_uses=row.max_uses,
        uses=row.uses,
        created_at=row.created_at,
        created_by=row.created_by,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        first_used_at=row.first_used_at,
        last_used_at=row.last_used_at,
    )


def _entry(
    action: str, row: LinkRow, detail: Mapping[str, Any] | None = None, *, actor: str = "", via: str = ""
) -> Entry:
    more = {"link": row.id, "of": row.subject, **(detail or {})}
    return Entry(action=action, subject=row.id, customer=row.customer, actor=actor, via=via, detail=more)


def _one(rows: Sequence[Mapping[str, Any]]) -> LinkRow | None:
    return link_row(rows[0]) if rows else None
