"""Which browser the tests drive."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
)
ADVICE = (
    "There is no browser to test with. Install Chromium (on Debian: apt install chromium), or run "
    "'playwright install chromium', or name your browser's program in the environment variable CHROMIUM."
)


def launch(playwright: Playwright) -> Browser:
    """Start Chromium: $CHROMIUM, else Debian's or one on the PATH, else the one that Playwright installed."""
    return playwright.chromium.launch(executable_path=_program(playwright), args=ARGUMENTS)


def _program(playwright: Playwright) -> str | None:
    """The path of the program, or None for Playwright's own. Without any the test fails and says what to install."""
    if named := os.environ.get("CHROMIUM"):
        if not shutil.which(named):
            pytest.fail(f"CHROMIUM names {named!r}, which is no program: correct it or unset it.", pytrace=False)
        return shutil.which(named)
    if found := shutil.which("/usr/bin/chromium") or shutil.which("chromium"):
        return found
    if not Path(playwright.chromium.executable_path).exists():
        pytest.fail(ADVICE, pytrace=False)
    return None
