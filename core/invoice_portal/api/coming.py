"""What is coming and what was used, as JSON: what the pages of the upcoming bill and of usage show."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Final, TypeAlias

from invoice_portal.api.invoice_parts import LineData, TotalData, line_data, total_data
from invoice_portal.api.own import reads
from invoice_portal.api.schema import Amount, Moment, Text, amount
from invoice_portal.effects import Ok
from invoice_portal.money import Money
from invoice_portal.pages.home.known import subscription_name
from invoice_portal.pages.upcoming.bills import Bill, Coming, sums_of, unbilled
from invoice_portal.pages.upcoming.page import what_comes
from invoice_portal.pages.upcoming.view import BillView, view_upcoming
from invoice_portal.pages.usage.metered import Doubt, Metered, Usage, Used
from invoice_portal.pages.usage.page import MOST_BACK, what_was_used
from invoice_portal.pages.usage.view import item_name
from invoice_portal.periods import iso_days
from invoice_portal.visits import Visit

Exact: TypeAlias = Annotated[str, "An exact decimal."]
UtcDay: TypeAlias = Annotated[str, "A day of UTC, YYYY-MM-DD, as Stripe counts usage."]


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


@dataclass(frozen=True, slots=True)
class DayData:
    """One day. Costs are null where the price does not say."""

    day: UtcDay
    used: Exact
    level: Annotated[str, "What would be billed for if the period had ended with the day; an exact decimal."]
    cost: Annotated[Amount | None, "What the day adds to the bill."]
    rerated: Annotated[Amount | None, "The part of it that prices earlier units anew (volume tiers)."]
    total: Annotated[Amount | None, "The bill so far."]


@dataclass(frozen=True, slots=True)
class MeterData:
    """One metered item in one period."""

    item_id: str
    meter_id: str
    subscription_id: str
    name: Text
    formula: Annotated[str | None, "`sum`, `count` or `last`; null where it could not be read."]
    period_start: Moment
    period_end: Moment
    total: Exact
    cost: Amount | None
    billed: Annotated[Amount | None, "What the upcoming bill has for it."]
    doubts: Annotated[
        tuple[Doubt, ...],
        "Why a cost by day is an estimate: `volume`, `level`, `past`, `differs`, `unchecked`. See docs/usage.md.",
    ]
    days: tuple[DayData, ...]


@dataclass(frozen=True, slots=True)
class UsageData:
    """Usage by UTC day."""

    as_of: Moment
    meters: tuple[MeterData, ...]
    failed: Annotated[tuple[str, ...], "Items whose meter could not be read just now."]
    others: Annotated[tuple[str, ...], "Items that were not looked at: ask for each with `item`."]


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
        name=subscription_name(visit.language, bill.subscription, coming.names),
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


async def usage(visit: Visit) -> UsageData:
    """What was used on each meter in view, by day."""
    used = await what_was_used(visit)
    if used is None:
        return UsageData(visit.now, (), (), ())
    return UsageData(
        as_of=used.as_of,
        meters=tuple(_meter(visit, used, each) for each in used.found),
        failed=_ids(used.failed),
        others=_ids(used.others),
    )


def _ids(items: tuple[Metered, ...]) -> tuple[str, ...]:
    return tuple(each.item.id for each in items)


def _meter(visit: Visit, used: Used, each: Usage) -> MeterData:
    currency = each.metered.price.currency

    def told(minor: int | None) -> Amount | None:
        return None if minor is None else amount(visit.language, Money(minor, currency))

    return MeterData(
        item_id=each.metered.item.id,
        meter_id=each.metered.meter,
        subscription_id=each.metered.subscription.id,
        name=item_name(used, each.metered),
        formula=each.meter.formula if each.meter else None,
        period_start=each.period[0],
        period_end=each.period[1],
        total=_exact(each.total),
        cost=told(each.costs[-1].total if each.costs else None),
        billed=told(each.line),
        doubts=each.doubts,
        days=tuple(
            DayData(
                day=day,
                used=_exact(each.values[at]),
                level=_exact(each.levels[at]),
                cost=told(each.costs[at].cost if each.costs else None),
                rerated=told(each.costs[at].rerated if each.costs else None),
                total=told(each.costs[at].total if each.costs else None),
            )
            for at, day in enumerate(iso_days(each.days))
        ),
    )


def _exact(number: Decimal) -> str:
    return format(number, "f")


_VIEWED: Final = {"subscription": "One subscription, `sub_…`.", "customer": "One of several customers, `cus_…`."}

ROUTES: Final = (
    reads(
        "api_me_upcoming",
        "/upcoming",
        "The next bill of each subscription, and their sum",
        upcoming,
        UpcomingData,
        query=_VIEWED,
        audit="upcoming.viewed",
    ),
    reads(
        "api_me_usage",
        "/usage",
        "Usage by UTC day, and what it costs",
        usage,
        UsageData,
        query={
            "item": "One metered item, `si_…`.",
            "back": f"So many billing periods back: 0 (this one) to {MOST_BACK}.",
            **_VIEWED,
        },
        audit="usage.viewed",
    ),
)
