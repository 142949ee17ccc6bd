"""Payment intents and their charges: https://docs.stripe.com/payments/paymentintents/lifecycle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stripe_sandbox.billing import charging, disputing, refunding
from stripe_sandbox.billing.cards import EXPIRED, Authenticate, Behaviour, Decline
from stripe_sandbox.billing.mandates import mandate_for
from stripe_sandbox.billing.methods import account_of, card_error, card_of, has_expired, keep
from stripe_sandbox.errors import StripeError
from stripe_sandbox.http import Json

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox

AUTHENTICATION_FAILED = Decline(
    "payment_intent_authentication_failure",
    "The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new PaymentMethod "
    "to attempt to fulfill this PaymentIntent again.",
)
_CANCELED = Decline("charge_canceled", "The payment was canceled before it was debited.")
_AUTHORIZED_FOR = 7 * 24 * 60 * 60
CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")


def new_intent(sandbox: Sandbox, amount: int, currency: str, **given: Any) -> Json:
    """Enter a payment intent that waits for a payment method."""
    id = sandbox.ids.new("pi")
    types = given.pop("payment_method_types", None) or usual_types(currency)
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
            "payment_method_options": method_options(types),
            "payment_method_types": types,
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
            "_settles": None,
            "_automatic": False,
            "_return_url": None,
            "_token": sandbox.ids.text("intent_token", 24),
        }
    )


def method_options(types: list[str], given: Json | None = None) -> Json:
    """`payment_method_options` as the intent shows them: for each type that it takes."""
    usual: Json = {
        "card": {
            "installments": None,
            "mandate_options": None,
            "network": None,
            "request_three_d_secure": "automatic",
        },
        "sepa_debit": {},
        "us_bank_account": {"verification_method": "automatic"},
    }
    return {type: {**usual[type], **(given or {}).get(type, {})} for type in types if type in usual}


def usual_types(currency: str) -> list[str]:
    """What the account takes in a currency unless an intent or an invoice says otherwise."""
    return ["card", *{"usd": ["us_bank_account"], "eur": ["sepa_debit"]}.get(currency, [])]


def confirm(sandbox: Sandbox, intent: Json, method: Json, *, off_session: bool) -> None:
    """Try to take the money. Leaves the intent `succeeded` or `requires_action`; raises 402 for a decline."""
    require_open(intent)
    require_type(intent, method)
    sandbox.note(intent)
    intent.update(payment_method=method["id"], next_action=None)
    if method["type"] != "card":
        _debit(sandbox, intent, method)
        return
    behaviour = behaviour_of(sandbox, method, off_session)
    if isinstance(behaviour, Authenticate):
        intent.update(status="requires_action", next_action=ask_bank(sandbox, intent))
        return
    _charge(sandbox, intent, method, behaviour)


def authenticate(sandbox: Sandbox, intent: Json, *, agreed: bool) -> None:
    """What the customer answered to their bank. Raises 402 where they refused, or the card is declined after all."""
    if intent["status"] != "requires_action" or "verify_with_microdeposits" in intent["next_action"]:
        raise StripeError("This PaymentIntent does not require authentication.", code="payment_intent_unexpected_state")
    method = sandbox.store["payment_method", intent["payment_method"]]
    intent["next_action"] = None
    if not agreed:
        raise _failed(sandbox, intent, method, AUTHENTICATION_FAILED, None)
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
    if intent["status"] == "processing":
        charging.settle(sandbox, sandbox.store["charge", intent["latest_charge"]], _CANCELED)
    if intent["status"] == "requires_capture":
        refunding.release(sandbox, sandbox.store["charge", intent["latest_charge"]], intent["amount_capturable"])
    intent.update(
        status="canceled",
        amount_capturable=0,
        canceled_at=sandbox.clock.now,
        cancellation_reason=reason,
        next_action=None,
    )


def give_up_on_invoices(sandbox: Sandbox, intent: Json) -> None:
    """Whatever invoices an intent was to pay, it no longer does."""
    for payment in sandbox.store.all("invoice_payment", _payment_intent=intent["id"], status="open"):
        payment["status"] = "canceled"
        payment["status_transitions"]["canceled_at"] = sandbox.clock.now


def require_open(intent: Json) -> None:
    """Raises StripeError where an intent can no longer be confirmed."""
    if intent["status"] not in CONFIRMABLE:
        raise StripeError(
            f"You cannot confirm this PaymentIntent because it has already {_done(intent)}.",
            code="payment_intent_unexpected_state",
        )


def require_type(intent: Json, method: Json) -> None:
    """Raises StripeError where an intent does not take payment methods of this type."""
    allowed = intent["payment_method_types"]
    noun = "SetupIntent" if intent["object"] == "setup_intent" else "PaymentIntent"
    if method["type"] not in allowed:
        raise StripeError(
            f"The PaymentMethod provided ({method['type']}) is not allowed for this {noun}. Please attach a "
            f"PaymentMethod of one of the following types: {', '.join(allowed)}.",
            code="payment_intent_incompatible_payment_method",
            param="payment_method",
        )


def _done(intent: Json) -> str:
    return {
        "succeeded": "succeeded after being previously confirmed",
        "canceled": "been canceled",
    }.get(intent["status"], f"a status of {intent['status']}")


def behaviour_of(sandbox: Sandbox, method: Json, off_session: bool) -> Behaviour:
    """What a card does now: it may have expired, or go through because it was set up before."""
    if has_expired(method, sandbox.clock.now):
        return EXPIRED
    behaviour = card_of(method).behaviour
    if isinstance(behaviour, Authenticate) and not behaviour.always:
        saved = method["_set_up"] or method["_number"] == "4000003800000446"
        return None if off_session and saved else behaviour
    return behaviour


def _charge(sandbox: Sandbox, intent: Json, method: Json, decline: Behaviour) -> None:
    assert not isinstance(decline, Authenticate)
    charge = charging.new_charge(sandbox, intent, method, decline)
    sandbox.note(charge)
    intent["latest_charge"] = charge["id"]
    if decline is not None:
        raise _failed(sandbox, intent, method, decline, charge)
    reason = card_of(method).dispute
    if intent["capture_method"] == "manual":
        _authorized(sandbox, intent, method)
        return
    if reason is not None:
        disputing.open_dispute(sandbox, charge, reason.split()[-1], inquiry=reason.startswith("inquiry"))
    _keep(sandbox, intent, method)
    succeed(sandbox, intent, intent["amount"])


def _authorized(sandbox: Sandbox, intent: Json, method: Json) -> None:
    """The money is held, and let go again unless it is captured within a week."""
    intent.update(
        status="requires_capture", amount_capturable=intent["amount"], last_payment_error=None, next_action=None
    )
    _keep(sandbox, intent, method)
    sandbox.agenda.add(sandbox.clock.now + _AUTHORIZED_FOR, "payment_intent.expire", intent["id"])


def succeed(sandbox: Sandbox, intent: Json, received: int) -> None:
    """The money (minor units) is there."""
    intent.update(
        status="succeeded", amount_capturable=0, amount_received=received, last_payment_error=None, next_action=None
    )
    sandbox.tell("payment_intent.succeeded", intent)


def _keep(sandbox: Sandbox, intent: Json, method: Json) -> None:
    if intent["setup_future_usage"] is not None:
        method["_set_up"] = True
        keep(sandbox, method, intent["customer"])


def _debit(sandbox: Sandbox, intent: Json, method: Json) -> None:
    """Ask the customer's bank for the money, which answers after days."""
    if intent["capture_method"] == "manual":
        raise StripeError(
            f"The payment method type `{method['type']}` does not support `capture_method` of `manual`.",
            param="capture_method",
        )
    account = account_of(method)
    if not method["_verified"]:
        intent.update(status="requires_action", next_action=microdeposits(sandbox, intent))
        return
    mandate_for(sandbox, method)
    if account.refusal is not None:
        _charge(sandbox, intent, method, account.refusal)
        return
    settles = sandbox.clock.now + getattr(sandbox.bank_debits, account.type)
    charge = charging.new_charge(sandbox, intent, method, None, settles=settles)
    sandbox.note(charge)
    intent.update(status="processing", latest_charge=charge["id"], last_payment_error=None, _settles=settles)
    if account.ending != "never":
        sandbox.agenda.add(settles, "payment_intent.settle", intent["id"])
    sandbox.tell("payment_intent.processing", intent)


