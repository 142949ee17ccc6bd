"""Links and sessions by each framework's own tools: commands, template tags, the admin, mail, FastAPI's document."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fastapi
import flask
import pytest

import fastapi_portal
import flask_portal
from invoice_portal import Portal, PortalSettings
from invoice_portal.routes import MERCHANT_ROUTES, OWN_ROUTES
from support.accounts import Account

ANNA = "anna@example.com"
PUBLIC = {"public_url": "https://app.example.com/billing"}


@pytest.fixture
def sharing(settings: dict[str, Any], tmp_path: Path) -> dict[str, Any]:
    return {**settings, **PUBLIC, "database_url": f"sqlite:///{tmp_path}/portal.sqlite3"}


# Flask


def test_flask_portal_works_with_the_apps_own_portal(sharing: dict[str, Any], account: Account) -> None:
    app = flask.Flask("host")
    app.config["INVOICE_PORTAL"] = sharing
    app.register_blueprint(flask_portal.blueprint(), url_prefix="/billing")
    invoice = account.open(account.customer(ANNA))
    runner = app.test_cli_runner()
    made = runner.invoke(args=["portal", "link", "create", invoice, "--json"])
    assert made.exit_code == 0, made.output
    link = json.loads(made.output)
    assert link["url"].startswith("https://app.example.com/billing/l/")
    assert runner.invoke(args=["portal", "link", "show", invoice, "--json"]).output == made.output
    assert "revoked" in runner.invoke(args=["portal", "link", "revoke", invoice]).output
    assert "`link refresh` makes a new one" in runner.invoke(args=["portal", "link", "create", invoice]).output
    assert "2 records" in runner.invoke(args=["portal", "audit", "verify"]).output
    assert runner.invoke(args=["portal", "audit", "verify", "--expect", "\u00b2:x"]).exit_code == 1
    assert runner.invoke(args=["portal", "session", "revoke", "cus_typo"]).exit_code == 1


def test_two_portals_have_commands_of_their_own(sharing: dict[str, Any]) -> None:
    app = flask.Flask("host")
    for name, prefix in (("invoice_portal", "/billing"), ("second", "/second")):
        app.register_blueprint(flask_portal.blueprint(PortalSettings(**sharing), name=name), url_prefix=prefix)
    runner = app.test_cli_runner()
    assert runner.invoke(args=["portal", "audit", "verify"]).exit_code == 0
    assert runner.invoke(args=["second", "audit", "verify"]).exit_code == 0


def test_the_template_tag_shares_an_invoice(sharing: dict[str, Any], account: Account) -> None:
    app, portal = flask.Flask("host"), Portal(PortalSettings(**sharing))
    app.register_blueprint(flask_portal.blueprint(portal), url_prefix="/billing")
    invoice = account.open(account.customer(ANNA))
    with app.test_request_context("/billing/"):
        shown = flask.render_template_string("{{ invoice_link(invoice, 'Open', share=True) }}", invoice=invoice)
    link = portal.links.show(invoice)
    assert link is not None
    assert shown == f'<a href="{link.url}">Open</a>'
    portal.links.revoke(invoice)
    with app.test_request_context("/billing/"):
        shown = flask.render_template_string("{{ invoice_link(invoice, 'Open', share=True) }}", invoice=invoice)
    assert shown == ""


# FastAPI


def test_fastapi_writes_the_merchant_api_into_its_own_document(sharing: dict[str, Any]) -> None:
    app = fastapi.FastAPI()
    keys = {"merchant_api_keys": ["a key of the merchant API, long enough"]}
    app.include_router(fastapi_portal.router(PortalSettings(**sharing, **keys)), prefix="/billing")
    document = app.openapi()
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert described == {(route.methods[0], "/billing" + route.path) for route in (*MERCHANT_ROUTES, *OWN_ROUTES)}
    session = document["paths"]["/billing/api/customers/{customer}/portal_sessions"]["post"]
    assert session["security"] == [{"merchantKey": []}]
    assert "expires_in_minutes" in json.dumps(session["requestBody"])
    assert document["components"]["securitySchemes"]["merchantKey"]["scheme"] == "bearer"
    own = document["paths"]["/billing/api/me"]["get"]
    assert own["security"] == [{"customerToken": []}, {}]
    assert document["paths"]["/billing/api/me/session"]["post"]["security"] == [{}]


def test_without_keys_the_document_has_no_merchant_api(sharing: dict[str, Any]) -> None:
    app = fastapi.FastAPI()
    app.include_router(fastapi_portal.router(PortalSettings(**sharing)), prefix="/billing")
    assert set(app.openapi()["paths"]) == {"/billing" + route.path for route in OWN_ROUTES}


# Django


@pytest.fixture
def project(sharing: dict[str, Any]) -> Iterator[Portal]:
    """A Django project with the portal and the admin."""
    from support.django_host import forget_rows, ready_database, start_django

    start_django()
    from django.test import override_settings

    from django_portal.conf import get_portal

    ready_database()
    with override_settings(INVOICE_PORTAL=sharing, ROOT_URLCONF="support.django_host.admin_urls"):
        yield get_portal()
        forget_rows()


def test_manage_py_portal_works_with_the_projects_portal(
    project: Portal, account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    from django.core.management import call_command

    invoice = account.open(account.customer(ANNA))
    call_command("portal", "link", "create", invoice)
    assert "/l/" in capsys.readouterr().out
    call_command("portal", "link", "revoke", invoice)
    call_command("portal", "audit", "verify")
    assert "records, all" in capsys.readouterr().out
    assert project.links.show(invoice) is not None


@pytest.fixture
def admin(project: Portal) -> Any:
    """A browser of somebody who may do everything in the admin."""
    from django.contrib.auth import get_user_model
    from django.test import Client

    users = get_user_model()._default_manager
    user, _ = users.get_or_create(username="boss", defaults={"is_staff": True, "is_superuser": True})
    client = Client()
    client.force_login(user)
    return client


def test_the_admin_lists_searches_refreshes_and_revokes(project: Portal, admin: Any, account: Account) -> None:
    invoice, other = (account.open(account.customer(ANNA)) for _ in range(2))
    link = project.links.invoice(invoice)
    project.links.invoice(other)
    from django.contrib.admin.utils import quote

    url = "/admin/django_portal/link/"
    page = admin.get(url, {"q": invoice}).content.decode()
    assert invoice in page
    assert other not in page
    chosen = {"_selected_action": [link.id]}
    assert admin.post(url, {"action": "revoke", **chosen}).status_code == 302
    revoked = project.links.show(invoice)
    assert revoked is not None
    assert revoked.state == "revoked"
    answer = admin.post(url, {"action": "refresh", **chosen}, follow=True).content.decode()
    refreshed = project.links.show(invoice)
    assert refreshed is not None
    assert f"New link to {invoice}: {refreshed.url}" in answer
    assert refreshed.created_by.startswith("admin ")
    detail = admin.get(f"{url}{quote(link.id)}/change/").content.decode()
    assert invoice in detail
    assert str(refreshed.url).rpartition("/")[2] not in detail
    for path in ("add/", f"{quote(link.id)}/delete/"):
        assert admin.get(url + path).status_code == 403


def test_the_admin_ends_sessions_and_shows_the_trail(project: Portal, admin: Any, account: Account) -> None:
    session = project.sessions.create(account.customer(ANNA))
    url = "/admin/django_portal/portalsession/"
    assert session.id in admin.get(url).content.decode()
    admin.post(url, {"action": "revoke", "_selected_action": [session.id]})
    ended = project.sessions.show(session.id)
    assert ended is not None
    assert ended.state == "revoked"
    assert "session.revoked" in admin.get("/admin/django_portal/record/").content.decode()


def test_the_admin_tells_a_session_that_a_newer_one_ended(project: Portal, admin: Any, account: Account) -> None:
    customer = account.customer(ANNA)
    project.sessions.create(customer)
    project.sessions.create(customer)
    listed = admin.get("/admin/django_portal/portalsession/").content.decode()
    assert listed.count('field-state">active') == 1
    assert listed.count('field-state">revoked') == 1


@pytest.mark.filterwarnings("ignore:The EMAIL_BACKEND setting is deprecated")  # the newest Django has another name
def test_django_mails_a_fresh_link(project: Portal, account: Account) -> None:
    from django.core import mail
    from django.test import Client, override_settings

    invoice = account.open(account.customer(ANNA))
    link = project.links.invoice(invoice)
    project.links.refresh(invoice)
    path = str(link.url).removeprefix("https://app.example.com")
    with override_settings(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend"):
        mail.outbox = []
        page = Client().get(path).content.decode()
        token = page.partition('name="link" value="')[2].partition('"')[0]
        assert Client(enforce_csrf_checks=True).post("/billing/fresh", {"link": token}).status_code == 200
        (sent,) = mail.outbox
    assert sent.to == [ANNA]
    fresh = project.links.show(invoice)
    assert fresh is not None
    assert str(fresh.url) in sent.body
