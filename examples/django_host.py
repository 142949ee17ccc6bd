"""A small Django project in one file, with the portal mounted in it."""

import dataclasses
import secrets
import tempfile
from pathlib import Path

import django
from django.conf import settings
from people import PEOPLE, PORT, known

from invoice_portal import PortalSettings

portal = PortalSettings.from_env()
FOLDER = tempfile.TemporaryDirectory(prefix="portal-host-")

settings.configure(
    SECRET_KEY=secrets.token_hex(32),
    ALLOWED_HOSTS=["127.0.0.1", "localhost"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "django_portal"],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "DIRS": [Path(__file__).parent / "templates"],
            "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
        }
    ],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(Path(FOLDER.name) / "host.sqlite3")}},
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INVOICE_PORTAL={field.name: getattr(portal, field.name) for field in dataclasses.fields(portal)},
)
django.setup()

from django.contrib import auth  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.core.handlers.wsgi import WSGIHandler  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.shortcuts import redirect, render  # noqa: E402
from django.template.backends.utils import csrf_input_lazy  # noqa: E402
from django.urls import include, path  # noqa: E402


def index(request: HttpRequest) -> HttpResponse:
    user = request.user.email if isinstance(request.user, User) else ""
    context = {"people": PEOPLE, "user": user, "csrf_field": csrf_input_lazy(request)}
    return render(request, "host/index.html", context)


def login(request: HttpRequest) -> HttpResponse:
    email = request.POST.get("email", "")
    if request.method == "POST" and known(email):
        user, _ = User.objects.get_or_create(username=email, defaults={"email": email})
        auth.login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return redirect("/")


def logout(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        auth.logout(request)
    return redirect("/")


urlpatterns = [
    path("", index),
    path("login", login),
    path("logout", logout),
    path("billing/", include("django_portal.urls")),
]

if __name__ == "__main__":
    from waitress import serve

    call_command("migrate", verbosity=0)
    serve(WSGIHandler(), host="127.0.0.1", port=PORT, threads=8)
