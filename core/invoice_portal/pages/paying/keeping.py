"""Keeping a new method for later, and charging renewals to it."""

from __future__ import annotations

import logging

from invoice_portal.effects import Failed, Ok, StripeCall, each
from invoice_portal.outcomes import only_once
from invoice_portal.pages.paying.due import Due
from invoice_portal.pages.paying.limits import has_saved_methods
from invoice_portal.stripe_api.default_methods import (
    set_customer_default,
    set_subscription_default,
    subscription_default,
)
from invoice_portal.stripe_api.payment_methods import create_customer_session, retrieve_method, show_method_again
from invoice_portal.stripe_api.payments import Intent
from invoice_portal.visits import Visit

log = logging.getLogger("invoice_portal")


async def session_secret(visit: Visit, due: Due, intent: Intent) -> str:
    """The secret by which the element offers to keep the method; empty where it does not, or where it cannot.

    Invoices of subscriptions keep the method by themselves: then the element only asks whether to show it again.
    """
    if visit.settings.save_payment_method != "offer" or not has_saved_methods(visit):
        return ""
    (session,) = await each([create_customer_session(due.customer, usage=not intent.saves)])
    if isinstance(session, Failed):
        log.warning("methods are not offered to be kept: %s", session.error.detail)
        return ""
    return session.value


async def keep_method(visit: Visit, due: Due, intent: str) -> None:
    """After a payment: note that a kept method may be shown again, and make it the default, as the settings say.

    Once, however often the page asks how the payment stands: the customer may have chosen another default since. What
    fails here is logged: the payment has gone through, and says so.
    """
    paid = due.intent(intent)
    if paid is None or paid.method is None or visit.settings.save_payment_method == "never":
        return
    (found,) = await each([retrieve_method(paid.method)])
    if (
        isinstance(found, Failed)
        or found.value.owner != due.customer
        or not await only_once(visit.desk, intent, "kept")
    ):
        return
    always = visit.settings.save_payment_method == "always"
    calls: list[StripeCall[None]] = []
    if always and not found.value.shown_again:
        calls.append(show_method_again(found.value.id))
    if visit.settings.save_as_default and (always or found.value.shown_again):
        calls.append(await default_call(due.customer, due.invoice.subscription, found.value.id))
    for outcome in await each(calls):
        if isinstance(outcome, Failed):
            log.warning("the method was not kept as the settings say: %s", outcome.error.detail)


async def default_call(customer: str, subscription: str | None, method: str) -> StripeCall[None]:
    """The call that makes a method the default where Stripe's retries look first.

    A subscription with a default of its own never looks at the customer's.
    """
    if subscription is not None:
        (own,) = await each([subscription_default(subscription)])
        if isinstance(own, Ok) and own.value.default_method is not None:
            return set_subscription_default(subscription, method)
    return set_customer_default(customer, method)
