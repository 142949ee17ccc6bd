"""The sandbox as an ASGI application: `uvicorn stripe_sandbox.asgi:app`, or `asgi(sandbox)` beside another app.

A connection cannot be reset from within ASGI: a server is told of an answer that then does not come, and closes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import AsyncExitStack
from typing import Any, TypeAlias

from stripe_sandbox.events.courier import Courier
from stripe_sandbox.front import Answer, answer
from stripe_sandbox.http import Request
from stripe_sandbox.sandbox import Sandbox

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Application: TypeAlias = Callable[[Message, Receive, Send], Awaitable[None]]
_MAX_BODY = 4 * 1024 * 1024


class CutOff(Exception):
    """A fault that was ordered: the answer ends here."""


def asgi(sandbox: Sandbox) -> Application:
    """An ASGI application for a sandbox. Webhooks are delivered where the server runs the lifespan."""

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(sandbox, receive, send)
        elif scope["type"] == "http":
            await _respond(sandbox, scope, receive, send)

    return app


async def _live(sandbox: Sandbox, receive: Receive, send: Send) -> None:
    async with AsyncExitStack() as stack:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await stack.enter_async_context(Courier(sandbox.webhooks))
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await stack.aclose()
                await send({"type": "lifespan.shutdown.complete"})
                return


async def _respond(sandbox: Sandbox, scope: Message, receive: Receive, send: Send) -> None:
    body = await _body(receive)
    if body is None:
        await send({"type": "http.response.start", "status": 413, "headers": []})
        await send({"type": "http.response.body", "body": b""})
        return
    raw_path: bytes = scope.get("raw_path") or scope["path"].encode()
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    request = Request(
        scope["method"],
        raw_path.partition(b"?")[0].decode("latin-1"),
        scope["query_string"].decode("latin-1"),
        headers,
        body,
    )
    await _send(await answer(sandbox, request), send)


async def _body(receive: Receive) -> bytes | None:
    """The whole body; None if it is too large."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        part = message.get("body", b"")
        size += len(part)
        if size > _MAX_BODY:
            return None
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


async def _send(found: Answer, send: Send) -> None:
    response = found.response
    headers = {**response.headers, "Content-Length": str(len(response.body))}
    pairs = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": response.status, "headers": pairs})
    if found.cut is not None:
        half = response.body[: len(response.body) // 2] if found.cut == "half" else b""
        await send({"type": "http.response.body", "body": half, "more_body": True})
        raise CutOff(found.cut)
    await send({"type": "http.response.body", "body": response.body})


app = asgi(Sandbox())
