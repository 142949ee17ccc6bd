"""Paying several invoices at once, and parts of one: each settled on its own, each once."""

from __future__ import annotations

import pytest

from invoice_portal import Email, Hooks, Payment
from support.accounts import Account
from support.paying import PUBLISHABLE, charges, pay, saved_card, saved_method
from support.portals import Answer, Browser, Mount, Mounted

ANNA = Email("anna@example.com")


@pytest.fixture
def portal(mount: Mount) -> Mounted:
    """A portal in which customers pay, parts as well."""
    return mount(stripe_publishable_key=PUBLISHABLE, partial_payments=True, partial_payment_minimum={"usd": 500})


@pytest.fixture
def anna(portal: Mounted) -> Browser:
    """Anna's browser."""
    return portal.browser(ANNA)


@pytest.fixture
def customer(account: Account) -> str:
    """Anna at Stripe."""
    return account.customer(ANNA.address)


def ticked(browser: Browser, page: Answer, method: str, *invoices: str) -> Answer:
    """Send the form with these invoices ticked."""
    fields = page.html.form("currency=usd").fields
    left = {name: value for name, value in fields.items() if not name.startswith("pay_") or name[4:] in invoices}
    return browser.send(
        "POST", page.html.form("currency=usd").action, headers=_origin(browser), data={**left, "method": method}
    )


def boxes(page: Answer) -> dict[str, bool]:
    """What can be ticked, and whether it is."""
    found = [box.attributes for box in page.html.root.all("input") if box.attributes.get("type") == "checkbox"]
    return {box["name"]: "checked" in box for box in found}


def test_all_that_is_open_is_paid_each_on_its_own(anna: Browser, account: Account, customer: str) -> None:
    method = saved_card(account, customer)
    invoices = [account.open(customer, amount) for amount in (1000, 2000, 3000)]
    page = anna.get(anna.get("/").html.links["Pay several"])
    done = ticked(anna, page, method, *invoices)
    assert done.text.count("Paid. Thank you.") == 3
    assert [account.get(f"invoices/{invoice}")["status"] for invoice in invoices] == ["paid"] * 3
    assert sorted(charge["amount"] for charge in charges(account, customer)) == [1000, 2000, 3000]
    assert "All of it" not in done.text, "nothing is left to pay"
    again = ticked(anna, page, method, *invoices)
    assert "Paid. Thank you." not in again.text
    assert len(charges(account, customer)) == 3


def test_a_selection_is_paid_and_the_rest_is_left(anna: Browser, account: Account, customer: str) -> None:
    method = saved_card(account, customer)
    one, two = account.open(customer, 1000), account.open(customer, 2000)
    page = anna.get("/pay")
    assert "All of it: $30.00" in page.text
    assert "All of it: $10.00" in ticked(anna, page, method, two).text
    assert [account.get(f"invoices/{invoice}")["status"] for invoice in (one, two)] == ["open", "paid"]


def test_currencies_are_kept_apart(anna: Browser, account: Account, customer: str) -> None:
    account.open(customer, 1000)
    other = account.customer(ANNA.address)
    account.open(other, 900, currency="eur")
    account.open(other, 700, currency="gbp")
    page = anna.get("/pay", {"customer": other})
    assert set(page.html.links) >= {"EUR", "GBP"}
    assert "€9.00" in anna.get("/pay", {"customer": other, "currency": "eur"}).text
    assert "£7.00" not in anna.get("/pay", {"customer": other, "currency": "eur"}).text


def test_a_failure_in_the_middle_leaves_a_clear_account(mount: Mount, account: Account, customer: str) -> None:
    """The second is declined: the first is paid, the third was not tried, and each says so."""
    method = saved_card(account, customer)
    invoices = [account.open(customer, amount) for amount in (1000, 2000, 3000)]

    def decline_the_second(payment: Payment) -> None:
        if payment.invoice_id == invoices[1]:
            account.sandbox.store["payment_method", method]["_number"] = "4000000000000341"

    hooks = Hooks(before_pay=decline_the_second)
    anna = mount(stripe_publishable_key=PUBLISHABLE, hooks=hooks).browser(ANNA)
    with account.sandbox.clock.at(account.sandbox.clock.now):
        page = anna.get("/pay")
        done = ticked(anna, page, method, *invoices)
    assert "Not everything was paid." in done.text
    assert [text for text in ("Paid. Thank you.", "Your bank did not accept", "Not tried.") if text in done.text] == [
        "Paid. Thank you.",
        "Your bank did not accept",
        "Not tried.",
    ]
    assert [account.get(f"invoices/{invoice}")["status"] for invoice in invoices] == ["paid", "open", "open"]
    assert "All of it: $50.00" in done.text


def test_after_a_failure_the_rest_goes_on_from_there_and_nothing_else(
    anna: Browser, account: Account, customer: str
) -> None:
    """What was not ticked before is not ticked now, and what was can be paid with another method at once."""
    bad, good = saved_card(account, customer, "pm_card_chargeCustomerFail"), saved_card(account, customer)
    one, two, three, never = (account.open(customer, amount) for amount in (1000, 2000, 3000, 5000))
    page = anna.get("/pay")
    account.post(f"invoices/{one}/pay", payment_method=good)
    done = ticked(anna, page, bad, two, three)
    assert "Not everything was paid." in done.text
    boxes = {
        box.attributes["name"]: box for box in done.html.root.all("input") if box.attributes.get("type") == "checkbox"
    }
    assert {name for name, box in boxes.items() if "checked" in box.attributes} == {f"pay_{two}", f"pay_{three}"}
    assert f"pay_{never}" in boxes
    again = ticked(anna, done, good, two, three)
    assert "Not everything was paid." not in again.text
    states = [account.get(f"invoices/{invoice}")["status"] for invoice in (one, two, three, never)]
    assert states == ["paid", "paid", "paid", "open"]


