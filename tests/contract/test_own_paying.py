"""Paying on a page of one's own, by JSON. The test is that page, and confirms as Stripe.js would."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from invoice_portal import Email, Hooks, Payment
from invoice_portal.routes import OWN_ROUTES
from stripe_sandbox import StripeSandboxError
from support.accounts import Account
from support.paying import PUBLISHABLE, charges, saved_card
from support.portals import Mount, Mounted
from support.stripe_server import HANG_UP, Request, Response, StripeServer

ANNA, BERT = Email("anna@example.com"), Email("bert@example.com")
SHOP = "https://shop.example"


@pytest.fixture
def portal(mount: Mount) -> Mounted:
    """A portal whose customers pay on a page of the shop's."""
    return mount(stripe_publishable_key=PUBLISHABLE, partial_payments=True, allowed_embed_origins=[SHOP])


@pytest.fixture
def customer(account: Account) -> str:
    """Anna at Stripe."""
    return account.customer(ANNA.address)


class OwnPage:
    """A page on the shop's origin that pays one invoice. Every answer is held to its schema."""

    def __init__(self, portal: Mounted, account: Account, invoice: str, **more: Any) -> None:
        self.account, self.invoice, self.browser = account, invoice, portal.browser()
        self.token = portal.token(ANNA, **more)
        self.statement = self.paying = self.secret = ""

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """One call, by a script on the shop's page."""
        bare = path.partition("?")[0]
        url = f"/invoices/{self.invoice}/{path}"
        answer = self.browser.own(method, url, body, token=self.token, origin=SHOP)
        assert answer.headers["access-control-allow-origin"] == SHOP
        assert "set-cookie" not in answer.headers
        if answer.status == 200:
            (route,) = (r for r in OWN_ROUTES if r.path == "/api/me/invoices/{invoice}/" + bare)
            assert route.operation is not None
            jsonschema.validate(
                answer.json, route.operation["responses"]["200"]["content"]["application/json"]["schema"]
            )
        return answer.json

    def look(self, part: str = "") -> Any:
        """What there is to pay."""
        told = self.ask("GET", f"payment?part={part}" if part else "payment")
        self.statement = told.get("statement") or ""
        return told

    def saved(self, method: str) -> Any:
        """Pay with a saved method."""
        return self.ask("POST", "pay/saved", {"statement": self.statement, "method": method})

    def new(self) -> Any:
        """Mount the element."""
        return self._take(self.ask("POST", "pay/new", {"statement": self.statement}))

    def bank(self) -> Any:
        """Go on with what waits for the bank."""
        return self._take(self.ask("POST", "pay/bank", {}))

    def check(self) -> Any:
        """Ask right before the money is taken."""
        return self.ask("POST", "pay/check", {"statement": self.statement, "paying": self.paying})

    def result(self, **more: Any) -> Any:
        """Ask how it stands."""
        return self.ask("POST", "pay/result", {"paying": self.paying, **more})

    def confirm(self, card: str = "pm_card_visa") -> Any:
        """What Stripe.js does."""
        intent = self.secret.partition("_secret_")[0]
        return self.account.post(f"payment_intents/{intent}/confirm", client_secret=self.secret, payment_method=card)

    def _take(self, told: Any) -> Any:
        if told.get("stripe"):
            self.secret, self.paying = told["stripe"]["client_secret"], told["stripe"]["paying"]
        return told


def test_a_saved_method_pays_what_was_stated_once(portal: Mounted, account: Account, customer: str) -> None:
    method, invoice = saved_card(account, customer), account.open(customer, 4200)
    page = OwnPage(portal, account, invoice)
    told = page.look()
    assert (told["state"], told["amount"]["amount"], told["amount"]["text"]) == ("payable", 4200, "$42.00")
    assert [(each["id"], each["usable"]) for each in told["methods"]] == [(method, True)]
    assert told["stripe"]["publishable_key"] == PUBLISHABLE
    assert page.saved(method) == {"status": "paid", "text": "Paid. Thank you.", "code": ""}
    assert page.saved(method)["status"] == "nothing"
    assert page.look()["state"] == "settled"
    assert [charge["amount"] for charge in charges(account, customer)] == [4200]


