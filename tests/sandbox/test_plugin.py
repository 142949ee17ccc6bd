"""The fixtures for pytest, the ASGI application, and the module as a command."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sandbox.api import NOW
from stripe_sandbox import Sandbox
from stripe_sandbox.asgi import CutOff, app, asgi
from stripe_sandbox.faults import Fault

pytest_plugins = ["pytester"]

INNER = """
import pytest
import stripe_sandbox.seed

def test_a_client(stripe_client, stripe_sandbox):
    customer = stripe_client.v1.customers.create({"email": "jenny@example.com"})
    assert stripe_sandbox.call("GET", f"/v1/customers/{customer.id}")["email"] == "jenny@example.com"
    stripe_sandbox.clock.advance(60)

def test_each_test_begins_anew(stripe_sandbox):
    assert stripe_sandbox.clock.now == 1_767_225_600
    assert stripe_sandbox.call("GET", "/v1/customers")["data"] == []

@pytest.mark.stripe_sandbox(seed=5, now=1_800_000_000, fill=lambda sandbox: sandbox.call("POST", "/v1/customers"))
def test_a_filled_one(stripe_sandbox):
    assert stripe_sandbox.clock.now == 1_800_000_000
    assert len(stripe_sandbox.call("GET", "/v1/customers")["data"]) == 1
"""


def test_the_fixtures(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(INNER)
    result = pytester.runpytest_subprocess(
        "-p", "no:cacheprovider", "-p", "stripe_sandbox.pytest", "--strict-markers", "-q"
    )
    result.assert_outcomes(passed=3)


def request(sandbox: Sandbox, method: str, path: str, body: bytes = b"") -> list[dict[str, Any]]:
    """Call the ASGI application as a server does, the body in two parts; answers the messages."""
    sent: list[dict[str, Any]] = []
    parts = [{"type": "http.request", "body": body[:3], "more_body": True},
             {"type": "http.request", "body": body[3:], "more_body": False}]  # fmt: skip

    async def receive() -> Any:
        return parts.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    raw, _, query = path.partition("?")
    scope = {"type": "http", "method": method, "path": raw, "raw_path": raw.encode(), "query_string": query.encode(),
             "headers": [(b"authorization", b"Bearer sk_test_x")]}  # fmt: skip
    try:
        asyncio.run(asgi(sandbox)(scope, receive, send))
    except CutOff:
        sent.append({"type": "cut"})
    return sent


def test_the_asgi_application() -> None:
    sandbox = Sandbox(now=NOW)
    start, body = request(sandbox, "POST", "/v1/customers", b"name=Jenny")
    assert (start["status"], b'"name":"Jenny"' in body["body"]) == (200, True)
    assert (b"content-length", str(len(body["body"])).encode()) in start["headers"]
    assert b'"has_more":false' in request(sandbox, "GET", "/v1/customers?expand%5B0%5D=data.tax_ids")[1]["body"]
    assert request(sandbox, "POST", "/v1/customers", b"x" * 5_000_000)[0]["status"] == 413
    sandbox.faults.order(Fault(cut="half"))
    assert [message["type"] for message in request(sandbox, "GET", "/v1/customers")][-1] == "cut"
    assert callable(app)


def test_the_asgi_application_delivers_webhooks_while_it_lives() -> None:
    sandbox = Sandbox(now=NOW)
    messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    told: list[str] = []

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        told.append(message["type"])

    asyncio.run(asgi(sandbox)({"type": "lifespan"}, receive, send))
    assert told == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_the_module_is_a_command_that_says_when_it_listens(tmp_path: Path) -> None:
    """What it prints is true at once: the first request is answered. A taken port is an error and no promise."""
    process = subprocess.Popen(
        [sys.executable, "-m", "stripe_sandbox", "--port", "0", "--seed", "empty"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        # Where the tests themselves run in the background, Ctrl-C is switched off for all that they start.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("stripe_sandbox listens on http://127.0.0.1:")
        port = line.split(":")[2].split()[0]
        second = subprocess.run(
            [sys.executable, "-m", "stripe_sandbox", "--port", port, "--seed", "empty"],
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert second.returncode != 0
        assert "listens" not in second.stdout
        assert "address already in use" in second.stderr
    finally:
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
        assert (process.returncode, err) == (0, "")
