"""Real servers on loopback, each in a thread, whose app can be exchanged while they run."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, MutableMapping
from typing import Any, TypeAlias, TypeVar

import uvicorn
import waitress.server  # type: ignore[import-untyped]
import waitress.wasyncore  # type: ignore[import-untyped]

T = TypeVar("T")

WsgiApp: TypeAlias = Callable[[dict[str, Any], Any], Iterable[bytes]]
Scope: TypeAlias = MutableMapping[str, Any]
AsgiApp: TypeAlias = Callable[[Any, Any, Any], Awaitable[None]]


class WsgiServer:
    """Waitress."""

    def __init__(self) -> None:
        self.app: WsgiApp = no_wsgi_app
        self._map: dict[int, Any] = {}
        self._server = waitress.server.create_server(
            lambda environ, start: self.app(environ, start),
            map=self._map,
            host="127.0.0.1",
            port=0,
            threads=4,
            ident="",
            trusted_proxy="127.0.0.1",
            trusted_proxy_headers={"x-forwarded-proto"},
            clear_untrusted_proxy_headers=True,
        )
        self.origin = f"http://127.0.0.1:{self._server.effective_port}"
        self._thread = threading.Thread(target=self._server.run, name="waitress", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close every connection; the thread ends with the last."""
        self._server.trigger.pull_trigger(lambda: waitress.wasyncore.close_all(self._map))
        self._thread.join(timeout=5)
        self._server.task_dispatcher.shutdown()


class AsgiServer:
    """Uvicorn. ``run`` runs a coroutine on its event loop."""

    def __init__(self) -> None:
        self.app: AsgiApp = no_asgi_app
        self._socket = socket.create_server(("127.0.0.1", 0))
        # asyncio does so for sockets of its own alone; else head and body of an answer are 40 ms apart.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.origin = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(
            self._call, interface="asgi3", lifespan="off", log_config=None, access_log=False, ws="none"
        )
        self._server = uvicorn.Server(config)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="uvicorn", daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.005)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the server's event loop and wait for it."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout=10)

    def stop(self) -> None:
        """End the server and its event loop."""
        self._server.should_exit = True
        self._thread.join(timeout=5)
        self._socket.close()

    def _serve(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._server.serve(sockets=[self._socket]))

    async def _call(self, scope: Scope, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


def no_wsgi_app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    start_response("503 Nothing is mounted", [("Content-Length", "0")])
    return []


async def no_asgi_app(scope: Scope, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 503, "headers": []})
    await send({"type": "http.response.body", "body": b""})
