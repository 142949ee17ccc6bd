"""A sandbox in a SQLite file: what is in it outlives the process, and goes on."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TypeAlias

import pytest

from sandbox.api import DAY, NOW, Api, Json
from sandbox.world import everything
from stripe_sandbox import Sandbox
from stripe_sandbox.file import Kept, keep

Keep: TypeAlias = Callable[[Sandbox], Kept]
Reopen: TypeAlias = Callable[[], Sandbox]


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Keep]:
    """Keeps a sandbox in the test's file, which is closed at the end."""
    with ExitStack() as files:
        yield lambda sandbox: files.enter_context(closing(keep(sandbox, tmp_path / "a.db")))


@pytest.fixture
def reopened(kept: Keep) -> Reopen:
    def reopened() -> Sandbox:
        sandbox = Sandbox(seed=99, now=1)
        kept(sandbox)
        return sandbox

    return reopened


def objects(sandbox: Sandbox) -> dict[tuple[str, str], Json]:
    """Everything that is in it, in the order of lists; what deliveries are pending is not kept."""
    return {
        (kind, item["id"]): {**item, "pending_webhooks": 0} if kind == "event" else item
        for kind in sandbox.resources
        for item in sandbox.store.all(kind)
    }


def test_everything_comes_back(kept: Keep, reopened: Reopen) -> None:
    sandbox = Sandbox(seed=1, now=NOW)
    assert kept(sandbox).is_new
    everything(Api(sandbox))
    again = reopened()
    assert objects(again) == objects(sandbox)
    assert list(objects(again)) == list(objects(sandbox))
    assert again.account == sandbox.account
    assert again.clock.now == sandbox.clock.now
    assert sorted(again.agenda.jobs(), key=str) == sorted(sandbox.agenda.jobs(), key=str)
    assert sorted(again.store.graves()) == sorted(sandbox.store.graves())
    assert again.events.known == sandbox.events.known


def test_life_goes_on(kept: Keep, reopened: Reopen) -> None:
    """The renewal that fell due while nothing ran comes when the clock moves; no identifier comes twice."""
    first = Sandbox(seed=1, now=NOW)
    file = kept(first)
    api = Api(first)
    plan = api.subscribe(api.customer("pm_card_visa"))["id"]
    first.restrict("rk_test_r", ["invoice_read"])
    other = first.connect("Other", id="acct_other")
    other.call("POST", "/v1/customers", {"name": "Theirs"})
    file.close()
    api.customer()

    again = reopened()
    assert len(again.call("GET", "/v1/customers")["data"]) == 1
    assert again.connected["acct_other"].call("GET", "/v1/customers")["data"][0]["name"] == "Theirs"
    assert again.keys() == {"rk_test_r": ["invoice_read"]}
    again.clock.advance(32 * DAY)
    invoices = again.call("GET", "/v1/invoices", {"subscription": plan})["data"]
    assert [invoice["billing_reason"] for invoice in invoices] == ["subscription_cycle", "subscription_create"]
    ids = [again.call("POST", "/v1/customers")["id"] for _ in range(3)]
    assert len({*ids, *(item["id"] for item in again.store.all("customer"))}) == 4
    third = reopened()
    assert objects(third) == objects(again)


def test_what_is_refused_or_taken_back_is_not_kept(kept: Keep, reopened: Reopen) -> None:
    sandbox = Sandbox(seed=1, now=NOW)
    kept(sandbox)
    api = Api(sandbox)
    id = api.customer()
    saved = sandbox.snapshot()
    api.refused("POST", f"customers/{id}", name="changed", invoice_prefix="x")
    api.delete(f"customers/{id}")
    api.customer()
    sandbox.restore(saved)
    assert [item["id"] for item in reopened().store.all("customer")] == [id]
    sandbox.reset(now=NOW + 5)
    empty = reopened()
    assert (objects(empty), empty.clock.now) == ({}, NOW + 5)


def test_a_file_that_is_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_bytes(b"not a database, but long enough to be one" * 50)
    with pytest.raises(sqlite3.DatabaseError):
        keep(Sandbox(), tmp_path / "a.db")
