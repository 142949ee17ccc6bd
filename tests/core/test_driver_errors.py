"""What goes wrong at Stripe, in the portal's words, and what of it is told to whom."""

import logging
import socket
from typing import Any

import pytest

from invoice_portal.effects import StripeCall
from invoice_portal.errors import (
    Conflict,
    NotFound,
    PaymentDeclined,
    PortalError,
    StripeRefused,
    StripeRejected,
    StripeUnavailable,
)
from invoice_portal.settings import PortalSettings
from invoice_portal.stripe_api.invoices import retrieve_invoice

from .conftest import Run
from .helpers.server import Said, Scripted, error, scripted
from .helpers.visiting import make_settings

PRIVATE = "ada@example.com owes 100"


def settings_for(script: Scripted, **changes: Any) -> PortalSettings:
    return make_settings(stripe_api_base=script.url, **changes)


async def program() -> Any:
    return await retrieve_invoice("in_1")


ANSWERS = [
    (error(401, message=PRIVATE), StripeRefused, 1),
    (error(403, message=PRIVATE, code="permission_denied"), StripeRefused, 1),
    (error(404, message=PRIVATE, code="resource_missing"), NotFound, 1),
    (error(404, message=PRIVATE), NotFound, 1),
    (error(400, message=PRIVATE, code="resource_missing"), NotFound, 1),
    (error(400, message=PRIVATE, code="parameter_unknown"), StripeUnavailable, 1),
    (error(402, message=PRIVATE, type="card_error", code="card_declined"), StripeUnavailable, 1),
    (error(409, message=PRIVATE, code="lock_timeout"), StripeUnavailable, 2),
    (error(429, message=PRIVATE, code="rate_limit"), StripeUnavailable, 1),
    (error(500, message=PRIVATE, type="api_error"), StripeUnavailable, 2),
    (error(503, message=PRIVATE, type="api_error"), StripeUnavailable, 2),
]


@pytest.mark.parametrize(("said", "kind", "tries"), ANSWERS, ids=[f"{a[0].status}-{i}" for i, a in enumerate(ANSWERS)])
def test_each_error_has_its_kind_and_a_bounded_number_of_tries(
    run: Run, caplog: pytest.LogCaptureFixture, said: Said, kind: type[PortalError], tries: int
):
    caplog.set_level(logging.DEBUG, "invoice_portal")
    with scripted(lambda asked: said) as script, pytest.raises(PortalError) as raised:
        run(settings_for(script), program())
    assert type(raised.value) is kind
    assert len(script.asked) == tries
    assert PRIVATE not in raised.value.detail
    assert PRIVATE not in caplog.text
    assert "sk_test" not in caplog.text + raised.value.detail


@pytest.mark.parametrize("status", [401, 403, 429, 500])
def test_the_request_id_is_kept_and_logged(run: Run, caplog: pytest.LogCaptureFixture, status: int):
    with scripted(lambda asked: error(status)) as script, pytest.raises(StripeUnavailable) as raised:
        run(settings_for(script), program())
    assert raised.value.request_id == "req_test"
    assert "req_test" in caplog.text
    assert "/v1/invoices/in_1" in caplog.text


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_tells_the_operator_where_to_look(run: Run, status: int):
    with scripted(lambda asked: error(status)) as script, pytest.raises(StripeRefused, match="invoice-portal doctor"):
        run(settings_for(script), program())


RAK = "Having the 'rak_charge_read' permission would allow this request to continue."


def test_the_permission_that_a_restricted_key_lacks_is_named(run: Run, caplog: pytest.LogCaptureFixture):
    with scripted(lambda asked: error(403, message=RAK)) as script, pytest.raises(StripeRefused) as raised:
        run(settings_for(script), program())
    assert (raised.value.permission, raised.value.key_unknown) == ("rak_charge_read", False)
    assert "the key lacks rak_charge_read" in caplog.text


