"""Usage in a line each: a metered subscription, and what was used on it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from support.accounts import Account
from support.moments import DAY, NOW

BEGAN = NOW - 20 * DAY
"""When the subscriptions of these tests began, unless they say otherwise."""


def metered(
    account: Account,
    customer: str,
    name: str = "API calls",
    *,
    formula: str = "sum",
    began: int = BEGAN,
    subscription: Mapping[str, Any] = MappingProxyType({}),
    **terms: Any,
) -> dict[str, str]:
    """A subscription that bills a new meter; gives the ids of subscription, item, meter, and the event's name."""
    event = name.lower().replace(" ", "_")
    meter = account.post(
        "billing/meters", display_name=name, event_name=event, default_aggregation={"formula": formula}
    )["id"]
    recurring = {"interval": "month", "usage_type": "metered", "meter": meter}
    priced = terms if terms else {"unit_amount": 10}
    price = account.post("prices", currency="usd", product_data={"name": name}, recurring=recurring, **priced)["id"]
    with account.sandbox.clock.at(began):
        sent = {"collection_method": "send_invoice", "days_until_due": 30, **subscription}
        made = account.post("subscriptions", customer=customer, items=[{"price": price}], **sent)
    return {"id": made["id"], "item": made["items"]["data"][0]["id"], "meter": meter, "event": event}


def use(account: Account, customer: str, event: str, value: int, at: int) -> None:
    """Something used at a moment (UTC seconds)."""
    payload = {"stripe_customer_id": customer, "value": value}
    account.post("billing/meter_events", event_name=event, timestamp=at, payload=payload)
