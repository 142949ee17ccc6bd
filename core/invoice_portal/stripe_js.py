"""Stripe's own script, which is never bundled: where it comes from, and what a page that loads it may reach."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from invoice_portal.settings import PortalSettings
from invoice_portal.settings_checks import STRIPE_API_BASE

_ORIGIN: Final = "https://js.stripe.com"
_PATH: Final = "/dahlia/stripe.js"
"""The release of Stripe.js that goes with the pinned version of the API (docs.stripe.com/js/versioning)."""


@dataclass(frozen=True, slots=True)
class Places:
    """Origins of Stripe's for scripts, for calls of the API, and for frames."""

    scripts: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    frames: tuple[str, ...] = ()


NO_PLACES: Final = Places()
_STRIPES: Final = Places(
    scripts=(_ORIGIN, "https://*.js.stripe.com"),
    calls=("https://api.stripe.com",),
    frames=(_ORIGIN, "https://*.js.stripe.com", "https://hooks.stripe.com"),
)
"""As Stripe's guide has it (docs.stripe.com/security/guide#content-security-policy), without maps."""


def script_url(settings: PortalSettings) -> str:
    """The script's address: Stripe's, or that of the stand-in which answers a test key in Stripe's place."""
    return (settings.stripe_origin if _stands_in(settings) else _ORIGIN) + _PATH


def places_of(settings: PortalSettings) -> Places:
    """What a page with the script may reach."""
    if _stands_in(settings):
        own = (settings.stripe_origin,)
        return Places(own, own, own)
    return _STRIPES


def _stands_in(settings: PortalSettings) -> bool:
    return settings.stripe_api_base.rstrip("/") != STRIPE_API_BASE and not settings.live
