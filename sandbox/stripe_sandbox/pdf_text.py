"""Text for the PDF: which font can show a word, and how Arabic and Hebrew lie on the line.

Latin text uses Helvetica, which every reader has; a word that it lacks uses the DejaVu subset beside this file, then
Adobe's standard Japanese, Korean and Chinese fonts, which readers bring themselves. What none of them has is shown
without its accents or as a question mark: a name never stops a PDF.

Arabic letters are replaced by their joined forms (Unicode's presentation forms) and right-to-left words are laid out
from the right. This covers names and short descriptions, not the whole of Unicode's bidirectional algorithm.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import groupby
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

FONTS = Path(__file__).parent / "fonts"
JAPANESE, KOREAN, CHINESE = "HeiseiKakuGo-W5", "HYGothic-Medium", "STSong-Light"


@dataclass(frozen=True, slots=True)
class Style:
    """How text is drawn: size in points, and a colour as ``0xRRGGBB``."""

    size: float
    bold: bool = False
    colour: int = 0x16181D


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of a line in one font."""

    text: str
    font: str


def draw(canvas: Canvas, x: float, y: float, text: str, style: Style, right: bool = False) -> None:
    """One line with its baseline at ``y``, from ``x`` on, or up to ``x`` when ``right``."""
    runs = _runs(text, style.bold)
    position = x - _runs_width(runs, style.size) if right else x
    canvas.setFillColorRGB(*rgb(style.colour))
    for run in runs:
        canvas.setFont(run.font, style.size)
        canvas.drawString(position, y, run.text)
        position += pdfmetrics.stringWidth(run.text, run.font, style.size)


def rgb(colour: int) -> tuple[float, float, float]:
    """``0xRRGGBB`` as the parts from 0 to 1 that a PDF has."""
    return (colour >> 16 & 255) / 255, (colour >> 8 & 255) / 255, (colour & 255) / 255


def width(text: str, style: Style) -> float:
    """The width of one line, in points."""
    return _runs_width(_runs(text, style.bold), style.size)


def wrap(text: str, style: Style, limit: float) -> list[str]:
    """The text as lines no wider than ``limit`` points; a word wider than that is cut."""
    return [line for paragraph in text.splitlines() for line in _wrap_paragraph(paragraph, style, limit)]


def _wrap_paragraph(paragraph: str, style: Style, limit: float) -> Iterator[str]:
    line = ""
    for word in paragraph.split():
        candidate = f"{line} {word}" if line else word
        if width(candidate, style) <= limit:
            line = candidate
            continue
        if line:
            yield line
        *pieces, line = _cut(word, style, limit)
        yield from pieces
    yield line


def _cut(word: str, style: Style, limit: float) -> list[str]:
    """Pieces of the word that each fit: languages without spaces, and very long words."""
    pieces = [""]
    for letter in word:
        if pieces[-1] and width(pieces[-1] + letter, style) > limit:
            pieces.append("")
        pieces[-1] += letter
    return pieces


def _runs_width(runs: Iterable[Run], size: float) -> float:
    return sum(pdfmetrics.stringWidth(run.text, run.font, size) for run in runs)


@lru_cache(maxsize=4096)
def _runs(text: str, bold: bool) -> tuple[Run, ...]:
    """The line in the order in which it is drawn, split by font. Words keep to one font where one has all of it."""
    words = visual_order(_printable(text)).split(" ")
    asian = JAPANESE if any(_is_kana(letter) for letter in text) else CHINESE
    pieces = [piece for word in words for piece in (*_word_runs(word, bold, asian), Run(" ", ""))][:-1]
    base = "Helvetica-Bold" if bold else "Helvetica"
    fonted = [Run(piece.text, piece.font or base) for piece in pieces]
    groups = groupby(fonted, lambda run: run.font)
    return tuple(Run("".join(run.text for run in group), font) for font, group in groups)


def _printable(text: str) -> str:
    """Without control and direction marks, and with every white space a plain space."""
    spaced = "".join(" " if letter.isspace() else letter for letter in text)
    return "".join(letter for letter in spaced if unicodedata.category(letter) not in ("Cc", "Cf", "Cs"))


def _word_runs(word: str, bold: bool, asian: str) -> Iterator[Run]:
    font = _font_for(word, bold, asian)
    if font:
        yield Run(word, font)
        return
    for letter in word:
        font = _font_for(letter, bold, asian)
        yield Run(letter, font) if font else Run(_nearest(letter), "Helvetica-Bold" if bold else "Helvetica")


