"""The pane of the first page that says what the next bills come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from invoice_portal.effects import Outcome, StripeCall
from invoice_portal.pages.home.known import Known
from invoice_portal.pages.subscriptions.naming import name_of_subscription
from invoice_portal.pages.upcoming.bills import Bill, balance_notes, bills_of, preview_calls, sums_of, words
from invoice_portal.visits import Visit

MOST: Final = 12
"""Subscriptions of which the first page shows a preview; the page of the upcoming bill has them all."""


@dataclass(frozen=True, slots=True)
class BillRow:
    """One subscription's next bill; ``amount`` is empty where none is going to be asked for."""

    name: str
    when: str
    amount: str


@dataclass(frozen=True, slots=True)
class UpcomingPane:
    """The next bills, ready to print: a figure for each currency."""

    amounts: tuple[str, ...]
    when: str
    notes: tuple[str, ...]
    rows: tuple[BillRow, ...]
    problem: str
    url: str


def calls(visit: Visit, known: Known) -> Sequence[StripeCall[Any]]:
    """A preview of each subscription that can have one."""
    return preview_calls(known.subscriptions[:MOST])


def view(visit: Visit, known: Known, outcomes: Sequence[Outcome[Any]]) -> UpcomingPane | None:
    """None for a customer without subscriptions: nothing comes, and nothing need be said."""
    bills = bills_of(known.subscriptions[:MOST], outcomes)
    if not bills and not known.failed:
        return None
    language, counted, sums = visit.language, [bill for bill in bills if bill.counted], sums_of(bills)
    return UpcomingPane(
        amounts=tuple(language.money(sum.due) for sum in sums),
        when=_when(visit, bills, counted),
        notes=tuple(balance_notes(language, sums)),
        rows=tuple(_row(visit, known, bill) for bill in bills) if len(bills) > 1 else (),
        problem=_problem(visit, known, bills),
        url=visit.url("upcoming", known.scope.query),
    )


def _when(visit: Visit, bills: Sequence[Bill], counted: Sequence[Bill]) -> str:
    language = visit.language
    if len(bills) == 1:
        return words(language, bills[0])
    if not counted or counted[0].preview is None:
        return ""
    date = language.date(counted[0].preview.billed_at)
    return language.ngettext("%(count)s bill, on %(date)s", "%(count)s bills, from %(date)s", len(counted), date=date)


def _row(visit: Visit, known: Known, bill: Bill) -> BillRow:
    due = bill.preview.whole.invoice.amount_due if bill.preview and bill.counted else None
    return BillRow(
        name=name_of_subscription(visit.language, bill.subscription, known.names),
        when=words(visit.language, bill),
        amount=visit.language.money(due) if due else "",
    )


def _problem(visit: Visit, known: Known, bills: Sequence[Bill]) -> str:
    _ = visit.language.gettext
    if known.failed or any(bill.kind == "unknown" for bill in bills):
        return _("Not every bill could be worked out just now. Reload the page to try again.")
    if known.more or len(known.subscriptions) > MOST:
        return _("These are not all of your subscriptions.")
    return ""
