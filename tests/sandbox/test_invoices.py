"""The life of an invoice: draft, open, paid, void, uncollectible, deleted."""

from __future__ import annotations

import pytest

from sandbox.api import DAY, NOW, Api


def test_a_draft_has_no_number_and_no_links(api: Api) -> None:
    draft = api.get(f"invoices/{api.draft(api.customer(), 5000)}")
    assert (draft["status"], draft["number"], draft["ending_balance"]) == ("draft", None, None)
    assert (draft["hosted_invoice_url"], draft["invoice_pdf"]) == (None, None)
    assert (draft["amount_due"], draft["amount_remaining"], draft["total"]) == (5000, 5000, 5000)


def test_finalising_gives_number_links_and_dates(api: Api) -> None:
    customer = api.customer(invoice_prefix="ACME")
    invoice = api.post(f"invoices/{api.draft(customer, 5000)}/finalize")
    assert (invoice["status"], invoice["number"]) == ("open", "ACME-0001")
    assert invoice["hosted_invoice_url"].startswith("http://127.0.0.1:12111/hosted/invoice/")
    assert invoice["invoice_pdf"] == invoice["hosted_invoice_url"] + "/pdf"
    assert (invoice["effective_at"], invoice["status_transitions"]["finalized_at"]) == (NOW, NOW)
    assert api.get(f"invoices/{api.issued(customer, 1)}")["number"] == "ACME-0002"
    assert api.get(f"customers/{customer}")["next_invoice_sequence"] == 3


def test_links_cannot_be_guessed_from_each_other(api: Api) -> None:
    customer = api.customer()
    links = {api.get(f"invoices/{api.issued(customer, 500)}")["hosted_invoice_url"] for _ in range(3)}
    assert len(links) == 3
    assert all(len(link.rpartition("/")[2]) >= 32 for link in links)


def test_a_draft_follows_its_customer_until_it_is_finalised(api: Api) -> None:
    customer = api.customer(name="Before")
    draft = api.draft(customer, 5000)
    api.post(f"customers/{customer}", name="After", email="after@example.com")
    assert api.get(f"invoices/{draft}")["customer_name"] == "After"
    api.post(f"invoices/{draft}/finalize")
    api.post(f"customers/{customer}", name="Later")
    assert api.get(f"invoices/{draft}")["customer_name"] == "After"


def test_a_finalised_invoice_keeps_its_amounts(api: Api) -> None:
    customer = api.customer()
    invoice = api.issued(customer, 5000)
    for path, params in (
        ("invoiceitems", {"customer": customer, "invoice": invoice, "amount": 1}),
        (f"invoices/{invoice}", {"default_tax_rates": []}),
        (f"invoices/{invoice}", {"due_date": NOW + DAY}),
    ):
        assert api.refused("POST", path, **params).error["code"] == "invoice_not_editable"
    item = api.get("invoiceitems", invoice=invoice)["data"][0]["id"]
    assert api.refused("DELETE", f"invoiceitems/{item}").error["code"] == "invoice_not_editable"
    assert api.refused("POST", f"invoices/{invoice}/finalize").error["code"] == "invoice_not_editable"
    assert api.refused("DELETE", f"invoices/{invoice}").error["message"] == "You can only delete draft invoices."
    assert api.post(f"invoices/{invoice}", metadata={"note": "late"})["metadata"] == {"note": "late"}


def test_nothing_due_is_paid_at_finalisation(api: Api) -> None:
    customer = api.customer()
    free = api.post(f"invoices/{api.draft(customer, 0)}/finalize", expand=["payments"])
    assert (free["status"], free["amount_due"], free["attempted"]) == ("paid", 0, True)
    assert free["payments"]["data"] == []
    assert free["status_transitions"]["paid_at"] == NOW


def test_less_than_can_be_charged_is_carried_over(api: Api) -> None:
    customer = api.customer()
    small = api.post(f"invoices/{api.draft(customer, 30)}/finalize")
    assert (small["status"], small["total"], small["amount_due"], small["ending_balance"]) == ("paid", 30, 0, 30)
    next_one = api.post(f"invoices/{api.draft(customer, 5000)}/finalize")
    assert (next_one["starting_balance"], next_one["amount_due"], next_one["ending_balance"]) == (30, 5030, 0)


def test_credit_is_used_first_and_given_back_by_voiding(api: Api) -> None:
    customer = api.customer(balance=-2000)
    invoice = api.post(f"invoices/{api.draft(customer, 5000)}/finalize")
    assert (invoice["starting_balance"], invoice["ending_balance"], invoice["amount_due"]) == (-2000, 0, 3000)
    api.post(f"invoices/{invoice['id']}/void")
    assert api.get(f"customers/{customer}")["balance"] == -2000
    changes = api.get(f"customers/{customer}/balance_transactions")["data"]
    assert [(change["type"], change["amount"], change["ending_balance"]) for change in changes] == [
        ("unapplied_from_invoice", -2000, -2000),
        ("applied_to_invoice", 2000, 0),
        ("initial", -2000, -2000),
    ]


