"""What happens to an invoice elsewhere while its page for paying is open: nobody pays what is not due."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from invoice_portal import Email, Hooks, Payment
from stripe_sandbox import StripeSandboxError
from support.accounts import Account
from support.moments import DAY
from support.paying import PUBLISHABLE, Element, charges, saved_card, saved_method
from support.portals import Browser, Mount, Mounted

ANNA = Email("anna@example.com")


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


def void(account: Account, invoice: str) -> None:
    account.post(f"invoices/{invoice}/void")


def write_off(account: Account, invoice: str) -> None:
    account.post(f"invoices/{invoice}/mark_uncollectible")


def pay_outside(account: Account, invoice: str) -> None:
    account.post(f"invoices/{invoice}/pay", paid_out_of_band=True)


def credit_all(account: Account, invoice: str) -> None:
    account.post("credit_notes", invoice=invoice, amount=9000)


def revise(account: Account, invoice: str) -> None:
    made = account.post("invoices", from_invoice={"invoice": invoice, "action": "revision"})
    account.post(f"invoices/{made['id']}/finalize")


ENDS = [void, write_off, pay_outside, credit_all, revise]


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
def test_what_ended_elsewhere_is_not_paid_by_a_page_that_is_still_open(
    anna: Browser, account: Account, customer: str, end: Callable[[Account, str], None]
) -> None:
    method, invoice = saved_card(account, customer), account.open(customer, 9000)
    asks = saved_card(account, customer, "pm_card_authenticationRequired")
    page, several = anna.get(f"/invoices/{invoice}/pay"), anna.get("/pay")
    new, part = Element(anna, account, invoice), Element(anna, account, invoice, part="20")
    part.begin()
    new.begin()
    assert "note=action" in anna.submit(page, "/pay/saved", method=asks).location
    end(account, invoice)
    for answer in (anna.submit(page, "/pay/saved", method=method), anna.submit(page, "/pay/hosted")):
        assert "note=settled" in answer.location
        says = "Please contact us if you want to settle it." if end is write_off else "nothing left to pay"
        assert says in anna.follow(answer).text
        assert ("nothing left to pay" in anna.follow(answer).text) == (end is not write_off)
    assert new.check()["status"] == part.check()["status"] == new.begin()["status"] == "nothing"
    assert new.step("bank").json["status"] == "changed"
    assert anna.submit(several, "/pay?currency=usd", method=method).status in (200, 303)
    with pytest.raises(StripeSandboxError):
        part.confirm()
    assert charges(account, customer) == []
    assert "note=settled" in anna.get(f"/invoices/{invoice}/pay").location


def test_two_customers_of_one_address_do_not_pay_with_each_others_methods(
    anna: Browser, account: Account, customer: str
) -> None:
    other = account.customer(ANNA.address)
    mine, theirs = saved_card(account, customer), saved_card(account, other)
    one, two = account.open(customer, 9000), account.open(other, 9000)
    pages = {invoice: anna.get(f"/invoices/{invoice}/pay") for invoice in (one, two)}
    assert theirs not in pages[one].source
    assert mine not in pages[two].source
    assert anna.submit(pages[one], "/pay/saved", method=theirs).status == 404
    swapped = pages[one].html.form("/pay/saved").fields["statement"]
    assert "note=changed" in anna.submit(pages[two], "/pay/saved", method=theirs, statement=swapped).location
    assert charges(account, customer) == charges(account, other) == []


def test_a_debit_that_failed_after_days_is_tried_again(
    anna: Browser, account: Account, customer: str, told: list[Payment]
) -> None:
    """Twice with the account that has too little, by one intent; each is told, and the third is the only one taken."""
    good = saved_method(account, customer, "pm_usBankAccount_success")
    bad = saved_method(account, customer, "pm_usBankAccount_insufficientFunds")
    invoice = account.open(customer, 9000)
    for method in (bad, bad, good):
        page = anna.get(f"/invoices/{invoice}/pay")
        assert page.status == 200
        assert "note=on_its_way" in anna.submit(page, "/pay/saved", method=method).location
        assert "note=" in anna.submit(page, "/pay/saved", method=method).location
        account.sandbox.clock.advance(6 * DAY)
    assert anna.get(f"/invoices/{invoice}/pay").status == 303
    assert [charge["status"] for charge in charges(account, customer)] == ["succeeded", "failed", "failed"]
    assert [payment.status for payment in told] == ["processing", "processing", "processing", "paid"]
    assert {payment.way for payment in told} == {"saved"}


def test_who_comes_back_from_their_bank_days_later_is_told_how_it_stands(
    anna: Browser, account: Account, customer: str
) -> None:
    element = Element(anna, account, account.open(customer, 9000))
    element.begin()
    element.check()
    element.confirm()
    account.sandbox.clock.advance(2 * DAY)
    back = element.back()
    assert back.status == 303
    assert "Paid" in anna.follow(back).text
