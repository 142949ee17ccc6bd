"""Template globals for the host's own templates: ``portal_url``, ``invoice_portal_embed`` and ``invoice_link``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context

from fastapi_portal.mounting import DEFAULT_NAME, url_for_of
from invoice_portal import Portal
from invoice_portal.tags import Tags


def template_globals(portal: Portal, *, name: str = DEFAULT_NAME) -> dict[str, Callable[..., str]]:
    """The globals: ``templates.env.globals.update(fastapi_portal.template_globals(portal))``.

    ``name`` is the router's. The tags find the portal's address by the ``request`` that Starlette puts into every
    template's context.
    """

    def tag(tag_name: str) -> Callable[..., str]:
        @pass_context
        def call(context: Context, *args: Any, **options: Any) -> str:
            return Tags(portal, url_for_of(context["request"], name)).functions()[tag_name](*args, **options)

        return call

    return {tag_name: tag(tag_name) for tag_name in Tags.NAMES}
