"""Objects that look different when another one changes, because they show it or copy from it."""

from __future__ import annotations

from collections.abc import Iterable

from stripe_sandbox.http import Json
from stripe_sandbox.journal import thawed
from stripe_sandbox.store import Store

_OWNERS = {"line_item": "invoice", "subscription_item": "subscription"}
"""A part names its owner in a field that is called after the owner's kind."""
_COPIED_BY_DRAFTS = ("address", "balance", "currency", "email", "name", "phone", "shipping", "tax_exempt")


def owners(store: Store, item: Json, before: bytes | None) -> Iterable[Json]:
    """What shows this object, or is a copy of some of it. `before`, frozen, is None for what is new or gone."""
    kind = item["object"]
    if kind in _OWNERS:
        owner = store.get(_OWNERS[kind], item[_OWNERS[kind]])
        return [] if owner is None else [owner]
    if kind == "tax_id" and item["customer"] is not None:
        return _drafts(store, item["customer"])
    if kind == "customer" and before is not None and _shows_in_drafts(item, thawed(before)):
        return _drafts(store, item["id"])
    return []


def _shows_in_drafts(item: Json, before: Json) -> bool:
    return any(item[name] != before[name] for name in _COPIED_BY_DRAFTS)


def _drafts(store: Store, customer: str) -> Iterable[Json]:
    return store.all("invoice", customer=customer, status="draft")
