"""What an invoice comes to: exact by line, and by Stripe's identities for whatever is thrown at it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.api import Api
from stripe_sandbox.billing.drafting import after_balance
from stripe_sandbox.billing.pricing import parts
from stripe_sandbox.billing.totals import Line, Rate, Reduction, compute
from stripe_sandbox.money import formatted, minimum_charge, shares

VAT = Rate("vat", Decimal(19), inclusive=False)
VAT_INSIDE = Rate("vat_inside", Decimal(19), inclusive=True)

# By hand


def test_exclusive_tax_comes_on_top() -> None:
    (line,) = compute([Line(10_000, rates=(VAT,))])
    assert (line.subtotal, line.total, line.excluding_tax) == (10_000, 11_900, 10_000)


def test_inclusive_tax_is_inside() -> None:
    (line,) = compute([Line(11_900, rates=(VAT_INSIDE,))])
    assert (line.subtotal, line.total, line.excluding_tax) == (11_900, 11_900, 10_000)
    assert (line.taxes[0].amount, line.taxes[0].taxable) == (1900, 10_000)


def test_tax_is_on_what_discounts_leave() -> None:
    (line,) = compute([Line(10_000, rates=(VAT,))], [Reduction("d", percent_off=Decimal(10))])
    assert (line.taxes[0].taxable, line.taxes[0].amount, line.total) == (9000, 1710, 10_710)


def test_a_line_is_rounded_half_up() -> None:
    five = (Rate("r", Decimal(5), inclusive=False),)
    assert [compute([Line(amount, rates=five)])[0].total for amount in (9, 10, 11)] == [9, 11, 12]


def test_an_amount_off_is_spread_over_the_lines_and_never_more_than_they_are() -> None:
    lines = [Line(1000), Line(2000), Line(500, discountable=False)]
    assert [line.discounted for line in compute(lines, [Reduction("d", amount_off=100)])] == [967, 1933, 500]
    assert [line.discounted for line in compute(lines, [Reduction("d", amount_off=9999)])] == [0, 0, 500]


def test_discounts_go_one_after_another_own_ones_first() -> None:
    own, shared = Reduction("own", amount_off=1000), Reduction("shared", percent_off=Decimal(50))
    (line,) = compute([Line(5000, reductions=(own,))], [shared])
    assert (line.subtotal, line.own, line.shared) == (4000, (("own", 1000),), (("shared", 2000),))


def test_a_discount_may_be_for_some_products() -> None:
    lines = [Line(1000, product="a"), Line(1000, product="b")]
    only_a = Reduction("d", percent_off=Decimal(50), products=frozenset({"a"}))
    assert [line.discounted for line in compute(lines, [only_a])] == [500, 1000]


@pytest.mark.parametrize(
    ("total", "balance", "due", "left"),
    [
        (5000, 0, 5000, 0),
        (5000, -2000, 3000, 0),
        (5000, -9000, 0, -4000),
        (5000, 1000, 6000, 0),
        (-700, 0, 0, -700),
        (30, 0, 0, 30),
        (0, 0, 0, 0),
    ],
)
def test_the_balance_is_used_first(total: int, balance: int, due: int, left: int) -> None:
    assert after_balance(total, balance, "usd") == (due, left)


TIERS = [
    {"up_to": 5, "unit_amount_decimal": "700", "flat_amount_decimal": "100"},
    {"up_to": 10, "unit_amount_decimal": "650", "flat_amount_decimal": None},
    {"up_to": None, "unit_amount_decimal": "600", "flat_amount_decimal": None},
]


@pytest.mark.parametrize(
    ("mode", "quantity", "amounts"),
    [
        ("graduated", 3, [2100, 100]),
        ("graduated", 5, [3500, 100]),
        ("graduated", 12, [3500, 100, 3250, 1200]),
        ("volume", 3, [2100, 100]),
        ("volume", 6, [3900]),
        ("volume", 12, [7200]),
    ],
)
def test_tiers(mode: str, quantity: int, amounts: list[int]) -> None:
    price: dict[str, Any] = {"billing_scheme": "tiered", "tiers_mode": mode, "_options": {"usd": {"tiers": TIERS}}}
    assert [part.amount for part in parts(price, Decimal(quantity), "usd")] == amounts


@pytest.mark.parametrize(
    ("rounding", "quantity", "amount"), [("up", 1, 500), ("up", 11, 1000), ("down", 9, 0), ("down", 19, 500)]
)
def test_packages(rounding: str, quantity: int, amount: int) -> None:
    price: dict[str, Any] = {
        "billing_scheme": "per_unit",
        "transform_quantity": {"divide_by": 10, "round": rounding},
        "_options": {"usd": {"unit_amount_decimal": "500"}},
    }
    assert sum(part.amount for part in parts(price, Decimal(quantity), "usd")) == amount


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (1234_56, "usd", "$1,234.56"),
        (2000, "jpy", "¥2,000"),
        (1500, "kwd", "1.500 kwd"),
        (Decimal("0.5"), "usd", "$0.005"),
    ],
)
def test_amounts_in_sentences(amount: int | Decimal, currency: str, text: str) -> None:
    assert formatted(amount, currency) == text


# For all

AMOUNTS = st.integers(-(10**7), 10**8)
PERCENT = st.decimals(0, 100, places=2)
RATES = st.lists(st.builds(Rate, st.sampled_from("xyz"), PERCENT, st.booleans(), st.booleans()), max_size=3).map(tuple)
REDUCTIONS = st.lists(
    st.builds(Reduction, st.sampled_from("abc"), amount_off=st.integers(1, 10**6))
    | st.builds(Reduction, st.sampled_from("abc"), percent_off=PERCENT),
    max_size=3,
)
LINES = st.lists(
    st.builds(
        Line,
        AMOUNTS,
        st.none() | st.sampled_from("pq"),
        st.booleans(),
        REDUCTIONS.map(tuple),
        RATES,
    ),
    max_size=6,
)


@given(LINES, REDUCTIONS)
def test_each_line_adds_up(lines: list[Line], reductions: list[Reduction]) -> None:
    for line, result in zip(lines, compute(lines, reductions), strict=True):
        off = sum(amount for _, amount in (*result.own, *result.shared))
        exclusive = sum(tax.amount for tax in result.taxes if not tax.rate.inclusive)
        inclusive = sum(tax.amount for tax in result.taxes if tax.rate.inclusive)
        assert result.total == line.amount - off + exclusive
        assert result.excluding_tax == line.amount - off - inclusive
        assert all(tax.taxable == result.excluding_tax for tax in result.taxes)
        if line.amount >= 0:
            assert 0 <= result.discounted <= line.amount
        if not line.discountable:
            assert off == 0


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**8), min_size=1, max_size=8))
def test_shares_add_up_and_are_fair(total: int, weights: list[int]) -> None:
    parts = shares(total, weights)
    if sum(weights):
        assert sum(parts) == total
        for part, weight in zip(parts, weights, strict=True):
            assert abs(part - Decimal(total) * weight / sum(weights)) < 1


@given(AMOUNTS, AMOUNTS)
def test_no_money_is_lost_to_the_balance(total: int, balance: int) -> None:
    due, left = after_balance(total, balance, "usd")
    assert due + left == total + balance
    assert due == 0 or due >= minimum_charge("usd")


@settings(max_examples=25, deadline=None)
@given(
    amounts=st.lists(st.integers(-500, 20_000), min_size=1, max_size=5),
    percent=st.decimals("0.1", "100", places=1),
    amount_off=st.integers(1, 5000),
    tax=st.decimals(0, 30, places=2),
    inclusive=st.booleans(),
    balance=st.integers(-20_000, 20_000),
)
def test_the_invoice_keeps_stripes_identities(
    amounts: list[int], percent: Decimal, amount_off: int, tax: Decimal, inclusive: bool, balance: int
) -> None:
    api = Api()
    rate = api.post("tax_rates", display_name="T", percentage=tax, inclusive=inclusive)["id"]
    coupons = [
        api.post("coupons", percent_off=percent)["id"],
        api.post("coupons", amount_off=amount_off, currency="usd")["id"],
    ]
    customer = api.customer("pm_card_visa")
    if balance:
        api.post(f"customers/{customer}/balance_transactions", amount=balance, currency="usd")
    draft = api.draft(
        customer, *amounts, default_tax_rates=[rate], discounts=[{"coupon": coupon} for coupon in coupons]
    )
    api.post("invoiceitems", invoice=draft, amount=777, discounts=[{"coupon": coupons[0]}])
    identities(api.get(f"invoices/{draft}"))
    identities(api.post(f"invoices/{draft}/finalize"), balance=balance)
    after = api.get(f"customers/{customer}")["balance"]
    invoice = api.get(f"invoices/{draft}")
    assert after == invoice["ending_balance"] == balance + invoice["total"] - invoice["amount_due"]


def identities(invoice: dict[str, Any], balance: int | None = None) -> None:
    lines = invoice["lines"]["data"]
    discounts = sum(each["amount"] for each in invoice["total_discount_amounts"])
    exclusive = sum(tax["amount"] for tax in invoice["total_taxes"] if tax["tax_behavior"] == "exclusive")
    taxes = sum(tax["amount"] for tax in invoice["total_taxes"])
    assert invoice["total"] == sum(line["amount"] for line in lines) - discounts + exclusive
    assert invoice["total_excluding_tax"] == invoice["total"] - taxes
    assert invoice["amount_remaining"] == invoice["amount_due"] - invoice["amount_paid"]
    own = sum(
        amount["amount"]
        for line in lines
        for amount in line["discount_amounts"]
        if amount["discount"] in line["discounts"]
    )
    assert invoice["subtotal"] == sum(line["amount"] for line in lines) - own
    assert taxes == sum(tax["amount"] for line in lines for tax in line["taxes"])
    if balance is not None:
        assert (invoice["starting_balance"], invoice["status"]) == (
            balance,
            "paid" if invoice["amount_due"] == 0 else "open",
        )
