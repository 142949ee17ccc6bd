"""The PDFs, read back with a reader that had no part in writing them."""

from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader

from stripe_sandbox.document import Related
from stripe_sandbox.formats import address_lines, date, money, period, unit_price
from stripe_sandbox.pdf import credit_note_pdf, invoice_pdf
from stripe_sandbox.pdf_text import Style, visual_order, wrap

ISSUED = 1793491200  # 2026-11-01
ACCOUNT = {
    "business_profile": {
        "name": "Northwind Inc.",
        "support_email": "billing@northwind.example",
        "support_phone": None,
        "support_address": {"line1": "510 Townsend St", "city": "San Francisco", "state": "CA", "country": "US"},
    }
}
VAT = {"display_name": "VAT", "percentage": 20.0, "jurisdiction": "FR"}
RELATED = Related(account=ACCOUNT, tax_rates={"txr_1": VAT})


def line(description: str = "Team plan", amount: int = 94800, currency: str = "usd", **more: Any) -> dict[str, Any]:
    return {
        "amount": amount,
        "currency": currency,
        "description": description,
        "quantity": 12,
        "quantity_decimal": "12",
        "pricing": {"unit_amount_decimal": "7900"},
        "period": {"start": ISSUED, "end": ISSUED + 30 * 86400},
        "parent": {"type": "subscription_item_details"},
        "taxes": [],
        **more,
    }


def invoice(lines: list[dict[str, Any]] | None = None, **more: Any) -> dict[str, Any]:
    address = {"line1": "Torstraße 12", "line2": None, "city": "Berlin", "postal_code": "10119", "country": "DE"}
    return {
        "number": "NW-2047",
        "currency": "usd",
        "status": "open",
        "account_country": "US",
        "amount_due": 94800,
        "amount_paid": 0,
        "amount_remaining": 94800,
        "subtotal": 94800,
        "total": 94800,
        "total_excluding_tax": 94800,
        "total_taxes": [],
        "total_discount_amounts": [],
        "created": ISSUED,
        "effective_at": ISSUED,
        "due_date": ISSUED + 14 * 86400,
        "status_transitions": {"finalized_at": ISSUED, "paid_at": None, "voided_at": None},
        "customer_name": "Lumen Studio GmbH",
        "customer_email": "jenny@lumen.studio",
        "customer_phone": None,
        "customer_address": {**address, "state": None},
        "customer_tax_ids": [{"type": "eu_vat", "value": "DE123456789"}],
        "customer_tax_exempt": "none",
        "custom_fields": [{"name": "PO number", "value": "PO-1234"}],
        "description": "Thank you for your business.",
        "footer": None,
        "starting_balance": 0,
        "ending_balance": 0,
        "pre_payment_credit_notes_amount": 0,
        "post_payment_credit_notes_amount": 0,
        "lines": {"data": lines or [line()]},
        **more,
    }


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)


def test_an_invoice_says_who_owes_whom_what_and_until_when() -> None:
    text = text_of(invoice_pdf(invoice(), RELATED))
    for expected in (
        "NW-2047",
        "November 1, 2026",
        "$948.00 due November 15, 2026",
        "Northwind Inc.",
        "Lumen Studio GmbH",
        "Torstraße 12",
        "VAT DE123456789",
        "PO-1234",
        "Nov 1 – Dec 1, 2026",
        "$79.00",
        "Amount due",
        "Thank you for your business.",
    ):
        assert expected in text


def test_every_page_says_that_it_is_test_data() -> None:
    pages = PdfReader(BytesIO(invoice_pdf(invoice([line(f"Item {n}") for n in range(60)])))).pages
    assert len(pages) > 1
    for number, page in enumerate(pages, start=1):
        text = page.extract_text()
        assert "Stripe sandbox, test data" in text
        assert f"Page {number} of {len(pages)}" in text


def test_totals_tell_discounts_taxes_balance_and_payments() -> None:
    tax = {
        "amount": 1706,
        "tax_behavior": "exclusive",
        "taxability_reason": "standard_rated",
        "tax_rate_details": {"tax_rate": "txr_1"},
    }
    coupon = {"name": "Anniversary", "percent_off": 10.0, "amount_off": None}
    discount = {"amount": 9480, "discount": {"source": {"coupon": coupon}}}
    billed = invoice(
        [line(taxes=[tax])],
        total_discount_amounts=[discount],
        total_taxes=[tax],
        total=102396,
        starting_balance=-5000,
        ending_balance=0,
        pre_payment_credit_notes_amount=1200,
        amount_paid=50000,
        amount_remaining=46196,
    )
    text = text_of(invoice_pdf(billed, RELATED))
    for expected in (
        "Anniversary (10% off)",
        "-$94.80",
        "VAT 20%, FR",
        "$17.06",
        "$1,023.96",
        "Applied credit balance",
        "-$50.00",
        "Credit notes",
        "-$12.00",
        "-$500.00",
        "$461.96",
    ):
        assert expected in text


