"""Languages: which one a visitor reads, its texts, and how it writes money, numbers and dates.

Texts are gettext messages in ``translations/<locale>/LC_MESSAGES/messages.po``, read when a language is first asked
for. The English text is its own id. A host adds folders of its own, or rewords single texts by locale.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from datetime import date as Day
from decimal import Decimal
from functools import lru_cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Final, Literal
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_interval, format_skeleton, format_time
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from babel.numbers import NumberFormatError, format_compact_decimal, format_decimal, parse_decimal
from babel.support import Translations

from invoice_portal.errors import ConfigurationError
from invoice_portal.money import Money, format_money, format_rough_money, format_unit_price
from invoice_portal.resources import data_dir

SOURCE_LANGUAGE: Final = "en"
_FILE: Final = "*/LC_MESSAGES/messages.po"
_PLACEHOLDER: Final = re.compile(r"%\((\w+)\)s")
_TAG: Final = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,2}", re.ASCII)
_MOST_ACCEPTED: Final = 20
_NO_COUNTRIES: Final = frozenset(["AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"])
_MOST_TYPED: Final = 20


class Language:
    """One language as one host speaks it: texts from ``code``, formats from ``locale``, dates in ``zone``."""

    def __init__(self, code: str, locale: Locale, zone: ZoneInfo, texts: _Texts) -> None:
        self.code = code
        self.tag = str(locale).replace("_", "-")
        self.code_tag = code.replace("_", "-")
        self.direction: str = locale.text_direction
        self._locale = str(locale)
        self._zone = zone
        self._texts = texts

    def gettext(self, message: str, /, **values: object) -> str:
        """``message`` in this language, its ``%(name)s`` filled in."""
        return self._filled(self._texts.find(message) if message else "", values)

    def ngettext(self, one: str, many: str, count: int, /, **values: object) -> str:
        """The plural form for ``count``; ``%(count)s`` is filled in as a number of this language."""
        values = {"count": self.number(Decimal(count)), **values}
        return self._filled(self._texts.find_plural(one, many, count), values)

    def money(self, money: Money) -> str:
        """An amount, with Stripe's decimals."""
        return format_money(money, self._locale)

    def unit_price(self, minor: Decimal, currency: str) -> str:
        """A price for one unit, given in minor units."""
        return format_unit_price(minor, currency, self._locale)

    def number(self, number: Decimal) -> str:
        """A plain number, with all its decimals."""
        return format_decimal(number, locale=self._locale, decimal_quantization=False)

    def read_decimal(self, text: str) -> Decimal | None:
        """A number as somebody typed it in this language; None for what is none, or could be two different ones."""
        typed = "".join(text.split())
        if not 0 < len(typed) <= _MOST_TYPED:
            return None
        try:
            value = parse_decimal(typed, locale=self._locale, strict=True)
        except (NumberFormatError, ValueError, ArithmeticError):
            return None
        return value if value.is_finite() else None

    def country(self, code: str) -> str:
        """The name of a country by its two letters; an unknown code stands for itself."""
        name: str = Locale.parse(self._locale).territories.get(code.upper(), code)
        return name

    def countries(self) -> list[tuple[str, str]]:
        """Code and name of every country, in the order of this language's names."""
        names = [(code, self.country(code)) for code in countries()]
        return sorted(names, key=lambda pair: unicodedata.normalize("NFKD", pair[1]).casefold())

    def percent(self, percentage: Decimal) -> str:
        """``percentage`` is in percent: 19 is 19%."""
        text = format_decimal(percentage, format="#,##0.####", locale=self._locale)
        pattern = Locale.parse(self._locale).percent_formats[None].pattern
        return re.sub(r"[#0,.]+", lambda _: text, pattern, count=1)

    def date(self, moment: int) -> str:
        """The day of a moment (UTC seconds), short: Nov 1, 2026."""
        return _date(self._at(moment).date().isoformat(), "medium", self._locale)

    def long_date(self, moment: int) -> str:
        """The day of a moment (UTC seconds), with the month's name in full."""
        return _date(self._at(moment).date().isoformat(), "long", self._locale)

    def day(self, moment: int) -> Day:
        """The day of a moment (UTC seconds) in the portal's time zone."""
        return self._at(moment).date()

    def enumerated(self, texts: Sequence[str]) -> str:
        """Several things in one text: "A, B and C"."""
        return format_list(texts, locale=self._locale)

    def iso_date(self, moment: int) -> str:
        """The day of a moment (UTC seconds) for machines: 2026-11-01."""
        return self._at(moment).date().isoformat()

    def period(self, start: int, end: int) -> str:
        """Two moments (UTC seconds) as a span of days, or as one day where they fall on the same."""
        first, last = self._at(start).date(), self._at(end).date()
        if last <= first:
            return self.date(start)
        return format_interval(first, last, "yMMMd", locale=self._locale)

    def utc_date(self, moment: int) -> str:
        """The day of a moment (UTC seconds) in UTC, as Stripe counts usage: Nov 1, 2026."""
        return _date(datetime.fromtimestamp(moment, UTC).date().isoformat(), "medium", self._locale)

    def utc_day(self, moment: int) -> str:
        """The same without the year: Nov 1."""
        return format_skeleton("MMMd", datetime.fromtimestamp(moment, UTC), locale=self._locale)

    def utc_period(self, start: int, end: int) -> str:
        """Two moments (UTC seconds) as a span of UTC days."""
        first, last = (datetime.fromtimestamp(moment, UTC).date() for moment in (start, end))
        return format_interval(first, last, "yMMMd", locale=self._locale)

    def utc_time(self, moment: int) -> str:
        """The time of a moment (UTC seconds) in UTC: 14:05."""
        return format_time(datetime.fromtimestamp(moment, UTC), "short", locale=self._locale)

    def rough_money(self, value: Decimal, currency: str) -> str:
        """A round amount in the major unit, for a scale: $50, or $0.25 where there is no need for less."""
        return format_rough_money(value, currency, self._locale)

    def compact(self, number: Decimal) -> str:
        """A round number in few characters, for a scale: 1.5K."""
        if abs(number) < 10_000:
            return self.number(number)
        return format_compact_decimal(number, locale=self._locale, fraction_digits=1)

    def start_of_day(self, day: Day) -> int:
        """The first moment (UTC seconds) of a day in the portal's time zone, also where clocks jump at midnight."""
        return int(datetime.combine(day, time(), self._zone).timestamp())

    def _at(self, moment: int) -> datetime:
        return datetime.fromtimestamp(moment, self._zone)

    def _filled(self, text: str, values: Mapping[str, object]) -> str:
        if not values:
            return text
        if self.direction == "rtl":  # keeps "0001-0002" in its order inside a text that runs the other way
            values = {name: f"\u2068{value}\u2069" for name, value in values.items()}
        return text % values


