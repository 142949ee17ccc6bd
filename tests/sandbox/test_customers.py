"""Customers, their tax IDs and balances, and the catalogue: products, prices, coupons, codes, tax rates."""

from __future__ import annotations

import pytest

from sandbox.api import Api


def test_the_email_filter_minds_case_and_finds_all(api: Api) -> None:
    first, second = api.customer(email="a@example.com"), api.customer(email="a@example.com")
    api.customer(email="A@example.com")
    assert [each["id"] for each in api.get("customers", email="a@example.com")["data"]] == [second, first]
    api.post(f"customers/{first}", email="b@example.com")
    assert [each["id"] for each in api.get("customers", email="b@example.com")["data"]] == [first]
    assert [each["id"] for each in api.get("customers", email="a@example.com")["data"]] == [second]


def test_updates_merge_metadata_and_clear_by_empty_texts(api: Api) -> None:
    customer = api.customer(metadata={"a": "1", "b": "2"}, phone="+1", address={"city": "X", "line1": "Y"})
    after = api.post(f"customers/{customer}", metadata={"a": "", "c": "3"}, phone="", address={"city": "Z"})
    assert (after["metadata"], after["phone"]) == ({"b": "2", "c": "3"}, None)
    assert (after["address"]["city"], after["address"]["line1"]) == ("Z", "Y")
    cleared = api.post(f"customers/{customer}", metadata="", address="")
    assert (cleared["metadata"], cleared["address"]) == ({}, None)


@pytest.mark.parametrize(
    ("metadata", "words"), [({"k" * 41: "v"}, "up to 40 characters"), ({"k": "v" * 501}, "up to 500 characters")]
)
def test_metadata_has_its_limits(api: Api, metadata: dict[str, str], words: str) -> None:
    assert words in api.refused("POST", "customers", metadata=metadata).error["message"]


def test_a_deleted_customer_can_still_be_retrieved_as_such(api: Api) -> None:
    customer = api.customer("pm_card_visa")
    api.delete(f"customers/{customer}")
    assert api.get(f"customers/{customer}") == {"id": customer, "object": "customer", "deleted": True}
    assert api.get("customers")["data"] == []
    assert api.refused("POST", f"customers/{customer}", name="x").error["code"] == "resource_missing"
    assert api.refused("POST", "invoices", customer=customer).error["param"] == "customer"


def test_a_default_method_must_be_the_customers_own(api: Api) -> None:
    theirs = api.card(api.customer())
    settings = {"default_payment_method": theirs}
    assert api.refused("POST", f"customers/{api.customer()}", invoice_settings=settings).status == 400


def test_a_new_customers_card_becomes_the_default_by_its_test_name(api: Api) -> None:
    settings = {"default_payment_method": "pm_card_visa"}
    made = api.post("customers", payment_method="pm_card_visa", invoice_settings=settings)
    (card,) = api.get(f"customers/{made['id']}/payment_methods")["data"]
    assert made["invoice_settings"]["default_payment_method"] == card["id"]
    assert api.post(f"invoices/{api.issued(made['id'], 500)}/pay")["status"] == "paid"


def test_a_customer_with_a_card_that_cannot_be_saved_is_not_made(api: Api) -> None:
    assert api.refused("POST", "customers", payment_method="pm_card_visa_chargeDeclined").status == 402
    assert api.get("customers")["data"] == []


def test_invoice_prefixes_are_unique(api: Api) -> None:
    api.customer(invoice_prefix="ACME")
    for prefix in ("ACME", "ab", "lower"):
        assert api.refused("POST", "customers", invoice_prefix=prefix).error["param"] == "invoice_prefix"


def test_tax_ids_are_on_the_invoice(api: Api) -> None:
    customer = api.customer(tax_id_data=[{"type": "eu_vat", "value": "DE123456789"}])
    api.post(f"customers/{customer}/tax_ids", type="ch_vat", value="CHE-123.456.789 MWST")
    found = api.get(f"customers/{customer}", expand=["tax_ids"])["tax_ids"]["data"]
    assert [(each["type"], each["country"]) for each in found] == [("ch_vat", "CH"), ("eu_vat", "DE")]
    invoice = api.get(f"invoices/{api.issued(customer, 500)}")
    assert invoice["customer_tax_ids"] == [
        {"type": "eu_vat", "value": "DE123456789"},
        {"type": "ch_vat", "value": "CHE-123.456.789 MWST"},
    ]
    assert api.refused("POST", f"customers/{customer}/tax_ids", type="xx_vat", value="1").error["param"] == "type"


def test_another_customers_things_are_not_found_by_path(api: Api) -> None:
    mine, other = api.customer(), api.customer()
    tax_id = api.post(f"customers/{other}/tax_ids", type="eu_vat", value="DE123456789")["id"]
    change = api.post(f"customers/{other}/balance_transactions", amount=5, currency="usd")["id"]
    for path in (f"tax_ids/{tax_id}", f"balance_transactions/{change}", f"payment_methods/{api.card(other)}"):
        assert api.get(f"customers/{other}/{path}")["id"]
        assert api.refused("GET", f"customers/{mine}/{path}").status == 404


# The catalogue


