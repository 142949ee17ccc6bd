"""One UTC day of one meter, by hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from invoice_portal.assets import asset_url
from invoice_portal.effects import Ok, needed, together
from invoice_portal.http import Page
from invoice_portal.pages.usage.charts import Chart, draw
from invoice_portal.pages.usage.metered import Metered
from invoice_portal.periods import DAY, HOUR, by_window, iso_days
from invoice_portal.stripe_api.meters import Meter, retrieve_meter, summaries
from invoice_portal.visits import Visit


@dataclass(frozen=True, slots=True)
class HourRow:
    """One hour of the table."""

    hour: str
    used: str


@dataclass(frozen=True, slots=True)
class Hours:
    """One day by hour, ready to print; an address that is empty is not offered."""

    title: str
    date: str
    total: str
    chart: Chart
    rows: tuple[HourRow, ...]
    notes: tuple[str, ...]
    before_url: str
    after_url: str
    days_url: str


async def hours_of(visit: Visit, midnight: int, of: tuple[str, Metered]) -> Page:
    """The hours of a UTC day, up to the one at hand. What was used must be there; the meter's name may fail alone."""
    customer, item = of
    end = min(midnight + DAY, (visit.now // HOUR + 1) * HOUR)
    answer, meter = await together(summaries(item.meter, customer, midnight, end, "hour"), retrieve_meter(item.meter))
    hours = range(midnight, end, HOUR)
    values = by_window(needed(answer).items, hours, HOUR)
    known = meter.value if isinstance(meter, Ok) else None
    _ = visit.language.gettext
    return Page(
        template="invoice_portal/usage_hours.html",
        title=_("Usage"),
        context={
            "hours": _view(visit, item, known, midnight, hours, values),
            "charts_url": asset_url(visit, "charts.js"),
        },
    )


def _view(
    visit: Visit, item: Metered, meter: Meter | None, midnight: int, hours: Sequence[int], values: Sequence[Decimal]
) -> Hours:
    language, _ = visit.language, visit.language.gettext
    title, date = (meter.name if meter else "") or _("Usage"), language.utc_date(midnight)
    used = [language.number(value) for value in values]
    times = [language.utc_time(hour) for hour in hours]
    query = {**visit.request.query, "lang": ""}
    today = visit.now // DAY * DAY
    return Hours(
        title=title,
        date=date,
        total=language.number(sum(values, Decimal(0))) if meter and meter.formula in ("sum", "count") else "",
        chart=draw(
            id="portal-hours",
            title=_("%(name)s by hour", name=title),
            desc=_("A bar for each hour of %(date)s. The table below has the same numbers.", date=date),
            kind="bars",
            values=values,
            labels=[f"{time}: {value}" for time, value in zip(times, used, strict=True)],
            marks=(times[0], times[len(times) // 2], times[-1]),
            tick=language.compact,
            whole=all(value == int(value) for value in values),
        ),
        rows=tuple(HourRow(time, value) for time, value in zip(times, used, strict=True)),
        notes=(_("Hours are in UTC."), _("Usage is reported with some delay: the latest numbers may still grow.")),
        before_url=visit.url("usage", {**query, "day": next(iso_days([midnight - DAY]))}),
        after_url=visit.url("usage", {**query, "day": next(iso_days([midnight + DAY]))}) if midnight < today else "",
        days_url=visit.url("usage", {**query, "day": ""}),
    )
