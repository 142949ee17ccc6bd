"""Asking for a fresh link, and the limits on asking and on coming in."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from invoice_portal import Email, Hooks
from invoice_portal.sharing.fresh import FreshLink
from support.accounts import Account
from support.moments import DAY
from support.portals import Mount, Mounted
from support.stripe_server import StripeServer

ANNA = "anna@example.com"


class Outbox:
    """A host's ``send_link``."""

    def __init__(self) -> None:
        self.sent: list[FreshLink] = []

    def __call__(self, fresh: FreshLink) -> None:
        self.sent.append(fresh)


def test_a_fresh_link_goes_to_the_address_on_file(shared: Mount, account: Account, stripe: StripeServer) -> None:
    outbox = Outbox()
    portal = shared(hooks=Hooks(send_link=outbox), business_name="Northwind")
    invoice = account.open(account.customer(ANNA))
    old = portal.portal.links.invoice(invoice)
    stripe.sandbox.clock.advance(200 * DAY)
    browser = portal.browser()
    ended = browser.get(str(old.url))
    assert "expired" in ended.text
    sent = browser.submit(ended, "/fresh")
    assert sent.status == 200
    assert "inbox" in sent.text
    (message,) = outbox.sent
    assert message.email == ANNA
    assert message.url in message.text
    assert "Northwind" in message.subject
    assert message.url not in sent.source
    assert portal.browser().get(message.url).status == 303


def test_asking_again_does_not_end_the_link_that_was_just_sent(
    shared: Mount, account: Account, stripe: StripeServer
) -> None:
    outbox = Outbox()
    portal = shared(hooks=Hooks(send_link=outbox))
    invoice = account.open(account.customer(ANNA))
    old = portal.portal.links.invoice(invoice)
    stripe.sandbox.clock.advance(200 * DAY)
    ended = portal.browser().get(str(old.url))
    for _ in range(2):
        portal.browser().submit(ended, "/fresh")
    first, second = outbox.sent
    assert first.url == second.url


def test_an_expired_session_gets_a_new_one_that_puts_nobody_out(
    shared: Mount, account: Account, stripe: StripeServer
) -> None:
    outbox = Outbox()
    portal = shared(hooks=Hooks(send_link=outbox))
    customer = account.customer(ANNA)
    old = portal.portal.sessions.create(customer, actions=["view"])
    stripe.sandbox.clock.advance(3600)
    inside = portal.browser()
    inside.get(portal.portal.sessions.create(customer, invalidate_existing=False).url)
    browser = portal.browser()
    browser.submit(browser.get(old.url), "/fresh")
    assert inside.get("/").status == 200
    assert browser.get(outbox.sent[0].url).status == 303
    assert [one.actions for one in portal.portal.sessions.of_customer(customer) if one.uses].count(("view",)) == 1


def test_the_answer_is_the_same_whoever_asks_for_whatever(
    shared: Mount, account: Account, stripe: StripeServer
) -> None:
    outbox = Outbox()
    portal = shared(hooks=Hooks(send_link=outbox))
    known, unknown = account.customer(ANNA), account.customer("")
    pages = []
    for customer in (known, unknown):
        invoice = account.open(customer)
        link = portal.portal.links.invoice(invoice)
        stripe.sandbox.clock.advance(200 * DAY)
        browser = portal.browser()
        pages.append(browser.submit(browser.get(str(link.url)), "/fresh").source)
    pages.append(portal.browser().post("/fresh", {"link": "forged"}).source)
    pages.append(portal.browser().post("/fresh", {}).source)
    assert len(set(pages)) == 1
    assert [message.email for message in outbox.sent] == [ANNA]


def test_a_hook_that_fails_changes_nothing_for_the_visitor(
    shared: Mount, account: Account, stripe: StripeServer
) -> None:
    def fail(fresh: FreshLink) -> None:
        raise OSError("the mail server is down")

    portal = shared(hooks=Hooks(send_link=fail))
    invoice = account.open(account.customer(ANNA))
    link = portal.portal.links.invoice(invoice)
    stripe.sandbox.clock.advance(200 * DAY)
    browser = portal.browser()
    assert browser.submit(browser.get(str(link.url)), "/fresh").status == 200


