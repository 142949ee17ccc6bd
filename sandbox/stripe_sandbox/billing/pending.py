"""Changes that wait until their invoice is paid: https://docs.stripe.com/billing/subscriptions/pending-updates.

The change is made as any other. Where its invoice is not paid at once, all of it is taken back and noted, until that
invoice is paid, or voided, or the update expires.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from stripe_sandbox.billing.closing import void
from stripe_sandbox.billing.collecting import is_under_way
from stripe_sandbox.errors import StripeError
from stripe_sandbox.http import Json
from stripe_sandbox.journal import frozen, thawed

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox

PENDING = "pending_if_incomplete"
_LASTS = 23 * 60 * 60
_FIELDS = (
    "_items", "billing_cycle_anchor", "cancel_at", "discounts", "metadata", "status", "trial_end", "trial_start",
)  # fmt: skip
"""What of a subscription such an update may change."""
_ITEM_FIELDS = (
    "_billed", "_price", "current_period_end", "current_period_start", "discounts", "metadata", "quantity",
)  # fmt: skip


class Unpaid(Exception):
    """The invoice of a change that is to wait for its payment was not paid at once."""


@contextmanager
def until_paid(sandbox: Sandbox, subscription: Json, payment: str | None) -> Iterator[None]:
    """Within the block a subscription changes; if that is to wait for a payment that does not come, nothing did."""
    if payment != PENDING:
        yield
        return
    if subscription["collection_method"] != "charge_automatically":
        raise StripeError(
            "`payment_behavior` can only be `pending_if_incomplete` when `collection_method` is "
            "`charge_automatically`.",
            param="payment_behavior",
        )
    discard(sandbox, subscription)
    before, items = frozen(subscription), {item["id"]: frozen(item) for item in _items(sandbox, subscription)}
    try:
        yield
    except Unpaid:
        _put_off(sandbox, subscription, thawed(before), {id: thawed(item) for id, item in items.items()})


def hold(sandbox: Sandbox, invoice: Json) -> None:
    """Give up, for now, the change that an invoice bills. Raises Unpaid; StripeError where a bank debit pays it."""
    if invoice["status"] == "paid":
        return
    if is_under_way(sandbox, invoice):
        raise StripeError(
            "Pending updates are not supported with this type of payment method: its payments take days.",
            param="payment_behavior",
        )
    invoice.update(auto_advance=False, next_payment_attempt=None)
    raise Unpaid


def _put_off(sandbox: Sandbox, subscription: Json, before: Json, items: dict[str, Json]) -> None:
    wanted = _changes(_FIELDS, before, subscription)
    wanted_items = {
        item["id"]: _changes(_ITEM_FIELDS, items.get(item["id"]), item) for item in _items(sandbox, subscription)
    }
    subscription.update({name: before[name] for name in wanted})
    metadata = wanted.pop("metadata", None)
    if metadata is not None:
        metadata = _changes(metadata, before["metadata"], metadata)
    for id, item in items.items():
        sandbox.store["subscription_item", id].update(item)
    expires = min(sandbox.clock.now + _LASTS, *(item["current_period_end"] for item in items.values()))
    subscription["pending_update"] = {
        "billing_cycle_anchor": wanted.get("billing_cycle_anchor"),
        "discount": None,
        "discounts": wanted.get("discounts"),
        "expires_at": expires,
        "metadata": metadata,
        "subscription_items": None,
        "trial_end": wanted.get("trial_end"),
        "trial_from_plan": None,
    }
    subscription["_pending"] = {"fields": wanted, "invoice": subscription["latest_invoice"], "items": wanted_items}
    sandbox.agenda.add(expires, "subscription.expire_pending", subscription["id"])


def shown(sandbox: Sandbox, subscription: Json) -> Json | None:
    """The `pending_update` of a subscription, with its items as they would be."""
    update: Json | None = subscription["pending_update"]
    if update is None:
        return None
    wanted = subscription["_pending"]["items"]
    if list(wanted) == subscription["_items"] and not any(wanted.values()):
        return update
    found = [{**sandbox.store["subscription_item", id], **item} for id, item in wanted.items()]
    return {**update, "subscription_items": [sandbox.shown(item) for item in found]}


def paid(sandbox: Sandbox, subscription: Json, invoice: Json) -> None:
    """The invoice that a change waited for is paid: now it holds."""
    if not _waits_for(subscription, invoice):
        return
    update, wanted = subscription["pending_update"], subscription["_pending"]
    for item in _items(sandbox, subscription):
        if item["id"] not in wanted["items"]:
            sandbox.store.remove(item)
    for id, item in wanted["items"].items():
        sandbox.store["subscription_item", id].update(item)
    metadata = {**subscription["metadata"], **(update["metadata"] or {})}
    subscription.update(wanted["fields"], metadata=metadata, pending_update=None, _pending=None)
    sandbox.tell("customer.subscription.pending_update_applied", subscription)


def voided(sandbox: Sandbox, invoice: Json) -> None:
    """Voiding its invoice cancels a pending update."""
    subscription = invoice["_subscription"] and sandbox.store["subscription", invoice["_subscription"]]
    if subscription and _waits_for(subscription, invoice):
        _drop(sandbox, subscription)


def expire_job(sandbox: Sandbox, id: str) -> None:
    """The time of a pending update is over, unless it was applied or another took its place."""
    subscription = sandbox.store["subscription", id]
    update = subscription["pending_update"]
    if update is not None and update["expires_at"] <= sandbox.clock.now:
        discard(sandbox, subscription)


def discard(sandbox: Sandbox, subscription: Json) -> None:
    """Give up a pending update for good, and void its invoice."""
    if subscription["pending_update"] is None:
        return
    invoice = sandbox.store["invoice", subscription["_pending"]["invoice"]]
    if is_under_way(sandbox, invoice):
        _drop(sandbox, subscription)
    else:
        void(sandbox, invoice)


def _drop(sandbox: Sandbox, subscription: Json) -> None:
    for id in subscription["_pending"]["items"]:
        if id not in subscription["_items"]:
            sandbox.store.remove(sandbox.store["subscription_item", id])
    subscription.update(pending_update=None, _pending=None)
    sandbox.tell("customer.subscription.pending_update_expired", subscription)


def _waits_for(subscription: Json, invoice: Json) -> bool:
    return subscription["_pending"] is not None and bool(subscription["_pending"]["invoice"] == invoice["id"])


def _items(sandbox: Sandbox, subscription: Json) -> list[Json]:
    return [sandbox.store["subscription_item", id] for id in subscription["_items"]]


def _changes(names: Iterable[str], before: Json | None, after: Json) -> Json:
    """What became of these fields, where it differs; all of them for what is new."""
    return {name: after[name] for name in names if before is None or before.get(name) != after[name]}
