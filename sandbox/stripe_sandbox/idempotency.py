"""Idempotency keys: a repeated POST gets the first answer again. https://docs.stripe.com/api/idempotent_requests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from stripe_sandbox.errors import StripeError
from stripe_sandbox.form import Raw
from stripe_sandbox.http import Json, Request

_KEPT = 24 * 60 * 60
_MAX_LENGTH = 255


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a key was first used for."""

    path: str
    params: dict[str, Raw]


@dataclass(frozen=True, slots=True)
class Remembered:
    """The first answer to a key, kept for a day."""

    attempt: Attempt
    until: int
    status: int
    body: Json
    request_id: str


class IdempotencyKeys:
    """Answers by (API key, idempotency key)."""

    def __init__(self) -> None:
        self._answers: dict[tuple[str, str], Remembered] = {}
        self._under_way: dict[tuple[str | None, str], Request] = {}

    @contextmanager
    def claim(self, authorization: str | None, key: str | None, request: Request) -> Iterator[None]:
        """Within the block the key is this request's, unless it was another's already."""
        if key is None or (authorization, key) in self._under_way:
            yield
            return
        self._under_way[authorization, key] = request
        try:
            yield
        finally:
            del self._under_way[authorization, key]

    def check_free(self, authorization: str | None, key: str, request: Request) -> None:
        """Raises 409 while another request with the same key is under way."""
        if self._under_way.get((authorization, key), request) is not request:
            raise StripeError(
                "There is currently another in-progress request using this Idempotent Key (that probably means you "
                f"submitted twice, and the other request is still going through): {key}. Please try again later.",
                status=409,
                code="idempotency_key_in_use",
            )

    def recall(self, api_key: str, key: str, attempt: Attempt, now: int) -> Remembered | None:
        """The first answer, if there is one. Raises IdempotencyError where the key meant something else."""
        if len(key) > _MAX_LENGTH:
            raise StripeError(
                f"Invalid Idempotency-Key: must be at most {_MAX_LENGTH} characters.", type="idempotency_error"
            )
        found = self._answers.get((api_key, key))
        if found is None or found.until <= now:
            return None
        if found.attempt.path != attempt.path:
            raise _other_use(
                f"for the same endpoint they were first used for ('{attempt.path}' vs '{found.attempt.path}')", key
            )
        if found.attempt.params != attempt.params:
            raise _other_use("with the same parameters they were first used with", key)
        return found

    def remember(self, api_key: str, key: str, answer: Remembered) -> None:
        """Keep the first answer."""
        self._answers[api_key, key] = answer

    @staticmethod
    def expiry(now: int) -> int:
        """Until when an answer that is given now is kept."""
        return now + _KEPT


def _other_use(rule: str, key: str) -> StripeError:
    return StripeError(
        f"Keys for idempotent requests can only be used {rule}. Try using a key other than '{key}' if you meant "
        "to execute a different request.",
        type="idempotency_error",
    )
