"""Invoice items: what is to be billed once, and the lines that they become."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from stripe_sandbox.billing.drafting import new_line, refresh
from stripe_sandbox.http import Json
from stripe_sandbox.money import decimal_text

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox


def pricing_of(price: Json, currency: str) -> Json:
    """The `pricing` hash of items and lines."""
    option = price["_options"].get(currency, price)
    return {
        "price_details": {"price": price["id"], "product": price["product"]},
        "type": "price_details",
        "unit_amount_decimal": option["unit_amount_decimal"],
    }


def new_item(
    sandbox: Sandbox,
    customer: Json,
    *,
    quantity: Decimal,
    subscription: str | None = None,
    subscription_item: str | None = None,
    tax_rates: Sequence[str] = (),
    **given: Any,
) -> Json:
    """Enter an invoice item that waits to be billed. `given` are its amount, currency, pricing and what is special."""
    now = sandbox.clock.now
    customer["currency"] = customer["currency"] or given["currency"]
    return sandbox.store.add(
        {
            "id": sandbox.ids.new("ii"),
            "object": "invoiceitem",
            "customer": customer["id"],
            "customer_account": None,
            "date": now,
            "description": None,
            "discountable": True,
            "discounts": [],
            "invoice": None,
            "livemode": False,
            "metadata": {},
            "net_amount": given["amount"],
            "parent": _parent(subscription, subscription_item),
            "period": {"end": now, "start": now},
            "proration": False,
            "test_clock": customer["test_clock"],
            **quantities(quantity),
            **given,
            "_tax_rates": list(tax_rates),
            "_subscription": subscription,
            "_line": None,
        }
    )


def _parent(subscription: str | None, subscription_item: str | None) -> Json | None:
    if subscription is None:
        return None
    details = {"subscription": subscription}
    if subscription_item is not None:
        details["subscription_item"] = subscription_item
    return {"subscription_details": details, "type": "subscription_details"}


def bill_item(sandbox: Sandbox, item: Json, invoice: Json) -> Json:
    """Put an invoice item on a draft: returns its line, which the caller places."""
    subscription = item["_subscription"]
    line = new_line(
        sandbox,
        invoice,
        amount=item["amount"],
        quantity=Decimal(item["quantity_decimal"]),
        period=item["period"],
        pricing=item["pricing"],
        parent=_line_parent(item),
        tax_rates=item["_tax_rates"] or None,
        discounts=item["discounts"],
        description=item["description"],
        discountable=item["discountable"],
        metadata=item["metadata"],
        subscription=subscription,
    )
    item["invoice"] = invoice["id"]
    item["_line"] = line["id"]
    sandbox.store.reindex(item)
    return line


def _line_parent(item: Json) -> Json:
    """A proration is shown as the subscription item's, all else as the invoice item's."""
    credited = (item.get("proration_details") or {}).get("credited_items") or {}
    details = {
        "invoice_item": item["id"],
        "proration": item["proration"],
        "proration_details": {"credited_items": credited.get("invoice_line_item_details")},
        "subscription": item["_subscription"],
    }
    subscription_item = (item["parent"] or {}).get("subscription_details", {}).get("subscription_item")
    if subscription_item is None:
        return {"invoice_item_details": details, "subscription_item_details": None, "type": "invoice_item_details"}
    return {
        "invoice_item_details": None,
        "subscription_item_details": {**details, "subscription_item": subscription_item},
        "type": "subscription_item_details",
    }


def append_item(sandbox: Sandbox, item: Json, invoice: Json) -> None:
    """Put an item at the end of a draft that is there already."""
    invoice["_lines"].append(bill_item(sandbox, item, invoice)["id"])
    refresh(sandbox, invoice)


def include_pending(sandbox: Sandbox, invoice: Json, items: Iterable[Json]) -> None:
    """Put pending items (newest first) at the head of a new draft."""
    lines = [bill_item(sandbox, item, invoice)["id"] for item in items]
    invoice["_lines"] = lines + invoice["_lines"]
    refresh(sandbox, invoice)


def pending(sandbox: Sandbox, customer: str, currency: str, subscription: str | None = None) -> list[Json]:
    """The customer's items that no invoice bills yet, newest first.

    With a subscription: those of the subscription and those of none; without: those of none only.
    """
    return [
        item
        for item in sandbox.store.all("invoiceitem", customer=customer, invoice=None, currency=currency)
        if item["_subscription"] is None or item["_subscription"] == subscription
    ]


def update_line(sandbox: Sandbox, item: Json) -> None:
    """Let a draft's line follow its item."""
    if item["invoice"] is None:
        return
    sandbox.store["line_item", item["_line"]].update(
        amount=item["amount"],
        description=item["description"],
        discountable=item["discountable"],
        discounts=list(item["discounts"]),
        metadata=item["metadata"],
        period=item["period"],
        pricing=item["pricing"],
        quantity=item["quantity"],
        quantity_decimal=item["quantity_decimal"],
        subtotal=item["amount"],
        _tax_rates=item["_tax_rates"] or None,
    )
    refresh(sandbox, sandbox.store["invoice", item["invoice"]])


def remove_line(sandbox: Sandbox, item: Json) -> None:
    """Take an item off the draft that bills it."""
    if item["invoice"] is None:
        return
    invoice = sandbox.store["invoice", item["invoice"]]
    invoice["_lines"].remove(item["_line"])
    sandbox.store.remove(sandbox.store["line_item", item["_line"]])
    refresh(sandbox, invoice)


def quantities(quantity: Decimal) -> Json:
    """A quantity in both of its spellings."""
    return {"quantity": int(quantity), "quantity_decimal": decimal_text(quantity)}
