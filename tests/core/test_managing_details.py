"""Billing details: what may be changed and by whom, what is wrong with it, and what is sent of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from invoice_portal import Email
from invoice_portal.errors import NotAllowed, NotFound, StripeRejected, StripeUnavailable
from invoice_portal.identity import Identity
from invoice_portal.managing.details import FIELDS, PARTS, REFUSED, add, changeable, check, own_details, remove, save
from invoice_portal.sessions import Arrival
from invoice_portal.stripe_api.billing_details import BillingDetails
from invoice_portal.stripe_api.invoices import Address
from invoice_portal.visits import Visit

from .helpers.managed import ADA, changes_sent, run, told
from .helpers.objects import Json, customer, listing
from .helpers.programs import Stripe, play
from .helpers.visiting import make_visit

CUSTOMER = "/v1/customers/cus_ada"
TAX_IDS = f"{CUSTOMER}/tax_ids"
ALL = ["name", "address", "phone", "email", "tax_ids"]
BERLIN = Address("Torstraße 12", "", "Berlin", "", "10119", "DE")
DETAILS = BillingDetails("cus_ada", "Ada Lovelace", "ada@example.com", "+49 30 1", BERLIN)
ADDRESS = {name: getattr(BERLIN, name) for name in PARTS}


def may(*details: str, visitor: Identity = ADA, **settings: Any) -> Visit:
    given = {
        "billing_details": set(details or ALL),
        "identify_by": "customer_id",
        "audit_trail": False,
        **settings,
    }
    return make_visit(settings=given, visitor=visitor)


# What may be changed


def test_what_may_be_changed_is_what_the_merchant_lists():
    assert changeable(may("name", "phone")) == {"name", "phone"}
    assert changeable(may("name", actions={"view"})) == set()


def test_nobody_takes_an_address_by_which_they_are_known():
    by_email = may(visitor=Email("ada@example.com"))
    assert "email" not in changeable(by_email)
    assert check(by_email, {"email": "eve@example.com"}) == ({}, {})
    assert "email" in changeable(may())


def test_fields_that_are_not_listed_are_passed_over():
    wanted, wrong = check(may("name"), {"name": " Ada ", "phone": "x", "line1": "y", "balance": "-100"})
    assert (wanted, wrong) == ({"name": "Ada"}, {})


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("name", ""),
        ("name", "   "),
        ("name", "x" * 257),
        ("name", "a\nb"),
        ("name", "a\x00b"),
        ("email", ""),
        ("email", "ada"),
        ("email", "ada@localhost"),
        ("email", "a b@example.com"),
        ("email", "ada@@example.com"),
        ("phone", "call me"),
        ("phone", "1" * 21),
        ("country", "XX"),
        ("country", "Germany"),
        ("line1", "x" * 201),
    ],
)
def test_what_is_wrong_is_said_at_its_field(field: str, text: str):
    given = {**ADDRESS, field: text} if field in PARTS else {field: text}
    _, wrong = check(may(), given)
    assert list(wrong) == [field]
    assert wrong[field]


@pytest.mark.parametrize(
    "given",
    [
        {"name": "Müller & Söhne GmbH – 株式会社"},
        {"phone": ""},
        {"phone": "+49 (30) 123-45"},
        {"email": "a.b+c@sub.example.co.uk"},
        dict.fromkeys(PARTS, ""),
        {**ADDRESS, "state": "", "line2": ""},
    ],
)
def test_what_people_really_write_is_taken(given: Mapping[str, str]):
    assert check(may(), given) == (dict(given), {})


def test_an_address_needs_its_country():
    _, wrong = check(may(), {**ADDRESS, "country": ""})
    assert list(wrong) == ["country"]


# Saving


def test_only_what_is_other_than_before_is_sent():
    visit = may()
    wrong, stripe = run(save(visit, DETAILS, {"name": "Ada King", "phone": "+49 30 1"}), {CUSTOMER: customer()})
    assert (wrong, changes_sent(stripe, CUSTOMER)) == ({}, [{"name": "Ada King"}])
    assert [event.details for event in visit.happened] == [{"changed": "name"}]
    visit = may()
    wrong, stripe = run(save(visit, DETAILS, {"name": "Ada Lovelace", **ADDRESS}), {})
    assert (wrong, stripe.calls, told(visit)) == ({}, [], [])


def test_an_address_is_sent_as_a_whole_and_what_is_emptied_is_cleared():
    cleared = dict.fromkeys(PARTS, "")
    _, stripe = run(save(may(), DETAILS, {**cleared, "phone": ""}), {CUSTOMER: customer()})
    assert changes_sent(stripe, CUSTOMER) == [{"phone": "", "address": cleared}]
    _, stripe = run(save(may(), DETAILS, {**ADDRESS, "city": "Potsdam"}), {CUSTOMER: customer()})
    assert changes_sent(stripe, CUSTOMER) == [{"address": {**ADDRESS, "city": "Potsdam"}}]


@pytest.mark.parametrize(
    ("param", "code", "wanted", "field"),
    [
        ("address[country]", "", {**ADDRESS, "country": "FR"}, "country"),
        ("address", "customer_tax_location_invalid", {**ADDRESS, "city": "x"}, "country"),
        ("email", "email_invalid", {"email": "a@b.example"}, "email"),
        ("", "", {"phone": "123"}, "phone"),
        ("nonsense", "", {"name": "x"}, "name"),
    ],
)
def test_what_stripe_does_not_take_is_said_at_its_field(param: str, code: str, wanted: dict[str, str], field: str):
    visit, error = may(), StripeRejected("its own words", code=code, param=param)
    wrong, _ = run(save(visit, DETAILS, wanted), {CUSTOMER: error})
    assert list(wrong) == [field]
    assert "its own words" not in wrong[field]
    assert (wrong[field] == REFUSED) is not bool(code)
    assert told(visit) == []


def test_who_may_not_manage_saves_nothing():
    with pytest.raises(NotAllowed):
        run(save(may(actions={"view"}), DETAILS, {"name": "x"}), {})


# Tax IDs

GERMAN = {"id": "txi_1", "type": "eu_vat", "value": "DE123456789", "verification": {"status": "verified"}}


def adding(*there: Json, refusal: StripeRejected | None = None) -> dict[str, Any]:
    """Stripe's list, and what it answers to a new one: both have the same path."""
    return {TAX_IDS: lambda params: (refusal or GERMAN) if "type" in params else listing(list(there))}


