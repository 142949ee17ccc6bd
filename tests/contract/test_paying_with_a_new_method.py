"""Paying with a new method. The test is the browser: it takes the portal's steps, and confirms as Stripe.js would."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import urlsplit

import pytest

from invoice_portal import Email, Hooks, Payment
from invoice_portal.sharing.model import Link
from stripe_sandbox import StripeSandboxError
from support.accounts import Account
from support.paying import PUBLISHABLE, Element, charges, saved_card
from support.portals import Browser, Mount, Mounted
from support.stripe_server import StripeServer, as_error

ANNA, BERT = Email("anna@example.com"), Email("bert@example.com")
FORM = "data-portal-pay"


@pytest.fixture
def portal(mount: Mount) -> Mounted:
    """A portal in which customers pay."""
    return mount(stripe_publishable_key=PUBLISHABLE, partial_payments=True)


@pytest.fixture
def anna(portal: Mounted) -> Browser:
    """Anna's browser."""
    return portal.browser(ANNA)


@pytest.fixture
def customer(account: Account) -> str:
    """Anna at Stripe."""
    return account.customer(ANNA.address)


def test_a_new_card_pays_the_invoices_own_intent(anna: Browser, account: Account, customer: str) -> None:
    invoice = account.open(customer, 4200)
    element = Element(anna, account, invoice)
    begun = element.begin()
    secret = account.get(f"invoices/{invoice}", expand=["confirmation_secret"])["confirmation_secret"]["client_secret"]
    assert begun["client_secret"] == secret
    assert begun["session_secret"].startswith("cuss_secret_")
    assert element.check() == {"status": "ready"}
    element.confirm()
    back = element.back()
    assert back.status == 303
    assert "secret" not in back.location
    assert "Paid. Thank you." in anna.follow(back).text
    assert [charge["amount"] for charge in charges(account, customer)] == [4200]


def test_two_tabs_pay_one_intent_once(anna: Browser, account: Account, customer: str) -> None:
    invoice = account.open(customer, 4200)
    one, two = Element(anna, account, invoice), Element(anna, account, invoice)
    assert one.begin()["client_secret"] == two.begin()["client_secret"]
    assert one.check() == two.check() == {"status": "ready"}
    one.confirm()
    with pytest.raises(StripeSandboxError):
        two.confirm()
    assert two.result()["status"] == "paid"
    assert len(charges(account, customer)) == 1


def test_a_decline_is_told_by_its_code_and_tried_again(anna: Browser, account: Account, customer: str) -> None:
    element = Element(anna, account, account.open(customer, 4200))
    element.begin()
    with pytest.raises(StripeSandboxError):
        element.confirm("pm_card_visa_chargeDeclinedInsufficientFunds")
    told = element.result()
    assert told["status"] == "failed"
    assert told["text"].startswith("There was not enough money on the account.")
    assert element.check() == {"status": "ready"}
    element.confirm()
    assert element.result()["status"] == "paid"


def test_before_the_money_is_taken_the_host_is_asked(mount: Mount, account: Account, customer: str) -> None:
    asked: list[Payment] = []

    def refuse(payment: Payment) -> str | None:
        asked.append(payment)
        return "Not today." if len(asked) > 1 else None

    anna = mount(stripe_publishable_key=PUBLISHABLE, hooks=Hooks(before_pay=refuse)).browser(ANNA)
    element = Element(anna, account, account.open(customer, 4200))
    assert element.begin()["status"] == "ready"
    assert element.check()["text"] == "Not today."
    assert [payment.way for payment in asked] == ["new", "new"]


def test_what_was_paid_beside_it_is_seen_before_the_money_is_taken(
    anna: Browser, account: Account, customer: str
) -> None:
    """On the hosted page, by Stripe's own retry, by another person: the check reads anew."""
    method, invoice = saved_card(account, customer), account.open(customer, 4200)
    element = Element(anna, account, invoice)
    element.begin()
    account.post(f"invoices/{invoice}/pay", payment_method=method)
    assert element.check()["status"] == "nothing"
    with pytest.raises(StripeSandboxError):
        element.confirm()
    assert len(charges(account, customer)) == 1


def test_a_part_by_another_tab_is_seen_and_its_intent_is_canceled(
    anna: Browser, account: Account, customer: str
) -> None:
    invoice = account.open(customer, 4200)
    whole, part = Element(anna, account, invoice), Element(anna, account, invoice, part="10.00")
    part.begin()
    assert part.begun["client_secret"] != whole.begin()["client_secret"]
    assert part.check()["status"] == "changed"
    with pytest.raises(StripeSandboxError):
        part.confirm()
    assert whole.check()["status"] == "ready"
    whole.confirm()
    assert [charge["amount"] for charge in charges(account, customer)] == [4200]


