"""The rules of time, for any moment: zones, leap days and a clock that is set back change nothing."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoice_portal.sharing.model import LinkRow, SessionRow
from invoice_portal.sharing.rules import DAY, link_expiry, refreshed_expiry, session_expiry

MOMENTS = st.integers(1_500_000_000, 4_000_000_000)
DAYS = st.integers(1, 3650)
HOUR = 60 * 60


def row(expires_at: int | None, **changes: object) -> LinkRow:
    values = dict.fromkeys(LinkRow.__slots__) | {"uses": 0, "expires_at": expires_at} | changes
    return LinkRow(**values)  # type: ignore[arg-type]


@given(due=MOMENTS, before=st.integers(0, 5000 * DAY), days=DAYS)
def test_a_link_is_good_up_to_the_last_second_and_no_longer(due: int, before: int, days: int) -> None:
    now = due - before
    expires = link_expiry(due, now, now, days=days, refreshed_days=60)
    assert expires == due + days * DAY
    assert row(expires).state(expires - 1) == "active"
    assert row(expires).state(expires) == "expired"


@given(due=st.none() | MOMENTS, finalized=st.none() | MOMENTS, now=MOMENTS, days=DAYS, refreshed=DAYS)
def test_a_new_link_is_never_dead(due: int | None, finalized: int | None, now: int, days: int, refreshed: int) -> None:
    expires = link_expiry(due, finalized, now, days=days, refreshed_days=refreshed)
    basis = due if due is not None else finalized if finalized is not None else now
    assert expires > now
    assert expires in (basis + days * DAY, now + refreshed * DAY)


@given(now=MOMENTS, minutes=st.integers(1, 180), back=st.integers(0, HOUR))
def test_a_clock_that_is_set_back_ends_nothing_early(now: int, minutes: int, back: int) -> None:
    """It prolongs what is there by as much as it was set back, and no more."""
    expires = session_expiry(now, minutes)
    assert expires - now == minutes * 60
    assert row(expires).state(now - back) == "active"
    assert row(refreshed_expiry(now, days=60)).state(now - back) == "active"


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Pacific/Kiritimati", "Australia/Lord_Howe"])
@pytest.mark.parametrize("due", ["2028-01-30", "2028-02-29", "2026-03-01", "2026-10-20", "2026-12-31"])
def test_thirty_days_are_thirty_times_twenty_four_hours_in_every_zone(
    monkeypatch: pytest.MonkeyPatch, zone: str, due: str
) -> None:
    """Over the change to summer time and over a leap day too: the machine's zone and the merchant's play no part."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        moment = int(datetime.fromisoformat(due).replace(tzinfo=ZoneInfo(zone)).timestamp())
        expires = link_expiry(moment, None, moment, days=30, refreshed_days=60)
        assert datetime.fromtimestamp(expires, UTC) - datetime.fromtimestamp(moment, UTC) == timedelta(days=30)
    finally:
        monkeypatch.undo()
        os.environ.setdefault("TZ", "")
        if not os.environ["TZ"]:
            del os.environ["TZ"]
        time.tzset()


@pytest.mark.parametrize("minutes", [0, 181, -5, 1.0, True, None, "5"])
def test_minutes_that_cannot_be_are_refused(minutes: object) -> None:
    with pytest.raises(ValueError, match="from 1 to 180"):
        session_expiry(0, minutes)  # type: ignore[arg-type]


@given(generation=st.integers(1, 9), current=st.integers(1, 9), revoked=st.booleans(), late=st.booleans())
def test_a_session_is_good_in_its_own_generation_only(generation: int, current: int, revoked: bool, late: bool) -> None:
    values = dict.fromkeys(SessionRow.__slots__)
    values |= {"generation": generation, "current": current, "expires_at": 100, "revoked_at": 5 if revoked else None}
    state = SessionRow(**values).state(100 if late else 99)  # type: ignore[arg-type]
    assert (state == "active") == (generation == current and not revoked and not late)
