"""Payment methods: made of card and account numbers or of Stripe's ready-made ids, attached to customers."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from stripe_sandbox.billing import banks, cards
from stripe_sandbox.billing.banks import TestAccount
from stripe_sandbox.billing.cards import Decline, TestCard
from stripe_sandbox.errors import StripeError
from stripe_sandbox.http import Json

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox

_VALID_YEARS = 4
_UNSETTLED = ("draft", "open", "uncollectible")


def method(sandbox: Sandbox, id: str) -> Json:
    """The payment method with this id; a ready-made id such as `pm_card_visa` makes a new one."""
    if id in banks.BY_ID:
        return new_bank_account(sandbox, banks.BY_ID[id])
    if id in cards.BY_ID:
        return new_card(sandbox, cards.BY_ID[id])
    return sandbox.store["payment_method", id]


def is_ready_made(id: str) -> bool:
    """Whether an id is one of Stripe's for tests, each use of which makes a new payment method."""
    return id in cards.BY_ID or id in banks.BY_ID


def new_card(
    sandbox: Sandbox,
    card: TestCard,
    exp_month: int = 12,
    exp_year: int | None = None,
    *,
    cvc_check: str | None = None,
) -> Json:
    """Enter a payment method of a test card, valid for some years unless told."""
    year = exp_year or datetime.fromtimestamp(sandbox.clock.now, UTC).year + _VALID_YEARS
    details = {
        "brand": card.brand,
        "checks": {
            "address_line1_check": None,
            "address_postal_code_check": None,
            "cvc_check": cvc_check or card.cvc_check,
        },
        "country": card.country,
        "display_brand": card.brand,
        "exp_month": exp_month,
        "exp_year": year,
        "fingerprint": _fingerprint(card.number),
        "funding": card.funding,
        "generated_from": None,
        "last4": card.number[-4:],
        "networks": {"available": [card.brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }
    return _new_method(sandbox, "card", details, card.number, verified=True)


def new_bank_account(sandbox: Sandbox, account: TestAccount, *, verified: bool = True, **given: str) -> Json:
    """Enter a payment method of a test bank account. One that was typed in is `verified` by small deposits first."""
    shared = {"fingerprint": _fingerprint(account.number), "last4": account.number[-4:]}
    details: Json = {
        "bank_code": account.number[4:12],
        "branch_code": "",
        "country": account.country,
        "generated_from": {"charge": None, "setup_attempt": None},
        **shared,
    }
    if account.type == "us_bank_account":
        details = {
            "account_holder_type": given.get("account_holder_type", "individual"),
            "account_type": given.get("account_type", "checking"),
            "bank_name": "STRIPE TEST BANK",
            "financial_connections_account": None,
            "networks": {"preferred": "ach", "supported": ["ach"]},
            "routing_number": banks.ROUTING_NUMBER,
            "status_details": {},
            **shared,
        }
    return _new_method(sandbox, account.type, details, account.number, verified=verified)


def _new_method(sandbox: Sandbox, type: str, details: Json, number: str, *, verified: bool) -> Json:
    address = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
    return sandbox.store.add(
        {
            "id": sandbox.ids.new("pm"),
            "object": "payment_method",
            "allow_redisplay": "unspecified",
            "billing_details": {"address": address, "email": None, "name": None, "phone": None, "tax_id": None},
            "created": sandbox.clock.now,
            "customer": None,
            "customer_account": None,
            "livemode": False,
            "metadata": {},
            "type": type,
            type: details,
            "_number": number,
            "_set_up": False,
            "_verified": verified,
            "_mandate": None,
        }
    )


def _fingerprint(number: str) -> str:
    return hashlib.sha256(number.encode()).hexdigest()[:16]


def card_of(method: Json) -> TestCard:
    """The test card behind a payment method."""
    return cards.BY_NUMBER.get(method["_number"], cards.BY_ID["pm_card_visa"])


def account_of(method: Json) -> TestAccount:
    """The test bank account behind a payment method."""
    return banks.BY_NUMBER[method["_number"]]


def has_expired(method: Json, now: int) -> bool:
    """Whether the card's last month is over."""
    if method["type"] != "card":
        return False
    at = datetime.fromtimestamp(now, UTC)
    card = method["card"]
    return bool((card["exp_year"], card["exp_month"]) < (at.year, at.month))


def attach(sandbox: Sandbox, method: Json, customer: Json) -> None:
    """Give a payment method to a customer. Raises 402 for a card that is declined when it is saved."""
    if method["customer"] not in (None, customer["id"]):
        raise StripeError("The payment method you provided has already been attached to a customer.")
    refusal = card_of(method).on_attach if method["type"] == "card" else None
    if refusal is not None:
        raise card_error(refusal)
    keep(sandbox, method, customer["id"])


def keep(sandbox: Sandbox, method: Json, customer: str | None) -> None:
    """Give a payment method to a customer with whom it has just worked.

    Nothing where it has an owner already, or the customer is deleted by now.
    """
    if customer is None or method["customer"] is not None:
        return
    owner = sandbox.store.get("customer", customer)  # None while a customer is being made
    if owner is None or not owner.get("deleted"):
        method["customer"] = customer
        sandbox.store.reindex(method)


def detach(sandbox: Sandbox, method: Json) -> None:
    """Take a payment method away from its customer, and from all that had it as default. It cannot come back."""
    if method["customer"] is None:
        raise StripeError("The payment method you provided is not attached to a customer so detachment is impossible.")
    customer = sandbox.store["customer", method["customer"]]
    settings = customer["invoice_settings"]
    if settings["default_payment_method"] == method["id"]:
        customer["invoice_settings"] = {**settings, "default_payment_method": None}
    for subscription in sandbox.store.all("subscription", default_payment_method=method["id"]):
        subscription["default_payment_method"] = None
    for invoice in sandbox.store.all("invoice", customer=customer["id"]):
        if invoice["default_payment_method"] == method["id"] and invoice["status"] in _UNSETTLED:
            invoice["default_payment_method"] = None
    method["customer"] = None
    sandbox.store.reindex(method)


def belonging(sandbox: Sandbox, id: str, customer: str, param: str) -> Json:
    """The customer's payment method with this id. Raises StripeError where it is not theirs."""
    found = None if is_ready_made(id) else method(sandbox, id)
    if found is None or found["customer"] != customer:
        raise StripeError(
            f"The customer does not have a payment method with the ID {id}. The payment method must be attached to "
            "the customer.",
            code="resource_missing",
            param=param,
        )
    return found


def card_error(decline: Decline, **details: object) -> StripeError:
    """What Stripe answers to a card that is refused."""
    extra: dict[str, object] = dict(details)
    if decline.decline_code is not None:
        extra["decline_code"] = decline.decline_code
    if decline.advice is not None:
        extra["advice_code"] = decline.advice
    param = {"incorrect_cvc": "cvc", "expired_card": "exp_month", "incorrect_number": "number"}.get(decline.code)
    return StripeError(decline.message, status=402, type="card_error", code=decline.code, param=param, **extra)
