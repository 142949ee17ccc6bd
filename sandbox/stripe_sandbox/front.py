"""The front door: sends each request to the API, the control interface or the pages, and lets faults strike.

Servers (`server`, `asgi`) turn their own requests into `Request` and perform the `Answer`.
"""

from __future__ import annotations

import asyncio
import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from stripe_sandbox import control, desk, hosted, stripejs
from stripe_sandbox.faults import Cut
from stripe_sandbox.http import Request, Response
from stripe_sandbox.sandbox import Sandbox

_NOTHING = Response(500, {}, b"{}")
"""Stands for an answer that is not sent."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A response to be sent, whole or cut: `reset` sends nothing and closes, `half` stops in the body's middle."""

    response: Response
    cut: Cut | None = None


async def answer(sandbox: Sandbox, request: Request) -> Answer:
    """What is to be answered, after the wait that was ordered for it."""
    if not request.path.startswith(("/v1/", "/v2/")):
        return Answer(respond(sandbox, request))
    fault = sandbox.faults.strike(request) or sandbox.limits.refusal(request)
    if fault is None:
        return Answer(sandbox.handle(request))
    with sandbox.in_progress(request):
        await asyncio.sleep(fault.delay)
        usual = sandbox.handle(request) if fault.happens else None
    instead = fault.answer(sandbox.ids.new("req"))
    response = instead or usual or _NOTHING
    if usual is None:
        sandbox.requests.note(sandbox.clock.now, request, response)
    return Answer(response, fault.cut)


def respond(sandbox: Sandbox, request: Request) -> Response:
    """Send a request to where its path belongs: the API, the customer's pages, the control interface, the desk.

    No fault strikes here: that takes time, which `answer` has.
    """
    if request.path.startswith("/hosted/"):
        return _hosted(sandbox, request)
    if stripejs.serves(request.path):
        return stripejs.respond(sandbox, request)
    is_control = request.path == control.PREFIX or request.path.startswith(control.PREFIX + "/")
    if not is_control and not desk.serves(request.path):
        return sandbox.handle(request)
    if not _is_own(sandbox, request):
        text = b"Refused: this request comes from another site, or by a name that is not this server's.\n"
        return Response(403, {"Content-Type": "text/plain; charset=utf-8"}, text)
    return control.respond(sandbox, request) if is_control else desk.respond(sandbox, request)


def _hosted(sandbox: Sandbox, request: Request) -> Response:
    """The page of the account that knows the link."""
    with sandbox.lock:
        sandbox.settle()
        response = hosted.respond(sandbox, request)
        for account in sandbox.connected.values():
            if response.status != 404:
                break
            response = hosted.respond(account, request)
        return response


def _is_own(sandbox: Sandbox, request: Request) -> bool:
    """Whether neither a page of another site nor a name rebound to this address is behind a request."""
    host = request.header("host") or ""
    if not _is_ours(host, urlsplit(sandbox.base_url).hostname or ""):
        return False
    origin = request.header("origin")
    if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
        return False
    return (request.header("sec-fetch-site") or "none") in ("none", "same-origin") or (
        request.method == "GET" and request.header("sec-fetch-mode") == "navigate"
    )


def _is_ours(host: str, own: str) -> bool:
    name = urlsplit(f"//{host}").hostname or ""
    if name in ("", "localhost", own) or name.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
