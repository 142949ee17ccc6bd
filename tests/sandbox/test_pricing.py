"""Prices and discounts as subscriptions and invoices are billed with them."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.api import DAY, NOW, Api, Json
from stripe_sandbox import StripeSandboxError


def billed(api: Api, price: str, quantity: int = 1, **params: Any) -> Json:
    """The first invoice of a subscription."""
    params.setdefault("customer", api.customer("pm_card_visa"))
    items = [{"price": price, "quantity": quantity}]
    made = api.post("subscriptions", items=items, expand=["latest_invoice"], **params)
    return dict(made["latest_invoice"])


def coupon(api: Api, **params: Any) -> str:
    return str(api.post("coupons", **params)["id"])


@pytest.mark.parametrize(("round", "total"), [("up", 3 * 500), ("down", 2 * 500)])
def test_packages(api: Api, round: str, total: int) -> None:
    price = api.price(500, "Credits", transform_quantity={"divide_by": 10, "round": round})
    assert billed(api, price, 25)["total"] == total


@pytest.mark.parametrize(
    ("mode", "quantity", "lines"),
    [
        ("graduated", 5, [(5, 500)]),
        ("graduated", 7, [(5, 500), (2, 161)]),
        ("graduated", 12, [(5, 500), (5, 403), (2, 100), (1, 300)]),
        ("volume", 5, [(5, 500)]),
        ("volume", 7, [(7, 564)]),
        ("volume", 12, [(12, 600), (1, 300)]),
    ],
)
def test_tiers(api: Api, mode: str, quantity: int, lines: list[tuple[int, int]]) -> None:
    tiers = [
        {"up_to": 5, "unit_amount": 100},
        {"up_to": 10, "unit_amount_decimal": "80.5"},
        {"up_to": "inf", "unit_amount": 50, "flat_amount": 300},
    ]
    price = api.price(name="Seats", billing_scheme="tiered", tiers_mode=mode, tiers=tiers)
    found = billed(api, price, quantity)["lines"]["data"]
    assert [(line["quantity"], line["amount"]) for line in found] == lines


@pytest.mark.parametrize(
    ("currency", "amount", "text"),
    [
        ("jpy", 1200, "2 × Plan (at ¥1,200 / month)"),
        ("kwd", 24500, "2 × Plan (at 24.500 kwd / month)"),
        ("eur", 999, "2 × Plan (at €9.99 / month)"),
        ("huf", 250000, "2 × Plan (at 2,500.00 huf / month)"),
    ],
)
def test_currencies(api: Api, currency: str, amount: int, text: str) -> None:
    price = api.price(amount, "Plan", currency=currency)
    invoice = billed(api, price, 2)
    assert (invoice["currency"], invoice["total"]) == (currency, 2 * amount)
    assert invoice["lines"]["data"][0]["description"] == text


def test_shillings_are_paid_whole(api: Api) -> None:
    """Stripe's amounts of Ugandan shillings have hundredths, but only whole shillings can be paid."""
    customer = api.customer("pm_card_visa")
    invoice = billed(api, api.price(123_460, "Plan", currency="ugx"), customer=customer)
    assert (invoice["total"], invoice["amount_due"], invoice["ending_balance"]) == (123_460, 123_500, -40)
    assert api.get(f"customers/{customer}")["balance"] == -40


def test_one_price_in_several_currencies(api: Api) -> None:
    tiers = [{"up_to": "inf", "unit_amount": 900}]
    plain = api.price(1000, currency_options={"eur": {"unit_amount": 950}})
    stepped = api.price(
        name="Steps",
        billing_scheme="tiered",
        tiers_mode="graduated",
        tiers=[{"up_to": "inf", "unit_amount": 1000}],
        currency_options={"eur": {"tiers": tiers}},
    )
    assert billed(api, plain, 2, currency="eur")["total"] == 1900
    assert billed(api, stepped, 2, currency="eur")["total"] == 1800
    customer = api.customer("pm_card_visa")
    refused = api.refused(
        "POST", "subscriptions", customer=customer, currency="gbp", items=[{"price": plain, "quantity": 1}]
    )
    assert refused.status == 400


def test_a_coupon_for_certain_products_only(api: Api) -> None:
    first, second = api.price(1000, "First"), api.price(500, "Second")
    product = api.get(f"prices/{first}")["product"]
    off = coupon(api, percent_off=50, duration="forever", applies_to={"products": [product]})
    made = api.post(
        "subscriptions",
        customer=api.customer("pm_card_visa"),
        items=[{"price": first}, {"price": second}],
        discounts=[{"coupon": off}],
        expand=["latest_invoice"],
    )
    lines = made["latest_invoice"]["lines"]["data"]
    assert sorted((line["amount"], sum(each["amount"] for each in line["discount_amounts"])) for line in lines) == [
        (500, 0),
        (1000, 500),
    ]


