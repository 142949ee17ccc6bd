"""The pages that an intent sends the customer to: the bank's question by redirect, and the small deposits.

Whoever has the link may answer, as at Stripe.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from stripe_sandbox import hosted
from stripe_sandbox.errors import StripeSandboxError
from stripe_sandbox.formats import money
from stripe_sandbox.http import Json, Request, Response

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox

_KINDS = ("payment_intent", "setup_intent")
_OUTCOMES = {"succeeded": "succeeded", "processing": "succeeded", "requires_payment_method": "failed"}


def respond(sandbox: Sandbox, request: Request, name: str, token: str) -> Response | None:
    """Answer `/hosted/authenticate/<token>` or `/hosted/microdeposits/<token>`; None where there is no such link."""
    intent = next((item for kind in _KINDS for item in sandbox.store.all(kind) if item["_token"] == token), None)
    if intent is None:
        return None
    form = hosted.fields_of(request) if request.method == "POST" else {}
    return _authenticate(sandbox, intent, form) if name == "authenticate" else _deposits(sandbox, intent, form)


def _authenticate(sandbox: Sandbox, intent: Json, form: dict[str, str]) -> Response:
    back = intent["_return_url"]
    if "answer" in form and intent["status"] == "requires_action":
        try:
            sandbox.authenticate(intent["id"], agreed=form["answer"] == "confirm")
        except StripeSandboxError as error:
            if error.status != 402:
                raise
        return hosted.see_other(_returning(back, sandbox.store[intent["object"], intent["id"]]))
    if intent["status"] != "requires_action":
        return hosted.see_other(_returning(back, intent))
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(back))
    return hosted.page("authenticate.html", {"amount": _amount(intent), "action": _path(intent)}, form_to=origin)


def _deposits(sandbox: Sandbox, intent: Json, form: dict[str, str]) -> Response:
    problem = ""
    if form and intent["status"] == "requires_action":
        amounts = [int(text) for text in re.findall(r"[0-9]{1,3}", form.get("amounts", ""))]
        kind = f"{intent['object']}s"
        try:
            sandbox.call("POST", f"/v1/{kind}/{intent['id']}/verify_microdeposits", {"amounts": amounts})
            return hosted.see_other(f"/hosted/microdeposits/{intent['_token']}")
        except StripeSandboxError as error:
            problem = str(error.error["message"])
    waiting = intent["status"] == "requires_action"
    context = {"problem": problem, "waiting": waiting, "action": f"/hosted/microdeposits/{intent['_token']}"}
    return hosted.page("microdeposits.html", context, status=402 if problem else 200)


def _returning(back: str, intent: Json) -> str:
    """The merchant's address with what Stripe adds to it."""
    parts = urlsplit(back)
    added = {
        intent["object"]: intent["id"],
        f"{intent['object']}_client_secret": intent["client_secret"],
        "redirect_status": _OUTCOMES.get(intent["status"], "pending"),
    }
    return urlunsplit(parts._replace(query=urlencode([*parse_qsl(parts.query), *added.items()])))


def _path(intent: Json) -> str:
    return f"/hosted/authenticate/{intent['_token']}"


def _amount(intent: Json) -> str:
    return money(intent["amount"], intent["currency"]) if "amount" in intent else ""
