"""What is somebody else's is as missing as what never was: the same answer, to the byte."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from invoice_portal import CustomerId, Email
from invoice_portal.routes import ROUTES
from invoice_portal.routing import Route
from support.accounts import Account
from support.paying import PUBLISHABLE
from support.portals import Answer, Browser, Mount, Mounted

ANNA, BERT = Email("anna@example.com"), Email("bert@example.com")
WITH_AN_ID = [route for route in ROUTES if "{invoice}" in route.path and not route.api]
OF_METHODS = {"default_method", "remove_method"}
"""test_payment_methods.py tries them; whatever names a subscription is tried where subscriptions are."""
SIGN_INS = {
    "by the host's login": lambda portal, id: portal.browser(ANNA),
    "by a session": lambda portal, id: portal.arrive(ANNA),
    "by customer id": lambda portal, id: portal.browser(CustomerId(id)),
}


def similar(id: str) -> str:
    """An id of the same length that nothing has."""
    return id[:-4] + ("0000" if id[-4:] != "0000" else "1111")


def neutral(answer: Answer, *ids: str) -> tuple[int, str, dict[str, str]]:
    """An answer without the ids in its own address, and without the tokens of forms."""
    source = re.sub(r'(name="[^"]+" value=)"[^"]{30,}"', r'\1"TOKEN"', answer.source)
    for id in ids:
        source = source.replace(id, "ID")
    headers = {name: value for name, value in answer.headers.items() if name not in ("date", "set-cookie")}
    return answer.status, source, {**headers, "content-length": ""}


def ask(browser: Browser, route: Route, fields: dict[str, str], **ids: str) -> list[Answer]:
    """The route's answers by each of its methods."""
    path = route.path.format(**ids)
    return [browser.get(path) if method == "GET" else browser.post(path, fields) for method in route.methods]


def test_every_route_with_an_id_is_tried() -> None:
    # Tokens are no ids, and the merchant API is for whoever has its key.
    elsewhere = ("{token}", "{subscription}")
    with_a_part = [route for route in ROUTES if "{" in route.path and not route.api]
    visited = [route for route in with_a_part if not any(part in route.path for part in elsewhere)]
    assert {route.name for route in visited} - {route.name for route in WITH_AN_ID} == {"static", *OF_METHODS}
    assert {"invoice", "invoice_pdf", "credit_note_pdf", "pay"} <= {route.name for route in WITH_AN_ID}


@pytest.fixture
def portal(mount: Mount) -> Mounted:
    """A portal in which customers pay: it has every route."""
    return mount(stripe_publishable_key=PUBLISHABLE)


@pytest.mark.parametrize("route", WITH_AN_ID, ids=lambda route: route.name)
@pytest.mark.parametrize("sign_in", SIGN_INS.values(), ids=SIGN_INS.keys())
def test_somebody_elses_is_as_missing_as_none(
    portal: Mounted, account: Account, route: Route, sign_in: Callable[[Mounted, str], Browser]
) -> None:
    anna, bert = account.customer(ANNA.address), account.customer(BERT.address)
    account.open(anna)
    theirs = account.open(bert, 7700)
    note = account.post("credit_notes", invoice=theirs, amount=100)["id"]
    draft = account.draft(bert, 7700)
    browser = sign_in(portal, anna)
    fields = browser.get("/").html.form("/pay").fields
    missing = ask(browser, route, fields, invoice=similar(theirs), credit_note=similar(note))
    expected = [neutral(answer, similar(theirs), similar(note)) for answer in missing]
    assert [status for status, _, _ in expected] == [404] * len(expected)
    for invoice, credit_note in ((theirs, note), (theirs, similar(note)), (draft, note)):
        found = ask(browser, route, fields, invoice=invoice, credit_note=credit_note)
        assert [neutral(answer, invoice, credit_note, similar(note)) for answer in found] == expected
        assert not any("77.00" in answer.source for answer in found)


@pytest.mark.parametrize("route", WITH_AN_ID, ids=lambda route: route.name)
@pytest.mark.parametrize(
    "id",
    [
        "in",
        "in_",
        "IN_1",
        "cus_1",
        "in_1%20",
        "in_1%2F..",
        "in_%C3%BC",
        "in_1%00",
        "%20",
        "{invoice}",
        "in_1;x",
        "in_1%3Fexpand",
        "in_" + "1" * 300,
    ],
    ids=lambda id: id[:12],
)
def test_an_id_that_cannot_be_is_missing(portal: Mounted, account: Account, route: Route, id: str) -> None:
    """Nothing that comes in gets into the path of a call to Stripe unless it has the form of an id."""
    account.open(account.customer(ANNA.address))
    browser = portal.browser(ANNA)
    fields = browser.get("/").html.form("/pay").fields
    for answer in ask(browser, route, fields, invoice=id, credit_note=id):
        assert answer.status == 404


def test_an_invoice_moves_with_its_customers_address(portal: Mounted, account: Account) -> None:
    """Who owns it is asked at every call, so that a changed address counts at once."""
    customer = account.customer(ANNA.address)
    invoice = account.open(customer)
    assert portal.browser(ANNA).get(f"/invoices/{invoice}").status == 200
    account.post(f"customers/{customer}", email=BERT.address)
    assert portal.browser(ANNA).get(f"/invoices/{invoice}").status == 404
    assert portal.browser(BERT).get(f"/invoices/{invoice}").status == 200


def test_an_invoice_of_nobody_is_missing(portal: Mounted, account: Account) -> None:
    """A visitor without customers owns nothing: not even an invoice whose owner cannot be read."""
    theirs = account.open(account.customer(BERT.address))
    for visitor in (Email("nobody@example.com"), CustomerId("cus_nobody"), CustomerId("None")):
        assert portal.browser(visitor).get(f"/invoices/{theirs}").status == 404
