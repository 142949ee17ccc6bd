"""FastAPI, served by uvicorn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from inspect import iscoroutinefunction
from typing import Annotated, Any

import fastapi
from fastapi import Cookie, Depends
from fastapi.responses import HTMLResponse
from itsdangerous import BadSignature, URLSafeSerializer
from jinja2 import Environment

import fastapi_portal
from invoice_portal import CustomerId, Email, Identity, Portal, PortalSettings
from support.runtimes.base import PREFIX, Host, Runtime
from support.runtimes.servers import AsgiServer, no_asgi_app

_SESSIONS = URLSafeSerializer("the host app's own secret")


class FastApiRuntime(Runtime):
    """The portal as a router."""

    name = "fastapi"
    asynchronous = True
    template_language = "jinja"

    def __init__(self) -> None:
        self._server = AsgiServer()
        self._lifespan: AbstractAsyncContextManager[Any] | None = None

    @property
    def origin(self) -> str:
        return self._server.origin

    def mount(self, host: Host) -> Portal:
        app = fastapi.FastAPI(openapi_url=None)
        portal = Portal(PortalSettings.from_mapping(host.settings), clock=host.clock, hooks=host.hooks)
        router = fastapi_portal.router(portal, identify=_dependency(host), templates=host.templates)
        app.include_router(router, prefix=PREFIX)
        app.add_api_route("/page", _page(host.page, portal))
        self._lifespan = app.router.lifespan_context(app)
        self._server.run(_enter(self._lifespan))
        self._server.app = app
        return portal

    def unmount(self) -> None:
        self._server.app = no_asgi_app
        if self._lifespan:
            self._server.run(_leave(self._lifespan))
        self._lifespan = None

    def use_postgresql(self, url: str) -> Mapping[str, Any]:
        return {"database_url": url}

    def sign_in(self, *, email: str, customer_id: str = "") -> Mapping[str, str]:
        return {"host_session": str(_SESSIONS.dumps({"email": email, "customer_id": customer_id}))}

    def stop(self) -> None:
        self._server.stop()


def _page(source: str, portal: Portal) -> Callable[..., Any]:
    """A page of the host's own, rendered with Jinja as Starlette does."""
    environment = Environment(autoescape=True)
    environment.globals.update(fastapi_portal.template_globals(portal))
    template = environment.from_string(source)

    async def page(request: fastapi.Request) -> HTMLResponse:
        return HTMLResponse(template.render(request=request))

    return page


async def _enter(lifespan: AbstractAsyncContextManager[Any]) -> None:
    await lifespan.__aenter__()


async def _leave(lifespan: AbstractAsyncContextManager[Any]) -> None:
    await lifespan.__aexit__(None, None, None)


def _dependency(host: Host) -> Callable[..., Any]:
    identify: Any = host.identify
    if identify is None:
        return _logged_in(str(host.settings.get("identify_by", "email")))
    if iscoroutinefunction(identify):

        async def waiting(request: fastapi.Request) -> Identity | None:
            found: Identity | None = await identify(request.headers)
            return found

        return waiting

    def plain(request: fastapi.Request) -> Identity | None:
        found: Identity | None = identify(request.headers)
        return found

    return plain


async def session(host_session: Annotated[str, Cookie()] = "") -> dict[str, str]:
    """The host's own session."""
    try:
        found: dict[str, str] = _SESSIONS.loads(host_session)
    except BadSignature:
        return {}
    return found


def _logged_in(identify_by: str) -> Callable[..., Any]:
    """What a FastAPI app would write: a dependency on its own session."""

    async def user(session: Annotated[dict[str, str], Depends(session)]) -> Identity | None:
        if not session:
            return None
        return Email(session["email"]) if identify_by == "email" else CustomerId(session["customer_id"])

    return user
