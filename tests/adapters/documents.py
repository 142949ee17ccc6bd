"""The README and the pages of docs/, as tests look at them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
README: Final = ROOT / "README.md"
PAGES: Final = (README, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md")))


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language, its text, and the name of the file that its first line says that it is."""

    language: str
    text: str

    @property
    def file(self) -> str:
        """``mysite/urls.py``, where the first line is ``# mysite/urls.py``; else nothing."""
        first = re.match(r"(?:# |{# |<!-- )([\w./]+\.\w+)(?: #}| -->)?(?:,.*)?\n", self.text)
        return first[1] if first else ""


def section(path: Path, heading: str) -> str:
    """The text below a heading, up to the next one of its rank or above."""
    _, found, rest = path.read_text(encoding="utf-8").partition(f"\n{heading}\n")
    assert found, f"{path.name} has no {heading!r}"
    rank, fenced, lines = heading.index(" "), False, []
    for line in rest.splitlines():
        fenced ^= line.startswith("```")
        if not fenced and re.match(rf"#{{1,{rank}}} ", line):
            break
        lines.append(line)
    return "\n".join(lines) + "\n"


def blocks(text: str) -> list[Block]:
    """Every fenced block of a text."""
    return [Block(language, body) for language, body in re.findall(r"^```(\w+)\n(.*?)^```$", text, re.M | re.S)]
