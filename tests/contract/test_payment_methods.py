"""Saved payment methods: looked at, added, removed, and what renewals are charged to."""

from __future__ import annotations

from typing import Any

import pytest

from invoice_portal import Email, Event, Hooks
from stripe_sandbox import Response
from support.accounts import Account
from support.moments import DAY
from support.paying import PUBLISHABLE, saved_card, saved_method
from support.portals import Answer, Browser, Mount, Mounted
from support.stripe_server import StripeServer

ANNA, BERT = Email("anna@example.com"), Email("bert@example.com")
PAGE = "/payment_methods"


@pytest.fixture
def portal(mount: Mount) -> Mounted:
    """A portal in which customers pay."""
    return mount(stripe_publishable_key=PUBLISHABLE)


@pytest.fixture
def anna(portal: Mounted) -> Browser:
    """Anna's browser."""
    return portal.browser(ANNA)


@pytest.fixture
def customer(account: Account) -> str:
    """Anna at Stripe."""
    return account.customer(ANNA.address)


def default_of(account: Account, customer: str) -> Any:
    """What the customer is charged with."""
    return account.get(f"customers/{customer}")["invoice_settings"]["default_payment_method"]


def add(browser: Browser, account: Account, card: str) -> Answer:
    """Add a method as the portal's own script and Stripe's do."""
    page = browser.get(PAGE)
    fields = next(form.fields for form in page.html.forms if "customer" in form.fields)
    origin = str(browser.client.base_url.copy_with(path="")).rstrip("/")
    headers = {"Origin": origin, "Accept": "application/json"}
    begun = browser.send("POST", f"{PAGE}/new", headers=headers, data=fields).json
    setup, _, _ = begun["client_secret"].partition("_secret_")
    account.post(f"setup_intents/{setup}/confirm", client_secret=begun["client_secret"], payment_method=card)
    return browser.get(f"{begun['return_url']}&setup_intent_client_secret={begun['client_secret']}")


def test_only_what_may_be_shown_again_is_shown(anna: Browser, account: Account, customer: str) -> None:
    saved_card(account, customer)
    account.post("payment_methods/pm_card_mastercard/attach", customer=customer)
    text = anna.get(PAGE).text
    assert "Visa 4242" in text
    assert "Mastercard" not in text


def test_what_renewals_are_charged_to_is_shown_whether_it_was_agreed_to_or_not(
    anna: Browser, account: Account, customer: str
) -> None:
    """A card that a subscription was begun with may have been kept without a word: its owner must see it here."""
    used = str(account.post("payment_methods/pm_card_mastercard/attach", customer=customer)["id"])
    other = str(account.post("payment_methods/pm_card_amex/attach", customer=customer)["id"])
    account.subscription(customer, account.price())
    account.post(f"customers/{customer}", invoice_settings={"default_payment_method": used})
    page = anna.get(PAGE)
    assert "Mastercard 4444" in page.text
    assert "American Express" not in page.text
    fields = next(form.fields for form in page.html.forms if "customer" in form.fields)
    assert anna.send("POST", f"{PAGE}/{other}/default", headers=_origin(anna), data=fields).status == 404


def test_a_method_is_added_and_used_where_there_was_none(mount: Mount, account: Account, customer: str) -> None:
    heard: list[Event] = []
    portal = mount(stripe_publishable_key=PUBLISHABLE, hooks=Hooks(on_event=heard.append))
    anna = portal.browser(ANNA)
    back = add(anna, account, "pm_card_visa")
    assert back.status == 303
    assert "secret" not in back.location
    assert "The payment method was added." in anna.follow(back).text
    (method,) = account.get(f"customers/{customer}/payment_methods")["data"]
    assert method["allow_redisplay"] == "always"
    assert default_of(account, customer) == method["id"]
    add(anna, account, "pm_card_mastercard")
    assert default_of(account, customer) == method["id"]
    assert [event.name for event in heard] == ["add_payment_method"] * 2
    assert heard[0].subject == method["id"]
    trail = [record.action for record in portal.portal.audit.records()]
    assert trail.count("payment_method.added") == 2


