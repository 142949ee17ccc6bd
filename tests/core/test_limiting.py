"""Whom a rate limit counts as one visitor."""

from __future__ import annotations

import pytest

from invoice_portal.effects import Count
from invoice_portal.limiting import limit_entering, limit_sending, network_of

from .helpers.visiting import make_visit


@pytest.mark.parametrize(
    ("client", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2:0:0:0:1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("::1", "::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unix:", "unix:"),
        ("testclient", "testclient"),
    ],
)
def test_what_is_one_visitors(client: str, counted: str) -> None:
    assert network_of(client) == counted


def keys(client: str, link: str = "") -> list[str]:
    """The names under which a visitor of this address is counted."""
    visit = make_visit(client=client)
    program = limit_sending(visit, link) if link else limit_entering(visit)
    found: list[str] = []
    answer = None
    try:
        while True:
            count = program.send(answer)
            assert isinstance(count, Count)
            found.append(count.key)
            answer = 0
    except StopIteration:
        return found


def test_whoever_has_many_addresses_of_one_network_is_counted_once() -> None:
    assert keys("2001:db8:1:2::1") == keys("2001:db8:1:2:aaaa::9")
    assert keys("2001:db8:1:2::1") != keys("2001:db8:1:3::1")
    assert keys("2001:db8:1:2::1", "link_1") == keys("2001:db8:1:2::2", "link_1")
    assert not any("2001" in key for key in keys("2001:db8:1:2::1")), "addresses are kept as digests"


def test_a_host_that_hides_addresses_limits_links_alone() -> None:
    assert keys("") == []
    assert len(keys("", "link_1")) == 1
