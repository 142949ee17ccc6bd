"""What is to happen at a later time: renewals, finalisations, retries."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, order=True)
class Job:
    """One appointment: `name` is a job that a resource declares, `id` the object that it is about."""

    due: int
    order: int
    name: str = field(compare=False)
    id: str = field(compare=False)


class Agenda:
    """Jobs by due time; those of one moment in the order in which they were added.

    Each test clock has an agenda of its own, by the clock's id; None is the account's.
    """

    def __init__(self) -> None:
        self._jobs: defaultdict[str | None, list[Job]] = defaultdict(list)
        self._clock: str | None = None
        self._order = 0

    @contextmanager
    def of_clock(self, clock: str) -> Iterator[None]:
        """Within the block, jobs are entered for a test clock."""
        before, self._clock = self._clock, clock
        try:
            yield
        finally:
            self._clock = before

    def add(self, due: int, name: str, id: str) -> None:
        """Enter a job for `due` (UTC seconds). A job checks for itself whether it still applies."""
        self._order += 1
        heapq.heappush(self._jobs[self._clock], Job(due, self._order, name, id))

    def jobs(self) -> list[tuple[str | None, Job]]:
        """Every job, with the test clock that it is for."""
        return [(clock, job) for clock, jobs in self._jobs.items() for job in jobs]

    def put_back(self, clock: str | None, job: Job) -> None:
        """Enter a job as it was."""
        self._order = max(self._order, job.order)
        heapq.heappush(self._jobs[clock], job)

    def mark(self) -> int:
        """A mark to go back to."""
        return self._order

    def forget_since(self, mark: int) -> None:
        """Drop the jobs that were entered after a mark."""
        for clock, jobs in self._jobs.items():
            self._jobs[clock] = [job for job in jobs if job.order <= mark]
            heapq.heapify(self._jobs[clock])

    def next_due(self, now: int, clock: str | None = None) -> Job | None:
        """Take out the earliest job that is due by `now`, if there is one: the account's or a test clock's."""
        jobs = self._jobs.get(clock)
        if jobs and jobs[0].due <= now:
            return heapq.heappop(jobs)
        return None
