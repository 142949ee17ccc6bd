"""A subscription to manage by hand: what Stripe says of it, what the database knows, and what was sent to both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from invoice_portal import CustomerId
from invoice_portal.effects import Program
from invoice_portal.hooks import Hooks
from invoice_portal.stripe_api.prices import Price, parse_price
from invoice_portal.stripe_api.reading import Reader
from invoice_portal.stripe_api.subscriptions import Subscription, parse_subscription
from invoice_portal.visits import Visit

from .objects import DAY, NOW, Json, listing, subscription
from .programs import Stripe, play
from .visiting import make_visit

PATH = "/v1/subscriptions/sub_1"
PREVIEW = "/v1/invoices/create_preview"
ADA = CustomerId("cus_ada")
ALL = ["cancel", "resume", "pause", "change_plan", "change_quantity"]


def price(id: str = "price_team", amount: int = 1000, interval: str = "month", **changes: Any) -> Json:
    """By default ten dollars a month."""
    return {
        "id": id,
        "object": "price",
        "active": True,
        "currency": "usd",
        "product": "prod_team",
        "unit_amount_decimal": str(amount),
        "recurring": {"interval": interval, "interval_count": 1, "usage_type": "licensed"},
        **changes,
    }


def item(id: str = "si_1", quantity: int | None = 1, of: Json | None = None) -> Json:
    """One of the price, in a period that has run for ten days of thirty."""
    return {
        "id": id,
        "price": of or price(),
        "quantity": quantity,
        "current_period_start": NOW - 10 * DAY,
        "current_period_end": NOW + 20 * DAY,
    }


def running(*items: Json, **changes: Any) -> Json:
    """An active subscription that is charged, as Stripe sends it."""
    plain = {"currency": "usd", "collection_method": "charge_automatically", "latest_invoice": "in_1", "metadata": {}}
    return subscription(items=listing(list(items or (item(),))), **{**plain, **changes})


def read(data: Json) -> Subscription:
    return parse_subscription(Reader(data, "subscription"))


def read_price(data: Json) -> Price:
    return parse_price(Reader(data, "price"))


def cost(due: int = 0, total: int | None = None, made_at: int = NOW, **changes: Any) -> Json:
    """What a preview says."""
    whole = due if total is None else total
    return {"currency": "usd", "amount_due": due, "total": whole, "created": made_at, **changes}


def visit_of(hooks: Hooks | None = None, **subscriptions: Any) -> Visit:
    """A visit of Ada's where these settings hold; nothing is kept in a trail, and events are in ``happened``."""
    settings = {"subscriptions": subscriptions, "audit_trail": False}
    visit = make_visit(settings=settings, visitor=ADA)
    return visit if hooks is None else replace(visit, hooks=hooks)


def told(visit: Visit) -> list[str]:
    """The events that the host has heard of."""
    return [event.name for event in visit.happened]


def changes_sent(stripe: Stripe, path: str = PATH) -> list[dict[str, Any]]:
    """The parameters of every change, in order."""
    return [dict(call.params) for call in stripe.calls if call.path == path and call.method != "get"]


def run(program: Program[Any], answers: Mapping[str, Any] | None = None, **rows: Any) -> tuple[Any, Stripe]:
    """The program's result, and what it asked. Names of statements are written with ``__`` for a dot."""
    stripe = Stripe(answers or {}, rows={name.replace("__", "."): answer for name, answer in rows.items()})
    return play(program, stripe), stripe
