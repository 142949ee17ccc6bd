"""The list: what is in it, and how it is narrowed."""

import pytest

from invoice_portal import Email
from support.accounts import Account
from support.moments import DAY, NOW, moment
from support.portals import Answer, Mount, Mounted

ANNA = Email("anna@example.com")
STATUSES = ("open", "overdue", "paid", "void", "uncollectible")


class Bills:
    """An invoice of each status, by its figure."""

    def __init__(self, account: Account) -> None:
        customer = account.customer(ANNA.address)
        account.draft(customer, 100)
        account.open(customer, 200)
        account.overdue(customer, 300)
        account.paid(customer, 400)
        account.void(customer, 500)
        account.uncollectible(customer, 600)


def figures(page: Answer) -> list[str]:
    """The amounts of the rows, from the top."""
    assert page.status == 200
    return [row[3].split()[0] for row in page.html.rows]


def test_every_invoice_is_in_it_but_drafts(portal: Mounted, account: Account) -> None:
    Bills(account)
    page = portal.browser(ANNA).get("/")
    assert sorted(figures(page)) == ["$2.00", "$3.00", "$4.00", "$5.00", "$6.00"]
    assert "$1.00" not in page.source


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("open", ["$2.00", "$3.00"]),
        ("overdue", ["$3.00"]),
        ("paid", ["$4.00"]),
        ("void", ["$5.00"]),
        ("uncollectible", ["$6.00"]),
    ],
)
def test_a_status_narrows_it(portal: Mounted, account: Account, status: str, expected: list[str]) -> None:
    Bills(account)
    page = portal.browser(ANNA).get("/", {"status": status})
    assert sorted(figures(page)) == expected


@pytest.mark.parametrize("status", ["draft", "deleted", "OPEN", "open,paid", "%00", "🧾", "x" * 5000])
def test_a_status_that_is_none_shows_all(portal: Mounted, account: Account, status: str) -> None:
    Bills(account)
    page = portal.browser(ANNA).get("/", {"status": status})
    assert len(figures(page)) == 5
    assert "$1.00" not in page.source


def test_each_status_says_what_it_is(portal: Mounted, account: Account) -> None:
    Bills(account)
    rows = {row[3].split()[0]: row[2] for row in portal.browser(ANNA).get("/").html.rows}
    assert rows == {
        "$2.00": "Due Jul 15, 2026",
        "$3.00": "Overdue",
        "$4.00": "Paid",
        "$5.00": "Void",
        "$6.00": "Uncollectible",
    }


def test_the_sum_to_pay_is_of_what_is_open(portal: Mounted, account: Account) -> None:
    Bills(account)
    text = portal.browser(ANNA).get("/").text
    assert "$5.00 2 open invoices" in text
    assert "1 is overdue" in text


def test_amounts_in_two_currencies_are_never_added_up(portal: Mounted, account: Account) -> None:
    account.open(account.customer(ANNA.address), 1000, currency="usd")
    account.open(account.customer(ANNA.address), 1000, currency="eur")
    customer = account.customer(ANNA.address)
    account.open(customer, 1000)
    account.sandbox.store["customer", customer]["currency"] = None
    account.open(customer, 700, currency="jpy")
    text = portal.browser(ANNA).get("/").text
    assert "¥700" in text
    assert "$10.00" in text
    assert "1,700" not in text


class Days:
    """Invoices issued on three days, by their figure."""

    def __init__(self, account: Account) -> None:
        customer = account.customer(ANNA.address)
        for figure, when in ((100, "2026-01-31T23:59"), (200, "2026-02-01T00:00"), (300, "2026-03-31T12:00")):
            with account.sandbox.clock.at(moment(when)):
                account.open(customer, figure)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"from": "2026-02-01"}, ["$3.00", "$2.00"]),
        ({"to": "2026-01-31"}, ["$1.00"]),
        ({"from": "2026-02-01", "to": "2026-02-28"}, ["$2.00"]),
        ({"from": "2026-02-01", "to": "2026-02-01"}, ["$2.00"]),
        ({"from": "2026-04-01"}, []),
        ({"from": "2026-02-01", "status": "paid"}, []),
        ({"from": "", "to": ""}, ["$3.00", "$2.00", "$1.00"]),
    ],
    ids=str,
)
def test_days_narrow_it_both_included(
    portal: Mounted, account: Account, query: dict[str, str], expected: list[str]
) -> None:
    Days(account)
    assert figures(portal.browser(ANNA).get("/", query)) == expected


