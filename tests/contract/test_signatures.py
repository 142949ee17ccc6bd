"""Signatures that are forged, damaged, exchanged or used for what they were not made for."""

from collections.abc import Callable

import pytest

from invoice_portal import Email
from invoice_portal.sessions import Arrival, Session, form_token, seal_session, sign_arrival
from invoice_portal.signing import Signer, hash_identifier
from support.accounts import Account
from support.moments import NOW
from support.portals import KEY, Mounted

ANNA, BERT = Email("anna@example.com"), Email("bert@example.com")
LATER = NOW + 300
OURS, THEIRS = Signer([KEY], "test."), Signer(["a key that is somebody else's"])

Damage = Callable[[str], str]
DAMAGES: dict[str, Damage] = {
    "without its signature": lambda token: token.rpartition(".")[0],
    "with an empty signature": lambda token: token.rpartition(".")[0] + ".",
    "signature only": lambda token: token.rpartition(".")[2],
    "cut short by one": lambda token: token[:-1],
    "cut in half": lambda token: token[: len(token) // 2],
    "longer by one": lambda token: token + "A",
    "first character changed": lambda token: ("A" if token[0] != "A" else "B") + token[1:],
    "last character changed": lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"),
    "in capitals": str.upper,
    "twice": lambda token: token + token,
    "with a space": lambda token: token[:10] + " " + token[10:],
    "with a line break": lambda token: token + "\n",
    "with padding": lambda token: token + "=",
    "with junk inside its signature": lambda token: token[:-3] + "!!" + token[-3:],
    "not ASCII": lambda token: token[:-1] + "é",
    "not even a token": lambda token: "0",
    "dots": lambda token: "...",
    "a path": lambda token: "../../etc/passwd",
    "very long": lambda token: token + "A" * 4000,
    "unsigned JSON": lambda token: '{"k":"email","i":"bert@example.com","s":null,"x":99999999999}',
}
damaged = pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())


def arrival(signer: Signer = OURS, identity: Email = ANNA, expires_at: int = LATER) -> str:
    return sign_arrival(signer, Arrival(identity), expires_at)


def session(signer: Signer = OURS, identity: Email = ANNA, expires_at: int = LATER) -> str:
    return seal_session(signer, Session(Arrival(identity), expires_at))


def refused_at_the_door(portal: Mounted, token: str) -> bool:
    answers = [
        portal.browser().get("/enter", {"identity": token}),
        portal.browser().post("/enter", {"identity": token}),
    ]
    return all(answer.status == 403 and not answer.set_cookies for answer in answers)


def stays_outside(portal: Mounted, cookie: str) -> bool:
    browser = portal.browser(headers={"Cookie": f"invoice_portal_session={cookie}"})
    return browser.get("/").status == 401


def test_the_tokens_of_these_tests_are_good_as_they_are(portal: Mounted) -> None:
    assert portal.browser().get("/enter", {"identity": arrival()}).status == 303
    assert not stays_outside(portal, session())


@damaged
def test_a_damaged_identifier_is_refused(portal: Mounted, damage: Damage) -> None:
    assert refused_at_the_door(portal, damage(arrival()))


@damaged
def test_a_damaged_session_is_none(portal: Mounted, damage: Damage) -> None:
    cookie = damage(session())
    if cookie.isascii() and cookie.isprintable():
        assert stays_outside(portal, cookie)


@damaged
def test_a_damaged_hash_is_refused(portal: Mounted, damage: Damage) -> None:
    proof = damage(portal.portal.hash_email(ANNA.address))
    if proof.lower() != portal.portal.hash_email(ANNA.address):
        answer = portal.browser().get("/enter", {"email": ANNA.address, "hash": proof})
        assert answer.status == 403


def test_another_key_opens_nothing(portal: Mounted) -> None:
    assert refused_at_the_door(portal, arrival(THEIRS))
    assert stays_outside(portal, session(THEIRS))
    proof = hash_identifier("a key that is somebody else's", ANNA.address)
    assert portal.browser().get("/enter", {"email": ANNA.address, "hash": proof}).status == 403


def test_the_parts_of_two_tokens_do_not_make_a_third(portal: Mounted) -> None:
    payload, _, _ = arrival(identity=BERT).rpartition(".")
    _, _, signature = arrival(identity=ANNA).rpartition(".")
    assert refused_at_the_door(portal, f"{payload}.{signature}")
    payload, _, _ = session(identity=BERT).rpartition(".")
    _, _, signature = session(identity=ANNA).rpartition(".")
    assert stays_outside(portal, f"{payload}.{signature}")


def test_a_hash_fits_its_own_address_only(portal: Mounted) -> None:
    proof = portal.portal.hash_email(ANNA.address)
    for address in (BERT.address, "anna@example.co", " anna@example.com", "anna@example.com\n", "ANNA@EXAMPLE.COM"):
        assert portal.browser().get("/enter", {"email": address, "hash": proof}).status == 403, address


def test_a_token_serves_its_own_purpose_only(portal: Mounted, account: Account) -> None:
    customer = account.customer(ANNA.address)
    cursor = OURS.seal("cursor", {"c": customer, "i": account.open(customer)})
    form = form_token(OURS, "cookie", ANNA)
    everything = {"k": "email", "i": ANNA.address, "s": None, "x": LATER, "c": customer}
    for token in (session(), form, cursor, OURS.seal("form", everything), OURS.seal("cursor", everything)):
        assert refused_at_the_door(portal, token)
    for token in (arrival(), form, cursor, OURS.seal("form", everything), OURS.seal("cursor", everything)):
        assert stays_outside(portal, token)
    inside = portal.arrive(ANNA)
    for token in (arrival(), session(), form, OURS.seal("session", {"c": customer, "i": "in_1"})):
        assert inside.get("/", {"after": token}).status == 404


def test_a_hash_is_no_token_and_a_token_no_hash(portal: Mounted) -> None:
    assert refused_at_the_door(portal, portal.portal.hash_email(ANNA.address))
    answer = portal.browser().get("/enter", {"email": ANNA.address, "hash": arrival()})
    assert answer.status == 403


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"k": "admin", "i": "anna@example.com", "s": None, "x": LATER},
        {"k": "email", "i": "no address", "s": None, "x": LATER},
        {"k": "customer_id", "i": "../../v1/customers", "s": None, "x": LATER},
        {"k": "email", "i": ["anna@example.com"], "s": None, "x": LATER},
        {"k": "email", "i": "anna@example.com", "s": None, "x": "never"},
        {"k": "email", "i": "anna@example.com", "s": 5, "x": LATER},
        {"k": "email", "i": "anna@example.com", "s": None},
    ],
)
def test_even_a_good_signature_vouches_for_sense_only(portal: Mounted, payload: dict[str, object]) -> None:
    assert refused_at_the_door(portal, OURS.seal("arrival", payload))
    assert stays_outside(portal, OURS.seal("session", payload))
