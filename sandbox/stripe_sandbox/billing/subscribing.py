"""Subscriptions: their periods, the invoices of these, and their states."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from stripe_sandbox.billing import drafting, items, metering, pending, pricing, schedules
from stripe_sandbox.billing.closing import mark_uncollectible, void
from stripe_sandbox.billing.discounts import use
from stripe_sandbox.billing.finalizing import finalize
from stripe_sandbox.billing.periods import DAY, next_boundary
from stripe_sandbox.http import Json
from stripe_sandbox.money import decimal_text, formatted

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox

ENDED = ("canceled", "incomplete_expired")
_EXPIRES_AFTER = 23 * 60 * 60


def items_of(sandbox: Sandbox, subscription: Json) -> list[Json]:
    """The items of a subscription, the oldest first."""
    return [sandbox.store["subscription_item", id] for id in subscription["_items"]]


def period_of(sandbox: Sandbox, subscription: Json) -> tuple[int, int]:
    """The current period, the same for all items: begin and end in UTC seconds."""
    first = items_of(sandbox, subscription)[0]
    return first["current_period_start"], first["current_period_end"]


def set_period(sandbox: Sandbox, subscription: Json, start: int, end: int) -> None:
    """Move all items to a period and see to its end."""
    for item in items_of(sandbox, subscription):
        item.update(current_period_start=start, current_period_end=end)
    if subscription["cancel_at_period_end"]:
        subscription["cancel_at"] = end
    sandbox.agenda.add(end, "subscription.renew", subscription["id"])


def period_end(sandbox: Sandbox, subscription: Json, start: int) -> int:
    """When a period that begins at `start` ends."""
    recurring = sandbox.store["price", items_of(sandbox, subscription)[0]["_price"]]["recurring"]
    return next_boundary(
        subscription["billing_cycle_anchor"], recurring["interval"], recurring["interval_count"], start
    )


def new_invoice(
    sandbox: Sandbox,
    subscription: Json,
    reason: str,
    billed: tuple[int, int],
    *,
    pending_only: bool = False,
    final: bool = False,
) -> Json:
    """Make the draft for the current period, or for what is pending only. `billed` is the period that ends with it.

    A `final` one bills usage too, though nothing else comes.
    """
    customer = sandbox.store["customer", subscription["customer"]]
    now = sandbox.clock.now
    sends = subscription["collection_method"] == "send_invoice"
    invoice = drafting.new_invoice(
        sandbox,
        customer,
        subscription["currency"],
        auto_advance=True,
        billing_reason=reason,
        collection_method=subscription["collection_method"],
        default_payment_method=None,
        discounts=[] if pending_only else _discounts(sandbox, subscription, customer),
        due_date=now + subscription["days_until_due"] * DAY if sends else None,
        parent=drafting.subscription_parent(subscription),
        payment_settings={
            "default_mandate": None,
            "payment_method_options": None,
            "payment_method_types": subscription["payment_settings"]["payment_method_types"],
        },
        period_start=billed[0],
        period_end=billed[1],
        _subscription=subscription["id"],
        _default_tax_rates=list(subscription["_default_tax_rates"]),
    )
    for item in items_of(sandbox, subscription):
        metered = is_metered(sandbox, item)
        if pending_only and not (final and metered):
            continue
        lines = [line["id"] for line in _lines(sandbox, subscription, item, invoice, billed)]
        item["_billed"] = [] if metered else [{"item": None, "line": line} for line in lines]
        invoice["_lines"][:0] = lines
    waiting = items.pending(sandbox, customer["id"], invoice["currency"], subscription["id"])
    items.include_pending(sandbox, invoice, waiting)
    subscription["latest_invoice"] = invoice["id"]
    if sandbox.on_draft is not None:
        sandbox.on_draft(invoice)
    return invoice


def pending_of(sandbox: Sandbox, subscription: Json) -> list[Json]:
    """The invoice items of a subscription that no invoice bills yet, newest first."""
    found = items.pending(sandbox, subscription["customer"], subscription["currency"], subscription["id"])
    return [item for item in found if item["_subscription"] == subscription["id"]]


def is_metered(sandbox: Sandbox, item: Json) -> bool:
    """Whether an item bills usage."""
    return pricing.is_metered(sandbox.store["price", item["_price"]])


def has_usage(sandbox: Sandbox, subscription: Json) -> bool:
    """Whether any item of a subscription bills usage."""
    return any(is_metered(sandbox, item) for item in items_of(sandbox, subscription))


def count_late_usage(sandbox: Sandbox, invoice: Json) -> None:
    """Bill usage anew that has arrived since the draft was made: Stripe waits an hour for it."""
    subscription = _of(sandbox, invoice)
    if subscription is None:
        return
    for item in items_of(sandbox, subscription):
        before = _lines_for(sandbox, invoice, item) if is_metered(sandbox, item) else []
        if not before:
            continue
        billed = (before[0]["period"]["start"], before[0]["period"]["end"])
        usage = _usage(sandbox, subscription, item, billed)
        if [part.amount for part in usage] == [line["amount"] for line in before]:
            continue
        at = invoice["_lines"].index(before[0]["id"])
        for line in before:
            invoice["_lines"].remove(line["id"])
            sandbox.store.remove(line)
        lines = _lines(sandbox, subscription, item, invoice, billed)
        for line in lines:
            line["discounts"] = before[0]["discounts"]
        invoice["_lines"][at:at] = [line["id"] for line in lines]


def _lines_for(sandbox: Sandbox, invoice: Json, item: Json) -> list[Json]:
    """The lines of an invoice that bill an item, prorations left aside."""
    lines = [sandbox.store["line_item", id] for id in invoice["_lines"]]
    details = [(line, (line["parent"] or {}).get("subscription_item_details")) for line in lines]
    return [line for line, found in details if found and found["subscription_item"] == item["id"]]


def renew_job(sandbox: Sandbox, id: str) -> None:
    """A period has ended: end the subscription if that was asked for, else bill the next period."""
    subscription = sandbox.store["subscription", id]
    now = sandbox.clock.now
    if subscription["status"] in (*ENDED, "paused") or period_of(sandbox, subscription)[1] != now:
        return
    pending.discard(sandbox, subscription)
    if subscription["cancel_at"] is not None and subscription["cancel_at"] <= now:
        _end_with_last_invoice(sandbox, subscription)
    elif subscription["status"] != "trialing" or _trial_goes_on(sandbox, subscription):
        _bill_next(sandbox, subscription)


def _end_with_last_invoice(sandbox: Sandbox, subscription: Json) -> None:
    """What is still pending, and usage, is billed when a subscription ends with its period."""
    if pending_of(sandbox, subscription) or has_usage(sandbox, subscription):
        billed = period_of(sandbox, subscription)
        invoice = new_invoice(sandbox, subscription, "subscription_cycle", billed, pending_only=True, final=True)
        end(sandbox, subscription, "canceled", "cancellation_requested")
        invoice["auto_advance"] = True
        drafting.schedule_finalization(sandbox, invoice, sandbox.clock.now + drafting.HOUR)
    else:
        end(sandbox, subscription, "canceled", "cancellation_requested")


def _trial_goes_on(sandbox: Sandbox, subscription: Json) -> bool:
    """At the end of a trial: active, unless there is nothing to charge and that was to end or to pause it."""
    behavior = subscription["trial_settings"]["end_behavior"]["missing_payment_method"]
    if behavior != "create_invoice" and not _can_be_charged(sandbox, subscription):
        if behavior == "cancel":
            end(sandbox, subscription, "canceled", "cancellation_requested")
        else:
            subscription["status"] = "paused"
        return False
    subscription["status"] = "active"
    return True


def _can_be_charged(sandbox: Sandbox, subscription: Json) -> bool:
    customer = sandbox.store["customer", subscription["customer"]]
    return bool(
        subscription["collection_method"] == "send_invoice"
        or subscription["default_payment_method"]
        or customer["invoice_settings"]["default_payment_method"]
    )


def _bill_next(sandbox: Sandbox, subscription: Json) -> None:
    before, now = period_of(sandbox, subscription), sandbox.clock.now
    set_period(sandbox, subscription, now, period_end(sandbox, subscription, now))
    if subscription["status"] == "incomplete":
        return
    invoice = new_invoice(sandbox, subscription, "subscription_cycle", before)
    if subscription["status"] == "unpaid":
        invoice["auto_advance"] = False
    elif not paused(sandbox, subscription, invoice):
        drafting.schedule_finalization(sandbox, invoice, now + drafting.HOUR)


def paused(sandbox: Sandbox, subscription: Json, invoice: Json) -> bool:
    """Whether collection is paused: that leaves the draft, or finalises it to void it or to write it off."""
    pause = subscription["pause_collection"]
    if pause is None:
        return False
    invoice["auto_advance"] = False
    if pause["behavior"] != "keep_as_draft":
        finalize(sandbox, invoice)
    if invoice["status"] == "open":
        (void if pause["behavior"] == "void" else mark_uncollectible)(sandbox, invoice)
    return True


def unpause_job(sandbox: Sandbox, id: str) -> None:
    """The moment of `resumes_at` has come, unless it was moved."""
    unpause(sandbox, sandbox.store["subscription", id])


def unpause(sandbox: Sandbox, subscription: Json) -> None:
    """Collect again, if the moment of `resumes_at` is past."""
    pause = subscription["pause_collection"]
    if pause is not None and pause["resumes_at"] is not None and pause["resumes_at"] <= sandbox.clock.now:
        subscription["pause_collection"] = None


def cancel_job(sandbox: Sandbox, id: str) -> None:
    """The moment of `cancel_at` has come, unless it was moved."""
    subscription = sandbox.store["subscription", id]
    if subscription["status"] not in ENDED and subscription["cancel_at"] == sandbox.clock.now:
        end(sandbox, subscription, "canceled", "cancellation_requested")


def expire_job(sandbox: Sandbox, id: str) -> None:
    """The first invoice was not paid within 23 hours."""
    subscription = sandbox.store["subscription", id]
    if subscription["status"] == "incomplete":
        end(sandbox, subscription, "incomplete_expired", None)
        invoice = sandbox.store["invoice", subscription["latest_invoice"]]
        if invoice["status"] in ("open", "uncollectible"):
            void(sandbox, invoice)


def await_payment(sandbox: Sandbox, subscription: Json) -> None:
    """The first payment is outstanding."""
    subscription["status"] = "incomplete"
    sandbox.note(subscription)
    sandbox.agenda.add(sandbox.clock.now + _EXPIRES_AFTER, "subscription.expire", subscription["id"])


def end(sandbox: Sandbox, subscription: Json, status: str, reason: str | None) -> None:
    """End a subscription now; its open invoices are no longer collected by themselves."""
    now = sandbox.clock.now
    pending.discard(sandbox, subscription)
    schedule = schedules.schedule_of(sandbox, subscription)
    if schedule is not None:
        schedules.close(sandbox, schedule)
    subscription.update(status=status, ended_at=now)
    subscription["canceled_at"] = subscription["canceled_at"] or now
    subscription["cancellation_details"] = {**subscription["cancellation_details"], "reason": reason}
    for invoice in sandbox.store.all("invoice", _subscription=subscription["id"]):
        if invoice["status"] in ("draft", "open"):
            invoice.update(auto_advance=False, next_payment_attempt=None, automatically_finalizes_at=None)


def invoice_paid(sandbox: Sandbox, invoice: Json) -> None:
    """A payment that came makes its subscription active, unless another invoice is overdue."""
    subscription = _of(sandbox, invoice)
    if subscription is None:
        return
    pending.paid(sandbox, subscription, invoice)
    if subscription["status"] not in ("incomplete", "past_due", "paused", "unpaid"):
        return
    if subscription["latest_invoice"] == invoice["id"]:
        subscription["status"] = "active"


def payment_under_way(sandbox: Sandbox, intent: Json) -> None:
    """A bank debit on its way is enough for a subscription to begin."""
    for payment in sandbox.store.all("invoice_payment", _payment_intent=intent["id"], status="open"):
        subscription = _of(sandbox, sandbox.store["invoice", payment["invoice"]])
        if subscription is not None and subscription["status"] == "incomplete":
            subscription["status"] = "active"


def written_off(sandbox: Sandbox, invoice: Json) -> None:
    """A resumption whose invoice is given up goes on all the same."""
    subscription = _of(sandbox, invoice)
    if subscription is not None and subscription["status"] == "paused":
        invoice_paid(sandbox, invoice)


def payment_failed(sandbox: Sandbox, invoice: Json) -> None:
    """A payment that failed makes its subscription past due; a first one leaves it incomplete.

    What bills a change that waits for it changes nothing.
    """
    subscription = _of(sandbox, invoice)
    if subscription is None or invoice["_pending_update"]:
        return
    if subscription["status"] == "active":
        subscription["status"] = "past_due"
    if subscription["status"] == "past_due" and sandbox.dunning.is_over(invoice):
        _give_up(sandbox, subscription, invoice)


def _give_up(sandbox: Sandbox, subscription: Json, invoice: Json) -> None:
    """All attempts have failed: what becomes of both is a setting of the account."""
    if sandbox.dunning.invoice == "uncollectible":
        mark_uncollectible(sandbox, invoice)
    if sandbox.dunning.subscription == "canceled":
        end(sandbox, subscription, "canceled", "payment_failed")
    else:
        subscription["status"] = sandbox.dunning.subscription


def _of(sandbox: Sandbox, invoice: Json) -> Json | None:
    id = invoice["_subscription"]
    return None if id is None else sandbox.store["subscription", id]


def _discounts(sandbox: Sandbox, subscription: Json, customer: Json) -> list[str]:
    """The subscription's discounts, or else the customer's; a trial uses none up."""
    if subscription["status"] == "trialing":
        return []
    own: Sequence[str] = subscription["discounts"]
    return use(sandbox, own or ([customer["discount"]] if customer["discount"] else []), sandbox.clock.now)


def _usage(sandbox: Sandbox, subscription: Json, item: Json, billed: tuple[int, int]) -> list[pricing.Part]:
    """What was used in a period, and its cost. Nothing is due for a trial, or before there was a period."""
    start, end = billed
    price = sandbox.store["price", item["_price"]]
    if start == end or end <= (subscription["trial_end"] or 0):
        return [pricing.Part(Decimal(0), Decimal(0), 0)]
    meter = sandbox.store["billing.meter", price["recurring"]["meter"]]
    usage = metering.used(sandbox, meter["id"], subscription["customer"], start, end)
    quantity = max(usage.by(meter["default_aggregation"]["formula"]), Decimal(0))
    return pricing.parts(price, quantity, subscription["currency"])


def _lines(sandbox: Sandbox, subscription: Json, item: Json, invoice: Json, billed: tuple[int, int]) -> list[Json]:
    """The lines that bill an item: its usage of the period that has ended, or else the current period."""
    price = sandbox.store["price", item["_price"]]
    product = sandbox.store["product", price["product"]]["name"]
    currency = subscription["currency"]
    quantity = Decimal(item["quantity"])
    metered = pricing.is_metered(price)
    trialing = subscription["status"] == "trialing" and not metered
    period = billed if metered else (item["current_period_start"], item["current_period_end"])
    if metered:
        found = _usage(sandbox, subscription, item, billed)
    elif trialing:
        found = [pricing.Part(quantity, Decimal(0), 0)]
    else:
        found = pricing.parts(price, quantity, currency)
    details = {"price": price["id"], "product": price["product"]}
    return [
        drafting.new_line(
            sandbox,
            invoice,
            amount=part.amount,
            quantity=part.quantity,
            period={"start": period[0], "end": period[1]},
            pricing={
                "price_details": details,
                "type": "price_details",
                "unit_amount_decimal": decimal_text(part.unit_amount),
            },
            parent={
                "invoice_item_details": None,
                "subscription_item_details": {
                    "invoice_item": None,
                    "proration": False,
                    "proration_details": {"credited_items": None},
                    "subscription": subscription["id"],
                    "subscription_item": item["id"],
                },
                "type": "subscription_item_details",
            },
            tax_rates=item["_tax_rates"] or None,
            discounts=use(sandbox, item["discounts"], sandbox.clock.now),
            description=_trial_text(product) if trialing else _text(product, part, price, currency),
            metadata=dict(subscription["metadata"]),
            subscription=subscription["id"],
        )
        for part in found
    ]


def _trial_text(product: str) -> str:
    return f"Trial period for {product}"


def _text(product: str, part: pricing.Part, price: Json, currency: str) -> str:
    """As Stripe words it: `3 × Team (at $10.00 / month)`, `Team (Tier 1 at $5.00 / month)`."""
    each = f"{formatted(part.unit_amount, currency)} / {_every(price['recurring'])}"
    at = f"at {each}" if part.tier is None else f"Tier {part.tier} at {each}"
    return f"{product} ({at})" if part.flat else f"{decimal_text(part.quantity)} × {product} ({at})"


def _every(recurring: Json) -> str:
    count, interval = recurring["interval_count"], recurring["interval"]
    return interval if count == 1 else f"every {count} {interval}s"
