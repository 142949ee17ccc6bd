"""The whole path with JavaScript switched off: nothing of it depends on scripts."""

from __future__ import annotations

from playwright.sync_api import expect

from browser.conftest import Visit
from browser.helpers.visiting import DECLINED_CARD, GOOD_CARD, PHONE, Visitor

CASCADE = "ap@cascade-outfitters.example"


def test_everything_works_without_javascript(visit: Visit) -> None:
    visitor: Visitor = visit(size=PHONE, javascript=False)
    visitor.sign_in(CASCADE)
    page = visitor.page
    page.get_by_text("Filter", exact=True).click()
    page.get_by_label("Status").select_option(label="To pay")
    visitor.press(page.get_by_role("button", name="Show", exact=True))
    [row] = visitor.rows()
    visitor.open_row(row.number)
    assert "two evenings of training for the volunteers in Seattle and Tacoma" in visitor.text()
    pdf = visitor.fetch(page.get_by_role("link", name="Download PDF"))
    assert pdf.body().startswith(b"%PDF-")
    visitor.watch.expect_status(402)
    visitor.press(page.get_by_role("main").get_by_role("button", name="Pay $2,736.68"))
    visitor.press(page.get_by_role("button", name="Pay on a page of Stripe's instead"))
    visitor.pay_with(DECLINED_CARD)
    expect(page.get_by_role("alert")).to_contain_text("The card was declined.")
    visitor.pay_with(GOOD_CARD)
    expect(page.get_by_role("status")).to_contain_text("Invoice paid")
    visitor.open_billing()
    assert {row.status for row in visitor.rows()} == {"Paid"}
    visitor.log_out()
    visitor.watch.expect_status(401)
    visitor.open_billing()
    assert visitor.heading() == "Please sign in first"
