"""Billing periods: counted from the anchor, so that the 31st comes back after a short month."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime

DAY = 24 * 60 * 60
_SECONDS = {"day": DAY, "week": 7 * DAY}
_MONTHS = {"month": 1, "year": 12}


def months_later(moment: int, months: int) -> int:
    """The same day and time so many months on, or the month's last day if it is shorter."""
    at = datetime.fromtimestamp(moment, UTC)
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    last = monthrange(year, month + 1)[1]
    return int(at.replace(year=year, month=month + 1, day=min(at.day, last)).timestamp())


def boundary(anchor: int, interval: str, count: int, number: int) -> int:
    """When the period with this number (0 is the first) begins: UTC seconds."""
    if interval in _SECONDS:
        return anchor + number * count * _SECONDS[interval]
    return months_later(anchor, number * count * _MONTHS[interval])


def next_boundary(anchor: int, interval: str, count: int, after: int) -> int:
    """The first beginning of a period that is later than a moment; periods run before the anchor too."""
    if after < anchor:
        found = anchor
        while (earlier := previous_boundary(anchor, interval, count, found)) > after:
            found = earlier
        return found
    shortest = count * (_SECONDS.get(interval) or 28 * DAY * _MONTHS[interval])
    number = max((after - anchor) // shortest, 0) + 1
    while boundary(anchor, interval, count, number) > after and number > 0:
        number -= 1
    return boundary(anchor, interval, count, number + 1)


def previous_boundary(anchor: int, interval: str, count: int, before: int) -> int:
    """The last beginning of a period that is earlier than a moment, which may be the anchor itself."""
    number = (before - anchor) // (count * (_SECONDS.get(interval) or 28 * DAY * _MONTHS[interval])) + 1
    while boundary(anchor, interval, count, number) >= before:
        number -= 1
    return boundary(anchor, interval, count, number)
