"""One suite for every way to run the portal: a behaviour is one function, and ``mount`` runs it five times."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from support import runtimes
from support.portals import Mount, Mounted, SharingMount
from support.runtimes.base import Runtime
from support.stripe_server import StripeServer


@pytest.fixture(scope="session", params=runtimes.chosen())
def runtime(request: pytest.FixtureRequest) -> Iterator[Runtime]:
    """One of the five runtimes, its server running."""
    started = runtimes.make(request.param)
    yield started
    started.stop()


@pytest.fixture
def mount(runtime: Runtime, stripe: StripeServer, tmp_path: Path) -> Iterator[Mount]:
    """Mounts the portal with a test's own settings: ``mount(page_size=5)``."""
    with ExitStack() as stack:
        yield Mount(runtime, stripe, tmp_path, stack)
        stripe.reset()
        runtime.unmount()
        runtime.forget()


@pytest.fixture
def portal(mount: Mount) -> Mounted:
    """The portal with the settings that most tests need."""
    return mount()


@pytest.fixture
def logs(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """What an operator's log would hold: the portal's own words in full, everybody else's from INFO on.

    (The ``stripe`` package writes whole answers at DEBUG: that is for its users to switch on or not.)
    """
    caplog.set_level(logging.WARNING, logger="httpx")  # the visitor's browser
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.DEBUG, logger="invoice_portal")  # the last one: it is what is kept of all of them
    return caplog


@pytest.fixture(params=["sqlite", "postgresql"])
def shared(request: pytest.FixtureRequest, runtime: Runtime, stripe: StripeServer, tmp_path: Path) -> Iterator[Mount]:
    """As ``mount``, for what is kept in a database: once with each."""
    url = request.getfixturevalue("postgresql_url") if request.param == "postgresql" else ""
    with ExitStack() as stack:
        yield SharingMount(runtime, stripe, tmp_path, stack, url)
        stripe.reset()
        runtime.unmount()
        runtime.forget()
