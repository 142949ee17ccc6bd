"""Too many declines: whoever tries one card after the other is stopped, and nobody who pays is."""

from __future__ import annotations

import json

import pytest

from invoice_portal import Email, Hooks, Payment
from invoice_portal.hooks import AfterPay
from stripe_sandbox import StripeSandboxError
from stripe_sandbox.events.signing import signature
from support.accounts import Account
from support.moments import NOW
from support.paying import PUBLISHABLE, Element, charges, pay, saved_card
from support.portals import Browser, Mount, Mounted
from support.stripe_server import Request, Response, StripeServer

ANNA, BERT = Email("anna@example.com"), Email("bert@example.com")
DECLINED = "pm_card_chargeCustomerFail"
WAIT = "Several payments were declined in a short time, so none is taken for a while."
SECRET = "whsec_of_these_tests"


@pytest.fixture
def portal(mount: Mount) -> Mounted:
    """A portal that takes two declines an hour."""
    return mount(stripe_publishable_key=PUBLISHABLE, decline_limit="2/hour", save_payment_method="never")


@pytest.fixture
def anna(portal: Mounted) -> Browser:
    """Anna's browser."""
    return portal.browser(ANNA)


@pytest.fixture
def customer(account: Account) -> str:
    """Anna at Stripe."""
    return account.customer(ANNA.address)


def decline(element: Element) -> None:
    """Try a card that is refused, and say so to the portal as the page does."""
    with pytest.raises(StripeSandboxError):
        element.confirm("pm_card_visa_chargeDeclined")
    assert element.result()["status"] == "failed"


@pytest.mark.parametrize("storage", ["memory://", "database"])
def test_after_too_many_declines_no_way_to_pay_is_open(
    shared: Mount, account: Account, customer: str, storage: str
) -> None:
    portal = shared(stripe_publishable_key=PUBLISHABLE, decline_limit="2/hour", rate_limit_storage=storage)
    anna = portal.browser(ANNA)
    bad, good = saved_card(account, customer, DECLINED), saved_card(account, customer)
    invoice, other = account.open(customer, 4200), account.open(customer, 1100)
    waiting = Element(anna, account, other)
    assert waiting.begin()["status"] == "ready"
    for _ in range(2):
        assert "note=failed" in pay(anna, invoice, bad).location
    page = anna.get(f"/invoices/{invoice}/pay")
    late = anna.submit(page, "/pay/saved", method=good)
    assert late.status == 429
    assert WAIT in late.text
    assert 1 <= int(late.headers["retry-after"]) <= 3600
    for answer in (Element(anna, account, invoice).step("new"), waiting.step("check", paying=waiting.begun["paying"])):
        assert (answer.status, answer.json["kind"]) == (429, "TooManyDeclines")
        assert answer.json["text"].startswith(WAIT)
        assert 1 <= int(answer.headers["retry-after"]) <= 3600
    ticked = anna.get("/pay")
    told = anna.submit(ticked, "/pay?currency=usd", method=good)
    assert WAIT in told.text
    assert "Not everything was paid." in told.text
    assert [charge["paid"] for charge in charges(account, customer)] == [False, False]
    bert = portal.browser(BERT)
    his = account.customer(BERT.address)
    assert "note=paid" in pay(bert, account.open(his, 900), saved_card(account, his)).location


def test_what_goes_through_is_not_counted(anna: Browser, account: Account, customer: str) -> None:
    """Nor is a decline that is told again: a second click, a reload of where the bank leads back to."""
    good, bad = saved_card(account, customer), saved_card(account, customer, DECLINED)
    for _ in range(4):
        assert "note=paid" in pay(anna, account.open(customer, 4200), good).location
    element = Element(anna, account, account.open(customer, 4200))
    element.begin()
    decline(element)
    assert element.result()["status"] == "failed"
    assert element.result()["status"] == "failed"
    assert element.check()["status"] == "ready"
    element.confirm()
    assert element.result()["status"] == "paid"
    assert "note=failed" in pay(anna, account.open(customer, 100), bad).location
    assert WAIT in anna.submit(anna.get("/pay"), "/pay?currency=usd", method=good).text


