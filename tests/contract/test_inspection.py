"""``invoice-portal doctor --url``: a running portal from outside, and what may stand between it and a browser."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
from click.testing import CliRunner

from invoice_portal.cli import main
from invoice_portal.commands.doctor import Result
from invoice_portal.commands.inspection import Heard, Patient, Unreachable, asking, inspect
from invoice_portal.portal import Portal
from support.portals import KEY, STRIPE_KEY, Mount, Mounted

SHOP = "https://shop.example"
Bend = Callable[[str, str, Heard], Heard]


@pytest.fixture
def portal(mount: Mount) -> Mounted:
    """A portal that one site may frame and call."""
    return mount(allowed_embed_origins=[SHOP])


def looked_at(
    portal: Mounted, bend: Bend | None = None, *, origin: str = SHOP, known: Portal | None = None, path: str = ""
) -> list[Result]:
    """What the doctor says; ``bend`` changes answers on their way, as a proxy or a middleware does."""
    url = portal.url + path
    real = asking(url)

    def ask(method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Heard:
        heard = real(method, path, headers, body)
        return bend(method, path, heard) if bend else heard

    return list(inspect(Patient(url, origin, ask, known or portal.portal)))


def problems(results: list[Result]) -> list[str]:
    return [result.text for result in results if result.verdict == "problem"]


def header(name: str, *values: str, path: str | None = None, method: str | None = None) -> Bend:
    """A header that is set, or removed where there is no value, on some answers."""

    def bend(asked: str, where: str, heard: Heard) -> Heard:
        if (path is not None and not where.startswith(path)) or (method is not None and asked != method):
            return heard
        others = {other: given for other, given in heard.headers.items() if other != name}
        return replace(heard, headers={**others, name: values} if values else others)

    return bend


def status(code: int, path: str, method: str = "GET", **headers: str) -> Bend:
    """Another answer than the portal's."""

    def bend(asked: str, where: str, heard: Heard) -> Heard:
        given = {name: (value,) for name, value in headers.items()}
        return Heard(code, given, b"") if asked == method and where.startswith(path) else heard

    return bend


def test_a_portal_that_is_well_is_well(portal: Mounted) -> None:
    results = looked_at(portal)
    assert problems(results) == []
    said = "\n".join(result.text for result in results)
    for part in (
        "The portal answers",
        "not cached",
        f"Pages of {SHOP} may frame",
        "/embed.js is served",
        f"Pages of {SHOP} may call the JSON API",
        "signature made with these settings is accepted",
        "token in the Authorization header reaches",
    ):
        assert part in said
    assert KEY not in said


def test_without_an_origin_frames_of_our_own_are_looked_at(portal: Mounted) -> None:
    assert problems(looked_at(portal, origin="")) == []
    assert problems(looked_at(portal, origin=portal.runtime.origin)) == []


BENT: dict[str, tuple[Bend, str]] = {
    "frame options": (header("x-frame-options", "DENY"), "X-Frame-Options: DENY on /embed blocks every frame"),
    "no policy": (header("content-security-policy"), "There is no frame-ancestors"),
    "another policy": (header("content-security-policy", "default-src 'self'"), "There is no frame-ancestors"),
    "a second policy": (
        header("content-security-policy", f"frame-ancestors {SHOP}", "frame-ancestors 'none'"),
        "frame-ancestors of /embed is 'none'",
    ),
    "a cache": (header("age", "12"), "Pages are kept by a cache"),
    "a cache's hit": (header("x-cache", "Hit from cloudfront"), "Pages are kept by a cache"),
    "no no-store": (header("cache-control", "public, max-age=60"), "Pages are kept by a cache"),
    "no referrer": (header("referrer-policy", "no-referrer"), "Referrer-Policy is no-referrer"),
    "no script": (status(404, "/embed.js"), "/embed.js answers 404"),
    "script as text": (header("content-type", "text/plain", path="/embed.js"), "/embed.js is sent as text/plain"),
    "isolation": (
        header("cross-origin-resource-policy", "same-origin", path="/embed.js"),
        "Cross-Origin-Resource-Policy of /embed.js is same-origin",
    ),
    "asked is refused": (status(401, "/api/me/session", "OPTIONS"), "is answered with 401"),
    "everybody": (
        header("access-control-allow-origin", "*", method="OPTIONS"),
        "A page of any origin may call the JSON API",
    ),
    "twice": (
        header("access-control-allow-origin", SHOP, SHOP, method="OPTIONS"),
        f"Access-Control-Allow-Origin is {SHOP}, {SHOP}, not {SHOP}",
    ),
    "credentials": (
        header("access-control-allow-credentials", "true", method="OPTIONS"),
        "Access-Control-Allow-Credentials is sent",
    ),
    "no cookie": (header("set-cookie", path="/enter"), "No session cookie comes from /enter"),
    "cookie's path": (
        header("set-cookie", "invoice_portal_session=x; Path=/app; HttpOnly; SameSite=Lax", path="/enter"),
        "The session cookie's path is /app",
    ),
    "cookie's site": (
        header("set-cookie", "invoice_portal_session=x; Path=/billing; SameSite=None", path="/enter"),
        "The session cookie is not HttpOnly and SameSite=Lax",
    ),
    "redirect": (header("location", "http://internal:8000/", path="/enter"), "/enter leads to http://internal:8000/"),
    "stripped token": (status(401, "/api/me"), "the Authorization header does not reach the app"),
    "no exchange": (status(403, "/api/me/session", "POST"), "/api/me/session answers 403"),
    "a login": (status(302, "/", location="/login"), "redirects to /login: a login, a proxy or a middleware"),
    "an outage": (status(502, "/"), "answers 502: the app or its proxy fails"),
    "something else": (status(200, "/"), "with no page of the portal's"),
}


