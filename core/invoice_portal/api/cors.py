"""Who may call a customer's own API from a page on another origin: the ``allowed_embed_origins``, letter by letter.

Cookies never count across origins: no answer allows credentials, so a foreign page knows what its own token opens and
nothing else. ``*`` is never answered, ``null`` never allowed, and every answer varies by its origin for the caches.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from invoice_portal.http import Data, Empty, Response
from invoice_portal.routes import ROUTES
from invoice_portal.routing import Route
from invoice_portal.visits import Visit

_HEADERS: Final = "Authorization, Content-Type, Accept-Language"
_EXPOSED: Final = "Retry-After, Content-Language"
_MINUTES_KEPT: Final = 10
_VARY: Final = {"Vary": "Origin"}


def allowing(visit: Visit, response: Response) -> Response:
    """The answer, readable for the page that asked where its origin is allowed."""
    if not isinstance(response, Data | Empty):
        return response
    allowed = {**_allowed(visit), "Access-Control-Expose-Headers": _EXPOSED} if _allowed(visit) else {}
    return replace(response, headers={**response.headers, **_VARY, **allowed})


def preflight(route: Route, visit: Visit) -> Empty:
    """The answer to a browser that asks before it calls. It allows nothing to an origin that is not in the settings."""
    methods = {method for same in ROUTES if same.path == route.path for method in same.methods}
    allow = ", ".join(sorted({*methods, "OPTIONS"} | ({"HEAD"} if "GET" in methods else set())))
    kept = {"Cache-Control": "no-store", "Allow": allow, **_VARY}
    allowed = _allowed(visit) if route.own else {}
    if not allowed:
        return Empty(headers=kept)
    return Empty(
        headers={
            **kept,
            **allowed,
            "Access-Control-Allow-Methods": ", ".join(sorted(methods)),
            "Access-Control-Allow-Headers": _HEADERS,
            "Access-Control-Max-Age": str(_MINUTES_KEPT * 60),
        }
    )


def _allowed(visit: Visit) -> Mapping[str, str]:
    origin = visit.request.headers.get("origin", "")
    return {"Access-Control-Allow-Origin": origin} if origin in visit.settings.allowed_embed_origins else {}
