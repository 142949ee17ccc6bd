"""What is special to Flask: settings from the app's config, several blueprints, extensions beside it, proxies."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import flask
import pytest
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

import flask_portal
from invoice_portal import ConfigurationError, CustomerId, Email, Portal, PortalSettings
from support.accounts import Account

ANNA = Email("anna@example.com")
Settings = dict[str, Any]


def app_with(*blueprints: tuple[str, flask.Blueprint], **config: Any) -> flask.Flask:
    app = flask.Flask("host")
    app.config.update(SECRET_KEY="the host's own secret", **config)
    for prefix, blueprint in blueprints:
        app.register_blueprint(blueprint, url_prefix=prefix)
    return app


def page(app: flask.Flask, source: str) -> str:
    """A template of the host's own, rendered while it answers a request."""
    with app.test_request_context():
        return flask.render_template_string(source)


# Settings


def test_settings_come_from_the_apps_config(settings: Settings):
    app = app_with(
        ("/billing", flask_portal.blueprint()), INVOICE_PORTAL={**settings, "business_name": "Northwind & Sons"}
    )
    assert "Northwind &amp; Sons" in app.test_client().get("/billing/").text


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({}, 'set app.config["INVOICE_PORTAL"]'),
        ({"INVOICE_PORTAL": None}, 'set app.config["INVOICE_PORTAL"]'),
        ({"INVOICE_PORTAL": {}}, "stripe_api_key is missing"),
        ({"INVOICE_PORTAL": {"colour": "red"}}, "'colour' is not a setting"),
    ],
    ids=str,
)
def test_settings_that_are_missing_or_wrong_stop_the_app_at_the_start(config: Settings, words: str):
    with pytest.raises(ConfigurationError, match=re.escape(words)):
        app_with(("/billing", flask_portal.blueprint()), **config)


def test_what_is_no_portal_is_refused():
    with pytest.raises(ConfigurationError, match="a Portal or PortalSettings is needed here, not dict"):
        flask_portal.blueprint({"stripe_api_key": "sk_test_1"})  # type: ignore[arg-type]


def test_each_app_of_a_process_has_its_own_settings(settings: Settings):
    """A blueprint at the top of a module and an app factory below it: the usual way to lay out a Flask project."""
    blueprint = flask_portal.blueprint()
    apps = [
        app_with(("/billing", blueprint), INVOICE_PORTAL={**settings, "business_name": name}) for name in ("One", "Two")
    ]
    assert [re.findall("One|Two", app.test_client().get("/billing/").text)[0] for app in apps] == ["One", "Two"]


# Several portals, other names


def test_two_portals_in_one_app_keep_to_themselves(settings: Settings, account: Account):
    account.open(account.customer(ANNA.address), 1100)
    portals = {name: PortalSettings(**settings, business_name=name.title()) for name in ("one", "two")}
    app = app_with(
        *(
            (f"/{name}", flask_portal.blueprint(portal, name=name, identify=lambda request: ANNA))
            for name, portal in portals.items()
        )
    )
    for name in portals:
        answer = app.test_client().get(f"/{name}/")
        addresses = re.findall(r'(?:href|action)="(/[^"]*)"', answer.text)
        assert answer.status_code == 200
        assert addresses
        assert all(address.startswith(f"/{name}/") for address in addresses)
        assert [cookie for cookie in answer.headers.getlist("Set-Cookie") if f"Path=/{name};" not in cookie] == []
        assert f"<bdi>{name.title()}</bdi>" in answer.text


def test_the_tags_are_the_first_portals_and_another_has_its_own(settings: Settings):
    app = app_with(
        *((f"/{name}", flask_portal.blueprint(PortalSettings(**settings), name=name)) for name in ("one", "two"))
    )
    app.jinja_env.globals["two"] = flask_portal.template_globals("two")
    assert page(app, "{{ portal_url() }} {{ two.portal_url() }}") == "/one/ /two/"


def test_a_blueprint_may_be_registered_under_another_name(settings: Settings):
    app = flask.Flask("host")
    app.register_blueprint(flask_portal.blueprint(PortalSettings(**settings)), url_prefix="/money", name="money")
    assert 'href="/money/"' in app.test_client().get("/money/").text
    assert page(app, "{{ portal_url() }}") == "/money/"


def test_a_blueprint_may_be_nested(settings: Settings):
    account_pages = flask.Blueprint("account", __name__)
    account_pages.register_blueprint(flask_portal.blueprint(PortalSettings(**settings)), url_prefix="/billing")
    app = app_with(("/account", account_pages))
    assert 'href="/account/billing/"' in app.test_client().get("/account/billing/").text
    assert page(app, "{{ portal_url() }}") == "/account/billing/"


# Tags


