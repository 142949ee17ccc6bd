"""Why a hash does not fit, in words that name the mistake and never the right hash.

Each candidate mistake is tried and compared whole, so that an answer tells no more than that this mistake was made.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import quote

from invoice_portal.signing import hash_identifier

_HEX = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True, slots=True)
class Finding:
    """``fits`` says whether the hash is accepted; ``text`` what was found, for the operator."""

    fits: bool
    text: str


def diagnose_hash(
    keys: Sequence[str], identifier: str, given: str, *, other_identifier: str = "", stripe_key: str = ""
) -> Finding:
    """Say what is the matter with the hash ``given`` for ``identifier``.

    ``other_identifier`` is the customer id that stands beside an e-mail address, or the other way round.
    """
    if _same(hash_identifier(keys[0], identifier), given.lower()):
        return Finding(True, "The hash fits.")
    for key in keys[1:]:
        if _same(hash_identifier(key, identifier), given.lower()):
            return Finding(
                True, "The hash fits, but it was made with an older key: sign with the first of secret_keys."
            )
    if not given.strip():
        return Finding(False, "There is no hash.")
    for text, candidate in _mistakes(keys, identifier, other_identifier, stripe_key):
        if _same(candidate, given.strip()) or _same(candidate, given.strip().lower()):
            return Finding(False, text)
    if not _HEX.fullmatch(given.strip()):
        return Finding(False, f"A hash has 64 hex digits; this one has {len(given.strip())} characters.")
    return Finding(
        False,
        "The hash was made with another key or of another identifier. Compare what your server signs, character by "
        "character, and which key it reads.",
    )


def _mistakes(keys: Sequence[str], identifier: str, other: str, stripe_key: str) -> Iterator[tuple[str, str]]:
    """Every known mistake and the hash that it leads to."""
    for key in keys:
        yield "There is a space or a line break around the hash.", hash_identifier(key, identifier)
        for spelling, text in _spellings(identifier):
            yield text, hash_identifier(key, spelling)
        for encoded in _base64_spellings(key, identifier):
            yield "The hash is in base64: send the hex digest.", encoded
        if other:
            yield (
                "The hash is of the other identifier: sign the one that identify_by names.",
                hash_identifier(key, other),
            )
        for spelling in (key + "\n", key + "\r\n", key.strip()):
            yield (
                "The key had a line break or a space around it when this was signed.",
                hash_identifier(spelling, identifier),
            )
        for raw in _decoded_keys(key):
            digest = hmac.new(raw, identifier.encode(), hashlib.sha256).hexdigest()
            yield "The key was decoded before signing: use its characters as they stand.", digest
        for name in ("sha1", "sha512", "md5"):
            yield f"The hash was made with {name.upper()}: use SHA-256.", _hmac(key, identifier, name)
        yield "Key and identifier are swapped.", hash_identifier(identifier, key)
        for joined in (key + identifier, identifier + key):
            yield "The hash is a plain SHA-256: use HMAC-SHA256.", hashlib.sha256(joined.encode()).hexdigest()
    yield "The hash is a plain SHA-256 without a key: use HMAC-SHA256.", hashlib.sha256(identifier.encode()).hexdigest()
    if stripe_key:
        text = "The hash was made with the Stripe key: sign with the first of secret_keys."
        yield text, hash_identifier(stripe_key, identifier)


def _spellings(identifier: str) -> Iterator[tuple[str, str]]:
    """Other spellings of the identifier that servers sign by accident."""
    yield identifier.lower(), "Your server signs the identifier in lower case, but sends it with capitals."
    yield identifier.upper(), "Your server signs the identifier in upper case."
    yield identifier.strip(), "The identifier that was sent has a space or a line break around it."
    for ending in ("\n", "\r\n", " "):
        yield identifier + ending, "Your server signs the identifier with a space or a line break at its end."
        yield identifier.strip().lower() + ending, "Your server signs the identifier in lower case with a line break."
    yield (
        identifier.replace(" ", "+"),
        "The + of the address arrived as a space: percent-encode the address in the link.",
    )
    yield quote(identifier), "Your server signs the percent-encoded identifier: sign it as it is, then encode the link."
    yield f'"{identifier}"', "Your server signs the identifier with quotes around it."


def _base64_spellings(key: str, identifier: str) -> Iterator[str]:
    digest = hmac.new(key.encode(), identifier.encode(), hashlib.sha256).digest()
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        encoded = encode(digest).decode()
        yield encoded
        yield encoded.rstrip("=")
        yield encoded.lower()


def _decoded_keys(key: str) -> Iterator[bytes]:
    with suppress(ValueError):
        yield bytes.fromhex(key)
    with suppress(ValueError):
        yield base64.b64decode(key, validate=True)


def _hmac(key: str, identifier: str, name: str) -> str:
    return hmac.new(key.encode(), identifier.encode(), name).hexdigest()


def _same(a: str, b: str) -> bool:
    return hmac.compare_digest(a.encode("utf-8", "replace"), b.encode("utf-8", "replace"))
