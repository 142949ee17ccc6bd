"""Performs the deliveries that `webhooks` decides on, with aiohttp, in the event loop of the server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, Self

from aiohttp import ClientError, ClientSession, ClientTimeout

from stripe_sandbox.events.webhooks import Delivery, Webhooks

_LONGEST_NAP = 60.0
"""Seconds after which the clock is looked at again, since it may be moved without anybody saying so."""


class Courier:
    """Delivers for as long as it is entered: `async with Courier(sandbox.webhooks): …`."""

    def __init__(self, webhooks: Webhooks) -> None:
        self._webhooks = webhooks
        self._work = asyncio.Event()
        self._under_way: set[asyncio.Task[tuple[int | None, str | None]]] = set()

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._session = ClientSession()
        self._webhooks.on_work(lambda: _call(loop, self._work.set))
        self._round = asyncio.create_task(self._go_round())
        return self

    async def __aexit__(self, *exception: object) -> None:
        self._webhooks.on_work(None)
        tasks: list[asyncio.Task[Any]] = [self._round, *self._under_way]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._session.close()

    async def _go_round(self) -> None:
        while True:
            self._work.clear()
            for delivery in self._webhooks.take(int(time.time())):
                task = asyncio.create_task(self._perform(delivery))
                self._under_way.add(task)
                task.add_done_callback(partial(self._report, delivery))
            await self._nap(self._webhooks.seconds_until_next())

    async def _nap(self, pause: float | None) -> None:
        """Wait for work, or until something is due. No `wait_for`: before Python 3.12 it can swallow a cancellation."""
        nap = _LONGEST_NAP if pause is None else min(pause, _LONGEST_NAP)
        alarm = asyncio.get_running_loop().call_later(nap, self._work.set)
        try:
            await self._work.wait()
        finally:
            alarm.cancel()

    async def _perform(self, delivery: Delivery) -> tuple[int | None, str | None]:
        """The status of the answer, or why there was none."""
        try:
            async with self._session.post(
                delivery.url,
                data=delivery.body,
                headers=dict(delivery.headers),
                allow_redirects=False,
                timeout=ClientTimeout(total=delivery.timeout),
            ) as answer:
                await answer.read()
                return answer.status, None
        except (ClientError, OSError, TimeoutError, ValueError) as problem:
            return None, f"{type(problem).__name__}: {problem}"

    def _report(self, delivery: Delivery, task: asyncio.Task[tuple[int | None, str | None]]) -> None:
        self._under_way.discard(task)
        status, error = (None, "The server was stopped.") if task.cancelled() else task.result()
        self._webhooks.report(delivery, status, error)


def _call(loop: asyncio.AbstractEventLoop, action: Callable[[], None]) -> None:
    """Do something in the loop, from whatever thread; one that is closed has nothing left to do."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(action)
