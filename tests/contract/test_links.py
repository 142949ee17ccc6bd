"""Links to one invoice: who they let in, to what, and for how long."""

from __future__ import annotations

import re

import pytest

from invoice_portal import BadRequest, CustomerId, Email, NotFound
from support.accounts import Account
from support.moments import DAY, NOW
from support.portals import KEY, OLD_KEY, Answer, Browser, Mount, Mounted
from support.stripe_server import StripeServer

ANNA = "anna@example.com"


def entered(portal: Mounted, url: str | None) -> tuple[Browser, Answer]:
    """A browser that has opened a link, and the answer to that."""
    assert url is not None
    browser = portal.browser()
    return browser, browser.get(url)


def test_a_link_opens_its_invoice_at_a_clean_address(shared: Mount, account: Account) -> None:
    portal = shared()
    invoice = account.open(account.customer(ANNA), 1100)
    link = portal.portal.links.invoice(invoice)
    browser, answer = entered(portal, link.url)
    assert answer.status == 303
    assert answer.location == f"/billing/invoices/{invoice}"
    page = browser.follow(answer)
    assert page.status == 200
    assert "$11.00" in page.text
    assert str(link.url).rpartition("/")[2] not in page.source + str(page.headers)


def test_a_link_opens_nothing_else_of_its_customer(shared: Mount, account: Account) -> None:
    portal = shared()
    customer = account.customer(ANNA)
    shown, other = account.open(customer, 1100), account.open(customer, 2200)
    browser, _ = entered(portal, portal.portal.links.invoice(shown).url)
    assert browser.get("/").status == 404
    assert browser.get(f"/?customer={customer}").status == 404
    assert browser.get(f"/invoices/{other}").status == 404
    assert browser.get(f"/invoices/{other}/pdf").status == 404
    page = browser.get(f"/invoices/{shown}")
    assert page.status == 200
    forged = page.html.form("/pay")
    assert browser.post(f"/invoices/{other}/pay", forged.fields).status == 404
    assert browser.post(f"/invoices/{shown}/pay", forged.fields).status == 303
    assert browser.get(f"/invoices/{shown}/pdf").status == 303


def test_no_link_of_the_page_leads_to_the_list(shared: Mount, account: Account) -> None:
    portal = shared()
    invoice = account.open(account.customer(ANNA))
    browser, answer = entered(portal, portal.portal.links.invoice(invoice).url)
    page = browser.follow(answer)
    assert "/billing/" not in page.html.links.values()
    assert "Billing" not in page.html.links


def test_asking_again_gives_the_same_link(shared: Mount, account: Account) -> None:
    portal = shared()
    invoice = account.open(account.customer(ANNA))
    first = portal.portal.links.invoice(invoice)
    assert portal.portal.links.invoice(invoice) == first
    assert portal.portal.links.show(invoice) == first
    assert len(str(first.url).rpartition("/")[2]) > 64


def test_a_link_expires_thirty_days_after_the_due_date(shared: Mount, account: Account, stripe: StripeServer) -> None:
    portal = shared()
    invoice = account.open(account.customer(ANNA), due_date=NOW + 5 * DAY)
    link = portal.portal.links.invoice(invoice)
    assert link.expires_at == NOW + 35 * DAY
    stripe.sandbox.clock.advance(35 * DAY - 1)
    browser, answer = entered(portal, link.url)
    assert answer.status == 303
    stripe.sandbox.clock.advance(1)
    assert browser.follow(answer).status == 401
    _, late = entered(portal, link.url)
    assert late.status == 401
    assert "expired" in late.text
    assert not late.set_cookies


def test_without_a_due_date_finalisation_counts(shared: Mount, account: Account) -> None:
    portal = shared(invoice_link_days=10)
    invoice = account.open(account.customer(ANNA), collection_method="charge_automatically")
    assert portal.portal.links.invoice(invoice).expires_at == NOW + 10 * DAY


