"""Drafts: new invoices, their lines, and their totals for as long as they can change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from stripe_sandbox.billing import totals
from stripe_sandbox.errors import StripeError
from stripe_sandbox.http import Json
from stripe_sandbox.money import chargeable, decimal_text, minimum_charge

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox

HOUR = 60 * 60
RENDERING: Json = {
    "amount_tax_display": None,
    "pdf": {"page_size": "auto"},
    "template": None,
    "template_version": None,
}


def new_invoice(sandbox: Sandbox, customer: Json, currency: str, **given: Any) -> Json:
    """Enter an empty draft for a customer. `given` are fields of the invoice, notes included."""
    now = sandbox.clock.now
    id = sandbox.ids.new("in")
    customer["currency"] = customer["currency"] or currency
    account = sandbox.account
    invoice: Json = {
        "id": id,
        "object": "invoice",
        "account_country": account["country"],
        "account_name": account["business_profile"]["name"],
        "account_tax_ids": None,
        "amount_due": 0,
        "amount_overpaid": 0,
        "amount_paid": 0,
        "amount_paid_off_stripe": 0,
        "amount_remaining": 0,
        "amount_shipping": 0,
        "application": None,
        "attempt_count": 0,
        "attempted": False,
        "auto_advance": False,
        "automatic_tax": {
            "disabled_reason": None,
            "enabled": False,
            "liability": None,
            "provider": None,
            "status": None,
        },
        "automatically_finalizes_at": None,
        "billing_reason": "manual",
        "collection_method": "charge_automatically",
        "created": now,
        "currency": currency,
        "custom_fields": customer["invoice_settings"]["custom_fields"],
        "customer": customer["id"],
        "customer_account": None,
        "default_payment_method": None,
        "default_source": None,
        "description": None,
        "discounts": [],
        "due_date": None,
        "effective_at": None,
        "ending_balance": None,
        "footer": customer["invoice_settings"]["footer"],
        "from_invoice": None,
        "hosted_invoice_url": None,
        "invoice_pdf": None,
        "issuer": {"type": "self"},
        "last_finalization_error": None,
        "latest_revision": None,
        "livemode": False,
        "metadata": {},
        "next_payment_attempt": None,
        "number": None,
        "on_behalf_of": None,
        "parent": None,
        "payment_settings": {
            "default_mandate": None,
            "payment_method_options": None,
            "payment_method_types": None,
        },
        "period_end": now,
        "period_start": now,
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "receipt_number": None,
        "rendering": _rendering(customer),
        "shipping_cost": None,
        "shipping_details": None,
        "starting_balance": 0,
        "statement_descriptor": None,
        "status": "draft",
        "status_transitions": {
            "finalized_at": None,
            "marked_uncollectible_at": None,
            "paid_at": None,
            "voided_at": None,
        },
        "subtotal": 0,
        "test_clock": customer["test_clock"],
        "total": 0,
        "webhooks_delivered_at": now,
        "_lines": [],
        "_subscription": None,
        "_default_tax_rates": [],
        "_pending_update": False,
        **given,
    }
    refresh(sandbox, invoice)
    return sandbox.store.add(invoice)


def schedule_finalization(sandbox: Sandbox, invoice: Json, at: int) -> None:
    """Let the draft be finalised by itself, as Stripe does about an hour after its creation."""
    invoice["automatically_finalizes_at"] = at
    sandbox.agenda.add(at, "invoice.finalize", invoice["id"])


def subscription_parent(subscription: Json) -> Json:
    """The `parent` of an invoice that bills a subscription."""
    return {
        "quote_details": None,
        "subscription_details": {
            "metadata": dict(subscription["metadata"]),
            "subscription": subscription["id"],
        },
        "type": "subscription_details",
    }


def new_line(
    sandbox: Sandbox,
    invoice: Json,
    *,
    amount: int,
    quantity: Decimal,
    period: Json,
    pricing: Json | None,
    parent: Json | None,
    tax_rates: Sequence[str] | None,
    discounts: Sequence[str] = (),
    description: str | None = None,
    discountable: bool = True,
    metadata: Json | None = None,
    subscription: str | None = None,
) -> Json:
    """Enter a line of an invoice; where among the lines it stands is the caller's to say.

    `tax_rates` None means those of the invoice.
    """
    return sandbox.store.add(
        {
            "id": sandbox.ids.new("il"),
            "object": "line_item",
            "amount": amount,
            "currency": invoice["currency"],
            "description": description,
            "discount_amounts": [],
            "discountable": discountable,
            "discounts": list(discounts),
            "invoice": invoice["id"],
            "livemode": False,
            "metadata": metadata or {},
            "parent": parent,
            "period": period,
            "pretax_credit_amounts": [],
            "pricing": pricing,
            "quantity": int(quantity),
            "quantity_decimal": decimal_text(quantity),
            "subscription": subscription,
            "subtotal": amount,
            "taxes": [],
            "_tax_rates": None if tax_rates is None else list(tax_rates),
        }
    )


def lines_of(sandbox: Sandbox, invoice: Json) -> list[Json]:
    """All lines of an invoice in their order."""
    return [sandbox.store["line_item", id] for id in invoice["_lines"]]


def delete(sandbox: Sandbox, draft: Json) -> None:
    """Remove a draft with its lines and their invoice items."""
    for line in lines_of(sandbox, draft):
        sandbox.store.remove(line)
    for item in sandbox.store.all("invoiceitem", invoice=draft["id"]):
        sandbox.store.remove(item)
    sandbox.store.remove(draft)


def refresh(sandbox: Sandbox, invoice: Json) -> None:
    """Work out a draft anew: copies from the customer, discounts, taxes, totals, balance."""
    customer = sandbox.store["customer", invoice["customer"]]
    _copy_customer(sandbox, invoice, customer)
    lines = lines_of(sandbox, invoice)
    worked_out = totals.compute(
        [_line(sandbox, invoice, line) for line in lines],
        list(reductions(sandbox, invoice["discounts"], invoice["currency"])),
    )
    for line, result in zip(lines, worked_out, strict=True):
        line["discount_amounts"] = _discount_amounts([*result.own, *result.shared])
        line["taxes"] = tax_objects(result.taxes)
    _sum_up(invoice, worked_out)
    balance = customer["balance"] if customer["currency"] == invoice["currency"] else 0
    due, _ = after_balance(invoice["total"], balance, invoice["currency"])
    invoice.update(starting_balance=balance, amount_due=due, amount_remaining=due)


def after_balance(total: int, balance: int, currency: str) -> tuple[int, int]:
    """What is due for a total, and the balance that remains: both in minor units.

    A negative balance is credit and used up first, a positive one is an old debt and added. Less than Stripe
    can charge is not due but carried over, and so is what rounding leaves.
    """
    due = total + balance
    if due <= 0:
        return 0, due
    if due < minimum_charge(currency):
        return 0, due
    charged = chargeable(due, currency)
    return charged, due - charged


def reductions(sandbox: Sandbox, discounts: Iterable[str], currency: str) -> Iterable[totals.Reduction]:
    """The discounts with these ids, ready to be reckoned with; an amount off counts in its own currencies only."""
    for id in discounts:
        coupon = sandbox.store["discount", id]["_coupon"]
        percent = coupon["percent_off"]
        products = coupon["_products"]
        yield totals.Reduction(
            id,
            coupon["_options"].get(currency, {}).get("amount_off", 0),
            None if percent is None else Decimal(str(percent)),
            None if products is None else frozenset(products),
        )


def require_draft(invoice: Json, message: str) -> None:
    """Raises StripeError with Stripe's words for what cannot be done to an invoice that is no draft."""
    if invoice["status"] != "draft":
        raise StripeError(message, code="invoice_not_editable")


