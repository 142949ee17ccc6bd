"""Languages for tests."""

from collections.abc import Mapping
from pathlib import Path

from invoice_portal.i18n import Language, Languages

HEADER = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'


def folder_with(path: Path, catalogues: Mapping[str, str]) -> Path:
    """A host's folder of translations: the text of each file by locale."""
    for code, text in catalogues.items():
        file = path / code / "LC_MESSAGES" / "messages.po"
        file.parent.mkdir(parents=True)
        file.write_text(HEADER + text, encoding="utf-8")
    return path


def speak(tag: str, languages: Languages | None = None) -> Language:
    found = (languages or Languages()).find([tag])
    assert found is not None
    return found


PLURALS = ("%(count)s open invoice", "%(count)s open invoices")
