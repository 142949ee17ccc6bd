"""The colour of the Stripe account's branding, asked for once an hour by each process."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Final

from invoice_portal.colours import read_colour
from invoice_portal.effects import Ok, each
from invoice_portal.stripe_api.account import branding_colour
from invoice_portal.theme import Theme

_SECONDS_KEPT: Final = 60 * 60

log = logging.getLogger("invoice_portal")


class Branding:
    """Remembers the colour. Where Stripe does not tell it, the theme stays as it is, and the log says why."""

    def __init__(self, *, wanted: bool) -> None:
        self._wanted = wanted
        self._colour = ""
        self._good_until = 0

    async def themed(self, theme: Theme, now: int) -> Theme:
        """The theme with the account's colour, where it has no accent of its own; ``now`` is in UTC seconds."""
        if not self._wanted or theme.accent:
            return theme
        if now >= self._good_until:
            self._good_until = now + _SECONDS_KEPT
            (outcome,) = await each([branding_colour()])
            if isinstance(outcome, Ok):
                self._colour = outcome.value
            else:
                log.warning("theme_from_stripe: the account's branding cannot be read: %s", outcome.error.detail)
        return replace(theme, accent=self._colour) if read_colour(self._colour) else theme


NO_BRANDING: Final = Branding(wanted=False)
