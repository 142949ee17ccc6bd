"""Signatures: the plain HMAC hash of an identifier, and sealed tokens with a purpose.

The first key signs, every key verifies, so that a key can be rotated without locking anybody out.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

from itsdangerous import BadData, URLSafeSerializer, base64_decode, base64_encode

_TOKEN = re.compile(r"\.?[A-Za-z0-9_-]+\.([A-Za-z0-9_-]+)", re.ASCII)  # a dot in front: the payload is compressed

Purpose: TypeAlias = Literal[
    "arrival",
    "session",
    "bearer",
    "form",
    "cursor",
    "invoice_link",
    "portal_link",
    "portal_session",
    "fresh_link",
    "change",
    "statement",
    "paying",
    "setup",
]


def hash_identifier(key: str, identifier: str) -> str:
    """Hex HMAC-SHA256 of the identifier's UTF-8 bytes under the key's UTF-8 bytes.

    The same as Node's ``crypto.createHmac("sha256", key).update(identifier).digest("hex")``, PHP's
    ``hash_hmac("sha256", identifier, key)`` and Ruby's ``OpenSSL::HMAC.hexdigest("SHA256", key, identifier)``.
    """
    return hmac.new(key.encode(), identifier.encode(), hashlib.sha256).hexdigest()


class Signer:
    """Signs with the first of its keys and verifies with all of them.

    Tokens are good in one ``realm`` only, so that a key that two portals share does not let one speak for the other.
    """

    def __init__(self, keys: Sequence[str], realm: str = "") -> None:
        self._keys = tuple(keys)
        self._realm = realm
        self._serializers: dict[Purpose, URLSafeSerializer] = {}

    def hash(self, identifier: str) -> str:
        """The hash that a host sends beside an identifier."""
        return hash_identifier(self._keys[0], identifier)

    def hash_fits(self, identifier: str, given: str) -> bool:
        """Whether ``given`` is the hash of ``identifier`` under any key, compared in constant time.

        Every key is tried whether or not one has fitted already. Hex digits may be in upper case.
        """
        candidate = given.lower().encode("utf-8", "replace")
        fits = [hmac.compare_digest(hash_identifier(key, identifier).encode(), candidate) for key in self._keys]
        return any(fits)

    def seal(self, purpose: Purpose, payload: Mapping[str, Any]) -> str:
        """A URL-safe token of ``payload`` that only :meth:`open` with the same purpose accepts."""
        token = self._serializer(purpose).dumps(dict(payload))
        return token if isinstance(token, str) else token.decode()

    def open(self, purpose: Purpose, token: str) -> dict[str, Any] | None:
        """What was sealed, or None where the token is forged, damaged or made for another purpose."""
        if not _canonical(token):
            return None
        try:
            payload = self._serializer(purpose).loads(token)
        except (BadData, UnicodeError, ValueError):
            return None
        return payload if isinstance(payload, dict) else None

    def _serializer(self, purpose: Purpose) -> URLSafeSerializer:
        if purpose not in self._serializers:
            self._serializers[purpose] = self._new_serializer(purpose)
        return self._serializers[purpose]

    def _new_serializer(self, purpose: Purpose) -> URLSafeSerializer:
        # itsdangerous signs with the last key of its list. The salt parts the purposes, and its key derivation keeps
        # these signatures apart from the plain hashes made with the same key.
        return URLSafeSerializer(
            list(reversed(self._keys)),
            salt=f"invoice-portal.{self._realm}.{purpose}",
            signer_kwargs={"digest_method": hashlib.sha256},
        )


def _canonical(token: str) -> bool:
    """Whether a token has the one spelling that we give: base64 has several for the same signature."""
    match = _TOKEN.fullmatch(token)
    if match is None:
        return False
    try:
        return base64_encode(base64_decode(match[1])).decode() == match[1]
    except BadData:
        return False
