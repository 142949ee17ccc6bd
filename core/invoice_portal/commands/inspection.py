"""What ``invoice-portal doctor --url`` looks at: a running portal from outside, as a browser on another site would.

Between the portal and a browser stand proxies, middlewares and caches of the host's. Each check names the header or the
answer that blocks, and what to do about it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol
from urllib.parse import urlencode, urlsplit

from invoice_portal.assets import read_asset
from invoice_portal.commands.doctor import Result
from invoice_portal.errors import InvoicePortalError
from invoice_portal.identity import CustomerId, Email
from invoice_portal.portal import Portal
from invoice_portal.sessions import SESSION_COOKIE, TOKEN_PREFIX

_SECONDS: Final = 15
_STRANGER: Final = "https://stranger.invalid"
_HERE: Final = ("localhost", "127.0.0.1", "::1")
_NOBODY: Final = "doctor@invoice-portal.invalid"


class Unreachable(InvoicePortalError):
    """No answer came at all."""


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer; the names of headers are in small letters, and each may have come several times."""

    status: int
    headers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    body: bytes = b""

    def all(self, name: str) -> str:
        """A header's values as a browser takes them: joined."""
        return ", ".join(self.headers.get(name, ()))

    @property
    def json(self) -> Any:
        """The body as JSON; None where it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


class Ask(Protocol):
    """One request; ``path`` is below the portal's address. Redirects are not followed."""

    def __call__(self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Heard:
        """Raises :class:`Unreachable` where no answer comes."""
        ...


@dataclass(frozen=True, slots=True)
class Patient:
    """The portal that is looked at. ``portal`` is the same one as its settings are here, where they are known."""

    url: str
    origin: str
    ask: Ask
    portal: Portal | None

    @property
    def path(self) -> str:
        """Where the portal is mounted, as a browser sees it."""
        return urlsplit(self.url).path.rstrip("/")

    @property
    def secure(self) -> bool:
        """Whether it is asked for by https."""
        return self.url.startswith("https://")


def asking(url: str) -> Ask:
    """Asks the portal at this address over the network."""
    import urllib3  # a client is loaded where one is needed

    pool = urllib3.PoolManager(timeout=_SECONDS, retries=False)

    def ask(method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Heard:
        try:
            answer = pool.request(method, url + path, headers=dict(headers or {}), body=body or None, redirect=False)
        except urllib3.exceptions.HTTPError as error:
            raise Unreachable(str(error)) from error
        names = {name.lower() for name in answer.headers}
        return Heard(answer.status, {name: tuple(answer.headers.getlist(name)) for name in names}, answer.data)

    return ask


def inspect(patient: Patient) -> Iterator[Result]:
    """Everything that can be told from outside. Where the portal does not answer, that is all there is to say."""
    try:
        first = patient.ask("GET", "/")
    except Unreachable as error:
        advice = "Check the address, DNS, certificate and firewall."
        yield Result("problem", f"{patient.url} does not answer: {error}. {advice}")
        return
    if (missing := _not_the_portal(patient, first)) is not None:
        yield missing
        return
    yield Result("ok", f"The portal answers at {patient.url}.")
    for check in CHECKS:
        try:
            yield from check(patient)
        except Unreachable as error:
            yield Result("problem", f"An answer did not come: {error}.")


def _not_the_portal(patient: Patient, heard: Heard) -> Result | None:
    """What answers in the portal's place."""
    if b'class="portal' in heard.body:
        return None
    if 300 <= heard.status < 400:
        return Result(
            "problem",
            f"{patient.url}/ redirects to {heard.all('location')}: a login, a proxy or a middleware answers before the "
            "portal. Let everything below the portal's prefix through; the portal checks its visitors itself.",
        )
    if heard.status == 404:
        return Result(
            "problem",
            f"{patient.url}/ is not found: give the prefix that the portal is mounted under, and see that the proxy "
            "passes it on.",
        )
    if heard.status >= 500:
        return Result(
            "problem", f"{patient.url}/ answers {heard.status}: the app or its proxy fails, its log says why."
        )
    return Result(
        "problem",
        f"{patient.url}/ answers {heard.status}, but with no page of the portal's: another app, a firewall's question "
        "or a wrong address.",
    )


def _transport(patient: Patient) -> Iterator[Result]:
    if patient.secure or urlsplit(patient.url).hostname in _HERE:
        return
    if patient.origin.startswith("https://"):
        yield Result("problem", "A page on https may not load a portal on http (mixed content). Use https for it too.")
    else:
        yield Result("problem", "The address is http: session cookies and signatures go over the wire. Use https.")


def _pages(patient: Patient) -> Iterator[Result]:
    heard = patient.ask("GET", "/")
    if heard.all("x-content-type-options").lower() != "nosniff":
        yield Result("note", "X-Content-Type-Options is not nosniff: something between changes or doubles it.")
    cached = "no-store" not in heard.all("cache-control") or "age" in heard.headers
    if cached or "hit" in heard.all("x-cache").lower():
        yield Result(
            "problem",
            "Pages are kept by a cache (Cache-Control, Age or X-Cache says so): one customer may see another's. Switch "
            "caching off for the portal's prefix.",
        )
    else:
        yield Result("ok", "Pages are not cached.")
    if "no-referrer" in heard.all("referrer-policy"):
        yield Result(
            "problem",
            "Referrer-Policy is no-referrer on pages: browsers send forms without their origin, and Django refuses "
            "them. Do not set it for the portal's prefix.",
        )


def _framing(patient: Patient) -> Iterator[Result]:
    for path in ("/embed", "/"):
        heard = patient.ask("GET", path)
        if given := heard.all("x-frame-options"):
            yield Result(
                "problem",
                f"X-Frame-Options: {given} on {path} blocks every frame. A proxy or a middleware adds it: remove it "
                "for the portal's prefix; who may frame is said by frame-ancestors.",
            )
            return
        policies = [policy for policy in heard.headers.get("content-security-policy", ()) if policy.strip()]
        if not any("frame-ancestors" in policy for policy in policies):
            yield Result(
                "problem",
                f"There is no frame-ancestors in the Content-Security-Policy of {path}: a proxy or a middleware "
                "replaces the portal's. Leave it alone for the portal's prefix.",
            )
            return
        if len(policies) > 1:
            yield Result(
                "note", f"{len(policies)} Content-Security-Policy headers on {path}: a browser keeps to all of them."
            )
        if not patient.origin:
            continue
        for policy in policies:
            ancestors = _directive(policy, "frame-ancestors")
            if ancestors is not None and patient.origin not in ancestors and not _own(patient):
                yield Result(
                    "problem",
                    f"frame-ancestors of {path} is {' '.join(ancestors) or 'empty'}: pages of {patient.origin} may not "
                    f"frame it. Add {patient.origin!r} to allowed_embed_origins, letter by letter.",
                )
                return
    if patient.origin:
        yield Result("ok", f"Pages of {patient.origin} may frame the portal.")


def _own(patient: Patient) -> bool:
    parts = urlsplit(patient.url)
    return patient.origin == f"{parts.scheme}://{parts.netloc}"


def _directive(policy: str, name: str) -> list[str] | None:
    parts = [part.split() for part in policy.split(";") if part.split()]
    return next((part[1:] for part in parts if part[0].lower() == name), None)


def _script(patient: Patient) -> Iterator[Result]:
    heard = patient.ask("GET", "/embed.js", {"Origin": patient.origin} if patient.origin else None)
    if heard.status != 200:
        yield Result("problem", f"/embed.js answers {heard.status}: let everything below the portal's prefix through.")
        return
    if "javascript" not in heard.all("content-type"):
        yield Result("problem", f"/embed.js is sent as {heard.all('content-type') or 'nothing'}: browsers refuse it.")
    elif (corp := heard.all("cross-origin-resource-policy")) != "cross-origin":
        yield Result(
            "problem",
            f"Cross-Origin-Resource-Policy of /embed.js is {corp or 'missing'}: a middleware changes it, and isolated "
            "pages refuse the script. Leave it alone for the portal's prefix.",
        )
    elif heard.body != read_asset("embed.js"):
        yield Result("note", "/embed.js is another version than this command's: a cache, or another release.")
    else:
        yield Result("ok", "/embed.js is served to other sites.")


def _cors(patient: Patient) -> Iterator[Result]:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    if patient.origin and not _own(patient):
        heard = patient.ask("OPTIONS", "/api/me/session", {"Origin": patient.origin, **asked})
        allowed = heard.all("access-control-allow-origin")
        if heard.status not in (200, 204):
            yield Result(
                "problem",
                f"The browser's question (OPTIONS /api/me/session) is answered with {heard.status}: a login, a "
                "firewall or a middleware answers before the portal. Let OPTIONS through.",
            )
        elif allowed != patient.origin:
            yield Result(
                "problem",
                f"Access-Control-Allow-Origin is {allowed or 'missing'}, not {patient.origin}: "
                + (
                    "a middleware or proxy answers in the portal's place, or adds a second one; keep it off the "
                    "portal's prefix."
                    if allowed
                    else f"add {patient.origin!r} to allowed_embed_origins, letter by letter."
                ),
            )
        else:
            yield Result("ok", f"Pages of {patient.origin} may call the JSON API.")
    stranger = patient.ask("OPTIONS", "/api/me/session", {"Origin": _STRANGER, **asked})
    if stranger.all("access-control-allow-origin"):
        yield Result(
            "problem",
            f"A page of any origin may call the JSON API: a middleware or proxy answers {_STRANGER} with "
            f"Access-Control-Allow-Origin: {stranger.all('access-control-allow-origin')}. Keep it off the portal's "
            "prefix.",
        )
    if stranger.all("access-control-allow-credentials"):
        yield Result(
            "problem",
            "Access-Control-Allow-Credentials is sent: a middleware lets other sites use the visitor's cookies. Keep "
            "it off the portal's prefix.",
        )


def _coming_in(patient: Patient) -> Iterator[Result]:
    """Come in as nobody, where the settings are known: it shows keys, cookies, and what a proxy does to both."""
    if patient.portal is None:
        yield Result("note", "Cookies and keys are not checked: give the settings in the environment or by --portal.")
        return
    nobody = Email(_NOBODY) if patient.portal.settings.identify_by == "email" else CustomerId("cus_doctor")
    token = patient.portal.sign_identifier(nobody, expires_in=60)
    entered = patient.ask("GET", "/enter?" + urlencode({"identity": token}))
    if entered.status == 403:
        yield Result(
            "problem",
            "The running portal refuses a signature made with these settings: it has other secret_keys, another "
            "stripe_account, or a live key where this is a test key (or the reverse).",
        )
        return
    if entered.status != 303:
        yield Result("problem", f"/enter answers {entered.status} to a good signature, not a redirect.")
        return
    yield Result("ok", "A signature made with these settings is accepted.")
    yield from _about_redirect(patient, entered)
    yield from _about_cookie(patient, entered)
    yield from _about_token(patient, patient.portal.sign_identifier(nobody, expires_in=60))


def _about_redirect(patient: Patient, entered: Heard) -> Iterator[Result]:
    parts = urlsplit(entered.all("location"))
    if parts.path.rstrip("/") != patient.path or (parts.netloc and parts.netloc != urlsplit(patient.url).netloc):
        yield Result(
            "problem",
            f"/enter leads to {entered.all('location')}, not to {patient.path}/: the app does not know its outside "
            "address. Have the proxy send X-Forwarded-Prefix, -Proto and -Host, and the app heed them.",
        )


def _about_cookie(patient: Patient, entered: Heard) -> Iterator[Result]:
    lines = [line for line in entered.headers.get("set-cookie", ()) if line.startswith(SESSION_COOKIE + "=")]
    if not lines:
        yield Result("problem", "No session cookie comes from /enter: a proxy or a middleware removes Set-Cookie.")
        return
    words = {word.strip().lower() for word in lines[0].split(";")[1:]}
    path = next((word.removeprefix("path=") for word in words if word.startswith("path=")), "/")
    if patient.secure and "secure" not in words:
        yield Result(
            "problem",
            "The session cookie is not Secure: the app believes that it is asked by http. Have the proxy send "
            "X-Forwarded-Proto, and the app heed it.",
        )
    if "httponly" not in words or "samesite=lax" not in words:
        yield Result("problem", "The session cookie is not HttpOnly and SameSite=Lax: a proxy rewrites it.")
    if path not in ("/", patient.path.lower() or "/"):
        yield Result(
            "problem", f"The session cookie's path is {path}, the portal's {patient.path or '/'}: browsers drop it."
        )
    if patient.secure and {"secure", "httponly", "samesite=lax"} <= words:
        yield Result("ok", "The session cookie is Secure, HttpOnly and SameSite=Lax; frames need none.")


def _about_token(patient: Patient, signed: str) -> Iterator[Result]:
    body = json.dumps({"identity": signed}).encode()
    made = patient.ask("POST", "/api/me/session", {"Content-Type": "application/json"}, body)
    token = made.json.get("token", "") if isinstance(made.json, dict) else ""
    if made.status != 200 or not str(token).startswith(TOKEN_PREFIX):
        yield Result("problem", f"/api/me/session answers {made.status} to a good signature: frames show nothing.")
        return
    heard = patient.ask("GET", "/api/me", {"Authorization": f"Bearer {token}"})
    if heard.status != 200:
        yield Result(
            "problem",
            f"/api/me answers {heard.status} to a good token: the Authorization header does not reach the app. With "
            "mod_wsgi set WSGIPassAuthorization On; with another proxy let the header through.",
        )
        return
    yield Result("ok", "A token in the Authorization header reaches the portal: frames and the JSON API work.")


CHECKS: Final[tuple[Callable[[Patient], Iterator[Result]], ...]] = (
    _transport,
    _pages,
    _framing,
    _script,
    _cors,
    _coming_in,
)
