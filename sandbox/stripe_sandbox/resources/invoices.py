"""Invoices: https://docs.stripe.com/api/invoices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stripe_sandbox import search_fields, searching
from stripe_sandbox.billing import collecting, drafting, items, methods
from stripe_sandbox.billing.advancing import collect_job, finalize_job, overdue_job
from stripe_sandbox.billing.closing import mark_uncollectible, void
from stripe_sandbox.billing.discounts import redeem, use
from stripe_sandbox.billing.finalizing import finalize
from stripe_sandbox.billing.revising import revise
from stripe_sandbox.errors import invalid, missing
from stripe_sandbox.http import Json
from stripe_sandbox.paging import head
from stripe_sandbox.parameters import (
    Boolean,
    Currency,
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
from stripe_sandbox.resource import (
    CUSTOMER,
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
from stripe_sandbox.resources import invoice_lines
from stripe_sandbox.resources.previews import PREVIEW, preview
from stripe_sandbox.resources.shapes import (
    COLLECTION_METHODS,
    CUSTOM_FIELDS,
    DISCOUNTS,
    PAYMENT_METHOD_TYPES,
    SHIPPING,
    TAX_RATES,
    shipping,
)
from stripe_sandbox.test_clocks import KIND

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox

_SAVE: Fields = {
    "account_tax_ids": ListOf(Text(clearable=False), clearable=True),
    "auto_advance": Boolean(),
    "collection_method": OneOf(COLLECTION_METHODS),
    "custom_fields": CUSTOM_FIELDS,
    "days_until_due": Integer(0),
    "default_payment_method": Reference(to="payment_method", noun="PaymentMethod"),
    "default_tax_rates": TAX_RATES,
    "description": Text(),
    "discounts": DISCOUNTS,
    "due_date": Integer(),
    "effective_at": Integer(clearable=True),
    "footer": Text(),
    "metadata": Metadata(),
    "number": Text(max=26),
    "payment_settings": Hash({"payment_method_types": PAYMENT_METHOD_TYPES}),
    "rendering": Hash(
        {
            "amount_tax_display": OneOf(("exclude_tax", "include_inclusive_tax"), clearable=True),
            "pdf": Hash({"page_size": OneOf(("a4", "auto", "letter"))}),
        }
    ),
    "shipping_details": SHIPPING,
    "statement_descriptor": Text(max=22),
}
CREATE: Fields = {
    **_SAVE,
    "default_tax_rates": TAX_RATES.firm(),
    "effective_at": Integer(),
    "shipping_details": SHIPPING.firm(),
    "currency": Currency(),
    "customer": CUSTOMER,
    "from_invoice": Hash(
        {"action": OneOf(("revision",), required=True), "invoice": Reference(to="invoice", required=True)}
    ),
    "pending_invoice_items_behavior": OneOf(("exclude", "include")),
    "subscription": Reference(to="subscription"),
}
LIST: Fields = {
    "collection_method": OneOf(COLLECTION_METHODS),
    "created": range_of(),
    "customer": CUSTOMER,
    "due_date": range_of(),
    "status": OneOf(("draft", "open", "paid", "uncollectible", "void")),
    "subscription": Reference(to="subscription"),
    **LISTING,
}
PAY: Fields = {
    "forgive": Boolean(),
    "off_session": Boolean(),
    "paid_out_of_band": Boolean(),
    "payment_method": Reference(to="payment_method", noun="PaymentMethod"),
}
ATTACH_PAYMENT: Fields = {"payment_intent": Reference(to="payment_intent")}
_PLAIN = (
    "auto_advance",
    "collection_method",
    "custom_fields",
    "default_payment_method",
    "description",
    "effective_at",
    "footer",
    "number",
    "statement_descriptor",
)
_STILL_EDITABLE = {"description", "footer", "metadata", "default_payment_method", "auto_advance", "custom_fields"}


def _create(call: Call) -> Json:
    params, sandbox = call.params, call.sandbox
    if "from_invoice" in params:
        return _revise(call)
    subscription = call.given("subscription", "subscription")
    customer = _customer(call, subscription)
    currency = params.get("currency") or customer["currency"] or sandbox.account["default_currency"]
    _check_due(call, None)
    inherited = [customer["discount"]] if customer["discount"] else []
    invoice = drafting.new_invoice(
        sandbox,
        customer,
        currency,
        discounts=use(sandbox, inherited, call.now),
        _subscription=subscription and subscription["id"],
    )
    if subscription is not None:
        invoice["parent"] = drafting.subscription_parent(subscription)
    _apply(call, invoice)
    if params.get("pending_invoice_items_behavior") == "include":
        waiting = items.pending(sandbox, customer["id"], currency, invoice["_subscription"])
        items.include_pending(sandbox, invoice, waiting)
    drafting.refresh(sandbox, invoice)
    if invoice["auto_advance"]:
        drafting.schedule_finalization(sandbox, invoice, call.now + drafting.HOUR)
    return invoice


def _revise(call: Call) -> Json:
    """A copy of a finalised invoice, with the changes that the other parameters ask for."""
    for name in ("currency", "customer", "pending_invoice_items_behavior", "subscription"):
        if name in call.params:
            raise invalid(f"`{name}` cannot be given with `from_invoice`: the revised invoice decides it.", name)
    draft = revise(call.sandbox, call.store["invoice", call.params["from_invoice"]["invoice"]])
    _check_due(call, draft)
    _apply(call, draft)
    drafting.refresh(call.sandbox, draft)
    if draft["auto_advance"]:
        drafting.schedule_finalization(call.sandbox, draft, call.now + drafting.HOUR)
    return draft


def _customer(call: Call, subscription: Json | None) -> Json:
    """Who is billed: the customer who is named, or the subscription's."""
    customer = call.given("customer", "customer")
    if subscription is not None:
        if customer is not None and customer["id"] != subscription["customer"]:
            message = f"The subscription {subscription['id']} does not belong to the customer {customer['id']}."
            raise invalid(message, "subscription")
        customer = call.store["customer", subscription["customer"]]
        if customer.get("deleted"):
            raise missing("customer", customer["id"], param="customer", status=400)
    if customer is None:
        raise invalid("Missing required param: customer.", "customer", "parameter_missing")
    return customer


