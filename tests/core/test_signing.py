"""The plain hash, held against Node itself, and sealed tokens."""

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from typing import Any, get_args

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from invoice_portal import Portal
from invoice_portal.signing import Purpose, Signer, hash_identifier

from .helpers.visiting import make_settings

OLD, NEW, OTHER = "the old key, 16 or more", "the new key, 16 or more", "somebody else's key, 16 or more"
PURPOSES: Sequence[Purpose] = get_args(Purpose)

# The sample that hosts copy, word for word, for every pair on standard input.
_NODE = """
const crypto = require("crypto");
const pairs = JSON.parse(require("fs").readFileSync(0, "utf8"));
const hash = ([key, text]) => crypto.createHmac("sha256", key).update(text).digest("hex");
console.log(JSON.stringify(pairs.map(hash)));
"""

pairs = st.lists(st.tuples(st.text(min_size=1, max_size=80), st.text(max_size=120)), min_size=30, max_size=60)


def hashed_by_node(given: Sequence[tuple[str, str]]) -> list[str]:
    node = shutil.which("node")
    if node is None:
        assert os.environ.get("CI") != "true", "the hash must be checked against Node: install it"
        pytest.skip("Node is not installed")
    done = subprocess.run([node, "-e", _NODE], input=json.dumps(given), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    hashes: list[str] = json.loads(done.stdout)
    return hashes


@settings(max_examples=4, deadline=None)
@example([("k" * 16, "ada@example.com"), ("ключ ключ ключ ключ", "grüße@exämple.com"), ("k" * 200, "cus_123")])
@example([("🔑" * 20, "日本@example.jp"), ("a\u0301" * 16, "é@x"), ("é" * 16, "e\u0301@x"), ("k" * 64, "\x00\n")])
@given(pairs)
def test_the_hash_is_nodes(pairs: list[tuple[str, str]]):
    assert [hash_identifier(key, text) for key, text in pairs] == hashed_by_node(pairs)


def test_where_tests_must_run_a_missing_node_is_a_failure(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setenv("CI", "true")
    with pytest.raises(AssertionError, match="Node"):
        hashed_by_node([("key", "text")])


def test_the_hash_is_that_of_a_known_pair():
    """RFC 4231, test case 2: it needs nobody's word."""
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert hash_identifier("Jefe", "what do ya want for nothing?") == expected


def test_the_portals_own_methods_give_the_first_keys_hash():
    portal = Portal(make_settings(secret_keys=[NEW, OLD]))
    assert portal.hash_email("ada@example.com") == hash_identifier(NEW, "ada@example.com")
    assert portal.hash_customer_id("cus_1") == hash_identifier(NEW, "cus_1")


@pytest.mark.parametrize("text", ["", "ada", "ada@", "@example.com", "a b@example.com", "ada@example.com\n", " a@b.c"])
def test_no_hash_is_made_for_what_cannot_be_an_address(text: str):
    with pytest.raises(ValueError, match="e-mail address"):
        Portal(make_settings()).hash_email(text)


@pytest.mark.parametrize("text", ["", "cus_1 ", "cus/1", "a@b.c", "cus_1\n", "c" * 256])
def test_no_hash_is_made_for_what_cannot_be_a_customer(text: str):
    with pytest.raises(ValueError, match="customer id"):
        Portal(make_settings()).hash_customer_id(text)


# Which hashes fit


@given(st.text(max_size=60))
def test_a_hash_fits_its_own_identifier_in_either_case(identifier: str):
    signer = Signer([NEW])
    assert signer.hash_fits(identifier, signer.hash(identifier))
    assert signer.hash_fits(identifier, signer.hash(identifier).upper())


@given(st.text(max_size=40), st.text(max_size=40))
def test_a_hash_fits_no_other_identifier(one: str, other: str):
    signer = Signer([NEW])
    assert signer.hash_fits(other, signer.hash(one)) == (one == other)


@given(st.text(max_size=80))
def test_nothing_else_fits(given: str):
    assert not Signer([NEW, OLD]).hash_fits("ada@example.com", given)


@pytest.mark.parametrize(
    "change",
    [
        lambda hash: "",
        lambda hash: hash[:-1],
        lambda hash: hash + "0",
        lambda hash: " " + hash,
        lambda hash: hash + "\n",
        lambda hash: base64.b64encode(bytes.fromhex(hash)).decode(),
        lambda hash: hash[::-1],
        lambda hash: "0x" + hash,
    ],
)
def test_a_hash_must_be_exact(change: Any):
    signer = Signer([NEW])
    assert not signer.hash_fits("ada@example.com", change(signer.hash("ada@example.com")))


def test_the_first_key_signs_and_every_key_verifies():
    before, during, after = Signer([OLD]), Signer([NEW, OLD]), Signer([NEW])
    assert during.hash("a@b.c") == after.hash("a@b.c") != before.hash("a@b.c")
    for signer in (before, after):
        assert during.hash_fits("a@b.c", signer.hash("a@b.c"))
        assert during.open("session", signer.seal("session", {"n": 1})) == {"n": 1}
    assert after.open("session", during.seal("session", {"n": 1})) == {"n": 1}
    assert not after.hash_fits("a@b.c", before.hash("a@b.c"))
    assert after.open("session", before.seal("session", {"n": 1})) is None
    assert during.open("session", Signer([OTHER]).seal("session", {"n": 1})) is None


# Sealed tokens

payloads = st.dictionaries(st.text(max_size=8), st.none() | st.integers() | st.text(max_size=40), max_size=5)


@given(payloads, st.sampled_from(PURPOSES))
def test_what_was_sealed_comes_out_again_and_is_fit_for_an_address(payload: dict[str, Any], purpose: Purpose):
    token = Signer([NEW]).seal(purpose, payload)
    assert Signer([NEW]).open(purpose, token) == payload
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")


@given(payloads, st.sampled_from(PURPOSES), st.sampled_from(PURPOSES))
def test_a_token_opens_for_its_own_purpose_only(payload: dict[str, Any], made_for: Purpose, opened_as: Purpose):
    signer = Signer([NEW])
    opened = signer.open(opened_as, signer.seal(made_for, payload))
    assert opened == (payload if made_for == opened_as else None)


def test_a_plain_hash_is_not_half_of_a_token():
    """Whoever can have identifiers hashed must not be able to have tokens signed by it."""
    signer = Signer([NEW])
    payload, _, _ = signer.seal("session", {"k": "email", "i": "a@b.c"}).rpartition(".")
    for text in (payload, f"invoice-portal.session{payload}", f"invoice-portal.sessionsigner{payload}"):
        raw = bytes.fromhex(signer.hash(text))
        forged = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
        assert signer.open("session", f"{payload}.{forged}") is None


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_token_with_any_character_changed_is_refused(data: st.DataObject):
    signer = Signer([NEW, OLD])
    token = signer.seal("session", {"k": "email", "i": "ada@example.com", "s": None, "x": 1793000000})
    position = data.draw(st.integers(0, len(token) - 1))
    character = data.draw(st.sampled_from("ABCabc019-_.=+/! \n\x00é") | st.characters(codec="utf-8"))
    changed = token[:position] + character + token[position + 1 :]
    if changed != token:
        assert signer.open("session", changed) is None, f"{changed} was taken for {token}"


@given(st.data())
def test_a_token_with_anything_put_in_or_left_out_is_refused(data: st.DataObject):
    signer = Signer([NEW])
    token = signer.seal("cursor", {"c": "cus_1", "i": "in_1"})
    begin = data.draw(st.integers(0, len(token)))
    end = data.draw(st.integers(begin, min(begin + 3, len(token))))
    changed = token[:begin] + data.draw(st.text(max_size=3)) + token[end:]
    if changed != token:
        assert signer.open("cursor", changed) is None, f"{changed} was taken for {token}"


def test_the_last_character_counts_too():
    """Its two lowest bits carry nothing in base64, so a lenient decoder takes four characters for the same."""
    signer = Signer([NEW])
    token = signer.seal("session", {"n": 1})
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    accepted = [character for character in alphabet if signer.open("session", token[:-1] + character)]
    assert accepted == [token[-1]]


@given(st.text(max_size=120))
def test_rubbish_is_refused_quietly(text: str):
    assert Signer([NEW]).open("session", text) is None


@pytest.mark.parametrize("value", [["a"], "a", 1, None])
def test_a_signed_value_that_is_no_mapping_is_refused(value: Any):
    signer = Signer([NEW])
    token = signer._serializer("session").dumps(value)
    assert signer.open("session", token) is None


def test_a_small_token_that_blows_up_when_unpacked_is_not_unpacked_before_it_is_verified():
    import zlib

    bomb = base64.urlsafe_b64encode(zlib.compress(b"[" * 10_000_000)).rstrip(b"=").decode()
    assert Signer([NEW]).open("session", f".{bomb}.{'A' * 43}") is None
