"""What stands around the list on the first page: what needs the customer first, each pane alone in failing."""

from __future__ import annotations

from typing import Any

import pytest

from invoice_portal import Email
from support.accounts import Account
from support.metering import metered, use
from support.moments import DAY, NOW
from support.paying import PUBLISHABLE, saved_card
from support.portals import Answer, Mount, Mounted, outlast
from support.stripe_server import HANG, StripeServer, as_error, as_json

ANNA = Email("anna@example.com")
SUMMARIES = "/v1/billing/meters/[^/]+/event_summaries"


@pytest.fixture
def anna(account: Account) -> str:
    return account.customer(ANNA.address)


def by_card(account: Account, customer: str, card: str = "pm_card_visa", **more: Any) -> tuple[str, str]:
    """A subscription that is charged to a card: both ids."""
    method = saved_card(account, customer, card)
    account.post(f"customers/{customer}", invoice_settings={"default_payment_method": method})
    made = account.post("subscriptions", customer=customer, items=[{"price": account.price()}], **more)
    return str(made["id"]), method


def notices(page: Answer) -> list[str]:
    return [element.text for element in page.html.root.all("li", css_class="portal-notice")]


def test_nothing_to_do_is_no_notice(portal: Mounted, account: Account, anna: str) -> None:
    by_card(account, anna)
    page = portal.browser(ANNA).get("/")
    assert notices(page) == []
    assert "Upcoming bill" in page.text
    assert "$49.00" in page.text


def test_what_is_overdue_comes_first_with_a_way_to_pay(portal: Mounted, account: Account, anna: str) -> None:
    late = account.overdue(anna, 2500, days=3)
    page = portal.browser(ANNA).get("/")
    (notice,) = notices(page)
    assert f"Invoice {account.number(late)} for $25.00 is overdue." in notice
    assert "It was due on June 12, 2026." in notice
    assert page.source.index("portal-attention") < page.source.index('id="portal-to-pay"')
    assert page.html.form(f"/invoices/{late}/pay").fields


def failed(account: Account, customer: str) -> str:
    """An invoice whose card was declined, and which is tried again."""
    card = saved_card(account, customer, "pm_card_chargeCustomerFail")
    invoice = account.draft(customer, 2500, collection_method="charge_automatically", default_payment_method=card)
    account.post(f"invoices/{invoice}", auto_advance=True)
    account.post(f"invoices/{invoice}/finalize", auto_advance=True)
    account.sandbox.clock.set(NOW + 2 * 3600)
    return invoice


def test_a_failed_payment_says_when_it_is_tried_again(portal: Mounted, account: Account, anna: str) -> None:
    invoice = failed(account, anna)
    found = account.get(f"invoices/{invoice}")
    assert found["attempted"]
    (notice,) = notices(portal.browser(ANNA).get("/"))
    assert "The payment of $25.00" in notice
    assert "did not go through" in notice
    assert ("We try again on" in notice) is bool(found["next_payment_attempt"])


def test_a_payment_on_its_way_asks_for_nothing(portal: Mounted, account: Account, anna: str) -> None:
    bank = saved_card(account, anna, "pm_usBankAccount_processing")
    invoice = account.overdue(anna, 2500)
    account.post(f"invoices/{invoice}/pay", payment_method=bank)
    page = portal.browser(ANNA).get("/")
    (notice,) = notices(page)
    assert "A payment of $25.00" in notice
    assert "on its way" in notice
    assert "overdue" not in notice
    assert "Pay" not in notice.replace("A payment", "").replace("payments", "")


def test_of_many_overdue_none_whose_payment_is_on_its_way_is_asked_for(
    mount: Mount, account: Account, anna: str
) -> None:
    """The payments of the oldest are looked at; of the others only that one is on its way is known."""
    bank = saved_card(account, anna, "pm_usBankAccount_processing")
    for days in (50, 40, 30, 20):
        account.overdue(anna, 1000, days=days)
    newest = account.overdue(anna, 2500, days=3)
    account.post(f"invoices/{newest}/pay", payment_method=bank)
    page = mount(stripe_publishable_key=PUBLISHABLE).browser(ANNA).get("/")
    assert len(notices(page)) == 4
    assert not any("$25.00" in notice for notice in notices(page))
    assert "$40.00" in page.text