def test_a_new_method_pays_by_the_element(portal: Mounted, account: Account, customer: str) -> None:
    page = OwnPage(portal, account, account.open(customer, 4200))
    page.look()
    assert page.new()["stripe"]["session_secret"].startswith("cuss_secret_")
    assert page.check()["status"] == "ready"
    page.confirm()
    assert page.result()["status"] == "paid"
    assert page.check()["status"] == "nothing"
    assert [charge["amount"] for charge in charges(account, customer)] == [4200]


def test_two_pages_and_the_portals_own_pay_one_intent_once(portal: Mounted, account: Account, customer: str) -> None:
    method, invoice = saved_card(account, customer), account.open(customer, 4200)
    one, two = OwnPage(portal, account, invoice), OwnPage(portal, account, invoice)
    theirs = portal.browser(ANNA)
    form = theirs.get(f"/invoices/{invoice}/pay")
    for page in (one, two):
        page.look()
        page.new()
    assert one.secret == two.secret
    assert one.check()["status"] == two.check()["status"] == "ready"
    one.confirm()
    with pytest.raises(StripeSandboxError):
        two.confirm()
    assert two.result()["status"] == "paid"
    theirs.submit(form, "/pay/saved", method=method)
    assert two.saved(method)["status"] == "nothing"
    assert len(charges(account, customer)) == 1


def test_a_part_is_paid_and_the_rest_stays(portal: Mounted, account: Account, customer: str) -> None:
    method, invoice = saved_card(account, customer), account.open(customer, 4200)
    page = OwnPage(portal, account, invoice)
    told = page.look("1000")
    assert (told["amount"]["amount"], told["remains"]["amount"], told["least_part"]["amount"]) == (1000, 3200, 50)
    assert page.saved(method)["status"] == "paid"
    assert account.get(f"invoices/{invoice}")["amount_remaining"] == 3200
    assert page.saved(method)["status"] == "changed"
    for wrong in ("49", "4190", "4201", "-5", "10.00", "9" * 40, "\u0661\u0660\u0660\u0660"):
        assert page.look(wrong)["error"]["type"] == "BadRequest", wrong
    assert len(charges(account, customer)) == 1


def test_an_amount_that_changed_is_not_taken(portal: Mounted, account: Account, customer: str) -> None:
    method, invoice = saved_card(account, customer), account.open(customer, 4200)
    page = OwnPage(portal, account, invoice)
    page.look()
    page.new()
    account.post("credit_notes", invoice=invoice, amount=200)
    for told in (page.saved(method), page.check(), OwnPage.new(page)):
        assert told["status"] == "changed"
        assert "look again" in told["text"]
    assert charges(account, customer) == []


def test_a_decline_is_told_and_the_next_try_passes(portal: Mounted, account: Account, customer: str) -> None:
    bad = saved_card(account, customer, "pm_card_visa_chargeDeclinedInsufficientFunds")
    page = OwnPage(portal, account, account.open(customer, 4200))
    page.look()
    told = page.saved(bad)
    assert (told["status"], told["code"]) == ("failed", "insufficient_funds")
    page.look()
    page.new()
    with pytest.raises(StripeSandboxError):
        page.confirm("pm_card_visa_chargeDeclinedStolenCard")
    told = page.result()
    assert (told["status"], told["code"]) == ("failed", "generic_decline"), "nobody is told that a card is stolen"
    assert page.check()["status"] == "ready"
    page.confirm()
    assert page.result()["status"] == "paid"


def test_what_was_declined_before_is_no_outcome_of_what_is_begun_now(
    mount: Mount, account: Account, customer: str
) -> None:
    """A renewal was declined in the night. Who comes to pay and has tried nothing yet was not declined."""
    told: list[Payment] = []
    hooks = Hooks(payment_failed=told.append, after_pay=told.append)
    portal = mount(stripe_publishable_key=PUBLISHABLE, allowed_embed_origins=[SHOP], hooks=hooks)
    bad, invoice = saved_card(account, customer, "pm_card_chargeCustomerFail"), account.open(customer, 4200)
    with pytest.raises(StripeSandboxError):
        account.post(f"invoices/{invoice}/pay", payment_method=bad)
    page = OwnPage(portal, account, invoice)
    page.look()
    page.new()
    assert page.check()["status"] == "ready"
    assert page.result()["status"] == "unknown"
    assert told == []
    with pytest.raises(StripeSandboxError):
        page.confirm("pm_card_visa_chargeDeclinedInsufficientFunds")
    assert (page.result()["code"], [payment.code for payment in told]) == ("insufficient_funds", ["insufficient_funds"])
    page.check()
    page.confirm()
    assert page.result()["status"] == told[-1].status == "paid"


