"""Subscriptions: https://docs.stripe.com/api/subscriptions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stripe_sandbox import search_fields, searching
from stripe_sandbox.billing import changing, pending, subscribing
from stripe_sandbox.billing.defaults import save_default
from stripe_sandbox.billing.discounts import gone
from stripe_sandbox.errors import StripeError, invalid
from stripe_sandbox.http import Json
from stripe_sandbox.paging import head
from stripe_sandbox.resource import Call, Embedded, Link, Resource, Route, chosen, in_range
from stripe_sandbox.resources import schedule_phases, subscription_items
from stripe_sandbox.resources import subscription_settings as settings
from stripe_sandbox.resources.subscription_creation import create
from stripe_sandbox.resources.subscription_fields import CANCEL, CREATE, LIST, RESUME, UPDATE
from stripe_sandbox.test_clocks import KIND

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox


def update(call: Call) -> Json:
    """Change a subscription as the call's parameters say, and bill what that comes to."""
    subscription = call.named("subscription", "subscription_exposed_id")
    if subscription["status"] in subscribing.ENDED and set(call.params) - {"metadata", "cancellation_details"}:
        raise StripeError("A canceled subscription can only update its cancellation_details and metadata.")
    settings.check_collection(call, subscription)
    subscription_items.require_pendable(call.params)
    with pending.until_paid(call.sandbox, subscription, call.params.get("payment_behavior")):
        settings.apply(call, subscription)
        settings.add_invoice_items(call, subscription)
        _change(call, subscription)
    return subscription


def _change(call: Call, subscription: Json) -> None:
    """What may make prorations, or a new period."""
    params, sandbox = call.params, call.sandbox
    anew = params.get("billing_cycle_anchor") == "now"
    if anew and subscription["status"] == "trialing" and params.get("trial_end") != "now":
        raise invalid("`billing_cycle_anchor` cannot be `now` during a trial.", "billing_cycle_anchor")
    terms = subscription_items.terms_of(call)
    wishes = params.get("items", [])
    if wishes or anew:
        subscription_items.require_changeable(subscription)
        changing.change(
            sandbox,
            subscription,
            terms,
            lambda: subscription_items.alter(sandbox, subscription, wishes),
            restarts=anew,
        )
    if "trial_end" in params:
        changing.set_trial(sandbox, subscription, _trial_end(call), terms)


def _trial_end(call: Call) -> int | None:
    end = call.params["trial_end"]
    if end == "now":
        return None
    if end <= call.now:
        raise invalid("Invalid timestamp: must be an integer Unix timestamp in the future.", "trial_end")
    return int(end)


def _resume(call: Call) -> Json:
    subscription = call.named("subscription")
    if subscription["status"] != "paused":
        raise StripeError(
            f"You can only resume subscriptions that are paused; this one has a status of {subscription['status']}."
        )
    anew = call.params.get("billing_cycle_anchor", "now") == "now"
    changing.resume(call.sandbox, subscription, subscription_items.terms_of(call), anew=anew)
    return subscription


def _cancel(call: Call) -> Json:
    subscription = call.named("subscription", "subscription_exposed_id")
    if subscription["status"] in subscribing.ENDED:
        raise invalid(f"No such subscription: '{subscription['id']}'", "id", "resource_missing")
    params = call.params
    details = params.get("cancellation_details", {})
    subscription["cancellation_details"] = {**subscription["cancellation_details"], **details}
    changing.cancel(
        call.sandbox,
        subscription,
        prorate=params.get("prorate", False),
        invoice_now=params.get("invoice_now", False),
    )
    return subscription


def _list(call: Call) -> Json:
    params, sandbox = call.params, call.sandbox
    status, price = params.get("status"), params.get("price")

    def keep(subscription: Json) -> bool:
        start, end = subscribing.period_of(sandbox, subscription)
        prices = [item["_price"] for item in subscribing.items_of(sandbox, subscription)]
        return (
            _has_status(subscription["status"], status)
            and (price is None or price in prices)
            and in_range(subscription["created"], params.get("created"))
            and in_range(start, params.get("current_period_start"))
            and in_range(end, params.get("current_period_end"))
        )

    return call.page("subscription", chosen(params, "collection_method", "customer", "test_clock"), keep)


def _has_status(status: str, asked: str | None) -> bool:
    match asked:
        case None:
            return status != "canceled"
        case "all":
            return True
        case "ended":
            return status in subscribing.ENDED
        case _:
            return status == asked


def _discount_gone(call: Call) -> Json:
    subscription = call.named("subscription", "subscription_exposed_id")
    if not subscription["discounts"]:
        raise StripeError("No active discount for subscription", status=404, code="resource_missing")
    discount = call.store["discount", subscription["discounts"][-1]]
    subscription["discounts"] = subscription["discounts"][:-1]
    return gone(discount)


def show(sandbox: Sandbox, subscription: Json) -> Json:
    """The subscription with its items."""
    shown = {name: value for name, value in subscription.items() if not name.startswith("_")}
    found = [sandbox.shown(item) for item in subscribing.items_of(sandbox, subscription)]
    shown["items"] = head(found, f"/v1/subscription_items?subscription={subscription['id']}", 20)
    shown["pending_update"] = pending.shown(sandbox, subscription)
    shown["default_tax_rates"] = [sandbox.store["tax_rate", id] for id in subscription["_default_tax_rates"]]
    return shown


_ONE = "/v1/subscriptions/{subscription_exposed_id}"
RESOURCE = Resource(
    kind="subscription",
    permission="subscription",
    missing_param="id",
    indexed=("customer",),
    show=show,
    expandable={
        "customer": Link("customer"),
        "default_payment_method": Link("payment_method"),
        "discounts": Link("discount"),
        "items": Embedded("subscription_item"),
        "latest_invoice": Link("invoice"),
        "pending_update.discounts": Link("discount"),
        "schedule": Link("subscription_schedule"),
        "test_clock": Link(KIND),
    },
    jobs={
        "cancel": subscribing.cancel_job,
        "expire": subscribing.expire_job,
        "expire_pending": pending.expire_job,
        "renew": schedule_phases.renew_job,
        "unpause": subscribing.unpause_job,
    },
    reactions={
        "invoice.marked_uncollectible": subscribing.written_off,
        "invoice.paid": subscribing.invoice_paid,
        "invoice.payment_failed": subscribing.payment_failed,
        "invoice.overdue": subscribing.payment_failed,
        "invoice.voided": pending.voided,
        "payment_intent.processing": subscribing.payment_under_way,
        "payment_intent.succeeded": save_default,
    },
    routes=(
        searching.route("subscription", "/v1/subscriptions", search_fields.SUBSCRIPTIONS),
        Route("GET", "/v1/subscriptions", _list, LIST),
        Route("POST", "/v1/subscriptions", create, CREATE),
        Route("GET", _ONE, lambda call: call.named("subscription", "subscription_exposed_id")),
        Route("POST", _ONE, update, UPDATE),
        Route("DELETE", _ONE, _cancel, CANCEL),
        Route("DELETE", _ONE + "/discount", _discount_gone),
        Route("POST", "/v1/subscriptions/{subscription}/resume", _resume, RESUME),
    ),
)
