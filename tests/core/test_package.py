"""What the package promises as a whole: its names, its errors, and what it does not import."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import json
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import invoice_portal
from invoice_portal import errors
from invoice_portal.errors import InvoicePortalError, PortalError
from invoice_portal.routes import ROUTES

from .helpers.paths import CORE

FRAMEWORKS = {"flask", "werkzeug", "django", "asgiref", "fastapi", "starlette", "uvicorn", "pydantic"}
WITH_STRIPE = ("drivers.pooled_client", "drivers.loop_client")  # imported with the first call
HEAVY = {"stripe", "aiohttp", "requests", "httpx", "urllib3"}


def python(code: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def modules() -> list[str]:
    return [name for _, name, _ in pkgutil.walk_packages(invoice_portal.__path__, "invoice_portal.")]


def sources() -> list[Path]:
    return sorted(CORE.rglob("*.py"))


# Names


def test_all_is_sorted_and_is_what_the_package_exports():
    exported = {
        name
        for name, value in vars(invoice_portal).items()
        if not name.startswith("_") and not isinstance(value, ModuleType)
    }
    assert invoice_portal.__all__ == sorted(invoice_portal.__all__)
    assert set(invoice_portal.__all__) == exported


def test_every_public_error_is_exported():
    defined = {kind.__name__ for kind in (InvoicePortalError, errors.ConfigurationError, PortalError, *every_error())}
    assert defined <= set(invoice_portal.__all__)


def test_the_package_is_typed():
    assert (Path(invoice_portal.__file__).parent / "py.typed").is_file()


# Errors


def drawn_tree() -> dict[str, tuple[str, int | None]]:
    """Each class of the drawing in the docstring, with its base and its status."""
    found: dict[str, tuple[str, int | None]] = {}
    above: list[tuple[int, str]] = []
    status: dict[str, int | None] = {}
    for text in inspect.cleandoc(errors.__doc__ or "").splitlines():
        match = re.match(r"^(?P<lead>[\s│├└─]*)(?P<name>[A-Z]\w+)(\s+(?P<status>\d{3}))?", text)
        if match is None or match["name"] not in vars(errors):
            continue
        depth = len(match["lead"])
        while above and above[-1][0] >= depth:
            above.pop()
        base = above[-1][1] if above else ""
        status[match["name"]] = int(match["status"]) if match["status"] else status.get(base)
        found[match["name"]] = (base, status[match["name"]])
        above.append((depth, match["name"]))
    return found


def real_tree() -> dict[str, tuple[str, int | None]]:
    def walk(kind: type, base: str) -> Iterator[tuple[str, tuple[str, int | None]]]:
        status = getattr(kind, "status", None) if kind is not PortalError else None
        yield kind.__name__, (base, status)
        for inner in kind.__subclasses__():
            if inner.__module__ == errors.__name__:
                yield from walk(inner, kind.__name__)

    return dict(walk(InvoicePortalError, ""))


def test_the_tree_that_is_drawn_is_the_tree_that_is():
    assert drawn_tree() == real_tree()


def every_error() -> list[type[PortalError]]:
    found: list[type[PortalError]] = []
    todo = list(PortalError.__subclasses__())
    while todo:
        kind = todo.pop()
        found.append(kind)
        todo += kind.__subclasses__()
    return found


@pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.__name__)
def test_every_error_knows_its_status_and_tells_the_visitor_what_to_do(kind: type[PortalError]):
    error = kind("for the log")
    assert 400 <= error.status < 600
    assert error.detail == "for the log"
    assert len(error.title.split()) >= 3
    assert error.advice.endswith(".")
    assert str(kind()) == kind.title


# Imports


def test_importing_the_package_imports_no_framework_and_no_http_client():
    code = "import sys, json, invoice_portal; print(json.dumps(sorted(sys.modules)))"
    loaded = {name.partition(".")[0] for name in json.loads(python(code))}
    assert loaded & (FRAMEWORKS | HEAVY) == set()


def test_importing_every_module_of_the_core_imports_no_framework():
    names = [name for name in modules() if not name.endswith(WITH_STRIPE)]
    code = (
        f"import sys, json, importlib\nfor name in {names!r}: importlib.import_module(name)\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    loaded = {name.partition(".")[0] for name in json.loads(python(code))}
    assert loaded & (FRAMEWORKS | HEAVY | {"stripe_sandbox"}) == set()


def imports_of(path: Path) -> set[str]:
    """The whole names of every module that a file imports, also within functions."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def imported(path: Path) -> set[str]:
    """The packages that a file imports."""
    return {name.partition(".")[0] for name in imports_of(path)}


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.relative_to(CORE).as_posix())
def test_no_file_of_the_core_names_a_framework(path: Path):
    assert imported(path) & (FRAMEWORKS | {"flask_portal", "django_portal", "fastapi_portal"}) == set()


def test_nothing_below_the_pages_and_the_api_imports_them():
    above = {"pages": {"pages", "api", "routes.py", "portal.py"}, "api": {"api", "routes.py", "portal.py"}}
    for layer, knowing in above.items():
        within = f"invoice_portal.{layer}."
        users = (path for path in sources() if any(f"{name}.".startswith(within) for name in imports_of(path)))
        found = {path.relative_to(CORE).parts[0] for path in users}
        assert found, layer
        assert found <= knowing, layer


def test_the_sandbox_is_known_to_the_demo_alone():
    """The portal itself cannot tell the stand-in from Stripe."""
    knowing = {path.name for path in sources() if "stripe_sandbox" in imported(path)}
    assert knowing <= {"demo.py", "cli.py"}


def test_only_the_drivers_know_of_event_loops_threads_and_stripes_package():
    for path in sources():
        if path.parent.name != "drivers":
            names = imported(path)
            assert names & {"asyncio", "threading", "concurrent", "stripe", "aiohttp"} == set(), path


def test_programs_await_effects_only():
    """No ``async with`` or ``async for`` in the core but for the driver of event loops: they would need a loop."""
    for path in sources():
        if path.name not in ("nonblocking.py", "loop_client.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                assert not isinstance(node, ast.AsyncFor | ast.AsyncWith), path


def test_data_is_frozen():
    """Every dataclass is frozen, so that what a program was given stays as it was."""
    for name in modules():
        if name.endswith(WITH_STRIPE):
            continue
        module = importlib.import_module(name)
        for value in vars(module).values():
            if inspect.isclass(value) and value.__module__ == name and dataclasses.is_dataclass(value):
                assert value.__dataclass_params__.frozen, value  # type: ignore[attr-defined]
                assert "__slots__" in vars(value), value


# Routes


def test_routes_have_unique_names_and_paths():
    assert len({route.name for route in ROUTES}) == len(ROUTES)
    assert len({(route.path, method) for route in ROUTES for method in route.methods}) == sum(
        len(route.methods) for route in ROUTES
    )


def test_every_file_is_of_a_size_that_can_be_read():
    for path in sources():
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 450, path
