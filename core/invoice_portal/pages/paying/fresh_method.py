"""Paying with a new method: the steps that Stripe's element takes with us.

``new_payment`` gives the page the secret of an intent, ``check_payment`` is asked right before the money is taken, and
``payment_result`` and ``payment_returned`` say what Stripe says afterwards. ``answer_bank`` gives the secret of an
intent that waits for the customer's bank. What the page was begun with comes back to us sealed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from invoice_portal.effects import Failed, Program, each, needed
from invoice_portal.errors import NotFound, PortalError
from invoice_portal.hooks import Way
from invoice_portal.http import Data, Response
from invoice_portal.limiting import limit_declines
from invoice_portal.outcomes import payment_begun
from invoice_portal.pages.paying.answering import data_of, page_after, told_error
from invoice_portal.pages.paying.asking import agree, ask_before, payment_about, types_of
from invoice_portal.pages.paying.due import Due, fetch_due
from invoice_portal.pages.paying.ending import catch_up, end
from invoice_portal.pages.paying.keeping import keep_method, session_secret
from invoice_portal.pages.paying.limits import acceptable, demand_here, fits, has_saved_methods
from invoice_portal.pages.paying.own_intent import Wish, make_way, own_intent
from invoice_portal.pages.paying.settle import Settled, status_of
from invoice_portal.pages.paying.statement import Statement, open_statement
from invoice_portal.pages.paying.turn import end_turn, holder_of, prepare, take_turn
from invoice_portal.stripe_api.payment_intents import Secret, confirmation_secret, intent_secret
from invoice_portal.stripe_api.payments import Intent
from invoice_portal.visits import Visit

_GOOD_SECONDS: Final = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class Begun:
    """A payment that a page was given the secret of: which intent is to pay ``amount`` (minor units) of what."""

    invoice: str
    intent: str
    amount: int
    way: Way


def _answered(step: Callable[[Visit], Program[Response]]) -> Callable[[Visit], Program[Response]]:
    """A step whose errors are told to the portal's own script."""

    async def answer(visit: Visit) -> Response:
        try:
            return await step(visit)
        except PortalError as error:
            return told_error(visit, error)

    return answer


async def _new_payment(visit: Visit) -> Response:
    demand_here(visit)
    due = await fetch_due(visit, visit.request.args["invoice"])
    await limit_declines(visit, due.customer)
    statement = await _stated(visit, due)
    if isinstance(statement, Settled):
        return data_of(visit, statement)
    await agree(visit, payment_about(visit, due, statement.amount.amount, "new"))
    due, intent = await _intent_for(visit, due, statement)
    if intent is None or not acceptable(visit.settings, due, statement):
        return data_of(visit, Settled("changed"))
    secret = await _secret(due, intent)
    return Data(
        value={
            "status": "ready",
            "client_secret": secret.client_secret,
            "session_secret": await session_secret(visit, due, intent),
            **_way_back(visit, Begun(due.invoice.id, intent.id, statement.amount.amount, "new")),
        }
    )


async def _check_payment(visit: Visit) -> Response:
    """Whether the money may be taken now. The hook must agree, and nothing else may be under way.

    The hook is asked before the turn is taken: it may need longer than a turn lasts.
    """
    demand_here(visit)
    begun = _begun(visit)
    ahead = await _ahead(visit, begun)
    if isinstance(ahead, Settled):
        return data_of(visit, ahead)
    due, _ = ahead
    await limit_declines(visit, due.customer)
    await ask_before(visit, payment_about(visit, due, begun.amount, "new"))
    holder = holder_of(due, begun.intent)
    if not await take_turn(visit, begun.invoice, holder):
        return data_of(visit, Settled("nothing"))
    refused = await prepare(visit, begun.invoice, holder, _refused(visit, begun))
    if refused is not None:
        await end_turn(visit, begun.invoice, holder)
        return data_of(visit, refused)
    await payment_begun(visit, begun.intent, "new")
    return Data(value={"status": "ready"})


async def _refused(visit: Visit, begun: Begun) -> Settled | None:
    """Why the money may not be taken; None where it may. Whoever had the turn before may have paid."""
    ahead = await _ahead(visit, begun)
    if isinstance(ahead, Settled):
        return ahead
    due, statement = ahead
    due = await make_way(visit, due, begun.intent)
    return None if acceptable(visit.settings, due, statement) and due.payable else Settled("changed")


async def _ahead(visit: Visit, begun: Begun) -> tuple[Due, Statement] | Settled:
    """A fresh reading in which what was begun may still be paid, and what its page said; or why it may not."""
    due = await fetch_due(visit, begun.invoice)
    statement = await _stated(visit, due)
    if isinstance(statement, Settled):
        return statement
    intent = due.intent(begun.intent)
    still = intent is not None and _still_ahead(due, intent, statement)
    return (due, statement) if still else Settled("changed")


async def _payment_result(visit: Visit) -> Response:
    """What became of it, for the page that is still open: after a refusal the customer goes on from there."""
    begun = _begun(visit)
    settled = await _ended(visit, begun)
    return data_of(visit, settled, url=_url_after(visit, begun))


