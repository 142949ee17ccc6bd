"""The demo account holds what its table promises, whenever it is made."""

from collections import Counter
from typing import Any

import pytest

from stripe_sandbox import Sandbox
from stripe_sandbox.seed import SAMPLE_LOGINS, SampleLogin, demo

NOW = 1795281333  # 2026-11-21, in the evening
DAY = 24 * 60 * 60
LEAP_DAY = 1835443800  # 2028-02-29
NEW_YEAR = 1798761600  # 2027-01-01 00:00:00


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    sandbox = Sandbox(now=NOW)
    demo(sandbox)
    return sandbox


def login(email: str) -> SampleLogin:
    return next(login for login in SAMPLE_LOGINS if login.email == email)


def everything(sandbox: Sandbox, path: str, **params: Any) -> list[dict[str, Any]]:
    """All pages of a list."""
    found: list[dict[str, Any]] = []
    more = True
    while more:
        after = {"starting_after": found[-1]["id"]} if found else {}
        page = sandbox.call("GET", f"/v1/{path}", {"limit": 100, **params, **after})
        found += page["data"]
        more = page["has_more"]
    return found


def invoices(sandbox: Sandbox, email: str, **params: Any) -> list[dict[str, Any]]:
    ids = login(email).customer_ids(sandbox.call)
    return [invoice for id in ids for invoice in everything(sandbox, "invoices", customer=id, **params)]


def statuses(sandbox: Sandbox, email: str) -> Counter[str]:
    return Counter(invoice["status"] for invoice in invoices(sandbox, email))


def test_the_merchant_can_be_reached(sandbox: Sandbox) -> None:
    profile = sandbox.call("GET", "/v1/account")["business_profile"]
    assert profile["name"] == "Northwind Inc."
    assert profile["support_email"] == "billing@northwind.example"
    assert profile["support_address"]["city"] == "San Francisco"


def test_history_goes_back_two_years_and_never_ahead(sandbox: Sandbox) -> None:
    created = [invoice["created"] for invoice in everything(sandbox, "invoices")]
    assert max(created) <= NOW
    assert NOW - min(created) > 2 * 365 * 86400
    assert created == sorted(created, reverse=True)


def test_lumen_shows_everyday_business(sandbox: Sandbox) -> None:
    found = invoices(sandbox, "jenny@lumen.studio")
    assert {"open", "paid", "void"} <= {invoice["status"] for invoice in found}
    overdue = [i for i in found if i["status"] == "open" and i["due_date"] < NOW]
    ahead = [i for i in found if i["status"] == "open" and i["due_date"] >= NOW]
    assert [i["currency"] for i in overdue] == ["usd"]
    assert [i["currency"] for i in ahead] == ["eur"]
    assert all(i["collection_method"] == "send_invoice" for i in (*overdue, *ahead))
    assert any(i["total_discount_amounts"] for i in found)
    latest = overdue[0]
    assert latest["custom_fields"] == [{"name": "PO number", "value": "PO-1234"}]
    assert latest["description"] == "Thank you for your business."
    assert "Northwind Inc." in latest["footer"]
    assert latest["customer_tax_exempt"] == "reverse"
    assert latest["customer_tax_ids"] == [{"type": "eu_vat", "value": "DE123456789"}]
    assert [tax["amount"] for tax in latest["total_taxes"]] == [0]


def test_lumens_void_invoice_was_replaced(sandbox: Sandbox) -> None:
    found = invoices(sandbox, "jenny@lumen.studio")
    [void] = [i for i in found if i["status"] == "void"]
    [replacement] = [i for i in found if i["from_invoice"] == {"action": "revision", "invoice": void["id"]}]
    assert void["latest_revision"] == replacement["id"]
    assert void["number"] in replacement["description"]
    assert replacement["total"] == void["total"]
    assert replacement["status"] == "paid"
    assert replacement["custom_fields"] != void["custom_fields"]


