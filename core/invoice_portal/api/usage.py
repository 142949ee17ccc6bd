"""Usage by UTC day as JSON: what its page shows."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Final, TypeAlias

from invoice_portal.api.own import VIEWED, reads
from invoice_portal.api.schema import Amount, Moment, Text, amount
from invoice_portal.money import Money
from invoice_portal.pages.usage.metered import Doubt, Metered, Usage, Used
from invoice_portal.pages.usage.page import MOST_BACK, what_was_used
from invoice_portal.pages.usage.view import item_name
from invoice_portal.periods import iso_days
from invoice_portal.visits import Visit

Exact: TypeAlias = Annotated[str, "An exact decimal."]
UtcDay: TypeAlias = Annotated[str, "A day of UTC, YYYY-MM-DD, as Stripe counts usage."]


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


ROUTES: Final = (
    reads(
        "api_me_usage",
        "/usage",
        "Usage by UTC day, and what it costs",
        usage,
        UsageData,
        query={
            "item": "One metered item, `si_…`.",
            "back": f"So many billing periods back: 0 (this one) to {MOST_BACK}.",
            **VIEWED,
        },
        audit="usage.viewed",
    ),
)