def test_prices_in_several_currencies(api: Api) -> None:
    price = api.price(2000, recurring=None, currency_options={"eur": {"unit_amount": 1800}})
    found = api.get(f"prices/{price}", expand=["currency_options"])
    assert {name: each["unit_amount"] for name, each in found["currency_options"].items()} == {
        "eur": 1800,
        "usd": 2000,
    }
    customer = api.customer()
    draft = api.draft(customer, currency="eur")
    item = api.post("invoiceitems", customer=customer, invoice=draft, pricing={"price": price})
    assert (item["amount"], item["pricing"]["unit_amount_decimal"]) == (1800, "1800")
    yen = api.draft(api.customer(), currency="jpy")
    assert api.refused("POST", "invoiceitems", invoice=yen, pricing={"price": price}).status == 400


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({}, "unit_amount"),
        ({"unit_amount": 1, "unit_amount_decimal": "1.5"}, "unit_amount"),
        ({"billing_scheme": "tiered", "tiers_mode": "volume"}, "tiers"),
        ({"billing_scheme": "tiered", "tiers": [{"up_to": "inf", "unit_amount": 1}]}, "tiers_mode"),
        ({"billing_scheme": "tiered", "tiers_mode": "volume", "tiers": [{"up_to": 5, "unit_amount": 1}]}, "tiers"),
        ({"unit_amount": 1, "tiers": [{"up_to": "inf", "unit_amount": 1}]}, "tiers"),
    ],
)
def test_prices_that_make_no_sense_are_refused(api: Api, params: dict[str, object], param: str) -> None:
    refused = api.refused("POST", "prices", currency="usd", product_data={"name": "X"}, **params)
    assert refused.error["param"] == param


def test_a_lookup_key_belongs_to_one_price(api: Api) -> None:
    first = api.price(lookup_key="team")
    product = api.get(f"prices/{first}")["product"]
    taken = {"currency": "usd", "unit_amount": 1, "product": product, "lookup_key": "team"}
    assert api.refused("POST", "prices", **taken).error["param"] == "lookup_key"
    second = api.post("prices", **taken, transfer_lookup_key=True)["id"]
    assert [each["id"] for each in api.get("prices", lookup_keys=["team"])["data"]] == [second]
    assert api.get(f"prices/{first}")["lookup_key"] is None


def test_one_off_prices_and_products_are_not_listed(api: Api) -> None:
    api.draft(api.customer(), 500)
    assert (api.get("prices")["data"], api.get("products")["data"]) == ([], [])


def test_products_with_prices_cannot_be_deleted(api: Api) -> None:
    product = api.get(f"prices/{api.price()}")["product"]
    assert api.refused("DELETE", f"products/{product}").status == 400


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({}, "percent_off"),
        ({"percent_off": 10, "amount_off": 10, "currency": "usd"}, "percent_off"),
        ({"amount_off": 10}, "currency"),
        ({"percent_off": 101}, "percent_off"),
        ({"percent_off": 5, "duration": "repeating"}, "duration_in_months"),
    ],
)
def test_coupons_that_make_no_sense_are_refused(api: Api, params: dict[str, object], param: str) -> None:
    assert api.refused("POST", "coupons", **params).error["param"] == param


def test_an_amount_off_is_for_its_own_currencies(api: Api) -> None:
    coupon = api.post("coupons", amount_off=500, currency="usd", currency_options={"eur": {"amount_off": 450}})["id"]

    def total(currency: str) -> int:
        draft = api.draft(api.customer(), 2000, currency=currency, discounts=[{"coupon": coupon}])
        return int(api.get(f"invoices/{draft}")["total"])

    assert [total("usd"), total("eur"), total("gbp")] == [1500, 1550, 2000]


def test_a_deleted_coupon_gives_no_more_but_what_it_gave_stays(api: Api) -> None:
    coupon = api.post("coupons", percent_off=10)["id"]
    code = api.post("promotion_codes", promotion={"type": "coupon", "coupon": coupon})["id"]
    customer = api.customer()
    draft = api.draft(customer, 1000, discounts=[{"promotion_code": code}])
    api.delete(f"coupons/{coupon}")
    assert api.get(f"invoices/{draft}")["total"] == 900
    assert not api.get(f"promotion_codes/{code}")["active"]
    for wish in ({"promotion_code": code}, {"coupon": coupon}):
        assert api.refused("POST", "invoices", customer=customer, discounts=[wish]).status == 400


def test_promotion_codes(api: Api) -> None:
    coupon = api.post("coupons", percent_off=10)["id"]
    mine, other = api.customer(), api.customer()
    code = api.post("promotion_codes", promotion={"type": "coupon", "coupon": coupon}, code="HELLO", customer=mine)[
        "id"
    ]
    draft = api.draft(mine, 1000, discounts=[{"promotion_code": code}])
    assert api.get(f"invoices/{draft}")["total"] == 900
    assert api.get(f"promotion_codes/{code}")["times_redeemed"] == 1
    assert api.refused("POST", "invoices", customer=other, discounts=[{"promotion_code": code}]).status == 400
    again = api.refused("POST", "promotion_codes", promotion={"type": "coupon", "coupon": coupon}, code="hello")
    assert again.error["param"] == "code"


def test_what_goes_with_a_deleted_customer_and_what_stays(api: Api) -> None:
    customer = api.customer("pm_card_visa", balance=-500)
    subscription = api.subscribe(customer)["id"]
    method = api.get("payment_methods", customer=customer)["data"][0]["id"]
    draft, invoice = api.draft(customer, 700), api.issued(customer, 5000)
    pending = api.post("invoiceitems", customer=customer, amount=1, currency="usd")["id"]
    api.delete(f"customers/{customer}")
    assert api.get(f"subscriptions/{subscription}")["status"] == "canceled"
    assert api.get(f"payment_methods/{method}")["customer"] is None
    for gone in (f"invoices/{draft}", f"invoiceitems/{pending}"):
        assert api.refused("GET", gone).status == 404
    assert api.post(f"invoices/{invoice}/void")["customer"] == customer
