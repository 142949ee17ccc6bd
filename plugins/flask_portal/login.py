"""Who is logged in, where the app uses Flask-Login."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flask

from invoice_portal.identity import IdentifyBy, Identity, spelled

CUSTOMER_ID_ATTRIBUTE = "stripe_customer_id"


def flask_login_user(identify_by: IdentifyBy) -> Callable[[flask.Request], Identity | None]:
    """Reads ``current_user.email``, or ``current_user.stripe_customer_id``, as the setting ``identify_by`` says."""
    attribute = "email" if identify_by == "email" else CUSTOMER_ID_ATTRIBUTE

    def identify(request: flask.Request) -> Identity | None:
        user = _current_user()
        return (
            spelled(identify_by, getattr(user, attribute, None)) if getattr(user, "is_authenticated", False) else None
        )

    return identify


def _current_user() -> Any:
    """Flask-Login's user, loaded if need be; None where the app has no login manager."""
    manager = getattr(flask.current_app, "login_manager", None)
    if manager is None:
        return None
    from flask_login import current_user

    return current_user
