"""Coming in with a signature, staying in, leaving, and the forms that change something."""

from __future__ import annotations

from typing import Any

import pytest

from invoice_portal import CustomerId, Email, Portal, PortalSettings
from invoice_portal.http import HostForm, Page, Redirect
from invoice_portal.routes import ROUTES
from invoice_portal.sessions import FORM_COOKIE, SESSION_COOKIE, Arrival, Session, seal_session
from invoice_portal.signing import Signer, hash_identifier

from .helpers.objects import NOW
from .helpers.visiting import (
    ADA,
    SECRET,
    make_portal,
    make_request,
    protected,
    respond,
)
from .helpers.wire import EVE, HASH, answer, cookie_of, stripe

# Coming in


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_arriving_ends_on_a_clean_address_with_a_session(method: str):
    portal = make_portal()
    params = {"email": "ada@example.com", "hash": HASH}
    given_as = {"query": params} if method == "GET" else {"form": params}
    reply = answer(portal, "enter", make_request("enter", method=method, visitor=None, **given_as))
    assert (reply.status, reply.headers["Location"], reply.body) == (303, "/billing/", b"")
    session = cookie_of(reply, SESSION_COOKIE)
    assert (session.path, session.max_age, session.httponly) == ("/billing", 3600, True)
    assert HASH not in session.value
    visit = portal.begin(make_request(visitor=None, cookies={SESSION_COOKIE: session.value}))
    assert visit.arrival == Arrival(ADA)
    assert visit.by_session


def test_stripe_is_not_asked_on_arrival_so_that_every_address_takes_as_long():
    known = stripe()
    respond(make_portal(), "enter", make_request("enter", visitor=None, query={"email": "a@b.c", "hash": "x"}), known)
    request = make_request("enter", visitor=None, query={"email": "ada@example.com", "hash": HASH})
    respond(make_portal(), "enter", request, known)
    assert known.calls == []


def test_parameters_in_the_address_of_a_post_are_not_read():
    request = make_request("enter", method="POST", visitor=None, query={"email": "ada@example.com", "hash": HASH})
    response = respond(make_portal(), "enter", request, stripe())
    assert isinstance(response, Page)
    assert response.status == 401


def test_a_right_hash_does_not_stand_in_a_page_that_others_may_see():
    query = {"email": "ada@example.com", "hash": HASH, "subscription_id": "nonsense"}
    reply = answer(make_portal(), "enter", make_request("enter", visitor=None, query=query))
    assert reply.status == 404
    assert HASH not in reply.body.decode()


def test_a_refused_arrival_sets_no_session_and_says_nothing_of_the_hash():
    right = hash_identifier(SECRET, "eve@example.com")
    reply = answer(
        make_portal(), "enter", make_request("enter", visitor=None, query={"email": EVE.address, "hash": HASH})
    )
    assert reply.status == 403
    assert cookie_of(reply, SESSION_COOKIE) is None
    for secret in (HASH, right, SECRET):
        assert secret not in reply.body.decode()


@pytest.mark.parametrize("minutes", [1, 60, 1440])
def test_a_session_ends_when_its_time_is_over(minutes: int):
    clock = [NOW]
    settings = PortalSettings(stripe_api_key="sk_test_1", secret_keys=[SECRET], session_minutes=minutes)
    portal = Portal(settings, clock=lambda: clock[0])
    request = make_request("enter", visitor=None, query={"email": "ada@example.com", "hash": HASH})
    cookie = cookie_of(answer(portal, "enter", request), SESSION_COOKIE)
    assert cookie.max_age == minutes * 60
    later = make_request(visitor=None, cookies={SESSION_COOKIE: cookie.value})
    clock[0] = NOW + minutes * 60 - 1
    assert answer(portal, "home", later).status == 200
    clock[0] = NOW + minutes * 60
    reply = answer(portal, "home", later)
    assert reply.status == 401
    assert "timed out" in reply.body.decode()


@pytest.mark.parametrize("cookie", ["", "x", "forged.forged", "." * 50, "é", "\x00"])
def test_a_damaged_session_is_a_stranger(cookie: str):
    response = respond(make_portal(), "home", make_request(visitor=None, cookies={SESSION_COOKIE: cookie}), stripe())
    assert isinstance(response, Page)
    assert response.status == 401


def test_the_hosts_login_goes_before_a_session():
    portal = make_portal()
    value = seal_session(Signer([SECRET], "test."), Session(Arrival(EVE, "sub_1"), NOW + 60))
    visit = portal.begin(make_request(visitor=ADA, cookies={SESSION_COOKIE: value}))
    assert visit.arrival == Arrival(ADA)
    assert not visit.by_session


