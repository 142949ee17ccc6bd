"""What follows failed payments: https://docs.stripe.com/billing/revenue-recovery. Settings of the Dashboard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from stripe_sandbox.http import Json

_DAY = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class Dunning:
    """When an automatic payment is tried again, and what becomes of things when the last attempt has failed."""

    retry_after: tuple[int, ...] = (3 * _DAY, 5 * _DAY, 7 * _DAY)
    """Seconds from each failed attempt to the next: Stripe's classic schedule."""
    subscription: Literal["canceled", "past_due", "unpaid"] = "past_due"
    invoice: Literal["open", "uncollectible"] = "open"

    def next_attempt(self, invoice: Json, now: int) -> int | None:
        """When an invoice is charged again whose latest attempt failed now; None if it is not."""
        tried = invoice["attempt_count"]
        return now + self.retry_after[tried - 1] if tried <= len(self.retry_after) else None

    def is_over(self, invoice: Json) -> bool:
        """Whether all attempts have been made."""
        return invoice["next_payment_attempt"] is None and invoice["attempt_count"] > len(self.retry_after)
