"""Customers: https://docs.stripe.com/api/customers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stripe_sandbox import search_fields, searching
from stripe_sandbox.billing import balance, drafting, methods, subscribing
from stripe_sandbox.billing.discounts import gone
from stripe_sandbox.errors import invalid, missing
from stripe_sandbox.http import Json
from stripe_sandbox.paging import head
from stripe_sandbox.parameters import Email, Fields, Hash, Integer, ListOf, Metadata, OneOf, Reference, Text, range_of
from stripe_sandbox.resource import (
    LISTING,
    Call,
    Embedded,
    Included,
    Link,
    Resource,
    Route,
    chosen,
    in_range,
    merged,
)
from stripe_sandbox.resources import tax_ids
from stripe_sandbox.resources.shapes import ADDRESS, CUSTOM_FIELDS, SHIPPING, address, shipping
from stripe_sandbox.test_clocks import KIND

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox

_SAVE: Fields = {
    "address": ADDRESS,
    "balance": Integer(),
    "business_name": Text(max=150),
    "description": Text(),
    "email": Email(),
    "individual_name": Text(max=150),
    "invoice_prefix": Text(clearable=False),
    "invoice_settings": Hash(
        {
            "custom_fields": CUSTOM_FIELDS,
            "default_payment_method": Reference(to="payment_method", noun="PaymentMethod", clearable=True),
            "footer": Text(),
            "rendering_options": Hash(
                {"amount_tax_display": OneOf(("exclude_tax", "include_inclusive_tax"), clearable=True)},
                clearable=True,
            ),
        }
    ),
    "metadata": Metadata(),
    "name": Text(max=256),
    "next_invoice_sequence": Integer(1),
    "phone": Text(),
    "preferred_locales": ListOf(Text(clearable=False)),
    "shipping": SHIPPING,
    "tax_exempt": OneOf(("exempt", "none", "reverse"), clearable=True),
}
CREATE: Fields = {
    **_SAVE,
    "payment_method": Reference(to="payment_method", noun="PaymentMethod"),
    "tax_id_data": ListOf(Hash(tax_ids.NEW)),
    "test_clock": Reference(to=KIND),
}
LIST: Fields = {
    "created": range_of(),
    "email": Text(max=512, clearable=False),
    "test_clock": Reference(to=KIND),
    **LISTING,
}
_PLAIN = (
    "business_name",
    "description",
    "email",
    "individual_name",
    "name",
    "next_invoice_sequence",
    "phone",
    "preferred_locales",
)


def _create(call: Call) -> Json:
    prefix = call.sandbox.ids.text("invoice_prefix", 8, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
    customer: Json = {
        "id": call.sandbox.ids.new("cus"),
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": call.now,
        "currency": None,
        "customer_account": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "discount": None,
        "email": None,
        "invoice_prefix": prefix,
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": {},
        "name": None,
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": call.params.get("test_clock"),
    }
    _check_prefix(call)
    _check_default(call, None)
    method = methods.method(call.sandbox, call.params["payment_method"]) if "payment_method" in call.params else None
    if method is not None:
        methods.attach(call.sandbox, method, customer)
    call.store.add(customer)
    _apply(call, customer)
    if method is not None and customer["invoice_settings"]["default_payment_method"] is not None:
        customer["invoice_settings"]["default_payment_method"] = method["id"]  # `pm_card_visa` was a name for a new one
    for tax_id in call.params.get("tax_id_data", []):
        tax_ids.new_tax_id(call.sandbox, tax_id["type"], tax_id["value"], customer["id"])
    return customer


def update(call: Call) -> Json:
    """Change the customer whom the path names."""
    customer = _present(call)
    _check_prefix(call)
    _check_default(call, customer)
    _apply(call, customer)
    return customer


def _apply(call: Call, customer: Json) -> None:
    params = call.params
    customer.update(chosen(params, *_PLAIN))
    for name in ("business_name", "individual_name"):  # never null at Stripe: absent instead
        if customer.get(name, "") is None:
            del customer[name]
    if "email" in params:
        call.store.reindex(customer)
    if "preferred_locales" in params:
        customer["preferred_locales"] = params["preferred_locales"] or []
    if "address" in params:
        customer["address"] = address(params["address"], customer["address"])
    if "shipping" in params:
        customer["shipping"] = shipping(params["shipping"])
    if "metadata" in params:
        customer["metadata"] = merged(customer["metadata"], params["metadata"])
    if "tax_exempt" in params:
        customer["tax_exempt"] = params["tax_exempt"] or "none"
    if "invoice_prefix" in params:
        customer["invoice_prefix"] = params["invoice_prefix"]
    if "invoice_settings" in params:
        customer["invoice_settings"] = {**customer["invoice_settings"], **params["invoice_settings"]}
    if "balance" in params:
        kind = "initial" if "customer" not in call.path else "adjustment"
        balance.adjust(call.sandbox, customer, params["balance"] - customer["balance"], kind)


def _check_default(call: Call, customer: Json | None) -> None:
    """The default payment method is one of the customer's own."""
    asked = call.params.get("invoice_settings", {}).get("default_payment_method")
    if asked is not None and asked != call.params.get("payment_method"):
        name = "invoice_settings[default_payment_method]"
        methods.belonging(call.sandbox, asked, customer["id"] if customer else "", name)