def test_the_tags_are_there_in_every_template(settings: Settings):
    portal = Portal(PortalSettings(**settings))
    app = app_with(("/billing", flask_portal.blueprint(portal)))
    shown = page(
        app,
        "{{ portal_url() }} {{ portal_url(email='anna@example.com') }} {{ invoice_link('in_1', 'Open <it>') }} "
        "{{ invoice_portal_embed(customer_id='cus_1', title='Your \"bills\"', theme='dark') }}",
    )
    assert shown.startswith("/billing/ /billing/enter?identity=")
    assert '<a href="/billing/invoices/in_1">Open &lt;it&gt;</a>' in shown
    assert 'frame-title="Your &#34;bills&#34;"' in shown
    assert 'theme="dark"' in shown
    signed = re.findall(r"identity=[\w.-]+", shown)
    assert [app.test_client().get(f"/billing/enter?{query}").status_code for query in signed] == [303, 303]


# Who is logged in


def test_a_user_is_not_asked_for_where_nobody_needs_one(settings: Settings):
    """A host's hook may redirect strangers to its login: whoever arrives with a signature must get past it."""

    def identify(request: flask.Request) -> Email | None:
        flask.abort(403)

    portal = Portal(PortalSettings(**settings))
    browser = app_with(("/billing", flask_portal.blueprint(portal, identify=identify))).test_client()
    assert browser.get("/billing/").status_code == 403
    assert browser.get("/billing/enter", query_string={"identity": portal.sign_identifier(ANNA)}).status_code == 303
    assert browser.get("/billing/static/portal.css").status_code == 200


# Beside Flask-WTF


def csrf_app(settings: Settings, customer: str, *, exempt: bool) -> flask.Flask:
    blueprint = flask_portal.blueprint(PortalSettings(**settings), identify=lambda request: CustomerId(customer))
    app = app_with(("/billing", blueprint))
    csrf = CSRFProtect(app)
    if exempt:
        csrf.exempt(blueprint)
    return app


def pay(app: flask.Flask, **changed: str) -> int:
    """Open the list and click on Pay."""
    browser = app.test_client()
    source = browser.get("/billing/").text
    action = re.search(r'action="([^"]*/pay)"', source)
    token = re.search(r'name="form_token" value="([^"]*)"', source)
    assert action
    assert token
    return browser.post(action[1], data={"form_token": token[1], **changed}).status_code


def test_with_flask_wtf_the_blueprint_is_exempt_and_still_protected(settings: Settings, account: Account):
    customer = account.customer()
    account.open(customer)
    app = csrf_app(settings, customer, exempt=True)
    assert pay(app) == 303
    assert pay(app, form_token="forged") == 403
    assert pay(csrf_app(settings, customer, exempt=False)) == 400


# Behind a proxy


def test_behind_a_proxy_cookies_are_secure_and_stay_below_the_prefix(settings: Settings):
    portal = Portal(PortalSettings(**settings))
    app = app_with(("/billing", flask_portal.blueprint(portal)))
    app.wsgi_app = ProxyFix(app.wsgi_app, x_proto=1, x_host=1, x_prefix=1)  # type: ignore[method-assign]
    answer = app.test_client().get(
        "/billing/enter",
        query_string={"identity": portal.sign_identifier(ANNA)},
        headers={"X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "/shop"},
    )
    assert answer.headers["Location"] == "/shop/billing/"
    cookie = answer.headers["Set-Cookie"]
    assert "Path=/shop/billing;" in cookie
    assert "Secure" in cookie


def test_without_the_middleware_a_proxys_word_is_not_taken(settings: Settings):
    portal = Portal(PortalSettings(**settings))
    answer = (
        app_with(("/billing", flask_portal.blueprint(portal)))
        .test_client()
        .get(
            "/billing/enter",
            query_string={"identity": portal.sign_identifier(ANNA)},
            headers={"X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "/shop"},
        )
    )
    assert answer.headers["Location"] == "/billing/"
    assert "Secure" not in answer.headers["Set-Cookie"]


# Bodies of the merchant API


@pytest.mark.parametrize("taken", ["by the host", "in chunks", "by a limit"])
def test_a_body_that_cannot_be_read_is_an_error(settings: Settings, account: Account, tmp_path: Path, taken: str):
    """The options in it would be left out otherwise."""
    key = "a key of the merchant API, 32 characters or more"
    own = {"merchant_api_keys": [key], "public_url": "https://x.example", "database_url": f"sqlite:///{tmp_path}/x"}
    app = app_with(("/billing", flask_portal.blueprint()), INVOICE_PORTAL={**settings, **own})
    if taken == "by the host":
        app.before_request(lambda: flask.request.form and None)
    app.config["MAX_CONTENT_LENGTH"] = 5 if taken == "by a limit" else None
    answer = app.test_client().post(
        f"/billing/api/customers/{account.customer(ANNA.address)}/portal_sessions",
        headers={"Authorization": f"Bearer {key}", **({"Transfer-Encoding": "chunked"} if "chunks" in taken else {})},
        data=b"" if "chunks" in taken else b'{"actions": ["view"]}',
        content_type="application/x-www-form-urlencoded",
        environ_overrides={"CONTENT_LENGTH": ""} if "chunks" in taken else {},
    )
    assert answer.status_code == 400
    assert answer.json is not None
    assert "could not be read" in answer.json["error"]["message"]
