"""What happened to an invoice, and its status, in a customer's words."""

from __future__ import annotations

from typing import Any

import pytest

from invoice_portal import CustomerId
from invoice_portal.http import Page
from invoice_portal.i18n import Languages
from invoice_portal.pages.invoices.page import invoice as invoice_page
from invoice_portal.pages.invoices.status import badge, overdue
from invoice_portal.stripe_api.invoices import Invoice, parse_invoice
from invoice_portal.stripe_api.reading import Reader

from .helpers.objects import DAY, NOW, Json, credit_note, intent, invoice, listing, paid_invoice, payment
from .helpers.programs import Stripe, play
from .helpers.visiting import make_visit


def entries(
    shown: Json, payments: list[Json] | None = None, notes: list[Json] | None = None, language: str = "en"
) -> list[Any]:
    answers = {
        "/v1/invoices/in_1": shown,
        "/v1/invoice_payments": listing(payments or []),
        "/v1/credit_notes": listing(notes or []),
    }
    visit = make_visit(name="invoice", args={"invoice": "in_1"}, visitor=CustomerId("cus_ada"), language=language)
    page = play(invoice_page(visit), Stripe(answers))
    assert isinstance(page, Page)
    return list(page.context["history"].entries)


def words(*given: Any, **options: Any) -> list[str]:
    return [entry.text for entry in entries(*given, **options)]


def ended(**moments: int | None) -> Json:
    transitions = {"finalized_at": NOW - 5 * DAY, "paid_at": None, "voided_at": None, "marked_uncollectible_at": None}
    return {"status_transitions": {**transitions, **moments}}


def test_an_invoice_begins_with_being_issued():
    [entry] = entries(invoice())
    assert (entry.text, entry.date, entry.iso_date) == ("Invoice issued.", "Oct 24, 2026", "2026-10-24")


@pytest.mark.parametrize(
    ("moments", "paid", "text"),
    [
        ({"paid_at": NOW}, 10000, "Paid in full."),
        ({"paid_at": NOW}, 0, "Settled, with nothing to pay."),
        ({"voided_at": NOW}, 0, "Invoice made void."),
        ({"marked_uncollectible_at": NOW}, 0, "Closed without payment."),
        ({"marked_uncollectible_at": NOW}, 4000, "Closed, a part was paid."),
    ],
)
def test_how_it_ended(moments: dict[str, int], paid: int, text: str):
    assert words(invoice(**ended(**moments), amount_paid=paid)) == [text, "Invoice issued."]


@pytest.mark.parametrize(
    ("back", "text"),
    [
        (0, "$100.00 paid with Visa 4242."),
        (2500, "$100.00 paid with Visa 4242. $25.00 of it was refunded."),
        (10000, "$100.00 paid with Visa 4242. It was refunded in full."),
    ],
)
def test_what_was_refunded_is_said_of_the_payment(back: int, text: str):
    charge = {**intent()["latest_charge"], "amount_refunded": back}
    paid = payment(payment={"type": "payment_intent", "payment_intent": intent(latest_charge=charge)})
    assert text in words(paid_invoice(), [paid])


@pytest.mark.parametrize(
    ("back", "text"),
    [
        (10000, "$100.00 paid with Visa 4242. It was part of a payment of $300.00, of which $100.00 was refunded."),
        (30000, "$100.00 paid with Visa 4242. It was refunded in full."),
    ],
)
def test_a_refund_of_a_payment_for_several_invoices_is_not_said_of_one_alone(back: int, text: str):
    charge = {**intent()["latest_charge"], "amount": 30000, "amount_refunded": back}
    paid = payment(payment={"type": "payment_intent", "payment_intent": intent(latest_charge=charge)})
    assert text in words(paid_invoice(), [paid])


def test_an_uncollectible_invoice_may_still_be_paid():
    found = words(paid_invoice(**ended(marked_uncollectible_at=NOW, paid_at=NOW)))
    assert found == ["Paid in full.", "Closed without payment.", "Invoice issued."]


