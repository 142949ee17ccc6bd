"""Proration: what a change in the middle of a period gives back and what it costs.

https://docs.stripe.com/billing/subscriptions/prorations and …/billing-mode: in flexible billing mode, which is the
default, a credit is a share of what was billed, and discounts are in the amounts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from stripe_sandbox.billing import pricing, totals
from stripe_sandbox.billing.discounts import holds
from stripe_sandbox.billing.drafting import reductions
from stripe_sandbox.billing.items import new_item, pricing_of
from stripe_sandbox.billing.periods import previous_boundary
from stripe_sandbox.billing.subscribing import items_of
from stripe_sandbox.http import Json
from stripe_sandbox.money import decimal_text

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox


@dataclass(frozen=True, slots=True)
class _Charge:
    """What was billed for an item and a period: minor units after discounts, and what each discount took off."""

    amount: int
    discounts: Sequence[tuple[str, int]]
    start: int
    end: int


def credit(sandbox: Sandbox, subscription: Json, item: Json, at: int) -> None:
    """Give back what was billed for an item and the time after `at` (UTC seconds), as a pending invoice item.

    To be called before the item changes. Nothing is given back twice.
    """
    charges = [charge for billed in item["_billed"] if (charge := _charge(sandbox, billed)) is not None]
    amount = _rounded(sum(_share(charge.amount, charge, at) for charge in charges))
    discounts = [
        (discount, -_rounded(_share(taken, charge, at))) for charge in charges for discount, taken in charge.discounts
    ]
    credited = _credited_items(sandbox, item["_billed"])
    item["_billed"] = []
    if amount == 0:
        return
    _pending(sandbox, subscription, item, "Unused", -amount, at, discounts, credited)


def debit(sandbox: Sandbox, subscription: Json, item: Json, at: int) -> None:
    """Bill an item as it is by now for the rest of the period, from `at` on, as a pending invoice item."""
    amount, discounts = _period_cost(sandbox, subscription, item)
    rest = Fraction(item["current_period_end"] - at, _full_period(sandbox, subscription, item))
    taken = [(discount, _rounded(off * rest)) for discount, off in discounts]
    made = _pending(sandbox, subscription, item, "Remaining", _rounded(amount * rest), at, taken, None)
    item["_billed"] = [{"line": None, "item": made["id"]}]


def is_prorated(sandbox: Sandbox, subscription: Json, item: Json) -> bool:
    """Whether changes of an item in the middle of a period cost or return anything: usage and trials do not."""
    recurring = sandbox.store["price", item["_price"]]["recurring"]
    return bool(subscription["status"] != "trialing" and recurring["usage_type"] == "licensed")


def _full_period(sandbox: Sandbox, subscription: Json, item: Json) -> int:
    """How many seconds a whole period has that ends with the present one; a first one may be cut short."""
    recurring = sandbox.store["price", item["_price"]]["recurring"]
    anchor, end = subscription["billing_cycle_anchor"], item["current_period_end"]
    return int(end - previous_boundary(anchor, recurring["interval"], recurring["interval_count"], end))


def _charge(sandbox: Sandbox, billed: Json) -> _Charge | None:
    """What was billed, if the line or the invoice item is still there."""
    if billed["line"] is not None:
        line = sandbox.store.get("line_item", billed["line"])
        if line is None:
            return None
        taken = [(each["discount"], each["amount"]) for each in line["discount_amounts"]]
        amount = line["amount"] - sum(off for _, off in taken)
        return _Charge(amount, taken, line["period"]["start"], line["period"]["end"])
    item = sandbox.store.get("invoiceitem", billed["item"])
    if item is None:
        return None
    taken = [(each["discount"], each["amount"]) for each in item["proration_details"]["discount_amounts"]]
    return _Charge(item["amount"], taken, item["period"]["start"], item["period"]["end"])


def _share(amount: int, charge: _Charge, at: int) -> Fraction:
    """The part of an amount that is for the time after a moment."""
    whole = charge.end - charge.start
    left = min(max(charge.end - at, 0), whole)
    return Fraction(amount * left, whole) if whole else Fraction(0)


def _rounded(amount: Fraction | int) -> int:
    """To whole minor units, half away from zero."""
    sign = -1 if amount < 0 else 1
    return sign * int(abs(Fraction(amount)) + Fraction(1, 2))


def _period_cost(sandbox: Sandbox, subscription: Json, item: Json) -> tuple[int, Sequence[tuple[str, int]]]:
    """What a whole period of an item costs after discounts, an amount off being shared with the other items."""
    currency = subscription["currency"]
    customer = sandbox.store["customer", subscription["customer"]]
    shared = subscription["discounts"] or ([customer["discount"]] if customer.get("discount") else [])

    def counting(ids: Sequence[str]) -> tuple[totals.Reduction, ...]:
        return tuple(reductions(sandbox, [id for id in ids if _lasts(sandbox, id)], currency))

    mine = items_of(sandbox, subscription)
    lines = []
    for each in mine:
        price = sandbox.store["price", each["_price"]]
        licensed = price["recurring"]["usage_type"] == "licensed"
        amount = pricing.cost(price, Decimal(each["quantity"]), currency) if licensed else 0
        lines.append(totals.Line(amount, price["product"], reductions=counting(each["discounts"])))
    result = totals.compute(lines, counting(shared))[mine.index(item)]
    return result.discounted, [*result.own, *result.shared]


def _lasts(sandbox: Sandbox, discount_id: str) -> bool:
    """Whether a discount counts now and in the middle of a period: one for a single invoice does not."""
    discount = sandbox.store["discount", discount_id]
    return discount["_coupon"]["duration"] != "once" and holds(discount, sandbox.clock.now)


def _credited_items(sandbox: Sandbox, billed: Sequence[Json]) -> Json | None:
    """What a credit refers to: lines of one invoice, or an item that waits to be billed."""
    if len(billed) == 1 and billed[0]["item"] is not None:
        item = sandbox.store.get("invoiceitem", billed[0]["item"])
        if item is None:
            return None
        if item["invoice"] is None:
            return {"invoice_item": item["id"], "type": "invoice_item"}
        return _lines_of(item["invoice"], [item["_line"]])
    lines = [line for each in billed if (line := sandbox.store.get("line_item", each["line"])) is not None]
    invoices = {line["invoice"] for line in lines}
    return _lines_of(invoices.pop(), [line["id"] for line in lines]) if len(invoices) == 1 else None


def _lines_of(invoice: str, lines: Sequence[str]) -> Json:
    return {
        "invoice_line_item_details": {"invoice": invoice, "invoice_line_items": list(lines)},
        "type": "invoice_line_items",
    }


def _pending(
    sandbox: Sandbox,
    subscription: Json,
    item: Json,
    which: str,
    amount: int,
    at: int,
    discounts: Sequence[tuple[str, int]],
    credited: Json | None,
) -> Json:
    price = sandbox.store["price", item["_price"]]
    quantity = Decimal(item["quantity"])
    product = sandbox.store["product", price["product"]]["name"]
    many = "" if quantity == 1 else f"{decimal_text(quantity)} × "
    day = datetime.fromtimestamp(at, UTC).strftime("%d %b %Y")
    return new_item(
        sandbox,
        sandbox.store["customer", subscription["customer"]],
        amount=amount,
        currency=subscription["currency"],
        quantity=quantity,
        pricing=pricing_of(price, subscription["currency"]),
        description=f"{which} time on {many}{product} after {day}",
        discountable=False,
        metadata=dict(subscription["metadata"]),
        period={"start": at, "end": item["current_period_end"]},
        proration=True,
        proration_details={
            "credited_items": credited,
            "discount_amounts": [{"amount": off, "discount": discount} for discount, off in discounts if off],
        },
        subscription=subscription["id"],
        subscription_item=item["id"],
        tax_rates=item["_tax_rates"],
    )