def test_lumen_was_credited_for_unused_time(sandbox: Sandbox) -> None:
    found = invoices(sandbox, "jenny@lumen.studio")
    [bill] = [i for i in found if any(line["amount"] < 0 for line in i["lines"]["data"])]
    changes = [line for line in bill["lines"]["data"] if line["parent"]["subscription_item_details"]["proration"]]
    assert [line["description"].partition(" after ")[0] for line in changes] == [
        "Remaining time on 10 × Team plan",
        "Unused time on 12 × Team plan",
        "Remaining time on 12 × Team plan",
        "Unused time on 10 × Team plan",
    ]
    assert all(line["period"]["start"] < line["period"]["end"] for line in changes)
    days = 9
    assert bill["total"] == pytest.approx(79000 + 2 * 7900 * days / 30, rel=0.01)


def test_lumen_has_a_plan_an_add_on_and_usage(sandbox: Sandbox) -> None:
    [id] = login("jenny@lumen.studio").customer_ids(sandbox.call)
    found = everything(sandbox, "subscriptions", customer=id)
    assert [subscription["description"] for subscription in found] == ["Usage", "Analytics add-on", "Team plan"]
    assert {subscription["collection_method"] for subscription in found} == {"send_invoice", "charge_automatically"}


def test_lumens_usage_goes_back_ninety_days_and_is_billed(sandbox: Sandbox) -> None:
    [id] = login("jenny@lumen.studio").customer_ids(sandbox.call)
    meters = everything(sandbox, "billing/meters")
    assert {meter["default_aggregation"]["formula"] for meter in meters} == {"sum", "count", "last"}
    end = sandbox.clock.now // DAY * DAY
    span = {"customer": id, "start_time": end - 90 * DAY, "end_time": end, "value_grouping_window": "day"}
    for meter in meters:
        days = everything(sandbox, f"billing/meters/{meter['id']}/event_summaries", **span)
        assert len(days) == 90
        assert sum(day["aggregated_value"] > 0 for day in days) > 50
    [plan] = [each for each in everything(sandbox, "subscriptions", customer=id) if each["description"] == "Usage"]
    paid = everything(sandbox, "invoices", subscription=plan["id"], status="paid")
    assert sum(invoice["total"] > 5000 for invoice in paid) >= 2


def test_there_are_hundreds_of_invoices_to_page_through(sandbox: Sandbox) -> None:
    assert len(invoices(sandbox, "accounts@beanroute.example")) >= 320


@pytest.mark.parametrize(
    ("email", "currency", "behavior"),
    [
        ("keiri@sakura-design.example", "jpy", "inclusive"),
        ("compta@atelier-bleu.example", "eur", "exclusive"),
        ("ap@cascade-outfitters.example", "usd", "exclusive"),
    ],
)
def test_taxes_are_in_the_price_or_added(sandbox: Sandbox, email: str, currency: str, behavior: str) -> None:
    for invoice in invoices(sandbox, email):
        assert invoice["currency"] == currency
        taxed = [tax for tax in invoice["total_taxes"] if tax["amount"] > 0]
        assert {tax["tax_behavior"] for tax in taxed} <= {behavior}
        if behavior == "exclusive":
            assert invoice["total"] == invoice["total_excluding_tax"] + sum(tax["amount"] for tax in taxed)
        else:
            assert invoice["total"] == invoice["subtotal"]
    assert any(invoice["total_taxes"] for invoice in invoices(sandbox, email))


def test_dinars_have_thousandths(sandbox: Sandbox) -> None:
    found = invoices(sandbox, "hisabat@alnoor.example")
    assert {invoice["currency"] for invoice in found} == {"kwd"}
    assert all(invoice["total"] % 10 == 0 for invoice in found)
    assert any(invoice["total"] % 1000 for invoice in found)


def test_cascade_has_a_long_invoice_a_long_line_and_two_taxes(sandbox: Sandbox) -> None:
    found = invoices(sandbox, "ap@cascade-outfitters.example")
    counts = [len(everything(sandbox, f"invoices/{invoice['id']}/lines")) for invoice in found]
    assert max(counts) == 35
    lines = [line for invoice in found for line in invoice["lines"]["data"]]
    assert max(len(line["description"]) for line in lines) > 400
    assert any(len(invoice["total_taxes"]) == 2 for invoice in found)


