"""What a line says beside its amount: the discount on it alone, its tax where the lines differ, that it is prorated."""

from __future__ import annotations

from invoice_portal import CustomerId
from invoice_portal.http import Page
from invoice_portal.pages.invoices.lines import LineView
from invoice_portal.pages.invoices.page import invoice as invoice_page

from .helpers.objects import Json, invoice, line, listing, tax, tax_rate
from .helpers.programs import Stripe, play
from .helpers.visiting import make_visit

COUNTY = {"tax_rate_details": {"tax_rate": "txr_2"}}
RATES = {"/v1/tax_rates/txr_1": tax_rate(), "/v1/tax_rates/txr_2": tax_rate("txr_2", display_name="County tax")}


def lines_of(*lines: Json, **changes: object) -> tuple[LineView, ...]:
    shown = invoice(lines=listing(list(lines)), **changes)
    answers = {"/v1/invoices/in_1": shown, "/v1/invoice_payments": listing([]), "/v1/credit_notes": listing([])}
    visit = make_visit(name="invoice", args={"invoice": "in_1"}, visitor=CustomerId("cus_ada"))
    page = play(invoice_page(visit), Stripe({**answers, **RATES}))
    assert isinstance(page, Page)
    found: tuple[LineView, ...] = page.context["invoice"].lines
    return found


def off(amount: int, discount: str) -> Json:
    return {"amount": amount, "discount": discount}


def test_a_line_names_the_discount_on_it_and_not_the_whole_invoices() -> None:
    coupon = {"source": {"coupon": {"id": "co_2", "name": "Welcome"}}}
    plain, own = lines_of(
        line("il_1", discount_amounts=[off(1000, "di_1")]),
        line("il_2", discounts=[{"id": "di_2"}], discount_amounts=[off(500, "di_2"), off(950, "di_1")]),
        discounts=["di_1"],
        total_discount_amounts=[off(1950, "di_1"), {"amount": 500, "discount": {"id": "di_2", **coupon}}],
    )
    assert (plain.remarks, own.remarks) == ((), ("Welcome: -$5.00",))


def test_the_tax_of_a_line_is_said_where_the_lines_differ_in_it() -> None:
    both = [tax(1900), tax(500, **COUNTY)]
    alike = lines_of(line("il_1", taxes=[tax(950)]), line("il_2", taxes=[tax(950)]), total_taxes=both)
    assert [each.remarks for each in alike] == [(), ()]
    apart = lines_of(line("il_1", taxes=[tax(950)]), line("il_2", taxes=[tax(950, **COUNTY)]), total_taxes=both)
    assert [each.remarks for each in apart] == [("VAT 19%",), ("County tax 19%",)]
    untaxed = lines_of(line("il_1", taxes=[tax(950, tax_behavior="inclusive")]), line("il_2"), total_taxes=both)
    assert [each.remarks for each in untaxed] == [("VAT 19%, included",), ()]


def test_a_line_for_a_part_of_a_period_says_so() -> None:
    details = {"type": "invoice_item_details", "invoice_item_details": {"proration": True}}
    assert [each.remarks for each in lines_of(line(parent=details), line())] == [("Prorated",), ()]