def _font_for(text: str, bold: bool, asian: str) -> str | None:
    """The first font that has every letter."""
    if _in_helvetica(text):
        return "Helvetica-Bold" if bold else "Helvetica"
    name, letters = _dejavu(bold)
    if letters.issuperset(map(ord, text)):
        return name
    if all(_is_hangul(letter) for letter in text):
        return _reader_font(KOREAN)
    if all(_is_east_asian(letter) for letter in text):
        return _reader_font(asian)
    return None


def _in_helvetica(text: str) -> bool:
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def _nearest(letter: str) -> str:
    plain = unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode()
    return plain or "?"


@cache
def _dejavu(bold: bool) -> tuple[str, frozenset[int]]:
    """The bundled font, registered on first use, and the characters that it has."""
    name = "DejaVuSans-Bold" if bold else "DejaVuSans"
    font = TTFont(name, FONTS / f"{name}.ttf")
    pdfmetrics.registerFont(font)
    return name, frozenset(font.face.charToGlyph)


@cache
def _reader_font(name: str) -> str:
    pdfmetrics.registerFont(UnicodeCIDFont(name))
    return name


def _is_kana(letter: str) -> bool:
    return "\u3040" <= letter <= "\u30ff"


def _is_hangul(letter: str) -> bool:
    return "\uac00" <= letter <= "\ud7a3"


def _is_east_asian(letter: str) -> bool:
    return "\u3000" <= letter <= "\u30ff" or "\u4e00" <= letter <= "\u9fff" or "\uff00" <= letter <= "\uffee"


def visual_order(text: str) -> str:
    """The line from left to right as it is seen, with Arabic letters joined."""
    if not any(_is_right_to_left(letter) for letter in text):
        return text
    words = [(_word_direction(word), word) for word in text.split(" ")]
    groups = [(right, [word for _, word in group]) for right, group in groupby(words, lambda pair: pair[0])]
    laid_out = [" ".join(_mirrored(words)) if right else " ".join(words) for right, words in groups]
    return " ".join(reversed(laid_out) if groups[0][0] else laid_out)


def _word_direction(word: str) -> bool:
    return any(_is_right_to_left(letter) for letter in word)


def _mirrored(words: list[str]) -> list[str]:
    return [_joined(word)[::-1].translate(MIRRORS) for word in reversed(words)]


MIRRORS = str.maketrans("()[]{}<>«»", ")(][}{><»«")


def _is_right_to_left(letter: str) -> bool:
    return unicodedata.bidirectional(letter) in ("R", "AL")


@cache
def _presentation_forms() -> dict[tuple[str, str], str]:
    """(form, letters) to the character of that form, from Unicode's own compatibility decompositions."""
    forms: dict[tuple[str, str], str] = {}
    for code in (*range(0xFB50, 0xFBB2), *range(0xFE70, 0xFEFD)):
        form, *letters = unicodedata.decomposition(chr(code)).split() or [""]
        if form in ("<isolated>", "<final>", "<initial>", "<medial>"):
            forms.setdefault((form[1:-1], "".join(chr(int(letter, 16)) for letter in letters)), chr(code))
    return forms


def _joined(word: str) -> str:
    """The word with each Arabic letter in the form that its neighbours ask for; vowel marks are left out."""
    forms = _presentation_forms()
    letters = _ligated([letter for letter in word if unicodedata.category(letter) != "Mn"])
    shaped = []
    for index, letter in enumerate(letters):
        before = index > 0 and ("initial", letters[index - 1]) in forms and ("final", letter) in forms
        after = index + 1 < len(letters) and ("initial", letter) in forms and ("final", letters[index + 1]) in forms
        form = {(True, True): "medial", (True, False): "final", (False, True): "initial"}.get(
            (before, after), "isolated"
        )
        shaped.append(forms.get((form, letter), letter))
    return "".join(shaped)


def _ligated(letters: list[str]) -> list[str]:
    """Lam and alef, which Arabic always writes as one sign, as one element."""
    forms = _presentation_forms()
    result: list[str] = []
    for letter in letters:
        if result and result[-1] == "\u0644" and ("isolated", "\u0644" + letter) in forms and letter in "اأإآ":
            result[-1] += letter
        else:
            result.append(letter)
    return result
