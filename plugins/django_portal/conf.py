"""The portal that ``settings.INVOICE_PORTAL`` describes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.signals import setting_changed
from django.dispatch import receiver

from django_portal.database import DjangoDatabase
from django_portal.login import Identify, logged_in_user
from django_portal.mail import send_by_mail
from invoice_portal import ConfigurationError, Portal, PortalSettings
from invoice_portal.hooks import Hooks, function_of, hooks_of

SETTING = "INVOICE_PORTAL"
IDENTIFY = "identify"
HOOKS = "hooks"


@lru_cache(maxsize=1)
def get_portal() -> Portal:
    """The project's portal, made at first use. Raises ``ConfigurationError`` for settings that cannot work."""
    values = {name: value for name, value in portal_setting().items() if name not in (IDENTIFY, HOOKS)}
    settings = PortalSettings.from_mapping(values)
    return Portal(settings, database=DjangoDatabase(), hooks=_hooks())


@lru_cache(maxsize=1)
def get_identify() -> Identify:
    """Who says who is logged in: the function that the setting names, else Django's logged-in user.

    Raises ``ConfigurationError`` where the setting names no function.
    """
    found: Identify | None = function_of(portal_setting().get(IDENTIFY), f"{SETTING}[{IDENTIFY!r}]")
    return logged_in_user(get_portal().settings.identify_by) if found is None else found


def _hooks() -> Hooks:
    """The host's functions as the setting has them; fresh links go by Django's mail unless it says otherwise."""
    return hooks_of(portal_setting().get(HOOKS), default=Hooks(send_link=send_by_mail))


def portal_setting() -> Mapping[str, Any]:
    """The setting as it stands. Raises ``ConfigurationError`` where it is missing or no dict."""
    values = getattr(settings, SETTING, None)
    if not isinstance(values, Mapping):
        raise ConfigurationError(f"settings.{SETTING} must be a dict with at least stripe_api_key and secret_keys.")
    return values


@receiver(setting_changed)
def _forget(setting: str, **kwargs: Any) -> None:
    """Make a new portal where a test overrides the setting."""
    if setting == SETTING:
        get_portal.cache_clear()
        get_identify.cache_clear()
