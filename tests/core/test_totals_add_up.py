"""What an invoice's page prints adds up from top to bottom, whatever was billed, taken off, taxed, credited and paid.

The invoices are the sandbox's, whose sums were written apart from the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from invoice_portal.i18n import Languages
from invoice_portal.pages.invoices.lines import Names, discounts_on_lines, view_lines
from invoice_portal.pages.invoices.view import TotalView, view_totals
from invoice_portal.stripe_api.invoices import WholeInvoice, parse_whole_invoice
from invoice_portal.stripe_api.reading import Reader
from stripe_sandbox import Sandbox

ENGLISH = Languages().default
NO_NAMES = Names({}, {})


class Item(NamedTuple):
    """What one line bills: minor units, maybe below zero; what is off it; and its tax."""

    amount: int
    off: int
    tax: str


class Plot(NamedTuple):
    """An invoice and what happens to it; amounts in percent of what there is."""

    currency: str
    items: list[Item]
    off_all: int
    fixed_off: int
    balance: int
    credited: int
    paid: int
    credited_later: int


PLOTS = st.builds(
    Plot,
    currency=st.sampled_from(["usd", "eur", "jpy", "kwd", "isk"]),
    items=st.lists(
        st.builds(
            Item,
            amount=st.integers(-30, 400).map(lambda hundreds: hundreds * 1100),
            off=st.sampled_from([0, 0, 15]),
            tax=st.sampled_from(["", "added", "included"]),
        ),
        min_size=1,
        max_size=5,
    ),
    off_all=st.sampled_from([0, 0, 10, 33]),
    fixed_off=st.sampled_from([0, 0, 7700]),
    balance=st.sampled_from([0, 0, -5500, -(10**8), 3300]),
    credited=st.sampled_from([0, 0, 25]),
    paid=st.sampled_from([0, 40, 100]),
    credited_later=st.sampled_from([0, 25]),
)


class Told:
    """The account in which a plot is played."""

    def __init__(self) -> None:
        self.sandbox = Sandbox()
        self.customer = str(self.post("customers", email="ada@example.com")["id"])

    def post(self, path: str, **params: Any) -> Any:
        return self.sandbox.call("POST", f"/v1/{path}", params)

    def played(self, plot: Plot) -> WholeInvoice:
        invoice = self._drafted(plot)
        shown = self.post(f"invoices/{invoice}/finalize", auto_advance=False)
        if credited := _share(shown["amount_remaining"], plot.credited):
            self.post("credit_notes", invoice=invoice, amount=credited)
        shown = self._now(invoice)
        if paid := _share(shown["amount_remaining"], plot.paid):
            self._pay(invoice, paid, plot)
        shown = self._now(invoice)
        if shown["status"] == "paid" and (later := _share(shown["amount_paid"], plot.credited_later)):
            self.post("credit_notes", invoice=invoice, amount=later, credit_amount=later)
        return parse_whole_invoice(Reader(self._now(invoice), "invoice"))

    def _drafted(self, plot: Plot) -> str:
        rates = {
            "added": self.post("tax_rates", display_name="VAT", percentage=19, inclusive=False)["id"],
            "included": self.post("tax_rates", display_name="GST", percentage=Decimal("7.5"), inclusive=True)["id"],
        }
        if plot.balance:
            self.post(f"customers/{self.customer}/balance_transactions", amount=plot.balance, currency=plot.currency)
        coupons = [
            *([{"percent_off": plot.off_all}] if plot.off_all else []),
            *([{"amount_off": plot.fixed_off, "currency": plot.currency}] if plot.fixed_off else []),
        ]
        invoice = self.post(
            "invoices",
            customer=self.customer,
            currency=plot.currency,
            collection_method="send_invoice",
            days_until_due=30,
            auto_advance=False,
            **({"discounts": [self._coupon(**terms) for terms in coupons]} if coupons else {}),
        )["id"]
        for item in plot.items:
            self.post(
                "invoiceitems",
                customer=self.customer,
                invoice=invoice,
                currency=plot.currency,
                amount=item.amount,
                **({"discounts": [self._coupon(percent_off=item.off)]} if item.off and item.amount > 0 else {}),
                **({"tax_rates": [rates[item.tax]]} if item.tax else {}),
            )
        return str(invoice)

    def _coupon(self, **terms: Any) -> Any:
        return {"coupon": self.post("coupons", duration="once", **terms)["id"]}

    def _pay(self, invoice: str, amount: int, plot: Plot) -> None:
        card = self.post("payment_methods/pm_card_visa/attach", customer=self.customer)["id"]
        intent = self.post("payment_intents", customer=self.customer, amount=amount, currency=plot.currency)["id"]
        self.post(f"invoices/{invoice}/attach_payment", payment_intent=intent)
        self.post(f"payment_intents/{intent}/confirm", payment_method=card)

    def _now(self, invoice: str) -> Any:
        return self.sandbox.call("GET", f"/v1/invoices/{invoice}", {})


def _share(amount: int, percent: int) -> int:
    """A part that can be paid and credited in every currency, and leaves a rest that can be: all, none, or hundreds."""
    if percent == 100:
        return max(0, amount)
    return max(0, amount * percent // 100 // 1000 * 1000)


def added(rows: Sequence[TotalView]) -> int:
    """What single rows, no sums and no remarks, come to."""
    return sum(row.money.amount for row in rows if not row.strong and not row.remark)


@settings(max_examples=60, deadline=None)
@given(PLOTS)
def test_every_sum_is_that_of_the_rows_above_it(plot: Plot) -> None:
    whole = Told().played(plot)
    lines = whole.lines.items
    rows = [row for row in view_totals(ENGLISH, whole, lines, NO_NAMES) if row.name != "Total before tax"]
    on_lines = discounts_on_lines(whole, lines)
    billed = sum(line.amount.amount for line in lines)
    off = sum(amount.amount for line in lines for id, amount in line.discounts if id in on_lines)
    assert rows[0].name == "Subtotal"
    assert rows[0].money.amount == billed - off
    assert len(view_lines(ENGLISH, whole, lines, NO_NAMES)) == len(plot.items)
    sums = [at for at, row in enumerate(rows) if row.strong]
    assert rows[sums[0]].name == "Total"
    for before, at in zip([0, *sums], sums, strict=False):
        begun = rows[before].money.amount
        between = rows[before + 1 : at]
        assert rows[at].money.amount == begun + added(between), rows[at].name
    left = rows[sums[-1]].money.amount + added(rows[sums[-1] + 1 :])
    assert left == (0 if whole.invoice.status == "paid" else whole.invoice.amount_remaining.amount)
