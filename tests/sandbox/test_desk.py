"""The page at `/`: what it shows, and what a person can do there."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from sandbox.api import DAY, NOW, Api
from stripe_sandbox import Request, Response, Sandbox
from stripe_sandbox.front import respond
from stripe_sandbox.seed import demo


def look(sandbox: Sandbox, **asked: str) -> str:
    response = respond(sandbox, Request("GET", "/", urlencode(asked)))
    assert response.status == 200
    return response.body.decode()


def act(sandbox: Sandbox, **form: str) -> dict[str, str]:
    """Press a button; answers what the address that it leads to says."""
    response: Response = respond(sandbox, Request("POST", "/act", "", {}, urlencode(form).encode()))
    assert response.status == 303
    return {name: values[0] for name, values in parse_qs(urlsplit(response.headers["Location"]).query).items()}


@pytest.fixture
def api() -> Api:
    return Api()


def test_an_empty_sandbox_offers_the_demo_account(api: Api) -> None:
    assert "Fill it with the demo account" in look(api.sandbox)
    assert "It is not Stripe and moves no money" in look(api.sandbox)


def test_every_list_of_the_demo_account_can_be_seen() -> None:
    sandbox = Sandbox(now=NOW)
    demo(sandbox)
    respond(sandbox, Request("GET", "/v1/invoices", "", {"Authorization": "Bearer sk_test_x"}))
    for view, words in (
        ("invoices", "Bean Route Coffee LLC"),
        ("customers", "O&#39;Brien &amp; Daughters &lt;Publishing&gt;"),
        ("subscriptions", "active"),
        ("events", "invoice."),
        ("requests", "GET /v1/invoices"),
        ("webhooks", "nothing here yet"),
    ):
        assert words in look(sandbox, view=view), view
    older = re.search(r'href="/\?([^"]+)">Older invoices', look(sandbox))
    assert older is not None
    after = parse_qs(older[1].replace("&amp;", "&"))["after"][0]
    assert look(sandbox, after=after) != look(sandbox)


def test_an_invoice_is_finalized_fails_and_is_paid(api: Api) -> None:
    draft = api.draft(api.customer(), 1500)
    assert act(api.sandbox, action="finalize", id=draft, view="invoices")["done"] == "Finalized."
    assert act(api.sandbox, action="fail", id=draft)["problem"] == "Your card was declined."
    assert api.get(f"invoices/{draft}")["attempt_count"] >= 0
    said = act(api.sandbox, action="pay", id=draft, **{"from": "object"})
    assert (said["done"], said["id"]) == ("Paid.", draft)
    assert api.get(f"invoices/{draft}")["status"] == "paid"
    assert "paid" in look(api.sandbox, id=draft)
    assert act(api.sandbox, action="void", id=draft)["problem"]


def test_the_bank_is_answered_and_a_subscription_canceled(api: Api) -> None:
    asked = api.post("payment_intents", amount=500, currency="usd", confirm=True, payment_method_types=["card"],
                     payment_method="pm_card_authenticationRequired")["id"]  # fmt: skip
    assert "Customer agrees" in look(api.sandbox, id=asked)
    act(api.sandbox, action="agree", id=asked)
    assert api.get(f"payment_intents/{asked}")["status"] == "succeeded"
    plan = api.subscribe(api.customer("pm_card_visa"))["id"]
    act(api.sandbox, action="cancel", id=plan)
    assert api.get(f"subscriptions/{plan}")["status"] == "canceled"


def test_the_clock_moves_by_the_steps_that_are_offered(api: Api) -> None:
    act(api.sandbox, action="advance", by=str(7 * DAY))
    assert api.sandbox.clock.now == NOW + 7 * DAY


def test_each_account_has_its_own_lists(api: Api) -> None:
    other = api.sandbox.connect("Café <Böhm>")
    other.call("POST", "/v1/customers", {"name": "Only there"})
    assert "Only there" in look(api.sandbox, view="customers", account=other.account["id"])
    assert "Only there" not in look(api.sandbox, view="customers")
    assert "Café &lt;Böhm&gt;" in look(api.sandbox)


def test_nonsense_does_no_harm(api: Api) -> None:
    assert look(api.sandbox, view="nonsense", id="in_none", account="acct_none", after="x")
    for action in ("", "pay", "fail", "void", "agree", "redeliver", "nonsense", "cancel"):
        assert act(api.sandbox, action=action, id="../../x") is not None
    assert respond(api.sandbox, Request("PUT", "/")).status == 405
    assert api.get("customers")["data"] == []


def test_nothing_but_its_own_style_is_loaded(api: Api) -> None:
    response = respond(api.sandbox, Request("GET", "/"))
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert "<script" not in response.body.decode()
