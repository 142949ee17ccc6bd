"""The sandbox over HTTP with aiohttp: as a command, or in a thread beside the caller. Loopback unless told."""

from __future__ import annotations

import asyncio
import importlib
import signal
import threading
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Literal

from aiohttp import web

from stripe_sandbox.events.courier import Courier
from stripe_sandbox.front import Answer, answer, respond
from stripe_sandbox.http import Request
from stripe_sandbox.sandbox import Sandbox

__all__ = ["DEFAULT_PORT", "Running", "application", "respond", "run", "serve_in_thread"]

DEFAULT_PORT = 12111
_MAX_BODY = 4 * 1024 * 1024


def application(sandbox: Sandbox) -> web.Application:
    """An aiohttp application that answers for a sandbox, and delivers its webhooks for as long as it runs."""

    async def perform(incoming: web.Request) -> web.StreamResponse:
        request = Request(
            incoming.method,
            incoming.rel_url.raw_path,
            incoming.rel_url.raw_query_string,
            dict(incoming.headers),
            await incoming.read(),
        )
        return await _send(incoming, await answer(sandbox, request))

    async def deliver(app: web.Application) -> AsyncIterator[None]:
        async with Courier(sandbox.webhooks):
            yield

    app = web.Application(client_max_size=_MAX_BODY)
    app.cleanup_ctx.append(deliver)
    app.router.add_route("*", "/{path:.*}", perform)
    return app


async def _send(incoming: web.Request, found: Answer) -> web.StreamResponse:
    response, body = found.response, found.response.body
    if found.cut is None:
        return web.Response(status=response.status, headers=dict(response.headers), body=body)
    cut_off = web.StreamResponse(status=response.status, headers=dict(response.headers))
    if found.cut == "half":
        cut_off.content_length = len(body)
        await cut_off.prepare(incoming)
        await cut_off.write(body[: len(body) // 2])
        if incoming.transport is not None:
            incoming.transport.close()
    elif incoming.transport is not None:
        incoming.transport.abort()
    return cut_off


def run(
    *,
    host: str = "127.0.0.1",
    port: int = DEFAULT_PORT,
    seed: Literal["demo", "empty"] = "demo",
    file: Path | None = None,
) -> None:
    """Serve a sandbox until interrupted; `demo` fills a new one with a lifelike account.

    With a `file` (SQLite) it goes on where it was left, and is only filled if the file is new.
    """
    sandbox = Sandbox(base_url=f"http://{_in_url(host)}:{port}")
    kept = importlib.import_module("stripe_sandbox.file").keep(sandbox, file) if file is not None else None
    if seed == "demo" and (kept is None or kept.is_new):
        importlib.import_module("stripe_sandbox.seed").demo(sandbox)
    try:
        asyncio.run(_serve(sandbox, host, port))
    except KeyboardInterrupt:
        pass
    finally:
        if kept is not None:
            kept.close()


async def _serve(sandbox: Sandbox, host: str, port: int) -> None:
    """Listen, say so, and serve until cancelled."""
    runner = web.AppRunner(application(sandbox), access_log=None, shutdown_timeout=1.0)
    stopped = asyncio.Event()
    with suppress(NotImplementedError, RuntimeError, ValueError):  # Windows; not the main thread
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    try:
        _tell_url(sandbox, f"http://{_in_url(host)}:{await _listen(runner, host, port)}")
        print(f"stripe_sandbox listens on {sandbox.base_url} (not Stripe; test keys only; Ctrl-C ends it)", flush=True)
        await stopped.wait()
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, host: str, port: int) -> int:
    """Begin to listen; answers the port, which is a free one for 0."""
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    bound: int = runner.addresses[0][1]
    return bound


def _tell_url(sandbox: Sandbox, url: str) -> None:
    for account in (sandbox, *sandbox.connected.values()):
        account.base_url = url


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


class Running:
    """A server in a thread of its own: `url` is where `sandbox` is, `stop()` ends it. Also a context manager."""

    def __init__(self, sandbox: Sandbox, host: str, port: int) -> None:
        self._loop = asyncio.new_event_loop()
        self._runner = web.AppRunner(application(sandbox), access_log=None, shutdown_timeout=0.1)
        self.sandbox = sandbox
        self._thread = threading.Thread(target=self._loop.run_forever, name="stripe_sandbox", daemon=True)
        self._thread.start()
        bound = asyncio.run_coroutine_threadsafe(_listen(self._runner, host, port), self._loop).result()
        self.url = f"http://{_in_url(host)}:{bound}"
        _tell_url(sandbox, self.url)

    def stop(self) -> None:
        """Close all connections and end the thread."""
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()


def serve_in_thread(sandbox: Sandbox, *, host: str = "127.0.0.1", port: int = 0) -> Running:
    """Serve a sandbox beside the caller; port 0 takes a free one. Sets the sandbox's `base_url`."""
    return Running(sandbox, host, port)
