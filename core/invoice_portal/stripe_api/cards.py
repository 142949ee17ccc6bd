"""The card behind a payment method (docs.stripe.com/api/payment_methods), for when it expires.

Stripe tells of no card that is about to expire: it is reckoned from the month that is printed on it.
"""

from __future__ import annotations

from dataclasses import dataclass

from invoice_portal.effects import StripeCall
from invoice_portal.stripe_api.ids import checked
from invoice_portal.stripe_api.reading import Reader, one


@dataclass(frozen=True, slots=True)
class Card:
    """A saved card; ``expires`` is year and month, None for what is no card. It is good to the month's last day."""

    id: str
    brand: str
    last4: str
    expires: tuple[int, int] | None


def card_of(customer: str, payment_method: str) -> StripeCall[Card]:
    """A payment method of a customer; Stripe has none of another's at this address."""
    path = f"/v1/customers/{checked('cus', customer)}/payment_methods/{checked('pm', payment_method)}"
    return StripeCall("get", path, one(parse_card, "payment_method"))


def parse_card(reader: Reader) -> Card:
    """Read the card of a payment method."""
    card = reader.inside("card")
    year, month = (card.integer_or_none("exp_year"), card.integer_or_none("exp_month")) if card else (None, None)
    return Card(
        id=reader.id(),
        brand=card.text_or("brand") if card else "",
        last4=card.text_or("last4") if card else "",
        expires=(year, month) if year and month and 1 <= month <= 12 else None,
    )
