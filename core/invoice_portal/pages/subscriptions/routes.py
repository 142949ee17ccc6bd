"""The routes of subscriptions: to look at them, and to change, pause and cancel them."""

from __future__ import annotations

from typing import Final

from invoice_portal.pages.subscriptions import cancelling, changing, page, portal_flows
from invoice_portal.routing import Route

_SUBSCRIPTION: Final = "/subscriptions/{subscription}"

ROUTES: Final = (
    Route("subscriptions", "/subscriptions", page.subscriptions),
    Route("subscription", _SUBSCRIPTION, page.subscription, audit="subscription.viewed"),
    Route("subscription_cancel", _SUBSCRIPTION + "/cancel", cancelling.cancel_page),
    Route("cancel_subscription", _SUBSCRIPTION + "/cancel", cancelling.cancel_form, ("POST",), protected=True),
    Route("subscription_keep", _SUBSCRIPTION + "/keep", cancelling.keep_form, ("POST",), protected=True),
    Route("subscription_resume", _SUBSCRIPTION + "/resume", cancelling.resume_form, ("POST",), protected=True),
    Route("subscription_pause", _SUBSCRIPTION + "/pause", cancelling.pause_form, ("POST",), protected=True),
    Route("subscription_unpause", _SUBSCRIPTION + "/unpause", cancelling.unpause_form, ("POST",), protected=True),
    Route("subscription_portal", _SUBSCRIPTION + "/portal", portal_flows.open_portal, ("POST",), protected=True),
    Route("subscription_change", _SUBSCRIPTION + "/change", changing.change_page),
    Route("change_subscription", _SUBSCRIPTION + "/change", changing.change_form, ("POST",), protected=True),
    Route("dismiss_offer", _SUBSCRIPTION + "/dismiss", changing.dismiss_form, ("POST",), protected=True),
)