@pytest.mark.parametrize(
    ("expiry", "said"),
    [((2026, 6), "expires soon"), ((2026, 5), "has expired"), ((2026, 7), ""), ((2027, 1), "")],
    ids=["this month", "last month", "next month", "next year"],
)
def test_a_card_about_to_expire_is_told_with_what_it_pays(
    mount: Mount, account: Account, anna: str, stripe: StripeServer, expiry: tuple[int, int], said: str
) -> None:
    _, method = by_card(account, anna)
    year, month = expiry

    def aged(found: Any) -> Any:
        return {**found, "card": {**found["card"], "exp_year": year, "exp_month": month}}

    stripe.change(f"/v1/payment_methods/{method}", aged)
    portal = mount(stripe_publishable_key=PUBLISHABLE)
    page = portal.browser(ANNA).get("/")
    assert len(notices(page)) == bool(said)
    if said:
        (notice,) = notices(page)
        assert f"Visa 4242 {said}." in notice
        assert "It is charged for Team plan." in notice
        assert page.html.links["Payment methods"].startswith("/billing/payment_methods")


@pytest.mark.parametrize("month", [0, 13, 99, -1])
def test_a_month_that_is_none_expires_nothing(
    portal: Mounted, account: Account, anna: str, stripe: StripeServer, month: int
) -> None:
    _, method = by_card(account, anna)
    stripe.change(
        f"/v1/payment_methods/{method}", lambda found: {**found, "card": {**found["card"], "exp_month": month}}
    )
    page = portal.browser(ANNA).get("/")
    assert page.status == 200
    assert notices(page) == []


def test_a_card_of_somebody_elses_is_not_told(
    portal: Mounted, account: Account, anna: str, stripe: StripeServer
) -> None:
    _, method = by_card(account, anna)
    stripe.change(
        f"/v1/payment_methods/{method}",
        lambda found: {**found, "customer": "cus_eve", "card": {**found["card"], "exp_year": 2026, "exp_month": 5}},
    )
    assert notices(portal.browser(ANNA).get("/")) == []


@pytest.mark.parametrize(
    ("amount", "said"), [(-1500, "You have a credit of $15.00"), (1500, "$15.00 from earlier is added"), (0, "")]
)
def test_the_balance_is_told(portal: Mounted, account: Account, anna: str, amount: int, said: str) -> None:
    if amount:
        account.post(f"customers/{anna}/balance_transactions", amount=amount, currency="usd")
    text = portal.browser(ANNA).get("/").text
    assert said in text
    assert ("credit" in text or "earlier" in text) is bool(said)


def test_usage_so_far_is_that_of_the_period(portal: Mounted, account: Account, anna: str) -> None:
    found = metered(account, anna)
    for value, at in ((700, NOW - 30 * DAY), (30, NOW - DAY), (4, NOW)):
        use(account, anna, found["event"], value, at)
    page = portal.browser(ANNA).get("/")
    assert "Usage so far" in page.text
    (row,) = [each.text for each in page.html.root.all("li") if "API calls" in each.text and "since" in each.text]
    assert "34" in row


# What fails alone

BROKEN = {
    "previews": ("/v1/invoices/create_preview", "Not every bill could be worked out"),
    "usage": (SUMMARIES, "Not all usage could be read"),
    "cards": ("/v1/payment_methods/.*", "Payments and cards could not all be looked up"),
    "subscriptions": ("/v1/subscriptions", "Not every bill could be worked out"),
    "the customer": ("/v1/customers/cus_.*", ""),
    "names": ("/v1/products", ""),
}


@pytest.mark.parametrize(("path", "said"), BROKEN.values(), ids=BROKEN.keys())
@pytest.mark.parametrize(
    "way", [as_json({"object": "nonsense"}), as_error(403, "no 'rak_x' permission")], ids=["nonsense", "403"]
)
def test_each_pane_fails_alone_and_says_so(
    mount: Mount, account: Account, anna: str, stripe: StripeServer, path: str, said: str, way: Any
) -> None:
    late = account.overdue(anna, 1100)
    by_card(account, anna)
    metered(account, anna)
    stripe.answer(path, way)
    portal = mount()
    page = portal.browser(ANNA).get("/")
    assert page.status == 200
    assert account.number(late) in page.text, "the list stands"
    assert said in page.text
    assert "is overdue" in page.text
    for other, words in BROKEN.values():
        if other != path and words and words != said:
            assert words not in page.text


