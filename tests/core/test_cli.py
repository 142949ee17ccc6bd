"""The command line, through click's own runner and as real processes."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

import pytest
from click.testing import CliRunner, Result

from invoice_portal.cli import main
from invoice_portal.resources import data_dir
from invoice_portal.signing import hash_identifier
from support.stripe_server import StripeServer

KEY = "the first key of the command line"
OLD_KEY = "an older key of the command line"
STRIPE_KEY = "sk_test_cli0stripe0key0that0nobody0sees"
EMAIL = "Ada@Example.com"
CUSTOMER = "cus_ada"
SECRETS = (KEY, OLD_KEY, STRIPE_KEY)

COMMAND = [sys.executable, "-c", "from invoice_portal.cli import main; main()"]
NODE = """
const [key, text] = process.argv.slice(1);
console.log(require("crypto").createHmac("sha256", key).update(text).digest("hex"));
"""


def settings(**changes: str) -> dict[str, str]:
    given = {"STRIPE_API_KEY": STRIPE_KEY, "SECRET_KEYS": f"{KEY},{OLD_KEY}", **changes}
    return {f"INVOICE_PORTAL_{name}": value for name, value in given.items()}


def run(*arguments: str, env: Mapping[str, str] | None = None, stdin: str | bytes = "") -> Result:
    """Run a command in this process; whatever it says, it does not say a secret."""
    clean = {name: None for name in os.environ if name.startswith("INVOICE_PORTAL_")}
    result = CliRunner().invoke(main, arguments, input=stdin, env={**clean, **(env or {})})
    assert not [secret for secret in SECRETS if secret in result.output]
    return result


def environ(**changes: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("INVOICE_PORTAL_")}
    return {**kept, **settings(), **changes, "PYTHONWARNINGS": "ignore"}


# hash


def test_the_hash_is_that_of_node():
    node = shutil.which("node")
    if node is None:
        assert os.environ.get("CI") != "true", "the hash must be checked against Node: install it"
        pytest.skip("Node is not installed")
    expected = subprocess.run([node, "-e", NODE, KEY, EMAIL], capture_output=True, text=True, check=True, timeout=60)
    ours = subprocess.run(
        [*COMMAND, "hash", "--email", EMAIL], env=environ(), capture_output=True, text=True, timeout=60
    )
    assert ours.stdout == expected.stdout
    assert ours.stderr == ""


@pytest.mark.parametrize(("option", "identifier"), [("--email", EMAIL), ("--customer-id", CUSTOMER)])
def test_the_first_key_of_the_environment_signs(option: str, identifier: str):
    result = run("hash", option, identifier, env=settings())
    assert result.output == hash_identifier(KEY, identifier) + "\n"


@pytest.mark.parametrize("ending", ["", "\n", "\r\n", "\nmore\n"], ids=repr)
def test_without_one_in_the_environment_the_key_is_read_from_standard_input(ending: str):
    result = run("hash", "--email", EMAIL, stdin=KEY + ending)
    assert result.output == hash_identifier(KEY, EMAIL) + "\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("hash",),
        ("hash", "--email", EMAIL, "--customer-id", CUSTOMER),
        ("hash", "--email", "no address"),
        ("hash", "--email", "ada@example.com\n"),
        ("hash", "--customer-id", "../invoices"),
        ("hash", "--email", EMAIL, "--key", "a key"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_signed_is_refused(arguments: tuple[str, ...]):
    result = run(*arguments, env=settings())
    assert result.exit_code == 2
    assert hash_identifier(KEY, arguments[-1]) not in result.output


@pytest.mark.parametrize("stdin", ["", "\n", "  \n"], ids=repr)
def test_an_empty_key_signs_nothing(stdin: str):
    """A variable that is empty by mistake must not end in a hash that everybody can make."""
    result = run("hash", "--email", EMAIL, stdin=stdin)
    assert result.exit_code != 0
    assert hash_identifier("", EMAIL) not in result.output


def test_no_command_takes_a_secret_as_an_argument():
    """Arguments stand in the list of processes and in the shell's history."""
    names = {
        name for command in main.commands.values() for parameter in command.params for name in (parameter.name or "",)
    }
    assert names <= {
        "customer_id",
        "email",
        "file",
        "folder",
        "force",
        "framework",
        "host",
        "origin",
        "port",
        "portal_name",
        "sandbox_port",
        "seed",
        "url",
    }


# doctor