@pytest.mark.parametrize("hook", ["none", "fails"])
def test_one_address_with_many_customers_is_stopped_too(mount: Mount, account: Account, hook: str) -> None:
    """Whoever signs up again for each card. Ten are declined for ten customers, at two for each; then no more are."""

    def fail(payment: Payment) -> None:
        raise RuntimeError("the host's own fault")

    called: dict[str, AfterPay | None] = {"none": None, "fails": fail}
    portal = mount(stripe_publishable_key=PUBLISHABLE, decline_limit="2/hour", hooks=Hooks(payment_failed=called[hook]))
    seen = []
    for number in range(11):
        address = f"visitor{number}@example.com"
        his = account.customer(address)
        answer = pay(portal.browser(Email(address)), account.open(his, 500), saved_card(account, his, DECLINED))
        seen.append(answer.status)
    assert seen == [303] * 10 + [429]


def test_a_page_that_keeps_a_decline_to_itself_is_counted_by_the_webhook(
    mount: Mount, account: Account, customer: str
) -> None:
    portal = mount(stripe_publishable_key=PUBLISHABLE, decline_limit="2/hour", stripe_webhook_secrets=[SECRET])
    anna, stripe_ = portal.browser(ANNA), portal.browser()
    element = Element(anna, account, account.open(customer, 4200))
    element.begin()
    for _ in range(2):
        assert element.check()["status"] == "ready"
        with pytest.raises(StripeSandboxError):
            element.confirm("pm_card_visa_chargeDeclined")
        event = account.get("events", type="payment_intent.payment_failed", limit=1)["data"][0]
        body = json.dumps(event).encode()
        headers = {"Stripe-Signature": signature(body, [SECRET], NOW)}
        for _ in range(2):
            assert stripe_.send("POST", "/webhook", headers=headers, content=body).status == 200
    assert element.step("check", paying=element.begun["paying"]).status == 429


def test_whoever_was_declined_too_often_is_given_no_secret_to_set_a_card_up(
    anna: Browser, account: Account, customer: str
) -> None:
    bad = saved_card(account, customer, DECLINED)
    invoice = account.open(customer, 4200)
    page = anna.get("/payment_methods")
    fields = next(form.fields for form in page.html.forms if "customer" in form.fields)
    for _ in range(2):
        pay(anna, invoice, bad)
    origin = str(anna.client.base_url.copy_with(path="")).rstrip("/")
    headers = {"Origin": origin, "Accept": "application/json"}
    answer = anna.send("POST", "/payment_methods/new", headers=headers, data=fields)
    assert answer.status == 429
    assert "client_secret" not in answer.source


def test_what_stripe_does_not_take_at_all_was_declined_by_nobody(
    anna: Browser, account: Account, customer: str, stripe: StripeServer
) -> None:
    good, invoice = saved_card(account, customer), account.open(customer, 4200)
    body = b'{"error": {"type": "invalid_request_error", "code": "amount_too_small", "message": "No."}}'

    def refuse(request: Request) -> Response | None:
        return Response(400, {}, body) if request.path.endswith("/pay") and request.method == "POST" else None

    stripe.script(refuse)
    for _ in range(4):
        assert "note=failed" in pay(anna, invoice, good).location


def test_no_limit_is_no_limit(mount: Mount, account: Account, customer: str) -> None:
    anna = mount(stripe_publishable_key=PUBLISHABLE, decline_limit="").browser(ANNA)
    bad, invoice = saved_card(account, customer, DECLINED), account.open(customer, 4200)
    assert {pay(anna, invoice, bad).status for _ in range(12)} == {303}


@pytest.mark.parametrize("hook", ["none", "fails"])
def test_a_decline_is_one_however_often_the_page_asks_how_it_stands(
    mount: Mount, account: Account, customer: str, hook: str
) -> None:
    def fail(payment: Payment) -> None:
        raise RuntimeError("the host's own fault")

    called: dict[str, AfterPay | None] = {"none": None, "fails": fail}
    portal = mount(stripe_publishable_key=PUBLISHABLE, decline_limit="2/hour", hooks=Hooks(payment_failed=called[hook]))
    element = Element(portal.browser(ANNA), account, account.open(customer, 4200))
    element.begin()
    decline(element)
    for _ in range(10):
        assert element.result()["status"] == "failed"
    assert element.check()["status"] == "ready"
    decline(element)
    assert element.step("check", paying=element.begun["paying"]).status == 429
