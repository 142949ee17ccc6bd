"""What the README and docs/ say is so: settings, ids, permissions, names, samples, links."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType

import pytest

import django_portal.checks
from adapters.documents import PAGES, README, ROOT, Block, blocks, section
from invoice_portal import Email
from invoice_portal.cli import main
from invoice_portal.commands.doctor import DETAILS_PROBES, MANAGING_PROBES, PAYING_PROBES, PROBES
from invoice_portal.resources import data_dir
from invoice_portal.routes import OWN_ROUTES
from invoice_portal.signing import hash_identifier
from support.accounts import Account
from support.portals import Mount
from support.runtimes import make
from support.runtimes.base import Runtime
from support.stripe_server import StripeServer

KEY, EMAIL = "a key of the documents' tests, ünïcode", "jörg+billing@example.com"


def every_block() -> list[tuple[Path, Block]]:
    return [(page, block) for page in PAGES for block in blocks(page.read_text(encoding="utf-8"))]


# What is written in two places


def settings_table() -> ModuleType:
    spec = importlib.util.spec_from_file_location("settings_table", ROOT / "docs" / "settings_table.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_table_of_settings_is_that_of_the_code():
    text = README.read_text(encoding="utf-8")
    assert text == settings_table().with_table(text), "run: python docs/settings_table.py"
    assert text.count("| `stripe_api_key` | required |") == 1


def test_the_commands_are_those_of_the_program():
    (block,) = blocks(section(README, "## Command line"))
    assert re.findall(r"^invoice-portal (\w+)", block.text, re.M) == sorted(
        main.commands,
        key=["demo", "sandbox", "doctor", "hash", "templates", "link", "session", "offers", "audit", "database"].index,
    )


def test_djangos_checks_are_those_of_the_code():
    documented = set(re.findall(r"`(invoice_portal\.[EW]\d{3})`", (ROOT / "docs" / "django.md").read_text("utf-8")))
    source = Path(django_portal.checks.__file__ or "").read_text(encoding="utf-8")
    assert documented == set(re.findall(r'id="(invoice_portal\.\w+)"', source))


def test_the_calls_of_the_json_api_are_those_of_the_code():
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+ /api/me\S*)` \| (.*) \|$", text, re.M)
    assert rows == [
        (f"{route.methods[0]} {route.path}", route.operation["summary"]) for route in OWN_ROUTES if route.operation
    ]


def test_the_permissions_are_those_that_the_doctor_asks_for():
    text = (ROOT / "docs" / "restricted-keys.md").read_text(encoding="utf-8")
    reading, _, paying = text.partition("## For paying")
    paying, _, managing = paying.partition("## For subscriptions")
    rows = dict(re.findall(r"^\| `(rak_\w+)` \| (.*) \|$", managing, re.M))
    assert {name: row.partition(" | ")[0] for name, row in rows.items()} == {
        probe.permission: probe.what for probe in (*MANAGING_PROBES, *DETAILS_PROBES)
    }
    rows = dict(re.findall(r"^\| `(rak_\w+)` \| (.*) \|$", paying, re.M))
    assert {name: row.partition(" | ")[0] for name, row in rows.items()} == {
        probe.permission: probe.what for probe in PAYING_PROBES
    }
    rows = dict(re.findall(r"^\| `(rak_\w+)` \| (.*) \|$", reading, re.M))
    assert set(rows) == {probe.permission for probe in PROBES}
    for permission, row in rows.items():
        mine = [probe for probe in PROBES if probe.permission == permission]
        assert all(probe.what in row for probe in mine)
        assert row.endswith("The portal cannot work.") == any(probe.needed for probe in mine)


def test_every_css_variable_that_is_named_exists():
    stylesheet = (data_dir("static") / "portal.css").read_text(encoding="utf-8")
    named = {name for page in PAGES for name in re.findall(r"--portal-[a-z-]+", page.read_text(encoding="utf-8"))}
    assert "--portal-accent" in named
    assert {name for name in named if f"{name}:" not in stylesheet} == set()


def test_the_structure_that_is_drawn_is_the_structure_that_is():
    drawing = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").split("```")[1]
    core, _, _ = drawing.partition("\nplugins/")
    drawn = re.findall(r"^  ((?:\S+(?: |$))+)", core, re.M)
    names = [name for line in drawn for name in line.split()]
    assert {"pages/", "portal.py", "effects.py"} <= set(names)
    assert [name for name in names if not list((ROOT / "core" / "invoice_portal").glob(name))] == []


# Links


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_the_pages_lead_somewhere(page: Path):
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if target.startswith(("http://", "https://")):
            continue
        name, _, anchor = target.partition("#")
        path = (page.parent / name).resolve() if name else page
        if not path.exists() or (anchor and anchor not in anchors(path)):
            broken.append(target)
    assert broken == []


def test_every_page_of_docs_can_be_found_from_the_readme():
    linked = set(re.findall(r"\]\(docs/([\w-]+\.md)", README.read_text(encoding="utf-8")))
    assert linked == {page.name for page in (ROOT / "docs").glob("*.md")}


# Samples


@pytest.mark.parametrize(("page", "block"), [pair for pair in every_block() if pair[1].language == "python"])
def test_python_is_python_and_what_it_imports_from_us_exists(page: Path, block: Block):
    tree = ast.parse(block.text, str(page))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0].endswith("_portal"):
            module = importlib.import_module(node.module)
            assert [alias.name for alias in node.names if not hasattr(module, alias.name)] == []


def sample(language: str) -> str:
    page = ROOT / "docs" / "identification.md"
    (found,) = [block.text for block in blocks(page.read_text(encoding="utf-8")) if block.language == language]
    return found


@pytest.mark.parametrize(
    ("language", "program", "around"),
    [
        ("js", ["node", "-e"], "const email = process.env.EMAIL;\n{}console.log(hash); console.log(url);"),
        ("php", ["php", "-r"], '$email = getenv("EMAIL");\n{}echo "$hash\\n$url\\n";'),
        ("ruby", ["ruby", "-e"], 'email = ENV.fetch("EMAIL")\n{}puts hash, url'),
        ("py", [sys.executable, "-c"], 'import os\nemail = os.environ["EMAIL"]\n{}print(hash); print(url)'),
    ],
)
def test_the_samples_make_the_hash_and_a_link_that_lets_in(language: str, program: list[str], around: str):
    from urllib.parse import parse_qsl, urlsplit

    if shutil.which(program[0]) is None:
        pytest.skip(f"{program[0]} is not installed")
    environ = {**os.environ, "EMAIL": EMAIL, "INVOICE_PORTAL_KEY": KEY, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        [*program, around.replace("{}", sample(language))],
        env=environ,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    made, url = done.stdout.splitlines()
    assert made == hash_identifier(KEY, EMAIL)
    assert dict(parse_qsl(urlsplit(url).query)) == {"email": EMAIL, "hash": made}


# The look


@pytest.fixture(params=["flask", "fastapi", "django-wsgi"])
def mount(request: pytest.FixtureRequest, stripe: StripeServer, tmp_path: Path) -> Iterator[Mount]:
    runtime: Runtime = make(request.param)
    with ExitStack() as stack:
        stack.callback(runtime.stop)
        stack.callback(runtime.forget)
        stack.callback(runtime.unmount)
        yield Mount(runtime, stripe, tmp_path, stack)
        stripe.reset()


def layouts() -> list[tuple[Path, Block]]:
    return [(page, block) for page, block in every_block() if block.file == "templates/invoice_portal/layout.html"]


def test_the_layout_of_the_documents_frames_the_portal_in_each_framework(mount: Mount, account: Account):
    assert len({block.text for _, block in layouts()}) == 1
    assert {page.name for page, _ in layouts()} == {"README.md", "flask.md", "django.md", "fastapi.md"}
    number = account.number(account.open(account.customer("anna@example.com")))
    base = "<!doctype html><title>Northwind</title><nav>Northwind</nav>{% block content %}{% endblock %}"
    portal = mount(overrides={"base.html": base, "invoice_portal/layout.html": layouts()[0][1].text})
    page = portal.browser(Email("anna@example.com")).get("/")
    assert page.source.lstrip().startswith("<!doctype html><title>Northwind</title><nav>Northwind</nav>")
    assert number in page.text
    (style,) = [link.attributes["href"] for link in page.html.root.all("link")]
    assert portal.browser().get(style).status == 200
    assert page.source.count('<div class="portal"') == 1
    assert "&lt;" not in page.source
