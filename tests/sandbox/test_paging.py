"""Lists: newest first, cursors both ways, and `expand`."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.api import NOW, Api
from stripe_sandbox.store import Table


@pytest.fixture
def filled(api: Api) -> tuple[Api, list[str]]:
    """Seven customers, and their ids newest first."""
    made = []
    for number in range(7):
        made.append(api.customer(email=f"c{number}@example.com"))
        api.advance(number % 2)
    return api, made[::-1]


def ids(listed: dict[str, object]) -> list[str]:
    data = listed["data"]
    assert isinstance(data, list)
    return [item["id"] for item in data]


def test_newest_first_and_ten_by_default(api: Api) -> None:
    made = [api.customer() for _ in range(11)]
    listed = api.get("customers")
    assert (ids(listed), listed["has_more"], listed["url"]) == (made[:0:-1], True, "/v1/customers")


def test_forwards(filled: tuple[Api, list[str]]) -> None:
    api, newest = filled
    first = api.get("customers", limit=3)
    second = api.get("customers", limit=3, starting_after=newest[2])
    last = api.get("customers", limit=3, starting_after=newest[5])
    assert [ids(first), ids(second), ids(last)] == [newest[:3], newest[3:6], newest[6:]]
    assert [page["has_more"] for page in (first, second, last)] == [True, True, False]


def test_backwards(filled: tuple[Api, list[str]]) -> None:
    api, newest = filled
    page = api.get("customers", limit=3, ending_before=newest[6])
    start = api.get("customers", limit=3, ending_before=newest[2])
    assert (ids(page), page["has_more"]) == (newest[3:6], True)
    assert (ids(start), start["has_more"]) == (newest[:2], False)


def test_lines_in_their_own_order(api: Api) -> None:
    invoice = api.draft(api.customer(), *range(1, 13))
    lines = api.get(f"invoices/{invoice}/lines", limit=100)["data"]
    assert [line["amount"] for line in lines] == list(range(1, 13))
    embedded = api.get(f"invoices/{invoice}")["lines"]
    assert (len(embedded["data"]), embedded["has_more"]) == (10, True)
    rest = api.get(f"invoices/{invoice}/lines", starting_after=embedded["data"][-1]["id"])
    assert ([line["amount"] for line in rest["data"]], rest["has_more"]) == ([11, 12], False)
    before = api.get(f"invoices/{invoice}/lines", limit=2, ending_before=lines[3]["id"])
    assert ([line["amount"] for line in before["data"]], before["has_more"]) == ([2, 3], True)


def test_filters_go_with_cursors(api: Api) -> None:
    jenny, other = api.customer(), api.customer()
    mine = [api.issued(jenny, 500) for _ in range(5)]
    for _ in range(3):
        api.issued(other, 500)
    api.post(f"invoices/{mine[2]}/void")
    page = api.get("invoices", customer=jenny, status="open", limit=2)
    rest = api.get("invoices", customer=jenny, status="open", limit=2, starting_after=page["data"][-1]["id"])
    assert [ids(page), ids(rest)] == [[mine[4], mine[3]], [mine[1], mine[0]]]
    assert [page["has_more"], rest["has_more"]] == [True, False]


def test_ranges(api: Api) -> None:
    customer = api.customer()
    made = []
    for _ in range(3):
        made.append(api.draft(customer, 500, collection_method="send_invoice", days_until_due=1))
        api.advance(100)
    assert ids(api.get("invoices", created=NOW + 100)) == [made[1]]
    assert ids(api.get("invoices", created={"gt": NOW, "lt": NOW + 200})) == [made[1]]
    assert ids(api.get("invoices", created={"gte": NOW, "lte": NOW + 100})) == [made[1], made[0]]
    assert ids(api.get("invoices", due_date={"gte": NOW + 86_400 + 200})) == [made[2]]
    assert ids(api.get("invoices", collection_method="charge_automatically")) == []


def test_an_unknown_cursor_and_two_cursors_are_refused(filled: tuple[Api, list[str]]) -> None:
    api, newest = filled
    unknown = api.refused("GET", "customers", starting_after="cus_none")
    assert (unknown.status, unknown.error["param"]) == (400, "starting_after")
    assert unknown.error["message"] == "No such customer: 'cus_none'"
    both = api.refused("GET", "customers", starting_after=newest[0], ending_before=newest[1])
    assert both.error["message"] == (
        "Received both starting_after and ending_before parameters. Please pass in only one."
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from("abc"), st.booleans()), max_size=30), st.data())
def test_a_table_is_a_sorted_list_with_filters(rows: list[tuple[int, str, bool]], data: st.DataObject) -> None:
    table, model = Table(("owner",)), []
    for number, (created, owner, removed) in enumerate(rows):
        item = {"id": f"x_{number}", "created": created, "owner": owner}
        table.add(item)
        if removed:
            table.remove(item["id"])
        else:
            model.append((-created, -number, item))
    expected = [item for *_, item in sorted(model, key=lambda row: row[:2])]
    assert list(table.newest({})) == expected
    for owner in "abc":
        assert list(table.newest({"owner": owner})) == [item for item in expected if item["owner"] == owner]
    if expected:
        at = data.draw(st.integers(0, len(expected) - 1))
        cursor = expected[at]["id"]
        assert list(table.newest({}, after=cursor)) == expected[at + 1 :]
        assert list(table.nearest_newer({}, before=cursor)) == expected[:at][::-1]
        assert list(table.newest({"owner": "a"}, after=cursor)) == [
            item for item in expected[at + 1 :] if item["owner"] == "a"
        ]


# Expanding


def test_ids_become_objects(api: Api) -> None:
    customer = api.customer("pm_card_visa")
    invoice = api.paid(customer, 500)
    found = api.get(f"invoices/{invoice}", expand=["customer", "payments.data.payment.payment_intent"])
    assert found["customer"]["email"] == "jenny@example.com"
    assert found["payments"]["data"][0]["payment"]["payment_intent"]["status"] == "succeeded"
    assert "payments" not in api.get(f"invoices/{invoice}")


def test_several_paths_may_share_their_way(api: Api) -> None:
    invoice = api.paid(api.customer("pm_card_visa"), 500)
    found = api.get("invoice_payments", invoice=invoice, expand=["data.invoice", "data.invoice.customer"])
    assert found["data"][0]["invoice"]["customer"]["object"] == "customer"


def test_lists_are_expanded_below_data(api: Api) -> None:
    api.paid(api.customer("pm_card_visa"), 500)
    assert api.get("invoices", expand=["data.customer"])["data"][0]["customer"]["name"] == "Jenny Rosen"
    refused = api.refused("GET", "invoices", expand=["customer"])
    assert refused.error["message"] == (
        "This property cannot be expanded (customer). You may want to try expanding 'data.customer' instead."
    )


@pytest.mark.parametrize("path", ["email", "customer", "invoice_settings.footer", "nothing", "tax_ids.data.foo"])
def test_what_is_no_object_cannot_be_expanded(api: Api, path: str) -> None:
    customer = api.customer(tax_id_data=[{"type": "eu_vat", "value": "DE123456789"}])
    refused = api.refused("GET", f"customers/{customer}", expand=[path])
    assert (refused.status, refused.error["param"]) == (400, "expand")
    assert refused.error["message"] == f"This property cannot be expanded ({path})."


def test_four_levels_are_the_most(api: Api) -> None:
    invoice = api.paid(api.customer("pm_card_visa"), 500)
    path = "payments.data.payment.payment_intent"
    api.get(f"invoices/{invoice}", expand=[path])
    for where, too_deep in ((f"invoices/{invoice}", f"{path}.latest_charge"), ("invoices", f"data.{path}")):
        refused = api.refused("GET", where, expand=[too_deep])
        assert refused.error["code"] == "property_expansion_max_depth"
        assert refused.error["message"] == (f"You cannot expand more than 4 levels of a property. Property: {too_deep}")


def test_a_deleted_customer_is_expanded_as_deleted(api: Api) -> None:
    customer = api.customer()
    invoice = api.issued(customer, 500)
    api.delete(f"customers/{customer}")
    found = api.get(f"invoices/{invoice}", expand=["customer"])["customer"]
    assert found == {"id": customer, "object": "customer", "deleted": True}
