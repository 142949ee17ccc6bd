"""Worker processes over one database."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Literal

import httpx

from invoice_portal import Portal, PortalSettings
from support.portals import NO_TLS, STRIPE_KEY
from support.stripe_server import StripeServer

API_KEY = "a key of the merchant API for the workers"
KEY = "the key that all workers have"
PUBLIC_URL = "http://127.0.0.1/billing"
Server = Literal["gunicorn", "uvicorn"]


def environ(database_url: str, stripe: StripeServer, **more: str) -> dict[str, str]:
    """The environment of a worker."""
    settings = {
        "STRIPE_API_KEY": STRIPE_KEY,
        "SECRET_KEYS": KEY,
        "STRIPE_API_BASE": stripe.url,
        "DATABASE_URL": database_url,
        "PUBLIC_URL": PUBLIC_URL,
        "MERCHANT_API_KEYS": API_KEY,
        "ENTER_LIMIT": "",
        **more,
    }
    named = {f"INVOICE_PORTAL_{name}": value for name, value in settings.items()}
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path), **named}


def portal_here(database_url: str, stripe: StripeServer, **more: str) -> Portal:
    """The same portal in this process."""
    return Portal(PortalSettings.from_env(environ(database_url, stripe, **more)))


class Worker:
    """One process that serves the portal."""

    def __init__(self, client: httpx.Client, process: subprocess.Popen[bytes]) -> None:
        self.client = client
        self.process = process

    def api(self, method: str, path: str, body: object = None) -> httpx.Response:
        """Call the merchant API."""
        headers = {"Authorization": f"Bearer {API_KEY}"}
        return self.client.request(method, f"/billing/api{path}", json=body, headers=headers)

    @contextmanager
    def visit(self, url: str) -> Iterator[httpx.Client]:
        """A browser at this worker that has opened a link's address."""
        with httpx.Client(base_url=self.client.base_url, timeout=30, verify=NO_TLS) as browser:
            browser.get(path_of(url))
            yield browser

    def opens(self, url: str) -> bool:
        """Whether an address still lets somebody in."""
        opened = self.client.get(path_of(url)).status_code == 303
        self.client.cookies.clear()
        return opened


def path_of(url: str) -> str:
    """The path of a link's address: each worker has a port of its own."""
    return "/billing" + url.removeprefix(PUBLIC_URL)


@contextmanager
def worker(server: Server, env: Mapping[str, str]) -> Iterator[Worker]:
    """Start one worker process and wait until it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    port, quiet = address.partition(":")[2], ("--log-level", "warning")
    command = {
        "gunicorn": ["gunicorn", "-w", "1", "--threads", "8", "-b", address, "support.worker_app:flask_app()"],
        "uvicorn": [
            "uvicorn",
            "--factory",
            "--host",
            "127.0.0.1",
            "--port",
            port,
            *quiet,
            "support.worker_app:fastapi_app",
        ],
    }[server]
    process = subprocess.Popen([sys.executable, "-m", *command], env=env, stderr=subprocess.PIPE)
    with httpx.Client(base_url=f"http://{address}", timeout=60, verify=NO_TLS) as client:
        try:
            _wait(client, process)
            yield Worker(client, process)
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=20)


@contextmanager
def churning(what: Literal["link", "session"], subject: str, env: Mapping[str, str]) -> Iterator[list[str]]:
    """A process that makes links or sessions, killed with SIGKILL in the midst of it; gives what it had done."""
    process = subprocess.Popen(
        [sys.executable, "-m", "support.worker_app", what, subject], env=env, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    done = [process.stdout.readline().decode().strip() for _ in range(25)]
    process.kill()
    done += process.stdout.read().decode().split()
    process.stdout.close()
    process.wait(timeout=10)
    yield done


def _wait(client: httpx.Client, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 40
    while process.poll() is None and time.monotonic() < deadline:
        try:
            client.get("/billing/static/portal.css")
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the worker did not start")
