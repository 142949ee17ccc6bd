"""Who is told: webhook endpoints and event destinations, looked at alike."""

from __future__ import annotations

from collections.abc import Iterator

from stripe_sandbox.events.types import matches
from stripe_sandbox.http import Json
from stripe_sandbox.ids import Ids
from stripe_sandbox.store import Store

ENDPOINT, DESTINATION = "webhook_endpoint", "v2.core.event_destination"


def subscribers(store: Store) -> Iterator[Json]:
    """All that are there, enabled or not, the oldest first."""
    for kind in (ENDPOINT, DESTINATION):
        yield from reversed(store.all(kind))


def are_there(store: Store) -> bool:
    """Whether there is anybody to tell."""
    return bool(len(store.table(ENDPOINT)) or len(store.table(DESTINATION)))


def find(store: Store, id: str) -> Json | None:
    """The subscriber with this id."""
    return store.get(ENDPOINT, id) or store.get(DESTINATION, id)


def wants(subscriber: Json, type: str, *, thin: bool, connected: bool) -> bool:
    """Whether an event of this type goes to a subscriber: `connected` if it is a connected account's."""
    return (
        subscriber["status"] == "enabled"
        and subscriber["_thin"] is thin
        and subscriber["_connect"] is connected
        and matches(subscriber["enabled_events"], type)
    )


def new_secret(ids: Ids) -> Json:
    """A signing secret that holds until it is rolled."""
    return {"secret": f"whsec_{ids.text('whsec', 32)}", "until": None}


def secrets(subscriber: Json, now: int) -> list[str]:
    """The secrets that sign now, the newest first."""
    return [each["secret"] for each in subscriber["_secrets"] if each["until"] is None or now < each["until"]]