def test_the_bank_is_answered_by_the_page(portal: Mounted, account: Account, customer: str) -> None:
    asking = saved_card(account, customer, "pm_card_authenticationRequired")
    page = OwnPage(portal, account, account.open(customer, 4200))
    page.look()
    assert page.saved(asking)["status"] == "action"
    told = page.look()
    assert told["waiting"] == {"text": "Your bank asks you to confirm this payment.", "url": None}
    assert page.bank()["status"] == "ready"
    assert page.result()["status"] == "action"


def test_a_lost_line_is_unknown_and_pays_once(
    portal: Mounted, account: Account, customer: str, stripe: StripeServer
) -> None:
    method, invoice = saved_card(account, customer), account.open(customer, 4200)
    page = OwnPage(portal, account, invoice)
    page.look()
    page.new()
    assert page.result(lost=True)["status"] == "unknown"
    down = [True]
    path = f"/v1/invoices/{invoice}/pay"
    stripe.script(lambda request: HANG_UP if down[0] and request.path == path else None)
    assert page.saved(method)["status"] == "unknown"
    down[0] = False
    page.look()
    assert page.saved(method)["status"] == "paid"
    assert page.result()["status"] == "paid"
    assert len(charges(account, customer)) == 1


def test_the_host_is_asked_on_every_way_and_told_at_the_end(mount: Mount, account: Account, customer: str) -> None:
    asked: list[Payment] = []
    told: list[Payment] = []

    def before(payment: Payment) -> str | None:
        asked.append(payment)
        return "Not today." if len(asked) < 4 else None

    hooks = Hooks(before_pay=before, after_pay=told.append)
    portal = mount(stripe_publishable_key=PUBLISHABLE, allowed_embed_origins=[SHOP], hooks=hooks)
    method, invoice = saved_card(account, customer), account.open(customer, 4200)
    page = OwnPage(portal, account, invoice)
    page.look()
    for refused in (page.saved(method), page.new(), page.saved(method)):
        assert (refused["error"]["type"], refused["error"]["advice"]) == ("Vetoed", "Not today.")
    assert page.saved(method)["status"] == "paid"
    assert [(each.amount, each.way, each.status) for each in told] == [(4200, "saved", "paid")]
    assert len(charges(account, customer)) == 1


def test_the_host_is_asked_about_what_is_taken(mount: Mount, account: Account, customer: str) -> None:
    """The page keeps what it has begun, a part is paid elsewhere, and it states the rest: the intent is the same."""
    asked: list[int] = []
    hooks = Hooks(before_pay=lambda payment: asked.append(payment.amount))
    portal = mount(stripe_publishable_key=PUBLISHABLE, allowed_embed_origins=[SHOP], partial_payments=True, hooks=hooks)
    method, invoice = saved_card(account, customer), account.open(customer, 4200)
    page, other = OwnPage(portal, account, invoice), OwnPage(portal, account, invoice)
    page.look()
    page.new()
    other.look("1000")
    assert other.saved(method)["status"] == "paid"
    assert page.look()["amount"]["amount"] == 3200
    assert page.check()["status"] == "ready"
    page.confirm()
    assert asked == [4200, 1000, 3200]
    assert [charge["amount"] for charge in charges(account, customer)] == [3200, 1000]


def test_a_default_that_was_chosen_since_stays_however_often_the_page_asks(
    mount: Mount, account: Account, customer: str
) -> None:
    settings = {"save_payment_method": "always", "save_as_default": True}
    portal = mount(stripe_publishable_key=PUBLISHABLE, allowed_embed_origins=[SHOP], **settings)
    other = saved_card(account, customer, "pm_card_mastercard")
    page = OwnPage(portal, account, account.open(customer, 4200))
    page.look()
    page.new()
    page.confirm()
    defaults = []
    for _ in range(2):
        assert page.result()["status"] == "paid"
        defaults.append(account.get(f"customers/{customer}")["invoice_settings"]["default_payment_method"])
        account.post(f"customers/{customer}", invoice_settings={"default_payment_method": other})
    assert defaults[0] not in (None, other)
    assert defaults[1] == other


