"""Payment methods: made of card numbers or of Stripe's ready-made ids, attached to customers."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from stripe_sandbox.billing import cards
from stripe_sandbox.billing.cards import Decline, TestCard
from stripe_sandbox.errors import StripeError
from stripe_sandbox.http import Json

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox

_VALID_YEARS = 4


def method(sandbox: Sandbox, id: str) -> Json:
    """The payment method with this id; a ready-made id such as `pm_card_visa` makes a new one."""
    ready_made = cards.BY_ID.get(id)
    if ready_made is None:
        return sandbox.store["payment_method", id]
    return new_card(sandbox, ready_made)


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
    return sandbox.store.add(
        {
            "id": sandbox.ids.new("pm"),
            "object": "payment_method",
            "allow_redisplay": "unspecified",
            "billing_details": {
                "address": {
                    "city": None,
                    "country": None,
                    "line1": None,
                    "line2": None,
                    "postal_code": None,
                    "state": None,
                },
                "email": None,
                "name": None,
                "phone": None,
                "tax_id": None,
            },
            "card": {
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
                "fingerprint": hashlib.sha256(card.number.encode()).hexdigest()[:16],
                "funding": card.funding,
                "generated_from": None,
                "last4": card.number[-4:],
                "networks": {"available": [card.brand], "preferred": None},
                "regulated_status": "unregulated",
                "three_d_secure_usage": {"supported": True},
                "wallet": None,
            },
            "created": sandbox.clock.now,
            "customer": None,
            "customer_account": None,
            "livemode": False,
            "metadata": {},
            "type": "card",
            "_number": card.number,
            "_set_up": False,
        }
    )


def card_of(method: Json) -> TestCard:
    """The test card behind a payment method."""
    return cards.BY_NUMBER.get(method["_number"], cards.BY_ID["pm_card_visa"])


def has_expired(method: Json, now: int) -> bool:
    """Whether the card's last month is over."""
    at = datetime.fromtimestamp(now, UTC)
    card = method["card"]
    return bool((card["exp_year"], card["exp_month"]) < (at.year, at.month))


def attach(sandbox: Sandbox, method: Json, customer: Json) -> None:
    """Give a payment method to a customer. Raises 402 for a card that is declined when it is saved."""
    if method["customer"] not in (None, customer["id"]):
        raise StripeError("The payment method you provided has already been attached to a customer.")
    refusal = card_of(method).on_attach
    if refusal is not None:
        raise card_error(refusal)
    method["customer"] = customer["id"]
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
    method["customer"] = None
    sandbox.store.reindex(method)


def belonging(sandbox: Sandbox, id: str, customer: str, param: str) -> Json:
    """The customer's payment method with this id. Raises StripeError where it is not theirs."""
    found = method(sandbox, id) if id not in cards.BY_ID else None
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
