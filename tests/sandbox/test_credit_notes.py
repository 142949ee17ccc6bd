"""Credit notes: before payment, after payment, both; their lines, refunds and voiding."""

from __future__ import annotations

import pytest

from sandbox.api import NOW, Api


def test_before_payment_it_lowers_what_is_due(api: Api) -> None:
    invoice = api.issued(api.customer("pm_card_visa"), 5000)
    note = api.post("credit_notes", invoice=invoice, amount=2000, reason="order_change")
    assert (note["type"], note["pre_payment_amount"], note["post_payment_amount"]) == ("pre_payment", 2000, 0)
    assert note["number"] == api.get(f"invoices/{invoice}")["number"] + "-CN-01"
    assert note["pdf"].startswith("http://127.0.0.1:12111/hosted/credit_note/")
    after = api.get(f"invoices/{invoice}")
    assert (after["total"], after["amount_due"], after["amount_remaining"]) == (5000, 3000, 3000)
    assert after["pre_payment_credit_notes_amount"] == 2000
    paid = api.post(f"invoices/{invoice}/pay")
    assert (paid["status"], paid["amount_paid"]) == ("paid", 3000)
    assert api.get("charges")["data"][0]["amount"] == 3000


def test_crediting_all_of_it_closes_the_invoice(api: Api) -> None:
    invoice = api.issued(api.customer(), 5000)
    api.post("credit_notes", invoice=invoice, amount=5000)
    after = api.get(f"invoices/{invoice}")
    assert (after["status"], after["amount_due"], after["amount_paid"]) == ("paid", 0, 0)


def test_after_payment_it_is_refunded_or_put_to_the_balance(api: Api) -> None:
    customer = api.customer("pm_card_visa")
    invoice = api.paid(customer, 5000)
    note = api.post(
        "credit_notes",
        invoice=invoice,
        amount=3000,
        refund_amount=1000,
        credit_amount=1500,
        out_of_band_amount=500,
        expand=["refunds.refund", "customer_balance_transaction"],
    )
    assert (note["type"], note["post_payment_amount"], note["out_of_band_amount"]) == ("post_payment", 3000, 500)
    assert note["refunds"][0]["amount_refunded"] == note["refunds"][0]["refund"]["amount"] == 1000
    assert (note["customer_balance_transaction"]["type"], note["customer_balance_transaction"]["amount"]) == (
        "credit_note",
        -1500,
    )
    assert api.get(f"customers/{customer}")["balance"] == -1500
    after = api.get(f"invoices/{invoice}")
    assert (after["status"], after["post_payment_credit_notes_amount"], after["amount_paid"]) == ("paid", 3000, 5000)


def test_lines_take_their_discounts_and_taxes_with_them(api: Api) -> None:
    rate = api.post("tax_rates", display_name="VAT", percentage=20, inclusive=False)["id"]
    coupon = api.post("coupons", percent_off=10)["id"]
    invoice = api.issued(api.customer(), 10_000, default_tax_rates=[rate], discounts=[{"coupon": coupon}])
    line = api.get(f"invoices/{invoice}/lines")["data"][0]["id"]
    note = api.post(
        "credit_notes",
        invoice=invoice,
        lines=[{"type": "invoice_line_item", "invoice_line_item": line, "amount": 5000}],
    )
    assert (note["subtotal"], note["discount_amount"], note["total"]) == (5000, 500, 5400)
    assert (note["total_excluding_tax"], note["total_taxes"][0]["amount"]) == (4500, 900)
    assert note["lines"]["data"][0]["tax_rates"][0]["id"] == rate
    assert api.get(f"invoices/{invoice}")["amount_remaining"] == 10_800 - 5400


def test_a_quantity_and_a_line_of_ones_own(api: Api) -> None:
    customer = api.customer()
    invoice = api.draft(customer)
    product = api.post("products", name="Seat")["id"]
    price = {"currency": "usd", "product": product, "unit_amount": 250}
    api.post("invoiceitems", customer=customer, invoice=invoice, price_data=price, quantity=4)
    line = api.post(f"invoices/{invoice}/finalize")["lines"]["data"][0]["id"]
    note = api.post(
        "credit_notes",
        invoice=invoice,
        lines=[
            {"type": "invoice_line_item", "invoice_line_item": line, "quantity": 2},
            {"type": "custom_line_item", "description": "Sorry", "unit_amount": 100, "quantity": 3},
        ],
    )
    assert [(each["amount"], each["quantity"]) for each in note["lines"]["data"]] == [(500, 2), (300, 3)]
    assert note["amount"] == 800


def test_voiding_puts_the_claim_back(api: Api) -> None:
    invoice = api.issued(api.customer(), 5000)
    note = api.post("credit_notes", invoice=invoice, amount=2000)["id"]
    voided = api.post(f"credit_notes/{note}/void")
    assert (voided["status"], voided["voided_at"]) == ("void", NOW)
    after = api.get(f"invoices/{invoice}")
    assert (after["amount_due"], after["pre_payment_credit_notes_amount"]) == (5000, 0)
    assert api.refused("POST", f"credit_notes/{note}/void").status == 400


def test_what_was_paid_back_cannot_be_voided(api: Api) -> None:
    invoice = api.paid(api.customer("pm_card_visa"), 5000)
    note = api.post("credit_notes", invoice=invoice, amount=100, refund_amount=100)["id"]
    assert api.refused("POST", f"credit_notes/{note}/void").status == 400


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"amount": 5001, "refund_amount": 5001}, "amount"),
        ({"amount": 1000, "refund_amount": 999}, "refund_amount"),
        ({"amount": 1000}, "refund_amount"),
        ({}, "amount"),
        ({"lines": [{"type": "invoice_line_item", "invoice_line_item": "il_none"}]}, "lines[0][invoice_line_item]"),
        ({"lines": [{"type": "custom_line_item", "description": "x"}]}, "lines[0][unit_amount]"),
    ],
)
def test_more_than_was_paid_is_refused(api: Api, params: dict[str, object], param: str) -> None:
    invoice = api.paid(api.customer("pm_card_visa"), 5000)
    refused = api.refused("POST", "credit_notes", invoice=invoice, **params)
    assert (refused.status, refused.error["param"]) == (400, param)
    assert api.get("credit_notes")["data"] == []
    assert api.get("refunds")["data"] == []


def test_drafts_and_void_invoices_are_not_credited(api: Api) -> None:
    customer = api.customer()
    void = api.issued(customer, 5000)
    api.post(f"invoices/{void}/void")
    for invoice in (api.draft(customer, 5000), void):
        assert api.refused("POST", "credit_notes", invoice=invoice, amount=1).error["param"] == "invoice"


def test_lists_by_invoice_and_customer(api: Api) -> None:
    customer = api.customer()
    first, second = api.issued(customer, 5000), api.issued(customer, 5000)
    notes = [api.post("credit_notes", invoice=invoice, amount=100)["id"] for invoice in (first, second, second)]
    assert [note["id"] for note in api.get("credit_notes", customer=customer)["data"]] == notes[::-1]
    assert [note["id"] for note in api.get("credit_notes", invoice=first)["data"]] == notes[:1]
    assert api.get(f"credit_notes/{notes[2]}")["number"].endswith("-CN-02")
