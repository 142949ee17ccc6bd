"""What the endpoints of subscriptions take: https://docs.stripe.com/api/subscriptions."""

from __future__ import annotations

from dataclasses import replace

from stripe_sandbox.billing.pricing import UNIT_AMOUNT
from stripe_sandbox.parameters import (
    Boolean,
    Currency,
    Fields,
    Hash,
    Integer,
    ListOf,
    Metadata,
    OneOf,
    Reference,
    Text,
    WordOr,
    range_of,
)
from stripe_sandbox.resource import CUSTOMER, LISTING
from stripe_sandbox.resources import subscription_items
from stripe_sandbox.resources.shapes import (
    COLLECTION_METHODS,
    DISCOUNTS,
    PAYMENT_METHOD_TYPES,
    TAX_BEHAVIOR,
    TAX_RATES,
)
from stripe_sandbox.test_clocks import KIND

_FEEDBACK = (
    "customer_service", "low_quality", "missing_features", "other", "switched_service", "too_complex",
    "too_expensive", "unused",
)  # fmt: skip
_STATUSES = (
    "active", "canceled", "incomplete", "incomplete_expired", "past_due", "paused", "trialing", "unpaid",
)  # fmt: skip
_CANCELLATION_DETAILS = Hash({"comment": Text(), "feedback": OneOf(_FEEDBACK, clearable=True)})
_PRICE_DATA = Hash(
    {
        "currency": Currency(required=True),
        "product": Reference(to="product", required=True),
        "tax_behavior": TAX_BEHAVIOR,
        **UNIT_AMOUNT,
    }
)
_ADDED = ListOf(
    Hash(
        {
            "discounts": DISCOUNTS.firm(),
            "metadata": Metadata(clearable=False),
            "price": Reference(to="price"),
            "price_data": _PRICE_DATA,
            "quantity": Integer(0),
            "tax_rates": TAX_RATES,
        }
    )
)
_CANCEL_AT = WordOr("max_period_end", WordOr("min_period_end", Integer()))
_TRIAL_SETTINGS = Hash(
    {
        "end_behavior": Hash(
            {"missing_payment_method": OneOf(("cancel", "create_invoice", "pause"), required=True)}, required=True
        )
    }
)
_SAVE: Fields = {
    "add_invoice_items": _ADDED,
    "cancel_at": _CANCEL_AT,
    "cancel_at_period_end": Boolean(),
    "collection_method": OneOf(COLLECTION_METHODS),
    "days_until_due": Integer(0),
    "default_payment_method": Reference(to="payment_method", noun="PaymentMethod"),
    "default_tax_rates": TAX_RATES,
    "description": Text(max=500),
    "discounts": DISCOUNTS,
    "metadata": Metadata(),
    "off_session": Boolean(),
    "payment_settings": Hash(
        {
            "payment_method_types": PAYMENT_METHOD_TYPES,
            "save_default_payment_method": OneOf(("off", "on_subscription")),
        }
    ),
    "payment_behavior": subscription_items.TERMS["payment_behavior"],
    "proration_behavior": subscription_items.TERMS["proration_behavior"],
    "trial_end": WordOr("now", Integer()),
    "trial_settings": _TRIAL_SETTINGS,
}
CREATE: Fields = {
    **_SAVE,
    "billing_cycle_anchor": Integer(),
    "billing_mode": Hash(
        {
            "flexible": Hash({"proration_discounts": OneOf(("included",))}),
            "type": OneOf(("flexible",), required=True),
        }
    ),
    "currency": Currency(),
    "customer": CUSTOMER,
    "items": ListOf(Hash(subscription_items.NEW)),
    "trial_period_days": Integer(1, 730),
}
UPDATE: Fields = {
    **_SAVE,
    "billing_cycle_anchor": OneOf(("now", "unchanged")),
    "cancel_at": replace(_CANCEL_AT, clearable=True),
    "cancellation_details": _CANCELLATION_DETAILS,
    "pause_collection": Hash(
        {"behavior": OneOf(("keep_as_draft", "mark_uncollectible", "void"), required=True), "resumes_at": Integer()},
        clearable=True,
    ),
    "items": subscription_items.CHANGES,
    "proration_date": Integer(),
}
CANCEL: Fields = {
    "cancellation_details": _CANCELLATION_DETAILS,
    "invoice_now": Boolean(),
    "prorate": Boolean(),
}
RESUME: Fields = {
    "billing_cycle_anchor": OneOf(("now", "unchanged")),
    "proration_behavior": subscription_items.TERMS["proration_behavior"],
    "proration_date": Integer(),
}
LIST: Fields = {
    "collection_method": OneOf(COLLECTION_METHODS),
    "created": range_of(),
    "current_period_end": range_of(),
    "current_period_start": range_of(),
    "customer": CUSTOMER,
    "price": Reference(to="price"),
    "status": OneOf(("all", "ended", *_STATUSES)),
    "test_clock": Reference(to=KIND),
    **LISTING,
}
