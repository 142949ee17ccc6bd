"""Invoice items: https://docs.stripe.com/api/invoiceitems."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from stripe_sandbox.billing import items, pricing
from stripe_sandbox.billing.discounts import redeem
from stripe_sandbox.billing.drafting import require_draft
from stripe_sandbox.errors import invalid
from stripe_sandbox.http import Json
from stripe_sandbox.parameters import (
    Boolean,
    Currency,
    Fields,
    Fraction,
    Hash,
    Integer,
    Metadata,
    Reference,
    Text,
    range_of,
)
from stripe_sandbox.resource import CUSTOMER, LISTING, Call, Link, Resource, Route, chosen, in_range, merged
from stripe_sandbox.resources.products import new_product
from stripe_sandbox.resources.shapes import DISCOUNTS, PERIOD, TAX_BEHAVIOR, TAX_RATES
from stripe_sandbox.test_clocks import KIND

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox

_SAVE: Fields = {
    "amount": Integer(),
    "description": Text(),
    "discountable": Boolean(),
    "discounts": DISCOUNTS,
    "metadata": Metadata(),
    "period": PERIOD,
    "price_data": Hash(
        {
            "currency": Currency(required=True),
            "product": Reference(to="product", required=True),
            "tax_behavior": TAX_BEHAVIOR,
            **pricing.UNIT_AMOUNT,
        }
    ),
    "pricing": Hash({"price": Reference(to="price")}),
    "quantity": Integer(0),
    "quantity_decimal": Fraction(12),
    "tax_rates": TAX_RATES,
    "unit_amount_decimal": Fraction(12),
}
ADDED_LINE: Fields = {
    **{name: _SAVE[name] for name in _SAVE if name not in ("price_data", "unit_amount_decimal")},
    "invoice_item": Reference(to="invoiceitem"),
}
"""What a line that is added to a draft takes: an item's parameters, or an item that waits."""
CREATE: Fields = {
    **_SAVE,
    "tax_rates": TAX_RATES.firm(),
    "currency": Currency(),
    "customer": CUSTOMER,
    "invoice": Reference(to="invoice"),
    "subscription": Reference(to="subscription"),
}
LIST: Fields = {
    "created": range_of(),
    "customer": CUSTOMER,
    "invoice": Reference(to="invoice"),
    "pending": Boolean(),
    **LISTING,
}


def create(call: Call) -> Json:
    """Make an invoice item out of a call's parameters; on a draft if it names one, else pending."""
    params = call.params
    invoice = call.given("invoice", "invoice")
    customer = call.given("customer", "customer") or (invoice and call.store["customer", invoice["customer"]])
    if not customer:
        raise invalid("Missing required param: customer.", "customer", "parameter_missing")
    if invoice is not None:
        _check_invoice(invoice, customer)
    amounts = _amounts(call, invoice, customer)
    item = items.new_item(
        call.sandbox,
        customer,
        quantity=amounts.pop("quantity"),
        description=amounts.pop("product_name"),
        subscription=params.get("subscription"),
        **amounts,
    )
    _apply(call, item)
    if invoice is not None:
        items.append_item(call.sandbox, item, invoice)
    return item


def update(call: Call) -> Json:
    """Change the invoice item that the path names, and the draft that bills it."""
    item = _editable(call)
    if {"amount", "price_data", "pricing", "quantity", "quantity_decimal", "unit_amount_decimal"} & set(call.params):
        customer = call.store["customer", item["customer"]]
        amounts = _amounts(call, item, customer)
        amounts.pop("product_name")
        item.update(amounts, **items.quantities(amounts.pop("quantity")))
    _apply(call, item)
    items.update_line(call.sandbox, item)
    return item


def _delete(call: Call) -> Json:
    item = _editable(call)
    items.remove_line(call.sandbox, item)
    call.store.remove(item)
    return {"id": item["id"], "object": "invoiceitem", "deleted": True}


def _apply(call: Call, item: Json) -> None:
    params = call.params
    item.update(chosen(params, "description", "discountable", "period"))
    if "metadata" in params:
        item["metadata"] = merged(item["metadata"], params["metadata"])
    if "tax_rates" in params:
        item["_tax_rates"] = params["tax_rates"] or []
    if "discounts" in params:
        item["discounts"] = redeem(
            call.sandbox, params["discounts"], customer=item["customer"], invoice_item=item["id"]
        )


