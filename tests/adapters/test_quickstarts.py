"""The README's quickstarts, taken from it and run as it says, each in a real server that talks to the sandbox."""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.documents import README, blocks, section
from support.accounts import Account
from support.stripe_server import StripeServer

JENNY = "jenny@lumen.studio"
PASSWORD = "a password of the tests"
PROGRAMS = {
    "python": [sys.executable],
    "flask": [sys.executable, "-m", "flask"],
    "uvicorn": [sys.executable, "-m", "uvicorn"],
    "django-admin": [sys.executable, "-m", "django"],
}


@pytest.fixture
def environ(stripe: StripeServer) -> dict[str, str]:
    """What the README exports, with the sandbox of the tests."""
    exported = dict(re.findall(r"^export (\w+)=(\S+)", blocks(section(README, "## Quickstart"))[0].text, re.M))
    assert set(exported) == {f"INVOICE_PORTAL_{name}" for name in ("STRIPE_API_KEY", "STRIPE_API_BASE", "SECRET_KEYS")}
    exported |= {"INVOICE_PORTAL_STRIPE_API_BASE": stripe.url, "INVOICE_PORTAL_SECRET_KEYS": "5e7d2a90c1b84f3366d0a1b2"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("INVOICE_PORTAL_")}
    return {**kept, **exported, "DJANGO_SUPERUSER_PASSWORD": PASSWORD, "NO_PROXY": "127.0.0.1"}


@pytest.fixture
def number(account: Account) -> str:
    """The number of an invoice that Jenny has to pay."""
    return account.number(account.open(account.customer(JENNY), 1100))


def written(heading: str, folder: Path) -> list[list[str]]:
    """Write a quickstart's files into ``folder``, at the end of those that are there; gives its commands."""
    commands = []
    for block in blocks(section(README, heading)):
        if block.language == "sh":
            commands += [shlex.split(line, comments=True) for line in block.text.splitlines()]
        else:
            assert block.file, block.text
            with (folder / block.file).open("a", encoding="utf-8") as file:
                file.write(block.text)
    return commands


def run(command: list[str], folder: Path, environ: dict[str, str]) -> str:
    done = subprocess.run(
        [*PROGRAMS[command[0]], *command[1:]], cwd=folder, env=environ, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@contextmanager
def served(command: list[str], folder: Path, environ: dict[str, str], *, port: str) -> Iterator[httpx.Client]:
    """Run a server's command until the test is done with it. ``port`` is how the command takes its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    process = subprocess.Popen(
        [*PROGRAMS[command[0]], *command[1:], *port.format(free).split()],
        cwd=folder,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        wait_for(free, process)
        with httpx.Client(base_url=f"http://127.0.0.1:{free}", trust_env=False, timeout=30) as browser:
            yield browser
    finally:
        process.terminate()
        process.communicate(timeout=10)


def wait_for(port: int, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()[0]
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    pytest.fail("the server did not start")


def check_the_way_through(browser: httpx.Client, number: str) -> None:
    """See the invoice, open it, download it, and come to the page where it is paid."""
    home = browser.get("/billing/")
    assert home.status_code == 200
    assert number in home.text
    style = re.search(r'<link rel="stylesheet" href="([^"]+)"', home.text)
    assert style
    assert browser.get(style[1]).status_code == 200
    link = re.search(r'href="(/billing/invoices/in_\w+)"', home.text)
    assert link
    assert "$11.00" in browser.get(link[1]).text
    pdf = browser.get(f"{link[1]}/pdf", follow_redirects=True)
    assert pdf.content.startswith(b"%PDF")
    form = re.search(r'<form method="post" action="([^"]+/pay)".*?name="(\w+)" value="([^"]+)"', home.text, re.S)
    assert form
    paying: Any = browser.post(form[1], data={form[2]: form[3]}, follow_redirects=True)
    assert paying.status_code == 200
    assert number in paying.text


def test_flask(tmp_path: Path, environ: dict[str, str], number: str):
    (command,) = written("### Flask", tmp_path)
    with served(command, tmp_path, environ, port="--port {}") as browser:
        check_the_way_through(browser, number)


def test_fastapi(tmp_path: Path, environ: dict[str, str], number: str):
    (command,) = written("### FastAPI", tmp_path)
    with served(command, tmp_path, environ, port="--port {}") as browser:
        check_the_way_through(browser, number)


def test_django(tmp_path: Path, environ: dict[str, str], number: str):
    run(["django-admin", "startproject", "mysite", "."], tmp_path, environ)
    migrate, create, serve = written("### Django", tmp_path)
    run(migrate, tmp_path, environ)
    run([*create, "--noinput"], tmp_path, environ)
    with served(serve, tmp_path, environ, port="--noreload 127.0.0.1:{}") as browser:
        assert browser.get("/billing/").status_code == 401
        browser.get("/admin/login/")
        entered = browser.post(
            "/admin/login/?next=/billing/",
            data={"username": "jenny", "password": PASSWORD, "csrfmiddlewaretoken": browser.cookies["csrftoken"]},
        )
        assert entered.headers["Location"] == "/billing/"
        check_the_way_through(browser, number)


def test_djangos_check_command_names_what_is_wrong(tmp_path: Path, environ: dict[str, str]):
    run(["django-admin", "startproject", "mysite", "."], tmp_path, environ)
    written("### Django", tmp_path)
    wrong = {**environ, "INVOICE_PORTAL_SECRET_KEYS": "short"}
    done = subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=tmp_path, env=wrong, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "(invoice_portal.E001) secret_keys[0] is shorter than 16 characters." in done.stderr
