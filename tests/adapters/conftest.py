"""Fixtures for what is special to one framework; what all share is in tests/contract."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings

from support.django_host import forget_rows
from support.runtimes.servers import AsgiServer
from support.stripe_server import StripeServer

KEY = "the first key of the adapters' tests"
STRIPE_KEY = "sk_test_adapters0stripe0key"


@pytest.fixture
def settings(stripe: StripeServer) -> dict[str, Any]:
    """Settings of a portal that talks to the sandbox, as a dict."""
    return {"stripe_api_key": STRIPE_KEY, "secret_keys": [KEY], "stripe_api_base": stripe.url}


@pytest.fixture(scope="session")
def asgi_server() -> Iterator[AsgiServer]:
    """Uvicorn, whose app each test sets."""
    server = AsgiServer()
    yield server
    server.stop()


@pytest.fixture(scope="module", autouse=True)
def forgotten() -> Iterator[None]:
    """What a file's tests leave in Django's database is not found by those of the next."""
    yield
    if django_settings.configured:
        forget_rows()
