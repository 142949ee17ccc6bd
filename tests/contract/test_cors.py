"""Which pages on other origins may read the customer's own API, natively in every framework."""

from __future__ import annotations

import pytest

from invoice_portal import Email
from invoice_portal.routes import ROUTES
from support.portals import Answer, Mount, Mounted

ANNA = Email("anna@example.com")
SHOP = "https://shop.example"
LOCAL = "http://localhost:3000"
ASKED = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}

STRANGERS = [
    "null",
    "*",
    "",
    "https://shop.example.evil.example",
    "https://evilshop.example",
    "https://shop.example:8443",
    "https://shop.example:443",
    "https://shop.example/",
    "http://shop.example",
    "HTTPS://SHOP.EXAMPLE",
    "https://shop.example, https://evil.example",
    "https://shop.example https://evil.example",
    "https://sub.shop.example",
    "https://shop.example@evil.example",
    "http://localhost:30000",
    "http://localhost",
    "file://",
    "moz-extension://shop.example",
]


@pytest.fixture
def portal(mount: Mount) -> Mounted:
    """A portal that two sites may call."""
    return mount(allowed_embed_origins=[SHOP, LOCAL])


def allowed(answer: Answer) -> dict[str, str]:
    """The headers that let a browser's page read or call."""
    return {name: value for name, value in answer.headers.items() if name.startswith("access-control-")}


def preflight(portal: Mounted, origin: str, path: str = "", method: str = "GET") -> Answer:
    return portal.browser().own("OPTIONS", path, origin=origin, **{**ASKED, "Access-Control-Request-Method": method})


@pytest.mark.parametrize("origin", [SHOP, LOCAL])
def test_an_allowed_origin_may_read_without_credentials(portal: Mounted, origin: str) -> None:
    answer = portal.browser().own("GET", token=portal.token(ANNA), origin=origin)
    assert answer.status == 200
    assert allowed(answer) == {
        "access-control-allow-origin": origin,
        "access-control-expose-headers": "Retry-After, Content-Language",
    }
    assert answer.headers.get_list("vary")[0] == "Origin"


@pytest.mark.parametrize("origin", STRANGERS)
def test_no_other_origin_is_let_in_by_any_trick(portal: Mounted, origin: str) -> None:
    answer = portal.browser().own("GET", token=portal.token(ANNA), origin=origin)
    assert allowed(answer) == {}
    assert "Origin" in ", ".join(answer.headers.get_list("vary"))
    asked = preflight(portal, origin)
    assert (asked.status, allowed(asked)) == (204, {})


def test_nobody_is_let_in_by_default(mount: Mount) -> None:
    portal = mount()
    for origin in (SHOP, LOCAL, "null", portal.runtime.origin):
        assert allowed(portal.browser().own("GET", origin=origin)) == {}
        assert allowed(preflight(portal, origin)) == {}


@pytest.mark.parametrize(("path", "method", "methods"), [("", "GET", "GET"), ("/session", "POST", "POST")])
def test_a_browser_that_asks_first_is_told_what_it_may_send(
    portal: Mounted, path: str, method: str, methods: str
) -> None:
    answer = preflight(portal, SHOP, path, method)
    assert (answer.status, answer.source) == (204, "")
    assert allowed(answer) == {
        "access-control-allow-origin": SHOP,
        "access-control-allow-methods": methods,
        "access-control-allow-headers": "Authorization, Content-Type, Accept-Language",
        "access-control-max-age": "600",
    }
    assert "Origin" in answer.headers["vary"]
    assert not answer.set_cookies


@pytest.mark.parametrize("path", sorted({route.path for route in ROUTES if route.own}))
def test_every_route_of_the_api_answers_who_asks_first(portal: Mounted, path: str) -> None:
    filled = path.removeprefix("/api/me")
    for part in [part.split("}")[0] for part in path.split("{")[1:]]:
        filled = filled.replace(f"{{{part}}}", "x_1")
    answer = preflight(portal, SHOP, filled)
    methods = {method for route in ROUTES if route.path == path for method in route.methods}
    assert set(allowed(answer)["access-control-allow-methods"].split(", ")) == methods


def test_errors_can_be_read_by_the_page_too(portal: Mounted) -> None:
    for answer in (
        portal.browser().own("GET", origin=SHOP),
        portal.browser().own("GET", token="ipt_forged", origin=SHOP),
        portal.browser().own("POST", "/session", {"identity": "forged"}, origin=SHOP),
        portal.browser().own("GET", "/invoices/in_none", token=portal.token(ANNA), origin=SHOP),
    ):
        assert answer.status in (401, 403, 404)
        assert allowed(answer)["access-control-allow-origin"] == SHOP


def test_no_cookie_ever_counts_across_origins(portal: Mounted) -> None:
    for answer in (portal.arrive(ANNA).own("GET", origin=SHOP), preflight(portal, SHOP)):
        assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("path", ["/", "/enter", "/static/portal.css", "/api/openapi.json", "/api/customers/cus_1"])
def test_nothing_else_of_the_portal_can_be_read_from_elsewhere(portal: Mounted, path: str) -> None:
    browser = portal.browser(ANNA)
    assert allowed(browser.get(path, Origin=SHOP)) == {}
    assert allowed(browser.send("OPTIONS", path, headers={"Origin": SHOP, **ASKED})) == {}
