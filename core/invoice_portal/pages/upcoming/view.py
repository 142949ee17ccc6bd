"""The view-model of the upcoming bill, ready to print."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from invoice_portal.effects import Ok
from invoice_portal.i18n import Language
from invoice_portal.pages.invoices.lines import LineView, Names, view_lines
from invoice_portal.pages.invoices.view import TotalView, view_totals
from invoice_portal.pages.subscriptions.naming import name_of_subscription
from invoice_portal.pages.upcoming.bills import Bill, Coming, Sum, balance_notes, sums_of, unbilled, words
from invoice_portal.stripe_api.previews import Preview
from invoice_portal.visits import Visit


@dataclass(frozen=True, slots=True)
class BillView:
    """One subscription's next bill. ``payment`` says how it is paid; ``lines`` are empty where none comes."""

    name: str
    when: str
    amount: str
    payment: str
    lines: tuple[LineView, ...] = ()
    more_lines: bool = False
    totals: tuple[TotalView, ...] = ()


@dataclass(frozen=True, slots=True)
class ItemView:
    """A one-off item that waits for an invoice."""

    description: str
    date: str
    amount: str


@dataclass(frozen=True, slots=True)
class Upcoming:
    """Everything on the page; as it stands for a visitor with nothing to come."""

    amounts: tuple[str, ...] = ()
    summary: str = ""
    notes: tuple[str, ...] = ()
    bills: tuple[BillView, ...] = ()
    items: tuple[ItemView, ...] = ()
    problems: tuple[str, ...] = ()
    all_url: str = ""


def view_upcoming(visit: Visit, coming: Coming) -> Upcoming:
    """Put everything into words and figures of the visitor's language."""
    sums = sums_of(coming.bills)
    counted = sum(each.bills for each in sums)
    language = visit.language
    return Upcoming(
        amounts=tuple(language.money(each.due) for each in sums),
        summary=language.ngettext("%(count)s bill", "%(count)s bills", counted) if counted > 1 else "",
        notes=tuple(_notes(language, sums, coming)),
        bills=tuple(_bill(language, coming, bill) for bill in coming.bills),
        items=tuple(_items(language, coming)),
        problems=tuple(_problems(language, coming)),
        all_url=visit.url("upcoming", {**coming.scope.query, "subscription": ""}) if _narrowed(coming) else "",
    )


def _items(language: Language, coming: Coming) -> Iterator[ItemView]:
    if not isinstance(coming.items, Ok):
        return
    for item in unbilled(coming.items.value, coming.bills, coming.scope.subscription):
        description = item.description or language.gettext("Item")
        yield ItemView(description, language.date(item.date), language.money(item.amount))


def _narrowed(coming: Coming) -> bool:
    return coming.scope.subscription is not None and not coming.scope.bound


def _notes(language: Language, sums: tuple[Sum, ...], coming: Coming) -> Iterator[str]:
    _ = language.gettext
    yield from balance_notes(language, sums)
    if any(bill.preview and any(price.metered for price in bill.subscription.prices) for bill in coming.bills):
        yield _("Usage is counted as far as it has been reported. It grows until the bill is made.")


def _bill(language: Language, coming: Coming, bill: Bill) -> BillView:
    name, preview = name_of_subscription(language, bill.subscription, coming.names), bill.preview
    if preview is None:
        return BillView(name, words(language, bill), "", "")
    lines, names = tuple(line.line for line in preview.lines), Names(coming.discounts, coming.tax_rates)
    return BillView(
        name=name,
        when=words(language, bill),
        amount=language.money(preview.whole.invoice.amount_due) if bill.counted else "",
        payment=_payment(language, preview) if bill.counted else "",
        lines=view_lines(language, preview.whole, lines, names),
        more_lines=preview.more_lines,
        totals=tuple(view_totals(language, preview.whole, lines, names)),
    )


def _payment(language: Language, preview: Preview) -> str:
    _, due = language.gettext, preview.whole.invoice.due_date
    if preview.whole.invoice.amount_due.amount <= 0:
        return _("There will be nothing to pay.")
    if preview.charged:
        return _("It is charged to your payment method.")
    if due is not None:
        return _("You get an invoice, due on %(date)s.", date=language.date(due))
    return _("You get an invoice.")


def _problems(language: Language, coming: Coming) -> Iterator[str]:
    _ = language.gettext
    if any(bill.kind == "unknown" for bill in coming.bills):
        yield _("Not every bill could be worked out just now. Reload the page to try again.")
    if not isinstance(coming.items, Ok):
        yield _("One-off items could not be read just now. Reload the page to try again.")
    if coming.more:
        yield _("These are not all of your subscriptions.")
