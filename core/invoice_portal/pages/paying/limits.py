"""What part of an invoice may be paid, and who may pay with what."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from invoice_portal.errors import NotAllowed
from invoice_portal.i18n import Language
from invoice_portal.money import exponent, least_step
from invoice_portal.pages.paying.due import Due
from invoice_portal.pages.paying.statement import Statement
from invoice_portal.settings import PortalSettings
from invoice_portal.stripe_api.payments import Intent
from invoice_portal.visits import Visit

_MOST: Final = 10**12
_LEAST: Final = {
    "aed": 200,
    "brl": 50,
    "czk": 1500,
    "dkk": 250,
    "gbp": 30,
    "hkd": 400,
    "huf": 17500,
    "jpy": 50,
    "mxn": 1000,
    "myr": 200,
    "nok": 300,
    "pln": 200,
    "ron": 200,
    "sek": 300,
    "thb": 1000,
}
"""Stripe's least charge in minor units (docs.stripe.com/currencies#minimum-and-maximum-charge-amounts), if not 50."""


def pays_here(visit: Visit) -> bool:
    """Whether this visitor may pay, and in the portal itself."""
    return bool(visit.settings.stripe_publishable_key) and visit.may("pay")


def demand_here(visit: Visit) -> None:
    """Raises ``NotAllowed`` where this visitor may not pay, or only on Stripe's own page."""
    visit.demand("pay")
    if not visit.settings.stripe_publishable_key:
        raise NotAllowed("without stripe_publishable_key customers pay on Stripe's own page")


def manages_methods(visit: Visit) -> bool:
    """Whether this visitor may add and remove what the customer has saved."""
    return visit.sees_customer and visit.may("manage") and bool(visit.settings.stripe_publishable_key)


def fits(intent: Intent, types: Collection[str]) -> bool:
    """Whether an intent takes no other types than these; empty for all. Its secret pays with whatever it takes."""
    return not types or set(intent.types) <= set(types)


def has_saved_methods(visit: Visit) -> bool:
    """Whether this visitor may use what the customer has saved.

    A link to one invoice is passed on: who opens it may pay, with what is their own.
    """
    return visit.identified().invoice is None


def least_part(settings: PortalSettings, currency: str) -> int:
    """The least that may be paid, in minor units: the merchant's minimum, and never less than Stripe's."""
    return max(settings.partial_payment_minimum.get(currency, 0), least_charge(currency))


def least_charge(currency: str) -> int:
    """The least that Stripe charges, in minor units."""
    return _LEAST.get(currency, max(least_step(currency), 500 if exponent(currency) == 3 else 50))


def part_allowed(settings: PortalSettings, due: Due) -> bool:
    """Whether a part of this invoice can be paid at all: a part and a rest that can be paid too."""
    currency, remaining = due.remaining.currency, due.remaining.amount
    return (
        settings.partial_payments
        and not due.shares
        and remaining >= least_part(settings, currency) + least_charge(currency)
    )


def part_fits(settings: PortalSettings, due: Due, amount: int) -> bool:
    """Whether ``amount`` (minor units) may be paid: all of it, or a part that leaves a rest that can be paid."""
    currency, remaining = due.remaining.currency, due.remaining.amount
    if amount == remaining:
        return True
    least, most = least_part(settings, currency), remaining - least_charge(currency)
    return part_allowed(settings, due) and least <= amount <= most and amount % least_step(currency) == 0


def acceptable(settings: PortalSettings, due: Due, statement: Statement) -> bool:
    """Whether what a page stated is still due, and still may be paid."""
    return statement.holds(due) and part_fits(settings, due, statement.amount.amount)


def read_amount(language: Language, text: str, currency: str) -> int | None:
    """An amount as typed in the visitor's language, in minor units; None for what is none, or finer than the currency.

    It is shown again before anything is paid: what was understood is what the customer agrees to.
    """
    value = language.read_decimal(text)
    if value is None:
        return None
    minor = value.scaleb(exponent(currency))
    return int(minor) if minor == minor.to_integral_value() and 0 < minor < _MOST else None
