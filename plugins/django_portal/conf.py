"""The portal that ``settings.INVOICE_PORTAL`` describes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.signals import setting_changed
from django.dispatch import receiver
from django.utils.module_loading import import_string

from django_portal.login import Identify, logged_in_user
from invoice_portal import ConfigurationError, Portal, PortalSettings

SETTING = "INVOICE_PORTAL"
IDENTIFY = "identify"


@lru_cache(maxsize=1)
def get_portal() -> Portal:
    """The project's portal, made at first use. Raises ``ConfigurationError`` for settings that cannot work."""
    values = {name: value for name, value in portal_setting().items() if name != IDENTIFY}
    return Portal(PortalSettings.from_mapping(values))


@lru_cache(maxsize=1)
def get_identify() -> Identify:
    """Who says who is logged in: the function that the setting names, else Django's logged-in user.

    Raises ``ConfigurationError`` where the setting names no function.
    """
    hook = portal_setting().get(IDENTIFY)
    if hook is None:
        return logged_in_user(get_portal().settings.identify_by)
    if isinstance(hook, str):
        try:
            hook = import_string(hook)
        except ImportError as error:
            raise ConfigurationError(f"{SETTING}['{IDENTIFY}'] cannot be imported: {error}") from None
    if not callable(hook):
        raise ConfigurationError(f"{SETTING}['{IDENTIFY}'] must be a function or the dotted path of one.")
    found: Identify = hook
    return found


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
