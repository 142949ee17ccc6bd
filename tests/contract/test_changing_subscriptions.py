"""What customers do with their subscriptions: only what is allowed, only to their own, and never twice."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from invoice_portal import CustomerId, Email, Hooks
from support.accounts import Account
from support.moments import DAY
from support.portals import Answer, Browser, Mount
from support.stripe_server import StripeServer

ANNA, BERT = Email("anna@example.com"), Email("bert@example.com")
DEEDS = ["cancel", "resume", "pause", "change_plan", "change_quantity"]


class Plans:
    """Anna has the small plan by card; there are a bigger one, a yearly one and an add-on."""

    def __init__(self, account: Account, *, quantity: int = 1) -> None:
        self.account = account
        self.customer = account.customer(ANNA.address)
        self.use_card("pm_card_visa")
        self.small = account.price("Small plan", 1000)
        self.big = account.price("Big plan", 3000)
        self.yearly = account.price("Yearly plan", 10000, recurring={"interval": "year"})
        self.addon = account.price("Extra", 500)
        self.secret = account.price("Not for everybody", 1)
        self.id = self.subscribe(self.customer, quantity)

    def subscribe(self, customer: str, quantity: int = 1) -> str:
        items = [{"price": self.small, "quantity": quantity}]
        return str(self.account.post("subscriptions", customer=customer, items=items)["id"])

    def use_card(self, card: str) -> None:
        method = self.account.post(f"payment_methods/{card}/attach", customer=self.customer)["id"]
        self.account.post(f"customers/{self.customer}", invoice_settings={"default_payment_method": method})

    def settings(self, **changes: Any) -> dict[str, Any]:
        plans = [{"price": self.small, "most": 20}, {"price": self.big, "most": 20}, {"price": self.yearly}]
        return {"subscriptions": {"actions": DEEDS, "plans": plans, **changes}}

    @property
    def now(self) -> dict[str, Any]:
        """The subscription as Stripe has it."""
        return self.account.get(f"subscriptions/{self.id}")

    @property
    def bought(self) -> tuple[str, int]:
        item = self.now["items"]["data"][0]
        return item["price"]["id"], item["quantity"]

    @property
    def invoices(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.account.get("invoices", customer=self.customer, limit=50)["data"]
        return found


def act(browser: Browser, subscription: str, deed: str, **fields: str) -> Answer:
    """POST with a good form token, whatever the page offers."""
    token = browser.get("/subscriptions").html.form("/leave").fields
    return browser.post(f"/subscriptions/{subscription}/{deed}", {**token, **fields})


def quote(browser: Browser, subscription: str, price: str, **query: str) -> Answer:
    return browser.get(f"/subscriptions/{subscription}/change", {"price": price, **query})


# Cancelling, and taking it back


def test_cancelling_ends_it_with_the_period_and_tells_stripe_why(mount: Mount, account: Account) -> None:
    plans = Plans(account)
    browser = mount(**plans.settings()).arrive(ANNA)
    page = browser.get(f"/subscriptions/{plans.id}/cancel")
    assert "It goes on until" in page.text
    answer = browser.submit(page, "/cancel", feedback="too_expensive", comment="Too much for us")
    after = browser.follow(answer)
    assert "is canceled" in after.text
    now = plans.now
    assert (now["status"], now["cancel_at_period_end"]) == ("active", True)
    assert now["cancellation_details"] | {"reason": ""} == {
        "comment": "Too much for us",
        "feedback": "too_expensive",
        "reason": "",
    }


def test_no_reason_is_needed(mount: Mount, account: Account) -> None:
    plans = Plans(account)
    browser = mount(**plans.settings()).arrive(ANNA)
    assert browser.submit(browser.get(f"/subscriptions/{plans.id}/cancel"), "/cancel").status == 303
    assert plans.now["cancel_at_period_end"]


def test_cancelling_twice_is_cancelling_once(mount: Mount, account: Account) -> None:
    plans = Plans(account)
    browser = mount(**plans.settings()).arrive(ANNA)
    page = browser.get(f"/subscriptions/{plans.id}/cancel")
    assert browser.submit(page, "/cancel", feedback="unused").status == 303
    assert browser.submit(page, "/cancel", feedback="other").status == 303
    assert plans.now["cancellation_details"]["feedback"] == "unused"


def test_it_ends_at_once_where_the_merchant_says_so(mount: Mount, account: Account) -> None:
    plans = Plans(account)
    browser = mount(**plans.settings(cancel="now")).arrive(ANNA)
    page = browser.get(f"/subscriptions/{plans.id}/cancel")
    assert "It ends at once" in page.text
    assert "has ended" in browser.follow(browser.submit(page, "/cancel")).text
    assert browser.submit(page, "/cancel").status == 303
    assert plans.now["status"] == "canceled"


@pytest.mark.parametrize(("mode", "ended"), [("at_period_end", False), ("choice", True)])
def test_when_it_ends_is_the_visitors_choice_only_where_it_is_one(
    mount: Mount, account: Account, mode: str, ended: bool
) -> None:
    plans = Plans(account)
    browser = mount(**plans.settings(cancel=mode)).arrive(ANNA)
    assert act(browser, plans.id, "cancel", when="now").status == 303
    assert (plans.now["status"] == "canceled") is ended


def test_a_cancellation_can_be_taken_back(mount: Mount, account: Account) -> None:
    plans = Plans(account)
    browser = mount(**plans.settings()).arrive(ANNA)
    act(browser, plans.id, "cancel")
    page = browser.get(f"/subscriptions/{plans.id}")
    assert browser.submit(page, "/resume").status == 303
    assert browser.submit(page, "/resume").status == 303
    assert not plans.now["cancel_at_period_end"]


def test_an_end_that_the_merchant_set_is_not_taken_back(mount: Mount, account: Account) -> None:
    plans = Plans(account)
    account.post(f"subscriptions/{plans.id}", cancel_at=account.sandbox.clock.now + 5 * DAY)
    assert act(mount(**plans.settings()).arrive(ANNA), plans.id, "resume").status == 403
    assert plans.now["cancel_at"] is not None


def test_a_reason_that_stripe_does_not_know_is_refused(mount: Mount, account: Account) -> None:
    plans = Plans(account)
    assert act(mount(**plans.settings()).arrive(ANNA), plans.id, "cancel", feedback="x").status == 400
    assert not plans.now["cancel_at_period_end"]


# Pausing


def test_pausing_and_going_on(mount: Mount, account: Account) -> None:
    plans = Plans(account)
    browser = mount(**plans.settings()).arrive(ANNA)
    page = browser.get(f"/subscriptions/{plans.id}")
    after = browser.follow(browser.submit(page, "/pause", months="2"))
    assert "Nothing is charged until" in after.text
    pause = plans.now["pause_collection"]
    assert pause["behavior"] == "void"
    assert 58 * DAY < pause["resumes_at"] - account.sandbox.clock.now < 63 * DAY
    assert browser.submit(page, "/pause", months="3").status == 303
    assert plans.now["pause_collection"] == pause
    assert browser.submit(after, "/unpause").status == 303
    assert plans.now["pause_collection"] is None


@pytest.mark.parametrize("months", ["12", "0", "-1", "x", "", "99999999999"])
def test_a_pause_that_is_not_offered_is_refused(mount: Mount, account: Account, months: str) -> None:
    plans = Plans(account)
    assert act(mount(**plans.settings()).arrive(ANNA), plans.id, "pause", months=months).status == 400
    assert plans.now["pause_collection"] is None


# Changing


def test_a_change_is_made_at_the_cost_that_was_confirmed(mount: Mount, account: Account) -> None:
    plans = Plans(account)
    account.sandbox.clock.advance(10 * DAY)
    browser = mount(**plans.settings(proration_behavior="always_invoice")).arrive(ANNA)
    page = quote(browser, plans.id, plans.big)
    assert page.status == 200
    before = len(plans.invoices)
    account.sandbox.clock.advance(300)
    assert "is changed" in browser.follow(browser.submit(page, "/change")).text
    assert plans.bought == (plans.big, 1)
    charged = plans.invoices[0]
    assert len(plans.invoices) == before + 1
    assert charged["status"] == "paid"
    assert f"Confirm and pay ${charged['amount_paid'] / 100:.2f}" in page.text
    assert "$30.00 per month" in page.text


def test_two_clicks_and_two_tabs_charge_once(mount: Mount, account: Account) -> None:
    plans = Plans(account)
    account.sandbox.clock.advance(10 * DAY)
    browser = mount(**plans.settings(proration_behavior="always_invoice")).arrive(ANNA)
    first = quote(browser, plans.id, plans.big)
    account.sandbox.clock.advance(60)
    second = quote(browser, plans.id, plans.big)
    before = len(plans.invoices)
    for page in (first, first, second, first):
        assert browser.submit(page, "/change").status == 303
    assert len(plans.invoices) == before + 1
    assert plans.bought == (plans.big, 1)


def test_two_tabs_with_different_wishes_make_one_change(mount: Mount, account: Account) -> None:
    plans = Plans(account)
    browser = mount(**plans.settings(proration_behavior="always_invoice")).arrive(ANNA)
    big, yearly = quote(browser, plans.id, plans.big), quote(browser, plans.id, plans.yearly)
    assert browser.submit(big, "/change").status == 303
    again = browser.submit(yearly, "/change")
    assert "note=outdated" in again.location
    assert "Something has changed meanwhile" in browser.follow(again).text
    assert plans.bought == (plans.big, 1)


def test_two_changes_at_the_same_moment_are_one(mount: Mount, account: Account, stripe: StripeServer) -> None:
    """Both have read the subscription before either has changed it: Stripe makes one of them by its key."""
    plans = Plans(account)
    browser = mount(**plans.settings(proration_behavior="always_invoice")).arrive(ANNA)
    big, yearly = quote(browser, plans.id, plans.big), quote(browser, plans.id, plans.yearly)
    old = plans.now
    assert browser.submit(big, "/change").status == 303
    count = len(plans.invoices)

    def as_before(now: Any) -> Any:
        return {**old, "items": old["items"]} if now.get("object") == "subscription" else now

    stripe.change(f"/v1/subscriptions/{plans.id}", as_before)
    assert browser.submit(yearly, "/change").status in (303, 409)
    assert browser.submit(big, "/change").status in (303, 409)
    assert len(plans.invoices) == count
    assert plans.bought == (plans.big, 1)


def test_there_and_back_and_there_again_are_three_changes(mount: Mount, account: Account) -> None:
    plans = Plans(account)
    browser = mount(**plans.settings()).arrive(ANNA)
    for price in (plans.big, plans.small, plans.big):
        assert browser.submit(quote(browser, plans.id, price), "/change").status == 303
        assert plans.bought == (price, 1)


def test_a_declined_card_leaves_the_plan_and_another_card_may_try_again(mount: Mount, account: Account) -> None:
    plans = Plans(account)
    account.sandbox.clock.advance(10 * DAY)
    browser = mount(**plans.settings(proration_behavior="always_invoice")).arrive(ANNA)
    plans.use_card("pm_card_chargeCustomerFail")
    answer = browser.submit(quote(browser, plans.id, plans.big), "/change")
    assert "did not go through" in browser.follow(answer).text
    assert plans.bought == (plans.small, 1)
    assert plans.now["status"] == "active"
    plans.use_card("pm_card_visa")
    assert "note=changed" in browser.submit(quote(browser, plans.id, plans.big), "/change").location
    assert plans.bought == (plans.big, 1)


def test_what_has_changed_since_is_shown_again_and_nothing_happens(mount: Mount, account: Account) -> None:
    plans = Plans(account)
    account.sandbox.clock.advance(10 * DAY)
    browser = mount(**plans.settings(proration_behavior="always_invoice")).arrive(ANNA)
    page = quote(browser, plans.id, plans.big)
    account.post(f"customers/{plans.customer}", balance=-100)
    again = browser.submit(page, "/change")
    assert "note=outdated" in again.location
    assert plans.bought == (plans.small, 1)
    assert browser.submit(browser.follow(again), "/change").status == 303
    assert plans.bought == (plans.big, 1)


def test_an_old_quote_is_asked_again(mount: Mount, account: Account) -> None:
    plans = Plans(account)
    browser = mount(**plans.settings()).arrive(ANNA)
    page = quote(browser, plans.id, plans.big)
    account.sandbox.clock.advance(16 * 60)
    assert "note=outdated" in browser.submit(page, "/change").location
    assert plans.bought == (plans.small, 1)


def test_a_quantity_may_be_chosen_within_its_bounds(mount: Mount, account: Account) -> None:
    plans = Plans(account)
    browser = mount(**plans.settings()).arrive(ANNA)
    page = browser.get(f"/subscriptions/{plans.id}/change")
    assert "Small plan" in page.text
    assert "Big plan" in page.text
    confirm = quote(browser, plans.id, plans.small, quantity="7")
    assert "7 × $10.00 per month" in confirm.text
    assert "Nothing is charged now." in confirm.text
    assert browser.submit(confirm, "/change").status == 303
    assert plans.bought == (plans.small, 7)
    for wrong in ("0", "21", "-1", "1.5", "x", "1" * 30):
        assert quote(browser, plans.id, plans.small, quantity=wrong).status == 400


def test_a_plan_without_bounds_keeps_the_quantity(mount: Mount, account: Account) -> None:
    plans = Plans(account, quantity=4)
    browser = mount(**plans.settings()).arrive(ANNA)
    confirm = quote(browser, plans.id, plans.yearly, quantity="1")
    assert "4 × $100.00 per year" in confirm.text
    browser.submit(confirm, "/change")
    assert plans.bought == (plans.yearly, 4)


# Attacks


@pytest.mark.parametrize("deed", ["cancel", "resume", "pause", "unpause", "change", "keep", "dismiss", "portal"])
def test_another_customers_subscription_is_as_missing_as_none(mount: Mount, account: Account, deed: str) -> None:
    plans = Plans(account)
    other = plans.subscribe(plans.customer)
    bert = account.customer(BERT.address)
    for portal in (mount(**plans.settings()),):
        for browser in (portal.arrive(BERT), portal.arrive(CustomerId(bert))):
            answer = act(browser, plans.id, deed, months="1", offer="x", flow="cancel", quote="x")
            assert answer.status == (403 if deed == "portal" else 404)
        scoped = portal.arrive(ANNA, subscription=other)
        assert act(scoped, plans.id, deed, months="1", offer="x", flow="cancel", quote="x").status in (403, 404)
    assert not plans.now["cancel_at_period_end"]
    assert plans.bought == (plans.small, 1)


def test_a_price_that_is_not_in_the_list_cannot_be_had(mount: Mount, account: Account) -> None:
    plans = Plans(account)
    euros = account.price("In euros", 100, currency="eur")
    once = account.post("prices", product_data={"name": "Once"}, currency="usd", unit_amount=1)["id"]
    listed = [{"price": plans.big}, {"price": euros}, {"price": once}]
    browser = mount(**plans.settings(plans=listed)).arrive(ANNA)
    for price in (plans.secret, euros, once, "price_none", "nonsense", "price_1/../x"):
        assert quote(browser, plans.id, price).status in (403, 404), price
    shown = browser.get(f"/subscriptions/{plans.id}/change").text
    assert "Big plan" in shown
    assert "In euros" not in shown


def forge(token: str) -> list[str]:
    return ["", "x", token[:-2], token[::-1], token + "A", ("b" if token[0] != "b" else "c") + token[1:]]


def test_a_forged_quote_changes_nothing(mount: Mount, account: Account) -> None:
    plans = Plans(account)
    browser = mount(**plans.settings()).arrive(ANNA)
    page = quote(browser, plans.id, plans.big)
    token = page.html.form("/change").fields["quote"]
    for forged in [*forge(token), json.dumps({"p": plans.secret})]:
        assert browser.submit(page, "/change", quote=forged).status == 400
    assert plans.bought == (plans.small, 1)


def test_a_quote_is_for_one_subscription(mount: Mount, account: Account) -> None:
    plans = Plans(account)
    other = plans.subscribe(plans.customer)
    browser = mount(**plans.settings()).arrive(ANNA)
    token = quote(browser, other, plans.big).html.form("/change").fields["quote"]
    assert act(browser, plans.id, "change", quote=token).status == 400
    assert plans.bought == (plans.small, 1)


def test_a_quote_ends_where_the_merchant_takes_the_plan_away(mount: Mount, account: Account) -> None:
    plans = Plans(account)
    browser = mount(**plans.settings()).arrive(ANNA)
    page = quote(browser, plans.id, plans.big)
    token = page.html.form("/change").fields["quote"]
    later = mount(**plans.settings(plans=[{"price": plans.yearly}])).arrive(ANNA)
    assert act(later, plans.id, "change", quote=token).status == 403
    assert plans.bought == (plans.small, 1)


@pytest.mark.parametrize(
    "settings", [{"actions": {"view", "pay", "download"}}, {"subscriptions": {}}], ids=["view", "off"]
)
def test_who_may_not_manage_changes_nothing(mount: Mount, account: Account, settings: Mapping[str, Any]) -> None:
    plans = Plans(account)
    browser = mount(**{**plans.settings(), **settings}).arrive(ANNA)
    page = browser.get(f"/subscriptions/{plans.id}")
    assert page.status == 200
    assert [form.action for form in page.html.forms if "/subscriptions/" in form.action] == []
    assert "Cancel" not in page.text
    for deed in ("cancel", "resume", "pause", "unpause", "change", "keep", "dismiss"):
        answer = act(browser, plans.id, deed, months="1", offer="x", quote="x")
        assert answer.status in (400, 403, 404), deed
    for path in ("cancel", "change"):
        assert browser.get(f"/subscriptions/{plans.id}/{path}").status == 403
    assert not plans.now["cancel_at_period_end"]


@pytest.mark.parametrize("deed", ["cancel", "resume", "pause", "unpause", "change", "keep", "dismiss", "portal"])
def test_a_form_without_its_token_is_refused(mount: Mount, account: Account, deed: str) -> None:
    plans = Plans(account)
    browser = mount(**plans.settings()).arrive(ANNA)
    browser.get(f"/subscriptions/{plans.id}")
    assert browser.post(f"/subscriptions/{plans.id}/{deed}", {"months": "1"}).status == 403


# The host's word, and the record


def test_the_host_may_say_no(mount: Mount, account: Account) -> None:
    plans = Plans(account)
    asked: list[Any] = []

    def before(change: Any) -> str:
        asked.append(change)
        return "Please talk to us first."

    portal = mount(hooks=Hooks(before_cancel=before, before_change_plan=before), **plans.settings())
    browser = portal.arrive(ANNA)
    answer = act(browser, plans.id, "cancel", feedback="unused")
    assert (answer.status, "Please talk to us first." in answer.text) == (403, True)
    answer = browser.submit(quote(browser, plans.id, plans.big), "/change")
    assert (answer.status, "Please talk to us first." in answer.text) == (403, True)
    assert not plans.now["cancel_at_period_end"]
    assert plans.bought == (plans.small, 1)
    assert (asked[0].subscription_id, asked[0].feedback) == (plans.id, "unused")
    assert (asked[1].old_price_id, asked[1].new_price_id, asked[1].due_now) == (plans.small, plans.big, 0)


def test_what_was_done_is_told_and_recorded(mount: Mount, account: Account) -> None:
    plans = Plans(account)
    told: list[Any] = []
    portal = mount(hooks=Hooks(on_event=told.append), **plans.settings())
    browser = portal.arrive(ANNA)
    browser.submit(quote(browser, plans.id, plans.big), "/change")
    act(browser, plans.id, "cancel", feedback="unused", comment="my phone is 555 1234")
    act(browser, plans.id, "resume")
    act(browser, plans.id, "pause", months="1")
    act(browser, plans.id, "unpause")
    assert [event.name for event in told] == [
        "pre_change_plan",
        "change_plan",
        "pre_cancel",
        "cancel_subscription",
        "resubscribe",
        "pause_subscription",
        "unpause_subscription",
    ]
    assert {event.customer_id for event in told} == {plans.customer}
    trail = [record for record in portal.portal.audit.records() if record.action.startswith("subscription.")]
    assert [(record.action, record.subject, record.customer) for record in trail] == [
        (f"subscription.{deed}", plans.id, plans.customer)
        for deed in ("changed", "canceled", "resumed", "paused", "unpaused")
    ]
    assert "555 1234" not in "".join(record.line() for record in trail)
