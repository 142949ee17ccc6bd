"""The samples of ``examples/embed``: built where they need it, and served as their READMEs say."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

EXAMPLES: Final = Path(__file__).parents[3] / "examples" / "embed"
BUILT: Final = ("react", "vue", "svelte")
_NOT_OURS: Final = shutil.ignore_patterns("node_modules", "dist", "package-lock.json")


def copied(folder: Path) -> Path:
    """The samples in a folder where they may be built."""
    return Path(shutil.copytree(EXAMPLES, folder / "embed", ignore=_NOT_OURS))


def built(samples: Path, name: str) -> str:
    """Install and build a sample, once; gives the folder to serve.

    Without npm the test is left out, but never in continuous integration.
    """
    folder, npm = samples / name, shutil.which("npm")
    if (folder / "dist").exists():
        return f"{name}/dist"
    if npm is None:
        missing = "npm is not installed (on Debian: apt install npm)"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    for arguments in (["install", "--no-audit", "--no-fund", "--no-package-lock"], ["run", "build"]):
        done = subprocess.run([npm, *arguments], cwd=folder, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return f"{name}/dist"


class Served:
    """A sample's own server, on a port that the system picks."""

    def __init__(self, samples: Path, folder: str, environ: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(samples / "serve.py"), folder],
            env={**os.environ, "PORT": "0", **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        assert self.url.startswith("http://localhost:"), "the sample's server did not start"

    @property
    def origin(self) -> str:
        """Where its pages come from."""
        return self.url.rstrip("/")

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
