"""The command ``invoice-portal``. Secrets come from the environment or standard input, never from arguments."""

from __future__ import annotations

import importlib
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from invoice_portal.addresses import is_origin, works
from invoice_portal.commands.doctor import Result, examine
from invoice_portal.commands.groups import GROUPS, PortalMaker
from invoice_portal.diagnosis import diagnose_hash
from invoice_portal.errors import ConfigurationError
from invoice_portal.identity import IdentifyBy, make_identity
from invoice_portal.portal import Portal
from invoice_portal.resources import data_dir
from invoice_portal.settings import PortalSettings
from invoice_portal.settings_text import ENV_PREFIX, listed
from invoice_portal.signing import hash_identifier

PORT = click.IntRange(1, 65535)
_COLOURS = {"ok": "green", "note": "yellow", "problem": "red"}

portal_option = click.option(
    "--portal",
    "portal_name",
    metavar="MODULE:NAME",
    help="Your Portal, PortalSettings or settings dict, as mysite.settings:INVOICE_PORTAL. Default: the environment.",
)
email_option = click.option("--email", help="The identifier: an e-mail address.")
customer_option = click.option("--customer-id", help="The identifier: a Stripe customer id (cus_…).")


@click.group()
@click.version_option(package_name="invoice-portal")
def main() -> None:
    """Your customers see, pay and download their Stripe invoices inside your own app."""


@main.command("hash")
@email_option
@customer_option
def hash_command(email: str | None, customer_id: str | None) -> None:
    """Print the hash of an identifier, as /enter expects it.

    The key is the first of INVOICE_PORTAL_SECRET_KEYS; where that is not set, it is read from standard input.
    """
    kind, identifier = _identifier(email, customer_id)
    if make_identity(kind, identifier) is None:
        raise click.BadParameter(f"{identifier!r} cannot be one.", param_hint=f"--{kind.replace('_', '-')}")
    try:
        keys = listed("secret_keys", os.environ.get(f"{ENV_PREFIX}SECRET_KEYS", ""))
    except ConfigurationError as error:
        raise click.ClickException(str(error)) from None
    key = keys[0] if keys else _ask("Secret key")
    if not key:
        raise click.ClickException(f"There is no key: set {ENV_PREFIX}SECRET_KEYS, or give it on standard input.")
    click.echo(hash_identifier(key, identifier))


@main.command()
@portal_option
@email_option
@customer_option
@click.option("--url", help="A running portal, as https://app.example.com/billing: look at it from outside.")
@click.option("--origin", help="With --url: the site that embeds it or calls it, as https://shop.example.")
def doctor(
    portal_name: str | None, email: str | None, customer_id: str | None, url: str | None, origin: str | None
) -> None:
    """Say what is wrong with the settings, the Stripe key and its permissions, with a hash, or with a running portal.

    With --url it is asked as a browser would, and the header, cookie or answer that blocks is named. Where the settings
    are there too, it comes in as nobody, which shows whether keys and cookies work.

    With --email or --customer-id a hash is read from standard input and explained; with both, the hash is taken for the
    one that identify_by names.
    """
    if url is not None:
        _report(_inspected(url, origin, portal_name))
        return
    if origin is not None:
        raise click.UsageError("--origin goes with --url.")
    try:
        settings = _settings(portal_name)
        Portal(settings)  # reads the translations too
    except ConfigurationError as error:
        _report([Result("problem", str(error))])
        return
    if email is None and customer_id is None:
        _report(examine(settings))
        return
    given = {"email": email, "customer_id": customer_id}
    identifier = given[settings.identify_by]
    if not identifier:
        _report(
            [Result("problem", f"identify_by is {settings.identify_by}: that is the identifier to sign and to send.")]
        )
        return
    other = next((text for kind, text in given.items() if kind != settings.identify_by and text), "")
    finding = diagnose_hash(
        settings.secret_keys,
        identifier,
        _ask("Hash", strip=False),
        other_identifier=other,
        stripe_key=settings.stripe_api_key,
    )
    _report([Result("ok" if finding.fits else "problem", finding.text)])


@main.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace files that are there already.")
def templates(folder: Path, force: bool) -> None:
    """Copy the templates into FOLDER/invoice_portal, to override them. Keep only what you change."""
    source = data_dir("templates") / "invoice_portal"
    target = folder / "invoice_portal"
    present = [path.name for path in sorted(source.iterdir()) if (target / path.name).exists()]
    if present and not force:
        raise click.ClickException(f"{target} has {', '.join(present)} already. Use --force to replace them.")
    target.mkdir(parents=True, exist_ok=True)
    for path in sorted(source.iterdir()):
        shutil.copyfile(path, target / path.name)
        click.echo(target / path.name)


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=PORT, default=12111, show_default=True, help="The port to listen on.")
@click.option("--seed", type=click.Choice(["demo", "empty"]), default="demo", show_default=True, help="What is in it.")
@click.option("--file", type=click.Path(dir_okay=False, path_type=Path), help="A SQLite file to keep everything in.")
def sandbox(host: str, port: int, seed: str, file: Path | None) -> None:
    """Run the stand-in for Stripe's API."""
    with _extras():
        importlib.import_module("stripe_sandbox.server").run(host=host, port=port, seed=seed, file=file)


