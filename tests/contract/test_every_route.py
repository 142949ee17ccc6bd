"""Who may call what, route by route: a route that is new must be put into this table before it can pass.

What a visitor may not do reaches Stripe in no call that changes anything, whatever the answer says.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

import pytest

from invoice_portal import CustomerId, Email
from invoice_portal.routes import ROUTES
from invoice_portal.routing import Route
from invoice_portal.sessions import FORM_COOKIE, SESSION_COOKIE
from support.accounts import Account
from support.metering import metered, use
from support.moments import NOW
from support.paying import PUBLISHABLE, saved_card
from support.portals import Answer, Browser, Mount, Mounted
from support.stripe_server import StripeServer

ANNA, BERT = Email("anna@example.com"), Email("bert@example.com")
MARK: Final = "Berts-own"
"""Stands in everything of Bert's."""

VISITED: Final = [route for route in ROUTES if not route.anonymous]
NEEDS: Final = {
    **dict.fromkeys(("home", "leave", "api_me", "api_me_invoices"), ""),
    **dict.fromkeys(
        ("upcoming", "usage", "usage_csv", "invoice", "subscriptions", "subscription", "details"),
        "view",
    ),
    **dict.fromkeys(
        ("api_me_invoice", "api_me_upcoming", "api_me_usage", "api_me_subscriptions", "api_me_subscription"), "view"
    ),
    "api_me_details": "view",
    **dict.fromkeys(("invoice_pdf", "credit_note_pdf", "api_me_invoice_pdf", "api_me_credit_note_pdf"), "download"),
    **dict.fromkeys(
        ("pay", "pay_page", "pay_hosted", "pay_saved", "new_payment", "check_payment", "answer_bank"), "pay"
    ),
    **dict.fromkeys(("pay_several", "pay_ticked", "api_me_pay", "api_me_payment", "api_me_pay_saved"), "pay"),
    **dict.fromkeys(("api_me_pay_new", "api_me_pay_check", "api_me_pay_result", "api_me_pay_bank"), "pay"),
    **dict.fromkeys(("payment_methods", "new_method", "method_returned", "default_method", "remove_method"), "manage"),
    **dict.fromkeys(
        ("subscription_cancel", "cancel_subscription", "subscription_keep", "subscription_resume"), "manage"
    ),
    **dict.fromkeys(("subscription_pause", "subscription_unpause", "subscription_portal"), "manage"),
    **dict.fromkeys(("subscription_change", "change_subscription", "dismiss_offer"), "manage"),
    **dict.fromkeys(("save_details", "add_tax_id", "remove_tax_id"), "manage"),
    **dict.fromkeys(("api_me_payment_methods", "api_me_default_method", "api_me_remove_method"), "manage"),
    **dict.fromkeys(("api_me_cancel", "api_me_keep", "api_me_resume", "api_me_pause", "api_me_unpause"), "manage"),
    **dict.fromkeys(("api_me_plans", "api_me_quote", "api_me_change", "api_me_dismiss_offer"), "manage"),
    **dict.fromkeys(("api_me_save_details", "api_me_add_tax_id", "api_me_remove_tax_id"), "manage"),
}
"""What a visitor must be let do, for each route that is no stranger's."""
SEALED: Final = ("payment_result", "payment_returned")
"""Routes that say how a payment ended, to its payer: the token that a payment was begun with opens them."""
OF_ONE_INVOICE: Final = {route.name for route in VISITED if "{invoice}" in route.path} | {"leave", "api_me"}
BODIES: Final[dict[str, Any]] = {
    "api_me_pay_saved": {"statement": "x", "method": "pm_1"},
    "api_me_pay_new": {"statement": "x"},
    "api_me_pay_check": {"statement": "x", "paying": "x"},
    "api_me_pay_result": {"paying": "x"},
    "api_me_keep": {"offer": "stay"},
    "api_me_dismiss_offer": {"offer": "yearly"},
    "api_me_pause": {"months": 1},
    "api_me_change": {"quote": "x"},
    "api_me_cancel": {"declined": True},
    "api_me_save_details": {"name": "Mallory"},
    "api_me_add_tax_id": {"type": "eu_vat", "value": "DE123456789"},
}
FORM: Final = {
    **{"statement": "x", "paying": "x", "amount": "1", "flow": "cancel", "quote": "x", "months": "1"},
    **{"feedback": "unused", "declined": "stay", "when": "now", "name": "Mallory", "line1": "Here", "country": "DE"},
    **{"type": "eu_vat", "value": "DE123456789", "save": "1"},
}
REFUSED_FIRST: Final = {
    **dict.fromkeys(("check_payment", "api_me_pay_check"), 404),
    "subscription_portal": 403,
    "api_me_remove_tax_id": 200,
}
"""Where something else is looked at first: a forged token, a setting that is off; and what is gone already stays so."""
NO_CHANGE: Final = ("/v1/invoices/create_preview",)
"""Posted to Stripe, and nothing is other than before."""