def test_an_invoice_whose_days_are_over_gets_those_of_a_refresh(shared: Mount, account: Account) -> None:
    portal = shared()
    invoice = account.overdue(account.customer(ANNA), days=40)
    assert portal.portal.links.invoice(invoice).expires_at == NOW + 60 * DAY


def test_a_refresh_ends_the_old_link_and_is_good_for_sixty_days(shared: Mount, account: Account) -> None:
    portal = shared()
    invoice = account.open(account.customer(ANNA))
    old = portal.portal.links.invoice(invoice)
    inside, answer = entered(portal, old.url)
    assert inside.follow(answer).status == 200
    new = portal.portal.links.refresh(invoice)
    assert new.expires_at == NOW + 60 * DAY
    assert new.url != old.url
    assert inside.follow(answer).status == 401
    assert entered(portal, old.url)[1].status == 401
    assert entered(portal, new.url)[1].status == 303
    assert portal.portal.links.invoice(invoice).url == new.url


def test_a_revoked_link_opens_nothing_until_it_is_refreshed(shared: Mount, account: Account) -> None:
    portal = shared()
    invoice = account.open(account.customer(ANNA), 1100)
    link = portal.portal.links.invoice(invoice)
    inside, answer = entered(portal, link.url)
    revoked = portal.portal.links.revoke(invoice)
    assert (revoked.state, revoked.url) == ("revoked", None)
    after = inside.follow(answer)
    assert after.status == 401
    again = entered(portal, link.url)[1]
    assert again.status == 401
    for page in (after, again):
        assert invoice not in page.text
        assert "11.00" not in page.source
        assert "Anna" not in page.source
    assert portal.portal.links.revoke(invoice).state == "revoked"
    assert portal.portal.links.invoice(invoice).url is None
    assert entered(portal, portal.portal.links.refresh(invoice).url)[1].status == 303


def test_a_view_only_link_neither_pays_nor_downloads(shared: Mount, account: Account) -> None:
    portal = shared()
    invoice = account.open(account.customer(ANNA))
    browser, answer = entered(portal, portal.portal.links.invoice(invoice, actions=["view"]).url)
    page = browser.follow(answer)
    assert not [form for form in page.html.forms if form.action.endswith("/pay")]
    assert "Download PDF" not in page.html.links
    assert browser.get(f"/invoices/{invoice}/pdf").status == 403
    fields = page.html.form("/leave").fields
    assert browser.post(f"/invoices/{invoice}/pay", fields).status == 403


def test_a_link_never_allows_more_than_the_settings(shared: Mount, account: Account) -> None:
    portal = shared(actions=["view"])
    invoice = account.open(account.customer(ANNA))
    browser, _ = entered(portal, portal.portal.links.invoice(invoice, actions=["view", "download"]).url)
    assert browser.get(f"/invoices/{invoice}/pdf").status == 403


def test_a_limit_on_uses_counts_openings_not_page_views(shared: Mount, account: Account) -> None:
    portal = shared()
    invoice = account.open(account.customer(ANNA))
    link = portal.portal.links.invoice(invoice, max_uses=2)
    first, answer = entered(portal, link.url)
    assert first.follow(answer).status == 200
    assert first.get(str(link.url)).status == 303
    assert first.send("HEAD", str(link.url)).status in (200, 303)
    second, answer = entered(portal, link.url)
    third = entered(portal, link.url)[1]
    assert third.status == 401
    assert "used up" in third.text
    assert second.follow(answer).status == 200
    shown = portal.portal.links.show(invoice)
    assert shown is not None
    assert (shown.uses, shown.state, shown.first_used_at) == (2, "used_up", NOW)