def test_an_async_hook_is_awaited(shared: Mount, account: Account, stripe: StripeServer) -> None:
    if not shared.runtime.asynchronous:
        pytest.skip("sync runtimes take sync hooks")
    outbox = Outbox()

    async def send(fresh: FreshLink) -> None:
        outbox(fresh)

    portal = shared(hooks=Hooks(send_link=send))
    invoice = account.open(account.customer(ANNA))
    link = portal.portal.links.invoice(invoice)
    stripe.sandbox.clock.advance(200 * DAY)
    browser = portal.browser()
    browser.submit(browser.get(str(link.url)), "/fresh")
    assert len(outbox.sent) == 1


def test_without_a_hook_no_fresh_link_is_offered(shared: Mount, account: Account, stripe: StripeServer) -> None:
    portal = shared()
    invoice = account.open(account.customer(ANNA))
    link = portal.portal.links.invoice(invoice)
    stripe.sandbox.clock.advance(200 * DAY)
    page = portal.browser().get(str(link.url))
    assert page.status == 401
    assert not page.html.forms
    assert "ask whoever sent it" in page.text


def revoked_link(portal: Mounted, customer: str, invoice: str) -> str:
    url = str(portal.portal.links.invoice(invoice).url)
    portal.portal.links.revoke(invoice)
    return url


def revoked_portal_link(portal: Mounted, customer: str, invoice: str) -> str:
    link = portal.portal.links.portal(customer)
    portal.portal.links.revoke(customer)
    return str(link and link.url)


def used_up_link(portal: Mounted, customer: str, invoice: str) -> str:
    url = str(portal.portal.links.invoice(invoice, max_uses=1).url)
    portal.browser().get(url)
    return url


def replaced_and_revoked_link(portal: Mounted, customer: str, invoice: str) -> str:
    url = str(portal.portal.links.invoice(invoice).url)
    portal.portal.links.refresh(invoice)
    portal.portal.links.revoke(invoice)
    return url


def revoked_session(portal: Mounted, customer: str, invoice: str) -> str:
    session = portal.portal.sessions.create(customer)
    portal.portal.sessions.revoke(session.id)
    return session.url


def session_of_an_ended_generation(portal: Mounted, customer: str, invoice: str) -> str:
    session = portal.portal.sessions.create(customer)
    portal.portal.sessions.revoke_all(customer)
    return session.url


ENDED = (
    revoked_link,
    revoked_portal_link,
    used_up_link,
    replaced_and_revoked_link,
    revoked_session,
    session_of_an_ended_generation,
)


@pytest.mark.parametrize("end", ENDED)
@pytest.mark.parametrize("days", [0, 200])
def test_what_was_ended_on_purpose_stays_ended(
    shared: Mount, account: Account, stripe: StripeServer, end: Callable[[Mounted, str, str], str], days: int
) -> None:
    """Its holder is offered no fresh one: not now, and not when it would have expired too."""
    portal = shared(hooks=Hooks(send_link=Outbox()))
    customer = account.customer(ANNA)
    url = end(portal, customer, account.open(customer))
    stripe.sandbox.clock.advance(days * DAY)
    page = portal.browser().get(url)
    assert page.status == 401
    assert not page.html.forms


@pytest.mark.parametrize("what", ["link", "session"])
def test_what_is_ended_after_its_form_was_shown_stays_ended(
    shared: Mount, account: Account, stripe: StripeServer, what: str
) -> None:
    outbox = Outbox()
    portal = shared(hooks=Hooks(send_link=outbox))
    customer = account.customer(ANNA)
    invoice = account.open(customer)
    session = portal.portal.sessions.create(customer)
    url = str(portal.portal.links.invoice(invoice).url) if what == "link" else session.url
    stripe.sandbox.clock.advance(200 * DAY)
    browser = portal.browser()
    page = browser.get(url)
    portal.portal.links.invoice(invoice)
    portal.portal.links.revoke(invoice)
    portal.portal.sessions.revoke_all(customer)
    assert "inbox" in browser.submit(page, "/fresh").text
    assert not outbox.sent
    shown = portal.portal.links.show(invoice)
    assert shown is not None
    assert shown.state == "revoked"
    assert not [one for one in portal.portal.sessions.of_customer(customer) if one.state == "active"]


