"""Answers of Stripe's with one value exchanged for another: a page, whole or in part, and never a failure of ours."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from invoice_portal import Email
from support.accounts import Account
from support.portals import Mounted
from support.stripe_server import StripeServer

ANNA = Email("anna@example.com")
CALLS = {
    "customers": "/v1/customers",
    "invoices": "/v1/invoices",
    "invoice": "/v1/invoices/in_[^/]*",
    "lines": "/v1/invoices/in_[^/]*/lines",
    "payments": "/v1/invoice_payments",
    "credit notes": "/v1/credit_notes",
    "subscriptions": "/v1/subscriptions",
    "tax rate": "/v1/tax_rates/.*",
}
VALUES: tuple[Any, ...] = (
    *(None, True, False, "", 0, -1, 1.5, [], {}, [None], [{}], {"id": "x"}, {"data": [{}]}),
    *("x", "<script>", "in_1/../2", "a\x00b", "\ud800", "usd", "€", "open", "draft", "https://[", "1e999", "NaN"),
    *(10**18, -(10**30), 253_402_300_800, -62_135_596_801, "9" * 400, [["x"]], {"object": "list", "data": {}}),
)
MISSING = object()
Path = tuple[str | int, ...]


def paths(value: Any, here: Path = ()) -> Iterator[Path]:
    """The way to every value within an answer; of a list, to its first item."""
    if isinstance(value, dict):
        for name in value:
            yield (*here, name)
            yield from paths(value[name], (*here, name))
    elif isinstance(value, list) and value:
        yield (*here, 0)
        yield from paths(value[0], (*here, 0))


def exchanged(answer: Any, path: Path, value: Any) -> Any:
    """The answer with another value at the end of a path, or without it."""
    result = copy.deepcopy(answer)
    inner = result
    for step in path[:-1]:
        inner = inner[step]
    if value is MISSING:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return result


@pytest.fixture
def pages(portal: Mounted, account: Account) -> dict[str, str]:
    """A customer with one of everything, and the pages that show it."""
    customer = account.customer(
        ANNA.address,
        phone="+1",
        address={"line1": "1 Main Street", "city": "Seattle", "country": "US"},
        tax_id_data=[{"type": "eu_vat", "value": "DE123456789"}],
    )
    tax = account.post("tax_rates", display_name="VAT", percentage=19, inclusive=False)["id"]
    coupon = account.post("coupons", percent_off=10, duration="once", name="Spring")["id"]
    lines = [{"amount": 1000, "description": f"Line {at}", "tax_rates": [tax]} for at in range(12)]
    invoice = account.open(customer, lines=lines, discounts=[{"coupon": coupon}])
    account.post("credit_notes", invoice=invoice, amount=100)
    card = account.post("payment_methods/pm_card_visa/attach", customer=customer)["id"]
    paid = account.open(customer, 500)
    account.post(f"invoices/{paid}/pay", payment_method=card)
    for _ in range(2):
        account.subscription(customer, account.price())
    return {"home": "/", "open": "/?status=open", "invoice": f"/invoices/{invoice}", "paid": f"/invoices/{paid}"}


@settings(
    max_examples=100,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.data())
def test_one_odd_value_fails_nothing(
    portal: Mounted, stripe: StripeServer, pages: dict[str, str], data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(CALLS)))
    place, value = data.draw(st.integers(0, 10_000)), data.draw(st.sampled_from([*VALUES, MISSING]))

    def change(answer: Any) -> Any:
        ways = list(paths(answer))
        return exchanged(answer, ways[place % len(ways)], value)

    browser = portal.browser(ANNA)
    page = data.draw(st.sampled_from(sorted(pages.values())))
    with stripe.changed(CALLS[name], change):
        answer = browser.get(page)
        assert answer.status in (200, 404, 503), (page, name, value, answer.source[:300])
        assert "<script>" not in answer.source
    browser.client.close()
