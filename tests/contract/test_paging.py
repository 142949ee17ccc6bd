"""Pages of invoices, in both directions, with drafts in between that are never shown."""

import pytest

from invoice_portal import CustomerId, Email
from invoice_portal.signing import Signer
from support.accounts import Account
from support.portals import KEY, Answer, Browser, Mount, Mounted
from support.stripe_server import StripeServer

ANNA = Email("anna@example.com")


class History:
    """45 invoices of 1.00 to 45.00, newest last, and drafts between, before and after them."""

    def __init__(self, account: Account) -> None:
        self.customer = account.customer(ANNA.address)
        account.draft(self.customer, 1)
        self.figures: list[str] = []
        for at in range(1, 46):
            account.sandbox.clock.advance(60)
            (account.paid if at % 3 else account.open)(self.customer, at * 100)
            self.figures.insert(0, f"${at}.00")
            for _ in range({5: 1, 6: 2, 20: 30, 21: 1, 44: 3}.get(at, 0)):
                account.draft(self.customer, 1)
        account.draft(self.customer, 1)


def figures(page: Answer) -> list[str]:
    assert page.status == 200
    return [row[3] for row in page.html.rows]


def walk(browser: Browser, label: str, page: Answer) -> list[Answer]:
    """All pages from this one on."""
    pages = [page]
    while url := pages[-1].html.links.get(label):
        assert len(pages) < 60
        pages.append(browser.get(url))
    return pages


@pytest.mark.parametrize("size", [7, 9, 45, 100])
def test_the_way_to_the_oldest_and_back_misses_and_repeats_nothing(mount: Mount, account: Account, size: int) -> None:
    history = History(account)
    browser = mount(page_size=size).browser(ANNA)
    down = walk(browser, "Older", browser.get("/"))
    assert [figure for page in down for figure in figures(page)] == history.figures
    assert all(len(figures(page)) == size for page in down[:-1])
    up = walk(browser, "Newer", down[-1])
    shown = [figure for page in reversed(up) for figure in figures(page)]
    assert list(dict.fromkeys(shown)) == history.figures
    if len(down) > 1:
        assert shown == history.figures


def test_a_filter_is_carried_from_page_to_page(mount: Mount, account: Account) -> None:
    history = History(account)
    browser = mount(page_size=4).browser(ANNA)
    wanted = [figure for figure in history.figures if int(figure[1:-3]) % 3 == 0]
    down = walk(browser, "Older", browser.get("/", {"status": "open", "from": "2026-01-01"}))
    assert [figure for page in down for figure in figures(page)] == wanted
    up = walk(browser, "Newer", down[-1])
    assert [figure for page in reversed(up) for figure in figures(page)] == wanted


def test_new_invoices_push_nothing_onto_a_page_twice(mount: Mount, account: Account) -> None:
    history = History(account)
    browser = mount(page_size=10).browser(ANNA)
    page = browser.get("/")
    shown = figures(page)
    while url := page.html.links.get("Older"):
        account.sandbox.clock.advance(60)
        account.open(history.customer, 99900)
        page = browser.get(url)
        shown += figures(page)
    assert shown == history.figures


def test_one_page_offers_no_other(mount: Mount, account: Account) -> None:
    customer = account.customer(ANNA.address)
    for at in range(5):
        account.open(customer, 100 + at)
    for size in (5, 6):
        links = mount(page_size=size).browser(ANNA).get("/").html.links
        assert "Older" not in links
        assert "Newer" not in links
    assert "Older" in mount(page_size=4).browser(ANNA).get("/").html.links


def test_a_list_of_drafts_is_empty(portal: Mounted, account: Account) -> None:
    customer = account.customer(ANNA.address)
    for _ in range(30):
        account.draft(customer, 100)
    page = portal.browser(ANNA).get("/")
    assert figures(page) == []
    assert "no invoices yet" in page.text
    assert "Older" not in page.html.links


def test_cursors_of_somebody_else_are_as_missing_as_forged_ones(portal: Mounted, account: Account) -> None:
    anna = History(account)
    bert = account.customer("bert@example.com")
    theirs = [account.open(bert) for _ in range(25)]
    browser = portal.browser(ANNA)
    foreign = portal.browser(Email("bert@example.com")).get("/").html.links["Older"]
    ours = browser.get("/").html.links["Older"]
    assert browser.get(ours).status == 200
    assert browser.get(foreign).status == 404
    signer, stranger = Signer([KEY], "test."), Signer(["somebody else's key, long"])
    mine = account.get("invoices", customer=anna.customer, limit=1)["data"][0]["id"]
    for token in (
        mine,
        theirs[0],
        stranger.seal("cursor", {"c": anna.customer, "i": mine}),
        signer.seal("cursor", {"c": bert, "i": mine}),
        signer.seal("cursor", {"i": mine}),
        signer.seal("cursor", {"c": anna.customer}),
        signer.seal("cursor", {"c": anna.customer, "i": "../customers"}),
        signer.seal("cursor", {"c": anna.customer, "i": None}),
        signer.seal("cursor", {"c": anna.customer, "i": "in_gone"}),
        ours.rpartition("=")[2][:-2],
        "x",
        "🧾",
    ):
        for direction in ("after", "before"):
            assert browser.get("/", {direction: token}).status == 404, token


def test_a_cursor_of_one_customer_is_none_for_its_twin(portal: Mounted, account: Account) -> None:
    History(account)
    twin = account.customer(ANNA.address)
    account.open(twin)
    browser = portal.browser(ANNA)
    first = [link for link in browser.get("/").html.root.all("a") if "customer=" in link.attributes["href"]]
    other = next(link.attributes["href"] for link in first if twin not in link.attributes["href"])
    older = browser.get(other).html.links["Older"]
    assert browser.get(older).status == 200
    assert browser.get(older.replace(other.partition("customer=")[2], twin)).status == 404
    assert portal.browser(CustomerId(twin)).get(older).status == 404


def test_both_cursors_at_once_are_no_error(portal: Mounted, account: Account) -> None:
    History(account)
    browser = portal.browser(ANNA)
    page = browser.get("/")
    cursor = page.html.links["Older"].partition("after=")[2]
    assert browser.get("/", {"after": cursor, "before": cursor}).status in (200, 404)


def test_an_invoice_that_is_gone_ends_no_way(mount: Mount, account: Account) -> None:
    """A draft can be deleted at Stripe while it is the edge of a page: no draft is ever made a cursor."""
    customer = account.customer(ANNA.address)
    for at in range(6):
        account.open(customer, 100 + at)
        account.draft(customer, 1)
    browser = mount(page_size=3).browser(ANNA)
    page = browser.get("/")
    for draft in account.get("invoices", customer=customer, status="draft", limit=100)["data"]:
        account.sandbox.call("DELETE", f"/v1/invoices/{draft['id']}")
    assert len(figures(browser.get(page.html.links["Older"]))) == 3


def test_a_page_costs_few_calls(mount: Mount, account: Account, stripe: StripeServer) -> None:
    """Stripe counts them. A customer of a few invoices costs two without panes: who is it, and what is there."""
    account.paid(account.customer(ANNA.address))
    portal = mount(panes=[])
    portal.browser(ANNA).get("/")
    assert len(stripe.requests) == 2
