"""Ways to pay, and ways to try again when something went wrong; and what must be so afterwards."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stripe_sandbox import Sandbox
from support.paying import saved_method

from .cutting import Answer, World
from .objects import NOW
from .payer import (
    AMOUNT,
    Attempt,
    Try,
    a_part,
    answer_bank,
    by_script,
    confirmed_with_the_bank,
    declined_first,
    look,
    pay_new,
    press,
    said,
    with_new,
    with_saved,
)

Json = dict[str, Any]


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


def begin(world: World, scenario: Scenario, seed: str) -> Attempt:
    """A new account with the invoice and the visitor's methods, and nothing cut."""
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
