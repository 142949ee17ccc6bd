"""`Stripe-Signature`: https://docs.stripe.com/webhooks#verify-manually."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from hashlib import sha256


def signature(body: bytes, secrets: Sequence[str], signed_at: int) -> str:
    """The header's value: one `v1` for each secret that holds, while one is being rolled there are several.

    `signed_at` is in UTC seconds of the receiver's time, not of the sandbox's clock: receivers refuse what is older
    than some minutes. As in Stripe's test mode a `v0` that is none comes along, which receivers must not mind.
    """
    valid = [f"v1={_digest(body, secret, signed_at)}" for secret in secrets]
    return ",".join([f"t={signed_at}", *valid, f"v0={_digest(body, '', signed_at)}"])


def _digest(body: bytes, secret: str, signed_at: int) -> str:
    return hmac.new(secret.encode(), f"{signed_at}.".encode() + body, sha256).hexdigest()
