"""What an invoice or a credit note says, ready to print: the hosted page and the PDF both show this.

Pure functions over Stripe-shaped JSON. Money comes in Stripe's minor units and leaves as text; Stripe's totals are
printed and never recomputed. Times are UTC seconds and leave as dates.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from stripe_sandbox.formats import address_lines, date, money, percent, period, tax_id_text, unit_price

Json = Mapping[str, Any]
Tone = Literal["plain", "note", "sum", "strong"]
StatusTone = Literal["good", "warn", "bad", "quiet"]

CREDIT_REASONS = {
    "duplicate": "Duplicate",
    "fraudulent": "Fraudulent",
    "order_change": "Order change",
    "product_unsatisfactory": "Product unsatisfactory",
}


@dataclass(frozen=True, slots=True)
class Related:
    """What an invoice names only by id, and its remaining lines: each may be missing, then less is said."""

    account: Json = field(default_factory=dict)
    account_tax_ids: tuple[Json, ...] = ()
    lines: tuple[Json, ...] | None = None
    tax_rates: Mapping[str, Json] = field(default_factory=dict)
    discounts: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Party:
    """Who sends or receives: a name and the lines below it."""

    name: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table; empty text where Stripe says nothing."""

    description: str
    period: str
    quantity: str
    unit_price: str
    tax: str
    amount: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the totals."""

    label: str
    amount: str
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Document:
    """An invoice or credit note as text."""

    title: str
    number: str
    status: str
    status_tone: StatusTone
    headline: str
    subheading: str
    issued_at: int
    paper: Literal["a4", "letter"]
    facts: tuple[tuple[str, str], ...]
    sender: Party
    receiver: Party
    lines: tuple[Line, ...]
    totals: tuple[Row, ...]
    notes: tuple[str, ...]


def invoice_document(invoice: Json, related: Related, now: int) -> Document:
    """What the invoice says at the time ``now``."""
    status, tone = invoice_status(invoice, now)
    lines = related.lines if related.lines is not None else tuple(invoice["lines"]["data"])
    issued = _issued_at(invoice)
    return Document(
        title="Invoice",
        number=invoice["number"] or "Draft",
        status=status,
        status_tone=tone,
        headline=_invoice_headline(invoice),
        subheading=_subheading(invoice),
        issued_at=issued,
        paper=_paper(invoice),
        facts=(("Invoice number", invoice["number"] or "Draft"), *_invoice_dates(invoice), *_custom_fields(invoice)),
        sender=_sender(related),
        receiver=_receiver(invoice),
        lines=tuple(_invoice_line(line, related.tax_rates) for line in lines),
        totals=tuple(_invoice_totals(invoice, related)),
        notes=tuple(_invoice_notes(invoice)),
    )


def credit_note_document(credit_note: Json, invoice: Json, related: Related) -> Document:
    """What the credit note says; ``invoice`` is the invoice that it corrects."""
    currency = credit_note["currency"]
    void = credit_note["status"] == "void"
    issued = credit_note["effective_at"] or credit_note["created"]
    amount = money(credit_note["total"], currency)
    memo = credit_note["memo"]
    return Document(
        title="Credit note",
        number=credit_note["number"],
        status="Void" if void else "Issued",
        status_tone="quiet" if void else "good",
        headline=f"{amount} credited on {date(issued)}" if not void else "This credit note is void",
        subheading="",
        issued_at=issued,
        paper=_paper(invoice),
        facts=(
            ("Credit note number", credit_note["number"]),
            ("Invoice number", invoice["number"]),
            ("Date of issue", date(issued)),
            *((("Reason", CREDIT_REASONS[r]),) if (r := credit_note["reason"]) in CREDIT_REASONS else ()),
        ),
        sender=_sender(related),
        receiver=_receiver(invoice),
        lines=tuple(_credit_line(line, currency, related.tax_rates) for line in credit_note["lines"]["data"]),
        totals=tuple(_credit_totals(credit_note, related)),
        notes=(memo,) if memo else (),
    )


def invoice_status(invoice: Json, now: int) -> tuple[str, StatusTone]:
    """The status in a word, and how it is coloured. An open invoice past its due date is overdue."""
    due = invoice["due_date"]
    match invoice["status"]:
        case "open" if due and due < now:
            return "Overdue", "bad"
        case "open":
            return "Open", "warn"
        case "paid":
            return "Paid", "good"
        case "uncollectible":
            return "Uncollectible", "quiet"
        case other:
            return str(other).capitalize(), "quiet"


def _issued_at(invoice: Json) -> int:
    at: int = invoice.get("effective_at") or invoice["status_transitions"]["finalized_at"] or invoice["created"]
    return at


def _invoice_headline(invoice: Json) -> str:
    currency = invoice["currency"]
    remaining = money(invoice["amount_remaining"], currency)
    match invoice["status"]:
        case "paid":
            paid_at = invoice["status_transitions"]["paid_at"] or _issued_at(invoice)
            return f"{money(invoice['amount_paid'], currency)} paid on {date(paid_at)}"
        case "void":
            return f"{money(invoice['total'], currency)}, void"
        case "uncollectible":
            return f"{remaining}, marked uncollectible"
        case "draft":
            return f"{money(invoice['total'], currency)}, draft"
        case _:
            due = invoice["due_date"]
            return f"{remaining} due {date(due)}" if due else f"{remaining} due"


def _subheading(invoice: Json) -> str:
    """Why nothing is left to pay, where the headline would puzzle."""
    if invoice["status"] == "void":
        at = invoice["status_transitions"]["voided_at"]
        return f"Voided on {date(at)}. Nothing is to be paid." if at else "Nothing is to be paid."
    return ""


def _invoice_dates(invoice: Json) -> Iterable[tuple[str, str]]:
    yield "Date of issue", date(_issued_at(invoice))
    if invoice["due_date"]:
        yield "Date due", date(invoice["due_date"])
    paid_at = invoice["status_transitions"]["paid_at"]
    if invoice["status"] == "paid" and paid_at:
        yield "Date paid", date(paid_at)


def _custom_fields(invoice: Json) -> Iterable[tuple[str, str]]:
    return ((entry["name"], entry["value"]) for entry in invoice["custom_fields"] or ())


def _paper(invoice: Json) -> Literal["a4", "letter"]:
    """The wished page size; left to Stripe, it follows the customer's country."""
    size = ((invoice.get("rendering") or {}).get("pdf") or {}).get("page_size")
    if size in ("a4", "letter"):
        return "a4" if size == "a4" else "letter"
    country = (invoice["customer_address"] or {}).get("country") or invoice["account_country"]
    return "letter" if country in ("US", "CA") else "a4"