def test_the_doctor_is_content_with_good_settings(stripe: StripeServer):
    result = run("doctor", env=settings(STRIPE_API_BASE=stripe.url))
    assert result.exit_code == 0, result.output
    assert "ok      The key reads invoices." in result.output
    assert "problem" not in result.output


def test_the_doctor_fails_where_a_needed_permission_is_missing(stripe: StripeServer):
    stripe.sandbox.restrict(STRIPE_KEY, ["customer_read"])
    result = run("doctor", env=settings(STRIPE_API_BASE=stripe.url))
    assert result.exit_code == 1
    assert "problem The key may not read invoices: give it the permission rak_invoice_read." in result.output
    assert "note    The key may not read credit notes" in result.output


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"STRIPE_API_KEY": ""}, "stripe_api_key is missing"),
        ({"SECRET_KEYS": ""}, "secret_keys is missing"),
        ({"SECRET_KEYS": "short"}, "shorter than 16"),
        ({"STRIPE_API_KEY": "pk_test_abcdefghijkl"}, "a publishable key"),
        ({"STRIPE_API_KEY": "sk_live_abcdefghijkl", "REQUIRE_HASH": "0"}, "require_hash is off with a live Stripe key"),
        ({"REQUIRE_HASH": "perhaps"}, "must be 1 or 0"),
        ({"PAGE_SIZE": "many"}, "must be a number"),
        ({"COLOUR": "red"}, "INVOICE_PORTAL_COLOUR is not a setting"),
        ({"TRANSLATIONS": "/nowhere/at/all"}, "there is no folder /nowhere/at/all"),
    ],
    ids=str,
)
def test_the_doctor_names_settings_that_cannot_work(changes: dict[str, str], words: str):
    result = run("doctor", env=settings(**changes))
    assert result.exit_code == 1
    assert result.output.startswith("problem ")
    assert words in result.output


@pytest.mark.parametrize("name", ["portal", "settings", "mapping"])
def test_the_doctor_looks_at_an_apps_own_portal(
    stripe: StripeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
):
    (tmp_path / f"shop_{name}.py").write_text(
        "from invoice_portal import Portal, PortalSettings\n"
        f"mapping = dict(stripe_api_key={STRIPE_KEY!r}, secret_keys=[{KEY!r}], stripe_api_base={stripe.url!r},\n"
        "               identify=None, identify_by='customer_id')\n"
        "settings = PortalSettings(**{name: mapping[name] for name in mapping if name != 'identify'})\n"
        "portal = Portal(settings)\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    result = run("doctor", "--portal", f"shop_{name}:{name}")
    assert result.exit_code == 0, result.output
    assert "The key reads invoices" in result.output
    assert "verified addresses" not in result.output


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nowhere_at_all:portal", "cannot be imported"),
        ("json:nothing", "cannot be imported"),
        ("json:dumps", "is neither a Portal"),
    ],
)
def test_the_doctor_says_where_a_portal_is_not_to_be_found(monkeypatch: pytest.MonkeyPatch, name: str, words: str):
    monkeypatch.setattr(sys, "path", [*sys.path])
    result = run("doctor", "--portal", name)
    assert result.exit_code == 1
    assert words in result.output


def explained(given: str, *arguments: str, **changes: str) -> Result:
    """What the doctor says about a hash; never what the right one is."""
    result = run("doctor", *arguments, env=settings(**changes), stdin=given)
    for key in (KEY, OLD_KEY):
        for identifier in (EMAIL, CUSTOMER):
            assert hash_identifier(key, identifier) not in result.output
    return result


def test_a_hash_that_fits_is_content():
    result = explained(hash_identifier(KEY, EMAIL) + "\n", "--email", EMAIL)
    assert result.output == "ok      The hash fits.\n"
    assert result.exit_code == 0


def test_a_hash_of_an_older_key_is_named_and_fits():
    result = explained(hash_identifier(OLD_KEY, EMAIL), "--email", EMAIL)
    assert "older key" in result.output
    assert result.exit_code == 0


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (hash_identifier("nobody's key", EMAIL), "another key or of another identifier"),
        (hash_identifier(KEY, EMAIL.lower()), "in lower case"),
        (hash_identifier(KEY, EMAIL) + " \n", "a space or a line break around the hash"),
        (" " + hash_identifier(KEY, EMAIL), "a space or a line break around the hash"),
        (hash_identifier(STRIPE_KEY, EMAIL), "made with the Stripe key"),
        ("", "There is no hash"),
    ],
    ids=["another key", "lower case", "space behind", "space before", "the Stripe key", "nothing"],
)
def test_a_hash_that_does_not_fit_is_explained(given: str, words: str):
    result = explained(given, "--email", EMAIL)
    assert result.exit_code == 1
    assert words in result.output


