"""What the settings may be: every check, with what to do where one fails."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError

from invoice_portal.addresses import is_origin, works, works_here
from invoice_portal.errors import ConfigurationError
from invoice_portal.identity import IdentifyBy
from invoice_portal.paying_settings import check_paying
from invoice_portal.settings_text import types_of
from invoice_portal.subscription_settings import Detail

if TYPE_CHECKING:
    from invoice_portal.settings import PortalSettings

Action: TypeAlias = Literal["view", "download", "pay", "manage"]
PaneName: TypeAlias = Literal["attention", "balance", "upcoming", "usage", "subscriptions", "offers"]

STRIPE_API_BASE: Final = "https://api.stripe.com"
MIN_SECRET_LENGTH: Final = 16
MIN_API_KEY_LENGTH: Final = 32
COUNT_IN_DATABASE: Final = "database"
"""The value of ``rate_limit_storage`` by which the portal's own database counts."""
LIVE_PREFIXES: Final = ("sk_live_", "rk_live_")
_KEY_PREFIXES: Final = (*LIVE_PREFIXES, "sk_test_", "rk_test_")


def _split(name: str, address: str) -> SplitResult:
    try:
        return urlsplit(address)
    except ValueError:
        raise ConfigurationError(f"{name}: {address!r} is no address.") from None


_LIMIT: Final = re.compile(r"[1-9][0-9]{0,8}/(second|minute|hour|day)")


def _check_types(settings: PortalSettings) -> None:
    for name, kind in types_of(type(settings)).items():
        value = getattr(settings, name)
        if kind is str and not isinstance(value, str):
            raise ConfigurationError(f"{name} must be a text, not {type(value).__name__}.")
        if kind is bool and not isinstance(value, bool):
            raise ConfigurationError(f"{name} must be True or False, not {value!r}.")
    _check_translations(settings.translations)


def _check_translations(translations: object) -> None:
    if isinstance(translations, Mapping):
        for locale, texts in translations.items():
            if not isinstance(texts, Mapping) or not all(isinstance(text, str) for text in (*texts, *texts.values())):
                raise ConfigurationError(
                    f"translations[{locale!r}] must be a mapping of texts, as {{'Pay': 'Pay now'}}."
                )
    elif isinstance(translations, str) or not isinstance(translations, Sequence):
        raise ConfigurationError("translations must be a list of folders, or a mapping of texts by locale.")
    elif not all(isinstance(folder, str | Path) for folder in translations):
        raise ConfigurationError("translations must hold paths of folders.")


def _check_stripe_key(settings: PortalSettings) -> None:
    key = settings.stripe_api_key
    if not key.startswith(_KEY_PREFIXES):
        raise ConfigurationError(
            "stripe_api_key must be a secret (sk_…) or restricted (rk_…) key; a publishable key (pk_…) cannot read "
            "invoices. Find it in the Stripe dashboard under Developers, API keys."
        )
    if key != key.strip():
        raise ConfigurationError("stripe_api_key has a space or a line break around it. Remove it.")


def _check_secret_keys(settings: PortalSettings) -> None:
    if not settings.secret_keys:
        raise ConfigurationError(
            "secret_keys is empty. Make a key with: python -c 'import secrets; print(secrets.token_hex(32))'"
        )
    for position, key in enumerate(settings.secret_keys):
        if len(key) < MIN_SECRET_LENGTH:
            raise ConfigurationError(f"secret_keys[{position}] is shorter than {MIN_SECRET_LENGTH} characters.")
        if key != key.strip():
            raise ConfigurationError(f"secret_keys[{position}] has a space or a line break around it. Remove it.")
        if key == settings.stripe_api_key:
            raise ConfigurationError(f"secret_keys[{position}] is the Stripe key. Make a key of its own.")


def _check_live_rule(settings: PortalSettings) -> None:
    if settings.live and not settings.require_hash:
        raise ConfigurationError(
            "require_hash is off with a live Stripe key: anybody could open anybody's invoices. Switch it on, or use a "
            "test key."
        )


def _check_choices(settings: PortalSettings) -> None:
    if settings.identify_by not in get_args(IdentifyBy):
        raise ConfigurationError(f"identify_by must be 'email' or 'customer_id', not {settings.identify_by!r}.")
    if unknown := sorted(settings.actions - set(get_args(Action))):
        raise ConfigurationError(f"actions has {unknown[0]!r}; it may hold {', '.join(get_args(Action))}.")
    if strange := sorted(settings.panes - set(get_args(PaneName))):
        raise ConfigurationError(f"panes has {strange[0]!r}; it may hold {', '.join(get_args(PaneName))}.")
    if odd := sorted(settings.billing_details - set(get_args(Detail))):
        raise ConfigurationError(f"billing_details has {odd[0]!r}; it may hold {', '.join(get_args(Detail))}.")
    if "email" in settings.billing_details and settings.identify_by == "email":
        raise ConfigurationError(
            "billing_details has 'email' while identify_by is 'email': whoever changes their address could take "
            "another's and see their invoices. Leave it out, or identify by 'customer_id'."
        )
    if settings.actions and "view" not in settings.actions:
        raise ConfigurationError("actions must hold 'view' where it holds anything: the list leads to the invoices.")


