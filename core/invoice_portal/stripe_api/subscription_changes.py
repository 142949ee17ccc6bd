"""What changes a subscription (docs.stripe.com/api/subscriptions/update), and what a change would cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from invoice_portal.effects import StripeCall
from invoice_portal.money import Money
from invoice_portal.stripe_api.ids import checked
from invoice_portal.stripe_api.reading import Reader, one
from invoice_portal.stripe_api.subscriptions import Subscription, parse_subscription

CHANGES: Final = "invoice_portal_changes"
"""The key in a subscription's metadata that counts the changes of plan made in the portal.

Stripe answers one idempotency key the same for a day. The count is part of the key, so that a later change of the same
kind is another one, while two that begin from the same state are one.
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a preview says: ``due`` is to be paid, ``total`` may be negative where more is given back than taken.

    ``made_at`` (UTC seconds) is when that invoice is made, ``discounted`` says that a discount takes something off.
    """

    due: Money
    total: Money
    made_at: int
    discounted: bool = False


def save_subscription(subscription: str, changes: Mapping[str, object], key: str = "") -> StripeCall[Subscription]:
    """Change a subscription as ``changes`` say, in Stripe's parameters."""
    path = f"/v1/subscriptions/{checked('sub', subscription)}"
    return StripeCall("post", path, one(parse_subscription, "subscription"), changes, key)


def end_subscription(subscription: str, details: Mapping[str, str], *, credit: bool) -> StripeCall[Subscription]:
    """End it now (docs.stripe.com/api/subscriptions/cancel); with ``credit`` unused time is given back.

    Once it has ended Stripe has no such subscription to end: a second call is a ``NotFound``.
    """
    path = f"/v1/subscriptions/{checked('sub', subscription)}"
    params = {"prorate": credit, "invoice_now": credit, "cancellation_details": dict(details)}
    return StripeCall("delete", path, one(parse_subscription, "subscription"), params)


def preview_change(
    subscription: str, items: Sequence[Mapping[str, object]], proration_behavior: str, proration_date: int
) -> StripeCall[Cost]:
    """The next invoice, were the items changed as of ``proration_date`` (UTC seconds).

    That is the one made at once with ``always_invoice`` or a new rhythm, else the one at the end of the period
    (docs.stripe.com/api/invoices/create_preview).
    """
    details = {"items": list(items), "proration_behavior": proration_behavior, "proration_date": proration_date}
    return _preview({"subscription": checked("sub", subscription), "subscription_details": details})


def preview_recurring(subscription: str, items: Sequence[Mapping[str, object]] = ()) -> StripeCall[Cost]:
    """What each whole period costs, were the items changed so: taxes and discounts in, prorations left out."""
    details = {"items": list(items)} if items else {}
    params: dict[str, object] = {"subscription": checked("sub", subscription), "preview_mode": "recurring"}
    return _preview({**params, "subscription_details": details} if details else params)


def _preview(params: Mapping[str, object]) -> StripeCall[Cost]:
    return StripeCall("post", "/v1/invoices/create_preview", one(_cost, "preview"), params)


def _cost(reader: Reader) -> Cost:
    currency = reader.text("currency")
    reader.integer("total")
    return Cost(
        due=reader.money("amount_due", currency),
        total=reader.money("total", currency),
        made_at=reader.moment("created"),
        discounted=any(reader.each("total_discount_amounts", lambda each: each.amount("amount"))),
    )
