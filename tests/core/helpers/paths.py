"""Where the checkout keeps what the tests read beside the installed package."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
CORE = ROOT / "core" / "invoice_portal"
TEMPLATES = ROOT / "templates"
TRANSLATIONS = ROOT / "translations"
_FIXTURES = ROOT.parent / "shared" / "stripe" / "fixtures3.json"


@lru_cache(maxsize=1)
def _samples() -> dict[str, Any]:
    return json.loads(_FIXTURES.read_text(encoding="utf-8"))["resources"]


def sample(name: str) -> dict[str, Any]:
    """A fresh copy of one of Stripe's own sample objects."""
    if not _FIXTURES.is_file():
        pytest.skip("Stripe's sample objects are not beside this checkout")
    return json.loads(json.dumps(_samples()[name]))