def _check_ranges(settings: PortalSettings) -> None:
    for field in fields(settings):
        if span := field.metadata.get("range"):
            value, (least, most) = getattr(settings, field.name), span
            number = int if isinstance(field.default, int) else int | float
            fits = isinstance(value, number) and not isinstance(value, bool)
            if not fits or not least <= value <= most:
                raise ConfigurationError(f"{field.name} must be a number from {least} to {most}, not {value!r}.")


def _check_addresses(settings: PortalSettings) -> None:
    base = _split("stripe_api_base", settings.stripe_api_base)
    if base.scheme not in ("http", "https") or not base.hostname:
        raise ConfigurationError(f"stripe_api_base must be an http(s) address, not {settings.stripe_api_base!r}.")
    if settings.live and base.scheme != "https":
        raise ConfigurationError("stripe_api_base must be https with a live key.")
    for origin in settings.allowed_embed_origins:
        parts = _split("allowed_embed_origins", origin)
        if origin != f"{parts.scheme}://{parts.netloc}" or parts.scheme not in ("http", "https") or not parts.netloc:
            raise ConfigurationError(
                f"allowed_embed_origins has {origin!r}; an origin is scheme, host and port only, such as "
                "'https://app.example.com'."
            )
        if any(character in origin for character in " ;,'\"*"):
            raise ConfigurationError(f"allowed_embed_origins has {origin!r}; wildcards and separators are not allowed.")
        if not is_origin(origin):
            raise ConfigurationError(
                f"allowed_embed_origins has {origin!r}; write it as browsers do, or it is never met: small letters, "
                "no port 443 or 80, other characters than ASCII in punycode."
            )
    _check_home_url(settings.home_url)
    account = settings.stripe_account
    if account is not None and not (isinstance(account, str) and account.startswith("acct_")):
        raise ConfigurationError("stripe_account must be the id of an account, acct_….")


def _check_home_url(home_url: str) -> None:
    if home_url and not home_url.startswith(("/", "http://", "https://")):
        raise ConfigurationError("home_url must begin with /, http:// or https://.")
    if home_url and not (works_here(home_url) or works(home_url)):
        raise ConfigurationError(
            "home_url is no address that a browser can be sent to. Write /path or https://host/path, other characters "
            "than ASCII percent-encoded."
        )


def _check_api_keys(settings: PortalSettings) -> None:
    for position, key in enumerate(settings.merchant_api_keys):
        if len(key) < MIN_API_KEY_LENGTH or key != key.strip():
            raise ConfigurationError(
                f"merchant_api_keys[{position}] must be {MIN_API_KEY_LENGTH} characters or more, without spaces "
                "around. Make one with: python -c 'import secrets; print(secrets.token_hex(32))'"
            )
        if not key.isascii() or not key.isprintable():
            raise ConfigurationError(f"merchant_api_keys[{position}] must be ASCII: a header carries nothing else.")
        if key == settings.stripe_api_key or key in settings.secret_keys:
            raise ConfigurationError(
                f"merchant_api_keys[{position}] is used for something else. Make a key of its own."
            )


def _check_webhook_secrets(settings: PortalSettings) -> None:
    for position, secret in enumerate(settings.stripe_webhook_secrets):
        if not secret.startswith("whsec_") or len(secret) < MIN_SECRET_LENGTH or secret != secret.strip():
            raise ConfigurationError(
                f"stripe_webhook_secrets[{position}] must be an endpoint's signing secret, whsec_…, without spaces "
                "around. Find it in the Stripe dashboard under Developers, Webhooks."
            )


def _check_links(settings: PortalSettings) -> None:
    address = _split("public_url", settings.public_url)
    if settings.public_url and (
        not works(settings.public_url) or "?" in settings.public_url or "#" in settings.public_url
    ):
        raise ConfigurationError(
            "public_url must be an http(s) address without a query or a password, as customers see it, with nothing "
            "around it."
        )
    if settings.subscriptions.billing_portal and not settings.public_url:
        raise ConfigurationError("subscriptions: billing_portal needs public_url, where Stripe's pages lead back to.")
    if settings.live and settings.public_url and address.scheme != "https":
        raise ConfigurationError("public_url must be https with a live key: links let people in.")
    for name in ("enter_limit", "send_limit", "decline_limit"):
        if (limit := getattr(settings, name)) and not _LIMIT.fullmatch(limit):
            raise ConfigurationError(f"{name} must be a number and a time, such as '5/hour', not {limit!r}.")
    schemes = ("memory://", "redis://", "rediss://")
    if settings.rate_limit_storage != COUNT_IN_DATABASE and not settings.rate_limit_storage.startswith(schemes):
        raise ConfigurationError("rate_limit_storage must be 'memory://', 'database' or a redis:// address.")


def _check_language(settings: PortalSettings) -> None:
    try:
        Locale.parse(settings.default_language, sep="-" if "-" in settings.default_language else "_")
    except (ValueError, TypeError, UnknownLocaleError):
        raise ConfigurationError(f"default_language {settings.default_language!r} is not a known locale.") from None
    try:
        ZoneInfo(settings.time_zone)
    except (OSError, ValueError, KeyError):
        raise ConfigurationError(f"time_zone {settings.time_zone!r} is not a known IANA time zone.") from None


CHECKS: Final[Sequence[Callable[[PortalSettings], None]]] = (
    _check_types,
    _check_stripe_key,
    _check_secret_keys,
    _check_choices,
    _check_live_rule,
    _check_ranges,
    _check_addresses,
    _check_api_keys,
    _check_webhook_secrets,
    _check_links,
    check_paying,
    _check_language,
)
