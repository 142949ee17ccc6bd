"""The page at `/`: what is in the sandbox, for the person who runs it, and a few things to do to it.

It works without JavaScript. What it does, it does through the same API as everybody else.
"""

from __future__ import annotations

import base64
import hashlib
import importlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import parse_qs, quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from stripe_sandbox.errors import StripeSandboxError
from stripe_sandbox.formats import money
from stripe_sandbox.hosted import PAGES, SHARED_HEADERS
from stripe_sandbox.http import Json, Request, Response

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox

_ROWS = 25
_HOUR, _DAY = 60 * 60, 24 * 60 * 60
STEPS = (("1 hour", _HOUR), ("1 day", _DAY), ("1 week", 7 * _DAY), ("1 month", 31 * _DAY))
TONES = {
    "paid": "good", "active": "good", "succeeded": "good", "open": "warn", "past_due": "bad", "trialing": "warn",
    "uncollectible": "bad", "requires_action": "warn", "requires_payment_method": "bad", "failed": "bad",
}  # fmt: skip
_GOOD_CARD, _BAD_CARD = "pm_card_visa", "pm_card_chargeCustomerFail"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a list: `main` leads to the object, `status` and `amount` may be empty."""

    main: str
    sub: str
    href: str = ""
    status: str = ""
    tone: str = ""
    amount: str = ""
    link: str = ""
    actions: tuple[tuple[str, str], ...] = ()
    id: str = ""


def serves(path: str) -> bool:
    """Whether a path is this page's."""
    return path in ("/", "/act")


def respond(sandbox: Sandbox, request: Request) -> Response:
    """Answer the page, or do what one of its buttons asks for and lead back."""
    with sandbox.lock:
        sandbox.settle()
        if request.path == "/act":
            if request.method != "POST":
                return _see("/")
            return _see(_act(sandbox, _pairs(request.body.decode("utf-8", "replace"))))
        if request.method not in ("GET", "HEAD"):
            return Response(405, {"Allow": "GET, HEAD"})
        asked = _pairs(request.query)
        account = sandbox.connected.get(asked.get("account", ""), sandbox)
        return _page(_context(sandbox, account, asked))


def _context(sandbox: Sandbox, account: Sandbox, asked: Mapping[str, str]) -> dict[str, object]:
    id = asked.get("id", "")
    found = _find(account, id) if id else None
    view = asked.get("view", "invoices")
    view = view if view in VIEWS else "invoices"
    older = asked.get("after") or None
    rows, more = ([], None) if found else VIEWS[view](account, older)
    return {
        "title": id if found else view.capitalize(),
        "account": account.account["id"],
        "accounts": [
            (each.account["id"], each.account["business_profile"]["name"])
            for each in (sandbox, *sandbox.connected.values())
        ],
        "name": account.account["business_profile"]["name"],
        "now": _moment(sandbox.clock.now),
        "stands_still": sandbox.clock.is_fixed,
        "steps": STEPS,
        "counts": {kind: len(account.store.table(kind)) for kind in ("customer", "invoice", "subscription", "event")},
        "faults": len(sandbox.faults.ordered()),
        "views": list(VIEWS),
        "view": view,
        "rows": rows,
        "after": more,
        "problem": asked.get("problem", ""),
        "done": asked.get("done", ""),
        "found": found,
        "text": json.dumps(account.shown(found), indent=2, ensure_ascii=False) if found else "",
        "actions": _actions(found) if found else (),
        "link": _link(account.shown(found)) if found else "",
    }


def _find(account: Sandbox, id: str) -> Json | None:
    return next((item for kind in account.resources if (item := account.store.get(kind, id)) is not None), None)


# Lists

Rows: TypeAlias = "tuple[list[Row], str | None]"


def _listed(account: Sandbox, kind: str, after: str | None, row: Callable[[Sandbox, Json], Row]) -> Rows:
    table = account.store.table(kind)
    if after is not None and table.get(after) is None:
        after = None
    found: list[Json] = []
    for item in table.newest({}, after=after):
        if len(found) == _ROWS:
            return [row(account, each) for each in found], str(found[-1]["id"])
        found.append(item)
    return [row(account, each) for each in found], None


def _customer(account: Sandbox, item: Json) -> Row:
    owed = "past due" if item["delinquent"] else ""
    return Row(
        item["name"] or item["email"] or item["id"],
        f"{item['email'] or ''} {item['id']}".strip(),
        status=owed,
        tone="bad",
        id=item["id"],
    )


def _invoice(account: Sandbox, item: Json) -> Row:
    who = item["customer_name"] or item["customer_email"] or item["customer"]
    return Row(
        item["number"] or "Draft",
        f"{who} · {_moment(item['created'])}",
        status=item["status"],
        tone=TONES.get(item["status"], ""),
        amount=money(item["total"], item["currency"]),
        link=_link(account.shown(item)),
        actions=_actions(item)[:2],
        id=item["id"],
    )


def _subscription(account: Sandbox, item: Json) -> Row:
    customer = account.store.get("customer", item["customer"]) or {}
    who = customer.get("name") or customer.get("email") or item["customer"]
    status = item["status"]
    return Row(
        who,
        f"{item['id']} · since {_moment(item['created'])}",
        status=status,
        tone=TONES.get(status, ""),
        id=item["id"],
    )


def _event(account: Sandbox, item: Json) -> Row:
    return Row(item["type"], f"{_moment(item['created'])} · {item['_about']}", id=item["id"])