@pytest.mark.parametrize("name", BENT)
def test_what_blocks_is_named(portal: Mounted, name: str) -> None:
    bend, expected = BENT[name]
    assert expected in "\n".join(problems(looked_at(portal, bend)))


def test_an_origin_that_is_not_allowed_is_told_how_to_be(portal: Mounted) -> None:
    found = problems(looked_at(portal, origin="https://other.example"))
    assert len(found) == 2
    assert all("'https://other.example' to allowed_embed_origins, letter by letter" in text for text in found)


def test_other_keys_than_the_running_ones_are_noticed(portal: Mounted) -> None:
    other = Portal(replace(portal.portal.settings, secret_keys=["another key of 16 or more"]))
    assert "has other secret_keys" in "\n".join(problems(looked_at(portal, known=other)))


def test_a_wrong_prefix_and_a_server_that_is_not_there_are_said(portal: Mounted) -> None:
    assert "give the prefix" in "\n".join(problems(looked_at(portal, path="/nowhere")))
    with pytest.raises(Unreachable):
        asking("http://127.0.0.1:1")("GET", "/")
    nothing = "http://127.0.0.1:1"
    (result,) = inspect(Patient(nothing, "", asking(nothing), None))
    assert "does not answer" in result.text


def test_http_is_a_problem_but_on_this_machine(portal: Mounted) -> None:
    real = asking(portal.url)
    outside = "http://app.example/billing"
    assert "mixed content" in "\n".join(problems(list(inspect(Patient(outside, SHOP, real, None)))))
    assert "go over the wire" in "\n".join(problems(list(inspect(Patient(outside, "", real, None)))))


def test_a_cookie_without_secure_on_https_is_a_problem(portal: Mounted) -> None:
    real = asking(portal.url)
    patient = Patient(portal.url.replace("http://", "https://"), SHOP, real, portal.portal)
    assert "The session cookie is not Secure" in "\n".join(problems(list(inspect(patient))))


def test_the_command_reports_it(mount: Mount) -> None:
    key = "a key without any comma"
    portal = mount(allowed_embed_origins=[SHOP], secret_keys=[key])
    run = CliRunner().invoke
    found = run(main, ["doctor", "--url", portal.url + "/", "--origin", SHOP], env={"INVOICE_PORTAL_SECRET_KEYS": None})
    assert found.exit_code == 0, found.output
    assert "Cookies and keys are not checked" in found.output
    env: dict[str, str | None] = {"INVOICE_PORTAL_SECRET_KEYS": key, "INVOICE_PORTAL_STRIPE_API_KEY": STRIPE_KEY}
    env["INVOICE_PORTAL_RUNTIMES"] = None
    known = run(main, ["doctor", "--url", portal.url, "--origin", "https://other.example"], env=env)
    assert known.exit_code == 1
    assert "signature made with these settings is accepted" in known.output
    wrong = ["--url", portal.url, "--origin", "https://shop.example/"]
    for arguments in (["--url", "shop"], wrong, ["--origin", SHOP]):
        assert run(main, ["doctor", *arguments]).exit_code == 2
