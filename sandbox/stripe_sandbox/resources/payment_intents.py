"""Payment intents: https://docs.stripe.com/api/payment_intents."""

from __future__ import annotations

from stripe_sandbox import search_fields, searching
from stripe_sandbox.billing import methods, payments
from stripe_sandbox.errors import StripeError, invalid
from stripe_sandbox.http import Json
from stripe_sandbox.money import minimum_charge
from stripe_sandbox.parameters import (
    Boolean,
    Currency,
    Email,
    Fields,
    Hash,
    Integer,
    ListOf,
    Metadata,
    OneOf,
    Reference,
    Text,
    range_of,
)
from stripe_sandbox.resource import CUSTOMER, LISTING, Call, Link, Resource, Route, chosen, in_range, merged
from stripe_sandbox.resources.shapes import SHIPPING, shipping

_METHOD = Reference(to="payment_method", noun="PaymentMethod")
_REASONS = ("abandoned", "duplicate", "fraudulent", "requested_by_customer")
_SAVE: Fields = {
    "description": Text(max=1000),
    "metadata": Metadata(),
    "payment_method": _METHOD,
    "payment_method_types": ListOf(OneOf(("card",))),
    "receipt_email": Email(),
    "setup_future_usage": OneOf(("off_session", "on_session")),
    "shipping": SHIPPING,
    "statement_descriptor": Text(max=22),
    "statement_descriptor_suffix": Text(max=22),
}
CREATE: Fields = {
    **_SAVE,
    "metadata": Metadata(clearable=False),
    "shipping": SHIPPING.firm(),
    "amount": Integer(1, 99_999_999, required=True),
    "automatic_payment_methods": Hash(
        {"allow_redirects": OneOf(("always", "never")), "enabled": Boolean(required=True)}
    ),
    "confirm": Boolean(),
    "currency": Currency(required=True),
    "customer": CUSTOMER,
    "off_session": Boolean(),
    "return_url": Text(clearable=False),
}
UPDATE: Fields = {**_SAVE, "amount": Integer(1, 99_999_999), "customer": CUSTOMER}
CONFIRM: Fields = {
    "off_session": Boolean(),
    "payment_method": _METHOD,
    "receipt_email": Email(),
    "return_url": Text(clearable=False),
    "setup_future_usage": OneOf(("off_session", "on_session"), clearable=True),
}
LIST: Fields = {"created": range_of(), "customer": CUSTOMER, **LISTING}
_PLAIN = (
    "amount",
    "customer",
    "description",
    "payment_method_types",
    "receipt_email",
    "setup_future_usage",
    "statement_descriptor",
    "statement_descriptor_suffix",
)


def _create(call: Call) -> Json:
    params = call.params
    least = minimum_charge(params["currency"])
    if params["amount"] < least:
        raise invalid(
            f"Amount must be at least {least} {params['currency']} in minor units.", "amount", "amount_too_small"
        )
    automatic = params.get("automatic_payment_methods")
    if automatic is not None:
        automatic = {"allow_redirects": "always", **automatic}
    intent = payments.new_intent(
        call.sandbox, params["amount"], params["currency"], automatic_payment_methods=automatic
    )
    _apply(call, intent)
    if params.get("confirm"):
        _confirm_with(call, intent)
    return intent


def _update(call: Call) -> Json:
    intent = call.named("payment_intent", "intent")
    payments.require_open(intent)
    if any(payment["is_default"] for payment in call.store.all("invoice_payment", _payment_intent=intent["id"])):
        raise StripeError(
            "This PaymentIntent's details can't be changed: it is the default payment of an invoice.",
            code="payment_intent_unexpected_state",
        )
    _apply(call, intent)
    return intent


def _apply(call: Call, intent: Json) -> None:
    params = call.params
    intent.update(chosen(params, *_PLAIN))
    if "metadata" in params:
        intent["metadata"] = merged(intent["metadata"], params["metadata"])
    if "shipping" in params:
        intent["shipping"] = shipping(params["shipping"])
    if "payment_method" in params:
        _take_method(call, intent)


def _take_method(call: Call, intent: Json) -> None:
    method = methods.method(call.sandbox, call.params["payment_method"])
    if method["customer"] not in (None, intent["customer"]):
        raise invalid(
            "The provided PaymentMethod cannot be used: it belongs to another Customer than the PaymentIntent.",
            "payment_method",
        )
    intent.update(payment_method=method["id"], status="requires_confirmation")


def _confirm(call: Call) -> Json:
    intent = call.named("payment_intent", "intent")
    payments.require_open(intent)
    if "payment_method" in call.params:
        _take_method(call, intent)
    intent.update(chosen(call.params, "receipt_email", "setup_future_usage"))
    _confirm_with(call, intent)
    return intent


def _confirm_with(call: Call, intent: Json) -> None:
    if intent["payment_method"] is None:
        raise StripeError(
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the "
            "PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a "
            "payment method or ConfirmationToken.",
            code="payment_intent_unexpected_state",
        )
    method = call.store["payment_method", intent["payment_method"]]
    off_session = call.params.get("off_session", False)
    payments.confirm(call.sandbox, intent, method, off_session=off_session)
    if intent["status"] == "requires_action" and off_session:
        raise payments.authentication_required(call.sandbox, intent)


def _cancel(call: Call) -> Json:
    intent = call.named("payment_intent", "intent")
    if any(payment["is_default"] for payment in call.store.all("invoice_payment", _payment_intent=intent["id"])):
        raise StripeError(
            "You cannot cancel this PaymentIntent: it is the default payment of an invoice.",
            code="payment_intent_unexpected_state",
        )
    payments.cancel(call.sandbox, intent, call.params.get("cancellation_reason"))
    for payment in call.store.all("invoice_payment", _payment_intent=intent["id"], status="open"):
        payment["status"] = "canceled"
        payment["status_transitions"]["canceled_at"] = call.now
    return intent


def _list(call: Call) -> Json:
    created = call.params.get("created")
    where = chosen(call.params, "customer")
    return call.page("payment_intent", where, lambda intent: in_range(intent["created"], created))


RESOURCE = Resource(
    kind="payment_intent",
    permission="payment_intent",
    missing_param="intent",
    indexed=("customer",),
    expandable={
        "customer": Link("customer"),
        "latest_charge": Link("charge"),
        "payment_method": Link("payment_method"),
    },
    routes=(
        searching.route("payment_intent", "/v1/payment_intents", search_fields.PAYMENT_INTENTS),
        Route("GET", "/v1/payment_intents", _list, LIST),
        Route("POST", "/v1/payment_intents", _create, CREATE),
        Route("GET", "/v1/payment_intents/{intent}", lambda call: call.named("payment_intent", "intent")),
        Route("POST", "/v1/payment_intents/{intent}", _update, UPDATE),
        Route("POST", "/v1/payment_intents/{intent}/cancel", _cancel, {"cancellation_reason": OneOf(_REASONS)}),
        Route("POST", "/v1/payment_intents/{intent}/confirm", _confirm, CONFIRM),
    ),
)