@pytest.mark.parametrize("visitor", [Email(""), Email("no address"), CustomerId(""), CustomerId("a/b")])
def test_a_logged_in_user_without_an_address_does_not_become_the_one_before(visitor: Any):
    value = seal_session(Signer([SECRET], "test."), Session(Arrival(EVE), NOW + 60))
    request = make_request(visitor=visitor, cookies={SESSION_COOKIE: value})
    response = respond(make_portal(), "home", request, stripe())
    assert isinstance(response, Page)
    assert response.status == 401


def test_leaving_ends_the_session_in_this_browser():
    portal = make_portal(home_url="https://app.example.com/")
    value = seal_session(Signer([SECRET], "test."), Session(Arrival(ADA), NOW + 60))
    request = protected(portal, ADA, "leave", cookies={SESSION_COOKIE: value})
    reply = answer(portal, "leave", request)
    assert (reply.status, reply.headers["Location"]) == (303, "https://app.example.com/")
    session = cookie_of(reply, SESSION_COOKIE)
    assert (session.value, session.max_age, session.path) == ("", 0, "/billing")


# Forms


def test_a_form_from_our_own_page_is_taken():
    response = respond(make_portal(), "pay", protected(make_portal(), ADA, "pay", args={"invoice": "in_1"}), stripe())
    assert isinstance(response, Redirect)
    assert response.to.startswith("https://invoice.stripe.com/")


@pytest.mark.parametrize(
    "change",
    [
        lambda request: {"form": {}},
        lambda request: {"form": {"form_token": ""}},
        lambda request: {"form": {"form_token": "forged"}},
        lambda request: {"cookies": {}},
        lambda request: {"cookies": {FORM_COOKIE: "of another browser"}},
        lambda request: {"cookies": {FORM_COOKIE: ""}},
        lambda request: {"query": dict(request.form), "form": {}},
    ],
)
@pytest.mark.parametrize("name", ["pay", "leave"])
def test_a_form_without_its_token_changes_nothing(name: str, change: Any):
    portal = make_portal()
    args = {"invoice": "in_1"} if name == "pay" else {}
    fields = {"form": {}, "cookies": {}, "query": {}}
    good = protected(portal, ADA, name, args=args)
    fields |= {"form": dict(good.form), "cookies": dict(good.cookies)} | change(good)
    request = make_request(name, method="POST", args=args, **fields)
    known = stripe()
    response = respond(portal, name, request, known)
    assert isinstance(response, Page)
    assert response.status == 403
    assert known.calls == []


def test_a_form_that_was_given_to_another_visitor_is_refused():
    portal = make_portal()
    good = protected(portal, EVE, "pay", args={"invoice": "in_1"})
    request = make_request(
        "pay", method="POST", args={"invoice": "in_1"}, form=dict(good.form), cookies=dict(good.cookies), visitor=ADA
    )
    response = respond(portal, "pay", request, stripe())
    assert isinstance(response, Page)
    assert response.status == 403


def test_where_the_host_has_checked_the_form_ours_is_not_asked_for():
    request = make_request(
        "pay", method="POST", args={"invoice": "in_1"}, host_form=HostForm("csrf", "token", "X-CSRFToken")
    )
    assert isinstance(respond(make_portal(), "pay", request, stripe()), Redirect)


def test_a_strangers_form_is_a_strangers():
    response = respond(make_portal(), "leave", make_request("leave", method="POST", visitor=None), stripe())
    assert isinstance(response, Page)
    assert response.status == 401


def test_the_first_page_brings_the_browsers_form_cookie_and_later_ones_keep_it():
    portal = make_portal()
    first = cookie_of(answer(portal, "home", make_request()), FORM_COOKIE)
    assert first is not None
    assert first.httponly
    assert cookie_of(answer(portal, "home", make_request(cookies={FORM_COOKIE: first.value})), FORM_COOKIE) is None
    assert cookie_of(answer(portal, "home", make_request(visitor=None)), FORM_COOKIE) is None
    hosted = make_request(host_form=HostForm("csrf", "token", "X-CSRFToken"))
    assert cookie_of(answer(portal, "home", hosted), FORM_COOKIE) is None


def test_every_route_that_changes_something_takes_post_only_and_is_protected():
    for each in ROUTES:
        if "POST" in each.methods and each.name not in ("enter", "fresh_link") and not each.api:
            assert each.methods == ("POST",), each.name
            assert each.protected, each.name
        if "GET" in each.methods:
            assert not each.protected, each.name
