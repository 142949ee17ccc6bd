"""Stripe's SDKs for Node and for Python tell the same story to two equal sandboxes, and are answered the same."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from sandbox.api import NOW
from sandbox.script.story import tell_story
from stripe_sandbox import Sandbox
from stripe_sandbox.server import serve_in_thread

NODE_STRIPE = "23.1.0"
STORY = Path(__file__).parent / "script" / "story.mjs"


def missing(reason: str) -> None:
    """Where tests must run (CI=true) what is missing is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def node_modules(pytestconfig: pytest.Config) -> Path:
    """A folder with Stripe's package for Node, installed by npm once and kept in pytest's cache."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        missing("Node and npm are not here")
    cache = getattr(pytestconfig, "cache", None)
    folder = Path(cache.mkdir("stripe_node") if cache else pytestconfig.rootpath / ".pytest_cache") / NODE_STRIPE
    if not (folder / "node_modules" / "stripe" / "package.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), f"stripe@{NODE_STRIPE}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=180)
        if done.returncode != 0:
            missing(f"npm could not install stripe@{NODE_STRIPE}: {done.stderr[-300:]}")
    return folder


def test_node_and_python_are_answered_the_same(node_modules: Path) -> None:
    script = shutil.copy(STORY, node_modules / "story.mjs")
    with serve_in_thread(Sandbox(seed=1, now=NOW)) as server:
        port = server.url.rpartition(":")[2]
        done = subprocess.run(
            ["node", str(script), "127.0.0.1", port], capture_output=True, text=True, encoding="utf-8", timeout=120
        )
        assert done.returncode == 0, done.stderr
        by_node = json.loads(done.stdout)
    with serve_in_thread(Sandbox(seed=1, now=NOW)) as server:
        by_python = tell_story(server.url)
    names = [name for name, _ in by_python]
    assert len(names) >= 20
    assert [name for name, _ in by_node] == names
    for (name, node), (_, python) in zip(by_node, by_python, strict=True):
        assert node == python, name
    assert "was not refused" not in [value for _, value in by_python]
