"""The first page, played by hand: whose it is, what is to pay, its rows, and what happens when a part fails."""

from __future__ import annotations

from typing import Any

import pytest

from invoice_portal import CustomerId, Email
from invoice_portal.errors import NotFound, NotIdentified, StripeRefused, StripeUnavailable
from invoice_portal.pages.home.page import home
from invoice_portal.visits import Visit

from .helpers.home_page import (
    CUS,
    CUSTOMERS,
    INVOICES,
    SUBSCRIPTIONS,
    dated,
    numbers,
    page_of,
    stripe_with,
    view_of,
)
from .helpers.objects import (
    DAY,
    NOW,
    Json,
    customer,
    invoice,
    listing,
    paid_invoice,
)
from .helpers.programs import Stripe, ledger, play
from .helpers.visiting import make_visit, query_of

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


# Parts that fail

DOWN = [StripeUnavailable("down"), StripeRefused("no permission"), NotFound("odd")]


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


@pytest.mark.parametrize("actions", [[], ["view"], ["view", "download"], ["view", "pay"], ["view", "download", "pay"]])
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


def test_without_panes_most_customers_cost_one_call():
    """Stripe counts reads: a list that holds everything is enough for the sum and the choice, too."""
    stripe = stripe_with(dated(["open", "paid"]))
    view_of(stripe, visitor=CUS, settings={"panes": []})
    assert len(stripe.calls) == 1


def test_panes_cost_a_customer_without_subscriptions_few_calls():
    stripe = stripe_with(dated(["paid", "paid"]))
    view_of(stripe, visitor=CUS)
    assert [call.path for call in stripe.calls] == [INVOICES, SUBSCRIPTIONS, f"{CUSTOMERS}/cus_ada"]


def test_panes_stand_on_the_first_page_only():
    stripe = stripe_with(dated(["paid"] * 30))
    view_of(stripe, visitor=CUS, query={"status": "paid"})
    assert stripe.asked(f"{CUSTOMERS}/cus_ada") == []


def test_a_visit_is_not_changed_by_the_page():
    visit = make_visit(visitor=CUS)
    assert isinstance(visit, Visit)
    first = play(home(visit), stripe_with([invoice()]))
    assert play(home(visit), stripe_with([invoice()])) == first
