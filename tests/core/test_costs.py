"""What usage costs by day: held to the sandbox's own pricing, which was written apart, and to the sum of the days."""

from __future__ import annotations

from decimal import Decimal
from itertools import accumulate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoice_portal.pages.usage.costs import by_day, charge, running
from invoice_portal.stripe_api.prices import Price, parse_price
from invoice_portal.stripe_api.reading import Reader
from stripe_sandbox.billing import pricing

UNITS = st.decimals(0, 5000, places=4).map(lambda number: str(number))
COUNTS = st.lists(st.integers(0, 40_000), min_size=1, max_size=40)
FRACTIONS = st.lists(st.decimals(0, 4000, places=3), min_size=1, max_size=40)


def price_of(**terms: Any) -> dict[str, Any]:
    return {
        "id": "price_1",
        "currency": "usd",
        "billing_scheme": "tiered" if terms.get("tiers") else "per_unit",
        "unit_amount_decimal": None,
        "tiers_mode": None,
        "transform_quantity": None,
        "recurring": {"interval": "month", "interval_count": 1, "usage_type": "metered", "meter": "mtr_1"},
        **terms,
    }


@st.composite
def tiers(draw: st.DrawFn) -> list[dict[str, Any]]:
    bounds = sorted(draw(st.sets(st.integers(1, 200_000), max_size=4)))
    made = []
    for bound in [*bounds, None]:
        unit, flat = draw(st.one_of(st.none(), UNITS)), draw(st.one_of(st.none(), UNITS))
        made.append(
            {"up_to": bound, "unit_amount_decimal": unit or (None if flat else "1"), "flat_amount_decimal": flat}
        )
    return made


PER_UNIT = st.builds(lambda unit: price_of(unit_amount_decimal=unit), UNITS)
PACKAGES = st.builds(
    lambda unit, size, way: price_of(unit_amount_decimal=unit, transform_quantity={"divide_by": size, "round": way}),
    UNITS,
    st.integers(2, 5000),
    st.sampled_from(["up", "down"]),
)
GRADUATED = st.builds(lambda found: price_of(tiers_mode="graduated", tiers=found), tiers())
VOLUME = st.builds(lambda found: price_of(tiers_mode="volume", tiers=found), tiers())


def read(price: dict[str, Any]) -> Price:
    return parse_price(Reader(price, "price"))


def billed(price: dict[str, Any], quantity: Decimal) -> int:
    """What the sandbox puts on an invoice."""
    amounts = {"unit_amount_decimal": price["unit_amount_decimal"], "tiers": price.get("tiers")}
    return pricing.cost({**price, "_options": {"usd": amounts}}, quantity, "usd")


@given(st.one_of(PER_UNIT, PACKAGES, GRADUATED, VOLUME), st.one_of(COUNTS, FRACTIONS))
def test_the_days_add_up_to_the_line_that_is_billed(price: dict[str, Any], used: list[Any]):
    days = by_day(read(price), running([Decimal(each) for each in used]))
    assert days is not None
    line = billed(price, sum((Decimal(each) for each in used), Decimal(0)))
    assert sum(day.cost for day in days) == days[-1].total == line
    assert [day.total for day in days] == list(accumulate(day.cost for day in days))


@given(st.one_of(PER_UNIT, GRADUATED), COUNTS)
def test_no_day_of_an_additive_price_costs_less_than_nothing(price: dict[str, Any], used: list[int]):
    days = by_day(read(price), running([Decimal(each) for each in used]))
    assert days is not None
    assert all(day.cost >= 0 and day.rerated == 0 for day in days)


@given(VOLUME, COUNTS)
def test_volume_tells_the_new_price_of_earlier_units_apart(price: dict[str, Any], used: list[int]):
    """What is left of a day's cost is its own units at the price that they have now, and the tier's fixed amount."""
    read_price = read(price)
    days = by_day(read_price, running([Decimal(each) for each in used]))
    assert days is not None
    level = Decimal(0)
    for day, units in zip(days, used, strict=True):
        tier = next(tier for tier in read_price.tiers if tier.up_to is None or day.level <= tier.up_to)
        same_tier = next(tier for tier in read_price.tiers if tier.up_to is None or level <= tier.up_to) is tier
        if same_tier:
            assert day.rerated == 0
        elif not any(each.flat for each in read_price.tiers):
            assert abs(day.cost - day.rerated - (tier.unit or 0) * units) <= 1, "rounding alone"
        level = day.level


@given(st.lists(st.integers(0, 900), min_size=1, max_size=31))
def test_a_level_costs_what_it_is_at_the_end(levels: list[int]):
    """A meter that counts the last value has no sum: days may take back what others added."""
    price = price_of(unit_amount_decimal="25")
    days = by_day(read(price), [Decimal(level) for level in levels])
    assert days is not None
    assert sum(day.cost for day in days) == billed(price, Decimal(levels[-1]))


def test_a_tier_below_the_one_that_is_reached_keeps_its_price():
    price = price_of(
        tiers_mode="graduated",
        tiers=[
            {"up_to": 100, "unit_amount_decimal": "10", "flat_amount_decimal": "500"},
            {"up_to": None, "unit_amount_decimal": "5", "flat_amount_decimal": "300"},
        ],
    )
    days = by_day(read(price), running([Decimal(0), Decimal(100), Decimal(1)]))
    assert days is not None
    assert [day.cost for day in days] == [500, 1000, 305], "the first fixed amount is billed without any usage"


def test_volume_rates_everything_anew():
    price = price_of(
        tiers_mode="volume",
        tiers=[
            {"up_to": 100, "unit_amount_decimal": "10", "flat_amount_decimal": None},
            {"up_to": None, "unit_amount_decimal": "5", "flat_amount_decimal": None},
        ],
    )
    first, second = by_day(read(price), running([Decimal(100), Decimal(1)])) or ()
    assert (first.cost, first.rerated) == (1000, 0)
    assert (second.cost, second.rerated, second.total) == (-495, -500, 505)


def test_packages_are_counted_once_for_the_period():
    price = price_of(unit_amount_decimal="700", transform_quantity={"divide_by": 1000, "round": "up"})
    days = by_day(read(price), running([Decimal(1), Decimal(998), Decimal(1), Decimal(1)]))
    assert days is not None
    assert [day.cost for day in days] == [700, 0, 0, 700]


def test_large_numbers_lose_nothing():
    price = read(price_of(unit_amount_decimal="0.000000000001"))
    quantity = Decimal("123456789012345678901234")
    assert charge(price, quantity) == 123456789012
    long = read(price_of(unit_amount_decimal="99999999999.999999999999"))
    assert charge(long, quantity) == 12345678901234567890123276543210988


def test_less_than_nothing_is_billed_as_nothing():
    assert charge(read(price_of(unit_amount_decimal="5")), Decimal(-3)) == 0


@pytest.mark.parametrize(
    "price",
    [price_of(), price_of(tiers_mode="graduated"), price_of(tiers_mode="volume", tiers=[{"up_to": 5}])],
    ids=["no amount", "tiers left out", "tiers that end"],
)
def test_a_price_that_does_not_say_is_not_guessed(price: dict[str, Any]):
    assert charge(read(price), Decimal(1)) is None
    assert by_day(read(price), [Decimal(1)]) is None
