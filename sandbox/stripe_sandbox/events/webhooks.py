"""Webhooks as decisions: what is to be sent where and when, and what follows from what came of it.

Nothing is sent here. Whoever has a network takes what is due, performs it and reports (`courier` does so with
aiohttp). Retries keep to the sandbox's clock: https://docs.stripe.com/webhooks#retries.
"""

from __future__ import annotations

import heapq
import json
import random
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from stripe_sandbox.events import subscribers, thin
from stripe_sandbox.events.related import reference
from stripe_sandbox.events.signing import signature
from stripe_sandbox.http import Json

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox

_MINUTE, _HOUR = 60, 60 * 60
SANDBOX_RETRIES = (5 * _MINUTE, 30 * _MINUTE, 2 * _HOUR)
"""Stripe tries again three times over a few hours in a sandbox; the steps themselves it does not state (seconds)."""
LIVE_RETRIES = (*SANDBOX_RETRIES, 5 * _HOUR, 10 * _HOUR, *(12 * _HOUR for _ in range(4)))
"""In live mode it tries for up to three days."""
ROLLED_SECRET_HOLDS = 24 * _HOUR
_LOGGED = 1000


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request to be made: only an answer of 2xx within `timeout` seconds counts, redirects do not."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    timeout: float
    type: str
    errand: Errand


