"""What another price saves in a year: Stripe's own figures for a whole period of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from invoice_portal.effects import Ok, Outcome, in_groups
from invoice_portal.money import Money
from invoice_portal.stripe_api.prices import Price
from invoice_portal.stripe_api.subscription_changes import Cost, preview_recurring
from invoice_portal.stripe_api.subscriptions import Discount, Subscription, SubscriptionItem, discounts_of

_PER_YEAR: Final[Mapping[str, int]] = {"month": 12, "year": 1}


async def savings(
    subscription: Subscription, item: SubscriptionItem, prices: Sequence[Price], seconds: float | None = None
) -> Mapping[str, Money]:
    """By price, what each in the place of ``item`` takes less in a year: taxes and discounts in, at its quantity.

    Left out is what saves nothing, and what is not certain: usage, days and weeks, a discount that ends meanwhile, and
    what Stripe does not say within ``seconds``.
    """
    asked = [price for price in prices if _is_certain(subscription, item, price)]
    if item.price is None or not asked:
        return {}
    wanted = [[{"id": item.id, "price": price.id, "quantity": item.quantity or 1}] for price in asked]
    previews = [preview_recurring(subscription.id), *(preview_recurring(subscription.id, items) for items in wanted)]
    about = [discounts_of(subscription.id)] if subscription.discounts else []
    discounts, (present, *offered) = await in_groups([about, previews], seconds)
    if not isinstance(present, Ok):
        return {}
    found: dict[str, Money] = {}
    for price, outcome in zip(asked, offered, strict=True):
        if isinstance(outcome, Ok) and (_lasts(discounts) or not _discounted(present.value, outcome.value)):
            saved = _per_year(present.value, item.price) - _per_year(outcome.value, price)
            if saved >= 1:
                found[price.id] = Money(int(saved), subscription.currency)
    return found


def _is_certain(subscription: Subscription, item: SubscriptionItem, price: Price) -> bool:
    """Whether a period of what there is can be held against one of what is offered."""
    plain = not any(each.metered for each in (*subscription.prices, price))
    return plain and item.price is not None and {item.price.interval, price.interval} <= set(_PER_YEAR)


def _discounted(*costs: Cost) -> bool:
    return any(cost.discounted for cost in costs)


def _lasts(discounts: Sequence[Outcome[tuple[Discount, ...]]]) -> bool:
    """Whether the discounts are the subscription's own and go on for good: nothing is known of a customer's."""
    known = [outcome.value for outcome in discounts if isinstance(outcome, Ok)]
    return bool(known) and all(each.duration == "forever" and each.end is None for found in known for each in found)


def _per_year(cost: Cost, price: Price) -> Decimal:
    return Decimal(cost.total.amount) * _PER_YEAR[price.interval] / price.interval_count
