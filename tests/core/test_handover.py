"""Where a visitor is sent to Stripe: to the fresh address of an object of their own, and to nowhere else."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoice_portal import CustomerId, Email
from invoice_portal.effects import Program
from invoice_portal.errors import NotAllowed, NotFound, NotIdentified, StripeUnavailable
from invoice_portal.http import Redirect, Response
from invoice_portal.pages.handover import credit_note_pdf, invoice_pdf
from invoice_portal.pages.paying.hosted import pay
from invoice_portal.sessions import Arrival
from invoice_portal.stripe_pages import STRIPE_PAGES, page_origins, stripe_page
from invoice_portal.visits import Visit

from .helpers.objects import Json, credit_note, customer, invoice, listing, of_subscription, paid_invoice
from .helpers.programs import Stripe, play
from .helpers.visiting import make_settings, make_visit

CUS = CustomerId("cus_ada")
PDF, HOSTED = "https://pay.stripe.com/invoice/in_1/pdf", "https://invoice.stripe.com/i/in_1"
ProgramOf = Callable[[Visit], Program[Response]]


def stripe_with(shown: Any, note: Any = None) -> Stripe:
    return Stripe(
        {
            "/v1/invoices/in_1": shown,
            "/v1/credit_notes/cn_1": note or credit_note(),
            "/v1/customers": listing([customer()]),
        }
    )


def sent_to(program: ProgramOf, stripe: Stripe, **visit: Any) -> str:
    args = {"invoice": "in_1", **({"credit_note": "cn_1"} if program is credit_note_pdf else {})}
    name = {invoice_pdf: "invoice_pdf", credit_note_pdf: "credit_note_pdf", pay: "pay"}[program]
    visit.setdefault("visitor", CUS)
    response = play(program(make_visit(name=name, args=args, **visit)), stripe)
    assert isinstance(response, Redirect)
    assert response.cookies == ()
    return response.to


EVERY = pytest.mark.parametrize("program", [invoice_pdf, credit_note_pdf, pay], ids=lambda program: program.__name__)


def test_each_leads_to_its_own_page():
    stripe = stripe_with(invoice())
    assert sent_to(invoice_pdf, stripe) == PDF
    assert sent_to(pay, stripe) == HOSTED
    assert sent_to(credit_note_pdf, stripe) == "https://pay.stripe.com/credit_notes/cn_1/pdf"
    assert sent_to(pay, stripe, visitor=Email("ada@example.com")) == HOSTED


@EVERY
def test_the_address_is_fetched_afresh_at_every_click(program: ProgramOf):
    answers = iter("ab")

    def fresh(params: Any) -> Json:
        key = next(answers)
        return invoice(hosted_invoice_url=f"{HOSTED}?s={key}", invoice_pdf=f"{PDF}?s={key}")

    stripe = stripe_with(fresh)
    places = [sent_to(program, stripe), sent_to(program, stripe)]
    if program is not credit_note_pdf:
        assert [place[-3:] for place in places] == ["s=a", "s=b"]


@EVERY
@pytest.mark.parametrize(
    "changes", [{"customer": "cus_eve"}, {"customer": None}, {"status": "draft"}, {"customer": {"id": "cus_eve"}}]
)
def test_somebody_elses_invoice_is_as_missing(program: ProgramOf, changes: Json):
    with pytest.raises(NotFound):
        sent_to(program, stripe_with(invoice(**changes)))
    with pytest.raises(NotFound):
        sent_to(program, stripe_with(NotFound("no such invoice")))


@EVERY
def test_an_invoice_out_of_the_subscription_in_view_is_as_missing(program: ProgramOf):
    bound: Any = {"arrival": Arrival(CUS, "sub_1")}
    assert sent_to(program, stripe_with(invoice(parent=of_subscription("sub_1"))), **bound)
    with pytest.raises(NotFound):
        sent_to(program, stripe_with(invoice(parent=of_subscription("sub_2"))), **bound)


@EVERY
def test_a_stranger_gets_nowhere_and_stripe_is_not_asked(program: ProgramOf):
    stripe = stripe_with(invoice())
    with pytest.raises(NotIdentified):
        sent_to(program, stripe, visitor=None)
    assert stripe.calls == []


@EVERY
def test_what_is_switched_off_is_refused_before_stripe_is_asked(program: ProgramOf):
    stripe = stripe_with(invoice())
    needed = "pay" if program is pay else "download"
    others = [action for action in ("view", "download", "pay") if action != needed]
    with pytest.raises(NotAllowed):
        sent_to(program, stripe, settings={"actions": others})
    assert stripe.calls == []
    assert sent_to(program, stripe, settings={"actions": ["view", needed]})


@pytest.mark.parametrize("pdf", [None, ""])
def test_without_a_pdf_there_is_none(pdf: Any):
    with pytest.raises(NotFound):
        sent_to(invoice_pdf, stripe_with(invoice(invoice_pdf=pdf)))
    with pytest.raises(NotFound):
        sent_to(credit_note_pdf, stripe_with(invoice(), credit_note(pdf=pdf)))


# Credit notes


@pytest.mark.parametrize(
    "changes",
    [
        {"invoice": "in_2"},
        {"invoice": None},
        {"customer": "cus_eve"},
        {"customer": None},
        {"invoice": {"id": "in_2", "object": "invoice"}},
    ],
)
def test_a_credit_note_must_be_of_this_very_invoice_and_customer(changes: Json):
    with pytest.raises(NotFound):
        sent_to(credit_note_pdf, stripe_with(invoice(), credit_note(**changes)))


def test_a_credit_note_is_not_asked_for_before_the_invoice_is_known_to_be_ones_own():
    stripe = stripe_with(invoice(customer="cus_eve"))
    with pytest.raises(NotFound):
        sent_to(credit_note_pdf, stripe)
    assert stripe.asked("/v1/credit_notes/cn_1") == []


@pytest.mark.parametrize("id", ["cn_", "in_1", "cn_1/../x", "cn_ü", "cn_1?x"])
def test_a_credit_note_that_cannot_be_never_reaches_stripe(id: str):
    visit = make_visit(visitor=CUS)
    request = dataclasses.replace(visit.request, args={"invoice": "in_1", "credit_note": id})
    stripe = stripe_with(invoice())
    with pytest.raises(NotFound):
        play(credit_note_pdf(dataclasses.replace(visit, request=request)), stripe)
    assert [call.path for call in stripe.calls] == ["/v1/invoices/in_1"]


# Paying


@pytest.mark.parametrize(
    "shown",
    [
        paid_invoice(),
        invoice(status="void"),
        invoice(status="uncollectible"),
        invoice(amount_remaining=0, amount_due=0),
        invoice(hosted_invoice_url=None),
        invoice(amount_remaining=-500),
    ],
    ids=lambda shown: f"{shown['status']} {shown['amount_remaining']}",
)
def test_with_nothing_to_pay_the_invoice_is_shown_as_it_is_now(shown: Json):
    assert sent_to(pay, stripe_with(shown)) == "/billing/invoices/in_1?note=settled"


@pytest.mark.parametrize("amount", [1, 50])
def test_the_smallest_amount_can_be_paid(amount: int):
    assert sent_to(pay, stripe_with(invoice(amount_remaining=amount))) == HOSTED


# The allow-list

GOOD = [
    "https://invoice.stripe.com/i/acct_1/test_abc?s=ap",
    "https://pay.stripe.com/invoice/acct_1/test_abc/pdf?s=ap",
    "https://files.stripe.com/links/abc",
    "https://pay.stripe.com/%0d%0a",
    "https://pay.stripe.com/!",
]
EVIL = [
    "https://pay.stripe.com.evil.example/x",
    "https://pay.stripe.com@evil.example/x",
    "https://pay.stripe.com:443@evil.example/x",
    "https://evil.example/https://pay.stripe.com",
    "https://evil.example?https://pay.stripe.com",
    "https://evil.example#https://pay.stripe.com",
    "https://evil.example\\@pay.stripe.com/x",
    "https://pay.stripe.com\\@evil.example/x",
    "https:\\\\evil.example/x",
    "https://evilpay.stripe.com.example",
    "https://xpay.stripe.com/x",
    "https://stripe.com/x",
    "https://dashboard.stripe.com/x",
    "https://user@pay.stripe.com/x",
    "https://pay.stripe.com:8443/x",
    "http://pay.stripe.com/x",
    "ftp://pay.stripe.com/x",
    "//pay.stripe.com/x",
    "//evil.example/x",
    "///evil.example/x",
    "/relative",
    "pay.stripe.com/x",
    "javascript:alert(1)",
    "javascript://pay.stripe.com/%0aalert(1)",
    "data:text/html,x",
    "https:pay.stripe.com/x",
    "https:///pay.stripe.com/x",
    " https://pay.stripe.com/x",
    "https://pay.stripe.com/x\r\nSet-Cookie: a=b",
    "https://pay.stripe.com/x\nLocation: https://evil.example",
    "https://pay.stripe.com/\x00",
    "https://pay.stripe.com/a b",
    "https://pay.stripe.com/\t",
    "ht\ntps://pay.stripe.com/x",
    "https://pay.str\tipe.com/x",
    "https://pаy.stripe.com/x",
    "https://pay。stripe。com/x",
    "https://[",
    "https://[evil",
    "https://pay.stripe.com]/x",
    "https://",
    "https",
    "\\\\evil.example",
]


@pytest.mark.parametrize("url", GOOD)
def test_a_page_of_stripes_is_gone_to_as_it_is(url: str):
    assert stripe_page(url, make_settings()) == url


@pytest.mark.parametrize("url", EVIL, ids=repr)
def test_anything_else_is_refused_and_not_repeated(url: str):
    with pytest.raises(StripeUnavailable) as raised:
        stripe_page(url, make_settings())
    assert "evil" not in raised.value.detail


@pytest.mark.parametrize("url", EVIL, ids=repr)
@EVERY
def test_no_program_leads_there(program: ProgramOf, url: str):
    stripe = stripe_with(invoice(invoice_pdf=url, hosted_invoice_url=url), credit_note(pdf=url))
    with pytest.raises(StripeUnavailable):
        sent_to(program, stripe)


HOSTS, SIGNS = ["pay.stripe.com", "evil.example"], list("/\\@:.#?[]\n\t ")
parts = st.sampled_from(["https:", "http:", "//", *HOSTS, *SIGNS])


@given(st.lists(parts, max_size=7).map("".join))
def test_whatever_is_let_through_is_on_one_of_stripes_hosts(url: str):
    try:
        place = stripe_page(url, make_settings())
    except (NotFound, StripeUnavailable):
        return
    host = "https://pay.stripe.com"
    assert place.startswith((f"{host}/", f"{host}?", f"{host}#", f"{host}\\")) or place == host
    rest = place.removeprefix(host)
    assert rest[:1] in ("", "/", "?", "#"), f"a browser may read {place!r} in another way"


def test_the_stand_in_for_stripe_serves_its_own_pages():
    settings = make_settings(stripe_api_base="http://127.0.0.1:12111/")
    assert stripe_page("http://127.0.0.1:12111/i/in_1", settings)
    for url in ("http://127.0.0.1:12112/i/in_1", "https://127.0.0.1:12111/i", "http://127.0.0.1:12111.evil.example/"):
        with pytest.raises(StripeUnavailable):
            stripe_page(url, settings)


def test_the_api_itself_is_no_page():
    with pytest.raises(StripeUnavailable):
        stripe_page("https://api.stripe.com/v1/invoices", make_settings())
    for base in ("https://api.stripe.com", "https://api.stripe.com/"):
        assert page_origins(make_settings(stripe_api_base=base)) == STRIPE_PAGES