@dataclass(frozen=True)
class Things:
    """Somebody's objects at Stripe: whatever an address or a form can name."""

    customer: str
    invoice: str
    credit_note: str
    subscription: str
    item: str
    method: str
    tax_id: str

    @property
    def ids(self) -> dict[str, str]:
        """By the names that addresses and forms have for them."""
        return dict(vars(self))


def things(account: Account, email: str, mark: str = "") -> Things:
    """A customer with one of everything."""
    customer = account.customer(email, f"{mark} Customer", address={"line1": f"{mark} Street", "country": "DE"})
    invoice = account.open(customer, lines=[{"amount": 7700, "description": f"{mark} line"}])
    note = account.post("credit_notes", invoice=invoice, amount=100)["id"]
    usage = metered(account, customer, f"{mark} calls {email[:1]}")
    use(account, customer, usage["event"], 4711, NOW)
    method = saved_card(account, customer)
    account.post(f"customers/{customer}", invoice_settings={"default_payment_method": method})
    other = saved_card(account, customer)
    tax_id = account.post(f"customers/{customer}/tax_ids", type="eu_vat", value="DE987654321")["id"]
    return Things(
        customer,
        invoice,
        note,
        account.subscription(customer, account.price(f"{mark} plan")),
        usage["item"],
        other,
        tax_id,
    )


@dataclass(frozen=True)
class Town:
    """Anna and Bert, and a portal with everything switched on."""

    stripe: StripeServer
    mount: Mount
    anna: Things
    bert: Things
    settings: dict[str, Any]

    def portal(self, **changes: Any) -> Mounted:
        """The portal, with other settings."""
        return self.mount(**{**self.settings, **changes})

    def changes(self) -> list[str]:
        """What was asked of Stripe that changes something, since the last time."""
        asked = [each for each in self.stripe.requests if each.method != "GET" and each.path not in NO_CHANGE]
        self.stripe.requests.clear()
        return [f"{each.method} {each.path}" for each in asked]


@pytest.fixture
def town(mount: Mount, account: Account, stripe: StripeServer) -> Town:
    return make_town(mount, account, stripe)


def make_town(mount: Mount, account: Account, stripe: StripeServer) -> Town:
    anna, bert = things(account, ANNA.address), things(account, BERT.address, MARK)
    price, coupon = account.price("Yearly"), account.post("coupons", percent_off=10, duration="once")["id"]
    has = account.get(f"subscriptions/{anna.subscription}")["items"]["data"][0]["price"]["id"]
    settings = {
        "stripe_publishable_key": PUBLISHABLE,
        "partial_payments": True,
        "billing_details": ["name", "phone", "address", "tax_ids"],
        "subscriptions": {
            "actions": ["cancel", "resume", "pause", "change_plan"],
            "plans": [{"price": price}],
            "retention": [{"id": "stay", "coupon": coupon}],
            "upsells": [{"id": "yearly", "price": price, "instead_of": [has]}],
        },
    }
    stripe.requests.clear()
    return Town(stripe, mount, anna, bert, settings)


def call(browser: Browser, route: Route, method: str, ids: dict[str, str], token: str = "", **more: str) -> Answer:
    """The route with everything that it could take, of whoever's objects ``ids`` are."""
    path = route.path.format(**ids)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if method == "GET":
        return browser.get(path, {**ids, **more}, **headers)
    if route.own:
        sent = {**headers, **more, "Content-Type": "application/json"}
        return browser.send("POST", path, headers=sent, content=json.dumps(BODIES.get(route.name, {})).encode())
    return browser.post(path, {**FORM, **ids, f"pay_{ids['invoice']}": "x", **more}, **headers)