def test_the_newest_comes_first():
    found = entries(
        paid_invoice(),
        [payment(created=NOW - 40 * 3600, status_transitions={"paid_at": NOW - 30 * 3600})],
        [credit_note(created=NOW - 3600)],
    )
    moments = [entry.moment for entry in found]
    assert moments == sorted(moments, reverse=True)
    assert found[0].text == "$25.00 credited with CN-cn_1."
    assert found[-1].text == "Invoice issued."


def test_within_one_second_the_end_comes_above_what_led_to_it():
    shown = paid_invoice(created=NOW, **ended(finalized_at=NOW, paid_at=NOW))
    paid = payment(created=NOW, status_transitions={"paid_at": NOW})
    assert words(shown, [paid]) == ["Paid in full.", "$100.00 paid with Visa 4242.", "Invoice issued."]


def card(brand: str | None = "visa", last4: str | None = "4242") -> Json:
    return {"type": "card", "card": {"brand": brand, "last4": last4}}


def with_method(details: Any) -> Json:
    charge = {"id": "ch_1", "payment_method_details": details}
    return payment(payment={"type": "payment_intent", "payment_intent": intent(latest_charge=charge)})


@pytest.mark.parametrize(
    ("paid", "text"),
    [
        (payment(), "$100.00 paid with Visa 4242."),
        (with_method(card("mastercard", "4444")), "$100.00 paid with Mastercard 4444."),
        (with_method(card("amex", "0005")), "$100.00 paid with American Express 0005."),
        (with_method(card("some_new_brand", "1")), "$100.00 paid with Some New Brand 1."),
        (with_method(card(None, None)), "$100.00 paid with card."),
        (with_method({"type": "sepa_debit", "sepa_debit": {"last4": "3000"}}), "$100.00 paid with bank account 3000."),
        (with_method({"type": "us_bank_account", "us_bank_account": {}}), "$100.00 paid with bank account."),
        (with_method({"type": "link", "link": {}}), "$100.00 paid with Link."),
        (with_method({"type": "some_new_wallet"}), "$100.00 paid with some new wallet."),
        (with_method(None), "$100.00 paid."),
        (payment(payment={"type": "payment_intent", "payment_intent": "pi_1"}), "$100.00 paid."),
        (payment(payment={"type": "payment_record", "payment_record": "pr_1"}), "$100.00 paid outside of this page."),
        (payment(payment=None), "$100.00 paid."),
        (payment(amount_paid=2500), "$25.00 paid with Visa 4242."),
    ],
)
def test_a_payment_that_went_through(paid: Json, text: str):
    assert words(invoice(), [paid])[0] == text


def test_a_payment_by_charge_alone_has_its_method():
    charged = {"type": "charge", "charge": {"id": "ch_1", "payment_method_details": card()}}
    assert words(invoice(), [payment(payment=charged)])[0] == "$100.00 paid with Visa 4242."


@pytest.mark.parametrize("language", ["de", "fr", "ar", "ja"])
@pytest.mark.parametrize("details", [{"type": ""}, {"type": None}, {}, card("", "")])
def test_a_method_without_a_name_brings_no_files_header_onto_the_page(language: str, details: Json):
    for text in words(invoice(), [with_method(details)], language=language):
        assert "Project-Id-Version" not in text
        assert "\n" not in text


def declined(reason: str | None, **error: Any) -> Json:
    failed = intent(
        status="requires_payment_method",
        latest_charge=None,
        last_payment_error={"code": "card_declined", "decline_code": reason, **error},
    )
    return payment(
        status="open",
        status_transitions={"paid_at": None},
        payment={"type": "payment_intent", "payment_intent": failed},
    )


@pytest.mark.parametrize(
    ("tried", "text"),
    [
        (declined("generic_decline"), "The payment of $100.00 did not go through."),
        (
            declined("insufficient_funds", payment_method=card()),
            "The payment of $100.00 with Visa 4242 did not go through. There was not enough money on the account.",
        ),
        (
            declined(None, code="expired_card", payment_method=card("mastercard", "0069")),
            "The payment of $100.00 with Mastercard 0069 did not go through. The card has expired.",
        ),
        (
            {**declined("generic_decline"), "amount_requested": 4000, "amount_paid": 0},
            "The payment of $40.00 did not go through.",
        ),
        (declined(None, code="some_new_code"), "The payment of $100.00 did not go through."),
    ],
)
def test_a_payment_that_did_not_go_through(tried: Json, text: str):
    assert words(invoice(), [tried])[0] == text


