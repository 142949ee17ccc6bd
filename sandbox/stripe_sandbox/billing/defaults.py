"""`payment_settings.save_default_payment_method`: what pays a subscription's invoice becomes its default.

https://docs.stripe.com/api/subscriptions/object#subscription_object-payment_settings-save_default_payment_method
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stripe_sandbox.http import Json

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox


def save_default(sandbox: Sandbox, intent: Json) -> None:
    """A payment has succeeded: where it paid a subscription's invoice and the subscription says so, keep its method."""
    for payment in sandbox.store.all("invoice_payment", _payment_intent=intent["id"]):
        subscription = sandbox.store["invoice", payment["invoice"]]["_subscription"]
        if subscription is None:
            continue
        found = sandbox.store["subscription", subscription]
        if found["payment_settings"]["save_default_payment_method"] == "on_subscription":
            found["default_payment_method"] = intent["payment_method"]