def test_the_table_has_every_route() -> None:
    assert {*NEEDS, *SEALED} == {route.name for route in VISITED}


@pytest.mark.parametrize("way", ["nobody", "an ended session", "a forged token"])
def test_nobody_gets_anything(town: Town, way: str) -> None:
    portal = town.portal()
    browser, token = portal.browser(), ""
    if way == "an ended session":
        browser.set_cookie(SESSION_COOKIE, portal.token(ANNA).removeprefix("ipt_"))
    elif way == "a forged token":
        token = portal.token(ANNA)[:-2] + "AA"
    for route in VISITED:
        for method in route.methods:
            answer = call(browser, route, method, town.anna.ids, token)
            sealed = route.name in SEALED or route.name == "method_returned"
            fitting = (
                (303,) if token and route.name == "leave" else (401, 403, 404) if sealed or method == "POST" else (401,)
            )
            assert answer.status in fitting, route.name
            assert not answer.set_cookies or not token, route.name
            assert "77.00" not in answer.source, route.name
    assert town.changes() == []


@pytest.mark.parametrize("allowed", ["view", "view download", "view pay", "view manage"])
def test_a_role_does_what_it_is_for_and_nothing_else(town: Town, allowed: str) -> None:
    portal = town.portal()
    browser, token = portal.browser(), portal.token(ANNA, actions=allowed.split())
    for route in VISITED:
        if NEEDS.get(route.name) in (None, "", *allowed.split()):
            continue
        for method in route.methods:
            answer = call(browser, route, method, town.anna.ids, token)
            assert answer.status in (REFUSED_FIRST.get(route.name, 403), 403), (route.name, answer.source)
    assert town.changes() == []


@pytest.mark.parametrize("actions", [[], ["view"]])
def test_what_the_settings_switch_off_is_off_for_everybody(town: Town, actions: list[str]) -> None:
    portal = town.portal(actions=actions)
    browser, token = portal.browser(), portal.token(ANNA)
    for route in VISITED:
        if NEEDS.get(route.name) in (None, "", *actions):
            continue
        for method in route.methods:
            answer = call(browser, route, method, town.anna.ids, token)
            assert answer.status in (403, 404), (route.name, answer.source)
    assert town.changes() == []


@pytest.mark.parametrize("identity", ["by address", "by customer id"])
def test_somebody_elses_ids_open_nothing(town: Town, identity: str) -> None:
    """In the address, the query and the form, where Anna's own stand beside them as well."""
    portal = town.portal()
    browser, token = (
        portal.browser(),
        portal.token(ANNA if identity == "by address" else CustomerId(town.anna.customer)),
    )
    named = {name for name in town.anna.ids if name not in ("customer", "item")}
    for route in VISITED:
        in_path = {name for name in named if f"{{{name}}}" in route.path}
        mixtures = [town.bert.ids, *({**town.anna.ids, name: town.bert.ids[name]} for name in town.anna.ids)]
        for ids in mixtures:
            foreign = any(ids[name] == town.bert.ids[name] for name in in_path)
            for method in route.methods:
                answer = call(browser, route, method, ids, token)
                assert MARK not in answer.source, (route.name, ids)
                assert not foreign or answer.status == REFUSED_FIRST.get(route.name, 404), (
                    route.name,
                    answer.source,
                )
    touched = [
        each
        for each in town.changes()
        for id in town.bert.ids.values()
        if id in each and town.anna.customer not in each
    ]
    assert touched == []


def test_a_link_to_one_invoice_opens_that_one_alone(town: Town) -> None:
    portal = town.portal(public_url="https://portal.example/billing")
    link = portal.portal.links.invoice(town.anna.invoice)
    made = portal.browser().own("POST", "/session", {"link": link.url})
    browser, token = portal.browser(), made.json["token"]
    other = {**town.anna.ids, "invoice": town.bert.invoice}
    town.changes()
    for route in VISITED:
        for method in route.methods:
            if route.name not in OF_ONE_INVOICE:
                answer = call(browser, route, method, town.anna.ids, token)
                assert answer.status in (403, 404), (route.name, answer.source)
            elif "{invoice}" in route.path:
                answer = call(browser, route, method, other, token)
                assert answer.status == 404, (route.name, answer.source)
    assert town.changes() == []
    assert portal.browser().own("GET", f"/invoices/{town.anna.invoice}", token=token).status == 200


