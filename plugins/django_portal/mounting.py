"""The views: requests and replies translated, nothing else. Sync and async views share everything but the waiting."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from inspect import isawaitable, iscoroutinefunction
from typing import Any, TypeAlias

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.handlers.asgi import ASGIRequest
from django.db import connections
from django.db.transaction import non_atomic_requests
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, UnreadablePostError
from django.http.request import HttpHeaders, RawPostDataException
from django.middleware.csrf import CsrfViewMiddleware, get_token
from django.urls import URLPattern, path, reverse
from django.views.decorators.csrf import csrf_exempt

from django_portal.conf import get_identify, get_portal
from django_portal.rendering import renderer
from invoice_portal import ConfigurationError, Identity
from invoice_portal.http import HostForm, Reply, Request, whole_body
from invoice_portal.routes import ROUTES
from invoice_portal.routing import Route
from invoice_portal.sessions import bearer_of

View: TypeAlias = Callable[..., HttpResponse | Awaitable[HttpResponse]]

NAMESPACE = "invoice_portal"
_CSRF_FIELD = "csrfmiddlewaretoken"


def url_patterns(view_of: Callable[[Route], View]) -> list[URLPattern]:
    """Every route as a Django path with the view that ``view_of`` makes."""
    patterns = []
    for route in ROUTES:
        pattern = route.path.removeprefix("/").replace("{", "<str:").replace("}", ">")
        # Django looks at the path alone: the first pattern of a path answers for every route that shares it.
        sharing = [(same, view_of(same)) for same in ROUTES if same.path == route.path]
        views = {method: view for same, view in sharing for method in _methods(same)}
        # Forms are checked all the same, in _form_of: so that a refusal is a page of the portal's, or JSON.
        view = _own_transactions(csrf_exempt(_by_method(route, views)))
        patterns.append(path(pattern, view, name=route.name))
    return patterns


def _methods(route: Route) -> list[str]:
    heads = ["HEAD"] if "GET" in route.methods else []
    return [*route.methods, *heads, *(["OPTIONS"] if route.own else [])]


class _Check(CsrfViewMiddleware):
    """Django's check of forms that says why it refuses, in place of answering with a page."""

    def _reject(self, request: HttpRequest, reason: str) -> Any:
        return reason


def _form_of(route: Route, request: HttpRequest) -> HostForm | None:
    """Django's own token, and whether the form that came in has it. None where no cookie says who asks."""
    if route.anonymous or request.method == "OPTIONS" or bearer_of(_headers(request)):
        return None
    check = _Check(_nothing)
    check.process_request(request)
    refusal: Any = check.process_view(request, _nothing, (), {})
    header = HttpHeaders.parse_header_name(settings.CSRF_HEADER_NAME) or ""
    return HostForm(_CSRF_FIELD, get_token(request), header, refusal=str(refusal or ""))


