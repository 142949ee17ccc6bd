"""Form encoding in every spelling that Stripe's clients use."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripe_sandbox.errors import StripeError
from stripe_sandbox.form import decode, plain

TREES = st.recursive(
    st.text(max_size=8),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3)
        | st.dictionaries(st.text("abc_ä ", min_size=1, max_size=3), inner, min_size=1, max_size=3)
    ),
    max_leaves=8,
)
HASHES = st.dictionaries(st.text("abc_1", min_size=1, max_size=3), TREES, max_size=3)


def pairs(value: Any, name: str) -> list[tuple[str, str]]:
    """As the Python SDK encodes: lists by index."""
    if isinstance(value, dict):
        return [pair for key, item in value.items() for pair in pairs(item, f"{name}[{key}]")]
    if isinstance(value, list):
        return [pair for at, item in enumerate(value) for pair in pairs(item, f"{name}[{at}]")]
    return [(name, value)]


def by_index(value: Any) -> Any:
    """What a list sent by index is read as."""
    if isinstance(value, dict):
        return {key: by_index(item) for key, item in value.items()}
    if isinstance(value, list):
        return {str(at): by_index(item) for at, item in enumerate(value)}
    return value


@given(HASHES, st.booleans())
def test_what_is_encoded_is_decoded(tree: dict[str, Any], brackets_encoded: bool) -> None:
    encode = quote_plus if brackets_encoded else lambda text: quote(text, safe="[]")
    flat = [pair for key, value in tree.items() for pair in pairs(value, key)]
    encoded = "&".join(f"{encode(name)}={quote_plus(value)}" for name, value in flat)
    assert decode(encoded) == by_index(tree)


@given(st.binary(max_size=60) | st.text("a[]=&%1x", max_size=30).map(str.encode))
def test_nothing_that_is_sent_is_more_than_an_invalid_request(body: bytes) -> None:
    refused = None
    try:
        decode(body)
    except StripeError as error:
        refused = (error.status, error.type)
    assert refused in (None, (400, "invalid_request_error"))


@pytest.mark.parametrize(
    ("encoded", "tree"),
    [
        ("a=1&b=", {"a": "1", "b": ""}),
        ("a[]=1&a[]=2", {"a": ["1", "2"]}),
        ("a%5B%5D=1&a%5B%5D=2", {"a": ["1", "2"]}),
        ("a[0]=1&a[1]=2", {"a": {"0": "1", "1": "2"}}),
        ("a[b][c]=1", {"a": {"b": {"c": "1"}}}),
        ("a[][b]=1&a[][c]=2&a[][b]=3", {"a": [{"b": "1", "c": "2"}, {"b": "3"}]}),
        ("a=J%C3%BCrgen+S", {"a": "Jürgen S"}),
        ("[a]=1", {"[a]": "1"}),
        ("", {}),
    ],
)
def test_spellings(encoded: str, tree: object) -> None:
    assert decode(encoded) == tree


@pytest.mark.parametrize("encoded", ["a=1&a[b]=2", "a[]=1&a[b]=2", "a=%FF", "a" + "[b]" * 40 + "=1"])
def test_contradictions_are_refused(encoded: str) -> None:
    with pytest.raises(StripeError, match="Invalid request"):
        decode(encoded)


def test_python_values_are_sent_as_a_client_would() -> None:
    assert plain({"a": True, "b": [1, None, "x"], "c": None}) == {"a": "true", "b": ["1", "x"]}
