"""The line to Stripe is cut at every single call of a payment, and the visitor tries again.

Whatever was cut, and whatever they do then, exactly one charge is made, and no page says what is not so.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import stripe

from invoice_portal.errors import PortalError
from support.paying import saved_method

from .helpers.cutting import CUTS, Answer, Cut, Line, World, make_world
from .helpers.objects import NOW
from .helpers.visiting import PREFIX

Json = dict[str, Any]
AMOUNT = 4200
JSON = "application/json"


@dataclass
class Attempt:
    """What the visitor has before them: the page that they opened, and the last answer."""

    world: World
    page: Answer | None = None
    last: Answer | None = None


Try = Callable[[Attempt], None]


@dataclass(frozen=True)
class Scenario:
    """A way to pay: the account, the settings, and what the visitor does. ``charges`` is what must be taken in all."""

    name: str
    pay: Try
    methods: tuple[str, ...] = ("pm_card_visa",)
    settings: Json = field(default_factory=dict)
    charges: tuple[int, ...] = (AMOUNT,)
    settles: str = "succeeded"
    subscription: bool = False


# What a visitor does


def look(attempt: Attempt, query: str = "") -> None:
    """Open the page on which the invoice is paid."""
    attempt.page = attempt.last = attempt.world.get(f"{PREFIX}/invoices/{attempt.world.invoice}/pay{query}")


def press(attempt: Attempt, accept: str = "text/html", card: int = 0) -> bool:
    """Press the button for a saved method, on the page as it is; whether there is one."""
    assert attempt.page is not None
    form = next((form for form in attempt.page.html.forms if form.action.endswith("/pay/saved")), None)
    if form is None:
        return False
    offered = {
        box.attributes["value"]
        for box in attempt.page.html.root.all("input")
        if box.attributes.get("name") == "method" and "disabled" not in box.attributes
    }
    method = attempt.world.methods[card]
    if method not in offered:
        method = next(id for id in attempt.world.methods if id in offered)
    fields = {**form.fields, "method": method}
    attempt.last = attempt.world.post(form.action, fields, accept)
    return True


def with_saved(attempt: Attempt) -> None:
    look(attempt)
    press(attempt)


def by_script(attempt: Attempt) -> None:
    look(attempt)
    press(attempt, JSON)


def a_part(attempt: Attempt) -> None:
    """They look at what is due, and pay a part of it only while it is all of it."""
    look(attempt)
    if attempt.last is not None and "$42.00" in attempt.last.text:
        look(attempt, "?part=12.00")
        if "$30.00" in attempt.last.text:  # what will be left
            press(attempt)


def confirmed_with_the_bank(attempt: Attempt) -> None:
    """As ``static/pay.js`` does it: the portal gives the secret, Stripe.js asks, and the portal reads the result."""
    with_saved(attempt)
    answer_bank(attempt)


def answer_bank(attempt: Attempt) -> None:
    world, page = attempt.world, attempt.last
    if page is None or page.status != 200 or "data-portal-bank" not in page.reply.body.decode():
        return
    fields = next(form.fields for form in page.html.forms if not form.action and "form_token" in form.fields)
    ready = world.post(f"{PREFIX}/invoices/{world.invoice}/pay/bank", fields, JSON)
    if ready.json.get("status") != "ready":
        attempt.last = ready
        return
    secret = ready.json["client_secret"]
    found = world.by_page("GET", f"payment_intents/{secret.partition('_secret_')[0]}", client_secret=secret)
    if found.get("status") == "requires_action":
        world.line.sandbox.authenticate(found["id"])
    if "error" not in found:
        attempt.last = world.get(ready.json["return_url"])


def with_new(attempt: Attempt) -> None:
    """As ``static/pay.js`` and Stripe's element do it."""
    look(attempt)
    pay_new(attempt)


def pay_new(attempt: Attempt, card: str = "pm_card_visa") -> None:
    world, page = attempt.world, attempt.page
    assert page is not None
    if page.status != 200 or "data-portal-pay" not in page.reply.body.decode():
        return
    fields = next(f.fields for f in page.html.forms if not f.action and "statement" in f.fields)
    base = f"{PREFIX}/invoices/{world.invoice}/pay"
    ready = attempt.last = world.post(f"{base}/new", fields, JSON)
    if ready.json.get("status") != "ready":
        return
    secret, sealed = ready.json["client_secret"], ready.json["paying"]
    checked = attempt.last = world.post(f"{base}/check", {**fields, "paying": sealed}, JSON)
    if checked.json.get("status") != "ready":
        return
    intent = secret.partition("_secret_")[0]
    done = world.by_page(
        "POST", f"payment_intents/{intent}/confirm", client_secret=secret, payment_method=card, use_stripe_sdk=True
    )
    if "error" in done:
        attempt.last = world.post(f"{base}/result", {**fields, "paying": sealed, "lost": "1"}, JSON)
    else:
        attempt.last = world.get(ready.json["return_url"])


def declined_first(attempt: Attempt) -> None:
    """The first card is declined; then another one is taken."""
    look(attempt)
    press(attempt, card=1)
    if attempt.last is not None and not says_settled(attempt.last):
        look(attempt)
        press(attempt, card=0)


