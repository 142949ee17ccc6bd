"""Dataclasses as JSON, as schemas, and out of bodies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

import jsonschema
import pytest

from invoice_portal.api.schema import as_json, body_schema, read_body, schema_of
from invoice_portal.errors import BadRequest


@dataclass(frozen=True, slots=True)
class Inner:
    """Something inside."""

    name: str


@dataclass(frozen=True, slots=True)
class Outer:
    """Everything that an answer may have."""

    count: Annotated[int, "How many."]
    kind: Literal["a", "b"]
    inner: Inner | None
    rows: tuple[Inner, ...]
    by_name: Mapping[str, int]
    flag: bool


@dataclass(frozen=True, slots=True)
class Body:
    """What may be sent."""

    name: str
    count: int = 1
    flag: bool = False
    kind: Literal["a", "b"] = "a"
    rows: tuple[Inner, ...] = ()
    note: str | None = None


OUTER = Outer(1, "a", None, (Inner("x"),), {"y": 2}, True)


def test_what_is_told_of_a_dataclass_is_what_is_sent() -> None:
    assert as_json(OUTER) == {
        "count": 1,
        "kind": "a",
        "inner": None,
        "rows": [{"name": "x"}],
        "by_name": {"y": 2},
        "flag": True,
    }
    schema = schema_of(Outer)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(as_json(OUTER), schema)
    assert schema["properties"]["count"] == {"type": "integer", "description": "How many."}
    for wrong in ({"count": "1"}, {"kind": "c"}, {"inner": {}}, {"rows": [{}]}, {"more": 1}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**as_json(OUTER), **wrong}, schema)


def test_no_answer_has_a_float() -> None:
    with pytest.raises(TypeError):
        schema_of(float)


def test_a_body_is_read_and_its_defaults_hold() -> None:
    assert read_body(b'{"name": "n"}', Body) == Body("n")
    assert read_body(b'{"name": "n", "rows": [{"name": "r"}], "note": null}', Body) == Body("n", rows=(Inner("r"),))
    assert body_schema(Body)["required"] == ["name"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "'name' is missing"),
        (b"[]", "JSON object"),
        (b"{", "not JSON"),
        (b"[" * 60_000, "nested"),
        (b'{"name": 1}', "'name' must be of the type string"),
        (b'{"name": null}', "'name' must be of the type string"),
        (b'{"name": "n", "count": true}', "'count' must be of the type integer"),
        (b'{"name": "n", "count": "1"}', "'count' must be of the type integer"),
        (b'{"name": "n", "flag": 1}', "'flag' must be of the type boolean"),
        (b'{"name": "n", "kind": "c"}', "'kind' must be one of a, b"),
        (b'{"name": "n", "kind": []}', "'kind' must be one of a, b"),
        (b'{"name": "n", "rows": {}}', "'rows' must be an array"),
        (b'{"name": "n", "rows": [{"nome": "x"}]}', "'nome' is not known"),
        (b'{"nome": "n"}', "'nome' is not known; known are count, flag, kind, name, note, rows"),
    ],
)
def test_what_does_not_fit_is_named(body: bytes, message: str) -> None:
    with pytest.raises(BadRequest, match=message):
        read_body(body, Body)
