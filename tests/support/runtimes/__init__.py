"""The five ways to run the portal, all behind one small interface (:class:`support.runtimes.base.Runtime`)."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from typing import Final, cast

from support.runtimes.base import Runtime

CHOICE: Final = "INVOICE_PORTAL_RUNTIMES"
_MAKERS: Final = {
    "flask": "support.runtimes.flask_:FlaskRuntime",
    "fastapi": "support.runtimes.fastapi_:FastApiRuntime",
    "django-wsgi": "support.runtimes.django_:DjangoWsgi",
    "django-asgi": "support.runtimes.django_:DjangoAsgi",
    "django-async-wsgi": "support.runtimes.django_:DjangoAsyncWsgi",
}
ALL: Final = tuple(_MAKERS)


def chosen() -> list[str]:
    """The runtimes to test: all, or those that the environment names. A framework that is missing is an error."""
    named = os.environ.get(CHOICE)
    names = list(ALL) if named is None else [name.strip() for name in named.split(",") if name.strip()]
    if unknown := sorted(set(names) - set(ALL)):
        raise ValueError(f"{CHOICE} names {unknown[0]!r}; known are {', '.join(ALL)}")
    return names


def make(name: str) -> Runtime:
    """A runtime, not started yet. Raises ``ImportError`` where its framework or server is not installed."""
    module, _, attribute = _MAKERS[name].partition(":")
    maker = cast(Callable[[], Runtime], getattr(import_module(module), attribute))
    return maker()
