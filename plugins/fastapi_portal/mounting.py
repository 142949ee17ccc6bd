"""The router: each route mounted natively, requests and replies translated, nothing else."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import fastapi
from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBearer

from invoice_portal import Identity, Portal, PortalSettings
from invoice_portal.api import own
from invoice_portal.api.document import SECURITY_SCHEME
from invoice_portal.environment import Templates
from invoice_portal.http import (
    Render,
    Rendered,
    Reply,
    Request,
    UrlFor,
    first_values,
    parse_form,
    whole_body,
)
from invoice_portal.portal import portal_of
from invoice_portal.routes import ROUTES
from invoice_portal.routing import Route

DEFAULT_NAME = "invoice_portal"
_FORM = "application/x-www-form-urlencoded"


_merchant_key = HTTPBearer(auto_error=False, scheme_name=SECURITY_SCHEME, description="One of merchant_api_keys.")
"""For the document alone: the key is checked by the core, in constant time."""
_customer_token = HTTPBearer(
    auto_error=False, scheme_name=own.SECURITY_SCHEME, description="A token of /api/me/session."
)


def nobody() -> Identity | None:
    """The default dependency: the host has no login of its own, visitors arrive with a signed identifier."""
    return None


def router(
    portal: Portal | PortalSettings,
    *,
    identify: Callable[..., Any] = nobody,
    templates: str | Path | None = None,
    name: str = DEFAULT_NAME,
) -> APIRouter:
    """A router to include under a prefix of your choice.

    ``identify`` is a dependency, sync or async, that gives ``Email(…)``, ``CustomerId(…)`` or None for the user who is
    logged in. ``templates`` is a folder with overrides: ``invoice_portal/layout.html`` in it comes before ours. Give
    each its own ``name`` where an app has several. Raises
    :class:`~invoice_portal.ConfigurationError` for settings that cannot work.
    """
    portal = portal_of(portal)
    render = Templates([Path(templates)] if templates else []).render

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        await portal.nonblocking.run(portal.started())
        yield
        await portal.nonblocking.close()
        portal.database.close()

    result = APIRouter(lifespan=lifespan)
    for route in ROUTES:
        # Whoever arrives with a signature must not be sent away by the host's login.
        endpoint = _endpoint(portal, route, nobody if route.anonymous else identify, render, name)
        described: dict[str, Any] = dict(route.operation or {})
        heads = [] if described or "GET" not in route.methods else ["HEAD"]
        merchants = bool(described) and not route.own
        if route.own:  # FastAPI adds this to what its dependencies say: whoever is logged in needs no token
            described["security"] = [{}]
        result.add_api_route(
            route.path,
            endpoint,
            methods=[*route.methods, *heads],
            name=f"{name}:{route.name}",
            operation_id=route.name if described else None,
            response_model=None,
            response_class=JSONResponse,
            include_in_schema=route.own or bool(merchants and portal.settings.merchant_api_keys),
            dependencies=[Depends(_merchant_key)]
            if merchants
            else [Depends(_customer_token)]
            if route.own and not route.anonymous
            else [],
            openapi_extra=described or None,
        )
        if route.own:
            # A browser that asks whether it may call has nobody's credentials with it.
            asked = _endpoint(portal, route, nobody, render, name)
            result.add_api_route(route.path, asked, methods=["OPTIONS"], include_in_schema=False)
    return result


def _endpoint(
    portal: Portal, route: Route, identify: Callable[..., Any], render: Render, name: str
) -> Callable[..., Any]:
    # The annotations are evaluated here (no postponing in this module): the dependency is a local name.
    async def endpoint(
        request: fastapi.Request, visitor: Annotated[Identity | None, Depends(identify)]
    ) -> fastapi.Response:
        def render_here(template: str, context: Mapping[str, Any]) -> Rendered:
            # As Starlette's own templates have it: a host's frame needs the request for its links.
            return render(template, {**context, "request": request})

        read = await _read(route, request, visitor, name)
        return _response(await portal.answer_async(route, read, render_here))

    return endpoint


async def _read(route: Route, request: fastapi.Request, visitor: Identity | None, name: str) -> Request:
    body = _whole(request, await _body(request, route.longest_body), route.longest_body) if route.api else b""
    return Request(
        method=request.method,
        path=request.url.path,
        url_for=url_for_of(request, name),
        args=request.path_params,
        query=first_values(request.query_params.multi_items()),
        form=parse_form(await _body(request, route.longest_body)) if _sends_a_form(request) and not route.api else {},
        cookies=request.cookies,
        headers=dict(request.headers),
        secure=request.url.scheme == "https",
        client=request.client.host if request.client else "",
        body=body or b"",
        unread=body is None,
        visitor=visitor,
        arriving=route.arrives,
    )


def url_for_of(request: fastapi.Request, name: str) -> UrlFor:
    """The host's way to spell the portal's addresses, while it answers ``request``."""

    def url_for(route: str, /, **args: str) -> str:
        return request.url_for(f"{name}:{route}", **args).path

    return url_for


def _sends_a_form(request: fastapi.Request) -> bool:
    content_type = request.headers.get("content-type", "")
    return request.method == "POST" and content_type.partition(";")[0].strip().lower() == _FORM


def _whole(request: fastapi.Request, body: bytes, longest: int) -> bytes | None:
    length = request.headers.get("content-length", "")
    chunked = "chunked" in request.headers.get("transfer-encoding", "").lower()
    return whole_body(body, int(length) if length.isdecimal() else None, longest, chunked=chunked)


async def _body(request: fastapi.Request, longest: int) -> bytes:
    """The body up to the size that it can have here; the rest is not read."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > longest:
            break
    return body


def _response(reply: Reply) -> fastapi.Response:
    response = fastapi.Response(reply.body, reply.status, dict(reply.headers))
    for cookie in reply.cookies:
        response.set_cookie(
            cookie.name,
            cookie.value,
            max_age=cookie.max_age,
            path=cookie.path,
            secure=cookie.secure,
            httponly=cookie.httponly,
            samesite="lax",
        )
    return response
