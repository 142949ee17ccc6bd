"""Collecting: an open invoice's payments, by charge, by hand, in part or outside of Stripe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stripe_sandbox.billing import balance, methods, payments
from stripe_sandbox.errors import StripeError
from stripe_sandbox.http import Json

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox

_DESCRIPTIONS = {
    "subscription_create": "Subscription creation",
    "subscription_cycle": "Subscription update",
    "subscription_update": "Subscription update",
}


def open_payment(sandbox: Sandbox, invoice: Json) -> None:
    """Give a finalised invoice its default payment: a payment intent for what is due."""
    of_subscription = invoice["_subscription"] is not None
    intent = payments.new_intent(
        sandbox,
        invoice["amount_remaining"],
        invoice["currency"],
        customer=invoice["customer"],
        description=_DESCRIPTIONS.get(invoice["billing_reason"], "Payment for Invoice"),
        setup_future_usage="off_session" if of_subscription else None,
        payment_method_types=invoice["payment_settings"]["payment_method_types"]
        or payments.usual_types(invoice["currency"]),
    )
    new_payment(sandbox, invoice, intent, is_default=True)


def new_payment(sandbox: Sandbox, invoice: Json, intent: Json, *, is_default: bool) -> Json:
    """Tie a payment intent to an invoice."""
    return sandbox.store.add(
        {
            "id": sandbox.ids.new("inpay"),
            "object": "invoice_payment",
            "amount_paid": None,
            "amount_requested": min(intent["amount"], invoice["amount_remaining"]),
            "created": sandbox.clock.now,
            "currency": invoice["currency"],
            "invoice": invoice["id"],
            "is_default": is_default,
            "livemode": False,
            "payment": {"payment_intent": intent["id"], "type": "payment_intent"},
            "status": "open",
            "status_transitions": {"canceled_at": None, "paid_at": None},
            "_payment_intent": intent["id"],
        }
    )


def default_payment(sandbox: Sandbox, invoice: Json) -> Json | None:
    """The payment that Stripe made at finalisation, while it is open."""
    found = sandbox.store.all("invoice_payment", invoice=invoice["id"], is_default=True, status="open")
    return found[0] if found else None


def default_intent(sandbox: Sandbox, invoice: Json) -> Json | None:
    """The payment intent of the default payment."""
    payment = default_payment(sandbox, invoice)
    return None if payment is None else sandbox.store["payment_intent", payment["_payment_intent"]]


def require_payable(invoice: Json) -> None:
    """Raises StripeError in Stripe's words for what can no longer be paid."""
    if invoice["status"] == "paid":
        raise StripeError("Invoice is already paid")
    if invoice["status"] not in ("open", "uncollectible"):
        raise StripeError(f"This invoice cannot be paid: its status is {invoice['status']}.")


def is_under_way(sandbox: Sandbox, invoice: Json) -> bool:
    """Whether a bank debit that pays the invoice, or a part of it, has not been settled yet."""
    open_payments = sandbox.store.all("invoice_payment", invoice=invoice["id"], status="open")
    intents = (sandbox.store["payment_intent", payment["_payment_intent"]] for payment in open_payments)
    return any(intent["status"] == "processing" for intent in intents)


def require_idle(sandbox: Sandbox, invoice: Json) -> None:
    """Raises StripeError where a payment is under way: nobody shall pay twice."""
    if is_under_way(sandbox, invoice):
        raise StripeError(
            "This invoice has a payment that is processing. Wait until it has succeeded or failed.",
            code="payment_intent_unexpected_state",
        )


def pay(sandbox: Sandbox, invoice: Json, method: str | None, *, off_session: bool, automatic: bool = False) -> None:
    """Charge what remains. Raises 402 where the card is declined or the customer must act; both are noted."""
    require_payable(invoice)
    require_idle(sandbox, invoice)
    sandbox.note(invoice)
    intent = default_intent(sandbox, invoice)
    assert intent is not None, "an open invoice has its default payment"
    if automatic or invoice["attempt_count"] == 0:
        invoice["attempt_count"] += 1
    invoice["attempted"] = True
    try:
        payments.confirm(sandbox, intent, _method(sandbox, invoice, method), off_session=off_session)
        if intent["status"] == "requires_action":
            raise _requires_action(sandbox, intent)
        if intent["status"] == "processing":
            intent["_automatic"] = automatic
            invoice["next_payment_attempt"] = None
    except StripeError:
        _plan_retry(sandbox, invoice, automatic=automatic)
        if intent["status"] == "requires_action":
            sandbox.tell("invoice.payment_action_required", invoice)
        sandbox.tell("invoice.payment_failed", invoice)
        raise


def debit_failed(sandbox: Sandbox, intent: Json) -> None:
    """A bank debit that was under way will not come: its invoices are to be paid in another way."""
    for payment in sandbox.store.all("invoice_payment", _payment_intent=intent["id"], status="open"):
        invoice = sandbox.store["invoice", payment["invoice"]]
        if invoice["status"] == "open":
            _plan_retry(sandbox, invoice, automatic=intent["_automatic"])
            sandbox.tell("invoice.payment_failed", invoice)
        follow_remaining(sandbox, invoice)


def pay_out_of_band(sandbox: Sandbox, invoice: Json) -> None:
    """Note that an invoice was paid outside of Stripe."""
    require_payable(invoice)
    require_idle(sandbox, invoice)
    remaining = invoice["amount_remaining"]
    invoice["amount_paid"] += remaining
    invoice["amount_paid_off_stripe"] += remaining
    invoice["amount_remaining"] = 0
    cancel_open_payments(sandbox, invoice, "abandoned")
    mark_paid(sandbox, invoice)


