"""What the demo lets its customers do with their subscriptions, and what it offers them: an example to start from."""

from __future__ import annotations

from collections.abc import Mapping

from invoice_portal.subscription_settings import Plan, Retention, SubscriptionSettings, Upsell

DETAILS = "name,address,phone,tax_ids"


def demo_subscriptions(shop: Mapping[str, str]) -> SubscriptionSettings:
    """Everything switched on; ``shop`` are the prices and coupons of the sample account by their names."""
    return SubscriptionSettings(
        actions=frozenset(("cancel", "resume", "pause", "change_plan", "change_quantity")),
        plans=(
            Plan(price=shop["starter"], most=50),
            Plan(price=shop["team"], most=50),
            Plan(price=shop["team_yearly"], name="Team plan, by the year", most=50),
            Plan(price=shop["business"], most=50),
        ),
        proration_behavior="always_invoice",
        retention=(
            Retention(id="discount", coupon=shop["stay"], feedback=("too_expensive", "switched_service")),
            Retention(id="break", pause_months=2, feedback=("unused",)),
            Retention(id="smaller", price=shop["starter"], feedback=("too_complex", "missing_features")),
        ),
        upsells=(
            Upsell(
                id="yearly",
                price=shop["team_yearly"],
                instead_of=(shop["team"],),
                title="Pay by the year",
                text="Two months are on us.",
            ),
            Upsell(
                id="team",
                price=shop["team"],
                instead_of=(shop["starter"],),
                title="Work together in the Team plan",
                text="Shared projects for everybody.",
            ),
            Upsell(
                id="analytics",
                price=shop["analytics"],
                beside=(shop["team"], shop["starter"]),
                text="Reports and exports.",
            ),
        ),
    )
