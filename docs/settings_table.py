"""Writes the table of settings into the README, from the settings themselves.

python docs/settings_table.py        # needs the package installed; the tests fail where this was forgotten
"""

from __future__ import annotations

from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any, Final

from invoice_portal import PortalSettings, SubscriptionSettings, Theme

README: Final = Path(__file__).parent.parent / "README.md"
BEGIN: Final = "<!-- settings: written by docs/settings_table.py -->"
END: Final = "<!-- end of settings -->"


def table() -> str:
    """The table: name, default, meaning."""
    rows = [f"| `{field.name}` | {_default(field)} | {field.metadata['about']} |" for field in fields(PortalSettings)]
    return "\n".join(["| Setting | Default | What it is |", "|---|---|---|", *rows])


def with_table(text: str) -> str:
    """A text with the table between its two marks."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def _default(field: Field[Any]) -> str:
    match field.default:
        case value if value is MISSING:
            return "required" if field.default_factory is MISSING else ""
        case frozenset() as several:
            return "all" if several else "none"
        case "" | () | None | Theme() | SubscriptionSettings():
            return ""
        case other:
            return f"`{other}`"


if __name__ == "__main__":
    README.write_text(with_table(README.read_text(encoding="utf-8")), encoding="utf-8")
