"""Portal sessions and permanent portal links."""

from __future__ import annotations

import pytest

from invoice_portal import ConfigurationError, CustomerId, NotFound
from invoice_portal.effects import Query
from invoice_portal.errors import StoreUnavailable
from support.accounts import Account
from support.moments import NOW
from support.portals import Answer, Browser, Mount, Mounted
from support.stripe_server import StripeServer

ANNA = "anna@example.com"


def entered(portal: Mounted, url: str | None) -> tuple[Browser, Answer]:
    assert url is not None
    browser = portal.browser()
    return browser, browser.get(url)


def test_a_session_opens_the_whole_portal_for_an_hour(shared: Mount, account: Account, stripe: StripeServer) -> None:
    portal = shared()
    customer = account.customer(ANNA)
    first, second = account.open(customer, 1100), account.open(customer, 2200)
    session = portal.portal.sessions.create(customer)
    assert (session.customer_id, session.created_at, session.expires_at) == (customer, NOW, NOW + 3600)
    browser, answer = entered(portal, session.url)
    assert (answer.status, answer.location) == (303, "/billing/")
    page = browser.follow(answer)
    assert "$11.00" in page.text
    assert "$22.00" in page.text
    assert browser.get(f"/invoices/{first}").status == 200
    assert browser.get(f"/invoices/{second}/pdf").status == 303
    stripe.sandbox.clock.advance(3599)
    assert browser.get("/").status == 200
    stripe.sandbox.clock.advance(1)
    assert browser.get("/").status == 401
    assert entered(portal, session.url)[1].status == 401


def test_another_customers_invoices_stay_closed(shared: Mount, account: Account) -> None:
    portal = shared()
    foreign = account.open(account.customer("bert@example.com"))
    browser, _ = entered(portal, portal.portal.sessions.create(account.customer(ANNA)).url)
    assert browser.get(f"/invoices/{foreign}").status == 404


def test_a_new_session_ends_the_others_but_not_the_permanent_link(shared: Mount, account: Account) -> None:
    portal = shared()
    customer = account.customer(ANNA)
    account.open(customer)
    link = portal.portal.links.portal(customer)
    assert link is not None
    by_link, _ = entered(portal, link.url)
    old, _ = entered(portal, portal.portal.sessions.create(customer).url)
    other = entered(portal, portal.portal.sessions.create(account.customer("bert@example.com")).url)[0]
    beside_url = portal.portal.sessions.create(customer, invalidate_existing=False).url
    beside, _ = entered(portal, beside_url)
    assert old.get("/").status == 200
    new, _ = entered(portal, portal.portal.sessions.create(customer).url)
    assert old.get("/").status == 401
    assert beside.get("/").status == 401
    assert entered(portal, beside_url)[1].status == 401
    assert new.get("/").status == 200
    assert other.get("/").status == 200
    assert by_link.get("/").status == 200


def test_a_session_is_revoked_at_once(shared: Mount, account: Account) -> None:
    portal = shared()
    customer = account.customer(ANNA)
    session = portal.portal.sessions.create(customer)
    browser, _ = entered(portal, session.url)
    assert browser.get("/").status == 200
    assert portal.portal.sessions.revoke(session.id).state == "revoked"
    assert browser.get("/").status == 401
    kept, _ = entered(portal, portal.portal.sessions.create(customer).url)
    portal.portal.sessions.revoke_all(customer)
    assert kept.get("/").status == 401


def test_ending_all_sessions_says_how_many_and_writes_nothing_for_a_typo(shared: Mount, account: Account) -> None:
    portal = shared()
    customer = account.customer(ANNA)
    for _ in range(2):
        session = portal.portal.sessions.create(customer, invalidate_existing=False)
    portal.portal.sessions.revoke(session.id)
    (revoked,) = [one for one in portal.portal.audit.records() if one.action == "session.revoked"]
    assert revoked.customer == customer
    assert portal.portal.sessions.revoke_all(customer) == 1
    assert portal.portal.sessions.revoke_all(customer) == 0
    before = len(list(portal.portal.audit.records()))
    assert portal.portal.sessions.revoke_all("cus_typo") == 0
    for text in (session.url, "cus_" + "x" * 400, "cus_\x00"):
        with pytest.raises(NotFound):
            portal.portal.sessions.revoke_all(text)
    assert not list(portal.portal.audit.records(before))


def test_what_cannot_be_an_id_reaches_no_database(shared: Mount, account: Account) -> None:
    portal = shared()
    sessions, links = portal.portal.sessions, portal.portal.links
    api = portal.browser().api
    for text in ("ps_\x00", "ps_" + "x" * 300, "\x00"):
        assert sessions.show(text) is None
        assert links.show(text) is None
        with pytest.raises(NotFound):
            sessions.revoke(text)
        with pytest.raises(NotFound):
            links.revoke(text)
    assert api("GET", "/portal_sessions/%00").status == 404
    assert api("POST", "/portal_sessions/%00/revoke").status == 404
    sessions.create(account.customer(ANNA), by="x\x00\u202e" + "y" * 500)
    (record,) = portal.portal.audit.records()
    assert record.actor.startswith("x\ufffd\ufffdyyy")
    assert portal.portal.audit.verify().whole


def test_a_chain_that_is_behind_its_records_keeps_nobody_out(
    shared: Mount, account: Account, logs: pytest.LogCaptureFixture
) -> None:
    """As after half a restore: what needs the trail is refused, whoever came by a signature is served."""
    portal = shared()
    customer = account.customer(ANNA)
    invoice = account.open(customer)
    browser = portal.arrive(CustomerId(customer))
    assert browser.get(f"/invoices/{invoice}").status == 200
    portal.portal.blocking.run(put_in())
    assert browser.get(f"/invoices/{invoice}").status == 200
    assert "not in the audit trail" in logs.text
    with pytest.raises(StoreUnavailable):
        portal.portal.sessions.create(customer)