@pytest.mark.parametrize("end", ["revoke", "refresh"])
def test_looking_tells_a_link_that_is_alive_from_one_that_is_not(shared: Mount, account: Account, end: str) -> None:
    portal = shared()
    customer = account.customer(ANNA)
    invoice = account.open(customer)
    urls = [str(portal.portal.links.invoice(invoice).url), portal.portal.sessions.create(customer).url]
    browser = portal.browser()
    alive = [browser.send("HEAD", url) for url in urls]
    assert [answer.status for answer in alive] == [303, 303]
    assert not any(answer.set_cookies for answer in alive)
    getattr(portal.portal.links, end)(invoice)
    portal.portal.sessions.revoke_all(customer)
    assert [browser.send("HEAD", url).status for url in urls] == [401, 401]
    shown = portal.portal.links.show(invoice)
    assert shown is not None
    assert shown.uses == 0


def test_options_change_a_link_in_place(shared: Mount, account: Account) -> None:
    portal = shared()
    invoice = account.open(account.customer(ANNA))
    first = portal.portal.links.invoice(invoice, actions=["view"], max_uses=1)
    changed = portal.portal.links.invoice(invoice, actions=["view", "pay"], max_uses=0)
    assert changed.url == first.url
    assert (changed.actions, changed.max_uses) == (("pay", "view"), None)


def test_options_of_an_ended_link_are_kept_for_its_refresh(shared: Mount, account: Account) -> None:
    portal = shared()
    invoice = account.open(account.customer(ANNA))
    portal.portal.links.invoice(invoice)
    portal.portal.links.revoke(invoice)
    kept = portal.portal.links.invoice(invoice, actions=["view"], max_uses=1)
    assert (kept.state, kept.actions, kept.max_uses) == ("revoked", ("view",), 1)
    refreshed = portal.portal.links.refresh(invoice)
    assert (refreshed.state, refreshed.actions, refreshed.max_uses) == ("active", ("view",), 1)


def test_a_refresh_takes_options(shared: Mount, account: Account) -> None:
    portal = shared()
    invoice = account.open(account.customer(ANNA))
    portal.portal.links.invoice(invoice, max_uses=1)
    refreshed = portal.portal.links.refresh(invoice, actions=["view"], max_uses=0)
    assert (refreshed.actions, refreshed.max_uses) == (("view",), None)
    answer = portal.browser().api("POST", f"/invoices/{invoice}/link/refresh", {"max_uses": 2})
    assert (answer.json["actions"], answer.json["max_uses"]) == (["view"], 2)
    with pytest.raises(ValueError, match="max_uses"):
        portal.portal.links.refresh(invoice, max_uses=-1)
    again = portal.portal.links.show(invoice)
    assert again is not None
    assert again.url == answer.json["url"]


def test_a_used_up_link_can_be_given_more_uses(shared: Mount, account: Account) -> None:
    portal = shared()
    invoice = account.open(account.customer(ANNA))
    link = portal.portal.links.invoice(invoice, max_uses=1)
    entered(portal, link.url)
    assert entered(portal, link.url)[1].status == 401
    assert portal.portal.links.invoice(invoice, max_uses=2).url == link.url
    assert entered(portal, link.url)[1].status == 303


@pytest.mark.parametrize("damage", ["cut", "changed", "other door", "foreign key", "nothing"])
def test_what_is_no_link_of_ours_is_refused(shared: Mount, account: Account, damage: str) -> None:
    portal = shared()
    link = portal.portal.links.invoice(account.open(account.customer(ANNA)))
    token = str(link.url).rpartition("/")[2]
    path = {
        "cut": f"/l/{token[:-1]}",
        "changed": f"/l/{token[:10]}{'A' if token[10] != 'A' else 'B'}{token[11:]}",
        "other door": f"/s/{token}",
        "foreign key": f"/p/{token}",
        "nothing": "/l/x",
    }[damage]
    answer = portal.browser().get(path)
    assert answer.status == 403
    assert not answer.set_cookies


