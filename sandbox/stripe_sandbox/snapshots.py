"""The whole state of a sandbox, taken and put back: for tests that share a beginning, and to start afresh."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NewType

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox

Snapshot = NewType("Snapshot", bytes)
"""A state, of use only to the process that took it: it is a pickle, and must never come from elsewhere."""

WIRING = frozenset({
    "_sandbox", "_on_move", "_listeners", "_wake", "_quiet", "_journal", "touched", "base_url", "lock", "on_draft",
    "platform", "requests", "resources", "seed", "_router", "_settling", "clock", "connected", "faults", "limits",
    "saved", "_under_way", "on_change",
})  # fmt: skip
"""What holds the sandbox together, rather than what is in it."""


def take(sandbox: Sandbox) -> Snapshot:
    """The present state of an account, of those connected to it, and of the clock."""
    with sandbox.lock:
        return Snapshot(pickle.dumps((_plain(vars(sandbox.clock)), _account(sandbox))))


def put_back(sandbox: Sandbox, snapshot: Snapshot) -> None:
    """Make the state what it was. Whoever holds the sandbox or its parts need not notice."""
    with sandbox.lock:
        clock, account = pickle.loads(snapshot)
        vars(sandbox.clock).update(clock)
        _put_back(sandbox, account)
        if sandbox.on_change is not None:
            sandbox.on_change()
        sandbox.webhooks.wake()


def reset(
    sandbox: Sandbox, *, seed: int = 1, now: int | None = None, fill: Callable[[Sandbox], object] | None = None
) -> None:
    """Begin anew as `Sandbox(seed=seed, now=now)` would, filled by a function such as `stripe_sandbox.seed.demo`."""
    fresh = type(sandbox)(seed=seed, now=now, base_url=sandbox.base_url)
    if fill is not None:
        fill(fresh)
    put_back(sandbox, take(fresh))
    sandbox.seed = seed


def _account(sandbox: Sandbox) -> dict[str, Any]:
    return {
        "parts": {name: _part(value) for name, value in vars(sandbox).items() if name not in WIRING},
        "connected": {id: _account(account) for id, account in sandbox.connected.items()},
    }


def _part(value: Any) -> tuple[bool, Any]:
    """A part of the sandbox as its state, or a plain value as itself."""
    is_part = type(value).__module__.startswith("stripe_sandbox.") and hasattr(value, "__dict__")
    return (is_part, _plain(vars(value)) if is_part else value)


def _plain(attributes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in attributes.items() if name not in WIRING}


def _put_back(sandbox: Sandbox, account: dict[str, Any]) -> None:
    for name, (is_part, state) in account["parts"].items():
        if is_part:
            vars(getattr(sandbox, name)).update(state)
        else:
            setattr(sandbox, name, state)
    sandbox.store.touch_all()
    for id in [id for id in sandbox.connected if id not in account["connected"]]:
        del sandbox.connected[id]
    for id, state in account["connected"].items():
        _put_back(sandbox.connected.get(id) or sandbox.connect(id=id), state)
