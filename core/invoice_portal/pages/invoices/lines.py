"""The lines of an invoice, ready to print: each with what was taken off it alone, and which tax it bears."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from invoice_portal.i18n import Language
from invoice_portal.money import Money
from invoice_portal.stripe_api.invoices import Line, Tax, WholeInvoice
from invoice_portal.stripe_api.tax_rates import TaxRate

_DAY: Final = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class LineView:
    """One line, ready to print. ``remarks`` say what its amount alone does not: a discount on it, its tax."""

    description: str
    period: str
    quantity: str
    unit_price: str
    amount: str
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Names:
    """The names of discounts and tax rates, by id, as far as they could be read."""

    discounts: Mapping[str, str]
    tax_rates: Mapping[str, TaxRate]


def view_lines(language: Language, whole: WholeInvoice, lines: Sequence[Line], names: Names) -> tuple[LineView, ...]:
    """All lines in words and figures. What they are taxed with is said where they differ in it."""
    on_lines = discounts_on_lines(whole, lines)
    taxed_alike = len({_rates(line) for line in lines}) < 2
    return tuple(
        _line(
            language,
            line,
            (
                *_discounts(language, line, on_lines, names),
                *(() if taxed_alike else _taxes(language, line, whole.reverse_charge, names)),
            ),
        )
        for line in lines
    )


def discounts_on_lines(whole: WholeInvoice, lines: Sequence[Line]) -> frozenset[str]:
    """The discounts on single lines, by id: what they take off is out of ``subtotal`` already.

    See ``subtotal`` in docs.stripe.com/api/invoices/object: "item discounts are already incorporated".
    """
    return frozenset[str]().union(*(line.own_discounts for line in lines)) - whole.own_discounts


def tax_name(language: Language, tax: Tax, reverse_charge: bool, rates: Mapping[str, TaxRate]) -> str:
    """A tax with its percentage, as the merchant named it."""
    _, rate = language.gettext, rates.get(tax.rate or "")
    name = (rate.display_name if rate else "") or _("Tax")
    if rate and rate.percentage is not None:
        name = _("%(tax)s %(percent)s", tax=name, percent=language.percent(rate.percentage))
    if tax.reason == "reverse_charge" or (reverse_charge and not tax.amount.amount):
        return _("%(tax)s, reverse charge", tax=name)
    return _("%(tax)s, included", tax=name) if tax.inclusive else name


def _line(language: Language, line: Line, remarks: tuple[str, ...]) -> LineView:
    start, end = line.period
    return LineView(
        description=line.description,
        period=language.period(start, end) if end - start >= _DAY else "",
        quantity=language.number(line.quantity) if line.quantity is not None else "",
        unit_price=_unit_price(language, line),
        amount=language.money(line.amount),
        remarks=(language.gettext("Prorated"), *remarks) if line.proration else remarks,
    )


def _unit_price(language: Language, line: Line) -> str:
    """What one unit costs, where so many of them come to the line's amount.

    They do not for packages, whose price is that of a whole package, nor for what is free during a trial or prorated.
    """
    price, quantity = line.unit_price, line.quantity
    if price is None or line.proration:
        return ""
    fits = quantity is None or abs(price * quantity - line.amount.amount) < 1
    return language.unit_price(price, line.amount.currency) if fits else ""


def _discounts(language: Language, line: Line, on_lines: frozenset[str], names: Names) -> Iterator[str]:
    _ = language.gettext
    for discount, amount in line.discounts:
        if discount in on_lines and amount.amount:
            name = names.discounts.get(discount) or _("Discount")
            taken = language.money(Money(-amount.amount, amount.currency))
            yield _("%(discount)s: %(amount)s", discount=name, amount=taken)


def _taxes(language: Language, line: Line, reverse_charge: bool, names: Names) -> Iterator[str]:
    for tax in line.taxes:
        yield tax_name(language, tax, reverse_charge, names.tax_rates)


def _rates(line: Line) -> frozenset[tuple[str | None, bool]]:
    return frozenset((tax.rate, tax.inclusive) for tax in line.taxes)
