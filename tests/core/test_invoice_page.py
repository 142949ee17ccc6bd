"""One invoice, played by hand: whose it is, all its lines, the names behind ids, and the panes that may fail."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoice_portal import CustomerId, Email
from invoice_portal.errors import NotAllowed, NotFound, NotIdentified, StripeRefused, StripeUnavailable
from invoice_portal.pages.invoices.page import invoice as invoice_page
from invoice_portal.pages.invoices.view import InvoiceView
from invoice_portal.sessions import Arrival

from .helpers.invoice_page import CUS, CUSTOMERS, LINES, NOTES, ONE, PAYMENTS, page_of, stripe_with, view_of
from .helpers.objects import (
    DAY,
    NOW,
    Json,
    customer,
    invoice,
    line,
    listing,
    of_subscription,
    tax,
    tax_rate,
)
from .helpers.programs import play
from .helpers.visiting import make_visit

# Whose


def test_an_invoice_of_ones_own_is_shown_by_address_and_by_id():
    for visitor in (CUS, Email("ada@example.com")):
        assert view_of(stripe_with(invoice()), visitor=visitor).number == "LMN-in_1"


@pytest.mark.parametrize(
    "changes",
    [
        {"customer": "cus_eve"},
        {"customer": None},
        {"customer": {"id": "cus_eve", "object": "customer"}},
        {"customer": ""},
        {"status": "draft"},
        {"customer": None, "customer_account": "acct_eve"},
    ],
)
@pytest.mark.parametrize("visitor", [CUS, Email("ada@example.com")])
def test_anything_else_looks_exactly_like_a_missing_one(changes: Json, visitor: Any):
    with pytest.raises(NotFound) as foreign:
        page_of(stripe_with(invoice(**changes)), visitor=visitor)
    with pytest.raises(NotFound) as missing:
        page_of(stripe_with(invoice(), **{ONE: NotFound("no such invoice")}), visitor=visitor)
    for error in (foreign.value, missing.value):
        assert (error.status, error.title, error.advice) == (404, NotFound.title, NotFound.advice)


def test_nothing_beside_somebody_elses_invoice_is_asked_for():
    stripe = stripe_with(invoice(customer="cus_eve"))
    with pytest.raises(NotFound):
        page_of(stripe)
    assert stripe.asked(PAYMENTS) + stripe.asked(NOTES) + stripe.asked(LINES) == []


def test_every_customer_of_the_address_counts():
    mine = [customer("cus_new"), customer("cus_old")]
    stripe = stripe_with(invoice(customer="cus_old"), **{CUSTOMERS: listing(mine)})
    assert view_of(stripe).number == "LMN-in_1"


def test_an_owner_on_a_later_page_of_customers_counts_too():
    def customers(params: Any) -> Json:
        if "starting_after" in params:
            return listing([customer("cus_last")])
        return listing([customer(f"cus_{n}") for n in range(100)], has_more=True)

    assert view_of(stripe_with(invoice(customer="cus_last"), **{CUSTOMERS: customers})).number == "LMN-in_1"


def test_an_address_that_no_customer_bears_sees_nothing():
    with pytest.raises(NotFound):
        page_of(stripe_with(invoice(), **{CUSTOMERS: listing([])}))


def test_a_customer_account_is_an_owner():
    stripe = stripe_with(invoice(customer=None, customer_account="acct_ada"))
    assert view_of(stripe, visitor=CustomerId("acct_ada")).number == "LMN-in_1"


IMPOSSIBLE = ["in_1/../in_2", "cus_1", "in_", "in_ü", "in_1?x=1", "in_1%2F", "in_" + "x" * 300, "in 1", "in_1\n"]


@pytest.mark.parametrize("id", IMPOSSIBLE)
def test_an_id_that_cannot_be_never_reaches_stripe(id: str):
    stripe, visit = stripe_with(invoice()), make_visit(visitor=CUS)
    asked = dataclasses.replace(visit, request=dataclasses.replace(visit.request, args={"invoice": id}))
    with pytest.raises(NotFound):
        play(invoice_page(asked), stripe)
    assert stripe.calls == []


def test_a_stranger_is_sent_away_before_stripe_is_asked():
    stripe = stripe_with(invoice())
    with pytest.raises(NotIdentified):
        page_of(stripe, visitor=None)
    assert stripe.calls == []


def test_where_viewing_is_switched_off_nothing_is_asked_for():
    stripe = stripe_with(invoice())
    with pytest.raises(NotAllowed):
        page_of(stripe, settings={"actions": []})
    assert stripe.calls == []


@pytest.mark.parametrize(
    ("parent", "wide", "seen"),
    [
        (of_subscription("sub_1"), False, True),
        (of_subscription("sub_2"), False, False),
        (None, False, False),
        (of_subscription("sub_2"), True, True),
        (None, True, True),
    ],
)
def test_a_subscription_given_on_arrival_bounds_what_is_seen(parent: Json | None, wide: bool, seen: bool):
    stripe = stripe_with(invoice(parent=parent))
    options = {"arrival": Arrival(CUS, "sub_1"), "settings": {"show_all_invoices": wide}}
    if seen:
        assert view_of(stripe, **options)
    else:
        with pytest.raises(NotFound):
            page_of(stripe, **options)


# Lines


def lines_ledger(lines: list[Json], at_once: int = 100) -> Any:
    def answer(params: Any) -> Json:
        ids = [each["id"] for each in lines]
        start = ids.index(params["starting_after"]) + 1 if "starting_after" in params else 0
        size = min(params["limit"], at_once)
        return listing(lines[start : start + size], has_more=len(lines) > start + size)

    return answer


@given(st.integers(0, 45), st.integers(1, 9))
def test_every_line_is_shown_once_and_in_order(count: int, at_once: int):
    lines = [line(f"il_{n}", description=f"Line {n}") for n in range(count)]
    shown = invoice(lines=listing(lines[:10], has_more=count > 10))
    view = view_of(stripe_with(shown, **{LINES: lines_ledger(lines, at_once)}), visitor=CUS)
    assert [each.description for each in view.lines] == [f"Line {n}" for n in range(count)]


def test_lines_that_did_not_come_along_are_fetched():
    lines = [line("il_1"), line("il_2")]
    stripe = stripe_with(invoice(lines=None), **{LINES: lines_ledger(lines)})
    assert len(view_of(stripe, visitor=CUS).lines) == 2
    assert "starting_after" not in stripe.asked(LINES)[0]


def test_ten_lines_cost_no_further_call():
    stripe = stripe_with(invoice())
    view_of(stripe, visitor=CUS)
    assert stripe.asked(LINES) == []


def test_the_lines_must_be_there():
    with pytest.raises(StripeUnavailable):
        page_of(stripe_with(invoice(lines=listing([line()], has_more=True)), **{LINES: StripeUnavailable("down")}))


def test_lines_without_an_end_come_to_one():
    endless = lambda params: listing([line(f"il_{params.get('starting_after', 0)}x")], has_more=True)  # noqa: E731
    stripe = stripe_with(invoice(lines=listing([line()], has_more=True)), **{LINES: endless})
    assert len(view_of(stripe, visitor=CUS).lines) < 200


@pytest.mark.parametrize(
    ("changes", "quantity", "unit_price", "amount"),
    [
        ({}, "4", "$25.00", "$100.00"),
        ({"quantity_decimal": "4.50", "quantity": 4, "amount": 11250}, "4.5", "$25.00", "$112.50"),
        ({"quantity_decimal": None, "quantity": 3, "amount": 7500}, "3", "$25.00", "$75.00"),
        ({"quantity_decimal": None, "quantity": None}, "", "$25.00", "$100.00"),
        ({"quantity_decimal": "1000000", "amount": 2_500_000_000}, "1,000,000", "$25.00", "$25,000,000.00"),
        ({"quantity_decimal": "0", "amount": 0}, "0", "$25.00", "$0.00"),
        ({"pricing": None}, "4", "", "$100.00"),
        ({"pricing": {"unit_amount_decimal": None}}, "4", "", "$100.00"),
        ({"pricing": {"unit_amount_decimal": "0.000000000001"}, "amount": 0}, "4", "$0.00000000000001", "$0.00"),
        ({"pricing": {"unit_amount_decimal": "0.125"}, "amount": 1}, "4", "$0.00125", "$0.01"),
        ({"pricing": {"unit_amount_decimal": "-2500"}, "amount": -10000}, "4", "-$25.00", "-$100.00"),
    ],
)
def test_a_line_prints_what_stripe_says(changes: Json, quantity: str, unit_price: str, amount: str):
    shown = view_of(stripe_with(invoice(lines=listing([line(**changes)]))), visitor=CUS).lines[0]
    assert (shown.quantity, shown.unit_price, shown.amount) == (quantity, unit_price, amount)


@pytest.mark.parametrize(
    "changes",
    [
        {"quantity_decimal": "250", "amount": 7500},
        {"description": "Trial period for Team plan", "amount": 0},
        {"amount": -2500},
    ],
    ids=["a package's price is of many units", "a trial is free", "neither is known to come to it"],
)
def test_no_unit_price_stands_beside_a_quantity_with_which_it_does_not_come_to_the_amount(changes: Json):
    shown = view_of(stripe_with(invoice(lines=listing([line(**changes)]))), visitor=CUS).lines[0]
    assert shown.unit_price == ""


def test_a_proration_has_no_unit_price_that_would_not_add_up():
    for details in ("subscription_item_details", "invoice_item_details"):
        prorated = line(parent={"type": details, details: {"proration": True}})
        shown = view_of(stripe_with(invoice(lines=listing([prorated]))), visitor=CUS).lines[0]
        assert shown.unit_price == ""


def test_a_period_is_shown_where_it_is_one():
    spans = [{"start": NOW - 30 * DAY, "end": NOW}, {"start": NOW, "end": NOW}, None]
    lines = [line(f"il_{n}", period=span) for n, span in enumerate(spans)]
    shown = view_of(stripe_with(invoice(lines=listing(lines))), visitor=CUS).lines
    assert [bool(each.period) for each in shown] == [True, False, False]


# Names behind ids


def taxed(**changes: Any) -> Json:
    return invoice(total=11900, total_taxes=[tax(1900)], **changes)


def row_names(view: InvoiceView) -> list[str]:
    return [row.name for row in view.totals]


def test_a_tax_has_its_rates_name_and_percentage():
    stripe = stripe_with(taxed(), **{"/v1/tax_rates/txr_1": tax_rate(percentage=8.875, display_name="Sales tax")})
    assert "Sales tax 8.875%" in row_names(view_of(stripe, visitor=CUS))


def test_each_tax_rate_is_asked_for_once():
    shown = invoice(total_taxes=[tax(100), tax(200), tax(300, tax_rate_details={"tax_rate": "txr_2"})])
    rates = {f"/v1/tax_rates/txr_{n}": tax_rate(f"txr_{n}", display_name=f"Tax {n}") for n in (1, 2)}
    stripe = stripe_with(shown, **rates)
    names = row_names(view_of(stripe, visitor=CUS))
    assert sum("Tax 1" in name for name in names) == 2
    assert sum("Tax 2" in name for name in names) == 1
    assert sorted(call.path for call in stripe.calls if "tax_rates" in call.path) == sorted(rates)


def test_a_tax_rate_may_fail_alone():
    names = row_names(view_of(stripe_with(taxed(), **{"/v1/tax_rates/txr_1": StripeRefused("no")}), visitor=CUS))
    assert "Tax" in names


@pytest.mark.parametrize("rate", [None, "", "not-a-rate", "txr_../x", "../invoices/in_2", "txr_1/x"])
def test_a_rate_that_cannot_be_is_never_asked_for(rate: Any):
    stripe = stripe_with(invoice(total_taxes=[tax(100, tax_rate_details={"tax_rate": rate})]))
    assert "Tax" in row_names(view_of(stripe, visitor=CUS))
    assert [call.path for call in stripe.calls if "tax_rates" in call.path] == []


def names_answer(**changes: Any) -> Any:
    """The invoice as the second call for its names answers it, expanded."""
    coupon = {"id": "co_1", "object": "coupon", "name": "Spring offer"}
    discount = {"id": "di_1", "object": "discount", "source": {"type": "coupon", "coupon": coupon}}
    return {
        "total_discount_amounts": [{"amount": 1000, "discount": discount}],
        "account_tax_ids": [{"id": "atxi_1", "object": "tax_id", "value": "DE123456789"}],
        **changes,
    }


def discounted() -> Json:
    return invoice(total_discount_amounts=[{"amount": 1000, "discount": "di_1"}], account_tax_ids=["atxi_1"])


def by_expansion(plain: Json, expanded: Any) -> Any:
    def answer(params: Any) -> Any:
        if "expand" not in params:
            return plain
        return expanded if not isinstance(expanded, dict) else {**plain, **expanded}

    return answer


def test_discounts_and_the_merchants_tax_ids_have_their_names():
    stripe = stripe_with({}, **{ONE: by_expansion(discounted(), names_answer())})
    view = view_of(stripe, visitor=CUS)
    assert "Spring offer" in row_names(view)
    assert view.sender.tax_ids == ("DE123456789",)


def test_the_names_are_asked_for_only_where_there_are_any():
    stripe = stripe_with(invoice())
    view_of(stripe, visitor=CUS)
    assert [call.params for call in stripe.calls if "expand" in call.params and call.path == ONE] == []


@pytest.mark.parametrize("error", [StripeRefused("no"), StripeUnavailable("down"), NotFound("odd")], ids=repr)
def test_the_names_may_fail_alone(error: Any):
    view = view_of(stripe_with({}, **{ONE: by_expansion(discounted(), error)}), visitor=CUS)
    assert "Discount" in row_names(view)
    assert view.sender.tax_ids == ()


def test_the_own_fetch_of_the_invoice_needs_no_permission_but_its_own():
    """A restricted key without coupons must still show the invoice: nothing is expanded in the first call."""
    stripe = stripe_with({}, **{ONE: by_expansion(discounted(), names_answer())})
    view_of(stripe, visitor=CUS)
    assert stripe.asked(ONE)[0] == {}


# Panes that fail alone


@pytest.mark.parametrize("error", [StripeRefused("no"), StripeUnavailable("down"), NotFound("odd")], ids=repr)
@pytest.mark.parametrize("path", [PAYMENTS, NOTES])
def test_payments_and_credit_notes_may_fail_alone(path: str, error: Any):
    page = page_of(stripe_with(invoice(), **{path: error}), visitor=CUS)
    assert page.context["history"].incomplete
    assert page.context["invoice"].pay.pay_url


def test_with_everything_there_the_history_is_complete():
    assert not page_of(stripe_with(invoice()), visitor=CUS).context["history"].incomplete
