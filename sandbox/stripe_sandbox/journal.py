"""What a call has touched: so that one that is refused leaves nothing behind, and that the others can be told of."""

from __future__ import annotations

import marshal
from typing import Any

from stripe_sandbox.http import Json


class Journal:
    """The objects that were looked at, as they were; what was added; what was removed, with its place."""

    def __init__(self) -> None:
        self.seen: dict[int, tuple[Json, bytes]] = {}
        self.added: list[Json] = []
        self.removed: list[tuple[Json, Any]] = []
        self.buried: list[tuple[str, str]] = []

    def look(self, item: Json) -> Json:
        """Remember an object as it is, before it may be changed; returns the object itself."""
        if id(item) not in self.seen:
            self.seen[id(item)] = (item, frozen(item))
        return item


def frozen(item: Json) -> bytes:
    """An object as it is now, to be compared with or thawed: the quickest of the ways to copy JSON."""
    return marshal.dumps(item, 2)


def thawed(copy: bytes) -> Json:
    """The object that was frozen."""
    item: Json = marshal.loads(copy)
    return item
