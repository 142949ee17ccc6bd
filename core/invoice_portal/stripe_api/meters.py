"""Meters and what a customer used on them (docs.stripe.com/api/billing/meter, …/meter-event-summary).

Stripe tells no single event, only sums over windows of time. It demands that these are aligned: whole minutes for one
sum over a span, whole hours and whole days *of UTC* where the span is cut into them. It gathers events with some delay,
and promises neither an order of the windows nor that empty ones are there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal, TypeAlias

from invoice_portal.effects import StripeCall
from invoice_portal.errors import StripeUnavailable
from invoice_portal.stripe_api.ids import checked
from invoice_portal.stripe_api.reading import Listing, Reader, listing_of, one

Formula: TypeAlias = Literal["sum", "count", "last"]
Grouping: TypeAlias = Literal["day", "hour"]

MINUTE: Final = 60
SECONDS: Final[Mapping[Grouping, int]] = {"hour": 60 * MINUTE, "day": 24 * 60 * MINUTE}
MOST_WINDOWS: Final = 100
_FORMULAS: Final[Mapping[str, Formula]] = {"sum": "sum", "count": "count", "last": "last"}


@dataclass(frozen=True, slots=True)
class Meter:
    """A meter. ``formula`` says what is billed: the sum of all values, how many events, or the latest value."""

    id: str
    name: str
    formula: Formula | None


@dataclass(frozen=True, slots=True)
class Summary:
    """What was used from ``start`` to before ``end`` (UTC seconds)."""

    start: int
    end: int
    value: Decimal


def retrieve_meter(meter: str) -> StripeCall[Meter]:
    """One meter: it belongs to the account and is the same for every customer."""
    return StripeCall("get", f"/v1/billing/meters/{checked('mtr', meter)}", one(parse_meter, "meter"))


def summaries(
    meter: str, customer: str, start: int, end: int, grouping: Grouping | None = None
) -> StripeCall[Listing[Summary]]:
    """What a customer used from ``start`` to before ``end``: in one sum, or by windows, a hundred of them at most.

    Raises ``ValueError`` for a span that Stripe would refuse: neither may lie within a minute, hour or UTC day.
    """
    unit = SECONDS[grouping] if grouping else MINUTE
    if start % unit or end % unit or not start < end or (grouping and end - start > MOST_WINDOWS * unit):
        raise ValueError(f"a span that cannot be asked for: {start} to {end}, by {grouping or 'nothing'}")
    params: dict[str, object] = {
        "customer": checked("cus", customer),
        "start_time": start,
        "end_time": end,
        "limit": MOST_WINDOWS,
    }
    if grouping:
        params["value_grouping_window"] = grouping
    path = f"/v1/billing/meters/{checked('mtr', meter)}/event_summaries"
    return StripeCall("get", path, _summaries, params)


def parse_meter(reader: Reader) -> Meter:
    """Read one meter."""
    aggregation = reader.inside("default_aggregation")
    return Meter(
        id=reader.id(),
        name=reader.text_or("display_name"),
        formula=_FORMULAS.get(aggregation.text_or("formula")) if aggregation else None,
    )


def parse_summary(reader: Reader) -> Summary:
    """Read one window."""
    return Summary(reader.moment("start_time"), reader.moment("end_time"), reader.quantity("aggregated_value"))


def _summaries(data: Any) -> Listing[Summary]:
    """A listing that has everything: one that has more than the windows that were asked for cannot be understood."""
    listing = listing_of(parse_summary, "event_summaries")(data)
    if listing.has_more:
        raise StripeUnavailable("event_summaries: more windows than were asked for")
    return listing
