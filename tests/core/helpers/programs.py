"""Stepping a program by hand: no event loop, no thread, no socket."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from invoice_portal.effects import Failed, HostCall, Ok, Outcome, Program, Query, StripeCall, Together
from invoice_portal.errors import NotFound, PortalError

T = TypeVar("T")

Answer = PortalError | Callable[[Mapping[str, Any]], Any] | dict[str, Any]
"""JSON, an error, or a function from the call's parameters to either."""


@dataclass
class Stripe:
    """Answers calls by their path, and remembers them. A path that is not listed is an object that is missing.

    ``rows`` answers the database's statements by their name, in the same way; one that is not listed is an error.
    """

    answers: Mapping[str, Answer]
    calls: list[StripeCall[Any]] = field(default_factory=list)
    rows: Mapping[str, PortalError | Callable[[Mapping[str, Any]], Sequence[Mapping[str, Any]]]] = field(
        default_factory=dict
    )
    queries: list[Query[Any]] = field(default_factory=list)

    def do(self, call: StripeCall[T]) -> T:
        """The parsed answer. Raises what a driver would raise."""
        self.calls.append(call)
        answer = self.answers.get(call.path, NotFound(f"no {call.path}"))
        if callable(answer):
            answer = answer(call.params)
        if isinstance(answer, PortalError):
            raise answer
        return call.parse(answer)

    def look_up(self, query: Query[T]) -> T:
        """What is read from the rows of a statement. Raises what a driver would raise."""
        self.queries.append(query)
        answer = self.rows[query.statement]
        if isinstance(answer, PortalError):
            raise answer
        return query.read(answer(query.params))

    def asked(self, path: str) -> list[dict[str, Any]]:
        """The parameters of every call to ``path``, in order."""
        return [dict(call.params) for call in self.calls if call.path == path]


def play(program: Program[T], stripe: Stripe) -> T:
    """The program's result, each of its effects done by ``stripe`` in turn."""
    step: Callable[[], Any] = partial(program.send, None)
    while True:
        try:
            work = step()
        except StopIteration as done:
            result: T = done.value
            return result
        try:
            step = partial(program.send, _perform(work, stripe))
        except Exception as error:
            step = partial(program.throw, error)


def _perform(work: object, stripe: Stripe) -> object:
    if isinstance(work, Together):
        return tuple(_outcome(call, stripe) for call in work.calls)
    if isinstance(work, Query):
        return stripe.look_up(work)
    if isinstance(work, HostCall):
        return work.function(work.argument)
    assert isinstance(work, StripeCall), f"a program may await effects only, not {work!r}"
    return stripe.do(work)


def _outcome(call: StripeCall[T], stripe: Stripe) -> Outcome[T]:
    try:
        return Ok(stripe.do(call))
    except PortalError as error:
        return Failed(error)


def ledger(invoices: list[dict[str, Any]]) -> Callable[[Mapping[str, Any]], Any]:
    """Stripe's list of these invoices, the newest first, with its filters and cursors."""

    def answer(params: Mapping[str, Any]) -> Any:
        found = [each for each in invoices if _fits(each, params)]
        ids = [each["id"] for each in found]
        limit = params["limit"]
        if after := params.get("starting_after"):
            found = found[_place(ids, after, invoices) :]
            part, more = found[:limit], len(found) > limit
        elif before := params.get("ending_before"):
            found = found[: ids.index(before)] if before in ids else []
            part, more = found[-limit:], len(found) > limit
        else:
            part, more = found[:limit], len(found) > limit
        return {"object": "list", "data": part, "has_more": more}

    return answer


def _place(ids: list[str], after: str, invoices: list[dict[str, Any]]) -> int:
    if after not in {each["id"] for each in invoices}:
        raise NotFound(f"no such invoice: {after}")
    return ids.index(after) + 1 if after in ids else len(ids)


def _fits(invoice: Mapping[str, Any], params: Mapping[str, Any]) -> bool:
    created, due = params.get("created", {}), params.get("due_date", {})
    parent = (invoice.get("parent") or {}).get("subscription_details") or {}
    return (
        invoice["customer"] == params["customer"]
        and params.get("status") in (None, invoice["status"])
        and params.get("subscription") in (None, parent.get("subscription"))
        and created.get("gte", 0) <= invoice["created"] < created.get("lt", 10**12)
        and (not due or (invoice["due_date"] is not None and invoice["due_date"] < due["lt"]))
    )
