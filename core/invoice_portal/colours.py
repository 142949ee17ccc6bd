"""Colours and how well they can be told apart (WCAG 2.2: www.w3.org/TR/WCAG22/#dfn-contrast-ratio)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_HEX: Final = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
AA_TEXT: Final = 4.5
"""The least contrast of text on its ground."""
AA_PARTS: Final = 3.0
"""The least contrast of what must be seen but not read, as the edge of a field."""
_LINK_LUMINANCE: Final = 0.15
_LEAST_LIGHT: Final = 0.75


@dataclass(frozen=True, slots=True)
class Colour:
    """A colour in sRGB, each part from 0 to 255."""

    red: int
    green: int
    blue: int

    @property
    def hex(self) -> str:
        """``#rrggbb``."""
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"

    @property
    def linear(self) -> tuple[float, float, float]:
        """The parts as amounts of light, from 0 to 1."""
        red, green, blue = (_to_light(part / 255) for part in (self.red, self.green, self.blue))
        return red, green, blue


def read_colour(text: str) -> Colour | None:
    """The colour that ``#rgb`` or ``#rrggbb`` spells; None for any other text, whatever a browser may make of it."""
    if not _HEX.fullmatch(text):
        return None
    digits = text[1:] if len(text) == 7 else "".join(digit * 2 for digit in text[1:])
    return Colour(*(int(digits[start : start + 2], 16) for start in (0, 2, 4)))


def luminance(colour: Colour) -> float:
    """How light it is to the eye: 0 is black, 1 is white."""
    return _luminance(colour.linear)


def contrast(one: float, other: float) -> float:
    """The contrast of two luminances, from 1 to 21."""
    low, high = sorted((one, other))
    return (high + 0.05) / (low + 0.05)


def link_luminance(accent: Colour) -> float:
    """That of links in the light: ``--portal-link`` of the stylesheet darkens an accent that is too light."""
    return min(luminance(accent), _LINK_LUMINANCE)


def bright_luminance(accent: Colour) -> float:
    """That of links and buttons in the dark: ``--portal-bright`` of the stylesheet lightens the accent."""
    lightness, a, b = _oklab(accent)
    chroma = (a * a + b * b) ** 0.5
    light = max(lightness, _LEAST_LIGHT)
    kept = min(chroma, 0.13 + 20 * max(0.0, lightness - _LEAST_LIGHT))
    scale = kept / chroma if chroma else 0.0
    return _luminance(_from_oklab(light, a * scale, b * scale))


def _to_light(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def _luminance(linear: tuple[float, float, float]) -> float:
    red, green, blue = (min(1.0, max(0.0, part)) for part in linear)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _oklab(colour: Colour) -> tuple[float, float, float]:
    """OKLab, as CSS Color 4 has it (www.w3.org/TR/css-color-4/#color-conversion-code)."""
    red, green, blue = colour.linear
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    medium = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def _from_oklab(light: float, a: float, b: float) -> tuple[float, float, float]:
    long = (light + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (light - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (light - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