def test_riverside_went_through_everything(sandbox: Sandbox) -> None:
    found = invoices(sandbox, "billing@riverside-clinic.example")
    assert any(i["status"] == "uncollectible" for i in found)
    assert any(i["total"] == 0 and i["status"] == "paid" for i in found)
    assert any(i["pre_payment_credit_notes_amount"] > 0 for i in found)
    assert any(i["post_payment_credit_notes_amount"] > 0 for i in found)
    assert any(i["starting_balance"] < 0 and i["ending_balance"] == 0 for i in found)
    assert any(0 < i["amount_paid"] < i["amount_due"] for i in found)
    [id] = login("billing@riverside-clinic.example").customer_ids(sandbox.call)
    notes = everything(sandbox, "credit_notes", customer=id)
    assert sorted(note["type"] for note in notes) == ["post_payment", "post_payment", "pre_payment"]
    assert sum(bool(note["refunds"]) for note in notes) == 1


def test_maples_card_failed_and_is_tried_again(sandbox: Sandbox) -> None:
    [failed] = invoices(sandbox, "office@maple-pine.example", status="open")
    assert failed["attempt_count"] >= 1
    assert failed["next_payment_attempt"] > NOW
    subscription = failed["parent"]["subscription_details"]["subscription"]
    assert sandbox.call("GET", f"/v1/subscriptions/{subscription}")["status"] == "past_due"


def test_twins_share_an_address(sandbox: Sandbox) -> None:
    ids = login("shared@twins.example").customer_ids(sandbox.call)
    assert len(ids) == 2
    assert all(everything(sandbox, "invoices", customer=id) for id in ids)


def test_some_customers_have_nothing_to_show(sandbox: Sandbox) -> None:
    assert len(login("hello@freshstart.example").customer_ids(sandbox.call)) == 1
    assert statuses(sandbox, "hello@freshstart.example") == {}
    assert statuses(sandbox, "office@quill.example") == {"draft": 1}
    assert login("nobody@nowhere.example").customer_ids(sandbox.call) == ()


def test_every_log_in_says_what_to_look_at() -> None:
    emails = [login.email for login in SAMPLE_LOGINS]
    assert len(set(emails)) == len(emails)
    assert all(login.name and login.look_at and "\n" not in login.look_at for login in SAMPLE_LOGINS)


def test_finalised_invoices_have_their_links_and_drafts_have_none(sandbox: Sandbox) -> None:
    for invoice in everything(sandbox, "invoices"):
        links = (invoice["number"], invoice["hosted_invoice_url"], invoice["invoice_pdf"])
        assert all(links) if invoice["status"] != "draft" else not any(links)


def test_the_same_seed_and_time_make_the_same_account(sandbox: Sandbox) -> None:
    again = Sandbox(now=NOW)
    demo(again)
    for kind in ("customers", "invoices", "subscriptions", "credit_notes", "charges"):
        assert everything(again, kind) == everything(sandbox, kind)


@pytest.mark.parametrize("now", [LEAP_DAY, NEW_YEAR, NOW - 13 * 86400, NOW + 100 * 86400])
def test_it_holds_on_any_day(now: int) -> None:
    sandbox = Sandbox(now=now)
    demo(sandbox)
    assert any(i["due_date"] < now for i in invoices(sandbox, "jenny@lumen.studio", status="open"))
    assert any(i["due_date"] > now for i in invoices(sandbox, "jenny@lumen.studio", status="open"))
    [failed] = invoices(sandbox, "office@maple-pine.example", status="open")
    assert failed["next_payment_attempt"] > now


def test_the_clock_runs_on_afterwards() -> None:
    sandbox = Sandbox()
    demo(sandbox)
    assert not sandbox.clock.is_fixed
