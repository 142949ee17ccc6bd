"""What usage costs, and how the cost of a period falls on its days.

Stripe bills a metered price once, on the quantity of the whole period (docs.stripe.com/products-prices/pricing-models):
it does not say what a single day costs. But the price of everything used so far grows from day to day, and a day's cost
is what it adds: so the days add up to the period's line, to the last minor unit, whatever the tiers.

Two kinds cannot be cut by day without a word on it. Under *volume* tiers a new tier changes the price of all units
before it, which is told apart as ``rerated``. And a meter that counts the *last* value has a level and no sum: a day's
cost is what the level's change does to the bill.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal, localcontext
from itertools import pairwise
from typing import Final

from invoice_portal.stripe_api.prices import Price, Tier

_DIGITS: Final = 64
"""More than the longest quantity and the longest price have together: nothing is lost before it is rounded."""


@dataclass(frozen=True, slots=True)
class DayCost:
    """One day. ``level`` is the quantity that would be billed if the period ended with it; money in minor units.

    ``cost`` is what the day adds to the bill, ``rerated`` the part of it that is a new price for earlier units, and
    ``total`` the bill so far.
    """

    level: Decimal
    cost: int
    rerated: int
    total: int


def charge(price: Price, quantity: Decimal) -> int | None:
    """What Stripe bills for a quantity, in minor units; None where the price does not say (its tiers are unknown).

    Every tier is a line of the invoice and is rounded by itself, half a unit up. The fixed amount of the first tier is
    billed without any usage.
    """
    billed = max(quantity, Decimal(0))
    with localcontext(Context(prec=_DIGITS)):
        if price.tiers_mode:
            return sum(_parts(price, billed)) if _complete(price.tiers) else None
        return None if price.unit_amount is None else _rounded(price.unit_amount * _packages(price, billed))


def by_day(price: Price, levels: Sequence[Decimal]) -> tuple[DayCost, ...] | None:
    """The cost of each day, given the billable quantity at its end; None where the price does not say.

    The first day bears what is billed without any usage.
    """
    charged = [charge(price, level) for level in levels]
    totals = [0, *(total for total in charged if total is not None)]
    if len(totals) <= len(levels):
        return None
    before = (Decimal(0), *levels)
    return tuple(
        DayCost(level, total - earlier, _rerated(price, before[at], level), total)
        for at, (level, (earlier, total)) in enumerate(zip(levels, pairwise(totals), strict=True))
    )


def running(amounts: Sequence[Decimal]) -> tuple[Decimal, ...]:
    """Daily amounts as levels: what was used from the period's beginning to the end of each day."""
    levels, level = [], Decimal(0)
    for amount in amounts:
        level += amount
        levels.append(level)
    return tuple(levels)


def _rerated(price: Price, before: Decimal, after: Decimal) -> int:
    """What a new tier changes for the units that were there before, under volume tiers."""
    if price.tiers_mode != "volume" or before <= 0:
        return 0
    old, new = _tier_of(price.tiers, before), _tier_of(price.tiers, after)
    with localcontext(Context(prec=_DIGITS)):
        return _rounded((new.unit or Decimal(0)) * before) - _rounded((old.unit or Decimal(0)) * before)


def _parts(price: Price, quantity: Decimal) -> Iterator[int]:
    """The lines of a tiered price: each tier's units, and its fixed amount once it is entered."""
    if price.tiers_mode == "volume":
        yield from _lines(_tier_of(price.tiers, quantity), quantity)
        return
    below = Decimal(0)
    for tier in price.tiers:
        top = quantity if tier.up_to is None else min(quantity, Decimal(tier.up_to))
        yield from _lines(tier, top - below)
        if top == quantity:
            return
        below = top


def _lines(tier: Tier, units: Decimal) -> Iterator[int]:
    yield _rounded((tier.unit or Decimal(0)) * units)
    yield _rounded(tier.flat or Decimal(0))


def _tier_of(tiers: Sequence[Tier], quantity: Decimal) -> Tier:
    """The tier that a quantity reaches; ``up_to`` belongs to its own tier."""
    return next(tier for tier in tiers if tier.up_to is None or quantity <= tier.up_to)


def _complete(tiers: Sequence[Tier]) -> bool:
    return bool(tiers) and tiers[-1].up_to is None


def _packages(price: Price, quantity: Decimal) -> Decimal:
    if price.divide_by == 1:
        return quantity
    rounding = ROUND_CEILING if price.round_up else ROUND_FLOOR
    return (quantity / price.divide_by).to_integral_value(rounding=rounding)


def _rounded(amount: Decimal) -> int:
    return int(amount.to_integral_value(rounding=ROUND_HALF_UP))
