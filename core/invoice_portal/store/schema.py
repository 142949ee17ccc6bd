"""Versions of the schema outside Django, by Alembic. Under Django its own migrations make the same tables."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import Column, Connection, MetaData, String, Table, inspect, select, text

HEAD: Final = "0003"
VERSION_TABLE: Final = "invoice_portal_version"
_LOCK: Final = 7205759403792793
"""A number of the portal's own for PostgreSQL's advisory locks: of several upgrades at once, the others wait."""

_version: Final = Table(VERSION_TABLE, MetaData(), Column("version_num", String(32)))


def version_of(connection: Connection) -> str:
    """The version of the tables, empty where there are none."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return ""
    return str(connection.execute(select(_version.c.version_num)).scalar() or "")


def upgrade(connection: Connection) -> str:
    """Bring the tables to this release's version in one transaction, which is committed; gives that version."""
    from alembic import command
    from alembic.config import Config

    connection.rollback()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    if version_of(connection) != HEAD:
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    connection.commit()
    return HEAD
