"""What a price costs, said plainly: per unit, per package, by usage, or in steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from invoice_portal.i18n import Language
from invoice_portal.stripe_api.prices import Price, Tier


@dataclass(frozen=True, slots=True)
class PriceWords:
    """``text`` is the price in a few words, ``steps`` what each range of units costs where it has tiers."""

    text: str
    steps: tuple[str, ...] = ()
    note: str = ""


def price_words(language: Language, price: Price, quantity: int | None = None) -> PriceWords:
    """A price, with how many units of it are taken where that is more than one."""
    if price.tiers_mode:
        return _in_steps(language, price, quantity)
    each = _each(language, price)
    often = rhythm(language, each, price)
    if quantity is None or quantity == 1 or price.metered:
        return PriceWords(often)
    if price.divide_by > 1:  # "250 × $10.00 for every 100 units" would read as 250 times the price
        words = language.ngettext("%(count)s unit at %(price)s", "%(count)s units at %(price)s", quantity, price=often)
        return PriceWords(words)
    return PriceWords(f"{language.number(Decimal(quantity))} × {often}")


def rhythm(language: Language, amount: str, price: Price) -> str:
    """An amount with how often it is billed: "$10.00 per month"."""
    count, ngettext = price.interval_count, language.ngettext
    match price.interval:
        case "day":
            return ngettext("%(price)s per day", "%(price)s every %(count)s days", count, price=amount)
        case "week":
            return ngettext("%(price)s per week", "%(price)s every %(count)s weeks", count, price=amount)
        case "month":
            return ngettext("%(price)s per month", "%(price)s every %(count)s months", count, price=amount)
        case "year":
            return ngettext("%(price)s per year", "%(price)s every %(count)s years", count, price=amount)
        case _:
            return amount


def _each(language: Language, price: Price) -> str:
    """What one unit costs, or one package of them."""
    _ = language.gettext
    amount = language.unit_price(price.unit_amount or Decimal(0), price.currency)
    if price.divide_by > 1:
        return _("%(price)s for every %(number)s units", price=amount, number=language.number(Decimal(price.divide_by)))
    return _("%(price)s per unit used", price=amount) if price.metered else amount


def _in_steps(language: Language, price: Price, quantity: int | None) -> PriceWords:
    _ = language.gettext
    if price.metered:
        text = _("By usage, in steps")
    elif quantity is None:
        text = _("By quantity, in steps")
    else:
        text = language.ngettext("%(count)s unit, priced in steps", "%(count)s units, priced in steps", quantity)
    volume = price.tiers_mode == "volume" and price.tiers
    note = _("All units cost the price of the step that the whole quantity reaches.") if volume else ""
    return PriceWords(text, tuple(_steps(language, price)), note)


def _steps(language: Language, price: Price) -> Iterator[str]:
    start = 1
    for tier in price.tiers:
        yield f"{_range(language, start, tier)}: {_cost(language, price, tier)}"
        start = (tier.up_to or 0) + 1


def _range(language: Language, start: int, tier: Tier) -> str:
    _ = language.gettext
    first = language.number(Decimal(start))
    if tier.up_to is None:
        return _("%(first)s and more", first=first)
    return _("%(first)s to %(last)s", first=first, last=language.number(Decimal(tier.up_to)))


def _cost(language: Language, price: Price, tier: Tier) -> str:
    _ = language.gettext
    unit, flat = tier.unit or Decimal(0), tier.flat or Decimal(0)
    each = _("%(price)s each", price=language.unit_price(unit, price.currency))
    if not flat:
        return each
    once = language.unit_price(flat, price.currency)
    return _("%(price)s for all, and %(each)s", price=once, each=each) if unit else _("%(price)s for all", price=once)
