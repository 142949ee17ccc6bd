"""What this visitor may do with a subscription as it stands now."""

from __future__ import annotations

from typing import Literal, TypeAlias

from invoice_portal.errors import NotAllowed
from invoice_portal.stripe_api.prices import Price
from invoice_portal.stripe_api.subscriptions import Subscription, SubscriptionItem
from invoice_portal.subscription_settings import Plan, SubscriptionSettings
from invoice_portal.visits import Visit

Deed: TypeAlias = Literal["cancel", "resume", "pause", "unpause", "change"]


def deeds(visit: Visit, subscription: Subscription) -> frozenset[Deed]:
    """Everything that makes sense now, that the merchant lets customers do, and that this visitor may."""
    if not visit.may("manage"):
        return frozenset()
    possible: dict[Deed, bool] = {
        "cancel": _may_cancel(visit.settings.subscriptions, subscription),
        "resume": _may_resume(visit.settings.subscriptions, subscription),
        "pause": _may_pause(visit.settings.subscriptions, subscription),
        "unpause": _may_unpause(visit.settings.subscriptions, subscription),
        "change": bool(choices(visit.settings.subscriptions, subscription)),
    }
    return frozenset(deed for deed, holds in possible.items() if holds)


def demand(visit: Visit, subscription: Subscription, deed: Deed) -> None:
    """Raises ``NotAllowed`` for what this visitor may not do, or what the subscription's state does not allow."""
    visit.demand("manage")
    if deed not in deeds(visit, subscription):
        raise NotAllowed(f"{deed!r} is not in the setting subscriptions, or not possible for a {subscription.status}")


def plan_item(settings: SubscriptionSettings, subscription: Subscription) -> SubscriptionItem | None:
    """The item that a change of plan changes: the one with a price of the list, or the only one there is.

    None where several could be meant: the portal never guesses what a customer pays for. A price that the settings
    offer as an add-on is no plan.
    """
    if subscription.more_items:
        return None
    plans = [item for item in subscription.items if item.price and settings.plan(item.price.id)]
    if not plans and len(subscription.items) == 1:
        addons = {upsell.price for upsell in settings.upsells if upsell.beside}
        plans = [item for item in subscription.items if item.price and item.price.id not in addons]
    return plans[0] if len(plans) == 1 else None


def choices(settings: SubscriptionSettings, subscription: Subscription) -> tuple[Plan, ...]:
    """The plans to choose from, the present one among them where its quantity may be changed."""
    item = plan_item(settings, subscription)
    if item is None or item.price is None or not changeable(subscription):
        return ()
    present = item.price.id
    others = [plan for plan in settings.plans if plan.price != present] if "change_plan" in settings.actions else []
    own = settings.plan(present)
    adjustable = own is not None and own.most > own.least and "change_quantity" in settings.actions
    return (*([own] if own and adjustable else []), *others)


def in_rhythm(subscription: Subscription, item: SubscriptionItem | None, price: Price) -> bool:
    """Whether ``price`` in place of ``item`` (None: beside all) is billed as often as the other items.

    Stripe refuses a second rhythm on most subscriptions; where it takes one, no single bill says what a change costs.
    """
    others = [each.price for each in subscription.items if each.price and (item is None or each.id != item.id)]
    return all(other.rhythm == price.rhythm for other in others)


def changeable(subscription: Subscription) -> bool:
    """Whether its items can be changed and paid for as usual."""
    unhindered = subscription.ends_at is None and subscription.paused_collection is None
    governed = subscription.schedule is not None or subscription.pending
    return subscription.status in ("active", "trialing") and unhindered and not governed


def _may_cancel(settings: SubscriptionSettings, subscription: Subscription) -> bool:
    """A schedule of the merchant's governs itself: Stripe refuses to let its subscription end otherwise."""
    runs = not subscription.ended and subscription.ends_at is None
    return "cancel" in settings.actions and runs and subscription.schedule is None


def _may_resume(settings: SubscriptionSettings, subscription: Subscription) -> bool:
    """Only a cancellation for the end of the period is taken back: another date was set by the merchant."""
    planned = subscription.cancel_at_period_end and not subscription.ended
    return "resume" in settings.actions and planned and subscription.schedule is None


def _may_pause(settings: SubscriptionSettings, subscription: Subscription) -> bool:
    runs = subscription.status == "active" and subscription.ends_at is None
    return "pause" in settings.actions and runs and subscription.paused_collection is None


def _may_unpause(settings: SubscriptionSettings, subscription: Subscription) -> bool:
    offered = any(offer.pause_months for offer in settings.retention)
    allowed = "pause" in settings.actions or offered
    return allowed and subscription.paused_collection is not None and not subscription.ended
