"""Fixtures for pytest: found by themselves where this package is installed.

`stripe_sandbox` is a new, empty sandbox for the test, `stripe_server` serves it on loopback, `stripe_client` is
Stripe's own client for it (needs the `stripe` package).
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import stripe

    from stripe_sandbox.sandbox import Sandbox
    from stripe_sandbox.server import Running

NOW = 1_767_225_600  # 2026-01-01 00:00 UTC


def pytest_configure(config: pytest.Config) -> None:
    """Name the marker."""
    text = "stripe_sandbox(seed=1, now=…, fill=None): how the sandbox of this test begins; now is in UTC seconds"
    config.addinivalue_line("markers", text)


@pytest.fixture
def stripe_sandbox(request: pytest.FixtureRequest) -> Sandbox:
    """A new sandbox, the same in every run: its clock stands still on New Year's Day 2026 unless the marker says else.

    `@pytest.mark.stripe_sandbox(fill=stripe_sandbox.seed.demo)` fills it by a function.
    """
    marker = request.node.get_closest_marker("stripe_sandbox")
    asked: dict[str, Any] = dict(marker.kwargs) if marker is not None else {}
    fill = asked.pop("fill", None)
    module = importlib.import_module("stripe_sandbox.sandbox")
    sandbox: Sandbox = module.Sandbox(**{"now": NOW, **asked})
    if fill is not None:
        fill(sandbox)
    return sandbox


@pytest.fixture
def stripe_server(stripe_sandbox: Sandbox) -> Iterator[Running]:
    """The sandbox, served: `stripe_server.url` is the base address for any client of Stripe's."""
    module = importlib.import_module("stripe_sandbox.server")
    with module.serve_in_thread(stripe_sandbox) as running:
        yield running


@pytest.fixture
def stripe_client(stripe_server: Running) -> stripe.StripeClient:
    """Stripe's client for Python, with a test key and the sandbox as its address."""
    package = pytest.importorskip("stripe")
    client: stripe.StripeClient = package.StripeClient("sk_test_sandbox", base_addresses={"api": stripe_server.url})
    return client
