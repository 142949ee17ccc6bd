"""Subscriptions and billing details by JSON: the same as the pages, with the same limits."""

import json
from typing import Any

import pytest

from invoice_portal import Email
from support.accounts import Account
from support.portals import Answer, Browser, Mount

ANNA, BERT = Email("anna@example.com"), Email("bert@example.com")


class Shop:
    """Anna has the small plan by card, three of it; there is a bigger one, a yearly one, and a coupon."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.customer = account.customer(ANNA.address)
        method = account.post("payment_methods/pm_card_visa/attach", customer=self.customer)["id"]
        account.post(f"customers/{self.customer}", invoice_settings={"default_payment_method": method})
        self.small, self.big = account.price("Small", 1000), account.price("Big", 3000)
        self.yearly = account.price("Yearly", 10000, recurring={"interval": "year"})
        self.coupon = account.post("coupons", amount_off=500, currency="usd", duration="once")["id"]
        items = [{"price": self.small, "quantity": 3}]
        self.id = str(account.post("subscriptions", customer=self.customer, items=items)["id"])

    @property
    def settings(self) -> dict[str, Any]:
        return {
            "billing_details": {"name", "address", "tax_ids"},
            "subscriptions": {
                "actions": ["cancel", "resume", "pause", "change_plan"],
                "plans": [{"price": self.big}, {"price": self.small}],
                "retention": [{"id": "stay", "coupon": self.coupon}],
                "upsells": [{"id": "yearly", "price": self.yearly, "instead_of": [self.small]}],
            },
        }

    @property
    def now(self) -> dict[str, Any]:
        return self.account.get(f"subscriptions/{self.id}")


def send(browser: Browser, path: str, **body: Any) -> Answer:
    """POST JSON with the form token that ``/api/me`` gives."""
    form = browser.get("/api/me").json["form"]
    headers = {"Content-Type": "application/json", form["header"]: form["token"]}
    return browser.send("POST", f"/api/me{path}", headers=headers, content=json.dumps(body).encode())


def test_subscriptions_are_told(mount: Mount, account: Account) -> None:
    shop = Shop(account)
    browser = mount(**shop.settings).arrive(ANNA)
    (one,) = browser.get("/api/me/subscriptions").json["subscriptions"]
    assert (one["id"], one["status"], one["status_text"], one["name"]) == (shop.id, "active", "Active", "Small")
    assert one["items"] == [
        {"price_id": shop.small, "quantity": 3, "name": "Small", "price": "3 × $10.00 per month", "steps": []}
    ]
    assert one["actions"] == ["cancel", "change", "pause"]
    whole = browser.get(f"/api/me/subscriptions/{shop.id}").json
    assert [(offer["id"], offer["saving"]) for offer in whole["offers"]] == [("yearly", "You save $60.00 a year.")]
    assert whole["pause_months"] == [1, 2, 3]


def test_a_change_is_quoted_and_made(mount: Mount, account: Account) -> None:
    shop = Shop(account)
    browser = mount(**shop.settings).arrive(ANNA)
    plans = browser.get(f"/api/me/subscriptions/{shop.id}/plans").json["plans"]
    assert [plan["price_id"] for plan in plans] == [shop.big]
    quote = browser.get(f"/api/me/subscriptions/{shop.id}/quote", {"price": shop.big}).json
    assert (quote["due_now"]["amount"], quote["immediate"], quote["now"]) == (0, False, "Nothing is charged now.")
    assert quote["lines"][-1] == ["After that", "$90.00 per month"]
    changed = send(browser, f"/subscriptions/{shop.id}/change", quote=quote["quote"])
    assert changed.json["items"][0]["price_id"] == shop.big
    assert send(browser, f"/subscriptions/{shop.id}/change", quote=quote["quote"]).status == 200
    assert shop.now["items"]["data"][0]["price"]["id"] == shop.big
    for forged in ("", "x", quote["quote"][:-1]):
        assert send(browser, f"/subscriptions/{shop.id}/change", quote=forged).status == 400
    assert browser.get(f"/api/me/subscriptions/{shop.id}/quote", {"price": shop.yearly}).status == 403


def test_leaving_meets_the_offer_once_and_can_be_taken_back(mount: Mount, account: Account) -> None:
    shop = Shop(account)
    browser = mount(**shop.settings).arrive(ANNA)
    path = f"/subscriptions/{shop.id}"
    first = send(browser, f"{path}/cancel", feedback="unused").json
    assert (first["canceled"], first["offer"]["id"]) == (False, "stay")
    assert "$5.00 off" in first["offer"]["title"]
    assert send(browser, f"{path}/cancel", feedback="unused", declined=True).json["canceled"]
    assert shop.now["cancellation_details"]["feedback"] == "unused"
    assert send(browser, f"{path}/resume").json["ends_at"] is None
    assert send(browser, f"{path}/keep", offer="stay").status == 200
    assert send(browser, f"{path}/keep", offer="stay").status == 409
    assert len(shop.now["discounts"]) == 1
    assert send(browser, f"{path}/pause", months=1).json["paused"]
    assert not send(browser, f"{path}/unpause").json["paused"]
    assert send(browser, f"{path}/dismiss", offer="yearly").status == 200
    assert browser.get(f"/api/me{path}").json["offers"] == []


def test_details_are_told_and_changed(mount: Mount, account: Account) -> None:
    shop = Shop(account)
    browser = mount(**shop.settings).arrive(ANNA)
    saved = send(browser, "/details", name="Ames GmbH", line1="Torstraße 12", country="DE").json
    assert (saved["name"], saved["country"], saved["may_change"]) == (
        "Ames GmbH",
        "DE",
        ["address", "name", "tax_ids"],
    )
    assert send(browser, "/details", city="Berlin").json["line1"] == "Torstraße 12"
    wrong = send(browser, "/details", country="XX")
    assert (wrong.status, wrong.json["problems"][0]["field"]) == (422, "country")
    (added,) = send(browser, "/details/tax_ids", type="eu_vat", value="DE123456789").json["tax_ids"]
    assert send(browser, f"/details/tax_ids/{added['id']}/remove").json["tax_ids"] == []
    assert send(browser, "/details/tax_ids", type="eu_vat", value="nonsense").status == 422


DEEDS = [
    ("cancel", {}),
    ("keep", {"offer": "stay"}),
    ("resume", {}),
    ("pause", {"months": 1}),
    ("unpause", {}),
    ("change", {"quote": "x"}),
    ("dismiss", {"offer": "yearly"}),
]


@pytest.mark.parametrize(("deed", "body"), DEEDS, ids=[deed for deed, _ in DEEDS])
def test_nobody_else_and_nobody_without_leave_changes_anything(
    mount: Mount, account: Account, deed: str, body: dict[str, Any]
) -> None:
    shop = Shop(account)
    account.customer(BERT.address)
    before = shop.now
    path = f"/subscriptions/{shop.id}/{deed}"
    assert send(mount(**shop.settings).arrive(BERT), path, **body).status == 404
    assert send(mount(actions={"view"}, **shop.settings).arrive(ANNA), path, **body).status == 403
    browser = mount(**shop.settings).arrive(ANNA)
    content = json.dumps(body).encode()
    sent = browser.send("POST", f"/api/me{path}", headers={"Content-Type": "application/json"}, content=content)
    assert sent.status == 403
    assert shop.now == before


@pytest.mark.parametrize("path", ["", "/plans", "/quote"])
def test_nothing_of_anothers_is_told(mount: Mount, account: Account, path: str) -> None:
    shop = Shop(account)
    account.customer(BERT.address)
    answer = mount(**shop.settings).arrive(BERT).get(f"/api/me/subscriptions/{shop.id}{path}", {"price": shop.big})
    assert answer.status == 404
    assert "Small" not in answer.source