def test_what_was_paid_is_told_so_whatever_fails_afterwards(
    mount: Mount, account: Account, customer: str, stripe: StripeServer
) -> None:
    settings = {"save_payment_method": "always", "save_as_default": True}
    portal = mount(stripe_publishable_key=PUBLISHABLE, allowed_embed_origins=[SHOP], **settings)
    invoice = account.open(customer, 4200)
    page = OwnPage(portal, account, invoice)
    page.look()
    page.new()
    page.confirm()
    read = len(stripe.asked(f"/v1/invoices/{invoice}"))

    def fail(request: Request) -> Response | None:
        once = len(stripe.asked(f"/v1/invoices/{invoice}")) == read + 1
        return None if once and not request.path.startswith("/v1/payment_methods") else Response(500, {}, b"{}")

    stripe.script(fail)
    assert page.result()["status"] == "paid"


def test_nothing_that_was_signed_for_another_invoice_counts(portal: Mounted, account: Account, customer: str) -> None:
    method = saved_card(account, customer)
    cheap, dear = account.open(customer, 100), account.open(customer, 9000)
    one, other = OwnPage(portal, account, cheap), OwnPage(portal, account, dear)
    one.look()
    one.new()
    other.statement, other.paying = one.statement, one.paying
    assert other.saved(method)["status"] == other.new()["status"] == "changed"
    assert other.check()["error"]["type"] == other.result()["error"]["type"] == "NotFound"
    one.statement = one.statement[:-2]
    assert one.saved(method)["status"] == "changed"
    assert charges(account, customer) == []


def test_a_method_of_somebody_elses_pays_nothing(portal: Mounted, account: Account, customer: str) -> None:
    theirs = saved_card(account, account.customer(BERT.address))
    page = OwnPage(portal, account, account.open(customer, 4200))
    page.look()
    assert page.saved(theirs)["error"]["type"] == "NotFound"
    assert charges(account, customer) == []


def test_whoever_may_only_look_is_given_no_secret(portal: Mounted, account: Account, customer: str) -> None:
    invoice = account.open(customer, 4200)
    paying = OwnPage(portal, account, invoice)
    paying.look()
    paying.new()
    page = OwnPage(portal, account, invoice, actions=["view"])
    page.statement, page.paying = paying.statement, paying.paying
    told = [page.look(), page.new(), page.bank(), page.result()]
    page.statement = paying.statement
    for each in (*told, page.check(), page.saved("pm_1")):
        assert each["error"]["type"] == "NotAllowed"


def test_without_a_publishable_key_the_page_of_stripes_is_the_way(
    mount: Mount, account: Account, customer: str
) -> None:
    portal = mount(allowed_embed_origins=[SHOP])
    page = OwnPage(portal, account, account.open(customer, 4200))
    assert page.look()["error"]["type"] == "NotAllowed"


def test_by_a_cookie_nothing_is_paid_without_the_form_token(portal: Mounted, account: Account, customer: str) -> None:
    method, invoice = saved_card(account, customer), account.open(customer, 4200)
    for browser in (portal.arrive(ANNA), portal.browser(ANNA)):
        statement = browser.own("GET", f"/invoices/{invoice}/payment").json["statement"]
        for step in ("saved", "new", "check", "bank", "result"):
            body = {"saved": {"statement": statement, "method": method}, "new": {"statement": statement}}.get(step, {})
            refused = browser.own("POST", f"/invoices/{invoice}/pay/{step}", body)
            assert (refused.status, refused.json["error"]["type"]) == (403, "FormExpired"), step
    assert charges(account, customer) == []


def test_a_link_to_one_invoice_pays_with_what_is_the_payers_own(mount: Mount, account: Account, customer: str) -> None:
    portal = mount(
        stripe_publishable_key=PUBLISHABLE, allowed_embed_origins=[SHOP], public_url="https://app.example.com/billing"
    )
    method, invoice = saved_card(account, customer), account.open(customer, 4200)
    page = OwnPage(portal, account, invoice)
    link = portal.portal.links.invoice(invoice).url
    page.token = portal.browser().own("POST", "/session", {"link": link}).json["token"]
    assert page.look()["methods"] == []
    assert page.saved(method)["error"]["type"] == "NotAllowed"
    assert page.new()["stripe"]["session_secret"] is None
    assert page.check()["status"] == "ready"
    page.confirm()
    assert page.result()["status"] == "paid"
