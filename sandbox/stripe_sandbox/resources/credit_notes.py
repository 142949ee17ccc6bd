"""Credit notes: https://docs.stripe.com/api/credit_notes."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from stripe_sandbox.billing import crediting, drafting, totals
from stripe_sandbox.errors import invalid, missing
from stripe_sandbox.http import Json
from stripe_sandbox.money import rounded
from stripe_sandbox.paging import head
from stripe_sandbox.parameters import (
    Fields,
    Fraction,
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
    Link,
    Resource,
    Route,
    chosen,
    in_range,
    merged,
)
from stripe_sandbox.resources.shapes import TAX_RATES

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox

_REASONS = ("duplicate", "fraudulent", "order_change", "product_unsatisfactory")
_LINE = Hash(
    {
        "amount": Integer(),
        "description": Text(),
        "invoice_line_item": Text(clearable=False),
        "metadata": Metadata(clearable=False),
        "quantity": Integer(0),
        "tax_rates": TAX_RATES,
        "type": OneOf(("custom_line_item", "invoice_line_item"), required=True),
        "unit_amount": Integer(),
        "unit_amount_decimal": Fraction(12),
    }
)
CREATE: Fields = {
    "amount": Integer(1),
    "credit_amount": Integer(0),
    "effective_at": Integer(),
    "email_type": OneOf(("credit_note", "none")),
    "invoice": Reference(to="invoice", required=True),
    "lines": ListOf(_LINE),
    "memo": Text(),
    "metadata": Metadata(clearable=False),
    "out_of_band_amount": Integer(0),
    "reason": OneOf(_REASONS),
    "refund_amount": Integer(0),
}
UPDATE: Fields = {"memo": Text(), "metadata": Metadata(clearable=False)}
LIST: Fields = {"created": range_of(), "customer": CUSTOMER, "invoice": Reference(to="invoice"), **LISTING}


def _create(call: Call) -> Json:
    params = call.params
    invoice = call.given("invoice", "invoice")
    assert invoice is not None
    return crediting.issue(
        call.sandbox,
        invoice,
        _lines(call, invoice),
        metadata=merged({}, params.get("metadata", {})),
        **chosen(params, "credit_amount", "effective_at", "memo", "out_of_band_amount", "reason", "refund_amount"),
    )


def _lines(call: Call, invoice: Json) -> Sequence[crediting.Line]:
    """What is credited: the lines that were sent, or one of the amount that was."""
    params = call.params
    if not params.get("lines"):
        if "amount" not in params:
            raise invalid("You must pass one of `amount`, `lines` or `shipping_cost`.", "amount", "parameter_missing")
        return [crediting.Line(params["amount"], None, 1, Decimal(params["amount"]))]
    lines = [
        _invoice_line(call, invoice, wish, at)
        if wish["type"] == "invoice_line_item"
        else _custom_line(call, invoice, wish, at)
        for at, wish in enumerate(params["lines"])
    ]
    total = sum(line.total for line in lines)
    if "amount" in params and params["amount"] != total:
        message = f"The amount ({params['amount']}) does not match the sum of the lines ({total})."
        raise invalid(message, "amount")
    return lines


def _invoice_line(call: Call, invoice: Json, wish: Json, at: int) -> crediting.Line:
    name = f"lines[{at}][invoice_line_item]"
    id = wish.get("invoice_line_item")
    if id is None:
        raise invalid(f"Missing required param: {name}.", name, "parameter_missing")
    if id not in invoice["_lines"]:
        raise missing("invoice line item", id, param=name, status=400)
    if "amount" in wish and "quantity" in wish:
        raise invalid("You may only specify one of these parameters: amount, quantity.", name)
    return crediting.of_invoice_line(call.store["line_item", id], wish.get("amount"), wish.get("quantity"))


def _custom_line(call: Call, invoice: Json, wish: Json, at: int) -> crediting.Line:
    unit = wish.get("unit_amount_decimal", wish.get("unit_amount"))
    if unit is None or "description" not in wish:
        name = f"lines[{at}][{'unit_amount' if unit is None else 'description'}]"
        raise invalid(f"Missing required param: {name}.", name, "parameter_missing")
    quantity = wish.get("quantity", 1)
    rates = wish.get("tax_rates") or []
    amount = rounded(Decimal(unit) * quantity)
    reckoned = totals.Line(amount, rates=tuple(drafting.rate(call.sandbox, invoice, id) for id in rates))
    taxes = drafting.tax_objects(totals.compute([reckoned])[0].taxes)
    return crediting.Line(
        amount,
        wish["description"],
        quantity,
        Decimal(unit),
        taxes=taxes,
        tax_rates=rates,
        metadata=wish.get("metadata", {}),
    )


def _update(call: Call) -> Json:
    note = call.named("credit_note", "id")
    note.update(chosen(call.params, "memo"))
    if "metadata" in call.params:
        note["metadata"] = merged(note["metadata"], call.params["metadata"])
    return note


def _void(call: Call) -> Json:
    note = call.named("credit_note", "id")
    crediting.void_note(call.sandbox, note)
    return note


def _list(call: Call) -> Json:
    created = call.params.get("created")
    where = chosen(call.params, "customer", "invoice")
    return call.page("credit_note", where, lambda note: in_range(note["created"], created))


def _list_lines(call: Call) -> Json:
    return call.page_of(_lines_of(call.sandbox, call.named("credit_note")), "credit note line item")


def _lines_of(sandbox: Sandbox, note: Json) -> list[Json]:
    return [sandbox.store["credit_note_line_item", id] for id in note["_lines"]]


def show(sandbox: Sandbox, note: Json) -> Json:
    """The credit note with its first lines."""
    shown = {name: value for name, value in note.items() if not name.startswith("_")}
    lines = [sandbox.shown(line) for line in _lines_of(sandbox, note)]
    shown["lines"] = head(lines, f"/v1/credit_notes/{note['id']}/lines")
    return shown


def _show_line(sandbox: Sandbox, line: Json) -> Json:
    shown = {name: value for name, value in line.items() if not name.startswith("_")}
    shown["tax_rates"] = [sandbox.store["tax_rate", id] for id in line["_tax_rates"]]
    return shown


LINE_RESOURCE = Resource(
    kind="credit_note_line_item",
    permission="credit_note",
    show=_show_line,
    expandable={
        "discount_amounts.discount": Link("discount"),
    },
)
RESOURCE = Resource(
    kind="credit_note",
    permission="credit_note",
    missing_param="id",
    indexed=("customer", "invoice", "_token"),
    show=show,
    expandable={
        "customer": Link("customer"),
        "customer_balance_transaction": Link("customer_balance_transaction"),
        "discount_amounts.discount": Link("discount"),
        "invoice": Link("invoice"),
        "lines": Embedded("credit_note_line_item"),
        "refunds.refund": Link("refund"),
    },
    routes=(
        Route("GET", "/v1/credit_notes", _list, LIST),
        Route("POST", "/v1/credit_notes", _create, CREATE),
        Route("GET", "/v1/credit_notes/{id}", lambda call: call.named("credit_note", "id")),
        Route("POST", "/v1/credit_notes/{id}", _update, UPDATE),
        Route("POST", "/v1/credit_notes/{id}/void", _void),
        Route("GET", "/v1/credit_notes/{credit_note}/lines", _list_lines, LISTING),
    ),
)
