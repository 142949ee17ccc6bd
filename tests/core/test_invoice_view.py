"""What the page of one invoice says: parties, facts, notices, what is to pay, credit notes."""

from __future__ import annotations

from typing import Any

import pytest

from .helpers.invoice_page import CUS, NOTES, PAYMENTS, page_of, stripe_with, view_of
from .helpers.objects import (
    DAY,
    NOW,
    Json,
    credit_note,
    intent,
    invoice,
    listing,
    paid_invoice,
    payment,
)

# Parties and facts


def test_the_recipient_is_as_frozen_on_the_invoice():
    shown = invoice(
        customer_name="Ada GmbH",
        customer_email="bills@ada.example",
        customer_phone="+49 1",
        customer_address={
            "line1": "Am Markt 1",
            "line2": None,
            "postal_code": "10117",
            "city": "Berlin",
            "state": "",
            "country": "DE",
        },
        customer_tax_ids=[{"type": "eu_vat", "value": "DE111"}, {"type": "eu_vat", "value": None}],
        customer_shipping={"name": "Warehouse", "phone": None, "address": {"line1": "Hafen 2", "city": "Kiel"}},
    )
    view = view_of(stripe_with(shown), visitor=CUS)
    assert view.recipient.name == "Ada GmbH"
    assert view.recipient.address == ("Am Markt 1", "10117 Berlin", "Germany")
    assert (view.recipient.email, view.recipient.phone) == ("bills@ada.example", "+49 1")
    assert view.recipient.tax_ids == ("DE111",)
    assert view.ship_to is not None
    assert (view.ship_to.name, view.ship_to.address) == ("Warehouse", ("Hafen 2", "Kiel"))


@pytest.mark.parametrize("shipping", [None, {}, {"name": None, "address": None}, {"name": "", "address": {}}])
def test_without_shipping_there_is_none(shipping: Any):
    assert view_of(stripe_with(invoice(customer_shipping=shipping)), visitor=CUS).ship_to is None


def test_the_sender_is_the_account_or_what_the_merchant_calls_itself():
    assert view_of(stripe_with(invoice()), visitor=CUS).sender.name == "Lumen Ltd"
    named = {"business_name": "Lumen", "support_email": "help@lumen.example"}
    sender = view_of(stripe_with(invoice(account_country="GB")), visitor=CUS, settings=named).sender
    assert (sender.name, sender.email, sender.address) == ("Lumen", "help@lumen.example", ("United Kingdom",))


def facts(changes: Json, **visit: Any) -> dict[str, str]:
    return {fact.name: fact.value for fact in view_of(stripe_with(invoice(**changes)), visitor=CUS, **visit).facts}


def test_the_facts_that_there_are():
    assert facts({"due_date": None}) == {"Issued": "October 24, 2026"}
    assert facts({})["Due"] == "November 7, 2026"
    custom = [{"name": "PO number", "value": "4711"}, {"name": "Cost centre", "value": ""}]
    found = facts({"custom_fields": custom, "receipt_number": "1234-5678"})
    assert (found["PO number"], found["Cost centre"], found["Receipt number"]) == ("4711", "", "1234-5678")


def test_an_invoice_is_issued_when_it_takes_effect_else_when_it_was_finalised_else_when_it_was_made():
    made = {"finalized_at": None}
    assert facts({"effective_at": NOW - 9 * DAY})["Issued"] == "October 17, 2026"
    assert facts({"effective_at": None})["Issued"] == "October 24, 2026"
    assert facts({"effective_at": None, "status_transitions": made})["Issued"] == "October 23, 2026"


def test_dates_of_the_end_are_facts():
    ended = {"finalized_at": NOW - DAY, "paid_at": NOW, "voided_at": None}
    assert facts({"status": "paid", "status_transitions": ended})["Paid on"] == "October 26, 2026"
    ended = {"finalized_at": NOW - DAY, "paid_at": None, "voided_at": NOW}
    assert facts({"status": "void", "status_transitions": ended})["Void since"] == "October 26, 2026"


def test_memo_and_footer_are_shown_as_they_are():
    view = view_of(stripe_with(invoice(description="Thank you", footer="Reg. no. 1")), visitor=CUS)
    assert (view.memo, view.footer) == ("Thank you", "Reg. no. 1")


def test_an_invoice_without_a_number_has_a_title_all_the_same():
    view = view_of(stripe_with(invoice(number=None)), visitor=CUS)
    assert view.title == "Invoice without a number"
    assert view_of(stripe_with(invoice()), visitor=CUS).title == "Invoice LMN-in_1"


def test_a_revision_leads_to_the_other_one():
    replaced = view_of(stripe_with(invoice(latest_revision="in_2", status="void")), visitor=CUS)
    assert replaced.replaced_by_url == "/billing/invoices/in_2"
    source = {"action": "revision", "invoice": "in_0"}
    assert view_of(stripe_with(invoice(from_invoice=source)), visitor=CUS).replaces_url == "/billing/invoices/in_0"
    plain = view_of(stripe_with(invoice()), visitor=CUS)
    assert (plain.replaces_url, plain.replaced_by_url) == ("", "")


