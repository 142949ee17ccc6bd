"""Paying with a new method: the steps that Stripe's element takes with us.

:func:`begin_new` gives the secret of an intent, :func:`check_begun` is asked right before the money is taken, and
:func:`concluded` says what Stripe says afterwards. :func:`begin_bank` gives the secret of an intent that waits for the
customer's bank. What was begun comes back to us sealed. The pages take these steps by forms, the JSON API by its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

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
from invoice_portal.pages.paying.settle import Settled, stands, status_of
from invoice_portal.pages.paying.statement import Statement, open_statement
from invoice_portal.pages.paying.turn import end_turn, holder_of, prepare, take_turn
from invoice_portal.stripe_api.payment_intents import Secret, confirmation_secret, intent_secret
from invoice_portal.stripe_api.payments import Intent
from invoice_portal.visits import Visit


@dataclass(frozen=True, slots=True)
class Begun:
    """A payment that a page was given the secret of: which intent is to pay what.

    ``failed`` is what had failed of it before (:attr:`Intent.failure`), and is no outcome of this.
    """

    invoice: str
    intent: str
    way: Way
    failed: str = ""


@dataclass(frozen=True, slots=True)
class Ready:
    """What Stripe's script pays with: the intent's secret, and the one by which it offers to keep the method, or none.

    Whoever has a secret can pay without asking us again.
    """

    begun: Begun
    secret: str = field(repr=False)
    session_secret: str = field(default="", repr=False)


def _answered(step: Callable[[Visit], Program[Response]]) -> Callable[[Visit], Program[Response]]:
    """A step whose errors are told to the portal's own script."""

    async def answer(visit: Visit) -> Response:
        try:
            return await step(visit)
        except PortalError as error:
            return told_error(visit, error)

    return answer


async def begin_new(visit: Visit, invoice: str, statement: str) -> Ready | Settled:
    """The secret of the intent that pays what was stated; or why there is nothing to be paid like that.

    Raises ``NotAllowed``, ``NotFound`` for what is not the visitor's, ``Vetoed``.
    """
    demand_here(visit)
    due = await fetch_due(visit, invoice)
    await limit_declines(visit, due.customer)
    stated = await _stated(visit, due, statement)
    if isinstance(stated, Settled):
        return stated
    await agree(visit, payment_about(visit, due, stated.amount.amount, "new"))
    due, intent = await _intent_for(visit, due, stated)
    if intent is None or not acceptable(visit.settings, due, stated):
        return Settled("changed")
    secret = await _secret(due, intent)
    begun = Begun(due.invoice.id, intent.id, "new", intent.failure)
    return Ready(begun, secret.client_secret, await session_secret(visit, due, intent))


async def check_begun(visit: Visit, begun: Begun, statement: str) -> Settled | None:
    """Why the money may not be taken now; None where it may: nothing else is under way, and the hook agrees.

    The hook is asked before the turn is taken: it may need longer than a turn lasts.
    """
    demand_here(visit)
    ahead = await _ahead(visit, begun, statement)
    if isinstance(ahead, Settled):
        return ahead
    due, stated = ahead
    await limit_declines(visit, due.customer)
    await ask_before(visit, payment_about(visit, due, stated.amount.amount, "new"))
    holder = holder_of(due, begun.intent)
    if not await take_turn(visit, begun.invoice, holder):
        return Settled("busy")
    refused = await prepare(visit, begun.invoice, holder, _refused(visit, begun, statement))
    if refused is not None:
        await end_turn(visit, begun.invoice, holder)
        return refused
    await payment_begun(visit, begun.intent, "new")
    return None


async def _refused(visit: Visit, begun: Begun, sealed: str) -> Settled | None:
    """Why the money may not be taken; None where it may. Whoever had the turn before may have paid."""
    ahead = await _ahead(visit, begun, sealed)
    if isinstance(ahead, Settled):
        return ahead
    due, statement = ahead
    due = await make_way(visit, due, begun.intent)
    return None if acceptable(visit.settings, due, statement) and due.payable else Settled("changed")


async def _ahead(visit: Visit, begun: Begun, sealed: str) -> tuple[Due, Statement] | Settled:
    """A fresh reading in which what was begun may still be paid, and what its page said; or why it may not."""
    due = await fetch_due(visit, begun.invoice)
    statement = await _stated(visit, due, sealed)
    if isinstance(statement, Settled):
        return statement
    intent = due.intent(begun.intent)
    still = intent is not None and _still_ahead(due, intent, statement)
    return (due, statement) if still else Settled("changed")


async def begin_bank(visit: Visit, invoice: str) -> Ready | Settled:
    """The secret of the intent that waits for the bank; or why there is none. Raises as :func:`begin_new`."""
    demand_here(visit)
    due = await fetch_due(visit, invoice)
    await limit_declines(visit, due.customer)
    intent = await _waiting(visit, due)
    if intent is None:
        return Settled("changed")
    await agree(visit, payment_about(visit, due, intent.amount.amount, "saved", intent.method or ""))
    holder = holder_of(due, intent.id)
    if not await take_turn(visit, invoice, holder):
        return Settled("busy")
    secret = await prepare(visit, invoice, holder, _secret_to_wait(visit, invoice, intent))
    if secret is None:
        await end_turn(visit, invoice, holder)
        return Settled("changed")
    # What waits for the bank is an attempt by itself: if it fails, it may be as one before it did.
    return Ready(Begun(invoice, intent.id, "saved"), secret.client_secret)


