"""What customers see of their subscriptions, and what nobody else does."""

from typing import Any

import pytest

from invoice_portal import CustomerId, Email
from support.accounts import Account
from support.moments import DAY
from support.portals import Answer, Browser, Mount, Mounted

ANNA, BERT = Email("anna@example.com"), Email("bert@example.com")


def subscribe(account: Account, customer: str, name: str = "Team plan", amount: int = 4900, **more: Any) -> str:
    """A subscription whose first invoice is open and has 30 days."""
    return account.subscription(customer, account.price(name, amount), **more)


def by_card(account: Account, card: str = "pm_card_visa") -> str:
    """A customer whose card is charged."""
    customer = account.customer(ANNA.address)
    method = account.post(f"payment_methods/{card}/attach", customer=customer)["id"]
    account.post(f"customers/{customer}", invoice_settings={"default_payment_method": method})
    return customer


def charged(account: Account, customer: str, price: str, **more: Any) -> str:
    """A subscription that is charged by itself."""
    return str(account.post("subscriptions", customer=customer, items=[{"price": price, **more}])["id"])


def page_of(browser: Browser, subscription: str) -> Answer:
    page = browser.get(f"/subscriptions/{subscription}")
    assert page.status == 200, page.source
    return page


def test_the_list_says_what_it_costs_and_what_comes_next(portal: Mounted, account: Account) -> None:
    subscribe(account, account.customer(ANNA.address))
    page = portal.browser(ANNA).get("/subscriptions")
    assert page.status == 200
    assert "Team plan" in page.text
    assert "$49.00 per month" in page.text
    assert "Active" in page.text
    assert "Next bill on" in page.text


def test_one_is_shown_with_its_discount_and_period(portal: Mounted, account: Account) -> None:
    coupon = account.post("coupons", name="Spring", percent_off=20, duration="repeating", duration_in_months=3)["id"]
    subscription = subscribe(account, account.customer(ANNA.address), discounts=[{"coupon": coupon}])
    text = page_of(portal.browser(ANNA), subscription).text
    assert "Spring: 20% off, until" in text
    assert "Current period" in text


def test_an_amount_in_another_currency_than_the_bills_is_not_told(portal: Mounted, account: Account) -> None:
    """Stripe's list has a price in its first currency only, whatever the subscription is billed in."""
    customer = account.customer(ANNA.address)
    price = account.price("Team plan", 4900, currency_options={"eur": {"unit_amount": 4400}})
    subscription = account.subscription(customer, price, currency="eur")
    browser = portal.browser(ANNA)
    for path in ("/", "/subscriptions", f"/subscriptions/{subscription}"):
        text = browser.get(path).text
        assert "$49.00" not in text, path
        assert "Priced in EUR" in text, path
    assert "€44.00" in browser.get("/").text, "the upcoming bill knows"


TIERS = [
    {"up_to": 100, "unit_amount": 10},
    {"up_to": 1000, "unit_amount": 8, "flat_amount": 500},
    {"up_to": "inf", "unit_amount": 5},
]


def test_a_packages_price_is_not_multiplied_by_the_units(portal: Mounted, account: Account) -> None:
    price = account.price("Mails", 1000, transform_quantity={"divide_by": 100, "round": "up"})
    customer = account.customer(ANNA.address)
    account.post(
        "subscriptions",
        customer=customer,
        items=[{"price": price, "quantity": 250}],
        collection_method="send_invoice",
        days_until_due=30,
    )
    text = portal.browser(ANNA).get("/subscriptions").text
    assert "250 units at $10.00 for every 100 units per month" in text


@pytest.mark.parametrize("mode", ["graduated", "volume"])
def test_tiers_are_said_plainly(portal: Mounted, account: Account, mode: str) -> None:
    price = account.price("Seats", unit_amount=None, billing_scheme="tiered", tiers_mode=mode, tiers=TIERS)
    subscription = account.subscription(account.customer(ANNA.address), price)
    browser = portal.browser(ANNA)
    page = page_of(browser, subscription)
    assert "1 to 100: $0.10 each" in page.text
    assert "101 to 1,000: $5.00 for all, and $0.08 each" in page.text
    assert "1,001 and more: $0.05 each" in page.text
    assert ("whole quantity" in page.text) is (mode == "volume")
    assert "priced in steps" in browser.get("/subscriptions").text


def statuses(account: Account) -> dict[str, tuple[str, str]]:
    """A subscription in each state of Stripe's, with what its page must say."""
    customer, price = by_card(account), account.price()
    active = charged(account, customer, price)
    trialing = account.post("subscriptions", customer=customer, items=[{"price": price}], trial_period_days=14)["id"]
    unsure = account.post(
        "subscriptions",
        customer=customer,
        items=[{"price": price}],
        trial_period_days=14,
        trial_settings={"end_behavior": {"missing_payment_method": "cancel"}},
    )["id"]
    paused = charged(account, customer, price)
    account.post(f"subscriptions/{paused}", pause_collection={"behavior": "void"})
    ending = charged(account, customer, price)
    account.post(f"subscriptions/{ending}", cancel_at_period_end=True)
    canceled = charged(account, customer, price)
    account.sandbox.call("DELETE", f"/v1/subscriptions/{canceled}", {})
    waiting = account.post(
        "subscriptions", customer=customer, items=[{"price": price}], payment_behavior="default_incomplete"
    )["id"]
    return {
        active: ("Active", "Next bill on"),
        trialing: ("Trial", "; the first bill follows"),
        unsure: ("Trial", "; the first bill follows if there is a payment method"),
        paused: ("Paused", "Nothing is charged until you resume it."),
        ending: ("Ends", "is not renewed"),
        canceled: ("Canceled", "Ended on"),
        waiting: ("Not started yet", "The first payment is still missing."),
    }


