"""The phases of subscription schedules: what each is made of, and how a subscription enters it.

https://docs.stripe.com/billing/subscriptions/subscription-schedules#phase-attributes
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from stripe_sandbox.billing import changing, methods, pending, schedules, subscribing
from stripe_sandbox.billing.changing import Terms
from stripe_sandbox.billing.discounts import is_valid, redeem
from stripe_sandbox.billing.periods import next_boundary
from stripe_sandbox.billing.pricing import amounts_in, is_metered
from stripe_sandbox.errors import StripeError, invalid
from stripe_sandbox.http import Json
from stripe_sandbox.resource import Call, chosen, merged
from stripe_sandbox.resources import subscription_items
from stripe_sandbox.resources.subscription_creation import create

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox

_EXPIRING = 7 * 24 * 60 * 60
"""How long before its end Stripe announces that a schedule expires."""


def built(call: Call, wishes: Sequence[Json], start: int, customer: str, currency: str | None = None) -> list[Json]:
    """Phases as `phases` asks for them, one after the other from `start` (UTC seconds) on. Raises StripeError.

    They are billed in `currency`, or else in the customer's or their first price's.
    """
    if not wishes:
        raise invalid("A subscription schedule must have at least one phase.", "phases")
    found: list[Json] = []
    for at, wish in enumerate(wishes):
        name = f"phases[{at}]"
        asked = call.now if wish.get("start_date") == "now" else wish.get("start_date", start)
        if found and asked != start:
            raise invalid("Each phase must start when the one before it ends.", f"{name}[start_date]")
        found.append(_built(call, wish, asked, customer, currency, name))
        start, currency = found[-1]["end_date"], found[-1]["currency"]
    return found


def _built(call: Call, wish: Json, start: int, customer: str, currency: str | None, name: str) -> Json:
    sandbox = call.sandbox
    if not wish["items"]:
        raise invalid("A phase must have at least one item.", f"{name}[items]")
    prices = [subscription_items.price_of(sandbox, each, f"{name}[items][{i}]") for i, each in enumerate(wish["items"])]
    subscription_items.check_together(prices)
    currency = currency or call.store["customer", customer]["currency"] or prices[0]["currency"]
    for price in prices:
        amounts_in(price, currency)
    if len({price["id"] for price in prices}) < len(prices):
        raise invalid("A phase cannot have several items with the same price.", f"{name}[items]")
    if wish.get("default_payment_method") is not None:
        method = f"{name}[default_payment_method]"
        methods.belonging(sandbox, wish["default_payment_method"], customer, method)
    end = _end(call, wish, start, prices[0]["recurring"], name)
    trial_end = end if wish.get("trial") else wish.get("trial_end")
    if trial_end is not None and not start < trial_end <= end:
        raise invalid("A trial must end within its phase.", f"{name}[trial_end]")
    items = [
        item_of(price, each.get("quantity", 1), each.get("metadata", {}), each.get("tax_rates") or [])
        for each, price in zip(wish["items"], prices, strict=True)
    ]
    return phase_of(
        currency,
        items,
        start,
        end,
        **chosen(wish, "billing_cycle_anchor", "default_payment_method", "description", "proration_behavior"),
        default_tax_rates=wish.get("default_tax_rates") or [],
        discounts=[_discount(each) for each in wish.get("discounts") or []],
        metadata=merged({}, wish.get("metadata", {})),
        trial_end=trial_end,
    )


def _end(call: Call, wish: Json, start: int, recurring: Json, name: str) -> int:
    """When a phase ends: as it says, after its duration, or after one period."""
    if "end_date" in wish and "duration" in wish:
        raise invalid("You may only specify one of these parameters: duration, end_date.", f"{name}[end_date]")
    if "end_date" in wish:
        end: int = call.now if wish["end_date"] == "now" else wish["end_date"]
    else:
        lasts = wish.get("duration", recurring)
        end = next_boundary(start, lasts["interval"], lasts.get("interval_count", 1), start)
    if end <= start:
        raise invalid("The end date of a phase must be after its start date.", f"{name}[end_date]")
    return end


def phase_of(currency: str, items: list[Json], start: int, end: int, **given: Any) -> Json:
    """A phase; what is not given is as it is at Stripe's."""
    return {
        "add_invoice_items": [],
        "application_fee_percent": None,
        "billing_cycle_anchor": None,
        "billing_thresholds": None,
        "collection_method": None,
        "currency": currency,
        "default_payment_method": None,
        "default_tax_rates": [],
        "description": None,
        "discounts": [],
        "end_date": end,
        "invoice_settings": None,
        "items": items,
        "metadata": {},
        "on_behalf_of": None,
        "proration_behavior": "create_prorations",
        "start_date": start,
        "transfer_data": None,
        "trial_end": None,
        **given,
    }


