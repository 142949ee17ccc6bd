"""What is special to Django: system checks, the ``identify`` key, template tags, namespaces, proxies, signals."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import pytest
from django.core.checks import CheckMessage, Tags, run_checks
from django.db import connection, connections
from django.http import HttpResponse
from django.template import engines
from django.test import AsyncClient, Client, RequestFactory, override_settings
from django.utils.log import AdminEmailHandler

from invoice_portal import ConfigurationError, Email
from support.accounts import Account
from support.django_host import start_django
from support.stripe_server import HANG_UP, StripeServer

start_django()

from django.conf import settings as django_settings  # noqa: E402

from django_portal.conf import get_portal  # noqa: E402

ANNA = "anna@example.com"
SYNC, ASYNC, TWICE = "support.django_host.urls", "support.django_host.aurls", "adapters.django_twice"
HOOK, ASYNC_HOOK = "adapters.hooks.by_header", "adapters.hooks.by_header_async"
Settings = dict[str, Any]

DTL = {
    "BACKEND": "django.template.backends.django.DjangoTemplates",
    "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
}


@contextmanager
def project(values: object, urls: str = SYNC, **changes: Any) -> Iterator[None]:
    with override_settings(INVOICE_PORTAL=values, ROOT_URLCONF=urls, **{"TEMPLATES": [DTL], **changes}):
        yield


def messages() -> list[CheckMessage]:
    return [message for message in run_checks(tags=[Tags.security]) if str(message.id).startswith("invoice_portal.")]


def ids() -> list[str]:
    return [str(message.id) for message in messages()]


# System checks


def test_good_settings_have_nothing_to_say(settings: Settings):
    with project(settings):
        assert messages() == []


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (None, "settings.INVOICE_PORTAL must be a dict with at least stripe_api_key and secret_keys."),
        ([], "must be a dict"),
        ({}, "stripe_api_key is missing"),
        ({"secret_keys": []}, "secret_keys is missing"),
        ({"secret_keys": ["short"]}, "secret_keys[0] is shorter than 16 characters"),
        ({"secret_keys": "one text, long enough"}, "secret_keys must be a list of texts"),
        ({"stripe_api_key": "pk_test_abcdefghijkl"}, "a publishable key (pk_…) cannot read invoices"),
        ({"stripe_api_key": "sk_live_abcdefghijkl", "require_hash": False}, "require_hash is off with a live"),
        ({"stripe_api_key": 5}, "stripe_api_key must be a text, not int"),
        ({"colour": "red"}, "'colour' is not a setting"),
        ({"page_size": 0}, "page_size must be a number from 1 to 100"),
        ({"translations": ["/nowhere/at/all"]}, "there is no folder /nowhere/at/all"),
        ({"identify": "nowhere.at.all"}, "INVOICE_PORTAL['identify'] cannot be imported"),
        ({"identify": "adapters.hooks.no_such_function"}, "cannot be imported"),
        ({"identify": "adapters.hooks.NO_FUNCTION"}, "must be a function or the dotted path of one"),
        ({"identify": 5}, "must be a function or the dotted path of one"),
    ],
    ids=str,
)
def test_settings_that_cannot_work_are_an_error(settings: Settings, values: object, words: str):
    given = {**settings, **values} if isinstance(values, dict) and values else values
    with project(given):
        (message,) = messages()
    assert message.id == "invoice_portal.E001"
    assert message.is_serious()
    assert words in message.msg
    assert message.hint == "Correct settings.INVOICE_PORTAL."


def test_a_missing_setting_is_an_error():
    with project({}):
        del django_settings.INVOICE_PORTAL
        assert ids() == ["invoice_portal.E001"]


def test_no_message_shows_a_secret(settings: Settings):
    secrets = ["a key with a space at its end ", "pk_test_0123456789abcdef"]
    for broken in ({"secret_keys": secrets[:1]}, {"stripe_api_key": secrets[1]}, {"stripe_api_key": [secrets[1]]}):
        with project({**settings, **broken}):
            said = " ".join(f"{message.msg} {message.hint}" for message in messages())
        assert said
        assert not [secret for secret in [*secrets, settings["secret_keys"][0]] if secret.strip() in said]


def test_a_hash_that_is_off_is_a_warning(settings: Settings):
    with project({**settings, "require_hash": False}):
        (message,) = messages()
    assert message.id == "invoice_portal.W001"
    assert "anybody can open any customer's invoices of the test account" in message.msg


def test_no_login_to_look_at_is_a_warning(settings: Settings):
    with project(settings, MIDDLEWARE=[]):
        (message,) = messages()
        assert message.id == "invoice_portal.W002"
        assert "the portal cannot see who is logged in" in message.msg
    with project({**settings, "identify": HOOK}, MIDDLEWARE=[]):
        assert messages() == []


# The identify key


def shows(settings: Settings, hook: object, urls: str) -> HttpResponse:
    with project({**settings, "identify": hook}, urls):
        return Client().get("/billing/", headers={"X-User-Email": ANNA})


@pytest.mark.parametrize(
    ("hook", "urls"),
    [
        (HOOK, SYNC),
        (HOOK, ASYNC),
        (ASYNC_HOOK, ASYNC),
        (lambda request: Email(request.headers["X-User-Email"]), SYNC),
    ],
    ids=["path, sync views", "path, async views", "async path, async views", "function"],
)
def test_a_function_says_who_is_logged_in(settings: Settings, account: Account, hook: object, urls: str):
    account.open(account.customer(ANNA), 1100)
    answer = shows(settings, hook, urls)
    assert answer.status_code == 200
    assert "$11.00" in answer.content.decode()


def test_an_async_function_under_sync_views_is_a_mistake_that_names_the_way_out(settings: Settings):
    with pytest.raises(ConfigurationError, match=re.escape("needs django_portal.aurls; django_portal.urls is sync.")):
        shows(settings, ASYNC_HOOK, SYNC)


def test_async_views_work_under_djangos_async_client(settings: Settings, account: Account):
    from asgiref.sync import async_to_sync

    account.open(account.customer(ANNA), 1100)

    async def get() -> HttpResponse:
        answer: HttpResponse = await AsyncClient().get("/billing/", headers={"X-User-Email": ANNA})
        await get_portal().nonblocking.close()
        return answer

    with project({**settings, "identify": ASYNC_HOOK}, ASYNC):
        assert "$11.00" in async_to_sync(get)().content.decode()


def test_a_setting_that_a_test_overrides_counts_at_once(settings: Settings):
    for name in ("One", "Two"):
        with project({**settings, "business_name": name}):
            assert f"<bdi>{name}</bdi>" in Client().get("/billing/").content.decode()


# Template tags


def rendered(source: str, **context: object) -> str:
    template = engines["django"].from_string("{% load invoice_portal %}" + source)
    return template.render(context, RequestFactory().get("/page"))


def test_the_tags_write_addresses(settings: Settings):
    with project(settings):
        assert rendered("{% portal_url %}") == "/billing/"
        signed = rendered("{% portal_url email=user.email %}", user={"email": ANNA})
        assert signed.startswith("/billing/enter?identity=")
        assert Client().get(signed).status_code == 303
        assert rendered("{% portal_url as address %}<a href='{{ address }}'>") == "<a href='/billing/'>"


def test_the_tags_write_html_and_escape_what_is_in_it(settings: Settings):
    with project(settings):
        link = rendered("{% invoice_link id text %}", id="in_1", text="Open <it>")
        assert link == '<a href="/billing/invoices/in_1">Open &lt;it&gt;</a>'
        frame = rendered(
            "{% invoice_portal_embed customer_id='cus_1' title=title theme='dark' %}", title='Your "bills"'
        )
    assert frame.startswith('<invoice-portal url="/billing/" identity="')
    assert 'frame-title="Your &#34;bills&#34;"' in frame
    assert 'theme="dark"' in frame


def test_the_tags_work_without_a_request(settings: Settings):
    """As in an e-mail that a task renders."""
    with project(settings):
        template = engines["django"].from_string("{% load invoice_portal %}{% portal_url %}")
        assert template.render({}) == "/billing/"


# Namespaces


def test_two_addresses_of_the_portal_keep_to_themselves(settings: Settings, account: Account):
    account.open(account.customer(ANNA), 1100)
    with project({**settings, "identify": HOOK}, TWICE):
        for site in ("eu", "us"):
            source = Client().get(f"/{site}/billing/", headers={"X-User-Email": ANNA}).content.decode()
            addresses = re.findall(r'(?:href|action)="(/[^"]*)"', source)
            assert addresses
            assert all(address.startswith(f"/{site}/billing/") for address in addresses)


# Beside Django's own middleware


@pytest.mark.parametrize("urls", [SYNC, ASYNC], ids=["sync", "async"])
def test_behind_a_proxy_cookies_are_secure(settings: Settings, urls: str):
    def cookie(**changes: Any) -> Any:
        with project(settings, urls, **changes):
            token = get_portal().sign_identifier(Email(ANNA))
            answer = Client().get("/billing/enter", {"identity": token}, headers={"X-Forwarded-Proto": "https"})
            return answer.cookies["invoice_portal_session"]

    assert cookie(SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"))["secure"]
    assert not cookie()["secure"]


def test_the_door_is_open_to_forms_from_elsewhere(settings: Settings):
    """``/enter`` is posted to from other sites: a signature vouches for it, in place of Django's token."""
    with project(settings):
        token = get_portal().sign_identifier(Email(ANNA))
        strict = Client(enforce_csrf_checks=True)
        assert strict.post("/billing/enter", {"identity": token}).status_code == 303
        assert strict.post("/billing/leave").status_code == 403