def test_a_part_is_one_intent_in_two_tabs(anna: Browser, account: Account, customer: str) -> None:
    invoice = account.open(customer, 4200)
    one, two = (Element(anna, account, invoice, part="10.00") for _ in range(2))
    assert one.begin()["client_secret"] == two.begin()["client_secret"]
    assert two.check() == {"status": "ready"}
    two.confirm()
    assert one.check()["status"] == "changed"
    assert one.result()["status"] == "paid"
    found = account.get(f"invoices/{invoice}")
    assert (found["amount_remaining"], found["amount_overpaid"]) == (3200, 0)


def test_an_earlier_part_that_was_left_open_cannot_be_paid_beside_the_whole(
    anna: Browser, account: Account, customer: str
) -> None:
    method, invoice = saved_card(account, customer), account.open(customer, 4200)
    part = Element(anna, account, invoice, part="10.00")
    part.begin()
    whole = anna.get(f"/invoices/{invoice}/pay")
    assert "note=paid" in anna.submit(whole, "/pay/saved", method=method).location
    with pytest.raises(StripeSandboxError):
        part.confirm()
    assert [charge["amount"] for charge in charges(account, customer)] == [4200]


def test_going_to_stripes_page_ends_what_was_begun_here(anna: Browser, account: Account, customer: str) -> None:
    invoice = account.open(customer, 4200)
    part = Element(anna, account, invoice, part="10.00")
    part.begin()
    anna.submit(anna.get(f"/invoices/{invoice}/pay"), "/pay/hosted")
    with pytest.raises(StripeSandboxError):
        part.confirm()
    assert part.check()["status"] == "changed"


# Restricted types


def types_of(account: Account, secret: str) -> list[str]:
    """The types that the intent behind a secret takes."""
    intent = account.get(f"payment_intents/{secret.partition('_secret_')[0]}")
    return list(intent["payment_method_types"])


def test_bank_debit_only_is_so_on_every_path(mount: Mount, account: Account, customer: str) -> None:
    portal = mount(stripe_publishable_key=PUBLISHABLE, payment_method_types=["us_bank_account"])
    anna, card = portal.browser(ANNA), saved_card(account, customer)
    invoice = account.open(customer, 4200)
    element = Element.__new__(Element)
    element.browser, element.account, element.invoice = anna, account, invoice
    element.page = anna.get(f"/invoices/{invoice}/pay")
    element.fields = next(form.fields for form in element.page.html.forms) | {
        "statement": element.page.html.root.one("details", "portal-new").all("input")[1].attributes["value"]
    }
    assert "Visa" not in element.page.text
    assert "/pay/hosted" not in element.page.source
    assert "bank account" in element.page.text
    begun = element.begin()
    assert types_of(account, begun["client_secret"]) == ["us_bank_account"]
    assert element.check() == {"status": "ready"}
    assert element.step("saved", method=card).status == 403
    hosted = anna.post(f"/invoices/{invoice}/pay/hosted", element.fields)
    assert hosted.status == 403
    element.confirm("pm_usBankAccount_success")
    assert "note=on_its_way" in element.back().location
    assert [charge["payment_method_details"]["type"] for charge in charges(account, customer)] == ["us_bank_account"]


def test_the_host_restricts_one_invoice(mount: Mount, account: Account, customer: str) -> None:
    small, large = account.open(customer, 4200), account.open(customer, 990_000)
    hooks = Hooks(payment_method_types=lambda payable: ["us_bank_account"] if payable.amount > 500_000 else None)
    anna = mount(stripe_publishable_key=PUBLISHABLE, hooks=hooks).browser(ANNA)
    saved_card(account, customer)
    assert "Visa 4242" in anna.get(f"/invoices/{small}/pay").text
    assert "Visa 4242" not in anna.get(f"/invoices/{large}/pay").text


def test_a_restriction_that_cannot_be_had_opens_nothing(mount: Mount, account: Account, customer: str) -> None:
    def fail(payable: object) -> None:
        raise OSError("no database")

    invoice = account.open(customer, 4200)
    anna = mount(stripe_publishable_key=PUBLISHABLE, hooks=Hooks(payment_method_types=fail)).browser(ANNA)
    assert anna.get(f"/invoices/{invoice}/pay").status == 503


