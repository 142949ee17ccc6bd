"""The commands about links, sessions, the audit trail, offers and the database.

They are the same for ``invoice-portal …``, ``flask portal …`` and ``manage.py portal …``; each of these hands over its
own portal, as a function in the context's ``obj``.
"""

from __future__ import annotations

import getpass
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

import click

from invoice_portal.drivers.database import EngineDatabase
from invoice_portal.errors import InvoicePortalError, PortalError
from invoice_portal.portal import Portal
from invoice_portal.sharing.model import Link

_LINK_ACTIONS: Final = ["view", "download", "pay"]
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
actions_option = click.option(
    "--action",
    "actions",
    multiple=True,
    type=click.Choice(_LINK_ACTIONS),
    help="What may be done with it; give it several times. A new one: view, download and pay.",
)
session_actions_option = click.option(
    "--action",
    "actions",
    multiple=True,
    type=click.Choice([*_LINK_ACTIONS, "manage"]),
    help="What may be done in it; give it several times. Without: view, download and pay.",
)
uses_option = click.option("--max-uses", type=click.IntRange(0), help="How often it may be opened; 0: no limit.")


def portal_of_context() -> Portal:
    """The portal that this command works with."""
    make: Callable[[], Portal] = click.get_current_context().find_object(PortalMaker).make  # type: ignore[union-attr]
    return make()


class PortalMaker:
    """How a group's commands get their portal, only when one runs: ``--help`` needs no settings."""

    def __init__(self, make: Callable[[], Portal]) -> None:
        self.make = make


@click.group()
def link() -> None:
    """Links to invoices (in_…) and to customers' portals (cus_…)."""


@link.command("create")
@click.argument("subject")
@actions_option
@uses_option
@json_option
def create_link(subject: str, actions: tuple[str, ...], max_uses: int | None, as_json: bool) -> None:
    """Make the link to SUBJECT, or print the one that is there."""
    with _told():
        portal = portal_of_context()
        options: dict[str, Any] = {"actions": actions or None, "max_uses": max_uses, "by": _who()}
        make = portal.links.invoice if subject.startswith("in_") else portal.links.portal
        made = make(subject, **options)
    if made is None:
        raise click.ClickException("Only portal sessions are given: make one with `session create`.")
    _print_link(made, as_json)
    if made.url is None:
        click.echo("This link has ended and opens nothing: `link refresh` makes a new one.", err=True)


@link.command("show")
@click.argument("subject")
@json_option
def show_link(subject: str, as_json: bool) -> None:
    """Show the link to SUBJECT: until when, how often opened, by whom made."""
    with _told():
        found = portal_of_context().links.show(subject)
    if found is None:
        raise click.ClickException(f"There is no link to {subject}.")
    _print_link(found, as_json)


@link.command("refresh")
@click.argument("subject")
@actions_option
@uses_option
@json_option
def refresh_link(subject: str, actions: tuple[str, ...], max_uses: int | None, as_json: bool) -> None:
    """Put a new link in place of the old one, which ends; it allows the same unless you say otherwise."""
    with _told():
        options: dict[str, Any] = {"actions": actions or None, "max_uses": max_uses, "by": _who()}
        refreshed = portal_of_context().links.refresh(subject, **options)
    _print_link(refreshed, as_json)


@link.command("revoke")
@click.argument("subject")
@json_option
def revoke_link(subject: str, as_json: bool) -> None:
    """End the link to SUBJECT at once."""
    with _told():
        revoked = portal_of_context().links.revoke(subject, by=_who())
    _print_link(revoked, as_json)


@click.group()
def session() -> None:
    """Portal sessions."""


@session.command("create")
@click.argument("customer")
@click.option("--minutes", default=60, show_default=True, type=click.IntRange(1, 180), help="How long it is good for.")
@click.option("--keep-others", is_flag=True, help="Do not end the customer's other sessions.")
@session_actions_option
@json_option
def create_session(customer: str, minutes: int, keep_others: bool, actions: tuple[str, ...], as_json: bool) -> None:
    """Make a portal session for CUSTOMER and print its address."""
    with _told():
        made = portal_of_context().sessions.create(
            customer,
            expires_in_minutes=minutes,
            invalidate_existing=not keep_others,
            actions=actions or None,
            by=_who(),
        )
    click.echo(json.dumps(made.as_dict()) if as_json else f"{made.id}\nexpires  {_moment(made.expires_at)}\n{made.url}")


