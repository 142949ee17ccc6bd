"""Whole requests, played by hand: languages, errors as pages, and what goes on the wire."""

from __future__ import annotations

import dataclasses
import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoice_portal import PortalError
from invoice_portal.errors import ConfigurationError, StripeRefused, StripeUnavailable
from invoice_portal.http import Page, Redirect, Rendered, first_values, parse_form
from invoice_portal.portal import portal_of
from invoice_portal.sessions import LANGUAGE_COOKIE
from invoice_portal.signing import hash_identifier

from .helpers.programs import Stripe, play
from .helpers.visiting import (
    ADA,
    SECRET,
    make_portal,
    make_request,
    respond,
    route,
    url_for,
)
from .helpers.wire import HASH, answer, cookie_of, stripe

# Languages


def home_language(**request: Any) -> str:
    settings = request.pop("settings", {})
    return make_portal(**settings).begin(make_request(**request)).language.tag


def test_the_browsers_language_is_taken_else_the_default():
    assert home_language() == "en"
    assert home_language(headers={"accept-language": "sw, de-AT;q=0.8"}) == "de-AT"
    assert home_language(headers={"accept-language": "sw"}) == "en"
    assert home_language(headers={"accept-language": "sw"}, settings={"default_language": "fr"}) == "fr"


def test_the_visitors_own_choice_goes_first():
    headers = {"accept-language": "fr"}
    assert home_language(headers=headers, cookies={LANGUAGE_COOKIE: "de"}) == "de"
    assert home_language(headers=headers, cookies={LANGUAGE_COOKIE: "klingon"}) == "fr"


def test_a_fixed_language_is_fixed():
    fixed = {"detect_language": False, "default_language": "es"}
    headers, cookies = {"accept-language": "de"}, {LANGUAGE_COOKIE: "fr"}
    assert home_language(headers=headers, cookies=cookies, settings=fixed) == "es"
    response = respond(make_portal(**fixed), "home", make_request(query={"lang": "de"}), stripe())
    assert isinstance(response, Page)


def test_choosing_a_language_remembers_it_and_leads_to_the_same_page():
    portal = make_portal()
    request = make_request(query={"lang": "de-AT", "status": "open", "from": "2026-01-01"})
    reply = answer(portal, "home", request)
    assert reply.status == 303
    assert reply.headers["Location"] == "/billing/?status=open&from=2026-01-01"
    cookie = cookie_of(reply, LANGUAGE_COOKIE)
    assert (cookie.value, cookie.path, cookie.max_age > 10**7) == ("de-AT", "/billing", True)
    assert answer(portal, "home", make_request(query={"lang": "de"})).headers["Location"] == "/billing/"


@pytest.mark.parametrize("tag", ["", "klingon", "de@x", "de\r\nX: y", "../de", "<b>"])
def test_a_language_that_there_is_not_is_no_choice(tag: str):
    reply = answer(make_portal(), "home", make_request(query={"lang": tag}))
    assert reply.status == 200
    assert cookie_of(reply, LANGUAGE_COOKIE) is None


@pytest.mark.parametrize("path", ["//evil.example/billing/", "/\\evil.example/", "///evil.example"])
def test_choosing_a_language_never_leads_to_another_site(path: str):
    reply = answer(make_portal(), "home", make_request(path=path, query={"lang": "de"}))
    place = reply.headers["Location"]
    assert place.startswith("/")
    assert not place.startswith(("//", "/\\"))


def test_a_page_says_in_which_language_it_is():
    reply = answer(make_portal(), "home", make_request(headers={"accept-language": "ar"}))
    assert reply.headers["Content-Language"] == "ar"
    html = reply.body.decode()
    assert 'lang="ar"' in html
    assert 'dir="rtl"' in html


# Errors as pages


@pytest.mark.parametrize("error", [StripeUnavailable("down", "req_1"), StripeRefused("no", "req_1")], ids=repr)
def test_when_stripe_is_down_the_page_still_stands(error: PortalError, caplog: pytest.LogCaptureFixture):
    reply = answer(make_portal(), "home", make_request(), Stripe({"/v1/customers": error}))
    assert reply.status == 503
    assert int(reply.headers["Retry-After"]) > 0
    assert "short break" in reply.body.decode()
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


