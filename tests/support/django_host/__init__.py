"""A Django project as ``startproject`` makes it, with the portal in it."""

from __future__ import annotations

import atexit
import tempfile
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import django
from django.conf import settings

POSTGRESQL = "postgresql"
_MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]


@cache
def start_django() -> None:
    """Configure Django, once for the process. Its database is a file, so that every thread can close its connection."""
    folder = tempfile.TemporaryDirectory(prefix="django-host-")
    atexit.register(folder.cleanup)
    settings.configure(
        SECRET_KEY="the project's own secret, long enough for Django",
        ALLOWED_HOSTS=["*"],
        INSTALLED_APPS=[
            "django.contrib.contenttypes",
            "django.contrib.admin",
            "django.contrib.auth",
            "django.contrib.messages",
            "django.contrib.sessions",
            "support.django_host.apps.HostConfig",
            "django_portal",
        ],
        MIDDLEWARE=_MIDDLEWARE,
        STATIC_URL="static/",
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                    ]
                },
            }
        ],
        AUTH_USER_MODEL="host.User",
        DATABASE_ROUTERS=["support.django_host.router.Router"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(Path(folder.name) / "db.sqlite3")}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        ROOT_URLCONF="support.django_host.urls",
        INVOICE_PORTAL={"stripe_api_key": "sk_test_unused", "secret_keys": ["a key that no test uses"]},
        LOGGING_CONFIG=None,
        USE_TZ=True,
    )
    django.setup()


@cache
def ready_database() -> None:
    """Make the tables."""
    from django.core.management import call_command

    call_command("migrate", run_syncdb=True, verbosity=0)


def use_postgresql(url: str) -> None:
    """Keep the portal's rows in PostgreSQL from now on, until :func:`forget_rows`."""
    from django.core.management import call_command
    from django.db import connections

    from support.django_host.router import Router

    if POSTGRESQL not in connections.databases:
        parts = urlsplit(url)
        connections.databases[POSTGRESQL] = {
            **connections.databases["default"],
            "ENGINE": "django.db.backends.postgresql",
            "HOST": parts.hostname,
            "PORT": parts.port,
            "USER": parts.username,
            "PASSWORD": "",
            "NAME": "django",
            "OPTIONS": {},
        }
        call_command("migrate", "django_portal", database=POSTGRESQL, verbosity=0)
    Router.alias = POSTGRESQL


def forget_rows() -> None:
    """Empty the portal's tables, and go back to the project's first database."""
    from django.apps import apps

    from support.django_host.router import Router

    ready_database()
    for model in apps.get_app_config("django_portal").get_models():
        model._default_manager.using(Router.alias).all().delete()
    Router.alias = "default"
