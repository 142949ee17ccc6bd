"""What a customer used on the meters of their subscriptions, and what it costs: retrieved and reckoned."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal, TypeAlias

from invoice_portal.effects import StripeCall, answered, in_groups
from invoice_portal.pages.usage.costs import DayCost, by_day, running
from invoice_portal.periods import DAY, by_window, covered, days_of, earlier, pieces_of
from invoice_portal.stripe_api.ids import is_id
from invoice_portal.stripe_api.meters import Meter, Summary, retrieve_meter, summaries
from invoice_portal.stripe_api.previews import Preview, preview_of
from invoice_portal.stripe_api.prices import Price, retrieve_price
from invoice_portal.stripe_api.products import names_told, naming_calls
from invoice_portal.stripe_api.reading import Listing
from invoice_portal.stripe_api.subscriptions import Subscription, SubscriptionItem
from invoice_portal.viewing import Scope
from invoice_portal.visits import Visit

MOST_AT_ONCE: Final = 6
"""Meters on one page: each costs a few calls."""

Doubt: TypeAlias = Literal["volume", "level", "past", "differs", "unchecked"]
"""Why a cost by day is an estimate.

``volume``: new tiers price earlier units anew. ``level``: the latest value counts, and not a sum. ``past``: today's
price on an earlier period. ``differs``: the upcoming bill has another amount, as where the price changed within the
period. ``unchecked``: there is no upcoming bill to compare it with.
"""


@dataclass(frozen=True, slots=True)
class Metered:
    """An item of a subscription that bills what a meter counts."""

    subscription: Subscription
    item: SubscriptionItem
    price: Price
    meter: str

    def period(self, back: int) -> tuple[int, int] | None:
        """Its period (UTC seconds), so many back; None before the subscription began. The first begins with that."""
        price, began = self.price, self.subscription.began
        start, end = earlier(self.item.period, price.interval, price.interval_count, self.subscription.anchor, back)
        if back and (start, end) == self.item.period:
            return None
        first = max(start, began) if back else start
        return (first, end) if first < end else None


@dataclass(frozen=True, slots=True)
class Usage:
    """What was used on one meter in one period, by UTC days (midnights).

    ``levels`` is what would be billed if the period had ended with the day, ``costs`` what that comes to (None where
    the price is not known). ``line`` is what the upcoming bill has for it, in minor units.
    """

    metered: Metered
    period: tuple[int, int]
    meter: Meter | None
    days: tuple[int, ...]
    values: tuple[Decimal, ...]
    levels: tuple[Decimal, ...]
    costs: tuple[DayCost, ...] | None
    line: int | None
    doubts: tuple[Doubt, ...]

    @property
    def total(self) -> Decimal:
        """What is billed for: the sum, or the latest value."""
        return self.levels[-1] if self.levels else Decimal(0)


@dataclass(frozen=True, slots=True)
class Used:
    """The usage in view. ``failed`` are the items whose meter could not be read, ``others`` those not looked at."""

    scope: Scope
    back: int
    found: tuple[Usage, ...]
    failed: tuple[Metered, ...]
    others: tuple[Metered, ...]
    names: dict[str, str]
    as_of: int


def metered_items(subscriptions: Iterable[Subscription]) -> tuple[Metered, ...]:
    """Every item that bills a meter."""
    return tuple(
        Metered(subscription, item, item.price, item.price.meter)
        for subscription in subscriptions
        for item in subscription.items
        if item.price and item.price.metered and item.price.meter and is_id("mtr", item.price.meter)
    )


async def used_on(visit: Visit, scope: Scope, chosen: Sequence[Metered], others: Sequence[Metered], back: int) -> Used:
    """The usage of some items, ``back`` periods ago. Each meter may fail alone, and none is waited for without end."""
    asked = [(each, period) for each in chosen if (period := each.period(back))]
    seconds = visit.settings.stripe_timeout
    meters, prices = await in_groups([_meter_calls(asked), _price_calls(asked)], seconds)
    known_meters: dict[str, Meter] = {meter.id: meter for meter in answered(meters)}
    known_prices: dict[str, Price] = {price.id: price for price in answered(prices)}
    billed = [] if back else list(dict.fromkeys(each.subscription.id for each, _ in asked))
    naming, previews, *outcomes = await in_groups(
        [
            _naming([*chosen, *others]),
            [preview_of(id) for id in billed],
            *(_summary_calls(visit, scope, each, period, known_meters.get(each.meter)) for each, period in asked),
        ],
        seconds,
    )
    bills: dict[str, Preview] = {preview.subscription: preview for preview in answered(previews)}
    found: list[Usage] = []
    failed: list[Metered] = []
    for (each, period), answers in zip(asked, outcomes, strict=True):
        told = answered(answers)
        if len(told) < len(answers):
            failed.append(each)
            continue
        price, meter = known_prices.get(each.price.id, each.price), known_meters.get(each.meter)
        bill = bills.get(each.subscription.id)
        found.append(_usage(visit, each, period, meter, price, bill, back, told))
    return Used(
        scope=scope,
        back=back,
        found=tuple(found),
        failed=tuple(failed),
        others=tuple(others),
        names=names_told(naming),
        as_of=visit.now,
    )


def _meter_calls(asked: Sequence[tuple[Metered, object]]) -> list[StripeCall[Any]]:
    return [retrieve_meter(id) for id in dict.fromkeys(each.meter for each, _ in asked)]


def _price_calls(asked: Sequence[tuple[Metered, object]]) -> list[StripeCall[Any]]:
    """Tiers, which a list of subscriptions is too deep to hold."""
    tiered = (each.price.id for each, _ in asked if each.price.tiers_mode and not each.price.tiers)
    return [retrieve_price(id) for id in dict.fromkeys(tiered) if is_id("price", id)]


def _naming(items: Sequence[Metered]) -> list[StripeCall[Any]]:
    return naming_calls(product for each in items for product in (each.price.product, *each.subscription.products))


def _summary_calls(
    visit: Visit, scope: Scope, each: Metered, period: tuple[int, int], meter: Meter | None
) -> list[StripeCall[Listing[Summary]]]:
    calls = [
        summaries(each.meter, scope.customer, piece.start, piece.end, piece.grouping)
        for piece in pieces_of(*period, visit.now)
    ]
    if meter is not None and meter.formula == "last" and calls:
        first, last = covered(*period, visit.now)
        calls.append(summaries(each.meter, scope.customer, first, last))
    return calls


def _usage(
    visit: Visit,
    each: Metered,
    period: tuple[int, int],
    meter: Meter | None,
    price: Price,
    bill: Preview | None,
    back: int,
    answers: Sequence[Listing[Summary]],
) -> Usage:
    days = days_of(*period, visit.now)
    formula = meter.formula if meter else None
    told = answers[:-1] if formula == "last" and answers else answers
    values = by_window((summary for listing in told for summary in listing.items), days, DAY)
    if formula == "last":
        reported = {summary.start // DAY * DAY for listing in told for summary in listing.items}
        levels = _levels(values, [day in reported for day in days], answers[-1].items if answers else ())
    else:
        levels = running(values)
    # A price in another currency than the subscription's is billed at an amount that it does not show.
    priced = formula is not None and price.currency == each.subscription.currency
    costs = by_day(price, levels) if priced and levels else None
    line = _line(bill, each) if bill else None
    return Usage(
        metered=each,
        period=period,
        meter=meter,
        days=days,
        values=values,
        levels=levels,
        costs=costs,
        line=line,
        doubts=_doubts(price, formula, costs, line, back) if costs else (),
    )


def _levels(values: Sequence[Decimal], told: Sequence[bool], whole: Sequence[Summary]) -> tuple[Decimal, ...]:
    """The level at each day's end. A day without a report keeps that of the day before; the last is Stripe's own.

    ``told`` says which days Stripe told of. Where it told of all, a zero may also be a day without a report.
    """
    levels: list[Decimal] = []
    zeros = not all(told)
    for value, known in zip(values, told, strict=True):
        levels.append(value if value or (known and zeros) else levels[-1] if levels else Decimal(0))
    if levels:
        levels[-1] = next((summary.value for summary in whole), Decimal(0))
    return tuple(levels)


def _line(bill: Preview, each: Metered) -> int | None:
    """What the upcoming bill has for an item, without prorations; None where it does not show all of its lines."""
    lines = [line.line for line in bill.lines if line.subscription_item == each.item.id and not line.line.proration]
    if bill.more_lines or not lines:
        return None
    return sum(line.amount.amount for line in lines)


def _doubts(
    price: Price, formula: str | None, costs: Sequence[DayCost], line: int | None, back: int
) -> tuple[Doubt, ...]:
    doubts: list[Doubt] = []
    if price.tiers_mode == "volume":
        doubts.append("volume")
    if formula == "last":
        doubts.append("level")
    if back:
        doubts.append("past")
    elif line is None:
        doubts.append("unchecked")
    elif costs[-1].total != line:
        doubts.append("differs")
    return tuple(doubts)
