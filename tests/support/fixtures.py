"""Fixtures that every folder of tests may use."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stripe_sandbox import Sandbox
from support.accounts import Account
from support.stripe_server import StripeServer


@pytest.fixture(scope="session")
def _stripe_server() -> Iterator[StripeServer]:
    server = StripeServer()
    yield server
    server.stop()


@pytest.fixture
def stripe(_stripe_server: StripeServer) -> Iterator[StripeServer]:
    """Stripe on loopback, with an empty account."""
    _stripe_server.reset()
    yield _stripe_server
    _stripe_server.reset()


@pytest.fixture
def sandbox(stripe: StripeServer) -> Sandbox:
    """The account behind ``stripe``."""
    return stripe.sandbox


@pytest.fixture
def account(sandbox: Sandbox) -> Account:
    """The account behind ``stripe``, in words of the tests."""
    return Account(sandbox)
