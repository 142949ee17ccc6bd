"""The pane of the first page that says what was used in the current period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from invoice_portal.effects import Ok, Outcome, StripeCall
from invoice_portal.pages.home.known import Known
from invoice_portal.pages.usage.metered import Metered, metered_items
from invoice_portal.periods import covered
from invoice_portal.stripe_api.meters import Summary, summaries
from invoice_portal.stripe_api.reading import Listing
from invoice_portal.visits import Visit

MOST: Final = 4
"""Meters that the first page shows: one call for each, whatever the meter counts."""


@dataclass(frozen=True, slots=True)
class UsageRow:
    """One meter; ``used`` is empty where it could not be read."""

    name: str
    used: str
    since: str


@dataclass(frozen=True, slots=True)
class UsagePane:
    """Usage so far, ready to print."""

    rows: tuple[UsageRow, ...]
    more: bool
    problem: str
    url: str


def calls(visit: Visit, known: Known) -> Sequence[StripeCall[Any]]:
    """One sum for each meter, over the period so far: right for sums, counts and latest values alike."""
    return [
        summaries(each.meter, known.scope.customer, *covered(*each.item.period, visit.now))
        for each in _shown(visit, known)
    ]


def view(visit: Visit, known: Known, outcomes: Sequence[Outcome[Any]]) -> UsagePane | None:
    """None for a customer who is billed for no usage."""
    shown = _shown(visit, known)
    if not shown:
        return None
    _ = visit.language.gettext
    failed = any(not isinstance(outcome, Ok) for outcome in outcomes)
    return UsagePane(
        rows=tuple(_row(visit, known, each, outcome) for each, outcome in zip(shown, outcomes, strict=True)),
        more=len(metered_items(known.subscriptions)) > len(shown),
        problem=_("Not all usage could be read just now. Reload the page to try again.") if failed else "",
        url=visit.url("usage", known.scope.query),
    )


def _shown(visit: Visit, known: Known) -> list[Metered]:
    items = metered_items(known.subscriptions)
    begun = [each for each in items if _begun(visit, each)]
    return begun[:MOST]


def _begun(visit: Visit, each: Metered) -> bool:
    start, end = covered(*each.item.period, visit.now)
    return start < end


def _row(visit: Visit, known: Known, each: Metered, outcome: Outcome[Listing[Summary]]) -> UsageRow:
    language = visit.language
    used = sum((summary.value for summary in outcome.value.items), Decimal(0)) if isinstance(outcome, Ok) else None
    return UsageRow(
        name=known.names.get(each.price.product or "") or each.price.nickname or language.gettext("Usage"),
        used=language.number(used) if used is not None else "",
        since=language.gettext("since %(date)s", date=language.utc_date(each.item.period[0])),
    )
