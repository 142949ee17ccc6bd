"""The view-model of usage by day, ready to print."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from invoice_portal.i18n import Language
from invoice_portal.marking import N_
from invoice_portal.money import Money, exponent
from invoice_portal.pages.subscriptions.naming import name_of_subscription
from invoice_portal.pages.usage.charts import Chart, Kind, draw
from invoice_portal.pages.usage.metered import Doubt, Metered, Usage, Used
from invoice_portal.periods import DAY, iso_days
from invoice_portal.visits import Visit

_DOUBTS: Final[dict[Doubt, str]] = {
    "volume": N_(
        "Every unit costs the price of the tier that the whole period reaches. On a day with a new tier the units "
        "before it are priced anew, which is shown apart."
    ),
    "level": N_("The latest value counts, not a sum. A day's cost is what its change does to the bill."),
    "past": N_("This is reckoned with today's price. The invoice shows what was billed."),
    "unchecked": N_("This is an estimate: the bill is worked out for the whole period at its end."),
}

_UNSURE: Final[frozenset[Doubt]] = frozenset({"past", "differs", "unchecked"})
"""Doubts about the whole period's cost; the others are about its days."""


@dataclass(frozen=True, slots=True)
class DayRow:
    """One day of the table; ``rerated`` is empty where no earlier units were priced anew."""

    day: str
    iso_day: str
    used: str
    so_far: str
    cost: str
    rerated: str
    total: str
    hours_url: str


@dataclass(frozen=True, slots=True)
class MeterView:
    """One meter in one period. ``charts`` are usage by day, and where it is known cost by day and so far."""

    id: str
    name: str
    subscription: str
    period: str
    used: str
    used_words: str
    cost: str
    cost_words: str
    charts: tuple[Chart, ...]
    rows: tuple[DayRow, ...]
    levels: bool
    rerates: bool
    notes: tuple[str, ...]
    csv_url: str


@dataclass(frozen=True, slots=True)
class MeterLink:
    """A meter to look at."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class UsageView:
    """Everything on the page; an address that is empty is not offered."""

    meters: tuple[MeterView, ...]
    problems: tuple[str, ...]
    others: tuple[MeterLink, ...]
    notes: tuple[str, ...]
    csv_url: str
    earlier_url: str
    later_url: str
    all_url: str
    alone: bool


def view_usage(visit: Visit, used: Used) -> UsageView:
    """Put everything into words and figures of the visitor's language."""
    _, query = visit.language.gettext, {**used.scope.query, "item": visit.request.query.get("item", "")}
    chosen = [each.metered for each in used.found] + list(used.failed)
    deeper = any(each.period(used.back + 1) for each in [*chosen, *used.others])
    return UsageView(
        meters=tuple(_meter(visit, used, each) for each in used.found),
        problems=tuple(
            _("%(name)s could not be read just now. Reload the page to try again.", name=item_name(used, each))
            for each in used.failed
        ),
        others=tuple(
            MeterLink(item_name(used, each), visit.url("usage", {**used.scope.query, "item": each.item.id}))
            for each in used.others
        ),
        notes=tuple(_notes(visit.language, used)) if used.found else (),
        csv_url=visit.url("usage_csv", {**query, "back": str(used.back or "")}) if used.found else "",
        earlier_url=visit.url("usage", {**query, "back": str(used.back + 1)}) if deeper else "",
        later_url=visit.url("usage", {**query, "back": str(used.back - 1 or "")}) if used.back else "",
        all_url=visit.url("usage", used.scope.query) if query["item"] and used.others else "",
        alone=len(used.found) == 1,
    )


def item_name(used: Used, each: Metered) -> str:
    """What a meter is called: by its product, else by its own name, else by its price."""
    own = next((found.meter.name for found in used.found if found.metered is each and found.meter), "")
    return used.names.get(each.price.product or "") or own or each.price.nickname or each.meter


def _notes(language: Language, used: Used) -> Iterator[str]:
    _ = language.gettext
    yield _(
        "As of %(date)s, %(time)s UTC. Usage is reported with some delay: the latest numbers may still grow.",
        date=language.utc_date(used.as_of),
        time=language.utc_time(used.as_of),
    )
    yield _("Days begin at midnight UTC.")
    if any(each.costs for each in used.found):
        yield _("Costs are before discounts and taxes.")


