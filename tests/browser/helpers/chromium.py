"""Which browser the tests drive."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Playwright

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


def launch_with_cookies(playwright: Playwright, folder: Path, *, third_party: bool, **options: Any) -> BrowserContext:
    """Start Chromium with a profile in ``folder`` that allows or blocks the cookies of other sites' frames.

    Only a profile can say so: a context of the ordinary browser follows what Debian, or Chromium in private, has.
    """
    settings = folder / "Default" / "Preferences"
    settings.parent.mkdir(parents=True)
    settings.write_text(
        json.dumps(
            {"profile": {"cookie_controls_mode": 0 if third_party else 1, "block_third_party_cookies": not third_party}}
        )
    )
    return playwright.chromium.launch_persistent_context(
        folder, executable_path=_program(playwright), args=ARGUMENTS, **options
    )


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
