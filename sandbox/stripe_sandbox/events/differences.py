"""What an object was before: `previous_attributes` of https://docs.stripe.com/api/events/object."""

from __future__ import annotations

from stripe_sandbox.http import Json


def previous(before: Json, after: Json) -> Json:
    """The old values of what differs: of hashes only the keys that do, of lists the whole; None where it was absent."""
    found: Json = {}
    for name, value in after.items():
        old = before.get(name)
        if old == value:
            continue
        found[name] = previous(old, value) if isinstance(old, dict) and isinstance(value, dict) else old
    found.update({name: old for name, old in before.items() if name not in after})
    return found


def present(old: Json, after: Json) -> Json:
    """The new values of what `previous` gave the old ones of."""
    return {
        name: present(value, after[name])
        if isinstance(value, dict) and isinstance(after.get(name), dict)
        else after.get(name)
        for name, value in old.items()
    }