def _update(call: Call) -> Json:
    invoice = call.named("invoice")
    if set(call.params) - _STILL_EDITABLE:
        drafting.require_draft(
            invoice, "Finalized invoices can't be updated in this way: only a draft's details can be changed."
        )
    if invoice["status"] in ("paid", "void") and set(call.params) - {"metadata"}:
        drafting.require_draft(invoice, f"This invoice is {invoice['status']} and can't be updated.")
    _check_due(call, invoice)
    was_advancing = invoice["auto_advance"]
    _apply(call, invoice)
    if invoice["status"] == "draft":
        drafting.refresh(call.sandbox, invoice)
        if invoice["auto_advance"] and not was_advancing:
            drafting.schedule_finalization(call.sandbox, invoice, call.now + drafting.HOUR)
        elif not invoice["auto_advance"]:
            invoice["automatically_finalizes_at"] = None
    return invoice


def _apply(call: Call, invoice: Json) -> None:
    params = call.params
    if params.get("default_payment_method"):
        name = "default_payment_method"
        methods.belonging(call.sandbox, params[name], invoice["customer"], name)
    invoice.update(chosen(params, *_PLAIN))
    if "account_tax_ids" in params:
        invoice["account_tax_ids"] = params["account_tax_ids"]
    if "default_tax_rates" in params:
        invoice["_default_tax_rates"] = params["default_tax_rates"] or []
    if "discounts" in params:
        invoice["discounts"] = redeem(
            call.sandbox, params["discounts"], customer=invoice["customer"], invoice=invoice["id"]
        )
    if "due_date" in params:
        invoice["due_date"] = params["due_date"]
    if "days_until_due" in params:
        invoice["due_date"] = invoice["created"] + params["days_until_due"] * 24 * drafting.HOUR
    if "metadata" in params:
        invoice["metadata"] = merged(invoice["metadata"], params["metadata"])
    if "payment_settings" in params:
        invoice["payment_settings"] = {**invoice["payment_settings"], **params["payment_settings"]}
    if "rendering" in params:
        invoice["rendering"] = {**drafting.RENDERING, **(invoice["rendering"] or {}), **params["rendering"]}
    if "shipping_details" in params:
        invoice["shipping_details"] = shipping(params["shipping_details"])


def _check_due(call: Call, invoice: Json | None) -> None:
    """An invoice that is sent has a due date, one that is charged has none."""
    params = call.params
    before = invoice["collection_method"] if invoice else "charge_automatically"
    method = params.get("collection_method", before)
    given = [name for name in ("days_until_due", "due_date") if name in params]
    if len(given) == 2:
        raise invalid("You may only specify one of these parameters: days_until_due, due_date.", "due_date")
    if given and method == "charge_automatically":
        raise invalid(f"`{given[0]}` can only be set when `collection_method` is `send_invoice`.", given[0])
    if method == "send_invoice" and not given and not (invoice and invoice["due_date"]):
        raise invalid(
            "You must specify either `days_until_due` or `due_date` when `collection_method` is `send_invoice`.",
            "due_date",
            "parameter_missing",
        )


def _delete(call: Call) -> Json:
    invoice = call.named("invoice")
    drafting.require_draft(invoice, "You can only delete draft invoices.")
    drafting.delete(call.sandbox, invoice)
    return {"id": invoice["id"], "object": "invoice", "deleted": True}


def _list(call: Call) -> Json:
    params = call.params
    created, due = params.get("created"), params.get("due_date")
    where = chosen(params, "collection_method", "customer", "status")
    if "subscription" in params:
        where["_subscription"] = params["subscription"]
    return call.page(
        "invoice",
        where,
        lambda invoice: in_range(invoice["created"], created) and in_range(invoice["due_date"], due),
    )