def test_an_unknown_key_is_told_from_a_lacking_permission(run: Run):
    said = error(401, message="Invalid API Key")
    with scripted(lambda asked: said) as script, pytest.raises(StripeRefused) as raised:
        run(settings_for(script), program())
    assert (raised.value.permission, raised.value.key_unknown) == ("", True)
    assert "lacks" not in raised.value.detail


@pytest.mark.parametrize("code", [PRIVATE, "a\nb", "x" * 200, {"a": PRIVATE}, ["a"], 5, True, ""])
def test_whatever_stands_in_a_codes_place_is_not_logged(run: Run, caplog: pytest.LogCaptureFixture, code: Any):
    with scripted(lambda asked: error(400, code=code)) as script, pytest.raises(StripeUnavailable) as raised:
        run(settings_for(script), program())
    for text in (caplog.text, raised.value.detail):
        assert "code None" in text
        assert PRIVATE not in text


def test_what_is_missing_is_not_logged_as_an_error(run: Run, caplog: pytest.LogCaptureFixture):
    with scripted(lambda asked: error(404)) as script, pytest.raises(NotFound):
        run(settings_for(script), program())
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


@pytest.mark.parametrize(
    "body",
    [
        b"<html><body>502 Bad Gateway</body></html>",
        b"",
        b"[]",
        b"null",
        b"true",
        b"3",
        b'"text"',
        b"{}",
        b'{"object": "list"}',
        b'{"id": "in_1"',
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"id": NaN}',
    ],
    ids=lambda body: repr(body[:20]),
)
@pytest.mark.parametrize("status", [200, 500])
def test_what_cannot_be_read_is_an_upstream_error(run: Run, body: bytes, status: int):
    with scripted(lambda asked: Said(body, status)) as script, pytest.raises(StripeUnavailable):
        run(settings_for(script), program())


@pytest.mark.parametrize("body", [b"[]", b"null", b'{"error": "text"}', b'{"error": null}', b"<html>"])
def test_a_missing_object_is_missing_or_upstream_whatever_its_body(run: Run, body: bytes):
    with scripted(lambda asked: Said(body, 404)) as script, pytest.raises((NotFound, StripeUnavailable)):
        run(settings_for(script), program())


def test_an_unreadable_answer_is_logged_by_its_path_and_field_only(run: Run, caplog: pytest.LogCaptureFixture):
    said = Said({"id": "in_1", "currency": "usd", "customer_name": PRIVATE, "created": PRIVATE})
    with scripted(lambda asked: said) as script, pytest.raises(StripeUnavailable) as raised:
        run(settings_for(script), program())
    assert "/v1/invoices/in_1" in caplog.text
    assert "invoice.created" in caplog.text
    assert PRIVATE not in caplog.text + raised.value.detail


@pytest.mark.parametrize("status", [200, 404, 500])
def test_no_answer_and_no_address_of_a_customer_is_logged_even_by_the_package_below(
    run: Run, caplog: pytest.LogCaptureFixture, status: int
):
    """Hosts turn on debug logs for everything, and forget them."""
    caplog.set_level(logging.DEBUG)
    said = Said({"id": "in_1", "customer_name": PRIVATE, "error": {"type": "api_error"}}, status)
    with scripted(lambda asked: said) as script, pytest.raises((NotFound, StripeUnavailable)):
        run(settings_for(script), program())
    assert PRIVATE not in caplog.text
    assert "sk_test_x" not in caplog.text


def test_an_answer_that_is_cut_off_is_an_upstream_error(run: Run):
    with scripted(lambda asked: Said({"id": "in_1"}, lost=5)) as script, pytest.raises(StripeUnavailable):
        run(settings_for(script), program())
    assert len(script.asked) <= 2


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed_since_the_key_would_go_with_it(run: Run, status: int):
    with scripted(lambda asked: Said({"id": "in_1"})) as elsewhere:
        moved = Said({}, status, {"Location": f"{elsewhere.url}/v1/invoices/in_1"})
        with scripted(lambda asked: moved) as script, pytest.raises(StripeUnavailable):
            run(settings_for(script), program())
        assert elsewhere.asked == []


