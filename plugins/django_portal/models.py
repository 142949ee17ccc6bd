"""The portal's tables, for Django's migrations and its admin.

Rows are written by the core alone, by statements that hold on many workers at once: change nothing through these.
Moments are UTC seconds.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Link(models.Model):
    """A link to an invoice, or to a customer's portal."""

    id: models.CharField[str, str] = models.CharField(max_length=32, primary_key=True)
    account: models.CharField[str, str] = models.CharField(max_length=64)
    kind: models.CharField[str, str] = models.CharField(max_length=16)
    subject: models.CharField[str, str] = models.CharField(max_length=255)
    customer: models.CharField[str, str] = models.CharField(max_length=255)
    nonce: models.CharField[str, str] = models.CharField(max_length=64)
    actions: models.CharField[str, str] = models.CharField(max_length=64)
    max_uses: models.IntegerField[int | None, int | None] = models.IntegerField(null=True)
    uses: models.IntegerField[int, int] = models.IntegerField()
    created_at: models.BigIntegerField[int, int] = models.BigIntegerField()
    created_by: models.CharField[str, str] = models.CharField(max_length=255)
    expires_at: models.BigIntegerField[int | None, int | None] = models.BigIntegerField(null=True)
    revoked_at: models.BigIntegerField[int | None, int | None] = models.BigIntegerField(null=True)
    first_used_at: models.BigIntegerField[int | None, int | None] = models.BigIntegerField(null=True)
    last_used_at: models.BigIntegerField[int | None, int | None] = models.BigIntegerField(null=True)

    class Meta:
        """One link per invoice, and one per customer's portal, by construction."""

        db_table = "invoice_portal_link"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "kind", "subject"], name="invoice_portal_link_subject")
        ]
        indexes: ClassVar = [models.Index(fields=["customer"], name="invoice_portal_link_owner")]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class Customer(models.Model):
    """A customer's generation: sessions of an earlier one are over."""

    id: models.CharField[str, str] = models.CharField(max_length=32, primary_key=True)
    account: models.CharField[str, str] = models.CharField(max_length=64)
    customer: models.CharField[str, str] = models.CharField(max_length=255)
    generation: models.IntegerField[int, int] = models.IntegerField()

    class Meta:
        """One row a customer."""

        db_table = "invoice_portal_customer"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "customer"], name="invoice_portal_customer_subject")
        ]

    def __str__(self) -> str:
        return self.customer


class PortalSession(models.Model):
    """A portal session."""

    id: models.CharField[str, str] = models.CharField(max_length=32, primary_key=True)
    account: models.CharField[str, str] = models.CharField(max_length=64)
    customer: models.CharField[str, str] = models.CharField(max_length=255)
    nonce: models.CharField[str, str] = models.CharField(max_length=64)
    generation: models.IntegerField[int, int] = models.IntegerField()
    actions: models.CharField[str, str] = models.CharField(max_length=64)
    uses: models.IntegerField[int, int] = models.IntegerField()
    created_at: models.BigIntegerField[int, int] = models.BigIntegerField()
    created_by: models.CharField[str, str] = models.CharField(max_length=255)
    expires_at: models.BigIntegerField[int, int] = models.BigIntegerField()
    revoked_at: models.BigIntegerField[int | None, int | None] = models.BigIntegerField(null=True)
    last_used_at: models.BigIntegerField[int | None, int | None] = models.BigIntegerField(null=True)

    class Meta:
        """Looked up by id, listed by customer."""

        db_table = "invoice_portal_session"
        indexes: ClassVar = [models.Index(fields=["customer"], name="invoice_portal_session_owner")]

    def __str__(self) -> str:
        return self.id


class Switch(models.Model):
    """A setting that can only ever be switched on."""

    name: models.CharField[str, str] = models.CharField(max_length=64, primary_key=True)
    set_at: models.BigIntegerField[int, int] = models.BigIntegerField()

    class Meta:
        """One row a switch that is on."""

        db_table = "invoice_portal_switch"

    def __str__(self) -> str:
        return self.name


