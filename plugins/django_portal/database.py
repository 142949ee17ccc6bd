"""The portal's statements on Django's own connection: one database, its transactions, its migrations."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache, partial
from typing import Any, TypeVar

from asgiref.sync import sync_to_async
from django.db import DEFAULT_DB_ALIAS, Error, InterfaceError, OperationalError, ProgrammingError, connections, router
from django.db import transaction as transactions

from invoice_portal.drivers.database import play
from invoice_portal.effects import Atomic, Query
from invoice_portal.errors import ConfigurationError, StoreUnavailable

T = TypeVar("T")

_MIGRATE = "; run: manage.py migrate django_portal"

log = logging.getLogger("invoice_portal.store")


class DjangoDatabase:
    """The database that Django's routers name for the app's tables, else the default one."""

    def execute(self, query: Query[T]) -> T:
        """One statement; in the transaction of the request, where Django is told to begin one."""
        with _explained():
            return _execute(self._alias, query)

    def atomically(self, block: Atomic[T]) -> T:
        """Several statements in one transaction, or in a savepoint of the one that is open."""
        alias = self._alias
        with _explained(), transactions.atomic(using=alias):
            return play(block.program(), partial(_execute, alias))

    async def aside(self, work: Callable[[], T]) -> T:
        """Do blocking work where Django keeps its connection."""
        return await sync_to_async(work, thread_sensitive=True)()

    def close(self) -> None:
        """Django closes its connections itself."""

    @property
    def _alias(self) -> str:
        from django_portal.models import Link

        return router.db_for_write(Link) or DEFAULT_DB_ALIAS


def _execute(alias: str, query: Query[T]) -> T:
    connection = connections[alias]
    sql, names, constants = _compiled(query.statement, connection.vendor)
    params = {**constants, **query.params}
    with connection.cursor() as cursor:
        cursor.execute(sql, [params[name] for name in names])
        if cursor.description is None:
            return query.read(())
        columns = [column[0] for column in cursor.description]
        return query.read([dict(zip(columns, row, strict=True)) for row in cursor.fetchall()])


@lru_cache(maxsize=256)
def _compiled(statement: str, vendor: str) -> tuple[str, Sequence[str], Mapping[str, Any]]:
    """A statement's text for Django's cursors, the names of its parameters in their order, and its own constants."""
    from invoice_portal.store.statements import STATEMENTS

    found: Any = STATEMENTS[statement]
    compiled = found.compile(dialect=_dialect(vendor))
    return str(compiled), tuple(compiled.positiontup), compiled.params


def _dialect(vendor: str) -> Any:
    from sqlalchemy.dialects import postgresql, sqlite

    dialects: dict[str, Any] = {"sqlite": sqlite.dialect, "postgresql": postgresql.dialect}
    if vendor in dialects:
        return dialects[vendor](paramstyle="format")
    raise ConfigurationError(f"Links and sessions need PostgreSQL or SQLite; Django's database here is {vendor}.")


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        raise _unavailable(error, _MIGRATE if "no such table" in str(error) else "") from error
    except ProgrammingError as error:
        raise _unavailable(error, _MIGRATE) from error
    except Error as error:  # a tampered or half restored table: no reason to answer with a broken page
        raise _unavailable(error) from error


def _unavailable(error: Error, advice: str = "") -> StoreUnavailable:
    reason = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}{advice}"
    log.error("the database did not answer: %s", reason)
    return StoreUnavailable(f"the database did not answer: {reason}")
