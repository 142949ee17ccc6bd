"""Charts as geometry: everything inside the picture, and a scale that people can read."""

from __future__ import annotations

import itertools
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoice_portal.pages.usage.charts import HEIGHT, WIDTH, Chart, Kind, draw, nice_scale

NUMBERS = st.decimals(-(10**12), 10**12, places=4)


def chart(values: list[Decimal], kind: Kind = "bars") -> Chart:
    labels = [str(value) for value in values]
    return draw(id="x", title="T", desc="D", kind=kind, values=values, labels=labels, marks=("a", "b", "c"), tick=str)


@given(st.lists(NUMBERS, min_size=1, max_size=60), st.sampled_from(["bars", "line"]))
def test_every_bar_and_every_line_lies_within_the_picture(values: list[Decimal], kind: Kind):
    made = chart(values, kind)
    edge = Decimal("0.02")
    assert len(made.points) == len(values)
    for point in made.points:
        assert Decimal(point.x) >= 0
        assert Decimal(point.x) + Decimal(point.width) <= WIDTH + edge
        assert Decimal(point.y) >= 0
        assert Decimal(point.y) + Decimal(point.height) <= HEIGHT + edge
    assert all(-edge <= Decimal(y) <= HEIGHT + edge for y in made.grid)
    assert len(made.ticks) == len(made.grid)


@given(NUMBERS, NUMBERS)
def test_a_scale_holds_zero_and_both_ends_in_few_equal_steps(one: Decimal, other: Decimal):
    scale = nice_scale(min(one, other), max(one, other))
    assert scale[0] <= min(one, other, Decimal(0))
    assert scale[-1] >= max(one, other, Decimal(0))
    assert Decimal(0) in scale
    assert len({after - before for before, after in itertools.pairwise(scale)}) == 1
    assert 2 <= len(scale) <= 7


@pytest.mark.parametrize(
    ("least", "most", "expected"),
    [(0, 0, "0 1"), (0, 3, "0 1 2 3"), (0, 965, "0 500 1000"), (-495, 1000, "-500 0 500 1000")],
)
def test_scales_are_in_round_steps(least: int, most: int, expected: str):
    scale = nice_scale(Decimal(least), Decimal(most), whole=True)
    assert [int(value) for value in scale] == [int(text) for text in expected.split()]


def test_nothing_used_is_a_flat_picture():
    made = chart([Decimal(0)] * 3)
    assert {point.height for point in made.points} == {"0"}


def test_a_loss_hangs_below_the_line_of_zero():
    gain, loss = chart([Decimal(10), Decimal(-10)]).points
    zero = Decimal(chart([Decimal(10), Decimal(-10)]).zero)
    assert Decimal(gain.y) + Decimal(gain.height) == zero
    assert Decimal(loss.y) == zero
