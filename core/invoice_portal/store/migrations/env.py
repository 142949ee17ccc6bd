"""What Alembic runs: the upgrade, on the connection and in the transaction that it was given."""

from alembic import context

from invoice_portal.store.schema import VERSION_TABLE

context.configure(connection=context.config.attributes["connection"], version_table=VERSION_TABLE)
context.run_migrations()
