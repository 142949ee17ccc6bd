"""What an invoice is made of, as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from invoice_portal.api.schema import Amount, Moment, Text, amount
from invoice_portal.effects import Ok, Outcome
from invoice_portal.pages.handover import payable
from invoice_portal.pages.invoices.lines import LineView
from invoice_portal.pages.invoices.parties import PartyView
from invoice_portal.pages.invoices.rows import remark
from invoice_portal.pages.invoices.status import badge, overdue
from invoice_portal.pages.invoices.view import Fact, TotalView
from invoice_portal.stripe_api.credit_notes import CreditNote
from invoice_portal.stripe_api.invoices import Invoice, Line
from invoice_portal.stripe_api.reading import Listing
from invoice_portal.visits import Visit


@dataclass(frozen=True, slots=True)
class Badge:
    """A status in a customer's words."""

    text: Text
    tone: Annotated[str, "`paid`, `due`, `late` or `quiet`: for a colour."]


@dataclass(frozen=True, slots=True)
class InvoiceData:
    """What the list shows of an invoice."""

    id: str
    number: str | None
    status: Annotated[str, "Stripe's: `open`, `paid`, `void` or `uncollectible`."]
    badge: Badge
    overdue: bool
    subject: str
    issued_at: Moment
    issued: Annotated[Text, "The day of issue."]
    due_at: Annotated[int | None, "UTC seconds."]
    due: Annotated[Text | None, "The day on which it is due."]
    total: Amount
    amount_due: Amount
    amount_remaining: Annotated[Amount, "What is still to pay."]
    credited: Amount
    remark: Annotated[Text, "What the total alone does not say; may be empty."]
    subscription_id: str | None
    can_pay: Annotated[bool, "Whether this visitor can pay it here."]
    can_download: Annotated[bool, "Whether there is a PDF that this visitor may have."]


@dataclass(frozen=True, slots=True)
class PartyData:
    """Sender or recipient, as the invoice has it."""

    name: str
    address: Annotated[tuple[str, ...], "Its lines in the order of the country."]
    email: str
    phone: str
    tax_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NamedText:
    """A name and its value, both ready to print."""

    name: Text
    value: Text


@dataclass(frozen=True, slots=True)
class UnitPrice:
    """What one costs. Stripe's prices may be finer than the minor unit."""

    decimal: Annotated[str, "In the minor unit, as an exact decimal."]
    currency: str
    text: Text


@dataclass(frozen=True, slots=True)
class LineData:
    """One line."""

    id: str
    description: str
    starts_at: Annotated[int | None, "UTC seconds."]
    ends_at: Annotated[int | None, "UTC seconds."]
    period: Annotated[Text, "Empty for what has no time."]
    quantity: Annotated[str | None, "An exact decimal."]
    unit_price: UnitPrice | None
    amount: Amount
    proration: bool
    remarks: Annotated[tuple[Text, ...], "A discount on this line alone, and its tax where the lines differ in it."]


@dataclass(frozen=True, slots=True)
class TotalData:
    """A row of the totals."""

    name: Text
    amount: Amount
    strong: Annotated[bool, "Whether it is a sum."]
    remark: Annotated[bool, "Whether it explains and adds nothing, as a tax that is included."]


@dataclass(frozen=True, slots=True)
class CreditNoteData:
    """A credit note."""

    id: str
    number: str
    issued_at: Moment
    issued: Text
    amount: Amount
    memo: str
    void: bool
    can_download: bool


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """Something that happened."""

    at: Moment
    date: Text
    text: Text


def invoice_data(visit: Visit, invoice: Invoice, *, can_pay: bool | None = None) -> InvoiceData:
    """An invoice as the list tells it. ``can_pay`` is given where more is known than the invoice alone says."""
    language, status = visit.language, badge(invoice, visit.language, visit.now)
    return InvoiceData(
        id=invoice.id,
        number=invoice.number or None,
        status=invoice.status,
        badge=Badge(status.text, status.tone),
        overdue=overdue(invoice, visit.now),
        subject=invoice.subject,
        issued_at=invoice.issued_at,
        issued=language.date(invoice.issued_at),
        due_at=invoice.due_date,
        due=None if invoice.due_date is None else language.date(invoice.due_date),
        total=amount(language, invoice.total),
        amount_due=amount(language, invoice.amount_due),
        amount_remaining=amount(language, invoice.amount_remaining),
        credited=amount(language, invoice.credited),
        remark=remark(visit, invoice),
        subscription_id=invoice.subscription,
        can_pay=visit.may("pay") and (payable(invoice) if can_pay is None else can_pay),
        can_download=visit.may("download") and bool(invoice.pdf_url),
    )


def party_data(party: PartyView) -> PartyData:
    """Sender or recipient."""
    return PartyData(party.name, party.address, party.email, party.phone, party.tax_ids)


def facts_data(facts: Sequence[Fact]) -> tuple[NamedText, ...]:
    """Dates, numbers and fields of the merchant's own."""
    return tuple(NamedText(fact.name, fact.value) for fact in facts)


def line_data(visit: Visit, line: Line, view: LineView) -> LineData:
    """One line, in figures and in print."""
    price = None
    if line.unit_price is not None and view.unit_price:
        price = UnitPrice(format(line.unit_price, "f"), line.amount.currency, view.unit_price)
    return LineData(
        id=line.id,
        description=line.description,
        starts_at=line.period[0] or None,
        ends_at=line.period[1] or None,
        period=view.period,
        quantity=None if line.quantity is None else format(line.quantity, "f"),
        unit_price=price,
        amount=amount(visit.language, line.amount),
        proration=line.proration,
        remarks=view.remarks,
    )


def total_data(total: TotalView) -> TotalData:
    """A row of the totals."""
    told = Amount(total.money.amount, total.money.currency, total.amount)
    return TotalData(total.name, told, total.strong, total.remark)


def credit_notes_data(visit: Visit, outcome: Outcome[Listing[CreditNote]]) -> tuple[CreditNoteData, ...] | None:
    """The credit notes; None where Stripe did not tell them."""
    if not isinstance(outcome, Ok):
        return None
    return tuple(
        CreditNoteData(
            id=note.id,
            number=note.number,
            issued_at=note.issued_at,
            issued=visit.language.date(note.issued_at),
            amount=amount(visit.language, note.total),
            memo=note.memo,
            void=note.status == "void",
            can_download=visit.may("download") and bool(note.pdf_url),
        )
        for note in outcome.value.items
    )
