"""A person at a browser: what they click, and what they then see."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import APIResponse, Locator, Page, expect

from browser.helpers.demos import Demo
from browser.helpers.watching import Watch

PHONE, DESKTOP = (360, 740), (1280, 900)

GOOD_CARD, DECLINED_CARD, ASKING_CARD = "4242 4242 4242 4242", "4000 0000 0000 0002", "4000 0025 0000 3155"

_ROWS = """rows => rows.map(row => {
    const cells = [...row.querySelectorAll('th, td')].map(cell => cell.innerText.replace(/\\s+/g, ' ').trim());
    const link = row.querySelector('th a');
    return [
        link.innerText.trim(), cells[0], row.querySelector('time').dateTime, cells[2], cells[3],
        link.getAttribute('href'),
    ];
})"""
_PAIRS = """lists => lists.flatMap(list => [...list.querySelectorAll('dt')].map(
    dt => [dt.innerText.trim(), dt.nextElementSibling.innerText.trim()]))"""


@dataclass(frozen=True, slots=True)
class Row:
    """An invoice as the list shows it; ``day`` is machine-readable (2026-11-01)."""

    number: str
    what: str
    day: str
    status: str
    amount: str
    href: str


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person, their browser and the demo that they look at. ``watch`` notes what the browser complains about."""

    page: Page
    demo: Demo
    watch: Watch

    def press(self, control: Locator, *, twice: bool = False) -> None:
        """Click on what leads to another page, and wait until that is loaded."""
        with self.page.expect_event("load"):
            if twice:
                control.dblclick()
            else:
                control.click()

    # Coming and going

    def log_in(self, email: str) -> None:
        """Log in to the host app as one of its sample customers."""
        self.page.goto(self.demo.url)
        self.press(self.page.get_by_role("button", name=email))
        expect(self.page.get_by_role("button", name=f"Log out {email}")).to_be_visible()

    def sign_in(self, email: str) -> None:
        """Log in and open Billing."""
        self.log_in(email)
        self.press(self.page.get_by_role("link", name="Billing"))
        expect(self.page).to_have_url(self.demo.billing)

    def log_out(self) -> None:
        """Log out of the host app."""
        self.page.goto(self.demo.url)
        self.press(self.page.get_by_role("button", name="Log out"))
        expect(self.page.get_by_role("heading", name="Log in as")).to_be_visible()

    def open_billing(self) -> None:
        """Go to the portal's first page by its address."""
        self.page.goto(self.demo.billing)

    def open_invoice(self, id: str) -> None:
        """Go to an invoice by its address."""
        self.page.goto(f"{self.demo.billing}invoices/{id}")

    def open_row(self, words: str) -> None:
        """Click on the number of the first listed invoice with these words in its row."""
        self.press(self.row(words).get_by_role("rowheader").get_by_role("link"))
        expect(self.page).to_have_url(re.compile(r"/billing/invoices/in_\w+$"))

    # Looking

    def heading(self) -> str:
        """The page's main heading, with what stands beside it."""
        return " ".join(self.page.get_by_role("heading", level=1).inner_text().split())

    def text(self) -> str:
        """Everything that the page says between its header and its footer, white space folded."""
        return " ".join(self.page.get_by_role("main").inner_text().split())

    def row(self, words: str) -> Locator:
        """The first listed invoice with these words in its row."""
        return self.page.get_by_role("table").get_by_role("row").filter(has_text=words).first

    def rows(self) -> list[Row]:
        """The list as it stands; empty where there is none."""
        found = self.page.get_by_role("main").locator("tbody tr").evaluate_all(_ROWS)
        return [Row(*cells) for cells in found]

    def facts(self) -> dict[str, str]:
        """Every name and value of an invoice, the totals among them; the first of equal names."""
        pairs = self.page.get_by_role("main").locator("dl").evaluate_all(_PAIRS)
        return dict(reversed(pairs))

    def pairs(self) -> list[tuple[str, str]]:
        """The same in the order of the page, none left out."""
        pairs = self.page.get_by_role("main").locator("dl").evaluate_all(_PAIRS)
        return [(name, value) for name, value in pairs]

    def history(self) -> list[str]:
        """What happened to an invoice, newest first."""
        entries = self.page.get_by_role("region", name="History").get_by_role("listitem").all_inner_texts()
        return [" ".join(entry.split()) for entry in entries]

    def fetch(self, link: Locator) -> APIResponse:
        """What a link leads to, with the browser's own cookies."""
        href = link.get_attribute("href")
        assert href is not None
        return self.page.context.request.get(self.absolute(href))

    def absolute(self, href: str) -> str:
        """An address of the page at hand in full."""
        address: str = self.page.evaluate("href => new URL(href, document.baseURI).href", href)
        return address

    # Paying

    def pay_with(self, card: str) -> None:
        """Fill the hosted page's form in and send it."""
        self.fill_card(card)
        self.press(self.page.get_by_role("button", name="Pay"))

    def fill_card(self, card: str) -> None:
        """Fill the hosted page's form in."""
        expect(self.page).to_have_url(re.compile(re.escape(self.demo.stripe.url)))
        self.page.get_by_label("Card number").fill(card)
        self.page.get_by_label("Expiry").fill("12 / 34")
        self.page.get_by_label("CVC").fill("123")

    # Pictures

    def picture(self, name: str) -> None:
        """Keep a screenshot in the folder that SCREENSHOTS names, if it is set: for people to look at."""
        if folder := os.environ.get("SCREENSHOTS"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