def test_whoever_came_for_one_subscription_sees_nothing_of_the_customers_else(town: Town, account: Account) -> None:
    portal = town.portal()
    one = account.subscription(town.anna.customer, account.price("Small plan"))
    browser, token = portal.browser(), portal.token(CustomerId(town.anna.customer), one)
    town.changes()
    for route in VISITED:
        named = {"invoice", "subscription", "method", "tax_id"} & {
            part for part in town.anna.ids if f"{{{part}}}" in route.path
        }
        if not named and NEEDS.get(route.name) != "manage" and "details" not in route.path:
            continue
        for method in route.methods:
            answer = call(browser, route, method, town.anna.ids, token)
            assert answer.status in (403, 404), (route.name, answer.source)
    assert town.changes() == []


def test_a_get_changes_nothing(town: Town) -> None:
    """Whatever stands in its query: a page of another site can have a browser ask for it, with its cookies."""
    portal = town.portal()
    browser = portal.browser(ANNA)
    for route in ROUTES:
        if "GET" not in route.methods or route.arrives:
            continue
        ids = {**town.anna.ids, "token": "x", "name": "portal.css", "session": "ps_1"}
        call(browser, route, "GET", ids, **{**FORM, "offer": "stay"})
        browser.send("HEAD", route.path.format(**ids))
    assert town.changes() == []


def test_no_form_of_another_sites_is_taken(town: Town) -> None:
    """With a session's cookie, with the host's login, and with all cookies that a browser would send."""
    portal = town.portal()
    for browser in (portal.arrive(ANNA), portal.browser(ANNA)):
        browser.get("/")
        town.changes()
        for route in VISITED:
            if "POST" not in route.methods:
                continue
            for more in ({}, {"Origin": "null"}, {"Origin": "https://evil.example"}):
                answer = call(browser, route, "POST", town.anna.ids)
                assert answer.status == 403, (route.name, answer.source)
                path = route.path.format(**town.anna.ids)
                plain = browser.send(
                    "POST", path, headers={"Content-Type": "text/plain", **more}, content=b'{"offer": "stay"}'
                )
                assert plain.status == 403, (route.name, plain.source)
                assert "access-control-allow-origin" not in plain.headers
        assert town.changes() == []


def test_nothing_is_kept_framed_or_told_on(town: Town) -> None:
    """Every answer, also an error's."""
    portal = town.portal()
    signed_in, stranger = portal.browser(ANNA), portal.browser()
    for route in ROUTES:
        kept = route.name in ("static", "theme", "embed_script", "embed_module")
        ids = {**town.anna.ids, "token": "x", "name": "portal.css", "session": "ps_1"}
        for method in route.methods:
            for answer in (call(signed_in, route, method, ids), call(stranger, route, method, ids)):
                assert answer.status < 500, (route.name, answer.source)
                assert answer.headers.get_list("x-content-type-options") == ["nosniff"], route.name
                assert kept or answer.headers.get_list("cache-control") == ["no-store"], (route.name, answer.status)
                assert not kept or not answer.set_cookies, route.name
                assert answer.headers["referrer-policy"] in ("no-referrer", "same-origin"), route.name
                assert (answer.headers.get("access-control-allow-origin") is None) or kept, route.name
                assert "access-control-allow-credentials" not in answer.headers, route.name
                if answer.source and answer.headers["content-type"].startswith("text/html"):
                    assert "frame-ancestors 'self'" in answer.headers["content-security-policy"], route.name
                for name, line in answer.set_cookies.items():
                    guarded = {part.strip().lower() for part in line.split(";")[1:]}
                    assert "samesite=lax" in guarded, (route.name, name)
                    assert name not in (SESSION_COOKIE, FORM_COOKIE) or {"httponly", "path=/billing"} <= guarded
