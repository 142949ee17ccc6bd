"""The portal on other sites' pages: the snippet's script, and the shell that its iframe begins with.

The shell holds nothing of anybody's and needs no session: its script is given the signature by the page around it, or
finds it in its own address, and exchanges it for a token that it keeps in memory. See ``docs/embedding.md``.
"""

from __future__ import annotations

import json
from typing import Final

from invoice_portal.assets import asset_url, read_asset
from invoice_portal.errors import NotIdentified, StoreUnavailable
from invoice_portal.http import Asset, Page, Response
from invoice_portal.telling import as_told
from invoice_portal.visits import Visit

LOCATION_HEADER: Final = "Portal-Location"
"""Where a redirect would lead, for the frame's script: it can follow one within the portal only."""
EVENTS_HEADER: Final = "Portal-Events"
"""What the host is told, as JSON, for the page around an embed frame."""
_ASKED_FIRST: Final = ("pre_", "session_expired")
"""What the frame's script has asked the page around it, before the server heard of it."""
_MINUTES_KEPT: Final = 10
_MODULE: Final = (
    b"const InvoicePortal = (() => {\n",
    b"""return window.InvoicePortal;
})();
InvoicePortal.from(import.meta.url);
export default InvoicePortal;
export const { mount, unmount, update, on } = InvoicePortal;
""",
)
"""What stands around the script in a module, which knows its own address."""
_SHARED: Final = ("invoice_link", "portal_link", "portal_session")
_DOORS: Final = {"invoice_link": "l", "portal_link": "p", "portal_session": "s", "enter": "enter"}


async def embed_script(visit: Visit) -> Asset:
    """``embed.js``, for a script element."""
    return _script(read_asset("embed.js"))


async def embed_module(visit: Visit) -> Asset:
    """The same for ``import``."""
    return _script(read_asset("embed.js").join(_MODULE))


async def embed(visit: Visit) -> Response:
    """Where the snippet's iframe begins."""
    return shell_page(visit)


def shell_page(visit: Visit, *, alone: str = "", error: NotIdentified | None = None) -> Page:
    """The shell: what stands in it is for frames that nobody talks to, and shows after a moment.

    ``alone`` is the route whose address holds a signature, which the shell exchanges by itself. ``error`` is why a page
    of the portal's is not shown: the shell shows it once there is a session.
    """
    _ = visit.language.gettext
    reason = error or NotIdentified()
    return Page(
        template="invoice_portal/embed.html",
        title=_("Billing"),
        context={
            "heading": _(reason.title),
            "text": _(reason.advice),
            "trouble": _(StoreUnavailable.advice),
            "script_url": asset_url(visit, "frame.js"),
            "session_url": visit.url("api_me_session"),
            "asked_theme_url": visit.url("theme"),
            "start_url": visit.url("home"),
            "alone": _DOORS.get(alone, ""),
            "fresh": _("Send me a fresh link") if alone in _SHARED and visit.hooks.send_link else "",
            "page": error is not None,
        },
        status=error.status if error else 200,
        nobodys=True,
        # Pages are swapped into it, the one with Stripe's script too: it must be allowed from the start.
        stripe_js=bool(visit.settings.stripe_publishable_key),
    )


def events_header(visit: Visit) -> dict[str, str]:
    """What happened, where the script of an embed frame asks."""
    events = [as_told(event) for event in visit.happened if not event.name.startswith(_ASKED_FIRST)]
    wanted = events and (visit.by_token or visit.request.swapped)
    return {EVENTS_HEADER: json.dumps(events)} if wanted else {}


def _script(body: bytes) -> Asset:
    return Asset(body=body, content_type="text/javascript; charset=utf-8", max_age=_MINUTES_KEPT * 60, shared=True)