def test_an_invoice_that_costs_something_else_by_now_is_looked_at_again(
    anna: Browser, account: Account, customer: str
) -> None:
    """The others are paid; this one is shown as it is now, and not ticked."""
    good = saved_card(account, customer)
    one, two = account.open(customer, 1000), account.open(customer, 2000)
    page = anna.get("/pay")
    account.post("credit_notes", invoice=one, amount=400)
    done = ticked(anna, page, good, one, two)
    assert "What is due has changed" in done.text
    assert "All of it: $6.00" in done.text
    assert boxes(done) == {f"pay_{one}": False}
    assert [account.get(f"invoices/{invoice}")["status"] for invoice in (one, two)] == ["open", "paid"]


def test_what_is_vetoed_does_not_hold_up_the_others(mount: Mount, account: Account, customer: str) -> None:
    method = saved_card(account, customer)
    invoices = [account.open(customer, amount) for amount in (1000, 2000)]
    hooks = Hooks(before_pay=lambda payment: "Not this one." if payment.invoice_id == invoices[0] else None)
    anna = mount(stripe_publishable_key=PUBLISHABLE, hooks=hooks).browser(ANNA)
    done = ticked(anna, anna.get("/pay"), method, *invoices)
    assert "Not this one." in done.text
    assert [account.get(f"invoices/{invoice}")["status"] for invoice in invoices] == ["open", "paid"]


def test_one_on_its_way_cannot_be_ticked_and_the_list_says_so(anna: Browser, account: Account, customer: str) -> None:
    debit = saved_method(account, customer, "pm_usBankAccount_success")
    saved_card(account, customer)
    one, two = account.open(customer, 1000), account.open(customer, 2000)
    pay(anna, one, debit)
    home = anna.get("/")
    assert "Payment on its way" in home.text
    assert not any(form.action.endswith(f"{one}/pay") for form in home.html.forms)
    page = anna.get("/pay")
    assert f"pay_{one}" not in page.source
    assert f"pay_{two}" in page.source
    assert "All of it: $20.00" in page.text
    assert len(charges(account, customer)) == 1


def part(browser: Browser, invoice: str, typed: str) -> Answer:
    """The page for a part."""
    return browser.get(f"/invoices/{invoice}/pay", {"part": typed})


def test_a_part_is_paid_and_the_rest_stays_payable(anna: Browser, account: Account, customer: str) -> None:
    method, invoice = saved_card(account, customer), account.open(customer, 4200)
    page = part(anna, invoice, "10.00")
    assert "$10.00" in page.text
    assert "$32.00 remain to be paid later." in page.text
    assert "This part is paid." in anna.follow(anna.submit(page, "/pay/saved", method=method)).text
    found = account.get(f"invoices/{invoice}")
    assert (found["status"], found["amount_remaining"], found["amount_paid"]) == ("open", 3200, 1000)
    assert "What is due has changed" in anna.follow(anna.submit(page, "/pay/saved", method=method)).text
    assert "note=paid" in pay(anna, invoice, method).location
    assert [charge["amount"] for charge in charges(account, customer)] == [3200, 1000]
    assert account.get(f"invoices/{invoice}")["amount_overpaid"] == 0


def test_a_part_that_was_declined_is_paid_with_another_card(anna: Browser, account: Account, customer: str) -> None:
    bad, good = saved_card(account, customer, "pm_card_chargeCustomerFail"), saved_card(account, customer)
    invoice = account.open(customer, 4200)
    page = part(anna, invoice, "10")
    assert "note=failed" in anna.submit(page, "/pay/saved", method=bad).location
    assert "note=failed" in anna.submit(page, "/pay/saved", method=bad).location
    assert "note=paid" in anna.submit(page, "/pay/saved", method=good).location
    assert [charge["paid"] for charge in charges(account, customer)] == [True, False, False]
    open_intents = [
        intent
        for intent in account.get("payment_intents", customer=customer)["data"]
        if intent["status"] not in ("succeeded", "canceled") and intent["amount"] == 1000
    ]
    assert open_intents == []


@pytest.mark.parametrize("typed", ["4.99", "41.80", "42.01", "0", "-3", "ten", "1e3", "10.005", "10,00,0"])
def test_what_can_be_no_part_is_refused_and_all_is_offered(
    typed: str, anna: Browser, account: Account, customer: str
) -> None:
    saved_card(account, customer)
    invoice = account.open(customer, 4200)
    page = part(anna, invoice, typed)
    assert "portal-part-problem" in page.source
    assert "Pay $42.00" in page.text


def test_parts_are_off_unless_the_merchant_allows_them(mount: Mount, account: Account, customer: str) -> None:
    invoice = account.open(customer, 4200)
    anna = mount(stripe_publishable_key=PUBLISHABLE).browser(ANNA)
    assert "Pay a part" not in anna.get(f"/invoices/{invoice}/pay").text
    assert "Pay $42.00" in part(anna, invoice, "10").text


def _origin(browser: Browser) -> dict[str, str]:
    return {"Origin": str(browser.client.base_url.copy_with(path="")).rstrip("/")}
