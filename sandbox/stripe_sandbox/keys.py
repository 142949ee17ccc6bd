"""API keys: test keys are taken, live keys never, restricted ones as far as they go."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable

from stripe_sandbox.errors import StripeError
from stripe_sandbox.http import Request

_TEST_KEY = re.compile(r"(sk|rk|pk)_test_\w+\Z", re.ASCII)
_NO_KEY = (
    "You did not provide an API key. You need to provide your API key in the Authorization header, using "
    "Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication "
    "for details, or we can help at https://support.stripe.com/."
)


class Keys:
    """Which keys may do what. Every test key may do all, but for those that were restricted."""

    def __init__(self) -> None:
        self._restricted: dict[str, frozenset[str]] = {}

    def restrict(self, key: str, permissions: Iterable[str]) -> None:
        """Let a key do only this: `invoice_read`, `customer_write`; `rak_` before it may be left out.

        Writing includes reading, as at Stripe.
        """
        held = {name.removeprefix("rak_") for name in permissions}
        held |= {name.removesuffix("_write") + "_read" for name in held if name.endswith("_write")}
        self._restricted[key] = frozenset(held)

    def restricted(self) -> dict[str, list[str]]:
        """The keys that were restricted, with what they may do."""
        return {key: sorted(held) for key, held in self._restricted.items()}

    def authenticate(self, request: Request) -> str:
        """The key of a request. Raises 401 where there is none or one that is not for tests."""
        key = _key(request.header("authorization") or "")
        if not key:
            raise StripeError(_NO_KEY, status=401)
        if key.startswith(("sk_live_", "rk_live_", "pk_live_")):
            raise StripeError(
                "This is stripe_sandbox, not Stripe: it takes test keys (sk_test_…, rk_test_…) only. "
                "Keep live keys away from it.",
                status=401,
            )
        if not _TEST_KEY.match(key):
            raise StripeError(f"Invalid API Key provided: {masked(key)}", status=401)
        return key

    def allow(self, key: str, permission: str, account: str) -> None:
        """Raises 403 where a restricted key lacks a permission such as `invoice_read`."""
        held = self._restricted.get(key)
        if held is not None and permission not in held:
            raise StripeError(
                f"The provided key '{masked(key)}' does not have the required permissions for this endpoint "
                f"on account '{account}'. Having the 'rak_{permission}' permission would allow this request "
                "to continue.",
                status=403,
            )


def masked(key: str) -> str:
    """A key as Stripe prints it back: beginning and end, stars between."""
    match = re.match(r"([a-z]+_(?:test|live)_)?(.*)\Z", key, re.DOTALL)
    start, rest = (match[1] or "", match[2]) if match else ("", key)
    visible = rest[-4:] if len(rest) > 8 else ""
    return start + "*" * (len(rest) - len(visible)) + visible


def _key(authorization: str) -> str:
    """From `Bearer <key>`, or from HTTP basic auth with the key as user name."""
    scheme, _, value = authorization.strip().partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""
