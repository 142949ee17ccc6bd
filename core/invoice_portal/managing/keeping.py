"""Taking the offer that keeps somebody: a coupon or a pause."""

from __future__ import annotations

from invoice_portal.errors import Conflict, NotAllowed, PortalError
from invoice_portal.managing import offers
from invoice_portal.managing.asking import done_by, noted
from invoice_portal.managing.ending import pause_for
from invoice_portal.managing.rules import demand
from invoice_portal.stripe_api.customers import customer_with_id
from invoice_portal.stripe_api.subscription_changes import save_subscription
from invoice_portal.stripe_api.subscriptions import Subscription, discounts_of
from invoice_portal.subscription_settings import Retention
from invoice_portal.visits import Visit


async def keep(visit: Visit, subscription: Subscription, offer: Retention) -> None:
    """Give the coupon or the pause that was offered, once ever to one customer.

    The claim in the database comes first: of two clicks, one gets it. Raises ``Conflict`` where the customer has had
    it or was never shown it, ``NotAllowed`` where it does not suit the subscription (any more), ``StoreUnavailable``
    without a database.
    """
    demand(visit, subscription, "cancel")
    if not offers.suits(visit.settings.subscriptions, offer, subscription):
        raise NotAllowed("the offer does not suit the subscription as it stands")
    kept = await _kept_discounts(visit, subscription) if offer.coupon else ()
    if not await offers.claim(visit, subscription, offer.id):
        raise Conflict("the customer has had this offer, or was never shown it")
    try:
        await _give(visit, subscription, offer, kept)
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


async def _kept_discounts(visit: Visit, subscription: Subscription) -> tuple[str, ...]:
    """The discounts that are to stay. Raises ``Conflict`` where one of the offers is among them: they do not pile up.

    A subscription without any has its customer's, until it gets one of its own: that one is then named among them
    (docs.stripe.com/api/subscriptions/update, ``discounts``).
    """
    if not subscription.discounts:
        customers = (await customer_with_id(subscription.owner or "")).items
        return tuple(customer.discount for customer in customers if customer.discount)
    coupons = offers.keeping_coupons(visit.settings.subscriptions)
    if any(discount.coupon in coupons for discount in await discounts_of(subscription.id)):
        raise Conflict("the subscription has a discount of the offers already")
    return subscription.discounts


async def _give(visit: Visit, subscription: Subscription, offer: Retention, kept: tuple[str, ...]) -> None:
    if offer.pause_months:
        await pause_for(visit, subscription, offer.pause_months)
        return
    discounts = [*({"discount": discount} for discount in kept), {"coupon": offer.coupon}]
    await done_by(save_subscription(subscription.id, {"discounts": discounts}))
