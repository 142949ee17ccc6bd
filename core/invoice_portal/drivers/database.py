"""Where statements run: an SQLAlchemy engine, for SQLite in a file and for PostgreSQL.

Database calls are blocking, and under an event loop they run in a thread: a transaction is then one hop to a thread
instead of one for each of its statements, and there is one implementation to trust. As many run at once as there are
connections.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from invoice_portal.effects import Atomic, Program, Query
from invoice_portal.errors import ConfigurationError, StoreUnavailable
from invoice_portal.settings import PortalSettings

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

T = TypeVar("T")

_CONNECTIONS: Final = 10
_PATIENCE_SECONDS: Final = 10
_UPGRADE: Final = "Run: invoice-portal database upgrade"

log = logging.getLogger("invoice_portal.store")


class Database(Protocol):
    """Runs statements. ``aside`` takes such work off an event loop."""

    def execute(self, query: Query[T]) -> T:
        """One statement in a transaction of its own. Raises ``StoreUnavailable`` where the database does not answer."""
        ...

    def atomically(self, block: Atomic[T]) -> T:
        """Several statements in one transaction; raises as :meth:`execute` does, and what the program raises."""
        ...

    async def aside(self, work: Callable[[], T]) -> T:
        """Do blocking work without holding up the event loop."""
        ...

    def close(self) -> None:
        """Let go of what is idle; the next statement opens it again."""
        ...


def play(program: Program[T], execute: Callable[[Query[Any]], object]) -> T:
    """The result of a program that awaits queries only."""
    step: Callable[[], object] = partial(program.send, None)
    try:
        while True:
            query = step()
            if not isinstance(query, Query):
                raise TypeError(f"a transaction awaits queries only, not {type(query).__name__}")
            step = partial(program.send, execute(query))
    except StopIteration as done:
        value: T = done.value
        return value
    finally:
        program.close()


class EngineDatabase:
    """A database by its address, opened at first use; the tables of a SQLite file are then made and brought up to date.

    Raises :class:`~invoice_portal.errors.ConfigurationError` at first use where the tables are missing, or where the
    address or its driver cannot be used.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = threading.Lock()
        self._opened: _Opened | None = None

    def execute(self, query: Query[T]) -> T:
        """One statement in a transaction of its own."""
        with explained(), self._ready().connect() as connection:
            return _execute(connection.execution_options(isolation_level="AUTOCOMMIT"), query)

    def atomically(self, block: Atomic[T]) -> T:
        """Several statements in one transaction."""
        with explained(), self._ready().connect() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            value = play(block.program(), partial(_execute, connection))
            connection.commit()
            return value

    async def aside(self, work: Callable[[], T]) -> T:
        """Do blocking work in one of this database's threads."""
        return await asyncio.get_running_loop().run_in_executor(self._open().threads, work)

    def close(self) -> None:
        """Close every connection that is idle; the next statement opens new ones."""
        with self._lock:
            opened, self._opened = self._opened, None
        if opened:
            opened.close()

    def exists(self) -> bool:
        """Whether there may be something to read: a SQLite file that is not there yet holds nothing."""
        path = _file_of(self._url)
        return path is None or path.exists()

    def upgrade(self) -> str:
        """Make or change the tables; gives the schema's version."""
        from invoice_portal.store.schema import upgrade

        with explained(), self._open().engine.connect() as connection:
            return upgrade(connection)

    def versions(self) -> tuple[str, str]:
        """The version of the tables as they are (empty where there are none), and the one that this release needs."""
        from invoice_portal.store.schema import HEAD, version_of

        with explained(), self._open().engine.connect() as connection:
            return version_of(connection), HEAD

    def _open(self) -> _Opened:
        with self._lock:
            if self._opened is None or self._opened.pid != os.getpid():
                self._opened = _Opened(_make_engine(self._url))
            return self._opened

    def _ready(self) -> Engine:
        opened = self._open()
        if not opened.ready:
            with opened.lock:
                if not opened.ready:
                    _check_tables(opened.engine)
                    opened.ready = True
        return opened.engine


