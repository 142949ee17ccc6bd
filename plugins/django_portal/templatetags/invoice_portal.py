"""``{% load invoice_portal %}``: ``portal_url``, ``invoice_portal_embed`` and ``invoice_link``."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import template
from django.template.context import Context
from django.utils.safestring import mark_safe

from django_portal.conf import get_portal
from django_portal.mounting import url_for
from invoice_portal.tags import Tags

register = template.Library()


@register.simple_tag(takes_context=True)
def portal_url(context: Context, **options: Any) -> str:
    """The portal's address; with ``email=`` or ``customer_id=`` a signed one."""
    return _tags(context).portal_url(**options)


@register.simple_tag(takes_context=True)
def invoice_portal_embed(context: Context, **options: Any) -> str:
    """The portal in an iframe that fits its height."""
    return mark_safe(_tags(context).invoice_portal_embed(**options))


@register.simple_tag(takes_context=True)
def invoice_link(context: Context, invoice_id: str, text: str = "", share: bool = False) -> str:
    """A link to one invoice; with ``share=True`` the one that lets in whoever has it."""
    return mark_safe(_tags(context).invoice_link(invoice_id, text, share=share))


def _tags(context: Context) -> Tags:
    return Tags(get_portal(), partial(url_for, context.get("request")))
