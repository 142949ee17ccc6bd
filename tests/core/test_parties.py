"""Addresses, written as their countries write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoice_portal.i18n import Languages
from invoice_portal.pages.invoices.parties import address_lines, view_party
from invoice_portal.stripe_api.invoices import Address, Party

ENGLISH = Languages().default
PARTS = {"line1": "1 Main Street", "line2": "Floor 2", "city": "Springfield", "postal_code": "02109"}


@pytest.mark.parametrize(
    ("parts", "lines"),
    [
        (
            {**PARTS, "state": "MA", "country": "US"},
            ["1 Main Street", "Floor 2", "Springfield, MA 02109", "United States"],
        ),
        ({"city": "Boston", "country": "US"}, ["Boston", "United States"]),
        ({"postal_code": "02109", "country": "US"}, ["02109", "United States"]),
        ({"state": "MA", "country": "US"}, ["MA", "United States"]),
        (
            {"city": "Ottawa", "state": "ON", "postal_code": "K1A 0B1", "country": "CA"},
            ["Ottawa, ON K1A 0B1", "Canada"],
        ),
        (
            {"line1": "Am Markt 1", "city": "Berlin", "postal_code": "10119", "country": "DE"},
            ["Am Markt 1", "10119 Berlin", "Germany"],
        ),
        ({"city": "Milano", "state": "MI", "postal_code": "20100", "country": "IT"}, ["20100 Milano", "MI", "Italy"]),
        ({"city": "London", "postal_code": "SW1A 1AA", "country": "GB"}, ["London", "SW1A 1AA", "United Kingdom"]),
        ({"city": "Paris", "country": ""}, ["Paris"]),
        ({"country": "DE"}, ["Germany"]),
        ({"country": "XX"}, ["XX"]),
        ({}, []),
    ],
)
def test_the_lines_of_an_address(parts: dict[str, str], lines: list[str]):
    assert list(address_lines(ENGLISH, Address(**parts))) == lines


def test_the_country_is_in_the_visitors_language():
    german = Languages().find(["de"])
    assert german is not None
    assert address_lines(german, Address(country="JP")) == ("Japan",)
    assert address_lines(german, Address(country="AT"))[-1] == "Österreich"


fields = st.sampled_from(["line1", "line2", "city", "state", "postal_code"])
countries = st.sampled_from(["", "US", "CA", "AU", "GB", "IE", "JP", "IN", "DE", "FR", "BR", "AE", "xx", "??"])


@given(st.dictionaries(fields, st.text(alphabet="abc ÄÖ", min_size=1, max_size=8).filter(str.strip)), countries)
def test_nothing_of_an_address_is_lost_and_no_line_is_empty(parts: dict[str, str], country: str):
    lines = address_lines(ENGLISH, Address(**parts, country=country))
    assert all(lines)
    for part in parts.values():
        assert any(part in line for line in lines)


def test_a_party_keeps_what_it_has():
    party = Party("Ada GmbH", Address(city="Berlin"), "a@b.c", "+49 1", ("DE1", "DE2"))
    view = view_party(ENGLISH, party)
    assert (view.name, view.address, view.email, view.phone) == ("Ada GmbH", ("Berlin",), "a@b.c", "+49 1")
    assert view.tax_ids == ("DE1", "DE2")
