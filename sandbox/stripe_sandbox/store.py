"""All objects of the account, by id, newest first, and by the fields that lists filter on."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

from stripe_sandbox.http import Json
from stripe_sandbox.journal import Journal, thawed

Place: TypeAlias = tuple[int, int, str]
"""Where an object stands in lists: minus its creation time, minus its sequence number, its id."""

EVERYTHING = ("*", "*")
"""Stands for all objects among those that were touched."""


class Table:
    """The objects of one kind. `indexed` are fields by which they are looked up often."""

    def __init__(self, indexed: Sequence[str] = ()) -> None:
        self._objects: dict[str, Json] = {}
        self._places: dict[str, Place] = {}
        self._order: list[Place] = []
        self._by_field: dict[str, dict[Any, list[Place]]] = {name: defaultdict(list) for name in indexed}
        self._values: dict[str, dict[str, Any]] = {}
        self._sequence = 0

    def __len__(self) -> int:
        return len(self._objects)

    def add(self, item: Json) -> None:
        """Enter a new object, newest first by `created`, then by entry."""
        self._sequence += 1
        created: int = item.get("created") or item.get("date") or 0
        place = (-created, -self._sequence, item["id"])
        self._objects[item["id"]] = item
        self._places[item["id"]] = place
        insort(self._order, place)
        self._enter(item, place)

    def reindex(self, item: Json) -> None:
        """Look up an object under its present values, after an indexed field has changed."""
        place = self._places[item["id"]]
        self._leave(item["id"], place)
        self._enter(item, place)

    def get(self, id: str) -> Json | None:
        """The object with this id."""
        return self._objects.get(id)

    def oldest(self) -> Json | None:
        """The object that lists show last."""
        return self._objects[self._order[-1][2]] if self._order else None

    def remove(self, id: str) -> Place:
        """Forget an object; answers where it stood."""
        place = self._places.pop(id)
        del self._objects[id]
        del self._order[bisect_left(self._order, place)]
        self._leave(id, place)
        return place

    def put_back(self, item: Json, place: Place) -> None:
        """Enter an object where it stood before."""
        self._objects[item["id"]] = item
        self._places[item["id"]] = place
        insort(self._order, place)
        self._enter(item, place)
        self._sequence = max(self._sequence, -place[1])

    def place(self, id: str) -> Place:
        """Where an object stands."""
        return self._places[id]

    def newest(self, where: Mapping[str, Any], *, after: str | None = None) -> Iterator[Json]:
        """Objects whose fields equal `where`, newest first, beginning after (older than) an id."""
        places = self._narrowest(where)
        start = 0 if after is None else bisect_right(places, self._places[after])
        for at in range(start, len(places)):
            item = self._objects[places[at][2]]
            if _matches(item, where):
                yield item

    def nearest_newer(self, where: Mapping[str, Any], *, before: str) -> Iterator[Json]:
        """Objects that stand before (are newer than) an id, the nearest to it first."""
        places = self._narrowest(where)
        for at in range(bisect_left(places, self._places[before]) - 1, -1, -1):
            item = self._objects[places[at][2]]
            if _matches(item, where):
                yield item

    def _narrowest(self, where: Mapping[str, Any]) -> list[Place]:
        usable = [self._by_field[name].get(value, []) for name, value in where.items() if name in self._by_field]
        return min(usable, key=len) if usable else self._order

    def _enter(self, item: Json, place: Place) -> None:
        values = {name: item.get(name) for name in self._by_field}
        self._values[item["id"]] = values
        for name, value in values.items():
            insort(self._by_field[name][value], place)

    def _leave(self, id: str, place: Place) -> None:
        for name, value in self._values.pop(id).items():
            places = self._by_field[name][value]
            del places[bisect_left(places, place)]


class Store:
    """The tables by kind of object. Objects are the JSON that Stripe answers, with ids unexpanded.

    Keys that begin with an underscore are the sandbox's own notes; they never leave it. `touched` is None, or else
    collects the kind and id of all that may have changed, for who writes it down.
    """

    def __init__(self, indexed: Mapping[str, Sequence[str]]) -> None:
        self._tables: dict[str, Table] = defaultdict(Table)
        for kind, fields in indexed.items():
            self._tables[kind] = Table(fields)
        self._graves: dict[tuple[str, str], Json] = {}
        self._journal: Journal | None = None
        self.touched: set[tuple[str, str]] | None = None

    def kinds(self) -> list[str]:
        """The kinds of which there are tables."""
        return list(self._tables)

    def graves(self) -> list[tuple[str, str]]:
        """What was buried, by kind and id."""
        return list(self._graves)

    def put_grave(self, kind: str, id: str) -> None:
        """Enter that an object was deleted, without there having been one."""
        self._graves[kind, id] = {"id": id, "object": kind, "deleted": True}

    def table(self, kind: str) -> Table:
        """The objects of one kind."""
        return self._tables[kind]

    def add(self, item: Json) -> Json:
        """Enter a new object under its own `object` and `id`."""
        self._tables[item["object"]].add(item)
        self._touch(item)
        if self._journal is not None:
            self._journal.added.append(item)
        return item

    def get(self, kind: str, id: str) -> Json | None:
        """The object of a kind with this id, if there is one; what stands for it if it was buried."""
        found = self._tables[kind].get(id)
        if found is None:
            return self._graves.get((kind, id))
        return found if self._journal is None else self._journal.look(found)

    def __getitem__(self, key: tuple[str, str]) -> Json:
        """The object of a kind that must be there: `store["invoice", "in_1…"]`."""
        found = self.get(*key)
        if found is None:
            raise KeyError(key)
        return found

    def all(self, kind: str, **where: Any) -> list[Json]:
        """Every object of a kind whose fields equal `where`, newest first."""
        found = list(self._tables[kind].newest(where))
        if self._journal is not None:
            for item in found:
                self._journal.look(item)
        return found

    def reindex(self, item: Json) -> None:
        """To be called when a field that its resource indexes has changed."""
        self._tables[item["object"]].reindex(item)

    def remove(self, item: Json) -> None:
        """Forget an object."""
        place = self._tables[item["object"]].remove(item["id"])
        self._touch(item)
        if self._journal is not None:
            self._journal.removed.append((item, place))

    def bury(self, item: Json) -> Json:
        """Take an object out of all lists; by its id one still finds that it was deleted."""
        self.remove(item)
        grave = {"id": item["id"], "object": item["object"], "deleted": True}
        self._graves[item["object"], item["id"]] = grave
        if self._journal is not None:
            self._journal.buried.append((item["object"], item["id"]))
        return grave

    @property
    def journal(self) -> Journal | None:
        """What the present change has touched so far; None between changes."""
        return self._journal

    @contextmanager
    def all_or_nothing(self, refused: Callable[[BaseException], bool]) -> Iterator[Journal]:
        """Within the block, an exception that counts as refusal undoes all that was done to objects."""
        journal = self._journal = Journal()
        try:
            yield journal
        except BaseException as error:
            if refused(error):
                self._undo(journal)
            raise
        finally:
            self._touch_seen(journal)
            self._journal = None

    def touch_all(self) -> None:
        """Everything may have changed, and what was there may be gone."""
        if self.touched is not None:
            self.touched.add(EVERYTHING)

    def _touch(self, item: Json) -> None:
        if self.touched is not None:
            self.touched.add((item["object"], item["id"]))

    def _touch_seen(self, journal: Journal) -> None:
        if self.touched is not None:
            self.touched.update((item["object"], item["id"]) for item, _ in journal.seen.values())

    def _undo(self, journal: Journal) -> None:
        self._journal = None
        for key in journal.buried:
            del self._graves[key]
        for item, place in reversed(journal.removed):
            self._tables[item["object"]].put_back(item, place)
        for item in reversed(journal.added):
            self._tables[item["object"]].remove(item["id"])
        for item, before in journal.seen.values():
            item.clear()
            item.update(thawed(before))
            if self._tables[item["object"]].get(item["id"]) is not None:
                self.reindex(item)


def _matches(item: Json, where: Mapping[str, Any]) -> bool:
    return all(item.get(name) == value for name, value in where.items())
