"""The tokens in ``/l/…``, ``/p/…`` and ``/s/…``: an id and its nonce, sealed for that one purpose."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from invoice_portal.errors import ConfigurationError
from invoice_portal.sharing.model import Desk
from invoice_portal.signing import Signer

Door: TypeAlias = Literal["l", "p", "s"]
_PURPOSES: Final[dict[Door, Literal["invoice_link", "portal_link", "portal_session"]]] = {
    "l": "invoice_link",
    "p": "portal_link",
    "s": "portal_session",
}
_NONCE_BYTES: Final = 18
"""144 random bits."""


@dataclass(frozen=True, slots=True)
class Token:
    """What a token says: which row, and which nonce that row must still have."""

    id: str
    nonce: str = field(repr=False)


def new_id(prefix: Literal["link", "ps", "cg"]) -> str:
    """An id of the portal's own; it is no secret."""
    return f"{prefix}_{secrets.token_hex(10)}"


def is_own_id(prefix: Literal["link", "ps"], raw: str) -> bool:
    """Whether ``raw`` can be an id of the portal's own."""
    return re.fullmatch(rf"{prefix}_[0-9a-f]{{20}}", raw, re.ASCII) is not None


def new_nonce() -> str:
    """What makes a token unguessable, beside its signature."""
    return secrets.token_urlsafe(_NONCE_BYTES)


def seal(signer: Signer, door: Door, token: Token) -> str:
    """The token as it stands in an address."""
    return signer.seal(_PURPOSES[door], {"i": token.id, "n": token.nonce})


def open_token(signer: Signer, door: Door, text: str) -> Token | None:
    """What a token says; None where it is forged, damaged or made for another door."""
    match signer.open(_PURPOSES[door], text):
        case {"i": str(id), "n": str(nonce)}:
            return Token(id, nonce)
        case _:
            return None


def address(desk: Desk, door: Door, token: Token) -> str:
    """The whole address of a link or session. Raises ``ConfigurationError`` where ``public_url`` is not set."""
    return f"{base_url(desk)}/{door}/{seal(desk.signer, door, token)}"


def base_url(desk: Desk) -> str:
    """The portal's address as customers know it. Raises ``ConfigurationError`` where ``public_url`` is not set."""
    if not desk.settings.public_url:
        raise ConfigurationError(
            "public_url is missing: links need the portal's address as customers see it, such as "
            "'https://app.example.com/billing'."
        )
    return desk.settings.public_url.rstrip("/")
