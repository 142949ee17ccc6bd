"""Coming in at /enter: who is let in, and what is left of the signature."""

import pytest

from invoice_portal import CustomerId, Email
from invoice_portal.signing import hash_identifier
from support.accounts import Account
from support.moments import DAY
from support.portals import KEY, OLD_KEY, Answer, Browser, Mount, Mounted
from support.stripe_server import StripeServer

ANNA = "anna@example.com"
METHODS = pytest.mark.parametrize("method", ["GET", "POST"])


def enter(browser: Browser, method: str = "GET", **params: str) -> Answer:
    return browser.get("/enter", params) if method == "GET" else browser.post("/enter", params)


@METHODS
def test_an_address_with_its_hash_opens_its_invoices(mount: Mount, account: Account, method: str) -> None:
    portal = mount(identify_by="email")
    invoice = account.open(account.customer(ANNA))
    browser = portal.browser()
    entered = enter(browser, method, email=ANNA, hash=portal.portal.hash_email(ANNA))
    assert account.number(invoice) in browser.follow(entered).text


@METHODS
def test_a_customer_id_with_its_hash_opens_its_invoices(mount: Mount, account: Account, method: str) -> None:
    portal = mount(identify_by="customer_id")
    customer = account.customer(ANNA)
    invoice = account.open(customer)
    browser = portal.browser()
    entered = enter(browser, method, customer_id=customer, hash=portal.portal.hash_customer_id(customer))
    assert account.number(invoice) in browser.follow(entered).text


@METHODS
@pytest.mark.parametrize("identify_by", ["email", "customer_id"])
@pytest.mark.parametrize("kind", ["email", "customer_id"])
def test_a_signed_identifier_opens_its_invoices(
    mount: Mount, account: Account, method: str, identify_by: str, kind: str
) -> None:
    """It says itself what it is, whatever hashes are made of."""
    portal = mount(identify_by=identify_by)
    customer = account.customer(ANNA)
    invoice = account.open(customer)
    identity = Email(ANNA) if kind == "email" else CustomerId(customer)
    browser = portal.browser()
    entered = enter(browser, method, identity=portal.portal.sign_identifier(identity))
    assert account.number(invoice) in browser.follow(entered).text


@METHODS
def test_what_is_left_is_a_clean_address_and_a_guarded_cookie(portal: Mounted, method: str) -> None:
    token = portal.portal.sign_identifier(Email(ANNA))
    entered = enter(portal.browser(), method, identity=token)
    assert entered.status == 303
    assert entered.location == "/billing/"
    assert token not in str(entered.headers) + entered.source
    (cookie,) = entered.set_cookies.values()
    assert cookie.startswith("invoice_portal_session=")
    attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"httponly", "samesite=lax", "path=/billing", "max-age=3600"} <= attributes
    assert not any(attribute.startswith("domain") for attribute in attributes)


def test_the_session_outlives_neither_the_signature_nor_its_secrets_on_the_page(portal: Mounted) -> None:
    browser = portal.arrive(Email(ANNA))
    page = browser.get("/")
    assert page.status == 200
    assert browser.cookies["invoice_portal_session"] not in page.source
    assert KEY not in page.source


def test_over_https_the_cookie_is_secure(portal: Mounted) -> None:
    """All servers of these tests trust the proxy in front of them."""
    browser = portal.browser(headers={"X-Forwarded-Proto": "https"})
    entered = browser.get("/enter", {"identity": portal.portal.sign_identifier(Email(ANNA))})
    assert "secure" in entered.set_cookies["invoice_portal_session"].lower()


def test_a_hash_never_vouches_for_a_customer_id_beside_its_address(mount: Mount, account: Account) -> None:
    portal = mount(identify_by="email")
    account.open(account.customer(ANNA), 1100)
    bert = account.customer("bert@example.com")
    account.open(bert, 2200)
    browser = portal.browser()
    entered = enter(browser, email=ANNA, customer_id=bert, hash=portal.portal.hash_email(ANNA))
    page = browser.follow(entered)
    assert "$11.00" in page.text
    assert "$22.00" not in page.text
    alone = enter(portal.browser(), customer_id=bert, hash=portal.portal.hash_customer_id(bert))
    assert alone.status == 401


def test_a_hash_never_vouches_for_an_address_beside_its_customer_id(mount: Mount, account: Account) -> None:
    portal = mount(identify_by="customer_id")
    anna = account.customer(ANNA)
    account.open(anna, 1100)
    account.open(account.customer("bert@example.com"), 2200)
    browser = portal.browser()
    entered = enter(browser, email="bert@example.com", customer_id=anna, hash=portal.portal.hash_customer_id(anna))
    page = browser.follow(entered)
    assert "$11.00" in page.text
    assert "$22.00" not in page.text
    for wrong in (
        {"customer_id": anna, "email": ANNA, "hash": portal.portal.hash_email(ANNA)},
        {"customer_id": ANNA, "hash": portal.portal.hash_email(ANNA)},
        {"email": ANNA, "hash": portal.portal.hash_email(ANNA)},
    ):
        assert enter(portal.browser(), **wrong).status in (401, 403), wrong


def test_a_repeated_parameter_cannot_hide_behind_another(portal: Mounted) -> None:
    proof = portal.portal.hash_email(ANNA)
    for query in (
        f"email=bert@example.com&email={ANNA}&hash={proof}",
        f"email=bert@example.com&email[]={ANNA}&hash={proof}",
    ):
        assert portal.browser().get(f"/enter?{query}").status == 403


