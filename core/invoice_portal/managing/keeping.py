"""Taking the offer that keeps somebody: a coupon, a pause, or the way to another plan."""

from __future__ import annotations

from invoice_portal.errors import Conflict, NotAllowed, PortalError
from invoice_portal.managing import offers
from invoice_portal.managing.asking import noted
from invoice_portal.managing.ending import pause_for
from invoice_portal.managing.rules import demand
from invoice_portal.stripe_api.subscription_changes import save_subscription
from invoice_portal.stripe_api.subscriptions import Subscription
from invoice_portal.subscription_settings import Retention
from invoice_portal.visits import Visit


async def keep(visit: Visit, subscription: Subscription, offer: Retention) -> None:
    """Give the coupon or the pause that was offered, once ever to one customer.

    The claim in the database comes first: of two clicks, one gets it. Raises ``Conflict`` where the customer has had
    it, ``NotAllowed`` where it does not suit the subscription (any more), ``StoreUnavailable`` without a database.
    """
    demand(visit, subscription, "cancel")
    if not offers.suits(offer, subscription):
        raise NotAllowed("the offer does not suit the subscription as it stands")
    if not await offers.take(visit, subscription, offer.id, "retention"):
        raise Conflict("the customer has had this offer")
    try:
        await _give(visit, subscription, offer)
    except PortalError:
        await offers.release(visit, subscription, offer.id)
        raise
    await noted(
        visit,
        "offer.taken",
        subscription.id,
        subscription.owner or "",
        event="take_offer",
        offer=offer.id,
        kind="retention",
    )


async def _give(visit: Visit, subscription: Subscription, offer: Retention) -> None:
    if offer.pause_months:
        await pause_for(visit, subscription, offer.pause_months)
        return
    kept = [{"discount": discount} for discount in subscription.discounts]
    await save_subscription(subscription.id, {"discounts": [*kept, {"coupon": offer.coupon}]})
