"""Handing the visitor over to Stripe: to PDFs and to the page where they pay."""

import httpx
import pytest

from invoice_portal import Email
from support.accounts import Account
from support.portals import Mounted
from support.stripe_server import StripeServer

ANNA = Email("anna@example.com")


def test_the_pdf_is_fetched_afresh_and_opens(portal: Mounted, account: Account, stripe: StripeServer) -> None:
    invoice = account.open(account.customer(ANNA.address))
    stripe.requests.clear()
    answer = portal.browser(ANNA).get(f"/invoices/{invoice}/pdf")
    assert answer.status == 303
    assert answer.location == account.get(f"invoices/{invoice}")["invoice_pdf"]
    assert len(stripe.asked(f"/v1/invoices/{invoice}")) == 1
    document = httpx.get(answer.location, trust_env=False)
    assert document.content.startswith(b"%PDF-")


def test_a_credit_notes_pdf_opens(portal: Mounted, account: Account) -> None:
    invoice = account.open(account.customer(ANNA.address), 4200)
    note = account.post("credit_notes", invoice=invoice, amount=1000)
    answer = portal.browser(ANNA).get(f"/invoices/{invoice}/credit_notes/{note['id']}/pdf")
    assert answer.status == 303
    assert answer.location == note["pdf"]
    assert httpx.get(answer.location, trust_env=False).content.startswith(b"%PDF-")


def test_a_credit_note_of_another_invoice_is_missing(portal: Mounted, account: Account) -> None:
    """Of one's own other invoice, and of a stranger's."""
    customer = account.customer(ANNA.address)
    invoice, other = account.open(customer, 4200), account.open(customer, 4200)
    theirs = account.open(account.customer("bert@example.com"), 4200)
    for of in (other, theirs):
        note = account.post("credit_notes", invoice=of, amount=1000)["id"]
        browser = portal.browser(ANNA)
        assert browser.get(f"/invoices/{invoice}/credit_notes/{note}/pdf").status == 404
    assert browser.get(f"/invoices/{theirs}/credit_notes/{note}/pdf").status == 404


def test_paying_leads_to_stripes_page_and_back_to_a_paid_invoice(portal: Mounted, account: Account) -> None:
    invoice = account.open(account.customer(ANNA.address), 4200)
    browser = portal.browser(ANNA)
    for page in (browser.get("/"), browser.get(f"/invoices/{invoice}")):
        sent = browser.submit(page, f"/invoices/{invoice}/pay")
        assert sent.status == 303
        assert sent.location == account.get(f"invoices/{invoice}")["hosted_invoice_url"]
    card = {"number": "4242424242424242", "expiry": "12/34", "cvc": "123"}
    paid = httpx.post(sent.location, data=card, trust_env=False)
    assert paid.status_code == 303
    assert account.get(f"invoices/{invoice}")["status"] == "paid"
    assert browser.get("/").html.rows[0][2] == "Paid"
    assert "Visa 4242" in browser.get(f"/invoices/{invoice}").text


@pytest.mark.parametrize(
    ("make", "said"),
    [("paid", "nothing left to pay"), ("void", "nothing left to pay"), ("uncollectible", "if you want to settle it")],
)
def test_nothing_to_pay_leads_back_to_the_invoice(portal: Mounted, account: Account, make: str, said: str) -> None:
    customer = account.customer(ANNA.address)
    account.open(customer, 100)
    invoice = getattr(account, make)(customer)
    browser = portal.browser(ANNA)
    form = browser.get("/").html.form("/pay")
    answer = browser.post(f"/invoices/{invoice}/pay", form.fields)
    assert answer.status == 303
    assert answer.location.startswith(f"/billing/invoices/{invoice}?")
    assert said in browser.follow(answer).text


def test_paying_is_not_done_by_following_a_link(portal: Mounted, account: Account) -> None:
    invoice = account.open(account.customer(ANNA.address))
    browser = portal.browser(ANNA)
    for method in ("GET", "HEAD"):
        answer = browser.send(method, f"/invoices/{invoice}/pay")
        assert (answer.status, answer.location) == (303, f"/billing/invoices/{invoice}"), method
    for method in ("PUT", "DELETE", "PATCH"):
        assert browser.send(method, f"/invoices/{invoice}/pay").status in (403, 404, 405), method
    for path in ("/", f"/invoices/{invoice}", f"/invoices/{invoice}/pdf"):
        assert browser.send("POST", path).status in (403, 404, 405), path


