"""Events that Stripe sends: whether one is genuine, and what it is about (docs.stripe.com/webhooks).

Nothing of an event's object is believed but its id: events come late, twice and in any order, in the shape of whatever
version the endpoint has. What became of a payment is read from Stripe (:mod:`invoice_portal.stripe_api.attempts`).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from invoice_portal.errors import BadRequest

TOLERANCE_SECONDS: Final = 300
"""How old a signature may be, as in Stripe's own libraries, and how far in the future."""
MAX_EVENT_BYTES: Final = 1024 * 1024
"""An event about an invoice is some ten to a hundred kilobytes long."""
_MOST_SIGNATURES: Final = 16
_WORD: Final = re.compile(r"[A-Za-z0-9_.]{1,255}", re.ASCII)
_DIGEST: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_SECONDS: Final = re.compile(r"[0-9]{1,12}", re.ASCII)


@dataclass(frozen=True, slots=True)
class StripeEvent:
    """One event, in full or thin. ``account`` is the connected account that it is of, empty for the key's own.

    ``type`` is without the ``v1.`` of thin events. ``kind`` and ``subject`` are its object's, empty where it has none.
    """

    id: str
    type: str
    account: str
    livemode: bool
    kind: str
    subject: str


def check_signature(body: bytes, header: str, secrets: Sequence[str], now: int) -> None:
    """Raises ``BadRequest`` unless one of ``secrets`` signed these very bytes within :data:`TOLERANCE_SECONDS`.

    Several signatures may come along while Stripe rolls a secret; those of other schemes than ``v1`` do not count.
    """
    pairs = [part.strip().partition("=")[::2] for part in header.split(",", _MOST_SIGNATURES)]
    times = [value for name, value in pairs if name == "t"]
    given = [value for name, value in pairs if name == "v1" and _DIGEST.fullmatch(value)]
    if len(times) != 1 or not _SECONDS.fullmatch(times[0]) or not given:
        raise BadRequest("there is no Stripe-Signature, or one that cannot be read")
    signed = times[0].encode() + b"." + body
    expected = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets]
    fits = [hmac.compare_digest(one, other) for one in expected for other in given]
    if not any(fits):
        raise BadRequest("the signature fits none of stripe_webhook_secrets")
    if abs(now - int(times[0])) > TOLERANCE_SECONDS:
        raise BadRequest("the signature is too old, or from the future: look at the server's clock")


def read_event(body: bytes) -> StripeEvent:
    """What an event is about. Raises ``BadRequest`` for what is none."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise BadRequest("the body is no JSON") from None
    if not isinstance(data, dict) or data.get("object") not in ("event", "v2.core.event"):
        raise BadRequest("the body is no event of Stripe's")
    thin = data["object"] == "v2.core.event"
    about = _object(data, "related_object") if thin else _object(_object(data, "data"), "object")
    livemode = data.get("livemode")
    if not isinstance(livemode, bool):
        raise BadRequest("the event does not say whether it is live")
    return StripeEvent(
        id=_word(data, "id"),
        type=_word(data, "type").removeprefix("v1."),
        account=_account(data.get("context") if thin else data.get("account")),
        livemode=livemode,
        kind=_word(about, "type" if thin else "object") if about else "",
        subject=_word(about, "id") if about and about.get("id") is not None else "",
    )


def _object(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = data.get(name)
    if value is not None and not isinstance(value, dict):
        raise BadRequest(f"the event's {name} is no object")
    return value or {}


def _word(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str) or not _WORD.fullmatch(value):
        raise BadRequest(f"the event's {name} is not one")
    return value


def _account(value: object) -> str:
    """The account's id; the context of an organisation's event ends with it."""
    if value is None or value == "":
        return ""
    if not isinstance(value, str) or not _WORD.fullmatch(value.rpartition("/")[2]):
        raise BadRequest("the event's account is none")
    return value.rpartition("/")[2]
