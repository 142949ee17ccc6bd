"""How a subscription begins: its first period, its trial, its first invoice."""

from __future__ import annotations

from stripe_sandbox.billing import changing, collecting, subscribing
from stripe_sandbox.billing.drafting import HOUR, schedule_finalization
from stripe_sandbox.billing.finalizing import finalize
from stripe_sandbox.billing.pending import PENDING
from stripe_sandbox.billing.periods import DAY
from stripe_sandbox.billing.pricing import amounts_in
from stripe_sandbox.errors import StripeError, invalid
from stripe_sandbox.http import Json
from stripe_sandbox.resource import Call
from stripe_sandbox.resources import subscription_items
from stripe_sandbox.resources import subscription_settings as settings
from stripe_sandbox.resources.subscription_settings import check_collection

_NO_METHOD = (
    "This customer has no attached payment source or default payment method. Please consider adding a default payment "
    "method. For more information, visit "
    "https://stripe.com/docs/billing/subscriptions/payment-methods-setting#payment-method-priority."
)


def create(call: Call) -> Json:
    """Make a subscription out of a call's parameters, with its first invoice."""
    params, sandbox = call.params, call.sandbox
    customer = call.given("customer", "customer")
    for name in ("customer", "items"):
        if not params.get(name):
            raise invalid(f"Missing required param: {name}.", name, "parameter_missing")
    assert customer is not None
    check_collection(call, None)
    if params.get("payment_behavior") == PENDING:
        message = "`pending_if_incomplete` can only be used to update a subscription, not to create one."
        raise invalid(message, "payment_behavior")
    prices = [subscription_items.price_of(sandbox, wish, f"items[{at}]") for at, wish in enumerate(params["items"])]
    subscription_items.check_together(prices)
    currency = params.get("currency") or prices[0]["currency"]
    if customer["currency"] not in (None, currency):
        raise invalid(
            "You cannot combine currencies on a single customer. This customer has an active subscription, "
            f"subscription schedule, discount, quote, or invoice item with currency {customer['currency']}.",
            "currency",
        )
    for price in prices:
        amounts_in(price, currency)
    trial_end = _trial_end(call)
    _check_method(call, customer, trial_end)
    subscription = _new(call, customer["id"], currency, trial_end)
    for wish, price in zip(params["items"], prices, strict=True):
        subscription_items.new_item(sandbox, subscription, price, wish)
    period_end = trial_end or subscribing.period_end(sandbox, subscription, call.now)
    subscribing.set_period(sandbox, subscription, call.now, period_end)
    settings.apply(call, subscription)
    settings.add_invoice_items(call, subscription)
    _collect_first(call, subscription, _first_invoice(call, subscription))
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
            "billing_cycle_anchor": _anchor(call, trial_end),
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
            "test_clock": call.store["customer", customer]["test_clock"],
            "transfer_data": None,
            "trial_end": trial_end,
            "trial_settings": {"end_behavior": {"missing_payment_method": "create_invoice"}},
            "trial_start": now if trial_end else None,
            "_items": [],
            "_pending": None,
            "_default_tax_rates": [],
        }
    )


def _anchor(call: Call, trial_end: int | None) -> int:
    """From when on periods are counted: the moment that was asked for, the end of the trial, or now."""
    asked = call.params.get("billing_cycle_anchor")
    if asked is None:
        return trial_end or call.now
    if asked < (trial_end or call.now):
        raise invalid(
            "`billing_cycle_anchor` must be in the future, and not before the trial's end.", "billing_cycle_anchor"
        )
    return int(asked)


def _first_invoice(call: Call, subscription: Json) -> Json:
    """For a whole period, or only until the billing cycle's anchor."""
    end = subscribing.period_of(call.sandbox, subscription)[1]
    if subscription["status"] != "trialing" and subscription["billing_cycle_anchor"] > call.now:
        return changing.begin_until(call.sandbox, subscription, end, subscription_items.terms_of(call))
    return subscribing.new_invoice(call.sandbox, subscription, "subscription_create", (call.now, call.now))


def _collect_first(call: Call, subscription: Json, invoice: Json) -> None:
    """The first invoice: collected at once where it is charged, a draft for an hour where it is sent."""
    sandbox = call.sandbox
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
