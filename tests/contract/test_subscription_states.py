"""What the pages say and offer for every state that a subscription can be in, and what then happens at Stripe."""

from typing import Any

import pytest

from invoice_portal import Email
from stripe_sandbox import Response
from stripe_sandbox.billing.discounts import discount_customer
from support.accounts import Account
from support.moments import DAY
from support.portals import Answer, Browser, Mount
from support.stripe_server import StripeServer

ANNA = Email("anna@example.com")
DEEDS = ["cancel", "resume", "pause", "change_plan", "change_quantity"]


class Shop:
    """Anna, her card, and prices by the month and by the year."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.customer = account.customer(ANNA.address)
        self.use_card("pm_card_visa")
        self.team = account.price("Team", 1000)
        self.big = account.price("Big", 3000)
        self.small = account.price("Small", 300)
        self.yearly = account.price("Team, yearly", 10000, recurring={"interval": "year"})
        self.addon = account.price("Reports", 500)
        self.coupon = account.post("coupons", percent_off=25, duration="forever")["id"]

    def use_card(self, card: str) -> None:
        method = self.account.post(f"payment_methods/{card}/attach", customer=self.customer)["id"]
        self.account.post(f"customers/{self.customer}", invoice_settings={"default_payment_method": method})

    def subscribe(self, *prices: str, quantity: int = 1, **changes: Any) -> str:
        items = [{"price": price, "quantity": quantity} for price in prices or (self.team,)]
        return str(self.account.post("subscriptions", customer=self.customer, items=items, **changes)["id"])

    def now(self, id: str) -> dict[str, Any]:
        return self.account.get(f"subscriptions/{id}")

    def settings(self, **changes: Any) -> dict[str, Any]:
        plans = [{"price": self.team, "most": 20}, {"price": self.big, "most": 20}]
        upsells = [{"id": "yearly", "price": self.yearly, "instead_of": [self.team]}]
        return {"subscriptions": {"actions": DEEDS, "plans": plans, "upsells": upsells, **changes}}

    def retention(self, *offers: dict[str, Any], **changes: Any) -> dict[str, Any]:
        return self.settings(retention=list(offers), upsells=[], **changes)


def act(browser: Browser, subscription: str, deed: str, **fields: str) -> Answer:
    """POST with a good form token, whatever the page offers."""
    token = browser.get("/subscriptions").html.form("/leave").fields
    return browser.post(f"/subscriptions/{subscription}/{deed}", {**token, **fields})


def leave(browser: Browser, id: str, **fields: str) -> Answer:
    return browser.submit(browser.get(f"/subscriptions/{id}/cancel"), "/cancel", **fields)


def prices_of(subscription: dict[str, Any]) -> list[str]:
    return [item["price"]["id"] for item in subscription["items"]["data"]]


# Offers


def test_a_smaller_plan_never_comes_beside_the_present_one(mount: Mount, account: Account) -> None:
    """Which of two items is the plan is not clear here: a change to another price would be a second plan."""
    shop = Shop(account)
    id = shop.subscribe(shop.team, shop.addon)
    settings = shop.retention({"id": "down", "price": shop.small}, plans=[], actions=["cancel"])
    browser = mount(**settings).arrive(ANNA)
    assert "note=canceled" in leave(browser, id).location
    act(browser, id, "resume")
    account.post(f"subscriptions/{id}", cancel_at_period_end=False)
    query = {"price": shop.small, "offer": "down"}
    assert browser.get(f"/subscriptions/{id}/change", query).status == 404


def test_a_discount_that_is_there_is_not_given_again_by_a_form(mount: Mount, account: Account) -> None:
    shop = Shop(account)
    id = shop.subscribe()
    browser = mount(**shop.retention({"id": "stay", "coupon": shop.coupon})).arrive(ANNA)
    page = leave(browser, id)
    account.post(f"subscriptions/{id}", discounts=[{"coupon": shop.coupon}])
    browser.submit(page, "/keep")
    assert len(shop.now(id)["discounts"]) == 1


def test_a_discount_whose_answer_was_lost_is_not_given_twice(
    mount: Mount, account: Account, stripe: StripeServer
) -> None:
    shop = Shop(account)
    id = shop.subscribe()
    browser = mount(**shop.retention({"id": "stay", "coupon": shop.coupon})).arrive(ANNA)
    page = leave(browser, id)
    lost = [True]

    def lose(request: Any) -> Response | None:
        """Stripe does it, and its answer does not come."""
        if not (lost and request.method == "POST" and request.path.endswith(id)):
            return None
        lost.clear()
        account.post(f"subscriptions/{id}", discounts=[{"coupon": shop.coupon}])
        return Response(500, {"Content-Type": "application/json", "Stripe-Should-Retry": "false"}, b'{"error": {}}')

    stripe.script(lose)
    assert browser.submit(page, "/keep").status == 503
    browser.submit(page, "/keep")
    assert len(shop.now(id)["discounts"]) == 1


def test_offers_to_stay_do_not_pile_up(mount: Mount, account: Account) -> None:
    shop = Shop(account)
    more = account.post("coupons", percent_off=50, duration="forever")["id"]
    id = shop.subscribe()
    offers = [{"id": "first", "coupon": shop.coupon}, {"id": "second", "coupon": more}]
    browser = mount(**shop.retention(*offers)).arrive(ANNA)
    page = leave(browser, id)
    browser.submit(page, "/keep")
    browser.submit(page, "/keep", offer="second")
    assert len(shop.now(id)["discounts"]) == 1
    assert "note=canceled" in leave(browser, id).location


def test_an_offer_that_was_never_shown_is_not_taken(mount: Mount, account: Account) -> None:
    shop = Shop(account)
    id = shop.subscribe()
    most = account.post("coupons", percent_off=90, duration="forever")["id"]
    offers = [
        {"id": "small", "coupon": shop.coupon, "feedback": ["unused"]},
        {"id": "large", "coupon": most, "feedback": ["other"]},
    ]
    browser = mount(**shop.retention(*offers)).arrive(ANNA)
    browser.submit(leave(browser, id, feedback="unused"), "/keep", offer="large")
    assert shop.now(id)["discounts"] == []


def test_a_price_that_was_never_shown_is_not_had_and_one_that_was_is_had_once(mount: Mount, account: Account) -> None:
    shop = Shop(account)
    id = shop.subscribe()
    settings = shop.retention({"id": "down", "price": shop.small})
    browser = mount(**settings).arrive(ANNA)
    query = {"price": shop.small, "offer": "down"}
    assert browser.get(f"/subscriptions/{id}/change", query).status == 404
    assert browser.own("GET", f"/subscriptions/{id}/quote?price={shop.small}&offer=down").status == 404
    leave(browser, id)
    assert browser.own("GET", f"/subscriptions/{id}/quote?price={shop.small}&offer=down").status == 200
    browser.submit(browser.get(f"/subscriptions/{id}/change", query), "/change")
    assert prices_of(shop.now(id)) == [shop.small]
    browser.submit(browser.get(f"/subscriptions/{id}/change", {"price": shop.team}), "/change")
    assert prices_of(shop.now(id)) == [shop.team]
    assert browser.get(f"/subscriptions/{id}/change", query).status == 404


def test_a_discount_of_the_customers_stays_beside_the_one_that_is_taken(mount: Mount, account: Account) -> None:
    """A subscription with a discount of its own no longer has its customer's: Stripe must be told to keep it."""
    shop = Shop(account)
    half = account.post("coupons", percent_off=50, duration="forever")["id"]
    id = shop.subscribe()
    discount_customer(account.sandbox, shop.customer, half)
    browser = mount(**shop.retention({"id": "stay", "coupon": shop.coupon})).arrive(ANNA)
    assert "note=kept" in browser.submit(leave(browser, id), "/keep").location
    coming = account.post("invoices/create_preview", subscription=id)
    assert coming["total"] == 375


