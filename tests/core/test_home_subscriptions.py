"""Which subscription is in view: given on arrival, chosen, or all of them."""

from __future__ import annotations

from typing import Any

import pytest

from invoice_portal import Email
from invoice_portal.errors import NotFound, StripeRefused, StripeUnavailable
from invoice_portal.sessions import Arrival

from .helpers.home_page import (
    CUS,
    CUSTOMERS,
    INVOICES,
    PRODUCTS,
    SUBSCRIPTIONS,
    numbers,
    page_of,
    stripe_with,
    view_of,
    walk,
)
from .helpers.objects import (
    NOW,
    Json,
    customer,
    invoice,
    listing,
    of_subscription,
    product,
    subscription,
)
from .helpers.programs import Stripe
from .helpers.visiting import query_of

SUBS = [
    subscription("sub_1"),
    subscription("sub_2", description="Second team", items=listing([{"id": "si_2", "price": {"id": "price_2"}}])),
]
OF_SUBS = [
    invoice("in_a", created=NOW - 1, parent=of_subscription("sub_1")),
    invoice("in_b", created=NOW - 2, parent=of_subscription("sub_2")),
    invoice("in_c", created=NOW - 3),
]


def with_subs(invoices: list[Json] = OF_SUBS, **others: Any) -> Stripe:
    known = {SUBSCRIPTIONS: listing(SUBS), PRODUCTS: listing([product()]), "/v1/subscriptions/sub_1": SUBS[0]}
    return stripe_with(invoices, **{**known, **others})


def test_several_subscriptions_can_be_chosen_by_their_products_names():
    view = view_of(with_subs(), visitor=CUS)
    assert [choice.value for choice in view.subscriptions] == ["", "sub_1", "sub_2"]
    assert view.subscriptions[0].current
    assert "Team plan" in view.subscriptions[1].label
    assert "Second team" in view.subscriptions[2].label, "without a product its own description"
    chosen = view_of(with_subs(), visitor=CUS, query=query_of(view.subscriptions[2].url))
    assert numbers(chosen) == ["LMN-in_b"]
    assert [choice.current for choice in chosen.subscriptions] == [False, False, True]


def test_the_names_of_products_are_asked_for_by_their_ids():
    stripe = with_subs()
    view_of(stripe, visitor=CUS)
    assert [call["ids"] for call in stripe.asked(PRODUCTS)] == [["prod_team"]]


def test_without_any_product_stripe_is_not_asked_for_all_of_them():
    bare = [{**each, "items": listing([])} for each in SUBS]
    stripe = with_subs(**{SUBSCRIPTIONS: listing(bare)})
    assert len(view_of(stripe, visitor=CUS).subscriptions) == 3
    assert stripe.asked(PRODUCTS) == []


def test_the_names_of_products_may_fail_alone():
    view = view_of(with_subs(**{PRODUCTS: StripeRefused("no permission")}), visitor=CUS)
    assert len(view.subscriptions) == 3
    assert "since" in view.subscriptions[1].label


def test_a_subscription_given_on_arrival_binds_the_view():
    arrival = Arrival(CUS, "sub_1")
    view = view_of(with_subs(), arrival=arrival, query={"subscription": "sub_2"})
    assert numbers(view) == ["LMN-in_a"]
    assert view.subscriptions == ()
    assert view.to_pay is not None
    assert view.to_pay.amounts == ("$100.00",)
    assert "subscription" not in query_of(view.tabs[1].url)


def test_a_bound_view_is_bound_on_every_page_and_in_its_sum():
    books = [
        invoice(f"in_{n}", created=NOW - n, parent=of_subscription("sub_1" if n % 2 else "sub_2")) for n in range(12)
    ]
    options: Any = {"visitor": None, "arrival": Arrival(CUS, "sub_1"), "settings": {"page_size": 2}}
    pages = walk(with_subs(books), **options)
    assert [number for page in pages for number in page] == [f"LMN-in_{n}" for n in range(1, 12, 2)]
    stripe = with_subs(books)
    view = view_of(stripe, **options)
    assert view.to_pay is not None
    assert view.to_pay.amounts == ("$600.00",)
    assert {call["subscription"] for call in stripe.asked(INVOICES)} == {"sub_1"}


def test_show_all_invoices_widens_it_and_still_lets_one_be_chosen():
    arrival, wide = Arrival(CUS, "sub_1"), {"show_all_invoices": True}
    assert numbers(view_of(with_subs(), arrival=arrival, settings=wide)) == ["LMN-in_a", "LMN-in_b", "LMN-in_c"]
    chosen = view_of(with_subs(), arrival=arrival, settings=wide, query={"subscription": "sub_2"})
    assert numbers(chosen) == ["LMN-in_b"]


def test_the_customer_of_the_subscription_that_was_given_is_in_view():
    mine = [customer("cus_new"), customer("cus_old")]
    books = [invoice("in_1", customer="cus_old", parent=of_subscription("sub_1"))]
    sub = {"/v1/subscriptions/sub_1": subscription("sub_1", customer="cus_old")}
    stripe = with_subs(books, **{CUSTOMERS: listing(mine), **sub})
    assert numbers(view_of(stripe, arrival=Arrival(Email("ada@example.com"), "sub_1"))) == ["LMN-in_1"]


def test_a_subscription_of_somebody_else_that_was_given_is_not_found():
    sub = {"/v1/subscriptions/sub_1": subscription("sub_1", customer="cus_eve")}
    stripe = with_subs(**{CUSTOMERS: listing([customer("cus_new"), customer("cus_old")]), **sub})
    with pytest.raises(NotFound):
        page_of(stripe, arrival=Arrival(Email("ada@example.com"), "sub_1"))


@pytest.mark.parametrize("raw", ["cus_1", "sub_../x", "sub_", "in_1", "ü"])
def test_a_subscription_that_cannot_be_is_not_found(raw: str):
    with pytest.raises(NotFound):
        page_of(with_subs(), visitor=CUS, query={"subscription": raw})


def test_somebody_elses_subscription_in_the_address_looks_the_same_as_a_missing_one():
    with pytest.raises(NotFound):
        page_of(with_subs(), visitor=CUS, query={"subscription": "sub_eve"})


def test_a_subscription_among_more_than_a_hundred_can_be_chosen():
    many = [subscription(f"sub_{n}") for n in range(100)]

    def answer(params: Any) -> Json:
        if "starting_after" not in params:
            return listing(many, has_more=True)
        assert params["starting_after"] == "sub_99"
        return listing([subscription("sub_last")])

    stripe = with_subs(**{SUBSCRIPTIONS: answer})
    assert view_of(stripe, visitor=CUS, query={"subscription": "sub_last"}).rows == ()


def test_a_chosen_subscription_stays_in_the_links():
    books = [invoice(f"in_{n}", created=NOW - n, parent=of_subscription("sub_1")) for n in range(5)]
    view = view_of(with_subs(books), visitor=CUS, query={"subscription": "sub_1"}, settings={"page_size": 2})
    assert query_of(view.older_url)["subscription"] == "sub_1"
    assert {query_of(tab.url).get("subscription") for tab in view.tabs} == {"sub_1"}
    assert ("subscription", "sub_1") in view.filter.keep


@pytest.mark.parametrize(
    "error", [StripeUnavailable("down"), StripeRefused("no"), NotFound("odd")], ids=lambda error: type(error).__name__
)
def test_the_choice_of_subscriptions_may_fail_alone(error: Any):
    view = view_of(with_subs(**{SUBSCRIPTIONS: error}), visitor=CUS)
    assert view.subscriptions == ()
    assert len(view.rows) == 3
