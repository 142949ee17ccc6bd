"""Paying, by those who mean ill and while Stripe fails: never twice, nothing that was forbidden, nothing untrue."""

from __future__ import annotations

from dataclasses import replace

import pytest

from invoice_portal import Email, Hooks, Payment
from invoice_portal.errors import StoreUnavailable
from stripe_sandbox import Request, Response
from stripe_sandbox.errors import StripeSandboxError
from stripe_sandbox.server import respond
from support.accounts import Account
from support.paying import PUBLISHABLE, charges, pay, saved_card, saved_method
from support.portals import Answer, Browser, Mount, Mounted
from support.stripe_server import StripeServer

ANNA = Email("anna@example.com")
LOCKED = Response(
    429, {}, b'{"error": {"type": "invalid_request_error", "code": "lock_timeout", "message": "Locked."}}'
)


@pytest.fixture
def told() -> list[Payment]:
    """What the host was told."""
    return []


@pytest.fixture
def portal(mount: Mount, told: list[Payment]) -> Mounted:
    """A portal in which customers pay, parts too."""
    hooks = Hooks(after_pay=told.append, payment_failed=told.append)
    return mount(stripe_publishable_key=PUBLISHABLE, partial_payments=True, hooks=hooks)


@pytest.fixture
def anna(portal: Mounted) -> Browser:
    """Anna's browser."""
    return portal.browser(ANNA)


@pytest.fixture
def customer(account: Account) -> str:
    """Anna at Stripe."""
    return account.customer(ANNA.address)


def ask(browser: Browser, page: Answer, invoice: str, step: str, **more: str) -> Answer:
    """What the portal's own script asks."""
    origin = str(browser.client.base_url.copy_with(path="")).rstrip("/")
    form = next(form for form in page.html.forms if "statement" in form.fields)
    headers = {"Origin": origin, "Accept": "application/json"}
    return browser.send("POST", f"/invoices/{invoice}/pay/{step}", headers=headers, data={**form.fields, **more})


def test_an_intent_that_paid_nothing_is_not_told_as_paid(
    anna: Browser, account: Account, customer: str, told: list[Payment]
) -> None:
    """Whoever had begun to pay parts comes back to each of them after the invoice was paid in one go."""
    method, invoice = saved_card(account, customer), account.open(customer, 9000)
    began = []
    for part in ("10", "20", "30"):
        page = anna.get(f"/invoices/{invoice}/pay", {"part": part})
        began.append(ask(anna, page, invoice, "new").json)
    pay(anna, invoice, method)
    for step in began:
        assert "note=paid" not in anna.get(step["return_url"]).location
        assert ask(anna, page, invoice, "result", paying=step["paying"]).json["status"] == "nothing"
    assert [(payment.status, payment.amount) for payment in told] == [("paid", 9000)]


def test_the_host_is_told_what_was_taken(anna: Browser, account: Account, customer: str, told: list[Payment]) -> None:
    """A page that was begun with one amount and paid, round the portal's check, with another."""
    invoice = account.open(customer, 9000)
    step = ask(anna, anna.get(f"/invoices/{invoice}/pay"), invoice, "new").json
    account.post("credit_notes", invoice=invoice, amount=4000)
    intent = step["client_secret"].partition("_secret_")[0]
    account.post(f"payment_intents/{intent}/confirm", payment_method="pm_card_visa")
    assert anna.get(step["return_url"]).location.endswith("note=paid")
    assert [charge["amount"] for charge in charges(account, customer)] == [5000]
    assert [(payment.status, payment.amount, payment.part) for payment in told] == [("paid", 5000, False)]


def test_what_cannot_be_canceled_is_not_paid_beside(
    anna: Browser, account: Account, customer: str, stripe: StripeServer
) -> None:
    """While one tab waits for the bank about a part, Stripe holds that intent: another tab must not pay all of it."""
    method, invoice = saved_card(account, customer), account.open(customer, 9000)
    page = anna.get(f"/invoices/{invoice}/pay")
    part = anna.get(f"/invoices/{invoice}/pay", {"part": "40"})
    step = ask(anna, part, invoice, "new").json
    assert ask(anna, part, invoice, "check", paying=step["paying"]).json["status"] == "ready"
    stripe.answer(r"/v1/payment_intents/[^/]+/cancel", LOCKED)
    assert "note=paid" not in anna.submit(page, "/pay/saved", method=method).headers.get("location", "")
    assert "client_secret" not in ask(anna, page, invoice, "new").source
    assert anna.submit(page, "/pay/hosted").headers.get("location", "").find("/hosted/invoices") < 0
    assert charges(account, customer) == []
    account.post(
        f"payment_intents/{step['client_secret'].partition('_secret_')[0]}/confirm", payment_method="pm_card_visa"
    )
    assert sum(charge["amount"] for charge in charges(account, customer)) == 4000


