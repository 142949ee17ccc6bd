"""Subscriptions inside an embed frame: what the host's page is asked and told."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from browser.helpers.embedding import Embedding, Shown

SUBSCRIPTIONS = {"actions": ["cancel"]}


@pytest.fixture
def subscription(embedding: Embedding) -> str:
    """A subscription that its customer may cancel."""
    embedding.mount(subscriptions=SUBSCRIPTIONS)
    account = embedding.account
    return account.subscription(embedding.customer, account.price())


def open_cancelling(embedding: Embedding, subscription: str) -> Shown:
    shown = embedding.show()
    shown.heading("Billing")
    shown.page.frames[1].evaluate(
        "url => document.dispatchEvent(new CustomEvent('portal:go', {cancelable: true, detail: url}))",
        f"/billing/subscriptions/{subscription}/cancel",
    )
    shown.heading("Cancel subscription")
    return shown


def cancelling(embedding: Embedding, subscription: str) -> bool:
    found = embedding.account.get(f"subscriptions/{subscription}")
    return bool(found["cancel_at_period_end"] or found["cancel_at"] or found["canceled_at"])


def test_cancelling_is_asked_for_done_and_told(embedding: Embedding, subscription: str) -> None:
    shown = open_cancelling(embedding, subscription)
    shown.frame().get_by_role("button", name="Cancel subscription").click()
    assert shown.last("cancel_subscription")["subscription"] == subscription
    assert shown.last("pre_cancel") == {"subscription": subscription}
    assert shown.told().count("pre_cancel") == 1
    assert cancelling(embedding, subscription)


def test_the_host_may_stop_a_cancellation(embedding: Embedding, subscription: str) -> None:
    shown = open_cancelling(embedding, subscription)
    shown.page.evaluate("() => { answer = ({event}) => event !== 'pre_cancel' }")
    button = shown.frame().get_by_role("button", name="Cancel subscription")
    button.click()
    shown.last("pre_cancel")
    shown.page.evaluate("new Promise(done => setTimeout(done, 50))")
    expect(button).to_be_visible()
    assert not cancelling(embedding, subscription)
    assert "cancel_subscription" not in shown.told()


def test_a_session_that_runs_out_while_cancelling_cancels_once_it_is_renewed(
    embedding: Embedding, subscription: str
) -> None:
    shown = open_cancelling(embedding, subscription)
    fresh = embedding.settings["hash"]
    shown.page.evaluate("fresh => { answer = ({event}) => event === 'session_expired' ? {hash: fresh} : 1 }", fresh)
    clock = embedding.account.sandbox.clock
    with clock.at(clock.now + 2 * 60 * 60):
        shown.frame().get_by_role("button", name="Cancel subscription").click()
        assert shown.last("cancel_subscription")["subscription"] == subscription
    assert [shown.told().count(event) for event in ("pre_cancel", "session_expired")] == [1, 1]
    assert cancelling(embedding, subscription)
