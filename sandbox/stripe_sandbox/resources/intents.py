"""What payment intents and setup intents take alike."""

from __future__ import annotations

import re

from stripe_sandbox.errors import StripeError, invalid, missing
from stripe_sandbox.http import Json
from stripe_sandbox.parameters import Boolean, Hash, Integer, ListOf, OneOf, Text
from stripe_sandbox.resource import Call

TYPES = ("card", "sepa_debit", "us_bank_account")
"""The payment method types that the sandbox can do something with."""
PAYMENT_METHOD_TYPES = ListOf(OneOf(TYPES))
EXCLUDED_TYPES = ListOf(OneOf(TYPES))
AUTOMATIC = Hash({"allow_redirects": OneOf(("always", "never")), "enabled": Boolean(required=True)})
MANDATE_DATA = Hash(
    {
        "customer_acceptance": Hash(
            {
                "accepted_at": Integer(),
                "offline": Hash({}),
                "online": Hash(
                    {
                        "ip_address": Text(required=True, clearable=False),
                        "user_agent": Text(required=True, clearable=False),
                    }
                ),
                "type": OneOf(("offline", "online"), required=True),
            },
            required=True,
        )
    },
    clearable=True,
)
_URL = re.compile(r"https?://[A-Za-z0-9.\-:\[\]]+(?:[/?#][!-~]*)?\Z")
CLIENT_SECRET = Text(clearable=False)
SECRET_ONLY = frozenset({"client_secret"})
"""All that a page may send to look at its intent."""


def types_for(params: Json, usual: list[str]) -> Json:
    """The fields that say which payment methods an intent takes: those that are named, or what is usual less some."""
    named, excluded = params.get("payment_method_types"), params.get("excluded_payment_method_types")
    automatic = params.get("automatic_payment_methods")
    if named is not None and automatic is not None and automatic["enabled"]:
        raise invalid(
            "You may only specify one of these parameters: automatic_payment_methods, payment_method_types.",
            "payment_method_types",
        )
    if named is not None:
        return {"automatic_payment_methods": None, "payment_method_types": named}
    if automatic is None or automatic["enabled"]:
        automatic = {"allow_redirects": "always", "enabled": True, **(automatic or {})}
    left = [type for type in usual if type not in (excluded or [])]
    return {
        "automatic_payment_methods": automatic,
        "excluded_payment_method_types": excluded,
        "payment_method_types": left if automatic["enabled"] else ["card"],
    }


def named(call: Call, kind: str) -> Json:
    """The intent that the path names; a client secret that is sent along must be its own."""
    intent = call.named(kind, "intent")
    if call.params.get("client_secret", intent["client_secret"]) != intent["client_secret"]:
        raise missing(kind, intent["id"], param="intent")
    return intent


def require_method(intent: Json) -> None:
    """Raises StripeError where nothing has been given to confirm with."""
    if intent["payment_method"] is None:
        noun = "SetupIntent" if intent["object"] == "setup_intent" else "PaymentIntent"
        raise StripeError(
            f"You cannot confirm this {noun} because it's missing a payment method. You can either update the "
            f"{noun} with a payment method and then confirm it again, or confirm it again directly with a "
            "payment method or ConfirmationToken.",
            code=f"{intent['object']}_unexpected_state",
        )


def come_back_to(call: Call, intent: Json) -> None:
    """Note where the customer returns to from their bank; with `use_stripe_sdk` Stripe.js asks them on the page."""
    back = call.params.get("return_url")
    if back is not None and not _URL.match(back):
        raise invalid("Not a valid URL", "return_url", "url_invalid")
    intent["_return_url"] = None if call.params.get("use_stripe_sdk") else back
