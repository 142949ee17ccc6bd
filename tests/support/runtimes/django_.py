"""Django in three ways: sync views, async views under ASGI, async views under WSGI."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import iscoroutinefunction
from typing import Any, ClassVar

from django.contrib.auth import get_user_model
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest
from django.test import Client, override_settings

from django_portal.conf import get_portal
from invoice_portal import Portal
from support.django_host import forget_rows, ready_database, start_django, use_postgresql, views
from support.runtimes.base import Host, Runtime
from support.runtimes.servers import AsgiServer, WsgiServer, no_asgi_app, no_wsgi_app


class _Django(Runtime):
    """What the three share: the settings of a project, exchanged as Django's own tests do it."""

    template_language = "django"
    host_checks_forms = True
    urls: ClassVar[str]

    _override: override_settings | None = None
    _portal: Portal | None = None

    def mount(self, host: Host) -> Portal:
        ready_database()
        override = override_settings(
            INVOICE_PORTAL={**host.settings, **_identify(host), "hooks": host.hooks},
            ROOT_URLCONF=self.urls,
            TEMPLATES=[_templates(host)],
            **host.django,
        )
        override.enable()
        try:
            self._portal = get_portal()
            self._portal._clock = host.clock
            views.page = host.page
            self._serve()
        except Exception:
            override.disable()
            raise
        self._override = override
        return self._portal

    def use_postgresql(self, url: str) -> Mapping[str, Any]:
        use_postgresql(url)
        return {}

    def unmount(self) -> None:
        self._close()
        if self._override:
            self._override.disable()
        self._override = self._portal = None

    def forget(self) -> None:
        forget_rows()

    def sign_in(self, *, email: str, customer_id: str = "") -> Mapping[str, str]:
        ready_database()
        users = get_user_model()._default_manager
        user, _ = users.update_or_create(
            username=email or customer_id, defaults={"email": email, "stripe_customer_id": customer_id}
        )
        client = Client()
        client.force_login(user)
        return {name: morsel.value for name, morsel in client.cookies.items()}

    def _serve(self) -> None:
        raise NotImplementedError

    def _close(self) -> None:
        raise NotImplementedError


class _Wsgi(_Django):
    def __init__(self) -> None:
        start_django()
        self._server = WsgiServer()

    @property
    def origin(self) -> str:
        return self._server.origin

    def stop(self) -> None:
        self._server.stop()

    def _serve(self) -> None:
        self._server.app = get_wsgi_application()

    def _close(self) -> None:
        self._server.app = no_wsgi_app


class DjangoWsgi(_Wsgi):
    """``django_portal.urls`` in waitress."""

    name = "django-wsgi"
    asynchronous = False
    urls = "support.django_host.urls"


class DjangoAsyncWsgi(_Wsgi):
    """``django_portal.aurls`` in waitress: every request has an event loop of its own."""

    name = "django-async-wsgi"
    asynchronous = True
    urls = "support.django_host.aurls"


class DjangoAsgi(_Django):
    """``django_portal.aurls`` in uvicorn."""

    name = "django-asgi"
    asynchronous = True
    urls = "support.django_host.aurls"

    def __init__(self) -> None:
        start_django()
        self._server = AsgiServer()

    @property
    def origin(self) -> str:
        return self._server.origin

    def stop(self) -> None:
        self._server.stop()

    def _serve(self) -> None:
        self._server.app = get_asgi_application()

    def _close(self) -> None:
        self._server.app = no_asgi_app
        if self._portal:
            self._server.run(self._portal.nonblocking.close())


def _identify(host: Host) -> dict[str, Any]:
    identify: Any = host.identify
    if identify is None:
        return {}
    if iscoroutinefunction(identify):

        async def waiting(request: HttpRequest) -> Any:
            return await identify(request.headers)

        return {"identify": waiting}
    return {"identify": lambda request: identify(request.headers)}


def _templates(host: Host) -> dict[str, Any]:
    return {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [str(host.templates)] if host.templates else [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
            ]
        },
    }
