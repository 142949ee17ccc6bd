"""What a renewal is charged to: the subscription's own default method, else the customer's.

Stripe's retries look in this order (docs.stripe.com/billing/revenue-recovery/smart-retries): a default that is set at
the customer does nothing for a subscription that has its own.
"""

from __future__ import annotations

from dataclasses import dataclass

from invoice_portal.effects import StripeCall
from invoice_portal.stripe_api.ids import checked
from invoice_portal.stripe_api.reading import Listing, Reader, listing_of, one

_BILLED = frozenset({"active", "trialing", "past_due", "unpaid", "incomplete", "paused"})


@dataclass(frozen=True, slots=True)
class Renewing:
    """A subscription as far as its payment goes. ``bills_at`` is when its next bill comes, UTC seconds, if one does."""

    id: str
    owner: str | None
    default_method: str | None
    bills_at: int | None


def customer_default(customer: str) -> StripeCall[str | None]:
    """The customer's default method."""
    return StripeCall("get", f"/v1/customers/{checked('cus', customer)}", one(_customers, "customer"))


def subscription_default(subscription: str) -> StripeCall[Renewing]:
    """One subscription's own default method."""
    return StripeCall("get", f"/v1/subscriptions/{checked('sub', subscription)}", one(_renewing, "subscription"))


def renewing_of(customer: str, after: str = "") -> StripeCall[Listing[Renewing]]:
    """The subscriptions of a customer that have not ended, a hundred at most, those older than ``after`` if given."""
    params: dict[str, object] = {"customer": checked("cus", customer), "limit": 100}
    if after:
        params["starting_after"] = after
    return StripeCall("get", "/v1/subscriptions", listing_of(_renewing, "subscriptions"), params)


def set_customer_default(customer: str, method: str) -> StripeCall[None]:
    """Charge to ``method`` whatever has no default of its own."""
    params = {"invoice_settings": {"default_payment_method": checked("pm", method)}}
    return StripeCall("post", f"/v1/customers/{checked('cus', customer)}", lambda data: None, params)


def set_subscription_default(subscription: str, method: str) -> StripeCall[None]:
    """Charge a subscription to ``method``."""
    params = {"default_payment_method": checked("pm", method)}
    return StripeCall("post", f"/v1/subscriptions/{checked('sub', subscription)}", lambda data: None, params)


def _customers(reader: Reader) -> str | None:
    settings = reader.inside("invoice_settings")
    return settings.id_or_none("default_payment_method") if settings else None


def _renewing(reader: Reader) -> Renewing:
    ends = [end for end in reader.each("items", lambda item: item.moment_or_none("current_period_end")) if end]
    ending = reader.flag("cancel_at_period_end") or reader.text_or("status") not in _BILLED
    return Renewing(
        id=reader.id(),
        owner=reader.id_or_none("customer"),
        default_method=reader.id_or_none("default_payment_method"),
        bills_at=min(ends) if ends and not ending else None,
    )
