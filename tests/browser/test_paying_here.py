"""Paying in the portal's own page, and everything that goes wrong on the way.

After each, Stripe's books are looked at: exactly one charge, or none.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import stripe as stripe_package
from playwright.sync_api import Browser, Route, expect

from browser.helpers.till import AMOUNT, ASKING, DECLINED, GOOD, Till
from support.accounts import Account
from support.moments import DAY
from support.portals import Mount
from support.runtimes.base import Runtime
from support.stripe_server import StripeServer


@pytest.fixture
def till(
    embedding_runtime: Runtime,
    stripe: StripeServer,
    account: Account,
    browser: Browser,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Till]:
    monkeypatch.setattr(stripe_package.HTTPClient, "_sleep_time_seconds", lambda *args, **more: 0)
    with ExitStack() as stack:
        till = Till(Mount(embedding_runtime, stripe, tmp_path, stack), account, stripe, browser)
        stack.callback(embedding_runtime.unmount)
        yield till
        till.close()
    complaints = [complaint for customer in till.customers for complaint in customer.complaints]
    assert not complaints, "\n".join(complaints)


# It goes well


def test_one_click_pays_with_what_is_saved(till: Till) -> None:
    till.save()
    anna = till.arrive()
    anna.page.get_by_role("link", name=till.account.number(till.invoice), exact=True).click()
    anna.page.get_by_role("main").get_by_role("button", name="Pay $42.00").click()
    anna.saved_button.click()
    anna.says("Paid. Thank you.")
    assert (till.charges(), till.status()) == ([AMOUNT], "paid")
    assert [(payment.status, payment.way) for payment in till.told] == [("paid", "saved")]


def test_a_new_card_pays_and_is_kept_where_that_is_asked_for(till: Till) -> None:
    till.serve(save_payment_method="offer")
    anna = till.arrive()
    anna.open_new()
    anna.type_card(GOOD)
    anna.fields.get_by_label("Save payment details").check()
    anna.new_button.click()
    anna.says("Paid. Thank you.")
    assert (till.charges(), till.status()) == ([AMOUNT], "paid")
    assert "secret" not in anna.page.url
    (kept,) = till.account.get(f"customers/{till.anna}/payment_methods")["data"]
    assert kept["allow_redisplay"] == "always"
    assert [(payment.status, payment.way) for payment in till.told] == [("paid", "new")]


def test_a_bank_debit_is_on_its_way_and_cannot_be_paid_again(till: Till) -> None:
    debit = till.save("pm_usBankAccount_success")
    anna = till.arrive()
    anna.open()
    anna.choose(debit)
    anna.saved_button.click()
    anna.says("on its way")
    anna.open()
    anna.says("on its way")
    expect(anna.page.get_by_role("button", name="Pay $42.00")).to_have_count(0)
    assert (till.charges("pending"), till.status()) == ([AMOUNT], "open")
    till.account.sandbox.clock.advance(5 * DAY)
    assert (till.charges("succeeded"), till.status()) == ([AMOUNT], "paid")


def test_a_part_is_paid_and_the_rest_stays(till: Till) -> None:
    till.serve(partial_payments=True)
    anna = till.arrive()
    anna.open_new("?part=12.00")
    anna.says("$30.00 remain to be paid later.")
    anna.pay_new()
    anna.says("This part is paid. Thank you.")
    assert (till.charges(), till.status()) == ([1200], "open")
    anna.open_new()
    anna.says("$30.00")
    anna.pay_new()
    anna.says("Paid. Thank you.")
    assert (till.charges(), till.status()) == ([1200, 3000], "paid")


# Refusals


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (DECLINED, "Your bank did not accept the payment."),
        ("4000 0000 0000 9995", "There was not enough money on the account."),
        ("4000 0000 0000 0069", "The card has expired."),
        ("4000 0000 0000 0127", "The security code was not right."),
        ("4000 0000 0000 0119", "The bank could not process it. Trying again may help."),
    ],
)
def test_a_new_card_that_is_declined_says_why_and_the_next_one_pays(till: Till, number: str, words: str) -> None:
    anna = till.arrive()
    anna.open_new()
    anna.pay_new(number)
    expect(anna.problem).to_contain_text(words)
    assert (till.charges(), till.status()) == ([], "open")
    anna.pay_new()
    anna.says("Paid. Thank you.")
    assert (till.charges(), till.charges("failed")) == ([AMOUNT], [AMOUNT])
    assert [payment.status for payment in till.told] == ["failed", "paid"]


def test_a_saved_card_that_is_declined_leaves_another_way(till: Till) -> None:
    bad = till.save("pm_card_chargeCustomerFail")
    good = till.save()
    anna = till.arrive()
    anna.open()
    anna.choose(bad)
    anna.saved_button.click()
    expect(anna.problem).to_contain_text("Choose another way to pay")
    assert till.charges() == []
    anna.choose(good)
    anna.saved_button.click()
    anna.says("Paid. Thank you.")
    assert till.charges() == [AMOUNT]


# The bank asks


@pytest.mark.parametrize(("button", "paid"), [("Complete", True), ("Fail", False), ("Close", False)])
@pytest.mark.parametrize("way", ["new", "saved"])
def test_the_banks_question_passed_failed_and_closed(till: Till, way: str, button: str, paid: bool) -> None:
    if way == "saved":
        till.save("pm_card_authenticationRequired")
    anna = till.arrive()
    if way == "saved":
        anna.open()
        anna.saved_button.click()
        anna.page.get_by_role("button", name="Confirm with your bank").click()
    else:
        anna.open_new()
        anna.pay_new(ASKING)
    anna.bank.get_by_role("button", name=button).click()
    if paid:
        anna.says("Paid. Thank you.")
        assert (till.charges(), till.status()) == ([AMOUNT], "paid")
        return
    expect(anna.problem).to_contain_text("not confirmed with your bank")
    assert (till.charges(), till.status()) == ([], "open")
    anna.open_new()
    anna.pay_new()
    anna.says("Paid. Thank you.")
    assert till.charges() == [AMOUNT]


@pytest.mark.parametrize("next_time", ["confirm", "another card"])
def test_a_question_that_is_abandoned_waits_for_the_next_visit(till: Till, next_time: str) -> None:
    anna = till.arrive()
    anna.open_new()
    anna.pay_new(ASKING)
    expect(anna.bank.get_by_role("button", name="Complete authentication")).to_be_visible()
    anna.page.close()
    assert till.charges() == []
    later = till.tab(till.contexts[0])
    later.open()
    later.says("Your bank asks you to confirm this payment.")
    if next_time == "confirm":
        later.page.get_by_role("button", name="Confirm with your bank").click()
        later.bank.get_by_role("button", name="Complete authentication").click()
    else:
        later.open_new()
        later.pay_new()
    later.says("Paid. Thank you.")
    assert (till.charges(), till.status()) == ([AMOUNT], "paid")
    assert [payment.status for payment in till.told] == ["paid"]


# The network


@pytest.mark.parametrize("acted", [False, True])
@pytest.mark.parametrize("step", ["/pay/check", "/confirm", "/pay/result"])
def test_a_new_card_while_the_browsers_network_fails(till: Till, step: str, acted: bool) -> None:
    """A request of the browser's is lost, or its answer; then the customer tries again."""
    anna = till.arrive()
    anna.open_new()
    if step == "/pay/result":  # which is asked only after a refusal
        anna.page.route("**/confirm", lambda route: route.abort(), times=1)

    def lose(route: Route) -> None:
        if acted:
            route.fetch()
        route.abort()

    anna.page.route(f"**{step}", lose, times=1)
    anna.pay_new()
    if acted and step == "/confirm":
        anna.says("Paid. Thank you.")  # the page asked the portal, which knows
    else:
        expect(anna.problem).to_contain_text("again")
        assert till.charges() == []
        anna.new_button.click()
        anna.says("Paid. Thank you.")
    assert (till.charges(), till.status()) == ([AMOUNT], "paid")
    assert len(till.told) == 1


