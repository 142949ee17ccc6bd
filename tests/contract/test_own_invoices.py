"""A customer's invoices by the JSON API: what the pages show, to whom the pages show it."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from invoice_portal import CustomerId, Email
from invoice_portal.routes import OWN_ROUTES
from support.accounts import Account
from support.moments import DAY, NOW
from support.paying import PUBLISHABLE, saved_card
from support.portals import Mount, Mounted
from support.stripe_server import StripeServer, as_error

ANNA = Email("anna@example.com")
BERT = Email("bert@example.com")


def schema_of(path: str) -> Any:
    (route,) = (route for route in OWN_ROUTES if route.path == "/api/me" + path)
    assert route.operation is not None
    return route.operation["responses"]["200"]["content"]["application/json"]["schema"]


def parts_of(path: str) -> list[str]:
    """The names of the ids in an address."""
    return [part.split("}")[0] for part in path.split("{")[1:]]


def read(portal: Mounted, path: str, who: Email | CustomerId = ANNA, **more: Any) -> Any:
    answer = portal.browser().own("GET", path, token=portal.token(who, **more))
    assert answer.status == 200, answer.source
    return answer.json


def test_the_list_tells_every_invoice_in_figures_and_in_words(portal: Mounted, account: Account) -> None:
    customer = account.customer(ANNA.address)
    paid, late = account.paid(customer, 1234), account.overdue(customer, 2500, days=3)
    told = read(portal, "/invoices")
    jsonschema.validate(told, schema_of("/invoices"))
    assert [each["id"] for each in told["invoices"]] == [paid, late]
    first, second = told["invoices"]
    assert first["total"] == {"amount": 1234, "currency": "usd", "text": "$12.34"}
    assert (first["status"], first["badge"], first["overdue"]) == ("paid", {"text": "Paid", "tone": "paid"}, False)
    assert (second["overdue"], second["can_pay"], second["due_at"]) == (True, True, NOW - 3 * DAY)
    assert second["number"] == account.number(late)
    assert told["to_pay"] == {
        "amounts": [{"amount": 2500, "currency": "usd", "text": "$25.00"}],
        "open": 1,
        "overdue": 1,
        "more": False,
    }
    assert (told["customer_id"], told["customers"], told["older"], told["newer"]) == (customer, [], None, None)


def test_the_list_comes_in_pages_with_cursors(mount: Mount, account: Account) -> None:
    customer = account.customer(ANNA.address)
    made = [account.open(customer) for _ in range(5)][::-1]
    portal = mount(page_size=2)
    first = read(portal, "/invoices")
    second = read(portal, f"/invoices?after={first['older']}")
    third = read(portal, f"/invoices?after={second['older']}")
    back = read(portal, f"/invoices?before={third['newer']}")
    pages = [[each["id"] for each in page["invoices"]] for page in (first, second, third, back)]
    assert pages == [made[:2], made[2:4], made[4:], made[2:4]]
    assert (first["newer"], third["older"]) == (None, None)
    assert first["to_pay"]["open"] == 5
    account.open(account.customer(BERT.address))
    foreign = portal.browser().own("GET", f"/invoices?after={first['older']}", token=portal.token(BERT))
    assert foreign.status == 404


def test_what_has_a_payment_on_its_way_is_not_asked_for(mount: Mount, account: Account) -> None:
    customer = account.customer(ANNA.address)
    bank = saved_card(account, customer, "pm_usBankAccount_processing")
    on_its_way, due = account.overdue(customer, 2500), account.open(customer, 1000)
    account.post(f"invoices/{on_its_way}/pay", payment_method=bank)
    for page_size in (1, 20):
        told = read(mount(page_size=page_size, stripe_publishable_key=PUBLISHABLE), "/invoices")
        assert told["to_pay"]["amounts"] == [{"amount": 1000, "currency": "usd", "text": "$10.00"}]
        assert (told["to_pay"]["open"], told["to_pay"]["overdue"]) == (1, 0)
    assert {each["id"]: each["can_pay"] for each in told["invoices"]} == {on_its_way: False, due: True}


def test_the_filters_are_the_pages_and_nonsense_is_named(portal: Mounted, account: Account) -> None:
    customer = account.customer(ANNA.address)
    paid, _ = account.paid(customer), account.open(customer)
    assert [each["id"] for each in read(portal, "/invoices?status=paid")["invoices"]] == [paid]
    assert read(portal, "/invoices?to=2001-01-01")["invoices"] == []
    token = portal.token(ANNA)
    for query in ("status=draft", "from=yesterday", "from=2024-02-02&to=2024-02-01"):
        refused = portal.browser().own("GET", f"/invoices?{query}", token=token)
        assert (refused.status, bool(refused.json["error"]["detail"])) == (400, True), query


def test_several_customers_of_one_address_are_told_and_chosen(portal: Mounted, account: Account) -> None:
    old, new = account.customer(ANNA.address, name="Old"), account.customer(ANNA.address, name="New")
    invoice = account.open(old)
    told = read(portal, "/invoices")
    assert (told["customer_id"], told["invoices"]) == (new, [])
    assert [(each["id"], each["name"], each["current"]) for each in told["customers"]] == [
        (new, "New", True),
        (old, "Old", False),
    ]
    assert [each["id"] for each in read(portal, f"/invoices?customer={old}")["invoices"]] == [invoice]
    foreign = portal.browser().own("GET", f"/invoices?customer={old}", token=portal.token(BERT))
    assert (foreign.status, foreign.json["invoices"]) == (200, [])


def test_nobody_at_stripe_has_an_empty_list(portal: Mounted) -> None:
    for who in (Email("nobody@example.com"), CustomerId("cus_none")):
        told = read(portal, "/invoices", who)
        jsonschema.validate(told, schema_of("/invoices"))
        assert (told["invoices"], told["customer_id"]) == ([], None)


def test_an_invoice_is_told_whole(portal: Mounted, account: Account) -> None:
    customer = account.customer(ANNA.address)
    lines = [
        {"description": "Hours", "quantity": 3, "unit_amount_decimal": "1234.5"},
        {"description": "Goodwill", "amount": -500},
    ]
    id = account.open(customer, lines=lines, footer="Thank you", description="March")
    told = read(portal, f"/invoices/{id}")
    jsonschema.validate(told, schema_of("/invoices/{invoice}"))
    hours = next(line for line in told["lines"] if line["description"] == "Hours")
    assert (hours["quantity"], hours["unit_price"]["decimal"], hours["unit_price"]["currency"]) == (
        "3",
        "1234.5",
        "usd",
    )
    assert hours["amount"] == {"amount": 3704, "currency": "usd", "text": "$37.04"}
    assert told["totals"][-1]["amount"] == told["invoice"]["amount_remaining"]
    assert told["totals"][-1]["amount"]["amount"] == 3204
    assert (told["memo"], told["footer"], told["recipient"]["name"]) == ("March", "Thank you", "Anna Ames")
    assert told["history"][-1]["text"] == "Invoice issued."
    assert told["invoice"]["can_pay"] is True
    page = portal.browser(ANNA).get(f"/invoices/{id}").text
    for text in (told["title"], told["due"], *(total["name"] for total in told["totals"]), hours["unit_price"]["text"]):
        assert text in page


def test_texts_are_in_the_visitors_language(portal: Mounted, account: Account) -> None:
    account.paid(account.customer(ANNA.address), 123456)
    (told,) = read(portal, "/invoices?lang=de")["invoices"]
    assert told["badge"]["text"] == "Bezahlt"
    assert told["total"]["text"].startswith("1.234,56")


def test_the_address_of_a_pdf_is_fetched_at_the_click(portal: Mounted, account: Account, stripe: StripeServer) -> None:
    customer = account.customer(ANNA.address)
    id = account.open(customer)
    told = read(portal, f"/invoices/{id}/pdf")
    assert told["url"].startswith(stripe.url)
    assert portal.browser().client.get(told["url"]).content.startswith(b"%PDF")
    note = str(account.post("credit_notes", invoice=id, amount=100)["id"])
    (listed,) = read(portal, f"/invoices/{id}")["credit_notes"]
    assert (listed["id"], listed["can_download"]) == (note, True)
    assert read(portal, f"/invoices/{id}/credit_notes/{note}/pdf")["url"].startswith(stripe.url)


def test_what_is_not_allowed_is_refused_here_too(mount: Mount, account: Account) -> None:
    id = account.open(account.customer(ANNA.address))
    portal = mount()
    token = portal.token(ANNA, actions=["view"])
    told = portal.browser().own("GET", f"/invoices/{id}", token=token).json["invoice"]
    assert (told["can_pay"], told["can_download"]) == (False, False)
    refused = portal.browser().own("GET", f"/invoices/{id}/pdf", token=token)
    assert (refused.status, refused.json["error"]["type"]) == (403, "NotAllowed")
    assert mount(actions=["view"]).browser(ANNA).own("GET", f"/invoices/{id}/pdf").status == 403


# Attacks


OBJECTS = ("invoice", "credit_note", "subscription", "method")
WITH_AN_ID = [route for route in OWN_ROUTES if set(parts_of(route.path)) & set(OBJECTS)]
EVERYTHING = {
    "stripe_publishable_key": "pk_test_x",
    "subscriptions": {"actions": ["cancel", "resume", "pause", "change_plan"], "plans": [{"price": "price_x"}]},
}
NEEDED = {"quantity": 1, "months": 1}


@pytest.mark.parametrize("route", WITH_AN_ID, ids=lambda route: str(route.name))
def test_what_is_somebody_elses_looks_as_if_it_were_not_there(mount: Mount, account: Account, route: Any) -> None:
    customer, other = account.customer(ANNA.address), account.customer(BERT.address)
    mine, id = account.open(customer), account.open(other)
    known = {
        "invoice": id,
        "credit_note": str(account.post("credit_notes", invoice=id, amount=100)["id"]),
        "subscription": account.subscription(other, account.price()),
        "method": saved_card(account, other),
    }
    portal = mount(**EVERYTHING)
    token, body = portal.token(ANNA), _body_of(route)
    names = [name for name in OBJECTS if name in parts_of(route.path)]
    told = []
    for foreign in (known, dict.fromkeys(names, "xx_none"), *([{**known, "invoice": mine}] if len(names) > 1 else [])):
        path = route.path.removeprefix("/api/me").format(**foreign)
        answer = portal.browser().own(route.methods[0], path, body, token=token)
        assert answer.status == 404, (path, answer.source)
        assert BERT.address not in answer.source
        assert other not in answer.source
        told.append(answer.json)
    assert all(each == told[0] for each in told)


def _body_of(route: Any) -> Any:
    """The least that a call of this route must send."""
    if route.methods[0] == "GET":
        return None
    schema = route.operation["requestBody"]["content"]["application/json"]["schema"]
    return {name: NEEDED.get(name, "x") for name in schema["required"]}


@pytest.mark.parametrize("route", [r for r in OWN_ROUTES if not r.anonymous], ids=lambda route: str(route.name))
def test_nobody_is_told_anything(portal: Mounted, route: Any) -> None:
    path = route.path.removeprefix("/api/me").format(**dict.fromkeys(parts_of(route.path), "in_1"))
    answer = portal.browser().own(route.methods[0], path, _body_of(route))
    assert answer.status in (401, 403), path
    assert set(answer.json["error"]) == {"type", "message", "advice"}


def test_a_session_bound_to_a_subscription_sees_that_one_alone(mount: Mount, account: Account) -> None:
    customer = account.customer(ANNA.address)
    mine, other = account.subscription(customer, account.price()), account.subscription(customer, account.price())
    portal = mount()
    told = read(portal, "/invoices", subscription=mine)
    assert [each["subscription_id"] for each in told["invoices"]] == [mine]
    widened = read(portal, f"/invoices?subscription={other}", subscription=mine)
    assert [each["subscription_id"] for each in widened["invoices"]] == [mine]
    token = portal.token(ANNA, subscription=mine)
    assert portal.browser().own("GET", f"/invoices/{account.invoice_of(other)}", token=token).status == 404


def test_a_session_of_one_invoices_link_opens_neither_list_nor_others(shared: Mount, account: Account) -> None:
    customer = account.customer(ANNA.address)
    id, other = account.open(customer), account.open(customer)
    portal = shared()
    link = portal.portal.links.invoice(id)
    browser = portal.browser()
    browser.get(link.url)
    assert browser.own("GET", f"/invoices/{id}").status == 200
    assert browser.own("GET", "/invoices").status == 404
    assert browser.own("GET", f"/invoices/{other}").status == 404
    portal.portal.links.revoke(id)
    ended = browser.own("GET", f"/invoices/{id}")
    assert (ended.status, ended.json["error"]["type"]) == (401, "LinkRevoked")


def test_an_outage_says_when_to_try_again(portal: Mounted, account: Account, stripe: StripeServer) -> None:
    account.open(account.customer(ANNA.address))
    token = portal.token(ANNA)
    stripe.answer("/v1/invoices.*", as_error(401, "Invalid API Key", headers={}))
    answer = portal.browser().own("GET", "/invoices", token=token)
    assert (answer.status, answer.json["error"]["type"]) == (503, "StripeRefused")
    assert int(answer.headers["retry-after"]) > 0
    assert "API Key" not in answer.source
