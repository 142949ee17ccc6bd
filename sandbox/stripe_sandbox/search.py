"""The search query language: https://docs.stripe.com/search#search-query-language."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from stripe_sandbox.errors import StripeError, invalid
from stripe_sandbox.http import Json

Sort: TypeAlias = Literal["token", "string", "number"]
"""How a field is compared: as a whole, also by a part of it, or also by size."""
_MOST_CLAUSES = 10
_LEAST_PART = 3

_CLAUSE = re.compile(
    r"""\s*(?P<negated>-)?
    (?P<field>[A-Za-z_][\w.]*)
    (?:\[(?P<key>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\])?
    \s*(?P<operator>>=|<=|[:~<>=])\s*
    (?P<value>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s"']+)""",
    re.VERBOSE,
)
_CONJUNCTION = re.compile(r"\s+(AND|OR)\s+|\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Field:
    """A field that can be searched: `read` takes its value from a stored object."""

    sort: Sort
    read: Callable[[Json], object]


@dataclass(frozen=True, slots=True)
class Clause:
    """`field operator value`, perhaps negated. `value` is None for `null`."""

    field: Field
    operator: str
    value: str | None
    negated: bool

    def holds(self, item: Json) -> bool:
        """Whether an object is what the clause asks for."""
        return self._compares(self.field.read(item)) is not self.negated

    def _compares(self, found: object) -> bool:
        if self.value is None:
            return found is None
        if found is None:
            return False
        if self.operator == "~":
            return self.value.lower() in str(found).lower()
        if self.operator in (":", "="):
            return _text(found).lower() == self.value.lower()
        assert isinstance(found, int)
        bound = float(self.value)
        return {">": found > bound, "<": found < bound, ">=": found >= bound, "<=": found <= bound}[self.operator]


@dataclass(frozen=True, slots=True)
class Query:
    """All its clauses must hold, or any of them."""

    clauses: tuple[Clause, ...]
    any: bool

    def matches(self, item: Json) -> bool:
        """Whether an object is found."""
        return (any if self.any else all)(clause.holds(item) for clause in self.clauses)


def field(sort: Sort, path: str) -> Field:
    """The field at a dotted path of the object."""
    names = path.split(".")

    def read(item: Json) -> object:
        at: object = item
        for name in names:
            at = at.get(name) if isinstance(at, dict) else None
        return at

    return Field(sort, read)


def parse(query: str, fields: Mapping[str, Field]) -> Query:
    """Read a query. Raises StripeError for one that cannot be read, or that asks for an unknown field."""
    clauses: list[Clause] = []
    words: set[str] = set()
    at, end = 0, len(query.rstrip())
    while at < end:
        if clauses:
            between = _CONJUNCTION.match(query, at)
            if between is None:
                raise _unreadable(query)
            words.add((between[1] or "AND").upper())
            at = between.end()
        match = _CLAUSE.match(query, at)
        if match is None:
            raise _unreadable(query)
        clauses.append(_clause(match, fields))
        at = match.end()
    if not clauses:
        raise _unreadable(query)
    if len(words) > 1:
        raise invalid("You cannot combine AND and OR in the same search query.", "query")
    if len(clauses) > _MOST_CLAUSES:
        raise invalid(f"A search query can have at most {_MOST_CLAUSES} clauses.", "query")
    return Query(tuple(clauses), words == {"OR"})


def _clause(match: re.Match[str], fields: Mapping[str, Field]) -> Clause:
    name, operator, written = match["field"], match["operator"], match["value"]
    found = _field(name, match["key"], fields)
    value = None if written.lower() == "null" else _unquoted(written)
    if operator == "~" and found.sort != "string":
        raise invalid(f"Field `{name}` does not support the substring match operator `~`.", "query")
    if operator == "~" and (value is None or len(value) < _LEAST_PART):
        raise invalid(f"Substring matches need at least {_LEAST_PART} characters.", "query")
    if operator in ("<", ">", "<=", ">=", "=") and found.sort != "number":
        raise invalid(f"Field `{name}` does not support the operator `{operator}`.", "query")
    if found.sort == "number" and value is not None and not re.fullmatch(r"-?[0-9]{1,18}(\.[0-9]+)?", value, re.ASCII):
        raise invalid(f"Field `{name}` takes a number, but you passed `{value[:80]}`.", "query")
    return Clause(found, operator, value, match["negated"] is not None)


def _field(name: str, key: str | None, fields: Mapping[str, Field]) -> Field:
    if name == "metadata" and "metadata" in fields:
        if key is None:
            raise invalid('Search metadata by key: metadata["key"]:"value".', "query")
        wanted = _unquoted(key)
        return Field("token", lambda item: item["metadata"].get(wanted))
    if key is not None or name not in fields:
        known = ", ".join(sorted(fields))
        raise invalid(f"Field `{name}` is an unsupported search field for this resource. Try one of: {known}.", "query")
    return fields[name]


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text[0] in "\"'" else text


def _text(value: object) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _unreadable(query: str) -> StripeError:
    return invalid(
        f'We were unable to parse your search query: {query[:200]}. Try using the format `metadata["key"]:"value"` '
        'to query for metadata or key:"value" to query for other fields.',
        "query",
    )
