"""Where the portal's data lies: its templates, translations, static files and examples."""

from functools import cache
from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).parent


@cache
def data_dir(name: str) -> Path:
    """The folder ``name``: beside the package in an installed wheel, at the root in a checkout."""
    installed = _PACKAGE / name
    return installed if installed.is_dir() else _PACKAGE.parents[1] / name