@pytest.mark.parametrize(
    ("discount", "saving"),
    [
        ({"percent_off": 50, "duration": "forever"}, "You save $10.00 a year."),
        ({"percent_off": 50, "duration": "repeating", "duration_in_months": 3}, ""),
        (None, "You save $20.00 a year."),
    ],
)
def test_the_saving_counts_the_discount_that_there_is(
    mount: Mount, account: Account, discount: dict[str, Any] | None, saving: str
) -> None:
    shop = Shop(account)
    coupons = [{"coupon": account.post("coupons", **discount)["id"]}] if discount else []
    id = shop.subscribe(discounts=coupons)
    page = mount(**shop.settings()).arrive(ANNA).get(f"/subscriptions/{id}")
    assert "$100.00 per year" in page.text
    assert (saving in page.text) if saving else ("You save" not in page.text)


def test_the_saving_counts_taxes(mount: Mount, account: Account) -> None:
    shop = Shop(account)
    rate = account.post("tax_rates", display_name="VAT", percentage=20, inclusive=False)["id"]
    id = shop.subscribe(default_tax_rates=[rate], quantity=2)
    page = mount(**shop.settings()).arrive(ANNA).get(f"/subscriptions/{id}")
    assert "You save $48.00 a year." in page.text


def test_another_rhythm_is_not_offered_where_an_add_on_keeps_its_own(mount: Mount, account: Account) -> None:
    """Stripe bills all items of a subscription in one rhythm."""
    shop = Shop(account)
    id = shop.subscribe(shop.team, shop.addon)
    upsells = [
        {"id": "yearly", "price": shop.yearly, "instead_of": [shop.team]},
        {"id": "reports", "price": shop.addon, "beside": [shop.team]},
    ]
    settings = shop.settings(upsells=upsells, plans=[{"price": each} for each in (shop.team, shop.big, shop.yearly)])
    browser = mount(**settings).arrive(ANNA)
    assert "per year" not in browser.get(f"/subscriptions/{id}").text
    assert "per year" not in browser.get(f"/subscriptions/{id}/change").text
    assert browser.get(f"/subscriptions/{id}/change", {"price": shop.yearly}).status == 403
    assert browser.get(f"/subscriptions/{id}/change", {"price": shop.big}).status == 200


