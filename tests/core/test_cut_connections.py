"""The line to Stripe is cut at every single call of a payment, and the visitor tries again.

Whatever was cut, and whatever they do then, exactly one charge is made, and no page says what is not so.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from invoice_portal.errors import PortalError

from .helpers.cutting import CUTS, Answer, Cut, Line, World, make_world
from .helpers.payer import AMOUNT, Attempt, said, says_settled, with_saved
from .helpers.payer_scenarios import RETRIES, SCENARIOS, Scenario, begin, check_secrets, check_told, check_truth
from .helpers.visiting import PREFIX

pytestmark = pytest.mark.usefixtures("no_waiting")

EVERY = bool(os.environ.get("EVERY_RETRY"))
"""Whether each cut is followed by each way to try again, in place of one of them in turn: five times the work."""


def points(world: World, scenario: Scenario) -> list[tuple[int, str]]:
    """Every call of a payment in which nothing goes wrong."""
    attempt = begin(world, scenario, f"{scenario.name} clean")
    world.line.calls.clear()
    scenario.pay(attempt)
    assert [charge["amount"] for charge in world.charges(scenario.settles)] == list(scenario.charges)
    assert attempt.last is not None
    check_truth(world, attempt.last, scenario)
    assert says_settled(attempt.last), said(attempt.last)
    return list(enumerate(world.line.calls))


def one_point(world: World, scenario: Scenario, at: int, cut: Cut, retry: Callable[[Scenario, Attempt], None]) -> None:
    """Pay with a cut, then try again until the page says that it is settled; then look at Stripe's books."""
    attempt = begin(world, scenario, f"{scenario.name} {at} {cut} {retry.__name__}")
    world.line.cut_at(at, cut)
    scenario.pay(attempt)
    check_truth(world, attempt.last, scenario)
    world.line.heal()
    for _ in range(4):
        if attempt.last is not None and says_settled(attempt.last):
            break
        retry(scenario, attempt)
        check_truth(world, attempt.last, scenario)
    charges = [charge["amount"] for charge in world.charges("succeeded", "pending")]
    assert charges == list(scenario.charges), (charges, attempt.last and said(attempt.last))
    assert attempt.last is not None
    assert says_settled(attempt.last), said(attempt.last)
    page = world.get(f"{PREFIX}/invoices/{world.invoice}")
    check_truth(world, page, scenario)
    check_told(world, scenario)
    paid = world.account.get(f"invoices/{world.invoice}")["status"] == "paid"
    assert paid == (sum(charge["amount"] for charge in world.charges()) == AMOUNT)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_cut_at_any_call_ends_with_one_payment(
    scenario: Scenario, counted: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger="invoice_portal")
    world = make_world(Line(), **scenario.settings)
    calls = points(world, scenario)
    assert len(calls) >= 5
    wrong: list[str] = []
    for at, call in calls:
        for kind, cut in enumerate(CUTS):
            for retry in RETRIES if EVERY else [RETRIES[(at + kind) % len(RETRIES)]]:
                counted.append(1)
                try:
                    one_point(world, scenario, at, cut, retry)
                except (AssertionError, PortalError, StopIteration, KeyError, IndexError) as error:
                    wrong.append(f"{at} {call} {cut} {retry.__name__}: {type(error).__name__} {str(error)[:300]}")
    world.portal.database.close()
    check_secrets(caplog.text, world)
    assert not wrong, f"{len(wrong)} of {sum(counted)}:\n" + "\n".join(wrong[:12])


# Several at once

SEVERAL = (AMOUNT, 1100)


def tick_all(world: World) -> Answer:
    """Open the page for several invoices and pay all that is ticked."""
    page = world.get(f"{PREFIX}/pay")
    form = next((form for form in page.html.forms if form.action.endswith("/pay?currency=usd")), None)
    if form is None or "method" not in form.fields:
        return page
    return world.post(form.action, {**form.fields, "method": world.methods[0]})


def test_a_cut_among_several_ends_with_each_paid_once(counted: list[int], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="invoice_portal")
    world, scenario = make_world(Line()), Scenario("several", with_saved)

    def stage(seed: str) -> None:
        begin(world, scenario, f"several {seed}")
        world.account.open(world.customer, SEVERAL[1])
        world.line.calls.clear()

    stage("clean")
    tick_all(world)
    assert sorted(charge["amount"] for charge in world.charges()) == sorted(SEVERAL)
    wrong: list[str] = []
    for at, call in list(enumerate(world.line.calls)):
        for cut in CUTS:
            counted.append(1)
            stage(f"{at} {cut}")
            world.line.cut_at(at, cut)
            tick_all(world)
            world.line.heal()
            for _ in range(4):
                if not world.account.get("invoices", customer=world.customer, status="open")["data"]:
                    break
                tick_all(world)
            charges = sorted(charge["amount"] for charge in world.charges("succeeded", "pending"))
            if charges != sorted(SEVERAL) or len(world.told) > 2:
                wrong.append(f"{at} {call} {cut}: {charges}, {len(world.told)} told")
    world.portal.database.close()
    check_secrets(caplog.text, world)
    assert not wrong, "\n".join(wrong)
