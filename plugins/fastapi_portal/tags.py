"""Template globals for the host's own templates: ``portal_url``, ``invoice_portal_embed`` and ``invoice_link``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context

from fastapi_portal.mounting import url_for_of
from invoice_portal import Portal
from invoice_portal.tags import Tags


def template_globals(portal: Portal) -> dict[str, Callable[..., str]]:
    """The globals: ``templates.env.globals.update(fastapi_portal.template_globals(portal))``.

    They find the portal's address by the ``request`` that Starlette puts into every template's context.
    """

    def tag(name: str) -> Callable[..., str]:
        @pass_context
        def call(context: Context, *args: Any, **options: Any) -> str:
            return Tags(portal, url_for_of(context["request"])).functions()[name](*args, **options)

        return call

    return {name: tag(name) for name in Tags.NAMES}
