"""What the settings about paying may hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

from invoice_portal.errors import ConfigurationError

if TYPE_CHECKING:
    from invoice_portal.settings import PortalSettings

SavePolicy: TypeAlias = Literal["never", "offer", "always"]

_PREFIXES: Final = ("pk_live_", "pk_test_")
_TYPE: Final = re.compile(r"[a-z][a-z0-9_]{0,60}")


def check_paying(settings: PortalSettings) -> None:
    """Raises :class:`~invoice_portal.errors.ConfigurationError` for what cannot work."""
    _check_publishable_key(settings)
    if settings.save_payment_method not in get_args(SavePolicy):
        raise ConfigurationError(
            f"save_payment_method must be 'never', 'offer' or 'always', not {settings.save_payment_method!r}."
        )
    for type in settings.payment_method_types:
        if not _TYPE.fullmatch(type):
            raise ConfigurationError(f"payment_method_types has {type!r}; types are Stripe's, such as 'card'.")
    minimum = settings.partial_payment_minimum
    if not isinstance(minimum, Mapping) or not all(map(_is_amount, minimum.items())):
        raise ConfigurationError("partial_payment_minimum must be minor units by currency, such as {'usd': 5000}.")


def _check_publishable_key(settings: PortalSettings) -> None:
    key = settings.stripe_publishable_key
    if not key:
        return
    if key != key.strip():
        raise ConfigurationError("stripe_publishable_key has a space or a line break around it. Remove it.")
    if not key.startswith(_PREFIXES):
        raise ConfigurationError("stripe_publishable_key must be a publishable key (pk_…): it stands in pages.")
    if key.startswith("pk_live_") != settings.live:
        mode, other = ("live", "test") if settings.live else ("test", "live")
        raise ConfigurationError(
            f"stripe_publishable_key is of {other} mode, stripe_api_key of {mode} mode. Take both from the same page "
            "of the dashboard."
        )


def _is_amount(item: tuple[object, object]) -> bool:
    currency, amount = item
    named = isinstance(currency, str) and re.fullmatch("[a-z]{3}", currency) is not None
    return named and isinstance(amount, int) and not isinstance(amount, bool) and amount > 0