def test_slow_panes_are_waited_for_together_and_not_long(
    mount: Mount, account: Account, anna: str, stripe: StripeServer
) -> None:
    for number in range(12):
        account.subscription(anna, account.price(f"Plan {number}"))
    stripe.answer("/v1/invoices/create_preview", HANG)
    portal = mount(pane_seconds=1, stripe_timeout=2)
    page = portal.browser(ANNA).get("/")
    assert len(stripe.asked("/v1/invoices/create_preview")) > 1, "none waits for the one before it"
    assert page.status == 200
    assert "Not every bill could be worked out" in page.text
    outlast(portal)


def test_twelve_subscriptions_are_previewed_and_more_are_owned_up_to(
    portal: Mounted, account: Account, anna: str, stripe: StripeServer
) -> None:
    price = account.price()
    for _ in range(12):
        account.subscription(anna, price)
    page = portal.browser(ANNA).get("/")
    assert len(stripe.asked("/v1/invoices/create_preview")) == 12
    assert "12 bills" in page.text
    assert "not all of your subscriptions" not in page.text
    account.subscription(anna, price)
    stripe.requests.clear()
    page = portal.browser(ANNA).get("/")
    assert len(stripe.asked("/v1/invoices/create_preview")) == 12
    assert "not all of your subscriptions" in page.text


# Which are shown


@pytest.mark.parametrize("pane", ["attention", "balance", "upcoming", "usage"])
def test_a_pane_that_is_left_out_is_not_asked_for(
    mount: Mount, account: Account, anna: str, stripe: StripeServer, pane: str
) -> None:
    account.overdue(anna, 1100)
    by_card(account, anna)
    metered(account, anna)
    account.post(f"customers/{anna}/balance_transactions", amount=-1500, currency="usd")
    told = {
        "attention": ("is overdue.", "/v1/invoice_payments|/v1/payment_methods/.*"),
        "balance": ("You have a credit", "nothing"),
        "upcoming": ("Upcoming bill", "/v1/invoices/create_preview"),
        "usage": ("Usage so far", SUMMARIES),
    }
    everything = ["attention", "balance", "upcoming", "usage"]
    words, path = told[pane]
    assert words in mount(panes=everything).browser(ANNA).get("/").text
    stripe.requests.clear()
    page = mount(panes=[each for each in everything if each != pane]).browser(ANNA).get("/")
    assert words not in page.text
    assert stripe.asked(path) == []
    assert all(told[other][0] in page.text for other in everything if other != pane)


@pytest.mark.parametrize("query", ["?status=paid", "?from=2026-01-01", "?status=open"])
def test_a_filtered_list_stands_alone(
    portal: Mounted, account: Account, anna: str, stripe: StripeServer, query: str
) -> None:
    account.overdue(anna, 1100)
    by_card(account, anna)
    page = portal.browser(ANNA).get(f"/{query}")
    assert 'id="portal-upcoming"' not in page.source
    assert notices(page) == []
    assert stripe.asked("/v1/invoices/create_preview") == []


def test_a_chosen_subscription_narrows_every_pane(portal: Mounted, account: Account, anna: str) -> None:
    first = account.subscription(anna, account.price("Team plan", 4900))
    account.subscription(anna, account.price("Add-on", 900))
    page = portal.browser(ANNA).get(f"/?subscription={first}")
    assert "$49.00" in page.text
    assert "$58.00" not in page.text
    assert f"subscription={first}" in page.html.links["Details of the upcoming bill"]


def test_a_bound_visitor_hears_nothing_of_the_rest(portal: Mounted, account: Account, anna: str) -> None:
    first = account.subscription(anna, account.price("Team plan", 4900))
    account.subscription(anna, account.price("Add-on", 900))
    account.post(f"customers/{anna}/balance_transactions", amount=-1500, currency="usd")
    text = portal.arrive(ANNA, subscription=first).get("/").text
    assert "Add-on" not in text
    assert "credit" not in text
    assert "$49.00" in text or "$34.00" in text
