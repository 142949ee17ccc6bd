"""Addresses: what they are called, with and without their slash, by every method."""

import re

import pytest

from invoice_portal import Email
from invoice_portal.routes import ROUTES
from invoice_portal.routing import Route
from support.accounts import Account
from support.html import Html
from support.portals import Mounted
from support.stripe_server import StripeServer

ANNA = Email("anna@example.com")


def test_the_address_without_its_slash_leads_to_the_page(portal: Mounted, account: Account) -> None:
    number = account.number(account.open(account.customer(ANNA.address)))
    browser = portal.browser(ANNA)
    answer = browser.get("/billing")
    if answer.status in (301, 302, 303, 307, 308):
        assert answer.location.removeprefix(portal.runtime.origin) == "/billing/"
        answer = browser.get("/billing/")
    assert answer.status == 200
    assert number in answer.text


def test_a_session_counts_with_and_without_the_slash(portal: Mounted) -> None:
    browser = portal.arrive(ANNA)
    answer = browser.get("/billing")
    assert answer.status in (200, 301, 307, 308)
    assert browser.get("/billing/").status == 200


def test_head_is_get_without_a_body(portal: Mounted, account: Account) -> None:
    invoice = account.open(account.customer(ANNA.address))
    browser = portal.browser(ANNA)
    browser.get("/")  # the first page sets a cookie
    for path in (
        "/",
        f"/invoices/{invoice}",
        "/invoices/in_none",
        f"/invoices/{invoice}/pdf",
        "/static/portal.css",
        "/enter",
    ):
        whole, bare = browser.get(path), browser.send("HEAD", path)
        assert bare.status == whole.status, path
        assert bare.response.content == b""
        for name in ("content-type", "content-security-policy", "cache-control", "location", "referrer-policy"):
            assert bare.headers.get(name) == whole.headers.get(name), (path, name)


def test_links_of_a_page_stand_below_the_prefix_and_work(portal: Mounted, account: Account) -> None:
    customer = account.customer(ANNA.address)
    account.subscription(customer, account.price())
    account.subscription(customer, account.price())
    account.overdue(customer)
    invoice = account.open(customer)
    account.post("credit_notes", invoice=invoice, amount=100)
    browser = portal.browser(ANNA)
    seen = 0
    for path in ("/", f"/invoices/{invoice}", "/invoices/in_none"):
        for link in browser.get(path).html.root.all("a"):
            url = link.attributes["href"]
            if url.startswith("#"):
                continue
            assert url.startswith("/billing/"), url
            assert browser.get(url).status in (200, 303, *([404] if "in_none" in url else [])), url
            seen += 1
    assert seen > 30


def test_a_route_that_is_none_is_none(portal: Mounted) -> None:
    for path in ("/none", "/invoices", "/invoices/", "/invoices/in_1/none", "/enter/x", "/.env", "/static", "/l"):
        assert portal.browser(ANNA).get(path).status == 404, path


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_other_methods_are_refused_by_every_route(portal: Mounted, route: Route, stripe: StripeServer) -> None:
    path = re.sub(r"{(\w+)}", lambda part: {"name": "portal.css"}.get(part[1], f"{part[1]}_1"), route.path)
    browser = portal.browser(ANNA)
    for method in ("PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "X" * 50):
        answer = browser.send(method, path)
        assert answer.status in (400, 403, 405, 501), method
        assert not [request for request in stripe.requests if request.method != "GET"]


def test_a_proxys_prefix_is_the_hosts_matter(portal: Mounted) -> None:
    """What a client says of hosts and prefixes does not get into the portal's own addresses."""
    browser = portal.browser(ANNA)
    answer = browser.get("/", X_Forwarded_Host="evil.example", X_Forwarded_Prefix="/evil", X_Script_Name="/evil")
    assert "evil" not in answer.source
    entered = portal.browser().get(
        "/enter",
        {"identity": portal.portal.sign_identifier(ANNA)},
        Host="evil.example",
        X_Forwarded_Host="evil.example",
    )
    assert entered.location == "/billing/"


def test_a_page_is_whole_html(portal: Mounted, account: Account) -> None:
    """Every id is unique, every label and heading has what it belongs to."""
    invoice = account.open(account.customer(ANNA.address))
    browser = portal.browser(ANNA)
    for path in ("/", f"/invoices/{invoice}", "/invoices/in_none"):
        page: Html = browser.get(path).html
        everything = page.root.all(*{"section", "h1", "h2", "main", "nav", "table", "div", "a", "form", "input", "p"})
        ids = [element.attributes["id"] for element in everything if "id" in element.attributes]
        assert len(ids) == len(set(ids))
        named = [
            element.attributes["aria-labelledby"] for element in everything if "aria-labelledby" in element.attributes
        ]
        assert set(named) <= set(ids)
        assert len(page.root.all("h1")) == 1
        assert len(page.root.all("main")) == 1
