"""The tables: the same by Alembic, by SQLAlchemy's metadata and by Django's migrations, on both databases."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from sqlalchemy import Engine, create_engine, inspect, text
from sqlalchemy.engine import make_url

from invoice_portal.drivers.database import EngineDatabase
from invoice_portal.effects import Query
from invoice_portal.errors import ConfigurationError, StoreUnavailable
from invoice_portal.store.schema import HEAD, VERSION_TABLE, upgrade
from invoice_portal.store.tables import metadata

TABLES = sorted(table.name for table in metadata.sorted_tables)


@pytest.fixture
def engine(request: pytest.FixtureRequest, kind: str, tmp_path: Path) -> Iterator[Engine]:
    """A database without any tables."""
    if kind == "sqlite":
        made = create_engine(f"sqlite:///{tmp_path}/empty.sqlite3")
    else:
        address = make_url(request.getfixturevalue("postgresql_url")).set(drivername="postgresql+psycopg")
        made = create_engine(address, connect_args={"options": "-csearch_path=fresh"})
        with made.begin() as connection:
            connection.execute(text("DROP SCHEMA IF EXISTS fresh CASCADE"))
            connection.execute(text("CREATE SCHEMA fresh"))
    yield made
    made.dispose()


BOTH = pytest.mark.parametrize("kind", ["sqlite", "postgresql"])


def described(engine: Engine) -> dict[str, Any]:
    """Every table with its columns, keys and indexes, in words that both databases share."""
    found: dict[str, Any] = {}
    looked = inspect(engine)
    for table in TABLES:
        columns = {
            column["name"]: (re.sub(r"\s", "", str(column["type"]).upper()), column["nullable"])
            for column in looked.get_columns(table)
        }
        key = looked.get_pk_constraint(table)["constrained_columns"]
        uniques = {tuple(unique["column_names"]) for unique in looked.get_unique_constraints(table)}
        indexes = {
            tuple(index["column_names"])
            for index in looked.get_indexes(table)
            if not index["unique"] and not str(index["name"]).endswith("_like")
        }
        found[table] = (columns, key, uniques, indexes)
    return found


@BOTH
def test_alembic_makes_what_the_statements_expect(engine: Engine) -> None:
    with engine.connect() as connection:
        assert upgrade(connection) == HEAD
    by_alembic = described(engine)
    for table in (*TABLES, VERSION_TABLE):
        with engine.begin() as connection:
            connection.execute(text(f"DROP TABLE {table}"))
    metadata.create_all(engine)
    assert described(engine) == by_alembic


@BOTH
def test_django_makes_the_same(engine: Engine, kind: str) -> None:
    pytest.importorskip("django")
    from support.django_host import POSTGRESQL, ready_database, start_django, use_postgresql

    start_django()
    from django.db import connections

    from support.django_host.router import Router

    with engine.connect() as connection:
        upgrade(connection)
    ready_database()
    if kind == "postgresql":
        use_postgresql(engine.url.set(drivername="postgresql").render_as_string(hide_password=False))
        Router.alias = "default"
    project = connections.databases[POSTGRESQL if kind == "postgresql" else "default"]
    url = engine.url.set(database=str(project["NAME"]))
    by_django = create_engine(url)
    assert described(by_django) == described(engine)
    by_django.dispose()


def test_django_has_no_change_without_a_migration() -> None:
    pytest.importorskip("django")
    from support.django_host import start_django

    start_django()
    from django.core.management import call_command

    call_command("makemigrations", "django_portal", check=True, dry_run=True, verbosity=0)


@BOTH
def test_several_upgrades_at_once_make_the_tables_once(engine: Engine) -> None:
    def run(number: int) -> str:
        with engine.connect() as connection:
            return upgrade(connection)

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(run, range(4))) == [HEAD] * 4
    assert set(TABLES) <= set(inspect(engine).get_table_names())


def test_postgresql_without_tables_is_refused_with_the_command(postgresql_url: str) -> None:
    url = make_url(postgresql_url).update_query_dict({"options": "-csearch_path=nowhere"})
    database = EngineDatabase(url.render_as_string(hide_password=False))
    with pytest.raises(ConfigurationError, match="invoice-portal database upgrade"):
        database.execute(Query("switch.find", {"the_name": "x"}, bool))
    database.close()


def test_a_sqlite_file_is_made_at_first_use_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new.sqlite3"
    database = EngineDatabase(f"sqlite:///{path}")
    assert not database.exists()
    assert database.execute(Query("switch.find", {"the_name": "x"}, bool)) is False
    assert path.stat().st_mode & 0o777 == 0o600
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
    engine.dispose()
    database.close()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://x/y", "nonsense", ""])
def test_an_address_that_cannot_be_used_is_a_mistake_in_the_settings(url: str) -> None:
    with pytest.raises(ConfigurationError, match="database_url"):
        EngineDatabase(url).execute(Query("switch.find", {"the_name": "x"}, bool))


@pytest.mark.parametrize("url", ["postgresql://u:secret@127.0.0.1:1/x", "sqlite:////nowhere/at/all.sqlite3"])
def test_a_database_that_does_not_answer_is_told_without_its_password(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    database = EngineDatabase(url)
    with pytest.raises(StoreUnavailable) as refused:
        database.execute(Query("switch.find", {"the_name": "x"}, bool))
    assert "secret" not in str(refused.value) + caplog.text
    database.close()


def test_sqlalchemy_is_not_imported_before_a_database_is_asked() -> None:
    import subprocess
    import sys

    code = (
        "import sys, invoice_portal as p\n"
        "p.Portal(p.PortalSettings(stripe_api_key='sk_test_x', secret_keys=['k' * 20])).start()\n"
        "assert 'sqlalchemy' not in sys.modules and 'limits' not in sys.modules and 'alembic' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert sqlalchemy.__version__
