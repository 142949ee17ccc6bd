"""Cancelling, taking it back, pausing: what is sent to Stripe, what the host hears, and what a second time does."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from invoice_portal.errors import (
    BadRequest,
    ChangeRefused,
    ChangeVetoed,
    HookFailed,
    NotAllowed,
    NotFound,
    StripeRejected,
    StripeUnavailable,
)
from invoice_portal.hooks import Cancellation, Hooks
from invoice_portal.managing.ending import (
    MOST_COMMENT,
    Reason,
    cancel,
    credits_unused,
    ends_now,
    months_later,
    pause,
    read_reason,
    resume,
    unpause,
)

from .helpers.managed import ALL, PATH, changes_sent, read, run, running, told, visit_of
from .helpers.objects import NOW, invoice
from .helpers.programs import Stripe, play

PLANS = [{"price": "price_team"}, {"price": "price_big"}]
ANSWERS = {PATH: running()}


def allowed(**changes: Any) -> Any:
    return visit_of(**{"actions": ALL, "plans": PLANS, **changes})


def test_cancelling_waits_for_the_end_of_the_period_and_gives_the_reason():
    visit = allowed()
    _, stripe = run(cancel(visit, read(running()), Reason("unused", "Bye"), now=False), ANSWERS)
    assert changes_sent(stripe) == [
        {"cancel_at_period_end": True, "cancellation_details": {"feedback": "unused", "comment": "Bye"}}
    ]
    assert told(visit) == ["pre_cancel", "cancel_subscription"]


def test_without_a_reason_none_is_sent():
    _, stripe = run(cancel(allowed(), read(running()), Reason(), now=False), ANSWERS)
    assert changes_sent(stripe) == [{"cancel_at_period_end": True}]


@pytest.mark.parametrize(
    ("status", "bill", "credit"),
    [
        ("active", "paid", True),
        ("active", "open", False),
        ("active", "void", False),
        ("past_due", "open", False),
        ("trialing", "paid", False),
    ],
)
def test_ending_now_credits_what_was_paid_for_and_nothing_else(status: str, bill: str, credit: bool):
    visit, subscription = allowed(cancel="now", credit_unused=True), read(running(status=status))
    answers = {**ANSWERS, "/v1/invoices/in_1": invoice(status=bill)}
    assert run(credits_unused(visit, subscription), answers)[0] is credit
    _, stripe = run(cancel(visit, subscription, Reason(), now=True), answers)
    call = stripe.calls[-1]
    assert (call.method, call.params["prorate"], call.params["invoice_now"]) == ("delete", credit, credit)


def test_nothing_is_credited_unless_the_merchant_says_so():
    assert run(credits_unused(allowed(cancel="now"), read(running())))[0] is False


@pytest.mark.parametrize(
    ("mode", "wish", "status", "now"),
    [
        ("at_period_end", "now", "active", False),
        ("now", "period_end", "active", True),
        ("choice", "now", "active", True),
        ("choice", "period_end", "active", False),
        ("choice", "", "active", False),
        ("at_period_end", "", "incomplete", True),
        ("choice", "period_end", "paused", True),
        ("at_period_end", "", "past_due", False),
    ],
)
def test_when_it_ends(mode: str, wish: str, status: str, now: bool):
    assert ends_now(allowed(cancel=mode), read(running(status=status)), wish) is now


@pytest.mark.parametrize("changes", [{"cancel_at_period_end": True}, {"status": "canceled"}])
def test_what_is_canceled_is_not_canceled_again(changes: dict[str, Any]):
    visit = allowed()
    _, stripe = run(cancel(visit, read(running(**changes)), Reason(), now=True), ANSWERS)
    assert (stripe.calls, told(visit)) == ([], [])


def test_of_two_clicks_that_end_it_now_the_second_finds_it_ended():
    visit = allowed(cancel="now")
    run(cancel(visit, read(running()), Reason(), now=True), {PATH: NotFound("ended")})
    assert told(visit) == ["pre_cancel"], "the first click has told it"
    with pytest.raises(NotFound):
        run(cancel(visit, read(running()), Reason(), now=False), {PATH: NotFound("gone")})


@pytest.mark.parametrize(("answer", "error"), [(False, ChangeVetoed), ("Not yet.", ChangeVetoed), (7, HookFailed)])
def test_the_host_may_keep_it_from_happening(answer: Any, error: type[Exception]):
    asked: list[Cancellation] = []

    def before(cancellation: Cancellation) -> Any:
        asked.append(cancellation)
        return answer

    visit = visit_of(Hooks(before_cancel=before), actions=ALL, plans=PLANS)
    stripe = Stripe(ANSWERS)
    with pytest.raises(error):
        play(cancel(visit, read(running()), Reason("unused"), now=False), stripe)
    assert stripe.calls == []
    assert (asked[0].subscription_id, asked[0].customer_id, asked[0].feedback) == ("sub_1", "cus_ada", "unused")


def test_a_hook_that_fails_keeps_it_from_happening():
    def before(cancellation: Cancellation) -> None:
        raise ValueError("broken")

    visit, stripe = visit_of(Hooks(before_cancel=before), actions=ALL, plans=PLANS), Stripe(ANSWERS)
    with pytest.raises(HookFailed):
        play(cancel(visit, read(running()), Reason(), now=False), stripe)
    assert stripe.calls == []


@pytest.mark.parametrize(
    ("error", "shown"), [(StripeRejected("governed"), ChangeRefused), (StripeUnavailable("down"), StripeUnavailable)]
)
def test_what_stripe_does_not_do_is_not_told_as_done(error: Any, shown: type[Exception]):
    visit = allowed()
    with pytest.raises(shown):
        run(cancel(visit, read(running()), Reason(), now=False), {PATH: error})
    assert told(visit) == ["pre_cancel"]


def test_a_reason_is_one_of_stripes_and_a_comment_has_an_end():
    assert read_reason("unused", "  x " * 1000).comment == ("  x " * 1000).strip()[:MOST_COMMENT]
    assert read_reason("", "").details == {}
    with pytest.raises(BadRequest):
        read_reason("nonsense", "")


def test_a_cancellation_is_taken_back_once():
    visit = allowed()
    _, stripe = run(resume(visit, read(running(cancel_at_period_end=True))), ANSWERS)
    assert changes_sent(stripe) == [{"cancel_at_period_end": False}]
    assert told(visit) == ["resubscribe"]
    _, stripe = run(resume(visit, read(running())), ANSWERS)
    assert stripe.calls == []
    with pytest.raises(NotAllowed):
        run(resume(visit, read(running(status="canceled"))), ANSWERS)


def test_a_pause_lasts_as_many_months_as_are_offered():
    visit = allowed(pause_months=[1, 2], pause_behavior="keep_as_draft")
    _, stripe = run(pause(visit, read(running()), 2), ANSWERS)
    resumes = months_later(NOW, 2)
    assert changes_sent(stripe) == [{"pause_collection": {"behavior": "keep_as_draft", "resumes_at": resumes}}]
    assert visit.happened[0].details == {"resumes_at": resumes}
    for months in (0, 3, -1):
        with pytest.raises(BadRequest):
            run(pause(visit, read(running()), months), ANSWERS)


def test_a_pause_is_neither_begun_nor_ended_twice():
    visit, paused = allowed(), read(running(pause_collection={"behavior": "void", "resumes_at": NOW + 9}))
    assert run(pause(visit, paused, 3), ANSWERS)[1].calls == []
    assert changes_sent(run(unpause(visit, paused), ANSWERS)[1]) == [{"pause_collection": ""}]
    assert run(unpause(visit, read(running())), ANSWERS)[1].calls == []
    assert told(visit) == ["unpause_subscription"]


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2026-01-31T12:00", 1, "2026-02-28T12:00"),
        ("2028-01-31T00:00", 1, "2028-02-29T00:00"),
        ("2026-11-30T23:59", 3, "2027-02-28T23:59"),
        ("2026-12-15T01:00", 12, "2027-12-15T01:00"),
    ],
)
def test_months_are_those_of_the_calendar(start: str, months: int, end: str):
    moment, later = (int(datetime.fromisoformat(each).replace(tzinfo=UTC).timestamp()) for each in (start, end))
    assert months_later(moment, months) == later
