"""Whether a body is all there: an option that was sent must not be left out."""

from __future__ import annotations

import pytest

from invoice_portal.http import MAX_FORM_BYTES, whole_body


@pytest.mark.parametrize(
    ("body", "length", "chunked"),
    [(b"", None, False), (b"", 0, False), (b"{}", 2, False), (b"{}", None, True), (b" " * MAX_FORM_BYTES, None, True)],
)
def test_what_is_all_there_is_given(body: bytes, length: int | None, chunked: bool):
    assert whole_body(body, length, MAX_FORM_BYTES, chunked=chunked) == body


@pytest.mark.parametrize(
    ("body", "length", "chunked"),
    [(b"", 2, False), (b"{", 2, False), (b"", None, True), (b" " * (MAX_FORM_BYTES + 1), None, True)],
)
def test_what_is_missing_or_too_long_is_not(body: bytes, length: int | None, chunked: bool):
    assert whole_body(body, length, MAX_FORM_BYTES, chunked=chunked) is None