def test_a_veto_comes_before_any_secret(mount: Mount, account: Account, customer: str) -> None:
    """With a secret, Stripe takes the money without asking us."""
    hooks = Hooks(before_pay=lambda payment: "Please call us first.")
    anna = mount(stripe_publishable_key=PUBLISHABLE, hooks=hooks).browser(ANNA)
    invoice = account.open(customer, 4200)
    method = saved_card(account, customer, "pm_card_authenticationRequired")
    page = anna.get(f"/invoices/{invoice}/pay")
    refused = ask(anna, page, invoice, "new")
    assert "client_secret" not in refused.source
    assert refused.json["text"] == "Please call us first."
    with pytest.raises(Exception, match="additional user action"):
        account.post(f"invoices/{invoice}/pay", payment_method=method, off_session=False)
    assert account.get("payment_intents", customer=customer)["data"][0]["status"] == "requires_action"
    refused = ask(anna, page, invoice, "bank")
    assert "client_secret" not in refused.source
    assert refused.json["text"] == "Please call us first."


def test_a_hook_that_allows_no_type_opens_nothing(mount: Mount, account: Account, customer: str) -> None:
    types: list[str] = ["card"]
    hooks = Hooks(payment_method_types=lambda payable: types)
    anna = mount(stripe_publishable_key=PUBLISHABLE, hooks=hooks).browser(ANNA)
    method, invoice = saved_card(account, customer), account.open(customer, 4200)
    page = anna.get(f"/invoices/{invoice}/pay")
    types.clear()
    assert anna.get(f"/invoices/{invoice}/pay").status == 403
    assert anna.submit(page, "/pay/saved", method=method).status == 403
    assert anna.post(f"/invoices/{invoice}/pay/hosted", page.html.form("/pay/saved").fields).status == 403
    assert "client_secret" not in ask(anna, page, invoice, "new").source
    assert charges(account, customer) == []


def test_a_payment_under_way_is_seen_however_many_there_are(
    anna: Browser, account: Account, customer: str, stripe: StripeServer
) -> None:
    debit, invoice = saved_method(account, customer, "pm_usBankAccount_success"), account.open(customer, 9000)
    page = anna.get(f"/invoices/{invoice}/pay")
    pay(anna, invoice, debit)
    for _ in range(2):
        other = account.post("payment_intents", amount=1000, currency="usd", customer=customer)["id"]
        account.post(f"invoices/{invoice}/attach_payment", payment_intent=other)
        account.post(f"payment_intents/{other}/cancel")

    def a_page_of_one(request: Request) -> Response | None:
        if request.path != "/v1/invoice_payments":
            return None
        return respond(stripe.sandbox, replace(request, query=request.query.replace("limit=100", "limit=1")))

    stripe.script(a_page_of_one)
    card = saved_card(account, customer)
    assert "note=settled" in anna.submit(page, "/pay/saved", method=card).location
    assert len(charges(account, customer)) == 1


def test_a_secret_that_stripe_adds_to_the_way_back_is_in_no_page(portal: Mounted, account: Account) -> None:
    """Whose visit ended at the bank's is told so, on a page that does not repeat its address."""
    stranger = portal.browser()
    back = {"paying": "x", "payment_intent_client_secret": "pi_1_secret_abc", "payment_intent": "pi_1"}
    answer = stranger.get("/invoices/in_1/pay/returned", back)
    assert answer.status == 404
    assert "secret_abc" not in answer.source
    answer = stranger.get("/payment_methods/returned", {"setup_intent_client_secret": "seti_1_secret_abc"})
    assert "secret_abc" not in answer.source