def test_a_discount_of_one_bill_is_gone_with_the_next(portal: Mounted, account: Account) -> None:
    coupon = account.post("coupons", name="Hello", amount_off=500, currency="usd", duration="once")["id"]
    customer = by_card(account)
    items = [{"price": account.price()}]
    made = account.post("subscriptions", customer=customer, items=items, discounts=[{"coupon": coupon}])["id"]
    browser = portal.browser(ANNA)
    assert "Hello: $5.00 off, on one bill" in page_of(browser, made).text
    account.sandbox.clock.advance(40 * DAY)
    assert "Hello" not in page_of(browser, made).text


def test_every_state_is_told_apart(portal: Mounted, account: Account) -> None:
    browser = portal.browser(ANNA)
    for subscription, (status, words) in statuses(account).items():
        page = page_of(browser, subscription)
        assert status in page.html.root.one("span", "portal-status").text
        assert words in page.text


def test_a_failed_payment_is_told(portal: Mounted, account: Account) -> None:
    customer = by_card(account)
    subscription = charged(account, customer, account.price())
    bad = account.post("payment_methods/pm_card_chargeCustomerFail/attach", customer=customer)["id"]
    account.post(f"customers/{customer}", invoice_settings={"default_payment_method": bad})
    account.sandbox.clock.advance(33 * DAY)
    page = page_of(portal.browser(ANNA), subscription)
    assert "Past due" in page.text
    assert "Pay the open invoice" in page.text


def test_another_customers_is_as_missing_as_none(portal: Mounted, account: Account) -> None:
    account.customer(ANNA.address)
    foreign = subscribe(account, account.customer(BERT.address), "Secret plan")
    browser = portal.browser(ANNA)
    missing = foreign[:-1] + ("A" if foreign[-1] != "A" else "B")
    for id in (foreign, missing, "sub_1", "in_1", "nonsense"):
        answer = browser.get(f"/subscriptions/{id}")
        assert answer.status == 404
        assert "Secret plan" not in answer.source
    assert "Secret plan" not in browser.get("/subscriptions").source


def test_the_one_given_on_arrival_is_all_that_is_shown(portal: Mounted, account: Account) -> None:
    customer = account.customer(ANNA.address)
    team, extra = subscribe(account, customer), subscribe(account, customer, "Add-on", 9900)
    browser = portal.arrive(ANNA, subscription=team)
    page = browser.get("/subscriptions")
    assert "Team plan" in page.text
    assert "Add-on" not in page.source
    assert browser.get(f"/subscriptions/{team}").status == 200
    assert browser.get(f"/subscriptions/{extra}").status == 404


def test_with_show_all_invoices_every_one_is_shown(mount: Mount, account: Account) -> None:
    customer = account.customer(ANNA.address)
    team, extra = subscribe(account, customer), subscribe(account, customer, "Add-on", 9900)
    browser = mount(show_all_invoices=True).arrive(ANNA, subscription=team)
    assert "Add-on" in browser.get("/subscriptions").text
    assert browser.get(f"/subscriptions/{extra}").status == 200


def test_nobody_sees_them_who_may_not_view(mount: Mount, account: Account) -> None:
    subscription = subscribe(account, account.customer(ANNA.address))
    browser = mount(actions=[]).browser(ANNA)
    assert browser.get("/subscriptions").status == 403
    assert browser.get(f"/subscriptions/{subscription}").status == 403
    assert mount().browser().get("/subscriptions").status == 401


def test_nobody_has_subscriptions_yet(portal: Mounted, account: Account) -> None:
    account.customer(ANNA.address)
    for visitor in (ANNA, BERT, CustomerId("cus_none")):
        page = portal.browser(visitor).get("/subscriptions")
        assert page.status == 200
        assert "You have no subscriptions." in page.text


def test_every_customer_of_an_address_is_there(portal: Mounted, account: Account) -> None:
    subscribe(account, account.customer(ANNA.address), "Bakery plan")
    subscribe(account, account.customer(ANNA.address), "Catering plan")
    browser = portal.browser(ANNA)
    page = browser.get("/subscriptions")
    for name in ("Bakery plan", "Catering plan"):
        one = browser.get(page.html.links[name])
        assert one.status == 200
        invoices = browser.get(one.html.links["Invoices of this subscription"])
        assert invoices.status == 200
        assert len(invoices.html.rows) == 1


def test_where_an_invoice_keeps_it_from_going_on_the_way_to_it_is_shown(portal: Mounted, account: Account) -> None:
    subscription = subscribe(account, account.customer(ANNA.address))
    browser = portal.browser(ANNA)
    assert "Open invoices" not in page_of(browser, subscription).text
    account.sandbox.clock.advance(31 * DAY)
    page = page_of(browser, subscription)
    assert "An invoice is overdue." in page.text
    listed = browser.get(page.html.links["Open invoices"])
    assert any(row[2] == "Overdue" for row in listed.html.rows)
    assert listed.html.root.one("select").all("option")[1].attributes.get("selected") is not None
