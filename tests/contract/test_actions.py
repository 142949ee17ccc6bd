"""What the merchant lets customers do holds on the server, not only on the page."""

import pytest

from invoice_portal import Email
from support.accounts import Account
from support.portals import Browser, Mount, Mounted

ANNA = Email("anna@example.com")
EVERYTHING = frozenset({"view", "download", "pay"})


class Bill:
    """An open invoice with a credit note, and everything that can be done with it."""

    def __init__(self, account: Account) -> None:
        self.invoice = account.open(account.customer(ANNA.address), 4200)
        note = account.post("credit_notes", invoice=self.invoice, amount=200)
        self.routes = {
            "view": [("GET", f"/invoices/{self.invoice}")],
            "download": [
                ("GET", f"/invoices/{self.invoice}/pdf"),
                ("GET", f"/invoices/{self.invoice}/credit_notes/{note['id']}/pdf"),
            ],
            "pay": [("POST", f"/invoices/{self.invoice}/pay")],
        }

    def statuses(self, portal: Mounted, action: str) -> set[int]:
        """What the action's routes answer to a form that is good."""
        browser = portal.arrive(ANNA)
        fields = browser.get("/").html.form("/leave").fields
        return {
            browser.send(method, path, **({"data": fields} if method == "POST" else {})).status
            for method, path in self.routes[action]
        }


@pytest.mark.parametrize("action", sorted(EVERYTHING - {"view"}))
def test_an_action_that_is_off_is_refused_and_the_others_work(mount: Mount, account: Account, action: str) -> None:
    bill = Bill(account)
    portal = mount(actions=EVERYTHING - {action})
    assert bill.statuses(portal, action) == {403}
    for other in EVERYTHING - {action}:
        assert bill.statuses(portal, other) <= {200, 303}


@pytest.mark.parametrize("action", sorted(EVERYTHING))
def test_an_action_works_without_the_others(mount: Mount, account: Account, action: str) -> None:
    bill = Bill(account)
    portal = mount(actions={"view", action})
    assert bill.statuses(portal, action) <= {200, 303}
    for other in EVERYTHING - {"view", action}:
        assert bill.statuses(portal, other) == {403}


def offers(browser: Browser, path: str = "/") -> set[str]:
    """What a page invites to do."""
    page = browser.get(path)
    assert page.status == 200
    links = [link.attributes["href"] for link in page.html.root.all("a")]
    addresses = [*(link for link in links if "?" not in link), *(form.action for form in page.html.forms)]
    return {
        name
        for name, ending in {"download": "/pdf", "pay": "/pay"}.items()
        if any(address.endswith(ending) for address in addresses)
    } | {"view" for address in addresses if address.rpartition("/")[2].startswith("in_")}


@pytest.mark.parametrize(
    "actions",
    [EVERYTHING, {"view"}, {"view", "download"}, {"view", "pay"}, set()],
    ids=lambda actions: " ".join(sorted(actions)) or "nothing",
)
def test_a_page_offers_what_is_on(mount: Mount, account: Account, actions: set[str]) -> None:
    bill = Bill(account)
    portal = mount(actions=actions)
    assert offers(portal.browser(ANNA)) == actions
    if "view" in actions:
        assert offers(portal.browser(ANNA), f"/invoices/{bill.invoice}") == actions - {"view"}


def test_a_refusal_is_a_page_that_says_so(mount: Mount, account: Account) -> None:
    bill = Bill(account)
    page = mount(actions=[]).browser(ANNA).get(f"/invoices/{bill.invoice}")
    assert "switched off" in page.text
    assert "$42.00" not in page.source


def test_the_list_stands_with_every_action_off(mount: Mount, account: Account) -> None:
    bill = Bill(account)
    page = mount(actions=[]).browser(ANNA).get("/")
    assert account.number(bill.invoice) in page.text
