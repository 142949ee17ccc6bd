"""The driver for Flask and for Django's sync views: it waits for each answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from functools import cached_property, partial
from inspect import isawaitable, iscoroutine
from typing import TYPE_CHECKING, Any, Final, TypeVar, assert_never

from invoice_portal.drivers.bodies import data_of
from invoice_portal.drivers.counting import Counter, make_counter
from invoice_portal.drivers.database import Database, make_database
from invoice_portal.drivers.stripe_client import CONNECT_SECONDS, explain, make_client, read_answer
from invoice_portal.effects import (
    Atomic,
    Count,
    Failed,
    HostCall,
    Now,
    Ok,
    Outcome,
    Program,
    Query,
    StripeCall,
    Together,
    Work,
    too_late,
)
from invoice_portal.errors import ConfigurationError, PortalError
from invoice_portal.settings import PortalSettings

if TYPE_CHECKING:
    import stripe

T = TypeVar("T")

_POOL: Final = 32
"""Connections and threads: Stripe's own limit for an account is a hundred requests a second."""


class BlockingDriver:
    """Runs programs in the calling thread; calls made together run on a bounded pool of threads.

    One driver serves all threads of a process. The pool runs leaf calls only, so it cannot wait for itself.
    """

    def __init__(
        self,
        settings: PortalSettings,
        database: Database | None = None,
        counter: Counter | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._database = database or make_database(settings)
        self._counter = counter or make_counter(settings)
        self._clock = clock
        self._start = threading.Lock()

    def run(self, program: Program[T]) -> T:
        """The program's result. What it raises passes through; what it awaits must be an effect."""
        step: Callable[[], Work] = partial(program.send, None)
        try:
            while True:
                work = step()
                try:
                    step = partial(program.send, self._perform(work))
                except Exception as error:
                    step = partial(program.throw, error)
        except StopIteration as done:
            value: T = done.value
            return value
        finally:
            program.close()

    def _perform(self, work: Work) -> object:
        match work:
            case StripeCall():
                return self._call(work)
            case Together(calls, seconds):
                return self._together(calls) if seconds is None else self._within(calls, seconds)
            case Query():
                return self._database.execute(work)
            case Atomic():
                return self._database.atomically(work)
            case HostCall(function, argument):
                return _call_host(function, argument)
            case Count(limit, key, add):
                return self._counter.wait(limit, key, add=add)
            case Now():
                return int(self._clock())
            case _:
                assert_never(work)

    def _together(self, calls: Sequence[StripeCall[Any]]) -> tuple[Outcome[Any], ...]:
        """The calling thread makes the first call itself: one thread switch less for each page."""
        waiting = [self._submit(call) for call in calls[1:]]
        return (self._outcome(calls[0]), *(future.result() for future in waiting)) if calls else ()

    def _submit(self, call: StripeCall[Any]) -> Future[Outcome[Any]]:
        return self._pool.submit(copy_context().run, self._outcome, call)

    def _within(self, calls: Sequence[StripeCall[Any]], seconds: float) -> tuple[Outcome[Any], ...]:
        """What is answered in time. A late call ends by its own timeout; one that still waits for a thread, now."""
        futures = [self._submit(call) for call in calls]
        done, late = wait(futures, timeout=seconds)
        for future in late:
            future.cancel()
        return tuple(
            future.result() if future in done else too_late(call, seconds)
            for future, call in zip(futures, calls, strict=True)
        )

    def _outcome(self, call: StripeCall[Any]) -> Outcome[Any]:
        try:
            return Ok(self._call(call))
        except PortalError as error:
            return Failed(error)

    def _call(self, call: StripeCall[T]) -> T:
        try:
            data = data_of(self._client.raw_request(call.method, call.path, **call.sent))
        except Exception as error:
            raise explain(call, error) from error
        return read_answer(call, data)

    @property
    def _client(self) -> stripe.StripeClient:
        with self._start:
            return self._made_client

    @cached_property
    def _made_client(self) -> stripe.StripeClient:
        from invoice_portal.drivers.pooled_client import PooledClient

        seconds = self._settings.stripe_timeout
        base = self._settings.stripe_api_base
        return make_client(self._settings, PooledClient(base, min(CONNECT_SECONDS, seconds), seconds, _POOL))

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(_POOL, thread_name_prefix="invoice-portal")


def _call_host(function: Callable[[Any], object], argument: object) -> object:
    answer = function(argument)
    if isawaitable(answer):
        if iscoroutine(answer):
            answer.close()
        raise ConfigurationError(f"{function!r} is async: it needs FastAPI or Django's async views.")
    return answer
