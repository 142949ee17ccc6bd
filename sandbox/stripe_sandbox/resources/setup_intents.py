"""Setup intents: https://docs.stripe.com/api/setup_intents."""

from __future__ import annotations

from stripe_sandbox.billing import debiting, methods, payments, setups
from stripe_sandbox.errors import invalid
from stripe_sandbox.http import Json
from stripe_sandbox.parameters import Boolean, Fields, Integer, ListOf, Metadata, OneOf, Reference, Text, range_of
from stripe_sandbox.resource import CUSTOMER, LISTING, Call, Link, Resource, Route, chosen, in_range, merged
from stripe_sandbox.resources import intents

_METHOD = Reference(to="payment_method", noun="PaymentMethod")
_REASONS = ("abandoned", "duplicate", "requested_by_customer")
_SAVE: Fields = {
    "customer": CUSTOMER,
    "description": Text(max=1000),
    "metadata": Metadata(),
    "payment_method": _METHOD,
    "payment_method_types": intents.PAYMENT_METHOD_TYPES,
}
CREATE: Fields = {
    **_SAVE,
    "automatic_payment_methods": intents.AUTOMATIC,
    "confirm": Boolean(),
    "excluded_payment_method_types": intents.EXCLUDED_TYPES,
    "mandate_data": intents.MANDATE_DATA,
    "metadata": Metadata(clearable=False),
    "return_url": Text(clearable=False),
    "usage": OneOf(("off_session", "on_session")),
    "use_stripe_sdk": Boolean(),
}
CONFIRM: Fields = {
    "client_secret": intents.CLIENT_SECRET,
    "mandate_data": intents.MANDATE_DATA,
    "payment_method": _METHOD,
    "return_url": Text(clearable=False),
    "use_stripe_sdk": Boolean(),
}
VERIFY: Fields = {
    "amounts": ListOf(Integer()),
    "client_secret": intents.CLIENT_SECRET,
    "descriptor_code": Text(clearable=False),
}
LIST: Fields = {"created": range_of(), "customer": CUSTOMER, "payment_method": _METHOD, **LISTING}


def _create(call: Call) -> Json:
    usual = payments.usual_types(call.sandbox.account["default_currency"])
    fields = intents.types_for(call.params, usual)
    shown = payments.method_options(fields["payment_method_types"])
    if "card" in shown:
        del shown["card"]["installments"]
    intent = setups.new_setup(call.sandbox, **fields, **chosen(call.params, "usage"), payment_method_options=shown)
    _apply(call, intent)
    if call.params.get("confirm"):
        _confirm_with(call, intent)
    return intent


def _update(call: Call) -> Json:
    intent = call.named("setup_intent", "intent")
    setups.require_open(intent)
    _apply(call, intent)
    return intent


def _apply(call: Call, intent: Json) -> None:
    params = call.params
    intent.update(chosen(params, "customer", "description", "payment_method_types"))
    call.sandbox.store.reindex(intent)
    if "metadata" in params:
        intent["metadata"] = merged(intent["metadata"], params["metadata"])
    if "payment_method" in params:
        _take_method(call, intent)


def _take_method(call: Call, intent: Json) -> None:
    method = methods.method(call.sandbox, call.params["payment_method"])
    if method["customer"] not in (None, intent["customer"]):
        raise invalid(
            "The provided PaymentMethod cannot be used: it belongs to another Customer than the SetupIntent.",
            "payment_method",
        )
    intent.update(payment_method=method["id"], status="requires_confirmation")


def _confirm(call: Call) -> Json:
    intent = intents.named(call, "setup_intent")
    setups.require_open(intent)
    if "payment_method" in call.params:
        _take_method(call, intent)
    _confirm_with(call, intent)
    return intent


def _confirm_with(call: Call, intent: Json) -> None:
    intents.require_method(intent)
    intents.come_back_to(call, intent)
    method = call.store["payment_method", intent["payment_method"]]
    setups.confirm(call.sandbox, intent, method, call.params.get("mandate_data"))


def _cancel(call: Call) -> Json:
    intent = call.named("setup_intent", "intent")
    setups.cancel(intent, call.params.get("cancellation_reason"))
    return intent


def _verify(call: Call) -> Json:
    intent = intents.named(call, "setup_intent")
    debiting.require_deposits(intent, call.params)
    setups.verify(call.sandbox, intent)
    return intent


def _list(call: Call) -> Json:
    created = call.params.get("created")
    where = chosen(call.params, "customer", "payment_method")
    return call.page("setup_intent", where, lambda intent: in_range(intent["created"], created))


_ONE = "/v1/setup_intents/{intent}"
RESOURCE = Resource(
    kind="setup_intent",
    permission="setup_intent",
    noun="setupintent",
    missing_param="intent",
    indexed=("customer",),
    expandable={
        "customer": Link("customer"),
        "mandate": Link("mandate"),
        "payment_method": Link("payment_method"),
    },
    routes=(
        Route("GET", "/v1/setup_intents", _list, LIST),
        Route("POST", "/v1/setup_intents", _create, CREATE),
        Route(
            "GET",
            _ONE,
            lambda call: intents.named(call, "setup_intent"),
            {"client_secret": intents.CLIENT_SECRET},
            publishable=intents.SECRET_ONLY,
        ),
        Route("POST", _ONE, _update, _SAVE),
        Route("POST", f"{_ONE}/cancel", _cancel, {"cancellation_reason": OneOf(_REASONS)}),
        Route("POST", f"{_ONE}/confirm", _confirm, CONFIRM, publishable=frozenset(CONFIRM)),
        Route("POST", f"{_ONE}/verify_microdeposits", _verify, VERIFY, publishable=frozenset(VERIFY)),
    ),
)
