"""Charges: https://docs.stripe.com/api/charges. Payment intents make them; here they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stripe_sandbox import search_fields, searching
from stripe_sandbox.http import Json
from stripe_sandbox.paging import head
from stripe_sandbox.parameters import Email, Fields, Metadata, Reference, Text, range_of
from stripe_sandbox.resource import CUSTOMER, LISTING, Call, Included, Link, Resource, Route, chosen, in_range, merged

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox

UPDATE: Fields = {"description": Text(), "metadata": Metadata(), "receipt_email": Email()}
LIST: Fields = {
    "created": range_of(),
    "customer": CUSTOMER,
    "payment_intent": Reference(to="payment_intent"),
    **LISTING,
}


def _update(call: Call) -> Json:
    charge = call.named("charge")
    charge.update(chosen(call.params, "description", "receipt_email"))
    if "metadata" in call.params:
        charge["metadata"] = merged(charge["metadata"], call.params["metadata"])
    return charge


def _list(call: Call) -> Json:
    created = call.params.get("created")
    where = chosen(call.params, "customer", "payment_intent")
    return call.page("charge", where, lambda charge: in_range(charge["created"], created))


def _refunds(sandbox: Sandbox, charge: Json) -> Json:
    found = [sandbox.shown(refund) for refund in sandbox.store.all("refund", charge=charge["id"])]
    return head(found, f"/v1/charges/{charge['id']}/refunds")


RESOURCE = Resource(
    kind="charge",
    permission="charge",
    missing_param="id",
    indexed=("customer", "payment_intent", "_token"),
    expandable={
        "customer": Link("customer"),
        "payment_intent": Link("payment_intent"),
        "refunds": Included(_refunds, "refund"),
    },
    routes=(
        searching.route("charge", "/v1/charges", search_fields.CHARGES),
        Route("GET", "/v1/charges", _list, LIST),
        Route("GET", "/v1/charges/{charge}", lambda call: call.named("charge")),
        Route("POST", "/v1/charges/{charge}", _update, UPDATE),
    ),
)
