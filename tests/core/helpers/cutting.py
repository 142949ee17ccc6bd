"""A portal, a visitor and Stripe in one process, with a line between them that is cut at any call one likes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import parse_qsl, urlencode, urlsplit

import stripe

from invoice_portal import Email, Portal
from invoice_portal.drivers.bodies import body_of
from invoice_portal.environment import Templates
from invoice_portal.hooks import Hooks, Payment
from invoice_portal.http import Reply, Request
from invoice_portal.routes import ROUTES
from stripe_sandbox import Request as StripeRequest
from stripe_sandbox import Response, Sandbox
from stripe_sandbox.events.signing import signature
from support.accounts import Account
from support.html import Html

from .objects import NOW
from .visiting import PREFIX, make_settings, url_for

Json = dict[str, Any]
Cut: TypeAlias = Literal["lost", "unheard", "away", "deaf", "down"]
CUTS: Final[tuple[Cut, ...]] = ("lost", "unheard", "away", "deaf", "down")
"""What happens to a call: the request is lost, or its answer; both also for the new try that the ``stripe`` package
makes by itself; or from this call on nothing gets through until the visitor tries again."""
ADA: Final = Email("ada@example.com")
WEBHOOK_SECRET: Final = "whsec_of_these_tests"
_TEMPLATES: Final = Templates()


class Line:
    """The connection to Stripe: it counts calls, and is cut at one of them."""

    def __init__(self) -> None:
        self.sandbox = Sandbox()
        self.calls: list[str] = []
        self._at, self._cut = -1, CUTS[0]
        self._meanwhile: Callable[[], None] | None = None

    def cut_at(self, at: int, cut: Cut) -> None:
        """Cut the call with this number, counted from now on."""
        self.calls.clear()
        self._at, self._cut = at, cut

    def heal(self) -> None:
        """Let everything through."""
        self._at = -1

    def meanwhile(self, at: int, action: Callable[[], None]) -> None:
        """Let something happen just before the call with this number, counted from now on, gets through."""
        self.calls.clear()
        self._at, self._meanwhile = at, action

    def carry(self, request: StripeRequest, *, again: bool = False) -> Response | None:
        """Stripe's answer, or None where the line was cut. ``again``: it is the second try of the call before."""
        if not again:
            self.calls.append(f"{request.method} {request.path}")
        number = len(self.calls) - 1
        if self._meanwhile is not None and number == self._at:
            action, self._meanwhile = self._meanwhile, None
            self.heal()
            action()
        waits = self._meanwhile is not None
        struck = not waits and (number == self._at or (self._cut == "down" and 0 <= self._at < number))
        if again and self._cut in ("lost", "unheard"):
            struck = False
        if struck and self._cut in ("lost", "away", "down"):
            return None
        answer = self.sandbox.handle(request)
        return None if struck else answer


class Wire(stripe.HTTPClient):
    """The ``stripe`` package's way onto the line."""

    name = "wire"

    def __init__(self, line: Line) -> None:
        super().__init__()
        self._line = line
        self._last: object = None

    def request(self, method: str, url: str, headers: Any, post_data: Any = None, **more: Any) -> Any:
        """One request. Raises ``stripe.APIConnectionError`` where the line is cut, which the package tries again."""
        parts = urlsplit(url)
        again = self._last == (method, url, headers.get("Idempotency-Key"), post_data)
        body = post_data.encode() if isinstance(post_data, str) else post_data or b""
        found = self._line.carry(StripeRequest(method.upper(), parts.path, parts.query, headers, body), again=again)
        if found is None:
            # Whether the next request is the second try shows by the package's own headers only for POST.
            self._last = None if again else (method, url, headers.get("Idempotency-Key"), post_data)
            raise stripe.APIConnectionError("the line is cut", should_retry=True)
        self._last = None
        return body_of(found.body, found.status), found.status, found.headers

    def close(self) -> None:
        """There is nothing to close."""


