"""Offers: to whom they are made, what is sent when one is taken, what is counted, and what another price saves."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from invoice_portal.errors import (
    ChangeRefused,
    Conflict,
    NotAllowed,
    StoreUnavailable,
    StripeRejected,
    StripeUnavailable,
)
from invoice_portal.managing import offers
from invoice_portal.managing.keeping import keep
from invoice_portal.managing.savings import savings
from invoice_portal.stripe_api.subscriptions import Subscription
from invoice_portal.subscription_settings import Retention
from invoice_portal.visits import Visit

from .helpers.managed import (
    ADA,
    PATH,
    PREVIEW,
    changes_sent,
    cost,
    item,
    price,
    read,
    read_price,
    run,
    running,
    told,
    visit_of,
)
from .helpers.objects import NOW, Json, customer
from .helpers.programs import Stripe, play
from .helpers.visiting import make_visit

STAY, MORE, BREAK, DOWN = (
    {"id": "stay", "coupon": "STAY25"},
    {"id": "more", "coupon": "STAY50"},
    {"id": "break", "pause_months": 2},
    {"id": "down", "price": "price_small"},
)
CUSTOMER = "/v1/customers/cus_ada"


def may(*retention: Json, **changes: Any) -> Visit:
    return visit_of(**{"actions": ["cancel"], "retention": list(retention), **changes})


def offer_of(visit: Visit, id: str = "stay") -> Retention:
    found = offers.retention_with(visit, id)
    assert found is not None
    return found


def knows(*taken: str, dismissed: tuple[str, ...] = ()) -> Any:
    """What the database says of a customer."""
    had = [{"offer": offer, "taken_at": NOW, "dismissed_at": None} for offer in taken]
    away = [{"offer": offer, "taken_at": None, "dismissed_at": NOW} for offer in dismissed]
    return lambda params: [*had, *away]


def discounted(*coupons: str, **changes: Any) -> Json:
    """A subscription with discounts, expanded as when it is asked for them."""
    found = [
        {"id": f"di_{coupon}", "start": NOW, "end": None, "source": {"coupon": {"id": coupon, "duration": "forever"}}}
        for coupon in coupons
    ]
    return running(discounts=found, **changes)


# Before somebody goes


@pytest.mark.parametrize(
    ("changes", "fits"),
    [
        ({}, "stay break down"),
        ({"status": "trialing"}, "stay down"),
        ({"status": "past_due"}, "stay"),
        ({"status": "unpaid"}, ""),
        ({"status": "paused"}, ""),
        ({"status": "incomplete"}, ""),
        ({"pause_collection": {"behavior": "void"}}, "stay"),
        ({"schedule": "sub_sched_1"}, "stay break"),
    ],
)
def test_which_offers_make_sense_in_which_state(changes: Json, fits: str):
    visit, subscription = may(STAY, BREAK, DOWN), read(running(**changes))
    settings = visit.settings.subscriptions
    assert [each.id for each in settings.retention if offers.suits(settings, each, subscription)] == fits.split()


def test_another_plan_is_offered_only_where_it_takes_the_place_of_one():
    settings = may(DOWN).settings.subscriptions
    (down,) = settings.retention
    assert not offers.suits(settings, down, read(running(item(), item("si_2", of=price("price_b")))))
    assert not offers.suits(settings, down, read(running(item(of=price("price_small")))))


def test_the_first_that_fits_the_reason_and_was_never_had_is_offered():
    visit = may({**STAY, "feedback": ["too_expensive"]}, BREAK)

    def found(feedback: str, *taken: str) -> str | None:
        offer, _ = run(offers.retention_for(visit, read(running()), feedback), offers__of_customer=knows(*taken))
        return offer.id if offer else None

    assert found("too_expensive") == "stay"
    assert found("unused") == "break"
    assert found("too_expensive", "stay") == "break"
    assert found("unused", "break") is None


@pytest.mark.parametrize(
    "answer",
    [discounted("STAY25"), discounted("STAY50"), StripeUnavailable("down")],
    ids=["this", "another", "unknown"],
)
def test_discounts_of_the_offers_do_not_pile_up(answer: Any):
    visit, subscription = may(STAY, MORE, BREAK), read(running(discounts=["di_1"]))
    known = knows()
    offer, _ = run(offers.retention_for(visit, subscription, ""), {PATH: answer}, offers__of_customer=known)
    assert offer.id == "break"
    offer, _ = run(offers.retention_for(visit, subscription, ""), {PATH: discounted("MINE")}, offers__of_customer=known)
    assert offer.id == "stay", "a discount of another kind is no reason"


def test_without_a_database_nothing_is_offered():
    visit = may(STAY)
    found = run(offers.retention_for(visit, read(running()), ""), offers__of_customer=StoreUnavailable("down"))
    assert found[0] is None


# Taking what was offered


def take(
    visit: Visit, subscription: Subscription, id: str = "stay", *, won: bool = True, **answers: Any
) -> tuple[Stripe, list[str]]:
    """Take an offer; what was asked, and the names of the statements."""
    stripe = Stripe(
        {PATH: running(), CUSTOMER: customer(), **answers},
        rows={"offer.claim": lambda params: [{"id": "of_1"}] if won else [], "offer.release": lambda params: []},
    )
    try:
        play(keep(visit, subscription, offer_of(visit, id)), stripe)
    finally:
        names = [query.statement for query in stripe.queries]
    return stripe, names


def test_a_coupon_comes_beside_what_there_is():
    visit = may(STAY)
    stripe, names = take(visit, read(running(discounts=["di_1"])), **{PATH: discounted("MINE")})
    assert changes_sent(stripe) == [{"discounts": [{"discount": "di_1"}, {"coupon": "STAY25"}]}]
    assert names == ["offer.claim"]
    assert told(visit) == ["take_offer"]


def test_a_coupon_keeps_the_discount_of_the_customer():
    stripe, _ = take(may(STAY), read(running()), **{CUSTOMER: customer(discount={"id": "di_ada"})})
    assert changes_sent(stripe) == [{"discounts": [{"discount": "di_ada"}, {"coupon": "STAY25"}]}]


@pytest.mark.parametrize("coupon", ["STAY25", "STAY50"])
def test_a_second_discount_of_the_offers_is_refused(coupon: str):
    visit, stripe = may(STAY, MORE), Stripe({PATH: discounted(coupon)})
    with pytest.raises(Conflict):
        play(keep(visit, read(running(discounts=["di_1"])), offer_of(visit)), stripe)
    assert (changes_sent(stripe), stripe.queries) == ([], [])


def test_of_two_clicks_one_takes_it():
    visit, stripe = may(STAY), Stripe({CUSTOMER: customer()}, rows={"offer.claim": lambda params: []})
    with pytest.raises(Conflict):
        play(keep(visit, read(running()), offer_of(visit)), stripe)
    assert (changes_sent(stripe), told(visit)) == ([], [])


@pytest.mark.parametrize(
    ("error", "shown"), [(StripeUnavailable("down"), StripeUnavailable), (StripeRejected("no"), ChangeRefused)]
)
def test_what_stripe_did_not_give_is_not_taken(error: Any, shown: type[Exception]):
    visit = may(STAY)
    stripe = Stripe(
        {PATH: error, CUSTOMER: customer()},
        rows={"offer.claim": lambda params: [{"id": "of_1"}], "offer.release": lambda params: []},
    )
    with pytest.raises(shown):
        play(keep(visit, read(running()), offer_of(visit)), stripe)
    assert [query.statement for query in stripe.queries] == ["offer.claim", "offer.release"]
    assert told(visit) == []


def test_what_the_customer_has_cannot_be_read_so_nothing_is_taken():
    visit, stripe = may(STAY), Stripe({CUSTOMER: StripeUnavailable("down")})
    with pytest.raises(StripeUnavailable):
        play(keep(visit, read(running()), offer_of(visit)), stripe)
    assert stripe.queries == []


def test_a_pause_is_given_as_it_was_offered():
    stripe, _ = take(may(BREAK, pause_behavior="mark_uncollectible"), read(running()), "break")
    (sent,) = changes_sent(stripe)
    assert sent["pause_collection"]["behavior"] == "mark_uncollectible"


@pytest.mark.parametrize("changes", [{"status": "canceled"}, {"cancel_at_period_end": True}, {"status": "unpaid"}])
def test_an_offer_that_does_not_suit_any_more_is_not_given(changes: Json):
    visit, stripe = may(STAY), Stripe({})
    with pytest.raises(NotAllowed):
        play(keep(visit, read(running(**changes)), offer_of(visit)), stripe)
    assert (stripe.calls, stripe.queries) == ([], [])


# Beside what somebody has

YEARLY = {"id": "yearly", "price": "price_year", "instead_of": ["price_team"]}
ADDON = {"id": "addon", "price": "price_addon", "beside": ["price_team"]}
NOTHING = offers.Known(frozenset(), frozenset())


def offered(subscription: Subscription, *others: Subscription, known: offers.Known = NOTHING) -> list[str]:
    visit = visit_of(upsells=[YEARLY, ADDON])
    return [upsell.id for upsell in offers.upsells_for(visit, subscription, others, known)]


def test_offers_are_made_to_those_whom_they_fit():
    assert offered(read(running())) == ["yearly", "addon"]
    assert offered(read(running(item(of=price("price_other"))))) == []
    assert offered(read(running(item(), item("si_2", of=price("price_addon"))))) == [], "which one is the plan?"
    for state in ({"status": "past_due"}, {"cancel_at": NOW + 9}, {"pause_collection": {"behavior": "void"}}):
        assert offered(read(running(**state))) == []


def test_nobody_is_offered_what_they_have_in_any_subscription_that_runs():
    has = running(item(of=price("price_addon")), id="sub_2")
    assert offered(read(running()), read(has)) == ["yearly"]
    assert offered(read(running()), read({**has, "status": "canceled"})) == ["yearly", "addon"]


def test_what_was_taken_or_sent_away_is_offered_no_more():
    assert offered(read(running()), known=offers.Known(frozenset({"yearly"}), frozenset())) == ["addon"]
    assert offered(read(running()), known=offers.Known(frozenset(), frozenset({"addon"}))) == ["yearly"]


def test_who_may_not_manage_is_offered_nothing():
    visit = make_visit(settings={"subscriptions": {"upsells": [ADDON]}, "actions": {"view"}}, visitor=ADA)
    assert offers.upsells_for(visit, read(running()), (), NOTHING) == ()


def test_an_offer_is_told_as_shown_once():
    visit = visit_of(upsells=[ADDON])
    for rows in ([{"id": "of_1"}], []):
        run(offers.shown(visit, read(running()), "addon", "upsell"), offer__show=lambda params, rows=rows: rows)
    assert told(visit) == ["show_offer"]
    run(offers.shown(visit, read(running()), "addon", "upsell"), offer__show=StoreUnavailable("down"))
    assert told(visit) == ["show_offer"]


def test_an_offer_is_told_as_taken_once_however_often_its_change_is_confirmed():
    visit = visit_of(upsells=[ADDON])
    for rows in ([{"id": "of_1"}], []):
        run(offers.took(visit, read(running()), "addon", "upsell"), offer__take=lambda params, rows=rows: rows)
    assert told(visit) == ["take_offer"]


def test_an_offer_that_was_taken_is_told_even_where_it_cannot_be_counted():
    visit = visit_of(upsells=[ADDON])
    run(offers.took(visit, read(running()), "addon", "upsell"), offer__take=StoreUnavailable("down"))
    assert told(visit) == ["take_offer"]


# What another price saves


def previewed(before: int, after: int, **changes: Any) -> Any:
    """A whole period as it is, and with another price."""

    def answer(params: Mapping[str, Any]) -> Json:
        return cost(after if "subscription_details" in params else before, **changes)

    return answer


def saved(subscription: Json, other: Json, before: int = 2400, after: int = 24000, **answers: Any) -> int | None:
    found = read(subscription)
    asked = {PREVIEW: previewed(before, after), **answers}
    result, _ = run(savings(found, found.items[0], [read_price(other)]), asked)
    return result[other["id"]].amount if result else None


YEAR = price("price_year", 20000, "year")


def test_a_saving_is_the_difference_of_stripes_own_totals_over_a_year():
    assert saved(running(item(quantity=2)), YEAR) == 2400 * 12 - 24000
    assert saved(running(item(of=price(interval="year"))), price("price_m", 900), 12000, 900) == 12000 - 900 * 12


def test_the_quantity_is_the_present_one():
    subscription = read(running(item(quantity=7)))
    stripe = Stripe({PREVIEW: previewed(1, 1)})
    play(savings(subscription, subscription.items[0], [read_price(YEAR)]), stripe)
    assert stripe.asked(PREVIEW) == [
        {"subscription": "sub_1", "preview_mode": "recurring"},
        {
            "subscription": "sub_1",
            "preview_mode": "recurring",
            "subscription_details": {"items": [{"id": "si_1", "price": "price_year", "quantity": 7}]},
        },
    ]


@pytest.mark.parametrize(("before", "after"), [(2000, 24000), (1999, 24000)])
def test_what_saves_nothing_has_no_saving(before: int, after: int):
    assert saved(running(), YEAR, before, after) is None


def test_parts_of_a_cent_are_not_promised():
    quarter = price("price_q", recurring={"interval": "month", "interval_count": 7, "usage_type": "licensed"})
    assert saved(running(), quarter, 100, 600) == int(Decimal(1200) - Decimal(7200) / 7)


METERED = price("price_m", recurring={"interval": "month", "usage_type": "metered", "meter": "mtr_1"})


@pytest.mark.parametrize(
    ("subscription", "other"),
    [
        (running(item(), item("si_2", None, METERED)), YEAR),
        (running(), METERED),
        (running(), price("price_w", interval="week")),
        (running(item(of=price(interval="day"))), YEAR),
    ],
    ids=["usage beside", "usage", "weeks", "days"],
)
def test_what_is_not_certain_is_not_asked_for(subscription: Json, other: Json):
    found, stripe = read(subscription), Stripe({PREVIEW: previewed(10**6, 1)})
    assert play(savings(found, found.items[0], [read_price(other)]), stripe) == {}
    assert stripe.calls == []


def off(duration: str, end: int | None = None) -> Json:
    coupon = {"id": "HALF", "percent_off": 50, "duration": duration}
    return running(discounts=[{"id": "di_1", "start": NOW, "end": end, "source": {"coupon": coupon}}])


@pytest.mark.parametrize(
    ("whole", "certain"),
    [
        (off("forever"), True),
        (off("forever", NOW + 9), False),
        (off("repeating", NOW + 9), False),
        (off("once"), False),
        (StripeUnavailable("down"), False),
    ],
    ids=["for good", "till then", "for months", "once", "unknown"],
)
def test_a_discount_counts_only_where_it_goes_on_for_good(whole: Any, certain: bool):
    reduced = {"total_discount_amounts": [{"amount": 500, "discount": "di_1"}]}
    answers = {PATH: whole, PREVIEW: previewed(1200, 12000, **reduced)}
    assert saved(running(discounts=["di_1"]), YEAR, **answers) == (2400 if certain else None)


def test_nothing_is_known_of_a_discount_of_the_customers():
    reduced = {"total_discount_amounts": [{"amount": 500, "discount": "di_ada"}]}
    assert saved(running(), YEAR, **{PREVIEW: previewed(1200, 12000, **reduced)}) is None


def test_what_stripe_does_not_say_is_left_out():
    assert saved(running(), YEAR, **{PREVIEW: StripeUnavailable("down")}) is None
    assert saved(running(), YEAR, **{PREVIEW: StripeRejected("no")}) is None
