"""What is told once Stripe has said how a payment stands."""

from __future__ import annotations

from dataclasses import replace

from invoice_portal.hooks import Payment
from invoice_portal.outcomes import payment_ended
from invoice_portal.pages.paying.settle import Settled
from invoice_portal.visits import Visit


async def end(visit: Visit, payment: Payment, settled: Settled) -> None:
    """Record and tell how a payment ended, as far as it has; once, whoever else hears of it too."""
    match settled.status:
        case "paid" | "processing" as status:
            ended = replace(payment, status=status, payment_intent_id=settled.intent)
        case "failed":
            ended = replace(payment, status="failed", payment_intent_id=settled.intent, code=settled.code)
        case _:
            return
    await payment_ended(visit, ended, settled.attempt)