def test_days_are_those_of_the_merchants_time_zone(mount: Mount, account: Account) -> None:
    portal = mount(time_zone="Europe/Berlin")
    Days(account)
    page = portal.browser(ANNA).get("/", {"from": "2026-02-01"})
    assert figures(page) == ["$3.00", "$2.00", "$1.00"]
    assert page.html.rows[-1][1] == "Feb 1, 2026"


@pytest.mark.parametrize(
    "query",
    [
        {"from": "yesterday"},
        {"from": "2026-02-30"},
        {"to": "2026-13-01"},
        {"from": "31.01.2026"},
        {"from": "2026-02-01", "to": "later"},
        {"from": "0000-00-00"},
        {"from": "9999-12-31"},
        {"to": "9999-12-31"},
        {"from": "1969-12-31"},
        {"from": "-2026-01-01"},
        {"from": "2026-02-01T00:00"},
        {"from": "1" * 5000},
        {"from": "\x00"},
        {"from": "２０２６-０２-０１x"},
    ],
    ids=lambda query: str(query)[:40],
)
def test_days_that_are_none_are_named_and_not_used(portal: Mounted, account: Account, query: dict[str, str]) -> None:
    Days(account)
    page = portal.browser(ANNA).get("/", query)
    assert len(figures(page)) == 3
    assert "Please give days" in page.text


def test_days_the_wrong_way_round_are_named_and_not_used(portal: Mounted, account: Account) -> None:
    Days(account)
    page = portal.browser(ANNA).get("/", {"from": "2026-03-01", "to": "2026-02-01"})
    assert len(figures(page)) == 3
    assert "first day is after the last" in page.text


def test_what_was_typed_stays_in_the_form_and_is_only_text(portal: Mounted, account: Account) -> None:
    Days(account)
    page = portal.browser(ANNA).get("/", {"from": '"><script>alert(1)</script>', "status": "paid"})
    assert page.html.form("/billing/").fields["from"] == '"><script>alert(1)</script>'
    assert not page.html.root.all("script")


def test_nothing_that_fits_says_so_and_leads_back(portal: Mounted, account: Account) -> None:
    account.open(account.customer(ANNA.address))
    page = portal.browser(ANNA).get("/", {"status": "void", "from": "2020-01-01"})
    assert "No invoice fits" in page.text
    assert page.html.links["Show all"] == "/billing/"


def test_names_of_strangers_are_only_text(portal: Mounted, account: Account) -> None:
    customer = account.customer(ANNA.address, name="<b>Anna</b>&lt;")
    account.open(customer, lines=[{"amount": 100, "description": "<img src=x onerror=alert(1)>"}])
    page = portal.browser(ANNA).get("/")
    assert "<b>Anna</b>&lt;" in page.text
    assert "<img src=x onerror=alert(1)>" in page.text
    assert not page.html.root.all("img")


def test_one_open_invoice_can_be_paid_from_the_top(portal: Mounted, account: Account) -> None:
    invoice = account.open(account.customer(ANNA.address))
    page = portal.browser(ANNA).get("/")
    assert page.html.form("/pay").action == f"/billing/invoices/{invoice}/pay"


def test_an_invoice_due_this_very_second_is_not_late(portal: Mounted, account: Account) -> None:
    customer = account.customer(ANNA.address)
    account.open(customer, 100, due_date=NOW + DAY)
    account.sandbox.clock.advance(DAY)
    browser = portal.browser(ANNA)
    assert figures(browser.get("/", {"status": "overdue"})) == []
    account.sandbox.clock.advance(1)
    assert figures(browser.get("/", {"status": "overdue"})) == ["$1.00"]
