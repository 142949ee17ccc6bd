"""What is told once Stripe has said how a payment stands."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Final

from invoice_portal.errors import StoreUnavailable
from invoice_portal.hooks import Payment
from invoice_portal.limiting import count_decline, count_decline_here
from invoice_portal.outcomes import outcome, payment_ended, who_began
from invoice_portal.pages.paying.asking import payment_about
from invoice_portal.pages.paying.due import Due
from invoice_portal.pages.paying.settle import Settled
from invoice_portal.visits import Visit

_ENDED: Final = ("succeeded", "processing")

log = logging.getLogger("invoice_portal")


async def end(visit: Visit, payment: Payment, settled: Settled) -> None:
    """Record and tell how a payment ended, as far as it has; once, whoever else hears of it too.

    What a bank declined is counted. ``attempt`` is empty where none was asked.
    """
    match settled.status:
        case "paid" | "processing" as status:
            ended = replace(payment, status=status, payment_intent_id=settled.intent)
        case "failed":
            ended = replace(payment, status="failed", payment_intent_id=settled.intent, code=settled.code)
        case _:
            return
    heard = await payment_ended(visit, ended, settled.attempt)
    if settled.status == "failed" and settled.attempt:
        await count_decline_here(visit, settled.intent, settled.attempt)
        if heard != "known":
            await count_decline(visit, payment.customer_id, settled.intent, settled.attempt)


async def catch_up(visit: Visit, due: Due) -> None:
    """Tell of payments that were begun here and whose end no page has heard: the answer was lost, or the page closed.

    With a webhook this has been done long ago. Where the database does not answer, the next page does it.
    """
    try:
        for payment in due.payments:
            intent = payment.intent
            if intent is None or intent.status not in _ENDED:
                continue
            began = await who_began(visit.desk, intent.id)
            if began.way == "elsewhere":
                continue
            told = payment_about(visit, due, intent.amount.amount, began.way, intent.method or "")
            ended = replace(
                told,
                status="paid" if intent.status == "succeeded" else "processing",
                part=due.remaining.amount > 0,
                payment_intent_id=intent.id,
            )
            attempt = intent.charge or "" if ended.status == "processing" else ""
            await outcome(visit.desk, visit.hooks, ended, began, attempt)
    except StoreUnavailable as error:
        log.error("what became of a payment was not told: %s", error.detail)