def test_whoever_has_a_replaced_link_is_sent_the_one_that_took_its_place(shared: Mount, account: Account) -> None:
    outbox = Outbox()
    portal = shared(hooks=Hooks(send_link=outbox))
    invoice = account.open(account.customer(ANNA))
    old = portal.portal.links.invoice(invoice)
    newer = portal.portal.links.refresh(invoice)
    browser = portal.browser()
    browser.submit(browser.get(str(old.url)), "/fresh")
    assert [message.url for message in outbox.sent] == [newer.url]


def test_a_form_that_is_an_hour_old_sends_nothing(shared: Mount, account: Account, stripe: StripeServer) -> None:
    outbox = Outbox()
    portal = shared(hooks=Hooks(send_link=outbox))
    link = portal.portal.links.invoice(account.open(account.customer(ANNA)))
    stripe.sandbox.clock.advance(200 * DAY)
    browser = portal.browser()
    ended = browser.get(str(link.url))
    stripe.sandbox.clock.advance(3600)
    assert browser.submit(ended, "/fresh").status == 200
    assert not outbox.sent


def test_the_mail_is_in_the_customers_language(shared: Mount, account: Account, stripe: StripeServer) -> None:
    outbox = Outbox()
    portal = shared(hooks=Hooks(send_link=outbox))
    customer = account.customer(ANNA, preferred_locales=["de-AT"])
    link = portal.portal.links.invoice(account.open(customer))
    stripe.sandbox.clock.advance(200 * DAY)
    browser = portal.browser()
    browser.submit(browser.get(str(link.url), accept_language="fr"), "/fresh")
    (message,) = outbox.sent
    assert message.language.startswith("de")
    assert "Link" in message.subject


def test_a_hook_that_counts_as_false_is_called(shared: Mount, account: Account, stripe: StripeServer) -> None:
    class Empty(Outbox):
        def __len__(self) -> int:
            return 0

    outbox = Empty()
    portal = shared(hooks=Hooks(send_link=outbox))
    link = portal.portal.links.invoice(account.open(account.customer(ANNA)))
    stripe.sandbox.clock.advance(200 * DAY)
    browser = portal.browser()
    browser.submit(browser.get(str(link.url)), "/fresh")
    assert len(outbox.sent) == 1


def test_without_a_public_address_nothing_is_sent_and_links_can_be_looked_at(
    shared: Mount, account: Account, stripe: StripeServer
) -> None:
    outbox = Outbox()
    invoice = account.open(account.customer(ANNA))
    link = shared().portal.links.invoice(invoice)
    portal = shared(public_url="", hooks=Hooks(send_link=outbox))
    shown = portal.portal.links.show(invoice)
    assert shown is not None
    assert (shown.state, shown.url) == ("active", None)
    stripe.sandbox.clock.advance(200 * DAY)
    browser = portal.browser()
    path = str(link.url).partition("/billing")[2]
    assert browser.submit(browser.get(path), "/fresh").status == 200
    assert not outbox.sent


@pytest.mark.parametrize("storage", ["memory://", "database"])
def test_asking_too_often_has_to_wait(shared: Mount, account: Account, stripe: StripeServer, storage: str) -> None:
    outbox = Outbox()
    portal = shared(hooks=Hooks(send_link=outbox), send_limit="2/hour", rate_limit_storage=storage)
    invoice = account.open(account.customer(ANNA))
    link = portal.portal.links.invoice(invoice)
    stripe.sandbox.clock.advance(200 * DAY)
    browser = portal.browser()
    ended = browser.get(str(link.url))
    assert [browser.submit(ended, "/fresh").status for _ in range(2)] == [200, 200]
    late = browser.submit(ended, "/fresh")
    assert late.status == 429
    assert 1 <= int(late.headers["retry-after"]) <= 3600
    assert len(outbox.sent) == 2


@pytest.mark.parametrize("storage", ["memory://", "database"])
def test_coming_in_too_often_has_to_wait(shared: Mount, account: Account, storage: str) -> None:
    portal = shared(enter_limit="3/day", rate_limit_storage=storage)
    account.open(account.customer(ANNA))
    browser = portal.browser()
    token = portal.portal.sign_identifier(Email(ANNA))
    statuses = [browser.get("/enter", {"identity": token}).status for _ in range(2)]
    statuses += [browser.get("/l/forged").status, browser.get("/s/forged").status]
    assert statuses == [303, 303, 403, 429]
    assert browser.get("/").status == 200