def _finalize(call: Call) -> Json:
    invoice = call.named("invoice")
    if "auto_advance" in call.params:
        invoice["auto_advance"] = call.params["auto_advance"]
    finalize(call.sandbox, invoice)
    return invoice


def _void(call: Call) -> Json:
    invoice = call.named("invoice")
    void(call.sandbox, invoice)
    return invoice


def _mark_uncollectible(call: Call) -> Json:
    invoice = call.named("invoice")
    mark_uncollectible(call.sandbox, invoice)
    return invoice


def _send(call: Call) -> Json:
    """Finalise and send. No mail leaves the sandbox."""
    invoice = call.named("invoice")
    if invoice["status"] == "draft":
        finalize(call.sandbox, invoice)
    elif invoice["status"] not in ("open", "uncollectible"):
        raise invalid(f"You can't send an invoice that is {invoice['status']}.", "invoice")
    call.sandbox.tell("invoice.sent", invoice)
    return invoice


def _pay(call: Call) -> Json:
    params, sandbox = call.params, call.sandbox
    invoice = call.named("invoice")
    if invoice["status"] == "draft":
        finalize(sandbox, invoice)
        if invoice["status"] == "paid":
            return invoice
    if params.get("paid_out_of_band"):
        collecting.pay_out_of_band(sandbox, invoice)
    else:
        off_session = params.get("off_session", True)
        collecting.pay(sandbox, invoice, params.get("payment_method"), off_session=off_session)
    return invoice


def _attach_payment(call: Call) -> Json:
    invoice = call.named("invoice")
    intent = call.given("payment_intent", "payment_intent")
    if intent is None:
        raise invalid("Missing required param: payment_intent.", "payment_intent", "parameter_missing")
    collecting.attach_payment(call.sandbox, invoice, intent)
    return invoice


def _payments(sandbox: Sandbox, invoice: Json) -> Json:
    found = [sandbox.shown(payment) for payment in sandbox.store.all("invoice_payment", invoice=invoice["id"])]
    return head(found, f"/v1/invoices/{invoice['id']}/payments")


def _confirmation_secret(sandbox: Sandbox, invoice: Json) -> Json | None:
    intent = collecting.default_intent(sandbox, invoice)
    return None if intent is None else {"client_secret": intent["client_secret"], "type": "payment_intent"}


def show(sandbox: Sandbox, invoice: Json) -> Json:
    """The invoice with its first lines. A draft follows its customer."""
    if invoice["status"] == "draft":
        drafting.refresh(sandbox, invoice)
    shown = {name: value for name, value in invoice.items() if not name.startswith("_")}
    lines = [sandbox.shown(line) for line in drafting.lines_of(sandbox, invoice)]
    shown["lines"] = head(lines, f"/v1/invoices/{invoice['id']}/lines")
    shown["default_tax_rates"] = [sandbox.store["tax_rate", id] for id in invoice["_default_tax_rates"]]
    return shown


RESOURCE = Resource(
    kind="invoice",
    permission="invoice",
    indexed=("customer", "_subscription", "_token"),
    show=show,
    expandable={
        "account_tax_ids": Link("tax_id"),
        "confirmation_secret": Included(_confirmation_secret),
        "customer": Link("customer"),
        "default_payment_method": Link("payment_method"),
        "discounts": Link("discount"),
        "from_invoice.invoice": Link("invoice"),
        "latest_revision": Link("invoice"),
        "lines": Embedded("line_item"),
        "parent.subscription_details.subscription": Link("subscription"),
        "payments": Included(_payments, "invoice_payment"),
        "test_clock": Link(KIND),
        "total_discount_amounts.discount": Link("discount"),
    },
    jobs={"collect": collect_job, "finalize": finalize_job, "overdue": overdue_job},
    reactions={"payment_intent.succeeded": collecting.credit},
    routes=(
        searching.route("invoice", "/v1/invoices", search_fields.INVOICES),
        Route("GET", "/v1/invoices", _list, LIST),
        Route("POST", "/v1/invoices", _create, CREATE),
        Route("POST", "/v1/invoices/create_preview", preview, PREVIEW, rehearsed=True),
        Route("GET", "/v1/invoices/{invoice}", lambda call: call.named("invoice")),
        Route("POST", "/v1/invoices/{invoice}", _update, _SAVE),
        Route("DELETE", "/v1/invoices/{invoice}", _delete),
        *invoice_lines.ROUTES,
        Route("POST", "/v1/invoices/{invoice}/attach_payment", _attach_payment, ATTACH_PAYMENT),
        Route("POST", "/v1/invoices/{invoice}/finalize", _finalize, {"auto_advance": Boolean()}),
        Route("POST", "/v1/invoices/{invoice}/mark_uncollectible", _mark_uncollectible),
        Route("POST", "/v1/invoices/{invoice}/pay", _pay, PAY),
        Route("POST", "/v1/invoices/{invoice}/send", _send),
        Route("POST", "/v1/invoices/{invoice}/void", _void),
    ),
)
