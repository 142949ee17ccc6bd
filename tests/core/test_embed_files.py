"""The snippet's script: small, readable for old parsers, and nothing in it that runs a text."""

import gzip
import re
from pathlib import Path

from invoice_portal.resources import data_dir

MOST_BYTES = 6000
STATIC = data_dir("static")


def code(name: str) -> str:
    """A script without its comments and texts."""
    source = (STATIC / name).read_text(encoding="utf-8")
    return re.sub(
        r"""/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|/(?:\\.|[^/\\\n ])+/[gi]*(?=[,.)])""", '""', source, flags=re.S
    )


def test_it_is_small():
    size = len(gzip.compress((STATIC / "embed.js").read_bytes(), 9))
    print(f"embed.js: {size} bytes compressed")
    assert size < MOST_BYTES


def test_it_is_readable_for_parsers_of_2009():
    newer = (
        r"=>|`|\b(?:let|const|class|async|await|import|export|yield|super)\b|\.\.\.|\?\.|\?\?|\*\*|\bfor\s*\([^;)]* of "
    )
    assert not re.findall(newer, code("embed.js"))
    assert re.findall(newer, code("frame.js")), "the test sees what is newer"


def test_no_text_is_run_and_no_markup_is_made_of_one():
    for name in ("embed.js", "frame.js"):
        runs = r"\beval\b|\bFunction\s*\(|innerHTML|outerHTML|insertAdjacentHTML|document\.write|setTimeout\(\s*\"\""
        assert not re.findall(runs, code(name)), name


def test_nothing_is_posted_to_just_anybody():
    for name in ("embed.js", "frame.js"):
        source = (STATIC / name).read_text(encoding="utf-8")
        assert not re.findall(r"""postMessage\([^;]*["']\*["']""", source), name


def test_every_event_is_typed_and_documented():
    from typing import get_args

    from invoice_portal.hooks import EventName

    names = {*get_args(EventName), "pre_load", "post_load"}
    types = (STATIC / "embed.d.ts").read_text(encoding="utf-8")
    guide = (Path(__file__).parents[2] / "docs" / "embedding.md").read_text(encoding="utf-8")
    for name in names:
        assert re.search(rf"^  {name}: ", types, re.M), name
        assert f"| `{name}` |" in guide, name
