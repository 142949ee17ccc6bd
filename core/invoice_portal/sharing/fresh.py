"""What a host's ``send_link`` hook is given, and the sealed name of an ended link that a visitor may ask with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from invoice_portal.signing import Signer

_GOOD_SECONDS: Final = 60 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshLink:
    """A message to send: ``subject`` and ``text`` are ready, in the customer's own language, else the default one.

    ``email`` is the address on file at Stripe; nobody can ask for another one. ``url`` lets its reader in.
    """

    email: str
    customer_id: str
    url: str = field(repr=False)
    language: str
    subject: str
    text: str = field(repr=False)


SendLink: TypeAlias = Callable[[FreshLink], Awaitable[None] | None]


def seal_request(signer: Signer, row: str, now: int) -> str:
    """What the form on the page of an ended link sends: which link or session it was, and nothing of its content.

    It is good for an hour after ``now`` (UTC seconds).
    """
    return signer.seal("fresh_link", {"r": row, "x": now + _GOOD_SECONDS})


def open_request(signer: Signer, text: str, now: int) -> str | None:
    """The link or session that is asked for; None where the form was forged, or its page is too old."""
    match signer.open("fresh_link", text):
        case {"r": str(row), "x": int(expires_at)} if now < expires_at:
            return row
        case _:
            return None
