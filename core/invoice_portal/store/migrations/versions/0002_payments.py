"""Outcomes of payments: which of them the host has been told."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "invoice_portal_payment",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("intent", sa.String(255), nullable=False),
        sa.Column("outcome", sa.String(255), nullable=False),
        sa.Column("way", sa.String(16), nullable=False),
        sa.Column("visitor", sa.String(400), nullable=False),
        sa.Column("via", sa.String(64), nullable=False),
        sa.Column("claimed_at", sa.BigInteger, nullable=False),
        sa.Column("told_at", sa.BigInteger),
        sa.UniqueConstraint("account", "intent", "outcome", name="invoice_portal_payment_outcome"),
    )
    op.create_index("invoice_portal_payment_claimed", "invoice_portal_payment", ["claimed_at"])
