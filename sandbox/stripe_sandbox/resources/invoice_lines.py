"""The endpoints of a draft's lines: https://docs.stripe.com/api/invoice-line-item."""

from __future__ import annotations

from stripe_sandbox.billing import drafting, items, line_editing
from stripe_sandbox.errors import invalid, missing
from stripe_sandbox.http import Json
from stripe_sandbox.parameters import Fields, Hash, ListOf, Metadata, OneOf, Reference, Text
from stripe_sandbox.resource import LISTING, Call, Route, merged
from stripe_sandbox.resources import invoiceitems

EDIT: Fields = {name: field for name, field in invoiceitems.ADDED_LINE.items() if name != "invoice_item"}
ADD: Fields = {
    "invoice_metadata": Metadata(),
    "lines": ListOf(Hash(invoiceitems.ADDED_LINE), required=True),
}
UPDATE: Fields = {
    "invoice_metadata": Metadata(),
    "lines": ListOf(Hash({**EDIT, "id": Text(required=True, clearable=False)}), required=True),
}
REMOVE: Fields = {
    "invoice_metadata": Metadata(),
    "lines": ListOf(
        Hash(
            {
                "behavior": OneOf(("delete", "unassign"), required=True),
                "id": Reference(to="line_item", noun="invoice line item", required=True),
            }
        ),
        required=True,
    ),
}


def _list(call: Call) -> Json:
    return call.page_of(drafting.lines_of(call.sandbox, call.named("invoice")), "invoice line item")


def _add(call: Call) -> Json:
    """Each line is an invoice item: a new one, or one that waits."""
    invoice = _draft(call)
    for at, line in enumerate(call.params["lines"]):
        if "invoice_item" in line:
            item = call.store["invoiceitem", line["invoice_item"]]
            if item["invoice"] is not None or item["customer"] != invoice["customer"]:
                message = "The invoice item is billed already, or another customer's."
                raise invalid(message, f"lines[{at}][invoice_item]")
            items.append_item(call.sandbox, item, invoice)
        else:
            wanted = {"currency": invoice["currency"], **line, "invoice": invoice["id"]}
            invoiceitems.create(Call(call.sandbox, {}, wanted, call.url))
    return _done(call, invoice)


def _update(call: Call) -> Json:
    invoice = _draft(call)
    for at, wish in enumerate(call.params["lines"]):
        line_editing.edit(call.sandbox, invoice, _line(call, invoice, wish["id"], f"lines[{at}][id]"), wish)
    return _done(call, invoice)


def _update_one(call: Call) -> Json:
    invoice = _draft(call)
    line = _line(call, invoice, call.path["line_item_id"], "line_item_id")
    line_editing.edit(call.sandbox, invoice, line, call.params)
    _done(call, invoice)
    return line


def _remove(call: Call) -> Json:
    invoice = _draft(call)
    for at, wish in enumerate(call.params["lines"]):
        line = _line(call, invoice, wish["id"], f"lines[{at}][id]")
        line_editing.remove(call.sandbox, invoice, line, unassign=wish["behavior"] == "unassign")
    return _done(call, invoice)


def _draft(call: Call) -> Json:
    invoice = call.named("invoice")
    drafting.require_draft(invoice, "Lines can only be added to, changed on or removed from draft invoices.")
    return invoice


def _line(call: Call, invoice: Json, id: str, param: str) -> Json:
    if id not in invoice["_lines"]:
        raise missing("invoice line item", id, param=param, status=404 if param == "line_item_id" else 400)
    return call.store["line_item", id]


def _done(call: Call, invoice: Json) -> Json:
    if "invoice_metadata" in call.params:
        invoice["metadata"] = merged(invoice["metadata"], call.params["invoice_metadata"])
    drafting.refresh(call.sandbox, invoice)
    return invoice


_LINES = "/v1/invoices/{invoice}/lines"
ROUTES = (
    Route("GET", _LINES, _list, LISTING),
    Route("POST", _LINES + "/{line_item_id}", _update_one, EDIT),
    Route("POST", "/v1/invoices/{invoice}/add_lines", _add, ADD),
    Route("POST", "/v1/invoices/{invoice}/remove_lines", _remove, REMOVE),
    Route("POST", "/v1/invoices/{invoice}/update_lines", _update, UPDATE),
)
