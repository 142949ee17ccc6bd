"""Billing periods and the days in them, as Stripe counts both: in UTC, whatever zone a merchant or a customer is in.

A period seldom begins at midnight, so its first and last day are parts of days. Stripe sums usage by whole UTC days,
and over any span of whole minutes: so a period is asked for in a head, whole days and a tail.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from invoice_portal.stripe_api.meters import MINUTE, MOST_WINDOWS, SECONDS, Grouping, Summary

DAY: Final = SECONDS["day"]
HOUR: Final = SECONDS["hour"]
_MONTHS: Final[Mapping[str, int]] = {"month": 1, "year": 12}
_DAYS: Final[Mapping[str, int]] = {"day": 1, "week": 7}


@dataclass(frozen=True, slots=True)
class Piece:
    """One question to Stripe: a span (UTC seconds), as one sum or by windows."""

    start: int
    end: int
    grouping: Grouping | None


def pieces_of(start: int, end: int, now: int) -> tuple[Piece, ...]:
    """The questions that together cover a period up to the end of the UTC day of ``now``: nothing twice, and no gap.

    Stripe takes whole minutes only: the minute in which one period turns into the next goes to the later one.
    """
    first, last = covered(start, end, now)
    if first >= last:
        return ()
    whole, rest = -(-first // DAY) * DAY, last // DAY * DAY
    if whole > rest:  # no whole day, nor a midnight
        return (Piece(first, last, None),)
    head = [Piece(first, whole, None)] if first < whole else []
    tail = [Piece(rest, last, None)] if rest < last else []
    most = MOST_WINDOWS * DAY
    days = [Piece(at, min(at + most, rest), "day") for at in range(whole, rest, most)]
    return (*head, *days, *tail)


def covered(start: int, end: int, now: int) -> tuple[int, int]:
    """A period in whole minutes, no further than to the end of the UTC day of ``now``."""
    tomorrow = (now // DAY + 1) * DAY
    return start // MINUTE * MINUTE, min(end // MINUTE * MINUTE, tomorrow)


def days_of(start: int, end: int, now: int) -> tuple[int, ...]:
    """Every UTC day that a period touches, by its midnight, no further than that of ``now``."""
    first, last = covered(start, end, now)
    return tuple(range(first // DAY * DAY, last, DAY))


def by_window(summaries: Iterable[Summary], windows: Iterable[int], length: int) -> tuple[Decimal, ...]:
    """What was used in each window, in order. Stripe's own order means nothing, and what it leaves out is zero."""
    found = {summary.start // length * length: summary.value for summary in summaries}
    return tuple(found.get(window, Decimal(0)) for window in windows)


def earlier(period: tuple[int, int], interval: str, count: int, anchor: int | None, back: int) -> tuple[int, int]:
    """The period ``back`` periods before one (UTC seconds).

    Months are counted from the anchor, whose day of the month stays: after the 31st comes the 28th, then the 31st again
    (docs.stripe.com/billing/subscriptions/billing-cycle). An interval that is unknown has no earlier periods.
    """
    start = period[0]
    if back == 0 or (interval not in _MONTHS and interval not in _DAYS):
        return period
    if interval in _DAYS:
        length = _DAYS[interval] * count * DAY
        return start - back * length, start - (back - 1) * length
    months = _MONTHS[interval] * count
    origin = anchor if anchor is not None and _on_anchor(anchor, start) else start
    return _months_from(origin, start, -back * months), _months_from(origin, start, -(back - 1) * months)


def _on_anchor(anchor: int, start: int) -> bool:
    return _months_from(anchor, start, 0) == start


def _months_from(anchor: int, start: int, months: int) -> int:
    """So many months from ``start``, on the anchor's day of the month or its last one, at the anchor's time."""
    origin, at = datetime.fromtimestamp(anchor, UTC), datetime.fromtimestamp(start, UTC)
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    day = min(origin.day, monthrange(year, month + 1)[1])
    return int(origin.replace(year=year, month=month + 1, day=day).timestamp())


def iso_days(midnights: Iterable[int]) -> Iterator[str]:
    """UTC days for machines: 2026-11-01."""
    return (datetime.fromtimestamp(midnight, UTC).date().isoformat() for midnight in midnights)