class Record(models.Model):
    """A record of the audit trail."""

    sequence: models.BigIntegerField[int, int] = models.BigIntegerField(primary_key=True)
    at: models.BigIntegerField[int, int] = models.BigIntegerField()
    account: models.CharField[str, str] = models.CharField(max_length=64)
    action: models.CharField[str, str] = models.CharField(max_length=64)
    actor: models.CharField[str, str] = models.CharField(max_length=400)
    via: models.CharField[str, str] = models.CharField(max_length=64)
    subject: models.CharField[str, str] = models.CharField(max_length=255)
    customer: models.CharField[str, str] = models.CharField(max_length=255)
    detail: models.TextField[str, str] = models.TextField()
    hash: models.CharField[str, str] = models.CharField(max_length=64)

    class Meta:
        """In the order in which it was written."""

        db_table = "invoice_portal_record"
        indexes: ClassVar = [models.Index(fields=["customer"], name="invoice_portal_record_owner")]

    def __str__(self) -> str:
        return f"{self.sequence} {self.action}"


class Chain(models.Model):
    """The two ends of the audit trail."""

    id: models.IntegerField[int, int] = models.IntegerField(primary_key=True)
    sequence: models.BigIntegerField[int, int] = models.BigIntegerField()
    hash: models.CharField[str, str] = models.CharField(max_length=64)
    anchor_sequence: models.BigIntegerField[int, int] = models.BigIntegerField()
    anchor_hash: models.CharField[str, str] = models.CharField(max_length=64)

    class Meta:
        """One row."""

        db_table = "invoice_portal_chain"

    def __str__(self) -> str:
        return f"{self.anchor_sequence}–{self.sequence}"


class Counter(models.Model):
    """Events in one window of a rate limit, where this database counts them."""

    id: models.CharField[str, str] = models.CharField(max_length=255, primary_key=True)
    count: models.IntegerField[int, int] = models.IntegerField()
    ends_at: models.BigIntegerField[int, int] = models.BigIntegerField()

    class Meta:
        """Swept by the end of the window."""

        db_table = "invoice_portal_counter"
        indexes: ClassVar = [models.Index(fields=["ends_at"], name="invoice_portal_counter_ends_at")]

    def __str__(self) -> str:
        return self.id


class PaymentOutcome(models.Model):
    """How a payment ended, and whether the host has been told; or who began one."""

    id: models.CharField[str, str] = models.CharField(max_length=32, primary_key=True)
    account: models.CharField[str, str] = models.CharField(max_length=64)
    intent: models.CharField[str, str] = models.CharField(max_length=255)
    outcome: models.CharField[str, str] = models.CharField(max_length=255)
    way: models.CharField[str, str] = models.CharField(max_length=16)
    visitor: models.CharField[str, str] = models.CharField(max_length=400)
    via: models.CharField[str, str] = models.CharField(max_length=64)
    claimed_at: models.BigIntegerField[int, int] = models.BigIntegerField()
    told_at: models.BigIntegerField[int | None, int | None] = models.BigIntegerField(null=True)

    class Meta:
        """One row an outcome, by construction; swept by age."""

        db_table = "invoice_portal_payment"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "intent", "outcome"], name="invoice_portal_payment_outcome")
        ]
        indexes: ClassVar = [models.Index(fields=["claimed_at"], name="invoice_portal_payment_claimed")]

    def __str__(self) -> str:
        return f"{self.intent} {self.outcome}"


class Offer(models.Model):
    """What was offered to a customer, and what became of it."""

    id: models.CharField[str, str] = models.CharField(max_length=32, primary_key=True)
    account: models.CharField[str, str] = models.CharField(max_length=64)
    customer: models.CharField[str, str] = models.CharField(max_length=255)
    offer: models.CharField[str, str] = models.CharField(max_length=64)
    kind: models.CharField[str, str] = models.CharField(max_length=16)
    subject: models.CharField[str, str] = models.CharField(max_length=255)
    shown_at: models.BigIntegerField[int, int] = models.BigIntegerField()
    taken_at: models.BigIntegerField[int | None, int | None] = models.BigIntegerField(null=True)
    dismissed_at: models.BigIntegerField[int | None, int | None] = models.BigIntegerField(null=True)

    class Meta:
        """One row for each customer and offer, by construction."""

        db_table = "invoice_portal_offer"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "customer", "offer"], name="invoice_portal_offer_subject")
        ]

    def __str__(self) -> str:
        return f"{self.offer} {self.customer}"
