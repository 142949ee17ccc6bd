"""Search: the query language, pages, what is not found yet. https://docs.stripe.com/search"""

from __future__ import annotations

import pytest

from sandbox.api import Api


@pytest.fixture
def people(api: Api) -> Api:
    for number, name in enumerate(("Amy Rocket", "Ben Rocket", "Cleo O'Neil", "Dan")):
        metadata = {"rank": str(number), "team": "red"} if number % 2 else {"rank": str(number)}
        phone = "+15550100" if number == 3 else None
        api.post(
            "customers", name=name, email=f"{name[:3].strip().lower()}@example.com", metadata=metadata, phone=phone
        )
        api.advance(60)
    return api


def found(api: Api, query: str, path: str = "customers") -> list[str]:
    return [str(item.get("name")) for item in api.get(f"{path}/search", query=query)["data"]]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ('email:"amy@example.com"', ["Amy Rocket"]),
        ('email:"AMY@example.com"', ["Amy Rocket"]),
        ("email:'amy@example.com'", ["Amy Rocket"]),
        ('name:"Amy"', []),
        ('name~"rock"', ["Ben Rocket", "Amy Rocket"]),
        ('name~"rocket" email:"ben@example.com"', ["Ben Rocket"]),
        ('name~"rocket" AND email:"ben@example.com"', ["Ben Rocket"]),
        ('email:"amy@example.com" or email:"ben@example.com"', ["Ben Rocket", "Amy Rocket"]),
        ('-name~"rocket"', ["Dan", "Cleo O'Neil"]),
        ('metadata["team"]:"red"', ["Dan", "Ben Rocket"]),
        ("metadata['team']:'red'", ["Dan", "Ben Rocket"]),
        ('-metadata["team"]:null', ["Dan", "Ben Rocket"]),
        ('metadata["team"]:null', ["Cleo O'Neil", "Amy Rocket"]),
        ("phone:null", ["Cleo O'Neil", "Ben Rocket", "Amy Rocket"]),
        ('phone:"+15550100"', ["Dan"]),
        (r"name:'Cleo O\'Neil'", ["Cleo O'Neil"]),
        ("created>1795262400", ["Dan", "Cleo O'Neil", "Ben Rocket"]),
        ("created>=1795262520", ["Dan", "Cleo O'Neil"]),
        ("created<1795262460", ["Amy Rocket"]),
        ("created:1795262460", ["Ben Rocket"]),
    ],
)
def test_queries(people: Api, query: str, names: list[str]) -> None:
    assert found(people, query) == names


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("amy@example.com", "We were unable to parse your search query"),
        ('email:"amy', "We were unable to parse your search query"),
        ('(email:"a")', "We were unable to parse your search query"),
        ('email:"a" AND', "We were unable to parse your search query"),
        ("   ", "We were unable to parse your search query"),
        ('plan:"x"', "Field `plan` is an unsupported search field for this resource"),
        ('email:"a" AND name:"b" OR phone:"c"', "cannot combine AND and OR"),
        ('name~"ab"', "at least 3 characters"),
        ('email>"x"', "does not support the operator"),
        ('metadata["team"]~"red"', "does not support the substring match"),
        ('metadata:"red"', "Search metadata by key"),
        ('created>"soon"', "takes a number"),
        (" ".join(['name:"x"'] * 11), "at most 10 clauses"),
    ],
)
def test_queries_that_are_refused(people: Api, query: str, words: str) -> None:
    refused = people.refused("GET", "customers/search", query=query)
    assert (refused.status, refused.error["param"]) == (400, "query")
    assert words in refused.error["message"]


def test_a_search_needs_a_query(api: Api) -> None:
    assert api.refused("GET", "customers/search").error["code"] == "parameter_missing"


def test_pages(people: Api) -> None:
    first = people.get("customers/search", query='-name:"x"', limit=3)
    assert (len(first["data"]), first["has_more"], first["object"]) == (3, True, "search_result")
    assert "total_count" not in first
    people.post("customers", name="Zoe")
    rest = people.get("customers/search", query='-name:"x"', limit=3, page=first["next_page"], expand=["total_count"])
    assert [item["name"] for item in rest["data"]] == ["Amy Rocket"]
    assert (rest["has_more"], rest["next_page"], rest["total_count"]) == (False, None, 5)
    assert people.refused("GET", "customers/search", query='name:"x"', page="what").error["param"] == "page"


def test_what_is_new_is_found_later_if_asked_for(people: Api) -> None:
    people.sandbox.search_delay = 60
    people.post("customers", name="Zoe")
    assert found(people, 'name:"Zoe"') == []
    people.advance(60)
    assert found(people, 'name:"Zoe"') == ["Zoe"]


def test_invoices_by_subscription_and_amount(api: Api) -> None:
    customer = api.customer("pm_card_visa")
    subscription = api.subscribe(customer)["id"]
    api.paid(customer, 700)
    by_subscription = api.get("invoices/search", query=f'subscription:"{subscription}"')["data"]
    assert [item["parent"]["subscription_details"]["subscription"] for item in by_subscription] == [subscription]
    assert [item["total"] for item in api.get("invoices/search", query="total<1000")["data"]] == [700]
    assert len(api.get("charges/search", query='payment_method_details.card.brand:"visa"')["data"]) == 2
