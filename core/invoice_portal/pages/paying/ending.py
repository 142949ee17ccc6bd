"""What is noted and told once Stripe has said how a payment stands."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from invoice_portal.hooks import Payment
from invoice_portal.pages.paying.settle import Settled
from invoice_portal.recording import record
from invoice_portal.sharing.trail import Entry
from invoice_portal.telling import tell, told
from invoice_portal.visits import Visit

_ACTIONS: Final = {
    "paid": "invoice.paid",
    "processing": "invoice.payment_processing",
    "failed": "invoice.payment_failed",
}


async def end(visit: Visit, payment: Payment, settled: Settled) -> None:
    """Record and tell how a payment ended, as far as it has."""
    match settled.status:
        case "paid" | "processing" as status:
            ended = replace(payment, status=status)
            hook, hook_name = visit.hooks.after_pay, "after_pay"
        case "failed":
            ended = replace(payment, status="failed", code=settled.code)
            hook, hook_name = visit.hooks.payment_failed, "payment_failed"
        case _:
            return
    await record(
        visit,
        Entry(
            action=_ACTIONS[ended.status],
            subject=payment.invoice_id,
            customer=payment.customer_id,
            via=visit.identified().via,
            detail={"intent": settled.intent, "way": payment.way, **({"code": ended.code} if ended.code else {})},
        ),
    )
    if hook is not None:
        await told(hook, ended, hook_name)
    await tell(
        visit,
        "payment_failed" if ended.status == "failed" else "pay_invoice",
        payment.invoice_id,
        payment.customer_id,
        amount=payment.amount,
        currency=payment.currency,
        way=payment.way,
        status=ended.status,
        code=ended.code,
    )
