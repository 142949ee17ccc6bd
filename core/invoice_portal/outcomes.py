"""How payments ended: told to the host once each, and recorded in the audit trail once.

A page hears from Stripe how its payment ended, and so does the webhook, in either order, from several workers and more
than once. Whoever is first to claim an outcome in the database tells the host of it; all others pass it by. A claim
whose owner died before the host was told can be claimed again after :data:`CLAIM_SECONDS`.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, TypeAlias

from invoice_portal.effects import Atomic, HostCall, Query
from invoice_portal.errors import StoreUnavailable
from invoice_portal.hooks import Event, Hooks, Payment, Way
from invoice_portal.payment_words import shown_code
from invoice_portal.sessions import Arrival
from invoice_portal.sharing.model import Desk, clean
from invoice_portal.sharing.rules import DAY
from invoice_portal.sharing.trail import Entry, append
from invoice_portal.visits import Visit

Told: TypeAlias = Literal["told", "known", "failed"]
"""Whether the host was told just now, was told before (or is being told), or its function failed."""

CLAIM_SECONDS: Final = 300
KEPT_DAYS: Final = 90
_BEGUN: Final = "begun"
_ACTIONS: Final = {
    "paid": "invoice.paid",
    "processing": "invoice.payment_processing",
    "failed": "invoice.payment_failed",
}

log = logging.getLogger("invoice_portal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """Who began a payment in the portal, and how."""

    way: Way = "elsewhere"
    visitor: str = ""
    via: str = ""


async def payment_begun(visit: Visit, intent: str, way: Way) -> None:
    """Note who is about to pay with a payment intent, so that the webhook can say so where the page never comes back.

    A database that does not answer holds up nobody: the outcome is then told without this.
    """
    row = claim_row(visit.desk, intent, _BEGUN) | {"way": way, "visitor": clean(visit.name, 400), "via": _via(visit)}
    try:
        await Query("payment.begin", row, _nothing)
    except StoreUnavailable as error:
        log.error("who began a payment was not noted: %s", error.detail)


async def payment_ended(visit: Visit, payment: Payment, attempt: str = "") -> Told:
    """What a page heard of the end of a payment: see :func:`outcome`. The visitor goes on, whatever the host does.

    Where the database does not answer the host is told all the same: rather twice than never. The page around an embed
    frame hears what the visitor's own page heard, whoever else was first.
    """
    visit.happened.append(_event(replace(payment, visitor=visit.name, code=shown_code(payment.code))))
    who = Begun(way=payment.way, visitor=visit.name, via=_via(visit))
    try:
        return await outcome(visit.desk, visit.hooks, payment, who, attempt)
    except StoreUnavailable as error:
        log.error("a payment is not in the audit trail (%s): %s %s", error.detail, payment.status, payment.invoice_id)
        return "told" if await _tell(visit.hooks, replace(payment, visitor=visit.name)) else "failed"


async def outcome(desk: Desk, hooks: Hooks, payment: Payment, who: Begun, attempt: str = "") -> Told:
    """Tell the host's ``after_pay`` or ``payment_failed`` (and ``on_event``), and record it, unless that was done.

    ``payment.payment_intent_id`` and its status say which outcome it is; ``attempt`` tells several failures of one
    intent apart, and several debits on their way (the charge). Raises ``StoreUnavailable`` where the database did not
    answer, so that the host was not told.
    """
    name = f"{payment.status} {attempt}".strip()
    began = {"way": who.way, "visitor": clean(who.visitor, 400), "via": clean(who.via, 64)}
    row = claim_row(desk, payment.payment_intent_id or payment.invoice_id, name) | began
    if not await Query("payment.claim", {**row, "stale": desk.now - CLAIM_SECONDS}, bool):
        return "known"
    told = replace(payment, way=who.way, visitor=who.visitor)
    if not await _tell(hooks, told):
        await Query("payment.release", claim_where(row), _nothing)
        return "failed"
    entry = Entry(
        action=_ACTIONS[payment.status],
        subject=payment.invoice_id,
        customer=payment.customer_id,
        via=who.via,
        actor=who.visitor or desk.by,
        detail={
            name: value
            for name, value in (
                ("payment_intent", payment.payment_intent_id),
                ("payment_method", payment.payment_method_id),
                ("way", who.way),
                ("code", payment.code),
            )
            if value
        },
    )
    try:
        await Atomic(lambda: _finish(desk, row, entry))
    except StoreUnavailable as error:
        # The host has heard of it: whoever calls must not take this for an outcome that is still to be told.
        log.error("not in the audit trail (%s): %s", error.detail, entry)
    return "told"


async def only_once(desk: Desk, intent: str, what: str) -> bool:
    """Whether something that is done once for a payment intent is to be done now: nobody has claimed it before.

    Where the database does not answer it is: rather twice than never.
    """
    try:
        return await Query("payment.claim", claim_row(desk, intent, what) | {"stale": 0}, bool)
    except StoreUnavailable as error:
        log.error("whether it was done before is not known (%s): %s %s", error.detail, what, intent)
        return True


async def who_began(desk: Desk, intent: str) -> Begun:
    """Who began to pay with a payment intent in the portal, within a day; nobody where it was begun elsewhere.

    A debit that has been on its way since was begun by whom that was told of. Raises ``StoreUnavailable`` where the
    database does not answer.
    """
    where = {
        name: value for name, value in claim_where(claim_row(desk, intent, _BEGUN)).items() if name != "the_outcome"
    }
    return await Query("payment.begun", {**where, "since": desk.now - DAY}, _begun)


async def _finish(desk: Desk, row: Mapping[str, Any], entry: Entry) -> None:
    await Query("payment.told", {**claim_where(row), "now": desk.now}, _nothing)
    await Query("payment.sweep", {"before": desk.now - KEPT_DAYS * DAY}, _nothing)
    await append(desk, entry)


async def _tell(hooks: Hooks, payment: Payment) -> bool:
    """Call what the host has for this; whether all of it went well. A failure is logged."""
    failed = payment.status == "failed"
    function = hooks.payment_failed if failed else hooks.after_pay
    named = "payment_failed" if failed else "after_pay"
    calls = ((named, function, payment), ("on_event", hooks.on_event, _event(payment)))
    for name, called, argument in calls:
        try:
            if called is not None:
                await HostCall(called, argument)
        except Exception:
            log.exception("the hook %s failed", name)
            if name != "on_event":
                return False
    return True


def _event(payment: Payment) -> Event:
    """The end of a payment by its name; its intent tells two payments of one invoice apart."""
    more = {"code": payment.code, "payment_intent": payment.payment_intent_id}
    return Event(
        name="payment_failed" if payment.status == "failed" else "pay_invoice",
        visitor=payment.visitor,
        customer_id=payment.customer_id,
        subject=payment.invoice_id,
        details={
            "amount": payment.amount,
            "currency": payment.currency,
            "status": payment.status,
            "way": payment.way,
            **{name: value for name, value in more.items() if value},
        },
    )


def claim_row(desk: Desk, intent: str, name: str) -> dict[str, Any]:
    """A claim of something that only one may do, by the payment intent or invoice that it is about and its name."""
    return {
        "id": f"pay_{secrets.token_hex(12)}",
        "account": desk.account,
        "intent": clean(intent, 255),
        "outcome": clean(name, 255),
        "way": "",
        "visitor": "",
        "via": "",
        "claimed_at": desk.now,
        "told_at": None,
    }


def claim_where(row: Mapping[str, Any]) -> dict[str, Any]:
    """What finds a claim again."""
    return {f"the_{name}": row[name] for name in ("account", "intent", "outcome")}


def _via(visit: Visit) -> str:
    return clean(visit.arrival.via, 64) if isinstance(visit.arrival, Arrival) else ""


def _begun(rows: Sequence[Mapping[str, Any]]) -> Begun:
    return Begun(way=rows[0]["way"], visitor=rows[0]["visitor"], via=rows[0]["via"]) if rows else Begun()


def _nothing(rows: object) -> None:
    return None
