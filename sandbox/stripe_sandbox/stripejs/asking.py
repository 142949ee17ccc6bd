"""What the frames of the stand-in ask the sandbox beside the API: each answers one JSON object with another.

Every question bears the publishable key, and the client secret of what it is about.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from stripe_sandbox import publishable
from stripe_sandbox.billing import banks, methods, payments
from stripe_sandbox.errors import StripeError, StripeSandboxError, invalid
from stripe_sandbox.http import Json

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox

_BANKS: Final = {
    "pm_usBankAccount_success": "Test bank: succeeds",
    "pm_usBankAccount_insufficientFunds": "Test bank: fails after days, no funds",
    "pm_usBankAccount_accountClosed": "Test bank: fails after days, account closed",
    "pm_usBankAccount_weeklyLimitExceeded": "Test bank: refused at once, weekly limit",
}
"""The banks that one can choose from a list, as Financial Connections offers them: verified at once."""


def element(sandbox: Sandbox, sent: Json) -> Json:
    """What a Payment Element is to show: the intent's types, the customer's saved methods, whether it offers to save.

    Without an intent (`mode`) it is the types that are usual in the currency. Raises StripeError in the cases in
    which Stripe's element does not load.
    """
    account = _account(sandbox, sent)
    intent = _intent(account, sent["client_secret"]) if sent.get("client_secret") else None
    session = _customer_session(account, str(sent["customer_session"])) if sent.get("customer_session") else None
    features = (session or {}).get("components", {}).get("payment_element", {}).get("features") or {}
    usage = intent.get("setup_future_usage") if intent is not None else sent.get("setup_future_usage")
    if features.get("payment_method_save_usage") and usage:
        raise invalid(
            "You cannot set `payment_method_save_usage` on the CustomerSession when `setup_future_usage` is set on the "
            "intent or on the Elements instance. Set only one of them.",
            "customer_session_client_secret",
        )
    types = _types(intent, sent)
    return {
        "intent": None if intent is None else publishable.shown(account.shown(intent)),
        "now": account.clock.now,
        "types": types,
        "banks": _BANKS,
        "routing_number": banks.ROUTING_NUMBER,
        "save": features.get("payment_method_save") == "enabled",
        "save_usage": features.get("payment_method_save_usage"),
        "saved": _saved(account, session, features, types),
    }


def challenge(sandbox: Sandbox, sent: Json) -> Json:
    """Take the customer's answer to their bank. What then becomes of the intent is read from the API."""
    account = _account(sandbox, sent)
    intent = _intent(account, sent.get("client_secret"))
    try:
        account.authenticate(intent["id"], agreed=sent.get("agreed") is True)
    except StripeSandboxError as error:
        if error.status != 402 and error.error.get("code") not in _LATE:
            raise
    return {}


_LATE: Final = ("payment_intent_unexpected_state", "setup_intent_unexpected_state")
"""An answer that comes twice, or after somebody else's, changes nothing."""


def bank_account(sandbox: Sandbox, sent: Json) -> Json:
    """Make a payment method of a bank that was chosen from the list: it is verified."""
    account = _account(sandbox, sent)
    if sent.get("bank") not in _BANKS:
        raise invalid("There is no such test bank.", "bank")
    with account.change():
        made = methods.new_bank_account(account, banks.BY_ID[sent["bank"]])
        if sent.get("allow_redisplay") in ("always", "limited"):
            made["allow_redisplay"] = sent["allow_redisplay"]
        details = sent.get("billing_details")
        given = details if isinstance(details, dict) else {}
        made["billing_details"].update({name: str(given[name]) for name in ("email", "name") if given.get(name)})
    return account.shown(made)


QUESTIONS: Final[Mapping[str, Callable[[Sandbox, Json], Json]]] = {
    "element": element,
    "challenge": challenge,
    "bank_account": bank_account,
}


def _account(sandbox: Sandbox, sent: Json) -> Sandbox:
    """The account that the page's `Stripe(key, {stripeAccount})` means."""
    if not publishable.is_publishable(str(sent.get("key"))):
        raise StripeError("Invalid API Key provided.", status=401)
    asked = sent.get("account")
    found = sandbox if asked in (None, sandbox.account["id"]) else sandbox.connected.get(str(asked))
    if found is None:
        raise StripeError("The account does not exist, or this key has no access to it.", status=403)
    return found


def _intent(account: Sandbox, client_secret: object) -> Json:
    """The intent whose client secret this is."""
    id = str(client_secret).partition("_secret_")[0]
    kind = "setup_intent" if id.startswith("seti_") else "payment_intent"
    found = account.store.get(kind, id)
    if found is None or found["client_secret"] != client_secret:
        raise invalid(
            f"The client_secret provided does not match any associated {kind} on this account. Ensure the "
            "client_secret was created using the same account that is attempting to use it.",
            "client_secret",
            "resource_missing",
        )
    return found


def _customer_session(account: Sandbox, secret: str) -> Json:
    found = account.store.get("customer_session", secret)
    if found is None or found["expires_at"] <= account.clock.now:
        raise invalid("The customer session client secret is invalid or has expired.", "customer_session_client_secret")
    if not found["components"]["payment_element"]["enabled"]:
        raise invalid("The customer session does not enable payment_element.", "customer_session_client_secret")
    return found


def _types(intent: Json | None, sent: Json) -> list[str]:
    if intent is not None:
        return list(intent["payment_method_types"])
    usual = payments.usual_types(str(sent.get("currency", "usd")).lower())
    excluded = sent.get("excluded_types") or []
    named = sent.get("types") or usual
    return [type for type in named if type not in excluded]


def _saved(account: Sandbox, session: Json | None, features: Json, types: list[str]) -> list[Json]:
    """The customer's methods that the session lets be shown again, the newest first."""
    if session is None or features.get("payment_method_redisplay") != "enabled":
        return []
    shown = features["payment_method_allow_redisplay_filters"]
    found = account.store.table("payment_method").newest({"customer": session["customer"]})
    fitting = [each for each in found if each["allow_redisplay"] in shown and each["type"] in types]
    return [
        {
            "id": each["id"],
            "type": each["type"],
            "label": each[each["type"]].get("brand") or each[each["type"]].get("bank_name") or "Bank account",
            "last4": each[each["type"]]["last4"],
        }
        for each in fitting[: features["payment_method_redisplay_limit"]]
    ]
