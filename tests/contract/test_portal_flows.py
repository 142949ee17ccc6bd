"""Where the merchant prefers Stripe's own pages: the way there, and that there is no other."""

from typing import Any

import pytest

from invoice_portal import Email
from support.accounts import Account
from support.portals import Browser, Mount

ANNA, BERT = Email("anna@example.com"), Email("bert@example.com")


class Shop:
    """Anna has a plan, and Stripe's portal lets her cancel it and change it to a bigger one."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.customer = account.customer(ANNA.address)
        self.small, self.big = account.price("Small", 1000), account.price("Big", 3000)
        self.coupon = account.post("coupons", percent_off=20, duration="once")["id"]
        self.id = account.subscription(self.customer, self.small)
        product = account.get(f"prices/{self.big}")["product"]
        update = {
            "enabled": True,
            "default_allowed_updates": ["price"],
            "products": [{"product": product, "prices": [self.big]}],
        }
        features = {"subscription_cancel": {"enabled": True}, "subscription_update": update}
        self.configuration = account.post("billing_portal/configurations", features=features)["id"]

    @property
    def settings(self) -> dict[str, Any]:
        return {
            "public_url": "https://shop.example/billing",
            "subscriptions": {
                "actions": ["cancel", "change_plan"],
                "plans": [{"price": self.big}],
                "retention": [{"id": "stay", "coupon": self.coupon}],
                "billing_portal": True,
                "billing_portal_configuration": self.configuration,
            },
        }


def test_a_cancellation_is_taken_back_there_too(mount: Mount, account: Account) -> None:
    shop = Shop(account)
    settings = shop.settings
    settings["subscriptions"]["actions"] = ["cancel", "resume"]
    browser = mount(**settings).arrive(ANNA)
    assert open_flow(browser, shop, "resume").status == 403, "nothing is canceled"
    account.post(f"subscriptions/{shop.id}", cancel_at_period_end=True)
    page = browser.get(f"/subscriptions/{shop.id}")
    assert [form.fields["flow"] for form in page.html.forms if form.action.endswith("/portal")] == ["resume"]
    assert open_flow(browser, shop, "resume").location.startswith(account.sandbox.base_url)


def test_a_coupon_is_offered_there_though_another_offer_comes_first(mount: Mount, account: Account) -> None:
    shop = Shop(account)
    settings = shop.settings
    settings["subscriptions"]["retention"].insert(0, {"id": "rest", "pause_months": 2})
    open_flow(mount(**settings).arrive(ANNA), shop, "cancel")
    (session,) = account.sandbox.store.all("billing_portal.session")
    assert session["flow"]["subscription_cancel"]["retention"]["coupon_offer"]["coupon"] == shop.coupon


def open_flow(browser: Browser, shop: Shop, flow: str) -> Any:
    token = browser.get("/subscriptions").html.form("/leave").fields
    return browser.post(f"/subscriptions/{shop.id}/portal", {**token, "flow": flow})


def test_both_flows_lead_to_stripe_and_back(mount: Mount, account: Account) -> None:
    shop = Shop(account)
    browser = mount(**shop.settings).arrive(ANNA)
    page = browser.get(f"/subscriptions/{shop.id}")
    assert [form.fields["flow"] for form in page.html.forms if form.action.endswith("/portal")] == ["change", "cancel"]
    for flow in ("cancel", "change"):
        answer = open_flow(browser, shop, flow)
        assert answer.status == 303
        assert answer.location.startswith(account.sandbox.base_url)
    (cancel, change) = [
        session["flow"] for session in reversed(list(account.sandbox.store.all("billing_portal.session")))
    ][-2:]
    types = {cancel["type"]: cancel, change["type"]: change}
    assert set(types) == {"subscription_cancel", "subscription_update"}
    assert types["subscription_cancel"]["subscription_cancel"]["retention"]["coupon_offer"]["coupon"] == shop.coupon
    back = cancel["after_completion"]["redirect"]["return_url"]
    assert back == f"https://shop.example/billing/subscriptions/{shop.id}"


def test_nothing_is_changed_here_then(mount: Mount, account: Account) -> None:
    shop = Shop(account)
    browser = mount(**shop.settings).arrive(ANNA)
    token = browser.get("/subscriptions").html.form("/leave").fields
    for deed in ("cancel", "resume", "pause", "unpause", "change", "keep", "dismiss"):
        assert browser.post(f"/subscriptions/{shop.id}/{deed}", {**token, "months": "1"}).status == 403
    assert not account.get(f"subscriptions/{shop.id}")["cancel_at_period_end"]


@pytest.mark.parametrize("flow", ["", "payment_method_update", "subscription_cancel"])
def test_other_flows_are_refused(mount: Mount, account: Account, flow: str) -> None:
    shop = Shop(account)
    assert open_flow(mount(**shop.settings).arrive(ANNA), shop, flow).status == 400


def test_anothers_subscription_opens_no_page(mount: Mount, account: Account) -> None:
    shop = Shop(account)
    account.customer(BERT.address)
    assert open_flow(mount(**shop.settings).arrive(BERT), shop, "cancel").status == 404
    assert open_flow(mount(actions={"view"}, **shop.settings).arrive(ANNA), shop, "cancel").status == 403
