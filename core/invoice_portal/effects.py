"""What the core wants done, as data.

A use case is an ``async def`` *program*. It never awaits an event loop: it awaits an :class:`Effect`, a frozen
description of one piece of work, and one of the two drivers (:mod:`invoice_portal.drivers`) does that work, blocking or
not, and sends the result back in. So the logic is written once, and a test can step a program by hand without any I/O.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Generic, Literal, TypeAlias, TypeVar, overload

from invoice_portal.errors import PortalError, StripeUnavailable

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")

Program: TypeAlias = Coroutine[Any, Any, T]
Json: TypeAlias = Any


class Effect(Generic[T_co]):
    """A piece of work; awaiting it hands it to the driver and gives its result."""

    __slots__ = ()

    def __await__(self) -> Generator[Effect[Any], Any, T_co]:
        result: T_co = yield self
        return result


@dataclass(frozen=True, slots=True)
class StripeCall(Effect[T_co]):
    """One HTTP call to Stripe and how to read its answer.

    ``path`` begins with ``/v1/``; every id in it was checked by :mod:`invoice_portal.stripe_api.ids`. Where something
    is changed, Stripe does it once for one ``idempotency_key`` (docs.stripe.com/api/idempotent_requests), and answers
    the same again for a day; without one only the package's own second try is safe.
    """

    method: Literal["get", "post", "delete"]
    path: str
    parse: Callable[[Json], T_co]
    params: Mapping[str, object] = field(default_factory=dict)
    idempotency_key: str = ""

    @property
    def sent(self) -> dict[str, object]:
        """The parameters and options as the ``stripe`` package takes them."""
        return {**self.params, **({"idempotency_key": self.idempotency_key} if self.idempotency_key else {})}


@dataclass(frozen=True, slots=True)
class Ok(Generic[T_co]):
    """A call of a :class:`Together` that was answered."""

    value: T_co


@dataclass(frozen=True, slots=True)
class Failed:
    """A call of a :class:`Together` that failed; the others stand."""

    error: PortalError


Outcome: TypeAlias = Ok[T] | Failed


@dataclass(frozen=True, slots=True)
class Together(Effect[T_co]):
    """Independent calls to Stripe, in flight at the same time; each may fail alone.

    ``seconds`` is how long all of them are waited for: one that has not been answered by then has failed.
    """

    calls: tuple[StripeCall[Any], ...]
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Query(Effect[T_co]):
    """One SQL statement, by its name in :mod:`invoice_portal.store.statements`, in a transaction of its own.

    ``read`` is given the rows of its answer, as mappings. The name, and not the statement, so that nothing imports
    SQLAlchemy before a database is really asked: it costs as much as the rest of the portal.
    """

    statement: str
    params: Mapping[str, object]
    read: Callable[[Sequence[Mapping[str, Any]]], T_co]


@dataclass(frozen=True, slots=True)
class Atomic(Effect[T_co]):
    """Several queries in one transaction: all of them happen, or none.

    ``program`` awaits queries only. Its first one writes, so that SQLite takes its lock at once and never has to turn
    a reading transaction into a writing one.
    """

    program: Callable[[], Program[T_co]]


@dataclass(frozen=True, slots=True)
class HostCall(Effect[object]):
    """A call of the host's own function, which may be a coroutine function, with one argument; gives its answer.

    The answer can be anything: whoever asks looks at what it is.
    """

    function: Callable[[Any], object]
    argument: object


@dataclass(frozen=True, slots=True)
class Count(Effect[int]):
    """Count one event of ``key`` against ``limit`` (``5/hour``); gives the seconds to wait, 0 where it is allowed.

    With ``add=False`` nothing is counted: whether one more would be allowed.
    """

    limit: str
    key: str
    add: bool = True


@dataclass(frozen=True, slots=True)
class Now(Effect[int]):
    """The time, in UTC seconds, where that of the visit will not do: it began before Stripe and the host were asked."""


Work: TypeAlias = StripeCall[Any] | Together[Any] | Query[Any] | Atomic[Any] | HostCall | Count | Now
"""Every effect that a driver knows how to do: a closed union, matched with ``assert_never``."""


@overload
def together(a: StripeCall[A], b: StripeCall[B], /) -> Together[tuple[Outcome[A], Outcome[B]]]: ...
@overload
def together(
    a: StripeCall[A], b: StripeCall[B], c: StripeCall[C], /
) -> Together[tuple[Outcome[A], Outcome[B], Outcome[C]]]: ...
@overload
def together(
    a: StripeCall[A], b: StripeCall[B], /, *rest: StripeCall[C]
) -> Together[tuple[Outcome[A], Outcome[B], *tuple[Outcome[C], ...]]]: ...
def together(*calls: StripeCall[Any]) -> Together[Any]:
    """Make several calls at once; their outcomes come back in the order of the calls."""
    return Together(calls)


def each(calls: Sequence[StripeCall[T]], seconds: float | None = None) -> Together[tuple[Outcome[T], ...]]:
    """Make any number of calls of one kind at once, and wait for them no longer than ``seconds``."""
    return Together(tuple(calls), seconds)


def too_late(call: StripeCall[Any], seconds: float) -> Failed:
    """What a driver puts in the place of an answer that did not come in time."""
    return Failed(StripeUnavailable(f"{call.method.upper()} {call.path}: no answer within {seconds:g} seconds"))


def answered(outcomes: Iterable[Outcome[T]]) -> list[T]:
    """The values of those calls that succeeded, for a page that stands without the others."""
    return [outcome.value for outcome in outcomes if isinstance(outcome, Ok)]


def needed(outcome: Outcome[T]) -> T:
    """The value of an outcome that a page cannot do without.

    Raises the outcome's own :class:`~invoice_portal.errors.PortalError` where the call failed.
    """
    if isinstance(outcome, Failed):
        raise outcome.error
    return outcome.value


async def in_groups(
    groups: Sequence[Sequence[StripeCall[Any]]], seconds: float | None = None
) -> list[tuple[Outcome[Any], ...]]:
    """Make the calls of several groups, all at once, and give each group its outcomes."""
    calls = [call for group in groups for call in group]
    outcomes = iter(await each(calls, seconds) if calls else ())
    return [tuple(islice(outcomes, len(group))) for group in groups]