def settle(sandbox: Sandbox, intent: Json) -> None:
    """The bank has answered a debit: the money is there, or it will not come."""
    method = sandbox.store["payment_method", intent["payment_method"]]
    charge, failure = sandbox.store["charge", intent["latest_charge"]], account_of(method).failure
    sandbox.note(intent)
    charging.settle(sandbox, charge, failure)
    sandbox.note(charge)
    if failure is None:
        _keep(sandbox, intent, method)
        succeed(sandbox, intent, intent["amount"])
    else:
        _failed(sandbox, intent, method, failure, charge)


def verify(sandbox: Sandbox, intent: Json) -> None:
    """The customer has named the small deposits: the account is theirs, and the debit goes on."""
    method = sandbox.store["payment_method", intent["payment_method"]]
    method["_verified"] = True
    intent["next_action"] = None
    _debit(sandbox, intent, method)


def microdeposits(sandbox: Sandbox, intent: Json) -> Json:
    """The next action of a bank account that was typed in."""
    return {
        "type": "verify_with_microdeposits",
        "verify_with_microdeposits": {
            "arrival_date": sandbox.clock.now + 24 * 60 * 60,
            "hosted_verification_url": f"{sandbox.base_url}/hosted/microdeposits/{intent['_token']}",
            "microdeposit_type": "amounts",
        },
    }


def _failed(sandbox: Sandbox, intent: Json, method: Json, decline: Decline, charge: Json | None) -> StripeError:
    """Note the failure on the intent and make the error of it."""
    details: Json = {} if charge is None else {"charge": charge["id"]}
    error = card_error(decline, **details, payment_method=sandbox.shown(method))
    if method["type"] != "card":
        error.type, error.param = "invalid_request_error", None
    noted = error.body("")["error"]
    del noted["request_log_url"]
    intent.update(status="requires_payment_method", last_payment_error=noted, payment_method=None)
    error.details["payment_intent"] = sandbox.shown(intent)
    sandbox.tell("payment_intent.payment_failed", intent)
    return error


def ask_bank(sandbox: Sandbox, intent: Json) -> Json:
    """The next action of a card whose bank asks the customer first: Stripe.js asks, or a page to be redirected to."""
    back = intent["_return_url"]
    if back is None:
        return {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}}
    url = f"{sandbox.base_url}/hosted/authenticate/{intent['_token']}"
    return {"type": "redirect_to_url", "redirect_to_url": {"return_url": back, "url": url}}
