"""From a page to what goes on the wire: two-step rendering, security headers and cookies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from markupsafe import Markup

from invoice_portal.http import Cookie, Render, Rendered, SetCookie
from invoice_portal.settings import PortalSettings
from invoice_portal.stripe_js import NO_PLACES, places_of
from invoice_portal.stripe_pages import page_origins
from invoice_portal.theme import logo_sources

LAYOUT: Final = "invoice_portal/layout.html"


def render_page(template: str, context: Mapping[str, Any], render: Render) -> Rendered:
    """The body first, then the layout around it, so that a host can wrap the portal in a frame of its own."""
    body = render(template, context)
    layout = render(LAYOUT, {**context, "content": Markup(body.html)})
    return Rendered(layout.html, packaged=layout.packaged)


def page_headers(
    settings: PortalSettings, packaged_layout: bool, arriving: bool, stripe_js: bool = False
) -> dict[str, str]:
    """The headers of every page.

    A host's own layout brings its own styles and scripts, so what may be loaded is then for the host's policy to say;
    who may frame the page, where its forms lead and what its base is are always the portal's. A page that loads
    ``stripe_js`` may fetch from and frame Stripe's places, and no other page may.
    """
    ancestors = " ".join(("'self'", *settings.allowed_embed_origins))
    targets = " ".join(("'self'", *page_origins(settings)))
    places = places_of(settings) if stripe_js else NO_PLACES
    policy = [f"frame-ancestors {ancestors}", f"form-action {targets}", "base-uri 'none'"]
    if packaged_layout:
        policy += [
            "default-src 'none'",
            "style-src 'self'",
            " ".join(("script-src 'self'", *places.scripts)),
            " ".join(("img-src 'self' data:", *logo_sources(settings.theme))),
            "font-src 'self'",
            " ".join(("connect-src 'self'", *places.calls)),
        ]
        if places.frames:
            policy.append(" ".join(("frame-src", *places.frames)))
    return {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": "; ".join(policy),
        "Cache-Control": "no-store",
        **COMMON_HEADERS,
        # No other site learns where the visitor was. Our own may: with no-referrer a browser sends its forms without an
        # origin, and Django refuses them. The address of an arrival holds a signature and is told to nobody.
        "Referrer-Policy": "no-referrer" if arriving else "same-origin",
    }


ANY_ORIGIN: Final = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
"""For files that pages of other sites load: scripts of the type module ask for the first, isolated pages for both."""

COMMON_HEADERS: Final = {
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def cookie_for(cookie: Cookie, path: str, secure: bool) -> SetCookie:
    """A cookie for the portal's own part of the site, out of scripts' reach."""
    return SetCookie(cookie.name, cookie.value, cookie.max_age, path, secure)