def test_what_a_visitor_did_is_not_logged_as_an_error(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    for request in (make_request(visitor=None), make_request(query={"customer": "cus_eve"})):
        answer(make_portal(), "home", request)
    assert {record.levelno for record in caplog.records} == {logging.INFO}


def test_an_error_has_its_words_in_the_visitors_language():
    request = make_request(visitor=None, headers={"accept-language": "de"})
    german = respond(make_portal(), "home", request, stripe())
    english = respond(make_portal(), "home", make_request(visitor=None), stripe())
    assert isinstance(german, Page)
    assert isinstance(english, Page)
    assert german.title != english.title
    assert german.context["text"] != english.context["text"]


@pytest.mark.parametrize(
    ("settings", "shown"),
    [
        ({}, False),
        ({"debug": True}, True),
        ({"debug": True, "stripe_api_key": "sk_live_1"}, False),
    ],
)
def test_details_are_shown_in_debug_mode_and_never_with_a_live_key(settings: dict[str, Any], shown: bool):
    answers = Stripe({"/v1/customers": StripeUnavailable("GET /v1/customers: status 500")})
    html = answer(make_portal(**settings), "home", make_request(), answers).body.decode()
    assert ("status 500" in html) == shown


def test_debug_mode_explains_a_refused_hash_without_showing_the_right_one():
    upper = hash_identifier(SECRET, "ADA@EXAMPLE.COM")
    request = make_request("enter", visitor=None, query={"email": "ada@example.com", "hash": upper})
    html = answer(make_portal(debug=True), "enter", request).body.decode()
    assert "upper case" in html
    assert HASH not in html
    assert upper not in html


@given(
    st.dictionaries(st.sampled_from(["email", "customer_id", "hash", "identity"]), st.text(max_size=40)),
    st.booleans(),
    st.booleans(),
)
def test_no_arrival_breaks_anything_in_debug_mode_either(params: dict[str, str], debug: bool, require: bool):
    portal = make_portal(debug=debug, require_hash=require)
    request = make_request("enter", method="POST", visitor=None, form=params)
    assert isinstance(respond(portal, "enter", request, stripe()), Page | Redirect)


def test_an_error_page_leads_back_to_the_host_and_for_known_visitors_to_billing():
    portal = make_portal(home_url="/app")
    stranger = respond(portal, "home", make_request(visitor=None), stripe())
    known = respond(portal, "home", make_request(query={"customer": "cus_eve"}), stripe())
    assert isinstance(stranger, Page)
    assert isinstance(known, Page)
    assert (stranger.context["back_url"], stranger.context["portal_url"]) == ("/app", "")
    assert (known.context["back_url"], known.context["portal_url"]) == ("/app", "/billing/")


def test_what_is_not_ours_passes_through_to_the_host():
    def broken(params: Any) -> Any:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        respond(make_portal(), "home", make_request(), Stripe({"/v1/customers": broken}))


# On the wire


def test_a_page_is_private_and_framed_by_nobody_else():
    headers = answer(make_portal(), "home", make_request()).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'self'"
    assert policy["script-src"] == "'self'"
    assert policy["style-src"] == "'self'"
    assert policy["base-uri"] == "'none'"
    assert "https://invoice.stripe.com" in policy["form-action"]
    assert "unsafe" not in headers["Content-Security-Policy"]


def test_the_origins_of_the_settings_may_frame_it():
    portal = make_portal(allowed_embed_origins=["https://app.example.com", "https://b.example"])
    policy = answer(portal, "home", make_request()).headers["Content-Security-Policy"]
    assert "frame-ancestors 'self' https://app.example.com https://b.example" in policy


def test_a_hosts_own_layout_brings_its_own_styles_but_not_its_own_frames():
    portal, request = make_portal(), make_request()
    visit = portal.begin(request)
    response = play(portal.respond(route("home"), visit), stripe())
    policy = portal.finish(response, visit, lambda template, context: Rendered("<p>mine</p>", packaged=False)).headers[
        "Content-Security-Policy"
    ]
    assert "default-src" not in policy
    assert "frame-ancestors 'self'" in policy
    assert "form-action 'self'" in policy


def test_errors_have_the_same_headers_as_pages():
    fine = answer(make_portal(), "home", make_request()).headers
    failed = answer(make_portal(), "home", make_request(visitor=None)).headers
    assert dict(fine) == dict(failed)


def test_a_redirect_leaks_no_referrer_and_is_not_kept():
    reply = answer(make_portal(), "enter", make_request("enter", query={"email": "ada@example.com", "hash": HASH}))
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("secure", [True, False])
def test_cookies_are_secure_where_the_request_was(secure: bool):
    request = make_request("enter", visitor=None, secure=secure, query={"email": "ada@example.com", "hash": HASH})
    for cookie in answer(make_portal(), "enter", request).cookies:
        assert cookie.secure == secure
        assert cookie.httponly


def test_with_a_live_key_cookies_are_secure_whatever_a_proxy_forgets_to_say():
    query = {"identity": make_portal(stripe_api_key="sk_live_x").sign_identifier(ADA)}
    reply = answer(make_portal(stripe_api_key="sk_live_x"), "enter", make_request("enter", visitor=None, query=query))
    assert reply.status == 303
    assert [cookie.secure for cookie in reply.cookies] == [True]


@pytest.mark.parametrize(("name", "args"), [("static", {"name": "portal.css"}), ("api_openapi", {})])
def test_files_and_the_merchant_api_are_not_asked_for_in_a_language(name: str, args: dict[str, str]):
    reply = answer(make_portal(), name, make_request(name, args=args, query={"lang": "de"}))
    assert reply.status in (200, 404)
    assert reply.cookies == ()


def test_a_portal_at_the_root_of_its_site_has_cookies_for_it():
    def at_root(name: str, /, **args: str) -> str:
        return url_for(name, **args).removeprefix("/billing")

    request = make_request("enter", url_for=at_root, query={"email": "ada@example.com", "hash": HASH})
    assert {cookie.path for cookie in answer(make_portal(), "enter", request).cookies} == {"/"}


def test_static_files_are_served_by_name_and_kept_for_a_year_by_version():
    portal = make_portal()
    plain = answer(portal, "static", make_request("static", args={"name": "portal.css"}, visitor=None))
    assert plain.status == 200
    assert plain.headers["Content-Type"] == "text/css; charset=utf-8"
    assert b"--" in plain.body
    html = answer(portal, "home", make_request()).body.decode()
    version = html.split("portal.css?v=")[1].split('"')[0]
    fresh = answer(portal, "static", make_request("static", args={"name": "portal.css"}, query={"v": version}))
    stale = answer(portal, "static", make_request("static", args={"name": "portal.css"}, query={"v": "0"}))
    assert "max-age=31536000" in fresh.headers["Cache-Control"]
    assert "max-age=3600" in stale.headers["Cache-Control"] == plain.headers["Cache-Control"]


@pytest.mark.parametrize("name", ["..", "../pyproject.toml", "nothing.css", "", "portal.css/", ".", "PORTAL.CSS"])
def test_no_other_file_is_served(name: str):
    portal = make_portal()
    visit = portal.begin(dataclasses.replace(make_request(), args={"name": name}))
    response = play(portal.respond(route("static"), visit), stripe())
    assert isinstance(response, Page)
    assert response.status == 404


# Small things


def test_a_portal_or_its_settings_will_do():
    portal = make_portal()
    assert portal_of(portal) is portal
    assert portal_of(portal.settings).settings == portal.settings
    with pytest.raises(ConfigurationError, match="not dict"):
        portal_of({})  # type: ignore[arg-type]


def test_a_repeated_parameter_cannot_hide_behind_another():
    assert first_values([("a", "1"), ("a", "2"), ("b", "")]) == {"a": "1", "b": ""}


@pytest.mark.parametrize(
    ("body", "form"),
    [
        (b"", {}),
        (b"a=1&b=2&a=3", {"a": "1", "b": "2"}),
        (b"a=&b", {"a": "", "b": ""}),
        (b"a=%C3%BC+x", {"a": "ü x"}),
        (b"a=%FF", {"a": "\ufffd"}),
        (b"&".join(b"a%d=1" % n for n in range(500)), {}),
        (b"\xff\xfe\x00", {"\ufffd\ufffd\x00": ""}),
    ],
)
def test_forms_are_read_as_far_as_they_can_be(body: bytes, form: dict[str, str]):
    assert parse_form(body) == form


@given(st.binary(max_size=300))
def test_no_form_breaks_anything(body: bytes):
    parse_form(body)


def test_a_huge_form_is_cut():
    assert len(parse_form(b"a=" + b"x" * 10**6)["a"]) < 70_000
