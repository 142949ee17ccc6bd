"""What the HTTP clients hand to the ``stripe`` package in place of an answer's plain text.

The package parses every answer into ordered dicts and, for its debug log, spells the whole body out, whether anybody
listens or not: together two thirds of a page's CPU, and customers' data in the log of a host that logs at that level.
It gets a stand-in instead: short text to parse, its length to log, and the parsed answer carried along.
"""

from __future__ import annotations

import json
from typing import Any


class Body(str):
    """A text that logs itself by its length; ``data`` is the parsed JSON of an answer that went well."""

    __slots__ = ("data",)
    data: Any

    def __repr__(self) -> str:
        return f"<{len(self)} characters>"

    def __format__(self, spec: str) -> str:
        return repr(self)


def body_of(content: bytes, status: int) -> Body:
    """The stand-in for an answer; errors and what is no JSON keep their text, for the package to make errors of."""
    text = content.decode("utf-8", "replace")
    if not 200 <= status < 300:
        return Body(text)
    try:
        data = json.loads(text)
    except ValueError:
        return Body(text)
    body = Body("{}")
    body.data = data
    return body


def data_of(answer: Any) -> Any:
    """The parsed JSON of a ``stripe.StripeResponse`` that came through one of our clients."""
    return answer.body.data