def _amounts(call: Call, context: Json | None, customer: Json) -> Json:
    """Price, quantity and amount, in the currency of the parameters or the invoice."""
    params = call.params
    price = _price(call, context, customer)
    quantity = params.get("quantity_decimal", Decimal(params.get("quantity", _quantity_before(context))))
    currency = params.get("currency") or (context and context["currency"]) or price["currency"]
    if "amount" in params and ("quantity" in params or "quantity_decimal" in params):
        message = "You may only specify one of these parameters: amount, quantity."
        raise invalid(message, "quantity")
    amount = params["amount"] if "amount" in params else _cost(price, quantity, currency)
    if context is not None and context["currency"] != currency:
        raise invalid(
            f"The currency of the invoice item (`{currency}`) must match the currency of the invoice "
            f"(`{context['currency']}`).",
            "currency",
        )
    return {
        "amount": amount,
        "currency": currency,
        "net_amount": amount,
        "pricing": items.pricing_of(price, currency),
        "product_name": call.store["product", price["product"]]["name"],
        "quantity": quantity,
    }


def _cost(price: Json, quantity: Decimal, currency: str) -> int:
    if price["recurring"] is not None and not price.get("_inline"):
        raise invalid(
            "The price specified is set to `type=recurring` but this field only accepts prices with `type=one_time`.",
            "price",
        )
    return pricing.cost(price, quantity, currency)


def _price(call: Call, context: Json | None, customer: Json) -> Json:
    """The price that is named, or one made for this item."""
    params, sandbox = call.params, call.sandbox
    named = params.get("pricing", {}).get("price")
    if named is not None:
        return call.store["price", named]
    if "price_data" in params:
        data = dict(params["price_data"])
        return pricing.inline_price(sandbox, data.pop("product"), **data)
    unit = params.get("unit_amount_decimal", params.get("amount"))
    if unit is None:
        if context is not None and context["object"] == "invoiceitem":
            return call.store["price", context["pricing"]["price_details"]["price"]]
        message = "You must pass one of `amount`, `pricing`, `price_data` or `unit_amount_decimal`."
        raise invalid(message, "amount", "parameter_missing")
    currency = params.get("currency") or (context and context["currency"]) or customer["currency"]
    if not currency:
        raise invalid("Missing required param: currency.", "currency", "parameter_missing")
    product = new_product(sandbox, params.get("description") or "Invoice item")
    product.update(active=False, _inline=True)
    return pricing.inline_price(sandbox, product["id"], currency=currency, unit_amount_decimal=Decimal(unit))


def _quantity_before(context: Json | None) -> Decimal:
    if context is not None and context["object"] == "invoiceitem":
        return Decimal(context["quantity_decimal"])
    return Decimal(1)


def _check_invoice(invoice: Json, customer: Json) -> None:
    if invoice["customer"] != customer["id"]:
        raise invalid(
            f"The customer `{customer['id']}` does not match the customer of the invoice `{invoice['id']}`.", "invoice"
        )
    require_draft(invoice, "Invoice items can only be added to draft invoices: this invoice is no longer editable.")


def _editable(call: Call) -> Json:
    item = call.named("invoiceitem")
    if item["invoice"] is not None:
        invoice = call.store["invoice", item["invoice"]]
        require_draft(invoice, "This invoice item is attached to an invoice that is no longer editable.")
    return item


def _list(call: Call) -> Json:
    params = call.params

    def keep(item: Json) -> bool:
        pending = params.get("pending")
        return in_range(item["date"], params.get("created")) and pending in (None, item["invoice"] is None)

    return call.page("invoiceitem", chosen(params, "customer", "invoice"), keep)


def _show(sandbox: Sandbox, item: Json) -> Json:
    shown = {name: value for name, value in item.items() if not name.startswith("_")}
    shown["tax_rates"] = [sandbox.store["tax_rate", id] for id in item["_tax_rates"]]
    return shown


RESOURCE = Resource(
    kind="invoiceitem",
    permission="invoice",
    noun="invoiceitem",
    indexed=("customer", "invoice"),
    show=_show,
    expandable={
        "customer": Link("customer"),
        "discounts": Link("discount"),
        "invoice": Link("invoice"),
        "pricing.price_details.price": Link("price"),
        "test_clock": Link(KIND),
    },
    routes=(
        Route("GET", "/v1/invoiceitems", _list, LIST),
        Route("POST", "/v1/invoiceitems", create, CREATE),
        Route("GET", "/v1/invoiceitems/{invoiceitem}", lambda call: call.named("invoiceitem")),
        Route("POST", "/v1/invoiceitems/{invoiceitem}", update, _SAVE),
        Route("DELETE", "/v1/invoiceitems/{invoiceitem}", _delete),
    ),
)
