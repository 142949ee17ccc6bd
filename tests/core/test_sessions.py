"""How a visitor comes in, stays in, and how forms are kept apart from forgeries."""

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoice_portal import CustomerId, Email, Portal, PortalError
from invoice_portal.errors import LinkExpired, NotFound, NotIdentified, SignatureRefused
from invoice_portal.identity import Identity, identifier, kind, make_identity, plausible, spelled
from invoice_portal.sessions import (
    MOST_ARRIVAL_SECONDS,
    Arrival,
    Session,
    form_token,
    form_token_fits,
    let_in,
    new_form_cookie,
    open_session,
    seal_session,
    sign_arrival,
)
from invoice_portal.signing import Signer, hash_identifier

from .helpers.objects import NOW
from .helpers.visiting import SECRET, make_portal, make_settings

ADA, EVE = Email("ada@example.com"), Email("eve@example.com")
SIGNER = Signer([SECRET], "test.")
HASH = hash_identifier(SECRET, "ada@example.com")


def arrive(params: dict[str, str], **settings: Any) -> Arrival:
    return let_in(params, make_settings(**settings), SIGNER, NOW)


# With a plain hash


def test_an_address_with_its_hash_is_let_in():
    assert arrive({"email": "ada@example.com", "hash": HASH}) == Arrival(ADA)


def test_a_customer_with_its_hash_is_let_in_where_settings_say_so():
    hash = hash_identifier(SECRET, "cus_1")
    assert arrive({"customer_id": "cus_1", "hash": hash}, identify_by="customer_id") == Arrival(CustomerId("cus_1"))


def test_a_subscription_may_be_in_view():
    assert arrive({"email": "ada@example.com", "hash": HASH, "subscription_id": "sub_9"}).subscription == "sub_9"


@pytest.mark.parametrize("raw", ["in_1", "sub_", "sub_1/..", "sub_ü", "SUB_1", "x" * 400])
def test_a_subscription_that_cannot_be_is_not_there(raw: str):
    with pytest.raises(NotFound):
        arrive({"email": "ada@example.com", "hash": HASH, "subscription_id": raw})


@pytest.mark.parametrize(
    "params",
    [
        {"email": "ada@example.com"},
        {"email": "ada@example.com", "hash": ""},
        {"email": "ada@example.com", "hash": "0" * 64},
        {"email": "ADA@example.com", "hash": HASH},
        {"email": "ada@example.com ", "hash": HASH},
        {"email": "ada@example.com", "hash": HASH + "\n"},
        {"email": "eve@example.com", "hash": HASH},
        {"email": "not an address", "hash": hash_identifier(SECRET, "not an address")},
    ],
)
def test_nobody_else_is_let_in(params: dict[str, str]):
    with pytest.raises(SignatureRefused):
        arrive(params)


@pytest.mark.parametrize("params", [{}, {"hash": HASH}, {"email": ""}, {"identity": ""}, {"EMAIL": "ada@example.com"}])
def test_without_an_identifier_nobody_is_identified(params: dict[str, str]):
    with pytest.raises(NotIdentified):
        arrive(params)


def test_an_address_never_vouches_for_the_customer_beside_it():
    params = {"email": "ada@example.com", "hash": HASH, "customer_id": "cus_of_eve"}
    assert arrive(params).identity == ADA
    with pytest.raises(SignatureRefused):
        arrive(params, identify_by="customer_id")


def test_the_other_kind_alone_is_not_read():
    hash = hash_identifier(SECRET, "cus_1")
    with pytest.raises(NotIdentified):
        arrive({"customer_id": "cus_1", "hash": hash})


def test_a_hash_of_an_older_key_lets_in_during_a_rotation():
    signer = Signer(["a new key of 16 letters", SECRET])
    params = {"email": "ada@example.com", "hash": HASH}
    assert let_in(params, make_settings(), signer, NOW).identity == ADA


def test_with_the_hash_switched_off_the_address_is_enough_but_a_wrong_hash_is_still_wrong():
    assert arrive({"email": "ada@example.com"}, require_hash=False).identity == ADA
    assert arrive({"email": "ada@example.com", "hash": ""}, require_hash=False).identity == ADA
    with pytest.raises(SignatureRefused):
        arrive({"email": "ada@example.com", "hash": "0" * 64}, require_hash=False)
    with pytest.raises(SignatureRefused):
        arrive({"email": "not an address"}, require_hash=False)


def test_a_forged_identity_is_refused_also_with_the_hash_switched_off():
    with pytest.raises(SignatureRefused):
        arrive({"identity": "forged", "email": "ada@example.com"}, require_hash=False)


# With a signed identifier


