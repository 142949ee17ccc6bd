"""The merchant's look, as it is served."""

from __future__ import annotations

import pytest

from invoice_portal import Email
from support.accounts import Account
from support.portals import Answer, Mount
from support.stripe_server import StripeServer, as_error

ANNA = Email("anna@example.com")


def sheets(page: Answer) -> list[str]:
    return [link.attributes["href"] for link in page.html.root.all("link") if link.attributes["rel"] == "stylesheet"]


def image_sources(page: Answer) -> str:
    parts = page.headers["content-security-policy"].split("; ")
    return next(part for part in parts if part.startswith("img-src"))


def test_colours_come_as_a_stylesheet_of_our_own_after_the_first(mount: Mount, account: Account) -> None:
    account.customer(ANNA.address)
    browser = mount(theme={"accent": "#0a7d55", "radius": "4px"}).browser(ANNA)
    first, second = sheets(browser.get("/"))
    assert "portal.css" in first
    answer = browser.get(second)
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/css")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "max-age=31536000" in answer.headers["cache-control"]
    assert "--portal-accent: #0a7d55;" in answer.source
    assert "--portal-radius: 4px;" in answer.source
    assert not answer.set_cookies


def test_without_a_theme_there_is_none(mount: Mount, account: Account) -> None:
    account.customer(ANNA.address)
    browser = mount().browser(ANNA)
    assert len(sheets(browser.get("/"))) == 1
    assert browser.get("/theme.css").source == ""


def test_an_address_may_ask_for_colours_and_for_nothing_else(mount: Mount) -> None:
    browser = mount(theme={"accent": "#0a7d55", "font": "serif"}).browser()
    asked = browser.get("/theme.css", {"accent": "c2185b", "ink": "red;} body { display: none", "scheme": "dark"})
    assert "--portal-accent: #c2185b;" in asked.source
    assert "color-scheme: dark" in asked.source
    assert "display" not in asked.source
    assert "max-age=31536000" not in asked.headers["cache-control"]


def test_a_logo_stands_in_place_of_the_name_and_only_it_may_be_loaded(mount: Mount, account: Account) -> None:
    account.customer(ANNA.address)
    logo = "https://cdn.example/brand/logo.svg?v=2"
    page = mount(theme={"logo": logo}, business_name="Lumen").browser(ANNA).get("/")
    (image,) = page.html.root.all("img")
    assert (image.attributes["src"], image.attributes["alt"]) == (logo, "Lumen")
    assert image_sources(page) == "img-src 'self' data: https://cdn.example/brand/logo.svg"
    plain = mount().browser(ANNA).get("/")
    assert image_sources(plain) == "img-src 'self' data:"


def test_the_accounts_own_colour_is_taken_where_it_is_wanted(
    mount: Mount, account: Account, stripe: StripeServer
) -> None:
    account.customer(ANNA.address)
    stripe.sandbox.account["settings"]["branding"]["primary_color"] = "#c2185b"
    try:
        browser = mount(theme_from_stripe=True).browser(ANNA)
        answer = browser.get(sheets(browser.get("/"))[1])
        assert "--portal-accent: #c2185b;" in answer.source
        assert "max-age=31536000" not in answer.headers["cache-control"]
    finally:
        stripe.sandbox.account["settings"]["branding"]["primary_color"] = None


def test_a_key_that_may_not_read_the_account_leaves_the_look_as_it_is(mount: Mount, stripe: StripeServer) -> None:
    stripe.answer("/v1/account", as_error(403, "no permission", headers={}))
    answer = mount(theme_from_stripe=True).browser().get("/theme.css")
    assert (answer.status, answer.source) == (200, "")


def test_a_colour_that_is_hard_to_read_is_reported_at_the_start(mount: Mount, logs: pytest.LogCaptureFixture) -> None:
    mount(theme={"ink": ["#999", "#fff"]})
    assert "theme: in the light, ink has a contrast of" in logs.text
