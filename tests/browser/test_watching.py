"""The watch over the browser is not blind: each kind of complaint would fail a test that does not expect it."""

from __future__ import annotations

import pytest

from browser.conftest import Visit

JENNY = "jenny@lumen.studio"
pytestmark = pytest.mark.parametrize("demo", ["flask"], indirect=True)  # a browser complains of all frameworks alike


def test_what_a_policy_forbids_is_noticed(visit: Visit) -> None:
    visitor = visit(JENNY)
    with visitor.page.expect_console_message():
        visitor.page.evaluate("document.body.setAttribute('style', 'color: red')")
    [complaint] = visitor.watch.take()
    assert "Content Security Policy" in complaint


def test_a_script_that_fails_is_noticed(visit: Visit) -> None:
    visitor = visit(JENNY)
    with visitor.page.expect_event("pageerror"):
        visitor.page.evaluate("setTimeout(() => { throw new Error('broken') })")
    assert visitor.watch.take() == ["script error: broken"]


def test_an_error_page_is_noticed_unless_it_is_expected(visit: Visit) -> None:
    visitor = visit(JENNY)
    with visitor.page.expect_console_message():
        visitor.open_invoice("in_0000000000000000000000")
    assert any(complaint.endswith("was answered 404") for complaint in visitor.watch.take())
    visitor.watch.expect_status(404)
    with visitor.page.expect_console_message():
        visitor.page.reload()
    assert visitor.watch.take() == []


def test_a_request_that_fails_is_noticed(visit: Visit) -> None:
    visitor = visit(JENNY)
    visitor.page.route("**/portal.css*", lambda route: route.abort())
    with visitor.page.expect_event("requestfailed"):
        visitor.page.reload()
    assert any("portal.css" in complaint and "failed" in complaint for complaint in visitor.watch.take())