def test_what_could_not_be_added_is_told(anna: Browser, account: Account, customer: str) -> None:
    saved_card(account, customer)
    page = anna.get(PAGE)
    fields = next(form.fields for form in page.html.forms if "customer" in form.fields)
    begun = anna.send("POST", f"{PAGE}/new", headers=_origin(anna), data=fields).json
    assert "note=failed" in anna.get(begun["return_url"]).location
    assert len(account.get(f"customers/{customer}/payment_methods")["data"]) == 1


def test_a_method_is_removed(anna: Browser, account: Account, customer: str) -> None:
    method = saved_card(account, customer)
    answer = anna.submit(anna.get(PAGE), f"{method}/remove")
    assert "The payment method was removed." in anna.follow(answer).text
    assert account.get(f"customers/{customer}/payment_methods")["data"] == []


def test_what_the_next_bill_is_charged_to_stays(anna: Browser, account: Account, customer: str) -> None:
    used, other = saved_card(account, customer), saved_card(account, customer, "pm_card_mastercard")
    account.subscription(customer, account.price())
    account.post(f"customers/{customer}", invoice_settings={"default_payment_method": used})
    page = anna.get(PAGE)
    assert f"{used}/remove" not in page.source
    fields = page.html.form(f"{other}/remove").fields
    refused = anna.send("POST", f"{PAGE}/{used}/remove", headers=_origin(anna), data=fields)
    assert "Choose another default before you remove it." in anna.follow(refused).text
    assert len(account.get(f"customers/{customer}/payment_methods")["data"]) == 2


def test_the_default_is_set_at_each_level_that_retries_look_at(anna: Browser, account: Account, customer: str) -> None:
    """A subscription with a default of its own never looks at the customer's."""
    old, new = saved_card(account, customer), saved_card(account, customer, "pm_card_mastercard")
    price = account.price()
    own, follows = account.subscription(customer, price), account.subscription(customer, price)
    account.post(f"subscriptions/{own}", default_payment_method=old)
    anna.submit(anna.get(PAGE), f"{new}/default")
    assert default_of(account, customer) == new
    assert account.get(f"subscriptions/{own}")["default_payment_method"] == new
    assert account.get(f"subscriptions/{follows}")["default_payment_method"] is None


def test_a_card_that_expires_before_the_next_bill_is_pointed_out(
    anna: Browser, account: Account, customer: str
) -> None:
    method = saved_card(account, customer, card={"exp_month": 6, "exp_year": 2026})
    account.post(f"customers/{customer}", invoice_settings={"default_payment_method": method})
    assert "expires before your next bill" not in anna.get(PAGE).text
    account.subscription(customer, account.price())
    assert "This card expires before your next bill on July 15, 2026." in anna.get(PAGE).text
    account.sandbox.clock.advance(20 * DAY)
    page = anna.get(PAGE)
    assert "Expired" in page.text
    assert f"{method}/default" not in page.source


def test_types_are_restricted_for_new_methods_too(mount: Mount, account: Account, customer: str) -> None:
    anna = mount(stripe_publishable_key=PUBLISHABLE, payment_method_types=["us_bank_account"]).browser(ANNA)
    page = anna.get(PAGE)
    fields = next(form.fields for form in page.html.forms if "customer" in form.fields)
    begun = anna.send("POST", f"{PAGE}/new", headers=_origin(anna), data=fields).json
    setup = account.get(f"setup_intents/{begun['client_secret'].partition('_secret_')[0]}")
    assert setup["payment_method_types"] == ["us_bank_account"]


# Attacks


def test_another_customers_method_is_as_missing_as_none(portal: Mounted, account: Account, customer: str) -> None:
    theirs = saved_card(account, customer)
    bert_id = account.customer(BERT.address)
    own = saved_card(account, bert_id)
    bert = portal.browser(BERT)
    fields = bert.get(PAGE).html.form(f"{own}/remove").fields
    for id in (theirs, "pm_nothing", "pm", "in_1"):
        for action in ("remove", "default"):
            answer = bert.send("POST", f"{PAGE}/{id}/{action}", headers=_origin(bert), data=fields)
            assert answer.status == 404, (id, action)
    assert account.get(f"payment_methods/{theirs}")["customer"] == customer
    assert bert.get(PAGE, {"customer": customer}).status == 404
    wanted = {**fields, "customer": customer}
    assert bert.send("POST", f"{PAGE}/new", headers=_origin(bert), data=wanted).status == 404


