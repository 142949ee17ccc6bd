"""How a resource describes itself: its routes, what can be expanded, how it is shown, its jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from stripe_sandbox import paging, test_clocks
from stripe_sandbox.errors import invalid, missing
from stripe_sandbox.http import Json
from stripe_sandbox.parameters import Fields, Integer, Reference, Text

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox
    from stripe_sandbox.store import Store


@dataclass(frozen=True, slots=True)
class Link:
    """The field holds the id (or ids) of objects of these kinds; expanding puts the objects there."""

    kinds: tuple[str, ...]

    def __init__(self, *kinds: str) -> None:
        object.__setattr__(self, "kinds", kinds)


@dataclass(frozen=True, slots=True)
class Embedded:
    """The field holds objects of a kind (or a list object of them) already; expansion goes on inside."""

    kind: str


@dataclass(frozen=True, slots=True)
class Included:
    """The field is absent unless it is expanded; `build` makes its value."""

    build: Callable[[Sandbox, Json], object]
    kind: str | None = None


ABSENT = object()
"""What `Included.build` returns where an object lacks the field altogether."""
Expandable: TypeAlias = Link | Embedded | Included


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint. `{names}` in the path are ids. Each answers with a stored object or a list."""

    method: Literal["GET", "POST", "DELETE"]
    path: str
    run: Callable[[Call], Json]
    params: Fields = field(default_factory=dict)
    permission: str | None = None
    """Only where it is not the resource's own: see `Resource.permission`."""
    rehearsed: bool = False
    """What it does is undone when it has answered: a preview."""
    publishable: frozenset[str] | None = None
    """The parameters that a publishable key may send; None where only secret keys may call it."""


@dataclass(frozen=True, slots=True)
class Resource:
    """Everything that the sandbox needs to know of one kind of object."""

    kind: str
    """The value of the objects' `object` field."""
    permission: str
    """What restricted keys call it: a GET needs `rak_<permission>_read`, all else `…_write`."""
    routes: tuple[Route, ...] = ()
    noun: str | None = None
    """What Stripe calls it in `No such …`; the kind unless it differs."""
    missing_param: str | None = None
    """The `param` of that error; the name in the path unless it differs."""
    indexed: Sequence[str] = ()
    """Fields that lists filter on often; the store is told when one changes."""
    expandable: Mapping[str, Expandable] = field(default_factory=dict)
    """By field; dotted for fields of inner hashes."""
    show: Callable[[Sandbox, Json], Json] | None = None
    """Makes the public object where it is more than the stored one without its private notes."""
    reactions: Mapping[str, Callable[[Sandbox, Json], None]] = field(default_factory=dict)
    """What it does when something happens elsewhere, by Stripe's event names: `invoice.paid`."""
    jobs: Mapping[str, Callable[[Sandbox, str], None]] = field(default_factory=dict)
    """What the agenda can be told to do with an object of this kind later."""


LISTING: Fields = {
    "limit": Integer(1, 100),
    "starting_after": Text(clearable=False),
    "ending_before": Text(clearable=False),
}
"""What every list takes."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request on its way through a route: what was asked for, and where to look it up."""

    sandbox: Sandbox
    path: Mapping[str, str]
    """The ids in the path, by name."""
    params: Json
    """What was sent, read and checked; a cleared parameter is None."""
    url: str
    """The path as it was asked for."""
    version: str = ""
    """The API version that the client asked for, if it did."""

    @property
    def store(self) -> Store:
        """All objects."""
        return self.sandbox.store

    @property
    def now(self) -> int:
        """The sandbox's time in UTC seconds."""
        return self.sandbox.clock.now

    def named(self, kind: str, name: str | None = None) -> Json:
        """The object that the path names. Raises 404 where it is not there."""
        name = name or kind
        found = self.store.get(kind, self.path[name])
        if found is None:
            resource = self.sandbox.resources[kind]
            raise missing(resource.noun or kind, self.path[name], param=resource.missing_param or name)
        return found

    def living(self, kind: str, name: str | None = None) -> Json:
        """The object that the path names, unless it was deleted. Raises 404 or, for what was deleted, 400."""
        found = self.named(kind, name)
        if found.get("deleted"):
            raise invalid(f"No such {kind}: '{found['id']}'", "id", "resource_missing")
        return found

    def given(self, kind: str, name: str) -> Json | None:
        """The object whose id a parameter gave, if one did; its reading has checked that it is there."""
        id = self.params.get(name)
        return None if id is None else self.store[kind, id]

    def page(
        self, kind: str, where: Mapping[str, Any] | None = None, keep: Callable[[Json], bool] | None = None
    ) -> Json:
        """The page of a kind's objects, newest first, that `limit` and the cursors ask for."""
        table = self.store.table(kind)
        if not test_clocks.is_asked_for(self.params, self.path):
            keep = _both(keep, lambda item: test_clocks.clock_of(self.store, item) is None)
        where = {name: value for name, value in (where or {}).items() if value is not None}
        noun = self.sandbox.resources[kind].noun or kind

        def older(id: str | None) -> Iterator[Json]:
            return filter(keep, table.newest(where, after=id))

        def newer(id: str) -> Iterator[Json]:
            return filter(keep, table.nearest_newer(where, before=id))

        source = paging.Source(noun, lambda id: table.get(id) is not None, older, newer)
        return paging.page(source, self.params, self.url)

    def page_of(self, items: Sequence[Json], noun: str) -> Json:
        """The page of objects that stand in an order of their own, such as an invoice's lines."""
        return paging.page(paging.sequence(items, noun), self.params, self.url)


def _both(first: Callable[[Json], bool] | None, second: Callable[[Json], bool]) -> Callable[[Json], bool]:
    return second if first is None else lambda item: first(item) and second(item)


def chosen(params: Json, *names: str) -> Json:
    """Those of the parameters that were sent."""
    return {name: params[name] for name in names if name in params}


def merged(metadata: Mapping[str, str], sent: Mapping[str, str] | None) -> dict[str, str]:
    """Metadata after an update: None drops all, an empty value drops a key, the rest is merged in."""
    if sent is None:
        return {}
    return {key: value for key, value in {**metadata, **sent}.items() if value != ""}


def in_range(value: int | None, asked: object) -> bool:
    """Whether a moment is the one, or within the range, that a list's parameter asks for."""
    if asked is None:
        return True
    if value is None:
        return False
    if not isinstance(asked, dict):
        return value == asked
    tests = {"gt": value.__gt__, "gte": value.__ge__, "lt": value.__lt__, "lte": value.__le__}
    return all(tests[name](bound) for name, bound in asked.items())


CUSTOMER = Reference(to="customer")
"""A parameter that names a customer."""
