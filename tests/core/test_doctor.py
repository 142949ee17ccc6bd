"""The doctor asks Stripe for everything that the portal reads, and names what a key lacks."""

from __future__ import annotations

import socket
from collections.abc import Iterable

import pytest

from invoice_portal import Email, Portal, PortalSettings
from invoice_portal.commands.doctor import PAYING_PROBES, PROBES, Result, examine
from invoice_portal.environment import Templates
from invoice_portal.http import Request
from invoice_portal.routes import ROUTES
from stripe_sandbox.server import respond
from support.accounts import Account
from support.metering import metered
from support.stripe_server import HANG_UP, Reaction, StripeServer, as_json

KEY = "rk_test_doctor0key0that0nobody0sees"
SECRET = "a secret of the doctor's tests"
EVERY = {probe.permission for probe in PROBES}

pytestmark = pytest.mark.usefixtures("quiet_stripe")


def settings(base: str, **changes: object) -> PortalSettings:
    return PortalSettings.from_mapping(
        {"stripe_api_key": KEY, "secret_keys": [SECRET], "stripe_api_base": base, **changes}
    )


def examined(base: str, **changes: object) -> list[Result]:
    results = examine(settings(base, **changes))
    said = " ".join(result.text for result in results)
    assert SECRET not in said
    assert KEY not in said
    return results


def of_verdict(results: Iterable[Result], verdict: str) -> list[str]:
    return [result.text for result in results if result.verdict == verdict]


def test_a_key_with_every_permission_is_fine(stripe: StripeServer):
    stripe.sandbox.restrict(KEY, EVERY)
    results = examined(stripe.url)
    assert of_verdict(results, "problem") == []
    assert len(
        [text for text in of_verdict(results, "ok") if text.startswith(("The key reads", "The key may"))]
    ) == len(PROBES)


def test_the_doctor_only_reads(stripe: StripeServer):
    """A preview is a POST, and makes nothing."""
    examined(stripe.url)
    posted = [(request.path, request.body) for request in stripe.requests if request.method != "GET"]
    assert posted == [("/v1/invoices/create_preview", b"")]
    assert sorted(request.path for request in stripe.requests) == sorted(probe.path for probe in PROBES)


@pytest.mark.parametrize("permission", sorted(EVERY))
def test_a_permission_that_a_key_lacks_is_named(stripe: StripeServer, permission: str):
    removed = {permission, permission.replace("_read", "_write")} & EVERY  # who may write may read
    stripe.sandbox.restrict(KEY, EVERY - removed)
    results = examined(stripe.url)
    lacking = [result for result in results if "give it the permission" in result.text]
    named = {result.text.rpartition(" ")[2].rstrip(".") for result in lacking}
    assert named == removed
    needed = {probe.permission for probe in PROBES if probe.needed}
    assert any(result.verdict == "problem" for result in lacking) == (permission in needed)


def test_a_key_without_any_permission_can_do_nothing(stripe: StripeServer):
    stripe.sandbox.restrict(KEY, [])
    results = examined(stripe.url)
    assert len(of_verdict(results, "problem")) == sum(probe.needed for probe in PROBES)
    assert not [text for text in of_verdict(results, "ok") if text.startswith("The key reads")]


def test_paying_in_the_portal_is_tried_on_nothing(stripe: StripeServer, account: Account):
    """Each permission to change something is found by asking for what does not exist."""
    paying = {probe.permission for probe in PAYING_PROBES}
    stripe.sandbox.restrict(KEY, EVERY | paying)
    results = examined(stripe.url, stripe_publishable_key="pk_test_x")
    assert of_verdict(results, "problem") == []
    assert {f"The key may {probe.what}." for probe in PAYING_PROBES if probe.changes} <= set(of_verdict(results, "ok"))
    for missing in paying - {"rak_payment_method_read"}:  # who may write may read
        stripe.sandbox.restrict(KEY, (EVERY | paying) - {missing})
        results = examined(stripe.url, stripe_publishable_key="pk_test_x")
        lacking = [result.text for result in results if "give it the permission" in result.text]
        assert lacking
        assert all(text.endswith(f"give it the permission {missing}.") for text in lacking)


def test_a_key_that_stripe_does_not_know_is_named(stripe: StripeServer):
    body = {"error": {"type": "invalid_request_error", "message": f"Invalid API Key provided: {KEY}"}}
    stripe.answer("/v1/.*", as_json(body, status=401))
    problems = of_verdict(examined(stripe.url), "problem")
    assert set(problems) == {"Stripe does not know this key. Copy it again from the dashboard."}


