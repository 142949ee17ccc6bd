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
