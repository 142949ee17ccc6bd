"""A page of a merchant's own that embeds the stand-in for Stripe.js, under the policy that Stripe asks of pages."""

from __future__ import annotations

from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Any

from playwright.sync_api import ConsoleMessage, FrameLocator, Page

from stripe_sandbox import Sandbox
from stripe_sandbox.server import Running, serve_in_thread

Json = dict[str, Any]
NOW = 1_795_262_400  # 2026-11-21 12:00 UTC
KEY = "pk_test_shop"
ELEMENT, CHALLENGE = "Secure payment input frame", "3D Secure authentication"
_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title>
<link rel="icon" href="data:,"><script src="{stripe}/{path}"></script></head>
<body><h1>Shop</h1><div id="pay"></div></body></html>"""


class Shop:
    """A server for one page, and a sandbox of its own behind it."""

    def __init__(self) -> None:
        self.sandbox = Sandbox(seed=1, now=NOW)
        self.stripe: Running = serve_in_thread(self.sandbox)
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = _PAGE.format(stripe=shop.stripe.url, path=shop.script).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Security-Policy", shop.policy)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.script = "dahlia/stripe.js"
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/"

    @property
    def policy(self) -> str:
        """What Stripe asks for (https://docs.stripe.com/security/guide#content-security-policy), and nothing more."""
        origin = self.stripe.url
        return (
            f"default-src 'none'; script-src {origin}; frame-src {origin}; connect-src {origin}; img-src data:; "
            "style-src 'none'; base-uri 'none'; form-action 'none'"
        )

    def post(self, path: str, **params: Any) -> Json:
        """The merchant's own server asks the API."""
        return self.sandbox.call("POST", f"/v1/{path}", params)

    def get(self, path: str, **params: Any) -> Json:
        """The merchant's own server asks the API."""
        return self.sandbox.call("GET", f"/v1/{path}", params)

    def intent(self, amount: int = 1500, currency: str = "usd", **params: Any) -> Json:
        """A payment intent of a new customer."""
        customer = params.pop("customer", None) or self.post("customers", email="jenny@example.com")["id"]
        return self.post("payment_intents", amount=amount, currency=currency, customer=customer, **params)

    def charges(self, intent: Json) -> list[str]:
        """What was charged for an intent: the statuses of its charges, the oldest first."""
        found = self.get("charges", payment_intent=intent["id"], limit=100)["data"]
        return [charge["status"] for charge in reversed(found)]

    def __enter__(self) -> Shop:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self.stripe.stop()


@dataclass
class Customer:
    """A person at that page; ``complaints`` is what the browser had to say against it."""

    page: Page
    shop: Shop
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and "status of 402" not in message.text:
            self.complaints.append(message.text)

    def open(self, **options: Any) -> None:
        """Open the page and put a Payment Element on it."""
        self.page.goto(self.shop.url)
        self.page.evaluate(
            """([key, options]) => new Promise((resolve) => {
                window.seen = [];
                window.stripe = Stripe(key);
                window.elements = stripe.elements(options);
                window.payment = elements.create('payment');
                for (const event of ['ready', 'change', 'loaderror']) {
                    payment.on(event, (payload) => seen.push([event, payload]));
                }
                payment.on('ready', () => resolve()).on('loaderror', () => resolve()).mount('#pay');
            })""",
            [KEY, options],
        )

    @property
    def element(self) -> FrameLocator:
        """What is in the Payment Element."""
        return self.page.frame_locator(f"iframe[title='{ELEMENT}']")

    @property
    def challenge(self) -> FrameLocator:
        """The bank's window."""
        return self.page.frame_locator(f"iframe[title='{CHALLENGE}']")

    def type_card(self, number: str) -> None:
        """Fill the card's fields in."""
        self.element.get_by_label("Card number").fill(number)
        self.element.get_by_label("Expiration date").fill("12 / 34")
        self.element.get_by_label("Security code").fill("123")

    def start(self, script: str) -> None:
        """Begin what takes a while; `finish` has what comes of it."""
        caught = f"{script}.catch((error) => ({{ thrown: `${{error.name}}: ${{error.message}}` }}))"
        self.page.evaluate(f"() => {{ window.outcome = {caught}; return null; }}")

    def finish(self) -> Json:
        """What came of it."""
        outcome: Json = self.page.evaluate("() => window.outcome")
        return outcome

    def confirm(self, kind: str = "Payment") -> Json:
        """Confirm with what is in the element, without leaving the page."""
        self.start(CONFIRM.format(kind=kind))
        return self.finish()


CONFIRM = (
    "stripe.confirm{kind}({{ elements, confirmParams: {{ return_url: location.href }}, redirect: 'if_required' }})"
)
