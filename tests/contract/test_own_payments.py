"""Saved payment methods and the way to pay, by JSON: the same as the pages, with the same limits."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from invoice_portal import Email
from invoice_portal.routes import OWN_ROUTES
from support.accounts import Account
from support.paying import saved_card
from support.portals import Mount, Mounted
from support.stripe_server import StripeServer

ANNA, BERT = Email("anna@example.com"), Email("bert@example.com")


@pytest.fixture
def portal(mount: Mount) -> Mounted:
    """A portal in which customers manage their methods."""
    return mount(stripe_publishable_key="pk_test_x")


def schema_of(path: str) -> Any:
    (route,) = (route for route in OWN_ROUTES if route.path == "/api/me" + path)
    assert route.operation is not None
    return route.operation["responses"]["200"]["content"]["application/json"]["schema"]


def test_methods_are_told_chosen_and_removed(portal: Mounted, account: Account) -> None:
    customer = account.customer(ANNA.address)
    first, second = saved_card(account, customer), saved_card(account, customer, "pm_card_mastercard")
    account.post(f"customers/{customer}", invoice_settings={"default_payment_method": first})
    price = account.price()
    account.post("subscriptions", customer=customer, items=[{"price": price}])
    browser, token = portal.browser(), portal.token(ANNA)
    told = browser.own("GET", "/payment_methods", token=token).json
    jsonschema.validate(told, schema_of("/payment_methods"))
    one, other = told["methods"]
    assert (one["id"], one["default"], one["can_remove"], one["name"]) == (first, True, False, "Visa 4242")
    assert (other["id"], other["default"], other["can_remove"]) == (second, False, True)
    kept = browser.own("POST", f"/payment_methods/{first}/remove", {}, token=token).json
    jsonschema.validate(kept, schema_of("/payment_methods/{method}/remove"))
    assert kept["removed"] is False
    changed = browser.own("POST", f"/payment_methods/{second}/default", {}, token=token).json
    assert [(each["id"], each["default"]) for each in changed["methods"]] == [(second, True), (first, False)]
    gone = browser.own("POST", f"/payment_methods/{first}/remove", {}, token=token).json
    assert (gone["removed"], [each["id"] for each in gone["methods"]["methods"]]) == (True, [second])


def test_the_way_to_pay_is_stripes_page_while_something_is_due(
    portal: Mounted, account: Account, stripe: StripeServer
) -> None:
    customer = account.customer(ANNA.address)
    due, paid = account.open(customer), account.paid(customer)
    browser, token = portal.browser(), portal.token(ANNA)
    way = browser.own("POST", f"/invoices/{due}/pay", {}, token=token)
    jsonschema.validate(way.json, schema_of("/invoices/{invoice}/pay"))
    assert way.json["url"].startswith(stripe.url)
    assert browser.own("POST", f"/invoices/{paid}/pay", {}, token=token).json == {"url": None, "reason": "settled"}


def test_a_veto_of_the_hosts_is_told_in_its_words(mount: Mount, account: Account) -> None:
    from invoice_portal.hooks import Hooks

    id = account.open(account.customer(ANNA.address))
    portal = mount(hooks=Hooks(before_pay=lambda payment: "Please call us first."))
    refused = portal.browser().own("POST", f"/invoices/{id}/pay", {}, token=portal.token(ANNA))
    assert refused.status == 403
    assert "Please call us first." in refused.json["error"]["advice"] + refused.json["error"]["message"]


def test_by_a_cookie_nothing_changes_without_the_form_token(portal: Mounted, account: Account) -> None:
    customer = account.customer(ANNA.address)
    method, id = saved_card(account, customer), account.open(customer)
    for browser in (portal.arrive(ANNA), portal.browser(ANNA)):
        for path in (f"/payment_methods/{method}/remove", f"/invoices/{id}/pay"):
            refused = browser.own("POST", path, {})
            assert (refused.status, refused.json["error"]["type"]) == (403, "FormExpired"), path
            forged = browser.own("POST", path, {}, **{"X-Form-Token": "x", "X-CSRFToken": "x"})
            assert forged.status == 403
        form = browser.own("GET").json["form"]
        passed = browser.own("POST", f"/invoices/{id}/pay", {}, **{form["header"]: form["token"]})
        assert passed.status == 200, passed.source
    assert account.get(f"payment_methods/{method}")["customer"] == customer


def test_a_form_token_of_somebody_elses_is_none(portal: Mounted, account: Account) -> None:
    id = account.open(account.customer(ANNA.address))
    bert = portal.arrive(BERT)
    form = bert.own("GET").json["form"]
    anna = portal.arrive(ANNA)
    anna.own("GET")
    assert anna.own("POST", f"/invoices/{id}/pay", {}, **{form["header"]: form["token"]}).status == 403


def test_whoever_may_only_look_pays_and_changes_nothing(portal: Mounted, account: Account) -> None:
    customer = account.customer(ANNA.address)
    method, id = saved_card(account, customer), account.open(customer)
    token = portal.token(ANNA, actions=["view"])
    browser = portal.browser()
    for verb, path in (
        ("GET", "/payment_methods"),
        ("POST", f"/payment_methods/{method}/remove"),
        ("POST", f"/payment_methods/{method}/default"),
        ("POST", f"/invoices/{id}/pay"),
    ):
        refused = browser.own(verb, path, None if verb == "GET" else {}, token=token)
        assert (refused.status, refused.json["error"]["type"]) == (403, "NotAllowed"), path
