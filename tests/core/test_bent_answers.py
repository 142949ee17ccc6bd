"""Whole pages over bent answers of Stripe's: a page, a kind error, never anything else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from invoice_portal import CustomerId, Email
from invoice_portal.environment import Templates
from invoice_portal.http import Request

from .helpers.mangling import mangled
from .helpers.objects import (
    DAY,
    NOW,
    credit_note,
    customer,
    intent,
    invoice,
    line,
    listing,
    of_subscription,
    payment,
    product,
    subscription,
    tax,
    tax_rate,
)
from .helpers.programs import Stripe, play
from .helpers.visiting import make_portal, make_request, protected, route

CUS = CustomerId("cus_ada")

WHOLE = invoice(
    lines=listing([line(), line("il_2", period={"start": NOW - DAY, "end": NOW})]),
    total_taxes=[tax(1900)],
    total_discount_amounts=[{"amount": 5, "discount": "di_1"}],
    total_pretax_credit_amounts=[{"type": "credit_balance_transaction", "amount": 5}],
    shipping_cost={"amount_subtotal": 5},
    custom_fields=[{"name": "PO", "value": "1"}],
    customer_tax_ids=[{"type": "eu_vat", "value": "DE1"}],
    customer_address={"line1": "A", "city": "B", "country": "DE"},
    customer_shipping={"name": "A", "address": {"line1": "C"}},
    parent=of_subscription("sub_1"),
    from_invoice={"action": "revision", "invoice": "in_0"},
    latest_revision="in_2",
    account_tax_ids=["atxi_1"],
)
ANSWERS: dict[str, Any] = {
    "/v1/invoices": listing([WHOLE, invoice("in_2", parent=of_subscription("sub_2"))]),
    "/v1/invoices/in_1": WHOLE,
    "/v1/invoices/in_1/lines": listing([line()]),
    "/v1/customers": listing([customer(), customer("cus_2")]),
    "/v1/subscriptions": listing([subscription(), subscription("sub_2")]),
    "/v1/products": listing([product()]),
    "/v1/invoice_payments": listing([payment(), payment("inpay_2", payment={"payment_intent": intent()})]),
    "/v1/credit_notes": listing([credit_note()]),
    "/v1/credit_notes/cn_1": credit_note(),
    "/v1/tax_rates/txr_1": tax_rate(),
}
ROUTES: dict[str, dict[str, str]] = {
    "home": {},
    "invoice": {"invoice": "in_1"},
    "invoice_pdf": {"invoice": "in_1"},
    "credit_note_pdf": {"invoice": "in_1", "credit_note": "cn_1"},
    "pay": {"invoice": "in_1"},
}
RENDER = Templates().render
PORTAL = make_portal(debug=True)


def bent(answers: dict[str, Any]) -> Stripe:
    """Stripe with these answers; a list that never ends is ended, as a test must."""
    calls: list[str] = []

    def guarded(path: str) -> Any:
        def answer(params: Any) -> Any:
            calls.append(path)
            assert len(calls) < 500, "it asks for ever"
            return answers[path]

        return answer

    return Stripe({path: guarded(path) for path in answers})


def request_for(name: str, visitor: Any, language: str) -> Request:
    headers = {"accept-language": language}
    if name == "pay":
        return protected(PORTAL, visitor, name, args=ROUTES[name], headers=headers)
    return make_request(name, args=ROUTES[name], visitor=visitor, headers=headers)


def check(name: str, answers: dict[str, Any], visitor: Any = CUS, language: str = "en") -> int:
    visit = PORTAL.begin(request_for(name, visitor, language))
    reply = PORTAL.finish(play(PORTAL.respond(route(name), visit), bent(answers)), visit, RENDER)
    assert reply.status in (200, 303, 404, 503), reply.status
    for value in reply.headers.values():
        value.encode("latin-1")
        assert "\n" not in value
        assert "\r" not in value
    return reply.status


@pytest.mark.parametrize("name", ROUTES)
@pytest.mark.parametrize("visitor", [CUS, Email("ada@example.com")])
def test_the_answers_are_fine_as_they_are(name: str, visitor: Any):
    assert check(name, ANSWERS, visitor) == (303 if name in ("invoice_pdf", "credit_note_pdf", "pay") else 200)


@pytest.mark.parametrize("name", ROUTES)
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_one_bent_answer(name: str, data: st.DataObject):
    path = data.draw(st.sampled_from(sorted(ANSWERS)))
    visitor = data.draw(st.sampled_from([CUS, Email("ada@example.com")]))
    language = data.draw(st.sampled_from(["en", "de", "ar", "ja", "fr-CH"]))
    check(name, {**ANSWERS, path: data.draw(mangled(ANSWERS[path], most=3))}, visitor, language)


@pytest.mark.parametrize("field", ["created", "due_date", "effective_at", "next_payment_attempt"])
@pytest.mark.parametrize("value", [0, 1, 253402300799, 253402300800, 10**15, -1, 10**30])
def test_moments_at_the_edges_of_the_calendar(field: str, value: int):
    for name in ("home", "invoice"):
        shown = {**WHOLE, field: value}
        check(name, {**ANSWERS, "/v1/invoices": listing([shown]), "/v1/invoices/in_1": shown})


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Niue"])
@pytest.mark.parametrize("value", [0, 253402300799])
def test_moments_at_the_edges_of_the_calendar_in_far_zones(zone: str, value: int):
    portal = make_portal(time_zone=zone)
    shown = {**WHOLE, "created": value, "due_date": value, "effective_at": value}
    for name in ("home", "invoice"):
        visit = portal.begin(make_request(name, args=ROUTES[name], visitor=CUS))
        answers = bent({**ANSWERS, "/v1/invoices": listing([shown]), "/v1/invoices/in_1": shown})
        reply = portal.finish(play(portal.respond(route(name), visit), answers), visit, RENDER)
        assert reply.status in (200, 503)


AMOUNTS = ["total", "subtotal", "amount_due", "amount_remaining", "amount_paid", "starting_balance", "ending_balance"]


@pytest.mark.parametrize("currency", ["usd", "jpy", "kwd", "xxx", "", "€", "US Dollars", "\ud800", "<b>"])
@pytest.mark.parametrize("amount", [10**17, -(10**17), 10**17 + 1, 0])
def test_amounts_at_the_edges_in_any_currency(currency: str, amount: int):
    shown = {**WHOLE, "currency": currency, **dict.fromkeys(AMOUNTS, amount)}
    both = listing([shown, {**shown, "id": "in_2"}])
    for name in ("home", "invoice"):
        check(name, {**ANSWERS, "/v1/invoices": both, "/v1/invoices/in_1": shown}, language="ar")


@settings(max_examples=150, deadline=None)
@example("99999999999999999.999999999999")
@example("99999999999999999.99999999999999999999")
@example("1e17")
@example("-1e17")
@example("0." + "1" * 5000)
@example("0.00000000000000000001")
@given(
    st.decimals(allow_nan=True, allow_infinity=True).map(str) | st.from_regex(r"-?\d{1,18}\.\d{1,25}", fullmatch=True)
)
def test_decimals_of_every_length(text: str):
    lines = listing([line(quantity_decimal=text), line("il_2", pricing={"unit_amount_decimal": text})])
    check("invoice", {**ANSWERS, "/v1/invoices/in_1": {**WHOLE, "lines": lines}})


@settings(max_examples=100, deadline=None)
@example(1e300)
@example(5e-324)
@example(-(10**30))
@example(10**40)
@example(10**400)
@given(st.floats() | st.integers())
def test_percentages_of_every_size(percentage: float):
    check("invoice", {**ANSWERS, "/v1/tax_rates/txr_1": tax_rate(percentage=percentage)})


@pytest.mark.parametrize(
    "id", ["", "in_", "a/b", "../x", "in_x/../y", "in 1", "in_1?x", "\ud800", "in_ü", "<script>", "x" * 5000]
)
def test_ids_that_no_address_can_hold(id: str):
    """Frameworks refuse to spell such an address."""
    for name in ("home", "invoice"):
        shown = {**WHOLE, "id": id}
        check(name, {**ANSWERS, "/v1/invoices": listing([shown]), "/v1/invoices/in_1": shown})
    for field in ({"latest_revision": id}, {"from_invoice": {"invoice": id}}):
        check("invoice", {**ANSWERS, "/v1/invoices/in_1": {**WHOLE, **field}})
    check("invoice", {**ANSWERS, "/v1/credit_notes": listing([credit_note(id)])})
    check("home", {**ANSWERS, "/v1/customers": listing([customer(id), customer("cus_2")])}, Email("a@b.c"))
    check("home", {**ANSWERS, "/v1/subscriptions": listing([subscription(id), subscription("sub_2")])})
    priced = subscription("sub_2", items=listing([{"id": "si_1", "price": {"product": id}}]))
    check("home", {**ANSWERS, "/v1/subscriptions": listing([subscription(), priced])})


@pytest.mark.parametrize("path", sorted(ANSWERS))
def test_a_list_that_never_ends_comes_to_an_end(path: str):
    answer = ANSWERS[path]
    if answer.get("object") != "list":
        return
    endless = {**ANSWERS, path: {**answer, "has_more": True}}
    for name in ("home", "invoice"):
        for visitor in (CUS, Email("ada@example.com")):
            check(name, endless, visitor)


@pytest.mark.parametrize("path", sorted(ANSWERS))
@pytest.mark.parametrize(
    "answer", [None, [], {}, "", 0, True, {"object": "list", "data": None, "has_more": True}], ids=repr
)
def test_answers_of_another_kind(path: str, answer: Any):
    for name in ROUTES:
        for visitor in (CUS, Email("ada@example.com")):
            check(name, {**ANSWERS, path: answer}, visitor)