def _requests(account: Sandbox, after: str | None) -> Rows:
    sandbox = account.platform or account
    rows = [
        Row(
            f"{each.method} {each.path}",
            f"{_moment(each.at)} · {each.request_id}" + (f" · {each.error}" if each.error else ""),
            status=str(each.status),
            tone="good" if each.status < 400 else "bad",
        )
        for each in reversed(sandbox.requests.entries)
        if (each.account or sandbox.account["id"]) == account.account["id"]
    ]
    return rows[:100], None


def _deliveries(account: Sandbox, after: str | None) -> Rows:
    sandbox = account.platform or account
    rows = [
        Row(
            each.type,
            f"{each.url} · attempt {each.number} · {_moment(each.at)}" + (f" · {each.error}" if each.error else ""),
            status=str(each.status or "no answer"),
            tone="good" if each.succeeded else "bad",
            id=each.event,
        )
        for each in reversed(sandbox.webhooks.attempts)
    ]
    return rows[:100], None


VIEWS: Mapping[str, Callable[[Sandbox, str | None], Rows]] = {
    "invoices": lambda account, after: _listed(account, "invoice", after, _invoice),
    "customers": lambda account, after: _listed(account, "customer", after, _customer),
    "subscriptions": lambda account, after: _listed(account, "subscription", after, _subscription),
    "events": lambda account, after: _listed(account, "event", after, _event),
    "requests": _requests,
    "webhooks": _deliveries,
}


# What can be done


def _actions(item: Json) -> tuple[tuple[str, str], ...]:
    """The buttons of an object: what each does, and what it says."""
    if item.get("deleted"):
        return ()
    match item["object"], item.get("status"):
        case "invoice", "draft":
            return (("finalize", "Finalize"),)
        case "invoice", "open" | "uncollectible":
            return (("pay", "Pay"), ("fail", "Let a payment fail"), ("void", "Void"))
        case "payment_intent", "requires_action":
            return (("agree", "Customer agrees"), ("refuse", "Customer refuses"))
        case "subscription", "active" | "trialing" | "past_due":
            return (("cancel", "Cancel now"),)
        case "event", _:
            return (("redeliver", "Send again"),)
        case _:
            return ()


def _act(sandbox: Sandbox, form: Mapping[str, str]) -> str:
    """Do it; answers where to go from there."""
    account = sandbox.connected.get(form.get("account", ""), sandbox)
    action, id = form.get("action", ""), form.get("id", "")
    back = {name: form[name] for name in ("account", "view") if form.get(name)}
    if form.get("from") == "object":
        back["id"] = id
    try:
        done = _perform(account, action, id, form)
    except StripeSandboxError as error:
        return "/?" + urlencode({**back, "problem": str(error.error.get("message"))})
    return "/?" + urlencode({**back, "done": done})


def _perform(account: Sandbox, action: str, id: str, form: Mapping[str, str]) -> str:
    safe = quote(id, safe="")
    match action:
        case "advance":
            seconds = next((seconds for _, seconds in STEPS if str(seconds) == form.get("by")), _DAY)
            account.clock.advance(seconds)
            return f"It is now {_moment(account.clock.now)}."
        case "demo" if not len(account.store.table("customer")):
            importlib.import_module("stripe_sandbox.seed").demo(account)
            return "The demo account is there."
        case "finalize":
            account.call("POST", f"/v1/invoices/{safe}/finalize")
            return "Finalized."
        case "pay" | "fail":
            _pay(account, safe, _GOOD_CARD if action == "pay" else _BAD_CARD)
            return "Paid."
        case "void":
            account.call("POST", f"/v1/invoices/{safe}/void")
            return "Voided."
        case "cancel":
            account.call("DELETE", f"/v1/subscriptions/{safe}")
            return "Canceled."
        case "agree" | "refuse":
            account.authenticate(id, agreed=action == "agree")
            return "Answered."
        case "redeliver" if account.store.get("event", id) is not None:
            account.webhooks.redeliver(id)
            return "It is sent again to all that listen to it."
        case _:
            return "There was nothing to do."


def _pay(account: Sandbox, invoice: str, card: str) -> None:
    """Pay with a test card, which the customer has for this once. Raises StripeSandboxError for a decline."""
    customer = account.call("GET", f"/v1/invoices/{invoice}")["customer"]
    method = account.call("POST", f"/v1/payment_methods/{card}/attach", {"customer": customer})["id"]
    try:
        account.call("POST", f"/v1/invoices/{invoice}/pay", {"payment_method": method})
    finally:
        account.call("POST", f"/v1/payment_methods/{method}/detach")


def _link(shown: Json) -> str:
    """The way to the customer's page, on whatever host this one is seen."""
    url = shown.get("hosted_invoice_url") or ""
    return url[url.index("/hosted/") :] if "/hosted/" in url else ""


def _moment(timestamp: int) -> str:
    return f"{datetime.fromtimestamp(timestamp, UTC):%Y-%m-%d %H:%M} UTC"


def _pairs(encoded: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(encoded, max_num_fields=50).items()}


def _see(location: str) -> Response:
    return Response(303, {**SHARED_HEADERS, "Location": location})


def _page(context: Mapping[str, object]) -> Response:
    style = _style()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    headers = {
        **SHARED_HEADERS,
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": policy,
        "Referrer-Policy": "same-origin",
    }
    text = _templates().get_template("desk.html").render({**context, "style": Markup(style)})
    return Response(200, headers, text.encode())


@cache
def _style() -> str:
    files: Sequence[str] = ("hosted.css", "desk.css")
    return "\n".join((PAGES / name).read_text("utf-8").strip() for name in files)


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(PAGES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    filters: dict[str, Any] = {"query": urlencode}
    environment.filters.update(filters)
    return environment
