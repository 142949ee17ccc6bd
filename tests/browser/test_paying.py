"""Paying in each framework: in the portal's own page, and on the hosted page with all that goes wrong on the way."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from browser.conftest import Visit
from browser.helpers.demos import Demo
from browser.helpers.shop import CHALLENGE, ELEMENT
from browser.helpers.stripe_account import Json
from browser.helpers.visiting import ASKING_CARD, DECLINED_CARD, GOOD_CARD, Visitor

PAYER = "compta@atelier-bleu.example"
"""Whose invoices the tests issue for themselves, so that none is in another's way."""
TWINS = "shared@twins.example"


def open_new_invoice(visit: Visit, demo: Demo, amount: int) -> tuple[Visitor, Json]:
    """A visitor who looks at an open invoice of their own; no two tests use the same amount."""
    invoice = demo.stripe.issue(PAYER, amount, f"Bindings for {amount}", "eur")
    visitor = visit(PAYER)
    visitor.open_invoice(invoice["id"])
    return visitor, invoice


def click_pay(visitor: Visitor) -> None:
    """Press the button of the invoice's page, and on the next one that which leads to the hosted page."""
    visitor.press(visitor.page.get_by_role("main").get_by_role("button", name="Pay €"))
    go_to_stripe(visitor)


def go_to_stripe(visitor: Visitor) -> None:
    """From the page on which the portal takes payments to the hosted page."""
    visitor.watch.expect_abort()  # the fields for a card may still be loading
    visitor.press(visitor.page.get_by_role("button", name="Pay on a page of Stripe's instead"))


def succeeded(demo: Demo, invoice: Json) -> list[int]:
    """The amounts of all charges that went through for an invoice."""
    return [charge["amount"] for charge in demo.stripe.charges(invoice) if charge["status"] == "succeeded"]


def test_an_open_invoice_is_paid_and_then_shown_as_paid(visit: Visit) -> None:
    visitor = visit(TWINS)
    row = next(row for row in visitor.rows() if row.amount == "$275.00")
    assert row.status.startswith("Due ")
    visitor.press(visitor.page.get_by_role("button", name=f"Pay invoice {row.number}"))
    expect(visitor.page.get_by_role("heading", level=1)).to_contain_text(row.number)
    go_to_stripe(visitor)
    visitor.pay_with(GOOD_CARD)
    expect(visitor.page.get_by_role("status")).to_contain_text("Invoice paid")
    visitor.open_billing()
    assert next(row for row in visitor.rows() if row.amount == "$275.00").status == "Paid"
    expect(visitor.page.get_by_role("region", name="To pay")).to_contain_text("You have nothing to pay.")
    expect(visitor.page.get_by_role("button", name="Pay")).to_have_count(0)
    visitor.open_row("$275.00")
    assert visitor.heading() == f"Invoice {row.number} Paid"
    assert any(entry.endswith("$275.00 paid with Visa 4242.") for entry in visitor.history())


def test_the_portals_own_page_takes_a_card_though_the_bank_asks(visit: Visit, demo: Demo) -> None:
    visitor, invoice = open_new_invoice(visit, demo, 77700)
    visitor.press(visitor.page.get_by_role("main").get_by_role("button", name="Pay €"))
    page, fields = visitor.page, visitor.page.frame_locator(f"iframe[title='{ELEMENT}']")
    new = page.locator("details.portal-new")
    if new.get_attribute("open") is None:
        new.get_by_role("heading").click()
    for label, text in (("Card number", ASKING_CARD), ("Expiration date", "12 / 34"), ("Security code", "123")):
        fields.get_by_label(label).fill(text)
    new.get_by_role("button").click()
    page.frame_locator(f"iframe[title='{CHALLENGE}']").get_by_role("button", name="Complete authentication").click()
    expect(page.get_by_role("status").first).to_contain_text("Paid. Thank you.")
    assert visitor.heading() == f"Invoice {invoice['number']} Paid"
    assert succeeded(demo, invoice) == [77700]


