"""A customer's invoices as JSON: the list, one whole, and where its PDF is. Everything that the pages show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated, Final

from invoice_portal.api.invoice_parts import (
    CreditNoteData,
    HistoryEntry,
    InvoiceData,
    LineData,
    NamedText,
    PartyData,
    TotalData,
    credit_notes_data,
    facts_data,
    invoice_data,
    line_data,
    party_data,
    total_data,
)
from invoice_portal.api.own import reads
from invoice_portal.api.schema import Amount, Text, amount
from invoice_portal.effects import Ok, each
from invoice_portal.errors import BadRequest, NotFound
from invoice_portal.identity import CustomerId
from invoice_portal.money import Money
from invoice_portal.owned import customers_with
from invoice_portal.pages.handover import pdf_of_credit_note, pdf_of_invoice
from invoice_portal.pages.invoices.history import history
from invoice_portal.pages.invoices.listing import Wanted, fill, first_call, read_cursor, read_wanted, seal_cursor
from invoice_portal.pages.invoices.page import whole_invoice
from invoice_portal.pages.invoices.status import STATUS_NAMES, overdue
from invoice_portal.pages.invoices.view import view_invoice
from invoice_portal.pages.paying.on_its_way import marked, under_way
from invoice_portal.stripe_api.customers import Customer
from invoice_portal.stripe_api.invoices import MOST_A_CALL, Invoice, list_invoices
from invoice_portal.stripe_api.reading import Listing
from invoice_portal.stripe_api.subscriptions import subscriptions_of
from invoice_portal.viewing import Scope, check_choice, customer_in_view, scope_of
from invoice_portal.visits import Visit


@dataclass(frozen=True, slots=True)
class CustomerChoice:
    """One of several customers at Stripe that bear the visitor's address."""

    id: str
    name: str
    current: bool


@dataclass(frozen=True, slots=True)
class ToPay:
    """What is open and has no payment on its way: a sum for each currency, since different ones are never added up."""

    amounts: tuple[Amount, ...]
    open: Annotated[int, "How many invoices that is."]
    overdue: Annotated[int, "How many of them are past their due date."]
    more: Annotated[bool, "Whether there are more open invoices than were counted."]


@dataclass(frozen=True, slots=True)
class Invoices:
    """One page of invoices, newest first."""

    invoices: tuple[InvoiceData, ...]
    older: Annotated[str | None, "What to send as `after` for the page of older ones."]
    newer: Annotated[str | None, "What to send as `before` for the page of newer ones."]
    to_pay: Annotated[ToPay | None, "Null where it could not be read just now."]
    customer_id: Annotated[str | None, "Whose invoices these are; null where Stripe has no such customer yet."]
    customers: Annotated[tuple[CustomerChoice, ...], "To choose from, where there are several."]


@dataclass(frozen=True, slots=True)
class WholeInvoiceData:
    """One invoice, whole, in Stripe's own numbers."""

    invoice: InvoiceData
    title: Text
    sender: PartyData
    recipient: PartyData
    ship_to: PartyData | None
    facts: tuple[NamedText, ...]
    lines: tuple[LineData, ...]
    totals: Annotated[tuple[TotalData, ...], "In the order in which they follow from each other."]
    notices: tuple[Text, ...]
    memo: str
    footer: str
    replaces_id: str | None
    replaced_by_id: str | None
    due: Annotated[Text | None, "When it is to be paid, where something is."]
    payment_on_its_way: bool
    credit_notes: Annotated[tuple[CreditNoteData, ...] | None, "Null where they could not be read just now."]
    history: Annotated[tuple[HistoryEntry, ...], "What happened, newest first."]
    history_complete: bool


@dataclass(frozen=True, slots=True)
class PdfAddress:
    """Where the PDF is right now: go there at once, the address opens the document without a login."""

    url: str = field(repr=False)


async def invoices(visit: Visit) -> Invoices:
    """One page of the visitor's invoices, and what is open.

    Raises ``BadRequest`` for a filter that makes no sense, ``NotFound`` for a cursor, customer or subscription of
    somebody else's.
    """
    arrival = visit.in_portal()
    wanted = _wanted(visit)
    if isinstance(arrival.identity, CustomerId):
        try:
            return await _of(visit, wanted, arrival.identity.id, ())
        except NotFound:
            if {"after", "before", "subscription"} & visit.request.query.keys():
                raise
            return _nothing()  # Stripe has no such customer
    customers = await customers_with(arrival.identity)
    return await _of(visit, wanted, await customer_in_view(visit, customers), customers) if customers else _nothing()


def _wanted(visit: Visit) -> Wanted:
    wanted, status = read_wanted(visit), visit.request.query.get("status", "")
    if status and not wanted.status:
        raise BadRequest(f"status must be one of {', '.join(STATUS_NAMES)}")
    if wanted.problem:
        raise BadRequest("from and to must be days, YYYY-MM-DD, the first not after the last")
    return wanted


def _nothing() -> Invoices:
    return Invoices((), None, None, ToPay((), 0, 0, more=False), None, ())