def test_what_a_bank_says_in_its_own_words_is_not_repeated():
    found = words(invoice(), [declined("fraudulent", message="Stolen card, call the police", payment_method=card())])
    assert not any("Stolen" in text or "fraud" in text for text in found)


def test_a_payment_on_its_way():
    underway = payment(
        status="open",
        status_transitions={"paid_at": None},
        payment={"type": "payment_intent", "payment_intent": intent(status="processing", latest_charge=None)},
    )
    assert words(invoice(), [underway])[0] == "A payment of $100.00 is on its way."


@pytest.mark.parametrize("status", ["requires_payment_method", "requires_confirmation", "canceled"])
def test_an_open_invoice_that_nobody_tried_to_pay_says_nothing_of_payments(status: str):
    waiting = payment(
        status="open",
        status_transitions={"paid_at": None},
        payment={"type": "payment_intent", "payment_intent": intent(status=status, latest_charge=None)},
    )
    assert words(invoice(), [waiting]) == ["Invoice issued."]


def test_a_credit_note_that_was_made_void_is_no_credit():
    assert words(invoice(), [], [credit_note(status="void")]) == ["Invoice issued."]


def test_entries_are_in_the_visitors_language():
    assert words(paid_invoice(), [payment()], language="de") != words(paid_invoice(), [payment()])
    assert any("100,00\xa0$" in text for text in words(paid_invoice(), [payment()], language="de"))


# Status

ENGLISH = Languages().default


def parsed(**changes: Any) -> Invoice:
    return parse_invoice(Reader(invoice(**changes), "invoice"))


@pytest.mark.parametrize(
    ("changes", "text", "tone"),
    [
        ({}, "Due Nov 7, 2026", "due"),
        ({"due_date": None}, "To pay", "due"),
        ({"due_date": NOW - 1}, "Overdue", "late"),
        ({"due_date": NOW}, "Due Oct 26, 2026", "due"),
        ({"due_date": NOW - 1, "amount_remaining": 5000}, "Overdue", "late"),
        ({"amount_remaining": 5000}, "Partly paid", "due"),
        ({"due_date": None, "attempted": True, "next_payment_attempt": NOW + DAY}, "Payment failed", "late"),
        ({"due_date": None, "attempted": True}, "To pay", "due"),
        ({"status": "paid", "amount_remaining": 0}, "Paid", "paid"),
        ({"status": "paid", "amount_remaining": 0, "due_date": NOW - 1}, "Paid", "paid"),
        ({"status": "void"}, "Void", "quiet"),
        ({"status": "uncollectible", "due_date": NOW - 1}, "Uncollectible", "quiet"),
        ({"status": "a_new_status"}, "a_new_status", "quiet"),
    ],
)
def test_the_badge(changes: Json, text: str, tone: str):
    found = badge(parsed(**changes), ENGLISH, NOW)
    assert (found.text, found.tone) == (text, tone)


def test_a_status_has_a_word_in_every_language():
    languages = Languages()
    for code, _ in languages.names():
        language = languages.find([code])
        assert language is not None
        texts = {badge(parsed(status=status), language, NOW).text for status in ("paid", "void", "uncollectible")}
        assert len(texts) == 3
        assert "" not in texts


@pytest.mark.parametrize(
    ("changes", "late"),
    [
        ({"due_date": NOW - 1}, True),
        ({"due_date": NOW}, False),
        ({"due_date": None}, False),
        ({"due_date": NOW - 1, "status": "paid"}, False),
        ({"due_date": NOW - 1, "status": "void"}, False),
    ],
)
def test_overdue_is_open_and_past_the_very_second(changes: Json, late: bool):
    assert overdue(parsed(**changes), NOW) == late
