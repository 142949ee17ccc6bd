"""The control interface, JSON under `/_sandbox`: what tests and demos do to a sandbox, and Stripe has no call for.

Bodies are JSON objects and must say so (`Content-Type: application/json`): no page of another site can send that.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeAlias

from stripe_sandbox.errors import StripeSandboxError
from stripe_sandbox.faults import Fault
from stripe_sandbox.http import Json, Request, Response
from stripe_sandbox.outline import outline

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox

PREFIX = "/_sandbox"
_LONGEST_DELAY = 300.0


class _Refused(Exception):
    """What was asked for cannot be done: the status and the reason."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


_Action: TypeAlias = "Callable[[Sandbox, Json], Any]"


def respond(sandbox: Sandbox, request: Request) -> Response:
    """Answer a request under `/_sandbox`. What is refused changes nothing."""
    try:
        answer = _perform(sandbox, request)
    except _Refused as refused:
        return _json({"error": {"message": str(refused)}}, refused.status)
    except StripeSandboxError as error:
        return _json(error.body, error.status)
    return _json(answer)


def _perform(sandbox: Sandbox, request: Request) -> Any:
    segments = tuple(request.path.removeprefix(PREFIX).strip("/").split("/"))
    body = _body(request) if request.method == "POST" else {}
    with sandbox.lock:
        match (request.method, *segments):
            case ("GET", ""):
                return _summary(sandbox)
            case ("GET", "openapi.json"):
                return outline(sandbox)
            case ("POST", "snapshots", name, "restore"):
                return _restore(sandbox, name)
            case ("POST", "payment_intents", id, "authenticate"):
                return _authenticate(sandbox, id, body)
            case ("DELETE", "snapshots", name):
                return _forget(sandbox.saved.pop, name)
            case ("DELETE", "faults"):
                return _forget(sandbox.faults.call_off, None)
            case ("DELETE", "faults", name):
                return _forget(sandbox.faults.call_off, name)
            case ("GET", name) if name in _READ:
                return _READ[name](sandbox)
            case ("POST", *names) if (action := _ACTIONS.get("/".join(names))) is not None:
                return action(sandbox, body)
            case _:
                raise _Refused(f"There is no {request.method} {request.path} here.", 404)