def test_a_key_that_is_rotated_out_ends_its_links(shared: Mount, account: Account) -> None:
    invoice = account.open(account.customer(ANNA))
    before = shared(secret_keys=[OLD_KEY])
    old = before.portal.links.invoice(invoice)
    both = shared(secret_keys=[KEY, OLD_KEY])
    assert entered(both, old.url)[1].status == 303
    again = both.portal.links.invoice(invoice)
    assert again.url != old.url
    assert entered(both, again.url)[1].status == 303
    after = shared(secret_keys=[KEY])
    assert entered(after, old.url)[1].status == 403
    assert entered(after, again.url)[1].status == 303


def test_drafts_and_missing_invoices_have_no_link(shared: Mount, account: Account) -> None:
    portal = shared()
    draft = account.draft(account.customer(ANNA), 100)
    with pytest.raises(BadRequest):
        portal.portal.links.invoice(draft)
    with pytest.raises(NotFound):
        portal.portal.links.invoice("in_missing")
    with pytest.raises(NotFound):
        portal.portal.links.refresh("in_missing")
    with pytest.raises(ValueError, match="view"):
        portal.portal.links.invoice(account.open(account.customer(ANNA)), actions=["pay"])


def test_a_signed_identifier_can_carry_a_role(shared: Mount, account: Account) -> None:
    portal = shared()
    customer = account.customer(ANNA)
    invoice = account.open(customer)
    browser = portal.browser()
    token = portal.portal.sign_identifier(CustomerId(customer), actions=["view"])
    browser.get("/enter", {"identity": token})
    assert browser.get("/").status == 200
    assert browser.get(f"/invoices/{invoice}").status == 200
    assert browser.get(f"/invoices/{invoice}/pdf").status == 403
    full = portal.arrive(Email(ANNA))
    assert full.get(f"/invoices/{invoice}/pdf").status == 303


def test_the_trail_says_who_did_what_and_holds_no_secret(shared: Mount, account: Account) -> None:
    portal = shared()
    invoice = account.open(account.customer(ANNA))
    link = portal.portal.links.invoice(invoice, by="anton")
    browser, answer = entered(portal, link.url)
    browser.follow(answer)
    browser.get(f"/invoices/{invoice}/pdf")
    portal.arrive(Email(ANNA)).get("/")
    portal.portal.links.revoke(invoice, by="anton")
    records = list(portal.portal.audit.records())
    told = [(record.action, record.actor, record.via) for record in records]
    by_link = f"link {link.id}"
    assert told == [
        ("link.created", "anton", ""),
        ("entered", by_link, by_link),
        ("invoice.viewed", by_link, by_link),
        ("invoice.downloaded", by_link, by_link),
        ("entered", f"email {ANNA}", "identifier"),
        ("link.revoked", "anton", ""),
    ]
    assert portal.portal.audit.verify().whole
    text = "\n".join(record.line() for record in records)
    assert not re.search(r"https?://|/l/", text)
    assert str(link.url).rpartition("/")[2] not in text


def test_nothing_is_recorded_that_did_not_happen(shared: Mount, account: Account) -> None:
    portal = shared()
    foreign = account.open(account.customer("bert@example.com"))
    customer = account.customer(ANNA)
    settled = account.paid(customer)
    browser = portal.arrive(CustomerId(customer))
    form = browser.get(f"/invoices/{settled}").html.form("/leave").fields
    before = len(list(portal.portal.audit.records()))
    for path in (
        f"/invoices/{foreign}",
        f"/invoices/{foreign}/pdf",
        f"/invoices/{'x' * 300}",
        "/enter",
        "/invoices/%00",
    ):
        browser.get(path, {"lang": "de"})
    assert browser.post(f"/invoices/{settled}/pay", form).location.startswith("/billing/invoices/")
    assert [record.action for record in portal.portal.audit.records(before)] == []
    assert browser.post("/leave", form).status == 303
    assert [record.action for record in portal.portal.audit.records(before)] == ["left"]
