"""What is to happen at a later time: renewals, finalisations, retries."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, order=True)
class Job:
    """One appointment: `name` is a job that a resource declares, `id` the object that it is about."""

    due: int
    order: int
    name: str = field(compare=False)
    id: str = field(compare=False)


class Agenda:
    """Jobs by due time; those of one moment in the order in which they were added."""

    def __init__(self) -> None:
        self._jobs: list[Job] = []
        self._order = 0

    def add(self, due: int, name: str, id: str) -> None:
        """Enter a job for `due` (UTC seconds). A job checks for itself whether it still applies."""
        self._order += 1
        heapq.heappush(self._jobs, Job(due, self._order, name, id))

    def mark(self) -> int:
        """A mark to go back to."""
        return self._order

    def forget_since(self, mark: int) -> None:
        """Drop the jobs that were entered after a mark."""
        self._jobs = [job for job in self._jobs if job.order <= mark]
        heapq.heapify(self._jobs)

    def next_due(self, now: int) -> Job | None:
        """Take out the earliest job that is due by `now`, if there is one."""
        if self._jobs and self._jobs[0].due <= now:
            return heapq.heappop(self._jobs)
        return None