def _nothing(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def _headers(request: HttpRequest) -> dict[str, str]:
    return {name.lower(): value for name, value in request.headers.items()}


def _own_transactions(view: Any) -> Any:
    """The view outside of ``ATOMIC_REQUESTS``, in every database.

    The audit trail is a chain: until a record's transaction ends nobody else can write theirs, so that it must not
    wait for Stripe, templates or a mail server; and an error in a page must not take back what was recorded before.
    """
    for alias in connections:
        view = non_atomic_requests(using=alias)(view)
    return view


def _by_method(route: Route, views: Mapping[str, View]) -> View:
    if iscoroutinefunction(next(iter(views.values()))):

        async def waiting(request: HttpRequest, **args: str) -> HttpResponse:
            found: Any = views.get(str(request.method))
            answer: HttpResponse = await found(request, **args) if found else HttpResponseNotAllowed(list(views))
            return _unlogged(route, answer)

        return waiting

    def view(request: HttpRequest, **args: str) -> HttpResponse:
        found: Any = views.get(str(request.method))
        answer: HttpResponse = found(request, **args) if found else HttpResponseNotAllowed(list(views))
        return _unlogged(route, answer)

    return view


def _unlogged(route: Route, response: HttpResponse) -> HttpResponse:
    """Keep what lets somebody in out of Django's request log, and of its mail to the admins.

    Django logs the path of every error, which may be the address of an arrival, and mails the admins the whole request
    where Stripe or the database does not answer: the visitor's cookies, and what Stripe added to the address. It does
    neither where the answer says that this has been done; our own log says what happened.
    """
    if route.arrives or response.status_code >= 500:
        response._has_been_logged = True  # type: ignore[attr-defined]
    return response


def sync_view(route: Route) -> View:
    """A view that waits for Stripe in its thread."""

    def view(request: HttpRequest, **args: str) -> HttpResponse:
        visitor = None if route.anonymous else _identify_now(request)
        return _response(request, get_portal().answer(route, _read(route, request, args, visitor), renderer(request)))

    return view


def async_view(route: Route) -> View:
    """A view that never holds up its event loop: the host's login and templates, which may, run in a thread."""

    async def view(request: HttpRequest, **args: str) -> HttpResponse:
        portal = get_portal()
        visitor = None if route.anonymous else await _identify(request)
        visit = portal.begin(_read(route, request, args, visitor))
        try:
            response, visit = await portal.nonblocking.run(portal.serve(route, visit))
        finally:
            if not isinstance(request, ASGIRequest):  # under WSGI every request has an event loop of its own
                await portal.nonblocking.close()
        return _response(request, await sync_to_async(portal.finish)(response, visit, renderer(request)))

    return view


def url_for(request: HttpRequest | None, route: str, /, **args: str) -> str:
    """The address of a portal route, under the namespace by which the request came in."""
    match = getattr(request, "resolver_match", None)
    return reverse(f"{NAMESPACE}:{route}", kwargs=args, current_app=match.namespace if match else None)


def _identify_now(request: HttpRequest) -> Identity | None:
    identify = get_identify()
    if iscoroutinefunction(identify):
        raise ConfigurationError("an async identify function needs django_portal.aurls; django_portal.urls is sync.")
    found: Any = identify(request)
    visitor: Identity | None = found
    return visitor


async def _identify(request: HttpRequest) -> Identity | None:
    identify = get_identify()
    found: Any = identify(request) if iscoroutinefunction(identify) else await sync_to_async(identify)(request)
    visitor: Identity | None = await found if isawaitable(found) else found
    return visitor


def _read(route: Route, request: HttpRequest, args: dict[str, str], visitor: Identity | None) -> Request:
    body = _body(request, route.longest_body) if route.api else b""
    return Request(
        method=request.method or "GET",
        path=request.path,
        url_for=partial(url_for, request),
        args=args,
        query={name: values[0] for name, values in request.GET.lists() if values},
        form={} if route.api else _fields(request),
        cookies=request.COOKIES,
        headers=_headers(request),
        secure=request.is_secure(),
        client=request.META.get("REMOTE_ADDR") or "",
        body=body or b"",
        unread=body is None,
        visitor=visitor,
        arriving=route.arrives,
        host_form=_form_of(route, request),
    )


def _fields(request: HttpRequest) -> dict[str, str]:
    """The fields of a form; none where the client hung up before its end, whose token is missing then as well."""
    try:
        return {name: values[0] for name, values in request.POST.lists() if values}
    except UnreadablePostError:
        return {}


def _body(request: HttpRequest, longest: int) -> bytes | None:
    """The body of a call of the API or the webhook; None where it is longer than any can be, or not all to be had.

    Under WSGI Django reads no body without a ``Content-Length``.
    """
    announced = request.META.get("CONTENT_LENGTH") or ""
    length = int(announced) if announced.isdecimal() else None
    if length is not None and length > longest:
        return None
    try:
        body = request.read(longest + 1) if length is None else request.body
    except (RawPostDataException, RequestDataTooBig, UnreadablePostError):
        return None
    chunked = "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower()
    return whole_body(body, length, longest, chunked=chunked)


def _response(request: HttpRequest, reply: Reply) -> HttpResponse:
    headers = {**reply.headers, "Content-Length": str(len(reply.body))}
    # Not every server cuts the body of an answer to HEAD, and a client would take it for the next answer.
    response = HttpResponse(b"" if request.method == "HEAD" else reply.body, status=reply.status, headers=headers)
    if request.META.get("CSRF_COOKIE_NEEDS_UPDATE"):  # the JSON API has given a token, and no middleware may be there
        CsrfViewMiddleware(_nothing).process_response(request, response)
    # Who may frame a page is said by its Content-Security-Policy; Django's X-Frame-Options would overrule it.
    response.xframe_options_exempt = True
    for cookie in reply.cookies:
        response.set_cookie(
            cookie.name,
            cookie.value,
            max_age=cookie.max_age,
            path=cookie.path,
            secure=cookie.secure,
            httponly=cookie.httponly,
            samesite="Lax",
        )
    return response
