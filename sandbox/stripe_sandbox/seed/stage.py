"""How the stories of the demo account are told: each customer's in its own order, all on one time line.

A story is a generator. It calls the API, then yields the moment (UTC seconds) at which it goes on; in between, the
other stories go on and the sandbox does what falls due: renewals, finalisations, retries.
"""

import heapq
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

from stripe_sandbox.http import Json
from stripe_sandbox.sandbox import Sandbox

HOUR = 3600
DAY = 24 * HOUR
MONTHS = 26
"""How far back the demo account's history goes."""

Story: TypeAlias = Generator[int, None, None]


@dataclass(frozen=True, slots=True)
class Stage:
    """The API, and the time as counted back from the moment at which the demo is opened."""

    sandbox: Sandbox
    today: int
    """Noon UTC of the last full day: a story's times are of a working day, whenever the demo is started."""

    def post(self, path: str, **params: Any) -> Json:
        """Call the API; raises StripeSandboxError where it refuses."""
        return self.sandbox.call("POST", f"/v1/{path}", params)

    def get(self, path: str, **params: Any) -> Json:
        """Read from the API."""
        return self.sandbox.call("GET", f"/v1/{path}", params)

    def ago(self, days: int, hours: int = 0) -> int:
        """So many days back from today's noon, and some hours later."""
        return self.today - days * DAY + hours * HOUR

    def months_ago(self, count: int, days: int = 0) -> int:
        """Months back from ``days`` ago, on the same day of the month (or its 28th, so that every month has it)."""
        day = datetime.fromtimestamp(self.ago(days), UTC)
        months = day.year * 12 + day.month - 1 - count
        back = day.replace(year=months // 12, month=months % 12 + 1, day=min(day.day, 28))
        return int(back.timestamp())


def perform(sandbox: Sandbox, stories: Iterable[Story]) -> None:
    """Tell the stories side by side, the clock going to whichever is next."""
    waiting: list[tuple[int, int, Story]] = []
    for order, story in enumerate(stories):
        heapq.heappush(waiting, (next(story), order, story))
    while waiting:
        moment, order, story = heapq.heappop(waiting)
        sandbox.clock.set(moment)
        following = next(story, None)
        if following is not None:
            heapq.heappush(waiting, (max(following, moment), order, story))