def _sender(related: Related) -> Party:
    account = related.account
    profile: Json = account.get("business_profile") or {}
    company: Json = account.get("company") or {}
    address = profile.get("support_address") or company.get("address")
    name = profile.get("name") or company.get("name") or "Sandbox account"
    contact = (profile.get("support_phone"), profile.get("support_email"))
    tax_ids = (tax_id_text(tax_id) for tax_id in related.account_tax_ids)
    return Party(name, (*address_lines(address), *filter(None, contact), *tax_ids))


def _receiver(invoice: Json) -> Party:
    tax_ids = (tax_id_text(tax_id) for tax_id in invoice["customer_tax_ids"] or ())
    contact = filter(None, (invoice["customer_phone"], invoice["customer_email"]))
    name = invoice["customer_name"] or invoice["customer_email"] or "Customer"
    return Party(name, (*address_lines(invoice["customer_address"]), *contact, *tax_ids))


def _invoice_line(line: Json, tax_rates: Mapping[str, Json]) -> Line:
    currency = line["currency"]
    unit = (line.get("pricing") or {}).get("unit_amount_decimal")
    span = line["period"]
    return Line(
        description=line["description"] or "",
        period=period(span["start"], span["end"]) if _spans_time(line) else "",
        quantity=_quantity(line),
        unit_price=unit_price(unit, currency) if unit is not None else "",
        tax=_line_tax(line.get("taxes") or (), tax_rates),
        amount=money(line["amount"], currency),
    )


def _spans_time(line: Json) -> bool:
    """One-off items have a period of a moment, or of the invoice's; only a subscription's is worth printing."""
    parent: Json = line.get("parent") or {}
    return parent.get("type") == "subscription_item_details" or line["period"]["end"] > line["period"]["start"]


def _quantity(line: Json) -> str:
    exact = line.get("quantity_decimal")
    if exact is not None:
        return f"{Decimal(exact).normalize():,f}"
    return "" if line.get("quantity") is None else f"{line['quantity']:,}"


def _credit_line(line: Json, currency: str, tax_rates: Mapping[str, Json]) -> Line:
    unit = line.get("unit_amount_decimal")
    return Line(
        description=line["description"] or "",
        period="",
        quantity="" if line.get("quantity") is None else f"{line['quantity']:,}",
        unit_price=unit_price(unit, currency) if unit is not None else "",
        tax=_line_tax(line.get("taxes") or (), tax_rates),
        amount=money(line["amount"], currency),
    )


def _line_tax(taxes: Iterable[Json], tax_rates: Mapping[str, Json]) -> str:
    rates = ((tax, _rate_of(tax, tax_rates)) for tax in taxes)
    return ", ".join("0%" if _is_exempt(tax) else percent(rate["percentage"]) for tax, rate in rates if rate)


def _rate_of(tax: Json, tax_rates: Mapping[str, Json]) -> Json | None:
    return tax_rates.get((tax.get("tax_rate_details") or {}).get("tax_rate", ""))


def _is_exempt(tax: Json) -> bool:
    return tax["amount"] == 0 and tax.get("taxability_reason") in ("customer_exempt", "reverse_charge")


