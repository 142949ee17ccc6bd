"""The audit trail: whatever is changed in it afterwards is found, at the first record that it touches."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import create_engine, make_url, text

from invoice_portal import Portal, PortalSettings
from invoice_portal.sharing.rules import DAY
from invoice_portal.sharing.trail import FORGET_EVERY, Entry, appending
from support.moments import NOW

PUT_IN = (
    "INSERT INTO invoice_portal_record (sequence, at, account, action, actor, via, subject, customer, detail, hash) "
    "SELECT 1001, at, account, action, actor, via, 'in_put_in', customer, detail, hash "
    "FROM invoice_portal_record WHERE sequence = 5"
)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def portal(database_url: str, clock: Clock) -> Iterator[Portal]:
    settings = PortalSettings(
        stripe_api_key="sk_test_x", secret_keys=["k" * 20], database_url=database_url, audit_retention_days=30
    )
    made = Portal(settings, clock=clock)
    yield made
    made.database.close()


def append(portal: Portal, *subjects: str) -> None:
    async def program(subject: str) -> None:
        await appending(portal.desk("tests"), Entry(action="tried", subject=subject, detail={"ü": 1}))

    for subject in subjects:
        portal.blocking.run(program(subject))


def tamper(url: str, sql: str) -> None:
    address = make_url(url)
    engine = create_engine(address.set(drivername="postgresql+psycopg") if "postgresql" in url else address)
    with engine.begin() as connection:
        connection.execute(text(sql))
    engine.dispose()


def test_an_untouched_trail_is_whole(portal: Portal) -> None:
    assert portal.audit.verify().whole
    append(portal, *(f"in_{number}" for number in range(7)))
    verdict = portal.audit.verify()
    assert (verdict.whole, verdict.checked, verdict.head) == (True, 7, 7)


@pytest.mark.parametrize(
    ("sql", "broken"),
    [
        ("UPDATE invoice_portal_record SET subject = 'in_other' WHERE sequence = 3", 3),
        ("UPDATE invoice_portal_record SET at = at + 1 WHERE sequence = 1", 1),
        ("UPDATE invoice_portal_record SET detail = '{}' WHERE sequence = 5", 5),
        ("UPDATE invoice_portal_record SET actor = via, via = actor WHERE sequence = 4", 4),
        ("DELETE FROM invoice_portal_record WHERE sequence = 2", 2),
        ("DELETE FROM invoice_portal_record WHERE sequence = 5", 5),
        ("DELETE FROM invoice_portal_record", 1),
        ("UPDATE invoice_portal_record SET sequence = 9 WHERE sequence = 4", 4),
        ("UPDATE invoice_portal_chain SET hash = 'x'", 5),
        ("DELETE FROM invoice_portal_chain", 5),
        (PUT_IN, 1001),
    ],
)
def test_the_first_broken_record_is_named(portal: Portal, database_url: str, sql: str, broken: int) -> None:
    append(portal, *(f"in_{number}" for number in range(5)))
    tamper(database_url, sql)
    assert portal.audit.verify().broken == broken


def test_a_rewritten_trail_is_found_by_the_hash_that_was_noted(portal: Portal, database_url: str) -> None:
    append(portal, "in_1", "in_2")
    noted = portal.audit.verify()
    expected = f"{noted.head}:{noted.head_hash}"
    append(portal, "in_3")
    assert portal.audit.verify(expected).whole
    for table in ("record", "chain"):
        tamper(database_url, f"DELETE FROM invoice_portal_{table}")
    append(portal, "in_1", "in_other")
    assert portal.audit.verify().whole
    assert portal.audit.verify(expected).broken == 2
    assert portal.audit.verify(f"99:{noted.head_hash}").broken == 3


@pytest.mark.parametrize("anchor", [2, 3])
def test_a_trail_that_was_emptied_as_if_by_retention_is_not_whole(
    portal: Portal, database_url: str, anchor: int
) -> None:
    append(portal, "in_1", "in_2")
    noted = portal.audit.verify()
    tamper(database_url, "DELETE FROM invoice_portal_record")
    changes = f"anchor_sequence = {anchor}, sequence = {anchor}, hash = 'x', anchor_hash = 'x'"
    tamper(database_url, f"UPDATE invoice_portal_chain SET {changes}")
    assert not portal.audit.verify().whole
    assert not portal.audit.verify(f"{noted.head}:{noted.head_hash}").whole


def test_what_was_noted_of_a_removed_record_is_compared_or_said_to_be_unknown(
    portal: Portal, clock: Clock, database_url: str
) -> None:
    notes = []
    for subject in ("in_1", "in_2"):
        append(portal, subject)
        verdict = portal.audit.verify()
        notes.append(f"{verdict.head}:{verdict.head_hash}")
    clock.now += 31 * DAY
    assert portal.audit.prune() == 2
    assert portal.audit.verify().after == 2
    assert portal.audit.verify(notes[1]).whole
    assert portal.audit.verify(f"2:{'0' * 64}").broken == 2
    older = portal.audit.verify(notes[0])
    assert (older.whole, older.broken) == (False, None)
    assert "cannot be compared" in older.unknown


@pytest.mark.parametrize("noted", ["x", "1", "1:x", "\u00b2:" + "0" * 64, "\u0662:" + "0" * 64, ":" + "0" * 64, "-1:x"])
def test_a_note_of_another_form_is_refused(portal: Portal, noted: str) -> None:
    append(portal, "in_1")
    with pytest.raises(ValueError, match="SEQUENCE:HASH"):
        portal.audit.verify(noted)


def test_a_note_with_zeros_in_front_is_compared(portal: Portal) -> None:
    append(portal, "in_1", "in_2")
    assert portal.audit.verify(f"02:{'0' * 64}").broken == 2


def test_a_record_with_a_wrong_clock_takes_no_young_one_with_it(portal: Portal, clock: Clock) -> None:
    append(portal, "in_1")
    right, clock.now = clock.now, 1000
    append(portal, "in_2")
    clock.now = right
    assert portal.audit.prune() == 0
    assert [record.subject for record in portal.audit.records()] == ["in_1", "in_2", ""]


def test_a_spoilt_detail_does_not_stop_the_export(portal: Portal, database_url: str) -> None:
    append(portal, "in_1")
    tamper(database_url, "UPDATE invoice_portal_record SET detail = '{'")
    (record,) = portal.audit.records()
    assert json.loads(record.line())["detail"] == "{"


def test_what_retention_removes_leaves_the_rest_verifiable(portal: Portal, clock: Clock) -> None:
    append(portal, "in_1", "in_2", "in_3")
    clock.now += 31 * DAY
    append(portal, "in_4")
    assert portal.audit.prune(by="tests") == 3
    verdict = portal.audit.verify()
    assert (verdict.whole, verdict.checked) == (True, 2)
    assert [record.action for record in portal.audit.records()] == ["tried", "trail.pruned"]
    assert portal.audit.prune() == 0


def test_retention_happens_by_itself(portal: Portal, clock: Clock, database_url: str) -> None:
    append(portal, "in_1")
    tamper(database_url, f"UPDATE invoice_portal_chain SET sequence = {FORGET_EVERY - 2}, anchor_sequence = 0")
    tamper(database_url, f"UPDATE invoice_portal_record SET sequence = {FORGET_EVERY - 2}")
    clock.now += 31 * DAY
    append(portal, "in_2", "in_3")
    assert [record.subject for record in portal.audit.records()] == ["in_2", "in_3"]
    assert portal.audit.verify().whole


def test_many_threads_append_one_unbroken_row(portal: Portal) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: append(portal, f"in_{number}"), range(80)))
    verdict = portal.audit.verify()
    assert (verdict.whole, verdict.checked) == (True, 80)


def test_an_exported_line_holds_what_is_needed_to_check_it(portal: Portal) -> None:
    append(portal, "in_1")
    (record,) = portal.audit.records()
    line = json.loads(record.line())
    assert (line["sequence"], line["subject"], line["detail"], line["hash"]) == (1, "in_1", {"ü": 1}, record.hash)
    assert record.digest("") == record.hash
