"""The portal's home page against the plain page that a team would write itself, in each framework, in one run.

    python benchmarks/home_page.py            # needs invoice-portal[demo] and httpx

Both pages show the same 24 invoices of one customer, and nothing is cached between requests: every request asks Stripe
anew. The plain page is what the ``stripe`` package's own documentation leads to: a typed ``invoices.list`` with the
default HTTP client, and a Jinja loop that prints number, date, status, amount and two links. The portal's page is the
real one, with its filter, its summary, its layout, and one form for each open invoice.

The invoices are two years of one subscription with five priced products, as a SaaS business bills them: tax on every
line, a discount, metadata, the customer's address and tax id. One such invoice is some 15 KB of JSON, printed with
indentation as Stripe prints it. The stand-in for Stripe runs in a process of its own, with its answers made beforehand,
so that only the app's CPU is counted (all its threads together), from the call of the WSGI or ASGI app to the last byte
of its answer; left out are the web server and TLS, which would cost both pages the same. The two pages take turns, and
the ratio is taken pair by pair, because machines are noisy.

With ``--identify-by email`` both pages look the customer up by their address first, which is a second call for both.

The portal's page is measured as a merchant gets it, with its panes: what needs the customer, the upcoming bill and the
subscription, for which it makes seven calls more. ``--without-panes`` leaves them out. ``--same-calls`` lets the plain
page make the same calls, one after the other, and print nothing of them but the upcoming bill.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import multiprocessing
import statistics
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import stripe

    from invoice_portal import Identity
    from stripe_sandbox import Sandbox

INVOICES = 24
FOLDER = tempfile.TemporaryDirectory(prefix="portal-benchmark-")  # for the audit trail, which is on as by default
EMAIL = "ap@lumen.example"
EXPANDED = ["data.payment.payment_intent.latest_charge"]
DAY = 24 * 60 * 60
PLAN = [
    ("Team plan", 2900, 12),
    ("Guest seats", 900, 4),
    ("Storage, 100 GB", 500, 3),
    ("Priority support", 9900, 1),
    ("Audit log", 1900, 1),
]
"""Products with their price a month in cents, and how many of each: one line of every invoice."""


@dataclass(frozen=True)
class Target:
    """Where the invoices are, how both pages look for them, and how many bytes of JSON they are."""

    url: str
    customer: str
    by_email: bool
    size: int
    panes: bool = True
    same_calls: bool = False


@dataclass(frozen=True)
class Contest:
    """Two ways to make the same page: each call is one request, and gives the page's bytes."""

    portal: Callable[[], bytes]
    plain: Callable[[], bytes]


def lifelike_account() -> tuple[Sandbox, str]:
    """An account with one customer, and two years of the invoices of a subscription; the newest three are open."""
    from stripe_sandbox import Sandbox

    sandbox = Sandbox()
    now = sandbox.clock.now

    def post(path: str, **params: Any) -> str:
        return str(sandbox.call("POST", f"/v1/{path}", params)["id"])

    with sandbox.clock.at(now - 715 * DAY):
        customer = post(
            "customers",
            email=EMAIL,
            name="Lumen Studio GmbH",
            address={"line1": "Torstraße 140", "postal_code": "10119", "city": "Berlin", "country": "DE"},
            tax_id_data=[{"type": "eu_vat", "value": "DE123456789"}],
        )
        vat = post("tax_rates", display_name="VAT", percentage=19, inclusive=False, country="DE", jurisdiction="DE")
        deal = post("coupons", percent_off=10, duration="forever", name="Annual deal")
        post(
            "subscriptions",
            customer=customer,
            items=[{"price": _price(post, *product), "quantity": product[2]} for product in PLAN],
            collection_method="send_invoice",
            days_until_due=30,
            default_tax_rates=[vat],
            discounts=[{"coupon": deal}],
            metadata={"tenant": "4711", "plan": "team", "region": "eu-central"},
        )
        sandbox.clock.set(now)
        invoices = sandbox.call("GET", "/v1/invoices", {"customer": customer, "limit": 100})["data"]
        assert len(invoices) == INVOICES, len(invoices)
        for position, invoice in enumerate(invoices):
            if invoice["status"] == "draft":
                post(f"invoices/{invoice['id']}/finalize")
            if position >= 3:
                post(f"invoices/{invoice['id']}/pay", paid_out_of_band=True)
    return sandbox, customer


def _price(post: Callable[..., str], name: str, cents: int, quantity: int) -> str:
    product = post("products", name=name)
    return post("prices", product=product, currency="eur", unit_amount=cents, recurring={"interval": "month"})


