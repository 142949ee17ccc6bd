"""The first page, played by hand: whose invoices, which of them, and what happens when a part fails."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invoice_portal import CustomerId, Email
from invoice_portal.errors import NotFound, NotIdentified, StripeRefused, StripeUnavailable
from invoice_portal.http import Page
from invoice_portal.pages.home import home
from invoice_portal.pages.home_view import Home
from invoice_portal.sessions import Arrival
from invoice_portal.visits import Visit

from .helpers.objects import (
    DAY,
    NOW,
    Json,
    customer,
    invoice,
    listing,
    of_subscription,
    paid_invoice,
    product,
    subscription,
)
from .helpers.programs import Stripe, ledger, play
from .helpers.visiting import make_visit, query_of

CUS = CustomerId("cus_ada")
INVOICES, CUSTOMERS, SUBSCRIPTIONS = "/v1/invoices", "/v1/customers", "/v1/subscriptions"
PRODUCTS = "/v1/products"


def stripe_with(invoices: list[Json], **others: Any) -> Stripe:
    """A Stripe that knows Ada, these invoices of hers, and no subscription."""
    answers: dict[str, Any] = {
        INVOICES: ledger(invoices),
        CUSTOMERS: listing([customer()]),
        SUBSCRIPTIONS: listing([]),
    }
    return Stripe({**answers, **others})


def page_of(stripe: Stripe, **visit: Any) -> Page:
    response = play(home(make_visit(**visit)), stripe)
    assert isinstance(response, Page)
    return response


def view_of(stripe: Stripe, **visit: Any) -> Home:
    view = page_of(stripe, **visit).context["home"]
    assert isinstance(view, Home)
    return view


def numbers(view: Home) -> list[str]:
    return [row.number for row in view.rows]


def dated(statuses: Sequence[str]) -> list[Json]:
    """Invoices ``in_0``, ``in_1``, … with these statuses, the newest first."""
    return [
        invoice(f"in_{place}", number=f"N{place}", status=status, created=NOW - place * DAY, due_date=None)
        for place, status in enumerate(statuses)
    ]


# Who


def test_a_stranger_is_sent_away_before_stripe_is_asked():
    stripe = Stripe({})
    with pytest.raises(NotIdentified):
        play(home(make_visit(visitor=None)), stripe)
    assert stripe.calls == []


def test_a_customer_id_is_used_as_it_is():
    stripe = stripe_with([invoice(customer="cus_x")])
    assert numbers(view_of(stripe, visitor=CustomerId("cus_x"))) == ["LMN-in_1"]
    assert stripe.asked(CUSTOMERS) == []
    assert stripe.asked(INVOICES)[0]["customer"] == "cus_x"


def test_an_address_is_asked_for_exactly_as_it_was_vouched_for():
    stripe = stripe_with([invoice()])
    view_of(stripe, visitor=Email("Ada@Example.com"))
    assert stripe.asked(CUSTOMERS)[0]["email"] == "Ada@Example.com"


@pytest.mark.parametrize("query", [{}, {"customer": "cus_of_eve"}, {"after": "x"}, {"status": "open"}])
def test_an_unknown_address_gets_a_kind_page_whatever_else_is_asked(query: dict[str, str]):
    page = page_of(Stripe({CUSTOMERS: listing([])}), query=query)
    assert page.status == 200
    assert page.template == "invoice_portal/message.html"
    assert "ada@example.com" not in str(page.context)


def test_an_unknown_customer_id_gets_the_same_page():
    unknown = page_of(Stripe({CUSTOMERS: listing([])}))
    assert page_of(Stripe({INVOICES: NotFound("no such customer")}), visitor=CUS) == unknown


def test_several_customers_of_one_address_can_be_chosen_and_all_are_reachable():
    mine = [customer("cus_new", name="Ada GmbH"), customer("cus_old", name=None, description="Ada before 2020")]
    books = [invoice("in_1", customer="cus_new"), invoice("in_2", customer="cus_old")]
    stripe = stripe_with(books, **{CUSTOMERS: listing(mine)})
    view = view_of(stripe)
    assert numbers(view) == ["LMN-in_1"], "the newest customer is in view"
    assert [choice.current for choice in view.customers] == [True, False]
    assert "Ada GmbH" in view.customers[0].label
    assert "Ada before 2020" in view.customers[1].label
    other = query_of(view.customers[1].url)
    assert numbers(view_of(stripe, query=other)) == ["LMN-in_2"]


def test_more_customers_than_one_answer_holds_are_all_asked_for():
    first = [customer(f"cus_{number}") for number in range(100)]
    last = [customer("cus_last")]

    def customers(params: Any) -> Json:
        if "starting_after" not in params:
            return listing(first, has_more=True)
        assert params["starting_after"] == "cus_99"
        return listing(last)

    stripe = stripe_with([invoice(customer="cus_last")], **{CUSTOMERS: customers})
    view = view_of(stripe, query={"customer": "cus_last"})
    assert len(view.customers) == 101
    assert numbers(view) == ["LMN-in_1"]


def test_somebody_elses_customer_in_the_address_is_not_found_and_not_asked_for():
    stripe = stripe_with([])
    with pytest.raises(NotFound):
        page_of(stripe, query={"customer": "cus_of_eve"})
    assert stripe.asked(INVOICES) == []


def test_the_customer_in_the_address_means_nothing_to_a_visitor_with_an_id():
    stripe = stripe_with([invoice()])
    view_of(stripe, visitor=CUS, query={"customer": "cus_of_eve"})
    assert {call["customer"] for call in stripe.asked(INVOICES)} == {"cus_ada"}


def test_one_customer_is_no_choice():
    assert view_of(stripe_with([invoice()])).customers == ()


def test_the_choice_of_a_customer_stays_in_every_link_of_the_page():
    mine = [customer("cus_new"), customer("cus_old")]
    books = [invoice(f"in_{place}", customer="cus_old", created=NOW - place) for place in range(5)]
    view = view_of(
        stripe_with(books, **{CUSTOMERS: listing(mine)}), query={"customer": "cus_old"}, settings={"page_size": 2}
    )
    urls = [view.older_url, *(tab.url for tab in view.tabs), view.filter.clear_url]
    assert view.to_pay is not None
    urls.append(view.to_pay.url)
    assert {query_of(url).get("customer") for url in urls} == {"cus_old"}
    assert ("customer", "cus_old") in view.filter.keep


# Drafts and pages


def walk(stripe: Stripe, visitor: Any = CUS, **options: Any) -> list[list[str]]:
    """Every page from the first to the last."""
    pages, query = [], dict(options.pop("query", {}))
    while True:
        view = view_of(stripe, visitor=visitor, query=query, **options)
        pages.append(numbers(view))
        if not view.older_url:
            return pages
        query = query_of(view.older_url)
        assert len(pages) < 200


def walk_back(stripe: Stripe, start: dict[str, str], visitor: Any = CUS, **options: Any) -> list[list[str]]:
    """Every page from ``start`` up to the first."""
    pages, query = [], start
    while True:
        view = view_of(stripe, visitor=visitor, query=query, **options)
        pages.insert(0, numbers(view))
        if not view.newer_url:
            return pages
        query = query_of(view.newer_url)
        assert len(pages) < 200


def last_page(stripe: Stripe, visitor: Any = CUS, **options: Any) -> dict[str, str]:
    query: dict[str, str] = {}
    while older := view_of(stripe, visitor=visitor, query=query, **options).older_url:
        query = query_of(older)
    return query


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


def test_days_are_read_in_the_portals_time_zone_and_the_last_one_counts_whole():
    stripe = stripe_with([])
    zone = {"time_zone": "Pacific/Auckland"}
    from invoice_portal.i18n import Languages

    language = Languages(time_zone="Pacific/Auckland")
    view_of(stripe, visitor=CUS, settings=zone, languages=language, query={"from": "2026-10-01", "to": "2026-10-02"})
    created = stripe.asked(INVOICES)[0]["created"]
    assert created["lt"] - created["gte"] == 2 * DAY
    assert created["gte"] == 1790766000  # 2026-09-30 11:00 UTC: New Zealand's summer time has begun


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


# What is to pay


def to_pay(invoices: list[Json], **visit: Any) -> Any:
    return view_of(stripe_with(invoices), visitor=CUS, **visit).to_pay


def test_what_is_open_is_added_up_by_currency_and_never_across():
    box = to_pay(
        [
            invoice("in_1", amount_remaining=10000),
            invoice("in_2", amount_remaining=50, amount_due=10000),
            invoice("in_3", currency="jpy", amount_remaining=700),
            paid_invoice("in_4"),
        ]
    )
    assert box.amounts == ("$100.50", "¥700")
    assert box.summary == "3 open invoices"
    assert box.late == ""


def test_what_is_late_is_counted():
    box = to_pay([invoice("in_1", due_date=NOW - DAY), invoice("in_2")])
    assert box.late == "1 is overdue"
    assert to_pay([invoice("in_1", due_date=NOW - 1), invoice("in_2", due_date=NOW - 1)]).late == "2 are overdue"


def test_nothing_to_pay_is_no_box():
    assert to_pay([paid_invoice(), invoice("in_2", amount_remaining=0, amount_due=0)]) is None


def test_one_open_invoice_can_be_paid_at_once_and_several_cannot():
    assert to_pay([invoice("in_1")]).pay_url == "/billing/invoices/in_1/pay"
    assert to_pay([invoice("in_1"), invoice("in_2")]).pay_url == ""
    assert to_pay([invoice("in_1")], settings={"actions": ["view"]}).pay_url == ""
    assert to_pay([invoice("in_1", hosted_invoice_url=None)]).pay_url == ""


def test_the_sum_does_not_depend_on_the_page_or_the_filter():
    books = [invoice(f"in_{place}", created=NOW - place) for place in range(7)]
    for query in ({}, {"status": "paid"}, {"status": "overdue"}, {"from": "2020-01-01", "to": "2020-01-02"}):
        view = view_of(stripe_with(books), visitor=CUS, query=query, settings={"page_size": 3})
        assert view.to_pay is not None
        assert view.to_pay.amounts == ("$700.00",)


def test_a_sum_over_the_newest_hundred_says_that_there_are_more():
    books = [invoice(f"in_{place}", created=NOW - place) for place in range(120)]
    box = to_pay(books)
    assert box.amounts == ("$10,000.00",)
    assert "100" in box.summary
    assert "more" in box.summary


# Subscriptions

SUBS = [
    subscription("sub_1"),
    subscription("sub_2", description="Second team", items=listing([{"id": "si_2", "price": {"id": "price_2"}}])),
]
OF_SUBS = [
    invoice("in_a", created=NOW - 1, parent=of_subscription("sub_1")),
    invoice("in_b", created=NOW - 2, parent=of_subscription("sub_2")),
    invoice("in_c", created=NOW - 3),
]


def with_subs(invoices: list[Json] = OF_SUBS, **others: Any) -> Stripe:
    known = {SUBSCRIPTIONS: listing(SUBS), PRODUCTS: listing([product()]), "/v1/subscriptions/sub_1": SUBS[0]}
    return stripe_with(invoices, **{**known, **others})


def test_several_subscriptions_can_be_chosen_by_their_products_names():
    view = view_of(with_subs(), visitor=CUS)
    assert [choice.value for choice in view.subscriptions] == ["", "sub_1", "sub_2"]
    assert view.subscriptions[0].current
    assert "Team plan" in view.subscriptions[1].label
    assert "Second team" in view.subscriptions[2].label, "without a product its own description"
    chosen = view_of(with_subs(), visitor=CUS, query=query_of(view.subscriptions[2].url))
    assert numbers(chosen) == ["LMN-in_b"]
    assert [choice.current for choice in chosen.subscriptions] == [False, False, True]


def test_the_names_of_products_are_asked_for_by_their_ids():
    stripe = with_subs()
    view_of(stripe, visitor=CUS)
    assert [call["ids"] for call in stripe.asked(PRODUCTS)] == [["prod_team"]]


def test_without_any_product_stripe_is_not_asked_for_all_of_them():
    bare = [{**each, "items": listing([])} for each in SUBS]
    stripe = with_subs(**{SUBSCRIPTIONS: listing(bare)})
    assert len(view_of(stripe, visitor=CUS).subscriptions) == 3
    assert stripe.asked(PRODUCTS) == []


def test_the_names_of_products_may_fail_alone():
    view = view_of(with_subs(**{PRODUCTS: StripeRefused("no permission")}), visitor=CUS)
    assert len(view.subscriptions) == 3
    assert "since" in view.subscriptions[1].label


def test_a_subscription_given_on_arrival_binds_the_view():
    arrival = Arrival(CUS, "sub_1")
    view = view_of(with_subs(), arrival=arrival, query={"subscription": "sub_2"})
    assert numbers(view) == ["LMN-in_a"]
    assert view.subscriptions == ()
    assert view.to_pay is not None
    assert view.to_pay.amounts == ("$100.00",)
    assert "subscription" not in query_of(view.tabs[1].url)


def test_a_bound_view_is_bound_on_every_page_and_in_its_sum():
    books = [
        invoice(f"in_{n}", created=NOW - n, parent=of_subscription("sub_1" if n % 2 else "sub_2")) for n in range(12)
    ]
    options: Any = {"visitor": None, "arrival": Arrival(CUS, "sub_1"), "settings": {"page_size": 2}}
    pages = walk(with_subs(books), **options)
    assert [number for page in pages for number in page] == [f"LMN-in_{n}" for n in range(1, 12, 2)]
    stripe = with_subs(books)
    view = view_of(stripe, **options)
    assert view.to_pay is not None
    assert view.to_pay.amounts == ("$600.00",)
    assert {call["subscription"] for call in stripe.asked(INVOICES)} == {"sub_1"}


def test_show_all_invoices_widens_it_and_still_lets_one_be_chosen():
    arrival, wide = Arrival(CUS, "sub_1"), {"show_all_invoices": True}
    assert numbers(view_of(with_subs(), arrival=arrival, settings=wide)) == ["LMN-in_a", "LMN-in_b", "LMN-in_c"]
    chosen = view_of(with_subs(), arrival=arrival, settings=wide, query={"subscription": "sub_2"})
    assert numbers(chosen) == ["LMN-in_b"]


def test_the_customer_of_the_subscription_that_was_given_is_in_view():
    mine = [customer("cus_new"), customer("cus_old")]
    books = [invoice("in_1", customer="cus_old", parent=of_subscription("sub_1"))]
    sub = {"/v1/subscriptions/sub_1": subscription("sub_1", customer="cus_old")}
    stripe = with_subs(books, **{CUSTOMERS: listing(mine), **sub})
    assert numbers(view_of(stripe, arrival=Arrival(Email("ada@example.com"), "sub_1"))) == ["LMN-in_1"]


def test_a_subscription_of_somebody_else_that_was_given_is_not_found():
    sub = {"/v1/subscriptions/sub_1": subscription("sub_1", customer="cus_eve")}
    stripe = with_subs(**{CUSTOMERS: listing([customer("cus_new"), customer("cus_old")]), **sub})
    with pytest.raises(NotFound):
        page_of(stripe, arrival=Arrival(Email("ada@example.com"), "sub_1"))


@pytest.mark.parametrize("raw", ["cus_1", "sub_../x", "sub_", "in_1", "ü"])
def test_a_subscription_that_cannot_be_is_not_found(raw: str):
    with pytest.raises(NotFound):
        page_of(with_subs(), visitor=CUS, query={"subscription": raw})


def test_somebody_elses_subscription_in_the_address_looks_the_same_as_a_missing_one():
    with pytest.raises(NotFound):
        page_of(with_subs(), visitor=CUS, query={"subscription": "sub_eve"})


def test_a_subscription_among_more_than_a_hundred_can_be_chosen():
    many = [subscription(f"sub_{n}") for n in range(100)]

    def answer(params: Any) -> Json:
        if "starting_after" not in params:
            return listing(many, has_more=True)
        assert params["starting_after"] == "sub_99"
        return listing([subscription("sub_last")])

    stripe = with_subs(**{SUBSCRIPTIONS: answer})
    assert view_of(stripe, visitor=CUS, query={"subscription": "sub_last"}).rows == ()


def test_a_chosen_subscription_stays_in_the_links():
    books = [invoice(f"in_{n}", created=NOW - n, parent=of_subscription("sub_1")) for n in range(5)]
    view = view_of(with_subs(books), visitor=CUS, query={"subscription": "sub_1"}, settings={"page_size": 2})
    assert query_of(view.older_url)["subscription"] == "sub_1"
    assert {query_of(tab.url).get("subscription") for tab in view.tabs} == {"sub_1"}
    assert ("subscription", "sub_1") in view.filter.keep


# Parts that fail

DOWN = [StripeUnavailable("down"), StripeRefused("no permission"), NotFound("odd")]


@pytest.mark.parametrize("error", DOWN, ids=lambda error: type(error).__name__)
def test_the_choice_of_subscriptions_may_fail_alone(error: Any):
    view = view_of(with_subs(**{SUBSCRIPTIONS: error}), visitor=CUS)
    assert view.subscriptions == ()
    assert len(view.rows) == 3


@pytest.mark.parametrize("error", DOWN, ids=lambda error: type(error).__name__)
def test_the_sum_may_fail_alone_and_says_so(error: Any):
    books = ledger(dated(["open"] * 5))

    def answer(params: Any) -> Any:
        return error if params.get("limit") == 100 else books(params)

    view = view_of(stripe_with([], **{INVOICES: answer}), visitor=CUS, settings={"page_size": 2})
    assert view.to_pay is None
    assert view.to_pay_failed
    assert numbers(view) == ["N0", "N1"]


@pytest.mark.parametrize("error", DOWN[:2], ids=lambda error: type(error).__name__)
def test_the_list_must_be_there(error: Any):
    with pytest.raises(type(error)):
        page_of(stripe_with([], **{INVOICES: error}), visitor=CUS)


@pytest.mark.parametrize("error", DOWN[:2], ids=lambda error: type(error).__name__)
def test_the_customers_must_be_there(error: Any):
    with pytest.raises(type(error)):
        page_of(stripe_with([invoice()], **{CUSTOMERS: error}))


def test_a_customer_that_is_missing_halfway_is_not_the_kind_page():
    """With a choice in the address there was a customer a moment ago."""
    with pytest.raises(NotFound):
        page_of(Stripe({INVOICES: NotFound("no such customer")}), visitor=CUS, query={"subscription": "sub_1"})


# Rows


def row_of(changes: Json, **visit: Any) -> Any:
    return view_of(stripe_with([invoice(**changes)]), visitor=CUS, **visit).rows[0]


def test_a_row_is_ready_to_print():
    row = row_of({"lines": listing([{"id": "il_1", "description": "Team plan", "amount": 1}])})
    assert (row.number, row.subject, row.amount) == ("LMN-in_1", "Team plan", "$100.00")
    assert (row.date, row.iso_date) == ("Oct 24, 2026", "2026-10-24")
    assert row.view_url == "/billing/invoices/in_1"
    assert row.pdf_url == "/billing/invoices/in_1/pdf"
    assert row.pay_url == "/billing/invoices/in_1/pay"


@pytest.mark.parametrize("actions", [[], ["view"], ["download"], ["pay"], ["view", "download", "pay"]])
def test_a_row_offers_what_the_merchant_allows(actions: list[str]):
    row = row_of({}, settings={"actions": actions})
    offered = {"view": row.view_url, "download": row.pdf_url, "pay": row.pay_url}
    assert {name for name, url in offered.items() if url} == set(actions)


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "paid", "amount_remaining": 0},
        {"status": "void"},
        {"status": "uncollectible"},
        {"amount_remaining": 0},
        {"hosted_invoice_url": None},
    ],
)
def test_only_an_open_invoice_with_something_to_pay_has_a_button(changes: Json):
    assert row_of(changes).pay_url == ""


@pytest.mark.parametrize(
    ("changes", "remark"),
    [
        ({}, ""),
        ({"amount_remaining": 4000}, "$40.00 to pay"),
        ({"status": "paid", "amount_remaining": 0, "post_payment_credit_notes_amount": 2500}, "$25.00 credited"),
        ({"status": "void", "latest_revision": "in_2"}, "Replaced by a newer invoice"),
    ],
)
def test_a_row_says_what_its_total_alone_does_not(changes: Json, remark: str):
    assert row_of(changes).remark == remark


def test_the_page_names_merchant_and_customer():
    page = page_of(stripe_with([invoice()]))
    assert page.context["merchant"] == "Lumen Ltd"
    assert page.context["customer_name"] == "Ada Lovelace"


def test_the_page_names_the_customer_that_is_in_view():
    mine = [customer("cus_new", name="Ada GmbH"), customer("cus_old", name="Ada before")]
    stripe = stripe_with([invoice(customer="cus_old")], **{CUSTOMERS: listing(mine)})
    assert page_of(stripe, query={"customer": "cus_old"}).context["customer_name"] == "Ada before"
    assert page_of(stripe).context["customer_name"] == "Ada GmbH"


def test_without_a_pdf_none_is_offered():
    assert row_of({"invoice_pdf": None}).pdf_url == ""


def test_most_customers_cost_one_call():
    """Stripe counts reads: a list that holds everything is enough for the sum and the choice, too."""
    stripe = stripe_with(dated(["open", "paid"]))
    view_of(stripe, visitor=CUS)
    assert len(stripe.calls) == 1


def test_a_visit_is_not_changed_by_the_page():
    visit = make_visit(visitor=CUS)
    assert isinstance(visit, Visit)
    first = play(home(visit), stripe_with([invoice()]))
    assert play(home(visit), stripe_with([invoice()])) == first