@pytest.mark.parametrize("identity", [ADA, CustomerId("cus_1"), CustomerId("imported-7")])
def test_a_signed_identifier_of_either_kind_is_let_in_whatever_identify_by_says(identity: Identity):
    token = sign_arrival(SIGNER, Arrival(identity, "sub_1"), NOW + 1)
    for identify_by in ("email", "customer_id"):
        assert arrive({"identity": token}, identify_by=identify_by) == Arrival(identity, "sub_1")


def test_a_signed_identifier_goes_before_what_stands_beside_it():
    token = sign_arrival(SIGNER, Arrival(ADA), NOW + 1)
    hash = hash_identifier(SECRET, "eve@example.com")
    assert arrive({"identity": token, "email": "eve@example.com", "hash": hash}).identity == ADA


@pytest.mark.parametrize(("expires_in", "late"), [(1, False), (0, True), (-1, True), (-10_000, True)])
def test_a_signed_identifier_expires_to_the_second(expires_in: int, late: bool):
    params = {"identity": sign_arrival(SIGNER, Arrival(ADA), NOW + expires_in)}
    if late:
        with pytest.raises(LinkExpired):
            arrive(params)
    else:
        assert arrive(params).identity == ADA


@pytest.mark.parametrize("make", [lambda: seal_session(SIGNER, Session(Arrival(ADA), NOW + 60)), lambda: HASH])
def test_what_was_made_for_something_else_is_no_signed_identifier(make: Any):
    with pytest.raises(SignatureRefused):
        arrive({"identity": make()})


def test_the_portal_signs_for_five_minutes_unless_told_otherwise():
    portal = make_portal()
    params = {"identity": portal.sign_identifier(ADA, subscription="sub_1")}
    assert let_in(params, portal.settings, SIGNER, NOW + 299) == Arrival(ADA, "sub_1")
    with pytest.raises(LinkExpired):
        let_in(params, portal.settings, SIGNER, NOW + 300)


def test_the_portal_signs_for_a_day_at_most():
    assert MOST_ARRIVAL_SECONDS == 86400
    token = make_portal().sign_identifier(ADA, expires_in=86400)
    assert arrive({"identity": token}).identity == ADA


@pytest.mark.parametrize("seconds", [0, -1, MOST_ARRIVAL_SECONDS + 1])
def test_the_portal_does_not_sign_for_too_long(seconds: int):
    with pytest.raises(ValueError, match="expires_in"):
        make_portal().sign_identifier(ADA, expires_in=seconds)


@pytest.mark.parametrize("identity", [Email(""), Email("ada"), Email("a b@c"), CustomerId(""), CustomerId("a/b")])
def test_the_portal_does_not_sign_for_nobody(identity: Identity):
    with pytest.raises(ValueError, match="cannot be"):
        make_portal().sign_identifier(identity)


@pytest.mark.parametrize("subscription", ["in_1", "sub_", "sub_1 ", "nonsense"])
def test_the_portal_does_not_sign_for_a_subscription_that_cannot_be(subscription: str):
    with pytest.raises(ValueError, match="subscription"):
        make_portal().sign_identifier(ADA, subscription=subscription)


hostile = st.text(alphabet=st.characters(exclude_categories=()), max_size=40)
"""Anything at all, surrogates included."""


@given(
    st.dictionaries(st.sampled_from(["email", "customer_id", "hash", "identity", "subscription_id", "x"]), hostile),
    st.booleans(),
    st.sampled_from(["email", "customer_id"]),
)
def test_whatever_arrives_is_let_in_or_refused(params: dict[str, str], require_hash: bool, identify_by: str):
    try:
        arrival = arrive(params, require_hash=require_hash, identify_by=identify_by)
    except PortalError:
        return
    assert not require_hash
    assert plausible(arrival.identity)


# Sessions


@pytest.mark.parametrize("identity", [ADA, CustomerId("cus_1")])
@pytest.mark.parametrize("subscription", [None, "sub_1"])
def test_a_session_comes_back_from_its_cookie(identity: Identity, subscription: str | None):
    session = Session(Arrival(identity, subscription), NOW + 60)
    assert open_session(SIGNER, seal_session(SIGNER, session)) == session


def test_a_cookie_of_another_portals_key_is_none():
    value = seal_session(Signer(["another key of 16 letters"]), Session(Arrival(ADA), NOW + 60))
    assert open_session(SIGNER, value) is None


def test_a_signed_arrival_is_no_session_although_it_holds_the_same():
    assert open_session(SIGNER, sign_arrival(SIGNER, Arrival(ADA), NOW + 60)) is None


whatever = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)


@given(st.dictionaries(st.sampled_from(["k", "i", "s", "x"]), whatever | st.sampled_from(["email", "a@b.c", "cus_1"])))
def test_a_well_signed_cookie_of_another_shape_is_none_or_whole(payload: dict[str, Any]):
    session = open_session(SIGNER, SIGNER.seal("session", payload))
    assert session is None or (plausible(session.arrival.identity) and isinstance(session.expires_at, int))


