"""Paying inside an embed frame: with Stripe's own fields, with the bank's question, and in a tab of Stripe's."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import FrameLocator, expect

from browser.helpers.embedding import Embedding, Shown
from browser.helpers.shop import CHALLENGE, ELEMENT
from support.paying import PUBLISHABLE, charges, saved_card

GOOD, DECLINED, ASKING = "4242 4242 4242 4242", "4000 0000 0000 0002", "4000 0027 6000 3184"


@pytest.fixture
def paying(embedding: Embedding) -> Embedding:
    """A portal where payments are made in the page."""
    embedding.mount(stripe_publishable_key=PUBLISHABLE)
    return embedding


def open_pay(paying: Embedding, **options: Any) -> tuple[Shown, FrameLocator]:
    """The page for paying in its frame, and Stripe's fields on it."""
    shown = paying.show(size=(900, 900), **options)
    shown.frame().get_by_role("button", name="Pay $42.00").or_(
        shown.frame().get_by_role("link", name="Pay $42.00")
    ).first.click()
    expect(shown.frame().get_by_text("To pay now")).to_be_visible()
    return shown, shown.frame().frame_locator(f"iframe[title='{ELEMENT}']")


def type_card(fields: FrameLocator, number: str) -> None:
    fields.get_by_label("Card number").fill(number)
    fields.get_by_label("Expiration date").fill("12 / 34")
    fields.get_by_label("Security code").fill("123")


def status(paying: Embedding) -> str:
    return str(paying.account.get(f"invoices/{paying.open}")["status"])


def test_a_new_card_pays_in_the_frame_and_the_host_is_told(paying: Embedding) -> None:
    shown, fields = open_pay(paying)
    type_card(fields, GOOD)
    shown.frame().get_by_role("button", name="Pay $42.00").click()
    told = shown.last("pay_invoice")
    assert (told["invoice"], told["amount"], told["currency"], told["status"]) == (paying.open, 4200, "usd", "paid")
    assert shown.last("pre_pay")["invoice"] == paying.open
    assert shown.told().index("pre_pay") < shown.told().index("pay_invoice")
    assert status(paying) == "paid"
    assert len(charges(paying.account, paying.customer)) == 1
    shown.page.reload()
    expect(shown.row(paying.number)).to_contain_text("Paid")


@pytest.mark.parametrize("way", ["new", "saved"])
def test_the_host_may_stop_a_payment_and_let_the_next_pass(paying: Embedding, way: str) -> None:
    if way == "saved":
        saved_card(paying.account, paying.customer)
    shown, fields = open_pay(paying)
    shown.page.evaluate("() => { answer = async ({event}) => event !== 'pre_pay' }")
    if way == "new":
        type_card(fields, GOOD)
    button = shown.frame().get_by_role("button", name="Pay $42.00").first
    button.click()
    shown.last("pre_pay")
    expect(button).to_be_enabled()
    assert charges(paying.account, paying.customer) == []
    shown.page.evaluate("() => { answer = undefined }")
    button.click()
    assert shown.last("pay_invoice")["status"] == "paid"
    assert len(charges(paying.account, paying.customer)) == 1


def test_a_declined_card_is_told_and_another_may_pay(paying: Embedding) -> None:
    shown, fields = open_pay(paying)
    type_card(fields, DECLINED)
    button = shown.frame().get_by_role("button", name="Pay $42.00")
    button.click()
    assert shown.last("payment_failed")["invoice"] == paying.open
    type_card(fields, GOOD)
    button.click()
    assert shown.last("pay_invoice")["status"] == "paid"
    assert status(paying) == "paid"


def test_the_banks_question_is_answered_inside_the_frame(paying: Embedding) -> None:
    shown, fields = open_pay(paying)
    type_card(fields, ASKING)
    shown.frame().get_by_role("button", name="Pay $42.00").click()
    bank = shown.frame().frame_locator(f"iframe[title='{CHALLENGE}']")
    bank.get_by_role("button", name="Complete authentication").click()
    assert shown.last("pay_invoice")["status"] == "paid"
    assert status(paying) == "paid"
    assert [charge["status"] for charge in charges(paying.account, paying.customer)] == ["succeeded"]


def test_the_banks_question_is_in_view_on_a_long_page(paying: Embedding) -> None:
    for last4 in ("visa", "mastercard", "amex", "discover", "jcb", "visa_debit"):
        saved_card(paying.account, paying.customer, f"pm_card_{last4}")
    asking = saved_card(paying.account, paying.customer, "pm_card_authenticationRequired")
    shown, _ = open_pay(paying)
    shown.page.set_viewport_size({"width": 360, "height": 500})
    shown.frame().locator(f"input[value={asking}]").check()
    shown.frame().get_by_role("button", name="Pay $42.00").first.click()
    shown.frame().get_by_role("button", name="Confirm with your bank").click()
    button = shown.frame().frame_locator(f"iframe[title='{CHALLENGE}']").get_by_role("button", name="Complete")
    expect(button).to_be_in_viewport()
    before = shown.page.locator("iframe").evaluate("frame => frame.clientHeight")
    assert before <= 500
    button.click()
    assert shown.last("pay_invoice")["status"] == "paid"
    shown.page.wait_for_function("before => document.querySelector('iframe').clientHeight > before", arg=before)


def test_a_double_click_pays_once(paying: Embedding) -> None:
    saved_card(paying.account, paying.customer)
    shown, _ = open_pay(paying)
    shown.frame().get_by_role("button", name="Pay $42.00").first.dblclick()
    assert shown.last("pay_invoice")["status"] == "paid"
    assert len(charges(paying.account, paying.customer)) == 1


def test_stripes_page_opens_in_a_tab_and_the_frame_follows_when_the_visitor_is_back(embedding: Embedding) -> None:
    shown = embedding.show()
    expect(shown.row(embedding.number)).to_contain_text("$42.00")
    with shown.page.context.expect_page() as opened:
        shown.row(embedding.number).get_by_role("button", name="Pay").click()
    tab = opened.value
    tab.get_by_label("Card number").fill(GOOD)
    tab.get_by_label("Expiry").fill("12 / 34")
    tab.get_by_label("CVC").fill("123")
    tab.get_by_role("button", name="Pay").click()
    expect(tab.get_by_text("paid").first).to_be_visible()
    tab.close()
    shown.page.bring_to_front()
    shown.page.frames[1].evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(shown.row(embedding.number)).to_contain_text("Paid")
