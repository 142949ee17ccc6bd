"""Usage by day, by hour for a single day, and as a file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from invoice_portal.assets import asset_url
from invoice_portal.errors import NotFound
from invoice_portal.http import Page, Response
from invoice_portal.money import Money
from invoice_portal.pages.upcoming.page import demand_pane
from invoice_portal.pages.usage.csv_file import csv_file
from invoice_portal.pages.usage.hours import hours_of
from invoice_portal.pages.usage.metered import MOST_AT_ONCE, Metered, Usage, Used, metered_items, used_on
from invoice_portal.pages.usage.view import item_name, view_usage
from invoice_portal.periods import DAY, iso_days
from invoice_portal.viewing import looked_at, running_in_view
from invoice_portal.visits import Visit

MOST_BACK: Final = 24
"""Periods back that can be looked at."""
_COLUMNS: Final = ("meter", "subscription", "day_utc", "used", "billable_so_far", "cost", "cost_so_far", "currency")


async def usage(visit: Visit) -> Response:
    """What was used in one period on each meter in view, by day; or on one meter on one day, by hour."""
    _ = visit.language.gettext
    day = _day_asked_for(visit)
    if day is not None:
        return await hours_of(visit, day, await _one_item(visit))
    used = await what_was_used(visit)
    return Page(
        template="invoice_portal/usage.html",
        title=_("Usage"),
        context={"usage": view_usage(visit, used) if used else None, "charts_url": asset_url(visit, "charts.js")},
    )


async def usage_csv(visit: Visit) -> Response:
    """The same numbers as a file: a row for each day of each meter, money in the major unit."""
    used = await what_was_used(visit)
    rows = (row for each in used.found for row in _rows(used, each)) if used else ()
    back = f"-{used.back}" if used and used.back else ""
    return csv_file(f"usage{back}.csv", _COLUMNS, rows)


async def what_was_used(visit: Visit) -> Used | None:
    """The usage in view, for the page, the file and JSON; None for a visitor without a customer at Stripe.

    Raises ``NotFound`` where the merchant does not show usage, by a link to one invoice, and for what is not theirs.
    """
    demand_pane(visit, "usage")
    looked = await looked_at(visit)
    if looked is None:
        return None
    scope, _ = looked
    items = metered_items((await running_in_view(scope)).items)
    wanted = visit.request.query.get("item", "")
    chosen = [each for each in items if each.item.id == wanted] if wanted else list(items[:MOST_AT_ONCE])
    if wanted and not chosen:
        raise NotFound("the item is not this visitor's, or bills no meter")
    others = [each for each in items if each not in chosen]
    return await used_on(visit, scope, chosen, others, _periods_back(visit))


async def _one_item(visit: Visit) -> tuple[str, Metered]:
    """The customer and the item whose hours are asked for."""
    demand_pane(visit, "usage")
    looked = await looked_at(visit)
    wanted = visit.request.query.get("item", "")
    found = metered_items((await running_in_view(looked[0])).items) if looked else ()
    for each in found:
        if looked and each.item.id == wanted:
            return looked[0].customer, each
    raise NotFound("the item is not this visitor's, or bills no meter")


def _periods_back(visit: Visit) -> int:
    text = visit.request.query.get("back", "")
    return min(int(text), MOST_BACK) if text.isascii() and text.isdigit() and len(text) < 4 else 0


def _day_asked_for(visit: Visit) -> int | None:
    """The midnight (UTC seconds) of the UTC day in the address; none for a day that is none, or is to come."""
    try:
        day = datetime.strptime(visit.request.query.get("day", ""), "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None
    midnight = int(day.timestamp())
    return midnight if 0 <= midnight <= visit.now // DAY * DAY else None


def _rows(used: Used, each: Usage) -> Iterator[tuple[str | Decimal, ...]]:
    name, subscription = item_name(used, each.metered), each.metered.subscription
    currency = each.metered.price.currency
    for at, day in enumerate(iso_days(each.days)):
        cost = each.costs[at] if each.costs else None
        yield (
            name,
            subscription.id,
            day,
            each.values[at],
            each.levels[at],
            Money(cost.cost, currency).value if cost else "",
            Money(cost.total, currency).value if cost else "",
            currency.upper() if cost else "",
        )
