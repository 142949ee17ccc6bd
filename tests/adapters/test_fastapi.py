"""What is special to FastAPI: its dependencies, template globals, several routers, OpenAPI, lifespans."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import fastapi
import httpx
import pytest
from fastapi import Depends, FastAPI, HTTPException
from fastapi.templating import Jinja2Templates

import fastapi_portal
from invoice_portal import ConfigurationError, CustomerId, Email, Portal, PortalSettings
from support.accounts import Account
from support.runtimes.servers import AsgiServer, no_asgi_app

ANNA = Email("anna@example.com")
Settings = dict[str, Any]
Serve = Callable[[FastAPI], httpx.Client]


@pytest.fixture
def serve(asgi_server: AsgiServer) -> Iterator[Serve]:
    """Serves an app in uvicorn, with its lifespan, and gives a browser for it."""
    with ExitStack() as stack:

        def started(app: FastAPI) -> httpx.Client:
            lifespan = app.router.lifespan_context(app)
            asgi_server.run(lifespan.__aenter__())
            stack.callback(lambda: asgi_server.run(lifespan.__aexit__(None, None, None)))
            asgi_server.app = app
            return stack.enter_context(httpx.Client(base_url=asgi_server.origin, trust_env=False))

        yield started
        asgi_server.app = no_asgi_app


def addresses(answer: httpx.Response) -> list[str]:
    return re.findall(r'(?:href|action)="(/[^"]*)"', answer.text)


async def session(authorization: Annotated[str, fastapi.Header()] = "") -> str:
    return authorization.removeprefix("Session ")


def logged_in(session: Annotated[str, Depends(session)]) -> Email | None:
    return Email(session) if session else None


# Settings


def test_what_is_no_portal_is_refused():
    with pytest.raises(ConfigurationError, match="a Portal or PortalSettings is needed here, not dict"):
        fastapi_portal.router({"stripe_api_key": "sk_test_1"})  # type: ignore[arg-type]


def test_the_pages_are_none_of_the_hosts_api_but_the_json_is(settings: Settings):
    app = FastAPI()
    app.include_router(fastapi_portal.router(PortalSettings(**settings)), prefix="/billing")
    paths = app.openapi()["paths"]
    assert "/billing/api/me/invoices" in paths
    assert [path for path in paths if not path.startswith("/billing/api/me")] == []


# Who is logged in


def test_a_dependency_may_have_dependencies_of_its_own(settings: Settings, account: Account, serve: Serve):
    account.open(account.customer(ANNA.address), 1100)

    app = FastAPI()
    app.include_router(fastapi_portal.router(PortalSettings(**settings), identify=logged_in), prefix="/billing")
    browser = serve(app)
    assert "$11.00" in browser.get("/billing/", headers={"Authorization": f"Session {ANNA.address}"}).text
    assert browser.get("/billing/").status_code == 401


def test_a_dependency_that_sends_strangers_away_does_so_but_not_from_the_door(settings: Settings, serve: Serve):
    def user() -> Email:
        raise HTTPException(303, headers={"Location": "/login"})

    portal = Portal(PortalSettings(**settings))
    app = FastAPI()
    app.include_router(fastapi_portal.router(portal, identify=user), prefix="/billing")
    browser = serve(app)
    assert browser.get("/billing/").headers["Location"] == "/login"
    entered = browser.get("/billing/enter", params={"identity": portal.sign_identifier(ANNA)})
    assert entered.headers["Location"] == "/billing/"
    assert browser.get("/billing/static/portal.css").status_code == 200


def test_a_dependency_can_be_overridden_as_any_other(settings: Settings, account: Account, serve: Serve):
    """FastAPI's own way to log somebody in in a test."""
    customer = account.customer()
    account.open(customer, 1100)

    def user() -> Email | None:
        return None

    app = FastAPI()
    app.include_router(fastapi_portal.router(PortalSettings(**settings), identify=user), prefix="/billing")
    app.dependency_overrides[user] = lambda: CustomerId(customer)
    assert "$11.00" in serve(app).get("/billing/").text


# Templates


