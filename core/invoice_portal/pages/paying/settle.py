"""Paying with a saved method: the one call that takes the money, and what Stripe says became of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from invoice_portal.effects import Failed, Outcome, StripeCall, each
from invoice_portal.errors import NotFound, PaymentDeclined, PortalError, StripeRejected, StripeUnavailable
from invoice_portal.outcomes import payment_begun
from invoice_portal.pages.paying.due import Due, fetch_due
from invoice_portal.pages.paying.limits import fits
from invoice_portal.pages.paying.own_intent import Wish, key_of, make_way, own_intent
from invoice_portal.pages.paying.statement import Statement
from invoice_portal.pages.paying.turn import end_turn, prepare, take_turn
from invoice_portal.stripe_api.payment_intents import cancel_intent, confirm_intent, pay_invoice
from invoice_portal.stripe_api.payment_methods import SavedMethod
from invoice_portal.stripe_api.payments import Intent
from invoice_portal.visits import Visit

Status: TypeAlias = Literal["paid", "processing", "action", "failed", "changed", "busy", "nothing", "unknown"]

_MOST_REPLAYS: Final = 10


@dataclass(frozen=True, slots=True)
class Settled:
    """How it ended, by a reading made afterwards.

    ``action``: the customer must act first. ``failed``: ``code`` says why. ``changed``: what is due is not what the
    page said; nothing was paid. ``busy``: another payment of the invoice is ahead; nothing was paid by this one.
    ``nothing``: there is nothing (left) to pay, or it is on its way already. ``unknown``: Stripe did not answer;
    paying again is safe, and pays once. ``attempt`` tells one failure of an intent, and
    one debit on its way, from the others.
    """

    status: Status
    code: str = ""
    intent: str = ""
    attempt: str = ""


@dataclass(frozen=True, slots=True)
class _Charge:
    """A call that is about to take the money: the reading before it, and the call by the number of its try."""

    due: Due
    intent: Intent
    call: Callable[[int], StripeCall[None]]


async def settle(
    visit: Visit, due: Due, statement: Statement, method: SavedMethod, types: Sequence[str] = ()
) -> Settled:
    """Take what was stated with a saved method. ``due`` is a fresh reading, ``types`` are all that may be paid with.

    The bank may ask the customer, whose browser is then given the intent's secret: the intent takes ``types`` only.
    What is raised was raised before any money could be taken.
    """
    wish = Wish(statement.amount, (method.shown.type,))
    turn = _fitting(due, statement, method, types)
    id, holder = due.invoice.id, turn.id if turn else wish.name
    if not await take_turn(visit, id, holder):
        return Settled("busy")
    charge = await prepare(visit, id, holder, _prepared(visit, due, statement, method, types, wish, holder))
    settled = charge if isinstance(charge, Settled) else await _tried(visit, charge)
    if settled.status != "unknown":
        await end_turn(visit, id, holder)
    return settled


def _fitting(due: Due, statement: Statement, method: SavedMethod, types: Sequence[str]) -> Intent | None:
    """The intent that Stripe made with the invoice, where it takes what was stated with this method and no other."""
    default = due.default
    whole = default is not None and not statement.part and fits(default, types)
    return default if default is not None and whole and method.shown.type in default.types else None


async def _prepared(
    visit: Visit,
    due: Due,
    statement: Statement,
    method: SavedMethod,
    types: Sequence[str],
    wish: Wish,
    holder: str,
) -> _Charge | Settled:
    due = await fetch_due(visit, due.invoice.id)  # whoever had the turn before may have paid
    if not due.payable or not statement.holds(due):
        return Settled("changed" if due.payable else "nothing")
    default = _fitting(due, statement, method, types)
    if default is not None:
        due = await make_way(visit, due)
        intent = due.default
    else:
        due, intent = await own_intent(visit, due, wish)
    if intent is None or not due.payable or not statement.holds(due):
        return Settled("changed" if due.payable else "nothing")
    id = intent.id

    def call(attempt: int) -> StripeCall[None]:
        key = key_of(due.state, id, method.id, str(attempt))
        if default is not None and id == default.id:
            return pay_invoice(due.invoice.id, method.id, key)
        return confirm_intent(id, method.id, key)

    await payment_begun(visit, id, "saved")
    if not await take_turn(visit, due.invoice.id, holder):  # Stripe was slow, and another tab has it by now
        return Settled("busy")
    return _Charge(due, intent, call)


async def _tried(visit: Visit, charge: _Charge) -> Settled:
    """Make the call and read again. From here on nothing is raised: money may have been taken.

    Stripe repeats a refusal for a day, and a failure of its own too. Where an answer is such a repetition and has left
    no trace, the state of things is the one before it and nothing is under way: then the customer's new try is a new
    call.
    """
    due, intent = charge.due, charge.intent
    for attempt in range(_MOST_REPLAYS):
        (outcome,) = await each([charge.call(attempt)])
        try:
            after = await fetch_due(visit, due.invoice.id)
        except PortalError:
            return Settled("unknown", intent=intent.id)
        if not (_is_replay(outcome) and after.state == due.state):
            break
    # Another tab may have made an intent since the first reading, and be about to pay with it.
    await each([cancel_intent(other) for other in after.left_over if other != intent.id])
    return _judged(outcome, after, intent)


def _is_replay(outcome: Outcome[None]) -> bool:
    return (
        isinstance(outcome, Failed)
        and isinstance(outcome.error, PaymentDeclined | StripeUnavailable)
        and outcome.error.replayed
    )


def _judged(outcome: Outcome[None], after: Due, before: Intent) -> Settled:
    """What became of it: the reading decides, and Stripe's answer only says why it failed.

    An intent that was canceled by another tab was refused by no bank.
    """
    now = after.intent(before.id)
    if now is not None and (ended := status_of(after, now)):
        return stands(ended, now)
    if now is None or now.status == "canceled":
        return Settled("changed")
    failure = now.failure
    match outcome:
        case Failed(PaymentDeclined() as error):
            return Settled("failed", error.decline_code or error.code, before.id, failure)
        case Failed(StripeRejected() as error):
            return Settled("failed", error.code, before.id, failure)
        case Failed(NotFound()):
            return Settled("failed", "resource_missing", before.id, failure)
    if now.error and now != before:
        return Settled("failed", now.error, before.id, failure)
    return Settled("unknown", intent=before.id)


def stands(status: Status, intent: Intent) -> Settled:
    """An intent as it stands. A debit that failed and is tried again is on its way a second time."""
    return Settled(status, intent=intent.id, attempt=intent.charge or "" if status == "processing" else "")


def status_of(due: Due, intent: Intent) -> Literal["paid", "processing", "nothing", "action"] | None:
    """How an intent stands; None where it was not paid and the invoice still can be.

    An invoice that was paid by another intent, or voided, is ``nothing`` to this one: it took no money.
    """
    if intent.status == "succeeded":
        return "paid"
    if intent.status == "processing":
        return "processing"
    if due.invoice.status != "open":
        return "nothing"
    return "action" if intent.status == "requires_action" else None
