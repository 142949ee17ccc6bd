"""What a call has touched, so that one that is refused leaves nothing behind."""

from __future__ import annotations

from typing import Any

from stripe_sandbox.http import Json


class Journal:
    """Copies of the objects that were looked at, as they were; what was added; what was removed, with its place."""

    def __init__(self) -> None:
        self.seen: dict[int, tuple[Json, Json]] = {}
        self.added: list[Json] = []
        self.removed: list[tuple[Json, Any]] = []
        self.buried: list[tuple[str, str]] = []

    def look(self, item: Json) -> Json:
        """Remember an object as it is, before it may be changed; returns the object itself."""
        if id(item) not in self.seen:
            self.seen[id(item)] = (item, _copy(item))
        return item


def _copy(value: Any) -> Any:
    """A deep copy of JSON; much faster than `copy.deepcopy`."""
    if isinstance(value, dict):
        return {key: _copy(item) if isinstance(item, dict | list) else item for key, item in value.items()}
    return [_copy(item) if isinstance(item, dict | list) else item for item in value]
