"""Where Stripe tells what has happened: payments are recorded, and the host is told how they ended.

The portal is right without it, and fresher with it: what a page heard already is not told again. An event that is none
of this portal's business is taken without a look, one that cannot be believed is refused. Where Stripe or the database
does not answer, or the host's own function fails, Stripe is told so, and sends the event again.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Final

from invoice_portal.answers import error_answer
from invoice_portal.effects import needed, together
from invoice_portal.errors import NotFound, StripeRefused
from invoice_portal.hooks import Payment
from invoice_portal.http import Data, Response
from invoice_portal.limiting import count_decline
from invoice_portal.outcomes import outcome, who_began
from invoice_portal.sharing.rules import DAY
from invoice_portal.stripe_api.attempts import (
    Attempt,
    PaidFor,
    attempts_at,
    invoice_of,
    invoices_of,
    retrieve_paid_for,
)
from invoice_portal.stripe_api.events import StripeEvent, check_signature, read_event
from invoice_portal.visits import Visit

SENDER: Final = "Stripe webhook"
_FAILURES: Final = frozenset({"invoice.payment_failed", "payment_intent.payment_failed"})
_ENDS: Final = _FAILURES | {
    "invoice.paid",
    "invoice.payment_succeeded",
    "invoice_payment.paid",
    "payment_intent.processing",
    "payment_intent.succeeded",
}
_OLDEST_DAYS: Final = 30
"""What was paid longer ago is nobody's news: Stripe lets an event be sent again for so long."""

log = logging.getLogger("invoice_portal")


async def webhook(visit: Visit) -> Response:
    """Take an event of Stripe's. Raises ``BadRequest`` for what Stripe did not sign, or not lately."""
    secrets = visit.settings.stripe_webhook_secrets
    if not secrets:
        raise NotFound("stripe_webhook_secrets is not set: this portal takes no events")
    check_signature(visit.request.body, visit.request.headers.get("stripe-signature", ""), secrets, visit.now)
    event = read_event(visit.request.body)
    if not _is_ours(visit, event) or event.type not in _ENDS:
        return _TAKEN
    try:
        told = [await _look_at(visit, invoice, event) for invoice in await _invoices(event)]
    except (NotFound, StripeRefused) as error:
        # Sending it again would not help: it is gone, or our key may not read it, which an operator must see.
        level = logging.ERROR if isinstance(error, StripeRefused) else logging.INFO
        log.log(level, "webhook: %s %s: %s", event.type, event.id, error.detail)
        return _TAKEN
    return _TAKEN if all(told) else _AGAIN


_TAKEN: Final = Data(value={"received": True})
_AGAIN: Final = error_answer(500, "HookFailed", "the host's own function failed: see its log")


def _is_ours(visit: Visit, event: StripeEvent) -> bool:
    """Whether an event is of this portal's account and mode: endpoints of Connect are sent everybody's, in both."""
    ours = event.account == (visit.settings.stripe_account or "") and event.livemode == visit.settings.live
    if not ours:
        log.info("webhook: %s %s is of another account or mode", event.type, event.id)
    return ours


async def _invoices(event: StripeEvent) -> tuple[str, ...]:
    """The invoices that an event is about."""
    match event.kind:
        case "invoice":
            return (event.subject,)
        case "invoice_payment":
            found = await invoice_of(event.subject)
            return (found,) if found else ()
        case "payment_intent":
            listing = await invoices_of(event.subject)
            return tuple(dict.fromkeys(invoice for invoice in listing.items if invoice))
        case _:
            return ()


async def _look_at(visit: Visit, invoice: str, event: StripeEvent) -> bool:
    """Read an invoice's payments and tell what is not known yet; whether the host could be told."""
    found, listed = await together(retrieve_paid_for(invoice), attempts_at(invoice))
    paid_for, attempts = needed(found), needed(listed).items
    desk = visit.desk.in_name_of(SENDER)
    told = True
    for attempt in _ended(visit, paid_for, attempts, event):
        who = await who_began(desk, attempt.intent)
        payment = _payment(paid_for, attempt)
        heard = await outcome(desk, visit.hooks, payment, who, attempt.key)
        if heard != "known" and attempt.status == "failed" and who.way != "elsewhere":
            await count_decline(visit, payment.customer_id, attempt.intent, attempt.key)
        told = heard != "failed" and told
    return told


def _ended(
    visit: Visit, invoice: PaidFor, attempts: tuple[Attempt | None, ...], event: StripeEvent
) -> Iterator[Attempt]:
    """What is to be told, oldest first. A failure is told by an event of one: it has no date of its own."""
    tried = [attempt for attempt in reversed(attempts) if attempt]
    oldest = visit.now - _OLDEST_DAYS * DAY
    for attempt in tried:
        if attempt.status == "failed" and event.type not in _FAILURES:
            continue
        if attempt.paid_at is None or attempt.paid_at >= oldest:
            yield attempt
    outside = invoice.status == "paid" and invoice.paid and not any(attempt.status == "paid" for attempt in tried)
    if outside and (invoice.paid_at or visit.now) >= oldest:
        yield Attempt("paid", invoice.id, "", invoice.paid, "", "", "", invoice.paid_at)


def _payment(invoice: PaidFor, attempt: Attempt) -> Payment:
    return Payment(
        invoice_id=invoice.id,
        invoice_number=invoice.number,
        customer_id=invoice.customer,
        subscription_id=invoice.subscription,
        amount=attempt.amount,
        currency=invoice.currency,
        way="elsewhere",
        part=invoice.remaining > 0 if attempt.status == "paid" else attempt.amount < invoice.remaining,
        payment_intent_id=attempt.intent,
        payment_method_id=attempt.method,
        status=attempt.status,
        code=attempt.code,
    )