def test_a_tax_id_is_added_once():
    visit = may()
    wrong, stripe = run(add(visit, DETAILS, "eu_vat", " DE123456789 ", "form 1"), adding())
    assert (wrong, changes_sent(stripe, TAX_IDS)) == ({}, [{"type": "eu_vat", "value": "DE123456789"}])
    assert [event.details for event in visit.happened] == [{"changed": "tax_ids"}]
    _, again = run(add(visit, DETAILS, "eu_vat", "DE123456789", "form 1"), adding())
    _, other = run(add(visit, DETAILS, "eu_vat", "DE123456789", "form 2"), adding())
    keys = [made.calls[-1].idempotency_key for made in (stripe, again, other)]
    assert keys[0] == keys[1] != keys[2]


def test_one_that_is_there_is_left_as_it_is():
    visit = may()
    wrong, stripe = run(add(visit, DETAILS, "eu_vat", "DE123456789", ""), adding(GERMAN))
    assert (wrong, changes_sent(stripe, TAX_IDS), told(visit)) == ({}, [], [])


@pytest.mark.parametrize(
    ("type", "value", "field"),
    [
        ("", "DE1", "type"),
        ("nonsense", "DE1", "type"),
        ("eu_vat", "", "value"),
        ("eu_vat", "x" * 101, "value"),
        ("eu_vat", "DE1\n2", "value"),
        ("eu_vat", "<script>", "value"),
    ],
)
def test_a_tax_id_that_cannot_be_is_not_sent(type: str, value: str, field: str):
    wrong, stripe = run(add(may(), DETAILS, type, value, ""), adding())
    assert (list(wrong), stripe.calls) == ([field], [])


def test_what_stripe_says_of_a_tax_id_is_said_at_its_field():
    visit = may()
    refusal = StripeRejected("no", code="tax_id_invalid", param="value")
    wrong, _ = run(add(visit, DETAILS, "eu_vat", "DE1", ""), adding(refusal=refusal))
    assert "Please check both" in wrong["value"]
    assert told(visit) == []


def test_a_tax_id_is_removed_once_and_only_ones_own():
    visit, path = may(), f"{TAX_IDS}/txi_1"
    run(remove(visit, DETAILS, "txi_1"), {path: {"id": "txi_1", "deleted": True}})
    assert told(visit) == ["update_details"]
    run(remove(visit, DETAILS, "txi_1"), {})
    run(remove(visit, DETAILS, "../cus_eve/tax_ids/txi_9"), {})
    assert told(visit) == ["update_details"]


@pytest.mark.parametrize("visit", [may("name"), may(actions={"view"})], ids=["not listed", "not allowed"])
def test_tax_ids_are_only_for_those_who_may(visit: Visit):
    for program in (add(visit, DETAILS, "eu_vat", "DE1", ""), remove(visit, DETAILS, "txi_1")):
        with pytest.raises(NotAllowed):
            run(program, {})


# Whose they are


def test_details_are_read_afresh():
    stripe = Stripe({CUSTOMER: customer(phone="+1", address={"line1": "A", "country": "GB"})})
    found = play(own_details(may()), stripe)
    assert (found.customer, found.phone, found.address.country) == ("cus_ada", "+1", "GB")


@pytest.mark.parametrize(
    ("answer", "error"),
    [({"id": "cus_ada", "deleted": True}, NotFound), (StripeUnavailable("down"), StripeUnavailable)],
)
def test_a_customer_who_is_gone_has_none(answer: Any, error: type[Exception]):
    with pytest.raises(error):
        play(own_details(may()), Stripe({CUSTOMER: answer}))


@pytest.mark.parametrize(
    "arrival", [Arrival(ADA, "sub_1"), Arrival(ADA, invoice="in_1")], ids=["a subscription", "an invoice"]
)
def test_whoever_sees_a_part_only_has_none(arrival: Arrival):
    stripe = Stripe({CUSTOMER: customer()})
    with pytest.raises(NotFound):
        play(own_details(replace(may(), arrival=arrival)), stripe)
    assert stripe.calls == []


def test_without_the_setting_there_are_none():
    with pytest.raises(NotAllowed):
        play(own_details(make_visit(visitor=ADA)), Stripe({}))


def test_every_field_has_its_setting():
    assert set(FIELDS.values()) == set(ALL) - {"tax_ids"}
