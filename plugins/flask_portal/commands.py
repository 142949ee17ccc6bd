"""``flask portal link|session|audit|database …``: the portal's commands with the app's own portal."""

from __future__ import annotations

import click
from flask import Blueprint
from flask.cli import ScriptInfo

from flask_portal.tags import EXTENSION
from invoice_portal import Portal
from invoice_portal.commands.groups import GROUPS, PortalMaker

DEFAULT_NAME = "invoice_portal"


def group_name(blueprint: str) -> str:
    """What the commands are called: ``portal``, or as the blueprint where it has a name of its own."""
    return "portal" if blueprint == DEFAULT_NAME else blueprint


def add_commands(blueprint: Blueprint) -> None:
    """Give a blueprint its commands."""
    blueprint.cli.help = "Links, portal sessions and the audit trail."
    for group in GROUPS:
        blueprint.cli.add_command(_in_app(blueprint.name, group))


def _in_app(blueprint: str, group: click.Group) -> click.Group:
    def callback() -> None:
        context = click.get_current_context()
        script = context.ensure_object(ScriptInfo)
        context.obj = PortalMaker(lambda: _portal(script, blueprint))

    return click.Group(group.name, commands=group.commands, callback=callback, help=group.help)


def _portal(script: ScriptInfo, blueprint: str) -> Portal:
    portals: dict[str, Portal] = script.load_app().extensions[EXTENSION]
    return next(portal for name, portal in portals.items() if name.rpartition(".")[2] == blueprint)
