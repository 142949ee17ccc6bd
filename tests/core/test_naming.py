"""What subscriptions are called: the same on every page."""

from __future__ import annotations

from typing import Any

from invoice_portal.effects import Failed, Ok
from invoice_portal.errors import StripeRefused
from invoice_portal.i18n import Languages
from invoice_portal.pages.subscriptions.naming import name_of_subscription
from invoice_portal.stripe_api.products import Product, names_told, naming_calls
from invoice_portal.stripe_api.reading import Listing, Reader
from invoice_portal.stripe_api.subscriptions import parse_subscription

from .helpers.home_page import CUS, PRODUCTS, SUBSCRIPTIONS, stripe_with, view_of
from .helpers.objects import listing, subscription

NAMES = {"prod_team": "Team plan"}
ENGLISH = Languages().default


def called(names: dict[str, str], *prices: dict[str, Any], **fields: Any) -> str:
    items = listing([{"id": f"si_{at}", "price": price} for at, price in enumerate(prices)])
    found = parse_subscription(Reader(subscription(items=items, **fields), "subscription"))
    return name_of_subscription(ENGLISH, found, names)


def test_the_products_name_it_each_once():
    team = {"id": "price_1", "product": "prod_team"}
    assert called(NAMES, team, {**team, "id": "price_2"}) == "Team plan"


def test_a_price_whose_product_is_not_told_names_it_by_its_nickname():
    unnamed = {"id": "price_2", "product": "prod_other", "nickname": "Seats"}
    assert called(NAMES, {"id": "price_1", "product": "prod_team"}, unnamed) == "Team plan, Seats"


def test_without_any_name_its_description_stands_in():
    assert called({}, {"id": "price_1", "product": "prod_team"}, description="Second team") == "Second team"
    assert called({}, {"id": "price_1", "product": "prod_team"}) == "Subscription"


def test_the_first_page_calls_it_as_its_own_page_does():
    price = {"id": "price_1", "product": "prod_team", "nickname": "Seats"}
    both = [subscription(f"sub_{at}", items=listing([{"id": f"si_{at}", "price": price}])) for at in (1, 2)]
    stripe = stripe_with([], **{SUBSCRIPTIONS: listing(both), PRODUCTS: listing([])})
    assert "Seats" in view_of(stripe, visitor=CUS).subscriptions[1].label


def test_more_products_than_a_call_may_name_take_several_calls():
    calls = naming_calls([None, *(f"prod_{at}" for at in range(150)), "prod_0"])
    asked = [id for call in calls for id in call.params["ids"]]
    assert [len(call.params["ids"]) for call in calls] == [100, 50]
    assert sorted(asked) == sorted(f"prod_{at}" for at in range(150))
    assert naming_calls([None]) == []


def test_names_that_were_not_told_are_left_out():
    told = Ok(Listing((Product("prod_team", "Team plan"),), has_more=False))
    assert names_told([Failed(StripeRefused("no permission")), told]) == NAMES