@dataclass(frozen=True, slots=True, order=True)
class Errand:
    """An event that is to reach a subscriber. `due` is in UTC seconds of the sandbox's clock."""

    due: int
    order: int
    subscriber: str = field(compare=False)
    event: str = field(compare=False)
    place: int | None = field(compare=False, default=None)
    """Which of the event's thin events it is; None is the event itself."""
    attempt: int = field(compare=False, default=1)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of a delivery. `status` is the HTTP status, None where there was no answer."""

    event: str
    type: str
    subscriber: str
    url: str
    number: int
    at: int
    status: int | None
    error: str | None

    @property
    def succeeded(self) -> bool:
        """Whether the event counts as delivered."""
        return self.status is not None and 200 <= self.status < 300


class Webhooks:
    """What waits to be delivered, and the levers on it. All of it may be used from any thread.

    `retries` are the pauses after each failure in seconds of the sandbox's clock, `timeout` the real seconds for an
    answer, `at_once` how many deliveries one subscriber gets side by side: 1 keeps their order, which Stripe does not
    promise.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self.retries: tuple[int, ...] = SANDBOX_RETRIES
        self.timeout = 10.0
        self.at_once = 1
        self.attempts: deque[Attempt] = deque(maxlen=_LOGGED)
        self._sandbox = sandbox
        self._waiting: dict[str, list[Errand]] = {}
        self._under_way: dict[str, int] = {}
        self._outstanding: set[tuple[str, str]] = set()
        self._order = 0
        self._paused = False
        self._copies = 0
        self._shuffle: random.Random | None = None
        self._wake: Callable[[], None] | None = None
        self._quiet = threading.Condition(sandbox.lock)

    # Levers

    def pause(self) -> None:
        """Hold everything back until `resume`."""
        with self._sandbox.lock:
            self._paused = True

    def resume(self) -> None:
        """Go on, with what has waited first."""
        with self._sandbox.lock:
            self._paused = False
            now = self._sandbox.clock.account_now
            for subscriber, queue in self._waiting.items():
                self._waiting[subscriber] = sorted(replace(errand, due=max(errand.due, now)) for errand in queue)
            self.wake()

    def duplicate(self, copies: int = 1) -> None:
        """From now on send each event so many times more than once; 0 ends it."""
        with self._sandbox.lock:
            self._copies = copies

    def reorder(self, shuffled: bool = True, *, seed: int = 1) -> None:
        """Send what is due in a random order, the same for the same seed; pause first so that more than one waits."""
        with self._sandbox.lock:
            self._shuffle = random.Random(seed) if shuffled else None

    def redeliver(self, event: str, subscriber: str | None = None) -> None:
        """Send an event again: to one subscriber, or to all that listen to it. Raises KeyError if it is not there."""
        with self._sandbox.lock:
            found, now = self._sandbox.store["event", event], self._sandbox.clock.account_now
            if subscriber is None:
                self.send(found, due=now)
            elif (target := subscribers.find(self._sandbox.store, subscriber)) is None:
                raise KeyError(subscriber)
            else:
                self._enter(Errand(now, 0, subscriber, event, 0 if target["_thin"] else None))
                self.wake()

    def roll_secret(self, subscriber: str, *, old_holds: int = ROLLED_SECRET_HOLDS) -> str:
        """Give a subscriber a new signing secret; the old one goes on signing for so many seconds beside it."""
        with self._sandbox.lock:
            found = subscribers.find(self._sandbox.store, subscriber)
            if found is None:
                raise KeyError(subscriber)
            until = self._sandbox.clock.account_now + old_holds
            new = subscribers.new_secret(self._sandbox.ids)
            found["_secrets"] = [new, *({**each, "until": each["until"] or until} for each in found["_secrets"])]
            return str(new["secret"])

    def wait_until_quiet(self, timeout: float = 5.0) -> bool:
        """Wait, in real seconds, until nothing is due or under way; answers whether that came to be."""
        with self._quiet:
            return self._quiet.wait_for(self._is_quiet, timeout)

    # What the recorder tells

    def send(self, event: Json, *, due: int | None = None) -> None:
        """See to it that an event reaches everyone who wants it, at once unless told (UTC seconds)."""
        if not subscribers.are_there(self._sandbox.store):
            return
        due = event["created"] if due is None else due
        connected = event.get("account", self._sandbox.account["id"]) != self._sandbox.account["id"]
        everyone = list(subscribers.subscribers(self._sandbox.store))
        for subscriber in everyone:
            if subscribers.wants(subscriber, event["type"], thin=False, connected=connected):
                self._enter(Errand(due, 0, subscriber["id"], event["id"]))
                self._count(event, subscriber["id"])
        thin_ones = [subscriber for subscriber in everyone if subscriber["_thin"]]
        for each in thin.thin_events(event) if thin_ones else ():
            for subscriber in thin_ones:
                if subscribers.wants(subscriber, each.type, thin=True, connected=connected):
                    self._enter(Errand(due, 0, subscriber["id"], event["id"], each.place))
        self.wake()

    def send_thin(self, event: Json, only_to: str | None = None) -> None:
        """The same for a thin event that has no other; a ping goes to the one that is tried."""
        for subscriber in subscribers.subscribers(self._sandbox.store):
            chosen = subscriber["id"] == only_to
            if chosen or (only_to is None and subscribers.wants(subscriber, event["type"], thin=True, connected=False)):
                self._enter(Errand(event["created"], 0, subscriber["id"], event["id"], 0))
        self.wake()

    # What a courier needs

    def on_work(self, wake: Callable[[], None] | None) -> None:
        """Call `wake` whenever there may be something to take; it comes from any thread."""
        self._wake = wake

    def wake(self) -> None:
        """Something has changed that may make a delivery due."""
        if self._wake is not None and self._waiting:
            self._wake()

    def take(self, signed_at: int) -> list[Delivery]:
        """What is to be sent now, each to be reported on. `signed_at` is the real time in UTC seconds."""
        with self._sandbox.lock:
            if self._paused:
                return []
            taken = []
            for subscriber in list(self._waiting):
                while (errand := self._next(subscriber)) is not None:
                    delivery = self._delivery(errand, signed_at)
                    if delivery is not None:
                        self._under_way[subscriber] = self._under_way.get(subscriber, 0) + 1
                        taken.append(delivery)
            self._quiet.notify_all()
            return taken

    def report(self, delivery: Delivery, status: int | None, error: str | None = None) -> None:
        """Say what came of a delivery: an HTTP status, or why there was none."""
        with self._sandbox.lock:
            errand = delivery.errand
            self._under_way[errand.subscriber] -= 1
            attempt = Attempt(
                errand.event,
                delivery.type,
                errand.subscriber,
                delivery.url,
                errand.attempt,
                errand.due,
                status,
                error,
            )
            self.attempts.append(attempt)
            if attempt.succeeded:
                self._discount(errand)
            elif errand.attempt <= len(self.retries):
                pause = self.retries[errand.attempt - 1]
                self._push(replace(errand, due=errand.due + pause, attempt=errand.attempt + 1))
            self._quiet.notify_all()
            self.wake()

    def seconds_until_next(self) -> float | None:
        """How long, by the sandbox's clock, until something is due; None if nothing is or the clock stands still."""
        with self._sandbox.lock:
            if self._paused or not self._waiting or self._sandbox.clock.is_fixed:
                return None
            return max(min(queue[0].due for queue in self._waiting.values()) - self._sandbox.clock.account_now, 0.0)

    def _enter(self, errand: Errand) -> None:
        for _ in range(1 + self._copies):
            self._order += 1
            self._push(replace(errand, order=self._order))

    def _push(self, errand: Errand) -> None:
        heapq.heappush(self._waiting.setdefault(errand.subscriber, []), errand)

    def _count(self, event: Json, subscriber: str) -> None:
        if (event["id"], subscriber) not in self._outstanding:
            self._outstanding.add((event["id"], subscriber))
            event["pending_webhooks"] += 1

    def _discount(self, errand: Errand) -> None:
        """The first success counts, however many copies went out."""
        key = (errand.event, errand.subscriber)
        if errand.place is None and key in self._outstanding:
            self._outstanding.remove(key)
            event = self._event(errand)
            if event is not None:
                event["pending_webhooks"] -= 1

    def _next(self, subscriber: str) -> Errand | None:
        """Take out what this subscriber gets next, if it is due and there is room for it."""
        queue = self._waiting.get(subscriber)
        if not queue or self._under_way.get(subscriber, 0) >= self.at_once:
            return None
        now = self._sandbox.clock.account_now
        if queue[0].due > now:
            return None
        if self._shuffle is None:
            errand = heapq.heappop(queue)
        else:
            errand = self._shuffle.choice(sorted(each for each in queue if each.due <= now))
            queue.remove(errand)
            heapq.heapify(queue)
        if not queue:
            del self._waiting[subscriber]
        return errand

    def _delivery(self, errand: Errand, signed_at: int) -> Delivery | None:
        """The request itself; none to who is gone or disabled by now, which ends the event's retries there."""
        subscriber = subscribers.find(self._sandbox.store, errand.subscriber)
        payload = None if subscriber is None else self._payload(errand, subscriber)
        if subscriber is None or subscriber["status"] != "enabled" or payload is None:
            return None
        body = json.dumps(payload, indent=2, ensure_ascii=False).encode()
        secrets = subscribers.secrets(subscriber, self._sandbox.clock.account_now)
        headers = {
            "Accept": "*/*; q=0.5, application/xml",
            "Cache-Control": "no-cache",
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signature(body, secrets, signed_at),
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        }
        return Delivery(subscriber["_url"], headers, body, self.timeout, payload["type"], errand)

    def _payload(self, errand: Errand, subscriber: Json) -> Json | None:
        event = self._event(errand)
        if event is None:
            return None
        if event["object"] != "event":
            return thin.kept_notification(event)
        if errand.place is None:
            version = subscriber["_version"] or event["api_version"]
            return {**self._sandbox.shown(event), "api_version": version}
        found = next((each for each in thin.thin_events(event) if each.place == errand.place), None)
        if found is None:
            return None
        return thin.notification(found, reference(self._sandbox, event["_kind"], event["_about"]))

    def _event(self, errand: Errand) -> Json | None:
        for sandbox in (self._sandbox, *self._sandbox.connected.values()):
            store = sandbox.store
            if found := store.get("event", errand.event) or store.get("v2.core.event", errand.event):
                return found
        return None

    def _is_quiet(self) -> bool:
        now = self._sandbox.clock.account_now
        due = not self._paused and any(queue[0].due <= now for queue in self._waiting.values())
        return not due and not any(self._under_way.values())