def credit(sandbox: Sandbox, intent: Json) -> None:
    """Put a payment intent that has succeeded to the account of the invoices that it pays."""
    for payment in sandbox.store.all("invoice_payment", _payment_intent=intent["id"], status="open"):
        invoice = sandbox.store["invoice", payment["invoice"]]
        paid = intent["amount_received"]
        payment.update(status="paid", amount_paid=paid)
        payment["status_transitions"]["paid_at"] = sandbox.clock.now
        _account_for(sandbox, invoice, paid)


def _account_for(sandbox: Sandbox, invoice: Json, paid: int) -> None:
    """What is paid over goes to the customer's balance; what remains stays with the default payment."""
    over = max(paid - invoice["amount_remaining"], 0)
    invoice["amount_paid"] += paid - over
    invoice["amount_overpaid"] += over
    invoice["amount_remaining"] = invoice["amount_due"] - invoice["amount_paid"]
    customer = sandbox.store["customer", invoice["customer"]]
    balance.adjust(sandbox, customer, -over, "invoice_overpaid", invoice=invoice["id"], currency=invoice["currency"])
    if invoice["amount_remaining"] == 0:
        if invoice["status"] != "paid":
            mark_paid(sandbox, invoice)
    else:
        follow_remaining(sandbox, invoice)


def follow_remaining(sandbox: Sandbox, invoice: Json) -> None:
    """Keep the default payment at what remains to be paid."""
    payment, intent = default_payment(sandbox, invoice), default_intent(sandbox, invoice)
    if payment is not None and intent is not None and intent["status"] != "processing":
        payment["amount_requested"] = intent["amount"] = invoice["amount_remaining"]


def mark_paid(sandbox: Sandbox, invoice: Json) -> None:
    """Close an invoice of which nothing remains."""
    cancel_open_payments(sandbox, invoice, "automatic")
    invoice.update(status="paid", attempted=True, next_payment_attempt=None, auto_advance=False)
    invoice["status_transitions"]["paid_at"] = sandbox.clock.now
    sandbox.tell("invoice.paid", invoice)


def cancel_open_payments(sandbox: Sandbox, invoice: Json, reason: str) -> None:
    """Give up what still waits to be paid; a bank debit under way cannot be called back, nor what is authorized."""
    for payment in sandbox.store.all("invoice_payment", invoice=invoice["id"], status="open"):
        intent = sandbox.store["payment_intent", payment["_payment_intent"]]
        if intent["status"] in ("processing", "requires_capture"):
            continue
        payment["status"] = "canceled"
        payment["status_transitions"]["canceled_at"] = sandbox.clock.now
        if payment["is_default"] and intent["status"] not in ("succeeded", "canceled"):
            payments.cancel(sandbox, intent, reason)


def attach_payment(sandbox: Sandbox, invoice: Json, intent: Json) -> None:
    """Let a payment intent of the merchant's pay an invoice, or a part of it."""
    require_payable(invoice)
    if intent["customer"] not in (None, invoice["customer"]):
        raise StripeError("The PaymentIntent belongs to another customer than the invoice.", param="payment_intent")
    if intent["currency"] != invoice["currency"]:
        raise StripeError("The PaymentIntent's currency must be the invoice's.", param="payment_intent")
    if sandbox.store.all("invoice_payment", _payment_intent=intent["id"]):
        raise StripeError("The PaymentIntent is already attached to an invoice.", param="payment_intent")
    if intent["status"] == "canceled":
        raise StripeError("A canceled PaymentIntent cannot be attached to an invoice.", param="payment_intent")
    new_payment(sandbox, invoice, intent, is_default=False)
    if intent["status"] == "succeeded":
        credit(sandbox, intent)


def _method(sandbox: Sandbox, invoice: Json, asked: str | None) -> Json:
    """What to charge, in Stripe's order: asked for, the invoice's, the subscription's, the customer's."""
    if asked is not None:
        return methods.belonging(sandbox, asked, invoice["customer"], "payment_method")
    customer = sandbox.store["customer", invoice["customer"]]
    settings = customer.get("invoice_settings", {})
    subscription = invoice["_subscription"] and sandbox.store["subscription", invoice["_subscription"]]
    candidates = (
        invoice["default_payment_method"],
        subscription["default_payment_method"] if subscription else None,
        settings.get("default_payment_method"),
    )
    for id in candidates:
        if id is not None:
            return sandbox.store["payment_method", id]
    raise StripeError("Cannot charge a customer that has no active card", status=402, type="card_error", code="missing")


def _requires_action(sandbox: Sandbox, intent: Json) -> StripeError:
    return StripeError(
        "Payment for this invoice requires additional user action before it can be completed successfully. Payment "
        "can be completed using the PaymentIntent associated with the invoice. For more details see: "
        "https://stripe.com/docs/billing/subscriptions/overview#requires-action",
        status=402,
        type="card_error",
        code="invoice_payment_intent_requires_action",
        payment_intent=sandbox.shown(intent),
    )


def _plan_retry(sandbox: Sandbox, invoice: Json, *, automatic: bool) -> None:
    """A manual attempt does not move the schedule."""
    if not automatic:
        return
    at = sandbox.dunning.next_attempt(invoice, sandbox.clock.now) if _has_method(sandbox, invoice) else None
    invoice["next_payment_attempt"] = at
    if at is not None:
        schedule_attempt(sandbox, invoice, at)


def schedule_attempt(sandbox: Sandbox, invoice: Json, at: int) -> None:
    """Let the invoice be charged by itself at a later time."""
    invoice["next_payment_attempt"] = at
    sandbox.agenda.add(at, "invoice.collect", invoice["id"])


def _has_method(sandbox: Sandbox, invoice: Json) -> bool:
    try:
        _method(sandbox, invoice, None)
    except StripeError:
        return False
    return True