@pytest.mark.parametrize("acted", [False, True])
def test_one_click_while_the_browsers_network_fails(till: Till, acted: bool) -> None:
    till.save()
    anna = till.arrive()
    anna.open()

    def lose(route: Route) -> None:
        if acted:
            route.fetch(max_redirects=0)
        route.abort()

    anna.page.route("**/pay/saved", lose, times=1)
    with anna.page.expect_event("requestfailed"):
        anna.saved_button.click()
    anna = till.tab(till.contexts[0])
    anna.open()
    if acted:
        anna.says("There is nothing left to pay on this invoice.")
    else:
        anna.saved_button.click()
        anna.says("Paid. Thank you.")
    assert (till.charges(), till.status()) == ([AMOUNT], "paid")
    assert len(till.told) == 1


@pytest.mark.parametrize("acted", [False, True])
def test_the_portal_loses_stripe_in_the_middle(till: Till, acted: bool) -> None:
    """Both tries of the portal's: what it cannot know it says, and paying again pays once."""
    till.save()
    anna = till.arrive()
    anna.open()
    (till.answer_lost if acted else till.request_lost)(f"{till.invoice}/pay", times=2)
    anna.saved_button.click()
    if not acted:
        anna.says("We could not learn yet whether the payment went through.")
        assert till.charges() == []
        anna.saved_button.click()
    anna.says("Paid. Thank you.")
    assert (till.charges(), till.status()) == ([AMOUNT], "paid")
    assert len(till.told) == 1