def test_reverse_charge_is_said_and_its_rate_is_nought() -> None:
    tax = {
        "amount": 0,
        "tax_behavior": "exclusive",
        "taxability_reason": "reverse_charge",
        "tax_rate_details": {"tax_rate": "txr_1"},
    }
    billed = invoice([line(taxes=[tax])], total_taxes=[tax], customer_tax_exempt="reverse")
    text = text_of(invoice_pdf(billed, RELATED))
    assert "VAT 0%" in text
    assert "20%" not in text
    assert "Tax to be paid on reverse charge basis." in text


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("paid", "$0.00 paid on November 3, 2026"),
        ("void", "$948.00, void"),
        ("uncollectible", "marked uncollectible"),
        ("draft", "draft"),
    ],
)
def test_a_settled_invoice_asks_for_nothing(status: str, expected: str) -> None:
    at = ISSUED + 2 * 86400
    billed = invoice(status=status, status_transitions={"finalized_at": ISSUED, "paid_at": at, "voided_at": at})
    text = text_of(invoice_pdf(billed))
    assert expected in text
    assert "$948.00 due" not in text


def test_the_same_invoice_gives_the_same_bytes() -> None:
    assert invoice_pdf(invoice(), RELATED) == invoice_pdf(invoice(), RELATED)


def test_a_credit_note_names_its_invoice_and_where_the_money_went() -> None:
    credit_note = {
        "number": "NW-2047-CN-01",
        "currency": "usd",
        "status": "issued",
        "created": ISSUED,
        "effective_at": ISSUED,
        "reason": "order_change",
        "memo": "Fewer seats.",
        "lines": {
            "data": [{"description": "Two seats", "quantity": 2, "unit_amount_decimal": "7900", "amount": 15800}]
        },
        "subtotal": 15800,
        "total": 15800,
        "total_taxes": [],
        "total_excluding_tax": 15800,
        "discount_amounts": [],
        "pre_payment_amount": 0,
        "post_payment_amount": 15800,
        "out_of_band_amount": None,
        "refunds": [{"amount_refunded": 10000}],
    }
    text = text_of(credit_note_pdf(credit_note, invoice(), RELATED))
    for expected in (
        "NW-2047-CN-01",
        "$158.00 credited on November 1, 2026",
        "Order change",
        "Refunded",
        "$100.00",
        "Added to the credit balance",
        "$58.00",
        "Fewer seats.",
    ):
        assert expected in text


@pytest.mark.parametrize(
    "name",
    [
        "株式会社さくらデザイン",
        "شركة النور للتجارة (الكويت)",
        "한국 주식회사",
        "北京公司",
        "Łódź Ωμέγα Привет",
        "ไทย देवनागरी 😀",
        "a" * 400,
        "\u202eevil\u0000\ud800",
        "<b>& %(x)s \\(",
        "",
    ],
)
def test_no_name_stops_a_pdf(name: str) -> None:
    billed = invoice([line(name)], customer_name=name, description=name, footer=name)
    assert "NW-2047" in text_of(invoice_pdf(billed))


def test_letters_beyond_latin_are_in_the_text() -> None:
    text = text_of(invoice_pdf(invoice([line("Łódź Ωμέγα Привет")], customer_name="さくら")))
    assert "Łódź" in text
    assert "Привет" in text


def test_the_paper_follows_the_wish_then_the_country() -> None:
    def width(pdf: bytes) -> int:
        return round(float(PdfReader(BytesIO(pdf)).pages[0].mediabox.width))

    assert width(invoice_pdf(invoice())) == 595
    assert width(invoice_pdf(invoice(customer_address={"country": "US"}))) == 612
    assert width(invoice_pdf(invoice(rendering={"pdf": {"page_size": "letter"}}))) == 612


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        (124000, "usd", "$1,240.00"),
        (-5, "usd", "-$0.05"),
        (1200, "jpy", "¥1,200"),
        (12500, "kwd", "KWD 12.500"),
        (123400, "isk", "ISK 1,234"),
        (500, "huf", "HUF 5.00"),
        (100, "ugx", "UGX 1"),
        (0, "eur", "€0.00"),
    ],
)
def test_money_follows_stripes_own_table(amount: int, currency: str, expected: str) -> None:
    assert money(amount, currency) == expected


def test_unit_prices_keep_the_decimals_that_they_have() -> None:
    assert unit_price("0.1890", "usd") == "$0.00189"
    assert unit_price("7900", "usd") == "$79.00"
    assert unit_price("0.5", "jpy") == "¥0.5"


def test_dates_and_periods() -> None:
    assert date(ISSUED) == "November 1, 2026"
    assert period(ISSUED, ISSUED) == ""
    assert period(ISSUED, ISSUED + 365 * 86400) == "Nov 1, 2026 – Nov 1, 2027"


def test_an_address_leaves_out_what_is_not_there() -> None:
    assert address_lines(None) == ()
    assert address_lines({"city": "Seattle", "state": "WA", "postal_code": "98101", "country": "US"}) == (
        "Seattle, WA 98101",
        "United States",
    )
    assert address_lines({"city": "Berlin", "postal_code": "10119", "state": None, "country": "XX"}) == (
        "10119 Berlin",
        "XX",
    )


def test_lines_are_no_wider_than_asked() -> None:
    style = Style(10)
    assert wrap("one two three", style, 40) == ["one two", "three"]
    assert "".join(wrap("x" * 100, style, 40)) == "x" * 100
    assert wrap("", style, 40) == []


def test_arabic_is_joined_and_laid_from_the_right() -> None:
    # lam-alef becomes one sign; the number keeps its own direction and stands to the left of the words before it.
    assert visual_order("لا 12") == "12 \ufefb"
    assert visual_order("plain text") == "plain text"
    assert visual_order("بيت") == "\ufe96\ufef4\ufe91"
