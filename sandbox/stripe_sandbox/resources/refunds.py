"""Refunds: https://docs.stripe.com/api/refunds."""

from __future__ import annotations

from stripe_sandbox.billing.refunding import refund, settle_job
from stripe_sandbox.errors import StripeError, invalid, missing
from stripe_sandbox.http import Json
from stripe_sandbox.parameters import Fields, Integer, Metadata, OneOf, Reference, range_of
from stripe_sandbox.resource import LISTING, Call, Link, Resource, Route, chosen, in_range, merged

UPDATE: Fields = {"metadata": Metadata()}
CREATE: Fields = {
    "amount": Integer(1),
    "charge": Reference(to="charge"),
    "metadata": Metadata(),
    "payment_intent": Reference(to="payment_intent"),
    "reason": OneOf(("duplicate", "fraudulent", "requested_by_customer")),
}
LIST: Fields = {
    "charge": Reference(to="charge"),
    "created": range_of(),
    "payment_intent": Reference(to="payment_intent"),
    **LISTING,
}


def _create(call: Call) -> Json:
    params = call.params
    made = refund(call.sandbox, _charge(call), params.get("amount"), params.get("reason"))
    made["metadata"] = merged({}, params.get("metadata", {}))
    return made


def _charge(call: Call) -> Json:
    charge = call.given("charge", "charge")
    intent = call.given("payment_intent", "payment_intent")
    if charge is None and intent is None:
        raise invalid(
            "One of the following params should be provided for this request: payment_intent or charge.",
            "charge",
            "parameter_missing",
        )
    if charge is None and intent is not None:
        if intent["status"] != "succeeded":
            raise StripeError(f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.")
        charge = call.store["charge", intent["latest_charge"]]
    assert charge is not None
    return charge


def _update(call: Call) -> Json:
    found = call.named("refund")
    if "metadata" in call.params:
        found["metadata"] = merged(found["metadata"], call.params["metadata"])
    return found


def _list(call: Call) -> Json:
    created = call.params.get("created")
    where = chosen(call.params, "charge", "payment_intent")
    return call.page("refund", where, lambda found: in_range(found["created"], created))


def _list_of_charge(call: Call) -> Json:
    return call.page("refund", {"charge": call.named("charge")["id"]})


def _of_charge(call: Call) -> Json:
    found = call.named("refund")
    if found["charge"] != call.named("charge")["id"]:
        raise missing("refund", found["id"], param="id")
    return found


RESOURCE = Resource(
    kind="refund",
    permission="charge",
    missing_param="id",
    indexed=("charge", "payment_intent"),
    jobs={"settle": settle_job},
    expandable={"charge": Link("charge"), "payment_intent": Link("payment_intent")},
    routes=(
        Route("GET", "/v1/refunds", _list, LIST),
        Route("POST", "/v1/refunds", _create, CREATE),
        Route("GET", "/v1/refunds/{refund}", lambda call: call.named("refund")),
        Route("POST", "/v1/refunds/{refund}", _update, UPDATE),
        Route("GET", "/v1/charges/{charge}/refunds", _list_of_charge, LISTING),
        Route("GET", "/v1/charges/{charge}/refunds/{refund}", _of_charge),
    ),
)
