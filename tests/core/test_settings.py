"""The settings: each check's message names the setting and what to do, and no secret is ever shown."""

import dataclasses
import json
import os
import pickle
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoice_portal import ConfigurationError, Portal, PortalSettings, SubscriptionSettings, Theme
from invoice_portal.settings_checks import STRIPE_API_BASE
from invoice_portal.settings_text import ENV_PREFIX

KEY, SECRET = "sk_test_51abc", "a key of at least 16"
FIELDS = {field.name: field for field in dataclasses.fields(PortalSettings)}


def make(**changes: Any) -> PortalSettings:
    return PortalSettings(**{"stripe_api_key": KEY, "secret_keys": [SECRET], **changes})


def test_two_settings_are_enough():
    settings = make()
    assert settings.secret_keys == (SECRET,)
    assert settings.actions == {"view", "download", "pay", "manage"}
    assert settings.stripe_api_base == STRIPE_API_BASE
    assert settings.identify_by == "email"
    assert settings.require_hash
    assert not settings.live


@pytest.mark.parametrize("name", FIELDS)
def test_every_setting_says_what_it_is_about(name: str):
    about = FIELDS[name].metadata["about"]
    assert about[0].isupper()
    assert about.endswith(".")
    assert len(about) > 15


def test_settings_are_frozen_and_keyword_only():
    with pytest.raises(dataclasses.FrozenInstanceError):
        make().debug = True  # type: ignore[misc]
    with pytest.raises(TypeError):
        PortalSettings(KEY, [SECRET])  # type: ignore[misc]


def test_lists_become_their_own_copies():
    keys, actions = [SECRET], ["view"]
    settings = make(secret_keys=keys, actions=actions)
    keys.append("another key of 16 letters")
    actions.append("pay")
    assert settings.secret_keys == (SECRET,)
    assert settings.actions == frozenset({"view"})


def test_all_actions_may_be_switched_off():
    assert make(actions=[]).actions == frozenset()


# Secrets


def test_no_secret_shows():
    settings = make(secret_keys=[SECRET, "an older key of 16"])
    for shown in (repr(settings), str(settings), f"{settings}", repr([settings]), repr({"s": settings})):
        assert KEY not in shown
        assert SECRET not in shown
        assert "an older key" not in shown


@pytest.mark.parametrize(
    "changes",
    [
        {"secret_keys": ["short"]},
        {"secret_keys": "one text of at least 16 letters"},
        {"secret_keys": [SECRET + " "]},
        {"secret_keys": [KEY + "x" * 20, KEY]},
        {"stripe_api_key": "pk_test_secret_of_mine"},
        {"stripe_api_key": KEY + "\n"},
        {"stripe_api_key": b"sk_test_bytes"},
        {"secret_keys": [b"bytes of at least 16"]},
    ],
)
def test_no_message_shows_a_secret(changes: dict[str, Any]):
    with pytest.raises(ConfigurationError) as raised:
        make(**changes)
    for secret in ("short", "one text", SECRET, "secret_of_mine", "51abc", "bytes of", "sk_test_bytes"):
        assert secret not in str(raised.value).replace("is shorter than", "")


def test_the_error_of_a_missing_secret_in_a_traceback_shows_no_secret():
    """A refused start ends in a log: the frames' own texts must hold no key either."""
    code = "from invoice_portal import PortalSettings; import os; PortalSettings.from_env()"
    secrets = {f"{ENV_PREFIX}STRIPE_API_KEY": "pk_live_hidden", f"{ENV_PREFIX}SECRET_KEYS": "hidden-too"}
    environ = {name: text for name, text in os.environ.items() if not name.startswith(ENV_PREFIX)} | secrets
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, timeout=60)
    assert "stripe_api_key must be" in done.stderr
    assert "hidden" not in done.stderr


# Checks, one by one

