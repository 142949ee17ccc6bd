"""Turns changes of objects into events: https://docs.stripe.com/api/events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stripe_sandbox.events import naming
from stripe_sandbox.events.differences import previous
from stripe_sandbox.events.parts import owners
from stripe_sandbox.events.related import reference
from stripe_sandbox.events.reminders import plan
from stripe_sandbox.events.types import TYPES
from stripe_sandbox.http import Json
from stripe_sandbox.journal import Journal, frozen, thawed

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox

KEPT = 30 * 24 * 60 * 60
"""For how many seconds an event can be retrieved."""


@dataclass(frozen=True, slots=True)
class Cause:
    """The request that a change comes from; without one, Stripe acted by itself."""

    request: str | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class _Finding:
    """An event that waits for the end of its change. What it says is frozen: compact, and safe from later changes."""

    type: str
    kind: str
    id: str | None
    object: bytes
    previous: bytes | None


class Recorder:
    """What was last told of each object, and what is to be told at the end of the present change.

    `known` is how each object looked, by its kind and id, when it was last told or first seen. `account` is set where
    the sandbox stands for an account that is connected to another's: its events say so.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self.known: dict[tuple[str, str], bytes] = {}
        self.account: str | None = None
        self._sandbox = sandbox
        self._found: list[_Finding] = []
        self._before: dict[tuple[str, str], bytes | None] = {}
        self._after: list[Callable[[], None]] = []
        self._listeners: list[Callable[[Json], None]] = []

    def listen(self, listener: Callable[[Json], None]) -> None:
        """Call `listener` with each event from now on, as the API would answer it."""
        self._listeners.append(listener)

    def note(self, item: Json) -> None:
        """Tell what one object has become so far, before more happens to it in the same change."""
        if self._exists(item) and naming.is_told(item["object"]):
            self._compare(item)

    def note_all(self, journal: Journal) -> None:
        """Tell what everything that was touched has become so far."""
        for item in self._touched(journal):
            self.note(item)
        for item, _ in journal.removed:
            if not self._exists(item):
                self._gone(item)

    def tell(self, type: str, item: Json) -> None:
        """Something happened to an object that may not show in it; once a change is enough."""
        if type not in TYPES or any(found.type == type and found.id == item["id"] for found in self._found):
            return
        now = self.known.get((item["object"], item["id"])) or frozen(self._sandbox.shown(item))
        self._found.append(_Finding(type, item["object"], item["id"], now, None))

    def tell_unkept(self, type: str, item: Json) -> None:
        """Tell, between changes, of something that is no object of the store: an invoice that is yet to come."""
        self._publish(self._event(_Finding(type, item["object"], None, frozen(item), None), Cause()))

    def afterwards(self, action: Callable[[], None]) -> None:
        """Do something when the present change is done and told."""
        self._after.append(action)

    def tell_thin(self, type: str, about: Json, data: Json | None = None, *, only_to: str | None = None) -> Json:
        """Something happened of which Stripe sends a thin event only: `v1.billing.meter.error_report_triggered`.

        Answers the event. `only_to` is the destination that a ping tries.
        """
        sandbox = self._sandbox
        related = reference(sandbox, about["object"], about["id"])
        event: Json = {
            "id": f"evt_test_{sandbox.ids.text('thin', 32)}",
            "object": "v2.core.event",
            "created": sandbox.clock.account_now,
            "livemode": False,
            "type": type,
            **({} if related is None else {"related_object": related}),
            **({} if data is None else {"data": data}),
        }
        sandbox.store.add(event)
        sandbox.webhooks.send_thin(event, only_to)
        return event

    def forget(self) -> None:
        """The change was refused: nothing of it is told."""
        for key, known in self._before.items():
            if known is None:
                del self.known[key]
            else:
                self.known[key] = known
        self._found.clear()
        self._before.clear()
        self._after.clear()

    def publish(self, cause: Cause) -> None:
        """The change is done: make its events."""
        found, self._found = self._found, []
        self._before.clear()
        for finding in found:
            self._publish(self._event(finding, cause))
        self._drop_old(self._sandbox.clock.account_now - KEPT)
        after, self._after = self._after, []
        for action in after:
            action()

    def _touched(self, journal: Journal) -> list[Json]:
        """What was added or changed, in that order, with what shows it."""
        changed: list[tuple[Json, bytes | None]] = [(item, None) for item in journal.added]
        added = set(map(id, journal.added))
        seen = [(item, before) for item, before in journal.seen.values() if id(item) not in added]
        changed += [(item, before) for item, before in seen if frozen(item) != before]
        found = {id(item): item for item, _ in changed}
        for part, before in [*changed, *((item, None) for item, _ in journal.removed)]:
            for owner in owners(self._sandbox.store, part, before):
                found.setdefault(id(owner), owner)
        return list(found.values())

    def _exists(self, item: Json) -> bool:
        return self._sandbox.store.table(item["object"]).get(item["id"]) is item

    def _compare(self, item: Json) -> None:
        key = (item["object"], item["id"])
        after = self._sandbox.shown(item)
        now, known = frozen(after), self.known.get(key)
        if now == known:
            return
        self._before.setdefault(key, known)
        self.known[key] = now
        before = None if known is None else thawed(known)
        for type in naming.names(item["object"], before, after):
            old = previous(before, after) if before is not None and naming.has_previous(type) else None
            self._found.append(_Finding(type, *key, now, None if old is None else frozen(old)))
        for type, discount in self._discounts(before, after):
            self._found.append(_Finding(type, "discount", discount["id"], frozen(discount), None))

    def _discounts(self, before: Json | None, after: Json) -> Iterator[tuple[str, Json]]:
        """Discounts that a customer or subscription was given, or that were taken away."""
        if after["object"] not in ("customer", "subscription"):
            return
        was, now = _discount_ids(before), _discount_ids(after)
        for type, ids in (("created", now - was), ("deleted", was - now)):
            for id in sorted(ids):
                yield f"customer.discount.{type}", self._sandbox.shown(self._sandbox.store["discount", id])

    def _gone(self, item: Json) -> None:
        """Tell that an object is no more; of one that came and went in one change, nothing."""
        key = (item["object"], item["id"])
        known = self.known.pop(key, None)
        if known is None:
            return
        if self._before.setdefault(key, known) is None:
            self._found = [found for found in self._found if found.id != item["id"]]
            del self._before[key]
            return
        for type in naming.deletion(item["object"], thawed(known)):
            self._found.append(_Finding(type, item["object"], item["id"], known, None))

    def _event(self, finding: _Finding, cause: Cause) -> Json:
        sandbox = self._sandbox
        return {
            "id": sandbox.ids.of_many("evt"),
            "object": "event",
            **({} if self.account is None else {"account": self.account}),
            "api_version": sandbox.api_version,
            "created": sandbox.clock.account_now,
            "livemode": False,
            "pending_webhooks": 0,
            "request": {"id": cause.request, "idempotency_key": cause.idempotency_key},
            "type": finding.type,
            "_about": finding.id,
            "_kind": finding.kind,
            "_object": finding.object,
            "_previous": finding.previous,
        }

    def _publish(self, event: Json) -> None:
        sandbox = self._sandbox
        sandbox.store.add(event)
        sandbox.webhooks.send(event)
        for listener in self._listeners:
            listener(sandbox.shown(event))
        plan(sandbox, event)

    def _drop_old(self, limit: int) -> None:
        events = self._sandbox.store.table("event")
        while (oldest := events.oldest()) is not None and oldest["created"] < limit:
            self._sandbox.store.remove(oldest)


def _discount_ids(owner: Json | None) -> set[str]:
    if owner is None:
        return set()
    if owner["object"] == "customer":
        return set() if owner["discount"] is None else {owner["discount"]["id"]}
    return set(owner["discounts"])
