"""Payment intents: https://docs.stripe.com/api/payment_intents."""

from __future__ import annotations

from stripe_sandbox import search_fields, searching
from stripe_sandbox.billing import capturing, debiting, methods, payments
from stripe_sandbox.billing.mandates import mandate_for
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
    WordOr,
    range_of,
)
from stripe_sandbox.resource import CUSTOMER, LISTING, Call, Link, Resource, Route, chosen, in_range, merged
from stripe_sandbox.resources import intents
from stripe_sandbox.resources.shapes import SHIPPING, shipping

_METHOD = Reference(to="payment_method", noun="PaymentMethod")
_REASONS = ("abandoned", "duplicate", "fraudulent", "requested_by_customer")
_OFF_SESSION = WordOr("one_off", WordOr("recurring", Boolean()))
_OPTIONS = Hash(
    {
        "card": Hash({"request_three_d_secure": OneOf(("any", "automatic", "challenge"))}, clearable=True),
        "us_bank_account": Hash(
            {"verification_method": OneOf(("automatic", "instant", "microdeposits"))}, clearable=True
        ),
    }
)
_CAPTURE_METHOD = OneOf(("automatic", "automatic_async", "manual"))
_SAVE: Fields = {
    "capture_method": _CAPTURE_METHOD,
    "description": Text(max=1000),
    "metadata": Metadata(),
    "payment_method": _METHOD,
    "payment_method_types": intents.PAYMENT_METHOD_TYPES,
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
    "automatic_payment_methods": intents.AUTOMATIC,
    "confirm": Boolean(),
    "currency": Currency(required=True),
    "customer": CUSTOMER,
    "error_on_requires_action": Boolean(),
    "excluded_payment_method_types": intents.EXCLUDED_TYPES,
    "mandate_data": intents.MANDATE_DATA,
    "off_session": _OFF_SESSION,
    "payment_method_options": _OPTIONS,
    "return_url": Text(clearable=False),
    "use_stripe_sdk": Boolean(),
}
UPDATE: Fields = {**_SAVE, "amount": Integer(1, 99_999_999), "customer": CUSTOMER}
CONFIRM: Fields = {
    "capture_method": _CAPTURE_METHOD,
    "client_secret": intents.CLIENT_SECRET,
    "error_on_requires_action": Boolean(),
    "mandate_data": intents.MANDATE_DATA,
    "off_session": _OFF_SESSION,
    "payment_method": _METHOD,
    "payment_method_options": _OPTIONS,
    "receipt_email": Email(),
    "return_url": Text(clearable=False),
    "setup_future_usage": OneOf(("off_session", "on_session"), clearable=True),
    "use_stripe_sdk": Boolean(),
}
_FROM_PAGES = frozenset(CONFIRM) - {"capture_method", "error_on_requires_action", "off_session"}
CAPTURE: Fields = {
    "amount_to_capture": Integer(1),
    "metadata": Metadata(),
    "statement_descriptor": Text(max=22),
    "statement_descriptor_suffix": Text(max=22),
}
VERIFY: Fields = {
    "amounts": ListOf(Integer()),
    "client_secret": intents.CLIENT_SECRET,
    "descriptor_code": Text(clearable=False),
}
LIST: Fields = {"created": range_of(), "customer": CUSTOMER, **LISTING}
_PLAIN = (
    "amount",
    "capture_method",
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
    fields = intents.types_for(params, payments.usual_types(params["currency"]))
    intent = payments.new_intent(
        call.sandbox, params["amount"], params["currency"], capture_method="automatic_async", **fields
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
    call.sandbox.store.reindex(intent)
    intent["payment_method_options"] = payments.method_options(
        intent["payment_method_types"],
        {**intent["payment_method_options"], **_given_options(params)},
    )
    if "metadata" in params:
        intent["metadata"] = merged(intent["metadata"], params["metadata"])
    if "shipping" in params:
        intent["shipping"] = shipping(params["shipping"])
    if "payment_method" in params:
        _take_method(call, intent)


def _given_options(params: Json) -> Json:
    return {name: value or {} for name, value in params.get("payment_method_options", {}).items()}


def _take_method(call: Call, intent: Json) -> None:
    method = methods.method(call.sandbox, call.params["payment_method"])
    if method["customer"] not in (None, intent["customer"]):
        raise invalid(
            "The provided PaymentMethod cannot be used: it belongs to another Customer than the PaymentIntent.",
            "payment_method",
        )
    intent.update(payment_method=method["id"], status="requires_confirmation")


def _confirm(call: Call) -> Json:
    intent = intents.named(call, "payment_intent")
    payments.require_open(intent)
    if "payment_method" in call.params:
        _take_method(call, intent)
    intent.update(chosen(call.params, "capture_method", "receipt_email", "setup_future_usage"))
    _confirm_with(call, intent)
    return intent


def _confirm_with(call: Call, intent: Json) -> None:
    intents.require_method(intent)
    intents.come_back_to(call, intent)
    method = call.store["payment_method", intent["payment_method"]]
    mandate_for(call.sandbox, method, call.params.get("mandate_data"))
    off_session = bool(call.params.get("off_session", False))
    payments.confirm(call.sandbox, intent, method, off_session=off_session)
    unwanted = off_session or call.params.get("error_on_requires_action", False)
    if intent["status"] == "requires_action" and unwanted and method["type"] == "card":
        raise payments.authentication_required(call.sandbox, intent)


def _verify(call: Call) -> Json:
    intent = intents.named(call, "payment_intent")
    debiting.require_deposits(intent, call.params)
    payments.verify(call.sandbox, intent)
    return intent


def _cancel(call: Call) -> Json:
    intent = call.named("payment_intent", "intent")
    if any(payment["is_default"] for payment in call.store.all("invoice_payment", _payment_intent=intent["id"])):
        raise StripeError(
            "You cannot cancel this PaymentIntent: it is the default payment of an invoice.",
            code="payment_intent_unexpected_state",
        )
    payments.cancel(call.sandbox, intent, call.params.get("cancellation_reason"))
    payments.give_up_on_invoices(call.sandbox, intent)
    return intent


def _capture(call: Call) -> Json:
    intent = call.named("payment_intent", "intent")
    capturing.capture(call.sandbox, intent, call.params.get("amount_to_capture"))
    intent.update(chosen(call.params, "statement_descriptor", "statement_descriptor_suffix"))
    if "metadata" in call.params:
        intent["metadata"] = merged(intent["metadata"], call.params["metadata"])
    return intent


def _list(call: Call) -> Json:
    created = call.params.get("created")
    where = chosen(call.params, "customer")
    return call.page("payment_intent", where, lambda intent: in_range(intent["created"], created))


_ONE = "/v1/payment_intents/{intent}"
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
        Route(
            "GET",
            _ONE,
            lambda call: intents.named(call, "payment_intent"),
            {"client_secret": intents.CLIENT_SECRET},
            publishable=intents.SECRET_ONLY,
        ),
        Route("POST", "/v1/payment_intents/{intent}", _update, UPDATE),
        Route("POST", "/v1/payment_intents/{intent}/cancel", _cancel, {"cancellation_reason": OneOf(_REASONS)}),
        Route("POST", f"{_ONE}/capture", _capture, CAPTURE),
        Route("POST", f"{_ONE}/confirm", _confirm, CONFIRM, publishable=_FROM_PAGES),
        Route("POST", f"{_ONE}/verify_microdeposits", _verify, VERIFY, publishable=frozenset(VERIFY)),
    ),
    jobs={"expire": capturing.expire_job, "settle": debiting.settle_job},
)
