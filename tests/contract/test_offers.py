"""What is offered: to whoever cancels, once ever, and beside what somebody has; with the figures that Stripe gives."""

from typing import Any

import pytest

from invoice_portal import Email
from stripe_sandbox import Response
from support.accounts import Account
from support.portals import Answer, Browser, Mount, Mounted
from support.stripe_server import StripeServer

ANNA = Email("anna@example.com")


class Shop:
    """Anna has the monthly plan by card; there are a yearly one, a small one, an add-on and a coupon."""

    def __init__(self, account: Account, quantity: int = 1) -> None:
        self.account = account
        self.customer = account.customer(ANNA.address)
        method = account.post("payment_methods/pm_card_visa/attach", customer=self.customer)["id"]
        account.post(f"customers/{self.customer}", invoice_settings={"default_payment_method": method})
        self.monthly = account.price("Team", 1000)
        self.yearly = account.price("Team, yearly", 10000, recurring={"interval": "year"})
        self.small = account.price("Small", 300)
        self.addon = account.price("Reports", 500)
        self.coupon = account.post("coupons", percent_off=30, duration="repeating", duration_in_months=3)["id"]
        items = [{"price": self.monthly, "quantity": quantity}]
        self.id = str(account.post("subscriptions", customer=self.customer, items=items)["id"])

    def settings(self, **changes: Any) -> dict[str, Any]:
        return {
            "subscriptions": {
                "actions": ["cancel", "resume"],
                "upsells": [
                    {"id": "yearly", "price": self.yearly, "instead_of": [self.monthly], "title": "Pay by the year"},
                    {"id": "reports", "price": self.addon, "beside": [self.monthly]},
                ],
                **changes,
            }
        }

    def retention(self, *offers: dict[str, Any]) -> dict[str, Any]:
        return self.settings(retention=list(offers), upsells=[])

    @property
    def now(self) -> dict[str, Any]:
        return self.account.get(f"subscriptions/{self.id}")


def leave(browser: Browser, shop: Shop, **fields: str) -> Answer:
    return browser.submit(browser.get(f"/subscriptions/{shop.id}/cancel"), "/cancel", **fields)


# Before somebody goes


def test_a_discount_is_offered_before_it_goes_through_and_can_be_taken(mount: Mount, account: Account) -> None:
    shop = Shop(account)
    portal = mount(**shop.retention({"id": "stay", "coupon": shop.coupon}))
    browser = portal.arrive(ANNA)
    page = leave(browser, shop, feedback="too_expensive")
    assert page.status == 200
    assert "Stay, and get 30% off" in page.text
    assert "every bill for 3 months" in page.text
    assert not shop.now["cancel_at_period_end"]
    after = browser.follow(browser.submit(page, "/keep"))
    assert "Good to have you" in after.text
    assert len(shop.now["discounts"]) == 1
    assert not shop.now["cancel_at_period_end"]
    assert browser.submit(page, "/keep").status == 303
    assert len(shop.now["discounts"]) == 1


def test_declining_is_one_click_and_keeps_the_reason(mount: Mount, account: Account) -> None:
    shop = Shop(account)
    browser = mount(**shop.retention({"id": "stay", "coupon": shop.coupon})).arrive(ANNA)
    page = leave(browser, shop, feedback="unused", comment="Bye")
    assert "note=canceled" in browser.submit(page, "/cancel").location
    now = shop.now
    assert now["cancel_at_period_end"]
    assert (now["cancellation_details"]["feedback"], now["cancellation_details"]["comment"]) == ("unused", "Bye")
    assert now["discounts"] == []


def test_whoever_had_it_is_not_offered_it_again(mount: Mount, account: Account) -> None:
    shop = Shop(account)
    browser = mount(**shop.retention({"id": "stay", "coupon": shop.coupon})).arrive(ANNA)
    assert browser.submit(leave(browser, shop), "/keep").status == 303
    account.sandbox.call("DELETE", f"/v1/subscriptions/{shop.id}/discount", {})
    assert "note=canceled" in leave(browser, shop).location


