"""The stand-in for Stripe.js: the script at Stripe's own path, its frames, and what those ask the sandbox.

The frames speak to the API with the publishable key and a client secret, as Stripe's do. What Stripe.js asks by ways
that Stripe does not document (how an element is to look, the bank's question, a bank that is chosen from a list) is
asked under ``/stripe-js/``.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from stripe_sandbox.errors import StripeError, StripeSandboxError
from stripe_sandbox.http import Json, Request, Response
from stripe_sandbox.stripejs import asking

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox

PREFIX: Final = "/stripe-js/"
_FILES: Final = Path(__file__).parent
_SCRIPT: Final = re.compile(r"/v3/?|/[a-z]+/stripe\.js")
_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
}
_FRAME_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'"
)


def serves(path: str) -> bool:
    """Whether a path is the script's (`/v3/`, `/dahlia/stripe.js`) or one of its frames'."""
    return path.startswith(PREFIX) or _SCRIPT.fullmatch(path) is not None


def respond(sandbox: Sandbox, request: Request) -> Response:
    """Answer the script, a file of its frames, or what these ask."""
    name = request.path.removeprefix(PREFIX) if request.path.startswith(PREFIX) else "stripe.js"
    if request.method in ("GET", "HEAD"):
        return _file(name)
    if request.method != "POST" or name not in asking.QUESTIONS:
        return Response(405, {"Allow": "GET, HEAD"})
    try:
        with sandbox.lock:
            sandbox.settle()
            return _json(200, asking.QUESTIONS[name](sandbox, _sent(request)))
    except StripeSandboxError as error:
        return _json(error.status, error.body)
    except StripeError as error:
        return _json(error.status, error.body(sandbox.ids.new("req")))


def _file(name: str) -> Response:
    body = _read().get(name)
    if body is None:
        return Response(404, {"Content-Type": "text/plain; charset=utf-8"}, b"There is no such file.\n")
    headers = {
        "Content-Type": _TYPES[Path(name).suffix],
        "Cache-Control": "no-cache",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    if name.endswith(".html"):
        headers["Content-Security-Policy"] = _FRAME_POLICY
    return Response(200, headers, body)


@cache
def _read() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in _FILES.iterdir() if path.suffix in _TYPES}


def _sent(request: Request) -> Json:
    """The question, which must say that it is JSON: no form of another site can send that."""
    if not (request.header("content-type") or "").startswith("application/json"):
        raise StripeError("Send JSON.", status=415)
    try:
        sent = json.loads(request.body)
    except ValueError:
        sent = None
    if not isinstance(sent, dict):
        raise StripeError("This is no JSON object.")
    return sent


def _json(status: int, body: Json) -> Response:
    return Response(
        status, {"Content-Type": "application/json", "Cache-Control": "no-store"}, json.dumps(body).encode()
    )
