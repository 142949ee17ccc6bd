"""What publishable keys may do: what Stripe.js needs, on the one intent whose client secret is known.

https://docs.stripe.com/keys#obtain-api-keys: such a key is in every page, so it opens nothing by itself.
"""

from __future__ import annotations

from collections.abc import Mapping

from stripe_sandbox.errors import StripeError, invalid
from stripe_sandbox.form import Raw
from stripe_sandbox.http import Json
from stripe_sandbox.resource import Route

PREFIX = "pk_test_"
_EXPANDABLE = {"payment_method"}
_SHOWN: Mapping[str, tuple[str, ...]] = {
    "payment_intent": (
        "id", "object", "amount", "amount_details", "automatic_payment_methods", "canceled_at", "cancellation_reason",
        "capture_method", "client_secret", "confirmation_method", "created", "currency", "description",
        "excluded_payment_method_types", "last_payment_error", "livemode", "next_action", "payment_method",
        "payment_method_configuration_details", "payment_method_types", "processing", "receipt_email",
        "setup_future_usage", "shipping", "status",
    ),
    "setup_intent": (
        "id", "object", "automatic_payment_methods", "cancellation_reason", "client_secret", "created", "description",
        "excluded_payment_method_types", "last_setup_error", "livemode", "next_action", "payment_method",
        "payment_method_configuration_details", "payment_method_types", "status", "usage",
    ),
}  # fmt: skip
"""The fields that a publishable key gets to see, as `@stripe/stripe-js` declares them: no customer, no metadata."""


def is_publishable(key: str) -> bool:
    """Whether a key is one for pages."""
    return key.startswith(PREFIX)


def check(route: Route, raw: Mapping[str, Raw]) -> None:
    """Raises StripeError unless a publishable key may ask for this."""
    if route.publishable is None:
        raise StripeError(
            "This API call cannot be made with a publishable API key. Please use a secret API key. You can "
            "find a list of your API keys at https://dashboard.stripe.com/account/apikeys.",
            status=401,
            code="secret_key_required",
        )
    if "client_secret" in route.publishable and "client_secret" not in raw:
        raise invalid("Missing required param: client_secret.", "client_secret", "parameter_missing")
    for name in raw:
        if name in route.params and name not in route.publishable:
            raise invalid(f"The parameter {name} cannot be used with a publishable API key.", name)
    if set(map(str, _items(raw.get("expand")))) - _EXPANDABLE:
        raise invalid("This property cannot be expanded with a publishable API key.", "expand")


def shown(item: Json) -> Json:
    """What a publishable key sees of an object."""
    fields = _SHOWN.get(str(item.get("object")))
    return item if fields is None else {name: item[name] for name in fields if name in item}


def told(error: StripeError) -> StripeError:
    """An error with no more of the intent within it than the key may see."""
    error.details = {name: shown(value) if isinstance(value, dict) else value for name, value in error.details.items()}
    return error


def _items(raw: Raw | None) -> list[Raw]:
    if isinstance(raw, dict):
        return list(raw.values())
    return raw if isinstance(raw, list) else [] if raw is None else [raw]
