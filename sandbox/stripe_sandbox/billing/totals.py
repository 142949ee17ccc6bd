"""What an invoice comes to: discounts and taxes by line, exactly, with no knowledge of the store.

Line discounts go before invoice discounts, each on what the one before left; taxes are on what is left after
all of them. Each line is rounded by itself, half up. https://docs.stripe.com/api/invoices/object
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from stripe_sandbox.money import percent_of, rounded, shares


@dataclass(frozen=True, slots=True)
class Reduction:
    """A discount: some minor units off, or some percent off; on certain products only if they are given."""

    discount: str
    amount_off: int | None = None
    percent_off: Decimal | None = None
    products: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Rate:
    """A tax rate. `counts` is false where the customer is exempt: the tax is named, but nothing."""

    id: str
    percentage: Decimal
    inclusive: bool
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    """A line before discounts and taxes; inclusive tax is in its amount, in minor units."""

    amount: int
    product: str | None = None
    discountable: bool = True
    reductions: tuple[Reduction, ...] = ()
    rates: tuple[Rate, ...] = ()


@dataclass(frozen=True, slots=True)
class Tax:
    """The tax of one rate on one line."""

    rate: Rate
    amount: int
    taxable: int


@dataclass(frozen=True, slots=True)
class LineTotals:
    """A line with its discounts (its own ones first) and its taxes."""

    amount: int
    own: tuple[tuple[str, int], ...]
    shared: tuple[tuple[str, int], ...]
    taxes: tuple[Tax, ...]
    subtotal_excluding_tax: int

    @property
    def subtotal(self) -> int:
        """What the line adds to the invoice's subtotal: its own discounts are in it already."""
        return self.amount - sum(amount for _, amount in self.own)

    @property
    def discounted(self) -> int:
        """What is left after all discounts."""
        return self.subtotal - sum(amount for _, amount in self.shared)

    @property
    def excluding_tax(self) -> int:
        """What is left after all discounts, without the tax in it."""
        return self.discounted - sum(tax.amount for tax in self.taxes if tax.rate.inclusive)

    @property
    def total(self) -> int:
        """What the line adds to the invoice's total."""
        return self.discounted + sum(tax.amount for tax in self.taxes if not tax.rate.inclusive)


def compute(lines: Sequence[Line], reductions: Sequence[Reduction] = ()) -> list[LineTotals]:
    """The totals of each line of an invoice that has these discounts of its own."""
    own = [_own_discounts(line) for line in lines]
    left = [line.amount - sum(amount for _, amount in each) for line, each in zip(lines, own, strict=True)]
    shared: list[list[tuple[str, int]]] = [[] for _ in lines]
    for reduction in reductions:
        for at, amount in enumerate(_spread(reduction, lines, left)):
            if amount:
                left[at] -= amount
                shared[at].append((reduction.discount, amount))
    return [
        LineTotals(
            line.amount,
            tuple(own[at]),
            tuple(shared[at]),
            tuple(_taxes(left[at], line.rates)),
            _net(line.amount - sum(amount for _, amount in own[at]), line.rates),
        )
        for at, line in enumerate(lines)
    ]


def _own_discounts(line: Line) -> list[tuple[str, int]]:
    found, left = [], line.amount
    for reduction in line.reductions:
        amount = _spread(reduction, [line], [left])[0]
        left -= amount
        found.append((reduction.discount, amount))
    return found


def _spread(reduction: Reduction, lines: Sequence[Line], left: Sequence[int]) -> list[int]:
    """How much of a discount each line bears, given what is left of each."""
    base = [amount if _applies(reduction, line) else 0 for line, amount in zip(lines, left, strict=True)]
    if reduction.percent_off is not None:
        return [percent_of(amount, reduction.percent_off) for amount in base]
    positive = [max(amount, 0) for amount in base]
    return shares(min(reduction.amount_off or 0, sum(positive)), positive)


def _applies(reduction: Reduction, line: Line) -> bool:
    return line.discountable and (reduction.products is None or line.product in reduction.products)


def _taxes(amount: int, rates: Sequence[Rate]) -> list[Tax]:
    """Inclusive taxes are cut out of the amount, exclusive ones come on top of what remains."""
    contained = _contained(rates)
    net = amount / (1 + contained / 100)
    found = []
    inside = 0
    for rate in rates:
        if rate.inclusive:
            tax = rounded(net * rate.percentage / 100) if rate.counts else 0
            inside += tax
            found.append((rate, tax))
    taxable = amount - inside
    found += [
        (rate, percent_of(taxable, rate.percentage) if rate.counts else 0) for rate in rates if not rate.inclusive
    ]
    return [Tax(rate, tax, taxable) for rate, tax in found]


def _net(amount: int, rates: Sequence[Rate]) -> int:
    return amount - sum(tax.amount for tax in _taxes(amount, rates) if tax.rate.inclusive)


def _contained(rates: Sequence[Rate]) -> Decimal:
    return sum((rate.percentage for rate in rates if rate.inclusive and rate.counts), Decimal(0))