def test_whoever_has_the_coupon_already_is_not_offered_it(mount: Mount, account: Account) -> None:
    shop = Shop(account)
    account.post(f"subscriptions/{shop.id}", discounts=[{"coupon": shop.coupon}])
    browser = mount(**shop.retention({"id": "stay", "coupon": shop.coupon})).arrive(ANNA)
    assert "note=canceled" in leave(browser, shop).location


def test_the_offer_fits_the_reason(mount: Mount, account: Account) -> None:
    shop = Shop(account)
    offers = [
        {"id": "cheaper", "coupon": shop.coupon, "feedback": ["too_expensive"]},
        {"id": "rest", "pause_months": 2, "feedback": ["unused"]},
    ]
    browser = mount(**shop.retention(*offers)).arrive(ANNA)
    assert "30% off" in leave(browser, shop, feedback="too_expensive").text
    page = leave(browser, shop, feedback="unused")
    assert "Pause for 2 months instead" in page.text
    browser.submit(page, "/keep")
    assert shop.now["pause_collection"]["behavior"] == "void"


def test_another_plan_is_offered_with_its_price(mount: Mount, account: Account) -> None:
    shop = Shop(account)
    browser = mount(**shop.retention({"id": "down", "price": shop.small})).arrive(ANNA)
    page = leave(browser, shop)
    assert "Change to Small instead" in page.text
    confirm = browser.get(page.html.links["Have a look"])
    assert "$3.00 per month" in confirm.text
    assert "note=changed" in browser.submit(confirm, "/change").location
    assert shop.now["items"]["data"][0]["price"]["id"] == shop.small


@pytest.mark.parametrize("coupon", ["none", "expired"])
def test_a_coupon_that_is_worth_nothing_is_not_offered(mount: Mount, account: Account, coupon: str) -> None:
    shop = Shop(account)
    account.post("coupons", id="expired", percent_off=10, duration="once", max_redemptions=1)
    other = account.customer("bert@example.com")
    items = [{"price": shop.monthly}]
    sent = {"collection_method": "send_invoice", "days_until_due": 5}
    account.post("subscriptions", customer=other, items=items, discounts=[{"coupon": "expired"}], **sent)
    browser = mount(**shop.retention({"id": "stay", "coupon": coupon})).arrive(ANNA)
    assert "note=canceled" in leave(browser, shop).location


def test_a_discount_that_stripe_refuses_can_still_be_taken_later(
    mount: Mount, account: Account, stripe: StripeServer
) -> None:
    shop = Shop(account)
    browser = mount(**shop.retention({"id": "stay", "coupon": shop.coupon})).arrive(ANNA)
    page = leave(browser, shop)
    broken = [True]

    def fail(request: Any) -> Response | None:
        fails = broken[0] and request.method == "POST" and request.path.endswith(shop.id)
        return Response(500, {"Content-Type": "application/json"}, b'{"error": {}}') if fails else None

    stripe.script(fail)
    assert browser.submit(page, "/keep").status == 503
    broken[0] = False
    assert "note=kept" in browser.submit(page, "/keep").location
    assert len(shop.now["discounts"]) == 1


def test_nobody_takes_what_is_not_offered(mount: Mount, account: Account) -> None:
    shop = Shop(account)
    browser = mount(**shop.retention({"id": "stay", "coupon": shop.coupon})).arrive(ANNA)
    page = leave(browser, shop)
    for offer in ("", "other", shop.coupon):
        assert browser.submit(page, "/keep", offer=offer).status == 404
    account.post(f"subscriptions/{shop.id}", cancel_at_period_end=True)
    assert browser.submit(page, "/keep").status == 403
    assert shop.now["discounts"] == []


# Beside what somebody has


def titles(portal: Mounted, shop: Shop) -> list[str]:
    page = portal.arrive(ANNA).get(f"/subscriptions/{shop.id}")
    return [card.one("h2").text for card in page.html.root.all("section", css_class="portal-offer")]


