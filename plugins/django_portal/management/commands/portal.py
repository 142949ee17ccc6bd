"""``manage.py portal link|session|audit …``: the portal's commands with the project's own portal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import click
from django.core.management.base import BaseCommand, CommandParser

from django_portal.conf import get_portal
from invoice_portal.commands.groups import PortalMaker, audit, link, session


class Command(BaseCommand):
    """Hands everything after ``portal`` over to the commands that all frameworks share."""

    help = "Links, portal sessions and the audit trail."

    def run_from_argv(self, argv: list[str]) -> None:
        """Run with the words of the command line; ``--help`` is the shared commands' own."""
        run(argv[2:], name=f"{argv[0]} {argv[1]}", standalone=True)

    def add_arguments(self, parser: CommandParser) -> None:
        """What ``call_command("portal", …)`` takes."""
        parser.add_argument("words", nargs="*")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run with the words of ``call_command``."""
        run(options["words"], name="portal", standalone=False)


def run(words: Sequence[str], *, name: str, standalone: bool) -> None:
    """Run one command."""
    commands: list[click.Command] = [link, session, audit]
    group = click.Group("portal", commands=commands, help=Command.help)
    code = group.main(list(words), prog_name=name, obj=PortalMaker(get_portal), standalone_mode=standalone)
    if standalone:
        sys.exit(code)
