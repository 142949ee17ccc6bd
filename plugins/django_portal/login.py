"""Who is logged in, by Django's own authentication."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from django.http import HttpRequest

from invoice_portal.identity import IdentifyBy, Identity, spelled

Identify: TypeAlias = Callable[[HttpRequest], Identity | Awaitable[Identity | None] | None]

CUSTOMER_ID_ATTRIBUTE = "stripe_customer_id"


def logged_in_user(identify_by: IdentifyBy) -> Callable[[HttpRequest], Identity | None]:
    """Reads ``request.user.email``, or ``request.user.stripe_customer_id``, as the setting ``identify_by`` says."""

    def identify(request: HttpRequest) -> Identity | None:
        user = getattr(request, "user", None)
        if user is None or not user.is_authenticated:
            return None
        attribute = user.get_email_field_name() if identify_by == "email" else CUSTOMER_ID_ATTRIBUTE
        return spelled(identify_by, getattr(user, attribute, None))

    return identify
