"""The view-model of one invoice: Stripe's own numbers in Stripe's own order, ready to print.

Nothing is recomputed: each figure below is one that Stripe gave (facts of the shape:
docs.stripe.com/api/invoices/object).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from invoice_portal.effects import Ok, Outcome
from invoice_portal.i18n import Language
from invoice_portal.money import Money
from invoice_portal.pages.handover import payable
from invoice_portal.pages.invoices.lines import LineView, Names, discounts_on_lines, tax_name, view_lines
from invoice_portal.pages.invoices.parties import PartyView, view_party
from invoice_portal.pages.invoices.status import StatusBadge, badge, overdue
from invoice_portal.stripe_api.credit_notes import CreditNote
from invoice_portal.stripe_api.invoices import Address, InvoiceNames, Line, Party, WholeInvoice
from invoice_portal.stripe_api.payments import Payment
from invoice_portal.stripe_api.reading import Listing
from invoice_portal.stripe_api.tax_rates import TaxRate
from invoice_portal.visits import Visit

_DAY = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class Extras:
    """What was fetched beside the invoice itself."""

    lines: tuple[Line, ...]
    names: InvoiceNames
    tax_rates: Mapping[str, TaxRate]
    credit_notes: Outcome[Listing[CreditNote]]
    payments: Outcome[Listing[Payment]]


@dataclass(frozen=True, slots=True)
class Fact:
    """A name and its value."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class TotalView:
    """One row of the totals; ``strong`` is a sum, ``remark`` a row that explains and adds nothing."""

    name: str
    amount: str
    money: Money
    strong: bool = False
    remark: bool = False


@dataclass(frozen=True, slots=True)
class NoteView:
    """One credit note."""

    number: str
    date: str
    amount: str
    memo: str
    void: bool
    pdf_url: str


@dataclass(frozen=True, slots=True)
class PayBox:
    """What is to pay, and where; ``pay_url`` is empty where it cannot be paid here."""

    amount: str
    when: str
    late: bool
    pay_url: str
    on_its_way: bool


@dataclass(frozen=True, slots=True)
class InvoiceView:
    """Everything on the page, ready to print."""

    title: str
    number: str
    status: StatusBadge
    sender: PartyView
    recipient: PartyView
    ship_to: PartyView | None
    facts: tuple[Fact, ...]
    lines: tuple[LineView, ...]
    totals: tuple[TotalView, ...]
    notices: tuple[str, ...]
    memo: str
    footer: str
    replaces_url: str
    replaced_by_url: str
    credit_notes: tuple[NoteView, ...]
    pay: PayBox | None
    pdf_url: str


def view_invoice(visit: Visit, whole: WholeInvoice, extras: Extras) -> InvoiceView:
    """Put everything into words and figures of the visitor's language."""
    invoice, _ = whole.invoice, visit.language.gettext
    number = invoice.number or _("No number")
    sender_name = visit.settings.business_name or invoice.account_name
    names = Names(extras.names.discounts, extras.tax_rates)
    return InvoiceView(
        title=_("Invoice %(number)s", number=number) if invoice.number else _("Invoice without a number"),
        number=number,
        status=badge(replace(invoice, under_way=_on_its_way(extras.payments)), visit.language, visit.now),
        sender=view_party(
            visit.language,
            Party(
                sender_name,
                Address(country=whole.sender_country),
                email=visit.settings.support_email,
                tax_ids=extras.names.sender_tax_ids,
            ),
        ),
        recipient=view_party(visit.language, whole.recipient),
        ship_to=view_party(visit.language, whole.ship_to) if whole.ship_to else None,
        facts=tuple(_facts(visit.language, whole)),
        lines=view_lines(visit.language, whole, extras.lines, names),
        totals=tuple(view_totals(visit.language, whole, extras.lines, names)),
        notices=tuple(_notices(visit.language, whole)),
        memo=whole.memo,
        footer=whole.footer,
        replaces_url=_url_of(visit, whole.replaces),
        replaced_by_url=_url_of(visit, whole.replaced_by),
        credit_notes=_credit_notes(visit, whole, extras.credit_notes),
        pay=_pay_box(visit, whole, extras.payments),
        pdf_url=visit.url("invoice_pdf", invoice=invoice.id) if visit.may("download") and invoice.pdf_url else "",
    )


def _url_of(visit: Visit, invoice: str | None) -> str:
    """Another invoice's page, where this visitor may see others at all."""
    return visit.url("invoice", invoice=invoice) if invoice and visit.one_invoice is None else ""


def _facts(language: Language, whole: WholeInvoice) -> Iterator[Fact]:
    _, invoice = language.gettext, whole.invoice
    yield Fact(_("Issued"), language.long_date(invoice.issued_at))
    if invoice.due_date is not None:
        yield Fact(_("Due"), language.long_date(invoice.due_date))
    if whole.paid_at is not None:
        yield Fact(_("Paid on"), language.long_date(whole.paid_at))
    if whole.voided_at is not None:
        yield Fact(_("Void since"), language.long_date(whole.voided_at))
    if whole.receipt_number:
        yield Fact(_("Receipt number"), whole.receipt_number)
    for name, value in whole.custom_fields:
        yield Fact(name, value)


