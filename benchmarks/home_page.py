"""The portal's home page against the plain page that a team would write itself, in each framework, in one run.

    python benchmarks/home_page.py            # needs invoice-portal[demo] and httpx

Both pages show the same 24 invoices of one customer, uncached. The plain page is a typed ``stripe`` call and a Jinja
loop. The stand-in for Stripe runs in a process of its own, so that only the app's CPU is counted; the two pages take
turns, and the ratio is taken pair by pair, because machines are noisy.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection

INVOICES = 24
LINES = 5


@dataclass(frozen=True)
class Target:
    """Where the invoices are."""

    url: str
    customer: str


@dataclass(frozen=True)
class Contest:
    """Two ways to make the same page: each call is one request, and gives the page's bytes."""

    portal: Callable[[], bytes]
    plain: Callable[[], bytes]


def serve_stripe(pipe: Connection) -> None:
    """Run the sandbox with one customer's invoices, and say where."""
    from stripe_sandbox.sandbox import Sandbox
    from stripe_sandbox.server import Running

    sandbox = Sandbox()
    customer = sandbox.call("POST", "/v1/customers", {"email": "a@b.example", "name": "Lumen Studio GmbH"})["id"]
    for number in range(INVOICES):
        invoice = sandbox.call(
            "POST", "/v1/invoices", {"customer": customer, "collection_method": "send_invoice", "days_until_due": 30}
        )["id"]
        for line in range(LINES):
            amount = 1000 + 100 * number + line
            item = {"customer": customer, "invoice": invoice, "amount": amount, "currency": "usd"}
            sandbox.call("POST", "/v1/invoiceitems", {**item, "description": f"Team plan, seat {line}"})
        sandbox.call("POST", f"/v1/invoices/{invoice}/finalize")
        if number % 8:
            sandbox.call("POST", f"/v1/invoices/{invoice}/pay", {"paid_out_of_band": True})
    with Running(sandbox, "127.0.0.1", 0) as running:
        pipe.send(Target(running.url, customer))
        pipe.recv()


PLAIN = """<!doctype html><title>Billing</title><table>{% for i in invoices %}<tr>
<td><a href="{{ i.hosted_invoice_url }}">{{ i.number }}</a></td><td>{{ i.created | day }}</td><td>{{ i.status }}</td>
<td>{{ "%.2f" | format(i.total / 100) }} {{ i.currency | upper }}</td><td><a href="{{ i.invoice_pdf }}">PDF</a></td>
</tr>{% endfor %}</table>"""


def plain_template() -> Callable[..., str]:
    from jinja2 import Environment

    environment = Environment(autoescape=True)
    environment.filters["day"] = lambda moment: time.strftime("%b %d, %Y", time.gmtime(moment))
    return environment.from_string(PLAIN).render


def portal_settings(target: Target) -> dict[str, object]:
    return {
        "stripe_api_key": "sk_test_benchmark",
        "stripe_api_base": target.url,
        "secret_keys": ["benchmark-benchmark-benchmark"],
        "identify_by": "customer_id",
        "page_size": INVOICES,
    }


def plain_client(target: Target):  # type: ignore[no-untyped-def]
    import stripe

    return stripe.StripeClient("sk_test_benchmark", base_addresses={"api": target.url})


def flask_contest(target: Target) -> Contest:
    from flask import Flask

    import flask_portal
    from invoice_portal import CustomerId, PortalSettings

    app, client, template = Flask(__name__), plain_client(target), plain_template()
    settings = PortalSettings.from_mapping(portal_settings(target))
    app.register_blueprint(
        flask_portal.blueprint(settings, identify=lambda request: CustomerId(target.customer)), url_prefix="/billing"
    )

    @app.get("/plain")
    def plain() -> str:
        return template(invoices=client.v1.invoices.list({"customer": target.customer, "limit": INVOICES}).data)

    browser = app.test_client()
    return Contest(lambda: browser.get("/billing/").data, lambda: browser.get("/plain").data)


def django_contest(target: Target) -> Contest:
    import django
    from django.conf import settings
    from django.http import HttpResponse
    from django.test import Client
    from django.urls import include, path

    from invoice_portal import CustomerId

    client, template = plain_client(target), plain_template()

    def plain(request: object) -> HttpResponse:
        page = client.v1.invoices.list({"customer": target.customer, "limit": INVOICES})
        return HttpResponse(template(invoices=page.data))

    settings.configure(
        SECRET_KEY="benchmark",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=(path("plain", plain), path("billing/", include("django_portal.urls"))),
        INSTALLED_APPS=["django_portal"],
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
        INVOICE_PORTAL={**portal_settings(target), "identify": lambda request: CustomerId(target.customer)},
    )
    django.setup()
    browser = Client()
    return Contest(lambda: browser.get("/billing/").content, lambda: browser.get("/plain").content)


def fastapi_contest(target: Target) -> Contest:
    import httpx
    from fastapi import FastAPI
    from fastapi.responses import HTMLResponse

    import fastapi_portal
    from invoice_portal import CustomerId, PortalSettings

    app, client, template = FastAPI(), plain_client(target), plain_template()
    settings = PortalSettings.from_mapping(portal_settings(target))
    identify = lambda: CustomerId(target.customer)  # noqa: E731
    app.include_router(fastapi_portal.router(settings, identify=identify), prefix="/billing")

    @app.get("/plain", response_class=HTMLResponse)
    async def plain() -> str:
        page = await client.v1.invoices.list_async({"customer": target.customer, "limit": INVOICES})
        return template(invoices=page.data)

    loop = asyncio.new_event_loop()
    browser = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://benchmark")

    def get(path: str) -> bytes:
        async def fetch() -> bytes:
            return (await browser.get(path)).content

        answer: Awaitable[bytes] = fetch()
        return loop.run_until_complete(answer)

    return Contest(lambda: get("/billing/"), lambda: get("/plain"))


CONTESTS = {"flask": flask_contest, "django": django_contest, "fastapi": fastapi_contest}


def cpu_of(request: Callable[[], bytes], times: int) -> float:
    """Milliseconds of this process's CPU for one request, all threads together."""
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
    parser.add_argument("frameworks", nargs="*", choices=[[], *CONTESTS], default=[])
    options = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    stripe = context.Process(target=serve_stripe, args=(theirs,), daemon=True)
    stripe.start()
    target = ours.recv()
    print(f"CPU of one page with {INVOICES} invoices, medians of {options.rounds} rounds")
    print("             portal    plain page      ratio")
    for name in options.frameworks or CONTESTS:
        print(measure(name, target, options.rounds), flush=True)
    ours.send("done")


if __name__ == "__main__":
    main()
