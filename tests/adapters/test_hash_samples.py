"""The hash in other languages: each sample is run, and what it prints lets its customer in."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from invoice_portal import Email, PortalSettings
from invoice_portal.sessions import let_in
from invoice_portal.signing import Signer

SERVERS = Path(__file__).parents[2] / "examples" / "embed" / "servers"
KEY = "a kéy with ümlauts, $igns and 'quotes'"
EMAIL = "jürgen+billing@lumen.studio"


def mono(folder: Path) -> list[str]:
    """C# is compiled first."""
    program = str(folder / "BillingHash.exe")
    subprocess.run(["mcs", f"-out:{program}", str(SERVERS / "csharp" / "BillingHash.cs")], check=True, timeout=60)
    return ["mono", program]


def script(*command: str) -> Callable[[Path], list[str]]:
    """The last part is the sample's path, below the folder of samples."""
    return lambda folder: [*command[:-1], str(SERVERS / command[-1])]


SAMPLES: dict[str, tuple[str, Callable[[Path], list[str]]]] = {
    "python": (sys.executable, script(sys.executable, "python/billing_hash.py")),
    "node": ("node", script("node", "node/billing_hash.mjs")),
    "php": ("php", script("php", "php/billing_hash.php")),
    "ruby": ("ruby", script("ruby", "ruby/billing_hash.rb")),
    "go": ("go", script("go", "run", "go/billing_hash.go")),
    "java": ("java", script("java", "java/BillingHash.java")),
    "csharp": ("mcs", mono),
}


@pytest.mark.parametrize("language", SAMPLES)
def test_the_sample_makes_a_hash_that_lets_its_customer_in(language: str, tmp_path: Path) -> None:
    needed, command = SAMPLES[language]
    if shutil.which(needed) is None and not os.environ.get("CI"):
        pytest.skip(f"{needed} is not installed")
    environ = {**os.environ, "INVOICE_PORTAL_KEY": KEY, "LC_ALL": "C.UTF-8", "GOCACHE": str(tmp_path / "go")}
    done = subprocess.run(
        [*command(tmp_path), EMAIL],
        env=environ,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    settings = PortalSettings(stripe_api_key="sk_test_x", secret_keys=[KEY])
    given = {"email": EMAIL, "hash": done.stdout.strip()}
    assert let_in(given, settings, Signer(settings.secret_keys, settings.realm), 0).identity == Email(EMAIL)


def test_every_sample_is_run_and_has_its_own_readme() -> None:
    assert {path.name for path in SERVERS.iterdir()} == set(SAMPLES)
    samples = [
        path for path in SERVERS.parent.iterdir() if path.is_dir() and path.name not in ("servers", "__pycache__")
    ]
    for folder in (*SERVERS.iterdir(), *samples):
        assert (folder / "README.md").is_file(), folder.name
