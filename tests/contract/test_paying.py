"""Paying an invoice in the portal with a saved method. After each, Stripe's side is looked at: one charge, or none."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from invoice_portal import Email, Event, Hooks, Payment
from stripe_sandbox import Request
from stripe_sandbox.server import respond
from support.accounts import Account
from support.paying import PUBLISHABLE, charges, pay, saved_card, saved_method
from support.portals import Browser, Mount, Mounted
from support.stripe_server import HANG_UP, StripeServer

ANNA = Email("anna@example.com")
BERT = Email("bert@example.com")


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


def test_one_click_pays_and_the_invoice_says_so(anna: Browser, account: Account, customer: str) -> None:
    method, invoice = saved_card(account, customer), account.open(customer, 4200)
    shown = anna.follow(anna.submit(anna.get(f"/invoices/{invoice}"), "/pay"))
    assert "Visa 4242" in shown.text
    answer = anna.submit(shown, "/pay/saved", method=method)
    assert answer.status == 303
    page = anna.follow(answer)
    assert "Paid. Thank you." in page.text
    assert account.get(f"invoices/{invoice}")["status"] == "paid"
    assert [charge["amount"] for charge in charges(account, customer)] == [4200]


def test_the_customer_is_there_to_answer_their_bank(
    anna: Browser, account: Account, customer: str, stripe: StripeServer
) -> None:
    method, invoice = saved_card(account, customer), account.open(customer, 4200)
    pay(anna, invoice, method)
    (request,) = stripe.asked(f"/v1/invoices/{invoice}/pay")
    assert b"off_session=False" in request.body or b"off_session=false" in request.body


def test_a_second_click_pays_nothing_more(anna: Browser, account: Account, customer: str) -> None:
    method, invoice = saved_card(account, customer), account.open(customer, 4200)
    page = anna.get(f"/invoices/{invoice}/pay")
    first, second = (anna.submit(page, "/pay/saved", method=method) for _ in range(2))
    assert "note=paid" in first.location
    assert "note=settled" in second.location
    assert len(charges(account, customer)) == 1


@pytest.mark.parametrize(
    ("card", "words"),
    [
        ("pm_card_chargeCustomerFail", "Your bank did not accept the payment. Choose another way to pay"),
        ("pm_card_chargeDeclinedExpiredCard", "The card has expired. Choose another way"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "There was not enough money on the account."),
        ("pm_card_chargeDeclinedIncorrectCvc", "The security code was not right."),
        ("pm_card_chargeDeclinedProcessingError", "Trying again may help."),
    ],
)
def test_a_decline_is_told_in_plain_words_with_a_way_on(
    card: str, words: str, anna: Browser, account: Account, customer: str
) -> None:
    method, invoice = saved_card(account, customer, card), account.open(customer, 4200)
    other = saved_card(account, customer)
    page = anna.follow(pay(anna, invoice, method))
    assert words in page.text
    assert account.get(f"invoices/{invoice}")["status"] == "open"
    assert anna.submit(page, "/pay/saved", method=other).location.endswith("note=paid")
    assert [charge["paid"] for charge in charges(account, customer)] == [True, False]


def test_a_card_that_was_declined_can_be_tried_again(
    anna: Browser, account: Account, customer: str, stripe: StripeServer
) -> None:
    """Stripe would repeat a refusal to a repeated call: a new try is a new call."""
    method, invoice = saved_card(account, customer, "pm_card_chargeCustomerFail"), account.open(customer, 4200)
    for _ in range(3):
        pay(anna, invoice, method)
    tries = [charge["paid"] for charge in charges(account, customer)]
    assert tries == [False, False, False]
    keys = {request.headers.get("Idempotency-Key") for request in stripe.asked(f"/v1/invoices/{invoice}/pay")}
    assert len(keys) == 3


def test_a_bank_that_asks_is_answered_on_the_page(
    anna: Browser, account: Account, customer: str, stripe: StripeServer
) -> None:
    method = saved_card(account, customer, "pm_card_authenticationRequired")
    invoice = account.open(customer, 4200)
    page = anna.follow(pay(anna, invoice, method))
    assert "Your bank asks you to confirm this payment." in page.text
    step = _bank(anna, invoice)
    assert step["client_secret"].startswith("pi_")
    stripe.sandbox.authenticate(step["client_secret"].partition("_secret_")[0], agreed=True)
    back = anna.get(step["return_url"])
    assert back.location.endswith("note=paid")
    assert account.get(f"invoices/{invoice}")["status"] == "paid"


def test_who_says_no_to_their_bank_is_told_and_tries_again(
    anna: Browser, account: Account, customer: str, stripe: StripeServer
) -> None:
    method = saved_card(account, customer, "pm_card_authenticationRequired")
    invoice = account.open(customer, 4200)
    page = anna.follow(pay(anna, invoice, method))
    for _ in range(3):
        step = _bank(anna, invoice)
        intent = step["client_secret"].partition("_secret_")[0]
        with pytest.raises(Exception, match="authentication"):
            stripe.sandbox.authenticate(intent, agreed=False)
        failed = anna.follow(anna.get(step["return_url"]))
        assert "The payment was not confirmed with your bank." in failed.text
        page = anna.follow(anna.submit(failed, "/pay/saved", method=method))
        assert "Your bank asks you to confirm this payment." in page.text
    assert charges(account, customer) == []


def test_a_bank_debit_on_its_way_is_not_paid_again_by_any_path(anna: Browser, account: Account, customer: str) -> None:
    method = saved_method(account, customer, "pm_usBankAccount_success")
    card, invoice = saved_card(account, customer), account.open(customer, 4200)
    before = anna.get(f"/invoices/{invoice}/pay")
    assert anna.submit(before, "/pay/saved", method=method).location.endswith("note=on_its_way")
    assert "A payment is on its way." in anna.get(f"/invoices/{invoice}").text
    assert "note=on_its_way" in anna.get(f"/invoices/{invoice}/pay").location
    for ending in ("/pay/saved", "/pay/hosted"):
        assert "invoice.stripe" not in anna.submit(before, ending, method=card).location
    for step in ("new", "check"):
        assert anna.submit(before, "/pay/saved").status == 303
        answer = anna.post(f"/invoices/{invoice}/pay/{step}", before.html.form("/pay/saved").fields)
        assert "client_secret" not in answer.source
    assert len(charges(account, customer)) == 1


def test_what_changed_meanwhile_is_asked_again(anna: Browser, account: Account, customer: str) -> None:
    method, invoice = saved_card(account, customer), account.open(customer, 4200)
    page = anna.get(f"/invoices/{invoice}/pay")
    account.post("credit_notes", invoice=invoice, amount=1000)
    again = anna.follow(anna.submit(page, "/pay/saved", method=method))
    assert "What is due has changed" in again.text
    assert "$32.00" in again.text
    assert charges(account, customer) == []
    assert anna.submit(again, "/pay/saved", method=method).location.endswith("note=paid")
    assert [charge["amount"] for charge in charges(account, customer)] == [3200]


def test_the_host_can_veto_a_payment(mount: Mount, account: Account, customer: str) -> None:
    asked: list[Payment] = []

    def refuse(payment: Payment) -> str:
        asked.append(payment)
        return "Please call us first."

    anna = mount(stripe_publishable_key=PUBLISHABLE, hooks=Hooks(before_pay=refuse)).browser(ANNA)
    method, invoice = saved_card(account, customer), account.open(customer, 4200)
    answer = pay(anna, invoice, method)
    assert answer.status == 403
    assert "Please call us first." in answer.text
    assert charges(account, customer) == []
    assert (asked[0].invoice_id, asked[0].amount, asked[0].currency, asked[0].way) == (invoice, 4200, "usd", "saved")
    hosted = anna.submit(anna.get(f"/invoices/{invoice}/pay"), "/pay/hosted")
    assert hosted.status == 403


def test_a_veto_that_cannot_be_had_pays_nothing(mount: Mount, account: Account, customer: str) -> None:
    def fail(payment: Payment) -> None:
        raise OSError("no database")

    anna = mount(stripe_publishable_key=PUBLISHABLE, hooks=Hooks(before_pay=fail)).browser(ANNA)
    method, invoice = saved_card(account, customer), account.open(customer, 4200)
    assert pay(anna, invoice, method).status == 503
    assert charges(account, customer) == []


def test_the_host_is_told_how_it_ended(mount: Mount, account: Account, customer: str) -> None:
    told: list[Payment] = []
    heard: list[Event] = []
    hooks = Hooks(after_pay=told.append, payment_failed=told.append, on_event=heard.append)
    portal = mount(stripe_publishable_key=PUBLISHABLE, hooks=hooks)
    anna = portal.browser(ANNA)
    bad, good = saved_card(account, customer, "pm_card_chargeCustomerFail"), saved_card(account, customer)
    invoice = account.open(customer, 4200)
    pay(anna, invoice, bad)
    pay(anna, invoice, good)
    assert [(payment.status, payment.code) for payment in told] == [("failed", "generic_decline"), ("paid", "")]
    names = [event.name for event in heard]
    assert names == ["pre_pay", "payment_failed", "pre_pay", "pay_invoice"]
    trail = [(record.action, record.subject) for record in portal.portal.audit.records()]
    assert ("invoice.payment_failed", invoice) in trail
    assert ("invoice.paid", invoice) in trail


def _bank(browser: Browser, invoice: str) -> dict[str, str]:
    token = browser.get(f"/invoices/{invoice}/pay").html.form("/pay/saved").fields
    answer = browser.send("POST", f"/invoices/{invoice}/pay/bank", headers=_origin(browser), data=token)
    assert answer.status == 200, answer.source
    found: dict[str, str] = answer.json
    return found


def _origin(browser: Browser) -> dict[str, str]:
    return {"Origin": str(browser.client.base_url.copy_with(path="")).rstrip("/"), "Accept": "application/json"}


def test_many_clicks_at_the_same_moment_pay_once(portal: Mounted, account: Account, customer: str) -> None:
    """Two tabs, two workers, an impatient finger: whole and in part."""
    method = saved_card(account, customer)
    for _ in range(3):
        invoice = account.open(customer, 4200)
        browsers = [portal.browser(ANNA) for _ in range(6)]
        pages = [browser.get(f"/invoices/{invoice}/pay") for browser in browsers]
        with ThreadPoolExecutor(6) as pool:
            sent = [
                pool.submit(browser.submit, page, "/pay/saved", method=method)
                for browser, page in zip(browsers, pages, strict=True)
            ]
            answers = [each.result() for each in sent]
        assert {answer.status for answer in answers} <= {303, 409, 503}
        assert account.get(f"invoices/{invoice}")["status"] == "paid"
    assert [charge["amount"] for charge in charges(account, customer)] == [4200] * 3


def test_an_answer_that_got_lost_is_a_payment_all_the_same(
    anna: Browser, account: Account, customer: str, stripe: StripeServer
) -> None:
    """Stripe did it, its answer never came: the page reads again and says so; a new click pays nothing more."""
    method, invoice = saved_card(account, customer), account.open(customer, 4200)

    def lose(request: Request) -> object:
        respond(stripe.sandbox, request)
        return HANG_UP

    page = anna.get(f"/invoices/{invoice}/pay")
    stripe.answer(f"/v1/invoices/{invoice}/pay", lose)  # type: ignore[arg-type]
    assert "note=paid" in anna.submit(page, "/pay/saved", method=method).location
    assert "note=settled" in anna.submit(page, "/pay/saved", method=method).location
    assert len(charges(account, customer)) == 1


def test_a_call_that_never_arrived_is_made_again_by_the_next_click(
    anna: Browser, account: Account, customer: str, stripe: StripeServer
) -> None:
    method, invoice = saved_card(account, customer), account.open(customer, 4200)
    page = anna.get(f"/invoices/{invoice}/pay")
    stripe.answer(f"/v1/invoices/{invoice}/pay", HANG_UP)
    lost = anna.submit(page, "/pay/saved", method=method)
    assert "We could not learn yet whether the payment went through." in anna.follow(lost).text
    stripe._scripts.clear()
    assert "note=paid" in anna.submit(page, "/pay/saved", method=method).location
    assert len(charges(account, customer)) == 1
