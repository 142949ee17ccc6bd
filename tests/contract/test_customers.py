"""An address and the customers at Stripe that bear it: none, one, several."""

import re

import pytest

from invoice_portal import CustomerId, Email, Identity
from support.accounts import Account
from support.moments import DAY
from support.portals import Answer, Mounted
from support.stripe_server import StripeServer, query_of

ANNA = Email("anna@example.com")


def twins(account: Account) -> tuple[str, str]:
    """Two customers with one address, an invoice each: 11.00 for the older, 22.00 for the newer."""
    older = account.customer(ANNA.address, "Ames Bakery")
    account.open(older, 1100)
    account.sandbox.clock.advance(DAY)
    newer = account.customer(ANNA.address, "Ames Catering")
    account.open(newer, 2200)
    return older, newer


def test_the_newest_customer_comes_first_and_the_others_can_be_chosen(portal: Mounted, account: Account) -> None:
    twins(account)
    browser = portal.browser(ANNA)
    first = browser.get("/")
    assert "$22.00" in first.text
    assert "$11.00" not in first.text
    (link,) = [url for text, url in first.html.links.items() if text.startswith("Ames Bakery")]
    second = browser.get(link)
    assert "$11.00" in second.text
    assert "$22.00" not in second.text


def test_the_choice_is_carried_on(portal: Mounted, account: Account) -> None:
    older, _ = twins(account)
    browser = portal.browser(ANNA)
    page = browser.get("/", {"customer": older})
    for label in ("All", "Paid"):
        assert f"customer={older}" in page.html.links[label]
    assert page.html.form("/billing/").fields["customer"] == older
    assert "$11.00" in browser.get(page.html.links["All"]).text


def test_one_customer_is_no_choice(portal: Mounted, account: Account) -> None:
    customer = account.customer(ANNA.address)
    account.open(customer)
    page = portal.browser(ANNA).get("/")
    assert "Your accounts" not in page.text
    assert portal.browser(ANNA).get("/", {"customer": customer}).status == 200


def test_invoices_of_all_of_them_can_be_opened(portal: Mounted, account: Account) -> None:
    for customer in twins(account):
        invoice = account.open(customer)
        assert portal.browser(ANNA).get(f"/invoices/{invoice}").status == 200


def test_a_hundred_and_one_customers_with_one_address(portal: Mounted, account: Account) -> None:
    first = account.customer(ANNA.address, "The very first")
    invoice = account.open(first, 1100)
    for _ in range(100):
        account.customer(ANNA.address)
    browser = portal.browser(ANNA)
    assert "$11.00" in browser.get("/", {"customer": first}).text
    assert browser.get(f"/invoices/{invoice}").status == 200


def test_another_visitors_customer_is_as_missing_as_none(portal: Mounted, account: Account) -> None:
    account.open(account.customer(ANNA.address))
    bert = account.customer("bert@example.com")
    browser = portal.browser(ANNA)
    foreign = browser.get("/", {"customer": bert})
    missing = browser.get("/", {"customer": bert[:-1] + ("A" if bert[-1] != "A" else "B")})
    assert foreign.status == missing.status == 404
    assert neutral(foreign) == neutral(missing)


def test_a_customer_in_the_address_does_not_open_it_for_another_customer(portal: Mounted, account: Account) -> None:
    anna, bert = account.customer(ANNA.address), account.customer("bert@example.com")
    account.open(anna, 1100)
    account.open(bert, 2200)
    page = portal.browser(CustomerId(anna)).get("/", {"customer": bert})
    assert "$22.00" not in page.text
    assert account.sandbox.store["customer", bert]["email"] not in page.source


def test_a_deleted_customer_is_none_of_theirs_any_more(portal: Mounted, account: Account) -> None:
    older, newer = twins(account)
    account.sandbox.call("DELETE", f"/v1/customers/{newer}")
    page = portal.browser(ANNA).get("/")
    assert "$11.00" in page.text
    assert portal.browser(ANNA).get("/", {"customer": newer}).status == 404
    assert portal.browser(CustomerId(newer)).get("/").status in (200, 404)
    assert portal.browser(CustomerId(older)).get("/").status == 200


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Email("noone@example.com"), Email("nobody@example.co")),
        (CustomerId("cus_nobody1"), CustomerId("cus_nobody2")),
    ],
    ids=["addresses", "customer ids"],
)
def test_unknown_visitors_get_one_kind_page(
    portal: Mounted, account: Account, stripe: StripeServer, one: Identity, other: Identity
) -> None:
    account.open(account.customer(ANNA.address))
    stripe.requests.clear()
    first = portal.browser(one).get("/")
    asked = kinds_of(stripe)
    stripe.requests.clear()
    second = portal.browser(other).get("/")
    assert first.status == second.status == 200
    assert "No invoices yet" in first.text
    assert "nothing to pay" in first.text
    assert neutral(first) == neutral(second)
    assert len(first.response.content) == len(second.response.content)
    assert asked == kinds_of(stripe)


def kinds_of(stripe: StripeServer) -> list[str]:
    """What Stripe was asked, in no order: some of it is asked at the same time."""
    return sorted(request.path.rsplit("/cus_")[0] for request in stripe.requests)


def test_unknown_visitors_of_a_session_get_one_kind_page_too(portal: Mounted) -> None:
    first, second = (portal.arrive(Email(address)).get("/") for address in ("noone@example.com", "nobody@example.co"))
    assert first.status == second.status == 200
    assert neutral(first) == neutral(second)


def test_a_customer_without_invoices_is_told_so(portal: Mounted, account: Account) -> None:
    account.customer(ANNA.address)
    page = portal.browser(ANNA).get("/")
    assert page.status == 200
    assert "no invoices yet" in page.text.lower()


def test_an_address_is_asked_for_exactly(portal: Mounted, account: Account, stripe: StripeServer) -> None:
    account.open(account.customer("Anna@example.com"), 1100)
    page = portal.browser(ANNA).get("/")
    assert "$11.00" not in page.text
    (request,) = stripe.asked("/v1/customers")
    assert query_of(request)["email"] == ANNA.address


def neutral(answer: Answer) -> str:
    """A page without what differs between two visitors by right: their address and the tokens of their forms."""
    source = re.sub(r'(name="[^"]+" value=)"[^"]{30,}"', r'\1"TOKEN"', answer.source)
    return re.sub(r"no(one@example\.com|body@example\.co)\b|cus_\w+", "VISITOR", source)
