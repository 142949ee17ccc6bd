"""Discounts: https://docs.stripe.com/api/discounts. They cannot be fetched by themselves, only expanded."""

from __future__ import annotations

from stripe_sandbox.resource import Link, Resource

RESOURCE = Resource(
    kind="discount",
    permission="coupon",
    expandable={
        "customer": Link("customer"),
        "promotion_code": Link("promotion_code"),
        "source.coupon": Link("coupon"),
    },
)
