"""Stripe, as far as the portal reads it: one module a resource, each with its calls, its models and its parser.

Shapes are those of the pinned version (:data:`STRIPE_VERSION`); fields that we do not know are passed over, and an
answer without a field that we cannot do without is an :class:`~invoice_portal.errors.StripeUnavailable`, never a
guess.
"""

from typing import Final

STRIPE_VERSION: Final = "2026-05-27.dahlia"
"""Sent with every call: answers keep this shape whatever the account's default version is."""