WRONG = [
    ({"stripe_api_key": "pk_test_1"}, "publishable key"),
    ({"stripe_api_key": ""}, "stripe_api_key must be"),
    ({"stripe_api_key": None}, "stripe_api_key must be"),
    ({"stripe_api_key": " sk_test_1"}, "stripe_api_key must be"),
    ({"stripe_api_key": "sk_test_1\n"}, "space or a line break"),
    ({"secret_keys": []}, "secret_keys is empty"),
    ({"secret_keys": "a text of at least 16"}, "secret_keys must be a list"),
    ({"secret_keys": None}, "secret_keys must be a list"),
    ({"secret_keys": [5]}, "secret_keys must hold texts"),
    ({"secret_keys": [SECRET, "short"]}, r"secret_keys\[1\] is shorter than 16"),
    ({"secret_keys": [" " + SECRET]}, r"secret_keys\[0\] has a space"),
    ({"secret_keys": [SECRET + "\n"]}, r"secret_keys\[0\] has a space"),
    ({"stripe_api_key": "sk_test_" + "x" * 20, "secret_keys": ["sk_test_" + "x" * 20]}, "is the Stripe key"),
    ({"identify_by": "name"}, "identify_by must be 'email' or 'customer_id'"),
    ({"identify_by": None}, "identify_by must be"),
    ({"actions": ["view", "delete"]}, "actions has 'delete'; it may hold view, download, pay"),
    ({"actions": "view"}, "actions must be a list"),
    ({"actions": [1]}, "actions must hold texts"),
    ({"require_hash": "no"}, "require_hash must be True or False"),
    ({"require_hash": 1}, "require_hash must be True or False"),
    ({"debug": None}, "debug must be True or False"),
    ({"show_all_invoices": "yes"}, "show_all_invoices must be True or False"),
    ({"detect_language": 0}, "detect_language must be True or False"),
    ({"session_minutes": 0}, "session_minutes must be a number from 1 to 1440"),
    ({"session_minutes": 1441}, "session_minutes must be"),
    ({"session_minutes": 1.5}, "session_minutes must be"),
    ({"session_minutes": "60"}, "session_minutes must be"),
    ({"session_minutes": True}, "session_minutes must be"),
    ({"page_size": 0}, "page_size must be a number from 1 to 100"),
    ({"page_size": 101}, "page_size must be"),
    ({"page_size": 2.5}, "page_size must be"),
    ({"stripe_timeout": 0}, "stripe_timeout must be"),
    ({"stripe_timeout": 81}, "stripe_timeout must be"),
    ({"stripe_timeout": float("nan")}, "stripe_timeout must be"),
    ({"stripe_timeout": None}, "stripe_timeout must be"),
    ({"stripe_api_base": "api.stripe.com"}, "stripe_api_base must be an http"),
    ({"stripe_api_base": "ftp://api.stripe.com"}, "stripe_api_base must be an http"),
    ({"stripe_api_base": "http://"}, "stripe_api_base must be an http"),
    ({"stripe_api_base": "http://["}, "stripe_api_base"),
    ({"stripe_api_base": None}, "stripe_api_base must be"),
    ({"stripe_account": "cus_1"}, "stripe_account must be the id of an account"),
    ({"stripe_account": ""}, "stripe_account must be"),
    ({"stripe_account": 5}, "stripe_account must be"),
    ({"allowed_embed_origins": "https://app.example.com"}, "allowed_embed_origins must be a list"),
    ({"allowed_embed_origins": ["https://app.example.com/"]}, "an origin is scheme, host and port only"),
    ({"allowed_embed_origins": ["https://app.example.com/path"]}, "an origin is scheme"),
    ({"allowed_embed_origins": ["app.example.com"]}, "an origin is scheme"),
    ({"allowed_embed_origins": ["ftp://app.example.com"]}, "an origin is scheme"),
    ({"allowed_embed_origins": ["*"]}, "an origin is scheme"),
    ({"allowed_embed_origins": ["https://*.example.com"]}, "wildcards"),
    ({"allowed_embed_origins": ["https://a.example;script-src"]}, "separators"),
    ({"allowed_embed_origins": ["https://a.example https://b.example"]}, "an origin is scheme"),
    ({"allowed_embed_origins": ["https://a.example,b"]}, "separators"),
    ({"allowed_embed_origins": ["https://a.example\n"]}, "an origin is scheme"),
    ({"allowed_embed_origins": ["https://["]}, "allowed_embed_origins"),
    ({"allowed_embed_origins": ["https://Shop.example"]}, "write it as browsers do"),
    ({"allowed_embed_origins": ["https://shop.example:443"]}, "write it as browsers do"),
    ({"allowed_embed_origins": ["http://shop.example:80"]}, "write it as browsers do"),
    ({"allowed_embed_origins": ["https://löwe.example"]}, "write it as browsers do"),
    ({"allowed_embed_origins": ["https://me@shop.example"]}, "write it as browsers do"),
    ({"home_url": "app.example.com"}, "home_url must begin with"),
    ({"home_url": "javascript:alert(1)"}, "home_url must begin with"),
    *(
        ({"home_url": home_url}, "no address that a browser can be sent to")
        for home_url in (
            *("//evil.example", "/\\\\evil.example", "https://", "https://a:b@app.example.com"),
            *("/app\r\nX: y", "/app ", "/<x>", "/app\n"),
            *("https://app.example.com:99999/", "https://app.example.com/ü", 'https://app.example.com/"><x>'),
        )
    ),
    *(
        ({"public_url": public_url}, "public_url must be an http")
        for public_url in (
            *("https://a.example/b\n", "https://a.example/b ", "https://a b.example/", "https://u:p@a.example/b"),
            *("https://a.example:99999", "https://a.example:0", 'https://a.example/"><script>', "https://a.example/?"),
            *("https://a.example/#", "https://-a.example", "//a.example", "https://"),
        )
    ),
    ({"merchant_api_keys": ["é" * 32]}, r"merchant_api_keys\[0\] must be ASCII"),
    ({"merchant_api_keys": ["a" * 32 + "\x00b"]}, r"merchant_api_keys\[0\] must be ASCII"),
    ({"actions": ["download"]}, "actions must hold 'view'"),
    ({"home_url": 5}, "home_url must be"),
    ({"home_url": None}, "home_url must be"),
    ({"business_name": None}, "business_name must be"),
    ({"support_email": 5}, "support_email must be"),
    ({"default_language": "klingon"}, "default_language 'klingon' is not a known locale"),
    ({"default_language": "xx"}, "default_language 'xx'"),
    ({"default_language": ""}, "default_language"),
    ({"default_language": None}, "default_language"),
    ({"time_zone": "Mars/Olympus"}, "time_zone 'Mars/Olympus' is not a known IANA time zone"),
    ({"time_zone": ""}, "time_zone"),
    ({"time_zone": "../../etc/passwd"}, "time_zone"),
    ({"time_zone": None}, "time_zone"),
    ({"translations": "folder"}, "translations must be a list"),
    ({"translations": 5}, "translations must be a list"),
    ({"translations": None}, "translations must be a list"),
    ({"translations": [5]}, "translations must hold paths"),
    ({"translations": {"de": "Jetzt"}}, r"translations\['de'\] must be a mapping"),
    ({"translations": {"de": {"Pay": 5}}}, r"translations\['de'\] must be a mapping"),
]


