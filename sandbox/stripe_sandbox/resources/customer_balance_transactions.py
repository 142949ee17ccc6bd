"""Changes of a customer's balance: https://docs.stripe.com/api/customer_balance_transactions."""

from __future__ import annotations

from stripe_sandbox.billing import balance
from stripe_sandbox.errors import invalid, missing
from stripe_sandbox.http import Json
from stripe_sandbox.parameters import Currency, Fields, Integer, Metadata, Reference, Text, range_of
from stripe_sandbox.resource import LISTING, Call, Link, Resource, Route, in_range, merged

UPDATE: Fields = {"description": Text(max=350), "metadata": Metadata()}
CREATE: Fields = {"amount": Integer(required=True), "currency": Currency(required=True), **UPDATE}
LIST: Fields = {"created": range_of(), "invoice": Reference(to="invoice"), **LISTING}


def _create(call: Call) -> Json:
    customer = call.living("customer")
    currency = call.params["currency"]
    if customer["currency"] not in (None, currency):
        raise invalid(
            f"You cannot combine currencies on a single customer. This customer has a balance in "
            f"{customer['currency']}.",
            "currency",
        )
    if call.params["amount"] == 0:
        raise invalid("The amount must not be zero.", "amount", "parameter_invalid_integer")
    customer["currency"] = currency
    made = balance.adjust(
        call.sandbox,
        customer,
        call.params["amount"],
        "adjustment",
        currency=currency,
        description=call.params.get("description"),
        metadata=merged({}, call.params.get("metadata", {})),
    )
    assert made is not None
    return made


def _of_customer(call: Call) -> Json:
    found = call.named("customer_balance_transaction", "transaction")
    if found["customer"] != call.named("customer")["id"]:
        raise missing("customer balance transaction", found["id"], param="transaction")
    return found


def _update(call: Call) -> Json:
    transaction = _of_customer(call)
    if "description" in call.params:
        transaction["description"] = call.params["description"]
    if "metadata" in call.params:
        transaction["metadata"] = merged(transaction["metadata"], call.params["metadata"])
    return transaction


def _list(call: Call) -> Json:
    customer = call.named("customer")
    created = call.params.get("created")
    where = {"customer": customer["id"], "invoice": call.params.get("invoice")}
    return call.page("customer_balance_transaction", where, lambda each: in_range(each["created"], created))


_PATH = "/v1/customers/{customer}/balance_transactions"
RESOURCE = Resource(
    kind="customer_balance_transaction",
    permission="customer",
    noun="customer balance transaction",
    indexed=("customer",),
    expandable={"credit_note": Link("credit_note"), "customer": Link("customer"), "invoice": Link("invoice")},
    routes=(
        Route("GET", _PATH, _list, LIST),
        Route("POST", _PATH, _create, CREATE),
        Route("GET", _PATH + "/{transaction}", _of_customer),
        Route("POST", _PATH + "/{transaction}", _update, UPDATE),
    ),
)
