"""The merchant's look: a few colours, a font, the corners and a logo, checked and made into a stylesheet of our own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final, Literal, Self, TypeAlias, get_args
from urllib.parse import urlsplit

from invoice_portal.addresses import works, works_here
from invoice_portal.colours import (
    AA_PARTS,
    AA_TEXT,
    Colour,
    bright_luminance,
    contrast,
    link_luminance,
    luminance,
    read_colour,
)
from invoice_portal.errors import ConfigurationError

Scheme: TypeAlias = Literal["auto", "light", "dark"]
Pair: TypeAlias = str | tuple[str, str]
"""A colour for both, or one for the light and one for the dark: ``#rgb`` or ``#rrggbb``."""

_DEFAULTS: Final[Mapping[str, tuple[str, str]]] = {
    "ground": ("#f6f7f9", "#0f1116"),
    "surface": ("#ffffff", "#171a21"),
    "ink": ("#16181d", "#eceef2"),
    "muted": ("#5b6270", "#a3abb8"),
    "line": ("#e4e7ec", "#2b303a"),
}
_ACCENT: Final = "#4f46e5"
_EDGE: Final = ("#858d9c", "#6f7889")
_BAD: Final = ("#b42318", "#ff9f96")
_FONT: Final = re.compile(r"[A-Za-z0-9 ,\"'_-]{1,300}")
_RADIUS: Final = re.compile(r"0|[0-9]{1,2}(\.[0-9]{1,3})?(px|rem|em)")
_SCHEMES: Final[Mapping[Scheme, str]] = {"auto": "light dark", "light": "light", "dark": "dark"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """How the portal looks. What is left out stays as it is.

    ``accent`` is the colour of buttons and links; ``accent_dark`` takes its place in the dark, where it is otherwise
    lightened as much as it needs. The others are the page, the cards on it, text, quiet text and lines: one colour for
    both, or a pair. ``scheme`` is ``auto`` (as the visitor's device is), ``light`` or ``dark``. ``font`` is a CSS list
    of families, ``radius`` a length. ``logo`` is an address, shown in place of the name.

    Raises :class:`~invoice_portal.errors.ConfigurationError` for what cannot stand in a stylesheet.
    """

    accent: str = ""
    accent_dark: str = ""
    ground: Pair = ""
    surface: Pair = ""
    ink: Pair = ""
    muted: Pair = ""
    line: Pair = ""
    scheme: Scheme = "auto"
    font: str = ""
    radius: str = ""
    logo: str = ""
    logo_dark: str = ""

    def __post_init__(self) -> None:
        """Check every field."""
        for name in ("accent", "accent_dark"):
            _check_colour(name, getattr(self, name))
        for name in _DEFAULTS:
            given = getattr(self, name)
            if isinstance(given, list):
                object.__setattr__(self, name, tuple(given))
            _check_pair(name, getattr(self, name))
        if self.scheme not in get_args(Scheme):
            raise ConfigurationError(f"theme: scheme must be auto, light or dark, not {self.scheme!r}.")
        if self.font and not (isinstance(self.font, str) and _closed(self.font)):
            raise ConfigurationError("theme: font must be a list of families, such as '\"Inter\", sans-serif'.")
        if self.radius and not (isinstance(self.radius, str) and _RADIUS.fullmatch(self.radius)):
            raise ConfigurationError("theme: radius must be a length, such as 8px or .5rem written as 0.5rem.")
        for name in ("logo", "logo_dark"):
            _check_logo(name, getattr(self, name))

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Self:
        """Read a mapping of field names. Raises ``ConfigurationError`` for a name that is none."""
        known = [field.name for field in fields(cls)]
        if unknown := sorted(set(values) - set(known)):
            raise ConfigurationError(f"theme: {unknown[0]!r} is not known. Known are: {', '.join(known)}.")
        return cls(**values)

    def colours(self, name: str) -> tuple[Colour, Colour]:
        """A colour in the light and in the dark, ours where none is set."""
        light, dark = _pair(getattr(self, name)) or _DEFAULTS[name]
        return _colour(light), _colour(dark)


def _pair(given: Pair) -> tuple[str, str] | None:
    if isinstance(given, tuple):
        return given
    return (given, given) if given else None


def _colour(text: str) -> Colour:
    found = read_colour(text)
    if found is None:
        raise ConfigurationError(f"theme: {text!r} is no colour; write #rgb or #rrggbb.")
    return found


def _check_colour(name: str, given: object) -> None:
    if given != "" and not (isinstance(given, str) and read_colour(given)):
        raise ConfigurationError(f"theme: {name} must be a colour, #rgb or #rrggbb, not {given!r}.")


def _check_pair(name: str, given: object) -> None:
    if isinstance(given, tuple):
        if len(given) != 2 or not all(isinstance(one, str) and read_colour(one) for one in given):
            raise ConfigurationError(f"theme: {name} must be two colours, for the light and for the dark.")
    else:
        _check_colour(name, given)


def _closed(font: str) -> bool:
    """Whether every quotation mark has its partner: an open one would swallow the rest of the stylesheet."""
    return bool(_FONT.fullmatch(font)) and not any(font.count(mark) % 2 for mark in "\"'")


def _check_logo(name: str, given: object) -> None:
    if given == "":
        return
    fits = isinstance(given, str) and (works_here(given) or (works(given) and given.startswith("https://")))
    if not fits:
        raise ConfigurationError(f"theme: {name} must be an https:// address, or a path on the portal's own site.")


def overridden(theme: Theme, query: Mapping[str, str]) -> Theme:
    """The theme with what the address of a stylesheet asks for: colours and the scheme, nothing else.

    Colours are written without their ``#``. What is none of ours, or no colour, is not used.
    """
    changes: dict[str, Any] = {}
    for name in ("accent", "accent_dark", *_DEFAULTS):
        if read_colour("#" + query.get(name, "")):
            changes[name] = "#" + query[name]
    if query.get("scheme") in get_args(Scheme):
        changes["scheme"] = query["scheme"]
    if "accent" in changes and "accent_dark" not in changes:
        changes["accent_dark"] = ""
    return replace(theme, **changes)


def stylesheet(theme: Theme) -> str:
    """The theme as CSS: the variables of ``portal.css``, and nothing if nothing is set."""
    root = list(_root(theme))
    rules = [f":root {{ {' '.join(root)} }}"] if root else []
    if theme.accent_dark:
        rules.append(f".portal {{ --portal-bright: {_colour(theme.accent_dark).hex}; }}")
    if theme.scheme != "auto":
        rules.append(f".portal-page {{ color-scheme: {_SCHEMES[theme.scheme]}; }}")
    return "\n".join(rules) + "\n" if rules else ""


def _root(theme: Theme) -> Iterator[str]:
    if theme.accent:
        yield f"--portal-accent: {_colour(theme.accent).hex};"
    for name in _DEFAULTS:
        if pair := _pair(getattr(theme, name)):
            yield f"--portal-{name}: light-dark({_colour(pair[0]).hex}, {_colour(pair[1]).hex});"
    if theme.surface or theme.ink:
        yield "--portal-quiet: color-mix(in srgb, var(--portal-ink) 7%, var(--portal-surface));"
    if theme.font:
        yield f"--portal-font: {theme.font};"
    if theme.radius:
        yield f"--portal-radius: {theme.radius};"


def logo_sources(theme: Theme) -> tuple[str, ...]:
    """What the policy of pages must let images be loaded from: the logos' own addresses, to the letter."""
    outside = [logo for logo in (theme.logo, theme.logo_dark) if logo.startswith("https://")]
    return tuple(dict.fromkeys(_source(logo) for logo in outside))


def _source(address: str) -> str:
    """An address as a policy spells it: without its query, and without what would end it there."""
    parts = urlsplit(address)
    path = parts.path.replace(";", "%3B").replace(",", "%2C") or "/"
    return f"{parts.scheme}://{parts.netloc}{path}"


def concerns(theme: Theme) -> tuple[str, ...]:
    """The colours that are hard to read, and what becomes of them: for the log at the start, and for the doctor."""
    if theme == Theme():
        return ()
    return (*_about_accent(theme), *_about_text(theme))


def _about_accent(theme: Theme) -> Iterator[str]:
    accent, surfaces = _colour(theme.accent or _ACCENT), theme.colours("surface")
    found = contrast(luminance(accent), luminance(surfaces[0]))
    if theme.accent and theme.scheme != "dark" and found < AA_TEXT:
        yield (
            f"theme: accent {accent.hex} has a contrast of {found:.2f} on {surfaces[0].hex}, text needs {AA_TEXT}: "
            "links are shown in a darker shade of it."
        )


def _about_text(theme: Theme) -> Iterator[str]:
    accent = _colour(theme.accent or _ACCENT)
    bright = luminance(_colour(theme.accent_dark)) if theme.accent_dark else bright_luminance(accent)
    links = (link_luminance(accent), bright)
    for index, mode in ((0, "light"), (1, "dark")):
        if theme.scheme not in ("auto", mode):
            continue
        texts = {
            "ink": luminance(theme.colours("ink")[index]),
            "muted": luminance(theme.colours("muted")[index]),
            "the links' colour": links[index],
            "the colour of problems": luminance(_colour(_BAD[index])),
        }
        for place in ("surface", "ground"):
            under = theme.colours(place)[index]
            for name, text in texts.items():
                if (found := contrast(text, luminance(under))) < AA_TEXT:
                    yield (
                        f"theme: in the {mode}, {name} has a contrast of {found:.2f} on {place} {under.hex}; text "
                        f"needs {AA_TEXT}. Choose a {'lighter' if index == 0 else 'darker'} {place}, or other text."
                    )
        surface = theme.colours("surface")[index]
        if (found := contrast(luminance(_colour(_EDGE[index])), luminance(surface))) < AA_PARTS:
            yield (
                f"theme: in the {mode}, the edges of fields have a contrast of {found:.2f} on surface {surface.hex}; "
                f"they need {AA_PARTS}."
            )
