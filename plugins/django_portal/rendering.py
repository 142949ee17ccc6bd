"""Rendering: the project's own template where there is one, in whatever engine, else the packaged Jinja template."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.http import HttpRequest
from django.template import TemplateDoesNotExist
from django.template.loader import get_template

from invoice_portal.environment import Templates
from invoice_portal.http import Render, Rendered


def renderer(request: HttpRequest) -> Render:
    """Renders templates for one request, so that the project's context processors see it."""

    def render(template: str, context: Mapping[str, Any]) -> Rendered:
        try:
            override = get_template(template)
        except TemplateDoesNotExist:
            return _packaged().render(template, context)
        return Rendered(override.render(dict(context), request), packaged=False)

    return render


@lru_cache(maxsize=1)
def _packaged() -> Templates:
    return Templates()
