"""Several worker processes over one database: what one of them ends, no other opens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import cycle

import httpx
import pytest

from support.accounts import Account
from support.stripe_server import StripeServer
from support.workers import Server, Worker, churning, environ, portal_here, worker

ANNA = "anna@example.com"
MANY = 200


@pytest.fixture(params=[("gunicorn", "gunicorn"), ("gunicorn", "uvicorn")], ids=["two gunicorns", "a mixed pair"])
def pair(request: pytest.FixtureRequest, database_url: str, stripe: StripeServer) -> Iterator[tuple[Worker, Worker]]:
    """Two worker processes over one database."""
    servers: tuple[Server, Server] = request.param
    with ExitStack() as stack:
        first, second = (stack.enter_context(worker(server, environ(database_url, stripe))) for server in servers)
        yield first, second


def test_what_one_worker_ends_the_very_next_request_on_the_other_is_refused(
    pair: tuple[Worker, Worker], account: Account
) -> None:
    here, there = pair
    customer = account.customer(ANNA)
    invoice = account.open(customer)
    page = f"/billing/invoices/{invoice}"
    for end in ("revoke", "refresh"):
        here.api("POST", f"/invoices/{invoice}/link")
        link = here.api("POST", f"/invoices/{invoice}/link/refresh").json()
        with there.visit(link["url"]) as browser:
            assert browser.get(page).status_code == 200
            here.api("POST", f"/invoices/{invoice}/link/{end}")
            assert browser.get(page).status_code == 401
        assert not there.opens(link["url"])
    session = here.api("POST", f"/customers/{customer}/portal_sessions").json()
    with there.visit(session["url"]) as browser:
        assert browser.get("/billing/").status_code == 200
        here.api("POST", f"/customers/{customer}/portal_sessions")
        assert browser.get("/billing/").status_code == 401
    assert not there.opens(session["url"])


def test_two_hundred_at_once_leave_exactly_one(
    pair: tuple[Worker, Worker], account: Account, database_url: str, stripe: StripeServer
) -> None:
    customer = account.customer(ANNA)
    invoice = account.open(customer)
    pair[0].api("POST", f"/invoices/{invoice}/link")
    refreshed = at_once(pair, lambda one: one.api("POST", f"/invoices/{invoice}/link/refresh"))
    made = at_once(pair, lambda one: one.api("POST", f"/customers/{customer}/portal_sessions"))
    for answers in (refreshed, made):
        assert {answer.status_code for answer in answers} == {200}
        urls = {answer.json()["url"] for answer in answers}
        assert len(urls) == MANY
        assert sum(map(pair[1].opens, urls)) == 1
    portal = portal_here(database_url, stripe)
    actions = [record.action for record in portal.audit.records()]
    assert actions.count("link.refreshed") == MANY
    assert actions.count("session.created") == MANY
    assert portal.audit.verify().whole
    portal.database.close()


def at_once(pair: tuple[Worker, Worker], do: Callable[[Worker], httpx.Response]) -> list[httpx.Response]:
    with ThreadPoolExecutor(16) as threads:
        workers = cycle(pair)
        return list(threads.map(do, (next(workers) for _ in range(MANY))))


def test_killed_in_the_midst_of_refreshing_nothing_is_lost(
    database_url: str, stripe: StripeServer, account: Account
) -> None:
    invoice = account.open(account.customer(ANNA))
    portal = portal_here(database_url, stripe)
    first = portal.links.invoice(invoice)
    for _ in range(3):
        with churning("link", invoice, environ(database_url, stripe)) as done:
            verdict = portal.audit.verify()
            assert verdict.whole, verdict
    now = portal.links.show(invoice)
    assert now is not None
    assert now.url != first.url
    records = [record.action for record in portal.audit.records()]
    assert records.count("link.refreshed") >= len(done)
    assert now.url in done or records.count("link.refreshed") > len(done)
    portal.database.close()


def test_killed_in_the_midst_of_making_sessions_no_two_are_active(
    database_url: str, stripe: StripeServer, account: Account
) -> None:
    customer = account.customer(ANNA)
    portal = portal_here(database_url, stripe)
    total = 0
    for _ in range(3):
        with churning("session", customer, environ(database_url, stripe)) as done:
            total += len(done)
            assert portal.audit.verify().whole
            sessions = portal.sessions.of_customer(customer)
            assert len(sessions) >= total
            assert sum(session.state == "active" for session in sessions) == 1
            records = [record.action for record in portal.audit.records()]
            assert records.count("session.created") == len(sessions)
    portal.database.close()


def test_the_one_way_switch_is_refused_on_every_worker_and_after_a_restart(
    database_url: str, stripe: StripeServer
) -> None:
    strict = portal_here(database_url, stripe, PORTAL_SESSIONS_ONLY="1")
    strict.start()
    strict.database.close()
    for server in ("gunicorn", "uvicorn"):
        with pytest.raises(RuntimeError, match="did not start"), worker(server, environ(database_url, stripe)):
            pass
    with worker("gunicorn", environ(database_url, stripe, PORTAL_SESSIONS_ONLY="1")) as one:
        assert one.client.get("/billing/").status_code == 401
