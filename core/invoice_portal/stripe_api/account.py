"""The merchant's own account (docs.stripe.com/api/accounts/object)."""

from __future__ import annotations

from invoice_portal.effects import StripeCall
from invoice_portal.stripe_api.reading import Reader, one


def branding_colour() -> StripeCall[str]:
    """The colour that the account's branding settings name first, as ``#rrggbb``; empty where they name none."""
    return StripeCall("get", "/v1/account", one(_branding_colour, "account"))


def _branding_colour(reader: Reader) -> str:
    branding = reader.deep("settings", "branding")
    return (branding.text_or("primary_color") or branding.text_or("secondary_color")) if branding else ""
