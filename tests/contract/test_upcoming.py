"""The upcoming bill: what comes and what does not, its sum, and what is said where a preview fails."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from invoice_portal import CustomerId, Email
from invoice_portal.routes import OWN_ROUTES
from support.accounts import Account
from support.metering import metered
from support.moments import DAY, NOW
from support.portals import Mount, Mounted, outlast
from support.stripe_server import HANG, StripeServer, as_error, as_json, query_of

ANNA, BERT = Email("anna@example.com"), Email("bert@example.com")
PREVIEW = "/v1/invoices/create_preview"


def told(portal: Mounted, query: str = "", who: Email | CustomerId = ANNA, **more: Any) -> Any:
    answer = portal.browser().own("GET", f"/upcoming{query}", token=portal.token(who, **more))
    assert answer.status == 200, answer.source
    (route,) = (route for route in OWN_ROUTES if route.name == "api_me_upcoming")
    assert route.operation is not None
    jsonschema.validate(answer.json, route.operation["responses"]["200"]["content"]["application/json"]["schema"])
    return answer.json


def dues(data: Any) -> list[tuple[int, str]]:
    return [(each["due"]["amount"], each["due"]["currency"]) for each in data["sums"]]


@pytest.fixture
def anna(account: Account) -> str:
    return account.customer(ANNA.address)


def test_each_subscription_has_its_bill_and_there_is_a_sum(portal: Mounted, account: Account, anna: str) -> None:
    for name, cents in (("Team plan", 4900), ("Add-on", 900)):
        account.subscription(anna, account.price(name, cents))
    data = told(portal)
    assert dues(data) == [(5800, "usd")]
    assert sorted(bill["amount_due"]["amount"] for bill in data["bills"]) == [900, 4900]
    assert {bill["kind"] for bill in data["bills"]} == {"bill"}
    page = portal.browser(ANNA).get("/upcoming")
    for words in (
        "$58.00",
        "$49.00",
        "$9.00",
        "Team plan",
        "Add-on",
        "2 bills",
        "Jul 15, 2026",
        "You get an invoice, due",
    ):
        assert words in page.text


def test_currencies_are_never_added_up(portal: Mounted, account: Account, anna: str) -> None:
    account.subscription(anna, account.price())
    bert = account.customer(BERT.address)
    account.subscription(bert, account.price(currency="eur"))
    assert dues(told(portal)) == [(4900, "usd")]
    assert dues(told(portal, who=BERT)) == [(4900, "eur")]


def test_lines_discounts_and_taxes_are_stripes_own(portal: Mounted, account: Account, anna: str) -> None:
    vat = account.post("tax_rates", display_name="VAT", percentage=20, inclusive=False)["id"]
    coupon = account.post("coupons", name="Spring", percent_off=10, duration="forever")["id"]
    account.subscription(anna, account.price(amount=10_000), default_tax_rates=[vat], discounts=[{"coupon": coupon}])
    page = portal.browser(ANNA).get("/upcoming")
    for words in ("$100.00", "Spring", "-$10.00", "VAT 20%", "$18.00", "$108.00"):
        assert words in page.text
    assert dues(told(portal)) == [(10_800, "usd")]


def test_credit_and_one_off_items_count_once_in_the_sum(portal: Mounted, account: Account, anna: str) -> None:
    """Each preview shows its bill as if it came next: both have the credit, and both the item."""
    for cents in (4000, 2000):
        account.subscription(anna, account.price(amount=cents))
    account.post("invoiceitems", customer=anna, currency="usd", amount=700, description="Setup")
    account.post(f"customers/{anna}/balance_transactions", amount=-1000, currency="usd")
    data = told(portal)
    (sum,) = data["sums"]
    assert sum["balance"]["amount"] == -1000
    assert (sum["total"]["amount"], sum["due"]["amount"]) == (6700, 5700)
    page = portal.browser(ANNA).get("/upcoming")
    assert "$57.00" in page.text
    for why in (page.text, portal.browser(ANNA).get("/").text):
        assert "Your credit of $10.00 is counted once" in why
        assert "A one-off item that is in several bills is counted once." in why
    assert "Usage is counted" not in page.text, "nothing is metered"
    assert data["unbilled"] == [], "the item is in a bill"


def test_that_usage_grows_is_said_of_what_is_metered(portal: Mounted, account: Account, anna: str) -> None:
    metered(account, anna)
    assert "Usage is counted as far as it has been reported." in portal.browser(ANNA).get("/upcoming").text


def test_one_off_items_without_a_subscription_are_told(portal: Mounted, account: Account, anna: str) -> None:
    item = account.post("invoiceitems", customer=anna, currency="usd", amount=700, description="Setup")["id"]
    data = told(portal)
    assert [(each["id"], each["amount"]["amount"]) for each in data["unbilled"]] == [(item, 700)]
    page = portal.browser(ANNA).get("/upcoming")
    assert "Not billed yet" in page.text
    assert "Setup" in page.text
    assert "$7.00" in page.text


def states(account: Account, anna: str) -> dict[str, tuple[str, str]]:
    """A subscription in each state, with its kind and what the page says."""
    price = account.price()
    trial = account.subscription(anna, price, trial_period_days=10)
    ending = account.subscription(anna, price)
    account.post(f"subscriptions/{ending}", cancel_at_period_end=True)
    uncollected = account.subscription(anna, price)
    account.post(f"subscriptions/{uncollected}", pause_collection={"behavior": "void", "resumes_at": NOW + 90 * DAY})
    return {
        trial: ("trial", "when the trial ends"),
        ending: ("ends", "without another bill"),
        uncollected: ("uncollected", "Payments are paused until"),
    }


def test_each_state_is_told_apart_and_only_what_comes_is_counted(portal: Mounted, account: Account, anna: str) -> None:
    expected = states(account, anna)
    data, page = told(portal), portal.browser(ANNA).get("/upcoming")
    assert {bill["subscription_id"]: bill["kind"] for bill in data["bills"]} == {
        id: kind for id, (kind, _) in expected.items()
    }
    for _, words in expected.values():
        assert words in page.text
    assert dues(data) == [(4900, "usd")], "the trial's first bill alone"


def with_status(stripe: StripeServer, status: str) -> None:
    """Every subscription in this state, whatever brought it there."""
    stripe.change(
        "/v1/subscriptions", lambda answer: {**answer, "data": [{**each, "status": status} for each in answer["data"]]}
    )


def test_a_status_is_believed_over_a_preview(
    portal: Mounted, account: Account, anna: str, stripe: StripeServer
) -> None:
    """Unpaid: Stripe previews an invoice that stays a draft."""
    subscription = account.subscription(anna, account.price())
    with_status(stripe, "unpaid")
    data = told(portal)
    assert [(bill["subscription_id"], bill["kind"]) for bill in data["bills"]] == [(subscription, "unpaid")]
    assert data["sums"] == []
    assert "until the open invoices are paid" in portal.browser(ANNA).get("/upcoming").text


@pytest.mark.parametrize(("status", "kind"), [("paused", "paused"), ("incomplete", "waiting")])
def test_where_no_invoice_is_made_none_is_previewed(
    portal: Mounted, account: Account, anna: str, stripe: StripeServer, status: str, kind: str
) -> None:
    account.subscription(anna, account.price())
    with_status(stripe, status)
    assert [bill["kind"] for bill in told(portal)["bills"]] == [kind]
    assert stripe.asked(PREVIEW) == []


def test_nothing_coming_is_said_plainly(portal: Mounted, account: Account, anna: str) -> None:
    ended = account.subscription(anna, account.price())
    account.sandbox.call("DELETE", f"/v1/subscriptions/{ended}")
    assert told(portal) == {"sums": [], "bills": [], "unbilled": [], "complete": True}
    assert "Nothing is coming up" in portal.browser(ANNA).get("/upcoming").text
    assert "Nothing is coming up" in portal.browser(Email("nobody@example.com")).get("/upcoming").text


# What fails alone


def broken(stripe: StripeServer, subscription: str, answer: Any) -> None:
    """One subscription's preview is answered so."""
    stripe.script(lambda request: answer if request.path == PREVIEW and subscription.encode() in request.body else None)


