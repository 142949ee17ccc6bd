"""Previews: the invoice that would come, made by letting it come and undoing it.

https://docs.stripe.com/api/invoices/create_preview
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stripe_sandbox.billing import changing, drafting, items, subscribing
from stripe_sandbox.billing.discounts import redeem, use
from stripe_sandbox.billing.schedules import schedule_of
from stripe_sandbox.errors import StripeError, invalid
from stripe_sandbox.http import Json
from stripe_sandbox.parameters import (
    Boolean,
    Currency,
    Fields,
    Fraction,
    Hash,
    Integer,
    ListOf,
    Metadata,
    OneOf,
    Reference,
    Text,
    WordOr,
)
from stripe_sandbox.resource import CUSTOMER, Call
from stripe_sandbox.resources import customers, invoiceitems, schedule_phases, subscription_items, subscriptions
from stripe_sandbox.resources.shapes import ADDRESS, DISCOUNTS, PERIOD, SHIPPING, TAX_RATES
from stripe_sandbox.resources.subscription_creation import create
from stripe_sandbox.resources.subscription_fields import UPDATE

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox

_ITEMS = ListOf(
    Hash(
        {
            "amount": Integer(),
            "currency": Currency(),
            "description": Text(clearable=False),
            "discountable": Boolean(),
            "discounts": DISCOUNTS,
            "invoiceitem": Reference(to="invoiceitem"),
            "metadata": Metadata(),
            "period": PERIOD,
            "price": Reference(to="price"),
            "price_data": invoiceitems.CREATE["price_data"],
            "quantity": Integer(0),
            "tax_rates": TAX_RATES,
            "unit_amount": Integer(),
            "unit_amount_decimal": Fraction(12),
        }
    )
)
_SUBSCRIPTION_DETAILS = Hash(
    {
        "billing_cycle_anchor": WordOr("now", WordOr("unchanged", Integer())),
        "cancel_at": UPDATE["cancel_at"],
        "cancel_at_period_end": Boolean(),
        "cancel_now": Boolean(),
        "default_tax_rates": TAX_RATES,
        "items": subscription_items.CHANGES,
        "proration_behavior": subscription_items.TERMS["proration_behavior"],
        "proration_date": Integer(),
        "resume_at": OneOf(("now",)),
        "trial_end": WordOr("now", Integer()),
    }
)
PREVIEW: Fields = {
    "currency": Currency(),
    "customer": CUSTOMER,
    "customer_details": Hash(
        {
            "address": ADDRESS,
            "shipping": SHIPPING,
            "tax_exempt": OneOf(("exempt", "none", "reverse"), clearable=True),
        }
    ),
    "discounts": DISCOUNTS,
    "invoice_items": _ITEMS,
    "preview_mode": OneOf(("next", "recurring")),
    "schedule": Reference(to="subscription_schedule"),
    "subscription": Reference(to="subscription"),
    "subscription_details": _SUBSCRIPTION_DETAILS,
}


class _Drafted(Exception):
    """The invoice that was to be previewed is there."""

    def __init__(self, invoice: Json) -> None:
        super().__init__(invoice["id"])
        self.invoice = invoice


def preview(call: Call) -> Json:
    """The next invoice. To be called in a rehearsal: all of it happens. Raises 404 where none would come."""
    schedule, subscription = call.given("subscription_schedule", "schedule"), call.given("subscription", "subscription")
    if schedule is not None and schedule["subscription"] is not None:
        subscription = call.store["subscription", schedule["subscription"]]
    customer = _customer(call, subscription or schedule)
    if "customer_details" in call.params:
        details = call.params["customer_details"]
        customers.update(Call(call.sandbox, {"customer": customer["id"]}, details, call.url))
    call.sandbox.on_draft = _stop
    try:
        if subscription is not None:
            _of_subscription(call, customer, subscription)
        elif schedule is not None:
            _of_schedule(call, customer, schedule)
        elif call.params.get("subscription_details", {}).get("items"):
            _of_new_subscription(call, customer)
        elif call.params.get("invoice_items"):
            _of_items(call, customer)
    except _Drafted as drafted:
        return _shaped(call, drafted.invoice)
    raise _none(customer, subscription)


def _stop(invoice: Json) -> None:
    raise _Drafted(invoice)


def _customer(call: Call, about: Json | None) -> Json:
    customer = call.given("customer", "customer")
    if about is not None:
        if customer is not None and customer["id"] != about["customer"]:
            noun = about["object"].replace("_", " ")
            raise invalid(f"The {noun} {about['id']} does not belong to the customer {customer['id']}.", "subscription")
        customer = call.store["customer", about["customer"]]
    if customer is None:
        raise invalid("Missing required param: customer.", "customer", "parameter_missing")
    if customer.get("deleted"):
        raise invalid(f"No such customer: '{customer['id']}'", "customer", "resource_missing")
    return customer


def _of_subscription(call: Call, customer: Json, subscription: Json) -> None:
    """First what is asked for happens, which may be billed at once; then the period ends."""
    sandbox, details = call.sandbox, dict(call.params.get("subscription_details", {}))
    if subscription["status"] in subscribing.ENDED:
        raise _none(customer, subscription)
    if call.params.get("preview_mode") == "recurring":
        details["proration_behavior"] = "none"
        for item in items.pending(sandbox, customer["id"], subscription["currency"], subscription["id"]):
            sandbox.store.remove(item)
    if "discounts" in call.params:
        customer["discount"] = None
        subscription["discounts"] = _redeemed(call, customer)
    _add_items(call, customer, subscription)
    resumes = details.pop("resume_at", None) is not None
    if details.pop("cancel_now", False):
        prorate = details.get("proration_behavior") != "none"
        changing.cancel(sandbox, subscription, prorate=prorate, invoice_now=True)
        raise _none(customer, subscription)
    if isinstance(details.get("billing_cycle_anchor"), int):
        message = "`billing_cycle_anchor` can only be a timestamp for a subscription that is yet to be created."
        raise invalid(message, "subscription_details[billing_cycle_anchor]")
    path = {"subscription_exposed_id": subscription["id"]}
    subscriptions.update(Call(sandbox, path, details, call.url))
    if resumes and subscription["status"] == "paused":
        changing.resume(sandbox, subscription, changing.Terms(call.now), anew=True)
    _end_period(sandbox, subscription)


def _end_period(sandbox: Sandbox, subscription: Json) -> None:
    """Let the subscription's next period begin, if nothing ends it before."""
    end = subscribing.period_of(sandbox, subscription)[1]
    schedule = schedule_of(sandbox, subscription)
    for turn in [] if schedule is None else [phase["start_date"] for phase in schedule["phases"]]:
        if schedule is not None and sandbox.clock.now < turn < end:
            with sandbox.clock.at(turn):
                schedule_phases.turn_job(sandbox, schedule["id"])
    if subscription["cancel_at"] is not None and subscription["cancel_at"] < end:
        return
    with sandbox.clock.at(end):
        subscribing.unpause(sandbox, subscription)
        schedule_phases.renew_job(sandbox, subscription["id"])