@pytest.mark.parametrize(("changes", "message"), WRONG, ids=[str(changes) for changes, _ in WRONG])
def test_what_cannot_work_is_refused_with_its_name_and_a_way_out(changes: dict[str, Any], message: str):
    with pytest.raises(ConfigurationError, match=message):
        make(**changes)


RIGHT = [
    {"stripe_api_key": "rk_test_1"},
    {"stripe_api_key": "sk_live_1"},
    {"stripe_api_key": "rk_live_1"},
    {"secret_keys": ("a key of 16 lette", "ключ из шестнадцати")},
    {"session_minutes": 1440, "page_size": 100, "stripe_timeout": 0.1},
    {"stripe_timeout": 80},
    {"stripe_api_base": "http://127.0.0.1:12111"},
    {"stripe_api_base": "http://[::1]:12111/"},
    {"stripe_account": "acct_1"},
    {"allowed_embed_origins": ["https://app.example.com", "http://localhost:3000", "https://[::1]:8443"]},
    {"home_url": "/app"},
    {"home_url": "https://app.example.com/"},
    {"home_url": "/"},
    {"home_url": "http://localhost:3000/a%20b?c=d&e=f#g"},
    {"public_url": "https://app.example.com/billing"},
    {"public_url": "http://[::1]:8000/"},
    {"public_url": "http://my_host:8000"},
    {"merchant_api_keys": ["a key of 32 characters or longer"]},
    {"default_language": "de-AT"},
    {"default_language": "pt_BR"},
    {"default_language": "zh-Hant-TW"},
    {"time_zone": "Asia/Kathmandu"},
    {"actions": {"view"}},
]


