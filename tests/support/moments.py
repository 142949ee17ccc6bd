"""The fixed time of the tests: neither the sandbox nor the portal looks at a real clock."""

from datetime import UTC, datetime
from typing import Final

DAY: Final = 24 * 60 * 60


def moment(iso: str) -> int:
    """UTC seconds of ``2026-06-15T12:00`` (or of midnight, for a day)."""
    return int(datetime.fromisoformat(iso).replace(tzinfo=UTC).timestamp())


NOW: Final = moment("2026-06-15T12:00")
