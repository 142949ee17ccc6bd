"""Usage: meter events, tallied by the hour, and what a customer used in a span of time.

https://docs.stripe.com/billing/subscriptions/usage-based/meters/configure and …/record-usage-api
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from stripe_sandbox.http import Json
from stripe_sandbox.money import decimal_text

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox

HOUR = 60 * 60
EVENT = "billing.meter_event"
_TALLY = "billing.meter_tally"


@dataclass(slots=True)
class Meters:
    """How usage behaves in this sandbox; tests and demos set it.

    An event counts `delay` seconds after it was received (Stripe: up to some minutes). With `shuffled`, event
    summaries come in no order; with `gaps`, windows without usage are left out. Stripe promises neither.
    """

    delay: int = 0
    shuffled: bool = False
    gaps: bool = False


@dataclass(frozen=True, slots=True)
class Usage:
    """What was used in a span: the sum of all values, how many events, and the latest one's value."""

    sum: Decimal = Decimal(0)
    count: int = 0
    latest: tuple[int, int] = (0, 0)
    last: Decimal = Decimal(0)

    def with_event(self, at: tuple[int, int], value: Decimal) -> Usage:
        """And one event more; `at` is its time and, among those of one second, its number."""
        return self.plus(Usage(value, 1, at, value))

    def plus(self, other: Usage) -> Usage:
        """Both spans together."""
        newest = max(self, other, key=lambda usage: usage.latest)
        return Usage(self.sum + other.sum, self.count + other.count, newest.latest, newest.last)

    def by(self, formula: str) -> Decimal:
        """The value under a meter's formula: `sum`, `count` or `last`."""
        return {"sum": self.sum, "count": Decimal(self.count), "last": self.last}[formula]


def record(sandbox: Sandbox, meter: Json, customer: str, event: Json) -> None:
    """Enter an event. It counts at once, or after the sandbox's delay."""
    event["_hour"] = _hour_key(meter["id"], customer, event["timestamp"])
    event["_number"] = len(sandbox.store.table(EVENT))
    event["_counts"] = False
    sandbox.store.add(event)
    if sandbox.meters.delay > 0:
        sandbox.agenda.add(sandbox.clock.now + sandbox.meters.delay, f"{EVENT}.arrive", event["id"])
    else:
        arrive(sandbox, event["id"])


def arrive(sandbox: Sandbox, id: str) -> None:
    """From now on the event counts, unless it was cancelled before."""
    event = sandbox.store.get(EVENT, id)
    if event is None or event["_canceled"]:
        return
    event["_counts"] = True
    tally = sandbox.store.get(_TALLY, event["_hour"])
    if tally is None:
        tally = sandbox.store.add({"id": event["_hour"], "object": _TALLY})
        tally.update(_written(Usage()))
    tally.update(_written(_read(tally).with_event(*_of(event))))


def cancel(sandbox: Sandbox, event: Json) -> None:
    """Take an event back: it counts no more."""
    event["_canceled"] = True
    if event["_counts"]:
        event["_counts"] = False
        usage = Usage()
        for each in sandbox.store.table(EVENT).newest({"_hour": event["_hour"]}):
            if each["_counts"]:
                usage = usage.with_event(*_of(each))
        sandbox.store[_TALLY, event["_hour"]].update(_written(usage))


def used(sandbox: Sandbox, meter: str, customer: str, start: int, end: int) -> Usage:
    """What a customer used from `start` to before `end` (UTC seconds). Whole hours are read off their tallies."""
    usage = Usage()
    tallies = sandbox.store.table(_TALLY)
    for hour in range(start - start % HOUR, end, HOUR):
        tally = tallies.get(_hour_key(meter, customer, hour))
        if tally is None:
            continue
        if hour >= start and hour + HOUR <= end:
            usage = usage.plus(_read(tally))
            continue
        for event in sandbox.store.table(EVENT).newest({"_hour": tally["id"]}):
            if event["_counts"] and start <= event["timestamp"] < end:
                usage = usage.with_event(*_of(event))
    return usage


def windows(start: int, end: int, length: int | None) -> Iterator[tuple[int, int]]:
    """The span cut into windows of so many seconds, the newest first; whole where no length is given."""
    if length is None:
        yield start, end
        return
    for at in range(end - length, start - 1, -length):
        yield at, at + length


def _of(event: Json) -> tuple[tuple[int, int], Decimal]:
    return (event["timestamp"], event["_number"]), Decimal(event["_value"])


def _hour_key(meter: str, customer: str, at: int) -> str:
    return f"{meter} {customer} {at // HOUR}"


def _written(usage: Usage) -> Json:
    """As JSON, which the store can undo and keep."""
    return {
        "sum": decimal_text(usage.sum),
        "count": usage.count,
        "latest": list(usage.latest),
        "last": decimal_text(usage.last),
    }


def _read(tally: Json) -> Usage:
    time, number = tally["latest"]
    return Usage(Decimal(tally["sum"]), tally["count"], (time, number), Decimal(tally["last"]))
