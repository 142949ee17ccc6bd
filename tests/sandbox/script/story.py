"""The same story as story.mjs, told with Stripe's SDK for Python. `tell_story` answers what was answered."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import stripe


def tell_story(url: str) -> list[list[Any]]:
    client = stripe.StripeClient("sk_test_story", base_addresses={"api": url})
    api = client.v1
    told: list[list[Any]] = []

    def tell(name: str, value: Any) -> None:
        told.append([name, json.loads(str(value)) if isinstance(value, stripe.StripeObject) else value])

    def refused(name: str, call: Callable[[], object]) -> None:
        try:
            call()
            tell(name, "was not refused")
        except stripe.StripeError as error:
            body: Any = error.json_body
            found = body["error"]
            code, param, decline = found.get("code"), found.get("param"), found.get("decline_code")
            tell(name, [error.http_status, found["type"], code, param, decline, found["message"]])

    customer = api.customers.create(
        {
            "email": "jenny+é&=@example.com",
            "name": "Jenny Rösén 🙂",
            "address": {"line1": "1 Main St", "country": "DE"},
            "preferred_locales": ["de", "en"],
            "metadata": {"a key": "a [value]", "b": "2"},
            "payment_method": "pm_card_visa",
            "tax_id_data": [{"type": "eu_vat", "value": "DE123456789"}],
        }
    )
    tell("customer", customer)
    tell("updated", api.customers.update(customer.id, {"metadata": {"b": ""}, "phone": ""}))
    method = api.payment_methods.list({"customer": customer.id}).data[0]
    price = api.prices.create(
        {
            "currency": "usd",
            "recurring": {"interval": "month"},
            "product_data": {"name": "Team plan"},
            "billing_scheme": "tiered",
            "tiers_mode": "graduated",
            "tiers": [{"up_to": 5, "unit_amount": 1000}, {"up_to": "inf", "unit_amount_decimal": "812.5"}],
            "expand": ["tiers"],
        }
    )
    tiers: Any = price.tiers
    tell("price", [[tier.up_to, tier.unit_amount, text(tier.unit_amount_decimal)] for tier in tiers])
    subscription = api.subscriptions.create(
        {
            "customer": customer.id,
            "items": [{"price": price.id, "quantity": 7}],
            "default_payment_method": method.id,
            "expand": ["latest_invoice.payments"],
        }
    )
    latest: Any = subscription.latest_invoice
    tell("subscription", [subscription.status, latest.total, len(latest.payments.data)])
    for amount in range(1, 26):
        api.invoice_items.create({"customer": customer.id, "currency": "usd", "amount": amount * 100})
    draft = api.invoices.create(
        {
            "customer": customer.id,
            "pending_invoice_items_behavior": "include",
            "default_payment_method": method.id,
        }
    )
    tell("draft", [draft.total, draft.lines.has_more, len(draft.lines.data)])
    tell("lines", [line.amount for line in api.invoices.line_items.list(draft.id, {"limit": 7}).auto_paging_iter()])
    api.invoices.finalize_invoice(draft.id)
    paid: Any = api.invoices.pay(draft.id, {"expand": ["payments.data.payment.payment_intent"]})
    tell("paid", [paid.status, paid.number, paid.payments.data[0].payment.payment_intent.status])
    note: Any = api.credit_notes.create(
        {"invoice": draft.id, "amount": 500, "refund_amount": 300, "credit_amount": 200}
    )
    tell("note", [note.type, note.total, len(note.refunds)])
    once: Any = {"idempotency_key": "once"}
    first = api.customers.create({"name": "Once"}, once)
    again = api.customers.create({"name": "Once"}, once)
    tell("once", first.id == again.id)
    unknown: Any = {"nmae": "x"}
    refused("other use", lambda: api.customers.create({"name": "Twice"}, once))
    refused("missing", lambda: api.invoices.retrieve("in_none"))
    refused("unknown", lambda: api.customers.create(unknown))
    refused("ill-typed", lambda: api.customers.list({"limit": 1000}))
    refused("key", lambda: api.customers.list({}, {"api_key": "sk_live_secret"}))
    refused("account", lambda: api.customers.list({}, {"stripe_account": "acct_none"}))
    bad = api.customers.create({"payment_method": "pm_card_chargeCustomerFail"})
    bad_method = api.payment_methods.list({"customer": bad.id}).data[0]
    refused(
        "declined",
        lambda: api.payment_intents.create(
            {
                "amount": 900,
                "currency": "usd",
                "customer": bad.id,
                "payment_method": bad_method.id,
                "confirm": True,
                "payment_method_types": ["card"],
            }
        ),
    )
    found = api.customers.search({"query": 'name~"rös" AND metadata["a key"]:"a [value]"'})
    tell("found", [[each.id for each in found.data], found.has_more, found.next_page])
    tell("customers", [each.id for each in api.customers.list({"limit": 2, "created": {"gte": 0}}).auto_paging_iter()])
    tell("events", sorted({event.type for event in api.events.list({"limit": 100}).data}))
    tell("deleted", api.customers.delete(first.id))
    return told


def text(value: object) -> str | None:
    return None if value is None else str(value)