async def put_in() -> None:
    texts = dict.fromkeys(("account", "action", "actor", "via", "subject", "customer", "detail", "hash"), "")
    for sequence in range(3, 20):
        await Query("record.add", {**texts, "sequence": sequence, "at": 0}, lambda rows: None)


@pytest.mark.parametrize("minutes", [0, 181, -1, 1.5, True, "60"])
def test_a_session_lasts_from_one_minute_to_three_hours(shared: Mount, account: Account, minutes: object) -> None:
    portal = shared()
    customer = account.customer(ANNA)
    with pytest.raises(ValueError, match="from 1 to 180"):
        portal.portal.sessions.create(customer, expires_in_minutes=minutes)  # type: ignore[arg-type]
    assert portal.portal.sessions.create(customer, expires_in_minutes=180).expires_at == NOW + 180 * 60
    with pytest.raises(NotFound):
        portal.portal.sessions.create("cus_missing")


def test_a_role_of_a_session_is_kept(shared: Mount, account: Account) -> None:
    portal = shared()
    customer = account.customer(ANNA)
    invoice = account.open(customer)
    browser, _ = entered(portal, portal.portal.sessions.create(customer, actions=["view", "download"]).url)
    page = browser.get(f"/invoices/{invoice}")
    assert not [form for form in page.html.forms if form.action.endswith("/pay")]
    assert browser.get(f"/invoices/{invoice}/pdf").status == 303


def test_a_permanent_link_stays_and_can_be_revoked(shared: Mount, account: Account, stripe: StripeServer) -> None:
    portal = shared()
    customer = account.customer(ANNA)
    account.open(customer, 1100)
    link = portal.portal.links.portal(customer)
    assert link is not None
    assert link.expires_at is None
    stripe.sandbox.clock.advance(400 * 24 * 3600)
    browser, answer = entered(portal, link.url)
    assert "$11.00" in browser.follow(answer).text
    portal.portal.links.revoke(customer)
    assert browser.get("/").status == 401
    assert entered(portal, link.url)[1].status == 401


def test_portal_sessions_only_is_for_new_customers_and_for_good(shared: Mount, account: Account) -> None:
    before = shared()
    old, new = account.customer(ANNA), account.customer("bert@example.com")
    kept = before.portal.links.portal(old)
    strict = shared(portal_sessions_only=True)
    assert strict.portal.links.portal(old) == kept
    assert kept is not None
    assert entered(strict, kept.url)[1].status == 303
    assert strict.portal.links.portal(new) is None
    answer = strict.browser().api("POST", f"/customers/{new}/portal_link")
    assert (answer.status, answer.json["portal_url"]) == (200, None)
    assert strict.portal.sessions.create(new).url
    refused(shared)
    again = shared(portal_sessions_only=True)
    assert again.portal.links.portal(new) is None


def test_the_switch_is_each_accounts_own(shared: Mount) -> None:
    for other in ({"stripe_account": "acct_1"}, {}):
        shared(portal_sessions_only=True, **other).portal.start()
        shared(stripe_account="acct_2").portal.start()
    with pytest.raises(ConfigurationError, match="cannot be switched back"):
        shared(stripe_account="acct_1").portal.start()


def test_a_session_manages_where_that_is_named(shared: Mount, account: Account) -> None:
    portal, customer = shared(), account.customer(ANNA)
    plain, _ = entered(portal, portal.portal.sessions.create(customer).url)
    assert plain.own("GET").json["actions"] == ["download", "pay", "view"]
    named = {"actions": ["view", "manage"]}
    answer = portal.browser().api("POST", f"/customers/{customer}/portal_sessions", named)
    manager, _ = entered(portal, answer.json["url"])
    assert manager.own("GET").json["actions"] == ["manage", "view"]


def test_a_session_manages_nothing_that_the_settings_do_not_allow(shared: Mount, account: Account) -> None:
    portal, customer = shared(actions=["view", "pay"]), account.customer(ANNA)
    session = portal.portal.sessions.create(customer, actions=["view", "manage"])
    assert entered(portal, session.url)[0].own("GET").json["actions"] == ["view"]


def test_a_link_manages_nothing(shared: Mount, account: Account) -> None:
    portal, customer = shared(), account.customer(ANNA)
    with pytest.raises(ValueError, match="manage"):
        portal.portal.links.portal(customer, actions=["view", "manage"])
    with pytest.raises(ValueError, match="manage"):
        portal.portal.links.invoice(account.open(customer), actions=["view", "manage"])
    answer = portal.browser().api("POST", f"/customers/{customer}/portal_link", {"actions": ["view", "manage"]})
    assert answer.status == 400


def refused(shared: Mount) -> None:
    """Off again: refused where the app starts, or with the first request where there is no start."""
    try:
        portal = shared()
    except ConfigurationError as error:
        told = str(error)
    else:
        told = {500: "cannot be switched back"}.get(portal.browser().get("/").status, "")
    assert "cannot be switched back" in told


def test_a_running_worker_makes_no_permanent_link_once_another_has_the_switch_on(
    shared: Mount, account: Account
) -> None:
    """The switch is looked at in the very statement that makes the link."""
    portal = shared()
    customer = account.customer(ANNA)
    portal.portal.blocking.run(switch_on_elsewhere(portal))
    assert portal.portal.links.portal(customer) is None


async def switch_on_elsewhere(portal: Mounted) -> None:
    from invoice_portal.sharing.links import switch_on

    await portal.portal.checked()
    await switch_on(portal.portal.desk("another worker"))