def test_stripes_script_does_not_load(till: Till) -> None:
    till.save()
    anna = till.arrive()
    anna.page.route("**/stripe.js", lambda route: route.abort(), times=1)
    anna.open()
    anna.page.get_by_text("Pay with another method").click()
    expect(anna.problem).to_contain_text("The connection was lost.")
    anna.saved_button.click()
    anna.says("Paid. Thank you.")
    assert till.charges() == [AMOUNT]


# Clicks, tabs, buttons, time


@pytest.mark.parametrize("way", ["saved", "new"])
def test_a_double_click_pays_once(till: Till, way: str) -> None:
    if way == "saved":
        till.save()
    anna = till.arrive()
    if way == "saved":
        anna.open()
        anna.saved_button.dblclick()
    else:
        anna.open_new()
        anna.type_card(GOOD)
        anna.new_button.dblclick()
    anna.says("Paid. Thank you.")
    assert (till.charges(), till.status()) == ([AMOUNT], "paid")
    assert len(till.told) == 1


@pytest.mark.parametrize(("first", "second"), [("saved", "saved"), ("saved", "new"), ("new", "saved"), ("new", "new")])
def test_two_tabs_pay_once(till: Till, first: str, second: str) -> None:
    till.save()
    anna = till.arrive()
    tabs = [anna, till.tab(till.contexts[0])]
    for tab, way in zip(tabs, (first, second), strict=True):
        tab.open_new() if way == "new" else tab.open()
        if way == "new":
            tab.type_card(GOOD)
    for tab, way in zip(tabs, (first, second), strict=True):
        (tab.new_button if way == "new" else tab.saved_button).click()
        tab.says("Paid. Thank you." if tab is tabs[0] else "There is nothing left to pay on this invoice")
    assert (till.charges(), till.status()) == ([AMOUNT], "paid")
    assert len(till.told) == 1


@pytest.mark.parametrize("way", ["saved", "new"])
def test_back_after_paying_pays_nothing_more(till: Till, way: str) -> None:
    till.save()
    anna = till.arrive()
    if way == "saved":
        anna.open()
        anna.saved_button.click()
    else:
        anna.open_new()
        anna.pay_new()
    anna.says("Paid. Thank you.")
    anna.page.go_back()
    anna.says("There is nothing left to pay on this invoice.")
    anna.page.go_forward()
    anna.page.reload()
    anna.says("Paid. Thank you.")
    assert till.charges() == [AMOUNT]
    assert len(till.told) == 1


@pytest.mark.parametrize("way", ["saved", "new"])
def test_a_session_that_ends_before_the_click_pays_nothing(till: Till, way: str) -> None:
    till.save()
    anna = till.arrive()
    anna.open_new() if way == "new" else anna.open()
    if way == "new":
        anna.type_card(GOOD)
    anna.page.context.clear_cookies()
    (anna.new_button if way == "new" else anna.saved_button).click()
    anna.says("Please sign in first")
    assert (till.charges(), till.status()) == ([], "open")


def test_a_session_that_ends_while_the_bank_asks_loses_no_payment(till: Till) -> None:
    anna = till.arrive()
    anna.open_new()
    anna.pay_new(ASKING)
    expect(anna.bank.get_by_role("button", name="Complete authentication")).to_be_visible()
    anna.page.context.clear_cookies()
    anna.bank.get_by_role("button", name="Complete authentication").click()
    anna.says("Please sign in first")
    assert (till.charges(), till.status()) == ([AMOUNT], "paid")
    again = till.arrive()
    again.open()
    again.says("There is nothing left to pay on this invoice.")
    assert [payment.status for payment in till.told] == ["paid"]


