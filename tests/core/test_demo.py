"""What the demo's host app is told: its own settings, and those that somebody wants to try."""

from __future__ import annotations

import pytest

from invoice_portal import PortalSettings
from invoice_portal.commands.demo import environ_for, webhook_to
from stripe_sandbox.sandbox import Sandbox


def settings_of(monkeypatch: pytest.MonkeyPatch, **given: str) -> PortalSettings:
    for name, value in given.items():
        monkeypatch.setenv(f"INVOICE_PORTAL_{name.upper()}", value)
    environ = environ_for("http://127.0.0.1:12111", 8000, "[]", "whsec_of_the_sandbox")
    return PortalSettings.from_env(environ)


def test_by_itself_it_makes_a_key_and_lets_nobody_embed_it(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of(monkeypatch)
    assert len(settings.secret_keys[0]) == 64
    assert settings.allowed_embed_origins == ()
    assert settings_of(monkeypatch).secret_keys != settings.secret_keys


def test_what_is_to_be_tried_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of(
        monkeypatch,
        secret_keys="a key for trying the samples",
        allowed_embed_origins="http://localhost:3000",
        theme='{"accent": "#0a7d55"}',
    )
    assert settings.secret_keys == ("a key for trying the samples",)
    assert settings.allowed_embed_origins == ("http://localhost:3000",)
    assert settings.theme.accent == "#0a7d55"


def test_it_never_meets_a_real_account(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of(monkeypatch, stripe_api_key="sk_live_x", stripe_api_base="https://api.stripe.com")
    assert settings.stripe_api_key == "sk_test_demo"
    assert settings.stripe_api_base == "http://127.0.0.1:12111"


def test_it_hears_from_the_sandbox_how_payments_end(monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox = Sandbox()
    secret = webhook_to(sandbox, 8000)
    (endpoint,) = sandbox.call("GET", "/v1/webhook_endpoints")["data"]
    assert endpoint["url"] == "http://127.0.0.1:8000/billing/webhook"
    assert secret.startswith("whsec_")
    assert settings_of(monkeypatch).stripe_webhook_secrets == ("whsec_of_the_sandbox",)
