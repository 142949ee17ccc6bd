"""What can be set on a subscription, at its creation and later."""

from __future__ import annotations

from stripe_sandbox.billing import methods, subscribing
from stripe_sandbox.billing.discounts import redeem
from stripe_sandbox.errors import StripeError, invalid
from stripe_sandbox.http import Json
from stripe_sandbox.resource import Call, chosen, merged
from stripe_sandbox.resources import invoiceitems


def apply(call: Call, subscription: Json) -> None:
    """Set what the parameters say and what needs no invoice."""
    params, sandbox = call.params, call.sandbox
    if params.get("default_payment_method") is not None:
        methods.belonging(sandbox, params["default_payment_method"], subscription["customer"], "default_payment_method")
    subscription.update(chosen(params, "collection_method", "days_until_due", "default_payment_method", "description"))
    if "default_tax_rates" in params:
        subscription["_default_tax_rates"] = params["default_tax_rates"] or []
    if "discounts" in params:
        subscription["discounts"] = redeem(
            sandbox, params["discounts"], customer=subscription["customer"], subscription=subscription["id"]
        )
    if "metadata" in params:
        subscription["metadata"] = merged(subscription["metadata"], params["metadata"])
    for name in ("payment_settings", "cancellation_details"):
        if name in params:
            subscription[name] = {**subscription[name], **params[name]}
    if "pause_collection" in params:
        pause = params["pause_collection"]
        subscription["pause_collection"] = pause and {"resumes_at": None, **pause}
        if pause and "resumes_at" in pause:
            sandbox.agenda.add(pause["resumes_at"], "subscription.unpause", subscription["id"])
    if "trial_settings" in params:
        subscription["trial_settings"] = params["trial_settings"]
    _apply_cancellation(call, subscription)


def _apply_cancellation(call: Call, subscription: Json) -> None:
    """`cancel_at` and `cancel_at_period_end` are two ways to say when it ends."""
    params = call.params
    if subscription["schedule"] is not None and {"cancel_at", "cancel_at_period_end"} & set(params):
        raise StripeError(
            f"The subscription is managed by the subscription schedule `{subscription['schedule']}`, and updating any "
            "cancelation behavior directly is not allowed. Please update the schedule instead."
        )
    if params.get("cancel_at_period_end") and params.get("cancel_at") is not None:
        message = "You may only specify one of these parameters: cancel_at, cancel_at_period_end."
        raise invalid(message, "cancel_at")
    if "cancel_at" in params:
        at = params["cancel_at"]
        if at in ("max_period_end", "min_period_end"):
            at = subscribing.period_of(call.sandbox, subscription)[1]
        if at is not None and at <= call.now:
            raise invalid("The `cancel_at` timestamp must be in the future.", "cancel_at")
        subscription.update(cancel_at=at, cancel_at_period_end=False)
        if at is not None:
            call.sandbox.agenda.add(at, "subscription.cancel", subscription["id"])
    if "cancel_at_period_end" in params:
        at_end = params["cancel_at_period_end"]
        end = subscribing.period_of(call.sandbox, subscription)[1]
        subscription.update(cancel_at_period_end=at_end, cancel_at=end if at_end else None)
    if {"cancel_at", "cancel_at_period_end"} & set(params):
        ending = subscription["cancel_at_period_end"] or subscription["cancel_at"] is not None
        reason = "cancellation_requested" if ending else None
        subscription["canceled_at"] = call.now if ending else None
        subscription["cancellation_details"] = {**subscription["cancellation_details"], "reason": reason}


def add_invoice_items(call: Call, subscription: Json) -> None:
    """Let the next invoice bill what `add_invoice_items` names, once."""
    for added in call.params.get("add_invoice_items", []):
        wanted = {name: value for name, value in added.items() if name != "price"}
        if "price" in added:
            wanted["pricing"] = {"price": added["price"]}
        wanted |= {
            "currency": subscription["currency"],
            "customer": subscription["customer"],
            "subscription": subscription["id"],
        }
        invoiceitems.create(Call(call.sandbox, {}, wanted, call.url))


def check_collection(call: Call, subscription: Json | None) -> None:
    """Raises StripeError unless a subscription that is sent says by when its invoices are to be paid."""
    params = call.params
    before = subscription["collection_method"] if subscription else "charge_automatically"
    method = params.get("collection_method", before)
    days = params.get("days_until_due", subscription and subscription["days_until_due"])
    if method == "send_invoice" and days is None:
        message = "You must pass `days_until_due` when `collection_method` is `send_invoice`."
        raise invalid(message, "days_until_due", "parameter_missing")
    if method == "charge_automatically" and params.get("days_until_due") is not None:
        message = "`days_until_due` can only be set when `collection_method` is `send_invoice`."
        raise invalid(message, "days_until_due")