def test_a_declined_card_leaves_the_invoice_open_and_the_next_one_pays(visit: Visit, demo: Demo) -> None:
    visitor, invoice = open_new_invoice(visit, demo, 71100)
    visitor.watch.expect_status(402)
    click_pay(visitor)
    visitor.pay_with(DECLINED_CARD)
    expect(visitor.page.get_by_role("alert")).to_contain_text("The card was declined.")
    visitor.open_invoice(invoice["id"])
    assert "Paid" not in visitor.heading()
    assert any("€711.00 with Visa 0002 did not go through." in entry for entry in visitor.history())
    click_pay(visitor)
    visitor.pay_with(GOOD_CARD)
    expect(visitor.page.get_by_role("status")).to_contain_text("Invoice paid")
    visitor.open_invoice(invoice["id"])
    assert visitor.heading() == f"Invoice {invoice['number']} Paid"
    assert succeeded(demo, invoice) == [71100]


def test_a_bank_that_asks_is_answered(visit: Visit, demo: Demo) -> None:
    visitor, invoice = open_new_invoice(visit, demo, 72200)
    click_pay(visitor)
    visitor.pay_with(ASKING_CARD)
    visitor.press(visitor.page.get_by_role("button", name="Confirm the payment"))
    expect(visitor.page.get_by_role("status")).to_contain_text("Invoice paid")
    visitor.open_invoice(invoice["id"])
    assert visitor.heading().endswith("Paid")


def test_double_clicks_pay_once(visit: Visit, demo: Demo) -> None:
    visitor, invoice = open_new_invoice(visit, demo, 73300)
    visitor.watch.expect_abort()  # the second click breaks the first one's request off
    visitor.press(visitor.page.get_by_role("main").get_by_role("button", name="Pay €"), twice=True)
    go_to_stripe(visitor)
    visitor.fill_card(GOOD_CARD)
    visitor.press(visitor.page.get_by_role("button", name="Pay"), twice=True)
    expect(visitor.page.get_by_role("status")).to_contain_text("Invoice paid")
    assert succeeded(demo, invoice) == [73300]
    assert len(demo.stripe.payments(invoice)) == 1
    visitor.open_invoice(invoice["id"])
    assert sum("paid with" in entry for entry in visitor.history()) == 1


def test_going_back_after_paying_shows_it_paid(visit: Visit, demo: Demo) -> None:
    visitor, invoice = open_new_invoice(visit, demo, 74400)
    click_pay(visitor)
    visitor.pay_with(GOOD_CARD)
    expect(visitor.page.get_by_role("status")).to_contain_text("Invoice paid")
    while visitor.page.url.startswith(demo.stripe.url):
        expect(visitor.page.get_by_role("button", name="Pay")).to_have_count(0)
        visitor.page.go_back()
    expect(visitor.page).to_have_url(re.compile(f"{demo.billing}invoices/{invoice['id']}"))
    assert visitor.heading() == f"Invoice {invoice['number']} Paid"
    expect(visitor.page.get_by_role("button", name="Pay")).to_have_count(0)
    assert succeeded(demo, invoice) == [74400]


def test_a_page_left_open_does_not_pay_again(visit: Visit, demo: Demo) -> None:
    visitor, invoice = open_new_invoice(visit, demo, 75500)
    other = visit(PAYER)
    other.open_invoice(invoice["id"])
    click_pay(other)
    other.pay_with(GOOD_CARD)
    expect(other.page.get_by_role("status")).to_contain_text("Invoice paid")
    visitor.press(visitor.page.get_by_role("main").get_by_role("button", name="Pay €"))
    expect(visitor.page.get_by_role("status")).to_have_text("There is nothing left to pay on this invoice.")
    assert visitor.heading() == f"Invoice {invoice['number']} Paid"
    assert re.search(r"€755\.00 paid with Visa 4242\.", visitor.text())
    assert succeeded(demo, invoice) == [75500]


def test_what_is_to_pay_is_added_up_anew(visit: Visit, demo: Demo) -> None:
    def open_sum() -> str:
        cents = sum(invoice["amount_remaining"] for invoice in demo.stripe.invoices(PAYER, status="open"))
        return f"€{cents // 100:,}.{cents % 100:02}"

    new = demo.stripe.issue(PAYER, 76600, "Bindings for 76600", "eur")
    visitor = visit(PAYER)
    to_pay = visitor.page.get_by_role("region", name="To pay")
    expect(to_pay).to_contain_text(before := open_sum())
    demo.stripe.post(f"invoices/{new['id']}/void")
    visitor.page.reload()
    expect(to_pay).to_contain_text(after := open_sum())
    assert before != after
