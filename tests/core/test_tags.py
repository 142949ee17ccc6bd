"""The template tags: they sign and format, and call nobody."""

from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from markupsafe import Markup

from invoice_portal import CustomerId, Email
from invoice_portal.errors import LinkExpired
from invoice_portal.sessions import Arrival, let_in
from invoice_portal.signing import Signer
from invoice_portal.tags import Tags

from .helpers.html import Html
from .helpers.objects import NOW
from .helpers.visiting import SECRET, make_portal, url_for

PORTAL = make_portal()
TAGS = Tags(PORTAL, url_for)


def arrived(url: str, now: int = NOW) -> Arrival:
    """Who comes in by an address that a tag gave."""
    parts = urlsplit(url)
    assert parts.path == "/billing/enter"
    [token] = parse_qs(parts.query)["identity"]
    return let_in({"identity": token}, PORTAL.settings, Signer([SECRET], "test."), now)


def test_without_an_identifier_it_is_the_plain_address():
    assert TAGS.portal_url() == "/billing/"
    assert TAGS.portal_url(email="", customer_id="") == "/billing/"


@pytest.mark.parametrize(
    ("given", "arrival"),
    [
        ({"email": "ada+x@example.com"}, Arrival(Email("ada+x@example.com"))),
        ({"customer_id": "cus_1"}, Arrival(CustomerId("cus_1"))),
        ({"email": "ada@example.com", "customer_id": "cus_1"}, Arrival(CustomerId("cus_1"))),
        ({"customer_id": "cus_1", "subscription": "sub_1"}, Arrival(CustomerId("cus_1"), "sub_1")),
    ],
)
def test_with_an_identifier_it_signs_in(given: dict[str, Any], arrival: Arrival):
    assert arrived(TAGS.portal_url(**given)) == arrival


def test_it_is_good_for_five_minutes():
    for url in (TAGS.portal_url(email="ada@example.com"), _source(TAGS.invoice_portal_embed(email="ada@example.com"))):
        assert arrived(url, NOW + 299)
        with pytest.raises(LinkExpired):
            arrived(url, NOW + 300)


def _source(html: str) -> str:
    """Where it leads without a script."""
    return unescape(html).partition('<noscript><a href="')[2].partition('"')[0]


def test_it_is_good_for_as_long_as_asked():
    url = TAGS.portal_url(email="ada@example.com", expires_in=60)
    assert arrived(url, NOW + 59)
    with pytest.raises(LinkExpired):
        arrived(url, NOW + 60)


@pytest.mark.parametrize(
    "given",
    [
        {"email": "no address"},
        {"customer_id": "a/b"},
        {"email": "ada@example.com", "subscription": "nonsense"},
        {"email": "ada@example.com", "expires_in": 0},
    ],
)
def test_what_cannot_be_is_a_value_error_of_the_hosts(given: dict[str, Any]):
    with pytest.raises(ValueError, match=r"cannot|must"):
        TAGS.portal_url(**given)


def test_the_frame_is_signed_in_and_has_a_name():
    html = TAGS.invoice_portal_embed(email="ada@example.com")
    [element] = Html(html).all("invoice-portal")
    assert element.attributes["frame-title"] == "Billing"
    assert element.attributes["url"] == "/billing/"
    signed = element.attributes["identity"]
    assert arrived(f"/billing/enter?identity={signed}").identity == Email("ada@example.com")
    assert [script.attributes["src"] for script in Html(html).all("script")] == ["/billing/embed.js"]
    assert isinstance(html, Markup)


def test_a_link_to_an_invoice():
    assert TAGS.invoice_link("in_1") == '<a href="/billing/invoices/in_1">in_1</a>'
    assert TAGS.invoice_link("in_1", "Your bill") == '<a href="/billing/invoices/in_1">Your bill</a>'


def test_words_in_tags_stay_words():
    evil = '"><script>alert(1)</script>'
    for html in (TAGS.invoice_link("in_1", evil), TAGS.invoice_portal_embed(title=evil)):
        assert "<script>" not in html
        assert evil in unescape(html)


def test_what_is_not_asked_for_is_not_written():
    [element] = Html(TAGS.invoice_portal_embed()).all("invoice-portal")
    assert element.attributes == {"url": "/billing/", "frame-title": "Billing"}
    options = {"language": "de", "theme": "dark", "actions": "view download"}
    [element] = Html(TAGS.invoice_portal_embed(**options)).all("invoice-portal")
    assert options.items() <= element.attributes.items()


def test_every_tag_has_its_name():
    functions = TAGS.functions()
    assert sorted(functions) == ["invoice_link", "invoice_portal_embed", "portal_url"]
    assert functions["portal_url"]() == "/billing/"
    assert set(Tags.NAMES) == set(functions)