def item_of(price: Json, quantity: int, metadata: Json, tax_rates: Sequence[str]) -> Json:
    """An item of a phase; usage has no quantity."""
    return {
        "billing_thresholds": None,
        "discounts": [],
        "metadata": merged({}, metadata),
        "price": price["id"],
        **({} if is_metered(price) else {"quantity": quantity}),
        "tax_rates": list(tax_rates),
    }


def of_subscription(sandbox: Sandbox, subscription: Json) -> Json:
    """The phase that a subscription is in: the present period, as it is."""
    start, end = subscribing.period_of(sandbox, subscription)
    items = [
        item_of(sandbox.store["price", item["_price"]], item["quantity"], item["metadata"], item["_tax_rates"])
        for item in subscribing.items_of(sandbox, subscription)
    ]
    return phase_of(
        subscription["currency"],
        items,
        start,
        end,
        default_payment_method=subscription["default_payment_method"],
        default_tax_rates=list(subscription["_default_tax_rates"]),
        description=subscription["description"],
        discounts=[_discount({"discount": id}) for id in subscription["discounts"]],
        metadata=dict(subscription["metadata"]),
        trial_end=subscription["trial_end"] if subscription["status"] == "trialing" else None,
    )


def _discount(wish: Json) -> Json:
    return {"coupon": None, "discount": None, "promotion_code": None, **wish}


# How time passes


def await_turns(sandbox: Sandbox, schedule: Json) -> None:
    """See to the beginning and the end of each phase that is yet to come."""
    now, last = sandbox.clock.now, schedule["phases"][-1]["end_date"]
    for moment in {phase[name] for phase in schedule["phases"] for name in ("start_date", "end_date")}:
        if moment > now:
            sandbox.agenda.add(moment, "subscription_schedule.turn", schedule["id"])
    if last - _EXPIRING > now:
        sandbox.agenda.add(last - _EXPIRING, "subscription_schedule.expiring", schedule["id"])


def expiring_job(sandbox: Sandbox, id: str) -> None:
    """The end of a schedule is near, unless it was moved."""
    schedule = sandbox.store["subscription_schedule", id]
    if schedule["status"] == "active" and schedule["phases"][-1]["end_date"] - _EXPIRING == sandbox.clock.now:
        sandbox.tell("subscription_schedule.expiring", schedule)


def turn_job(sandbox: Sandbox, id: str) -> None:
    """A phase begins or ends, unless that was moved."""
    schedule = sandbox.store["subscription_schedule", id]
    now = sandbox.clock.now
    if schedule["status"] == "not_started" and schedule["phases"][0]["start_date"] <= now:
        try:
            begin(sandbox, schedule)
        except StripeError:
            schedules.close(sandbox, schedule)
    else:
        _turn(sandbox, schedule)


def renew_job(sandbox: Sandbox, id: str) -> None:
    """A period has ended: a phase that begins with the next one comes before its bill."""
    subscription = sandbox.store["subscription", id]
    schedule = schedules.schedule_of(sandbox, subscription)
    if schedule is not None and subscribing.period_of(sandbox, subscription)[1] == sandbox.clock.now:
        _turn(sandbox, schedule)
    subscribing.renew_job(sandbox, id)


def begin(sandbox: Sandbox, schedule: Json) -> None:
    """Make the subscription of a schedule whose first phase begins now. Raises StripeError."""
    phase, settings = schedule["phases"][0], schedule["default_settings"]
    wanted: Json = {
        "customer": schedule["customer"],
        "collection_method": settings["collection_method"],
        "default_tax_rates": phase["default_tax_rates"],
        "discounts": _valid_discounts(sandbox, phase),
        "items": [chosen(item, "price", "quantity", "metadata", "tax_rates") for item in phase["items"]],
        "metadata": {**phase["metadata"]},
    }
    optional = {
        "days_until_due": settings["invoice_settings"]["days_until_due"],
        "default_payment_method": _usable_method(sandbox, schedule, phase),
        "description": phase["description"] or settings["description"],
        "trial_end": phase["trial_end"],
    }
    wanted |= {name: value for name, value in optional.items() if value is not None}
    customer = sandbox.store["customer", schedule["customer"]]
    if customer.get("deleted"):
        raise invalid(f"No such customer: '{customer['id']}'", "customer", "resource_missing")
    if "default_payment_method" not in wanted and not customer["invoice_settings"]["default_payment_method"]:
        wanted["payment_behavior"] = "default_incomplete"
    subscription = create(Call(sandbox, {}, wanted, ""))
    subscription["schedule"] = schedule["id"]
    schedule.update(status="active", subscription=subscription["id"], current_phase=chosen(phase, *_CURRENT))
    schedules.follow_end(sandbox, schedule)


