"""The way through Stripe's own pages, where the merchant prefers it: the setting ``billing_portal``."""

from __future__ import annotations

from urllib.parse import urlsplit

from invoice_portal.errors import BadRequest, NotAllowed
from invoice_portal.http import Redirect, Response
from invoice_portal.managing import offers
from invoice_portal.managing.asking import noted
from invoice_portal.managing.rules import demand
from invoice_portal.owned import own_subscription
from invoice_portal.stripe_api.portal_flows import cancel_flow, create_flow, update_flow
from invoice_portal.stripe_api.subscriptions import Subscription
from invoice_portal.stripe_pages import stripe_page
from invoice_portal.visits import Visit


async def open_portal(visit: Visit) -> Response:
    """Go to Stripe's page for one flow of one subscription; its session is made now, for this click."""
    visit.demand("manage")
    settings = visit.settings.subscriptions
    if not settings.billing_portal:
        raise NotAllowed("billing_portal is off in the setting subscriptions")
    subscription = await own_subscription(visit, visit.request.args["subscription"])
    flow, wanted = await _flow(visit, subscription)
    session = create_flow(
        subscription.owner or "",
        flow,
        _return_url(visit, subscription),
        configuration=settings.billing_portal_configuration,
    )
    url = stripe_page(await session, visit.settings)
    await noted(visit, "subscription.portal_opened", subscription.id, subscription.owner or "", flow=wanted)
    return Redirect(to=url)


async def _flow(visit: Visit, subscription: Subscription) -> tuple[dict[str, object], str]:
    wanted = visit.request.form.get("flow", "")
    if wanted == "cancel":
        demand(visit, subscription, "cancel")
        offer = await offers.retention_for(visit, subscription, "", coupons=True)
        coupon = offer.coupon if offer else ""
        if offer and coupon:
            await offers.shown(visit, subscription, offer.id, "retention")
        return cancel_flow(subscription.id, coupon), wanted
    if wanted == "change":
        demand(visit, subscription, "change")
        return update_flow(subscription.id), wanted
    if wanted == "resume":
        demand(visit, subscription, "resume")
        return {}, wanted  # Stripe has no flow for it: its first page offers it
    raise BadRequest("flow must be cancel, change or resume")


def _return_url(visit: Visit, subscription: Subscription) -> str:
    """Where Stripe leads back to: the portal as customers see it, which Stripe wants as a whole address."""
    parts = urlsplit(visit.settings.public_url)
    return f"{parts.scheme}://{parts.netloc}{visit.url('subscription', subscription=subscription.id)}"
