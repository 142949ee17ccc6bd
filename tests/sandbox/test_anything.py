"""Whatever is sent: an answer in Stripe's shape, never a fault of the sandbox's own, and the books balance."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.api import Api
from sandbox.world import everything
from stripe_sandbox import Request
from stripe_sandbox import parameters as p
from stripe_sandbox.form import Raw, plain
from stripe_sandbox.resource import Resource, Route
from stripe_sandbox.resources import RESOURCES

SETTINGS = settings(
    max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
ROUTES = [(resource, route) for resource in RESOURCES for route in resource.routes]
JUNK = st.text(max_size=12) | st.sampled_from(
    ["", "0", "-1", "1e9", "99999999999999999999", "true", "null", "ä€", "../.."]
)
RAW: st.SearchStrategy[Raw] = JUNK | st.lists(JUNK, max_size=2) | st.dictionaries(JUNK, JUNK, max_size=2)


@pytest.fixture(scope="module")
def busy() -> Api:
    """An account of this module's own, in which much has happened."""
    return everything()


def ids(api: Api, *kinds: str) -> st.SearchStrategy[str]:
    """Ids of these kinds, out of those that are there at the time of drawing."""

    def pick(number: int) -> str:
        known = [item["id"] for kind in kinds for item in api.sandbox.store.all(kind)[:8]]
        return str(known[number % len(known)]) if known else "none"

    return st.integers(0, 199).map(pick)


def sent(api: Api, parameter: p.Parameter) -> st.SearchStrategy[Any]:
    """Values of a parameter that make sense, most of the time."""
    match parameter:
        case p.Reference(to=kind):
            sense: st.SearchStrategy[Any] = ids(api, kind)
        case p.OneOf(words):
            sense = st.sampled_from(words)
        case p.Integer(least, most):
            sense = st.integers(-5 if least is None else least, 2**31 if most is None else min(most, 10**6))
        case p.Fraction():
            sense = st.decimals(0, 1000, places=2)
        case p.Boolean():
            sense = st.booleans()
        case p.Currency():
            sense = st.sampled_from(["usd", "eur", "jpy"])
        case p.Email():
            sense = st.just("a@example.com")
        case p.Metadata():
            sense = st.dictionaries(st.text("abc", min_size=1, max_size=3), st.text(max_size=5), max_size=2)
        case p.ListOf(item):
            sense = st.lists(sent(api, item), max_size=2)
        case p.Hash(fields):
            sense = params(api, fields)
        case p.Either(simple, hash):
            sense = sent(api, simple) | sent(api, hash)
        case p.WordOr(word, other):
            sense = st.just(word) | sent(api, other)
        case _:
            sense = JUNK
    return st.integers(0, 19).flatmap(lambda dice: RAW if dice == 0 else sense)


def params(api: Api, fields: p.Fields) -> st.SearchStrategy[dict[str, Any]]:
    """All required parameters and some of the others."""
    required = {name: sent(api, field) for name, field in fields.items() if field.required}
    optional = {name: sent(api, field) for name, field in fields.items() if not field.required}
    return st.fixed_dictionaries(required, optional=optional)


def pairs(value: Any, name: str) -> list[tuple[str, str]]:
    match value:
        case dict():
            return [pair for key, item in value.items() for pair in pairs(item, f"{name}[{key}]")]
        case list():
            return [pair for at, item in enumerate(value) for pair in pairs(item, f"{name}[{at}]")]
        case _:
            return [(name, str(value))]


@pytest.mark.parametrize(("resource", "route"), ROUTES, ids=[f"{route.method} {route.path}" for _, route in ROUTES])
@SETTINGS
@given(data=st.data())
def test_no_input_is_a_fault_of_the_sandbox(busy: Api, resource: Resource, route: Route, data: st.DataObject) -> None:
    path = route.path
    for segment in [part for part in path.split("/") if part.startswith("{")]:
        own, any_kind = ids(busy, resource.kind), ids(busy, *busy.sandbox.resources)
        path = path.replace(segment, data.draw(own | any_kind), 1)
    wanted = plain(data.draw(params(busy, route.params)))
    assert isinstance(wanted, dict)
    form = urlencode([pair for name, value in wanted.items() for pair in pairs(value, name)])
    head = {"Authorization": "Bearer sk_test_x"}
    request = (
        Request(route.method, path, form, head)
        if route.method == "GET"
        else Request(route.method, path, "", head, form.encode())
    )
    response = busy.sandbox.handle(request)
    assert response.status in (200, 400, 402, 403, 404), response.body  # 403: the account is not this key's
    if response.status != 200:
        assert response.json()["error"]["type"] in ("invalid_request_error", "card_error")


@SETTINGS
@given(
    method=st.sampled_from(["GET", "POST", "DELETE", "PUT", "HEAD"]),
    path=st.text(max_size=20) | st.sampled_from([route.path for _, route in ROUTES]),
    query=st.text(max_size=20),
    key=st.text(max_size=12) | st.just("Bearer sk_test_x"),
    body=st.binary(max_size=30),
)
def test_no_request_is_one_either(busy: Api, method: str, path: str, query: str, key: str, body: bytes) -> None:
    request = Request(method, "/v1/" + path, query, {"Authorization": key, "Idempotency-Key": path}, body)
    response = busy.sandbox.handle(request)
    assert response.status in (200, 400, 401, 404), response.body
    json.loads(response.body)


def test_the_books_balance_afterwards(busy: Api) -> None:
    """Runs last in this module: over all that was done to the account above."""
    store = busy.sandbox.store
    for invoice in store.all("invoice"):
        assert invoice["amount_remaining"] == max(invoice["amount_due"] - invoice["amount_paid"], 0), invoice
        assert invoice["amount_remaining"] == 0 or invoice["status"] != "paid", invoice
        paid = sum(each["amount_paid"] for each in store.all("invoice_payment", invoice=invoice["id"], status="paid"))
        assert paid + invoice["amount_paid_off_stripe"] == invoice["amount_paid"] + invoice["amount_overpaid"], invoice
    for customer in store.all("customer"):
        changes = store.all("customer_balance_transaction", customer=customer["id"])
        assert customer["balance"] == sum(change["amount"] for change in changes), customer
    for charge in store.all("charge"):
        refunds = sum(refund["amount"] for refund in store.all("refund", charge=charge["id"]))
        assert charge["amount_refunded"] == refunds <= charge["amount"], charge
