"""A change of plan whose payment the customer's bank wants confirmed: it waits for that, and nothing else happens."""

import json
from typing import Any

from invoice_portal import Email, Hooks
from stripe_sandbox import Response
from support.accounts import Account
from support.moments import DAY
from support.portals import Answer, Browser, Mount
from support.stripe_server import StripeServer

ANNA = Email("anna@example.com")
ASKS = "pm_card_authenticationRequired"


class Shop:
    """Anna has the small plan, ten days old, by a card whose bank asks her about every payment."""

    def __init__(self, account: Account, card: str = ASKS) -> None:
        self.account = account
        self.customer = account.customer(ANNA.address)
        self.use_card("pm_card_visa")
        self.small, self.big = account.price("Small", 1000), account.price("Big", 3000)
        items = [{"price": self.small}]
        self.id = str(account.post("subscriptions", customer=self.customer, items=items)["id"])
        self.use_card(card)
        account.sandbox.clock.advance(10 * DAY)

    def use_card(self, card: str) -> None:
        method = self.account.post(f"payment_methods/{card}/attach", customer=self.customer)["id"]
        self.account.post(f"customers/{self.customer}", invoice_settings={"default_payment_method": method})

    def settings(self, **changes: Any) -> dict[str, Any]:
        plans = [{"price": self.small}, {"price": self.big}]
        upsells = [{"id": "big", "price": self.big, "instead_of": [self.small]}]
        return {
            "subscriptions": {
                "actions": ["cancel", "change_plan"],
                "plans": plans,
                "upsells": upsells,
                "proration_behavior": "always_invoice",
            },
            **changes,
        }

    @property
    def now(self) -> dict[str, Any]:
        return self.account.get(f"subscriptions/{self.id}")

    @property
    def plan(self) -> str:
        return str(self.now["items"]["data"][0]["price"]["id"])

    @property
    def invoices(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.account.get("invoices", customer=self.customer, limit=50)["data"]
        return found

    def confirm_with_the_bank(self, invoice: str, *, agreed: bool = True) -> None:
        """What the customer does on the bank's page."""
        paid = self.account.get("invoice_payments", invoice=invoice)["data"][0]["payment"]["payment_intent"]
        self.account.sandbox.authenticate(paid, agreed=agreed)


def quote(browser: Browser, shop: Shop, **query: str) -> Answer:
    return browser.get(f"/subscriptions/{shop.id}/change", {"price": shop.big, **query})


def test_the_customer_is_led_to_confirm_and_then_has_the_plan(mount: Mount, account: Account) -> None:
    shop = Shop(account)
    browser = mount(**shop.settings()).arrive(ANNA)
    page = quote(browser, shop)
    before = len(shop.invoices)
    answer = browser.submit(page, "/change")
    (waiting,) = shop.invoices[: len(shop.invoices) - before]
    assert answer.status == 303
    assert answer.location.split("?")[0].endswith(f"/invoices/{waiting['id']}/pay")
    assert f"Confirm and pay ${waiting['amount_due'] / 100:.2f}" in page.text
    assert shop.plan == shop.small
    shown = browser.get(f"/subscriptions/{shop.id}")
    assert "A change waits for its payment." in shown.text
    assert shown.html.links["See the invoice"].endswith(f"/invoices/{waiting['id']}/pay")
    assert "Change plan" not in shown.text
    shop.confirm_with_the_bank(waiting["id"])
    assert shop.plan == shop.big
    assert len(shop.invoices) == before + 1
    assert "waits for its payment" not in browser.get(f"/subscriptions/{shop.id}").text


def test_two_clicks_two_tabs_and_a_reload_ask_the_bank_once(mount: Mount, account: Account) -> None:
    shop = Shop(account)
    browser = mount(**shop.settings()).arrive(ANNA)
    first, second = quote(browser, shop), quote(browser, shop)
    before = len(shop.invoices)
    places = {browser.submit(page, "/change").location.split("?")[0] for page in (first, first, second)}
    assert len(places) == 1
    assert len(shop.invoices) == before + 1
    again = quote(browser, shop)
    assert (again.status, again.location.split("?")[0].rpartition("/")[2]) == (303, shop.id)


def test_another_change_meanwhile_leads_to_what_waits(mount: Mount, account: Account) -> None:
    shop = Shop(account)
    huge = account.price("Huge", 9000)
    settings = shop.settings()
    settings["subscriptions"]["plans"].append({"price": huge})
    browser = mount(**settings).arrive(ANNA)
    big, other = quote(browser, shop), browser.get(f"/subscriptions/{shop.id}/change", {"price": huge})
    browser.submit(big, "/change")
    before = len(shop.invoices)
    again = browser.submit(other, "/change")
    assert "note=outdated" in again.location
    there = browser.get(f"/subscriptions/{shop.id}/change", {"price": huge})
    assert there.location.split("?")[0].rpartition("/")[2] == shop.id
    assert len(shop.invoices) == before


def test_what_is_never_confirmed_changes_nothing_and_can_be_asked_for_again(mount: Mount, account: Account) -> None:
    shop = Shop(account)
    portal = mount(**shop.settings())
    browser = portal.arrive(ANNA)
    browser.submit(quote(browser, shop), "/change")
    waiting = shop.invoices[0]["id"]
    account.sandbox.clock.advance(DAY)
    assert (shop.plan, shop.now["pending_update"]) == (shop.small, None)
    assert account.get(f"invoices/{waiting}")["status"] == "void"
    shop.use_card("pm_card_visa")
    browser = portal.arrive(ANNA)
    assert "note=changed" in browser.submit(quote(browser, shop), "/change").location
    assert shop.plan == shop.big


def test_an_offer_counts_as_taken_only_once_it_is(mount: Mount, account: Account) -> None:
    shop = Shop(account)
    told: list[Any] = []
    portal = mount(**shop.settings(hooks=Hooks(on_event=told.append)))
    browser = portal.arrive(ANNA)
    browser.get(f"/subscriptions/{shop.id}")
    browser.submit(quote(browser, shop, offer="big"), "/change")
    assert [event.name for event in told if event.name in ("change_plan", "take_offer")] == []
    assert [count.taken for count in portal.portal.offers.counts()] == [0]


def test_whoever_may_not_pay_is_asked_for_another_method(mount: Mount, account: Account) -> None:
    shop = Shop(account)
    browser = mount(**shop.settings(actions={"view", "manage"})).arrive(ANNA)
    before = len(shop.invoices)
    answer = browser.submit(quote(browser, shop), "/change")
    assert "Your bank wants you to confirm" in browser.follow(answer).text
    assert (shop.plan, shop.now["pending_update"], len(shop.invoices)) == (shop.small, None, before)


def test_a_card_that_is_declined_leaves_nothing_open(mount: Mount, account: Account) -> None:
    shop = Shop(account, card="pm_card_chargeCustomerFail")
    browser = mount(**shop.settings()).arrive(ANNA)
    before = len(shop.invoices)
    assert "did not go through" in browser.follow(browser.submit(quote(browser, shop), "/change")).text
    assert (shop.now["pending_update"], len(shop.invoices)) == (None, before)


def test_where_stripe_lets_nothing_wait_the_plan_is_as_it_was(
    mount: Mount, account: Account, stripe: StripeServer
) -> None:
    shop = Shop(account)
    browser = mount(**shop.settings()).arrive(ANNA)

    def refuse(request: Any) -> Response | None:
        refused = request.method == "POST" and b"pending_if_incomplete" in request.body
        body = b'{"error": {"type": "invalid_request_error", "message": "not supported"}}'
        return Response(400, {"Content-Type": "application/json"}, body) if refused else None

    stripe.script(refuse)
    answer = browser.submit(quote(browser, shop), "/change")
    assert "Your bank wants you to confirm" in browser.follow(answer).text
    assert shop.plan == shop.small


def test_it_is_told_by_json(mount: Mount, account: Account) -> None:
    shop = Shop(account)
    browser = mount(**shop.settings()).arrive(ANNA)
    path = f"/api/me/subscriptions/{shop.id}"
    form = browser.get("/api/me").json["form"]
    headers = {"Content-Type": "application/json", form["header"]: form["token"]}
    sealed = browser.get(f"{path}/quote", {"price": shop.big}).json["quote"]
    for _ in range(2):
        content = json.dumps({"quote": sealed}).encode()
        answer = browser.send("POST", f"{path}/change", headers=headers, content=content)
        assert (answer.status, answer.json["waits_for"]) == (200, shop.invoices[0]["id"])
        assert answer.json["items"][0]["price_id"] == shop.small
        assert "change" not in answer.json["actions"]
