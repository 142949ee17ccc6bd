"""Tax rates (docs.stripe.com/api/tax_rates): an invoice names them by id only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from invoice_portal.effects import StripeCall
from invoice_portal.stripe_api.reading import Reader, one

_TAX_RATE_ID = re.compile(r"txr_[A-Za-z0-9_]{1,250}")


@dataclass(frozen=True, slots=True)
class TaxRate:
    """A tax by name; ``percentage`` in percent (19 is 19%)."""

    id: str
    display_name: str
    percentage: Decimal | None


def tax_rate(id: str) -> StripeCall[TaxRate]:
    """One tax rate, by an id that Stripe named."""
    return StripeCall("get", f"/v1/tax_rates/{id}", one(parse_tax_rate, "tax_rate"))


def is_tax_rate_id(text: str) -> bool:
    """Whether ``text`` can go into the path of :func:`tax_rate`."""
    return _TAX_RATE_ID.fullmatch(text) is not None


def parse_tax_rate(reader: Reader) -> TaxRate:
    """Read one tax rate; Stripe sends percentages as JSON numbers with at most four decimals."""
    return TaxRate(
        id=reader.id(),
        display_name=reader.text_or("display_name"),
        percentage=reader.number_or_none("percentage"),
    )
