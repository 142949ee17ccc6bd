"""Just enough of a reader of HTML to see whether a page is whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "input", "br", "img", "hr"}


@dataclass
class Element:
    """One element with its attributes and the text within."""

    tag: str
    attributes: dict[str, str]
    text: str = ""
    inner: list[Element] = field(default_factory=list)


class Html(HTMLParser):
    """``elements`` in their order; ``problems`` are tags that do not match."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self.problems: list[str] = []
        self._open: list[Element] = []
        self.feed(text)
        self.close()
        self.problems += [f"<{element.tag}> is never closed" for element in self._open]

    def all(self, tag: str) -> list[Element]:
        return [element for element in self.elements if element.tag == tag]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        if len(set(names)) < len(names):
            self.problems.append(f"<{tag}> has an attribute twice: {names}")
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.elements.append(element)
        for outer in self._open:
            outer.inner.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open[-1].tag == tag:
            self._open.pop()
        else:
            within = self._open[-1].tag if self._open else "nothing"
            self.problems.append(f"</{tag}> within {within} at {self.getpos()}")

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data
