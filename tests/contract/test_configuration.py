"""Settings that cannot work do not start; those that can are taken as each framework gives them."""

import logging
from typing import Any

import pytest

from invoice_portal import ConfigurationError
from support.portals import KEY, STRIPE_KEY, Mount

LIVE: dict[str, Any] = {"stripe_api_key": "sk_live_1", "stripe_api_base": "https://api.stripe.com"}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({**LIVE, "require_hash": False}, "require_hash"),
        ({**LIVE, "stripe_api_key": "rk_live_1", "require_hash": False}, "require_hash"),
        ({"stripe_api_key": "sk_live_1", "stripe_api_base": "http://127.0.0.1"}, "https"),
        ({"stripe_api_key": "pk_test_1"}, "stripe_api_key"),
        ({"stripe_api_key": ""}, "stripe_api_key"),
        ({"secret_keys": []}, "secret_keys"),
        ({"secret_keys": ["short"]}, "secret_keys"),
        ({"secret_keys": KEY}, "secret_keys"),
        ({"identify_by": "phone"}, "identify_by"),
        ({"actions": ["refund"]}, "actions"),
        ({"page_size": 0}, "page_size"),
        ({"session_minutes": 10_000}, "session_minutes"),
        ({"default_language": "tlh-nowhere"}, "default_language"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"translations": ["/nowhere"]}, "translations"),
        ({"translations": {"de": {"No such text": "x"}}}, "translations"),
        ({"allowed_embed_origins": ["*"]}, "allowed_embed_origins"),
        ({"allowed_embed_origins": ["https://a.example/path"]}, "allowed_embed_origins"),
        ({"home_url": "javascript:alert(1)"}, "home_url"),
        ({"no_such_setting": 1}, "no_such_setting"),
    ],
    ids=str,
)
def test_what_cannot_work_does_not_start(mount: Mount, settings: dict[str, Any], expected: str) -> None:
    with pytest.raises(ConfigurationError, match=expected) as raised:
        mount(**settings)
    for secret in (STRIPE_KEY, KEY, "sk_live_1", "rk_live_1"):
        assert secret not in str(raised.value)


def test_a_live_key_starts_with_the_hash_on_and_says_nothing_of_tests(mount: Mount) -> None:
    portal = mount(**LIVE)
    page = portal.browser().get("/")
    assert page.status == 401
    assert "Test mode" not in page.text


def test_an_open_test_portal_is_told_to_the_operator(mount: Mount, logs: pytest.LogCaptureFixture) -> None:
    mount(require_hash=False)
    warnings = [record.getMessage() for record in logs.records if record.levelno == logging.WARNING]
    assert any("require_hash is off" in warning for warning in warnings)