# Cancelling in every state


def incomplete(shop: Shop) -> str:
    return shop.subscribe(payment_behavior="default_incomplete")


def paused(shop: Shop) -> str:
    other = shop.account.customer("anna@example.com")
    items = [{"price": shop.team}]
    ends = {"end_behavior": {"missing_payment_method": "pause"}}
    id = shop.account.post("subscriptions", customer=other, items=items, trial_period_days=3, trial_settings=ends)["id"]
    shop.account.sandbox.clock.advance(4 * DAY)
    assert shop.now(id)["status"] == "paused"
    return str(id)


@pytest.mark.parametrize("begin", [incomplete, paused])
def test_what_does_not_run_ends_at_once(mount: Mount, account: Account, begin: Any) -> None:
    shop = Shop(account)
    id = begin(shop)
    browser = mount(**shop.settings()).arrive(ANNA)
    page = browser.get(f"/subscriptions/{id}/cancel")
    assert "It ends at once." in page.text
    assert "It goes on until" not in page.text
    assert "has ended" in browser.follow(browser.submit(page, "/cancel")).text
    assert shop.now(id)["status"] == "canceled"


def test_an_end_that_the_merchant_set_is_not_called_a_cancellation(mount: Mount, account: Account) -> None:
    shop = Shop(account)
    id = shop.subscribe()
    browser = mount(**shop.settings()).arrive(ANNA)
    page = browser.get(f"/subscriptions/{id}/cancel")
    account.post(f"subscriptions/{id}", cancel_at=account.sandbox.clock.now + 200 * DAY)
    for answer in (browser.get(f"/subscriptions/{id}/cancel"), browser.submit(page, "/cancel")):
        after = browser.follow(answer)
        assert "Ends on" in after.text
        assert "is canceled" not in after.text


def test_time_that_was_never_paid_for_is_not_credited(mount: Mount, account: Account) -> None:
    shop = Shop(account)
    id = shop.subscribe()
    shop.use_card("pm_card_chargeCustomerFail")
    account.sandbox.clock.advance(32 * DAY)
    assert shop.now(id)["status"] == "past_due"
    browser = mount(**shop.settings(cancel="now", credit_unused=True)).arrive(ANNA)
    page = browser.get(f"/subscriptions/{id}/cancel")
    assert "credited" not in page.text
    assert browser.submit(page, "/cancel").status == 303
    assert shop.now(id)["status"] == "canceled"
    assert account.get(f"customers/{shop.customer}")["balance"] == 0


def paused(shop: Shop) -> str:
    """The bill of the period at hand was made void."""
    id = shop.subscribe()
    shop.account.post(f"subscriptions/{id}", pause_collection={"behavior": "void"})
    shop.account.sandbox.clock.advance(32 * DAY)
    return id


def by_invoice(shop: Shop) -> str:
    """The bill of the period at hand is open, and not due yet."""
    return shop.subscribe(collection_method="send_invoice", days_until_due=30)