async def _waiting(visit: Visit, due: Due) -> Intent | None:
    """The intent that waits for the customer's bank and may be paid with."""
    intent = due.waiting
    return intent if intent is not None and due.payable and fits(intent, await types_of(visit, due)) else None


async def _secret_to_wait(visit: Visit, invoice: str, intent: Intent) -> Secret | None:
    """Its secret, where it still waits as it did: whoever had the turn before may have paid."""
    due = await fetch_due(visit, invoice)
    return await _secret(due, intent) if due.payable and due.waiting == intent else None


async def concluded(visit: Visit, begun: Begun, *, lost: bool = False) -> Settled:
    """How it ended, by what Stripe says now; what was paid with is kept as the settings say.

    ``lost`` is whether the page lost its line to Stripe.
    """
    due = await fetch_due(visit, begun.invoice)
    settled = await _ended(visit, due, begun, lost=lost)
    if settled.status == "paid" and begun.way == "new" and has_saved_methods(visit):
        await keep_method(visit, due, begun.intent)
    return settled


async def _new_payment(visit: Visit) -> Response:
    return _given(visit, await begin_new(visit, visit.request.args["invoice"], visit.request.form.get("statement", "")))


async def _check_payment(visit: Visit) -> Response:
    refused = await check_begun(visit, _begun(visit), visit.request.form.get("statement", ""))
    return Data(value={"status": "ready"}) if refused is None else data_of(visit, refused)


async def _payment_result(visit: Visit) -> Response:
    """What became of it, for the page that is still open: after a refusal the customer goes on from there."""
    begun = _begun(visit)
    due = await fetch_due(visit, begun.invoice)
    settled = await _ended(visit, due, begun, lost=bool(visit.request.form.get("lost")))
    return data_of(visit, settled, url=_url_after(visit, begun))


async def _answer_bank(visit: Visit) -> Response:
    return _given(visit, await begin_bank(visit, visit.request.args["invoice"]))


new_payment = _answered(_new_payment)
check_payment = _answered(_check_payment)
payment_result = _answered(_payment_result)
answer_bank = _answered(_answer_bank)


def _given(visit: Visit, step: Ready | Settled) -> Data:
    if isinstance(step, Settled):
        return data_of(visit, step)
    return Data(
        value={
            "status": "ready",
            "client_secret": step.secret,
            "session_secret": step.session_secret,
            "paying": seal_begun(visit, step.begun),
            "return_url": _url_after(visit, step.begun),
        }
    )


async def payment_returned(visit: Visit) -> Response:
    """Back from Stripe's element or from the customer's bank: what counts is what Stripe says now.

    Stripe adds the intent's secret to this address: it leads on at once, to one without.
    """
    begun = _begun(visit)
    return page_after(visit, begun.invoice, await concluded(visit, begun))


async def _ended(visit: Visit, due: Due, begun: Begun, *, lost: bool) -> Settled:
    intent = due.intent(begun.intent)
    if intent is None:
        return Settled("changed")
    status = status_of(due, intent)
    if status is None and (not intent.error or intent.failure == begun.failed or lost):
        # Nothing was refused since, or the page lost the line to Stripe, and one of its own may stand there: it may
        # still come.
        return Settled("unknown", intent=intent.id)
    failed = Settled("failed", intent.error, intent.id, intent.failure)
    settled = stands(status, intent) if status else failed
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


async def _stated(visit: Visit, due: Due, sealed: str) -> Statement | Settled:
    if not due.payable:
        await catch_up(visit, due)
        return Settled("nothing")
    statement = open_statement(visit.signer, sealed, visit.now)
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


def seal_begun(visit: Visit, begun: Begun) -> str:
    """What was begun, to be given back: it can be repeated and can neither be made nor changed."""
    failed = {"f": begun.failed} if begun.failed else {}
    return visit.signer.seal("paying", {"i": begun.invoice, "p": begun.intent, "w": begun.way, **failed})


def open_begun(visit: Visit, token: str) -> Begun:
    """What was begun. Raises ``NotFound`` for a token that is forged, or of another invoice.

    It does not grow old: a bank may lead back after days, and money is taken with a fresh statement only.
    """
    match visit.signer.open("paying", token):
        case {"i": str(invoice), "p": str(intent), "w": "new" | "saved" as way, **rest}:
            if invoice == visit.request.args["invoice"]:
                return Begun(invoice, intent, "new" if way == "new" else "saved", str(rest.get("f", "")))
    raise NotFound("no payment was begun here")


def _begun(visit: Visit) -> Begun:
    return open_begun(visit, visit.request.form.get("paying", "") or visit.request.query.get("paying", ""))


def _url_after(visit: Visit, begun: Begun) -> str:
    return visit.url("payment_returned", {"paying": seal_begun(visit, begun)}, invoice=begun.invoice)