@pytest.mark.parametrize(
    "answer",
    [as_json({"object": "nonsense"}), as_error(403, "rak_invoice_write"), HANG],
    ids=["nonsense", "403", "slow"],
)
def test_a_preview_that_fails_or_is_slow_leaves_the_others(
    mount: Mount, account: Account, anna: str, stripe: StripeServer, answer: Any
) -> None:
    good = account.subscription(anna, account.price("Team plan"))
    bad = account.subscription(anna, account.price("Add-on", 900))
    portal = mount(stripe_timeout=0.4, pane_seconds=0.4)
    broken(stripe, bad, answer)
    data = told(portal)
    assert {bill["subscription_id"]: bill["kind"] for bill in data["bills"]} == {good: "bill", bad: "unknown"}
    assert (dues(data), data["complete"]) == ([(4900, "usd")], False)
    page = portal.browser(ANNA).get("/upcoming")
    assert page.status == 200
    assert "Not every bill could be worked out just now" in page.text
    assert "Team plan" in page.text
    outlast(portal)


def test_items_that_cannot_be_read_are_said_to_be_missing(
    portal: Mounted, account: Account, anna: str, stripe: StripeServer
) -> None:
    account.subscription(anna, account.price())
    stripe.answer("/v1/invoiceitems", as_error(403, "rak_invoice_read"))
    assert told(portal)["unbilled"] is None
    assert "One-off items could not be read" in portal.browser(ANNA).get("/upcoming").text


