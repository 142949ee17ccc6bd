"""Saved methods, and what was charged: the sandbox's books are what counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from support.accounts import Account, Json

if TYPE_CHECKING:  # the core is tested with no HTTP client for a browser
    from support.portals import Answer, Browser

PUBLISHABLE: Final = "pk_test_contract"


def saved_method(account: Account, customer: str, name: str, **more: Any) -> str:
    """A method that the customer has agreed to be shown again."""
    if name in _DECLINED_WHEN_SAVED:
        return _slipped_in(account, customer, name)
    method = str(account.post(f"payment_methods/{name}/attach", customer=customer)["id"])
    account.post(f"payment_methods/{method}", allow_redisplay="always", **more)
    return method


def saved_card(account: Account, customer: str, name: str = "pm_card_visa", **more: Any) -> str:
    """A card; one that is declined when it is saved was saved while it was still good."""
    return saved_method(account, customer, name, **more)


_DECLINED_WHEN_SAVED: Final = {
    "pm_card_chargeDeclinedExpiredCard",
    "pm_card_visa_chargeDeclinedInsufficientFunds",
    "pm_card_visa_chargeDeclinedStolenCard",
    "pm_card_chargeDeclinedIncorrectCvc",
    "pm_card_chargeDeclinedProcessingError",
}


def _slipped_in(account: Account, customer: str, name: str) -> str:
    """A card that would be refused if it were saved today: saved anyway."""
    from stripe_sandbox.billing import methods

    made = methods.method(account.sandbox, name)
    methods.keep(account.sandbox, made, customer)
    made["allow_redisplay"] = "always"
    account.sandbox.store.reindex(made)
    return str(made["id"])


def charges(account: Account, customer: str) -> list[Json]:
    """Everything that was tried, newest first."""
    found: list[Json] = account.get("charges", customer=customer)["data"]
    return found


def pay(browser: Browser, invoice: str, method: str) -> Answer:
    """One click: the page, and its button."""
    return browser.submit(browser.get(f"/invoices/{invoice}/pay"), "/pay/saved", method=method)


class Element:
    """A page with Stripe's element in it: what the portal's own script does, without a browser."""

    def __init__(self, browser: Browser, account: Account, invoice: str, **query: str) -> None:
        self.browser, self.account, self.invoice = browser, account, invoice
        self.page = browser.get(f"/invoices/{invoice}/pay", query or None)
        self.fields = next(form.fields for form in self.page.html.forms if "statement" in form.fields)
        self.begun: dict[str, Any] = {}

    def step(self, name: str, **more: str) -> Answer:
        """One step: POST the form's fields."""
        origin = str(self.browser.client.base_url.copy_with(path="")).rstrip("/")
        headers = {"Origin": origin, "Accept": "application/json"}
        path = f"/invoices/{self.invoice}/pay/{name}"
        return self.browser.send("POST", path, headers=headers, data={**self.fields, **more})

    def begin(self) -> dict[str, Any]:
        """Mount the element."""
        self.begun = self.step("new").json
        return self.begun

    def check(self) -> dict[str, Any]:
        """Ask whether the money may be taken now."""
        found: dict[str, Any] = self.step("check", paying=self.begun.get("paying", "")).json
        return found

    def confirm(self, card: str = "pm_card_visa", **more: Any) -> None:
        """What Stripe.js does with what was typed."""
        secret = self.begun["client_secret"]
        intent = secret.partition("_secret_")[0]
        made = self.account.post(f"payment_intents/{intent}/confirm", client_secret=secret, payment_method=card, **more)
        assert made["status"] in ("succeeded", "processing", "requires_action")

    def result(self) -> dict[str, Any]:
        """Ask how it stands."""
        found: dict[str, Any] = self.step("result", paying=self.begun["paying"]).json
        return found

    def back(self) -> Answer:
        """Go where Stripe.js sends the browser, with what Stripe adds to the address."""
        secret = self.begun["client_secret"]
        url = self.begun["return_url"]
        return self.browser.get(f"{url}&payment_intent_client_secret={secret}&redirect_status=succeeded")
