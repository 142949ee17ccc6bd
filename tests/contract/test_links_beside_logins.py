"""A link that is opened by somebody who is logged in at the host."""

from __future__ import annotations

import pytest

from invoice_portal import Email, Identity
from support.accounts import Account
from support.portals import Mount

ANNA, BERT = "anna@example.com", "bert@example.com"


@pytest.mark.parametrize("user", [Email(BERT), Email("nobody at all")], ids=str)
def test_a_link_opens_its_invoice_also_for_another_customer(shared: Mount, account: Account, user: Identity) -> None:
    portal = shared()
    invoice = account.open(account.customer(ANNA), 1100)
    link = portal.portal.links.invoice(invoice, max_uses=1)
    browser = portal.browser(user)
    answer = browser.get(str(link.url))
    page = browser.follow(answer)
    assert page.status == 200
    assert "$11.00" in page.text
    assert browser.get(f"/invoices/{invoice}/pdf").status == 303
    paid = browser.submit(page, "/pay")
    assert paid.status == 303
    assert not paid.location.startswith("/")
    records = list(portal.portal.audit.records())
    assert {(record.actor, record.via) for record in records[1:]} == {(f"link {link.id}", f"link {link.id}")}
    assert "/billing/leave" not in page.source, "there is no way out of a login that the portal did not give"


def test_for_everything_else_the_login_counts(shared: Mount, account: Account) -> None:
    portal = shared()
    anna, bert = account.customer(ANNA), account.customer(BERT)
    shown, other, own = account.open(anna, 1100), account.open(anna, 2200), account.open(bert, 3300)
    browser = portal.browser(Email(BERT))
    browser.get(str(portal.portal.links.invoice(shown).url))
    home = browser.get("/")
    assert "$33.00" in home.text
    assert "$11.00" not in home.text
    assert browser.get(f"/invoices/{other}").status == 404
    assert browser.get(f"/invoices/{own}").status == 200
    assert browser.submit(home, "/pay").status == 303
    portal.portal.links.revoke(shown)
    assert browser.get(f"/invoices/{shown}").status == 404


def test_a_link_allows_what_it_allows(shared: Mount, account: Account) -> None:
    portal = shared()
    invoice = account.open(account.customer(ANNA), 1100)
    browser = portal.browser(Email(BERT))
    browser.get(str(portal.portal.links.invoice(invoice, actions=["view"]).url))
    assert browser.get(f"/invoices/{invoice}").status == 200
    assert browser.get(f"/invoices/{invoice}/pdf").status == 403


def test_a_whole_portal_does_not_take_the_place_of_a_login(shared: Mount, account: Account) -> None:
    portal = shared()
    anna, bert = account.customer(ANNA), account.customer(BERT)
    theirs = account.open(anna, 1100)
    account.open(bert, 3300)
    for url in (portal.portal.links.portal(anna).url, portal.portal.sessions.create(anna).url):
        browser = portal.browser(Email(BERT))
        home = browser.follow(browser.get(str(url)))
        assert home.status == 200
        assert "$33.00" in home.text
        assert "$11.00" not in home.text
        assert browser.get(f"/invoices/{theirs}").status == 404