async def _answer_bank(visit: Visit) -> Response:
    demand_here(visit)
    due = await fetch_due(visit, visit.request.args["invoice"])
    await limit_declines(visit, due.customer)
    intent = await _waiting(visit, due)
    if intent is None:
        return data_of(visit, Settled("changed"))
    await agree(visit, payment_about(visit, due, intent.amount.amount, "saved", intent.method or ""))
    holder = holder_of(due, intent.id)
    if not await take_turn(visit, due.invoice.id, holder):
        return data_of(visit, Settled("nothing"))
    secret = await prepare(visit, due.invoice.id, holder, _secret_to_wait(visit, due.invoice.id, intent))
    if secret is None:
        await end_turn(visit, due.invoice.id, holder)
        return data_of(visit, Settled("changed"))
    begun = Begun(due.invoice.id, intent.id, intent.amount.amount, "saved")
    return Data(value={"status": "ready", "client_secret": secret.client_secret, **_way_back(visit, begun)})


async def _waiting(visit: Visit, due: Due) -> Intent | None:
    """The intent that waits for the customer's bank and may be paid with."""
    intent = due.waiting
    return intent if intent is not None and due.payable and fits(intent, await types_of(visit, due)) else None


async def _secret_to_wait(visit: Visit, invoice: str, intent: Intent) -> Secret | None:
    """Its secret, where it still waits as it did: whoever had the turn before may have paid."""
    due = await fetch_due(visit, invoice)
    return await _secret(due, intent) if due.payable and due.waiting == intent else None


new_payment = _answered(_new_payment)
check_payment = _answered(_check_payment)
payment_result = _answered(_payment_result)
answer_bank = _answered(_answer_bank)


async def payment_returned(visit: Visit) -> Response:
    """Back from Stripe's element or from the customer's bank: what counts is what Stripe says now.

    Stripe adds the intent's secret to this address: it leads on at once, to one without.
    """
    begun = _begun(visit)
    settled = await _ended(visit, begun)
    if settled.status == "paid" and begun.way == "new" and has_saved_methods(visit):
        await keep_method(visit, await fetch_due(visit, begun.invoice), begun.intent)
    return page_after(visit, begun.invoice, settled)


async def _ended(visit: Visit, begun: Begun) -> Settled:
    due = await fetch_due(visit, begun.invoice)
    intent = due.intent(begun.intent)
    if intent is None:
        return Settled("changed")
    status = status_of(due, intent)
    if status is None and (not intent.error or visit.request.form.get("lost")):
        # Nothing was refused, or the page lost the line to Stripe and an older refusal stands there: it may still come.
        return Settled("unknown", intent=intent.id)
    settled = (
        Settled(status, intent=intent.id) if status else Settled("failed", intent.error, intent.id, intent.failure)
    )
    await end_turn(visit, begun.invoice, holder_of(due, begun.intent))
    payment = payment_about(visit, due, intent.amount.amount, begun.way, intent.method or "")
    if status == "paid":
        payment = replace(payment, part=due.remaining.amount > 0)
    await end(visit, payment, settled)
    return settled


async def _intent_for(visit: Visit, due: Due, statement: Statement) -> tuple[Due, Intent | None]:
    """The intent that the element is to pay: Stripe's own where it does, else one of ours."""
    types, default = await types_of(visit, due), due.default
    must_save = visit.settings.save_payment_method == "always" and has_saved_methods(visit) and not due.shares
    whole = default is not None and default.amount == statement.amount and fits(default, types)
    if default is not None and whole and (default.saves or not must_save):
        due = await make_way(visit, due)
        return due, due.default
    return await own_intent(visit, due, Wish(statement.amount, types, must_save))


def _still_ahead(due: Due, intent: Intent, statement: Statement) -> bool:
    """Whether this intent may still be paid: it is the default one, or ours and the oldest of ours."""
    if due.default is not None and intent.id == due.default.id:
        return intent.amount == statement.amount
    return bool(due.own) and due.own[-1].id == intent.id and intent.amount == statement.amount


async def _stated(visit: Visit, due: Due) -> Statement | Settled:
    if not due.payable:
        await catch_up(visit, due)
        return Settled("nothing")
    statement = open_statement(visit.signer, visit.request.form.get("statement", ""), visit.now)
    fits = statement is not None and acceptable(visit.settings, due, statement)
    return statement if statement is not None and fits else Settled("changed")


async def _secret(due: Due, intent: Intent) -> Secret:
    if due.default is not None and intent.id == due.default.id:
        (found,) = await each([confirmation_secret(due.invoice.id)])
        secret = None if isinstance(found, Failed) else found.value
        if secret is not None and secret.intent == intent.id:
            return secret
    (own,) = await each([intent_secret(intent.id)])
    return needed(own)


def _way_back(visit: Visit, begun: Begun) -> dict[str, str]:
    token = visit.signer.seal(
        "paying",
        {"i": begun.invoice, "p": begun.intent, "a": begun.amount, "w": begun.way, "x": visit.now + _GOOD_SECONDS},
    )
    return {"paying": token, "return_url": visit.url("payment_returned", {"paying": token}, invoice=begun.invoice)}


def _begun(visit: Visit) -> Begun:
    """What was begun. Raises ``NotFound`` for a token that is forged, too old, or of another invoice."""
    token = visit.request.form.get("paying", "") or visit.request.query.get("paying", "")
    match visit.signer.open("paying", token):
        case {"i": str(invoice), "p": str(intent), "a": int(amount), "w": "new" | "saved" as way, "x": int(end)}:
            if visit.now < end and invoice == visit.request.args["invoice"]:
                return Begun(invoice, intent, amount, "new" if way == "new" else "saved")
    raise NotFound("no payment was begun here")


def _url_after(visit: Visit, begun: Begun) -> str:
    return _way_back(visit, begun)["return_url"]