def _meter(visit: Visit, used: Used, each: Usage) -> MeterView:
    language, _ = visit.language, visit.language.gettext
    name, level = item_name(used, each.metered), bool(each.meter and each.meter.formula == "last")
    currency, last = each.metered.price.currency, each.costs[-1] if each.costs else None
    words = {"last": _("Latest value"), "count": _("Events"), "sum": _("Used")}
    return MeterView(
        id=each.metered.item.id,
        name=name,
        subscription=name_of_subscription(language, each.metered.subscription, used.names),
        period=language.utc_period(*each.period),
        used=language.number(each.total),
        used_words=words[each.meter.formula or "sum"] if each.meter else words["sum"],
        cost=language.money(Money(last.total, currency)) if last else "",
        cost_words=_("Estimated cost") if _UNSURE & set(each.doubts) else _("Cost"),
        charts=tuple(_charts(language, name, each)),
        rows=tuple(_rows(visit, used, each)),
        levels=level,
        rerates=any(cost.rerated for cost in each.costs or ()),
        notes=tuple(_item_notes(language, each)),
        csv_url=visit.url(
            "usage_csv", {**used.scope.query, "item": each.metered.item.id, "back": str(used.back or "")}
        ),
    )


def _item_notes(language: Language, each: Usage) -> Iterator[str]:
    _, currency = language.gettext, each.metered.price.currency
    for doubt in each.doubts:
        if doubt == "differs":
            yield _(
                "This is an estimate: your upcoming bill has %(amount)s for it.",
                amount=language.money(Money(each.line or 0, currency)),
            )
        else:
            yield _(_DOUBTS[doubt])
    if each.costs is None:
        yield _("What a day costs cannot be worked out for this price.")


def _rows(visit: Visit, used: Used, each: Usage) -> Iterator[DayRow]:
    """The days, the newest first: a table of a month is read from its end."""
    language, currency = visit.language, each.metered.price.currency
    item = {**used.scope.query, "item": each.metered.item.id}
    for at, iso in reversed(list(enumerate(iso_days(each.days)))):
        cost = each.costs[at] if each.costs else None
        yield DayRow(
            day=language.utc_date(each.days[at]),
            iso_day=iso,
            used=language.number(each.values[at]),
            so_far=language.number(each.levels[at]),
            cost=language.money(Money(cost.cost, currency)) if cost else "",
            rerated=language.money(Money(cost.rerated, currency)) if cost and cost.rerated else "",
            total=language.money(Money(cost.total, currency)) if cost else "",
            hours_url=visit.url("usage", {**item, "day": iso}),
        )


def _charts(language: Language, name: str, each: Usage) -> Iterator[Chart]:
    if not each.days:
        return
    _, level = language.gettext, each.meter is not None and each.meter.formula == "last"
    title = _("%(name)s, level by day", name=name) if level else _("%(name)s by day", name=name)
    quantities = each.levels if level else each.values
    whole = all(value == int(value) for value in quantities)
    yield _chart(language, each, "used", title, "bars", quantities, language.number, language.compact, whole)
    if each.costs is None:
        return
    currency = each.metered.price.currency

    def money(value: Decimal) -> str:
        return language.money(Money(int(value.scaleb(exponent(currency))), currency))

    def tick(value: Decimal) -> str:
        return language.rough_money(value, currency)

    daily = [Money(cost.cost, currency).value for cost in each.costs]
    so_far = [Money(cost.total, currency).value for cost in each.costs]
    if not level:
        yield _chart(language, each, "cost", _("Cost by day"), "bars", daily, money, tick)
    yield _chart(language, each, "total", _("Cost so far"), "line", so_far, money, tick)


def _chart(
    language: Language,
    each: Usage,
    what: str,
    title: str,
    kind: Kind,
    values: Sequence[Decimal],
    word: Callable[[Decimal], str],
    tick: Callable[[Decimal], str],
    whole: bool = False,
) -> Chart:
    _, days = language.gettext, each.days
    highest = max(range(len(values)), key=lambda at: values[at])
    return draw(
        id=f"portal-{what}-{each.metered.item.id}",
        title=title,
        desc=_(
            "From %(first)s to %(last)s. The highest value is %(value)s, on %(day)s. The table has all numbers.",
            first=language.utc_date(days[0]),
            last=language.utc_date(days[-1]),
            value=word(values[highest]),
            day=language.utc_date(days[highest]),
        ),
        kind=kind,
        values=values,
        labels=[f"{language.utc_date(day)}: {word(value)}" for day, value in zip(days, values, strict=True)],
        marks=(
            language.utc_day(days[0]),
            language.utc_day(days[0] + (days[-1] - days[0]) // 2 // DAY * DAY) if len(days) > 2 else "",
            language.utc_day(days[-1]) if len(days) > 1 else "",
        ),
        tick=tick,
        whole=whole,
    )
