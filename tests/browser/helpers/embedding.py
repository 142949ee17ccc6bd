"""A portal that is embedded on another site's page, and what the browser shows there."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from playwright.sync_api import BrowserContext, FrameLocator, Page, expect

from browser.helpers.sites import Site
from invoice_portal import Portal
from support.accounts import Account
from support.portals import Mount, Mounted

ANNA: Final = "anna@example.com"
NewContext: TypeAlias = Callable[..., BrowserContext]
NO_ICON: Final = '<link rel=icon href="data:,">'
_LISTEN: Final = """
window.told = [];
window.hear = message => { told.push(message); return window.answer ? window.answer(message) : undefined; };
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """A page of the host's in a browser. ``complaints`` is what the browser's console said against it."""

    page: Page
    complaints: list[str]
    console: list[str]

    def frame(self, place: str = "#invoice-portal") -> FrameLocator:
        """The portal in its iframe."""
        return self.page.frame_locator(f"{place} iframe")

    def heading(self, text: str | re.Pattern[str], place: str = "#invoice-portal") -> None:
        """Wait until the portal's page has this heading."""
        expect(self.frame(place).get_by_role("heading", level=1)).to_contain_text(text)

    def row(self, number: str, place: str = "#invoice-portal") -> Any:
        """An invoice in the list, by its number."""
        return self.frame(place).get_by_role("row").filter(has_text=number)

    def open_invoice(self, number: str, place: str = "#invoice-portal") -> None:
        """Click on an invoice's number."""
        self.frame(place).get_by_role("link", name=number, exact=True).click()

    def told(self) -> list[str]:
        """The names of the events so far."""
        return [message["event"] for message in self.page.evaluate("told")]

    def last(self, event: str) -> Any:
        """What the host was told with the newest event of this name; waits for one."""
        self.page.wait_for_function("event => told.some(message => message.event === event)", arg=event)
        return [message for message in self.page.evaluate("told") if message["event"] == event][-1]["response"]


class Embedding:
    """An account with one customer, a portal that ``shop`` may frame, and browsers to look at it with."""

    def __init__(self, mount: Mount, account: Account, shop: Site, new_context: NewContext) -> None:
        self._mount = mount
        self.account = account
        self.shop = shop
        self._new_context = new_context
        self.customer = account.customer(ANNA)
        self.open = account.open(self.customer, 4200)
        self.paid = account.paid(self.customer, 1000)
        self.number = account.number(self.open)
        self.contexts: list[BrowserContext] = []
        self.mounted = self.mount()

    def mount(self, **settings: Any) -> Mounted:
        """The portal with other settings."""
        given = {"allowed_embed_origins": [self.shop.origin], "identify": None, **settings}
        self.mounted = self._mount(**given)
        return self.mounted

    @property
    def portal(self) -> Portal:
        """The portal behind the page."""
        return self.mounted.portal

    @property
    def settings(self) -> dict[str, Any]:
        """What the snippet needs for the customer."""
        return {"email": ANNA, "hash": self.portal.hash_email(ANNA)}

    def snippet(
        self,
        settings: Mapping[str, Any] | None = None,
        *,
        name: str = "invoicePortalSettings",
        id: str = "invoice-portal",
    ) -> str:
        """The snippet as the documents have it; what the portal tells is kept in ``told``."""
        given = json.dumps(self.settings if settings is None else settings)
        return (
            f"<div id={id}></div><script>{_LISTEN}window.{name} = {{...{given}, handleResponse: hear}};</script>"
            f'<script async src="{self.mounted.url}/embed.js"></script>'
        )

    def show(
        self,
        html: str | None = None,
        *,
        site: Site | None = None,
        headers: Mapping[str, str] | None = None,
        size: tuple[int, int] = (1000, 800),
        **context: Any,
    ) -> Shown:
        """Open a page of the host's: the snippet, where nothing else is given."""
        body = self.snippet() if html is None else html
        url = (site or self.shop).show("/", f"{NO_ICON}<body><h2>Shop</h2>{body}", headers)
        return self.open_page(url, size=size, **context)

    def open_page(self, url: str, *, size: tuple[int, int] = (1000, 800), **context: Any) -> Shown:
        """Open an address in a new browser."""
        width, height = size
        made = self._new_context(viewport={"width": width, "height": height}, locale="en-US", **context)
        made.set_default_timeout(10_000)
        self.contexts.append(made)
        page = made.pages[0] if made.pages else made.new_page()
        shown = Shown(page, [], [])
        page.on("pageerror", lambda error: shown.complaints.append(str(error)))
        page.on("console", lambda said: shown.console.append(said.text))
        page.on("console", lambda said: shown.complaints.append(said.text) if said.type == "error" else None)
        page.goto(url)
        return shown

    def close(self) -> None:
        """Close every browser."""
        for context in self.contexts:
            context.close()
