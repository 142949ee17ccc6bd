"""One page of a customer's invoices: which ones are asked for, and how Stripe is asked.

Stripe's list takes one status a call, gives no totals, and mixes drafts in where no status is asked for. Drafts are
never shown, so a page is filled up with further calls where it has some. It knows no date of issue
either, only when an invoice was begun: it is asked with some days to spare, and what was not issued on the days is left
out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from invoice_portal.effects import StripeCall
from invoice_portal.errors import NotFound
from invoice_portal.pages.invoices.status import STATUS_NAMES
from invoice_portal.stripe_api.ids import checked
from invoice_portal.stripe_api.invoices import MOST_A_CALL, Invoice, list_invoices
from invoice_portal.stripe_api.reading import Listing
from invoice_portal.viewing import Scope
from invoice_portal.visits import Visit

_MOST_CALLS: Final = 20
_SPARE: Final = 31 * 24 * 60 * 60
"""How far a date of issue may lie from the moment at which the invoice was begun: drafts wait, and can be backdated."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the address asks for. ``since`` and ``until`` are days as typed; ``problem`` says which made no sense.

    Issued from ``first`` on and before ``end`` (UTC seconds), where these are given.
    """

    status: str
    since: str
    until: str
    first: int | None
    end: int | None
    problem: str

    @property
    def filtered(self) -> bool:
        """Whether anything narrows the list."""
        return bool(self.status or self.since or self.until)

    @property
    def created(self) -> dict[str, int]:
        """When the invoices were begun that may have been issued on the days, as Stripe is asked for them."""
        bounds = {
            "gte": None if self.first is None else self.first - _SPARE,
            "lt": None if self.end is None else self.end + _SPARE,
        }
        return {name: moment for name, moment in bounds.items() if moment is not None}

    def fits(self, invoice: Invoice) -> bool:
        """Whether the invoice is none that is only being made, and was issued on the days."""
        too_early = self.first is not None and invoice.issued_at < self.first
        too_late = self.end is not None and invoice.issued_at >= self.end
        return not (invoice.status == "draft" or too_early or too_late)

    def query(self, status: str | None = None) -> dict[str, str]:
        """The parameters that ask for the same again, or for another status in the same days."""
        return {"status": self.status if status is None else status, "from": self.since, "to": self.until}


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page begins: after the invoice ``id`` (towards older ones), or before it (towards newer ones)."""

    id: str
    older: bool


@dataclass(frozen=True, slots=True)
class InvoicePage:
    """The invoices of one page, newest first, and where the pages on either side begin (ids), if there are any."""

    invoices: tuple[Invoice, ...]
    newer: str | None
    older: str | None


def read_wanted(visit: Visit) -> Wanted:
    """The filter in the address. A day that is none, or days the wrong way round, are named and not used."""
    query, _ = visit.request.query, visit.language.gettext
    status = query.get("status", "")
    since, until = query.get("from", ""), query.get("to", "")
    first, last = _day(since), _day(until)
    problem = ""
    if (since and first is None) or (until and last is None):
        problem = _("Please give days as year, month and day.")
    elif first and last and last < first:
        problem = _("The first day is after the last. All days are shown.")
    start_of = visit.language.start_of_day
    return Wanted(
        status=status if status in STATUS_NAMES else "",
        since=since,
        until=until,
        first=start_of(first) if first and not problem else None,
        end=start_of(last + timedelta(days=1)) if last and not problem else None,
        problem=problem,
    )


def read_cursor(visit: Visit, scope: Scope) -> Cursor | None:
    """Where the page begins. Cursors are sealed for one customer, so that they tell nothing of others' invoices.

    Raises ``NotFound`` for one that was made for another customer, or by somebody else.
    """
    for name in ("after", "before"):
        if token := visit.request.query.get(name, ""):
            payload = visit.signer.open("cursor", token)
            if payload is None or payload.get("c") != scope.customer:
                raise NotFound("the cursor is not this customer's")
            return Cursor(checked("in", str(payload.get("i"))), older=name == "after")
    return None


def seal_cursor(visit: Visit, scope: Scope, invoice: str) -> str:
    """A cursor for the address, from an invoice's id."""
    return visit.signer.seal("cursor", {"c": scope.customer, "i": invoice})


def first_call(visit: Visit, scope: Scope, wanted: Wanted, cursor: Cursor | None) -> StripeCall[Listing[Invoice]]:
    """The call that most often answers the whole page: it can be made beside others."""
    return _call(visit, scope, wanted, cursor, visit.settings.page_size)


async def fill(
    visit: Visit, scope: Scope, wanted: Wanted, cursor: Cursor | None, answer: Listing[Invoice]
) -> InvoicePage:
    """The page that ``answer`` begins: what does not fit is left out, and more is asked for as long as it is short."""
    size = visit.settings.page_size
    older = cursor is None or cursor.older
    found, edge = _shown(answer, wanted), next((invoice.id for invoice in answer.items), None)
    for _ in range(_MOST_CALLS):
        if len(found) >= size or not answer.has_more or not answer.items:
            break
        last = Cursor(answer.items[-1 if older else 0].id, older)
        answer = await _call(visit, scope, wanted, last, MOST_A_CALL)
        found = found + _shown(answer, wanted) if older else _shown(answer, wanted) + found
    more = answer.has_more or len(found) > size
    kept = found[:size] if older else found[-size:]
    # A page that holds nothing that fits is empty: the way back then begins at the first of them.
    newer_from, older_from = (kept[0].id, kept[-1].id) if kept else (edge or (cursor.id if cursor else None), None)
    return InvoicePage(
        invoices=kept,
        newer=newer_from if (cursor is not None if older else more) else None,
        older=older_from if (more if older else True) else None,
    )


def _call(
    visit: Visit, scope: Scope, wanted: Wanted, cursor: Cursor | None, limit: int
) -> StripeCall[Listing[Invoice]]:
    late = wanted.status == "overdue"
    return list_invoices(
        scope.customer,
        limit=limit,
        status="open" if late else wanted.status or None,
        subscription=scope.subscription,
        created=wanted.created,
        due_before=visit.now if late else None,
        after=cursor.id if cursor and cursor.older else None,
        before=cursor.id if cursor and not cursor.older else None,
    )


def _shown(answer: Listing[Invoice], wanted: Wanted) -> tuple[Invoice, ...]:
    return tuple(invoice for invoice in answer.items if wanted.fits(invoice))


def _day(text: str) -> date | None:
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date() if text else None
    except ValueError:
        return None
    return day if day and 2000 <= day.year <= 2200 else None
