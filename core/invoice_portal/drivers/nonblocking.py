"""The driver for FastAPI and for Django's async views: it never holds up the event loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial
from inspect import isawaitable, iscoroutinefunction
from typing import TYPE_CHECKING, Any, TypeVar, assert_never
from weakref import WeakKeyDictionary

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
from invoice_portal.errors import PortalError
from invoice_portal.settings import PortalSettings

if TYPE_CHECKING:
    import stripe

T = TypeVar("T")


class NonBlockingDriver:
    """Runs programs on the running event loop; each loop has a client of its own, closed by :meth:`close`."""

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
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, tuple[stripe.StripeClient, stripe.HTTPClient]]
        self._clients = WeakKeyDictionary()

    async def run(self, program: Program[T]) -> T:
        """The program's result. What it raises passes through; what it awaits must be an effect."""
        step: Callable[[], Work] = partial(program.send, None)
        try:
            while True:
                work = step()
                try:
                    step = partial(program.send, await self._perform(work))
                except BaseException as error:  # a cancelled request must reach the program's ``finally``
                    step = partial(program.throw, error)
        except StopIteration as done:
            value: T = done.value
            return value
        finally:
            program.close()

    async def close(self) -> None:
        """Close the running loop's connections: at shutdown, or where a loop lives for one request only."""
        if entry := self._clients.pop(asyncio.get_running_loop(), None):
            await entry[1].close_async()  # type: ignore[no-untyped-call]

    async def _perform(self, work: Work) -> object:
        match work:
            case StripeCall():
                return await self._call(work)
            case Together(calls, seconds):
                return tuple(await asyncio.gather(*(self._within(call, seconds) for call in calls)))
            case Query():
                return await self._database.aside(partial(self._database.execute, work))
            case Atomic():
                return await self._database.aside(partial(self._database.atomically, work))
            case HostCall(function, argument):
                return await _call_host(function, argument)
            case Count(limit, key, add):
                if self._counter.local:
                    return self._counter.wait(limit, key, add=add)
                return await asyncio.to_thread(self._counter.wait, limit, key, add=add)
            case Now():
                return int(self._clock())
            case _:
                assert_never(work)

    async def _within(self, call: StripeCall[Any], seconds: float | None) -> Outcome[Any]:
        if seconds is None:
            return await self._outcome(call)
        try:
            return await asyncio.wait_for(self._outcome(call), seconds)
        except TimeoutError:
            return too_late(call, seconds)

    async def _outcome(self, call: StripeCall[Any]) -> Outcome[Any]:
        try:
            return Ok(await self._call(call))
        except PortalError as error:
            return Failed(error)

    async def _call(self, call: StripeCall[T]) -> T:
        try:
            data = data_of(await self._client().raw_request_async(call.method, call.path, **call.sent))
        except Exception as error:
            raise explain(call, error) from error
        return read_answer(call, data)

    def _client(self) -> stripe.StripeClient:
        loop = asyncio.get_running_loop()
        if loop not in self._clients:
            self._clients[loop] = self._make_client()
        return self._clients[loop][0]

    def _make_client(self) -> tuple[stripe.StripeClient, stripe.HTTPClient]:
        from invoice_portal.drivers.loop_client import LoopClient

        seconds = self._settings.stripe_timeout
        http_client = LoopClient(min(CONNECT_SECONDS, seconds), seconds)
        return make_client(self._settings, http_client), http_client


async def _call_host(function: Callable[[Any], object], argument: object) -> object:
    """A coroutine function on the loop, anything else in a thread: it may send a mail."""
    answer = function(argument) if iscoroutinefunction(function) else await asyncio.to_thread(function, argument)
    return await answer if isawaitable(answer) else answer
