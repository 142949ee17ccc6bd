"""Subscriptions: https://docs.stripe.com/api/subscriptions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stripe_sandbox.billing import collecting, methods, subscribing
from stripe_sandbox.billing.discounts import gone, redeem
from stripe_sandbox.billing.drafting import HOUR, schedule_finalization
from stripe_sandbox.billing.finalizing import finalize
from stripe_sandbox.billing.periods import DAY
from stripe_sandbox.errors import StripeError, invalid
from stripe_sandbox.http import Json
from stripe_sandbox.paging import head
from stripe_sandbox.parameters import (
    Boolean,
    Currency,
    Fields,
    Hash,
    Integer,
    ListOf,
    Metadata,
    OneOf,
    Reference,
    Text,
    WordOr,
    range_of,
)
from stripe_sandbox.resource import (
    CUSTOMER,
    LISTING,
    Call,
    Embedded,
    Link,
    Resource,
    Route,
    chosen,
    in_range,
    merged,
)
from stripe_sandbox.resources import subscription_items
from stripe_sandbox.resources.shapes import COLLECTION_METHODS, DISCOUNTS, PAYMENT_METHOD_TYPES, TAX_RATES

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox

_FEEDBACK = (
    "customer_service", "low_quality", "missing_features", "other", "switched_service", "too_complex",
    "too_expensive", "unused",
)  # fmt: skip
_STATUSES = (
    "active", "canceled", "incomplete", "incomplete_expired", "past_due", "paused", "trialing", "unpaid",
)  # fmt: skip
_CANCELLATION_DETAILS = Hash({"comment": Text(), "feedback": OneOf(_FEEDBACK, clearable=True)})
_SAVE: Fields = {
    "cancel_at": Integer(),
    "cancel_at_period_end": Boolean(),
    "collection_method": OneOf(COLLECTION_METHODS),
    "days_until_due": Integer(0),
    "default_payment_method": Reference(to="payment_method", noun="PaymentMethod"),
    "default_tax_rates": TAX_RATES,
    "description": Text(max=500),
    "discounts": DISCOUNTS,
    "metadata": Metadata(),
    "off_session": Boolean(),
    "payment_settings": Hash(
        {
            "payment_method_types": PAYMENT_METHOD_TYPES,
            "save_default_payment_method": OneOf(("off", "on_subscription")),
        }
    ),
}
CREATE: Fields = {
    **_SAVE,
    "currency": Currency(),
    "customer": CUSTOMER,
    "items": ListOf(Hash(subscription_items.NEW)),
    "payment_behavior": OneOf(("allow_incomplete", "default_incomplete", "error_if_incomplete")),
    "trial_end": WordOr("now", Integer()),
    "trial_period_days": Integer(1, 730),
}
UPDATE: Fields = {
    **_SAVE,
    "cancel_at": Integer(clearable=True),
    "cancellation_details": _CANCELLATION_DETAILS,
    "pause_collection": Hash(
        {"behavior": OneOf(("keep_as_draft", "mark_uncollectible", "void"), required=True), "resumes_at": Integer()},
        clearable=True,
    ),
}
CANCEL: Fields = {"cancellation_details": _CANCELLATION_DETAILS}
LIST: Fields = {
    "collection_method": OneOf(COLLECTION_METHODS),
    "created": range_of(),
    "current_period_end": range_of(),
    "current_period_start": range_of(),
    "customer": CUSTOMER,
    "price": Reference(to="price"),
    "status": OneOf(("all", "ended", *_STATUSES)),
    **LISTING,
}
_NO_METHOD = (
    "This customer has no attached payment source or default payment method. Please consider adding a default payment "
    "method. For more information, visit "
    "https://stripe.com/docs/billing/subscriptions/payment-methods-setting#payment-method-priority."
)


def _create(call: Call) -> Json:
    params, sandbox = call.params, call.sandbox
    customer = call.given("customer", "customer")
    for name in ("customer", "items"):
        if not params.get(name):
            raise invalid(f"Missing required param: {name}.", name, "parameter_missing")
    assert customer is not None
    _check_collection(call, None)
    prices = [subscription_items.price_of(sandbox, wish, f"items[{at}]") for at, wish in enumerate(params["items"])]
    subscription_items.check_together(prices)
    currency = params.get("currency") or prices[0]["currency"]
    if customer["currency"] not in (None, currency):
        raise invalid(
            "You cannot combine currencies on a single customer. This customer has an active subscription, "
            f"subscription schedule, discount, quote, or invoice item with currency {customer['currency']}.",
            "currency",
        )
    trial_end = _trial_end(call)
    _check_method(call, customer, trial_end)
    subscription = _new(call, customer["id"], currency, trial_end)
    for wish, price in zip(params["items"], prices, strict=True):
        subscription_items.new_item(sandbox, subscription, price, wish)
    _apply(call, subscription)
    start = call.now
    period_end = trial_end or subscribing.period_end(sandbox, subscription, start)
    subscribing.set_period(sandbox, subscription, start, period_end)
    _bill_first(call, subscription)
    return subscription


def _new(call: Call, customer: str, currency: str, trial_end: int | None) -> Json:
    now = call.now
    return call.store.add(
        {
            "id": call.sandbox.ids.new("sub"),
            "object": "subscription",
            "application": None,
            "application_fee_percent": None,
            "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
            "billing_cycle_anchor": trial_end or now,
            "billing_cycle_anchor_config": None,
            "billing_mode": {"flexible": {"proration_discounts": "included"}, "type": "flexible"},
            "billing_schedules": [],
            "billing_thresholds": None,
            "cancel_at": None,
            "cancel_at_period_end": False,
            "canceled_at": None,
            "cancellation_details": {"comment": None, "feedback": None, "reason": None},
            "collection_method": "charge_automatically",
            "created": now,
            "currency": currency,
            "customer": customer,
            "customer_account": None,
            "days_until_due": None,
            "default_payment_method": None,
            "default_source": None,
            "description": None,
            "discounts": [],
            "ended_at": None,
            "invoice_settings": {"account_tax_ids": None, "issuer": {"type": "self"}},
            "latest_invoice": None,
            "livemode": False,
            "managed_payments": None,
            "metadata": {},
            "next_pending_invoice_item_invoice": None,
            "on_behalf_of": None,
            "pause_collection": None,
            "payment_settings": {
                "payment_method_options": None,
                "payment_method_types": None,
                "save_default_payment_method": "off",
            },
            "pending_invoice_item_interval": None,
            "pending_setup_intent": None,
            "pending_update": None,
            "schedule": None,
            "start_date": now,
            "status": "trialing" if trial_end else "active",
            "test_clock": None,
            "transfer_data": None,
            "trial_end": trial_end,
            "trial_settings": {"end_behavior": {"missing_payment_method": "create_invoice"}},
            "trial_start": now if trial_end else None,
            "_items": [],
            "_default_tax_rates": [],
        }
    )


def _bill_first(call: Call, subscription: Json) -> None:
    """The first invoice: collected at once where it is charged, a draft for an hour where it is sent."""
    sandbox = call.sandbox
    invoice = subscribing.new_invoice(sandbox, subscription, "subscription_create", (call.now, call.now))
    if subscription["collection_method"] == "send_invoice" and invoice["total"] > 0:
        schedule_finalization(sandbox, invoice, call.now + HOUR)
        return
    finalize(sandbox, invoice)
    invoice["next_payment_attempt"] = None
    if invoice["status"] == "paid":
        return
    subscribing.await_payment(sandbox, subscription)
    if call.params.get("payment_behavior") == "default_incomplete":
        return
    try:
        off_session = call.params.get("off_session", False)
        collecting.pay(sandbox, invoice, None, off_session=off_session)
    except StripeError as error:
        if call.params.get("payment_behavior") == "error_if_incomplete":
            error.happened = False
            raise


def _update(call: Call) -> Json:
    subscription = call.named("subscription", "subscription_exposed_id")
    if subscription["status"] in subscribing.ENDED and set(call.params) - {"metadata", "cancellation_details"}:
        raise StripeError("A canceled subscription can only update its cancellation_details and metadata.")
    _check_collection(call, subscription)
    _apply(call, subscription)
    return subscription


def _apply(call: Call, subscription: Json) -> None:
    params, sandbox = call.params, call.sandbox
    if params.get("default_payment_method") is not None:
        methods.belonging(sandbox, params["default_payment_method"], subscription["customer"], "default_payment_method")
    subscription.update(chosen(params, "collection_method", "days_until_due", "default_payment_method", "description"))
    if "default_tax_rates" in params:
        subscription["_default_tax_rates"] = params["default_tax_rates"] or []
    if "discounts" in params:
        subscription["discounts"] = redeem(
            sandbox, params["discounts"], customer=subscription["customer"], subscription=subscription["id"]
        )
    if "metadata" in params:
        subscription["metadata"] = merged(subscription["metadata"], params["metadata"])
    for name in ("payment_settings", "cancellation_details"):
        if name in params:
            subscription[name] = {**subscription[name], **params[name]}
    if "pause_collection" in params:
        pause = params["pause_collection"]
        subscription["pause_collection"] = pause and {"resumes_at": None, **pause}
    _apply_cancellation(call, subscription)


def _apply_cancellation(call: Call, subscription: Json) -> None:
    """`cancel_at` and `cancel_at_period_end` are two ways to say when it ends."""
    params = call.params
    if params.get("cancel_at_period_end") and params.get("cancel_at") is not None:
        message = "You may only specify one of these parameters: cancel_at, cancel_at_period_end."
        raise invalid(message, "cancel_at")
    if "cancel_at" in params:
        at = params["cancel_at"]
        if at is not None and at <= call.now:
            raise invalid("The `cancel_at` timestamp must be in the future.", "cancel_at")
        subscription.update(cancel_at=at, cancel_at_period_end=False)
        if at is not None:
            call.sandbox.agenda.add(at, "subscription.cancel", subscription["id"])
    if "cancel_at_period_end" in params:
        at_end = params["cancel_at_period_end"]
        end = subscribing.period_of(call.sandbox, subscription)[1] if subscription["latest_invoice"] else None
        subscription.update(cancel_at_period_end=at_end, cancel_at=end if at_end else None)
    if {"cancel_at", "cancel_at_period_end"} & set(params):
        ending = subscription["cancel_at_period_end"] or subscription["cancel_at"] is not None
        reason = "cancellation_requested" if ending else None
        subscription["canceled_at"] = call.now if ending else None
        subscription["cancellation_details"] = {**subscription["cancellation_details"], "reason": reason}


def _cancel(call: Call) -> Json:
    subscription = call.named("subscription", "subscription_exposed_id")
    if subscription["status"] in subscribing.ENDED:
        raise invalid(f"No such subscription: '{subscription['id']}'", "id", "resource_missing")
    details = call.params.get("cancellation_details", {})
    subscription["cancellation_details"] = {**subscription["cancellation_details"], **details}
    subscribing.end(call.sandbox, subscription, "canceled", "cancellation_requested")
    return subscription


def _check_collection(call: Call, subscription: Json | None) -> None:
    params = call.params
    before = subscription["collection_method"] if subscription else "charge_automatically"
    method = params.get("collection_method", before)
    days = params.get("days_until_due", subscription and subscription["days_until_due"])
    if method == "send_invoice" and days is None:
        message = "You must pass `days_until_due` when `collection_method` is `send_invoice`."
        raise invalid(message, "days_until_due", "parameter_missing")
    if method == "charge_automatically" and params.get("days_until_due") is not None:
        message = "`days_until_due` can only be set when `collection_method` is `send_invoice`."
        raise invalid(message, "days_until_due")


def _trial_end(call: Call) -> int | None:
    params = call.params
    if "trial_end" in params and "trial_period_days" in params:
        message = "You may only specify one of these parameters: trial_end, trial_period_days."
        raise invalid(message, "trial_end")
    if "trial_period_days" in params:
        days: int = params["trial_period_days"]
        return call.now + days * DAY
    end = params.get("trial_end")
    if end in (None, "now"):
        return None
    if end <= call.now:
        raise invalid("Invalid timestamp: must be an integer Unix timestamp in the future.", "trial_end")
    return int(end)


def _check_method(call: Call, customer: Json, trial_end: int | None) -> None:
    """Something to charge must be there, unless nothing is charged yet."""
    params = call.params
    charged = params.get("collection_method", "charge_automatically") == "charge_automatically"
    later = trial_end is not None or params.get("payment_behavior") == "default_incomplete"
    given = params.get("default_payment_method") or customer["invoice_settings"]["default_payment_method"]
    if charged and not later and not given:
        raise StripeError(_NO_METHOD, code="resource_missing")


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

    return call.page("subscription", chosen(params, "collection_method", "customer"), keep)


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
    },
    jobs={
        "cancel": subscribing.cancel_job,
        "expire": subscribing.expire_job,
        "renew": subscribing.renew_job,
    },
    reactions={
        "invoice.paid": subscribing.invoice_paid,
        "invoice.payment_failed": subscribing.payment_failed,
        "invoice.overdue": subscribing.payment_failed,
    },
    routes=(
        Route("GET", "/v1/subscriptions", _list, LIST),
        Route("POST", "/v1/subscriptions", _create, CREATE),
        Route("GET", _ONE, lambda call: call.named("subscription", "subscription_exposed_id")),
        Route("POST", _ONE, _update, UPDATE),
        Route("DELETE", _ONE, _cancel, CANCEL),
        Route("DELETE", _ONE + "/discount", _discount_gone),
    ),
)