def test_a_hash_of_the_identifier_beside_it_is_named():
    both = ("--email", EMAIL, "--customer-id", CUSTOMER)
    assert "of the other identifier" in explained(hash_identifier(KEY, CUSTOMER), *both).output
    by_id = explained(hash_identifier(KEY, EMAIL), *both, IDENTIFY_BY="customer_id")
    assert "of the other identifier" in by_id.output


def test_the_identifier_that_the_settings_ask_for_must_be_given():
    result = explained(hash_identifier(KEY, CUSTOMER), "--customer-id", CUSTOMER)
    assert result.exit_code == 1
    assert "identify_by is email" in result.output


# templates


def test_the_templates_are_copied(tmp_path: Path):
    result = run("templates", str(tmp_path / "mine"))
    assert result.exit_code == 0, result.output
    source, target = data_dir("templates") / "invoice_portal", tmp_path / "mine" / "invoice_portal"
    copied = {path.name: path.read_bytes() for path in target.iterdir()}
    assert copied == {path.name: path.read_bytes() for path in source.iterdir()}
    assert {"layout.html", "invoices.html", "invoice.html", "message.html"} <= set(copied)
    assert result.output.splitlines() == [str(target / name) for name in sorted(copied)]


def test_files_that_are_there_are_replaced_only_by_force(tmp_path: Path):
    own = tmp_path / "invoice_portal" / "layout.html"
    own.parent.mkdir()
    own.write_text("mine")
    refused = run("templates", str(tmp_path))
    assert refused.exit_code == 1
    assert "has layout.html already. Use --force" in refused.output
    assert [path.name for path in own.parent.iterdir()] == ["layout.html"]
    assert own.read_text() == "mine"
    assert run("templates", str(tmp_path), "--force").exit_code == 0
    assert own.read_text() != "mine"


# sandbox


@contextmanager
def sandbox_process(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [*COMMAND, "sandbox", "--port", str(port), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environ(),
    )
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline()
    finally:
        process.terminate()
        process.communicate(timeout=10)


def test_the_sandbox_serves_until_it_is_ended():
    with sandbox_process("--seed", "empty") as (process, said):
        url = said.split(" listens on ")[1].split()[0]
        assert b"stand-in for Stripe" in fetched(url)
        process.terminate()
        assert process.wait(timeout=10) == 0


def test_the_sandbox_keeps_everything_in_a_file(tmp_path: Path):
    file = tmp_path / "account.db"
    with sandbox_process("--seed", "empty", "--file", str(file)) as (_, said):
        fetched(said.split(" listens on ")[1].split()[0])
        assert file.exists()


def fetched(url: str) -> bytes:
    """What a server that is about to listen answers."""
    opener, deadline = build_opener(ProxyHandler({})), time.monotonic() + 10
    while True:
        try:
            with opener.open(url, timeout=10) as answer:
                body: bytes = answer.read()
                return body
        except URLError:
            assert time.monotonic() < deadline, f"nothing listens on {url}"
            time.sleep(0.02)


# what is missing


@pytest.mark.parametrize("command", ["sandbox", "demo"])
def test_a_missing_extra_is_named(command: str):
    """As in an installation without the demo's packages."""
    without = "import sys; sys.modules['aiohttp'] = None; from invoice_portal.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", without, command], capture_output=True, text=True, env=environ(), timeout=60
    )
    assert done.returncode == 1
    assert done.stderr == "Error: aiohttp is missing. Install it with: pip install 'invoice-portal[demo]'\n"


def test_the_command_line_starts_without_frameworks_stripe_or_the_sandbox():
    heavy = ["flask", "django", "fastapi", "stripe", "aiohttp", "stripe_sandbox"]
    check = f"import sys, invoice_portal.cli; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, env=environ(), timeout=60)
    assert done.stdout == "[]\n"


def test_it_tells_its_version():
    assert run("--version").output.endswith(f"version {version('invoice-portal')}\n")


@pytest.mark.parametrize("command", ["sandbox", "demo"])
@pytest.mark.parametrize("port", ["65536", "-1", "http"])
def test_a_port_that_is_none_is_a_usage_error(command: str, port: str):
    assert run(command, "--port", port).exit_code == 2
