"""The part of the world in which usage is metered and billed."""

from __future__ import annotations

from sandbox.api import DAY, Api


def usage(api: Api) -> None:
    """Tell it all; the answers are in the result."""
    customer = api.customer("pm_card_visa", email="metered@example.com")
    calls = meter(api, "api_calls", event_time_window="day")["id"]
    counted = meter(
        api,
        "exports",
        "count",
        customer_mapping={"event_payload_key": "customer", "type": "by_id"},
        value_settings={"event_payload_key": "size"},
    )["id"]
    api.post(f"billing/meters/{calls}", display_name="Calls of the API")
    api.get(f"billing/meters/{calls}")
    api.get("billing/meters", status="active")
    tiers = [{"up_to": 100, "unit_amount": 5, "flat_amount": 100}, {"up_to": "inf", "unit_amount_decimal": "2.5"}]
    tiered = api.price(
        tiers=tiers, tiers_mode="graduated", billing_scheme="tiered", recurring=metered(calls), name="Calls"
    )
    prices = (tiered, api.price(3, "Exports", recurring=metered(counted)), api.price())
    items = [{"price": price} for price in prices]
    plan = api.post("subscriptions", customer=customer, items=items, expand=["latest_invoice.lines"])["id"]
    for number in range(3):
        api.advance(DAY)
        used(api, "api_calls", customer, 60, identifier=f"call-{number}")
        api.post("billing/meter_events", event_name="exports", payload={"customer": customer})
    adjustment = {"event_name": "api_calls", "type": "cancel", "cancel": {"identifier": "call-2"}}
    api.post("billing/meter_event_adjustments", **adjustment)
    today = midnight(api.sandbox.clock.now)
    span = {"customer": customer, "start_time": today - 5 * DAY, "end_time": today + DAY}
    api.get(f"billing/meters/{calls}/event_summaries", **span, value_grouping_window="day", limit=3)
    api.get(f"billing/meters/{calls}/event_summaries", **span)
    api.post("invoices/create_preview", subscription=plan)
    api.advance(30 * DAY)
    api.get("invoices", subscription=plan)
    api.get("subscription_items", subscription=plan)
    used(api, "api_calls", "cus_unknown", 1)
    api.post(f"billing/meters/{counted}/deactivate")
    api.post(f"billing/meters/{counted}/reactivate")
    api.delete(f"subscriptions/{plan}", invoice_now=True)


def meter(api: Api, event_name: str, formula: str = "sum", **more: object) -> dict[str, str]:
    """A meter of an account."""
    aggregation = {"formula": formula}
    display_name = event_name.replace("_", " ").capitalize()
    return api.post(
        "billing/meters", event_name=event_name, display_name=display_name, default_aggregation=aggregation, **more
    )


def metered(meter: str, interval: str = "month") -> dict[str, str]:
    """A price's `recurring` for usage."""
    return {"interval": interval, "usage_type": "metered", "meter": meter}


def used(api: Api, event_name: str, customer: str, value: object, **more: object) -> dict[str, object]:
    """One meter event."""
    payload = {"stripe_customer_id": customer, "value": str(value)}
    return api.post("billing/meter_events", event_name=event_name, payload=payload, **more)


def midnight(moment: int) -> int:
    """When the UTC day began."""
    return moment - moment % DAY