def serve_stripe(pipe: Connection, by_email: bool) -> None:
    """Serve the account, and say where. Each answer is made once: it is not the sandbox that is measured."""
    from stripe_sandbox import Request

    sandbox, customer = lifelike_account()

    @lru_cache
    def answer(method: str, path: str, query: str, sent: str) -> tuple[int, bytes]:
        headers = {"Authorization": "Bearer sk_test_benchmark", "Content-Type": "application/x-www-form-urlencoded"}
        request = Request(method, path, query, headers, sent.encode())
        response = sandbox.handle(request)
        return response.status, json.dumps(response.json(), indent=2).encode()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            sent = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            status, body = answer(self.command, path, query, sent)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Request-Id", "req_benchmark")
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    _, body = answer("GET", "/v1/invoices", f"customer={customer}&limit={INVOICES}", "")
    pipe.send(Target(f"http://127.0.0.1:{server.server_port}", customer, by_email, len(body)))
    pipe.recv()


PLAIN = """<!doctype html><title>Billing</title><table>{% for i in invoices %}<tr>
<td><a href="{{ i.hosted_invoice_url }}">{{ i.number }}</a></td><td>{{ i.created | day }}</td><td>{{ i.status }}</td>
<td>{{ "%.2f" | format(i.total / 100) }} {{ i.currency | upper }}</td><td><a href="{{ i.invoice_pdf }}">PDF</a></td>
</tr>{% endfor %}</table>{% for bill in upcoming %}<p>{{ "%.2f" | format(bill.amount_due / 100) }}</p>{% endfor %}"""


def plain_template() -> Callable[..., str]:
    from jinja2 import Environment

    environment = Environment(autoescape=True)
    environment.filters["day"] = lambda moment: time.strftime("%b %d, %Y", time.gmtime(moment))
    return environment.from_string(PLAIN).render


def portal_settings(target: Target) -> dict[str, object]:
    return {
        "stripe_api_key": "sk_test_benchmark",
        "stripe_api_base": target.url,
        "database_url": f"sqlite:///{FOLDER.name}/portal.sqlite3",
        "secret_keys": ["benchmark-benchmark-benchmark"],
        "page_size": INVOICES,
        **({} if target.panes else {"panes": []}),
    }


def visitor(target: Target) -> Identity:
    """Who is logged in at the host."""
    from invoice_portal import CustomerId, Email

    return Email(EMAIL) if target.by_email else CustomerId(target.customer)


def plain_client(target: Target) -> stripe.StripeClient:
    import stripe

    return stripe.StripeClient("sk_test_benchmark", base_addresses={"api": target.url})


def plain_invoices(client: stripe.StripeClient, target: Target) -> list[Any]:
    """What a team would write in a sync view."""
    customer = target.customer
    if target.by_email:
        customer = client.v1.customers.list({"email": EMAIL}).data[0].id
    return client.v1.invoices.list({"customer": customer, "limit": INVOICES}).data


def plain_bills(client: stripe.StripeClient, target: Target, invoices: list[Any]) -> list[Any]:
    """The upcoming bills, and on the way all else that the portal asks for its panes."""
    if not target.same_calls:
        return []
    if not target.by_email:
        client.v1.customers.retrieve(target.customer)
    subscriptions = client.v1.subscriptions.list({"customer": target.customer, "status": "all"}).data
    products = sorted({item.price.product for each in subscriptions for item in each["items"].data})
    client.v1.products.list({"ids": products, "limit": 100})
    for invoice in invoices:
        if invoice.status == "open":
            client.v1.invoice_payments.list({"invoice": invoice.id, "expand": EXPANDED})
    return [client.v1.invoices.create_preview({"subscription": each.id}) for each in subscriptions]


async def plain_invoices_async(client: stripe.StripeClient, target: Target) -> list[Any]:
    """What a team would write in an async view."""
    customer = target.customer
    if target.by_email:
        customer = (await client.v1.customers.list_async({"email": EMAIL})).data[0].id
    return (await client.v1.invoices.list_async({"customer": customer, "limit": INVOICES})).data


async def plain_bills_async(client: stripe.StripeClient, target: Target, invoices: list[Any]) -> list[Any]:
    """The same without holding up the event loop."""
    if not target.same_calls:
        return []
    if not target.by_email:
        await client.v1.customers.retrieve_async(target.customer)
    subscriptions = (await client.v1.subscriptions.list_async({"customer": target.customer, "status": "all"})).data
    products = sorted({item.price.product for each in subscriptions for item in each["items"].data})
    await client.v1.products.list_async({"ids": products, "limit": 100})
    for invoice in invoices:
        if invoice.status == "open":
            await client.v1.invoice_payments.list_async({"invoice": invoice.id, "expand": EXPANDED})
    return [await client.v1.invoices.create_preview_async({"subscription": each.id}) for each in subscriptions]


def flask_contest(target: Target) -> Contest:
    from flask import Flask

    import flask_portal
    from invoice_portal import PortalSettings

    app, client, template = Flask(__name__), plain_client(target), plain_template()
    settings = PortalSettings.from_mapping(portal_settings(target))
    app.register_blueprint(
        flask_portal.blueprint(settings, identify=lambda request: visitor(target)), url_prefix="/billing"
    )

    @app.get("/plain")
    def plain() -> str:
        invoices = plain_invoices(client, target)
        return template(invoices=invoices, upcoming=plain_bills(client, target, invoices))

    return Contest(lambda: through_wsgi(app, "/billing/"), lambda: through_wsgi(app, "/plain"))


