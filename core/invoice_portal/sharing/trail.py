"""The audit trail: records in an unbroken row, each with a hash over itself and the hash of the one before.

Only identifiers are recorded: no names, no amounts, no addresses of links, no secrets.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from invoice_portal.effects import Atomic, Query
from invoice_portal.sharing.model import Desk, clean
from invoice_portal.sharing.rules import DAY

CHAIN: Final = 1
FORGET_EVERY: Final = 1000
"""So many records pass between two looks for records that are too old."""
_PAGE: Final = 500
_EXPECTED: Final = re.compile(r"0*([1-9][0-9]{0,17}):([0-9a-fA-F]{64})", re.ASCII)
_NOT_NOTED: Final = "its hash is not the one that was noted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What happened: ``actor``, who came in ``via``, did ``action`` to ``subject``, an object of ``customer``."""

    action: str
    subject: str = ""
    customer: str = ""
    via: str = ""
    actor: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """An entry with its place in the trail. ``at`` is in UTC seconds, ``detail`` is JSON."""

    sequence: int
    at: int
    account: str
    action: str
    actor: str
    via: str
    subject: str
    customer: str
    detail: str
    hash: str

    def digest(self, previous: str) -> str:
        """The hash that this record must have after one with the hash ``previous``."""
        content = [
            previous,
            self.sequence,
            self.at,
            self.account,
            self.action,
            self.actor,
            self.via,
            self.subject,
            self.customer,
            self.detail,
        ]
        text = json.dumps(content, ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def line(self) -> str:
        """The record as one line of JSON. A detail that somebody spoilt is given as the text that it is."""
        try:
            detail = json.loads(self.detail)
        except (ValueError, RecursionError):
            detail = self.detail
        return json.dumps({**asdict(self), "detail": detail}, ensure_ascii=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Where the trail ends, and where it begins: after the ``anchor``, the last record that retention removed."""

    sequence: int = 0
    hash: str = ""
    anchor_sequence: int = 0
    anchor_hash: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of a verification: how many records fit, and the first that does not, with the reason.

    ``after`` is the last record that retention removed: what was in the records up to it nobody can check any more.
    ``unknown`` is set where this keeps the hash that was noted from being compared.
    """

    checked: int
    head: int
    head_hash: str
    broken: int | None = None
    reason: str = ""
    after: int = 0
    unknown: str = ""

    @property
    def whole(self) -> bool:
        """Whether every record that is there is as it was written, and what was noted could be compared."""
        return self.broken is None and not self.unknown


async def append(desk: Desk, entry: Entry) -> None:
    """Append a record: the last thing in a transaction, since it holds up all other appending until that ends."""
    if not desk.settings.audit_trail:
        return
    new = {"id": CHAIN, "sequence": 1, "hash": "", "anchor_sequence": 0, "anchor_hash": ""}
    chain = await Query("chain.next", new, _chain)
    unsigned = Record(
        sequence=chain.sequence,
        at=desk.now,
        account=desk.account,
        action=entry.action,
        actor=clean(entry.actor or desk.by, 400),
        via=clean(entry.via, 64),
        subject=clean(entry.subject, 255),
        customer=clean(entry.customer, 255),
        detail=json.dumps(entry.detail, sort_keys=True),
        hash="",
    )
    digest = unsigned.digest(chain.hash)
    await Query("record.add", {**asdict(unsigned), "hash": digest}, _nothing)
    await Query("chain.close", {"the_id": CHAIN, "hash": digest}, _nothing)
    if desk.settings.audit_retention_days and chain.sequence % FORGET_EVERY == 0:
        await _forget(desk)


def appending(desk: Desk, entry: Entry) -> Atomic[None]:
    """One record in a transaction of its own."""
    return Atomic(lambda: append(desk, entry))


def forgetting(desk: Desk) -> Atomic[int]:
    """Remove records that are older than the retention; gives the sequence number of the last one that is gone."""

    async def program() -> int:
        await append(desk, Entry(action="trail.pruned", detail={"days": desk.settings.audit_retention_days}))
        return await _forget(desk)

    return Atomic(program)


async def verify(expected: str = "") -> Verdict:
    """Read the whole trail and check every record.

    ``expected`` is ``sequence:hash`` as an earlier verification gave them: it shows that nothing was rewritten from the
    beginning, hashes included. Raises ``ValueError`` where it is spelt otherwise.
    """
    noted, noted_hash = _noted(expected)
    chain = await Query("chain.find", {"the_id": CHAIN}, _chain)
    at, digest, checked = chain.anchor_sequence, chain.anchor_hash, 0

    def verdict(broken: int | None = None, reason: str = "", unknown: str = "") -> Verdict:
        return Verdict(checked, chain.sequence, chain.hash, broken, reason, chain.anchor_sequence, unknown)

    if 0 < chain.sequence <= at:
        return verdict(chain.sequence, "it is missing, and retention never removes the last one")
    if noted and noted == at and noted_hash != digest:
        return verdict(at, _NOT_NOTED)
    while at < chain.sequence:
        records = await page(at)
        if not records:
            return verdict(at + 1, "it is missing")
        for record in records[: chain.sequence - at]:
            reason = _flaw(record, at + 1, digest)
            if not reason and noted == record.sequence and noted_hash != record.hash:
                reason = _NOT_NOTED
            if reason:
                return verdict(at + 1, reason)
            at, digest, checked = record.sequence, record.hash, checked + 1
    if digest != chain.hash:
        return verdict(at, "its hash is not the one that the chain ends with")
    if noted > chain.sequence:
        return verdict(chain.sequence + 1, "it is missing: the trail was cut off")
    if behind := await _behind_the_end():
        return verdict(behind, "it is behind the end of the chain: it was put in, or the chain was set back")
    if 0 < noted < chain.anchor_sequence:
        gone = f"retention removed the records up to {chain.anchor_sequence}, record {noted} among them"
        return verdict(unknown=f"{gone}: its hash cannot be compared")
    return verdict()


async def _behind_the_end() -> int:
    """The number of a record behind the end of the chain, or 0. The chain is read last: appending goes on meanwhile."""
    last = await Query("record.last", {}, lambda rows: int(rows[0]["sequence"] or 0))
    chain = await Query("chain.find", {"the_id": CHAIN}, _chain)
    return last if last > chain.sequence else 0


def _noted(expected: str) -> tuple[int, str]:
    """What was noted: a number and a hash; 0 where nothing was."""
    if not expected:
        return 0, ""
    match = _EXPECTED.fullmatch(expected.strip())
    if match is None:
        raise ValueError("what was noted has the form SEQUENCE:HASH, a number and 64 hexadecimal digits")
    return int(match[1]), match[2].lower()


def page(after: int, most: int = _PAGE) -> Query[tuple[Record, ...]]:
    """The records after a sequence number, oldest first."""
    return Query(
        "records.after", {"after": after, "most": most}, lambda rows: tuple(Record(**dict(row)) for row in rows)
    )


async def _forget(desk: Desk) -> int:
    before = desk.now - desk.settings.audit_retention_days * DAY
    last = await Query("record.last_before", {"before": before}, lambda rows: dict(rows[0]) if rows else None)
    if last is None or not desk.settings.audit_retention_days:
        return 0
    await Query("record.forget", {"upto": last["sequence"]}, _nothing)
    anchor = {"the_id": CHAIN, "anchor_sequence": last["sequence"], "anchor_hash": last["hash"]}
    await Query("chain.anchor", anchor, _nothing)
    gone: int = last["sequence"]
    return gone


def _flaw(record: Record, sequence: int, previous: str) -> str:
    if record.sequence != sequence:
        return "it is missing"
    return "" if record.digest(previous) == record.hash else "its content or the one before it was changed"


def _chain(rows: Sequence[Mapping[str, Any]]) -> Chain:
    return Chain(**{name: value for name, value in rows[0].items() if name != "id"}) if rows else Chain()


def _nothing(rows: object) -> None:
    return None