def test_a_negative_invoice_becomes_credit(api: Api) -> None:
    customer = api.customer()
    invoice = api.post(f"invoices/{api.draft(customer, 1000, -4000)}/finalize")
    assert (invoice["status"], invoice["total"], invoice["amount_due"]) == ("paid", -3000, 0)
    assert api.get(f"customers/{customer}")["balance"] == -3000


def test_a_void_invoice_is_at_its_end(api: Api) -> None:
    invoice = api.issued(api.customer("pm_card_visa"), 5000)
    voided = api.post(f"invoices/{invoice}/void", expand=["payments.data.payment.payment_intent"])
    assert (voided["status"], voided["status_transitions"]["voided_at"]) == ("void", NOW)
    payment = voided["payments"]["data"][0]
    assert (payment["status"], payment["payment"]["payment_intent"]["status"]) == ("canceled", "canceled")
    for action in ("pay", "void", "mark_uncollectible", "finalize", "send"):
        assert api.refused("POST", f"invoices/{invoice}/{action}").status == 400


def test_an_uncollectible_invoice_can_still_be_paid_or_voided(api: Api) -> None:
    customer = api.customer("pm_card_visa")
    first, second = api.issued(customer, 5000), api.issued(customer, 5000)
    written_off = api.post(f"invoices/{first}/mark_uncollectible")
    assert written_off["status"] == "uncollectible"
    assert api.post(f"invoices/{first}/pay")["status"] == "paid"
    api.post(f"invoices/{second}/mark_uncollectible")
    assert api.post(f"invoices/{second}/void")["status"] == "void"


def test_a_draft_can_be_deleted_with_its_items(api: Api) -> None:
    customer = api.customer()
    draft = api.draft(customer, 1, 2)
    assert api.delete(f"invoices/{draft}") == {"id": draft, "object": "invoice", "deleted": True}
    assert api.refused("GET", f"invoices/{draft}").status == 404
    assert api.get("invoiceitems", customer=customer)["data"] == []


def test_due_dates_belong_to_invoices_that_are_sent(api: Api) -> None:
    customer = api.customer()
    missing = api.refused("POST", "invoices", customer=customer, collection_method="send_invoice")
    assert missing.error["code"] == "parameter_missing"
    assert api.refused("POST", "invoices", customer=customer, due_date=NOW + DAY).error["param"] == "due_date"
    sent = api.post("invoices", customer=customer, collection_method="send_invoice", days_until_due=30)
    assert sent["due_date"] == NOW + 30 * DAY


def test_sending_finalises(api: Api) -> None:
    draft = api.draft(api.customer(), 5000, collection_method="send_invoice", days_until_due=30)
    assert api.post(f"invoices/{draft}/send")["status"] == "open"


def test_items_follow_stripes_order(api: Api) -> None:
    customer = api.customer()
    for name in ("first", "second"):
        api.post("invoiceitems", customer=customer, amount=1, currency="usd", description=name)
    draft = api.post("invoices", customer=customer, pending_invoice_items_behavior="include")["id"]
    api.post("invoiceitems", customer=customer, invoice=draft, amount=1, description="added")
    lines = api.get(f"invoices/{draft}/lines")["data"]
    assert [line["description"] for line in lines] == ["second", "first", "added"]
    assert api.get("invoiceitems", pending=True)["data"] == []


def test_pending_items_wait_unless_they_are_asked_for(api: Api) -> None:
    customer = api.customer()
    api.post("invoiceitems", customer=customer, amount=1, currency="usd")
    assert api.get(f"invoices/{api.draft(customer)}")["lines"]["data"] == []
    assert len(api.get("invoiceitems", pending=True)["data"]) == 1


def test_an_item_is_priced_in_each_way(api: Api) -> None:
    customer, draft = api.customer(), None
    draft = api.draft(customer)
    price = api.price(250, "Sticker", recurring=None)
    product = api.get(f"prices/{price}")["product"]
    ways = [
        {"pricing": {"price": price}, "quantity": 3},
        {"price_data": {"currency": "usd", "product": product, "unit_amount": 40}, "quantity_decimal": "2.5"},
        {"unit_amount_decimal": "0.4", "quantity": 10},
        {"amount": -50},
    ]
    for way in ways:
        api.post("invoiceitems", customer=customer, invoice=draft, **way)
    lines = api.get(f"invoices/{draft}/lines")["data"]
    assert [(line["amount"], line["quantity"], line["quantity_decimal"]) for line in lines] == [
        (750, 3, "3"),
        (100, 2, "2.5"),
        (4, 10, "10"),
        (-50, 1, "1"),
    ]
    assert lines[0]["description"] == "Sticker"
    assert lines[0]["pricing"]["price_details"] == {"price": price, "product": product}
    assert lines[2]["pricing"]["unit_amount_decimal"] == "0.4"


