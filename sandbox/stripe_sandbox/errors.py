"""Stripe's errors in Stripe's words: https://docs.stripe.com/api/errors."""

from __future__ import annotations

from typing import Any

from stripe_sandbox.http import Json


class StripeError(Exception):
    """An error that Stripe would answer with; becomes the `error` object of the response."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        type: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        **details: Any,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.type = type
        self.code = code
        self.param = param
        self.details = details
        self.happened = status == 402
        """Whether it tells of what has happened (a decline), rather than of what was refused."""

    def body(self, request_id: str) -> Json:
        """The response's body, with keys in the order in which Stripe sends them."""
        error: Json = {"message": self.message, "type": self.type}
        if self.code is not None:
            error["code"] = self.code
            error["doc_url"] = f"https://stripe.com/docs/error-codes/{self.code.replace('_', '-')}"
        if self.param is not None:
            error["param"] = self.param
        error.update(self.details)
        error["request_log_url"] = f"https://dashboard.stripe.com/test/logs/{request_id}"
        return {"error": dict(sorted(error.items()))}


class StripeSandboxError(Exception):
    """What `Sandbox.call` raises where HTTP would answer an error: `status` and the parsed `body`."""

    def __init__(self, status: int, body: Json) -> None:
        super().__init__(f"{status}: {body['error'].get('message')}")
        self.status = status
        self.body = body

    @property
    def error(self) -> Json:
        """The error object itself: `type`, `code`, `param`, `message`, `decline_code`."""
        error: Json = self.body["error"]
        return error


def missing(noun: str, id: str, *, param: str, status: int = 404) -> StripeError:
    """`No such …`: 404 for the object that a path names, 400 for one that a parameter names."""
    return StripeError(f"No such {noun}: '{id}'", status=status, code="resource_missing", param=param)


def invalid(message: str, param: str, code: str | None = None) -> StripeError:
    """A parameter whose value Stripe refuses."""
    return StripeError(message, param=param, code=code)