def _invoice_totals(invoice: Json, related: Related) -> Iterable[Row]:
    """The totals in Stripe's order: subtotal, discounts, taxes, total, credit, balance, due, paid, remaining."""
    currency = invoice["currency"]
    yield Row("Subtotal", money(invoice["subtotal"], currency))
    yield from _discount_rows(invoice["total_discount_amounts"] or (), related.discounts, currency)
    if invoice.get("shipping_cost"):
        yield Row("Shipping", money(invoice["shipping_cost"]["amount_subtotal"], currency))
    yield from _tax_rows(invoice, related.tax_rates)
    yield Row("Total", money(invoice["total"], currency), "sum")
    if invoice["pre_payment_credit_notes_amount"]:
        yield Row("Credit notes", money(-invoice["pre_payment_credit_notes_amount"], currency))
    yield from _balance_rows(invoice)
    yield Row("Amount due", money(invoice["amount_due"], currency), "strong")
    if invoice["amount_paid"]:
        yield Row("Amount paid", money(-invoice["amount_paid"], currency))
        yield Row("Amount remaining", money(invoice["amount_remaining"], currency), "strong")
    if invoice["post_payment_credit_notes_amount"]:
        yield Row("Credited after payment", money(invoice["post_payment_credit_notes_amount"], currency), "note")


def _discount_rows(amounts: Iterable[Json], discounts: Mapping[str, Json], currency: str) -> Iterable[Row]:
    for entry in amounts:
        if not entry["amount"]:
            continue
        discount = entry["discount"] if isinstance(entry["discount"], Mapping) else discounts.get(entry["discount"])
        yield Row(_discount_label(discount, currency), money(-entry["amount"], currency))


def _discount_label(discount: Json | None, currency: str) -> str:
    coupon = ((discount or {}).get("source") or {}).get("coupon")
    if not isinstance(coupon, Mapping):
        return "Discount"
    name = coupon.get("name") or "Discount"
    if coupon.get("percent_off"):
        return f"{name} ({percent(coupon['percent_off'])} off)"
    return f"{name} ({money(coupon['amount_off'], coupon.get('currency') or currency)} off)"


def _tax_rows(bill: Json, tax_rates: Mapping[str, Json]) -> Iterable[Row]:
    """One row a tax. An inclusive tax is told, not added."""
    currency = bill["currency"]
    taxes = bill["total_taxes"] or ()
    before = bill.get("total_excluding_tax")
    if taxes and before is not None:
        yield Row("Total excluding tax", money(before, currency))
    for tax in taxes:
        inclusive = tax["tax_behavior"] == "inclusive"
        label = _tax_label(tax, _rate_of(tax, tax_rates), inclusive)
        yield Row(label, money(tax["amount"], currency), "note" if inclusive else "plain")


def _tax_label(tax: Json, rate: Json | None, inclusive: bool) -> str:
    if rate is None:
        return "Tax, included" if inclusive else "Tax"
    if _is_exempt(tax):
        reverse = ", reverse charge" if tax.get("taxability_reason") == "reverse_charge" else ""
        return f"{rate['display_name']} 0%{reverse}"
    place = f", {rate['jurisdiction']}" if rate.get("jurisdiction") else ""
    return f"{rate['display_name']} {percent(rate['percentage'])}{place}{', included' if inclusive else ''}"


def _balance_rows(invoice: Json) -> Iterable[Row]:
    """The customer's balance as applied at finalisation: it is negative when the customer has credit."""
    ending = invoice["ending_balance"]
    applied = 0 if ending is None else invoice["starting_balance"] - ending
    if applied:
        label = "Applied credit balance" if applied < 0 else "Earlier balance"
        yield Row(label, money(applied, invoice["currency"]))


def _credit_totals(credit_note: Json, related: Related) -> Iterable[Row]:
    currency = credit_note["currency"]
    yield Row("Subtotal", money(credit_note["subtotal"], currency))
    yield from _discount_rows(credit_note["discount_amounts"] or (), related.discounts, currency)
    yield from _tax_rows(credit_note, related.tax_rates)
    yield Row("Total credited", money(credit_note["total"], currency), "strong")
    if credit_note["pre_payment_amount"]:
        yield Row("Taken off the amount due", money(credit_note["pre_payment_amount"], currency), "note")
    refunded = sum(refund["amount_refunded"] for refund in credit_note["refunds"] or ())
    if refunded:
        yield Row("Refunded", money(refunded, currency), "note")
    if credit_note["out_of_band_amount"]:
        yield Row("Credited outside of Stripe", money(credit_note["out_of_band_amount"], currency), "note")
    balance = credit_note["post_payment_amount"] - refunded - (credit_note["out_of_band_amount"] or 0)
    if balance > 0:
        yield Row("Added to the credit balance", money(balance, currency), "note")


def _invoice_notes(invoice: Json) -> Iterable[str]:
    if invoice["customer_tax_exempt"] == "reverse":
        yield "Tax to be paid on reverse charge basis."
    yield from filter(None, (invoice["description"], invoice["footer"]))
