"""Setup intents: a payment method is made ready for later. https://docs.stripe.com/payments/setup-intents"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stripe_sandbox.billing import payments
from stripe_sandbox.billing.cards import Authenticate, Decline
from stripe_sandbox.billing.mandates import mandate_for
from stripe_sandbox.billing.methods import account_of, card_error, card_of, has_expired, keep
from stripe_sandbox.billing.payments import AUTHENTICATION_FAILED, CONFIRMABLE, ask_bank, microdeposits, require_type
from stripe_sandbox.errors import StripeError
from stripe_sandbox.http import Json

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox

_REFUSED = Decline("setup_intent_authentication_failure", AUTHENTICATION_FAILED.message)


def new_setup(sandbox: Sandbox, **given: Any) -> Json:
    """Enter a setup intent that waits for a payment method."""
    id = sandbox.ids.new("seti")
    return sandbox.store.add(
        {
            "id": id,
            "object": "setup_intent",
            "application": None,
            "automatic_payment_methods": None,
            "cancellation_reason": None,
            "client_secret": f"{id}_secret_{sandbox.ids.text('secret', 25)}",
            "created": sandbox.clock.now,
            "customer": None,
            "customer_account": None,
            "description": None,
            "excluded_payment_method_types": None,
            "flow_directions": None,
            "last_setup_error": None,
            "latest_attempt": None,
            "livemode": False,
            "mandate": None,
            "metadata": {},
            "next_action": None,
            "on_behalf_of": None,
            "payment_method": None,
            "payment_method_configuration_details": None,
            "payment_method_options": {},
            "payment_method_types": payments.usual_types(sandbox.account["default_currency"]),
            "single_use_mandate": None,
            "status": "requires_payment_method",
            "usage": "off_session",
            **given,
            "_return_url": None,
            "_token": sandbox.ids.text("intent_token", 24),
        }
    )


def require_open(intent: Json) -> None:
    """Raises StripeError where a setup intent can no longer be changed or confirmed."""
    if intent["status"] not in CONFIRMABLE:
        raise StripeError(
            f"You cannot confirm this SetupIntent because it has a status of {intent['status']}.",
            code="setup_intent_unexpected_state",
        )


def confirm(sandbox: Sandbox, intent: Json, method: Json, acceptance: Json | None = None) -> None:
    """Try out a payment method. Leaves the intent `succeeded` or `requires_action`; raises 402 for a decline."""
    require_open(intent)
    require_type(intent, method)
    sandbox.note(intent)
    intent.update(
        payment_method=method["id"], next_action=None, latest_attempt=sandbox.ids.new("setatt"), last_setup_error=None
    )
    if method["type"] != "card":
        _set_up_account(sandbox, intent, method, acceptance)
        return
    card = card_of(method)
    if isinstance(card.behaviour, Authenticate):
        intent.update(status="requires_action", next_action=ask_bank(sandbox, intent))
        return
    decline = card.on_attach
    if decline is None and has_expired(method, sandbox.clock.now):
        raise _failed(sandbox, intent, method, Decline("expired_card", "Your card has expired.", "expired_card"))
    if decline is not None:
        raise _failed(sandbox, intent, method, decline)
    succeed(sandbox, intent, method)


def authenticate(sandbox: Sandbox, intent: Json, *, agreed: bool) -> None:
    """What the customer answered to their bank. Raises 402 where they refused."""
    if intent["status"] != "requires_action" or "verify_with_microdeposits" in intent["next_action"]:
        raise StripeError("This SetupIntent does not require authentication.", code="setup_intent_unexpected_state")
    method = sandbox.store["payment_method", intent["payment_method"]]
    intent["next_action"] = None
    if not agreed:
        raise _failed(sandbox, intent, method, _REFUSED)
    succeed(sandbox, intent, method)


def verify(sandbox: Sandbox, intent: Json) -> None:
    """The customer has named the small deposits: the bank account is theirs."""
    method = sandbox.store["payment_method", intent["payment_method"]]
    method["_verified"] = True
    _set_up_account(sandbox, intent, method, None)


def succeed(sandbox: Sandbox, intent: Json, method: Json) -> None:
    """The payment method is ready, and the customer's."""
    method["_set_up"] = True
    keep(sandbox, method, intent["customer"])
    intent.update(status="succeeded", next_action=None, last_setup_error=None)
    sandbox.tell("setup_intent.succeeded", intent)


def cancel(intent: Json, reason: str | None) -> None:
    """Give up a setup intent that has not succeeded."""
    if intent["status"] in ("succeeded", "canceled"):
        raise StripeError(
            f"You cannot cancel this SetupIntent because it has a status of {intent['status']}. Only a SetupIntent "
            "with one of the following statuses may be canceled: requires_payment_method, requires_confirmation, "
            "requires_action.",
            code="setup_intent_unexpected_state",
        )
    intent.update(status="canceled", cancellation_reason=reason, next_action=None)


def _set_up_account(sandbox: Sandbox, intent: Json, method: Json, acceptance: Json | None) -> None:
    refusal = account_of(method).refusal
    if refusal is not None:
        raise _failed(sandbox, intent, method, refusal)
    if not method["_verified"]:
        intent.update(status="requires_action", next_action=microdeposits(sandbox, intent))
        return
    intent["mandate"] = mandate_for(sandbox, method, acceptance)
    succeed(sandbox, intent, method)


def _failed(sandbox: Sandbox, intent: Json, method: Json, decline: Decline) -> StripeError:
    error = card_error(decline, payment_method=sandbox.shown(method))
    noted = error.body("")["error"]
    del noted["request_log_url"]
    intent.update(status="requires_payment_method", last_setup_error=noted, payment_method=None)
    error.details["setup_intent"] = sandbox.shown(intent)
    sandbox.tell("setup_intent.setup_failed", intent)
    return error