def test_what_fits_is_offered_with_the_real_saving(mount: Mount, account: Account) -> None:
    shop = Shop(account, quantity=3)
    portal = mount(**shop.settings())
    page = portal.arrive(ANNA).get(f"/subscriptions/{shop.id}")
    assert titles(portal, shop) == ["Pay by the year", "Reports"]
    assert "3 × $100.00 per year" in page.text
    assert "You save $60.00 a year." in page.text
    assert page.text.count("You save") == 1


def test_an_offer_is_taken_at_the_cost_that_is_shown(mount: Mount, account: Account) -> None:
    shop = Shop(account)
    portal = mount(**shop.settings())
    browser = portal.arrive(ANNA)
    page = browser.get(f"/subscriptions/{shop.id}")
    for link in [card.one("a").attributes["href"] for card in page.html.root.all("section", css_class="portal-offer")]:
        confirm = browser.get(link)
        assert confirm.status in (200, 403)
        if "Reports" in confirm.text:
            assert "note=changed" in browser.submit(confirm, "/change").location
    bought = {item["price"]["id"] for item in shop.now["items"]["data"]}
    assert bought == {shop.monthly, shop.addon}
    assert titles(portal, shop) == []
    (counted,) = [count for count in portal.portal.offers.counts() if count.offer == "reports"]
    assert (counted.shown, counted.taken, counted.dismissed) == (1, 1, 0)


def test_nobody_is_offered_what_they_have_elsewhere(mount: Mount, account: Account) -> None:
    shop = Shop(account)
    account.post("subscriptions", customer=shop.customer, items=[{"price": shop.addon}])
    assert titles(mount(**shop.settings()), shop) == ["Pay by the year"]


def test_an_offer_that_is_sent_away_stays_away(mount: Mount, account: Account) -> None:
    shop = Shop(account)
    portal = mount(**shop.settings())
    browser = portal.arrive(ANNA)
    assert browser.submit(browser.get(f"/subscriptions/{shop.id}"), "/dismiss").status == 303
    assert titles(portal, shop) == ["Reports"]


def test_who_may_not_manage_is_offered_nothing(mount: Mount, account: Account) -> None:
    shop = Shop(account)
    assert titles(mount(actions={"view"}, **shop.settings()), shop) == []


def test_an_offer_without_its_reason_is_none(mount: Mount, account: Account) -> None:
    shop = Shop(account)
    browser = mount(**shop.settings()).arrive(ANNA)
    for query in (
        {"price": shop.yearly, "offer": "other"},
        {"price": shop.yearly},
        {"price": "price_x", "offer": ""},
    ):
        assert browser.get(f"/subscriptions/{shop.id}/change", query).status in (403, 404)


def test_without_a_database_there_are_no_offers_and_all_else_goes_on(mount: Mount, account: Account) -> None:
    shop = Shop(account)
    changes = shop.settings(retention=[{"id": "stay", "coupon": shop.coupon}])
    portal = mount(database_url="sqlite:////nowhere/at/all.sqlite3", **changes)
    if portal.runtime.host_checks_forms:
        return  # Django's database is its own
    browser = portal.arrive(ANNA)
    assert browser.get(f"/subscriptions/{shop.id}").status == 200
    assert titles(portal, shop) == []
    assert "note=canceled" in leave(browser, shop).location


def test_the_merchant_reads_the_counts(shared: Mount, account: Account) -> None:
    shop = Shop(account)
    portal = shared(**shop.settings(retention=[{"id": "stay", "coupon": shop.coupon}]))
    browser = portal.arrive(ANNA)
    for _ in range(2):
        browser.get(f"/subscriptions/{shop.id}")
    browser.submit(leave(browser, shop), "/keep")
    browser.submit(browser.get(f"/subscriptions/{shop.id}"), "/dismiss")
    found = portal.browser().api("GET", "/offers")
    assert found.json == {
        "offers": [
            {"offer": "reports", "kind": "upsell", "shown": 1, "taken": 0, "dismissed": 0},
            {"offer": "stay", "kind": "retention", "shown": 1, "taken": 1, "dismissed": 0},
            {"offer": "yearly", "kind": "upsell", "shown": 1, "taken": 0, "dismissed": 1},
        ]
    }
    assert portal.browser().api("GET", "/offers", key="wrong").status == 401
