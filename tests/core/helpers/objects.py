"""Stripe's objects as JSON, in the shape of the pinned version: each function gives a plain one and takes changes."""

from typing import Any

Json = dict[str, Any]

NOW = 1_793_000_000
"""2026-10-26 07:33:20 UTC: the moment at which all these tests happen."""
DAY = 24 * 60 * 60


def listing(items: list[Json], *, has_more: bool = False) -> Json:
    return {"object": "list", "data": items, "has_more": has_more, "url": "/v1/things"}


def customer(id: str = "cus_ada", **changes: Any) -> Json:
    return {
        "id": id,
        "object": "customer",
        "name": "Ada Lovelace",
        "email": "ada@example.com",
        "description": None,
        "created": NOW - 400 * DAY,
        **changes,
    }


def invoice(id: str = "in_1", **changes: Any) -> Json:
    """An open invoice over 100.00 USD, finalised two days ago and due in twelve days."""
    return {
        "id": id,
        "object": "invoice",
        "number": f"LMN-{id}",
        "status": "open",
        "customer": "cus_ada",
        "currency": "usd",
        "created": NOW - 3 * DAY,
        "effective_at": None,
        "due_date": NOW + 12 * DAY,
        "total": 10000,
        "subtotal": 10000,
        "total_excluding_tax": 10000,
        "amount_due": 10000,
        "amount_paid": 0,
        "amount_remaining": 10000,
        "amount_overpaid": 0,
        "pre_payment_credit_notes_amount": 0,
        "post_payment_credit_notes_amount": 0,
        "starting_balance": 0,
        "ending_balance": 0,
        "account_name": "Lumen Ltd",
        "account_tax_ids": None,
        "customer_name": "Ada Lovelace",
        "customer_email": "ada@example.com",
        "customer_tax_exempt": "none",
        "customer_tax_ids": [],
        "description": None,
        "footer": None,
        "attempted": False,
        "next_payment_attempt": None,
        "latest_revision": None,
        "from_invoice": None,
        "parent": None,
        "total_discount_amounts": [],
        "total_pretax_credit_amounts": [],
        "total_taxes": [],
        "shipping_cost": None,
        "custom_fields": None,
        "receipt_number": None,
        "lines": listing([line()]),
        "status_transitions": {
            "finalized_at": NOW - 2 * DAY,
            "paid_at": None,
            "voided_at": None,
            "marked_uncollectible_at": None,
        },
        "hosted_invoice_url": f"https://invoice.stripe.com/i/{id}",
        "invoice_pdf": f"https://pay.stripe.com/invoice/{id}/pdf",
        **changes,
    }


def paid_invoice(id: str = "in_1", **changes: Any) -> Json:
    """The same invoice, paid yesterday."""
    transitions = {
        "finalized_at": NOW - 2 * DAY,
        "paid_at": NOW - DAY,
        "voided_at": None,
        "marked_uncollectible_at": None,
    }
    paid = {"status": "paid", "amount_paid": 10000, "amount_remaining": 0, "status_transitions": transitions}
    return invoice(id, **{**paid, **changes})


def of_subscription(subscription: str) -> Json:
    """The ``parent`` of an invoice that a subscription made."""
    return {"type": "subscription_details", "subscription_details": {"subscription": subscription}}


def line(id: str = "il_1", **changes: Any) -> Json:
    """Four seats at 25.00 for the month before."""
    return {
        "id": id,
        "object": "line_item",
        "description": "Team plan",
        "amount": 10000,
        "currency": "usd",
        "quantity": 4,
        "quantity_decimal": "4",
        "period": {"start": NOW - 33 * DAY, "end": NOW - 3 * DAY},
        "pricing": {"type": "price_details", "unit_amount_decimal": "2500"},
        "parent": {
            "type": "subscription_item_details",
            "subscription_item_details": {"proration": False, "subscription": "sub_1"},
        },
        **changes,
    }


def payment(id: str = "inpay_1", **changes: Any) -> Json:
    """A card payment of 100.00 that went through yesterday."""
    return {
        "id": id,
        "object": "invoice_payment",
        "status": "paid",
        "currency": "usd",
        "created": NOW - DAY,
        "amount_paid": 10000,
        "amount_requested": 10000,
        "status_transitions": {"paid_at": NOW - DAY, "canceled_at": None},
        "payment": {"type": "payment_intent", "payment_intent": intent()},
        **changes,
    }


def intent(**changes: Any) -> Json:
    card = {"type": "card", "card": {"brand": "visa", "last4": "4242"}}
    charge = {"id": "ch_1", "object": "charge", "payment_method_details": card}
    return {
        "id": "pi_1",
        "object": "payment_intent",
        "status": "succeeded",
        "last_payment_error": None,
        "latest_charge": charge,
        **changes,
    }


def credit_note(id: str = "cn_1", **changes: Any) -> Json:
    return {
        "id": id,
        "object": "credit_note",
        "number": f"CN-{id}",
        "status": "issued",
        "customer": "cus_ada",
        "invoice": "in_1",
        "created": NOW - DAY // 2,
        "effective_at": None,
        "total": 2500,
        "currency": "usd",
        "memo": None,
        "pdf": f"https://pay.stripe.com/credit_notes/{id}/pdf",
        **changes,
    }


def subscription(id: str = "sub_1", **changes: Any) -> Json:
    return {
        "id": id,
        "object": "subscription",
        "status": "active",
        "customer": "cus_ada",
        "created": NOW - 300 * DAY,
        "description": None,
        "items": listing([{"id": "si_1", "price": {"id": "price_1", "product": "prod_team"}}]),
        **changes,
    }


def product(id: str = "prod_team", name: str | None = "Team plan") -> Json:
    return {"id": id, "object": "product", "name": name}


def tax_rate(id: str = "txr_1", **changes: Any) -> Json:
    return {
        "id": id,
        "object": "tax_rate",
        "display_name": "VAT",
        "percentage": 19.0,
        "jurisdiction": "DE",
        "inclusive": False,
        **changes,
    }


def tax(amount: int, **changes: Any) -> Json:
    """An entry of an invoice's ``total_taxes``."""
    return {
        "amount": amount,
        "tax_behavior": "exclusive",
        "taxability_reason": "standard_rated",
        "taxable_amount": 10000,
        "tax_rate_details": {"tax_rate": "txr_1"},
        "type": "tax_rate_details",
        **changes,
    }