def test_where_a_discount_may_be(api: Api) -> None:
    customer = api.customer("pm_card_visa")
    tenth = {"coupon": coupon(api, percent_off=10, duration="forever")}
    price = api.price(1000)
    plan = api.post(
        "subscriptions",
        customer=customer,
        items=[{"price": price, "discounts": [tenth]}],
        discounts=[tenth],
        expand=["latest_invoice"],
    )
    invoice = plan["latest_invoice"]
    assert (invoice["subtotal"], invoice["total"]) == (900, 810)
    assert len(invoice["lines"]["data"][0]["discounts"]) == 1
    draft = api.draft(customer, 1000, discounts=[tenth])
    line = api.get(f"invoices/{draft}/lines")["data"][0]["id"]
    api.post(f"invoices/{draft}/lines/{line}", discounts=[tenth])
    assert api.get(f"invoices/{draft}")["total"] == 810
    item = api.post("invoiceitems", customer=customer, invoice=draft, amount=2000, discounts=[tenth])["id"]
    assert api.get(f"invoices/{draft}")["total"] == 810 + 1620
    api.post(f"invoiceitems/{item}", discounts="")
    api.post(f"invoices/{draft}", discounts="")
    assert api.get(f"invoices/{draft}")["total"] == 900 + 2000


def test_taxes_in_and_on_the_price_after_discounts(api: Api) -> None:
    half = [{"coupon": coupon(api, percent_off=50, duration="forever")}]
    inside, on_top = (
        api.post("tax_rates", display_name="VAT", percentage=25, inclusive=inclusive)["id"]
        for inclusive in (True, False)
    )
    price = api.price(1000)
    contained = billed(api, price, discounts=half, default_tax_rates=[inside])
    assert (contained["total"], contained["total_excluding_tax"]) == (500, 400)
    assert contained["total_taxes"][0]["amount"] == 100
    added = billed(api, price, discounts=half, default_tax_rates=[on_top])
    assert (added["total"], added["total_excluding_tax"]) == (625, 500)
    assert added["total_taxes"][0]["amount"] == 125


def redeemed(api: Api, **discount: str) -> bool:
    """Whether a new customer is given a discount."""
    customer = api.customer("pm_card_visa")
    try:
        api.post("subscriptions", customer=customer, items=[{"price": api.price()}], discounts=[discount])
    except StripeSandboxError as error:
        if error.status != 400:
            raise
        return False
    return True


def test_coupons_end(api: Api) -> None:
    until = coupon(api, percent_off=10, redeem_by=NOW + 5 * DAY)
    twice = coupon(api, percent_off=10, max_redemptions=2)
    assert redeemed(api, coupon=until)
    assert [redeemed(api, coupon=twice) for _ in range(3)] == [True, True, False]
    api.advance(6 * DAY)
    assert not redeemed(api, coupon=until)
    assert not api.get(f"coupons/{until}")["valid"]


def test_promotion_codes_end(api: Api) -> None:
    off = coupon(api, percent_off=10)

    def code(**params: Any) -> str:
        return str(api.post("promotion_codes", promotion={"type": "coupon", "coupon": off}, **params)["id"])

    once, until, theirs, off_now = (
        code(max_redemptions=1),
        code(expires_at=NOW + DAY),
        code(customer=api.customer()),
        code(),
    )
    assert [redeemed(api, promotion_code=once) for _ in range(2)] == [True, False]
    assert redeemed(api, promotion_code=until)
    assert not redeemed(api, promotion_code=theirs)
    api.post(f"promotion_codes/{off_now}", active=False)
    assert not redeemed(api, promotion_code=off_now)
    api.advance(2 * DAY)
    assert not redeemed(api, promotion_code=until)
    spent = api.get(f"promotion_codes/{once}")
    assert (spent["times_redeemed"], spent["active"]) == (1, False)
    assert api.get("promotion_codes", active=True)["data"] == [api.get(f"promotion_codes/{theirs}")]
    assert api.get(f"coupons/{off}")["times_redeemed"] == 2


def test_a_product_is_there_once(api: Api) -> None:
    data = {"id": "tea", "name": "Tea"}
    api.price(product_data=data)
    wanted = {"currency": "usd", "unit_amount": 500, "product_data": data}
    for refused in (api.refused("POST", "prices", **wanted), api.refused("POST", "products", **data)):
        assert refused.error["code"] == "resource_already_exists"
    api.post("products/tea", name="Green tea")
    assert [product["name"] for product in api.get("products")["data"]] == ["Green tea"]
