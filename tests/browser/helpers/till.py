"""A portal where payments are made in the page, customers at their browsers, and Stripe's books behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, FrameLocator, Locator, Page, Response, expect

from browser.helpers.shop import CHALLENGE, ELEMENT
from invoice_portal import Email
from invoice_portal.hooks import Hooks, Payment
from stripe_sandbox import Request
from stripe_sandbox.server import respond
from support.accounts import Account
from support.paying import PUBLISHABLE, saved_method
from support.portals import Mount, Mounted
from support.stripe_server import HANG_UP, Reaction, StripeServer

ANNA: Final = Email("anna@example.com")
GOOD, DECLINED, ASKING = "4242 4242 4242 4242", "4000 0000 0000 0002", "4000 0027 6000 3184"
AMOUNT: Final = 4200


@dataclass
class Till:
    """The merchant's side: an open invoice of Anna's over $42.00. ``told`` is what its hooks heard."""

    mount: Mount
    account: Account
    stripe: StripeServer
    browser: Browser
    told: list[Payment] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)
    customers: list[Customer] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.anna = self.account.customer(ANNA.address)
        self.invoice = self.account.open(self.anna, AMOUNT)
        self.portal = self.serve()

    def serve(self, **settings: Any) -> Mounted:
        """The portal with other settings."""
        hooks = Hooks(after_pay=self.told.append, payment_failed=self.told.append)
        self.portal = self.mount(stripe_publishable_key=PUBLISHABLE, identify=None, hooks=hooks, **settings)
        return self.portal

    def save(self, name: str = "pm_card_visa") -> str:
        """Something that Anna has saved."""
        return saved_method(self.account, self.anna, name)

    def arrive(self, **context: Any) -> Customer:
        """Anna at a new browser, on the first page."""
        made = self.browser.new_context(viewport={"width": 1000, "height": 900}, locale="en-US", **context)
        made.set_default_timeout(10_000)
        self.contexts.append(made)
        customer = self.tab(made)
        token = self.portal.portal.sign_identifier(ANNA)
        customer.page.goto(f"{self.portal.url}/enter?identity={token}")
        return customer

    def tab(self, context: BrowserContext) -> Customer:
        """One more tab of a browser."""
        customer = Customer(context.new_page(), self)
        self.customers.append(customer)
        return customer

    def charges(self, *statuses: str) -> list[int]:
        """The amounts of Anna's charges, oldest first: those that went through or may yet, unless told."""
        found = self.account.get("charges", customer=self.anna, limit=100)["data"]
        wanted = statuses or ("succeeded", "pending")
        return [charge["amount"] for charge in reversed(found) if charge["status"] in wanted]

    def status(self, invoice: str = "") -> str:
        """How an invoice stands."""
        return str(self.account.get(f"invoices/{invoice or self.invoice}")["status"])

    def answer_lost(self, ending: str, times: int = 1) -> None:
        """Let Stripe do what is asked by an address that ends so, and its answer never arrive."""
        self._break(ending, times, act=True)

    def request_lost(self, ending: str, times: int = 1) -> None:
        """Let what is asked by such an address never arrive."""
        self._break(ending, times, act=False)

    def _break(self, ending: str, times: int, *, act: bool) -> None:
        left = [times]

        def script(request: Request) -> Reaction | None:
            if not request.path.endswith(ending) or request.method != "POST" or not left[0]:
                return None
            left[0] -= 1
            if act:
                respond(self.stripe.sandbox, request)
            return HANG_UP

        self.stripe.script(script)

    def close(self) -> None:
        """Close every browser."""
        for context in self.contexts:
            context.close()


@dataclass
class Customer:
    """Anna, at one tab. ``complaints`` is what the browser's console had to say against the pages."""

    page: Page
    till: Till
    complaints: list[str] = field(default_factory=list)
    statuses: list[tuple[int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._note)
        self.page.on("response", self._noted)

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)

    def _noted(self, response: Response) -> None:
        if response.status >= 400:
            self.statuses.append((response.status, response.url))

    def open(self, query: str = "", invoice: str = "") -> None:
        """The page on which the invoice is paid."""
        self.page.goto(f"{self.till.portal.url}/invoices/{invoice or self.till.invoice}/pay{query}")

    def open_new(self, query: str = "") -> None:
        """The same, with Stripe's fields on it."""
        self.open(query)
        if self.page.locator("details.portal-new").get_attribute("open") != "":
            self.page.get_by_text("Pay with another method").click()
        expect(self.fields.get_by_label("Card number")).to_be_visible()

    @property
    def fields(self) -> FrameLocator:
        """Stripe's fields."""
        return self.page.frame_locator(f"iframe[title='{ELEMENT}']")

    @property
    def bank(self) -> FrameLocator:
        """The bank's window."""
        return self.page.frame_locator(f"iframe[title='{CHALLENGE}']")

    @property
    def new_button(self) -> Locator:
        """The button that pays with what is in Stripe's fields."""
        return self.page.locator("details.portal-new").get_by_role("button")

    @property
    def saved_button(self) -> Locator:
        """The button that pays with a saved method."""
        return self.page.get_by_role("region", name="Pay with a saved method").get_by_role("button")

    @property
    def problem(self) -> Locator:
        """What is said beside Stripe's fields, or above the page."""
        return self.page.get_by_role("alert").filter(has_text=" ")

    def type_card(self, number: str) -> None:
        """Fill a card in."""
        self.fields.get_by_label("Card number").fill(number)
        self.fields.get_by_label("Expiration date").fill("12 / 34")
        self.fields.get_by_label("Security code").fill("123")

    def pay_new(self, number: str = GOOD) -> None:
        """Type a card in and pay."""
        self.type_card(number)
        self.new_button.click()

    def choose(self, method: str) -> None:
        """Choose a saved method."""
        self.page.locator(f"input[value={method}]").check()

    def says(self, words: str) -> None:
        """Wait until the page says so."""
        expect(self.page.get_by_role("main")).to_contain_text(words)


Arrive = Callable[..., Customer]
