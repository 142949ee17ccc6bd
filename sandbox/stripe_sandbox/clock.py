"""The sandbox's time, which tests and demos move."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Clock:
    """UTC seconds. Real time until it is set; a set clock stands still until it is moved again."""

    def __init__(self, now: int | None = None) -> None:
        self._fixed = now
        self._offset = 0
        self._account_now: int | None = None
        self._on_move: Callable[[], None] = lambda: None

    @property
    def now(self) -> int:
        """The present moment, in UTC seconds."""
        return self._fixed if self._fixed is not None else int(time.time()) + self._offset

    @property
    def account_now(self) -> int:
        """The account's own time, in UTC seconds, even where something is done in a test clock's time."""
        return self.now if self._account_now is None else self._account_now

    @property
    def is_fixed(self) -> bool:
        """Whether the clock stands still."""
        return self._fixed is not None

    def state(self) -> tuple[int | None, int]:
        """The moment at which it stands, if it does; and by how many seconds it is ahead of real time."""
        return self._fixed, self._offset

    def resume(self, fixed: int | None, offset: int) -> None:
        """Go on from a state, doing nothing that is due."""
        self._fixed, self._offset = fixed, offset

    def on_move(self, action: Callable[[], None]) -> None:
        """Call `action` after each move: what fell due in between is done then."""
        self._on_move = action

    def set(self, moment: int) -> None:
        """Stop the clock at `moment` (UTC seconds) and do what falls due until then."""
        self._fixed = moment
        self._on_move()

    def advance(self, seconds: int) -> None:
        """Move on by `seconds` and do, in order, what falls due on the way. Backwards is refused."""
        if seconds < 0:
            raise ValueError("the clock only advances; use set() to go back")
        if self._fixed is None:
            self._offset += seconds
        else:
            self._fixed += seconds
        self._on_move()

    @contextmanager
    def at(self, moment: int) -> Iterator[None]:
        """Within the block it is `moment`: used for work that fell due in the past."""
        before = self._fixed
        self._fixed = moment
        try:
            yield
        finally:
            self._fixed = before

    @contextmanager
    def elsewhere(self, moment: int) -> Iterator[None]:
        """Within the block it is `moment` by a test clock; the account's time goes on."""
        before, self._account_now = self._account_now, self.account_now
        try:
            with self.at(moment):
                yield
        finally:
            self._account_now = before
