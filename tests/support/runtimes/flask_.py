"""Flask, served by waitress."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import flask
import flask_login
from flask.sessions import SecureCookieSessionInterface

import flask_portal
from invoice_portal import Portal, PortalSettings
from support.runtimes.base import PREFIX, Host, Runtime
from support.runtimes.servers import WsgiServer, no_wsgi_app


class FlaskRuntime(Runtime):
    """The portal as a blueprint."""

    name = "flask"
    asynchronous = False
    template_language = "jinja"

    def __init__(self) -> None:
        self._server = WsgiServer()
        self._app: flask.Flask | None = None

    @property
    def origin(self) -> str:
        return self._server.origin

    def mount(self, host: Host) -> Portal:
        app = flask.Flask("host", template_folder=str(host.templates) if host.templates else None)
        app.secret_key = "the host app's own secret"
        portal = Portal(PortalSettings.from_mapping(host.settings), clock=host.clock, hooks=host.hooks)
        identify: Any = host.identify
        hook = (lambda request: identify(request.headers)) if identify else None
        app.register_blueprint(flask_portal.blueprint(portal, identify=hook), url_prefix=PREFIX)
        app.add_url_rule("/page", view_func=lambda: flask.render_template_string(host.page), endpoint="page")
        if identify is None:
            _add_login(app)
        self._app = app
        self._server.app = app
        return portal

    def unmount(self) -> None:
        self._app, self._server.app = None, no_wsgi_app

    def use_postgresql(self, url: str) -> Mapping[str, Any]:
        return {"database_url": url}

    def sign_in(self, *, email: str, customer_id: str = "") -> Mapping[str, str]:
        app = self._app
        assert app is not None
        serializer = SecureCookieSessionInterface().get_signing_serializer(app)
        assert serializer is not None
        return {"session": serializer.dumps({"_user_id": f"{email}|{customer_id}", "_fresh": True})}

    def stop(self) -> None:
        self._server.stop()


class User(flask_login.UserMixin):  # type: ignore[misc]
    """A user of the host app."""

    def __init__(self, id: str) -> None:
        self.id = id
        self.email, _, self.stripe_customer_id = id.partition("|")


def _add_login(app: flask.Flask) -> None:
    manager: Any = flask_login.LoginManager(app)
    manager.user_loader(User)