# Notices, paying, credit notes


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, []),
        ({"customer_tax_exempt": "exempt"}, []),
        ({"customer_tax_exempt": "reverse"}, ["Reverse charge"]),
        ({"status": "void"}, ["void"]),
        ({"status": "uncollectible"}, ["closed without payment"]),
        ({"status": "uncollectible", "amount_paid": 4000}, ["closed with a part of it paid"]),
        ({"status": "void", "customer_tax_exempt": "reverse"}, ["Reverse charge", "void"]),
    ],
)
def test_notices(changes: Json, words: list[str]):
    notices = view_of(stripe_with(invoice(**changes)), visitor=CUS).notices
    assert len(notices) == len(words)
    for notice, word in zip(notices, words, strict=True):
        assert word in notice


@pytest.mark.parametrize(
    ("changes", "when", "late"),
    [
        ({}, "Due November 7, 2026", False),
        ({"due_date": NOW}, "Due October 26, 2026", False),
        ({"due_date": NOW - 1}, "Due since today", True),
        ({"due_date": NOW - DAY}, "1 day overdue", True),
        ({"due_date": NOW - 45 * DAY}, "45 days overdue", True),
        ({"due_date": None}, "", False),
        ({"due_date": None, "next_payment_attempt": NOW + 2 * DAY}, "We try again on October 28, 2026.", False),
        ({"due_date": None, "next_payment_attempt": NOW - DAY}, "", False),
    ],
)
def test_the_pay_box_says_when(changes: Json, when: str, late: bool):
    box = view_of(stripe_with(invoice(**changes)), visitor=CUS).pay
    assert box is not None
    assert (box.amount, box.when, box.late) == ("$100.00", when, late)
    assert box.pay_url == "/billing/invoices/in_1/pay"


@pytest.mark.parametrize(
    "changes", [{"status": "paid"}, {"status": "void"}, {"status": "uncollectible"}, {"amount_remaining": 0}]
)
def test_with_nothing_to_pay_there_is_no_pay_box(changes: Json):
    assert view_of(stripe_with(invoice(**changes)), visitor=CUS).pay is None


def test_where_paying_is_switched_off_the_amount_is_still_shown():
    box = view_of(stripe_with(invoice()), visitor=CUS, settings={"actions": ["view"]}).pay
    assert box is not None
    assert (box.amount, box.pay_url) == ("$100.00", "")


def test_a_payment_on_its_way_is_not_to_be_made_twice():
    underway = payment(
        status="open",
        status_transitions={"paid_at": None},
        payment={"type": "payment_intent", "payment_intent": intent(status="processing", latest_charge=None)},
    )
    box = view_of(stripe_with(invoice(), **{PAYMENTS: listing([underway])}), visitor=CUS).pay
    assert box is not None
    assert (box.on_its_way, box.pay_url) == (True, "")


def test_credit_notes_are_listed_with_their_pdf():
    notes = listing([credit_note(memo="Sorry"), credit_note("cn_2", status="void", pdf=None)])
    first, second = view_of(stripe_with(invoice(), **{NOTES: notes}), visitor=CUS).credit_notes
    assert (first.number, first.amount, first.memo, first.void) == ("CN-cn_1", "$25.00", "Sorry", False)
    assert first.pdf_url == "/billing/invoices/in_1/credit_notes/cn_1/pdf"
    assert (second.void, second.pdf_url) == (True, "")


def test_pdfs_are_offered_where_downloading_is_allowed_and_there_are_any():
    notes = {NOTES: listing([credit_note()])}
    view = view_of(stripe_with(invoice(), **notes), visitor=CUS, settings={"actions": ["view"]})
    assert (view.pdf_url, view.credit_notes[0].pdf_url) == ("", "")
    assert view_of(stripe_with(invoice(invoice_pdf=None)), visitor=CUS).pdf_url == ""
    assert view_of(stripe_with(invoice()), visitor=CUS).pdf_url == "/billing/invoices/in_1/pdf"


def test_coming_back_from_a_click_on_pay_without_anything_to_pay_says_so():
    settled = {"visitor": CUS, "query": {"note": "settled"}}
    assert "nothing left to pay" in page_of(stripe_with(paid_invoice()), **settled).context["note"]
    assert page_of(stripe_with(paid_invoice()), visitor=CUS).context["note"] == ""
    assert page_of(stripe_with(paid_invoice()), visitor=CUS, query={"note": "x"}).context["note"] == ""


def test_the_note_is_not_said_of_an_invoice_that_is_to_be_paid():
    """Anybody can type the address."""
    for amount in (1, 10000):
        shown = invoice(amount_remaining=amount)
        assert page_of(stripe_with(shown), visitor=CUS, query={"note": "settled"}).context["note"] == ""