@main.command()
@click.option("--framework", type=click.Choice(["flask", "django", "fastapi"]), default="flask", show_default=True)
@click.option("--port", type=PORT, default=8000, show_default=True, help="The port of the host app.")
@click.option(
    "--sandbox-port", type=PORT, default=12111, show_default=True, help="The port of the stand-in for Stripe."
)
def demo(framework: str, port: int, sandbox_port: int) -> None:
    """Try it all without a Stripe account: the sandbox, a small host app, and sample customers."""
    with _extras():
        importlib.import_module("invoice_portal.commands.demo").run(framework, port, sandbox_port)


def _inspected(url: str, origin: str | None, portal_name: str | None) -> list[Result]:
    """The running portal, looked at with its settings where they are to be had."""
    from invoice_portal.commands.inspection import Patient, asking, inspect

    address = url.rstrip("/")
    if not works(address):
        raise click.BadParameter("write http(s)://host/prefix", param_hint="--url")
    if origin and not is_origin(origin):
        raise click.BadParameter("write scheme, host and port only, as https://shop.example", param_hint="--origin")
    known = portal_name is not None or f"{ENV_PREFIX}SECRET_KEYS" in os.environ
    return list(inspect(Patient(address, origin or "", asking(address), _portal(portal_name) if known else None)))


def _identifier(email: str | None, customer_id: str | None) -> tuple[IdentifyBy, str]:
    match email, customer_id:
        case str(address), None:
            return "email", address
        case None, str(id):
            return "customer_id", id
        case _:
            raise click.UsageError("Give either --email or --customer-id.")


def _portal(portal_name: str | None) -> Portal:
    """The portal to work with; errors become messages."""
    try:
        found = _found(portal_name)
        return found if isinstance(found, Portal) else Portal(found)
    except ConfigurationError as error:
        raise click.ClickException(str(error)) from None


def _settings(portal_name: str | None) -> PortalSettings:
    """The settings to look at. Raises ``ConfigurationError`` where there are none, or they cannot work."""
    found = _found(portal_name)
    return found.settings if isinstance(found, Portal) else found


def _found(portal_name: str | None) -> Portal | PortalSettings:
    if portal_name is None:
        return PortalSettings.from_env()
    module, _, attribute = portal_name.partition(":")
    sys.path.insert(0, os.getcwd())
    try:
        found: Any = getattr(importlib.import_module(module), attribute or "portal")
    except (ImportError, AttributeError) as error:
        raise ConfigurationError(f"{portal_name} cannot be imported: {error}") from None
    if isinstance(found, Portal | PortalSettings):
        return found
    if isinstance(found, Mapping):
        hooks = ("identify", "hooks")
        return PortalSettings.from_mapping({name: value for name, value in found.items() if name not in hooks})
    raise ConfigurationError(f"{portal_name} is neither a Portal, nor PortalSettings, nor a dict of settings.")


def _ask(what: str, *, strip: bool = True) -> str:
    """A secret from standard input; typed secrets are not shown."""
    if sys.stdin.isatty():
        text: str = click.prompt(what, hide_input=True)
    else:
        text = sys.stdin.readline().removesuffix("\n")
    return text.strip() if strip else text


def _report(results: list[Result]) -> None:
    for result in results:
        click.echo(f"{click.style(result.verdict.ljust(7), fg=_COLOURS[result.verdict])} {result.text}")
    if any(result.verdict == "problem" for result in results):
        sys.exit(1)


@contextmanager
def _extras() -> Iterator[None]:
    """Say what to install where a package of the extra is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        advice = "Install it with: pip install 'invoice-portal[demo]'"
        raise click.ClickException(f"{error.name} is missing. {advice}") from None


def _governed(group: click.Group) -> click.Group:
    """A group of commands with ``--portal`` in front."""

    @portal_option
    def callback(portal_name: str | None) -> None:
        click.get_current_context().obj = PortalMaker(lambda: _portal(portal_name))

    params = getattr(callback, "__click_params__", [])
    return click.Group(group.name, commands=group.commands, callback=callback, params=params, help=group.help)


for _group in GROUPS:
    main.add_command(_governed(_group))
