"""Takes the README's picture from the running demo.

make demo                                     # in another terminal
python docs/screenshot.py [http://127.0.0.1:8000/]
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

PICTURE = Path(__file__).parent / "portal.png"
WIDTH, HEIGHT = 1280, 860


def main(address: str) -> None:
    """Log in as the first sample customer and photograph the first page."""
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light", locale="en-US")
        page.goto(address)
        page.get_by_role("button").first.click()
        page.get_by_role("link", name="Billing").click()
        page.screenshot(path=PICTURE)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000/")