def test_the_newer_name_of_the_types_is_used_where_stripe_asks_for_it(
    mount: Mount, account: Account, customer: str, stripe: StripeServer
) -> None:
    asked: list[bytes] = []

    def newer(request: Any) -> Any:
        if request.method != "POST":
            return None
        asked.append(request.body)
        if b"allowed_payment_method_types" in request.body:
            return as_error(400, "stop here", code="amount_too_small")
        return as_error(400, "use the other", code="payment_method_types_no_longer_supported")

    def script(request: Any) -> Any:
        return newer(request) if request.path == "/v1/payment_intents" else None

    stripe.script(script)
    portal = mount(stripe_publishable_key=PUBLISHABLE, partial_payments=True)
    invoice = account.open(customer, 4200)
    portal.portal  # noqa: B018 - mounted
    page = portal.browser(ANNA)
    method = saved_card(account, customer)
    page.submit(page.get(f"/invoices/{invoice}/pay", {"part": "10"}), "/pay/saved", method=method)
    assert [b"allowed_payment_method_types" in body for body in asked] == [False, True]


# Keeping


@pytest.mark.parametrize(("policy", "offered"), [("never", False), ("offer", True), ("always", False)])
def test_keeping_a_method_is_the_merchants_choice(
    policy: str, offered: bool, mount: Mount, account: Account, customer: str
) -> None:
    anna = mount(stripe_publishable_key=PUBLISHABLE, save_payment_method=policy).browser(ANNA)
    element = Element(anna, account, account.open(customer, 4200))
    begun = element.begin()
    assert bool(begun["session_secret"]) == offered
    element.check()
    element.confirm()
    element.back()
    kept = account.get(f"customers/{customer}/payment_methods")["data"]
    assert [method["allow_redisplay"] for method in kept] == (["always"] if policy == "always" else [])


def test_both_ways_to_say_that_a_method_is_kept_are_never_said_at_once(
    anna: Browser, account: Account, customer: str, stripe: StripeServer
) -> None:
    """Stripe.js refuses ``payment_method_save_usage`` beside an intent that has ``setup_future_usage``."""
    renewal = account.invoice_of(account.subscription(customer, account.price()))
    for invoice in (renewal, account.open(customer, 4200)):
        Element(anna, account, invoice).begin()
    first, second = (request.body for request in stripe.asked("/v1/customer_sessions"))
    assert b"payment_method_save_usage" not in first
    assert b"payment_method_save_usage" in second


def test_a_kept_method_becomes_the_default_where_retries_look(mount: Mount, account: Account, customer: str) -> None:
    settings = {"save_payment_method": "always", "save_as_default": True}
    anna = mount(stripe_publishable_key=PUBLISHABLE, **settings).browser(ANNA)
    old = saved_card(account, customer, "pm_card_mastercard")
    subscription = account.subscription(customer, account.price())
    account.post(f"subscriptions/{subscription}", default_payment_method=old)
    for invoice in (account.invoice_of(subscription), account.open(customer, 4200)):
        element = Element(anna, account, invoice)
        element.begin()
        element.check()
        element.confirm()
        element.back()
    newest, before, _ = account.get(f"customers/{customer}/payment_methods")["data"]
    assert account.get(f"subscriptions/{subscription}")["default_payment_method"] == before["id"]
    assert account.get(f"customers/{customer}")["invoice_settings"]["default_payment_method"] == newest["id"]


# Attacks


def test_another_customers_steps_lead_nowhere(portal: Mounted, account: Account, customer: str) -> None:
    account.customer(BERT.address)
    theirs = account.open(customer, 4200)
    element = Element(portal.browser(ANNA), account, theirs)
    begun = element.begin()
    bert = portal.browser(BERT)
    own = account.open(str(account.get("customers", email=BERT.address)["data"][0]["id"]), 100_00)
    form = Element(bert, account, own)
    form.invoice = theirs
    for step in ("new", "check", "result", "bank", "saved"):
        answer = form.step(step, paying=begun["paying"], statement=element.fields["statement"])
        assert answer.status == 404, step
        assert "secret" not in answer.source
    form.invoice = own
    for step in ("check", "result"):
        assert form.step(step, paying=begun["paying"]).status == 404, step
    assert bert.get(begun["return_url"]).status == 404
    assert charges(account, customer) == []


@pytest.mark.parametrize("spoil", ["", "forged", "cut", "swapped", "old"])
def test_a_statement_that_is_not_ours_pays_nothing(
    spoil: str, portal: Mounted, anna: Browser, account: Account, customer: str
) -> None:
    method, invoice = saved_card(account, customer), account.open(customer, 4200)
    other = Element(anna, account, account.open(customer, 100))
    element = Element(anna, account, invoice)
    statement = element.fields["statement"]
    if spoil == "old":
        account.sandbox.clock.advance(2 * 24 * 60 * 60)
    element.fields["statement"] = {
        "": "",
        "forged": portal.portal.sign_identifier(ANNA),
        "cut": statement[:-3],
        "swapped": other.fields["statement"],
        "old": statement,
    }[spoil]
    assert element.step("new").json["status"] == "changed"
    assert element.step("saved", method=method).json["status"] == "changed"
    assert charges(account, customer) == []


