"""The list of invoices: what is in it and what is not, filters, and pages."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from browser.conftest import Visit
from browser.helpers.demos import Demo
from browser.helpers.stripe_account import Json
from browser.helpers.visiting import Row, Visitor

JENNY, RIVERSIDE, CASCADE = "jenny@lumen.studio", "billing@riverside-clinic.example", "ap@cascade-outfitters.example"
BEAN_ROUTE, SAKURA, AL_NOOR = "accounts@beanroute.example", "keiri@sakura-design.example", "hisabat@alnoor.example"
MAPLE, TWINS, QUILL = "office@maple-pine.example", "shared@twins.example", "office@quill.example"


def numbers(rows: list[Row]) -> list[str]:
    return [row.number for row in rows]


def numbers_of(invoices: list[Json]) -> list[str]:
    return [invoice["number"] for invoice in invoices]


def day(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).date().isoformat()


def every_page(visitor: Visitor, link: str) -> list[list[str]]:
    """The numbers on the page at hand and on all that follow behind the link."""
    pages = [numbers(visitor.rows())]
    while (further := visitor.page.get_by_role("link", name=link, exact=True)).count():
        visitor.press(further)
        pages.append(numbers(visitor.rows()))
    return pages


@pytest.mark.parametrize("email", [JENNY, CASCADE, RIVERSIDE])
def test_a_customer_sees_all_their_invoices_and_no_draft(visit: Visit, email: str) -> None:
    visitor = visit(email)
    shown = [number for page in every_page(visitor, "Older") for number in page]
    assert shown == numbers_of(visitor.demo.stripe.invoices(email))


def test_every_status_says_what_it_is(visit: Visit) -> None:
    jenny = visit(JENNY)
    statuses = {row.status for row in jenny.rows()}
    assert {"Overdue", "Paid", "Void"} < statuses
    assert any(re.fullmatch(r"Due \w{3} \d{1,2}, \d{4}", status) for status in statuses)
    clinic = visit(RIVERSIDE)
    assert {"Partly paid", "Uncollectible", "Paid"} < {row.status for row in clinic.rows()}
    assert "Payment failed" in {row.status for row in visit(MAPLE).rows()}


def test_a_draft_is_nowhere(visit: Visit, demo: Demo) -> None:
    [draft] = demo.stripe.all("invoices", customer=demo.stripe.customer(QUILL))
    assert draft["status"] == "draft"
    visitor = visit(QUILL)
    assert visitor.rows() == []
    expect(visitor.page.get_by_text("There are no invoices yet.")).to_be_visible()
    visitor.watch.expect_status(404)
    visitor.open_invoice(draft["id"])
    assert visitor.heading() == "We could not find that"


def test_amounts_are_in_their_own_currencies(visit: Visit) -> None:
    jenny = visit(JENNY)
    amounts = {row.amount for row in jenny.rows()}
    assert {"$49.00", "$790.00", "€600.00", "€896.40"} <= amounts
    to_pay = jenny.page.get_by_role("region", name="To pay")
    expect(to_pay).to_contain_text("€896.40")
    expect(to_pay).to_contain_text("$790.00")
    expect(to_pay).to_contain_text("2 open invoices")
    expect(to_pay).to_contain_text("1 is overdue")
    assert {"¥36,000", "¥33,000", "¥165,000"} == {row.amount for row in visit(SAKURA).rows()}
    dinars = {row.amount.replace("\xa0", " ") for row in visit(AL_NOOR).rows()}
    assert dinars == {"KWD 49.000", "KWD 137.250", "KWD 85.250"}


def test_the_form_filters_by_status(visit: Visit) -> None:
    visitor = visit(JENNY)
    for choice, status, words in (
        ("To pay", "open", r"Due .+|Overdue"),
        ("Paid", "paid", "Paid"),
        ("Void", "void", "Void"),
    ):
        filter_by(visitor, status=choice)
        assert visitor.rows()
        assert all(re.fullmatch(words, row.status) for row in visitor.rows())
        shown = [number for page in every_page(visitor, "Older") for number in page]
        assert shown == numbers_of(visitor.demo.stripe.invoices(JENNY, status=status))
    clinic = visit(RIVERSIDE)
    filter_by(clinic, status="Uncollectible")
    assert [row.status for row in clinic.rows()] == ["Uncollectible"]


def test_what_is_overdue_can_be_asked_for(visit: Visit) -> None:
    visitor = visit(JENNY)
    filter_by(visitor, status="Overdue")
    assert [row.status for row in visitor.rows()] == ["Overdue"]
    visitor.press(visitor.page.get_by_role("link", name="Show all"))
    expect(visitor.page).to_have_url(visitor.demo.billing)


def test_tabs_lead_to_what_is_to_pay_and_what_is_paid(visit: Visit) -> None:
    visitor = visit(JENNY)
    tabs = visitor.page.get_by_role("navigation", name="Which invoices")
    expect(tabs.get_by_role("link", name="All", exact=True)).to_have_attribute("aria-current", "page")
    visitor.press(tabs.get_by_role("link", name="To pay"))
    assert len(visitor.rows()) == 2
    expect(tabs.get_by_role("link", name="To pay")).to_have_attribute("aria-current", "page")
    visitor.press(tabs.get_by_role("link", name="Paid"))
    assert {row.status for row in visitor.rows()} == {"Paid"}


def test_the_form_filters_by_days_and_both_days_count(visit: Visit, demo: Demo) -> None:
    every = demo.stripe.invoices(JENNY)
    until, since = day(every[3]["created"]), day(every[9]["created"])
    visitor = visit(JENNY)
    filter_by(visitor, since=since, until=until)
    between = [invoice for invoice in every if since <= day(invoice["created"]) <= until]
    assert numbers(visitor.rows()) == numbers_of(between)
    assert len(between) >= 7
    filter_by(visitor, status="Paid")
    assert numbers(visitor.rows()) == numbers_of([invoice for invoice in between if invoice["status"] == "paid"])


def test_a_filter_that_nothing_fits_says_so_and_lets_go(visit: Visit) -> None:
    visitor = visit(JENNY)
    filter_by(visitor, status="Uncollectible")
    expect(visitor.page.get_by_text("No invoice fits this choice.")).to_be_visible()
    visitor.press(visitor.page.get_by_role("link", name="Show all"))
    assert len(visitor.rows()) > 10


def test_days_the_wrong_way_round_are_named_and_all_is_shown(visit: Visit) -> None:
    visitor = visit(JENNY)
    everything = numbers(visitor.rows())
    filter_by(visitor, since="2026-03-01", until="2026-02-01")
    expect(visitor.page.get_by_role("alert")).to_have_text("The first day is after the last. All days are shown.")
    assert numbers(visitor.rows()) == everything
    expect(visitor.page.get_by_label("From")).to_have_value("2026-03-01")


def test_hundreds_are_paged_through_and_back_without_loss(visit: Visit, demo: Demo) -> None:
    wanted = numbers_of(demo.stripe.invoices(BEAN_ROUTE))
    assert len(wanted) >= 320
    visitor = visit(BEAN_ROUTE)
    onward = every_page(visitor, "Older")
    assert [number for page in onward for number in page] == wanted
    assert every_page(visitor, "Newer") == onward[::-1]


def test_the_filter_holds_from_page_to_page(visit: Visit, demo: Demo) -> None:
    every = demo.stripe.invoices(BEAN_ROUTE)
    since = day(every[49]["created"])
    visitor = visit(BEAN_ROUTE)
    filter_by(visitor, status="Paid", since=since)
    shown = [number for page in every_page(visitor, "Older") for number in page]
    assert shown == numbers_of([invoice for invoice in every if day(invoice["created"]) >= since])
    expect(visitor.page.get_by_label("From")).to_have_value(since)


def test_two_customers_with_one_address_are_both_there(visit: Visit, demo: Demo) -> None:
    catering, bakery = demo.stripe.all("customers", email=TWINS)
    visitor = visit(TWINS)
    for choice, customer in (("Twin Peaks Bakery", bakery), ("Twin Peaks Catering", catering)):
        accounts = visitor.page.get_by_role("navigation", name="Account")
        accounts.locator("summary").click()
        visitor.press(accounts.get_by_role("link", name=choice))
        expect(accounts.locator("summary")).to_contain_text(choice)
        assert numbers(visitor.rows()) == numbers_of(demo.stripe.all("invoices", customer=customer["id"]))
        visitor.press(visitor.page.get_by_role("navigation", name="Which invoices").get_by_role("link", name="Paid"))
        expect(accounts.locator("summary")).to_contain_text(choice)
        number = visitor.rows()[0].number
        visitor.open_row(number)
        assert visitor.heading() == f"Invoice {number} Paid"
        assert f"Billed to {choice}" in visitor.text()
        visitor.page.go_back()


def test_one_of_several_subscriptions_can_be_viewed(visit: Visit, demo: Demo) -> None:
    visitor = visit(JENNY)
    picker = visitor.page.get_by_role("navigation", name="Subscription")
    picker.locator("summary").click()
    visitor.press(picker.get_by_role("link", name="Analytics add-on"))
    expect(picker.locator("summary")).to_contain_text("Analytics add-on")
    [subscription] = [
        subscription["id"]
        for subscription in demo.stripe.all("subscriptions", customer=demo.stripe.customer(JENNY))
        if subscription["description"] == "Analytics add-on"
    ]
    assert numbers(visitor.rows()) == numbers_of(demo.stripe.invoices(JENNY, subscription=subscription))
    assert {row.amount for row in visitor.rows()} == {"$49.00"}


def filter_by(visitor: Visitor, status: str = "", since: str = "", until: str = "") -> None:
    """Fill in what is given, leave the rest as it stands, and send the form."""
    page = visitor.page
    if not page.get_by_label("Status").is_visible():
        page.get_by_text("Filter", exact=True).click()
    if status:
        page.get_by_label("Status").select_option(label=status)
    for label, text in (("From", since), ("To", until)):
        if text:
            page.get_by_label(label, exact=True).fill(text)
    visitor.press(page.get_by_role("button", name="Show", exact=True))