class _Opened:
    """What belongs to one process: after a fork it is made anew, since connections must not be shared."""

    def __init__(self, engine: Engine) -> None:
        self.pid = os.getpid()
        self.engine = engine
        self.threads = ThreadPoolExecutor(_CONNECTIONS, thread_name_prefix="invoice-portal-database")
        self.lock = threading.Lock()
        self.ready = False
        # Also where a portal is simply forgotten, as tests and reloading servers do: its connections are not left open.
        self.close = weakref.finalize(self, _let_go, self.pid, engine, self.threads)


def _let_go(pid: int, engine: Engine, threads: ThreadPoolExecutor) -> None:
    """Close what this process opened; a forked child leaves its parent's connections alone."""
    if pid == os.getpid():
        threads.shutdown(wait=False)
        engine.dispose()


def make_database(settings: PortalSettings) -> EngineDatabase:
    """The database that the settings name."""
    return EngineDatabase(settings.database_url)


@contextmanager
def explained() -> Iterator[None]:
    """Turns what SQLAlchemy raises where a database does not answer, or not as it should, into the portal's errors."""
    from sqlalchemy import exc

    try:
        yield
    except (exc.DBAPIError, exc.TimeoutError) as error:
        # The message can hold parameters: only its kind is logged, and the driver's own words without them.
        words = str(getattr(error, "orig", "no connection was free")).splitlines()
        reason = words[0] if words else "it gave no reason"
        log.error("the database did not answer: %s: %s", type(error).__name__, reason)
        raise StoreUnavailable(f"the database did not answer: {reason}") from error


def _make_engine(url: str) -> Engine:
    import sqlalchemy

    try:
        address = sqlalchemy.make_url(url)
        options: dict[str, Any] = {"pool_size": _CONNECTIONS, "max_overflow": 0, "pool_timeout": _PATIENCE_SECONDS}
        if address.get_backend_name() == "postgresql":
            if address.drivername == "postgresql":
                address = address.set(drivername="postgresql+psycopg")
            connect = {"connect_timeout": _PATIENCE_SECONDS // 2}
            return sqlalchemy.create_engine(address, pool_pre_ping=True, connect_args=connect, **options)
        if address.get_backend_name() == "sqlite" and address.database not in (None, "", ":memory:"):
            engine = sqlalchemy.create_engine(address, connect_args={"timeout": _PATIENCE_SECONDS}, **options)
            sqlalchemy.event.listen(engine, "connect", _prepare_sqlite)
            return engine
    except (sqlalchemy.exc.ArgumentError, ImportError) as error:
        raise ConfigurationError(
            f"database_url cannot be used: {type(error).__name__}. "
            "PostgreSQL needs: pip install 'invoice-portal[postgres]'"
        ) from None
    raise ConfigurationError("database_url must be the address of a SQLite file or of a PostgreSQL database.")


def _prepare_sqlite(connection: Any, record: object) -> None:
    # Readers and one writer side by side; every commit is on disk, so that a revoked link stays so after a power cut.
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")


def _check_tables(engine: Engine) -> None:
    from invoice_portal.store.schema import HEAD, upgrade, version_of

    _make_private(engine)
    with engine.connect() as connection:
        found = version_of(connection)
        if found == HEAD:
            return
        if engine.dialect.name == "sqlite":
            upgrade(connection)
            return
    if found:
        raise ConfigurationError(f"The database has tables of version {found}, this release needs {HEAD}. {_UPGRADE}")
    raise ConfigurationError(f"The database has no tables of the portal's. {_UPGRADE}")


def _make_private(engine: Engine) -> None:
    """A SQLite file that is not there yet is made for its owner's eyes only."""
    path = _file_of(str(engine.url))
    if path is not None and not path.exists():
        try:
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as error:
            raise StoreUnavailable(f"database_url: {path} cannot be made: {error.strerror}") from None


def _file_of(url: str) -> Path | None:
    """The path of a SQLite file; None for a database on a server."""
    scheme, _, path = url.partition(":///")
    return Path(path.partition("?")[0]) if scheme.partition("+")[0] == "sqlite" else None


def _execute(connection: Connection, query: Query[T]) -> T:
    from invoice_portal.store.statements import STATEMENTS

    result = connection.execute(STATEMENTS[query.statement], dict(query.params))
    return query.read([dict(row) for row in result.mappings()] if result.returns_rows else ())
