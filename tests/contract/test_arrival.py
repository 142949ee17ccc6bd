from invoice_portal import Email
from support.accounts import Account
from support.portals import Mounted


def test_the_host_login_is_shown_their_invoices(portal: Mounted, account: Account) -> None:
    invoice = account.open(account.customer("anna@example.com"), 4200)
    page = portal.browser(Email("anna@example.com")).get("/")
    assert page.status == 200
    assert account.number(invoice) in page.text
    assert "$42.00" in page.text
