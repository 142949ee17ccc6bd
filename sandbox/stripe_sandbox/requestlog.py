"""What was asked of the API lately: for the page and for tests, never with a whole key."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from stripe_sandbox.http import Request, Response

KEPT = 500


@dataclass(frozen=True, slots=True)
class Logged:
    """One request and what was answered. `at` is in UTC seconds of the sandbox's clock."""

    at: int
    method: str
    path: str
    query: str
    status: int
    request_id: str
    account: str | None
    idempotency_key: str | None
    error: str | None


class RequestLog:
    """The latest requests, the newest last."""

    def __init__(self) -> None:
        self.entries: deque[Logged] = deque(maxlen=KEPT)

    def note(self, at: int, request: Request, response: Response) -> None:
        """Keep what matters of a request and its answer."""
        self.entries.append(
            Logged(
                at,
                request.method,
                request.path,
                request.query,
                response.status,
                response.headers.get("Request-Id", ""),
                request.header("stripe-account"),
                request.header("idempotency-key"),
                _error(response),
            )
        )


def _error(response: Response) -> str | None:
    if response.status < 400:
        return None
    error = response.json().get("error", {})
    return str(error.get("code") or error.get("type") or response.status)