async def _of(visit: Visit, wanted: Wanted, customer: str, customers: tuple[Customer, ...]) -> Invoices:
    scope = scope_of(visit, customer)
    cursor = read_cursor(visit, scope)
    if scope.subscription and not scope.bound:
        (subscriptions,) = await each([subscriptions_of(customer)])
        await check_choice(scope, subscriptions)
    answer = await first_call(visit, scope, wanted, cursor)
    page = await fill(visit, scope, wanted, cursor, answer)
    whole = not (wanted.filtered or cursor or answer.has_more)
    open_now = Listing(_open(answer), has_more=False) if whole else await _asked_open(scope)
    found = await under_way(visit, scope.customer, (*page.invoices, *(open_now.items if open_now else ())))
    return Invoices(
        invoices=tuple(invoice_data(visit, invoice) for invoice in marked(page.invoices, found)),
        older=seal_cursor(visit, scope, page.older) if page.older else None,
        newer=seal_cursor(visit, scope, page.newer) if page.newer else None,
        to_pay=_to_pay(visit, marked(open_now.items, found), more=open_now.has_more) if open_now else None,
        customer_id=customer,
        customers=() if scope.bound or len(customers) < 2 else tuple(_choice(each, customer) for each in customers),
    )


def _open(answer: Listing[Invoice]) -> tuple[Invoice, ...]:
    return tuple(invoice for invoice in answer.items if invoice.status == "open")


async def _asked_open(scope: Scope) -> Listing[Invoice] | None:
    call = list_invoices(scope.customer, limit=MOST_A_CALL, status="open", subscription=scope.subscription)
    (answer,) = await each([call])
    return answer.value if isinstance(answer, Ok) else None


def _choice(customer: Customer, current: str) -> CustomerChoice:
    name = customer.name or customer.description or customer.email
    return CustomerChoice(customer.id, name, customer.id == current)


def _to_pay(visit: Visit, invoices: Iterable[Invoice], *, more: bool) -> ToPay:
    due = [invoice for invoice in invoices if invoice.amount_remaining.amount > 0 and not invoice.under_way]
    sums: dict[str, int] = {}
    for invoice in due:
        currency = invoice.amount_remaining.currency
        sums[currency] = sums.get(currency, 0) + invoice.amount_remaining.amount
    return ToPay(
        amounts=tuple(amount(visit.language, Money(total, currency)) for currency, total in sums.items()),
        open=len(due),
        overdue=sum(overdue(invoice, visit.now) for invoice in due),
        more=more,
    )


async def invoice(visit: Visit) -> WholeInvoiceData:
    """Everything that the invoice's page shows."""
    whole, extras = await whole_invoice(visit)
    view = view_invoice(visit, whole, extras)
    past = history(visit, whole, extras.payments, extras.credit_notes)
    sees_others = visit.one_invoice is None
    return WholeInvoiceData(
        invoice=invoice_data(visit, whole.invoice, can_pay=bool(view.pay and view.pay.pay_url)),
        title=view.title,
        sender=party_data(view.sender),
        recipient=party_data(view.recipient),
        ship_to=party_data(view.ship_to) if view.ship_to else None,
        facts=facts_data(view.facts),
        lines=tuple(line_data(visit, *pair) for pair in zip(extras.lines, view.lines, strict=True)),
        totals=tuple(total_data(total) for total in view.totals),
        notices=view.notices,
        memo=view.memo,
        footer=view.footer,
        replaces_id=whole.replaces if sees_others else None,
        replaced_by_id=whole.replaced_by if sees_others else None,
        due=(view.pay.when or None) if view.pay else None,
        payment_on_its_way=view.pay.on_its_way if view.pay else False,
        credit_notes=credit_notes_data(visit, extras.credit_notes),
        history=tuple(HistoryEntry(entry.moment, entry.date, entry.text) for entry in past.entries),
        history_complete=not past.incomplete,
    )


async def invoice_pdf(visit: Visit) -> PdfAddress:
    """Where the invoice's PDF is, fetched afresh."""
    return PdfAddress(await pdf_of_invoice(visit))


async def credit_note_pdf(visit: Visit) -> PdfAddress:
    """Where a credit note's PDF is, fetched afresh."""
    return PdfAddress(await pdf_of_credit_note(visit))


_FILTERS: Final = {
    "status": f"One of {', '.join(f'`{name}`' for name in STATUS_NAMES)}.",
    "from": "The first day of issue, YYYY-MM-DD.",
    "to": "The last day of issue, YYYY-MM-DD.",
    "subscription": "One subscription's invoices, `sub_…`.",
    "customer": "One of `customers`, `cus_…`.",
    "after": "The `older` of another page.",
    "before": "The `newer` of another page.",
}

ROUTES: Final = (
    reads("api_me_invoices", "/invoices", "The invoices, and what is to pay", invoices, Invoices, query=_FILTERS),
    reads(
        "api_me_invoice",
        "/invoices/{invoice}",
        "One invoice, whole",
        invoice,
        WholeInvoiceData,
        audit="invoice.viewed",
        event="select_invoice",
    ),
    reads(
        "api_me_invoice_pdf",
        "/invoices/{invoice}/pdf",
        "Where the invoice's PDF is right now",
        invoice_pdf,
        PdfAddress,
        audit="invoice.downloaded",
        event="download_invoice",
    ),
    reads(
        "api_me_credit_note_pdf",
        "/invoices/{invoice}/credit_notes/{credit_note}/pdf",
        "Where a credit note's PDF is right now",
        credit_note_pdf,
        PdfAddress,
        audit="credit_note.downloaded",
    ),
)
