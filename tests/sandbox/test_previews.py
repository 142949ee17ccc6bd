"""Previews: equal to the invoice that then comes, line by line; and nothing of them remains."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.api import DAY, NOW, Api, Json
from stripe_sandbox.billing.discounts import discount_customer

HOUR = 3600
LINE = ("amount", "currency", "description", "discountable", "metadata", "period", "quantity_decimal", "subtotal")
TOTALS = (
    "amount_due", "currency", "starting_balance", "subtotal", "subtotal_excluding_tax", "total",
    "total_excluding_tax", "period_start", "period_end", "created", "collection_method",
)  # fmt: skip


def summed_up(invoice: Json) -> Json:
    """What of an invoice must be the same in its preview: all but identifiers and what finalising adds."""
    lines = []
    for line in invoice["lines"]["data"]:
        details = line["parent"]["subscription_item_details"] or line["parent"]["invoice_item_details"]
        lines.append(
            {
                **{name: line[name] for name in LINE},
                "discounts": [each["amount"] for each in line["discount_amounts"]],
                "taxes": [{**tax} for tax in line["taxes"]],
                "price": line["pricing"]["unit_amount_decimal"],
                "proration": details["proration"],
            }
        )
    return {
        **{name: invoice[name] for name in TOTALS},
        "discounts": [each["amount"] for each in invoice["total_discount_amounts"]],
        "taxes": invoice["total_taxes"],
        "lines": lines,
    }


def prices(api: Api) -> list[str]:
    graduated = [{"up_to": 2, "unit_amount": 900, "flat_amount": 150}, {"up_to": "inf", "unit_amount_decimal": "712.5"}]
    volume = [{"up_to": 3, "unit_amount": 800}, {"up_to": "inf", "unit_amount": 650, "flat_amount": 99}]
    return [
        api.price(2000),
        api.price(333, "Odd"),
        api.price(1500, "Packs", transform_quantity={"divide_by": 3, "round": "up"}),
        api.price(name="Steps", tiers=graduated, tiers_mode="graduated", billing_scheme="tiered"),
        api.price(name="Volume", tiers=volume, tiers_mode="volume", billing_scheme="tiered"),
        api.price(20000, "Yearly", recurring={"interval": "year"}),
    ]


COUPONS: list[Json | None] = [
    None,
    {"percent_off": 25, "duration": "forever"},
    {"percent_off": "12.5", "duration": "repeating", "duration_in_months": 1},
    {"percent_off": 50, "duration": "once"},
    {"amount_off": 700, "currency": "usd", "duration": "forever"},
]
CHANGES = st.one_of(
    st.fixed_dictionaries({"quantity": st.integers(0, 6)}),
    st.fixed_dictionaries({"price": st.integers(0, 5), "quantity": st.integers(1, 4)}),
    st.fixed_dictionaries({"added": st.integers(1, 4), "quantity": st.integers(1, 4)}),
    st.just({}),
)


@settings(max_examples=60, deadline=None)
@given(
    price=st.integers(0, 4),
    quantity=st.integers(1, 5),
    coupon=st.sampled_from(COUPONS),
    owner=st.sampled_from(["subscription", "item", "customer"]),
    inclusive=st.sampled_from([None, True, False]),
    balance=st.sampled_from([0, -1234, 500]),
    first=st.tuples(st.integers(0, 20), CHANGES),
    days=st.integers(0, 9),
    change=CHANGES,
    behavior=st.sampled_from(["create_prorations", "always_invoice", "none"]),
    pending=st.sampled_from([0, 450, -450]),
    trial=st.sampled_from([0, 0, 25]),
)
def test_a_preview_equals_the_invoice_that_then_comes(
    price: int,
    quantity: int,
    coupon: Json | None,
    owner: str,
    inclusive: bool | None,
    balance: int,
    first: tuple[int, Json],
    days: int,
    change: Json,
    behavior: str,
    pending: int,
    trial: int,
) -> None:
    api = Api()
    customer = api.customer("pm_card_visa")
    catalogue = prices(api)
    discounts = [{"coupon": api.post("coupons", **coupon)["id"]}] if coupon else []
    if discounts and owner == "customer":
        discount_customer(api.sandbox, customer, discounts[0]["coupon"])
    wanted: dict[str, Any] = {"price": catalogue[price], "quantity": quantity}
    more: dict[str, Any] = {"trial_period_days": trial} if trial else {}
    if discounts and owner == "item":
        wanted["discounts"] = discounts
    if discounts and owner == "subscription":
        more["discounts"] = discounts
    if inclusive is not None:
        rate = api.post("tax_rates", display_name="VAT", percentage="19", inclusive=inclusive)["id"]
        more["default_tax_rates"] = [rate]
    plan = api.post("subscriptions", customer=customer, items=[wanted], **more)
    item = plan["items"]["data"][0]["id"]
    api.advance(first[0] * DAY)
    alter(api, plan["id"], wishes(api, item, catalogue, first[1]), "create_prorations")
    api.advance(days * DAY + 2 * HOUR)  # no draft is left that would use up the balance first
    if balance:
        api.post(f"customers/{customer}", balance=balance)
    if pending:
        api.post("invoiceitems", customer=customer, amount=pending, currency="usd", subscription=plan["id"])
    items = wishes(api, item, catalogue, change)
    foreseen = api.post(
        "invoices/create_preview",
        subscription=plan["id"],
        subscription_details={"items": items, "proration_behavior": behavior},
    )
    before = api.get(f"subscriptions/{plan['id']}")["latest_invoice"]
    alter(api, plan["id"], items, behavior)
    after = api.get(f"subscriptions/{plan['id']}")
    if after["latest_invoice"] == before:
        api.sandbox.clock.set(after["items"]["data"][0]["current_period_end"])
        after = api.get(f"subscriptions/{plan['id']}")
    assert after["latest_invoice"] != before
    assert summed_up(foreseen) == summed_up(api.get(f"invoices/{after['latest_invoice']}"))


def wishes(api: Api, item: str, catalogue: list[str], change: Json) -> list[Json]:
    """A change as `items` asks for it; a price that is there already is taken away rather than added twice."""
    plan = api.get(f"subscription_items/{item}")["subscription"]
    others = {
        each["price"]["id"]: each["id"]
        for each in api.get("subscription_items", subscription=plan)["data"]
        if each["id"] != item
    }
    if "added" in change:
        added = catalogue[change["added"]]
        if added in others:
            return [{"id": others[added], "deleted": True}]
        return [{"id": item, "price": catalogue[0]}, {"price": added, "quantity": change["quantity"]}]
    wish = {name: value for name, value in change.items() if name != "price"}
    if "price" in change:
        wish["price"] = catalogue[change["price"]]
        if others:
            return [{"id": each, "deleted": True} for each in others.values()] + [{"id": item, **wish}]
    return [{"id": item, **wish}] if wish else []


def alter(api: Api, subscription: str, items: list[Json], behavior: str) -> None:
    api.post(f"subscriptions/{subscription}", items=items, proration_behavior=behavior)


def everything_in(api: Api) -> str:
    kinds = api.sandbox.resources
    return json.dumps({kind: api.sandbox.store.all(kind) for kind in kinds if kind != "event"}, sort_keys=True)


def test_nothing_of_a_preview_remains(api: Api) -> None:
    customer = api.customer("pm_card_visa")
    off = api.post("coupons", percent_off=10, max_redemptions=1)["id"]
    plan = api.subscribe(customer)
    before, events = everything_in(api), len(api.get("events", limit=100)["data"])
    foreseen = api.post(
        "invoices/create_preview",
        subscription=plan["id"],
        subscription_details={
            "items": [{"price": api.price(700, "Other"), "quantity": 2}], "proration_behavior": "always_invoice",
        },
        invoice_items=[{"amount": 3, "description": "Three"}],
        discounts=[{"coupon": off}],
    )  # fmt: skip
    assert foreseen["id"].startswith("upcoming_in_")
    assert {line["id"][:7] for line in foreseen["lines"]["data"]} == {"il_tmp_"}
    assert (foreseen["status"], foreseen["billing_reason"], foreseen["number"]) == ("draft", "upcoming", None)
    without_new_price = [each for each in api.get("prices")["data"] if each["unit_amount"] == 700]
    assert len(without_new_price) == 1
    assert api.refused("GET", f"invoices/{foreseen['id']}").status == 404
    api.sandbox.store.remove(api.sandbox.store["price", without_new_price[0]["id"]])
    api.sandbox.store.remove(api.sandbox.store["product", without_new_price[0]["product"]])
    assert everything_in(api) == before
    assert [event["type"] for event in api.get("events", limit=100)["data"]][:-events] == [
        "price.created",
        "product.created",
    ]
    assert api.get(f"coupons/{off}")["times_redeemed"] == 0


def test_what_comes_later_does_not_depend_on_previews() -> None:
    def later(previews: int) -> list[str]:
        api = Api()
        plan = api.subscribe(api.customer("pm_card_visa"))
        for _ in range(previews):
            api.post("invoices/create_preview", subscription=plan["id"])
        api.advance(40 * DAY)
        return [each["id"] for each in api.get("invoices")["data"]]

    assert later(0) == later(3)


def test_the_next_renewal(api: Api) -> None:
    plan = api.subscribe(api.customer("pm_card_visa"))
    end = plan["items"]["data"][0]["current_period_end"]
    foreseen = api.post("invoices/create_preview", subscription=plan["id"])
    assert (foreseen["created"], foreseen["next_payment_attempt"], foreseen["total"]) == (end, end + HOUR, 2000)
    assert foreseen["lines"]["data"][0]["period"]["start"] == end


def test_a_trial_that_ends_is_previewed_with_its_first_bill(api: Api) -> None:
    plan = api.subscribe(api.customer("pm_card_visa"), trial_period_days=14)["id"]
    assert api.post("invoices/create_preview", subscription=plan)["total"] == 2000
    now = api.post("invoices/create_preview", subscription=plan, subscription_details={"trial_end": "now"})
    assert (now["total"], now["created"]) == (2000, NOW)


def test_cancelling_now_returns_unused_time(api: Api) -> None:
    plan = api.subscribe(api.customer("pm_card_visa"))["id"]
    api.advance(15 * DAY)
    foreseen = api.post("invoices/create_preview", subscription=plan, subscription_details={"cancel_now": True})
    (line,) = foreseen["lines"]["data"]
    assert (line["amount"], line["description"]) == (-1000, "Unused time on Team plan after 06 Dec 2026")
    assert (foreseen["total"], foreseen["amount_due"]) == (-1000, 0)
    assert api.get(f"subscriptions/{plan}")["status"] == "active"


def test_recurring_shows_what_comes_in_every_period(api: Api) -> None:
    plan = api.subscribe(api.customer("pm_card_visa"))
    api.advance(10 * DAY)
    item = plan["items"]["data"][0]["id"]
    api.post(f"subscription_items/{item}", quantity=2)
    details = {"items": [{"id": item, "quantity": 5}]}
    foreseen = api.post(
        "invoices/create_preview", subscription=plan["id"], subscription_details=details, preview_mode="recurring"
    )
    assert [line["amount"] for line in foreseen["lines"]["data"]] == [10000]


def test_a_subscription_that_is_yet_to_be(api: Api) -> None:
    customer = api.customer()
    price = api.price()
    foreseen = api.post(
        "invoices/create_preview", customer=customer, subscription_details={"items": [{"price": price, "quantity": 3}]}
    )
    api.card(customer)
    made = api.post(
        "subscriptions", customer=customer, items=[{"price": price, "quantity": 3}], expand=["latest_invoice"]
    )
    assert summed_up(foreseen) == summed_up(made["latest_invoice"])


def test_items_of_a_one_off_invoice(api: Api) -> None:
    customer = api.customer()
    waiting = api.post("invoiceitems", customer=customer, amount=700, currency="usd", description="Waiting")["id"]
    foreseen = api.post(
        "invoices/create_preview",
        customer=customer,
        invoice_items=[{"amount": 100, "description": "New"}, {"invoiceitem": waiting, "amount": 900}],
        customer_details={"tax_exempt": "exempt"},
    )
    assert [(line["description"], line["amount"]) for line in foreseen["lines"]["data"]] == [
        ("New", 100),
        ("Waiting", 900),
    ]
    assert foreseen["customer_tax_exempt"] == "exempt"
    assert api.get(f"customers/{customer}")["tax_exempt"] == "none"
    assert api.get(f"invoiceitems/{waiting}")["amount"] == 700


@pytest.mark.parametrize("how", ["canceled", "at_period_end", "paused", "nothing"])
def test_where_none_would_come(api: Api, how: str) -> None:
    customer = api.customer("pm_card_visa")
    if how == "nothing":
        refused = api.refused("POST", "invoices/create_preview", customer=customer)
    else:
        end_behavior = {"end_behavior": {"missing_payment_method": "pause"}}
        plan = api.subscribe(api.customer(), trial_period_days=1, trial_settings=end_behavior)["id"]
        if how == "canceled":
            api.delete(f"subscriptions/{plan}")
        elif how == "at_period_end":
            api.post(f"subscriptions/{plan}", cancel_at_period_end=True)
        else:
            api.advance(2 * DAY)
            assert api.get(f"subscriptions/{plan}")["status"] == "paused"
        refused = api.refused("POST", "invoices/create_preview", subscription=plan)
    assert (refused.status, refused.error["code"]) == (404, "invoice_upcoming_none")