@pytest.mark.parametrize("changes", RIGHT, ids=str)
def test_what_can_work_is_taken(changes: dict[str, Any]):
    assert make(**changes)


whatever = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.binary(max_size=4)


@given(st.dictionaries(st.sampled_from(sorted(FIELDS)), whatever | st.lists(whatever, max_size=2), max_size=3))
def test_whatever_is_given_works_or_is_a_configuration_error(changes: dict[str, Any]):
    with suppress(ConfigurationError):
        Portal(make(**changes))


# The live rule


@pytest.mark.parametrize("key", ["sk_live_1", "rk_live_1"])
def test_a_live_key_without_the_hash_does_not_start(key: str):
    with pytest.raises(ConfigurationError, match="require_hash is off with a live Stripe key"):
        make(stripe_api_key=key, require_hash=False)
    assert make(stripe_api_key=key).live


@pytest.mark.parametrize("key", ["sk_test_1", "rk_test_1"])
def test_in_test_mode_the_hash_may_be_off_and_the_log_says_so(key: str, caplog: pytest.LogCaptureFixture):
    settings = make(stripe_api_key=key, require_hash=False)
    assert not settings.live
    Portal(settings)
    assert "require_hash is off" in caplog.text


def test_a_live_key_is_sent_over_https_only():
    with pytest.raises(ConfigurationError, match="https with a live key"):
        make(stripe_api_key="sk_live_1", stripe_api_base="http://api.stripe.com")


def test_a_replaced_setting_is_checked_again():
    with pytest.raises(ConfigurationError, match="require_hash"):
        dataclasses.replace(make(stripe_api_key="sk_live_1"), require_hash=False)


# From the environment

REQUIRED = {f"{ENV_PREFIX}STRIPE_API_KEY": KEY, f"{ENV_PREFIX}SECRET_KEYS": SECRET}


def from_env(**variables: str) -> PortalSettings:
    given = {f"{ENV_PREFIX}{name.upper()}": text for name, text in variables.items()}
    return PortalSettings.from_env({**REQUIRED, **given, "PATH": "/bin", "HOME": "/root"})


def test_the_environment_gives_every_kind_of_setting():
    settings = from_env(
        secret_keys="the new key of 16 letters, the old key of 16 letters ,",
        actions="view,pay",
        allowed_embed_origins="https://a.example, https://b.example",
        require_hash="0",
        debug="true",
        page_size="50",
        stripe_timeout="2.5",
        default_language="de",
        stripe_account="acct_1",
    )
    assert settings.secret_keys == ("the new key of 16 letters", "the old key of 16 letters")
    assert settings.actions == {"view", "pay"}
    assert settings.allowed_embed_origins == ("https://a.example", "https://b.example")
    assert (settings.require_hash, settings.debug) == (False, True)
    assert (settings.page_size, settings.stripe_timeout) == (50, 2.5)
    assert (settings.default_language, settings.stripe_account) == ("de", "acct_1")


def test_a_key_with_a_comma_is_given_as_json():
    settings = from_env(secret_keys=' ["a key, with a comma", "the old key of 16 letters"]')
    assert settings.secret_keys == ("a key, with a comma", "the old key of 16 letters")


@pytest.mark.parametrize("text", ["[", "[1]", '["a" "b"]', "[key of sixteen letters"])
def test_a_list_that_is_no_json_is_refused_without_its_words(text: str):
    with pytest.raises(ConfigurationError) as refused:
        from_env(secret_keys=text)
    assert "letters" not in str(refused.value)


def test_translations_from_the_environment_are_folders():
    folder = Path(__file__).parent
    assert list(from_env(translations=f"{folder},{folder}").translations) == [str(folder), str(folder)]


@pytest.mark.parametrize("word", ["1", "true", "TRUE", "yes", "on", "On"])
def test_words_that_switch_on(word: str):
    assert from_env(debug=word).debug


