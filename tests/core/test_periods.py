"""Billing periods cut into what Stripe can be asked for: aligned as it demands, every minute once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoice_portal.periods import DAY, by_window, covered, days_of, earlier, iso_days, pieces_of
from invoice_portal.stripe_api.meters import SECONDS, Summary, summaries

MOMENTS = st.integers(1_600_000_000, 2_000_000_000)
LENGTHS = st.integers(60, 800 * DAY)


def at(text: str, zone: str = "UTC") -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp())


@given(MOMENTS, LENGTHS, st.integers(-5 * DAY, 805 * DAY))
def test_the_pieces_cover_the_period_once_and_can_be_asked_for(start: int, length: int, since: int):
    now = start + since
    first, last = covered(start, start + length, now)
    position = first
    for piece in pieces_of(start, start + length, now):
        assert piece.start == position, "no gap, and nothing twice"
        summaries("mtr_1", "cus_1", piece.start, piece.end, piece.grouping)  # refuses what Stripe would refuse
        position = piece.end
    assert position == max(first, last) if first < last else position == first
    assert last <= (now // DAY + 1) * DAY, "nothing is asked of days to come"


@given(MOMENTS, LENGTHS)
def test_every_day_of_the_period_is_there_once_and_every_piece_lies_in_its_days(start: int, length: int):
    days = days_of(start, start + length, start + length)
    assert list(days) == sorted(set(days))
    for piece in pieces_of(start, start + length, start + length):
        if piece.grouping is None:
            assert piece.start // DAY == (piece.end - 1) // DAY, "a part of one day"
        assert piece.start // DAY * DAY in days


@given(MOMENTS, LENGTHS, st.lists(MOMENTS, max_size=40))
def test_consecutive_periods_count_every_event_once(start: int, length: int, events: list[int]):
    """An event at any second falls into exactly one of two periods that meet."""
    middle, now = start + length // 2, start + length + DAY
    spans = [covered(start, middle, now), covered(middle, start + length, now)]
    for event in events:
        inside = [first <= event < last for first, last in spans]
        assert sum(inside) == (spans[0][0] <= event < spans[1][1])


@pytest.mark.parametrize("offset", [-11, -9.5, -5, 0, 1, 5.5, 5.75, 12, 14])
def test_days_are_those_of_utc_wherever_the_anchor_was_set(offset: float):
    """A subscription made at local midnight anywhere has whole UTC days and parts of one at either end."""
    zone = timezone(timedelta(hours=offset))
    start = int(datetime(2026, 3, 1, tzinfo=zone).timestamp())
    end = int(datetime(2026, 4, 1, tzinfo=zone).timestamp())
    found = pieces_of(start, end, end + DAY)
    assert [piece.grouping for piece in found if piece.grouping] == ["day"]
    assert sum(piece.end - piece.start for piece in found) == 31 * DAY
    assert len(days_of(start, end, end + DAY)) == (31 if offset == 0 else 32)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
@pytest.mark.parametrize("month", [3, 4, 10, 11])
def test_clocks_that_change_change_no_day(zone: str, month: int):
    start, end = at(f"2026-{month:02}-01T00:00", zone), at(f"2026-{month + 1:02}-01T00:00", zone)
    for piece in pieces_of(start, end, end):
        unit = SECONDS[piece.grouping] if piece.grouping else 60
        assert piece.start % unit == piece.end % unit == 0


def test_a_period_that_begins_at_noon_has_half_days_at_its_ends():
    found = pieces_of(at("2026-10-15T12:00"), at("2026-11-15T12:00"), at("2026-12-01T00:00"))
    assert [(piece.start, piece.end, piece.grouping) for piece in found] == [
        (at("2026-10-15T12:00"), at("2026-10-16T00:00"), None),
        (at("2026-10-16T00:00"), at("2026-11-15T00:00"), "day"),
        (at("2026-11-15T00:00"), at("2026-11-15T12:00"), None),
    ]


def test_a_running_period_ends_with_the_day_of_now():
    found = pieces_of(at("2026-10-15T00:00"), at("2026-11-15T00:00"), at("2026-10-17T09:30"))
    assert [(piece.start, piece.end) for piece in found] == [(at("2026-10-15T00:00"), at("2026-10-18T00:00"))]


def test_a_year_is_asked_for_in_hundreds_of_days():
    found = pieces_of(at("2025-01-01T00:00"), at("2026-01-01T00:00"), at("2026-06-01T00:00"))
    assert [(piece.end - piece.start) // DAY for piece in found] == [100, 100, 100, 65]


def test_order_is_ours_and_what_is_left_out_is_zero():
    days = days_of(at("2026-10-01T00:00"), at("2026-10-05T00:00"), at("2026-11-01T00:00"))
    told = [Summary(days[3], days[3] + DAY, Decimal(4)), Summary(days[0], days[0] + DAY, Decimal(1))]
    assert by_window(told, days, DAY) == (Decimal(1), Decimal(0), Decimal(0), Decimal(4))


def test_part_of_a_day_counts_for_the_day():
    noon, midnight = at("2026-10-01T12:00"), at("2026-10-01T00:00")
    assert by_window([Summary(noon, noon + 60, Decimal(7))], [midnight], DAY) == (Decimal(7),)


@pytest.mark.parametrize(
    ("start", "interval", "count", "anchor", "before"),
    [
        (
            "2026-03-31T12:00",
            "month",
            1,
            "2025-12-31T12:00",
            ["2026-02-28T12:00", "2026-01-31T12:00", "2025-12-31T12:00"],
        ),
        (
            "2024-03-31T00:00",
            "month",
            1,
            "2023-10-31T00:00",
            ["2024-02-29T00:00", "2024-01-31T00:00", "2023-12-31T00:00"],
        ),
        (
            "2026-05-30T08:15",
            "month",
            1,
            "2026-01-30T08:15",
            ["2026-04-30T08:15", "2026-03-30T08:15", "2026-02-28T08:15"],
        ),
        (
            "2026-07-15T00:00",
            "month",
            3,
            "2025-01-15T00:00",
            ["2026-04-15T00:00", "2026-01-15T00:00", "2025-10-15T00:00"],
        ),
        (
            "2028-02-29T00:00",
            "year",
            1,
            "2024-02-29T00:00",
            ["2027-02-28T00:00", "2026-02-28T00:00", "2025-02-28T00:00"],
        ),
        (
            "2026-07-15T00:00",
            "week",
            2,
            "2026-07-15T00:00",
            ["2026-07-01T00:00", "2026-06-17T00:00", "2026-06-03T00:00"],
        ),
        (
            "2026-07-15T00:00",
            "day",
            10,
            "2026-07-15T00:00",
            ["2026-07-05T00:00", "2026-06-25T00:00", "2026-06-15T00:00"],
        ),
        (
            "2026-07-15T00:00",
            "month",
            1,
            "2026-01-03T00:00",
            ["2026-06-15T00:00", "2026-05-15T00:00", "2026-04-15T00:00"],
        ),
    ],
    ids=["31st", "leap year", "30th", "quarters", "29 February", "weeks", "days", "anchor of before"],
)
def test_earlier_periods_keep_the_anchors_day(start: str, interval: str, count: int, anchor: str, before: list[str]):
    period = (at(start), at(start) + 31 * DAY)
    found = [earlier(period, interval, count, at(anchor), back) for back in (1, 2, 3)]
    assert [each[0] for each in found] == [at(text) for text in before]
    assert [each[1] for each in found] == [at(start), *(each[0] for each in found[:2])], "they meet"


def test_the_current_period_and_an_unknown_interval_are_as_they_are():
    assert earlier((5, 9), "month", 1, None, 0) == (5, 9)
    assert earlier((5, 9), "fortnight", 1, None, 1) == (5, 9)


def test_a_misaligned_question_is_refused_here_and_not_by_stripe():
    for start, end, grouping in ((30, 60, None), (60, 60, None), (3600, 7200, "day"), (0, 101 * DAY, "day")):
        with pytest.raises(ValueError, match="span"):
            summaries("mtr_1", "cus_1", start, end, grouping)  # type: ignore[arg-type]


def test_days_for_machines_are_those_of_utc():
    assert list(iso_days([at("2026-10-31T00:00"), at("2026-11-01T00:00")])) == ["2026-10-31", "2026-11-01"]
    assert datetime.fromtimestamp(at("2026-10-31T00:00"), UTC).hour == 0
