"""Whose time it is: customers on a test clock live by that clock, all else by the account's.

https://docs.stripe.com/billing/testing/test-clocks
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from stripe_sandbox.http import Json

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox
    from stripe_sandbox.store import Store

KIND = "test_helpers.test_clock"
_KINDS = {
    "ch": "charge",
    "cn": "credit_note",
    "cus": "customer",
    "ii": "invoiceitem",
    "il": "line_item",
    "in": "invoice",
    "inpay": "invoice_payment",
    "pi": "payment_intent",
    "pm": "payment_method",
    "re": "refund",
    "seti": "setup_intent",
    "si": "subscription_item",
    "sub": "subscription",
    "sub_sched": "subscription_schedule",
}
"""The kind of an object by the beginning of its id, for those that belong to a customer."""
_OWNERS = ("customer", "subscription", "invoice", "payment_intent", "charge")
"""The fields by which an object leads to its customer, and the kind of what they name."""


def clock_of(store: Store, item: Json) -> str | None:
    """The id of the test clock by which an object lives."""
    while item["object"] != "customer":
        name = next((name for name in _OWNERS if isinstance(item.get(name), str)), None)
        owner = None if name is None else store.get(name, item[name])
        if owner is None or owner.get("deleted"):
            found: str | None = item.get("test_clock")
            return found
        item = owner
    return item.get("test_clock")


@contextmanager
def time_of(sandbox: Sandbox, clock: str | None, moment: int | None = None) -> Iterator[None]:
    """Within the block it is a test clock's time, or a moment of it; None is the account's own time."""
    if clock is None:
        yield
        return
    at = sandbox.store[KIND, clock]["frozen_time"] if moment is None else moment
    with sandbox.clock.elsewhere(at), sandbox.agenda.of_clock(clock):
        yield


def named_by(store: Store, path: Mapping[str, str], params: Json) -> str | None:
    """The test clock of what a request is about: named in its path or its parameters."""
    if "test_clock" in params:
        named: str = params["test_clock"]
        return named
    payload = params.get("payload", {}).values()  # of a meter event: the customer's id is in it
    for id in (
        *path.values(),
        *(params[name] for name in (*_OWNERS, "from_subscription", "payment_method", "schedule") if name in params),
        *payload,
    ):
        clock = _clock_of_id(store, id)
        if clock is not None:
            return clock
    return None


def _clock_of_id(store: Store, id: Any) -> str | None:
    kind = _KINDS.get(id.rpartition("_")[0]) if isinstance(id, str) else None
    item = None if kind is None else store.get(kind, id)
    if item is None or item.get("deleted"):
        return None
    clock = clock_of(store, item)
    return clock if clock is not None and not store[KIND, clock].get("deleted") else None


def is_asked_for(params: Json, path: Mapping[str, str]) -> bool:
    """Whether a list says whose objects it wants: else it leaves out those that live by a test clock."""
    return bool(path) or any(name in params for name in (*_OWNERS, "test_clock", "payment"))


def advance_all(sandbox: Sandbox) -> None:
    """Bring every test clock that is advancing to where it is to be, doing what falls due on the way."""
    for clock in sandbox.store.all(KIND, status="advancing"):
        target = clock["status_details"]["advancing"]["target_frozen_time"]
        while (job := sandbox.agenda.next_due(target, clock["id"])) is not None:
            with time_of(sandbox, clock["id"], job.due):
                sandbox.run_job(job)
        with sandbox.change():
            # Looked up within the change, which then notices what becomes of it.
            sandbox.store[KIND, clock["id"]].update(frozen_time=target, status="ready", status_details={})
