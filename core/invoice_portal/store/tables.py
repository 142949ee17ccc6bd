"""The tables. The Django app has the same ones as models, and a test compares them.

Moments are UTC seconds. ``account`` is the connected account at Stripe, or empty.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, String, Table, Text, UniqueConstraint

metadata: Final = MetaData()


def _text(name: str, length: int, *, empty: bool = True) -> Column[str]:
    return Column(name, String(length), nullable=False, primary_key=not empty)


def _moment(name: str, *, needed: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=not needed)


link: Final = Table(
    "invoice_portal_link",
    metadata,
    _text("id", 32, empty=False),
    _text("account", 64),
    _text("kind", 16),
    _text("subject", 255),
    _text("customer", 255),
    _text("nonce", 64),
    _text("actions", 64),
    Column("max_uses", Integer, nullable=True),
    Column("uses", Integer, nullable=False),
    _moment("created_at", needed=True),
    _text("created_by", 255),
    _moment("expires_at"),
    _moment("revoked_at"),
    _moment("first_used_at"),
    _moment("last_used_at"),
    # One link per invoice, and one per customer's portal, by construction.
    UniqueConstraint("account", "kind", "subject", name="invoice_portal_link_subject"),
    Index("invoice_portal_link_owner", "customer"),
)

customer: Final = Table(
    "invoice_portal_customer",
    metadata,
    _text("id", 32, empty=False),
    _text("account", 64),
    _text("customer", 255),
    Column("generation", Integer, nullable=False),
    UniqueConstraint("account", "customer", name="invoice_portal_customer_subject"),
)

session: Final = Table(
    "invoice_portal_session",
    metadata,
    _text("id", 32, empty=False),
    _text("account", 64),
    _text("customer", 255),
    _text("nonce", 64),
    Column("generation", Integer, nullable=False),
    _text("actions", 64),
    Column("uses", Integer, nullable=False),
    _moment("created_at", needed=True),
    _text("created_by", 255),
    _moment("expires_at", needed=True),
    _moment("revoked_at"),
    _moment("last_used_at"),
    Index("invoice_portal_session_owner", "customer"),
)

switch: Final = Table(
    "invoice_portal_switch",
    metadata,
    _text("name", 64, empty=False),
    _moment("set_at", needed=True),
)

record: Final = Table(
    "invoice_portal_record",
    metadata,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    _moment("at", needed=True),
    _text("account", 64),
    _text("action", 64),
    _text("actor", 400),
    _text("via", 64),
    _text("subject", 255),
    _text("customer", 255),
    Column("detail", Text, nullable=False),
    _text("hash", 64),
    Index("invoice_portal_record_owner", "customer"),
)

chain: Final = Table(
    "invoice_portal_chain",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("sequence", BigInteger, nullable=False),
    _text("hash", 64),
    Column("anchor_sequence", BigInteger, nullable=False),
    _text("anchor_hash", 64),
)

counter: Final = Table(
    "invoice_portal_counter",
    metadata,
    _text("id", 255, empty=False),
    Column("count", Integer, nullable=False),
    _moment("ends_at", needed=True),
    Index("invoice_portal_counter_ends_at", "ends_at"),
)

payment: Final = Table(
    "invoice_portal_payment",
    metadata,
    _text("id", 32, empty=False),
    _text("account", 64),
    _text("intent", 255),
    _text("outcome", 255),
    _text("way", 16),
    _text("visitor", 400),
    _text("via", 64),
    _moment("claimed_at", needed=True),
    _moment("told_at"),
    # Of several that hear of one outcome, one claims it, by construction.
    UniqueConstraint("account", "intent", "outcome", name="invoice_portal_payment_outcome"),
    Index("invoice_portal_payment_claimed", "claimed_at"),
)

offer: Final = Table(
    "invoice_portal_offer",
    metadata,
    _text("id", 32, empty=False),
    _text("account", 64),
    _text("customer", 255),
    _text("offer", 64),
    _text("kind", 16),
    _text("subject", 255),
    _moment("shown_at", needed=True),
    _moment("taken_at"),
    _moment("dismissed_at"),
    # What was offered to whom, once each, by construction: nobody takes the same offer twice.
    UniqueConstraint("account", "customer", "offer", name="invoice_portal_offer_subject"),
)
