"""The whole path in Arabic: the direction, the words, and figures that stay in their order."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

from browser.conftest import Visit
from browser.helpers.demos import Demo
from browser.helpers.visiting import DESKTOP, GOOD_CARD, PHONE, Visitor
from invoice_portal.i18n import Languages

AL_NOOR, JENNY = "hisabat@alnoor.example", "jenny@lumen.studio"
RIVERSIDE = "billing@riverside-clinic.example"

found = Languages().find(["ar"])
assert found is not None
_ = found.gettext

_LATIN_WORDS = """main => {
    const walker = document.createTreeWalker(main, NodeFilter.SHOW_TEXT), words = [];
    while (walker.nextNode()) {
        const text = walker.currentNode.data.replace(/\\S+@\\S+/g, '');
        words.push(...(text.match(/[A-Za-z]{2,}/g) || []));
    }
    return words;
}"""
_NAMES = {"Northwind", "Inc", "Team", "plan", "at", "kwd", "month", "Stripe", "Visa", "PDF", "KWD"}

_LEFTS = """(element, text) => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const at = walker.currentNode.data.indexOf(text);
        if (at < 0) continue;
        return [...text].map((_, i) => {
            const range = document.createRange();
            range.setStart(walker.currentNode, at + i);
            range.setEnd(walker.currentNode, at + i + 1);
            return range.getBoundingClientRect().left;
        });
    }
    return null;
}"""


def reads_from_left_to_right(element: Locator, text: str) -> bool:
    """Whether each character of ``text`` stands to the right of the one before it, on the screen."""
    lefts = element.evaluate(_LEFTS, text)
    assert lefts is not None, f"{text!r} is not there in one piece"
    return bool(lefts == sorted(lefts)) and len(set(lefts)) > 1


def words_left_in_english(visitor: Visitor) -> set[str]:
    """Latin words on the page but for names, which are as the merchant wrote them, and invoice numbers."""
    words = visitor.page.get_by_role("main").evaluate(_LATIN_WORDS)
    return {word for word in words if word not in _NAMES and not re.fullmatch(r"[A-Z]+", word)}


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_texts_are_arabic_and_run_from_the_right(visit: Visit, size: tuple[int, int]) -> None:
    visitor = visit(AL_NOOR, locale="ar", size=size)
    page = visitor.page
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(page.locator("html")).to_have_attribute("lang", "ar")
    assert visitor.heading() == _("Billing")
    assert words_left_in_english(visitor) == set()
    first = visitor.rows()[0]
    row = visitor.row(first.number)
    link = row.get_by_role("rowheader")
    amount = row.get_by_role("cell").filter(has_text=re.compile(r"\d+[.,٫]\d{3}")).first
    assert reads_from_left_to_right(link, first.number)
    assert left(link) > left(amount), "what comes first stands at the right"
    visitor.open_row(first.number)
    heading = page.get_by_role("heading", level=1)
    assert reads_from_left_to_right(heading, first.number)
    assert words_left_in_english(visitor) == set()


def test_an_invoice_is_paid_in_arabic(visit: Visit) -> None:
    visitor = visit(AL_NOOR, locale="ar")
    page = visitor.page
    to_pay = page.get_by_role("region", name=_("To pay"))
    expect(to_pay).to_contain_text("85")
    row = next(row for row in visitor.rows() if "85" in row.amount)
    page.get_by_text(_("Filter"), exact=True).click()
    page.get_by_label(_("Status")).select_option(label=_("To pay"))
    visitor.press(page.get_by_role("button", name=_("Show"), exact=True))
    assert [row.number for row in visitor.rows()] == [row.number]
    visitor.open_row(row.number)
    assert _("Subtotal") in visitor.facts()
    figure = re.search(r"\d+[.,٫]\d{3}", visitor.facts()[_("Total")])
    assert figure is not None
    assert reads_from_left_to_right(page.get_by_role("main").locator("dl").last, figure.group())
    assert visitor.fetch(page.get_by_role("link", name=_("Download PDF"))).body().startswith(b"%PDF-")
    visitor.press(page.get_by_role("main").locator("form").get_by_role("button"))
    visitor.watch.expect_abort()  # the fields for a card may still be loading
    visitor.press(page.get_by_role("button", name=_("Pay on a page of Stripe's instead")))
    visitor.pay_with(GOOD_CARD)
    visitor.open_invoice(row.href.rsplit("/", 1)[-1])
    assert visitor.heading().endswith(_("Paid"))
    entry = page.get_by_role("region", name=_("History")).get_by_role("listitem").filter(has_text="4242")
    assert reads_from_left_to_right(entry, "Visa 4242")
    visitor.open_billing()
    expect(page.get_by_role("region", name=_("To pay"))).to_contain_text(_("You have nothing to pay."))


def test_a_name_in_latin_letters_keeps_its_order_too(visit: Visit, demo: Demo) -> None:
    visitor = visit(JENNY, locale="ar")
    overdue = next(row for row in visitor.rows() if row.status == _("Overdue"))
    assert reads_from_left_to_right(visitor.row(overdue.number), "10 × Team plan (at $79.00 / month)")
    visitor.open_row(overdue.number)
    main = visitor.page.get_by_role("main")
    for text in ("PO-1234", "+49 30 5550123", "DE123456789", "Torstraße 12", "Thank you for your business."):
        assert reads_from_left_to_right(main, text)


def test_the_minus_stands_before_the_figure(visit: Visit) -> None:
    visitor = visit(RIVERSIDE, locale="ar")
    visitor.open_row("Training, two sessions")
    main = visitor.page.get_by_role("main")
    assert reads_from_left_to_right(main, "-300.00")
    totals = main.locator("dl").last.locator("dd")
    for amount in (totals.first, totals.filter(has_text="-300.00")):
        sides = [amount.evaluate(_LEFTS, text)[0] for text in ("US$", "300.00")]
        assert sides == sorted(sides), "the symbol stands on the same side of every amount"


def test_the_language_can_be_chosen_and_stays(visit: Visit) -> None:
    visitor = visit(AL_NOOR)
    visitor.press(visitor.page.get_by_role("link", name="العربية"))
    expect(visitor.page).to_have_url(visitor.demo.billing)
    assert visitor.heading() == _("Billing")
    visitor.open_row(visitor.rows()[-1].number)
    expect(visitor.page.locator("html")).to_have_attribute("dir", "rtl")


def left(locator: Locator) -> float:
    """How far from the left edge of the window an element begins, in pixels."""
    box = locator.bounding_box()
    assert box is not None
    return box["x"]
