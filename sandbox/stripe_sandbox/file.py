"""A sandbox kept in a SQLite file: what is in it outlives the process.

Kept are all objects, what is to happen later, the clock, restricted keys and connected accounts. Not kept are
deliveries that were under way, idempotency keys and faults. Settings made in Python are to be made again.
"""

from __future__ import annotations

import json
import sqlite3
from base64 import b64decode, b64encode
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stripe_sandbox.agenda import Job
from stripe_sandbox.events import naming
from stripe_sandbox.http import Json
from stripe_sandbox.ids import Ids
from stripe_sandbox.journal import frozen
from stripe_sandbox.store import EVERYTHING

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox

_FORMAT = 1
_TABLES = """
create table object (account text, kind text, id text, created int, number int, data text,
                     primary key (account, kind, id)) without rowid;
create table grave (account text, kind text, id text, primary key (account, kind, id)) without rowid;
create table job (account text, number int, clock text, due int, name text, id text,
                  primary key (account, number)) without rowid;
create table state (account text, name text, value text, primary key (account, name)) without rowid;
"""


class Kept:
    """A sandbox with its file. `is_new` where there was nothing in it yet."""

    def __init__(self, sandbox: Sandbox, path: Path) -> None:
        self._sandbox = sandbox
        self._jobs: dict[str, set[int]] = {}
        self._states: dict[tuple[str, str], str] = {}
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        try:
            self._begin()
        except BaseException:
            self._database.close()
            raise

    def _begin(self) -> None:
        self._database.execute("pragma journal_mode = wal")
        self._database.execute("pragma synchronous = normal")
        self.is_new = not self._database.execute("pragma user_version").fetchone()[0]
        with self._sandbox.lock:
            if self.is_new:
                self._database.executescript(f"begin; {_TABLES} pragma user_version = {_FORMAT}; commit;")
            else:
                self._load()
            self._watch(self._sandbox)
            self._sandbox.on_change = self.write
            self.write()

    def write(self) -> None:
        """Write down what has changed since the last time, all of it or nothing."""
        with self._sandbox.lock:
            self._database.execute("begin")
            for key, account in self._accounts():
                self._write_objects(key, account)
                self._write_jobs(key, account)
                self._write_states(key, account)
            self._database.execute("commit")

    def close(self) -> None:
        """Write down the last and close the file; from then on nothing is kept. A second time does nothing."""
        if self._sandbox.on_change != self.write:
            return
        self.write()
        for account in (self._sandbox, *self._sandbox.connected.values()):
            account.on_change = account.store.touched = None
        self._database.close()

    def _accounts(self) -> Iterable[tuple[str, Sandbox]]:
        """The accounts by the name under which they are kept: the sandbox's own has none."""
        yield "", self._sandbox
        for id, account in self._sandbox.connected.items():
            if account.store.touched is None:
                self._watch(account)
            yield id, account

    def _watch(self, account: Sandbox) -> None:
        account.store.touched = {EVERYTHING}
        account.on_change = self.write

    # Writing

    def _write_objects(self, key: str, account: Sandbox) -> None:
        store = account.store
        assert store.touched is not None
        touched, store.touched = store.touched, set()
        if EVERYTHING in touched:
            self._database.execute("delete from object where account = ?", (key,))
            self._database.execute("delete from grave where account = ?", (key,))
            touched = {(kind, item["id"]) for kind in store.kinds() for item in store.table(kind).newest({})}
            touched |= set(store.graves())
        graves = set(store.graves()) & touched
        for kind, id in touched:
            item = store.table(kind).get(id)
            if item is None:
                self._database.execute("delete from object where account = ? and kind = ? and id = ?", (key, kind, id))
                continue
            created, number, _ = store.table(kind).place(id)
            row = (key, kind, id, created, number, json.dumps(item, default=_encoded))
            self._database.execute("insert or replace into object values (?, ?, ?, ?, ?, ?)", row)
        self._database.executemany(
            "insert or replace into grave values (?, ?, ?)", [(key, kind, id) for kind, id in graves]
        )

    def _write_jobs(self, key: str, account: Sandbox) -> None:
        jobs = {job.order: (clock, job) for clock, job in account.agenda.jobs()}
        known = self._jobs.get(key, set())
        if jobs.keys() == known:
            return
        self._database.executemany(
            "delete from job where account = ? and number = ?", [(key, number) for number in known - jobs.keys()]
        )
        new = [(key, number, *_row(*jobs[number])) for number in jobs.keys() - known]
        self._database.executemany("insert or replace into job values (?, ?, ?, ?, ?, ?)", new)
        self._jobs[key] = set(jobs)

    def _write_states(self, key: str, account: Sandbox) -> None:
        states: dict[str, object] = {"account": account.account, "search_delay": account.search_delay}
        if account is self._sandbox:
            states |= {"clock": account.clock.state(), "seed": account.seed, "keys": account.keys()}
        for name, value in states.items():
            text = json.dumps(value)
            if self._states.get((key, name)) != text:
                self._states[key, name] = text
                self._database.execute("insert or replace into state values (?, ?, ?)", (key, name, text))

    # Reading

    def _load(self) -> None:
        """Fill the sandbox. Identifiers go on in a sequence of their own: none comes twice."""
        opened = self._opened()
        for key, name, value in self._database.execute("select * from state order by account").fetchall():
            account = self._account(key)
            match name:
                case "account":
                    account.account.clear()
                    account.account.update(json.loads(value))
                case "search_delay":
                    account.search_delay = json.loads(value)
                case "seed":
                    account.seed = json.loads(value)
                case "clock":
                    account.clock.resume(*json.loads(value))
                case "keys":
                    for restricted, permissions in json.loads(value).items():
                        account.restrict(restricted, permissions)
        for key, account in self._accounts():
            account.ids = Ids(f"{account.seed}/opened {opened}")
            self._load_objects(key, account)
            for number, clock, due, name, id in self._database.execute(
                "select number, clock, due, name, id from job where account = ?", (key,)
            ):
                account.agenda.put_back(clock, Job(due, number, name, id))
                self._jobs.setdefault(key, set()).add(number)

    def _account(self, key: str) -> Sandbox:
        if not key:
            return self._sandbox
        return self._sandbox.connected.get(key) or self._sandbox.connect(id=key)

    def _opened(self) -> int:
        """How often the file has been opened, this time included."""
        found = self._database.execute("select value from state where account = '' and name = 'opened'").fetchone()
        times = 1 + (json.loads(found[0]) if found else 0)
        self._database.execute("insert or replace into state values ('', 'opened', ?)", (json.dumps(times),))
        return times

    def _load_objects(self, key: str, account: Sandbox) -> None:
        query = "select kind, id, created, number, data from object where account = ?"
        for kind, id, created, number, data in self._database.execute(query, (key,)):
            item: Json = json.loads(data, object_hook=_decoded)
            if kind == "event":
                item["pending_webhooks"] = 0
            account.store.table(kind).put_back(item, (created, number, id))
        for kind, id in self._database.execute("select kind, id from grave where account = ?", (key,)):
            account.store.put_grave(kind, id)
        for kind in filter(naming.is_told, account.resources):
            for item in account.store.all(kind):
                account.events.known[kind, item["id"]] = frozen(account.shown(item))


def keep(sandbox: Sandbox, path: Path) -> Kept:
    """Keep a new sandbox in a file from now on; what is in the file is put into it first.

    Raises sqlite3.DatabaseError where the file is something else.
    """
    return Kept(sandbox, path)


def _row(clock: str | None, job: Job) -> tuple[str | None, int, str, str]:
    return clock, job.due, job.name, job.id


def _encoded(value: object) -> Any:
    match value:
        case bytes():
            return {"$bytes": b64encode(value).decode()}
        case Decimal():
            return {"$decimal": str(value)}
        case _:
            raise TypeError(f"{type(value).__name__} cannot be kept in a file")


def _decoded(value: Json) -> Any:
    if len(value) == 1:
        if "$bytes" in value:
            return b64decode(value["$bytes"])
        if "$decimal" in value:
            return Decimal(value["$decimal"])
    return value