_CURRENT = ("end_date", "start_date")


def _turn(sandbox: Sandbox, schedule: Json) -> None:
    """Enter the phase that begins now, or come to the end of the last."""
    if schedule["status"] != "active":
        return
    now = sandbox.clock.now
    found = [phase for phase in schedule["phases"] if phase["start_date"] <= now < phase["end_date"]]
    if found and found[0]["start_date"] != schedule["current_phase"]["start_date"]:
        enter(sandbox, schedule, found[0], found[0]["proration_behavior"])
    elif not found and schedule["end_behavior"] == "release":
        schedules.release(sandbox, schedule)


def enter(sandbox: Sandbox, schedule: Json, phase: Json, behavior: str) -> None:
    """Let a schedule's subscription be as a phase says. Between two periods nothing is prorated."""
    subscription = sandbox.store["subscription", schedule["subscription"]]
    pending.discard(sandbox, subscription)
    schedule["current_phase"] = chosen(phase, *_CURRENT)
    schedules.follow_end(sandbox, schedule)
    subscription["description"] = phase["description"] or subscription["description"]
    subscription["default_payment_method"] = (
        _usable_method(sandbox, schedule, phase) or subscription["default_payment_method"]
    )
    subscription["_default_tax_rates"] = list(phase["default_tax_rates"])
    subscription["metadata"] = merged(subscription["metadata"], phase["metadata"])
    subscription["discounts"] = redeem(
        sandbox,
        _valid_discounts(sandbox, phase),
        customer=subscription["customer"],
        subscription=subscription["id"],
    )
    now = sandbox.clock.now

    def alter() -> None:
        _take_items(sandbox, subscription, phase["items"])

    if subscribing.period_of(sandbox, subscription)[1] == now:
        changing.swap(sandbox, subscription, alter)
        if phase["billing_cycle_anchor"] == "phase_start":
            subscription["billing_cycle_anchor"] = now
    else:
        restarts = phase["billing_cycle_anchor"] == "phase_start" and phase["start_date"] == now
        changing.change(sandbox, subscription, Terms(now, behavior), alter, restarts=restarts)
    if phase["trial_end"] is not None and phase["trial_end"] > now and subscription["trial_end"] != phase["trial_end"]:
        changing.set_trial(sandbox, subscription, phase["trial_end"], Terms(now, behavior))


def _take_items(sandbox: Sandbox, subscription: Json, wanted: Sequence[Json]) -> None:
    """What has a price of the phase stays; all else goes, and what is missing comes."""
    items = {item["_price"]: item for item in subscribing.items_of(sandbox, subscription)}
    start, end = subscribing.period_of(sandbox, subscription)
    subscription["_items"] = []
    for wish in wanted:
        item = items.get(wish["price"])
        if item is None:
            price = sandbox.store["price", wish["price"]]
            item = subscription_items.new_item(sandbox, subscription, price, wish)
            item.update(current_period_start=start, current_period_end=end)
        else:
            item.update(quantity=wish.get("quantity", 1), metadata=dict(wish["metadata"]))
            item["_tax_rates"] = list(wish["tax_rates"])
            subscription["_items"].append(item["id"])


def _valid_discounts(sandbox: Sandbox, phase: Json) -> list[Json]:
    """What can be redeemed by now of a phase's discounts."""
    found = []
    for each in phase["discounts"]:
        wish = {name: id for name, id in each.items() if id is not None}
        coupon = sandbox.store.get("coupon", wish["coupon"]) if "coupon" in wish else None
        if "coupon" not in wish or (coupon is not None and is_valid(coupon, sandbox.clock.now)):
            found.append(wish)
    return found


def _usable_method(sandbox: Sandbox, schedule: Json, phase: Json) -> str | None:
    id: str | None = phase["default_payment_method"] or schedule["default_settings"]["default_payment_method"]
    method = None if id is None else sandbox.store.get("payment_method", id)
    return id if method is not None and method["customer"] == schedule["customer"] else None
