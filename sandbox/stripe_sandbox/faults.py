"""Trouble to order: answers that are late, wrong, cut off, or never come; and limits on the rate of requests."""

from __future__ import annotations

import json
import random
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from stripe_sandbox.errors import StripeError
from stripe_sandbox.http import Request, Response

Cut: TypeAlias = Literal["reset", "half"]
LimitReason: TypeAlias = Literal[
    "global-rate", "endpoint-rate", "global-concurrency", "endpoint-concurrency", "resource-specific"
]
_MESSAGES = {
    400: "This request was refused on request.",
    429: "Request rate limit exceeded. Learn more about rate limits here https://docs.stripe.com/rate-limits.",
}
_SORRY = "Sorry! There was an error while talking to one of our backends. Support has been notified."


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong, and for which requests.

    `path` is a path of the API with `{names}` or `*` in it, `method` one of them or all. `skip` requests are spared
    first, then `times` are struck (None: all), each with `chance` from 0 to 1. `delay` is in real seconds. With a
    `status` that is what is answered, with `cut` the connection is reset or the answer ends in its middle. Unless
    `carried_out`, a request that is not answered as usual has not happened.
    """

    method: str = "*"
    path: str = "*"
    skip: int = 0
    times: int | None = None
    chance: float = 1.0
    delay: float = 0.0
    status: int | None = None
    type: str | None = None
    code: str | None = None
    message: str | None = None
    reason: LimitReason | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: Cut | None = None
    carried_out: bool = False

    def __post_init__(self) -> None:
        if self.cut not in (None, "reset", "half"):
            raise ValueError("cut: must be reset or half")
        if not 0 <= self.chance <= 1 or self.delay < 0 or self.skip < 0:
            raise ValueError("chance is from 0 to 1, delay and skip are not negative")
        if self.times is not None and self.times < 1:
            raise ValueError("times: at least 1")
        if self.status is not None and not 400 <= self.status <= 599:
            raise ValueError("status: from 400 to 599")
        if any(
            not re.fullmatch(r"[!-~]+", name) or "\n" in text or "\r" in text for name, text in self.headers.items()
        ):
            raise ValueError("headers: not to be sent")

    @property
    def happens(self) -> bool:
        """Whether the request is carried out all the same."""
        return self.carried_out or (self.status is None and self.cut != "reset")

    def answer(self, request_id: str) -> Response | None:
        """What is answered in place of the right answer; None leaves that as it is."""
        if self.status is None:
            return None
        limited = self.status == 429
        error = StripeError(
            self.message or _MESSAGES.get(self.status, _SORRY),
            status=self.status,
            type=self.type or ("invalid_request_error" if self.status < 500 else "api_error"),
            code=self.code or ("rate_limit" if limited else None),
        )
        headers = {"Content-Type": "application/json", "Request-Id": request_id, **self.headers}
        if limited and (self.reason is not None):
            headers["Stripe-Rate-Limited-Reason"] = self.reason
        return Response(self.status, headers, json.dumps(error.body(request_id)).encode())


@dataclass(slots=True)
class _Ordered:
    fault: Fault
    pattern: re.Pattern[str]
    seen: int = 0
    struck: int = 0


class Faults:
    """The faults that were ordered, in that order: the first that fits strikes. Usable from any thread."""

    def __init__(self, seed: int = 1) -> None:
        self._ordered: dict[str, _Ordered] = {}
        self._chance = random.Random(seed)
        self._lock = threading.Lock()
        self._count = 0

    def order(self, fault: Fault) -> str:
        """Let a fault strike from now on; answers its name, by which it is called off."""
        with self._lock:
            self._count += 1
            name = f"fault_{self._count}"
            self._ordered[name] = _Ordered(fault, _pattern(fault.path))
            return name

    def call_off(self, name: str | None = None) -> None:
        """End one fault, or all. Raises KeyError where there is none of that name."""
        with self._lock:
            if name is None:
                self._ordered.clear()
            else:
                del self._ordered[name]

    def ordered(self) -> dict[str, tuple[Fault, int]]:
        """All that hold, by name, with how often each has struck."""
        with self._lock:
            return {name: (each.fault, each.struck) for name, each in self._ordered.items()}

    def strike(self, request: Request) -> Fault | None:
        """The fault that this request meets, if any; each call counts as a request."""
        with self._lock:
            for each in self._ordered.values():
                if self._strikes(each, request):
                    return each.fault
        return None

    def _strikes(self, each: _Ordered, request: Request) -> bool:
        fault = each.fault
        if fault.method not in ("*", request.method) or not each.pattern.match(request.path):
            return False
        if fault.times is not None and each.struck >= fault.times:
            return False
        each.seen += 1
        if each.seen <= fault.skip or self._chance.random() >= fault.chance:
            return False
        each.struck += 1
        return True


class RateLimits:
    """How many requests a second are let through, in all and to one endpoint; None is no limit.

    Stripe's are 25 and 25 in a sandbox, 100 and 25 in live mode: https://docs.stripe.com/rate-limits. Seconds are
    real ones, told by `time_source`.
    """

    def __init__(self, time_source: Callable[[], float] = time.monotonic) -> None:
        self.global_rate: int | None = None
        self.endpoint_rate: int | None = None
        self._time = time_source
        self._lock = threading.Lock()
        self._passed: dict[str, deque[float]] = {}

    def refusal(self, request: Request) -> Fault | None:
        """The 429 that this request gets, if it is one too many; else it counts."""
        if self.global_rate is None and self.endpoint_rate is None:
            return None
        endpoint = f"{request.method} {re.sub(r'/[a-z_]+_[A-Za-z0-9]{8,}', '/{id}', request.path)}"
        with self._lock:
            now = self._time()
            rates: tuple[tuple[str, int | None, LimitReason], ...] = (
                ("", self.global_rate, "global-rate"),
                (endpoint, self.endpoint_rate, "endpoint-rate"),
            )
            for key, rate, reason in rates:
                if rate is not None and self._within_second(key, now) >= rate:
                    return Fault(status=429, reason=reason)
            for key, _, _ in rates:
                self._passed.setdefault(key, deque()).append(now)
        return None

    def _within_second(self, key: str, now: float) -> int:
        passed = self._passed.get(key, deque())
        while passed and passed[0] <= now - 1:
            passed.popleft()
        return len(passed)


def _pattern(path: str) -> re.Pattern[str]:
    """A path with `{names}` for one segment each and `*` for anything."""
    parts = re.split(r"(\{[^}]*\}|\*)", path)
    return re.compile(
        "".join(".*" if p == "*" else "[^/]+" if p.startswith("{") else re.escape(p) for p in parts) + r"\Z"
    )
