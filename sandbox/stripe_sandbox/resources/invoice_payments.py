"""Payments of invoices: https://docs.stripe.com/api/invoice-payment."""

from __future__ import annotations

from stripe_sandbox.errors import invalid
from stripe_sandbox.http import Json
from stripe_sandbox.parameters import Fields, Hash, OneOf, Reference, range_of
from stripe_sandbox.resource import LISTING, Call, Link, Resource, Route, chosen, in_range

LIST: Fields = {
    "created": range_of(),
    "invoice": Reference(to="invoice"),
    "payment": Hash(
        {
            "payment_intent": Reference(to="payment_intent"),
            "type": OneOf(("payment_intent",), required=True),
        }
    ),
    "status": OneOf(("canceled", "open", "paid")),
    **LISTING,
}


def _list(call: Call) -> Json:
    where = chosen(call.params, "invoice", "status")
    if "payment" in call.params:
        if "payment_intent" not in call.params["payment"]:
            name = "payment[payment_intent]"
            raise invalid(f"Missing required param: {name}.", name, "parameter_missing")
        where["_payment_intent"] = call.params["payment"]["payment_intent"]
    created = call.params.get("created")
    return call.page("invoice_payment", where, lambda payment: in_range(payment["created"], created))


RESOURCE = Resource(
    kind="invoice_payment",
    permission="invoice",
    noun="invoice_payment",
    indexed=("invoice", "_payment_intent"),
    expandable={
        "invoice": Link("invoice"),
        "payment.charge": Link("charge"),
        "payment.payment_intent": Link("payment_intent"),
    },
    routes=(
        Route("GET", "/v1/invoice_payments", _list, LIST),
        Route("GET", "/v1/invoice_payments/{invoice_payment}", lambda call: call.named("invoice_payment")),
    ),
)
