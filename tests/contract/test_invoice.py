"""One invoice: everything that Stripe says of it."""

import pytest

from invoice_portal import CustomerId, Email
from support.accounts import Account
from support.moments import DAY, moment
from support.portals import Answer, Mount, Mounted
from support.stripe_server import StripeServer, as_error

ANNA = Email("anna@example.com")


def show(portal: Mounted, invoice: str) -> Answer:
    page = portal.browser(ANNA).get(f"/invoices/{invoice}")
    assert page.status == 200
    return page


def totals(page: Answer) -> dict[str, str]:
    """The totals by name, in the order of the page."""
    (listed,) = page.html.root.all("dl", css_class="portal-totals")
    names, amounts = listed.all("dt"), listed.all("dd")
    return {name.text: amount.text for name, amount in zip(names, amounts, strict=True)}


def test_an_invoice_says_who_owes_whom_what_and_when(portal: Mounted, account: Account) -> None:
    account.sandbox.account["business_profile"]["name"] = "Northwind Inc."
    customer = account.customer(
        ANNA.address,
        "Ames & Co",
        phone="+1 555 0100",
        address={"line1": "1 Main Street", "postal_code": "98101", "city": "Seattle", "state": "WA", "country": "US"},
    )
    invoice = account.open(
        customer,
        description="Thank you for your business",
        footer="VAT exempt",
        custom_fields=[{"name": "Order", "value": "PO-77"}],
        lines=[{"quantity": 3, "unit_amount_decimal": "1000.5", "description": "Seats"}],
    )
    text = show(portal, invoice).text
    for expected in (
        f"Invoice {account.number(invoice)}",
        "Northwind Inc.",
        "Ames & Co",
        "1 Main Street",
        "Seattle, WA 98101",
        "+1 555 0100",
        "Issued June 15, 2026",
        "Due July 15, 2026",
        "Order PO-77",
        "Thank you for your business",
        "VAT exempt",
        "Seats",
        "$10.005",
        "$30.02",
    ):
        assert expected in text, expected


def test_more_than_ten_lines_are_all_there_in_order(portal: Mounted, account: Account) -> None:
    lines = [{"amount": at * 100, "description": f"Line number {at}"} for at in range(1, 131)]
    invoice = account.open(account.customer(ANNA.address), lines=lines)
    stored = account.get(f"invoices/{invoice}/lines", limit=100)
    assert stored["has_more"]
    page = show(portal, invoice)
    names = [row.all("bdi")[0].text for row in page.html.root.all("tr") if row.all("td")]
    assert set(names) == {line["description"] for line in lines}
    assert len(names) == len(lines)
    assert names[:100] == [line["description"] for line in stored["data"]]
    assert page.html.rows[names.index("Line number 130")][-1] == "$130.00"


def test_totals_are_stripes_own_in_stripes_order(portal: Mounted, account: Account) -> None:
    vat = account.post("tax_rates", display_name="VAT", percentage=19, inclusive=False)["id"]
    coupon = account.post("coupons", percent_off=10, duration="once", name="Spring")["id"]
    invoice = account.open(
        account.customer(ANNA.address),
        lines=[{"amount": 10000, "description": "Plan", "tax_rates": [vat]}],
        discounts=[{"coupon": coupon}],
    )
    figures = totals(show(portal, invoice))
    assert list(figures.items()) == [
        ("Subtotal", "$100.00"),
        ("Spring", "-$10.00"),
        ("Total before tax", "$90.00"),
        ("VAT 19%", "$17.10"),
        ("Total", "$107.10"),
        ("To pay", "$107.10"),
    ]


def test_tax_within_the_price_is_said_and_not_added(portal: Mounted, account: Account) -> None:
    tax = account.post("tax_rates", display_name="消費税", percentage=10, inclusive=True)["id"]
    invoice = account.open(
        account.customer(ANNA.address),
        currency="jpy",
        lines=[{"amount": 11000, "description": "プラン", "tax_rates": [tax]}],
    )
    figures = totals(show(portal, invoice))
    assert figures["Total"] == "¥11,000"
    assert figures["消費税 10%, included"] == "¥1,000"


def test_three_decimals(portal: Mounted, account: Account) -> None:
    invoice = account.open(account.customer(ANNA.address), 12345, currency="kwd")
    assert "12.345" in show(portal, invoice).text


def test_credit_notes_before_and_after_payment(portal: Mounted, account: Account) -> None:
    customer = account.customer(ANNA.address)
    invoice = account.open(customer, 10000)
    note = account.post("credit_notes", invoice=invoice, amount=1500, memo="We are sorry")
    page = show(portal, invoice)
    assert totals(page)["Credited"] == "-$15.00"
    assert totals(page)["To pay"] == "$85.00"
    for expected in (note["number"], "We are sorry", "$15.00 credited"):
        assert expected in page.text
    account.post(f"invoices/{invoice}/pay", paid_out_of_band=True)
    account.post("credit_notes", invoice=invoice, amount=500, out_of_band_amount=500)
    paid = show(portal, invoice)
    assert totals(paid)["Credited after payment"] == "$5.00"
    links = [url for url in page_links(paid) if "/credit_notes/" in url]
    assert len(links) == 2
    assert all(portal.browser(ANNA).get(link).status == 303 for link in links)


def page_links(page: Answer) -> list[str]:
    return [link.attributes["href"] for link in page.html.root.all("a")]


