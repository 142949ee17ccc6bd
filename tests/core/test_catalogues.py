"""Every catalogue has every text, whole and with its placeholders: checked against a fresh reading of the sources."""

from collections import Counter
from functools import lru_cache
from gettext import c2py
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.plurals import get_plural
from babel.messages.pofile import read_po

from invoice_portal.i18n import placeholders

from .helpers.paths import ROOT, TRANSLATIONS

CODES = sorted(path.parent.parent.name for path in TRANSLATIONS.glob("*/LC_MESSAGES/messages.po"))
PROMISED = {"ar", "de", "es", "fr", "ja"}
Id = str | tuple[str, ...]


@lru_cache(maxsize=1)
def extracted() -> dict[Id, str]:
    """Every text of the code and the templates, as ``extract.sh`` would collect it, and the file that it stands in."""
    with (TRANSLATIONS / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    found = extract_from_dir(ROOT, methods, options, keywords={**DEFAULT_KEYWORDS, "N_": None})
    return {_id(message): file for file, _, message, *_ in found}


@lru_cache(maxsize=16)
def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, abort_invalid=True)


def messages(path: Path) -> dict[Id, Message]:
    return {_id(message.id): message for message in read(path) if message.id}


def catalogue(code: str) -> dict[Id, Message]:
    return messages(TRANSLATIONS / code / "LC_MESSAGES" / "messages.po")


def _id(message: Any) -> Id:
    return message if isinstance(message, str) else tuple(message)


def texts(message: Message) -> list[str]:
    """The translation's forms: one, or as many as the language has."""
    return [message.string] if isinstance(message.string, str) else list(message.string)


@lru_cache(maxsize=64)
def singular_only(code: str) -> frozenset[int]:
    """The plural forms that stand for one number only, so that they may leave the number out."""
    numbers = Counter(map(c2py(get_plural(code).plural_expr), range(1000)))
    return frozenset(int(form) for form, count in numbers.items() if count == 1)


def test_the_promised_languages_are_there():
    assert set(CODES) >= PROMISED


def test_the_sources_are_read_at_all():
    found = extracted()
    files = {Path(file).suffix for file in found.values()}
    assert files == {".py", ".html"}
    assert "Please sign in first" in found, "texts that are only marked must be found too"
    assert len(found) > 100


def test_the_template_is_up_to_date():
    template = messages(TRANSLATIONS / "messages.pot")
    assert set(template) == set(extracted()), "run translations/extract.sh"
    assert not any(any(texts(message)) for message in template.values()), "the template holds a translation"


@pytest.mark.parametrize("code", CODES)
def test_every_text_is_there_and_no_other(code: str):
    given = set(catalogue(code))
    assert set(extracted()) - given == set(), "texts without a translation"
    assert given - set(extracted()) == set(), "translations of texts that are gone"


@pytest.mark.parametrize("code", CODES)
def test_every_text_is_filled_and_none_is_fuzzy(code: str):
    for message in catalogue(code).values():
        assert not message.fuzzy, message.id
        assert all(text.strip() for text in texts(message)), message.id


@pytest.mark.parametrize("code", CODES)
def test_the_header_names_the_language_and_its_plurals(code: str):
    path = TRANSLATIONS / code / "LC_MESSAGES" / "messages.po"
    found = read(path)
    assert str(found.locale) == code
    assert found.charset == "utf-8"
    expected = get_plural(code)
    assert found.num_plurals == expected.num_plurals
    samples = range(300)
    ours, theirs = found.plural_expr, expected.plural_expr
    assert list(map(c2py(ours), samples)) == list(map(c2py(theirs), samples))


@pytest.mark.parametrize("code", CODES)
def test_every_plural_form_is_there(code: str):
    for id, message in catalogue(code).items():
        if isinstance(id, tuple):
            assert len(texts(message)) == get_plural(code).num_plurals, id
        else:
            assert isinstance(message.string, str), id


@pytest.mark.parametrize("code", CODES)
def test_placeholders_are_the_same(code: str):
    for id, message in catalogue(code).items():
        wanted = placeholders(id if isinstance(id, str) else id[-1])
        for index, text in enumerate(texts(message)):
            lacking = wanted - placeholders(text)
            if isinstance(id, tuple) and index in singular_only(code):
                lacking -= {"count"}
            assert lacking == set(), f"{text} lacks {lacking}"
            assert placeholders(text) - wanted == set(), f"{text} has what {id} has not"


@pytest.mark.parametrize("code", CODES)
def test_every_text_can_be_filled_in(code: str):
    """A stray percent sign would make the page fall back to English."""
    for id, message in catalogue(code).items():
        names = placeholders(id if isinstance(id, str) else id[-1])
        for text in texts(message):
            if names:
                assert "VALUE" in text % dict.fromkeys(names, "VALUE") or not placeholders(text), text
            else:
                assert "%" not in text, text


@pytest.mark.parametrize("code", CODES)
def test_spaces_at_the_edges_are_kept_and_none_is_added(code: str):
    for id, message in catalogue(code).items():
        source = id if isinstance(id, str) else id[0]
        for text in texts(message):
            assert text[:1].isspace() == source[:1].isspace(), repr(text)
            assert text[-1:].isspace() == source[-1:].isspace(), repr(text)
            assert "  " not in text, repr(text)


@pytest.mark.parametrize("code", CODES)
def test_no_text_holds_markup_or_a_control_character(code: str):
    for message in catalogue(code).values():
        for text in texts(message):
            assert "<" not in text, text
            assert "&" not in text, text
            assert all(character.isprintable() or character in "\u00a0\u202f\u200f\u200e" for character in text), text


@pytest.mark.parametrize("code", sorted(PROMISED))
def test_sentences_end_as_sentences(code: str):
    """A full stop that got lost or was added is a text that was not read again."""
    ends = (".", "。", "?", "？", "؟", "!", "…", ":", "：")
    for id, message in catalogue(code).items():
        source = id if isinstance(id, str) else id[0]
        for text in texts(message):
            bare = text.rstrip("\u200f\u200e")
            if source.endswith((".", "?")):
                assert bare.endswith(ends), f"{source!r} → {text!r}"
            elif source[-1].isalnum():
                assert not bare.endswith((".", "。")), f"{source!r} → {text!r}"


def test_source_texts_are_plain_english():
    for id in extracted():
        for text in (id,) if isinstance(id, str) else id:
            assert text == text.strip(), repr(text)
            assert text.isascii() or "…" in text or "’" in text, repr(text)
            assert "%s" not in text, text
            assert "%d" not in text, text
