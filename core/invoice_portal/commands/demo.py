"""``invoice-portal demo``: the sandbox with a lifelike account, and a small host app to log in to."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

import click

from invoice_portal.commands.demo_offers import DETAILS, demo_subscriptions
from invoice_portal.resources import data_dir
from invoice_portal.settings_text import ENV_PREFIX

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox

_HOST: Final = "127.0.0.1"
_PATIENCE_SECONDS: Final = 60
_CHOSEN: Final = ("SECRET_KEYS", "ALLOWED_EMBED_ORIGINS", "THEME", "DEBUG")
"""Settings that are taken from the environment: to try how the portal is embedded, and how it looks."""


def run(framework: str, port: int, sandbox_port: int) -> None:
    """Start both, say where the host app is, and wait until it ends or the user interrupts.

    Raises ``click.ClickException`` where the host app does not come up.
    """
    from stripe_sandbox.sandbox import Sandbox
    from stripe_sandbox.seed import SAMPLE_LOGINS, demo
    from stripe_sandbox.server import Running

    port, sandbox_port = _free(port), _free(sandbox_port)
    sandbox = Sandbox(base_url=f"http://{_HOST}:{sandbox_port}")
    with Running(sandbox, _HOST, sandbox_port) as running, tempfile.TemporaryDirectory() as folder:
        click.echo("Filling the Stripe sandbox with a lifelike account …")
        shop = demo(sandbox)
        people = json.dumps([asdict(login) for login in SAMPLE_LOGINS])
        database = {f"{ENV_PREFIX}DATABASE_URL": f"sqlite:///{folder}/demo.sqlite3"}
        offered = json.dumps(asdict(demo_subscriptions(asdict(shop))), default=list)
        managing = {f"{ENV_PREFIX}SUBSCRIPTIONS": offered, f"{ENV_PREFIX}BILLING_DETAILS": DETAILS}
        environ = {**environ_for(running.url, port, people, webhook_to(sandbox, port)), **managing, **database}
        host = subprocess.Popen([sys.executable, str(data_dir("examples") / f"{framework}_host.py")], env=environ)
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # however it ends, the host app ends with it
        try:
            _wait_for(port, host)
            click.echo(f"\n  The demo ({framework}) is at http://{_HOST}:{port}/")
            click.echo(f"  The Stripe sandbox is at {running.url}/   Ctrl-C ends both.\n")
            host.wait()
        except KeyboardInterrupt:
            click.echo("Bye.")
        finally:
            host.send_signal(signal.SIGTERM)
            host.wait()


def environ_for(stripe_url: str, port: int, people: str, webhook_secret: str) -> Mapping[str, str]:
    """What the host app reads: the portal's settings as a real one would set them, and whom to offer for log-in."""
    chosen = {f"{ENV_PREFIX}{name}" for name in _CHOSEN}
    return {
        f"{ENV_PREFIX}SECRET_KEYS": secrets.token_hex(32),
        **{name: value for name, value in os.environ.items() if name in chosen or not name.startswith(ENV_PREFIX)},
        f"{ENV_PREFIX}STRIPE_API_KEY": "sk_test_demo",
        f"{ENV_PREFIX}STRIPE_PUBLISHABLE_KEY": "pk_test_demo",
        f"{ENV_PREFIX}STRIPE_API_BASE": stripe_url,
        f"{ENV_PREFIX}STRIPE_WEBHOOK_SECRETS": webhook_secret,
        f"{ENV_PREFIX}PARTIAL_PAYMENTS": "1",
        f"{ENV_PREFIX}BUSINESS_NAME": "Northwind Inc.",
        f"{ENV_PREFIX}HOME_URL": "/",
        f"{ENV_PREFIX}PUBLIC_URL": f"http://{_HOST}:{port}/billing",
        f"{ENV_PREFIX}SUPPORT_EMAIL": "billing@northwind.example",
        "HOST_PORT": str(port),
        "HOST_PEOPLE": people,
    }


def webhook_to(sandbox: Sandbox, port: int) -> str:
    """Have the sandbox tell the portal of payments; gives the secret that signs what it says."""
    url = f"http://{_HOST}:{port}/billing/webhook"
    events = ["invoice.paid", "invoice_payment.paid", "invoice.payment_failed", "payment_intent.processing"]
    made = sandbox.call("POST", "/v1/webhook_endpoints", {"url": url, "enabled_events": events})
    return str(made["secret"])


def _free(port: int) -> int:
    """``port`` where nobody listens on it, else one that the system picks."""
    for candidate in (port, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((_HOST, candidate))
            except OSError:
                continue
            found: int = probe.getsockname()[1]
            return found
    raise click.ClickException("there is no free port")


def _wait_for(port: int, host: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline and host.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex((_HOST, port)) == 0:
                return
        time.sleep(0.1)
    raise click.ClickException("the host app did not start; its messages are above")