def view_totals(language: Language, whole: WholeInvoice, lines: Sequence[Line], names: Names) -> Iterator[TotalView]:
    """Stripe's totals in the order in which they follow from each other.

    A discount on single lines stands there: the subtotal is what is left after it.
    """
    _, row, invoice = language.gettext, partial(_row, language), whole.invoice
    on_lines = discounts_on_lines(whole, lines)
    yield row(_("Subtotal"), whole.subtotal)
    for discount, amount in whole.discounts:
        if discount not in on_lines:
            yield row(names.discounts.get(discount or "") or _("Discount"), _minus(amount))
    if whole.billing_credits.amount:
        yield row(_("Billing credits"), _minus(whole.billing_credits))
    if whole.shipping.amount:
        yield row(_("Shipping"), whole.shipping)
    if whole.taxes and whole.total_excluding_tax is not None:
        yield row(_("Total before tax"), whole.total_excluding_tax)
    for tax in whole.taxes:
        yield row(tax_name(language, tax, whole.reverse_charge, names.tax_rates), tax.amount, remark=tax.inclusive)
    yield row(_("Total"), invoice.total, strong=True)
    if whole.credited_before_payment.amount:
        yield row(_("Credited"), _minus(whole.credited_before_payment))
    yield from _balance_rows(language, whole)
    if invoice.amount_due != invoice.total:
        yield row(_("Amount due"), invoice.amount_due, strong=True)
    if whole.amount_paid.amount:
        yield row(_("Amount paid"), _minus(whole.amount_paid))
    if invoice.status == "open":
        yield row(_("To pay"), invoice.amount_remaining, strong=True)
    if whole.amount_overpaid.amount:
        yield row(_("Paid too much"), whole.amount_overpaid, remark=True)
    if whole.credited_after_payment.amount:
        yield row(_("Credited after payment"), whole.credited_after_payment, remark=True)


def _balance_rows(language: Language, whole: WholeInvoice) -> Iterator[TotalView]:
    """What the customer's balance changed: credit used or added, an earlier amount taken on or a small one put off.

    An earlier amount that is settled, and credit that is left of it, are two things: so are credit that is used up, and
    a rest too small to be asked for.
    """
    _, before = language.gettext, whole.starting_balance.amount
    after = _ending_balance(whole)
    for change, earlier in _moves(before, after):
        if change < 0:
            name = _("Your credit used") if earlier else _("Carried to your next invoice")
        else:
            name = _("Earlier balance") if earlier else _("Added to your credit")
        yield _row(language, name, Money(change, whole.starting_balance.currency))


def _ending_balance(whole: WholeInvoice) -> int:
    """The balance afterwards; of a preview, what it would be by what is left to pay."""
    if whole.ending_balance is not None:
        return whole.ending_balance.amount
    return whole.starting_balance.amount + whole.invoice.total.amount - whole.invoice.amount_due.amount


def _moves(before: int, after: int) -> Iterator[tuple[int, bool]]:
    """What a balance that changes adds to the amount due, and whether that was in the balance before."""
    if before * after < 0:
        yield before, True
        yield -after, False
    elif before != after:
        yield before - after, abs(after) < abs(before)


def _row(language: Language, name: str, money: Money, *, strong: bool = False, remark: bool = False) -> TotalView:
    return TotalView(name, language.money(money), money, strong, remark)


def _notices(language: Language, whole: WholeInvoice) -> Iterator[str]:
    _ = language.gettext
    if whole.reverse_charge:
        yield _("Reverse charge: the recipient accounts for the tax.")
    if whole.invoice.status == "void":
        yield _("This invoice is void. There is nothing to pay on it.")
    if whole.invoice.status == "uncollectible" and whole.amount_paid.amount:
        yield _("This invoice was closed with a part of it paid. Please contact us if you want to settle the rest.")
    elif whole.invoice.status == "uncollectible":
        yield _("This invoice was closed without payment. Please contact us if you want to settle it.")


def _credit_notes(visit: Visit, whole: WholeInvoice, outcome: Outcome[Listing[CreditNote]]) -> tuple[NoteView, ...]:
    if not isinstance(outcome, Ok):
        return ()
    invoice = whole.invoice
    return tuple(
        NoteView(
            number=note.number,
            date=visit.language.date(note.issued_at),
            amount=visit.language.money(note.total),
            memo=note.memo,
            void=note.status == "void",
            pdf_url=(
                visit.url("credit_note_pdf", invoice=invoice.id, credit_note=note.id)
                if visit.may("download") and note.pdf_url
                else ""
            ),
        )
        for note in outcome.value.items
    )


def _on_its_way(payments: Outcome[Listing[Payment]]) -> bool:
    return isinstance(payments, Ok) and any(payment.processing for payment in payments.value.items)


def _pay_box(visit: Visit, whole: WholeInvoice, payments: Outcome[Listing[Payment]]) -> PayBox | None:
    invoice, language = whole.invoice, visit.language
    if invoice.status != "open" or invoice.amount_remaining.amount <= 0:
        return None
    on_its_way = _on_its_way(payments)
    return PayBox(
        amount=language.money(invoice.amount_remaining),
        when=_when(language, whole, visit.now),
        late=overdue(invoice, visit.now),
        pay_url=(
            visit.url("pay", invoice=invoice.id) if visit.may("pay") and payable(invoice) and not on_its_way else ""
        ),
        on_its_way=on_its_way,
    )


def _when(language: Language, whole: WholeInvoice, now: int) -> str:
    _, invoice = language.gettext, whole.invoice
    if invoice.due_date is None:
        if invoice.next_attempt and invoice.next_attempt > now:
            return _("We try again on %(date)s.", date=language.long_date(invoice.next_attempt))
        return ""
    if invoice.due_date >= now:
        return _("Due %(date)s", date=language.long_date(invoice.due_date))
    days = (now - invoice.due_date) // _DAY
    if days == 0:
        return _("Due since today")
    return language.ngettext("%(count)s day overdue", "%(count)s days overdue", days)


def _minus(money: Money) -> Money:
    return Money(-money.amount, money.currency)