ELSEWHERE = [
    "https://evil.example/i/acct_1/secret0token",
    "https://invoice.stripe.com.evil.example/i/secret0token",
    "https://invoice.stripe.com@evil.example/i/secret0token",
    "https://evil.example/https://invoice.stripe.com/secret0token",
    "https://evil.example#https://invoice.stripe.com/secret0token",
    "https://stripe.com/secret0token",
    "https://dashboard.stripe.com/secret0token",
    "http://invoice.stripe.com/secret0token",
    "https://invoice.stripe.com:444/secret0token",
    "//invoice.stripe.com/secret0token",
    "/secret0token",
    "javascript:alert('secret0token')",
    "data:text/html,secret0token",
    "https:invoice.stripe.com/secret0token",
    "https:\\\\invoice.stripe.com\\secret0token",
    "https://[secret0token",
    "https://invoice.stripe.com/\r\nSet-Cookie: secret0token=1",
    "https://invoice.stripe.com\t/secret0token",
    " https://invoice.stripe.com/secret0token",
    "https://invoice.stripe.com\\@evil.example/secret0token",
]


@pytest.mark.parametrize("url", ELSEWHERE)
def test_a_page_elsewhere_is_not_gone_to(
    portal: Mounted, account: Account, stripe: StripeServer, logs: pytest.LogCaptureFixture, url: str
) -> None:
    customer = account.customer(ANNA.address)
    invoice = account.open(customer, 4200)
    note = account.post("credit_notes", invoice=invoice, amount=100)["id"]
    stripe.change(f"/v1/invoices/{invoice}", lambda found: {**found, "hosted_invoice_url": url, "invoice_pdf": url})
    stripe.change(f"/v1/credit_notes/{note}", lambda found: {**found, "pdf": url})
    browser = portal.browser(ANNA)
    fields = browser.get("/").html.form("/pay").fields
    for answer in (
        browser.get(f"/invoices/{invoice}/pdf"),
        browser.get(f"/invoices/{invoice}/credit_notes/{note}/pdf"),
        browser.post(f"/invoices/{invoice}/pay", fields),
    ):
        assert answer.status == 503
        assert "location" not in answer.headers
        assert "secret0token" not in answer.source + str(answer.headers)
    assert "secret0token" not in logs.text


@pytest.mark.parametrize(
    "url",
    [
        "https://invoice.stripe.com/i/acct_1/test_token?s=ap",
        "https://pay.stripe.com/invoice/acct_1/test_token/pdf?s=ap",
        "https://files.stripe.com/v1/x",
    ],
)
def test_stripes_own_pages_are_gone_to(portal: Mounted, account: Account, stripe: StripeServer, url: str) -> None:
    invoice = account.open(account.customer(ANNA.address))
    stripe.change(f"/v1/invoices/{invoice}", lambda found: {**found, "hosted_invoice_url": url, "invoice_pdf": url})
    browser = portal.browser(ANNA)
    assert browser.get(f"/invoices/{invoice}/pdf").location == url
    assert browser.submit(browser.get("/"), "/pay").location == url


def test_an_invoice_without_pdf_or_page_offers_and_has_none(
    portal: Mounted, account: Account, stripe: StripeServer
) -> None:
    invoice = account.open(account.customer(ANNA.address))
    browser = portal.browser(ANNA)
    fields = browser.get("/").html.form("/pay").fields
    stripe.change(f"/v1/invoices/{invoice}", lambda found: {**found, "hosted_invoice_url": None, "invoice_pdf": None})
    page = browser.get(f"/invoices/{invoice}")
    assert not [form for form in page.html.forms if form.action.endswith("/pay")]
    assert "Download PDF" not in page.text
    assert browser.get(f"/invoices/{invoice}/pdf").status == 404
    assert browser.post(f"/invoices/{invoice}/pay", fields).location.startswith(f"/billing/invoices/{invoice}")