def test_cookies_of_one_answer_do_not_go_with_the_next_request(run: Run):
    said = Said({"name": "there"}, headers={"Set-Cookie": "who=ada; Path=/"})

    async def twice() -> Any:
        effect = StripeCall("get", "/v1/things", lambda data: data["name"])
        return [await effect, await effect]

    with scripted(lambda asked: said) as script:
        by_name = script.url.replace("127.0.0.1", "localhost")  # cookies of mere numbers are dropped anyway
        run(make_settings(stripe_api_base=by_name), twice())
    assert [asked.headers.get("cookie") for asked in script.asked] == [None, None]


@pytest.mark.parametrize("bypassed", [False, True])
def test_a_proxy_of_the_environment_is_used_unless_the_address_is_excepted(
    run: Run, monkeypatch: pytest.MonkeyPatch, bypassed: bool
):
    async def named() -> Any:
        return await StripeCall("get", "/v1/things", lambda data: data["name"])

    by_proxy, direct = Said({"name": "by proxy"}), Said({"name": "direct"})
    with scripted(lambda asked: by_proxy) as proxy, scripted(lambda asked: direct) as script:
        for name in ("http_proxy", "HTTP_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.setenv(name, "127.0.0.1" if bypassed else "")
        monkeypatch.delenv("REQUEST_METHOD", raising=False)
        assert run(settings_for(script), named()) == ("direct" if bypassed else "by proxy")


def test_a_refused_connection_is_an_upstream_error(run: Run):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(StripeUnavailable):
            run(make_settings(stripe_api_base=f"http://127.0.0.1:{port}"), program())


def test_a_second_try_may_succeed(run: Run):
    answers = iter([error(500), Said({"name": "there"})])

    async def named() -> Any:
        return await StripeCall("get", "/v1/things", lambda data: data["name"])

    with scripted(lambda asked: next(answers)) as script:
        assert run(settings_for(script), named()) == "there"
    assert len(script.asked) == 2


async def change() -> Any:
    return await StripeCall("post", "/v1/subscriptions/sub_1", lambda data: data, {"items": []}, "key of the change")


CHANGES = [
    (error(402, message=PRIVATE, type="card_error", code="card_declined"), PaymentDeclined),
    (error(400, message=PRIVATE, type="idempotency_error"), Conflict),
    (error(409, message=PRIVATE, code="idempotency_key_in_use"), Conflict),
    (error(400, message=PRIVATE, code="tax_id_invalid", param="value"), StripeRejected),
    (error(403, message=PRIVATE, code="permission_denied"), StripeRefused),
    (error(500, message=PRIVATE, type="api_error"), StripeUnavailable),
]


@pytest.mark.parametrize(("said", "kind"), CHANGES, ids=[str(i) for i in range(len(CHANGES))])
def test_a_change_that_fails_says_why(run: Run, caplog: pytest.LogCaptureFixture, said: Said, kind: type[PortalError]):
    caplog.set_level(logging.DEBUG, "invoice_portal")
    with scripted(lambda asked: said) as script, pytest.raises(PortalError) as raised:
        run(settings_for(script), change())
    assert type(raised.value) is kind
    assert {asked.headers["idempotency-key"] for asked in script.asked} == {"key of the change"}
    assert PRIVATE not in raised.value.detail + caplog.text


def test_what_a_refused_change_is_about_is_kept(run: Run):
    said = error(400, code="tax_id_invalid", param="tax_id_data[value]")
    with scripted(lambda asked: said) as script, pytest.raises(StripeRejected) as raised:
        run(settings_for(script), change())
    assert (raised.value.code, raised.value.param) == ("tax_id_invalid", "tax_id_data[value]")
