"""The sandbox over HTTP: the API under `/v1`, the customer's pages under `/hosted/`. Loopback by default."""

from __future__ import annotations

import asyncio
import importlib
import threading
from collections.abc import AsyncIterator, Callable
from typing import Literal

from aiohttp import web

from stripe_sandbox.events.courier import Courier
from stripe_sandbox.http import Request, Response
from stripe_sandbox.sandbox import Sandbox

DEFAULT_PORT = 12111
_MAX_BODY = 4 * 1024 * 1024


def application(sandbox: Sandbox) -> web.Application:
    """An aiohttp application that answers for a sandbox, and delivers its webhooks for as long as it runs."""

    async def answer(incoming: web.Request) -> web.Response:
        request = Request(
            incoming.method,
            incoming.rel_url.raw_path,
            incoming.rel_url.raw_query_string,
            dict(incoming.headers),
            await incoming.read(),
        )
        response = respond(sandbox, request)
        return web.Response(status=response.status, headers=dict(response.headers), body=response.body)

    async def deliver(app: web.Application) -> AsyncIterator[None]:
        async with Courier(sandbox.webhooks):
            yield

    app = web.Application(client_max_size=_MAX_BODY)
    app.cleanup_ctx.append(deliver)
    app.router.add_route("*", "/{path:.*}", answer)
    return app


def respond(sandbox: Sandbox, request: Request) -> Response:
    """Send a request to the API or to the pages, by its path."""
    if request.path.startswith("/hosted/"):
        with sandbox.lock:
            sandbox.settle()
            return _pages()(sandbox, request)
    if request.path == "/":
        return Response(200, {"Content-Type": "text/plain; charset=utf-8"}, _WELCOME.encode())
    return sandbox.handle(request)


def run(*, host: str = "127.0.0.1", port: int = DEFAULT_PORT, seed: Literal["demo", "empty"] = "demo") -> None:
    """Serve a new sandbox until interrupted; `demo` fills it with a lifelike account."""
    sandbox = Sandbox(base_url=f"http://{host}:{port}")
    if seed == "demo":
        importlib.import_module("stripe_sandbox.seed").demo(sandbox)
    print(f"stripe_sandbox listens on {sandbox.base_url} (not Stripe; test keys only; Ctrl-C ends it)", flush=True)
    web.run_app(application(sandbox), host=host, port=port, print=None, handle_signals=True)


class Running:
    """A server in a thread of its own: `url` is where `sandbox` is, `stop()` ends it. Also a context manager."""

    def __init__(self, sandbox: Sandbox, host: str, port: int) -> None:
        self._loop = asyncio.new_event_loop()
        self._runner = web.AppRunner(application(sandbox), access_log=None, shutdown_timeout=0.1)
        self.sandbox = sandbox
        self._thread = threading.Thread(target=self._loop.run_forever, name="stripe_sandbox", daemon=True)
        self._thread.start()
        bound = asyncio.run_coroutine_threadsafe(self._start(host, port), self._loop).result()
        self.url = f"http://{host}:{bound}"
        sandbox.base_url = self.url

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

    async def _start(self, host: str, port: int) -> int:
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        bound: int = self._runner.addresses[0][1]
        return bound


def serve_in_thread(sandbox: Sandbox, *, host: str = "127.0.0.1", port: int = 0) -> Running:
    """Serve a sandbox beside the caller; port 0 takes a free one. Sets the sandbox's `base_url`."""
    return Running(sandbox, host, port)


def _pages() -> Callable[[Sandbox, Request], Response]:
    pages: Callable[[Sandbox, Request], Response] = importlib.import_module("stripe_sandbox.hosted").respond
    return pages


_WELCOME = (
    "This is stripe_sandbox, a stand-in for Stripe's billing API. It is not Stripe and moves no money.\n"
    "The API is under /v1 and takes test keys only (sk_test_...).\n"
)
