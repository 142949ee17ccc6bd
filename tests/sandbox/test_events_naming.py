"""What Stripe calls a change, for every sort of change that has a name of its own."""

from __future__ import annotations

import pytest

from sandbox.api import Json
from stripe_sandbox.events import naming
from stripe_sandbox.events.types import TYPES

INTENT: Json = {"status": "requires_payment_method", "last_payment_error": None}
SETUP: Json = {"status": "requires_payment_method", "last_setup_error": None}
CHARGE: Json = {"status": "succeeded", "amount_refunded": 0, "captured": True}
INVOICE: Json = {
    "status": "draft", "last_finalization_error": None, "amount_overpaid": 0, "amount_paid_off_stripe": 0,
}  # fmt: skip
ERROR: Json = {"code": "card_declined"}


@pytest.mark.parametrize(
    ("kind", "before", "changes", "names"),
    [
        ("customer", None, {}, ["customer.created"]),
        ("customer", {}, {"name": "A"}, ["customer.updated"]),
        ("line_item", None, {}, []),
        ("customer_balance_transaction", None, {}, []),
        ("invoiceitem", {}, {"amount": 5}, []),
        ("payment_intent", INTENT, {"amount": 5}, []),
        ("payment_intent", INTENT, {"status": "processing"}, ["payment_intent.processing"]),
        ("payment_intent", INTENT, {"status": "requires_capture"}, ["payment_intent.amount_capturable_updated"]),
        ("payment_intent", INTENT, {"last_payment_error": ERROR}, ["payment_intent.payment_failed"]),
        ("payment_intent", {**INTENT, "last_payment_error": ERROR}, {"last_payment_error": None}, []),
        ("setup_intent", SETUP, {"status": "succeeded"}, ["setup_intent.succeeded"]),
        ("setup_intent", SETUP, {"status": "requires_action"}, ["setup_intent.requires_action"]),
        ("setup_intent", SETUP, {"last_setup_error": ERROR}, ["setup_intent.setup_failed"]),
        ("charge", None, CHARGE, ["charge.succeeded"]),
        ("charge", None, {**CHARGE, "status": "pending"}, ["charge.pending"]),
        ("charge", {**CHARGE, "status": "pending"}, {"status": "failed"}, ["charge.failed"]),
        ("charge", {**CHARGE, "captured": False}, {"captured": True}, ["charge.captured"]),
        ("charge", CHARGE, {"amount_refunded": 5}, ["charge.refunded"]),
        ("charge", CHARGE, {"description": "A"}, ["charge.updated"]),
        ("invoice", INVOICE, {"last_finalization_error": ERROR}, ["invoice.updated", "invoice.finalization_failed"]),
        ("invoice", {**INVOICE, "status": "open"}, {"amount_overpaid": 5}, ["invoice.updated", "invoice.overpaid"]),
        (
            "invoice",
            INVOICE,
            {"status": "paid"},
            ["invoice.updated", "invoice.finalized", "invoice.paid", "invoice.payment_succeeded"],
        ),
        ("subscription", {"status": "active"}, {"status": "past_due"}, ["customer.subscription.updated"]),
        (
            "subscription",
            {"status": "trialing"},
            {"status": "paused"},
            ["customer.subscription.updated", "customer.subscription.paused"],
        ),
        (
            "subscription",
            {"status": "paused"},
            {"status": "active"},
            ["customer.subscription.updated", "customer.subscription.resumed"],
        ),
        ("subscription", {"status": "incomplete"}, {"status": "incomplete_expired"}, ["customer.subscription.updated"]),
        ("tax_id", None, {"customer": None}, []),
        ("refund", {"status": "pending"}, {"status": "failed"}, ["refund.updated", "refund.failed"]),
        ("dispute", None, {"status": "needs_response"}, ["charge.dispute.created"]),
        ("dispute", {"status": "under_review"}, {"status": "won"}, ["charge.dispute.updated", "charge.dispute.closed"]),
        ("checkout.session", None, {"status": "open"}, []),
        ("checkout.session", {"status": "open"}, {"status": "complete"}, ["checkout.session.completed"]),
        ("billing.meter", None, {"status": "active"}, ["billing.meter.created"]),
        ("billing.meter", {"status": "active"}, {"status": "inactive"}, ["billing.meter.deactivated"]),
        ("billing.meter", {"status": "inactive"}, {"status": "active"}, ["billing.meter.reactivated"]),
        ("billing.meter", {"status": "active"}, {"display_name": "A"}, ["billing.meter.updated"]),
        (
            "test_helpers.test_clock",
            {"status": "ready"},
            {"status": "advancing"},
            ["test_helpers.test_clock.advancing"],
        ),
        ("test_helpers.test_clock", {"status": "ready"}, {"name": "A"}, []),
    ],
)
def test_a_change_has_its_name(kind: str, before: Json | None, changes: Json, names: list[str]) -> None:
    assert naming.names(kind, before, {**(before or {}), **changes}) == names
    assert set(names) <= TYPES


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("invoice", ["invoice.deleted"]),
        ("invoiceitem", ["invoiceitem.deleted"]),
        ("test_helpers.test_clock", ["test_helpers.test_clock.deleted"]),
        ("payment_method", []),
    ],
)
def test_a_deletion_has_its_name(kind: str, names: list[str]) -> None:
    assert naming.deletion(kind, {}) == names


def test_which_kinds_are_told_of() -> None:
    assert naming.is_told("billing.meter")
    assert naming.is_told("product")
    assert not naming.is_told("line_item")
    assert not naming.is_told("event")