def test_what_is_due_has_changed_and_the_customer_is_asked_again(till: Till) -> None:
    till.save()
    anna = till.arrive()
    anna.open()
    part = till.account.post("payment_intents", amount=1000, currency="usd", customer=till.anna)
    till.account.post(f"invoices/{till.invoice}/attach_payment", payment_intent=part["id"])
    till.account.post(f"payment_intents/{part['id']}/confirm", payment_method="pm_card_visa")
    anna.saved_button.click()
    anna.says("What is due has changed since this page was opened.")
    assert till.charges() == [1000]
    anna.page.get_by_role("button", name="Pay $32.00").first.click()
    anna.says("Paid. Thank you.")
    assert till.charges() == [1000, 3200]


# Several at once


def test_several_are_paid_one_by_one(till: Till) -> None:
    till.save()
    others = [till.account.open(till.anna, amount) for amount in (1100, 2200)]
    anna = till.arrive()
    anna.page.goto(f"{till.portal.url}/pay")
    anna.page.get_by_role("button", name="Pay the selected invoices").dblclick()
    expect(anna.page).to_have_url(f"{till.portal.url}/")
    assert sorted(till.charges()) == [1100, 2200, AMOUNT]
    assert [till.status(invoice) for invoice in (till.invoice, *others)] == ["paid"] * 3


def test_the_sum_of_several_is_not_said_of_fewer(till: Till) -> None:
    till.save()
    till.account.open(till.anna, 1100)
    anna = till.arrive()
    anna.page.goto(f"{till.portal.url}/pay")
    sum_of_all, tick = anna.page.get_by_text("All of it:"), anna.page.get_by_role("checkbox").first
    expect(sum_of_all).to_be_visible()
    tick.uncheck()
    expect(sum_of_all).to_be_hidden()
    tick.check()
    expect(sum_of_all).to_be_visible()


def test_a_failure_in_the_middle_says_what_was_paid_and_what_was_not(till: Till) -> None:
    till.save()
    others = [till.account.open(till.anna, amount) for amount in (1100, 2200)]
    anna = till.arrive()
    anna.page.goto(f"{till.portal.url}/pay")
    till.request_lost(f"{others[0]}/pay", times=2)
    anna.page.get_by_role("button", name="Pay the selected invoices").click()
    anna.says("Not everything was paid.")
    rows = anna.page.locator("[data-portal-row] [data-portal-status]")
    expect(rows.nth(0)).to_contain_text("Paid. Thank you.")
    expect(rows.nth(1)).to_contain_text("We could not learn yet whether the payment went through.")
    assert till.charges() == [AMOUNT]
    expect(anna.page.get_by_text("All of it:")).to_be_hidden()
    anna.page.get_by_role("button", name="Pay the selected invoices").click()
    expect(anna.page).to_have_url(f"{till.portal.url}/")
    assert till.charges() == [AMOUNT, 1100, 2200]


def test_one_that_costs_something_else_by_now_does_not_hold_up_the_others(till: Till) -> None:
    till.save()
    other = till.account.open(till.anna, 1100)
    anna = till.arrive()
    anna.page.goto(f"{till.portal.url}/pay")
    till.account.post("credit_notes", invoice=till.invoice, amount=700)
    anna.page.get_by_role("button", name="Pay the selected invoices").click()
    rows = anna.page.locator("[data-portal-row]")
    expect(rows.nth(0)).to_contain_text("What is due has changed")
    expect(rows.nth(1)).to_contain_text("Paid. Thank you.")
    anna.says("Not everything was paid.")
    assert (till.charges(), till.status(other)) == ([1100], "paid")
    rows.nth(0).get_by_role("link", name="Continue").click()
    anna.page.get_by_role("main").get_by_role("button", name="Pay $35.00").first.click()
    anna.says("Paid. Thank you.")
    assert sorted(till.charges()) == [1100, AMOUNT - 700]


# Methods


def test_a_card_is_added_though_the_bank_asks(till: Till) -> None:
    anna = till.arrive()
    anna.page.goto(f"{till.portal.url}/payment_methods")
    expect(anna.fields.get_by_label("Card number")).to_be_visible()
    anna.type_card(ASKING)
    anna.page.get_by_role("button", name="Save").click()
    anna.bank.get_by_role("button", name="Complete authentication").click()
    expect(anna.page.get_by_role("listitem").filter(has_text="Visa 3184")).to_be_visible()
    assert till.charges("succeeded", "pending", "failed") == []
    assert "secret" not in anna.page.url