@pytest.mark.parametrize("word", ["0", "false", "False", "no", "off"])
def test_words_that_switch_off(word: str):
    assert not from_env(require_hash=word).require_hash


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"debug": "maybe"}, "INVOICE_PORTAL_DEBUG must be 1 or 0, not 'maybe'"),
        ({"debug": ""}, "INVOICE_PORTAL_DEBUG must be 1 or 0"),
        ({"page_size": "many"}, "INVOICE_PORTAL_PAGE_SIZE must be a number, not 'many'"),
        ({"page_size": "2.5"}, "INVOICE_PORTAL_PAGE_SIZE must be a number"),
        ({"stripe_timeout": "soon"}, "INVOICE_PORTAL_STRIPE_TIMEOUT must be a number"),
        ({"pagesize": "5"}, "INVOICE_PORTAL_PAGESIZE is not a setting. Known are: .*INVOICE_PORTAL_PAGE_SIZE"),
        ({"actions": "fly"}, "actions has 'fly'"),
        ({"theme": "#0a7d55"}, "INVOICE_PORTAL_THEME must be JSON"),
        ({"theme": "[]"}, "theme must be a Theme, or a dict"),
        ({"theme": '{"colour": "red"}'}, "theme: 'colour' is not known. Known are: accent"),
        ({"secret_keys": " , "}, "secret_keys"),
        ({"stripe_api_key": ""}, "stripe_api_key is missing. Set it, or INVOICE_PORTAL_STRIPE_API_KEY"),
    ],
)
def test_a_wrong_variable_is_named(variables: dict[str, str], message: str):
    with pytest.raises(ConfigurationError, match=message):
        from_env(**variables)


@pytest.mark.parametrize("missing", REQUIRED)
def test_a_missing_variable_is_named(missing: str):
    environ = {name: text for name, text in REQUIRED.items() if name != missing}
    with pytest.raises(ConfigurationError, match=missing):
        PortalSettings.from_env(environ)


def test_without_a_mapping_the_processs_own_environment_is_read(monkeypatch: pytest.MonkeyPatch):
    for name, text in {**REQUIRED, f"{ENV_PREFIX}BUSINESS_NAME": "Lumen Ltd"}.items():
        monkeypatch.setenv(name, text)
    assert PortalSettings.from_env().business_name == "Lumen Ltd"


@pytest.mark.parametrize("name", FIELDS)
def test_every_setting_can_be_given_by_the_environment(name: str):
    """A setting that a later version adds must say how its variable is read."""
    if name == "translations":
        return
    value = getattr(make(stripe_account="acct_1", home_url="/", business_name="L", support_email="a@b.c"), name)
    if isinstance(value, bool):
        text = "1" if value else "0"
    elif isinstance(value, tuple | frozenset):
        text = ",".join(sorted(value))
    elif isinstance(value, Theme | SubscriptionSettings):
        text = json.dumps(dataclasses.asdict(value), default=list)
    else:
        text = str(value)
    assert getattr(from_env(**{name: text}), name) == value


# From a mapping


def test_a_mapping_gives_settings_by_their_names():
    settings = PortalSettings.from_mapping({"stripe_api_key": KEY, "secret_keys": [SECRET], "page_size": 5})
    assert settings.page_size == 5


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "stripe_api_key is missing"),
        ({"stripe_api_key": KEY}, "secret_keys is missing"),
        ({"stripe_api_key": KEY, "secret_keys": []}, "secret_keys is missing"),
        ({"stripe_api_key": KEY, "secret_keys": [SECRET], "colour": "red"}, "'colour' is not a setting. Known are: "),
        ({"stripe_api_key": KEY, "secret_keys": [SECRET], "page_size": "5"}, "page_size must be a number"),
    ],
)
def test_a_wrong_mapping_is_refused(values: dict[str, Any], message: str):
    with pytest.raises(ConfigurationError, match=message):
        PortalSettings.from_mapping(values)


def test_the_origin_of_the_api_has_no_path():
    assert make(stripe_api_base="http://127.0.0.1:12111/stripe/").stripe_origin == "http://127.0.0.1:12111"


def test_settings_survive_being_handed_to_another_process():
    """Servers that fork or spawn workers pickle what the app holds."""
    assert pickle.loads(pickle.dumps(make(page_size=7))) == make(page_size=7)
