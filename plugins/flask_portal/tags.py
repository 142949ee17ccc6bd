"""Template globals: ``portal_url``, ``invoice_portal_embed`` and ``invoice_link``."""

from __future__ import annotations

from collections.abc import Callable

import flask

from invoice_portal import Portal
from invoice_portal.tags import Tags


def template_globals(portal: Portal, blueprint: str) -> dict[str, Callable[..., str]]:
    """The globals for the app's templates."""
    return Tags(portal, lambda route, /, **args: flask.url_for(f"{blueprint}.{route}", **args)).functions()
