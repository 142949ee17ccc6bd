"""What a caller of the merchant API sends is read, or refused: never left out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.accounts import Account
from support.portals import API_KEY, Mount

ANNA = "anna@example.com"
NARROW = b'{"actions": ["view"], "expires_in_minutes": 5}'
BEARER = {"Authorization": f"Bearer {API_KEY}"}


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "x"])
def test_a_body_is_json_whatever_it_is_called(shared: Mount, account: Account, content_type: str) -> None:
    """``curl -d`` calls it a form."""
    portal, customer = shared(), account.customer(ANNA)
    invoice = account.open(customer)
    headers = {**BEARER, "Content-Type": content_type}
    path = f"/api/customers/{customer}/portal_sessions"
    made = portal.browser().send("POST", path, headers=headers, content=NARROW)
    assert made.status == 200, made.source
    browser = portal.browser()
    assert browser.get(made.json["url"]).status == 303
    assert browser.get(f"/invoices/{invoice}/pdf").status == 403


def test_a_body_in_chunks_is_read_or_refused(shared: Mount, account: Account) -> None:
    portal, customer = shared(), account.customer(ANNA)

    def chunks() -> Iterator[bytes]:
        yield NARROW[:10]
        yield NARROW[10:]

    for content_type in ("application/json", "application/x-www-form-urlencoded"):
        answer = portal.browser().send(
            "POST",
            f"/api/customers/{customer}/portal_sessions",
            headers={**BEARER, "Content-Type": content_type},
            content=chunks(),
        )
        assert answer.status == 200, answer.source
        assert answer.json["expires_at"] - answer.json["created_at"] == 5 * 60


@pytest.mark.parametrize("content_type", ["application/json", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_too_long_is_an_error_in_json(
    shared: Mount, account: Account, content_type: str, chunked: bool
) -> None:
    portal, customer = shared(), account.customer(ANNA)
    body = NARROW + b" " * 70_000
    answer = portal.browser().send(
        "POST",
        f"/api/customers/{customer}/portal_sessions",
        headers={**BEARER, "Content-Type": content_type},
        content=iter([body[:40_000], body[40_000:]]) if chunked else body,
    )
    assert answer.status == 400
    assert "longer than" in answer.json["error"]["message"]
    assert list(portal.portal.audit.records()) == []
