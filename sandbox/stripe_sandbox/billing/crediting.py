"""Credit notes: what a finalised invoice is lowered by: https://docs.stripe.com/invoicing/credit-notes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from stripe_sandbox.billing import balance, collecting
from stripe_sandbox.billing.refunding import refund, refundable
from stripe_sandbox.errors import StripeError, invalid
from stripe_sandbox.http import Json
from stripe_sandbox.money import decimal_text, rounded

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox


@dataclass(frozen=True, slots=True)
class Line:
    """What is credited of one line: gross, and the discounts and taxes that go back with it (minor units)."""

    amount: int
    description: str | None
    quantity: int | None = None
    unit_amount: Decimal | None = None
    invoice_line_item: str | None = None
    discounts: Sequence[tuple[str, int]] = ()
    taxes: Sequence[Json] = ()
    tax_rates: Sequence[str] = ()
    metadata: Json = field(default_factory=dict)

    @property
    def discount(self) -> int:
        """All discounts together."""
        return sum(amount for _, amount in self.discounts)

    def tax(self, behavior: str) -> int:
        """The taxes that are in the amount (`inclusive`), or those that come on top (`exclusive`)."""
        return sum(tax["amount"] for tax in self.taxes if tax["tax_behavior"] == behavior)

    @property
    def total(self) -> int:
        """What the customer gets back for it."""
        return self.amount - self.discount + self.tax("exclusive")


def of_invoice_line(line: Json, amount: int | None, quantity: int | None) -> Line:
    """Credit a part of an invoice's line: discounts and taxes go back in the same proportion."""
    if amount is None:
        whole = Decimal(line["quantity_decimal"]) or Decimal(1)
        amount = line["amount"] if quantity is None else rounded(line["amount"] * quantity / whole)
    if abs(amount) > abs(line["amount"]):
        raise invalid(f"The amount to credit exceeds the amount of the invoice line item {line['id']}.", "lines")

    def part(of: int) -> int:
        return rounded(Decimal(of) * amount / line["amount"]) if line["amount"] else 0

    unit = line["pricing"]["unit_amount_decimal"] if quantity is not None and line["pricing"] else None
    return Line(
        amount,
        line["description"],
        quantity,
        None if unit is None else Decimal(unit),
        line["id"],
        [(each["discount"], part(each["amount"])) for each in line["discount_amounts"]],
        [
            {**tax, "amount": part(tax["amount"]), "taxable_amount": part(tax["taxable_amount"])}
            for tax in line["taxes"]
        ],
        [tax["tax_rate_details"]["tax_rate"] for tax in line["taxes"]],
    )


def issue(
    sandbox: Sandbox,
    invoice: Json,
    lines: Sequence[Line],
    *,
    refund_amount: int = 0,
    credit_amount: int = 0,
    out_of_band_amount: int = 0,
    **given: Any,
) -> Json:
    """Enter a credit note and do what it says. Raises StripeError where it exceeds what can be credited."""
    total = sum(line.total for line in lines)
    pre, post = _split(invoice, total, refund_amount + credit_amount + out_of_band_amount)
    refunds = _refunds(sandbox, invoice, refund_amount)
    note = _new_note(sandbox, invoice, lines, pre, post)
    note.update(given, out_of_band_amount=out_of_band_amount or None, refunds=refunds)
    sandbox.store.add(note)
    if credit_amount:
        customer = sandbox.store["customer", invoice["customer"]]
        change = balance.adjust(
            sandbox,
            customer,
            -credit_amount,
            "credit_note",
            credit_note=note["id"],
            invoice=invoice["id"],
            currency=invoice["currency"],
        )
        note["customer_balance_transaction"] = change and change["id"]
    invoice["post_payment_credit_notes_amount"] += post
    if pre:
        _lower(sandbox, invoice, pre)
    return note


def void_note(sandbox: Sandbox, note: Json) -> None:
    """Take back a credit note of an invoice that is still open."""
    invoice = sandbox.store["invoice", note["invoice"]]
    if note["status"] == "void":
        raise StripeError("This credit note is already void.")
    if invoice["status"] != "open" or note["post_payment_amount"]:
        raise StripeError("You can only void a credit note on an open invoice.")
    note.update(status="void", voided_at=sandbox.clock.now)
    _lower(sandbox, invoice, -note["pre_payment_amount"])


def _split(invoice: Json, total: int, returned: int) -> tuple[int, int]:
    """How much lowers what remains to be paid, and how much is given back of what was paid."""
    if invoice["status"] not in ("open", "paid", "uncollectible"):
        raise StripeError(
            "You can only issue credit notes for finalized invoices that are open, paid or uncollectible.",
            param="invoice",
        )
    if total <= 0:
        raise invalid("The credit note amount must be greater than 0.", "amount")
    pre = min(total, invoice["amount_remaining"]) if invoice["status"] != "paid" else 0
    post = total - pre
    left = invoice["amount_paid"] - invoice["post_payment_credit_notes_amount"]
    if invoice["status"] == "paid" and invoice["amount_due"] == 0:
        left = invoice["total"] - credited(invoice)
    if post > left:
        raise invalid(
            f"The credit note amount ({total}) exceeds what can still be credited on the invoice ({pre + left}).",
            "amount",
        )
    if returned != post:
        raise invalid(
            "The sum of `refund_amount`, `credit_amount` and `out_of_band_amount` "
            f"({returned}) must equal the post-payment amount of the credit note ({post}).",
            "refund_amount",
        )
    return pre, post