SCENARIOS = (
    Scenario("saved card", with_saved),
    Scenario("saved card, by the script", by_script),
    Scenario("saved card, types restricted", with_saved, settings={"payment_method_types": ["card"]}),
    Scenario("saved card, a subscription's invoice", with_saved, subscription=True),
    Scenario("saved card, a part", a_part, settings={"partial_payments": True}, charges=(1200,)),
    Scenario("saved card that the bank asks about", confirmed_with_the_bank, ("pm_card_authenticationRequired",)),
    Scenario("declined card, then another", declined_first, ("pm_card_visa", "pm_card_chargeCustomerFail")),
    Scenario("bank debit", with_saved, ("pm_usBankAccount_success",), settles="pending"),
    Scenario(
        "bank debit only",
        with_saved,
        ("pm_usBankAccount_success", "pm_card_visa"),
        {"payment_method_types": ["us_bank_account"]},
        settles="pending",
    ),
    Scenario("new card", with_new, ()),
    Scenario("new card, kept", with_new, (), {"save_payment_method": "always", "save_as_default": True}),
    Scenario("new card, offered to be kept", with_new, (), {"save_payment_method": "offer"}),
)


# What they do when something went wrong


def reload_and_pay(scenario: Scenario, attempt: Attempt) -> None:
    scenario.pay(attempt)


def press_again(scenario: Scenario, attempt: Attempt) -> None:
    """The old page is still there: back, and once more."""
    if attempt.page is None or attempt.page.status != 200 or not press(attempt):
        scenario.pay(attempt)
    answer_bank(attempt)


def another_card(scenario: Scenario, attempt: Attempt) -> None:
    """They do not trust the method, and take another."""
    if "part" in scenario.name:
        scenario.pay(attempt)
        return
    look(attempt)
    if not press(attempt, card=-1):
        scenario.pay(attempt)
    answer_bank(attempt)


def another_way(scenario: Scenario, attempt: Attempt) -> None:
    """They do not trust saved methods, and type a card in; or the other way round."""
    if "part" in scenario.name or scenario.settings.get("payment_method_types") == ["us_bank_account"]:
        scenario.pay(attempt)
    else:
        look(attempt)
        pay_new(attempt)


RETRIES = (reload_and_pay, press_again, another_card, another_way)


# What is so


_SETTLED = ("Thank you", "on its way. It can", "There is nothing left to pay", "To pay now $30.00")


def says_settled(answer: Answer) -> bool:
    text = said(answer)
    return any(words in text for words in _SETTLED)


def said(answer: Answer) -> str:
    if answer.reply.headers.get("Content-Type", "").startswith(JSON):
        return str(answer.json.get("text", ""))
    return answer.text


def check_truth(world: World, answer: Answer | None, scenario: Scenario) -> None:
    """Nothing that a page says contradicts Stripe's books."""
    if answer is None:
        return
    text, taken = said(answer), world.paid
    whole = sum(scenario.charges)
    if "Paid. Thank you." in text or "This part is paid" in text or "There is nothing left to pay" in text:
        assert taken == whole, text
    if "To pay now $30.00" in text:
        assert taken == 1200, text
    if "Your payment is on its way" in text:
        assert world.charges("pending", "succeeded"), text
    if "Choose another way to pay" in text:
        assert taken == 0, text
        assert world.charges("failed"), text
    assert "secret" not in answer.address
    assert answer.status in (200, 303, 503, 409), (answer.status, text)


def check_told(world: World, scenario: Scenario) -> None:
    """The host heard of the payment once: by the page that says so, or, after a part, by the webhook."""
    (charge,) = world.charges("succeeded", "pending")
    paid = charge["status"] == "succeeded"
    ended = ("paid", "processing")
    heard = [payment for payment in world.told if payment.status in ended]
    assert len(heard) == 1 or (not heard and "part" in scenario.name), heard
    assert world.deliver("invoice_payment.paid" if paid else "payment_intent.processing") == 200
    (told,) = [payment for payment in world.told if payment.status in ended]
    assert (told.payment_intent_id, told.amount) == (charge["payment_intent"], charge["amount"])
    assert told.way in ("saved", "new")
    assert told.visitor == "email ada@example.com"
    failures = [payment for payment in world.told if payment.status == "failed"]
    assert len(failures) <= len(world.charges("failed")), failures


def check_secrets(logs: str, world: World) -> None:
    """What lets anybody pay or see a card is in no log, no row and no hook."""
    kept = b"".join(path.read_bytes() for path in Path.cwd().glob("invoice-portal.sqlite3*"))
    assert kept
    for text in (logs, kept.decode("latin-1"), repr(world.told)):
        assert not re.search(r"_secret_|cuss_|whsec_|sk_test|4242424242424242|last4|fingerprint", text)


# Setting the stage


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stripe, "enable_telemetry", False)
    monkeypatch.setattr(stripe.HTTPClient, "_sleep_time_seconds", lambda *args, **more: 0)


def begin(world: World, scenario: Scenario, seed: str) -> Attempt:
    """A new account with the invoice and the visitor's methods, and nothing cut."""
    from stripe_sandbox import Sandbox

    world.line.heal()
    world.line.sandbox = Sandbox(seed=seed, now=NOW)
    world.told.clear()
    account = world.account
    world.customer = account.customer("ada@example.com", "Ada")
    # Where there are any there is another one beside, for those who do not trust the first.
    names = (*scenario.methods, "pm_card_mastercard") if scenario.methods else ()
    world.methods = [saved_method(account, world.customer, name) for name in names]
    if scenario.subscription:
        world.invoice = account.invoice_of(account.subscription(world.customer, account.price(amount=AMOUNT)))
    else:
        world.invoice = account.open(world.customer, AMOUNT)
    return Attempt(world)


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


EVERY = bool(os.environ.get("EVERY_RETRY"))
"""Whether each cut is followed by each way to try again, in place of one of them in turn: five times the work."""


@pytest.fixture
def counted(capsys: pytest.CaptureFixture[str]) -> Iterator[list[int]]:
    numbers: list[int] = []
    yield numbers
    with capsys.disabled():
        print(f"\n  {sum(numbers)} cuts or races, and one payment each time", end="")


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


# Two tabs


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
