"""Payment intents and their charges: https://docs.stripe.com/payments/paymentintents/lifecycle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stripe_sandbox.billing.cards import EXPIRED, GENERIC, Authenticate, Behaviour, Decline
from stripe_sandbox.billing.methods import card_error, card_of, has_expired
from stripe_sandbox.errors import StripeError
from stripe_sandbox.http import Json

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox

_AUTHENTICATION_FAILED = Decline(
    "payment_intent_authentication_failure",
    "The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new PaymentMethod "
    "to attempt to fulfill this PaymentIntent again.",
)
CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")


def new_intent(sandbox: Sandbox, amount: int, currency: str, **given: Any) -> Json:
    """Enter a payment intent that waits for a payment method."""
    id = sandbox.ids.new("pi")
    return sandbox.store.add(
        {
            "id": id,
            "object": "payment_intent",
            "amount": amount,
            "amount_capturable": 0,
            "amount_details": {"tip": {}},
            "amount_received": 0,
            "application": None,
            "application_fee_amount": None,
            "automatic_payment_methods": None,
            "canceled_at": None,
            "cancellation_reason": None,
            "capture_method": "automatic",
            "client_secret": f"{id}_secret_{sandbox.ids.text('secret', 25)}",
            "confirmation_method": "automatic",
            "created": sandbox.clock.now,
            "currency": currency,
            "customer": None,
            "customer_account": None,
            "description": None,
            "excluded_payment_method_types": None,
            "last_payment_error": None,
            "latest_charge": None,
            "livemode": False,
            "metadata": {},
            "next_action": None,
            "on_behalf_of": None,
            "payment_method": None,
            "payment_method_configuration_details": None,
            "payment_method_options": {
                "card": {
                    "installments": None,
                    "mandate_options": None,
                    "network": None,
                    "request_three_d_secure": "automatic",
                }
            },
            "payment_method_types": ["card"],
            "processing": None,
            "receipt_email": None,
            "review": None,
            "setup_future_usage": None,
            "shipping": None,
            "statement_descriptor": None,
            "statement_descriptor_suffix": None,
            "status": "requires_payment_method",
            "transfer_data": None,
            "transfer_group": None,
            **given,
        }
    )


def confirm(sandbox: Sandbox, intent: Json, method: Json, *, off_session: bool) -> None:
    """Try to take the money. Leaves the intent `succeeded` or `requires_action`; raises 402 for a decline."""
    require_open(intent)
    _require_type(intent, method)
    sandbox.note(intent)
    intent.update(payment_method=method["id"], next_action=None)
    behaviour = _behaviour(sandbox, method, off_session)
    if isinstance(behaviour, Authenticate):
        intent.update(status="requires_action", next_action=_next_action())
        return
    _charge(sandbox, intent, method, behaviour)


def authenticate(sandbox: Sandbox, intent: Json, *, agreed: bool) -> None:
    """What the customer answered to their bank. Raises 402 where they refused, or the card is declined after all."""
    if intent["status"] != "requires_action":
        raise StripeError("This PaymentIntent does not require authentication.", code="payment_intent_unexpected_state")
    method = sandbox.store["payment_method", intent["payment_method"]]
    intent["next_action"] = None
    if not agreed:
        raise _failed(sandbox, intent, method, _AUTHENTICATION_FAILED, None)
    behaviour = card_of(method).behaviour
    method["_set_up"] = method["_set_up"] or intent["setup_future_usage"] is not None
    _charge(sandbox, intent, method, behaviour.then if isinstance(behaviour, Authenticate) else None)


def authentication_required(sandbox: Sandbox, intent: Json) -> StripeError:
    """Nobody is there to be asked: the intent fails and the customer must come back."""
    method = sandbox.store["payment_method", intent["payment_method"]]
    intent["next_action"] = None
    decline = Decline(
        "authentication_required",
        "Your card was declined. This transaction requires authentication.",
        "authentication_required",
    )
    return _failed(sandbox, intent, method, decline, None)


def cancel(sandbox: Sandbox, intent: Json, reason: str | None) -> None:
    """Give up an intent that has not succeeded."""
    if intent["status"] in ("succeeded", "canceled"):
        raise StripeError(
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}. Only a PaymentIntent "
            "with one of the following statuses may be canceled: requires_payment_method, requires_capture, "
            "requires_confirmation, requires_action, processing.",
            code="payment_intent_unexpected_state",
        )
    intent.update(status="canceled", canceled_at=sandbox.clock.now, cancellation_reason=reason, next_action=None)


def require_open(intent: Json) -> None:
    """Raises StripeError where an intent can no longer be confirmed."""
    if intent["status"] not in CONFIRMABLE:
        raise StripeError(
            f"You cannot confirm this PaymentIntent because it has already {_done(intent)}.",
            code="payment_intent_unexpected_state",
        )


def _require_type(intent: Json, method: Json) -> None:
    allowed = intent["payment_method_types"]
    if method["type"] not in allowed:
        raise StripeError(
            f"The PaymentMethod provided ({method['type']}) is not allowed for this PaymentIntent. Please attach a "
            f"PaymentMethod of one of the following types: {', '.join(allowed)}.",
            code="payment_intent_incompatible_payment_method",
            param="payment_method",
        )


def _done(intent: Json) -> str:
    return {
        "succeeded": "succeeded after being previously confirmed",
        "canceled": "been canceled",
    }.get(intent["status"], f"a status of {intent['status']}")


def _behaviour(sandbox: Sandbox, method: Json, off_session: bool) -> Behaviour:
    if has_expired(method, sandbox.clock.now):
        return EXPIRED
    behaviour = card_of(method).behaviour
    if isinstance(behaviour, Authenticate) and not behaviour.always:
        saved = method["_set_up"] or method["_number"] == "4000003800000446"
        return None if off_session and saved else behaviour
    return behaviour


def _charge(sandbox: Sandbox, intent: Json, method: Json, decline: Behaviour) -> None:
    assert not isinstance(decline, Authenticate)
    charge = _new_charge(sandbox, intent, method, decline)
    sandbox.note(charge)
    intent["latest_charge"] = charge["id"]
    if decline is not None:
        raise _failed(sandbox, intent, method, decline, charge)
    intent.update(status="succeeded", amount_received=intent["amount"], last_payment_error=None, next_action=None)
    if intent["setup_future_usage"] is not None:
        method["_set_up"] = True
    sandbox.tell("payment_intent.succeeded", intent)


def _failed(sandbox: Sandbox, intent: Json, method: Json, decline: Decline, charge: Json | None) -> StripeError:
    """Note the failure on the intent and make the error of it."""
    details: Json = {} if charge is None else {"charge": charge["id"]}
    error = card_error(decline, **details, payment_method=sandbox.shown(method))
    noted = error.body("")["error"]
    del noted["request_log_url"]
    intent.update(status="requires_payment_method", last_payment_error=noted, payment_method=None)
    error.details["payment_intent"] = sandbox.shown(intent)
    sandbox.tell("payment_intent.payment_failed", intent)
    return error


def _next_action() -> Json:
    return {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}}


def _new_charge(sandbox: Sandbox, intent: Json, method: Json, decline: Decline | None) -> Json:
    token = sandbox.ids.text("receipt", 40)
    card = method["card"]
    failed = decline is not None
    return sandbox.store.add(
        {
            "id": sandbox.ids.new("ch"),
            "object": "charge",
            "amount": intent["amount"],
            "amount_captured": 0 if failed else intent["amount"],
            "amount_refunded": 0,
            "application": None,
            "application_fee": None,
            "application_fee_amount": None,
            "balance_transaction": None,
            "billing_details": method["billing_details"],
            "calculated_statement_descriptor": sandbox.account["settings"]["payments"]["statement_descriptor"],
            "captured": not failed,
            "created": sandbox.clock.now,
            "currency": intent["currency"],
            "customer": intent["customer"],
            "description": intent["description"],
            "disputed": False,
            "failure_balance_transaction": None,
            "failure_code": decline.code if decline else None,
            "failure_message": decline.message if decline else None,
            "fraud_details": {},
            "livemode": False,
            "metadata": dict(intent["metadata"]),
            "on_behalf_of": None,
            "outcome": _outcome(decline),
            "paid": not failed,
            "payment_intent": intent["id"],
            "payment_method": method["id"],
            "payment_method_details": {
                "card": {
                    "amount_authorized": None if failed else intent["amount"],
                    "authorization_code": None,
                    "brand": card["brand"],
                    "checks": card["checks"],
                    "country": card["country"],
                    "exp_month": card["exp_month"],
                    "exp_year": card["exp_year"],
                    "extended_authorization": {"status": "disabled"},
                    "fingerprint": card["fingerprint"],
                    "funding": card["funding"],
                    "incremental_authorization": {"status": "unavailable"},
                    "installments": None,
                    "last4": card["last4"],
                    "mandate": None,
                    "multicapture": {"status": "unavailable"},
                    "network": card["brand"],
                    "network_token": {"used": False},
                    "network_transaction_id": None,
                    "overcapture": {"maximum_amount_capturable": intent["amount"], "status": "unavailable"},
                    "regulated_status": card["regulated_status"],
                    "three_d_secure": None,
                    "wallet": None,
                },
                "type": "card",
            },
            "receipt_email": None,
            "receipt_number": None,
            "receipt_url": None if failed else f"{sandbox.base_url}/hosted/receipt/{token}",
            "refunded": False,
            "review": None,
            "shipping": None,
            "source_transfer": None,
            "statement_descriptor": None,
            "statement_descriptor_suffix": None,
            "status": "failed" if failed else "succeeded",
            "transfer_data": None,
            "transfer_group": None,
            "_token": token,
        }
    )


def _outcome(decline: Decline | None) -> Json:
    if decline is None:
        return {
            "advice_code": None,
            "network_advice_code": None,
            "network_decline_code": None,
            "network_status": "approved_by_network",
            "reason": None,
            "risk_level": "normal",
            "risk_score": 20,
            "seller_message": "Payment complete.",
            "type": "authorized",
        }
    return {
        "advice_code": decline.advice,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "declined_by_network",
        "reason": decline.decline_code,
        "risk_level": "normal",
        "risk_score": 20,
        "seller_message": "The bank did not return any further details with this decline."
        if decline is GENERIC
        else f"The bank returned the decline code `{decline.decline_code}`.",
        "type": "issuer_declined",
    }
