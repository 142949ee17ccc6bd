"""Stripe as the portal meets it: a server on loopback that answers from the sandbox, or as a test scripts it."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from stripe_sandbox import Request, Response, Sandbox
from stripe_sandbox.server import respond
from support.moments import NOW


@dataclass(frozen=True, slots=True)
class Hang:
    """No answer, for as long as the test lasts."""


@dataclass(frozen=True, slots=True)
class HangUp:
    """The connection is closed without an answer."""


Reaction = Response | Hang | HangUp
Script = Callable[[Request], Reaction | None]
HANG = Hang()
HANG_UP = HangUp()


class StripeServer:
    """A Stripe that a test can look at and break.

    ``sandbox`` is the account behind it, ``requests`` is what it was asked, ``script`` answers in its place. One server
    serves all tests: ``reset`` gives each an empty account.
    """

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self._scripts: list[Script] = []
        self._loop = asyncio.new_event_loop()
        self._released = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_forever, name="stripe", daemon=True)
        self._thread.start()
        self._runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=0.1)
        self.url = f"http://127.0.0.1:{self._wait(self._start())}"
        self.sandbox = Sandbox(now=NOW, base_url=self.url)

    def reset(self) -> None:
        """An empty account, nothing scripted, nothing asked yet; whatever hangs is let go."""
        self._wait(self._let_go())
        self._scripts.clear()
        self.requests.clear()
        self.sandbox = Sandbox(now=NOW, base_url=self.url)

    def script(self, script: Script) -> None:
        """Ask ``script`` before the sandbox; where it gives None, the sandbox answers. The newest script goes first."""
        self._scripts.insert(0, script)

    def answer(self, path: str, answer: Reaction | Callable[[Request], Reaction]) -> None:
        """Answer every request whose path fits the regular expression ``path``, whole."""
        pattern = re.compile(path)

        def script(request: Request) -> Reaction | None:
            if not pattern.fullmatch(request.path):
                return None
            return answer(request) if callable(answer) else answer

        self.script(script)

    def change(self, path: str, change: Callable[[Any], Any]) -> None:
        """Let the sandbox answer requests that fit ``path``, then change what it said."""
        pattern = re.compile(path)

        def script(request: Request) -> Reaction | None:
            if not pattern.fullmatch(request.path):
                return None
            answer = respond(self.sandbox, request)
            return as_json(change(answer.json())) if answer.status == 200 else answer

        self.script(script)

    @contextmanager
    def changed(self, path: str, change: Callable[[Any], Any]) -> Iterator[None]:
        """As ``change``, within a block."""
        before = list(self._scripts)
        self.change(path, change)
        try:
            yield
        finally:
            self._scripts[:] = before

    def asked(self, path: str) -> list[Request]:
        """The requests so far whose path fits the regular expression ``path``, whole."""
        return [request for request in self.requests if re.fullmatch(path, request.path)]

    def stop(self) -> None:
        """Close everything."""
        self._wait(self._let_go())
        self._wait(self._runner.cleanup())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _application(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._handle)
        return app

    async def _start(self) -> int:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        port: int = self._runner.addresses[0][1]
        return port

    async def _handle(self, incoming: web.Request) -> web.StreamResponse:
        request = Request(
            incoming.method,
            incoming.rel_url.raw_path,
            incoming.rel_url.raw_query_string,
            dict(incoming.headers),
            await incoming.read(),
        )
        self.requests.append(request)
        answer = self._answer(request)
        if isinstance(answer, Hang):
            await self._released.wait()
            answer = HANG_UP
        if isinstance(answer, HangUp):
            assert incoming.transport is not None
            incoming.transport.abort()
            return web.Response()
        return web.Response(status=answer.status, headers=dict(answer.headers), body=answer.body)

    def _answer(self, request: Request) -> Reaction:
        scripted = (script(request) for script in self._scripts)
        return next((answer for answer in scripted if answer is not None), None) or respond(self.sandbox, request)

    async def _let_go(self) -> None:
        self._released.set()
        self._released = asyncio.Event()

    def _wait(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()


def as_json(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer."""
    shared = {"Content-Type": "application/json", "Request-Id": "req_scripted"}
    return Response(status, {**shared, **(headers or {})}, json.dumps(value).encode())


def as_list(*items: Mapping[str, Any], has_more: bool = False) -> Response:
    """A list as Stripe answers it."""
    return as_json({"object": "list", "data": list(items), "has_more": has_more, "url": "/v1/things"})


def as_error(status: int, message: str, **error: Any) -> Response:
    """An error as Stripe answers it."""
    return as_json({"error": {"message": message, "type": "invalid_request_error", **error}}, status)


def query_of(request: Request) -> dict[str, str]:
    """A request's query, decoded."""
    return dict(parse_qsl(request.query))
