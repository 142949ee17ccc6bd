"""The list of invoices: paging past drafts in both directions, and its filters."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invoice_portal import CustomerId
from invoice_portal.errors import NotFound

from .helpers.home_page import (
    CUS,
    INVOICES,
    SUBSCRIPTIONS,
    dated,
    last_page,
    numbers,
    page_of,
    stripe_with,
    view_of,
    walk,
    walk_back,
)
from .helpers.objects import (
    DAY,
    NOW,
    invoice,
    listing,
    paid_invoice,
)
from .helpers.programs import Stripe
from .helpers.visiting import query_of

# Drafts and pages

statuses = st.lists(st.sampled_from(["open", "paid", "draft", "draft", "void", "uncollectible"]), max_size=40)


@settings(max_examples=60, deadline=None)
@given(statuses, st.integers(1, 7))
def test_walking_through_the_pages_shows_every_invoice_once_and_no_draft(statuses: list[str], size: int):
    stripe = stripe_with(dated(statuses))
    options = {"settings": {"page_size": size}}
    shown = [f"N{place}" for place, status in enumerate(statuses) if status != "draft"]
    pages = walk(stripe, **options)
    assert [number for page in pages for number in page] == shown
    assert all(len(page) == size for page in pages[:-1]), "a page is short although there is more"
    back = walk_back(stripe, last_page(stripe, **options), **options)
    assert [number for page in back for number in page] == shown, "walking back shows the same"


@settings(max_examples=40, deadline=None)
@given(statuses, st.integers(1, 5), st.sampled_from(["open", "paid", "void", "uncollectible"]))
def test_a_filtered_walk_shows_every_invoice_of_that_status_once(statuses: list[str], size: int, status: str):
    stripe = stripe_with(dated(statuses))
    options = {"settings": {"page_size": size}, "query": {"status": status}}
    shown = [f"N{place}" for place, each in enumerate(statuses) if each == status]
    assert [number for page in walk(stripe, **options) for number in page] == shown


def test_a_page_is_filled_up_past_more_drafts_than_one_call_gives():
    statuses = ["draft"] * 250 + ["open"] * 3 + ["draft"] * 120 + ["paid"] * 3
    stripe = stripe_with(dated(statuses))
    view = view_of(stripe, visitor=CUS, settings={"page_size": 5})
    assert numbers(view) == ["N250", "N251", "N252", "N373", "N374"]
    assert view.older_url
    assert numbers(view_of(stripe, visitor=CUS, settings={"page_size": 5}, query=query_of(view.older_url))) == ["N375"]


def test_filling_up_goes_on_from_the_last_invoice_and_asks_for_a_hundred_at_once():
    stripe = stripe_with(dated(["draft"] * 5 + ["open"] * 5))
    view_of(stripe, visitor=CUS, settings={"page_size": 3})
    first, *_ = stripe.asked(INVOICES)
    more = [call for call in stripe.asked(INVOICES) if "starting_after" in call]
    assert first["limit"] == 3
    assert [(call["starting_after"], call["limit"]) for call in more] == [("in_2", 100)]


def test_stripe_is_not_asked_for_ever():
    endless = listing([invoice(status="draft")], has_more=True)
    view = view_of(Stripe({INVOICES: endless, SUBSCRIPTIONS: listing([])}), visitor=CUS)
    assert view.rows == ()


def test_a_list_that_claims_more_and_gives_nothing_ends():
    stripe = Stripe({INVOICES: listing([], has_more=True), SUBSCRIPTIONS: listing([])})
    assert view_of(stripe, visitor=CUS).rows == ()


def test_a_first_page_has_no_newer_and_a_last_no_older():
    stripe = stripe_with(dated(["open"] * 5))
    options: Any = {"visitor": CUS, "settings": {"page_size": 2}}
    first = view_of(stripe, **options)
    assert (bool(first.newer_url), bool(first.older_url)) == (False, True)
    second = view_of(stripe, **options, query=query_of(first.older_url))
    assert (bool(second.newer_url), bool(second.older_url)) == (True, True)
    third = view_of(stripe, **options, query=query_of(second.older_url))
    assert (bool(third.newer_url), bool(third.older_url)) == (True, False)


def test_a_page_after_which_everything_was_removed_leads_back():
    books = dated(["open"] * 4)
    options: Any = {"visitor": CUS, "settings": {"page_size": 2}}
    older = query_of(view_of(stripe_with(books), **options).older_url)
    books[2]["status"] = books[3]["status"] = "draft"
    view = view_of(stripe_with(books), **options, query=older)
    assert view.rows == ()
    back = view_of(stripe_with(books), **options, query=query_of(view.newer_url))
    assert len(back.rows) == 2


def test_a_cursor_of_another_customer_or_by_somebody_else_is_not_found():
    stripe = stripe_with(dated(["open"] * 4))
    older = query_of(view_of(stripe, visitor=CUS, settings={"page_size": 2}).older_url)
    for visitor, query in [
        (CustomerId("cus_eve"), older),
        (CUS, {"after": "in_1"}),
        (CUS, {"before": "forged"}),
        (CUS, {"after": older["after"][:-2] + "AA"}),
    ]:
        with pytest.raises(NotFound):
            page_of(stripe_with([]), visitor=visitor, query=query)


def test_a_cursor_tells_nothing_of_the_invoice_in_clear():
    view = view_of(stripe_with(dated(["open"] * 4)), visitor=CUS, settings={"page_size": 2})
    assert "in_1" not in view.older_url


# Filters


def issued(id: str, at: int) -> dict[str, Any]:
    """Issued at a moment, begun a day before."""
    return invoice(id, created=at - DAY, effective_at=at)


def test_days_are_read_in_the_portals_time_zone_and_the_last_one_counts_whole():
    first = 1790766000  # 2026-09-30 11:00 UTC: New Zealand's summer time has begun
    moments = {"after": first + 2 * DAY, "last": first + 2 * DAY - 1, "first": first, "before": first - 1}
    stripe = stripe_with([issued(f"in_{name}", at) for name, at in moments.items()])
    zone = {"time_zone": "Pacific/Auckland"}
    from invoice_portal.i18n import Languages

    language = Languages(time_zone="Pacific/Auckland")
    query = {"from": "2026-10-01", "to": "2026-10-02"}
    view = view_of(stripe, visitor=CUS, settings=zone, languages=language, query=query)
    assert [row.number for row in view.rows] == ["LMN-in_last", "LMN-in_first"]


def test_the_days_are_those_of_issue_that_the_list_shows_and_not_those_of_the_draft():
    stripe = stripe_with([])
    view_of(stripe, visitor=CUS, query={"from": "2026-10-01", "to": "2026-10-31"})
    asked, (first, end) = stripe.asked(INVOICES)[0]["created"], (1790812800, 1793491200)
    assert (first - asked["gte"], asked["lt"] - end) == (31 * DAY, 31 * DAY)
    left_waiting = issued("in_waited", first) | {"created": first - 30 * DAY}
    backdated = issued("in_backdated", end - 1) | {"created": end + 5 * DAY}
    only_begun = invoice("in_begun", created=first, effective_at=end)
    view = view_of(
        stripe_with([backdated, only_begun, left_waiting]),
        visitor=CUS,
        query={"from": "2026-10-01", "to": "2026-10-31"},
    )
    assert [row.number for row in view.rows] == ["LMN-in_backdated", "LMN-in_waited"]


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ({"from": "yesterday"}, True),
        ({"from": "2026-02-30"}, True),
        ({"to": "01.10.2026"}, True),
        ({"from": "0001-01-01"}, True),
        ({"to": "9999-12-31"}, True),
        ({"from": "2026-10-02", "to": "2026-10-01"}, True),
        ({"from": "2026-10-01", "to": "2026-10-01"}, False),
        ({"from": "2026-10-01"}, False),
        ({"from": "", "to": ""}, False),
    ],
)
def test_days_that_make_no_sense_are_named_and_not_used(query: dict[str, str], problem: bool):
    stripe = stripe_with([invoice()])
    view = view_of(stripe, visitor=CUS, query=query)
    assert bool(view.filter.problem) == problem
    if problem:
        assert "created" not in stripe.asked(INVOICES)[0]
        assert len(view.rows) == 1
    assert (view.filter.since, view.filter.until) == (query.get("from", ""), query.get("to", ""))


@given(st.text(max_size=12), st.text(max_size=12), st.text(max_size=12))
def test_no_filter_breaks_the_page(status: str, since: str, until: str):
    assert view_of(stripe_with([]), visitor=CUS, query={"status": status, "from": since, "to": until})


def test_an_unknown_status_is_no_filter():
    stripe = stripe_with([invoice()])
    view = view_of(stripe, visitor=CUS, query={"status": "draft"})
    assert "status" not in stripe.asked(INVOICES)[0]
    assert view.filter.status == ""


def test_overdue_is_open_and_past_its_due_date():
    books = [
        invoice("in_late", due_date=NOW - 1),
        invoice("in_soon", due_date=NOW + 1),
        invoice("in_none", due_date=None),
        paid_invoice("in_paid", due_date=NOW - 1),
    ]
    stripe = stripe_with(books)
    assert numbers(view_of(stripe, visitor=CUS, query={"status": "overdue"})) == ["LMN-in_late"]
    assert stripe.asked(INVOICES)[0]["status"] == "open"


def test_tabs_and_choices_mark_what_is_in_view_and_keep_the_days():
    view = view_of(stripe_with([]), visitor=CUS, query={"status": "paid", "from": "2026-10-01"})
    assert [tab.value for tab in view.tabs if tab.current] == ["paid"]
    assert [choice.value for choice in view.statuses if choice.current] == ["paid"]
    assert {query_of(choice.url).get("from") for choice in view.statuses} == {"2026-10-01"}
    assert "draft" not in {choice.value for choice in view.statuses}


def test_the_pages_of_a_filtered_list_stay_filtered():
    stripe = stripe_with(dated(["open", "paid"] * 4))
    view = view_of(stripe, visitor=CUS, settings={"page_size": 2}, query={"status": "paid", "from": "2026-01-01"})
    assert {**query_of(view.older_url), "after": ""} == {"status": "paid", "from": "2026-01-01", "after": ""}


def test_an_empty_list_says_why():
    nothing = view_of(stripe_with([]), visitor=CUS).empty
    assert nothing != view_of(stripe_with([]), visitor=CUS, query={"status": "void"}).empty
