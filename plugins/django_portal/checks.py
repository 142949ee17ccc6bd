"""System checks: what is wrong with the settings, before a customer finds out.

- ``invoice_portal.E001``: the settings cannot work.
- ``invoice_portal.W001``: the hash is off; fine with a test key while developing.
- ``invoice_portal.W002``: nobody is identified by login, since the authentication middleware is missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning

from django_portal.conf import IDENTIFY, SETTING, get_identify, get_portal, portal_setting
from invoice_portal import ConfigurationError

_AUTHENTICATION = "django.contrib.auth.middleware.AuthenticationMiddleware"


def check_settings(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Everything that is wrong with ``settings.INVOICE_PORTAL``."""
    try:
        portal = get_portal()
        get_identify()
    except (ConfigurationError, TypeError) as error:
        return [Error(str(error), hint=f"Correct settings.{SETTING}.", id="invoice_portal.E001")]
    return list(_warnings(portal.settings.require_hash))


def _warnings(require_hash: bool) -> Iterator[CheckMessage]:
    if not require_hash:
        yield Warning(
            "require_hash is off: anybody can open any customer's invoices of the test account.",
            hint="Switch it on before anything but test data is shown.",
            id="invoice_portal.W001",
        )
    if _AUTHENTICATION not in settings.MIDDLEWARE and IDENTIFY not in portal_setting():
        yield Warning(
            "No authentication middleware: the portal cannot see who is logged in.",
            hint=f"Add it to MIDDLEWARE, or name a function in {SETTING}['{IDENTIFY}'].",
            id="invoice_portal.W002",
        )
