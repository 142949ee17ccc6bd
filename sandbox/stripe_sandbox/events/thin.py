"""Thin events: small, without a version, with a reference to what changed.

https://docs.stripe.com/events/how-events-work and
https://docs.stripe.com/changelog/endive/2026-09-30/thin-events-for-api-v1-resources-generally-available. Each event
of API v1 has its thin counterpart, `v1.` before its name, and some say beside it more exactly what changed. They are
worked out from the event whenever they are asked for: only what has no such event is kept by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from stripe_sandbox.events.differences import present
from stripe_sandbox.events.types import THIN_TYPES
from stripe_sandbox.http import Json
from stripe_sandbox.journal import thawed

_ID = "evt_test_"
_LENGTH = 24
"""Of an event's id after `evt_`; what follows it in a thin one's tells those of one event apart."""


@dataclass(frozen=True, slots=True)
class Thin:
    """One thin event of an event: `place` 0 is its counterpart, the others say more exactly what changed."""

    event: Json
    place: int
    type: str

    @property
    def id(self) -> str:
        """Its own id, which tells the event's."""
        return f"{_ID}{self.event['id'].removeprefix('evt_')}{self.place or ''}"


def thin_events(event: Json) -> list[Thin]:
    """All thin events of a stored event."""
    types = [f"v1.{event['type']}", *_exactly(event)]
    return [Thin(event, place, type) for place, type in enumerate(types) if type in THIN_TYPES]


def origin(id: str) -> tuple[str, int] | None:
    """From a thin event's id to its event's, and to its place."""
    own = id.removeprefix(_ID)
    place = own[_LENGTH:] or "0"
    if own == id or not place.isascii() or not place.isdigit():
        return None
    return f"evt_{own[:_LENGTH]}", int(place)


def notification(thin: Thin, related: Json | None) -> Json:
    """What is sent to a destination. `related` says what changed and where it can be fetched, if it can be."""
    event = thin.event
    return {
        "id": thin.id,
        "object": "v2.core.event",
        "type": thin.type,
        "created": timestamp(event["created"]),
        "livemode": event["livemode"],
        **({"context": event["account"]} if "account" in event else {}),
        **({} if related is None else {"related_object": related}),
        **_reason(event["request"]),
    }


def full(thin: Thin, related: Json | None, *, with_snapshot: bool) -> Json:
    """What is answered when the event is fetched: also what changed, and on request the event that it goes with."""
    event = thin.event
    answer = notification(thin, related)
    if event["_previous"] is not None:
        before = thawed(event["_previous"])
        answer["changes"] = {"after": present(before, thawed(event["_object"])), "before": before}
    if with_snapshot:
        answer["snapshot_event"] = None if thin.place else event["id"]
    return answer


def kept_notification(event: Json) -> Json:
    """What is sent of a thin event that has no other and is kept by itself: all of it but its data."""
    return {**{name: value for name, value in event.items() if name != "data"}, "created": timestamp(event["created"])}


def timestamp(moment: int) -> str:
    """UTC seconds as API v2 writes a moment."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def moment(timestamp: str) -> int:
    """A moment of API v2 in UTC seconds. Raises ValueError for what is none."""
    return int(datetime.fromisoformat(timestamp).timestamp())


def _reason(request: Json) -> Json:
    if request["id"] is None:
        return {}
    key = request["idempotency_key"] or ""
    return {"reason": {"type": "request", "request": {"id": request["id"], "idempotency_key": key}}}


def _exactly(event: Json) -> list[str]:
    """The names for what changed, where Stripe has more exact ones than `updated`."""
    rule = _EXACT.get(event["type"])
    if rule is None or event["_previous"] is None:
        return []
    return [f"v1.{name}" for name in rule(thawed(event["_previous"]), thawed(event["_object"]))]


def _subscription(before: Json, after: Json) -> list[str]:
    found = []
    if "status" in before:
        found.append(f"customer.subscription.{after['status']}")
    for name in ("cancel_at", "default_payment_method"):
        if name in before:
            found.append(f"customer.subscription.{name}_changed")
    if "items" in before:
        fields = ("price", "quantity", "tax_rates")
        found += [f"customer.subscription.item_{what}" for what in _parts(before["items"], after["items"], fields)]
    return found


def _invoice(before: Json, after: Json) -> list[str]:
    found = []
    if "lines" in before:
        fields = ("pricing", "quantity")
        found += [f"invoice.line_item_{what}" for what in _parts(before["lines"], after["lines"], fields)]
    if "discounts" in before:
        was, now = set(before["discounts"]), set(after["discounts"])
        found += ["invoice.discount_added"] * bool(now - was) + ["invoice.discount_removed"] * bool(was - now)
    return found


def _parts(before: Json, after: Json, fields: Sequence[str]) -> list[str]:
    """`added`, `removed` and `…_changed`, from the lists of an object's parts."""
    was = {part["id"]: part for part in before.get("data", [])}
    now = {part["id"]: part for part in after["data"]}
    both = was.keys() & now.keys()
    changed = [name for name in fields if any(_value(was[id].get(name)) != _value(now[id].get(name)) for id in both)]
    added, removed = now.keys() - was.keys(), was.keys() - now.keys()
    return [*["added"] * bool(added), *["removed"] * bool(removed), *(f"{name}_changed" for name in changed)]


def _value(value: object) -> object:
    """An object that is embedded counts by its id: what changes within it has events of its own."""
    return value["id"] if isinstance(value, dict) and "id" in value else value


def _price(before: Json, after: Json) -> list[str]:
    changed = [f"price.{name}_changed" for name in ("lookup_key", "tax_behavior") if name in before]
    return [*_activity("price", before, after), *changed]


def _product(before: Json, after: Json) -> list[str]:
    changed = [f"product.{name}_changed" for name in ("default_price", "tax_code") if name in before]
    return [*_activity("product", before, after), *changed]


def _activity(kind: str, before: Json, after: Json) -> list[str]:
    return [f"{kind}.{'activated' if after['active'] else 'deactivated'}"] if "active" in before else []


def _promotion_code(before: Json, after: Json) -> list[str]:
    full = "times_redeemed" in before and after["times_redeemed"] == after["max_redemptions"]
    return ["promotion_code.fully_redeemed"] if full else []


_EXACT: Mapping[str, Callable[[Json, Json], list[str]]] = {
    "customer.subscription.updated": _subscription,
    "invoice.updated": _invoice,
    "price.updated": _price,
    "product.updated": _product,
    "promotion_code.updated": _promotion_code,
}