@lru_cache(maxsize=4096)
def _date(iso: str, width: Literal["medium", "long"], locale: str) -> str:
    return format_date(datetime.fromisoformat(iso).date(), format=width, locale=locale)


@dataclass(frozen=True, slots=True)
class _Texts:
    """The texts of one language: what the host rewords, then files, each falling back to the next."""

    reworded: Mapping[str, str]
    files: NullTranslations

    def find(self, message: str) -> str:
        return self.reworded.get(message) or self.files.gettext(message)

    def find_plural(self, one: str, many: str, count: int) -> str:
        return self.reworded.get(one if count == 1 else many) or self.files.ngettext(one, many, count)


class Languages:
    """All languages that one portal can speak.

    ``extra`` are the host's folders or its texts by locale. Raises
    :class:`~invoice_portal.errors.ConfigurationError` where they hold something that cannot work.
    """

    def __init__(
        self,
        default: str = SOURCE_LANGUAGE,
        time_zone: str = "UTC",
        extra: Sequence[str | Path] | Mapping[str, Mapping[str, str]] = (),
    ) -> None:
        reworded = extra if isinstance(extra, Mapping) else {}
        folders = [] if isinstance(extra, Mapping) else [Path(folder) for folder in extra]
        self._zone = ZoneInfo(time_zone)
        self._known: dict[str, Language] = {}
        self._names: list[tuple[str, str]] | None = None
        self._reworded = {_normal(code, "translations"): texts for code, texts in reworded.items()}
        self._files = _files([*folders, data_dir("translations")])
        self.codes = tuple(sorted({SOURCE_LANGUAGE, *self._files, *self._reworded}))
        for code, texts in self._reworded.items():
            _check_reworded(code, texts)
        for folder in folders:
            _check_folder(folder)
        found = self.find([default])
        if found is None:
            raise ConfigurationError(
                f"default_language {default!r} has no texts. There are {', '.join(self.codes)}; add yours with the "
                "setting translations."
            )
        self.default = found

    def find(self, tags: Iterable[str]) -> Language | None:
        """The first of the wanted languages (BCP 47 tags) that the portal speaks, with that tag's own formats."""
        for tag in tags:
            locale = _parse(tag)
            if locale is None:
                continue
            for code in _family(locale):
                if code in self.codes:
                    return self._language(code, locale)
        return None

    def names(self) -> list[tuple[str, str]]:
        """Code and own name of each language, for a choice: ``("de", "Deutsch")``."""
        if self._names is None:
            self._names = self._own_names()
        return self._names

    def _own_names(self) -> list[tuple[str, str]]:
        named = [(code, Locale.parse(code).get_display_name() or code) for code in self.codes]
        return [(code.replace("_", "-"), name[:1].upper() + name[1:]) for code, name in named]

    def _language(self, code: str, locale: Locale) -> Language:
        key = f"{code}:{locale}"
        if key not in self._known:
            family = _family(Locale.parse(code))
            reworded = {message: text for known in reversed(family) for message, text in self._of(known)}
            files = NullTranslations()
            for path in reversed([path for known in family for path in self._files.get(known, ())]):
                file = _read(path)
                file.add_fallback(files)
                files = file
            self._known[key] = Language(code, locale, self._zone, _Texts(reworded, files))
        return self._known[key]

    def _of(self, code: str) -> Iterable[tuple[str, str]]:
        return self._reworded.get(code, {}).items()


