"""Each outcome of a payment is told once, whoever hears of it first, on many workers and after any crash."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from invoice_portal import Portal, PortalSettings
from invoice_portal.effects import Query
from invoice_portal.hooks import Event, Hooks, Payment
from invoice_portal.outcomes import CLAIM_SECONDS, KEPT_DAYS, Begun, outcome, who_began
from invoice_portal.sharing.rules import DAY
from support.moments import NOW

PAID = Payment(
    invoice_id="in_1",
    invoice_number="ACME-1",
    customer_id="cus_1",
    subscription_id=None,
    amount=1500,
    currency="usd",
    way="elsewhere",
    payment_intent_id="pi_1",
    status="paid",
)
FAILED = replace(PAID, status="failed", code="card_declined")
ADA = Begun(way="saved", visitor="email ada@example.com", via="login")


class Host:
    """The host's functions: they note what they are told, and may be broken."""

    def __init__(self) -> None:
        self.told: list[Payment] = []
        self.events: list[Event] = []
        self.broken = False

    def hear(self, payment: Payment) -> None:
        if self.broken:
            raise RuntimeError("the host's database is away")
        self.told.append(payment)

    @property
    def hooks(self) -> Hooks:
        return Hooks(after_pay=self.hear, payment_failed=self.hear, on_event=self.events.append)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def host() -> Host:
    return Host()


@pytest.fixture
def portal(database_url: str, clock: Clock) -> Iterator[Portal]:
    settings = PortalSettings(stripe_api_key="sk_test_x", secret_keys=["k" * 20], database_url=database_url)
    made = Portal(settings, clock=clock)
    yield made
    made.database.close()


@pytest.fixture
def tell(portal: Portal, host: Host) -> Callable[..., str]:
    def tell(payment: Payment, who: Begun = ADA, attempt: str = "") -> str:
        return portal.blocking.run(outcome(portal.desk("Stripe"), host.hooks, payment, who, attempt))

    return tell


def trail(portal: Portal) -> list[tuple[str, str, str]]:
    return [(record.action, record.subject, record.actor) for record in portal.audit.records()]


def test_an_outcome_is_told_and_recorded_once(portal: Portal, host: Host, tell: Callable[..., str]) -> None:
    assert [tell(PAID), tell(PAID, Begun()), tell(PAID)] == ["told", "known", "known"]
    assert host.told == [replace(PAID, way="saved", visitor=ADA.visitor)]
    assert [(event.name, event.subject, event.details["status"]) for event in host.events] == [
        ("pay_invoice", "in_1", "paid")
    ]
    assert trail(portal) == [("invoice.paid", "in_1", ADA.visitor)]
    (record,) = portal.audit.records()
    assert json.loads(record.detail) == {"payment_intent": "pi_1", "way": "saved"}
    assert (record.customer, record.via) == ("cus_1", "login")


def test_outcomes_are_told_apart(portal: Portal, host: Host, tell: Callable[..., str]) -> None:
    tell(replace(PAID, status="processing"), Begun())
    tell(FAILED, attempt="ch_1")
    tell(FAILED, attempt="ch_2")
    tell(FAILED, attempt="ch_2")
    tell(PAID, Begun())
    tell(replace(PAID, payment_intent_id="pi_2"))
    assert [payment.status for payment in host.told] == ["processing", "failed", "failed", "paid", "paid"]
    assert [action for action, _, _ in trail(portal)] == [
        "invoice.payment_processing",
        "invoice.payment_failed",
        "invoice.payment_failed",
        "invoice.paid",
        "invoice.paid",
    ]
    assert trail(portal)[0][2] == "Stripe"


def test_of_many_at_once_one_tells(host: Host, tell: Callable[..., str]) -> None:
    with ThreadPoolExecutor(8) as threads:
        told = list(threads.map(lambda _: tell(PAID), range(24)))
    assert sorted(told) == ["known"] * 23 + ["told"]
    assert len(host.told) == 1


def test_a_host_that_fails_is_told_again(portal: Portal, host: Host, tell: Callable[..., str]) -> None:
    host.broken = True
    assert tell(PAID) == "failed"
    assert trail(portal) == []
    host.broken = False
    assert [tell(PAID), tell(PAID)] == ["told", "known"]
    assert (len(host.told), len(trail(portal))) == (1, 1)


def test_a_claim_whose_owner_died_is_taken_over(portal: Portal, host: Host, clock: Clock, tell: Any) -> None:
    class PowerCut(BaseException):
        pass

    def dies(payment: Payment) -> None:
        raise PowerCut

    with pytest.raises(PowerCut):
        portal.blocking.run(outcome(portal.desk("Stripe"), Hooks(after_pay=dies), PAID, ADA))
    assert tell(PAID) == "known"  # its owner may still be at it
    clock.now += CLAIM_SECONDS
    assert [tell(PAID), tell(PAID)] == ["told", "known"]
    assert len(host.told) == 1


def test_what_is_told_for_long_is_forgotten(portal: Portal, clock: Clock, tell: Callable[..., str]) -> None:
    tell(PAID)
    clock.now += (KEPT_DAYS + 1) * DAY
    tell(replace(PAID, payment_intent_id="pi_2"))
    assert tell(PAID) == "told"


def test_who_began_is_known_to_all_workers_for_a_day(portal: Portal, clock: Clock, tell: Any) -> None:
    async def begin(way: str, intent: str = "pi_1") -> None:
        row = {"id": f"pay_{way}{intent}", "account": "", "intent": intent, "outcome": "begun", "told_at": None}
        row |= {"way": way, "visitor": "email ada@example.com", "via": "login", "claimed_at": clock.now}
        await Query("payment.begin", row, lambda rows: None)

    assert portal.blocking.run(who_began(portal.desk("x"), "pi_1")) == Begun()
    portal.blocking.run(begin("new"))
    portal.blocking.run(begin("saved"))
    assert portal.blocking.run(who_began(portal.desk("x"), "pi_1")) == ADA
    tell(replace(PAID, status="processing"), ADA)
    clock.now += DAY
    assert portal.blocking.run(who_began(portal.desk("x"), "pi_1")) == ADA  # a debit takes days
    portal.blocking.run(begin("saved", "pi_2"))
    assert portal.blocking.run(who_began(portal.desk("x"), "pi_2")) == ADA
    clock.now += DAY
    assert portal.blocking.run(who_began(portal.desk("x"), "pi_2")) == Begun()  # Stripe's own charging, by now