def django_contest(target: Target) -> Contest:
    from django.conf import settings
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application
    from django.http import HttpResponse
    from django.urls import include, path

    client, template = plain_client(target), plain_template()

    def plain(request: object) -> HttpResponse:
        invoices = plain_invoices(client, target)
        return HttpResponse(template(invoices=invoices, upcoming=plain_bills(client, target, invoices)))

    folder = tempfile.mkdtemp()
    settings.configure(
        SECRET_KEY="benchmark",
        ALLOWED_HOSTS=["*"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{folder}/db.sqlite3"}},
        INSTALLED_APPS=["django_portal"],
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
        INVOICE_PORTAL={**portal_settings(target), "identify": lambda request: visitor(target)},
    )
    settings.ROOT_URLCONF = (path("plain", plain), path("billing/", include("django_portal.urls")))
    app = get_wsgi_application()
    call_command("migrate", verbosity=0)
    return Contest(lambda: through_wsgi(app, "/billing/"), lambda: through_wsgi(app, "/plain"))


def fastapi_contest(target: Target) -> Contest:
    from fastapi import FastAPI
    from fastapi.responses import HTMLResponse

    import fastapi_portal
    from invoice_portal import PortalSettings

    app, client, template = FastAPI(), plain_client(target), plain_template()
    settings = PortalSettings.from_mapping(portal_settings(target))

    async def logged_in() -> Identity:
        return visitor(target)

    app.include_router(fastapi_portal.router(settings, identify=logged_in), prefix="/billing")

    @app.get("/plain", response_class=HTMLResponse)
    async def plain() -> str:
        invoices = await plain_invoices_async(client, target)
        return template(invoices=invoices, upcoming=await plain_bills_async(client, target, invoices))

    loop = asyncio.new_event_loop()
    return Contest(lambda: through_asgi(loop, app, "/billing/"), lambda: through_asgi(loop, app, "/plain"))


def through_wsgi(app: Callable[..., Iterable[bytes]], path: str) -> bytes:
    """One GET, straight into the app: no client's and no server's work is counted."""
    from wsgiref.util import setup_testing_defaults

    environ: dict[str, Any] = {"PATH_INFO": path, "QUERY_STRING": ""}
    setup_testing_defaults(environ)
    answer = app(environ, lambda status, headers: None)
    body = b"".join(answer)
    getattr(answer, "close", lambda: None)()
    return body


def through_asgi(loop: asyncio.AbstractEventLoop, app: Callable[..., Awaitable[None]], path: str) -> bytes:
    """The same for an ASGI app."""
    parts: list[bytes] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        parts.append(message.get("body", b""))

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }

    async def answer() -> None:
        await app(scope, receive, send)

    loop.run_until_complete(answer())
    return b"".join(parts)


CONTESTS = {"flask": flask_contest, "django": django_contest, "fastapi": fastapi_contest}


def cpu_of(request: Callable[[], bytes], times: int) -> float:
    """Milliseconds of this process's CPU for one request, all threads together; nobody pays for others' garbage."""
    gc.collect()
    began = time.process_time()
    for _ in range(times):
        assert request().count(b"<tr") >= INVOICES
    return (time.process_time() - began) * 1000 / times


def measure(name: str, target: Target, rounds: int) -> str:
    contest = CONTESTS[name](target)
    cpu_of(contest.portal, 3), cpu_of(contest.plain, 3)
    pairs = [(cpu_of(contest.portal, 5), cpu_of(contest.plain, 5)) for _ in range(rounds)]
    portal, plain = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratios = sorted(portal / plain for portal, plain in pairs)
    middle = statistics.median(ratios)
    return f"{name:8} {portal:7.1f} ms {plain:9.1f} ms {middle:10.3f}   ({ratios[0]:.3f} to {ratios[-1]:.3f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--identify-by", choices=["customer_id", "email"], default="customer_id")
    parser.add_argument("--without-panes", action="store_true")
    parser.add_argument("--same-calls", action="store_true")
    parser.add_argument("frameworks", nargs="*", choices=[[], *CONTESTS], default=[])
    options = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    by_email = options.identify_by == "email"
    context.Process(target=serve_stripe, args=(theirs, by_email), daemon=True).start()
    target = replace(ours.recv(), panes=not options.without_panes, same_calls=options.same_calls)
    size = f"{target.size / INVOICES / 1000:.1f} KB of JSON each"
    print(f"CPU of one page with {INVOICES} invoices, {size}; medians of {options.rounds} rounds")
    print("             portal    plain page      ratio")
    for name in options.frameworks or CONTESTS:
        print(measure(name, target, options.rounds), flush=True)
    ours.send("done")


if __name__ == "__main__":
    main()
