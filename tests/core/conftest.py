"""Fixtures for the tests of the core."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest
import stripe
from hypothesis import settings

from invoice_portal.drivers.blocking import BlockingDriver
from invoice_portal.drivers.nonblocking import NonBlockingDriver
from invoice_portal.effects import Program
from invoice_portal.settings import PortalSettings

settings.register_profile("unhurried", deadline=None, print_blob=True)  # a busy machine is no failure
settings.load_profile("unhurried")

T = TypeVar("T")
Run = Callable[[PortalSettings, Program[Any]], Any]


@pytest.fixture(params=["blocking", "nonblocking"])
def run(request: pytest.FixtureRequest, quiet_stripe: None) -> Run:
    """Runs a program under either driver, a new one each time."""
    return _blocking if request.param == "blocking" else _nonblocking


@pytest.fixture
def quiet_stripe(monkeypatch: pytest.MonkeyPatch) -> None:
    """The ``stripe`` package without its telemetry file and without the half second before each new try."""
    monkeypatch.setattr(stripe, "enable_telemetry", False)
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.001)
    monkeypatch.setattr(stripe.HTTPClient, "MAX_DELAY", 0.002)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The ``stripe`` package without its telemetry file, and without any time before each new try."""
    monkeypatch.setattr(stripe, "enable_telemetry", False)
    monkeypatch.setattr(stripe.HTTPClient, "_sleep_time_seconds", lambda *args, **more: 0)


@pytest.fixture
def counted(capsys: pytest.CaptureFixture[str]) -> Iterator[list[int]]:
    """Where a test notes each point that it tried; their number is printed."""
    numbers: list[int] = []
    yield numbers
    with capsys.disabled():
        print(f"\n  {sum(numbers)} cuts or races, and one payment each time", end="")


def _blocking(settings: PortalSettings, program: Program[T]) -> T:
    return BlockingDriver(settings).run(program)


def _nonblocking(settings: PortalSettings, program: Program[T]) -> T:
    async def main() -> T:
        driver = NonBlockingDriver(settings)
        try:
            return await driver.run(program)
        finally:
            await driver.close()

    return asyncio.run(main())
