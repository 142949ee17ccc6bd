"""The portal that ``settings.INVOICE_PORTAL`` describes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.signals import setting_changed
from django.dispatch import receiver
from django.utils.module_loading import import_string

from django_portal.database import DjangoDatabase
from django_portal.login import Identify, logged_in_user
from django_portal.mail import send_by_mail
from invoice_portal import ConfigurationError, Portal, PortalSettings
from invoice_portal.sharing.fresh import SendLink

SETTING = "INVOICE_PORTAL"
IDENTIFY = "identify"
SEND_LINK = "send_link"


@lru_cache(maxsize=1)
def get_portal() -> Portal:
    """The project's portal, made at first use. Raises ``ConfigurationError`` for settings that cannot work."""
    values = {name: value for name, value in portal_setting().items() if name not in (IDENTIFY, SEND_LINK)}
    settings = PortalSettings.from_mapping(values)
    return Portal(settings, database=DjangoDatabase(), send_link=_send_link())


@lru_cache(maxsize=1)
def get_identify() -> Identify:
    """Who says who is logged in: the function that the setting names, else Django's logged-in user.

    Raises ``ConfigurationError`` where the setting names no function.
    """
    found: Identify | None = _hook(IDENTIFY)
    return logged_in_user(get_portal().settings.identify_by) if found is None else found


def _send_link() -> SendLink | None:
    """Who sends fresh links: the function that the setting names, else Django's mail; None where it says None."""
    if SEND_LINK in portal_setting():
        found: SendLink | None = _hook(SEND_LINK)
        return found
    return send_by_mail


def _hook(name: str) -> Any:
    """A function that the setting holds or names, or None."""
    hook = portal_setting().get(name)
    if isinstance(hook, str):
        try:
            hook = import_string(hook)
        except ImportError as error:
            raise ConfigurationError(f"{SETTING}['{name}'] cannot be imported: {error}") from None
    if hook is not None and not callable(hook):
        raise ConfigurationError(f"{SETTING}['{name}'] must be a function or the dotted path of one.")
    return hook


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