def _of_schedule(call: Call, customer: Json, schedule: Json) -> None:
    """The next invoice of a schedule's subscription, which may not have begun."""
    sandbox = call.sandbox
    if schedule["status"] != "not_started":
        raise _none(customer, None)
    _add_items(call, customer, None)
    with sandbox.clock.at(schedule["phases"][0]["start_date"]):
        schedule_phases.begin(sandbox, schedule)


def _of_new_subscription(call: Call, customer: Json) -> None:
    details = dict(call.params["subscription_details"])
    wanted: dict[str, Any] = {"customer": customer["id"], "payment_behavior": "default_incomplete"}
    for name in ("cancel_at", "cancel_at_period_end", "default_tax_rates", "items", "proration_behavior", "trial_end"):
        if name in details:
            wanted[name] = details[name]
    if isinstance(details.get("billing_cycle_anchor"), int):
        wanted["billing_cycle_anchor"] = details["billing_cycle_anchor"]
    for name in ("currency", "discounts"):
        if name in call.params:
            wanted[name] = call.params[name]
    _add_items(call, customer, None)
    create(Call(call.sandbox, {}, wanted, call.url))


def _of_items(call: Call, customer: Json) -> None:
    """A one-off invoice of what is given and what is pending."""
    sandbox = call.sandbox
    _add_items(call, customer, None)
    currency = call.params.get("currency") or customer["currency"] or sandbox.account["default_currency"]
    if "discounts" in call.params:
        discounts = _redeemed(call, customer)
    else:
        discounts = use(sandbox, [customer["discount"]] if customer["discount"] else [], call.now)
    invoice = drafting.new_invoice(sandbox, customer, currency, discounts=discounts)
    items.include_pending(sandbox, invoice, items.pending(sandbox, customer["id"], currency))
    _stop(invoice)


def _add_items(call: Call, customer: Json, subscription: Json | None) -> None:
    """What the preview is to contain beside all else: new items, or pending ones with other values."""
    for at, given in enumerate(call.params.get("invoice_items", [])):
        wanted = {name: value for name, value in given.items() if name not in ("invoiceitem", "price", "unit_amount")}
        if "price" in given:
            wanted["pricing"] = {"price": given["price"]}
        if "unit_amount" in given:
            wanted["unit_amount_decimal"] = given["unit_amount"]
        if "invoiceitem" in given:
            if call.store["invoiceitem", given["invoiceitem"]]["customer"] != customer["id"]:
                raise invalid("The invoice item is another customer's.", f"invoice_items[{at}][invoiceitem]")
            invoiceitems.update(Call(call.sandbox, {"invoiceitem": given["invoiceitem"]}, wanted, call.url))
            continue
        wanted["customer"] = customer["id"]
        if subscription is not None:
            wanted["subscription"] = subscription["id"]
        currency = call.params.get("currency") or (subscription and subscription["currency"])
        if "currency" not in wanted and currency:
            wanted["currency"] = currency
        invoiceitems.create(Call(call.sandbox, {}, wanted, call.url))


def _redeemed(call: Call, customer: Json) -> list[str]:
    return redeem(call.sandbox, call.params["discounts"], customer=customer["id"])


def _shaped(call: Call, invoice: Json) -> Json:
    """What of a preview is unlike the invoice that comes."""
    drafting.refresh(call.sandbox, invoice)
    invoice["billing_reason"] = "upcoming"
    if invoice["collection_method"] == "charge_automatically":
        invoice["next_payment_attempt"] = invoice["created"] + drafting.HOUR
    return invoice


def _none(customer: Json, subscription: Json | None) -> StripeError:
    whose = f"customer: {customer['id']}" if subscription is None else f"subscription: {subscription['id']}"
    return StripeError(f"No upcoming invoices for {whose}", status=404, code="invoice_upcoming_none")