@pytest.mark.parametrize(
    "answer",
    [HANG_UP, as_json({"error": {"message": "down", "type": "api_error"}}, status=503)],
    ids=["no answer", "an error"],
)
def test_a_stripe_that_is_broken_is_no_fault_of_the_keys(stripe: StripeServer, answer: Reaction):
    stripe.answer("/v1/credit_notes", answer)
    (problem,) = of_verdict(examined(stripe.url), "problem")
    assert problem.startswith("Reading credit notes failed")
    assert "permission" not in problem


def test_an_address_where_nobody_listens_is_a_problem():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        problems = of_verdict(examined(f"http://127.0.0.1:{taken.getsockname()[1]}"), "problem")
    assert problems
    assert all("failed" in text for text in problems)


@pytest.mark.parametrize(
    ("changes", "verdict", "words"),
    [
        ({"require_hash": False}, "problem", "require_hash is off"),
        ({"identify_by": "email"}, "note", "sign verified addresses only"),
        ({}, "ok", "the Stripe key is a test key"),
    ],
)
def test_settings_that_ask_for_care_are_mentioned(
    stripe: StripeServer, changes: dict[str, object], verdict: str, words: str
):
    assert any(words in text for text in of_verdict(examined(stripe.url, **changes), verdict))


def test_colours_that_are_hard_to_read_are_mentioned(stripe: StripeServer):
    notes = of_verdict(examined(stripe.url, theme={"accent": "#fc0"}), "note")
    assert any("accent #ffcc00 has a contrast of 1.51" in note for note in notes)


def test_the_account_is_read_where_its_colour_is_wanted(stripe: StripeServer):
    assert "The key reads the account, for its colour." in of_verdict(
        examined(stripe.url, theme_from_stripe=True), "ok"
    )
    stripe.sandbox.restrict(KEY, EVERY)
    notes = of_verdict(examined(stripe.url, theme_from_stripe=True), "note")
    assert any("The key may not read the account, for its colour" in note for note in notes)


def test_who_identifies_by_customer_id_hears_nothing_of_addresses(stripe: StripeServer):
    assert not any("addresses" in result.text for result in examined(stripe.url, identify_by="customer_id"))


def test_the_listed_permissions_are_enough_for_every_page(stripe: StripeServer, account: Account):
    """Nothing that a visitor can open is refused to a key that has what the doctor lists, and no more."""
    stripe.sandbox.restrict(KEY, EVERY)
    invoice = _invoice_with_everything(account)
    note = account.get("credit_notes", invoice=invoice)["data"][0]["id"]
    subscription = account.get("subscriptions", limit=1)["data"][0]["id"]
    refused: list[str] = []

    def watch(request):
        answer = respond(stripe.sandbox, request)
        if answer.status == 403:
            refused.append(request.path)
        return answer

    stripe.script(watch)
    stripe.requests.clear()
    portal = Portal(settings(stripe.url), clock=lambda: stripe.sandbox.clock.now)
    render = Templates().render
    opened = {}
    for route in ROUTES:
        if route.name in READING:
            args = {"invoice": invoice, "credit_note": note, "subscription": subscription}
            request = Request(
                method="GET",
                path=route.path,
                url_for=lambda name, /, **values: f"/billing/{name}",
                args={name: value for name, value in args.items() if f"{{{name}}}" in route.path},
                visitor=Email("anna@example.com"),
            )
            opened[route.name] = portal.answer(route, request, render).status
    assert opened == {name: 303 if name.endswith("_pdf") else 200 for name in READING}
    assert refused == []
    by_expanding = {"payment_intents", "charges", "coupons"}
    listed = {probe.path.split("/")[2] for probe in PROBES}
    assert {request.path.split("/")[2] for request in stripe.requests} == listed - by_expanding


READING = {
    "home",
    "invoice",
    "invoice_pdf",
    "credit_note_pdf",
    "upcoming",
    "usage",
    "usage_csv",
    "subscriptions",
    "subscription",
}
"""The routes that only read."""


def _invoice_with_everything(account: Account) -> str:
    """An invoice for which the portal makes every call that it can."""
    customer = account.customer()
    for _ in range(2):
        account.subscription(customer, account.price())
    tiers = [{"up_to": "inf", "unit_amount": 5}]
    metered(account, customer, billing_scheme="tiered", tiers_mode="graduated", tiers=tiers)
    rate = account.post("tax_rates", display_name="VAT", percentage=19, inclusive=False)["id"]
    coupon = account.post("coupons", percent_off=10, duration="forever", name="Welcome")["id"]
    lines = [{"amount": 1000 + number, "description": f"Item {number}"} for number in range(12)]
    invoice = account.open(customer, lines=lines, default_tax_rates=[rate], discounts=[{"coupon": coupon}])
    card = account.post("payment_methods/pm_card_visa/attach", customer=customer)["id"]
    account.post(f"invoices/{invoice}/pay", payment_method=card)
    account.post("credit_notes", invoice=invoice, amount=100, credit_amount=100)
    return invoice