def test_a_session_with_an_identity_that_cannot_be_is_none():
    payload = {"k": "email", "i": "no address", "s": None, "x": NOW + 60}
    assert open_session(SIGNER, SIGNER.seal("session", payload)) is None


# Forms


def test_a_form_token_fits_its_browser_and_its_visitor_only():
    cookie = new_form_cookie()
    token = form_token(SIGNER, cookie, ADA)
    assert form_token_fits(SIGNER, cookie, ADA, token)
    assert not form_token_fits(SIGNER, new_form_cookie(), ADA, token)
    assert not form_token_fits(SIGNER, cookie, EVE, token)
    assert not form_token_fits(SIGNER, cookie, CustomerId("ada@example.com"), token)
    assert not form_token_fits(Signer(["another key of 16 letters"]), cookie, ADA, token)
    assert not form_token_fits(SIGNER, cookie, ADA, "")


def test_without_a_cookie_no_token_fits_not_even_one_made_without():
    assert not form_token_fits(SIGNER, "", ADA, form_token(SIGNER, "", ADA))


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_made_up_token_never_fits(cookie: str, token: str):
    assert not form_token_fits(SIGNER, cookie, ADA, token)


def test_form_cookies_are_long_and_never_the_same():
    cookies = {new_form_cookie() for _ in range(200)}
    assert len(cookies) == 200
    assert min(map(len, cookies)) >= 22


def test_a_form_token_does_not_tell_the_browsers_cookie_to_other_purposes():
    token = form_token(SIGNER, "c" * 22, ADA)
    assert SIGNER.open("session", token) is None
    assert SIGNER.open("arrival", token) is None


# Identities


@given(st.emails())
def test_every_common_address_is_one(address: str):
    identity = make_identity("email", address)
    assert identity == Email(address) or len(address.partition("@")[0]) > 64 or address.count("@") != 1
    assert identity is None or plausible(identity)


@pytest.mark.parametrize(
    "address", ["ada+bills@example.com", "O'Neil@example.com", "grüße@exämple.de", "a@b", "用户@例子.广告"]
)
def test_unusual_addresses_are_taken_as_they_are(address: str):
    assert make_identity("email", address) == Email(address)


@pytest.mark.parametrize(
    "text",
    [
        *("", "a", "@", "a@", "@b", "a@b@c", "a b@c", "a@b\n", "\ta@b", "a\x00@b", "a@b\x7f", "a@b\u2028"),
        *("a\u202e@b", "a\u200b@b", "a@b\u2066c", "\ufeffa@b", "a\u00ad@b", "a@\u200db"),
    ],
)
def test_what_is_no_address_is_none(text: str):
    assert make_identity("email", text) is None


@pytest.mark.parametrize("text", ["", " ", "a b", "cus_1\n", "cus/1", "../1", "cus_ü", "cus_1?x=1", "x" * 256])
def test_what_is_no_customer_is_none(text: str):
    assert make_identity("customer_id", text) is None


def test_an_identity_tells_its_kind_and_its_text():
    assert (kind(ADA), identifier(ADA)) == ("email", "ada@example.com")
    assert (kind(CustomerId("cus_1")), identifier(CustomerId("cus_1"))) == ("customer_id", "cus_1")
    assert make_identity(kind(ADA), identifier(ADA)) == ADA


@pytest.mark.parametrize(
    ("kind", "text", "identity"),
    [
        ("email", "ada@example.com", ADA),
        ("customer_id", "cus_1", CustomerId("cus_1")),
        ("email", None, Email("")),
        ("customer_id", "", CustomerId("")),
        ("email", 5, Email("5")),
    ],
)
def test_a_logged_in_users_attribute_spells_an_identity_that_may_be_none_that_can_be(
    kind: Any, text: Any, identity: Identity
):
    assert spelled(kind, text) == identity
    assert plausible(identity) == (text in ("ada@example.com", "cus_1"))


def test_the_address_is_not_folded_so_that_upper_and_lower_case_stay_two():
    assert make_identity("email", "Ada@Example.com") == Email("Ada@Example.com") != Email("ada@example.com")


def test_identities_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        ADA.address = "eve@example.com"  # type: ignore[misc]


def test_hashes_of_both_kinds_come_from_the_portals_own_helpers():
    portal = Portal(make_settings())
    assert arrive({"email": "ada@example.com", "hash": portal.hash_email("ada@example.com")}).identity == ADA
    params = {"customer_id": "cus_1", "hash": portal.hash_customer_id("cus_1")}
    assert arrive(params, identify_by="customer_id").identity == CustomerId("cus_1")