class InTurn(Executor):
    """Runs work at once: calls that would be made side by side come one after the other, in the same order always."""

    def submit(self, function: Callable[..., Any], /, *args: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(function(*args, **named))
        except BaseException as error:
            future.set_exception(error)
        return future


@dataclass(frozen=True)
class Answer:
    """What the visitor got; ``address`` is where it came from, after redirects within the portal."""

    reply: Reply
    address: str

    @property
    def status(self) -> int:
        return self.reply.status

    @cached_property
    def html(self) -> Html:
        return Html(self.reply.body.decode())

    @cached_property
    def text(self) -> str:
        return self.html.text

    @property
    def json(self) -> Json:
        found: Json = json.loads(self.reply.body)
        return found


@dataclass
class World:
    """One portal with its visitor's browser. ``told`` is what the host's hooks heard, ``now`` the portal's clock.

    ``before_pay`` is what the host does when it is asked.
    """

    line: Line
    portal: Portal
    told: list[Payment] = field(default_factory=list)
    cookies: dict[str, str] = field(default_factory=dict)
    invoice: str = ""
    customer: str = ""
    methods: list[str] = field(default_factory=list)
    now: int = NOW
    before_pay: Callable[[Payment], None] = lambda payment: None

    @property
    def account(self) -> Account:
        """The merchant's side."""
        return Account(self.line.sandbox)

    # The visitor's browser

    def get(self, address: str, accept: str = "text/html") -> Answer:
        """GET, following redirects within the portal."""
        answer = self._ask("GET", address, {}, accept)
        return self._followed(answer)

    def post(self, address: str, form: Mapping[str, str], accept: str = "text/html") -> Answer:
        """POST a form, following redirects within the portal."""
        return self._followed(self._ask("POST", address, form, accept))

    def _followed(self, answer: Answer) -> Answer:
        for _ in range(5):
            to = answer.reply.headers.get("Location", "")
            if answer.status != 303 or not to.startswith(PREFIX):
                break
            answer = self._ask("GET", to, {}, "text/html")
        return answer

    def _ask(self, method: str, address: str, form: Mapping[str, str], accept: str) -> Answer:
        parts = urlsplit(address)
        for route in ROUTES:
            pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", PREFIX + route.path)
            found = re.fullmatch(pattern, parts.path)
            if found and method in route.methods:
                break
        else:
            raise AssertionError(f"no route for {method} {address}")
        request = Request(
            method=method,
            path=parts.path,
            url_for=url_for,
            args=found.groupdict(),
            query=dict(parse_qsl(parts.query)),
            form=dict(form),
            cookies=dict(self.cookies),
            headers={"accept": accept},
            visitor=ADA,
        )
        reply = self.portal.answer(route, request, _TEMPLATES.render)
        self.cookies.update({cookie.name: cookie.value for cookie in reply.cookies})
        return Answer(reply, address)

    def deliver(self, type: str) -> int:
        """Have Stripe tell the portal of its newest event of a type; gives the portal's status."""
        event = self.account.get("events", type=type, limit=1)["data"][0]
        body = json.dumps(event).encode()
        headers = {"stripe-signature": signature(body, [WEBHOOK_SECRET], NOW)}
        route = next(route for route in ROUTES if route.name == "webhook")
        request = Request(method="POST", path=f"{PREFIX}/webhook", url_for=url_for, headers=headers, body=body)
        return self.portal.answer(route, request, _TEMPLATES.render).status

    # Stripe.js in that browser: the same line, and no second try

    def by_page(self, method: str, path: str, **params: Any) -> Json:
        """A call with the publishable key."""
        headers = {"Authorization": "Bearer pk_test_ada", "Idempotency-Key": f"page-{len(self.line.calls)}-{path}"}
        found = self.line.carry(_page_request(method, path, params, headers))
        if found is None:
            return {"error": {"type": "api_connection_error"}}
        answer: Json = found.json()
        return answer

    # Stripe's books

    def charges(self, *statuses: str) -> list[Json]:
        """What was charged to the customer, whatever for."""
        found = self.account.get("charges", customer=self.customer, limit=100)["data"]
        return [charge for charge in found if charge["status"] in (statuses or ("succeeded",))]

    @property
    def paid(self) -> int:
        """What has been taken, in minor units."""
        return sum(charge["amount"] for charge in self.charges("succeeded", "pending"))


def _page_request(method: str, path: str, params: Mapping[str, Any], headers: Mapping[str, str]) -> StripeRequest:
    encoded = urlencode({name: str(value).lower() if value is True else value for name, value in params.items()})
    if method == "GET":
        return StripeRequest("GET", f"/v1/{path}", encoded, headers)
    return StripeRequest(method, f"/v1/{path}", "", headers, encoded.encode())


def make_world(line: Line, **settings: Any) -> World:
    """A portal at the end of a line; what its host hears is kept."""
    told: list[Payment] = []
    portal = Portal(
        make_settings(stripe_publishable_key="pk_test_ada", stripe_webhook_secrets=[WEBHOOK_SECRET], **settings),
        clock=lambda: world.now,
        hooks=Hooks(
            before_pay=lambda payment: world.before_pay(payment), after_pay=told.append, payment_failed=told.append
        ),
    )
    world = World(line, portal, told)
    portal.blocking.__dict__["_made_client"] = _client(portal, line)
    portal.blocking.__dict__["_pool"] = InTurn()
    return world


def _client(portal: Portal, line: Line) -> stripe.StripeClient:
    from invoice_portal.drivers.stripe_client import make_client

    return make_client(portal.settings, Wire(line))
