"""Every answer of the customer's own API holds to its schema in the OpenAPI document."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from invoice_portal import CustomerId, Email
from invoice_portal.routes import OWN_ROUTES
from support.accounts import Account
from support.moments import DAY
from support.paying import saved_card
from support.portals import Mount

ANNA, NOBODY = Email("anna@example.com"), Email("nobody@example.com")
GETS = [route for route in OWN_ROUTES if route.methods[0] == "GET"]
SETTINGS: dict[str, Any] = {
    "stripe_publishable_key": "pk_test_x",
    "billing_details": ["name", "phone", "address", "tax_ids"],
}


def parts_of(path: str) -> list[str]:
    return [part.split("}")[0] for part in path.split("{")[1:]]


def lifelike(account: Account) -> dict[str, str]:
    """A customer with a bit of everything; gives the ids that stand in addresses."""
    customer = account.customer(ANNA.address, phone="+49 30 1234567")
    account.paid(customer, 1200)
    account.void(customer)
    invoice = account.overdue(customer, 4200, days=3)
    note = str(account.post("credit_notes", invoice=invoice, amount=100)["id"])
    method = saved_card(account, customer)
    account.post(f"customers/{customer}", invoice_settings={"default_payment_method": method})
    account.post(f"customers/{customer}/tax_ids", type="eu_vat", value="DE123456789")
    account.post("invoiceitems", customer=customer, amount=300, currency="usd", description="To come")
    price = account.price()
    items = [{"price": price, "quantity": 2}]
    trial = account.sandbox.clock.now + 5 * DAY
    subscription = str(account.post("subscriptions", customer=customer, items=items, trial_end=trial)["id"])
    return {
        "invoice": invoice,
        "credit_note": note,
        "method": method,
        "subscription": subscription,
        "bigger": account.price("Bigger", 9900),
    }


@pytest.mark.parametrize("route", GETS, ids=lambda route: str(route.name))
def test_an_answer_holds_to_its_schema(mount: Mount, account: Account, route: Any) -> None:
    ids = lifelike(account)
    plans = {"actions": ["cancel", "resume", "pause", "change_plan"], "plans": [{"price": ids["bigger"]}]}
    portal = mount(**SETTINGS, subscriptions=plans)
    query = f"?price={ids['bigger']}" if route.name == "api_me_quote" else ""
    path = route.path.removeprefix("/api/me").format(**ids) + query
    answer = portal.browser().own("GET", path, token=portal.token(ANNA))
    assert answer.status == 200, answer.source
    assert route.operation is not None
    schema = route.operation["responses"]["200"]["content"]["application/json"]["schema"]
    jsonschema.validate(answer.json, schema)


@pytest.mark.parametrize("who", [NOBODY, CustomerId("cus_none")], ids=["nobody", "no customer"])
def test_whoever_has_nothing_at_stripe_is_told_so_kindly(mount: Mount, who: Email | CustomerId) -> None:
    portal = mount(**SETTINGS)
    token = portal.token(who)
    for route in (route for route in GETS if not parts_of(route.path)):
        answer = portal.browser().own("GET", route.path.removeprefix("/api/me"), token=token)
        assert answer.status in (200, 404), (route.path, answer.source)
        if answer.status == 200:
            assert route.operation is not None
            schema = route.operation["responses"]["200"]["content"]["application/json"]["schema"]
            jsonschema.validate(answer.json, schema)
