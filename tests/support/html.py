"""A page as a test looks at it: its text, its links and its forms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


@dataclass(slots=True)
class Element:
    """An element with everything in it."""

    tag: str
    attributes: dict[str, str]
    children: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text within, white space folded."""
        return " ".join("".join(self._texts()).split())

    def all(self, *tags: str, css_class: str = "") -> list[Element]:
        """Every element of these tags within, in the order of the page."""
        found: list[Element] = []
        for child in self.children:
            if isinstance(child, Element):
                if child.tag in tags and (not css_class or css_class in child.classes):
                    found.append(child)
                found.extend(child.all(*tags, css_class=css_class))
        return found

    def one(self, tag: str, css_class: str = "") -> Element:
        """The only element of a tag; fails where there are none or several."""
        (found,) = self.all(tag, css_class=css_class)
        return found

    @property
    def classes(self) -> Sequence[str]:
        """The element's classes."""
        return self.attributes.get("class", "").split()

    def _texts(self) -> list[str]:
        parts: list[str] = []
        for child in self.children:
            if isinstance(child, Element):
                parts.extend(child._texts())
                if child.tag not in ("bdi", "span", "a", "strong", "em"):
                    parts.append(" ")
            else:
                parts.append(child)
        return parts


@dataclass(frozen=True, slots=True)
class Form:
    """A form: where it goes, and what it would send as it stands."""

    action: str
    method: str
    fields: dict[str, str]


class Html:
    """A page, parsed."""

    def __init__(self, source: str) -> None:
        parser = _Parser()
        parser.feed(source)
        parser.close()
        self.root = parser.root

    @property
    def text(self) -> str:
        """What a reader sees of the body."""
        return self.root.one("body").text if self.root.all("body") else self.root.text

    @property
    def links(self) -> dict[str, str]:
        """Addresses by the words of their links; the first link of the same words."""
        found: dict[str, str] = {}
        for link in self.root.all("a"):
            found.setdefault(link.text, link.attributes.get("href", ""))
        return found

    @property
    def rows(self) -> list[list[str]]:
        """The texts of every table row's cells, headings left out."""
        return [[cell.text for cell in row.all("th", "td")] for row in self.root.all("tr") if row.all("td")]

    @property
    def forms(self) -> list[Form]:
        """All forms of the page."""
        return [
            Form(
                form.attributes.get("action", ""),
                form.attributes.get("method", "get").lower(),
                {
                    field.attributes["name"]: field.attributes.get("value", "")
                    for field in form.all("input")
                    if "name" in field.attributes
                },
            )
            for form in self.root.all("form")
        ]

    def form(self, ending: str) -> Form:
        """The first form whose address ends so; fails where there is none."""
        return next(form for form in self.forms if form.action.endswith(ending))


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("", {})
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].children.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        for depth in range(len(self._open) - 1, 0, -1):
            if self._open[depth].tag == tag:
                del self._open[depth:]
                return

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)