@pytest.mark.parametrize("named", [{}, {"name": "mine"}], ids=str)
def test_the_template_globals_find_the_portal(settings: Settings, tmp_path: Path, serve: Serve, named: dict[str, str]):
    (tmp_path / "page.html").write_text(
        "{{ portal_url() }} {{ portal_url(email='anna@example.com') }} {{ invoice_link('in_1', 'Open <it>') }} "
        "{{ invoice_portal_embed(customer_id='cus_1', theme='dark') }}"
    )
    portal, templates, app = Portal(PortalSettings(**settings)), Jinja2Templates(tmp_path), FastAPI()
    app.include_router(fastapi_portal.router(PortalSettings(**settings), name="another"), prefix="/another")
    templates.env.globals.update(fastapi_portal.template_globals(portal, **named))
    app.include_router(fastapi_portal.router(portal, **named), prefix="/billing")

    @app.get("/page")
    def show(request: fastapi.Request) -> fastapi.Response:
        return templates.TemplateResponse(request, "page.html")

    browser = serve(app)
    shown = browser.get("/page").text
    assert shown.startswith("/billing/ /billing/enter?identity=")
    assert '<a href="/billing/invoices/in_1">Open &lt;it&gt;</a>' in shown
    assert 'theme="dark"' in shown
    signed = re.findall(r"identity=[\w.-]+", shown)
    assert [browser.get(f"/billing/enter?{query}").status_code for query in signed] == [303, 303]


@pytest.mark.parametrize("kind", [str, Path])
def test_a_folder_of_overrides_comes_first_and_can_extend_what_it_replaces(
    settings: Settings, tmp_path: Path, serve: Serve, kind: type
):
    (tmp_path / "invoice_portal").mkdir()
    (tmp_path / "invoice_portal" / "message.html").write_text(
        '<aside>Northwind</aside>{% include "@portal/invoice_portal/message.html" %}'
    )
    app = FastAPI()
    router = fastapi_portal.router(PortalSettings(**settings), templates=kind(tmp_path))
    app.include_router(router, prefix="/billing")
    text = serve(app).get("/billing/").text
    assert "<aside>Northwind</aside>" in text
    assert "Please sign in first" in text


# Where it is mounted


def test_two_portals_in_one_app_keep_to_themselves(settings: Settings, account: Account, serve: Serve):
    account.open(account.customer(ANNA.address), 1100)
    app = FastAPI()
    for name in ("one", "two"):
        portal = PortalSettings(**settings, business_name=name.title())
        app.include_router(fastapi_portal.router(portal, identify=lambda: ANNA, name=name), prefix=f"/{name}")
    browser = serve(app)
    for name in ("one", "two"):
        answer = browser.get(f"/{name}/")
        assert answer.status_code == 200
        assert addresses(answer)
        assert all(address.startswith(f"/{name}/") for address in addresses(answer))
        assert [line for line in answer.headers.get_list("set-cookie") if f"Path=/{name};" not in line] == []
        assert f"<bdi>{name.title()}</bdi>" in answer.text


@pytest.mark.parametrize("prefix", ["", "/billing", "/a/b"])
def test_any_prefix_will_do_and_so_does_a_mounted_app(settings: Settings, serve: Serve, prefix: str):
    inner, outer = FastAPI(), FastAPI()
    inner.include_router(fastapi_portal.router(PortalSettings(**settings)), prefix=prefix)
    outer.mount("/shop", inner)
    answer = serve(outer).get(f"/shop{prefix}/")
    assert answer.status_code == 401
    assert addresses(answer)
    assert all(address.startswith(f"/shop{prefix}/") for address in addresses(answer))


def test_behind_a_proxy_cookies_are_secure(settings: Settings, serve: Serve):
    """Uvicorn believes a proxy on the same machine; ``--forwarded-allow-ips`` names others."""
    portal, app = Portal(PortalSettings(**settings)), FastAPI()
    app.include_router(fastapi_portal.router(portal), prefix="/billing")
    query = {"identity": portal.sign_identifier(ANNA)}
    answer = serve(app).get("/billing/enter", params=query, headers={"X-Forwarded-Proto": "https"})
    assert "Secure" in answer.headers["Set-Cookie"]


# The end


def test_connections_are_closed_with_the_app(settings: Settings, account: Account, asgi_server: AsgiServer):
    account.open(account.customer(ANNA.address), 1100)
    portal, app = Portal(PortalSettings(**settings)), FastAPI()
    app.include_router(fastapi_portal.router(portal, identify=lambda: ANNA), prefix="/billing")

    async def live() -> tuple[int, int]:
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://host") as browser:
                assert (await browser.get("/billing/")).status_code == 200
            before = len(portal.nonblocking._clients)
        return before, len(portal.nonblocking._clients)

    assert asgi_server.run(live()) == (1, 0)
