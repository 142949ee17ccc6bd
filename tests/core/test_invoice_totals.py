"""The totals of an invoice: Stripe's own numbers, in the order in which they follow from each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoice_portal import CustomerId
from invoice_portal.http import Page
from invoice_portal.money import Money, format_money
from invoice_portal.pages.invoices.page import invoice as invoice_page
from invoice_portal.pages.invoices.view import TotalView

from .helpers.objects import DAY, NOW, Json, invoice, line, listing, paid_invoice, tax, tax_rate
from .helpers.programs import Stripe, play
from .helpers.visiting import make_visit

RATES = {"/v1/tax_rates/txr_1": tax_rate(), "/v1/tax_rates/txr_2": tax_rate("txr_2", display_name="County tax")}


def totals_of(shown: Json, language: str = "en") -> tuple[TotalView, ...]:
    answers = {"/v1/invoices/in_1": shown, "/v1/invoice_payments": listing([]), "/v1/credit_notes": listing([])}
    visit = make_visit(name="invoice", args={"invoice": "in_1"}, visitor=CustomerId("cus_ada"), language=language)
    page = play(invoice_page(visit), Stripe({**answers, **RATES}))
    assert isinstance(page, Page)
    rows: tuple[TotalView, ...] = page.context["invoice"].totals
    return rows


@dataclass(frozen=True)
class Case:
    """What Stripe says, and the rows as they are to be read from top to bottom."""

    name: str
    shown: Json
    rows: list[tuple[str, str]]
    strong: set[str] = field(default_factory=lambda: {"Total", "To pay"})
    remarks: set[str] = field(default_factory=set)


CASES = [
    Case("plain", invoice(), [("Subtotal", "$100.00"), ("Total", "$100.00"), ("To pay", "$100.00")]),
    Case(
        "paid",
        paid_invoice(),
        [("Subtotal", "$100.00"), ("Total", "$100.00"), ("Amount paid", "-$100.00")],
        strong={"Total"},
    ),
    Case(
        "discounts",
        invoice(
            total_discount_amounts=[{"amount": 1000, "discount": "di_1"}, {"amount": 500, "discount": "di_2"}],
            total=8500,
            total_excluding_tax=8500,
            amount_due=8500,
            amount_remaining=8500,
        ),
        [
            ("Subtotal", "$100.00"),
            ("Discount", "-$10.00"),
            ("Discount", "-$5.00"),
            ("Total", "$85.00"),
            ("To pay", "$85.00"),
        ],
    ),
    Case(
        "a discount on a line, which is out of the subtotal already",
        invoice(
            lines=listing([line(discounts=["di_2"], discount_amounts=[{"amount": 500, "discount": "di_2"}])]),
            discounts=["di_1"],
            total_discount_amounts=[{"amount": 950, "discount": "di_1"}, {"amount": 500, "discount": "di_2"}],
            subtotal=9500,
            total=8550,
            total_excluding_tax=8550,
            amount_due=8550,
            amount_remaining=8550,
        ),
        [("Subtotal", "$95.00"), ("Discount", "-$9.50"), ("Total", "$85.50"), ("To pay", "$85.50")],
    ),
    Case(
        "exclusive tax",
        invoice(total=11900, total_taxes=[tax(1900)], amount_due=11900, amount_remaining=11900),
        [
            ("Subtotal", "$100.00"),
            ("Total before tax", "$100.00"),
            ("VAT 19%", "$19.00"),
            ("Total", "$119.00"),
            ("To pay", "$119.00"),
        ],
    ),
    Case(
        "inclusive tax",
        invoice(total_excluding_tax=8403, total_taxes=[tax(1597, tax_behavior="inclusive")]),
        [
            ("Subtotal", "$100.00"),
            ("Total before tax", "$84.03"),
            ("VAT 19%, included", "$15.97"),
            ("Total", "$100.00"),
            ("To pay", "$100.00"),
        ],
        remarks={"VAT 19%, included"},
    ),
    Case(
        "two taxes",
        invoice(
            total=12400,
            total_taxes=[tax(1900), tax(500, tax_rate_details={"tax_rate": "txr_2"})],
            amount_due=12400,
            amount_remaining=12400,
        ),
        [
            ("Subtotal", "$100.00"),
            ("Total before tax", "$100.00"),
            ("VAT 19%", "$19.00"),
            ("County tax 19%", "$5.00"),
            ("Total", "$124.00"),
            ("To pay", "$124.00"),
        ],
    ),
    Case(
        "reverse charge",
        invoice(customer_tax_exempt="reverse", total_taxes=[tax(0, taxability_reason="reverse_charge")]),
        [
            ("Subtotal", "$100.00"),
            ("Total before tax", "$100.00"),
            ("VAT 19%, reverse charge", "$0.00"),
            ("Total", "$100.00"),
            ("To pay", "$100.00"),
        ],
    ),
    Case(
        "tax that Stripe worked out itself has no rate to name it",
        invoice(total=10825, total_taxes=[tax(825, tax_rate_details=None)], amount_due=10825, amount_remaining=10825),
        [
            ("Subtotal", "$100.00"),
            ("Total before tax", "$100.00"),
            ("Tax", "$8.25"),
            ("Total", "$108.25"),
            ("To pay", "$108.25"),
        ],
    ),
    Case(
        "shipping and billing credits",
        invoice(
            total_pretax_credit_amounts=[
                {"type": "credit_balance_transaction", "amount": 2000},
                {"type": "discount", "amount": 999},
            ],
            shipping_cost={"amount_subtotal": 700, "amount_tax": 0, "amount_total": 700},
            total=8700,
            total_excluding_tax=8700,
            amount_due=8700,
            amount_remaining=8700,
        ),
        [
            ("Subtotal", "$100.00"),
            ("Billing credits", "-$20.00"),
            ("Shipping", "$7.00"),
            ("Total", "$87.00"),
            ("To pay", "$87.00"),
        ],
    ),
    Case(
        "credit of the customer's used",
        invoice(starting_balance=-3000, ending_balance=0, amount_due=7000, amount_remaining=7000),
        [
            ("Subtotal", "$100.00"),
            ("Total", "$100.00"),
            ("Your credit used", "-$30.00"),
            ("Amount due", "$70.00"),
            ("To pay", "$70.00"),
        ],
        strong={"Total", "Amount due", "To pay"},
    ),
    Case(
        "debt from before added",
        invoice(starting_balance=500, ending_balance=0, amount_due=10500, amount_remaining=10500),
        [
            ("Subtotal", "$100.00"),
            ("Total", "$100.00"),
            ("Earlier balance", "$5.00"),
            ("Amount due", "$105.00"),
            ("To pay", "$105.00"),
        ],
        strong={"Total", "Amount due", "To pay"},
    ),
    Case(
        "credit note before payment",
        invoice(pre_payment_credit_notes_amount=4000, amount_due=6000, amount_remaining=6000),
        [
            ("Subtotal", "$100.00"),
            ("Total", "$100.00"),
            ("Credited", "-$40.00"),
            ("Amount due", "$60.00"),
            ("To pay", "$60.00"),
        ],
        strong={"Total", "Amount due", "To pay"},
    ),
    Case(
        "credit note after payment",
        paid_invoice(post_payment_credit_notes_amount=2500),
        [
            ("Subtotal", "$100.00"),
            ("Total", "$100.00"),
            ("Amount paid", "-$100.00"),
            ("Credited after payment", "$25.00"),
        ],
        strong={"Total"},
        remarks={"Credited after payment"},
    ),
    Case(
        "partly paid",
        invoice(amount_paid=2500, amount_remaining=7500),
        [("Subtotal", "$100.00"), ("Total", "$100.00"), ("Amount paid", "-$25.00"), ("To pay", "$75.00")],
    ),
    Case(
        "paid too much",
        paid_invoice(amount_overpaid=1500, amount_paid=10000),
        [("Subtotal", "$100.00"), ("Total", "$100.00"), ("Amount paid", "-$100.00"), ("Paid too much", "$15.00")],
        strong={"Total"},
        remarks={"Paid too much"},
    ),
    Case(
        "nothing at all",
        paid_invoice(subtotal=0, total=0, total_excluding_tax=0, amount_due=0, amount_paid=0),
        [("Subtotal", "$0.00"), ("Total", "$0.00")],
        strong={"Total"},
    ),
    Case(
        "void",
        invoice(status="void"),
        [("Subtotal", "$100.00"), ("Total", "$100.00")],
        strong={"Total"},
    ),
    Case(
        "everything at once, in order",
        invoice(
            subtotal=10000,
            total_discount_amounts=[{"amount": 1000, "discount": "di_1"}],
            total_pretax_credit_amounts=[{"type": "credit_balance_transaction", "amount": 500}],
            shipping_cost={"amount_subtotal": 700},
            total_excluding_tax=9200,
            total_taxes=[tax(1748)],
            total=10948,
            pre_payment_credit_notes_amount=948,
            starting_balance=-2000,
            ending_balance=0,
            amount_due=8000,
            amount_paid=3000,
            amount_remaining=5000,
            amount_overpaid=1,
            post_payment_credit_notes_amount=2,
        ),
        [
            ("Subtotal", "$100.00"),
            ("Discount", "-$10.00"),
            ("Billing credits", "-$5.00"),
            ("Shipping", "$7.00"),
            ("Total before tax", "$92.00"),
            ("VAT 19%", "$17.48"),
            ("Total", "$109.48"),
            ("Credited", "-$9.48"),
            ("Your credit used", "-$20.00"),
            ("Amount due", "$80.00"),
            ("Amount paid", "-$30.00"),
            ("To pay", "$50.00"),
            ("Paid too much", "$0.01"),
            ("Credited after payment", "$0.02"),
        ],
        strong={"Total", "Amount due", "To pay"},
        remarks={"Paid too much", "Credited after payment"},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_totals(case: Case):
    rows = totals_of(case.shown)
    assert [(row.name, row.amount) for row in rows] == case.rows
    assert {row.name for row in rows if row.strong} == case.strong
    assert {row.name for row in rows if row.remark} == case.remarks


def test_a_negative_total_goes_to_the_customers_credit_and_is_called_so():
    shown = paid_invoice(
        subtotal=-2000, total=-2000, total_excluding_tax=-2000, amount_due=0, amount_paid=0, ending_balance=-2000
    )
    rows = totals_of(shown)
    assert [row.amount for row in rows] == ["-$20.00", "-$20.00", "$20.00", "$0.00"]
    assert rows[2].name != "Earlier balance", "there was no earlier balance"


def test_a_total_below_the_smallest_charge_goes_to_the_next_invoice_and_is_called_so():
    shown = paid_invoice(subtotal=30, total=30, amount_due=0, amount_paid=0, starting_balance=0, ending_balance=30)
    rows = totals_of(shown)
    assert [row.amount for row in rows] == ["$0.30", "$0.30", "-$0.30", "$0.00"]
    assert rows[2].name != "Your credit used", "there was no credit"


def test_a_credit_invoice_settles_the_earlier_balance_first_and_the_rest_is_credit():
    shown = paid_invoice(
        subtotal=-2000, total=-2000, amount_due=0, amount_paid=0, starting_balance=500, ending_balance=-1500
    )
    assert [(row.name, row.amount) for row in totals_of(shown)][1:] == [
        ("Total", "-$20.00"),
        ("Earlier balance", "$5.00"),
        ("Added to your credit", "$15.00"),
        ("Amount due", "$0.00"),
    ]


def test_credit_that_leaves_a_rest_too_small_to_charge_is_used_up_and_the_rest_is_carried():
    shown = paid_invoice(subtotal=320, total=320, amount_due=0, amount_paid=0, starting_balance=-300, ending_balance=20)
    assert [(row.name, row.amount) for row in totals_of(shown)][1:] == [
        ("Total", "$3.20"),
        ("Your credit used", "-$3.00"),
        ("Carried to your next invoice", "-$0.20"),
        ("Amount due", "$0.00"),
    ]


def test_before_finalisation_is_over_no_balance_is_made_up():
    rows = totals_of(invoice(starting_balance=-3000, ending_balance=None))
    assert [row.name for row in rows] == ["Subtotal", "Total", "To pay"]


amounts = st.integers(-(10**12), 10**12)
AMOUNTS = (
    "subtotal",
    "total",
    "total_excluding_tax",
    "amount_due",
    "amount_paid",
    "amount_remaining",
    "amount_overpaid",
    "pre_payment_credit_notes_amount",
    "post_payment_credit_notes_amount",
    "starting_balance",
    "ending_balance",
)


@given(
    st.fixed_dictionaries(dict.fromkeys(AMOUNTS, amounts)),
    st.lists(amounts, max_size=3),
    st.lists(amounts, max_size=3),
    st.sampled_from(["usd", "jpy", "kwd", "isk"]),
    st.sampled_from(["open", "paid", "void"]),
)
def test_every_figure_is_one_that_stripe_gave(
    figures: dict[str, int], discounts: list[int], taxes: list[int], currency: str, status: str
):
    """Whatever they are, and whether or not they add up: nothing is worked out but the balance that was applied."""
    extra: dict[str, Any] = {
        "currency": currency,
        "status": status,
        "total_discount_amounts": [{"amount": amount, "discount": f"di_{n}"} for n, amount in enumerate(discounts)],
        "total_taxes": [tax(amount) for amount in taxes],
    }
    applied = figures["starting_balance"] - figures["ending_balance"]
    given = {*figures.values(), *discounts, *taxes, applied}
    printed = {format_money(Money(amount, currency), "en") for each in given for amount in (each, -each)}
    rows = totals_of(invoice(**figures, **extra))
    assert {row.amount for row in rows} <= printed
    assert len([row for row in rows if row.name == "Total"]) == 1


def test_in_other_languages_the_figures_are_written_as_people_there_write_them():
    rows = totals_of(invoice(total=1234567, subtotal=1234567, currency="eur"), language="de")
    assert rows[0].amount == "12.345,67\xa0€"


def test_the_paid_date_does_not_change_a_figure():
    later = {"finalized_at": NOW - DAY, "paid_at": NOW, "voided_at": None, "marked_uncollectible_at": None}
    assert totals_of(paid_invoice()) == totals_of(paid_invoice(status_transitions=later))
