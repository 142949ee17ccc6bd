"""The parsers against Stripe's own sample objects, and against what Stripe never sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from invoice_portal.errors import NotFound, StripeUnavailable
from invoice_portal.money import Money
from invoice_portal.stripe_api.credit_notes import credit_notes_of, parse_credit_note, retrieve_credit_note
from invoice_portal.stripe_api.customers import customers_with_email, parse_customer
from invoice_portal.stripe_api.ids import checked, is_id
from invoice_portal.stripe_api.invoices import (
    invoice_lines,
    invoice_names,
    list_invoices,
    parse_invoice,
    parse_line,
    parse_whole_invoice,
    retrieve_invoice,
    retrieve_whole_invoice,
)
from invoice_portal.stripe_api.payments import parse_payment, payments_of
from invoice_portal.stripe_api.products import parse_product, products_with
from invoice_portal.stripe_api.reading import Reader, listing_of, one
from invoice_portal.stripe_api.subscriptions import parse_subscription, retrieve_subscription, subscriptions_of
from invoice_portal.stripe_api.tax_rates import is_tax_rate_id, parse_tax_rate, tax_rate

from .helpers import objects
from .helpers.mangling import mangled, padded, rubbish, values
from .helpers.paths import sample

Parse = Callable[[Reader], Any]

PARSERS: dict[str, list[Parse]] = {
    "invoice": [parse_invoice, parse_whole_invoice],
    "customer": [parse_customer],
    "subscription": [parse_subscription],
    "invoice_payment": [parse_payment],
    "credit_note": [parse_credit_note],
    "tax_rate": [parse_tax_rate],
    "product": [parse_product],
    "line_item": [lambda reader: parse_line(reader, "usd")],
}
CASES = [(name, parse) for name, parsers in PARSERS.items() for parse in parsers]
EVERY = pytest.mark.parametrize(
    ("name", "parse"), CASES, ids=[f"{name}-{parse.__name__.strip('<>')}" for name, parse in CASES]
)

RICH = {
    "invoice": objects.invoice(
        lines=objects.listing([objects.line(), objects.line("il_2")]),
        total_taxes=[objects.tax(1900)],
        total_discount_amounts=[{"amount": 5, "discount": "di_1"}],
        total_pretax_credit_amounts=[{"type": "credit_balance_transaction", "amount": 5}],
        shipping_cost={"amount_subtotal": 5},
        custom_fields=[{"name": "PO", "value": "1"}],
        customer_tax_ids=[{"type": "eu_vat", "value": "DE1"}],
        customer_address={"line1": "A", "city": "B", "country": "DE"},
        customer_shipping={"name": "A", "address": {"line1": "C"}},
        parent=objects.of_subscription("sub_1"),
        from_invoice={"action": "revision", "invoice": "in_0"},
        account_tax_ids=["atxi_1"],
    ),
    "customer": objects.customer(),
    "subscription": objects.subscription(),
    "invoice_payment": objects.payment(
        payment={
            "type": "payment_intent",
            "payment_intent": objects.intent(
                last_payment_error={
                    "code": "card_declined",
                    "decline_code": "expired_card",
                    "payment_method": {"type": "card", "card": {"brand": "visa", "last4": "1"}},
                }
            ),
        }
    ),
    "credit_note": objects.credit_note(),
    "tax_rate": objects.tax_rate(),
    "product": objects.product(),
    "line_item": objects.line(),
}


def read(parse: Parse, data: Any) -> Any:
    return one(parse, "object")(data)


# Stripe's own samples

OURS_ONLY = {"line_item"}  # the samples hold it within an invoice only
SAMPLED = pytest.mark.parametrize(
    ("name", "parse"),
    [case for case in CASES if case[0] not in OURS_ONLY],
    ids=[f"{name}-{parse.__name__}" for name, parse in CASES if name not in OURS_ONLY],
)


@SAMPLED
def test_stripes_own_sample_is_read(name: str, parse: Parse):
    data = sample(name)
    parsed = read(parse, data)
    if name == "tax_rate":
        assert parsed.percentage == Decimal(str(data["percentage"]))
    if parse is parse_invoice:
        assert (parsed.id, parsed.owner, parsed.total) == (data["id"], data["customer"], Money(data["total"], "usd"))
    if parse is parse_whole_invoice:
        assert len(parsed.lines.items) == len(data["lines"]["data"])
        assert parsed.amount_overpaid.amount == data["amount_overpaid"]


@pytest.mark.parametrize("name", ["invoice", "customer", "subscription", "credit_note", "invoice_payment"])
def test_a_list_of_samples_is_read(name: str):
    data = {"object": "list", "data": [sample(name)] * 3, "has_more": True, "url": "/v1/x"}
    parsed = listing_of(PARSERS[name][0], name)(data)
    assert len(parsed.items) == 3
    assert parsed.has_more


# What Stripe never sent


@EVERY
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_bent_object_is_read_or_refused(name: str, parse: Parse, data: st.DataObject):
    check_bent(parse, data.draw(mangled(RICH[name])))


@SAMPLED
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_bent_sample_of_stripes_is_read_or_refused(name: str, parse: Parse, data: st.DataObject):
    check_bent(parse, data.draw(mangled(sample(name))))


def check_bent(parse: Parse, bent: Any) -> None:
    try:
        parsed = read(parse, bent)
    except StripeUnavailable:
        return
    for value in values(parsed):
        assert not isinstance(value, float), f"{value} is a float"
        assert not isinstance(value, str) or value.isascii() or value.encode("utf-8"), "it cannot be printed"


@EVERY
@given(rubbish)
def test_rubbish_in_place_of_an_object_is_refused(name: str, parse: Parse, data: Any):
    if not isinstance(data, dict):
        with pytest.raises(StripeUnavailable):
            read(parse, data)


LISTS: list[Any] = [
    list_invoices("cus_1", limit=5),
    customers_with_email("a@b.c"),
    subscriptions_of("cus_1"),
    payments_of("in_1"),
    credit_notes_of("in_1"),
    invoice_lines("in_1", "usd", None),
    products_with(["prod_1"]),
]


@pytest.mark.parametrize("call", LISTS, ids=lambda call: call.path)
@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        {},
        "x",
        {"data": []},
        {"object": "invoice"},
        {"object": "list"},
        {"object": "list", "data": None},
        {"object": "list", "data": {}},
        {"object": "list", "data": [None]},
        {"object": "list", "data": "abc"},
        {"object": "list", "data": [[]]},
    ],
    ids=repr,
)
def test_what_is_no_list_is_refused(call: Any, answer: Any):
    """An empty list would tell a customer that there is nothing."""
    with pytest.raises(StripeUnavailable):
        call.parse(answer)


@pytest.mark.parametrize("has_more", [None, 0, 1, "true", [], {"a": 1}])
def test_only_true_is_more(has_more: Any):
    parsed = subscriptions_of("cus_1").parse({"object": "list", "data": [], "has_more": has_more})
    assert parsed.has_more is False


@EVERY
def test_unknown_fields_change_nothing_at_any_depth(name: str, parse: Parse):
    assert read(parse, padded(RICH[name])) == read(parse, RICH[name])


@EVERY
def test_the_same_object_is_read_the_same_from_a_real_answers_text(name: str, parse: Parse):
    assert read(parse, json.loads(json.dumps(RICH[name]))) == read(parse, RICH[name])


MUST = {
    parse_invoice: ["id", "currency", "created", "total", "amount_due", "amount_remaining"],
    parse_credit_note: ["id", "currency", "total", "created"],
    parse_customer: ["id"],
    parse_subscription: ["id"],
    parse_payment: ["id", "currency", "created"],
}


@pytest.mark.parametrize(("parse", "field"), [(parse, field) for parse, fields in MUST.items() for field in fields])
@pytest.mark.parametrize("change", ["dropped", "null"])
def test_what_cannot_be_done_without_is_never_guessed(parse: Parse, field: str, change: str):
    name = next(name for name, parsers in PARSERS.items() if parse in parsers)
    data = dict(RICH[name])
    if change == "dropped":
        del data[field]
    else:
        data[field] = None
    with pytest.raises(StripeUnavailable, match=field):
        read(parse, data)


@pytest.mark.parametrize("field", ["total", "amount_due", "amount_remaining", "subtotal", "amount_paid"])
@pytest.mark.parametrize("value", [100.0, 99.5, True, False, "100", [], {}, float("nan"), 10**18, -(10**18)], ids=repr)
def test_an_amount_is_an_integer_or_nothing(field: str, value: Any):
    with pytest.raises(StripeUnavailable, match=field):
        read(parse_whole_invoice, {**RICH["invoice"], field: value})


@pytest.mark.parametrize("value", [-1, 253402300800, 1.5, True, "2026-01-01", [], 10**30], ids=repr)
def test_a_moment_is_within_the_calendar(value: Any):
    with pytest.raises(StripeUnavailable, match="created"):
        read(parse_invoice, {**RICH["invoice"], "created": value})
    with pytest.raises(StripeUnavailable, match="due_date"):
        read(parse_invoice, {**RICH["invoice"], "due_date": value})


@pytest.mark.parametrize("value", [0, 1, 4102444800])
def test_every_moment_of_the_calendar_is_read(value: int):
    assert read(parse_invoice, {**RICH["invoice"], "created": value}).created == value


@pytest.mark.parametrize(
    "value", ["", "x", "1,5", "NaN", "Infinity", "1e400", "1e-400", 1.5, True, [], "0x10", "1e99999999999"], ids=repr
)
def test_a_decimal_is_one_that_can_be_printed(value: Any):
    with pytest.raises(StripeUnavailable):
        read(PARSERS["line_item"][0], objects.line(quantity_decimal=value))
    with pytest.raises(StripeUnavailable):
        read(PARSERS["line_item"][0], objects.line(pricing={"unit_amount_decimal": value}))


@pytest.mark.parametrize(
    ("value", "wanted"),
    [("0.000000000001", "0.000000000001"), ("2500", "2500"), (4, "4"), ("-3.5", "-3.5"), ("1E+3", "1000")],
)
def test_decimals_keep_every_digit(value: Any, wanted: str):
    assert read(PARSERS["line_item"][0], objects.line(quantity_decimal=value)).quantity == Decimal(wanted)


@pytest.mark.parametrize(
    ("value", "wanted"), [(19, "19"), (19.0, "19.0"), (8.875, "8.875"), (0.1, "0.1"), (7.7, "7.7"), (None, None)]
)
def test_percentages_are_read_by_their_shortest_spelling(value: Any, wanted: str | None):
    rate = read(parse_tax_rate, objects.tax_rate(percentage=value))
    assert rate.percentage == (Decimal(wanted) if wanted is not None else None)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "19", True, [], 1e300])
def test_what_is_no_percentage_is_refused(value: Any):
    with pytest.raises(StripeUnavailable):
        read(parse_tax_rate, objects.tax_rate(percentage=value))


# Meaning


@pytest.mark.parametrize(
    ("changes", "owner"),
    [
        ({"customer": "cus_1"}, "cus_1"),
        ({"customer": {"id": "cus_1", "object": "customer"}}, "cus_1"),
        ({"customer": None, "customer_account": "acct_1"}, "acct_1"),
        ({"customer": None}, None),
        ({"customer": ""}, None),
        ({"customer": {}}, None),
        ({"customer": 5}, None),
    ],
)
def test_the_owner(changes: Any, owner: str | None):
    assert read(parse_invoice, objects.invoice(**changes)).owner == owner


@pytest.mark.parametrize(
    ("parent", "subscription"),
    [
        (None, None),
        ({}, None),
        (objects.of_subscription("sub_1"), "sub_1"),
        ({"type": "subscription_details", "subscription_details": {"subscription": {"id": "sub_1"}}}, "sub_1"),
        ({"type": "quote_details", "quote_details": {"quote": "qt_1"}, "subscription_details": None}, None),
    ],
)
def test_the_subscription_stands_in_the_parent(parent: Any, subscription: str | None):
    assert read(parse_invoice, objects.invoice(parent=parent)).subscription == subscription


def test_links_that_open_an_invoice_without_any_login_do_not_show():
    parsed = read(parse_whole_invoice, objects.invoice())
    assert "https://" not in repr(parsed)
    assert "https://" not in repr(read(parse_credit_note, objects.credit_note()))


def test_the_names_behind_ids():
    coupon = {"id": "co_1", "name": "Spring"}
    data = {
        "total_discount_amounts": [
            {"amount": 1, "discount": {"id": "di_1", "source": {"coupon": coupon}}},
            {"amount": 1, "discount": {"id": "di_2", "source": {"coupon": "co_2"}}},
            {"amount": 1, "discount": "di_3"},
            {"amount": 1, "discount": {"id": "di_4", "source": {"coupon": {"id": "co_4", "name": None}}}},
        ],
        "account_tax_ids": [{"id": "atxi_1", "value": "DE1"}, {"id": "atxi_2", "value": None}],
    }
    names = invoice_names("in_1").parse(data)
    assert names.discounts == {"di_1": "Spring"}
    assert names.sender_tax_ids == ("DE1",)
    assert invoice_names("in_1").parse({"account_tax_ids": ["atxi_1"]}).sender_tax_ids == ()


@settings(max_examples=80, deadline=None)
@given(
    mangled(
        {
            "total_discount_amounts": [
                {"amount": 1, "discount": {"id": "di_1", "source": {"coupon": {"id": "co_1", "name": "Spring"}}}}
            ],
            "account_tax_ids": [{"id": "atxi_1", "value": "DE1"}],
        }
    )
)
def test_bent_names_are_read_or_refused(bent: Any):
    check_bent(lambda reader: invoice_names("in_1").parse(reader._data), bent)


# Calls and ids


@pytest.mark.parametrize(
    ("prefix", "good"), [("in", "in_1Abc"), ("sub", "sub_1"), ("cn", "cn_1"), ("cus", "cus_1"), ("cus", "mine-7")]
)
def test_an_id_of_its_kind_passes_as_it_is(prefix: Any, good: str):
    assert checked(prefix, good) == good


@given(
    st.sampled_from(["in", "sub", "cn", "cus"]), st.text(max_size=20) | st.text(alphabet="in_sub/.?#%&\n", max_size=20)
)
def test_no_id_can_leave_its_place_in_a_path(prefix: Any, raw: str):
    if is_id(prefix, raw):
        assert raw
        assert all(character.isascii() and (character.isalnum() or character in "_-") for character in raw)


PATHS: list[Callable[[str], Any]] = [
    retrieve_invoice,
    retrieve_whole_invoice,
    retrieve_credit_note,
    retrieve_subscription,
    invoice_names,
    payments_of,
    credit_notes_of,
    lambda id: invoice_lines(id, "usd", None),
]


@pytest.mark.parametrize("make", PATHS, ids=lambda make: make.__name__)
@pytest.mark.parametrize(
    "raw", ["", "in_1/../x", "x", "in_1?expand[]=y", "in_1#", "in_%2e%2e", "in_1\n", "../customers"]
)
def test_every_call_checks_the_id_that_it_is_given(make: Any, raw: str):

    with pytest.raises(NotFound):
        make(raw)


def test_tax_rate_ids_are_checked_by_their_caller():
    assert is_tax_rate_id("txr_1Abc")
    for raw in ("", "txr_", "txr_1/x", "TXR_1", "in_1", "txr_1\n", "txr_ü"):
        assert not is_tax_rate_id(raw)
    assert tax_rate("txr_1").path == "/v1/tax_rates/txr_1"


def test_a_list_names_only_what_is_asked_for():
    assert list_invoices("cus_1", limit=20).params == {"customer": "cus_1", "limit": 20}
    full = list_invoices(
        "cus_1", limit=20, status="open", subscription="sub_1", created={"gte": 1}, due_before=2, after="in_1"
    )
    assert full.params == {
        "customer": "cus_1",
        "limit": 20,
        "status": "open",
        "subscription": "sub_1",
        "created": {"gte": 1},
        "due_date": {"lt": 2},
        "starting_after": "in_1",
    }
    assert list_invoices("cus_1", limit=1, before="in_2").params["ending_before"] == "in_2"


@pytest.mark.parametrize("call", LISTS[1:], ids=lambda call: call.path)
def test_lists_ask_for_as_many_as_stripe_gives_at_once(call: Any):
    assert call.params["limit"] == 100


@pytest.mark.parametrize(
    ("changes", "needed"),
    [
        ({}, False),
        ({"total_discount_amounts": [{"amount": 1, "discount": "di_1"}]}, True),
        ({"account_tax_ids": ["atxi_1"]}, True),
        ({"account_tax_ids": []}, False),
    ],
)
def test_names_are_needed_where_there_are_ids_without(changes: Any, needed: bool):
    assert read(parse_whole_invoice, objects.invoice(**changes)).names_needed == needed


def test_payments_expand_no_deeper_than_stripe_allows():
    for call in (*LISTS, invoice_names("in_1")):
        for path in call.params.get("expand", []):
            assert len(str(path).split(".")) <= 4, path
