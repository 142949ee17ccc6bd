"""The blueprint: each route mounted natively, requests and replies translated, nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import flask
from flask import Blueprint
from flask.sansio.app import App
from flask.sansio.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from flask_portal.commands import DEFAULT_NAME, add_commands, group_name
from flask_portal.login import flask_login_user
from flask_portal.tags import EXTENSION, portal_named, template_globals
from invoice_portal import Identity, Portal, PortalSettings
from invoice_portal.errors import ConfigurationError
from invoice_portal.hooks import hooks_of
from invoice_portal.http import Rendered, Reply, Request, whole_body
from invoice_portal.portal import portal_of
from invoice_portal.resources import data_dir
from invoice_portal.routes import ROUTES
from invoice_portal.routing import Route

HOOKS = "hooks"
"""The one entry of the config that is no setting: the host's own functions."""

Identify: TypeAlias = Callable[[flask.Request], Identity | None]


def blueprint(
    portal: Portal | PortalSettings | None = None, *, identify: Identify | None = None, name: str = DEFAULT_NAME
) -> Blueprint:
    """A blueprint to register under a prefix of your choice.

    Without ``portal`` the settings are read from ``app.config["INVOICE_PORTAL"]`` when it is registered. ``identify``
    says who is logged in; without it Flask-Login's ``current_user`` is asked, where the app uses Flask-Login. Raises
    :class:`~invoice_portal.ConfigurationError` for settings that cannot work.
    """
    mounted = Mounted(portal_of(portal) if portal else None, identify)
    folder = str(data_dir("templates"))
    result = Blueprint(name, __name__, template_folder=folder, cli_group=group_name(name))
    add_commands(result)
    result.record(mounted.register)
    for route in ROUTES:
        rule = route.path.replace("{", "<").replace("}", ">")
        # Flask would answer "/billing" with a redirect, and a POST to it with an error: both spellings are one page.
        result.add_url_rule(
            rule,
            endpoint=route.name,
            view_func=mounted.view(route),
            methods=[*route.methods, "OPTIONS"] if route.own else route.methods,
            strict_slashes=False,
        )
    return result


class Mounted:
    """What a blueprint was made with. One blueprint may be registered in several apps, each with its own settings."""

    def __init__(self, portal: Portal | None, identify: Identify | None) -> None:
        self._given = portal
        self._identify = identify

    def register(self, state: BlueprintSetupState) -> None:
        """Keep the app's portal with the app, and add the template globals: with several portals, the first one's."""
        app = state.app
        name = ".".join(part for part in (state.name_prefix, state.name) if part)
        portal = self._given or _from_config(app)
        portal.start()
        app.extensions.setdefault(EXTENSION, {})[name] = portal
        for tag, function in template_globals(name).items():
            app.jinja_env.globals.setdefault(tag, function)

    def view(self, route: Route) -> Callable[..., ResponseReturnValue]:
        """The view function of one route."""

        def view(**args: str) -> ResponseReturnValue:
            portal = portal_named(flask.request.blueprint or "")
            return reply(portal.answer(route, self._request(portal, route, args), render))

        return view

    def _request(self, portal: Portal, route: Route, args: Mapping[str, str]) -> Request:
        request, own = flask.request, flask.request.blueprint
        host = self._identify or flask_login_user(portal.settings.identify_by)
        body = _body(request, route.longest_body) if route.api else b""
        return Request(
            method=request.method,
            path=request.script_root + request.path,
            url_for=lambda route, /, **values: flask.url_for(f"{own}.{route}", **values),
            args=args,
            query=request.args.to_dict(),
            # Whoever asks for the form reads the body, and it is gone.
            form={} if route.api else request.form.to_dict(),
            cookies=request.cookies,
            headers={name.lower(): value for name, value in request.headers.items()},
            secure=request.is_secure,
            client=request.remote_addr or "",
            body=body or b"",
            unread=body is None,
            visitor=None if route.anonymous else host(request),
            arriving=route.arrives,
        )


def _body(request: flask.Request, longest: int) -> bytes | None:
    """The body of a call of the API or the webhook; None where it is longer than any can be, or not all to be had."""
    length, chunked = request.content_length, "chunked" in request.headers.get("Transfer-Encoding", "").lower()
    if length is not None and length > longest:
        return None
    try:
        body = request.stream.read(longest + 1) if length is None else request.get_data()
    except HTTPException:  # the app's own limit is lower, or the client hung up
        return None
    return whole_body(body, length, longest, chunked=chunked)


def _from_config(app: App) -> Portal:
    config = app.config.get("INVOICE_PORTAL")
    if not isinstance(config, Mapping):
        raise ConfigurationError('pass a Portal to blueprint(), or set app.config["INVOICE_PORTAL"] to a dict')
    values = {name: value for name, value in config.items() if name != HOOKS}
    return Portal(PortalSettings.from_mapping(values), hooks=hooks_of(config.get(HOOKS)))


def render(template: str, context: Mapping[str, Any]) -> Rendered:
    """Render with the app's own environment: a file of the same name in the app's templates comes first."""
    found = flask.current_app.jinja_env.get_or_select_template(template)
    packaged = found.filename is not None and Path(found.filename).is_relative_to(data_dir("templates"))
    return Rendered(flask.render_template(found, **context), packaged)


def reply(reply: Reply) -> flask.Response:
    """A reply as Flask's response."""
    response = flask.Response(reply.body, status=reply.status, headers=dict(reply.headers))
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