@pytest.mark.parametrize("begin", [paused, by_invoice])
def test_time_whose_bill_was_not_paid_is_not_credited(mount: Mount, account: Account, begin: Any) -> None:
    shop = Shop(account)
    id = begin(shop)
    assert shop.now(id)["status"] == "active"
    browser = mount(**shop.settings(cancel="now", credit_unused=True)).arrive(ANNA)
    page = browser.get(f"/subscriptions/{id}/cancel")
    assert "It ends at once." in page.text
    assert "credited" not in page.text
    assert "note=ended" in browser.submit(page, "/cancel").location
    assert shop.now(id)["status"] == "canceled"
    assert account.get(f"customers/{shop.customer}")["balance"] == 0


def test_unused_time_that_was_paid_for_is_credited(mount: Mount, account: Account) -> None:
    shop = Shop(account)
    id = shop.subscribe()
    browser = mount(**shop.settings(cancel="now", credit_unused=True)).arrive(ANNA)
    page = browser.get(f"/subscriptions/{id}/cancel")
    assert "Unused time is credited to you." in page.text
    assert browser.submit(page, "/cancel").status == 303
    assert account.get(f"customers/{shop.customer}")["balance"] == -1000


@pytest.mark.parametrize(("deed", "fields"), [("cancel", {}), ("pause", {"months": "1"})], ids=["cancel", "pause"])
def test_what_stripe_does_not_take_is_said_as_it_is(
    mount: Mount, account: Account, stripe: StripeServer, deed: str, fields: dict[str, str]
) -> None:
    shop = Shop(account)
    id = shop.subscribe()
    browser = mount(**shop.settings()).arrive(ANNA)

    def refuse(request: Any) -> Response | None:
        refused = request.method == "POST" and request.path.endswith(id)
        body = b'{"error": {"type": "invalid_request_error", "message": "managed by a schedule"}}'
        return Response(400, {"Content-Type": "application/json"}, body) if refused else None

    stripe.script(refuse)
    answer = act(browser, id, deed, **fields)
    assert answer.status == 422
    assert "not possible just now" in answer.text


# Changing


@pytest.mark.parametrize(("balance", "now"), [(-500, "$15.00"), (700, "$27.00"), (-100_000, "$0.00")])
def test_a_balance_changes_what_is_due_now_and_not_what_each_period_costs(
    mount: Mount, account: Account, balance: int, now: str
) -> None:
    shop = Shop(account)
    id = shop.subscribe()
    account.post(f"customers/{shop.customer}", balance=balance)
    browser = mount(**shop.settings(proration_behavior="always_invoice")).arrive(ANNA)
    page = browser.get(f"/subscriptions/{id}/change", {"price": shop.big})
    assert f"Now {now}" in page.text
    assert "After that $30.00 per month" in page.text


def test_a_page_that_is_opened_again_after_the_change_leads_to_the_subscription(mount: Mount, account: Account) -> None:
    shop = Shop(account)
    id = shop.subscribe()
    browser = mount(**shop.settings()).arrive(ANNA)
    for query in ({"price": shop.big}, {"price": shop.yearly, "offer": "yearly"}):
        page = browser.get(f"/subscriptions/{id}/change", query)
        assert "note=changed" in browser.submit(page, "/change").location
        again = browser.get(f"/subscriptions/{id}/change", query)
        assert (again.status, again.location.split("?")[0].rpartition("/")[2]) == (303, id)
        account.post(f"subscriptions/{id}", items=[{"id": shop.now(id)["items"]["data"][0]["id"], "price": shop.team}])


def test_a_schedule_keeps_changes_away_and_says_so(mount: Mount, account: Account, stripe: StripeServer) -> None:
    shop = Shop(account)
    id = shop.subscribe()
    portal = mount(**shop.settings())
    assert "planned changes" not in portal.arrive(ANNA).get(f"/subscriptions/{id}").text
    stripe.change(f"/v1/subscriptions/{id}", lambda now: {**now, "schedule": "sub_sched_1"})
    browser = portal.arrive(ANNA)
    page = browser.get(f"/subscriptions/{id}")
    assert "We have planned changes to this subscription." in page.text
    assert "Change plan" not in page.text
    assert "Cancel subscription" not in page.text
    assert act(browser, id, "cancel").status == 403
    assert browser.get(f"/subscriptions/{id}/change", {"price": shop.big}).status == 403
    assert "planned changes" not in mount().arrive(ANNA).get(f"/subscriptions/{id}").text