def test_an_answer_that_stripe_repeats_is_not_the_last_word(
    anna: Browser, account: Account, customer: str, stripe: StripeServer
) -> None:
    """Stripe keeps an internal error under its key for a day, and would answer every new try with it."""
    method, invoice = saved_card(account, customer), account.open(customer, 4200)
    seen: set[str] = set()

    def fail(request: Request) -> Response | None:
        key = request.headers.get("Idempotency-Key", "")
        if not request.path.endswith("/pay") or (seen and key not in seen):
            return None
        headers = {"Idempotent-Replayed": "true"} if key in seen else {}
        seen.add(key)
        return Response(500, headers, b'{"error": {"type": "api_error", "message": "Sorry."}}')

    stripe.script(fail)
    assert pay(anna, invoice, method).location.endswith("note=paid")
    assert len(charges(account, customer)) == 1


def test_who_was_told_is_not_told_again_because_it_could_not_be_recorded(
    portal: Mounted,
    anna: Browser,
    account: Account,
    customer: str,
    told: list[Payment],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    method, invoice = saved_card(account, customer), account.open(customer, 4200)
    page = anna.get(f"/invoices/{invoice}/pay")

    def fail(block: object) -> None:
        raise StoreUnavailable("the disk is full")

    monkeypatch.setattr(portal.portal.database, "atomically", fail)
    assert anna.submit(page, "/pay/saved", method=method).location.endswith("note=paid")
    assert [payment.status for payment in told] == ["paid"]
    assert "not in the audit trail (the disk is full)" in caplog.text
    assert invoice in caplog.text


def test_who_tries_a_stolen_card_is_not_told_what_gave_it_away(
    anna: Browser, account: Account, customer: str, told: list[Payment]
) -> None:
    method, invoice = (
        saved_card(account, customer, "pm_card_visa_chargeDeclinedStolenCard"),
        account.open(customer, 4200),
    )
    answer = pay(anna, invoice, method)
    page = anna.follow(answer)
    assert [payment.code for payment in told] == ["stolen_card"]
    for part in (answer.location, str(dict(answer.headers)), page.source, anna.get(f"/invoices/{invoice}").source):
        assert "stolen" not in part.lower()


@pytest.mark.parametrize("ends", ["the answer comes", "nobody comes back"])
def test_while_one_tab_takes_the_money_another_takes_no_other_amount(
    shared: Mount, account: Account, customer: str, stripe: StripeServer, ends: str
) -> None:
    """What Stripe works on shows in no reading: the tab that pays all has the turn, the one that pays a part waits."""
    anna = shared(stripe_publishable_key=PUBLISHABLE, partial_payments=True).browser(ANNA)
    method, invoice = saved_card(account, customer), account.open(customer, 9000)
    page = anna.get(f"/invoices/{invoice}/pay")
    all_of_it = ask(anna, page, invoice, "new").json
    assert ask(anna, page, invoice, "check", paying=all_of_it["paying"]).json["status"] == "ready"
    part = anna.get(f"/invoices/{invoice}/pay", {"part": "20"})
    assert ask(anna, part, invoice, "saved", method=method).json["status"] == "busy"
    assert charges(account, customer) == []
    assert ask(anna, page, invoice, "check", paying=all_of_it["paying"]).json["status"] == "ready", "still its turn"
    if ends == "the answer comes":
        intent = all_of_it["client_secret"].partition("_secret_")[0]
        with pytest.raises(StripeSandboxError, match="402"):
            account.post(f"payment_intents/{intent}/confirm", payment_method="pm_card_visa_chargeDeclined")
        assert ask(anna, page, invoice, "result", paying=all_of_it["paying"]).json["status"] == "failed"
    else:
        stripe.sandbox.clock.advance(61)
    assert ask(anna, part, invoice, "saved", method=method).json["status"] == "paid"
    assert [charge["amount"] for charge in charges(account, customer) if charge["paid"]] == [2000]


def test_what_is_shared_with_another_account_is_paid_by_stripes_own_intent_alone(
    anna: Browser, account: Account, customer: str
) -> None:
    """A part would be an intent of the portal's own, whose money would stay with the platform."""
    method, invoice = saved_card(account, customer), account.open(customer, 9000)
    part = anna.get(f"/invoices/{invoice}/pay", {"part": "20"})
    (payment,) = account.get("invoice_payments", invoice=invoice)["data"]
    intent = account.sandbox.store.get("payment_intent", payment["payment"]["payment_intent"])
    intent["transfer_data"] = {"destination": "acct_other"}
    assert ask(anna, part, invoice, "saved", method=method).json["status"] == "changed"
    assert charges(account, customer) == []
    page = anna.get(f"/invoices/{invoice}/pay", {"part": "20"})
    assert "part" not in {name for form in page.html.forms for name in form.fields}
    assert pay(anna, invoice, method).location.endswith("note=paid")
    assert [charge["amount"] for charge in charges(account, customer)] == [9000]


def test_a_payment_that_failed_before_money_was_taken_holds_up_no_other(
    shared: Mount, account: Account, customer: str, stripe: StripeServer
) -> None:
    """Stripe fails while the first tab has the turn and has tried nothing yet: the second may pay at once."""
    anna = shared(stripe_publishable_key=PUBLISHABLE, partial_payments=True).browser(ANNA)
    method, invoice = saved_card(account, customer), account.open(customer, 9000)
    page, part = anna.get(f"/invoices/{invoice}/pay"), anna.get(f"/invoices/{invoice}/pay", {"part": "20"})
    waiting = saved_card(account, customer, "pm_card_authenticationRequired")
    before = len(stripe.requests)

    def fail_the_second_reading(request: Request) -> Response | None:
        read = [each for each in stripe.requests[before:] if each.path == f"/v1/invoices/{invoice}"]
        return Response(500, {}, b"{}") if request.path == f"/v1/invoices/{invoice}" and len(read) > 1 else None

    stripe.script(fail_the_second_reading)
    assert ask(anna, page, invoice, "saved", method=method).status == 503
    stripe._scripts.clear()
    assert charges(account, customer) == []
    assert ask(anna, part, invoice, "saved", method=waiting).json["status"] == "action"
    assert ask(anna, page, invoice, "saved", method=method).json["status"] == "paid"


def test_while_it_is_not_known_whether_money_was_taken_nothing_else_is_tried(
    shared: Mount, account: Account, customer: str, stripe: StripeServer
) -> None:
    """Stripe may be working on it, and gives no reading: nobody pays anything else until the minute is over."""
    anna = shared(stripe_publishable_key=PUBLISHABLE, partial_payments=True).browser(ANNA)
    method, invoice = saved_card(account, customer), account.open(customer, 9000)
    page, part = anna.get(f"/invoices/{invoice}/pay"), anna.get(f"/invoices/{invoice}/pay", {"part": "20"})
    tried: list[str] = []

    def lose(request: Request) -> Response | None:
        tried.append(request.path) if request.path.endswith("/pay") else None
        gone = Response(404, {}, b'{"error": {"type": "invalid_request_error", "code": "resource_missing"}}')
        return Response(500, {}, b"{}") if request.path.endswith("/pay") else gone if tried else None

    stripe.script(lose)
    assert ask(anna, page, invoice, "saved", method=method).json["status"] == "unknown"
    stripe._scripts.clear()
    assert ask(anna, part, invoice, "saved", method=method).json["status"] == "busy"
    assert charges(account, customer) == []
    stripe.sandbox.clock.advance(61)
    assert ask(anna, part, invoice, "saved", method=method).json["status"] == "paid"
    assert [charge["amount"] for charge in charges(account, customer)] == [2000]


def test_while_the_bank_is_answered_in_one_tab_another_takes_no_other_amount(
    anna: Browser, account: Account, customer: str
) -> None:
    asks = saved_card(account, customer, "pm_card_authenticationRequired")
    good, invoice = saved_card(account, customer), account.open(customer, 9000)
    page = anna.get(f"/invoices/{invoice}/pay")
    part = anna.get(f"/invoices/{invoice}/pay", {"part": "20"})
    assert ask(anna, page, invoice, "saved", method=asks).json["status"] == "action"
    step = ask(anna, page, invoice, "bank").json
    assert step["status"] == "ready"
    assert ask(anna, part, invoice, "saved", method=good).json["status"] == "busy"
    account.sandbox.authenticate(step["client_secret"].partition("_secret_")[0])
    assert anna.get(step["return_url"]).location.endswith("note=paid")
    assert ask(anna, part, invoice, "saved", method=good).json["status"] == "nothing"
    assert [charge["amount"] for charge in charges(account, customer) if charge["paid"]] == [9000]