def test_every_view_is_what_its_entry_point_promises():
    """So that a server neither blocks its loop nor starts a thread for each request."""
    from asgiref.sync import iscoroutinefunction

    from django_portal import aurls, urls

    views: list[tuple[Callable[..., object], Callable[..., object]]] = [
        (sync.callback, waiting.callback) for sync, waiting in zip(urls.urlpatterns, aurls.urlpatterns, strict=True)
    ]
    assert [(iscoroutinefunction(sync), iscoroutinefunction(waiting)) for sync, waiting in views] == (
        [(False, True)] * len(views)
    )
    assert [pattern.name for pattern in urls.urlpatterns] == [pattern.name for pattern in aurls.urlpatterns]


# Transactions and logs


@pytest.mark.parametrize("urls", [SYNC, ASYNC])
def test_requests_of_the_portal_are_no_transactions(
    settings: Settings, urls: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is recorded must neither wait for Stripe nor be taken back; async views could not be atomic at all."""
    inside = []

    def look(request: object) -> None:
        inside.append(connection.in_atomic_block)

    monkeypatch.setitem(connections.settings["default"], "ATOMIC_REQUESTS", True)
    with project({**settings, "identify": look}, urls):
        assert Client().get("/billing/").status_code == 401
    assert inside == [False]


@pytest.mark.parametrize("urls", [SYNC, ASYNC])
@pytest.mark.parametrize("door", ["l", "p", "s"])
def test_the_address_of_an_arrival_is_in_no_log(
    settings: Settings, urls: str, door: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Django logs the path of an error, and mails those of the server to the admins."""
    caplog.set_level(logging.DEBUG)
    with project(settings, urls):
        answers = [getattr(Client(), method)(f"/billing/{door}/a-token-that-is-secret") for method in ("get", "post")]
        assert [answer.status_code for answer in answers] == [403, 405]
        assert answers[1].headers["Allow"] == "GET, HEAD"
        assert Client().get("/billing/invoices/in_1").status_code == 401
    told = [record.getMessage() for record in caplog.records]
    assert not [line for line in told if "a-token-that-is-secret" in line]
    assert [line for line in told if "/billing/invoices/in_1" in line], "other errors stay in Django's log"


class Mailer(AdminEmailHandler):
    """Django's handler that mails the admins, with an outbox of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[str] = []

    def send_mail(self, subject: str, message: str, *args: Any, **more: Any) -> None:
        self.sent.append(message)


@pytest.mark.parametrize("urls", [SYNC, ASYNC])
def test_an_outage_mails_nobody_what_lets_a_visitor_in(
    settings: Settings, urls: str, stripe: StripeServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Django mails the admins the whole request of an error of the server's, cookies and address included."""
    handler, log = Mailer(), logging.getLogger("django.request")
    stripe.answer("/v1/.*", HANG_UP)
    log.addHandler(handler)
    try:
        with project({**settings, "identify": HOOK}, urls):
            client = Client(headers={"X-User-Email": ANNA})
            client.cookies["invoice_portal_session"] = "what-lets-anna-in"
            assert client.get("/billing/invoices/in_1?payment_intent_client_secret=x").status_code == 503
    finally:
        log.removeHandler(handler)
        stripe.reset()
    assert handler.sent == []
    assert "StripeUnavailable" in caplog.text, "our own log says what happened"


class HungUp(BytesIO):
    """What a client sends that goes away before the end."""

    def read(self, size: int | None = -1) -> bytes:
        raise OSError("the client hung up")


@pytest.mark.parametrize("urls", [SYNC, ASYNC])
@pytest.mark.parametrize("path", ["details", "enter"])
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_a_form_that_does_not_come_to_its_end_mails_nobody(
    settings: Settings, urls: str, path: str, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    sent = {"REQUEST_METHOD": "POST", "CONTENT_TYPE": kind, "CONTENT_LENGTH": "20", "wsgi.input": HungUp()}
    with project({**settings, "identify": HOOK}, urls):
        client = Client(enforce_csrf_checks=True, headers={"X-User-Email": ANNA})
        answer = client.request(PATH_INFO=f"/billing/{path}", **sent)
    assert 400 <= answer.status_code < 500
    told = [record for record in caplog.records if record.name == "django.request"]
    assert not [record for record in told if record.levelno >= logging.ERROR]