def test_nothing_is_changed_on_a_guess(anna: Browser, account: Account, customer: str, stripe: StripeServer) -> None:
    """While Stripe does not say what renews, nothing that could be needed is removed, and no default is promised."""
    used, new = saved_card(account, customer), saved_card(account, customer, "pm_card_mastercard")
    subscription = account.subscription(customer, account.price())
    account.post(f"subscriptions/{subscription}", default_payment_method=used)
    fields = anna.get(PAGE).html.form(f"{new}/default").fields
    stripe.answer("/v1/subscriptions", Response(500, {}, b"{}"))
    assert anna.get(PAGE).status == 200
    for method, action in ((used, "remove"), (new, "default")):
        answer = anna.send("POST", f"{PAGE}/{method}/{action}", headers=_origin(anna), data=fields)
        assert answer.status == 503
    assert account.get(f"payment_methods/{used}")["customer"] == customer
    assert default_of(account, customer) is None


def test_another_customers_setup_cannot_be_finished(portal: Mounted, account: Account, customer: str) -> None:
    anna, bert = portal.browser(ANNA), portal.browser(BERT)
    account.customer(BERT.address)
    fields = next(form.fields for form in anna.get(PAGE).html.forms if "customer" in form.fields)
    begun = anna.send("POST", f"{PAGE}/new", headers=_origin(anna), data=fields).json
    assert bert.get(begun["return_url"]).status == 404
    assert anna.get(f"{PAGE}/returned?adding=forged").status == 404


def test_managing_is_for_whom_it_is_allowed(mount: Mount, account: Account, customer: str) -> None:
    method = saved_card(account, customer)
    account.open(customer)
    for settings in ({"stripe_publishable_key": PUBLISHABLE, "actions": ["view", "pay"]}, {}):
        anna = mount(**settings).browser(ANNA)
        assert anna.get(PAGE).status == 403
        assert PAGE not in anna.get("/").source
        fields = anna.get("/").html.form("/pay").fields
        for path in (f"{PAGE}/new", f"{PAGE}/{method}/remove", f"{PAGE}/{method}/default"):
            assert anna.send("POST", path, headers=_origin(anna), data=fields).status == 403, path


def test_a_bank_account_is_shown_as_one(anna: Browser, account: Account, customer: str) -> None:
    saved_method(account, customer, "pm_usBankAccount_success")
    assert "6789" in anna.get(PAGE).text


def _origin(browser: Browser) -> dict[str, str]:
    origin = str(browser.client.base_url.copy_with(path="")).rstrip("/")
    return {"Origin": origin, "Accept": "application/json"}


def test_who_came_for_one_subscription_pays_with_what_that_one_is_charged_to(
    portal: Mounted, account: Account, customer: str
) -> None:
    """The customer's other cards pay for what this visitor may not see: they are neither shown, used nor removed."""
    used, other = saved_card(account, customer), saved_card(account, customer, "pm_card_mastercard")
    subscription = account.subscription(customer, account.price())
    account.post(f"subscriptions/{subscription}", default_payment_method=used)
    invoice = account.invoice_of(subscription)
    visitor = portal.arrive(ANNA, subscription)
    paying = visitor.get(f"/invoices/{invoice}/pay")
    assert "Visa 4242" in paying.text
    assert "Mastercard" not in paying.text
    assert PAGE not in paying.source
    assert visitor.get(PAGE).status == 403
    fields = next(form.fields for form in paying.html.forms if "statement" in form.fields)
    for path in (f"{PAGE}/{other}/remove", f"{PAGE}/{used}/remove", f"{PAGE}/{other}/default"):
        assert visitor.send("POST", path, headers=_origin(visitor), data=fields).status == 403, path
    assert visitor.submit(paying, "/pay/saved", method=other).status == 404
    assert account.get(f"payment_methods/{other}")["customer"] == customer
    assert "note=paid" in visitor.submit(paying, "/pay/saved", method=used).location
