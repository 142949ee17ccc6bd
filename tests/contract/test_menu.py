"""The menu of the portal's parts: what it shows to whom, and that everything in it opens."""

from __future__ import annotations

import pytest

from invoice_portal import Email
from support.accounts import Account
from support.portals import Answer, Mount

ANNA = Email("anna@example.com")
WHOLE = {"stripe_publishable_key": "pk_test_menu", "billing_details": ["name"]}
PARTS = ["/", "/upcoming", "/usage", "/subscriptions", "/payment_methods", "/details"]


def menu_of(answer: Answer) -> dict[str, bool]:
    """The path of each part below the portal, and whether it is the one at hand."""
    entries = [link for nav in answer.html.root.all("nav", css_class="portal-menu") for link in nav.all("a")]
    return {
        "/" + link.attributes["href"].removeprefix("/billing").lstrip("/"): link.attributes.get("aria-current")
        == "page"
        for link in entries
    }


@pytest.mark.parametrize("part", PARTS)
def test_every_part_has_the_menu_and_is_marked_in_it(mount: Mount, account: Account, part: str) -> None:
    account.customer(ANNA.address)
    answer = mount(**WHOLE).browser(ANNA).get(part)
    assert answer.status == 200
    assert menu_of(answer) == {each: each == part for each in PARTS}


def test_what_the_settings_do_not_open_is_not_in_it(mount: Mount, account: Account) -> None:
    account.customer(ANNA.address)
    browser = mount(panes=["balance", "subscriptions"]).browser(ANNA)
    assert list(menu_of(browser.get("/"))) == ["/", "/subscriptions"]
    alone = mount(panes=[]).browser(ANNA)
    assert menu_of(alone.get("/")) == {}, "one part needs no menu"


def test_who_may_only_look_is_offered_no_saved_methods(mount: Mount, account: Account) -> None:
    account.customer(ANNA.address)
    browser = mount(actions=["view"], **WHOLE).browser(ANNA)
    assert "/payment_methods" not in menu_of(browser.get("/"))


def test_a_link_to_one_invoice_has_no_menu(shared: Mount, account: Account) -> None:
    portal = shared(**WHOLE)
    invoice = account.open(account.customer(ANNA.address), 1100)
    browser = portal.browser()
    page = browser.follow(browser.get(str(portal.portal.links.invoice(invoice).url)))
    assert page.status == 200
    assert menu_of(page) == {}


def test_the_customer_in_view_stays_in_view(mount: Mount, account: Account) -> None:
    older, _ = account.customer(ANNA.address), account.customer(ANNA.address)
    menu = menu_of(mount().browser(ANNA).get("/", {"customer": older}))
    assert menu
    assert all(path.endswith(f"?customer={older}") for path in menu)


@pytest.mark.parametrize("part", ["/payment_methods", "/details"])
def test_what_is_the_whole_customers_is_closed_to_who_came_for_one_subscription(
    mount: Mount, account: Account, part: str
) -> None:
    subscription = account.subscription(account.customer(ANNA.address), account.price())
    browser = mount(**WHOLE).arrive(ANNA, subscription)
    assert part not in menu_of(browser.get("/"))
    assert browser.get(part).status in (403, 404)
    assert mount(show_all_invoices=True, **WHOLE).arrive(ANNA, subscription).get(part).status == 200
