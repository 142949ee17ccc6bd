"""Template globals: ``portal_url``, ``invoice_portal_embed`` and ``invoice_link``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flask

from invoice_portal import Portal
from invoice_portal.tags import Tags

EXTENSION = "invoice_portal"


def template_globals(name: str = "invoice_portal") -> dict[str, Callable[..., str]]:
    """The globals of the portal whose blueprint is registered under ``name``; the first portal's are there already."""

    def tag(tag_name: str) -> Callable[..., str]:
        def call(*args: Any, **options: Any) -> str:
            tags = Tags(portal_named(name), lambda route, /, **values: flask.url_for(f"{name}.{route}", **values))
            return tags.functions()[tag_name](*args, **options)

        return call

    return {tag_name: tag(tag_name) for tag_name in Tags.NAMES}


def portal_named(name: str) -> Portal:
    """The current app's portal whose blueprint is registered under ``name``."""
    portal: Portal = flask.current_app.extensions[EXTENSION][name]
    return portal
