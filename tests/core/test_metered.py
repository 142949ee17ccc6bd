"""The periods of a metered item, which begin with its subscription."""

from __future__ import annotations

import pytest

from invoice_portal.pages.usage.metered import Metered, metered_items
from invoice_portal.stripe_api.reading import Reader
from invoice_portal.stripe_api.subscriptions import parse_subscription

from .helpers.objects import DAY, NOW, listing, subscription

MONTH = (NOW - 10 * DAY, NOW + 20 * DAY)


def item_of(**changes: object) -> Metered:
    recurring = {"interval": "month", "interval_count": 1, "usage_type": "metered", "meter": "mtr_1"}
    item = {
        "id": "si_1",
        "price": {"id": "price_1", "currency": "usd", "recurring": recurring},
        "current_period_start": MONTH[0],
        "current_period_end": MONTH[1],
    }
    shown = subscription(items=listing([item]), billing_cycle_anchor=MONTH[0], **changes)
    (found,) = metered_items([parse_subscription(Reader(shown, "subscription"))])
    return found


def test_a_subscription_that_was_backdated_has_periods_from_before_it_was_created() -> None:
    item = item_of(created=NOW - DAY, start_date=NOW - 60 * DAY)
    first, second = item.period(2), item.period(1)
    assert first is not None
    assert second is not None
    assert (first[0], first[1], second[1]) == (NOW - 60 * DAY, second[0], MONTH[0])
    assert item.period(3) is None


@pytest.mark.parametrize("began", [{"start_date": NOW - 15 * DAY}, {"start_date": None}, {}])
def test_the_first_period_begins_with_the_subscription(began: dict[str, int | None]) -> None:
    item = item_of(**{"created": NOW - 15 * DAY, **began})
    assert (item.period(0), item.period(1), item.period(2)) == (MONTH, (NOW - 15 * DAY, MONTH[0]), None)
