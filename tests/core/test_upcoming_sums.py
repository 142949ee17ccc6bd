"""What the next bills come to in sum: asked for one after the other, with the balance and shared items counted once."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoice_portal.money import Money
from invoice_portal.pages.upcoming.bills import Bill, Sum, sums_of
from invoice_portal.stripe_api.previews import parse_preview
from invoice_portal.stripe_api.reading import Reader
from invoice_portal.stripe_api.subscriptions import Subscription

from .helpers.objects import DAY, NOW, Json, invoice, line, listing


def bill(total: int, balance: int = 0, *, items: Sequence[tuple[str, int]] = (), currency: str = "usd") -> Bill:
    """The next bill of a subscription over ``total``, with lines for these items of no subscription."""
    due = max(0, total + balance)
    shown = invoice(
        status="draft",
        currency=currency,
        total=total,
        amount_due=due,
        starting_balance=balance,
        ending_balance=None,
        period_end=NOW + DAY,
        lines=listing([_item_line(f"il_{at}", *item) for at, item in enumerate(items)]),
    )
    subscription = Subscription("sub_1", "cus_ada", NOW, "", ())
    return Bill(subscription, "bill", parse_preview(Reader(shown, "preview"), "sub_1"))


def _item_line(id: str, item: str, amount: int) -> Json:
    details = {"type": "invoice_item_details", "invoice_item_details": {"invoice_item": item}}
    return line(id, amount=amount, parent=details)


def sum_of(*bills: Bill) -> Sum:
    (found,) = sums_of(bills)
    return found


def test_a_bill_below_zero_leaves_credit_for_the_later_ones_and_none_for_the_earlier() -> None:
    assert sum_of(bill(-1000), bill(3000)).due == Money(2000, "usd")
    assert sum_of(bill(3000), bill(-1000)).due == Money(3000, "usd"), "it is asked for before there is credit"


def test_what_is_owed_from_before_is_asked_for_once() -> None:
    assert sum_of(bill(3000, 500), bill(1000, 500)).due == Money(4500, "usd")


@pytest.mark.parametrize("lines", [[("ii_1", 700)], [("ii_1", 400), ("ii_1", 300)]], ids=["one line", "two"])
def test_an_item_in_several_bills_counts_once(lines: list[tuple[str, int]]) -> None:
    found = sum_of(bill(3700, items=lines), bill(1700, items=lines))
    assert (found.total, found.due, found.repeats) == (Money(4700, "usd"), Money(4700, "usd"), True)


def test_currencies_stand_side_by_side() -> None:
    found = sums_of([bill(3000), bill(500, currency="jpy"), bill(1000)])
    assert [each.due for each in found] == [Money(4000, "usd"), Money(500, "jpy")]


@pytest.mark.parametrize("balance", [-5000, -1000, 0, 700])
def test_one_bill_is_what_stripe_says(balance: int) -> None:
    assert sum_of(bill(2000, balance)).due == Money(max(0, 2000 + balance), "usd")


@given(st.lists(st.integers(-5000, 5000), min_size=2, max_size=6), st.integers(-8000, 3000))
def test_no_more_is_asked_for_than_the_bills_and_no_less_than_what_is_left(totals: list[int], balance: int) -> None:
    due = sum_of(*(bill(total, balance) for total in totals)).due.amount
    assert max(0, sum(totals) + balance) <= due
    assert due <= sum(total for total in totals if total > 0) + max(0, balance)
