"""Lines of drafts, changed and removed one by one: https://docs.stripe.com/api/invoice-line-item/update."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from stripe_sandbox.billing import items, pricing
from stripe_sandbox.billing.discounts import redeem
from stripe_sandbox.errors import invalid
from stripe_sandbox.http import Json

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox

_OF_BOTH = (
    "amount", "description", "discountable", "discounts", "metadata", "period", "pricing", "quantity",
    "quantity_decimal",
)  # fmt: skip


def edit(sandbox: Sandbox, invoice: Json, line: Json, wish: Json) -> None:
    """Give a line other values, and the invoice item that it bills with it; the totals are the caller's to refresh."""
    line.update({name: wish[name] for name in ("description", "discountable", "period") if name in wish})
    _price(sandbox, line, wish)
    if "discounts" in wish:
        line["discounts"] = redeem(sandbox, wish["discounts"], customer=invoice["customer"], invoice=invoice["id"])
    if "metadata" in wish:
        given = wish["metadata"] or {}
        kept = {} if wish["metadata"] is None else line["metadata"]
        line["metadata"] = {key: text for key, text in {**kept, **given}.items() if text != ""}
    if "tax_rates" in wish:
        line["_tax_rates"] = wish["tax_rates"] or []
    item = _item(sandbox, line)
    if item is not None:
        item.update({name: line[name] for name in _OF_BOTH}, net_amount=line["amount"])
        item["_tax_rates"] = line["_tax_rates"] or []


def remove(sandbox: Sandbox, invoice: Json, line: Json, *, unassign: bool) -> None:
    """Take a line off a draft; the invoice item that it bills goes with it, or (`unassign`) waits again."""
    item = _item(sandbox, line)
    if unassign and item is None:
        raise invalid("Only lines of invoice items can be unassigned.", "lines")
    invoice["_lines"] = [id for id in invoice["_lines"] if id != line["id"]]
    sandbox.store.remove(line)
    if item is None:
        return
    if unassign:
        item.update(invoice=None, _line=None)
        sandbox.store.reindex(item)
    else:
        sandbox.store.remove(item)


def _price(sandbox: Sandbox, line: Json, wish: Json) -> None:
    """An amount as it is given, or else what the price costs for the quantity."""
    if "amount" in wish:
        if "quantity" in wish or "pricing" in wish:
            raise invalid("You may only specify one of these parameters: amount, quantity.", "quantity")
        line.update(amount=wish["amount"], subtotal=wish["amount"])
        return
    if not {"pricing", "quantity", "quantity_decimal"} & set(wish):
        return
    named = wish.get("pricing", {}).get("price") or line["pricing"]["price_details"]["price"]
    price = sandbox.store["price", named]
    quantity = Decimal({**line, **wish}["quantity" if "quantity" in wish else "quantity_decimal"])
    amount = pricing.cost(price, quantity, line["currency"])
    line.update(
        amount=amount,
        pricing=items.pricing_of(price, line["currency"]),
        subtotal=amount,
        **items.quantities(quantity),
    )


def _item(sandbox: Sandbox, line: Json) -> Json | None:
    """The invoice item that this very line bills; a revision's lines are copies of such."""
    parent = line["parent"] or {}
    details = parent.get("invoice_item_details") or parent.get("subscription_item_details") or {}
    item = sandbox.store.get("invoiceitem", details["invoice_item"]) if details.get("invoice_item") else None
    return item if item is not None and item["_line"] == line["id"] else None
