"""Coming in with a signed identifier, and leaving again."""

from __future__ import annotations

from invoice_portal.http import Cookie, Entered, Redirect, Response
from invoice_portal.limiting import limit_entering
from invoice_portal.sessions import SESSION_COOKIE, Session, let_in, seal_session
from invoice_portal.visits import Visit


async def enter(visit: Visit) -> Response:
    """Exchange a signature for a session and go to the clean address.

    Stripe is not asked: every address takes as long.
    """
    await limit_entering(visit)
    params = visit.request.form if visit.request.method == "POST" else visit.request.query
    arrival = let_in(params, visit.settings, visit.signer, visit.now)
    seconds = visit.settings.session_minutes * 60
    value = seal_session(visit.signer, Session(arrival, visit.now + seconds))
    return Redirect(
        to=visit.url("home"),
        cookies=(Cookie(name=SESSION_COOKIE, value=value, max_age=seconds),),
        entered=Entered(arrival.identity, arrival.via),
    )


async def leave(visit: Visit) -> Response:
    """End the session in this browser."""
    home = visit.settings.home_url or visit.url("home")
    return Redirect(to=home, cookies=(Cookie(name=SESSION_COOKIE, value="", max_age=0),))
