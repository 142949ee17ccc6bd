"""Who gets in, who does not, and what they see then; starting and ending the demo itself."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from browser.conftest import Visit
from browser.helpers.demos import FRAMEWORKS, Demo

JENNY, MAPLE, NOBODY = "jenny@lumen.studio", "office@maple-pine.example", "nobody@nowhere.example"
NEWCOMER = "hello@freshstart.example"


def test_a_visitor_sees_whose_invoices_these_are(visit: Visit) -> None:
    visitor = visit(JENNY)
    header = visitor.page.get_by_role("banner")
    expect(header).to_contain_text("Northwind Inc.")
    expect(header).to_contain_text("Lumen Studio GmbH")
    expect(header).to_contain_text(JENNY)
    expect(visitor.page).to_have_title("Billing · Northwind Inc.")
    visitor.press(visitor.page.get_by_role("link", name="Back to your account"))
    expect(visitor.page).to_have_url(visitor.demo.url)


def test_a_person_without_any_customer_meets_a_kind_page(visit: Visit) -> None:
    visitor = visit(NOBODY)
    assert visitor.heading() == "No invoices yet"
    assert "You have nothing to pay." in visitor.text()
    visitor.press(visitor.page.get_by_role("main").get_by_role("link", name="Back to your account"))
    expect(visitor.page).to_have_url(visitor.demo.url)


def test_a_customer_without_invoices_has_nothing_to_pay(visit: Visit) -> None:
    visitor = visit(NEWCOMER)
    assert "You have nothing to pay." in visitor.text()
    assert "There are no invoices yet." in visitor.text()


def test_nobody_gets_in_without_logging_in(visit: Visit, demo: Demo) -> None:
    invoice = demo.stripe.invoices(JENNY)[0]
    visitor = visit()
    visitor.watch.expect_status(401)
    for path in ("", f"invoices/{invoice['id']}", f"invoices/{invoice['id']}/pdf"):
        visitor.page.goto(demo.billing + path)
        assert visitor.heading() == "Please sign in first"
        expect(visitor.page.get_by_text(invoice["number"])).to_have_count(0)


def test_after_logging_out_the_portal_is_closed(visit: Visit) -> None:
    visitor = visit(JENNY)
    visitor.open_row("Overdue")
    visitor.log_out()
    visitor.watch.expect_status(401)
    visitor.open_billing()
    assert visitor.heading() == "Please sign in first"
    while not visitor.page.url.startswith(f"{visitor.demo.billing}invoices/"):
        visitor.page.go_back()
    assert visitor.heading() == "Please sign in first"


def test_another_customers_invoice_looks_like_one_that_does_not_exist(visit: Visit, demo: Demo) -> None:
    theirs = demo.stripe.invoices(JENNY)[0]
    visitor = visit(MAPLE)
    visitor.watch.expect_status(404)
    pages = []
    for id in (theirs["id"], "in_0000000000000000000000"):
        visitor.open_invoice(id)
        pages.append(visitor.page.locator("body").inner_text())
    assert pages[0] == pages[1]
    assert visitor.heading() == "We could not find that"
    visitor.press(visitor.page.get_by_role("link", name="Go to billing"))
    expect(visitor.page).to_have_url(demo.billing)


def test_one_person_after_another_at_the_same_browser(visit: Visit) -> None:
    visitor = visit(JENNY)
    jennys = {row.number for row in visitor.rows()}
    visitor.log_out()
    visitor.sign_in(MAPLE)
    expect(visitor.page.get_by_role("banner")).to_contain_text("Maple & Pine Joinery")
    assert not jennys & {row.number for row in visitor.rows()}


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_ctrl_c_ends_everything_quietly(framework: str) -> None:
    demo = Demo(framework)
    try:
        status = demo.interrupt()
        assert demo.words() == ["Bye."]
        assert status == 0
        assert not demo.alive()
    finally:
        demo.kill()


def test_whoever_ends_the_command_ends_the_host_app_too() -> None:
    demo = Demo("flask")
    try:
        demo.terminate()
        assert not demo.alive()
    finally:
        demo.kill()