def _body(request: Request) -> Json:
    kind = (request.header("content-type") or "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise _Refused("Send JSON, and say so: Content-Type: application/json.", 415)
    try:
        body = json.loads(request.body or b"{}")
    except (ValueError, RecursionError) as error:
        raise _Refused("The body is no JSON.") from error
    if not isinstance(body, dict):
        raise _Refused("The body is no JSON object.")
    return body


def _take(body: Json, **kinds: type | tuple[type, ...]) -> Json:
    """The values that were sent; refuses the unknown and the ill-typed."""
    for name, value in body.items():
        if name not in kinds:
            raise _Refused(f"Unknown: {name}. Known here: {', '.join(kinds) or 'nothing'}.")
        wanted = kinds[name]
        is_flag = isinstance(value, bool) and wanted is not bool
        if not isinstance(value, wanted) or is_flag:
            raise _Refused(f"{name} is of the wrong type.")
    return body


def _summary(sandbox: Sandbox) -> Json:
    return {
        "account": sandbox.account["id"],
        "accounts": _accounts(sandbox),
        "api_version": sandbox.api_version,
        "clock": _clock(sandbox),
        "faults": _faults(sandbox),
        "limits": _limits(sandbox),
        "search_delay": sandbox.search_delay,
        "seed": sandbox.seed,
        "snapshots": sorted(sandbox.saved),
    }


def _clock(sandbox: Sandbox) -> Json:
    return {"now": sandbox.clock.now, "stands_still": sandbox.clock.is_fixed}


def _accounts(sandbox: Sandbox) -> list[Json]:
    everyone = [sandbox, *sandbox.connected.values()]
    return [{"id": each.account["id"], "name": each.account["business_profile"]["name"]} for each in everyone]


def _faults(sandbox: Sandbox) -> list[Json]:
    return [
        {"id": name, **asdict(fault), "headers": dict(fault.headers), "struck": struck}
        for name, (fault, struck) in sandbox.faults.ordered().items()
    ]


def _limits(sandbox: Sandbox) -> Json:
    return {"global_rate": sandbox.limits.global_rate, "endpoint_rate": sandbox.limits.endpoint_rate}


def _requests(sandbox: Sandbox) -> list[Json]:
    return [asdict(each) for each in reversed(sandbox.requests.entries)]


def _attempts(sandbox: Sandbox) -> list[Json]:
    return [{**asdict(each), "succeeded": each.succeeded} for each in reversed(sandbox.webhooks.attempts)]


def _move_clock(sandbox: Sandbox, body: Json) -> Json:
    _take(body, set=int, advance=int)
    if len(body) != 1:
        raise _Refused("Give either set (UTC seconds) or advance (seconds).")
    if "set" in body:
        if not 0 <= body["set"] < 2**40:
            raise _Refused("set is out of range.")
        sandbox.clock.set(body["set"])
    elif not 0 <= body["advance"] < 2**33:
        raise _Refused("The clock only advances; set takes it back.")
    else:
        sandbox.clock.advance(body["advance"])
    return _clock(sandbox)


def _order_fault(sandbox: Sandbox, body: Json) -> Json:
    optional = type(None)
    _take(
        body,
        method=str,
        path=str,
        skip=int,
        times=(int, optional),
        chance=(int, float),
        delay=(int, float),
        status=(int, optional),
        type=(str, optional),
        code=(str, optional),
        message=(str, optional),
        reason=(str, optional),
        headers=dict,
        cut=(str, optional),
        carried_out=bool,
    )
    if body.get("delay", 0) > _LONGEST_DELAY:
        raise _Refused(f"delay: at most {_LONGEST_DELAY:.0f} seconds.")
    try:
        fault = Fault(**{**body, "headers": {str(name): str(text) for name, text in body.get("headers", {}).items()}})
    except ValueError as error:
        raise _Refused(str(error)) from error
    name = sandbox.faults.order(fault)
    return next(each for each in _faults(sandbox) if each["id"] == name)


def _set_limits(sandbox: Sandbox, body: Json) -> Json:
    _take(body, global_rate=(int, type(None)), endpoint_rate=(int, type(None)))
    for name, rate in body.items():
        setattr(sandbox.limits, name, rate)
    return _limits(sandbox)


def _reset(sandbox: Sandbox, body: Json) -> Json:
    _take(body, seed=int, now=(int, type(None)), fill=str)
    fill = body.get("fill", "empty")
    if fill not in ("demo", "empty"):
        raise _Refused("fill: demo or empty.")
    demo = importlib.import_module("stripe_sandbox.seed").demo if fill == "demo" else None
    sandbox.reset(seed=body.get("seed", 1), now=body.get("now"), fill=demo)
    return _summary(sandbox)


def _save(sandbox: Sandbox, body: Json) -> Json:
    _take(body, name=str)
    if not body.get("name") or "/" in body["name"]:
        raise _Refused("A snapshot needs a name without a slash.")
    sandbox.saved[body["name"]] = sandbox.snapshot()
    return {"name": body["name"], "snapshots": sorted(sandbox.saved)}


def _restore(sandbox: Sandbox, name: str) -> Json:
    if name not in sandbox.saved:
        raise _Refused(f"There is no snapshot {name}.", 404)
    sandbox.restore(sandbox.saved[name])
    return _summary(sandbox)


def _pull_levers(sandbox: Sandbox, body: Json) -> Json:
    _take(body, paused=bool, duplicate=int, shuffled=bool, seed=int)
    webhooks = sandbox.webhooks
    if "duplicate" in body:
        if not 0 <= body["duplicate"] <= 100:
            raise _Refused("duplicate: from 0 to 100.")
        webhooks.duplicate(body["duplicate"])
    if "shuffled" in body:
        webhooks.reorder(body["shuffled"], seed=body.get("seed", 1))
    if "paused" in body:
        (webhooks.pause if body["paused"] else webhooks.resume)()
    return body


def _redeliver(sandbox: Sandbox, body: Json) -> Json:
    _take(body, event=str, endpoint=str)
    try:
        sandbox.webhooks.redeliver(body.get("event", ""), body.get("endpoint"))
    except KeyError as error:
        raise _Refused(f"There is no {error.args[0]}.", 404) from error
    return body


def _connect(sandbox: Sandbox, body: Json) -> Json:
    _take(body, name=str, id=str)
    id = body.get("id")
    if id is not None and (id in sandbox.connected or not id.startswith("acct_") or not id[5:].isalnum()):
        raise _Refused("id: acct_ with letters and digits, and not taken.")
    account = sandbox.connect(body.get("name", "Connected account"), id=id).account
    return {"id": account["id"], "name": account["business_profile"]["name"]}


def _restrict(sandbox: Sandbox, body: Json) -> Json:
    _take(body, key=str, permissions=list)
    if not str(body.get("key", "")).startswith("rk_test_"):
        raise _Refused("key: rk_test_…")
    sandbox.restrict(body["key"], [str(each) for each in body.get("permissions", [])])
    return body


def _set_search(sandbox: Sandbox, body: Json) -> Json:
    _take(body, delay=int)
    sandbox.search_delay = body.get("delay", 0)
    return {"delay": sandbox.search_delay}


def _authenticate(sandbox: Sandbox, id: str, body: Json) -> Json:
    _take(body, agreed=bool)
    holder = next(
        (each for each in (sandbox, *sandbox.connected.values()) if each.store.get("payment_intent", id)), sandbox
    )
    holder.authenticate(id, agreed=body.get("agreed", True))
    return holder.call("GET", f"/v1/payment_intents/{id}")


def _forget(forget: Callable[[Any], object], name: str | None) -> Json:
    try:
        forget(name)
    except KeyError as error:
        raise _Refused(f"There is no {name}.", 404) from error
    return {"deleted": True}


_READ: Mapping[str, Callable[[Sandbox], Any]] = {
    "accounts": _accounts,
    "clock": _clock,
    "deliveries": _attempts,
    "faults": _faults,
    "limits": _limits,
    "requests": _requests,
    "snapshots": lambda sandbox: sorted(sandbox.saved),
}
_ACTIONS: Mapping[str, _Action] = {
    "accounts": _connect,
    "clock": _move_clock,
    "faults": _order_fault,
    "keys": _restrict,
    "limits": _set_limits,
    "reset": _reset,
    "search": _set_search,
    "snapshots": _save,
    "webhooks": _pull_levers,
    "webhooks/redeliver": _redeliver,
}


def _json(answer: Any, status: int = 200) -> Response:
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    return Response(status, headers, json.dumps(answer, indent=2).encode())
