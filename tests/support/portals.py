"""A mounted portal, and the browsers that visit it."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import httpx

from invoice_portal import CustomerId, Email, Identity, Portal
from invoice_portal.drivers.database import EngineDatabase
from invoice_portal.hooks import NO_HOOKS, Hooks
from support.html import Html
from support.runtimes.base import PREFIX, AsyncIdentify, Host, Identify, Runtime
from support.stripe_server import StripeServer

KEY: Final = "the first key, long enough"
OLD_KEY: Final = "an older key, also long enough"
API_KEY: Final = "a key of the merchant API, 32 characters or more"
OTHER_API_KEY: Final = "another key of the merchant API, also long enough"
STRIPE_KEY: Final = "sk_test_contract0secret0key"
NO_TLS: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # loading certificates takes longer than most tests


@dataclass(frozen=True, slots=True)
class Answer:
    """What a browser got."""

    response: httpx.Response

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.response.status_code

    @property
    def headers(self) -> httpx.Headers:
        """The headers."""
        return self.response.headers

    @property
    def location(self) -> str:
        """Where a redirect leads."""
        return self.response.headers["location"]

    @property
    def source(self) -> str:
        """The body as text."""
        return self.response.text

    @property
    def html(self) -> Html:
        """The body as a page."""
        return Html(self.response.text)

    @property
    def text(self) -> str:
        """What a reader sees."""
        return self.html.text

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return self.response.json()

    @property
    def set_cookies(self) -> dict[str, str]:
        """The ``Set-Cookie`` headers by the cookie's name."""
        return {line.partition("=")[0]: line for line in self.headers.get_list("set-cookie")}