def test_a_changed_item_changes_its_draft(api: Api) -> None:
    draft = api.draft(api.customer(), 1000)
    item = api.get("invoiceitems", invoice=draft)["data"][0]["id"]
    api.post(f"invoiceitems/{item}", amount=1500, description="Changed")
    found = api.get(f"invoices/{draft}")
    assert (found["total"], found["lines"]["data"][0]["description"]) == (1500, "Changed")
    api.delete(f"invoiceitems/{item}")
    assert api.get(f"invoices/{draft}")["total"] == 0


def test_currencies_are_not_mixed(api: Api) -> None:
    customer = api.customer()
    draft = api.draft(customer, 1000, currency="eur")
    refused = api.refused("POST", "invoiceitems", customer=customer, invoice=draft, amount=1, currency="usd")
    assert refused.error["param"] == "currency"
    assert api.get(f"customers/{customer}")["currency"] == "eur"


@pytest.mark.parametrize(("exempt", "tax", "total"), [("none", 190, 1190), ("exempt", 0, 1000), ("reverse", 0, 1000)])
def test_exempt_customers_pay_no_tax(api: Api, exempt: str, tax: int, total: int) -> None:
    rate = api.post("tax_rates", display_name="VAT", percentage=19, inclusive=False)["id"]
    draft = api.draft(api.customer(tax_exempt=exempt), 1000, default_tax_rates=[rate])
    found = api.get(f"invoices/{draft}")
    assert (found["total_taxes"][0]["amount"], found["total"], found["customer_tax_exempt"]) == (tax, total, exempt)


def test_an_items_own_tax_rates_go_before_the_invoices(api: Api) -> None:
    standard, reduced = (
        api.post("tax_rates", display_name="VAT", percentage=percentage, inclusive=False)["id"]
        for percentage in (19, 7)
    )
    customer = api.customer()
    draft = api.draft(customer, 1000, default_tax_rates=[standard])
    api.post("invoiceitems", customer=customer, invoice=draft, amount=1000, tax_rates=[reduced])
    found = api.get(f"invoices/{draft}")
    taxes = {tax["tax_rate_details"]["tax_rate"]: tax["amount"] for tax in found["total_taxes"]}
    assert taxes == {standard: 190, reduced: 70}


def test_an_invoice_advances_by_itself_after_an_hour(api: Api) -> None:
    customer = api.customer("pm_card_visa")
    draft = api.draft(customer, 5000, auto_advance=True)
    assert api.get(f"invoices/{draft}")["automatically_finalizes_at"] == NOW + 3600
    api.advance(3599)
    assert api.get(f"invoices/{draft}")["status"] == "draft"
    api.advance(1)
    paid = api.get(f"invoices/{draft}")
    assert (paid["status"], paid["attempt_count"], paid["automatically_finalizes_at"]) == ("paid", 1, None)


def test_a_draft_that_no_longer_advances_stays(api: Api) -> None:
    draft = api.draft(api.customer("pm_card_visa"), 5000, auto_advance=True)
    api.post(f"invoices/{draft}", auto_advance=False)
    api.advance(2 * 3600)
    assert api.get(f"invoices/{draft}")["status"] == "draft"


def test_an_overdue_invoice_makes_its_customer_delinquent(api: Api) -> None:
    customer = api.customer()
    invoice = api.issued(customer, 5000, collection_method="send_invoice", days_until_due=1)
    api.advance(DAY - 1)
    assert not api.get(f"customers/{customer}")["delinquent"]
    api.advance(1)
    assert api.get(f"customers/{customer}")["delinquent"]
    api.post(f"invoices/{invoice}/pay", paid_out_of_band=True)
    assert not api.get(f"customers/{customer}")["delinquent"]


def test_lines_are_added_new_or_waiting(api: Api) -> None:
    customer, other = api.customer(), api.customer()
    draft = api.draft(customer, 1000)
    waiting = api.post("invoiceitems", customer=customer, amount=300, currency="usd", description="Waiting")["id"]
    foreign = api.post("invoiceitems", customer=other, amount=1, currency="usd")["id"]
    lines = [{"amount": 20, "description": "New", "metadata": {"a": "b"}}, {"invoice_item": waiting}]
    after = api.post(f"invoices/{draft}/add_lines", lines=lines, invoice_metadata={"k": "v"})
    assert [line["amount"] for line in after["lines"]["data"]] == [1000, 20, 300]
    assert (after["total"], after["metadata"]) == (1320, {"k": "v"})
    refused = api.refused("POST", f"invoices/{draft}/add_lines", lines=[{"amount": 5}, {"invoice_item": foreign}])
    assert refused.error["param"] == "lines[1][invoice_item]"
    assert api.get(f"invoices/{draft}")["total"] == 1320


def test_only_the_allowed_ways_to_pay(api: Api) -> None:
    customer = api.customer("pm_card_visa")
    settings = {"payment_method_types": ["us_bank_account"]}
    invoice = api.issued(customer, 5000, payment_settings=settings)
    refused = api.refused("POST", f"invoices/{invoice}/pay")
    assert refused.error["code"] == "payment_intent_incompatible_payment_method"
    assert refused.error["message"].startswith("The PaymentMethod provided (card) is not allowed")
    assert api.refused("POST", "invoices", customer=customer, payment_settings={"payment_method_types": ["gold"]})
