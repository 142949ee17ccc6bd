"""How a route of the customer's own JSON API is declared: ``/api/me/…``, what the pages show, for a page of one's own.

It is served to whoever a page would be served to: by a token in the header (:mod:`invoice_portal.sessions`), by the
host's login, or by the cookie of a session. A handler is a program that gives a frozen dataclass: its fields are the
JSON that is sent and the schema in the OpenAPI document.

    ROUTES = (
        reads("api_me_plans", "/plans", "The plans to choose from", plans, Plans),
        does("api_me_choose_plan", "/plans/{plan}", "Choose a plan", choose, Chosen, takes=Choice, audit="plan.chosen"),
    )

A route that changes something is POST. By a cookie or a login it needs the form token that ``GET /api/me`` gives; by a
token in the header it needs none, since no other site's page can send that.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias, TypeVar

from invoice_portal.answers import retry_header
from invoice_portal.api.schema import Schema, as_json, body_schema, read_body, schema_of
from invoice_portal.effects import Program
from invoice_portal.errors import BadRequest, FormExpired, NotIdentified, PortalError
from invoice_portal.hooks import EventName
from invoice_portal.http import Data, Response
from invoice_portal.marking import N_
from invoice_portal.routing import Route
from invoice_portal.visits import Visit

T = TypeVar("T")
B = TypeVar("B")

Handler: TypeAlias = Callable[[Visit], Program[T | Data]]
Change: TypeAlias = Callable[[Visit, B], Program[T | Data]]

PREFIX: Final = "/api/me"
TAG: Final = "A customer's own page"
VIEWED: Final = {"subscription": "One subscription, `sub_…`.", "customer": "One of several customers, `cus_…`."}
"""The parameters of a call that looks at one customer's subscriptions."""
_FORM_ADVICE: Final = N_("Please reload the page and try again. Nothing was changed.")

log = logging.getLogger("invoice_portal")


def reads(
    name: str,
    path: str,
    summary: str,
    handler: Handler[T],
    answer: type[T],
    *,
    query: Mapping[str, str] | None = None,
    audit: str = "",
    event: EventName | None = None,
) -> Route:
    """A GET below ``/api/me``. ``query`` describes the parameters that it takes, by their names."""

    async def program(visit: Visit) -> Response:
        return _data(await handler(visit))

    described = _operation(summary, path, answer, query=query)
    return Route(name, PREFIX + path, program, api=True, own=True, audit=audit, event=event, operation=described)


def does(
    name: str,
    path: str,
    summary: str,
    handler: Change[B, T],
    answer: type[T],
    *,
    takes: type[B],
    audit: str = "",
    event: EventName | None = None,
    anonymous: bool = False,
) -> Route:
    """A POST below ``/api/me`` that changes something. ``takes`` is the dataclass that its JSON body is read into.

    An ``anonymous`` one is for whoever is not let in yet: it needs no form token and nobody's login.
    """

    async def program(visit: Visit) -> Response:
        return _data(await handler(visit, read_body(visit.request.body, takes)))

    return Route(
        name,
        PREFIX + path,
        program,
        ("POST",),
        protected=not anonymous,
        anonymous=anonymous,
        api=True,
        own=True,
        audit=audit,
        event=event,
        operation=_operation(summary, path, answer, body=body_schema(takes), signed_in=not anonymous),
    )


def _data(value: Any) -> Data:
    """The answer; a handler may give a whole ``Data`` where it has cookies or an entry for the audit trail."""
    return value if isinstance(value, Data) else Data(value=as_json(value))


def own_error(visit: Visit, error: PortalError) -> Data:
    """An error as JSON: its kind for programs; for people what is wrong, and what to do next, in their language.

    ``detail`` says more in debug mode, never with a live key.
    """
    log.log(logging.ERROR if error.status == 503 else logging.INFO, "%s: %s", type(error).__name__, error.detail)
    _ = visit.language.gettext
    told: dict[str, Any] = {
        "type": type(error).__name__,
        "message": _(error.title),
        "advice": _(_FORM_ADVICE if isinstance(error, FormExpired) else error.advice),
    }
    # What is wrong with a request's form is for whoever wrote the program, and tells nothing of a customer's.
    if isinstance(error, BadRequest) or (visit.settings.debug and not visit.settings.live):
        told["detail"] = error.detail
    challenge = {"WWW-Authenticate": "Bearer"} if isinstance(error, NotIdentified) else {}
    return Data(value={"error": told}, status=error.status, headers={**retry_header(error), **challenge})


_ERROR: Final[Schema] = {
    "type": "object",
    "properties": {
        "error": {
            "type": "object",
            "properties": {
                "type": {"type": "string", "description": "For programs: `SessionExpired`, `NotFound` and so on."},
                "message": {"type": "string", "description": "What is wrong, in the visitor's language."},
                "advice": {"type": "string", "description": "What to do next, in the visitor's language."},
                "detail": {"type": "string", "description": "For developers; not always there."},
            },
            "required": ["type", "message", "advice"],
        }
    },
    "required": ["error"],
}
_ERRORS: Final = {
    "400": "Something in the request makes no sense; `detail` says what.",
    "401": "Nobody, or the session has ended: exchange a fresh signature at `/api/me/session`.",
    "403": "Not allowed here, a signature that does not verify, or a form token that is missing.",
    "404": "No such object for this visitor.",
    "409": "It was changed meanwhile: read it again.",
    "429": "Too often; `Retry-After` says when to try again.",
    "503": "Stripe or the database does not answer; `Retry-After` says when to try again.",
}


def _operation(
    summary: str,
    path: str,
    answer: type,
    *,
    query: Mapping[str, str] | None = None,
    body: Schema | None = None,
    signed_in: bool = True,
) -> dict[str, Any]:
    described: dict[str, Any] = {
        "summary": summary,
        "tags": [TAG],
        "parameters": [
            *(_parameter(name, "path", f"The {name.replace('_', ' ')}'s id.") for name in re.findall(r"{(\w+)}", path)),
            *(_parameter(name, "query", about) for name, about in {**(query or {}), **_EVERYWHERE}.items()),
        ],
        "responses": {
            "200": {"description": "Done.", "content": {"application/json": {"schema": schema_of(answer)}}},
            **{
                status: {"description": text, "content": {"application/json": {"schema": _ERROR}}}
                for status, text in _ERRORS.items()
            },
        },
        # Whoever is logged in at the host, or holds a session's cookie, needs no token.
        "security": [{SECURITY_SCHEME: []}, {}] if signed_in else [{}],
    }
    if body is not None:
        needed = bool(body["required"])
        described["requestBody"] = {"required": needed, "content": {"application/json": {"schema": body}}}
    return described


SECURITY_SCHEME: Final = "customerToken"
_EVERYWHERE: Final = {"lang": "The language of the texts, such as `de`; else that of `Accept-Language`."}


def _parameter(name: str, place: str, about: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": place,
        "required": place == "path",
        "schema": {"type": "string"},
        "description": about,
    }