def test_a_posted_form_is_all_that_counts(portal: Mounted) -> None:
    """What stands in the address of a POST would stay in logs and histories: it is not read."""
    query = {"email": ANNA, "hash": portal.portal.hash_email(ANNA)}
    assert portal.browser().send("POST", "/enter", query=query).status == 401


def test_every_key_opens_and_the_first_signs(mount: Mount, account: Account) -> None:
    account.open(account.customer(ANNA))
    with_old = mount(secret_keys=[OLD_KEY])
    old_token = with_old.portal.sign_identifier(Email(ANNA))
    old_session = with_old.arrive(Email(ANNA)).cookies["invoice_portal_session"]

    both = mount(secret_keys=[KEY, OLD_KEY])
    assert both.portal.hash_email(ANNA) == hash_identifier(KEY, ANNA)
    assert enter(both.browser(), email=ANNA, hash=hash_identifier(KEY, ANNA)).status == 303
    assert enter(both.browser(), email=ANNA, hash=hash_identifier(OLD_KEY, ANNA)).status == 303
    assert enter(both.browser(), identity=old_token).status == 303
    new_token = both.portal.sign_identifier(Email(ANNA))
    returning = both.browser()
    returning.set_cookie("invoice_portal_session", old_session)
    assert returning.get("/").status == 200

    rotated = mount(secret_keys=[KEY])
    assert enter(rotated.browser(), identity=new_token).status == 303
    assert enter(rotated.browser(), email=ANNA, hash=hash_identifier(OLD_KEY, ANNA)).status == 403
    assert enter(rotated.browser(), identity=old_token).status == 403


def test_a_signed_identifier_expires(portal: Mounted, stripe: StripeServer) -> None:
    token = portal.portal.sign_identifier(Email(ANNA), expires_in=60)
    stripe.sandbox.clock.advance(59)
    assert enter(portal.browser(), identity=token).status == 303
    stripe.sandbox.clock.advance(1)
    late = enter(portal.browser(), identity=token)
    assert late.status == 401
    assert "expired" in late.text
    assert not late.set_cookies


def test_a_hash_does_not_expire(portal: Mounted, stripe: StripeServer) -> None:
    proof = portal.portal.hash_email(ANNA)
    stripe.sandbox.clock.advance(1000 * DAY)
    assert enter(portal.browser(), email=ANNA, hash=proof).status == 303


@pytest.mark.parametrize(
    "params",
    [{}, {"email": ""}, {"hash": "0" * 64}, {"identity": ""}, {"subscription_id": "sub_1"}],
    ids=["nothing", "empty address", "hash alone", "empty token", "subscription alone"],
)
@METHODS
def test_who_brings_nothing_is_asked_to_sign_in(portal: Mounted, method: str, params: dict[str, str]) -> None:
    answer = enter(portal.browser(), method, **params)
    assert answer.status == 401
    assert "sign in" in answer.text
    assert not answer.set_cookies


def test_the_case_of_an_address_counts(portal: Mounted, account: Account) -> None:
    """Stripe's filter tells upper from lower case, and so does the hash: an address is used as it was vouched for."""
    account.open(account.customer("Anna@Example.com"), 1100)
    account.open(account.customer(ANNA), 2200)
    browser = portal.browser()
    page = browser.follow(enter(browser, email="Anna@Example.com", hash=portal.portal.hash_email("Anna@Example.com")))
    assert "$11.00" in page.text
    assert "$22.00" not in page.text
    assert enter(portal.browser(), email="ANNA@example.com", hash=portal.portal.hash_email(ANNA)).status == 403


@pytest.mark.parametrize("address", ["anna+bills@example.com", "jörg@bücher.example", "o'brien&co=%@example.com"])
@METHODS
def test_an_address_survives_its_way_through_the_form(
    portal: Mounted, account: Account, address: str, method: str
) -> None:
    proof = portal.portal.hash_email(address)
    browser = portal.browser()
    page = browser.follow(enter(browser, method, email=address, hash=proof))
    assert page.status == 200
    assert address in page.text


def test_nobody_is_asked_at_the_door(portal: Mounted, account: Account, stripe: StripeServer) -> None:
    """Stripe is not asked, so that a known address takes no longer than an unknown one."""
    account.customer(ANNA)
    stripe.requests.clear()
    for address in (ANNA, "nobody@example.com"):
        assert enter(portal.browser(), email=address, hash=portal.portal.hash_email(address)).status == 303
        assert enter(portal.browser(), email=address, hash="0" * 64).status == 403
        assert enter(portal.browser(), identity=portal.portal.sign_identifier(Email(address))).status == 303
    assert stripe.requests == []


def test_without_hash_a_test_account_opens_and_says_so(mount: Mount, account: Account) -> None:
    portal = mount(require_hash=False)
    invoice = account.open(account.customer(ANNA))
    browser = portal.browser()
    page = browser.follow(enter(browser, email=ANNA))
    assert account.number(invoice) in page.text
    assert "the hash is off" in page.text
    assert enter(portal.browser(), email=ANNA, hash="0" * 64).status == 403


def test_with_hash_no_page_says_that_it_is_off(portal: Mounted) -> None:
    assert "the hash is off" not in portal.arrive(Email(ANNA)).get("/").text
    assert enter(portal.browser(), email=ANNA).status == 403
