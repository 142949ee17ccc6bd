"""The rules of time: until when a link or a session is good. All in UTC seconds, so that no zone plays a part."""

from __future__ import annotations

from typing import Final

DAY: Final = 24 * 60 * 60
LEAST_SESSION_MINUTES: Final = 1
MOST_SESSION_MINUTES: Final = 180
DEFAULT_SESSION_MINUTES: Final = 60


def link_expiry(due_date: int | None, finalized_at: int | None, now: int, *, days: int, refreshed_days: int) -> int:
    """When a new link to an invoice expires: ``days`` after the due date, or after finalisation where there is none.

    An invoice for which that moment is past gets what a refresh gives, since a link that is dead from the start is of
    no use to anybody.
    """
    basis = due_date if due_date is not None else finalized_at
    expires = (basis if basis is not None else now) + days * DAY
    return expires if expires > now else refreshed_expiry(now, days=refreshed_days)


def refreshed_expiry(now: int, *, days: int) -> int:
    """When a refreshed link expires."""
    return now + days * DAY


def session_expiry(now: int, minutes: int) -> int:
    """When a portal session expires. Raises ``ValueError`` for anything but 1 to 180 whole minutes."""
    whole = isinstance(minutes, int) and not isinstance(minutes, bool)
    if not whole or not LEAST_SESSION_MINUTES <= minutes <= MOST_SESSION_MINUTES:
        raise ValueError(f"expires_in_minutes must be from {LEAST_SESSION_MINUTES} to {MOST_SESSION_MINUTES}")
    return now + minutes * 60
