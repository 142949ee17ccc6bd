"""Fixtures that every folder of tests may use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from invoice_portal.drivers.database import EngineDatabase
from stripe_sandbox import Sandbox
from support import postgresql
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


@pytest.fixture(scope="session")
def _postgresql_server() -> Iterator[str]:
    with ExitStack() as stack:
        try:
            address = stack.enter_context(postgresql.server())
        except postgresql.Unavailable as missing:
            if os.environ.get("CI"):
                pytest.fail(str(missing))
            pytest.skip(str(missing))
        database = EngineDatabase(address)
        database.upgrade()
        database.close()
        yield address


def _tables() -> list[str]:
    from invoice_portal.store.tables import metadata

    return [table.name for table in metadata.sorted_tables]


@pytest.fixture
def postgresql_url(_postgresql_server: str) -> Iterator[str]:
    """A database in PostgreSQL with the portal's tables, empty."""
    yield _postgresql_server
    import psycopg.sql

    with psycopg.connect(_postgresql_server) as connection:
        tables = psycopg.sql.SQL(", ").join(map(psycopg.sql.Identifier, _tables()))
        connection.execute(psycopg.sql.SQL("TRUNCATE {}").format(tables))


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The default database is a file in the current folder: every test has one of its own."""
    monkeypatch.chdir(tmp_path)
