"""Each known mistake with a hash is named as what it is, and an answer never helps to guess the right one."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoice_portal.diagnosis import diagnose_hash
from invoice_portal.signing import hash_identifier

KEY = "5e7d2a90c1b84f3366d0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f6"
OLD_KEY = "an older key, also long enough"
STRIPE_KEY = "sk_test_diagnosis0stripe0key"
EMAIL = "Ada@Example.com"
CUSTOMER = "cus_ada"
Sign = Callable[[], str]


def hexed(key: str | bytes, text: str, name: str = "sha256") -> str:
    return hmac.new(key.encode() if isinstance(key, str) else key, text.encode(), name).hexdigest()


def digest(key: str, text: str) -> bytes:
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()


MISTAKES: dict[str, tuple[Sign, str]] = {
    "nothing": (lambda: "", "There is no hash."),
    "white space": (lambda: " \n", "There is no hash."),
    "line break behind the hash": (lambda: hexed(KEY, EMAIL) + "\r", "a space or a line break around the hash"),
    "space before the hash": (lambda: " " + hexed(KEY, EMAIL), "a space or a line break around the hash"),
    "space around an older key's hash": (lambda: hexed(OLD_KEY, EMAIL) + " ", "a line break around the hash"),
    "lower case signed": (lambda: hexed(KEY, EMAIL.lower()), "signs the identifier in lower case, but sends it with"),
    "lower case signed with an older key": (lambda: hexed(OLD_KEY, EMAIL.lower()), "in lower case"),
    "upper case signed": (lambda: hexed(KEY, EMAIL.upper()), "signs the identifier in upper case"),
    "line break signed": (lambda: hexed(KEY, EMAIL + "\n"), "with a space or a line break at its end"),
    "space signed": (lambda: hexed(KEY, EMAIL + " "), "with a space or a line break at its end"),
    "lower case and line break signed": (lambda: hexed(KEY, EMAIL.lower() + "\n"), "in lower case with a line break"),
    "quotes signed": (lambda: hexed(KEY, f'"{EMAIL}"'), "with quotes around it"),
    "base64": (lambda: base64.b64encode(digest(KEY, EMAIL)).decode(), "in base64: send the hex digest"),
    "base64 for addresses": (lambda: base64.urlsafe_b64encode(digest(KEY, EMAIL)).decode(), "in base64"),
    "base64 without padding": (lambda: base64.b64encode(digest(KEY, EMAIL)).decode().rstrip("="), "in base64"),
    "the other identifier": (lambda: hexed(KEY, CUSTOMER), "of the other identifier"),
    "line break in the key": (lambda: hexed(KEY + "\n", EMAIL), "The key had a line break or a space"),
    "decoded key": (lambda: hexed(bytes.fromhex(KEY), EMAIL), "The key was decoded before signing"),
    "SHA-1": (lambda: hexed(KEY, EMAIL, "sha1"), "made with SHA1: use SHA-256"),
    "SHA-512": (lambda: hexed(KEY, EMAIL, "sha512"), "made with SHA512: use SHA-256"),
    "MD5": (lambda: hexed(KEY, EMAIL, "md5"), "made with MD5: use SHA-256"),
    "swapped": (lambda: hexed(EMAIL, KEY), "Key and identifier are swapped"),
    "key and text joined": (lambda: hashlib.sha256((KEY + EMAIL).encode()).hexdigest(), "a plain SHA-256: use HMAC"),
    "text and key joined": (lambda: hashlib.sha256((EMAIL + KEY).encode()).hexdigest(), "a plain SHA-256: use HMAC"),
    "no key": (lambda: hashlib.sha256(EMAIL.encode()).hexdigest(), "a plain SHA-256 without a key"),
    "the Stripe key": (lambda: hexed(STRIPE_KEY, EMAIL), "made with the Stripe key"),
    "another key": (lambda: hexed("somebody else's key", EMAIL), "with another key or of another identifier"),
    "another address": (lambda: hexed(KEY, "bert@example.com"), "with another key or of another identifier"),
    "cut off": (lambda: hexed(KEY, EMAIL)[:40], "has 64 hex digits; this one has 40 characters"),
    "no hex": (lambda: "z" * 64, "has 64 hex digits"),
}


def diagnose(given: str, identifier: str = EMAIL):
    finding = diagnose_hash([KEY, OLD_KEY], identifier, given, other_identifier=CUSTOMER, stripe_key=STRIPE_KEY)
    for secret in (KEY, OLD_KEY, STRIPE_KEY, hexed(KEY, identifier), hexed(OLD_KEY, identifier)):
        assert secret not in finding.text
    return finding


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named(mistake: str):
    sign, words = MISTAKES[mistake]
    finding = diagnose(sign())
    assert not finding.fits
    assert words in finding.text


def test_every_mistake_that_gives_another_hash_is_refused_at_the_door_too():
    """What the doctor calls a mistake is none that the portal would let pass."""
    from invoice_portal.signing import Signer

    signer = Signer([KEY, OLD_KEY])
    assert [name for name, (sign, _) in MISTAKES.items() if signer.hash_fits(EMAIL, sign())] == []


def test_a_hash_that_fits_is_called_so():
    assert diagnose(hash_identifier(KEY, EMAIL)).fits
    assert diagnose(hash_identifier(KEY, EMAIL).upper()).fits


def test_a_hash_of_an_older_key_fits_and_says_which_key_it_was():
    finding = diagnose(hash_identifier(OLD_KEY, EMAIL))
    assert finding.fits
    assert "an older key: sign with the first" in finding.text


def test_an_identifier_with_a_line_break_is_named():
    finding = diagnose(hexed(KEY, "ada@example.com"), "ada@example.com\n")
    assert not finding.fits
    assert "The identifier that was sent has a space or a line break" in finding.text


def test_a_key_that_was_decoded_from_base64_is_named():
    key = base64.b64encode(bytes(range(32))).decode()
    finding = diagnose_hash([key], EMAIL, hexed(base64.b64decode(key), EMAIL))
    assert "The key was decoded before signing" in finding.text


def test_without_another_identifier_or_a_stripe_key_their_mistakes_are_not_tried():
    for wrong in (hexed(KEY, ""), hexed("", EMAIL), hexed(KEY, CUSTOMER), hexed(STRIPE_KEY, EMAIL)):
        finding = diagnose_hash([KEY], EMAIL, wrong)
        assert "another key or of another identifier" in finding.text


@given(st.text(max_size=200))
def test_no_text_is_too_odd_and_none_fits_by_chance(text: str):
    assert not diagnose(text).fits


@given(st.integers(0, 63), st.sampled_from("0123456789abcdef"))
def test_a_hash_that_is_off_by_one_digit_gets_the_general_answer(position: int, digit: str):
    """An answer that told how near a guess is would help to guess."""
    right = hexed(KEY, EMAIL)
    changed = right[:position] + digit + right[position + 1 :]
    if changed != right:
        assert diagnose(changed) == diagnose(hexed("somebody else's key", EMAIL))