@session.command("revoke")
@click.argument("session_or_customer")
def revoke_session(session_or_customer: str) -> None:
    """End one session (ps_…), or all sessions of a customer."""
    with _told():
        portal = portal_of_context()
        if session_or_customer.startswith("ps_"):
            portal.sessions.revoke(session_or_customer, by=_who())
            ended = 1
        else:
            ended = portal.sessions.revoke_all(session_or_customer, by=_who())
    if not ended:
        raise click.ClickException("No session was active: give ps_… or a customer's id as Stripe has it.")
    click.echo(f"Ended: {ended}.")


@click.group()
def audit() -> None:
    """The audit trail."""


@audit.command("verify")
@click.option("--expect", default="", metavar="SEQUENCE:HASH", help="What an earlier verification printed.")
def verify(expect: str) -> None:
    """Check that no record was changed, removed or put in; names the first that was."""
    with _told():
        verdict = portal_of_context().audit.verify(expect)
    if verdict.broken is not None:
        raise click.ClickException(f"Record {verdict.broken} is broken: {verdict.reason}.")
    if verdict.unknown:
        raise click.ClickException(f"This cannot be checked: {verdict.unknown}.")
    if not verdict.head:
        click.echo("The trail is empty: there is nothing to check.")
        return
    if verdict.after:
        click.echo(f"Retention has removed the records up to {verdict.after}: they cannot be checked.")
    click.echo(f"{verdict.checked} records, all as they were written. Note this for next time:")
    click.echo(f"{verdict.head}:{verdict.head_hash}")


@audit.command("export")
@click.option("--after", default=0, help="Only records after this sequence number.")
def export(after: int) -> None:
    """Print the records as JSON lines, oldest first."""
    with _told():
        for record in portal_of_context().audit.records(after):
            click.echo(record.line())


@audit.command("prune")
def prune() -> None:
    """Remove records that are older than audit_retention_days; what is left stays verifiable."""
    with _told():
        portal = portal_of_context()
        if not portal.settings.audit_retention_days:
            raise click.ClickException("audit_retention_days is 0: records are kept for ever.")
        gone = portal.audit.prune(by=_who())
    click.echo(f"Everything up to record {gone} is gone." if gone else "Nothing is old enough.")


@click.group()
def database() -> None:
    """The portal's tables, outside Django."""


@database.command("upgrade")
def upgrade() -> None:
    """Make the tables, or bring them to this release's version."""
    with _told():
        version = _engine().upgrade()
    click.echo(f"The tables are at version {version}.")


@database.command("status")
def status() -> None:
    """Say which version the tables have, and which one this release needs."""
    with _told():
        found, needed = _engine().versions()
    click.echo(f"The tables are at version {found or '-'}; this release needs {needed}.")
    if found != needed:
        sys.exit(1)


@click.group()
def offers() -> None:
    """Offers to customers: how often they are shown, taken and sent away."""


@offers.command("counts")
@json_option
def offer_counts(as_json: bool) -> None:
    """Say for each offer how many customers saw it, took it, and want to see it no more."""
    with _told():
        found = portal_of_context().offers.counts()
    if as_json:
        click.echo(json.dumps([each.as_dict() for each in found]))
        return
    for each in found:
        taken = f"{each.taken} taken ({each.taken / each.shown:.0%})"
        click.echo(f"{each.offer} ({each.kind}): {each.shown} shown, {taken}, {each.dismissed} dismissed")
    if not found:
        click.echo("Nothing has been offered to anybody yet.")


GROUPS: Final = (link, session, audit, offers, database)


def _engine() -> EngineDatabase:
    found = portal_of_context().database
    if not isinstance(found, EngineDatabase):
        raise click.ClickException("Here Django keeps the tables: use manage.py migrate.")
    return found


@contextmanager
def _told() -> Iterator[None]:
    """Turn the portal's errors into messages for whoever typed the command."""
    try:
        yield
    except (InvoicePortalError, ValueError) as error:
        text = (error.detail or error.title) if isinstance(error, PortalError) else str(error)
        raise click.ClickException(text) from None


def _who() -> str:
    """In whose name a command acts: the user of this machine."""
    try:
        return f"command line, {getpass.getuser()}"
    except (KeyError, OSError):
        return f"command line, uid {os.getuid()}"


def _print_link(found: Link, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(found.as_dict()))
        return
    limit = "" if found.max_uses is None else f" of {found.max_uses}"
    click.echo(f"{found.kind} {found.invoice_id or found.customer_id}: {found.state.replace('_', ' ')}")
    click.echo(f"allows   {', '.join(found.actions)}")
    click.echo(f"expires  {_moment(found.expires_at) if found.expires_at else 'never'}")
    last = f", last {_moment(found.last_used_at)}" if found.last_used_at else ""
    click.echo(f"opened   {found.uses}{limit}{last}")
    click.echo(f"made     {_moment(found.created_at)} by {found.created_by}")
    if found.url:
        click.echo(found.url)


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