def _line(sandbox: Sandbox, invoice: Json, line: Json) -> totals.Line:
    rates = line["_tax_rates"] if line["_tax_rates"] is not None else invoice["_default_tax_rates"]
    details = (line["pricing"] or {}).get("price_details")
    return totals.Line(
        line["amount"],
        details["product"] if details else None,
        line["discountable"],
        tuple(reductions(sandbox, line["discounts"], invoice["currency"])),
        tuple(rate(sandbox, invoice, id) for id in rates),
    )


def rate(sandbox: Sandbox, invoice: Json, id: str) -> totals.Rate:
    """A tax rate, ready to be reckoned with on this invoice."""
    rate = sandbox.store["tax_rate", id]
    counts = invoice["customer_tax_exempt"] == "none"
    return totals.Rate(id, Decimal(str(rate["percentage"])), rate["inclusive"], counts)


def _copy_customer(sandbox: Sandbox, invoice: Json, customer: Json) -> None:
    if customer.get("deleted"):
        return
    for name in ("address", "email", "name", "phone", "shipping", "tax_exempt"):
        invoice[f"customer_{name}"] = customer[name]
    tax_ids = sandbox.store.all("tax_id", customer=customer["id"])
    invoice["customer_tax_ids"] = [{"type": each["type"], "value": each["value"]} for each in reversed(tax_ids)]


def _sum_up(invoice: Json, lines: Sequence[totals.LineTotals]) -> None:
    by_discount: dict[str, int] = defaultdict(int)
    for line in lines:
        for discount, amount in (*line.own, *line.shared):
            by_discount[discount] += amount
    by_rate: dict[str, totals.Tax] = {}
    for tax in (tax for line in lines for tax in line.taxes):
        so_far = by_rate.get(tax.rate.id, totals.Tax(tax.rate, 0, 0))
        by_rate[tax.rate.id] = totals.Tax(tax.rate, so_far.amount + tax.amount, so_far.taxable + tax.taxable)
    invoice.update(
        subtotal=sum(line.subtotal for line in lines),
        subtotal_excluding_tax=sum(line.subtotal_excluding_tax for line in lines),
        total=sum(line.total for line in lines),
        total_excluding_tax=sum(line.excluding_tax for line in lines),
        total_discount_amounts=_discount_amounts(by_discount.items()),
        total_pretax_credit_amounts=[],
        total_taxes=tax_objects(by_rate.values()),
    )


def _discount_amounts(amounts: Iterable[tuple[str, int]]) -> list[Json]:
    return [{"amount": amount, "discount": discount} for discount, amount in amounts]


def tax_objects(taxes: Iterable[totals.Tax]) -> list[Json]:
    """Taxes in the shape of `taxes` and `total_taxes`."""
    return [
        {
            "amount": tax.amount,
            "tax_behavior": "inclusive" if tax.rate.inclusive else "exclusive",
            "tax_rate_details": {"tax_rate": tax.rate.id},
            "taxability_reason": "not_available" if tax.rate.counts else "customer_exempt",
            "taxable_amount": tax.taxable,
            "type": "tax_rate_details",
        }
        for tax in taxes
    ]


def _rendering(customer: Json) -> Json | None:
    options = customer["invoice_settings"]["rendering_options"]
    if not options:
        return None
    return {**RENDERING, "amount_tax_display": options.get("amount_tax_display")}