def test_a_payment_by_card_is_in_the_history(portal: Mounted, account: Account) -> None:
    customer = account.customer(ANNA.address)
    card = account.post("payment_methods/pm_card_visa/attach", customer=customer)["id"]
    invoice = account.open(customer, 4200)
    account.sandbox.clock.advance(DAY)
    account.post(f"invoices/{invoice}/pay", payment_method=card)
    page = show(portal, invoice)
    history = [entry.text for entry in page.html.root.one("ol").all("li")]
    assert history[-1].endswith("Invoice issued.")
    assert any("$42.00 paid with Visa 4242." in entry for entry in history)
    assert "-$42.00" in totals(page).values()
    assert not [form for form in page.html.forms if form.action.endswith("/pay")]


def test_a_declined_card_is_in_the_history_without_stripes_words(portal: Mounted, account: Account) -> None:
    customer = account.customer(ANNA.address)
    card = account.post("payment_methods/pm_card_chargeCustomerFail/attach", customer=customer)["id"]
    invoice = account.open(customer, 4200)
    with pytest.raises(Exception, match="card"):
        account.post(f"invoices/{invoice}/pay", payment_method=card)
    page = show(portal, invoice)
    assert "did not go through" in page.text
    assert "Your card was declined" not in page.text
    assert page.html.form("/pay")


def test_a_credit_balance_that_was_used(portal: Mounted, account: Account) -> None:
    customer = account.customer(ANNA.address, balance=-1500)
    figures = totals(show(portal, account.open(customer, 10000)))
    assert figures["Your credit used"] == "-$15.00"
    assert figures["To pay"] == "$85.00"


def test_reverse_charge_is_said(portal: Mounted, account: Account) -> None:
    customer = account.customer(
        ANNA.address, tax_exempt="reverse", tax_id_data=[{"type": "eu_vat", "value": "DE123456789"}]
    )
    text = show(portal, account.open(customer)).text
    assert "Reverse charge" in text
    assert "DE123456789" in text


@pytest.mark.parametrize(("make", "expected"), [("void", "void"), ("uncollectible", "without payment")])
def test_a_closed_invoice_says_so_and_takes_no_payment(
    portal: Mounted, account: Account, make: str, expected: str
) -> None:
    page = show(portal, getattr(account, make)(account.customer(ANNA.address)))
    assert expected in page.text
    assert not [form for form in page.html.forms if form.action.endswith("/pay")]


def test_an_overdue_invoice_says_for_how_long(portal: Mounted, account: Account) -> None:
    assert "10 days overdue" in show(portal, account.overdue(account.customer(ANNA.address), days=10)).text


def test_dates_are_those_of_the_merchants_time_zone(mount: Mount, account: Account) -> None:
    with account.sandbox.clock.at(moment("2026-01-31T23:30")):
        invoice = account.open(account.customer(ANNA.address))
    assert "Issued January 31, 2026" in show(mount(), invoice).text
    assert "Issued February 1, 2026" in show(mount(time_zone="Europe/Berlin"), invoice).text


def test_a_draft_is_as_missing_as_none(portal: Mounted, account: Account) -> None:
    draft = account.draft(account.customer(ANNA.address), 100)
    for path in (f"/invoices/{draft}", f"/invoices/{draft}/pdf"):
        assert portal.browser(ANNA).get(path).status == 404


def test_texts_of_an_invoice_are_only_text(portal: Mounted, account: Account) -> None:
    evil = "<script>alert(1)</script>{{ 7*7 }}"
    customer = account.customer(ANNA.address, evil, address={"line1": evil, "city": evil})
    invoice = account.open(
        customer,
        description=evil,
        footer=evil,
        custom_fields=[{"name": "<i>x</i>", "value": "<b>y</b>"}],
        lines=[{"amount": 100, "description": evil}],
    )
    account.post("credit_notes", invoice=invoice, amount=10, memo=evil)
    page = show(portal, invoice)
    assert not page.html.root.all("script", "i", "b")
    assert page.text.count(evil) >= 6
    assert "49" not in page.text


def test_an_invoice_stands_without_what_is_beside_it(portal: Mounted, account: Account, stripe: StripeServer) -> None:
    """Payments, credit notes, names of taxes and discounts: a key may lack the right to read them."""
    vat = account.post("tax_rates", display_name="VAT", percentage=19, inclusive=False)["id"]
    coupon = account.post("coupons", percent_off=10, duration="once", name="Spring")["id"]
    invoice = account.open(
        account.customer(ANNA.address),
        lines=[{"amount": 10000, "description": "Plan", "tax_rates": [vat]}],
        discounts=[{"coupon": coupon}],
    )
    for path in ("/v1/invoice_payments", "/v1/credit_notes", "/v1/tax_rates/.*", "/v1/coupons/.*"):
        stripe.answer(path, as_error(403, "The provided key does not have 'rak_x_read'"))
    page = show(portal, invoice)
    assert totals(page)["Total"] == "$107.10"
    assert totals(page)["Tax"] == "$17.10"
    assert "could not be loaded" in page.text
    assert "rak_x_read" not in page.source


def test_a_customer_by_id_sees_it_too(portal: Mounted, account: Account) -> None:
    customer = account.customer(ANNA.address)
    invoice = account.open(customer)
    assert portal.browser(CustomerId(customer)).get(f"/invoices/{invoice}").status == 200


def test_an_invoice_may_cost_nothing(portal: Mounted, account: Account) -> None:
    page = show(portal, account.open(account.customer(ANNA.address), lines=[{"amount": 0, "description": "Trial"}]))
    assert totals(page)["Total"] == "$0.00"
    assert not [form for form in page.html.forms if form.action.endswith("/pay")]