@lru_cache(maxsize=1)
def countries() -> frozenset[str]:
    """The ISO 3166 codes of all countries; CLDR's own codes for regions and test locales are none."""
    known = [str(code) for code in Locale.parse("en").territories]
    return frozenset(code for code in known if len(code) == 2 and code.isalpha()) - _NO_COUNTRIES


def accepted(header: str) -> list[str]:
    """The language tags of an ``Accept-Language`` header, the most wanted first; nonsense is left out."""
    weighed: list[tuple[float, int, str]] = []
    for position, part in enumerate(header.split(",")[:_MOST_ACCEPTED]):
        tag, _, quality = part.strip().partition(";")
        try:
            weight = float(quality.strip().removeprefix("q=")) if quality else 1.0
        except ValueError:
            continue
        if tag and 0 < weight <= 1:
            weighed.append((-weight, position, tag.strip()))
    return [tag for _, _, tag in sorted(weighed)]


def placeholders(text: str) -> set[str]:
    """The names in a text's ``%(name)s``."""
    return set(_PLACEHOLDER.findall(text))


def misfit(text: str, source: str) -> str:
    """What is wrong with ``text`` as a wording of ``source``; empty where it can be filled in."""
    if unknown := sorted(placeholders(text) - placeholders(source)):
        return f"it uses a placeholder that the text does not have, %({unknown[0]})s"
    if placeholders(source) and "%" in _PLACEHOLDER.sub("", text).replace("%%", ""):
        return "it has a % that begins no placeholder; write %% for the sign itself"
    return ""


@lru_cache(maxsize=1)
def source_messages() -> frozenset[str]:
    """Every text of the portal, singular and plural, as its template of translations lists them."""
    with (data_dir("translations") / "messages.pot").open("rb") as file:
        catalogue = read_po(file)
    return frozenset(
        text
        for message in catalogue
        if message.id
        for text in (message.id if isinstance(message.id, list | tuple) else (message.id,))
    )


def _files(folders: Sequence[Path]) -> dict[str, list[Path]]:
    """The files of each language, in the order of the folders."""
    files: dict[str, list[Path]] = {}
    for folder in folders:
        for path in sorted(folder.glob(_FILE)):
            files.setdefault(_normal(path.parent.parent.name, f"translations: {folder}"), []).append(path)
    return files


def _check_reworded(code: str, texts: Mapping[str, str]) -> None:
    for source, text in texts.items():
        if source not in source_messages():
            raise ConfigurationError(f"translations[{code!r}]: the portal has no text {source!r}.")
        if problem := misfit(text, source):
            raise ConfigurationError(f"translations[{code!r}][{source!r}]: {problem}.")


def _check_folder(folder: Path) -> None:
    """Read a host's files now, so that what is wrong in them shows at the start and not to a customer."""
    if not folder.is_dir():
        raise ConfigurationError(f"translations: there is no folder {folder}.")
    paths = sorted(folder.glob(_FILE))
    if not paths:
        raise ConfigurationError(f"translations: {folder} has no <locale>/LC_MESSAGES/messages.po in it.")
    for path in paths:
        try:
            for source, text in _wordings(path):
                if problem := misfit(text, source):
                    raise ConfigurationError(f"translations: {path}: {text!r}: {problem}.")
            plural_form = _read(path).ngettext  # by another name: no text of ours
            for count in range(200):
                plural_form("", "", count)
        except (PoFileError, ValueError, LookupError, ArithmeticError) as error:
            raise ConfigurationError(f"translations: {path} cannot be read: {error}") from None


def _wordings(path: Path) -> Iterator[tuple[str, str]]:
    """Every translated text of a file, with the source that it words."""
    with path.open("rb") as file:
        for message in read_po(file, abort_invalid=True):
            if message.id and message.string and not message.fuzzy:
                if isinstance(message.id, list | tuple):
                    yield from ((message.id[-1], text) for text in message.string)
                else:
                    yield message.id, str(message.string)


def _normal(code: str, where: str) -> str:
    locale = _parse(code)
    if locale is None:
        raise ConfigurationError(f"{where}: {code!r} is not a known locale.")
    return str(locale)


@lru_cache(maxsize=256)
def _parse(tag: str) -> Locale | None:
    if not _TAG.fullmatch(tag):  # Babel would keep whatever stands behind an "@"
        return None
    try:
        return Locale.parse(tag.replace("-", "_"))
    except (ValueError, TypeError, UnknownLocaleError):
        return None


def _family(locale: Locale) -> tuple[str, ...]:
    """Where the texts for a locale may be, its own first: de_AT, de."""
    return tuple(dict.fromkeys((str(locale), f"{locale.language}_{locale.script or ''}", locale.language)))


def _read(path: Path) -> Translations:
    """The texts of one file, compiled in memory."""
    return Translations(BytesIO(_compiled(path)))


@lru_cache(maxsize=256)
def _compiled(path: Path) -> bytes:
    compiled = BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, abort_invalid=True))
    return compiled.getvalue()