@pytest.mark.parametrize("status", [400, 404])
def test_no_upcoming_invoice_is_no_failure(
    portal: Mounted, account: Account, anna: str, stripe: StripeServer, status: int
) -> None:
    account.subscription(anna, account.price())
    stripe.answer(PREVIEW, as_error(status, "No upcoming invoices", code="invoice_upcoming_none"))
    data = told(portal)
    assert ([bill["kind"] for bill in data["bills"]], data["complete"]) == (["nothing"], True)


# Whose it is


def test_somebody_elses_subscription_is_as_missing_as_none(
    portal: Mounted, account: Account, anna: str, stripe: StripeServer
) -> None:
    theirs = account.subscription(account.customer(BERT.address), account.price("Secret plan"))
    account.subscription(anna, account.price())
    browser = portal.browser(ANNA)
    assert browser.get(f"/upcoming?subscription={theirs}").status == 404
    assert browser.get("/upcoming?subscription=sub_none").status == 404
    assert browser.get(f"/upcoming?customer={account.customer('eve@example.com')}").status == 404
    assert "Secret plan" not in browser.get("/upcoming").text
    assert all(theirs.encode() not in request.body for request in stripe.asked(PREVIEW))


def test_a_subscription_that_was_given_on_arrival_is_all_that_is_shown(
    portal: Mounted, account: Account, anna: str
) -> None:
    seen = account.subscription(anna, account.price("Team plan"))
    other = account.subscription(anna, account.price("Add-on"))
    account.post("invoiceitems", customer=anna, currency="eur", amount=700, description="Elsewhere")
    browser = portal.arrive(ANNA, subscription=seen)
    for path in ("/upcoming", f"/upcoming?subscription={other}"):
        text = browser.get(path).text
        assert "Team plan" in text
        assert "Add-on" not in text
        assert "Elsewhere" not in text


def test_a_subscription_of_another_customer_given_on_arrival_shows_nothing(
    portal: Mounted, account: Account, anna: str, stripe: StripeServer
) -> None:
    """A signature vouches for who somebody is, and not that a subscription is theirs."""
    theirs = account.subscription(account.customer(BERT.address), account.price("Secret plan"))
    browser = portal.arrive(ANNA, subscription=theirs)
    for path in ("/", "/upcoming", "/usage"):
        page = browser.get(path)
        assert "Secret plan" not in page.text
    assert stripe.asked(PREVIEW) == []


@pytest.mark.parametrize("path", ["/upcoming", "/api/me/upcoming"])
def test_a_merchant_may_leave_it_out(mount: Mount, account: Account, anna: str, path: str) -> None:
    account.subscription(anna, account.price())
    portal = mount(panes=["usage"])
    assert portal.browser(ANNA).get(path).status == 404
    assert "Upcoming" not in portal.browser(ANNA).get("/").text


def test_one_of_several_customers_can_be_looked_at(portal: Mounted, account: Account, anna: str) -> None:
    second = account.customer(ANNA.address)
    account.subscription(anna, account.price("Old plan"))
    account.subscription(second, account.price("New plan"))
    browser = portal.browser(ANNA)
    assert "New plan" in browser.get("/upcoming").text
    assert "Old plan" in browser.get(f"/upcoming?customer={anna}").text


def test_two_dozen_subscriptions_are_previewed_and_more_are_owned_up_to(
    portal: Mounted, account: Account, anna: str, stripe: StripeServer
) -> None:
    price = account.price()
    for _ in range(25):
        account.subscription(anna, price)
    stripe.requests.clear()
    data = told(portal)
    assert (len(data["bills"]), data["complete"]) == (24, False)
    assert len(stripe.asked(PREVIEW)) == 24
    assert "not all of your subscriptions" in portal.browser(ANNA).get("/upcoming").text
    assert [query_of(request)["pending"] for request in stripe.asked("/v1/invoiceitems")][:1] == ["true"]
