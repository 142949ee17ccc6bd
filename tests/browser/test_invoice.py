"""One invoice: everything that a faithful one shows, and its PDF."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

from playwright.sync_api import APIResponse, expect
from pypdf import PdfReader

from browser.conftest import Visit
from browser.helpers.demos import Demo
from browser.helpers.visiting import Visitor

JENNY, RIVERSIDE, CASCADE = "jenny@lumen.studio", "billing@riverside-clinic.example", "ap@cascade-outfitters.example"
SAKURA, ATELIER, AL_NOOR = "keiri@sakura-design.example", "compta@atelier-bleu.example", "hisabat@alnoor.example"
MAPLE = "office@maple-pine.example"


def lines(visitor: Visitor) -> list[str]:
    """The lines, a text each."""
    rows = visitor.page.get_by_role("table").get_by_role("row").all_inner_texts()
    return [" ".join(row.split()) for row in rows[1:]]


def texts(pdf: APIResponse | Path) -> str:
    """What a PDF says; fails where it is none."""
    data = pdf.read_bytes() if isinstance(pdf, Path) else pdf.body()
    assert data.startswith(b"%PDF-")
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(data)).pages)


def test_an_overdue_invoice_with_order_number_memo_footer_and_reverse_charge(visit: Visit) -> None:
    visitor = visit(JENNY)
    row = next(row for row in visitor.rows() if row.status == "Overdue")
    visitor.open_row("Overdue")
    assert visitor.heading() == f"Invoice {row.number} Overdue"
    facts = visitor.facts()
    assert facts["PO number"] == "PO-1234"
    assert re.fullmatch(r"\w+ \d{1,2}, \d{4}", facts["Issued"])
    assert re.fullmatch(r"\w+ \d{1,2}, \d{4}", facts["Due"])
    assert (facts["Subtotal"], facts["Total"], facts["To pay"]) == ("$790.00", "$790.00", "$790.00")
    said = visitor.text()
    for expected in (
        "Billed by Northwind Inc. United States",
        "Billed to Lumen Studio GmbH Torstraße 12 10119 Berlin Germany jenny@lumen.studio",
        "DE123456789",
        "Thank you for your business.",
        "Reverse charge: the recipient accounts for the tax.",
        "Please quote the invoice number with every payment.",
        "10 × Team plan",
    ):
        assert expected in said
    assert re.search(r"\d+ days overdue", said)
    assert [line for line in lines(visitor) if line.endswith("10 $79.00 $790.00")]


def test_a_discount_is_named_and_taken_off(visit: Visit, demo: Demo) -> None:
    discounted = next(invoice for invoice in demo.stripe.invoices(JENNY) if invoice["total_discount_amounts"])
    visitor = visit(JENNY)
    visitor.open_invoice(discounted["id"])
    facts = visitor.facts()
    assert facts["Subtotal"] == "$790.00"
    assert facts["Anniversary"].replace("\u2212", "-") == "-$79.00"
    assert facts["Total"] == "$711.00"
    assert any(entry.endswith("$711.00 paid with Visa 4242.") for entry in visitor.history())


def test_a_void_invoice_says_so_and_cannot_be_paid(visit: Visit) -> None:
    visitor = visit(JENNY)
    visitor.open_row("Void")
    assert visitor.heading().endswith(" Void")
    assert "This invoice is void. There is nothing to pay on it." in visitor.text()
    assert any(entry.endswith("Invoice made void.") for entry in visitor.history())
    expect(visitor.page.get_by_role("main").get_by_role("button", name="Pay")).to_have_count(0)


def test_an_uncollectible_invoice_says_whom_to_ask(visit: Visit) -> None:
    visitor = visit(RIVERSIDE)
    visitor.open_row("Uncollectible")
    assert "This invoice was closed without payment. Please contact us" in visitor.text()
    expect(visitor.page.get_by_role("main").get_by_role("button", name="Pay")).to_have_count(0)


def test_tax_is_added_or_in_the_price_as_the_country_has_it(visit: Visit) -> None:
    french = visit(ATELIER)
    french.open_row("Reprise de données")
    assert ("TVA 20%", "€90.00") in french.pairs()
    assert french.facts()["Total"] == "€540.00"
    japanese = visit(SAKURA)
    japanese.open_row("導入研修")
    assert ("消費税 10%, included", "¥15,000") in japanese.pairs()
    assert japanese.facts()["Total"] == "¥165,000"


def test_more_than_ten_lines_are_all_there_with_two_taxes(visit: Visit) -> None:
    visitor = visit(CASCADE)
    visitor.open_row("Trail tag, set 1")
    shown = lines(visitor)
    assert [line.split(" ", 4)[3] for line in shown] == [str(size) for size in range(1, 36)]
    assert shown[34] == "Trail tag, set 35 1 $67.15 $67.15"
    assert ("Sales tax 6.5%", "$405.31") in visitor.pairs()
    assert ("Sales tax 3.85%", "$240.07") in visitor.pairs()
    assert visitor.facts()["Total"] == "$6,880.63"
    assert "Shipped to Cascade Outfitters warehouse" in visitor.text()


def test_credit_notes_before_payment_lower_what_is_due(visit: Visit) -> None:
    visitor = visit(RIVERSIDE)
    visitor.open_row("Data cleaning")
    facts = visitor.facts()
    assert (facts["Total"], facts["Amount due"], facts["To pay"]) == ("$540.00", "$420.00", "$420.00")
    notes = visitor.page.get_by_role("region", name="Credit notes")
    expect(notes).to_contain_text("$120.00")
    expect(notes).to_contain_text("The work was done on a Friday.")


def test_credit_notes_after_payment_and_their_pdfs(visit: Visit, demo: Demo) -> None:
    visitor = visit(RIVERSIDE)
    visitor.open_row("Training, two sessions")
    assert visitor.facts()["Credited after payment"] == "$130.00"
    notes = visitor.page.get_by_role("region", name="Credit notes")
    assert notes.get_by_role("listitem").count() == 2
    link = notes.get_by_role("link", name=re.compile("PDF of credit note .+-CN-01"))
    number = (link.get_attribute("aria-label") or "").split()[-1]
    answer = visitor.fetch(link)
    assert answer.ok
    assert answer.headers["content-type"] == "application/pdf"
    assert number in texts(answer)


def test_credit_is_used_up_and_parts_are_paid(visit: Visit) -> None:
    visitor = visit(RIVERSIDE)
    visitor.open_row("Forms, printed and delivered")
    facts = visitor.facts()
    assert (facts["Total"], facts["Amount due"]) == ("$195.00", "$145.00")
    assert facts["Your credit used"].replace("\u2212", "-") == "-$50.00"
    visitor.press(visitor.page.get_by_role("main").get_by_role("link", name="Billing"))
    visitor.open_row("Interface to the laboratory")
    assert visitor.heading().endswith("Partly paid")
    facts = visitor.facts()
    assert (facts["Total"], facts["To pay"]) == ("$1,250.00", "$750.00")
    assert any(entry.endswith("$500.00 paid with Visa 4242.") for entry in visitor.history())


def test_a_failed_card_says_when_it_is_tried_again(visit: Visit) -> None:
    visitor = visit(MAPLE)
    visitor.open_row("Payment failed")
    assert re.search(r"We try again on \w+ \d{1,2}, \d{4}\.", visitor.text())
    assert any("The payment of $158.00 with Visa 0341 did not go through." in entry for entry in visitor.history())


def test_a_zero_invoice_and_three_decimals(visit: Visit) -> None:
    visitor = visit(RIVERSIDE)
    visitor.open_row("Trial period")
    assert visitor.facts()["Total"] == "$0.00"
    arab = visit(AL_NOOR)
    arab.open_row("137.250")
    assert arab.facts()["Total"].replace("\xa0", " ") == "KWD 137.250"
    assert "تهيئة الحساب ونقل البيانات" in arab.text()


def test_the_pdf_is_a_real_one_of_this_invoice(visit: Visit) -> None:
    visitor = visit(JENNY)
    first = visitor.rows()[0]
    answer = visitor.fetch(visitor.page.get_by_role("link", name=f"PDF of invoice {first.number}"))
    assert answer.ok
    assert answer.headers["content-type"] == "application/pdf"
    assert first.number in texts(answer)


def test_a_click_downloads_the_pdf(visit: Visit) -> None:
    visitor = visit(SAKURA)
    visitor.open_row("¥165,000")
    number = visitor.heading().split()[1]
    visitor.watch.expect_abort()  # the browser leaves the page as it is and saves what came instead
    with visitor.page.expect_download() as download:
        visitor.page.get_by_role("link", name="Download PDF").click()
    assert download.value.suggested_filename == f"Invoice-{number}.pdf"
    assert number in texts(download.value.path())
    assert visitor.heading().startswith(f"Invoice {number}")
