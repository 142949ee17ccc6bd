"""Two tabs pay one invoice: whatever one of them does while the other is in the middle, nothing is paid twice."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from typing import Any

import pytest

from invoice_portal.hooks import Payment

from .helpers.cutting import Line, make_world
from .helpers.payer import (
    AMOUNT,
    Attempt,
    Try,
    a_part,
    begin_new,
    check_new,
    confirm_new,
    confirmed_with_the_bank,
    look,
    press,
    said,
    with_new,
    with_saved,
)
from .helpers.payer_scenarios import Scenario, begin

pytestmark = pytest.mark.usefixtures("no_waiting")
Json = dict[str, Any]


@dataclass(frozen=True)
class Tabs:
    """What is done in one tab while the other is in the middle of its own."""

    name: str
    one: Try
    other: Try
    settings: Json = field(default_factory=dict)
    methods: tuple[str, ...] = ("pm_card_visa",)


def other_card(attempt: Attempt) -> None:
    look(attempt)
    press(attempt, card=-1)


PARTS = {"partial_payments": True}
TABS = (
    Tabs("the same card", with_saved, with_saved),
    Tabs("another card", with_saved, other_card),
    Tabs("saved and new", with_saved, with_new),
    Tabs("new and saved", with_new, with_saved),
    Tabs("new and new", with_new, with_new),
    Tabs("new that is kept, and new", with_new, with_new, {"save_payment_method": "always"}),
    Tabs("a part and all", a_part, with_saved, PARTS),
    Tabs("all and a part", with_saved, a_part, PARTS),
    Tabs("a part, twice", a_part, a_part, PARTS),
    Tabs("card and debit", with_saved, other_card, methods=("pm_usBankAccount_success",)),
    Tabs("debit and card", other_card, with_saved, methods=("pm_usBankAccount_success",)),
    Tabs("asked by the bank, and another card", confirmed_with_the_bank, other_card, methods=(
        "pm_card_authenticationRequired",
    )),
)  # fmt: skip


@pytest.mark.parametrize("tabs", TABS, ids=lambda tabs: tabs.name)
def test_whatever_another_tab_does_meanwhile_nothing_is_paid_twice(tabs: Tabs, counted: list[int]) -> None:
    world = make_world(Line(), **tabs.settings)
    scenario = Scenario(tabs.name, tabs.one, tabs.methods)
    attempt = begin(world, scenario, f"{tabs.name} clean")
    world.line.calls.clear()
    tabs.one(attempt)
    wrong: list[str] = []
    for at, call in list(enumerate(world.line.calls)):
        counted.append(1)
        attempt = begin(world, scenario, f"{tabs.name} {at}")
        other = Attempt(world)
        world.line.meanwhile(at, lambda other=other: tabs.other(other))
        tabs.one(attempt)
        charges = [charge["amount"] for charge in world.charges("succeeded", "pending")]
        if sum(charges) > AMOUNT or (len(charges) > 1 and AMOUNT in charges) or charges == [1200, 1200]:
            wrong.append(f"{at} {call}: {charges}")
        if not charges:
            wrong.append(f"{at} {call}: nothing was paid: {attempt.last and said(attempt.last)[:200]}")
    world.portal.database.close()
    assert not wrong, "\n".join(wrong)


def test_a_part_about_to_be_taken_is_not_when_another_tab_has_paid_all() -> None:
    """One tab has read what is due, the other makes an intent for a part and is about to charge it; the first pays."""
    world, late = make_world(Line(), **PARTS), make_world(Line(), **PARTS)
    scenario = Scenario("all, then a part", with_saved)
    calls = []
    for pay in (with_saved, a_part):
        attempt = begin(world, scenario, f"{pay.__name__} alone")
        world.line.calls.clear()
        pay(attempt)
        calls.append(list(world.line.calls))
    charging = [next(at for at, call in enumerate(made) if re.search("/(pay|confirm)$", call)) for made in calls]
    attempt = begin(world, scenario, "both")
    late.line.sandbox, late.customer, late.invoice, late.methods = (
        world.line.sandbox, world.customer, world.invoice, world.methods,
    )  # fmt: skip
    about_to, paid = threading.Event(), threading.Event()

    def wait() -> None:
        about_to.set()
        paid.wait(10)

    late.line.meanwhile(charging[1], wait)
    other = threading.Thread(target=a_part, args=(Attempt(late),))

    def begin_other() -> None:
        other.start()
        about_to.wait(10)

    world.line.meanwhile(charging[0], begin_other)
    with_saved(attempt)
    paid.set()
    other.join(10)
    assert [charge["amount"] for charge in world.charges("succeeded", "pending")] == [AMOUNT]
    world.portal.database.close()
    late.portal.database.close()


def test_who_is_overtaken_while_stripe_is_slow_takes_no_money() -> None:
    """One tab is about to make an intent for a part, and Stripe lets it wait for longer than its turn. Meanwhile the
    other has been told that it may pay all, and does so right after."""
    world = make_world(Line(), **PARTS)
    scenario = Scenario("a part, slowly", a_part)
    attempt = begin(world, scenario, "slow alone")
    world.line.calls.clear()
    a_part(attempt)
    making = world.line.calls.index("POST /v1/payment_intents")
    attempt, other = begin(world, scenario, "slow"), Attempt(world)
    look(other)
    begun = begin_new(other)

    def overtake() -> None:
        world.now += 61
        assert check_new(other, begun) == "ready"

    world.line.meanwhile(making, overtake)
    a_part(attempt)
    assert attempt.last is not None
    assert "A payment of this invoice was begun a moment ago" in attempt.last.text
    assert world.charges() == []
    confirm_new(other, begun)
    assert [charge["amount"] for charge in world.charges()] == [AMOUNT]
    world.portal.database.close()


def test_what_another_tab_pays_while_the_host_thinks_is_seen() -> None:
    """The host's hook is asked about all of it and needs more than a minute: by then a part has been paid."""
    world = make_world(Line(), **PARTS)
    attempt, other = begin(world, Scenario("all, thoughtfully", with_new), "thoughtful"), Attempt(world)
    look(attempt)
    begun = begin_new(attempt)

    def think(payment: Payment) -> None:
        if payment.way == "new":
            world.now += 61
            a_part(other)

    world.before_pay = think
    assert check_new(attempt, begun) == "changed"
    assert [charge["amount"] for charge in world.charges()] == [1200]
    world.portal.database.close()


def test_a_turn_lasts_from_when_it_is_taken() -> None:
    """The host thinks for more than a minute before one tab may pay all of it: then it is that tab's turn all the same,
    and the other takes no part while Stripe is at work."""
    world = make_world(Line(), **PARTS)
    scenario = Scenario("all, thoughtfully", with_saved)
    attempt = begin(world, scenario, "thoughtful alone")
    world.line.calls.clear()
    with_saved(attempt)
    charging = next(at for at, call in enumerate(world.line.calls) if call.endswith("/pay"))
    attempt, other = begin(world, scenario, "thoughtful"), Attempt(world)

    def think(payment: Payment) -> None:
        world.before_pay = lambda payment: None
        world.now += 61

    world.before_pay = think
    world.line.meanwhile(charging, lambda: a_part(other))
    with_saved(attempt)
    assert other.last is not None
    assert "A payment of this invoice was begun a moment ago" in other.last.text
    assert [charge["amount"] for charge in world.charges()] == [AMOUNT]
    world.portal.database.close()