def credited(invoice: Json) -> int:
    """What has been credited of an invoice so far."""
    pre: int = invoice["pre_payment_credit_notes_amount"]
    post: int = invoice["post_payment_credit_notes_amount"]
    return pre + post


def _lower(sandbox: Sandbox, invoice: Json, amount: int) -> None:
    invoice["pre_payment_credit_notes_amount"] += amount
    invoice["amount_due"] -= amount
    invoice["amount_remaining"] -= amount
    if invoice["amount_remaining"] == 0:
        collecting.mark_paid(sandbox, invoice)
    else:
        collecting.follow_remaining(sandbox, invoice)


def _refunds(sandbox: Sandbox, invoice: Json, amount: int) -> list[Json]:
    """Give money back to the cards that paid, the latest first. Raises StripeError where they paid less."""
    planned: list[tuple[Json, int]] = []
    for payment in sandbox.store.all("invoice_payment", invoice=invoice["id"], status="paid"):
        intent = sandbox.store["payment_intent", payment["_payment_intent"]]
        charge = sandbox.store["charge", intent["latest_charge"]]
        part = min(amount, refundable(charge))
        amount -= part
        planned.append((charge, part))
    if amount:
        raise invalid("The refund amount exceeds what was paid with Stripe on this invoice.", "refund_amount")
    return [
        {
            "amount_refunded": part,
            "payment_record_refund": None,
            "refund": refund(sandbox, charge, part, None)["id"],
            "type": "refund",
        }
        for charge, part in planned
        if part
    ]


def _new_note(sandbox: Sandbox, invoice: Json, lines: Sequence[Line], pre: int, post: int) -> Json:
    token = sandbox.ids.text("hosted", 40)
    number = 1 + len(sandbox.store.all("credit_note", invoice=invoice["id"]))
    total = sum(line.total for line in lines)
    kept = [sandbox.store.add(_new_line(sandbox, line))["id"] for line in lines]
    gross = sum(line.amount for line in lines)
    inclusive = sum(line.tax("inclusive") for line in lines)
    net = sum(line.amount - line.discount - line.tax("inclusive") for line in lines)
    return {
        "id": sandbox.ids.new("cn"),
        "object": "credit_note",
        "amount": total,
        "amount_shipping": 0,
        "created": sandbox.clock.now,
        "currency": invoice["currency"],
        "customer": invoice["customer"],
        "customer_account": None,
        "customer_balance_transaction": None,
        "discount_amount": sum(line.discount for line in lines),
        "discount_amounts": _discount_amounts(line.discounts for line in lines),
        "effective_at": sandbox.clock.now,
        "invoice": invoice["id"],
        "livemode": False,
        "memo": None,
        "metadata": {},
        "number": f"{invoice['number']}-CN-{number:02d}",
        "out_of_band_amount": None,
        "pdf": f"{sandbox.base_url}/hosted/credit_note/{token}/pdf",
        "post_payment_amount": post,
        "pre_payment_amount": pre,
        "pretax_credit_amounts": [],
        "reason": None,
        "refunds": [],
        "shipping_cost": None,
        "status": "issued",
        "subtotal": gross,
        "subtotal_excluding_tax": gross - inclusive,
        "total": total,
        "total_excluding_tax": net,
        "total_taxes": _sum_taxes(tax for line in lines for tax in line.taxes),
        "type": "mixed" if pre and post else "post_payment" if post else "pre_payment",
        "voided_at": None,
        "_lines": kept,
        "_token": token,
    }


def _new_line(sandbox: Sandbox, line: Line) -> Json:
    made: Json = {
        "id": sandbox.ids.new("cnli"),
        "object": "credit_note_line_item",
        "amount": line.amount,
        "description": line.description,
        "discount_amount": line.discount,
        "discount_amounts": _discount_amounts([line.discounts]),
        "livemode": False,
        "metadata": line.metadata,
        "pretax_credit_amounts": [],
        "quantity": line.quantity,
        "taxes": list(line.taxes),
        "type": "custom_line_item",
        "unit_amount": None if line.unit_amount is None else rounded(line.unit_amount),
        "unit_amount_decimal": None if line.unit_amount is None else decimal_text(line.unit_amount),
        "_tax_rates": list(line.tax_rates),
    }
    if line.invoice_line_item is not None:
        made.update(invoice_line_item=line.invoice_line_item, type="invoice_line_item")
    return made


def _discount_amounts(lines: Iterable[Sequence[tuple[str, int]]]) -> list[Json]:
    by_discount: dict[str, int] = defaultdict(int)
    for discounts in lines:
        for discount, amount in discounts:
            by_discount[discount] += amount
    return [{"amount": amount, "discount": discount} for discount, amount in by_discount.items()]


def _sum_taxes(taxes: Iterable[Json]) -> list[Json]:
    by_rate: dict[str, Json] = {}
    for tax in taxes:
        so_far = by_rate.setdefault(tax["tax_rate_details"]["tax_rate"], {**tax, "amount": 0, "taxable_amount": 0})
        so_far["amount"] += tax["amount"]
        so_far["taxable_amount"] += tax["taxable_amount"]
    return list(by_rate.values())
