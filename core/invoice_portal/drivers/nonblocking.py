"""The driver for FastAPI and for Django's async views: it never holds up the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, assert_never
from weakref import WeakKeyDictionary

from invoice_portal.drivers.bodies import data_of
from invoice_portal.drivers.stripe_client import CONNECT_SECONDS, explain, make_client, read_answer
from invoice_portal.effects import Failed, Ok, Outcome, Program, StripeCall, Together, Work
from invoice_portal.errors import PortalError
from invoice_portal.settings import PortalSettings

if TYPE_CHECKING:
    import stripe

T = TypeVar("T")


class NonBlockingDriver:
    """Runs programs on the running event loop; each loop has a client of its own, closed by :meth:`close`."""

    def __init__(self, settings: PortalSettings) -> None:
        self._settings = settings
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
            case Together(calls):
                return tuple(await asyncio.gather(*map(self._outcome, calls)))
            case _:
                assert_never(work)

    async def _outcome(self, call: StripeCall[Any]) -> Outcome[Any]:
        try:
            return Ok(await self._call(call))
        except PortalError as error:
            return Failed(error)

    async def _call(self, call: StripeCall[T]) -> T:
        try:
            data = data_of(await self._client().raw_request_async(call.method, call.path, **call.params))
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