def _discount(call: Call) -> Json:
    customer = _present(call)
    if customer["discount"] is None:
        raise missing("discount", customer["id"], param="customer")
    return call.store["discount", customer["discount"]]


def _delete_discount(call: Call) -> Json:
    discount = _discount(call)
    _present(call)["discount"] = None
    return gone(discount)


def _paid(sandbox: Sandbox, invoice: Json) -> None:
    _set_delinquent(sandbox, invoice, False)


def _failed(sandbox: Sandbox, invoice: Json) -> None:
    _set_delinquent(sandbox, invoice, True)


def _set_delinquent(sandbox: Sandbox, invoice: Json, delinquent: bool) -> None:
    customer = sandbox.store["customer", invoice["customer"]]
    if not customer.get("deleted"):
        customer["delinquent"] = delinquent


def show(sandbox: Sandbox, customer: Json) -> Json:
    """The customer, with its discount as a whole."""
    shown = dict(customer)
    if customer["discount"] is not None:
        shown["discount"] = sandbox.shown(sandbox.store["discount", customer["discount"]])
    return shown


def _check_prefix(call: Call) -> None:
    prefix = call.params.get("invoice_prefix")
    if prefix is None:
        return
    if not (3 <= len(prefix) <= 12 and prefix.isascii() and prefix.isalnum() and prefix == prefix.upper()):
        message = "Invoice prefix must be between 3 and 12 uppercase letters or numbers."
        raise invalid(message, "invoice_prefix")
    if any(other["id"] != call.path.get("customer") for other in call.store.all("customer", invoice_prefix=prefix)):
        raise invalid("This invoice prefix is already in use by another customer.", "invoice_prefix")


def _present(call: Call) -> Json:
    """The customer that the path names, unless it was deleted."""
    return call.living("customer")


def delete(call: Call) -> Json:
    """Gone with the customer: subscriptions, payment methods, and what is not billed yet. Invoices stay."""
    customer = _present(call)
    mine = {"customer": customer["id"]}
    for subscription in call.store.all("subscription", **mine):
        if subscription["status"] not in subscribing.ENDED:
            subscribing.end(call.sandbox, subscription, "canceled", "cancellation_requested")
    for method in call.store.all("payment_method", **mine):
        methods.detach(call.sandbox, method)
    for invoice in call.store.all("invoice", status="draft", **mine):
        drafting.delete(call.sandbox, invoice)
    for item in call.store.all("invoiceitem", invoice=None, **mine):
        call.store.remove(item)
    return call.store.bury(customer)


def _list(call: Call) -> Json:
    created = call.params.get("created")
    where = chosen(call.params, "email", "test_clock")
    return call.page("customer", where, lambda customer: in_range(customer["created"], created))


def _list_of(kind: str, path: str) -> Included:
    """A list that a customer includes when asked to, such as `tax_ids`."""

    def build(sandbox: Sandbox, customer: Json) -> Json:
        items = [sandbox.shown(item) for item in sandbox.store.all(kind, customer=customer["id"])]
        return head(items, f"/v1/customers/{customer['id']}/{path}")

    return Included(build, kind)


RESOURCE = Resource(
    kind="customer",
    permission="customer",
    missing_param="id",
    indexed=("email",),
    expandable={
        "default_source": Link("source"),
        "discount": Embedded("discount"),
        "invoice_settings.default_payment_method": Link("payment_method"),
        "subscriptions": _list_of("subscription", "subscriptions"),
        "tax_ids": _list_of("tax_id", "tax_ids"),
        "test_clock": Link(KIND),
    },
    show=show,
    reactions={
        "invoice.marked_uncollectible": _paid,
        "invoice.overdue": _failed,
        "invoice.paid": _paid,
        "invoice.payment_failed": _failed,
    },
    routes=(
        searching.route("customer", "/v1/customers", search_fields.CUSTOMERS),
        Route("GET", "/v1/customers", _list, LIST),
        Route("POST", "/v1/customers", _create, CREATE),
        Route("GET", "/v1/customers/{customer}", lambda call: call.named("customer")),
        Route("POST", "/v1/customers/{customer}", update, _SAVE),
        Route("DELETE", "/v1/customers/{customer}", delete),
        Route("GET", "/v1/customers/{customer}/discount", _discount),
        Route("DELETE", "/v1/customers/{customer}/discount", _delete_discount),
    ),
)