def test_who_may_only_look_pays_nothing(mount: Mount, account: Account, customer: str) -> None:
    invoice = account.open(customer, 4200)
    portal = mount(stripe_publishable_key=PUBLISHABLE)
    element = Element(portal.browser(ANNA), account, invoice)
    begun = element.begin()
    looking = mount(stripe_publishable_key=PUBLISHABLE, actions=["view"]).browser(ANNA)
    looking.client.cookies.update(element.browser.client.cookies)
    element.browser = looking
    for step in ("new", "check", "bank", "saved"):
        answer = element.step(step, paying=begun["paying"])
        assert answer.status == 403, step
        assert "secret" not in answer.source
    assert looking.get(f"/invoices/{invoice}/pay").status == 403


def test_the_steps_need_the_forms_token(portal: Mounted, account: Account, customer: str) -> None:
    if portal.runtime.host_checks_forms:
        pytest.skip("Django checks its own forms")
    element = Element(portal.browser(ANNA), account, account.open(customer, 4200))
    element.fields.pop("form_token")
    for step in ("new", "check", "result", "bank", "saved"):
        assert element.step(step).status == 403, step


def test_a_link_to_one_invoice_pays_with_what_is_its_openers_own(
    shared: Mount, account: Account, customer: str
) -> None:
    portal = shared(stripe_publishable_key=PUBLISHABLE)
    method, invoice, other = saved_card(account, customer), account.open(customer, 4200), account.open(customer, 100)
    link = portal.portal.links.invoice(invoice)
    assert isinstance(link, Link)
    guest = portal.browser()
    guest.get(str(link.url))
    element = Element(guest, account, invoice)
    assert "Visa 4242" not in element.page.text
    assert element.step("saved", method=method).status == 403
    assert element.begin()["session_secret"] == ""
    assert element.check() == {"status": "ready"}
    for path in (f"/invoices/{other}/pay", "/pay", "/payment_methods"):
        assert guest.get(path).status in (403, 404), path
    element.confirm()
    assert "note=paid" in element.back().location


# Secrets


def test_no_secret_reaches_a_log_a_page_or_the_database(
    shared: Mount, account: Account, customer: str, logs: pytest.LogCaptureFixture, tmp_path: Any
) -> None:
    logging.getLogger("invoice_portal").setLevel(logging.DEBUG)
    portal = shared(stripe_publishable_key=PUBLISHABLE, partial_payments=True)
    anna = portal.browser(ANNA)
    bad = saved_card(account, customer, "pm_card_authenticationRequired")
    worse = saved_card(account, customer, "pm_card_chargeCustomerFail")
    pages: list[str] = []
    secrets: set[str] = set()
    for method in (worse, bad):
        invoice = account.open(customer, 4200)
        page = anna.get(f"/invoices/{invoice}/pay")
        sent = anna.submit(page, "/pay/saved", method=method)
        pages += [page.source, anna.follow(sent).source]
        element = Element(anna, account, invoice)
        begun = element.begin()
        secrets |= {begun["client_secret"], begun["session_secret"]}
        element.check()
        with pytest.raises(StripeSandboxError):
            element.confirm("pm_card_visa_chargeDeclined")
        pages += [element.step("result", paying=begun["paying"]).source, element.back().source]
    for intent in account.get("payment_intents", customer=customer)["data"]:
        secrets.add(intent["client_secret"])
    logged = logs.text
    stored = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    trail = "".join(record.line() for record in portal.portal.audit.records())
    assert "invoice.payment_failed" in trail
    for secret in secrets:
        for where in (logged, trail, *pages):
            assert secret not in where
            assert secret.partition("_secret_")[2] not in where
        assert secret.encode() not in stored
    # What the stripe package itself writes is for its users to switch off: see docs/security.md.
    ours = "\n".join(record.getMessage() for record in logs.records if record.name != "stripe")
    assert "card_declined" in ours
    for words in ("Your card was declined", "fingerprint", "4000000000000341"):
        assert words not in ours
        assert words not in trail


def test_the_policy_is_wide_only_where_stripes_script_is(anna: Browser, account: Account, customer: str) -> None:
    invoice = account.open(customer, 4200)
    stripe = urlsplit(account.sandbox.base_url).netloc
    wide = anna.get(f"/invoices/{invoice}/pay").headers["content-security-policy"]
    parts = dict(part.split(" ", 1) for part in wide.split("; "))
    for name in ("script-src", "frame-src", "connect-src"):
        assert stripe in parts[name]
    assert parts["default-src"] == "'none'"
    for path in ("/", f"/invoices/{invoice}"):
        narrow = dict(part.split(" ", 1) for part in anna.get(path).headers["content-security-policy"].split("; "))
        assert "frame-src" not in narrow
        assert narrow["script-src"] == "'self'"
