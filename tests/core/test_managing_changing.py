"""A change of plan: quoted, sealed, and made at exactly that cost, once, or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from invoice_portal.errors import (
    BadRequest,
    ChangeRefused,
    Conflict,
    NotAllowed,
    NotFound,
    PaymentDeclined,
    PortalError,
    QuoteOutdated,
    StripeRejected,
)
from invoice_portal.hooks import Hooks, PlanChange
from invoice_portal.managing.changing import (
    QUOTE_SECONDS,
    Changed,
    Quote,
    Wish,
    asks_the_customer,
    confirm,
    fingerprint,
    is_made,
    offered_wish,
    quote,
    seal,
    wish_of,
)
from invoice_portal.stripe_api.subscriptions import Subscription
from invoice_portal.visits import Visit

from .helpers.managed import (
    ALL,
    PATH,
    PREVIEW,
    changes_sent,
    cost,
    item,
    price,
    read,
    run,
    running,
    told,
    visit_of,
)
from .helpers.objects import DAY, NOW, Json
from .helpers.programs import Stripe, play

PLANS = [{"price": "price_team", "most": 20}, {"price": "price_big"}]
BIG = price("price_big", 3000)


def previews(due: int = 1334, later: int = 3000, made_at: int = NOW, **changes: Any) -> Any:
    """What Stripe says: of the next invoice, and of a whole period."""

    def answer(params: Mapping[str, Any]) -> Json:
        return cost(later) if params.get("preview_mode") == "recurring" else cost(due, made_at=made_at, **changes)

    return answer


def answers(**changes: Any) -> dict[str, Any]:
    return {"/v1/prices/price_big": BIG, PREVIEW: previews(), PATH: running(), **changes}


def may(hooks: Hooks | None = None, **changes: Any) -> Visit:
    return visit_of(hooks, **{"actions": ALL, "plans": PLANS, "proration_behavior": "always_invoice", **changes})


def quoted(visit: Visit, subscription: Subscription, wish: Wish | None = None, **changes: Any) -> Quote:
    found: Quote = run(quote(visit, subscription, wish or Wish("price_big", 1)), answers(**changes))[0]
    return found


def sealed(visit: Visit, subscription: Subscription, **changes: Any) -> str:
    return seal(visit, subscription, quoted(visit, subscription, **changes))


# What is wished for


def test_a_wish_is_a_plan_of_the_list_at_the_present_quantity():
    subscription = read(running(item(quantity=4)))
    assert wish_of(may(), subscription, "price_big", 9) == Wish("price_big", 4), (
        "it has no bounds: the quantity is kept"
    )
    for wrong in ("price_other", "", "price_team/../x"):
        with pytest.raises(NotAllowed):
            wish_of(may(), subscription, wrong, None)
    with pytest.raises(NotAllowed):
        wish_of(may(), read(running(status="past_due")), "price_big", None)


@pytest.mark.parametrize(("wanted", "got"), [(None, 4), (1, 1), (20, 20)])
def test_a_quantity_may_be_chosen_within_its_bounds(wanted: int | None, got: int):
    assert wish_of(may(), read(running(item(quantity=4))), "price_team", wanted).quantity == got


@pytest.mark.parametrize("wanted", [0, -1, 21, 10**12])
def test_a_quantity_out_of_bounds_is_refused(wanted: int):
    with pytest.raises(BadRequest):
        wish_of(may(), read(running()), "price_team", wanted)


def test_an_offer_replaces_the_plan_or_comes_beside_it_and_never_guesses():
    one, two = read(running(item(quantity=3))), read(running(item(of=price("a")), item("si_2", of=price("b"))))
    visit = may()
    assert offered_wish(visit, one, "price_x", "o", adds=False) == Wish("price_x", 3, adds=False, offer="o")
    assert offered_wish(visit, one, "price_x", "o", adds=True) == Wish("price_x", 1, adds=True, offer="o")
    assert offered_wish(visit, two, "price_x", "o", adds=True).adds
    with pytest.raises(NotAllowed):
        offered_wish(visit, two, "price_x", "o", adds=False)
    with pytest.raises(NotAllowed):
        offered_wish(visit, read(running(pause_collection={"behavior": "void"})), "price_x", "o", adds=True)


# What it costs


def test_a_quote_says_what_is_due_now_and_later():
    visit, stripe = may(), Stripe(answers())
    found = play(quote(visit, read(running(item(quantity=2))), Wish("price_big", 2)), stripe)
    assert (found.immediate, found.due_now.amount, found.later.due.amount) == (True, 1334, 3000)
    following, whole = stripe.asked(PREVIEW)
    items = [{"id": "si_1", "price": "price_big", "quantity": 2}]
    assert following["subscription_details"] == {
        "items": items,
        "proration_behavior": "always_invoice",
        "proration_date": NOW,
    }
    assert whole == {"subscription": "sub_1", "preview_mode": "recurring", "subscription_details": {"items": items}}


def test_what_is_billed_with_the_next_period_is_not_due_now():
    found = quoted(may(), read(running()), **{PREVIEW: previews(made_at=NOW + 20 * DAY)})
    assert (found.immediate, found.due_now.amount) == (False, 0)


def test_a_metered_price_has_no_quantity_and_an_add_on_no_item():
    metered = price("price_big", recurring={"interval": "month", "usage_type": "metered"})
    stripe = Stripe(answers(**{"/v1/prices/price_big": metered}))
    play(quote(may(), read(running()), Wish("price_big", 1, adds=True)), stripe)
    assert stripe.asked(PREVIEW)[0]["subscription_details"]["items"] == [{"price": "price_big"}]


@pytest.mark.parametrize(
    "changes",
    [
        {"active": False},
        {"recurring": None},
        {"currency": "eur"},
    ],
    ids=["archived", "one time", "currency"],
)
def test_a_price_that_cannot_be_had_is_not_quoted(changes: Json):
    with pytest.raises(NotAllowed):
        quoted(may(), read(running()), **{"/v1/prices/price_big": {**BIG, **changes}})


def test_what_stripe_does_not_take_is_not_quoted():
    with pytest.raises(NotAllowed):
        quoted(may(), read(running()), **{PREVIEW: StripeRejected("no")})


def test_another_rhythm_beside_an_add_on_and_the_present_plan_are_not_quoted():
    with_addon = read(running(item(), item("si_2", of=price("price_addon"))))
    with pytest.raises(NotAllowed):
        quoted(may(), with_addon, **{"/v1/prices/price_big": price("price_big", interval="year")})
    with pytest.raises(BadRequest):
        quoted(may(), read(running(item(of=BIG))))


# Confirming


def test_what_was_quoted_is_made_and_told():
    visit, subscription = may(), read(running())
    changed, stripe = run(confirm(visit, subscription, sealed(visit, subscription)), answers())
    assert changed == Changed(Wish("price_big", 1))
    (change,) = [call for call in stripe.calls if call.path == PATH]
    assert change.params == {
        "items": [{"id": "si_1", "price": "price_big", "quantity": 1}],
        "proration_behavior": "always_invoice",
        "proration_date": NOW,
        "payment_behavior": "error_if_incomplete",
        "metadata": {"invoice_portal_changes": "1"},
    }
    assert change.idempotency_key == f"invoice-portal-{fingerprint(subscription)}"
    assert told(visit) == ["pre_change_plan", "change_plan"]


def test_it_is_computed_anew_as_of_the_same_moment():
    visit, subscription = may(), read(running())
    token = sealed(visit, subscription)
    _, stripe = run(confirm(replace(visit, now=NOW + 600), subscription, token), answers())
    assert stripe.asked(PREVIEW)[0]["subscription_details"]["proration_date"] == NOW
    assert changes_sent(stripe)[0]["proration_date"] == NOW


def test_an_invoice_that_is_sent_waits_for_no_payment():
    visit, subscription = may(), read(running(collection_method="send_invoice"))
    _, stripe = run(confirm(visit, subscription, sealed(visit, subscription)), answers())
    assert "payment_behavior" not in changes_sent(stripe)[0]


@pytest.mark.parametrize(
    "changes",
    [
        {PREVIEW: previews(due=1335)},
        {PREVIEW: previews(later=3001)},
        {PREVIEW: previews(total=1500)},
        {PREVIEW: previews(made_at=NOW + 20 * DAY)},
    ],
    ids=["due", "later", "total", "when"],
)
def test_nothing_is_made_that_would_cost_something_else(changes: dict[str, Any]):
    visit, subscription = may(), read(running())
    token, stripe = sealed(visit, subscription), Stripe(answers(**changes))
    with pytest.raises(QuoteOutdated):
        play(confirm(visit, subscription, token), stripe)
    assert (changes_sent(stripe), told(visit)) == ([], [])


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "trialing"},
        {"discounts": ["di_1"]},
        {"collection_method": "send_invoice"},
        {"metadata": {"invoice_portal_changes": "1"}},
        {"items": {"data": [item(quantity=2)]}},
        {"items": {"data": [{**item(), "current_period_end": NOW + 50 * DAY}]}},
    ],
    ids=["status", "discount", "collection", "count", "quantity", "period"],
)
def test_a_subscription_that_changed_meanwhile_is_asked_about_again(changes: Json):
    visit = may()
    token, stripe = sealed(visit, read(running())), Stripe(answers())
    with pytest.raises(QuoteOutdated):
        play(confirm(visit, read({**running(), **changes}), token), stripe)
    assert stripe.calls == []


def test_a_quote_grows_old():
    visit, subscription = may(), read(running())
    token = sealed(visit, subscription)
    with pytest.raises(QuoteOutdated):
        run(confirm(replace(visit, now=NOW + QUOTE_SECONDS), subscription, token), answers())


def test_a_change_that_is_made_is_not_made_again():
    visit, subscription = may(), read(running())
    token = sealed(visit, subscription)
    now = read(running(item(of=BIG), metadata={"invoice_portal_changes": "1"}))
    changed, stripe = run(confirm(visit, now, token), answers())
    assert (changed, stripe.calls) == (Changed(Wish("price_big", 1)), [])


@pytest.mark.parametrize("forged", ["", "x", "e30.x"])
def test_a_forged_quote_is_none(forged: str):
    with pytest.raises(BadRequest):
        run(confirm(may(), read(running()), forged), answers())


def test_a_quote_is_for_its_own_subscription_and_by_its_own_portal():
    visit, subscription = may(), read(running())
    token = sealed(visit, subscription)
    with pytest.raises(BadRequest):
        run(confirm(visit, replace(subscription, id="sub_2"), token), answers())
    with pytest.raises(BadRequest):
        run(confirm(visit, subscription, visit.signer.seal("other", {"s": "sub_1"})), answers())


def test_a_plan_or_an_offer_that_was_taken_away_is_not_made():
    visit, subscription = may(), read(running())
    token, offered = sealed(visit, subscription), seal(visit, subscription, _offered(visit, subscription))
    with pytest.raises(NotAllowed):
        run(confirm(may(plans=[{"price": "price_y"}]), subscription, token), answers())
    with pytest.raises(QuoteOutdated):
        run(confirm(visit, subscription, offered), answers())


def _offered(visit: Visit, subscription: Subscription) -> Quote:
    return quoted(visit, subscription, Wish("price_big", 1, offer="gone"))


def test_the_host_may_say_no_and_hears_the_whole_of_it():
    asked: list[PlanChange] = []

    def before(change: PlanChange) -> str:
        asked.append(change)
        return "Talk to us."

    visit, subscription = may(Hooks(before_change_plan=before)), read(running())
    stripe = Stripe(answers())
    with pytest.raises(PortalError, match="said no"):
        play(confirm(visit, subscription, sealed(visit, subscription)), stripe)
    assert changes_sent(stripe) == []
    (change,) = asked
    assert (change.old_price_id, change.new_price_id, change.quantity) == ("price_team", "price_big", 1)
    assert (change.due_now, change.currency, change.customer_id) == (1334, "usd", "cus_ada")


# Paying for it


def declines(code: str, *later: Any) -> Any:
    """Stripe refuses what is to be paid at once; the calls after that are answered in turn."""
    following = iter(later)

    def answer(params: Mapping[str, Any]) -> Any:
        if params.get("payment_behavior") == "error_if_incomplete":
            return PaymentDeclined("no", code)
        return running() if "items" not in params else next(following)

    return answer


def test_a_declined_payment_leaves_the_plan_and_another_try_possible():
    visit, subscription = may(), read(running())
    stripe = Stripe(answers(**{PATH: declines("card_declined")}))
    with pytest.raises(PaymentDeclined):
        play(confirm(visit, subscription, sealed(visit, subscription)), stripe)
    assert changes_sent(stripe)[1:] == [{"metadata": {"invoice_portal_changes": "1"}}]
    assert told(visit) == ["pre_change_plan"]


WAITS = running(pending_update={"expires_at": NOW + DAY, "subscription_items": [item(of=BIG)]}, latest_invoice="in_9")


def test_what_the_bank_wants_confirmed_waits_for_its_payment():
    visit, subscription = may(), read(running())
    asks = declines("subscription_payment_intent_requires_action", WAITS)
    changed, stripe = run(confirm(visit, subscription, sealed(visit, subscription)), answers(**{PATH: asks}))
    assert changed.invoice == "in_9"
    first, waiting = (call for call in stripe.calls if "items" in call.params and call.path == PATH)
    assert waiting.params == {
        "items": first.params["items"],
        "proration_behavior": "always_invoice",
        "proration_date": NOW,
        "payment_behavior": "pending_if_incomplete",
    }
    assert waiting.idempotency_key == f"{first.idempotency_key}-paid"
    assert told(visit) == ["pre_change_plan"], "nothing is changed yet"


def test_what_the_bank_lets_through_after_all_is_made():
    visit, subscription = may(), read(running())
    asks = declines("authentication_required", running(item(of=BIG)))
    changed, _ = run(confirm(visit, subscription, sealed(visit, subscription)), answers(**{PATH: asks}))
    assert changed.invoice == ""
    assert told(visit) == ["pre_change_plan", "change_plan"]


@pytest.mark.parametrize("error", [StripeRejected("no"), Conflict("no")])
def test_where_nothing_can_wait_the_payment_was_declined(error: PortalError):
    visit, subscription = may(), read(running())
    asks = declines("authentication_required", error)
    with pytest.raises(PaymentDeclined) as caught:
        run(confirm(visit, subscription, sealed(visit, subscription)), answers(**{PATH: asks}))
    assert asks_the_customer(caught.value.code)


def test_a_second_click_leads_to_what_waits():
    visit = may()
    token = sealed(visit, read(running()))
    now = {**WAITS, "metadata": {"invoice_portal_changes": "1"}}
    changed, stripe = run(confirm(visit, read(now), token), answers())
    assert (changed.invoice, stripe.calls) == ("in_9", [])


def test_what_waits_is_not_taken_for_another_wish():
    visit, other = may(), price("price_team", 1000)
    token = seal(
        visit,
        read(running()),
        quoted(visit, read(running()), Wish("price_team", 5), **{"/v1/prices/price_team": other}),
    )
    stripe = Stripe(answers())
    with pytest.raises(QuoteOutdated):
        play(confirm(visit, read({**WAITS, "metadata": {"invoice_portal_changes": "1"}}), token), stripe)
    assert stripe.calls == []


@pytest.mark.parametrize(
    ("error", "shown"),
    [(Conflict("two"), QuoteOutdated), (StripeRejected("no"), ChangeRefused), (NotFound("gone"), NotFound)],
)
def test_what_stripe_does_not_make_is_not_told_as_made(error: PortalError, shown: type[Exception]):
    visit, subscription = may(), read(running())
    with pytest.raises(shown):
        run(confirm(visit, subscription, sealed(visit, subscription)), answers(**{PATH: error}))
    assert told(visit) == ["pre_change_plan"]


@pytest.mark.parametrize(
    ("code", "asks"),
    [
        ("authentication_required", True),
        ("invoice_payment_intent_requires_action", True),
        ("subscription_payment_intent_requires_action", True),
        ("card_declined", False),
        ("", False),
    ],
)
def test_codes_that_ask_the_customer(code: str, asks: bool):
    assert asks_the_customer(code) is asks


def test_what_there_is():
    metered = price("price_m", recurring={"interval": "month", "usage_type": "metered"})
    subscription = read(running(item(quantity=2), item("si_2", None, metered)))
    assert is_made(subscription, Wish("price_team", 2))
    assert not is_made(subscription, Wish("price_team", 1))
    assert is_made(subscription, Wish("price_m", 1))
    assert not is_made(subscription, Wish("price_big", 2))


@pytest.mark.parametrize("count", ["x", "-1", "9" * 20, "²"])
def test_a_count_that_somebody_else_wrote_is_none(count: str):
    visit, subscription = may(), read(running(metadata={"invoice_portal_changes": count}))
    _, stripe = run(confirm(visit, subscription, sealed(visit, subscription)), answers())
    assert changes_sent(stripe)[0]["metadata"] == {"invoice_portal_changes": "1"}
