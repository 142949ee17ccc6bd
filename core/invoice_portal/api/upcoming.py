"""The upcoming bill as JSON: what its page shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from invoice_portal.api.invoice_parts import LineData, TotalData, line_data, total_data
from invoice_portal.api.own import VIEWED, reads
from invoice_portal.api.schema import Amount, Moment, Text, amount
from invoice_portal.effects import Ok
from invoice_portal.pages.subscriptions.naming import name_of_subscription
from invoice_portal.pages.upcoming.bills import Bill, Coming, sums_of, unbilled
from invoice_portal.pages.upcoming.page import what_comes
from invoice_portal.pages.upcoming.view import BillView, view_upcoming
from invoice_portal.visits import Visit


@dataclass(frozen=True, slots=True)
class BillData:
    """The next bill of one subscription."""

    subscription_id: str
    name: Text
    kind: Annotated[
        str,
        "`bill`, `trial` (the first after one) or `last`: it comes. `ends`, `paused`, `uncollected`, `unpaid`, "
        "`waiting` or `nothing`: nobody is going to be asked for it. `unknown`: it could not be worked out just now.",
    ]
    when: Text
    billed_at: Annotated[int | None, "UTC seconds; null where none comes or it is not known."]
    charged: Annotated[bool | None, "Whether a payment method is charged; an invoice is sent where not."]
    due_at: Annotated[int | None, "UTC seconds."]
    amount_due: Annotated[Amount | None, "After the customer's balance, as if this bill came next."]
    lines: tuple[LineData, ...]
    lines_complete: bool
    totals: Annotated[tuple[TotalData, ...], "In the order in which they follow from each other."]


@dataclass(frozen=True, slots=True)
class SumData:
    """What the next bills come to in one currency."""

    due: Annotated[Amount, "After the customer's balance, which counts once."]
    total: Annotated[Amount, "Before the customer's balance."]
    balance: Annotated[Amount, "The customer's balance: negative is credit, positive is added to the next bill."]
    bills: Annotated[int, "How many bills that is."]


@dataclass(frozen=True, slots=True)
class ItemData:
    """A one-off item that no previewed bill has."""

    id: str
    description: str
    date: Moment
    amount: Amount


@dataclass(frozen=True, slots=True)
class UpcomingData:
    """What is coming."""

    sums: tuple[SumData, ...]
    bills: tuple[BillData, ...]
    unbilled: Annotated[tuple[ItemData, ...] | None, "Null where it could not be read just now."]
    complete: Annotated[bool, "Whether every bill is there and could be worked out."]


async def upcoming(visit: Visit) -> UpcomingData:
    """The next bill of each subscription in view, and their sum."""
    coming = await what_comes(visit)
    if coming is None:
        return UpcomingData((), (), (), complete=True)
    language, views = visit.language, view_upcoming(visit, coming).bills
    scope, items = coming.scope, coming.items
    waiting = unbilled(items.value, coming.bills, scope.subscription) if isinstance(items, Ok) else None
    return UpcomingData(
        sums=tuple(
            SumData(
                amount(language, each.due), amount(language, each.total), amount(language, each.balance), each.bills
            )
            for each in sums_of(coming.bills)
        ),
        bills=tuple(_bill(visit, coming, bill, view) for bill, view in zip(coming.bills, views, strict=True)),
        unbilled=None
        if waiting is None
        else tuple(ItemData(each.id, each.description, each.date, amount(language, each.amount)) for each in waiting),
        complete=not coming.more and all(bill.kind != "unknown" for bill in coming.bills),
    )


def _bill(visit: Visit, coming: Coming, bill: Bill, view: BillView) -> BillData:
    preview = bill.preview
    return BillData(
        subscription_id=bill.subscription.id,
        name=name_of_subscription(visit.language, bill.subscription, coming.names),
        kind=bill.kind,
        when=view.when,
        billed_at=preview.billed_at if preview else None,
        charged=preview.charged if preview else None,
        due_at=preview.whole.invoice.due_date if preview else None,
        amount_due=amount(visit.language, preview.whole.invoice.amount_due) if preview and bill.counted else None,
        lines=tuple(line_data(visit, line.line, shown) for line, shown in zip(preview.lines, view.lines, strict=True))
        if preview
        else (),
        lines_complete=not view.more_lines,
        totals=tuple(total_data(total) for total in view.totals),
    )


ROUTES: Final = (
    reads(
        "api_me_upcoming",
        "/upcoming",
        "The next bill of each subscription, and their sum",
        upcoming,
        UpcomingData,
        query=VIEWED,
        audit="upcoming.viewed",
    ),
)