@dataclass(frozen=True, slots=True)
class Browser:
    """A visitor's browser. Addresses that begin with ``/billing`` or a scheme stand; others are below the portal."""

    client: httpx.Client

    def get(self, path: str = "/", query: Mapping[str, str] | None = None, **headers: str) -> Answer:
        """GET, without following redirects."""
        return self.send("GET", path, query=query, headers=headers)

    def post(self, path: str, form: Mapping[str, str] | None = None, **headers: str) -> Answer:
        """POST a form, without following redirects."""
        return self.send("POST", path, data=form or {}, headers=headers)

    def submit(self, page: Answer, ending: str, **changed: str) -> Answer:
        """Send the first form of a page whose address ends so, as a click on its button would.

        Browsers name the page's origin, or none where its policy forbids every referrer; frameworks look at it.
        """
        form = page.html.form(ending)
        site = str(self.client.base_url.copy_with(path="")).rstrip("/")
        origin = "null" if page.headers.get("referrer-policy") == "no-referrer" else site
        return self.send("POST", form.action, headers={"Origin": origin}, data={**form.fields, **changed})

    def api(self, method: str, path: str, body: object = None, key: str | None = API_KEY) -> Answer:
        """Call the merchant API."""
        headers = {"Authorization": f"Bearer {key}"} if key is not None else {}
        return self.send(method, f"/api{path}", headers=headers, json=body)

    def own(
        self,
        method: str,
        path: str = "",
        body: object = None,
        *,
        token: str | None = None,
        origin: str | None = None,
        **headers: str,
    ) -> Answer:
        """Call the customer's own API, as a script does: with a token in the header, from a page on ``origin``."""
        sent = {"Authorization": f"Bearer {token}"} if token is not None else {}
        sent |= {"Origin": origin} if origin is not None else {}
        content = {} if body is None else {"json": body}
        return self.send(method, f"/api/me{path}", headers={**sent, **headers}, **content)

    def follow(self, answer: Answer) -> Answer:
        """GET where a redirect leads."""
        return self.get(answer.location)

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> Answer:
        """Any request. Underscores in the names of headers stand for hyphens."""
        url = path if path.startswith(("http", PREFIX)) else PREFIX + path
        url = f"{url}?{urlencode(query)}" if query else url
        named = {name.replace("_", "-"): value for name, value in (headers or {}).items()}
        return Answer(self.client.request(method, url, headers=named, **more))

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies that this browser holds."""
        return {cookie.name: cookie.value or "" for cookie in self.client.cookies.jar}

    def set_cookie(self, name: str, value: str) -> None:
        """Plant a cookie."""
        self.client.cookies.set(name, value, domain="127.0.0.1", path=PREFIX)


@dataclass(frozen=True, slots=True)
class Mounted:
    """The portal as it is served, and the way to its door."""

    runtime: Runtime
    portal: Portal
    stack: ExitStack

    @property
    def url(self) -> str:
        """The portal's address."""
        return self.runtime.origin + PREFIX

    def browser(
        self,
        user: Identity | None = None,
        *,
        cookies: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Browser:
        """A new browser; ``user`` is logged in at the host (by a header that ``identify`` reads)."""
        client = httpx.Client(
            base_url=self.runtime.origin,
            headers={"Accept-Language": "en-US", **host_login(user), **(headers or {})},
            cookies=dict(cookies or {}),
            verify=NO_TLS,
            trust_env=False,
            timeout=10,
        )
        self.stack.enter_context(client)
        return Browser(client)

    def token(self, identity: Identity, subscription: str | None = None, **more: Any) -> str:
        """A token for the header, exchanged for a signed identifier as a page on another origin does it."""
        signed = self.portal.sign_identifier(identity, subscription=subscription, **more)
        made = self.browser().own("POST", "/session", {"identity": signed})
        assert made.status == 200, made.source
        return str(made.json["token"])

    def arrive(self, identity: Identity, subscription: str | None = None) -> Browser:
        """A browser that has just come in with a signed identifier."""
        browser = self.browser()
        token = self.portal.sign_identifier(identity, subscription=subscription)
        entered = browser.get("/enter", {"identity": token})
        assert entered.status == 303, entered.source
        return browser


def host_login(user: Identity | None) -> dict[str, str]:
    """The header by which the host of these tests knows its user."""
    match user:
        case Email(address):
            return {"X-User-Email": address}
        case CustomerId(id):
            return {"X-User-Customer": id}
        case _:
            return {}


def identify(headers: Mapping[str, str]) -> Identity | None:
    """The hook of the tests' host: it believes a header."""
    if address := headers.get("X-User-Email"):
        return Email(address)
    customer = headers.get("X-User-Customer")
    return CustomerId(customer) if customer else None


class Mount:
    """Mounts the portal for a test: ``mount(page_size=5)``."""

    def __init__(
        self, runtime: Runtime, stripe: StripeServer, folder: Path, stack: ExitStack, postgresql: str = ""
    ) -> None:
        self.runtime = runtime
        self._stripe = stripe
        self._folder = folder
        self._postgresql = postgresql
        self._stack = stack

    def __call__(
        self,
        *,
        identify: Identify | AsyncIdentify | None = identify,
        overrides: Mapping[str, str] | None = None,
        page: str = "",
        clock: Callable[[], float] | None = None,
        hooks: Hooks = NO_HOOKS,
        django: Mapping[str, Any] | None = None,
        **settings: Any,
    ) -> Mounted:
        """Serve a host with these settings, in place of what was served before.

        ``identify=None`` leaves it to the framework's own login. ``overrides`` are templates by name.
        """
        self.runtime.unmount()
        host = Host(
            settings={
                "stripe_api_key": STRIPE_KEY,
                "secret_keys": [KEY],
                "stripe_api_base": self._stripe.url,
                "database_url": f"sqlite:///{self._folder}/portal.sqlite3",
                **(self.runtime.use_postgresql(self._postgresql) if self._postgresql else {}),
                **settings,
            },
            clock=clock or (lambda: self._stripe.sandbox.clock.now),
            identify=identify,
            templates=self._written(overrides) if overrides else None,
            page=page,
            hooks=hooks,
            django=django or {},
        )
        mounted = Mounted(self.runtime, self.runtime.mount(host), self._stack)
        if isinstance(mounted.portal.database, EngineDatabase):
            self._stack.callback(mounted.portal.database.close)
        return mounted

    def _written(self, overrides: Mapping[str, str]) -> Path:
        for name, source in overrides.items():
            path = self._folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(source)
        return self._folder


class SharingMount(Mount):
    """Mounts the portal with what sharing needs: a public address, and a key of the merchant API."""

    def __call__(self, **options: Any) -> Mounted:
        """As :meth:`Mount.__call__`."""
        shared = {"public_url": self.runtime.origin + PREFIX, "merchant_api_keys": [API_KEY, OTHER_API_KEY]}
        return super().__call__(**{**shared, **options})


def outlast(portal: Mounted) -> None:
    """Wait until calls that a page has given up on have ended: they must not reach the next test's Stripe."""
    pool = vars(portal.portal.blocking).get("_pool")
    if pool is not None:
        pool.shutdown(wait=True)
