"""Which subscription is in view, and what that opens."""

from invoice_portal import CustomerId, Email
from support.accounts import Account
from support.moments import DAY
from support.portals import Answer, Browser, Mount, Mounted

ANNA = Email("anna@example.com")


class Anna:
    """A customer with two subscriptions (49.00 and 99.00) and an invoice of its own (11.00)."""

    def __init__(self, account: Account) -> None:
        self.id = account.customer(ANNA.address)
        self.team = account.subscription(self.id, account.price("Team plan", 4900))
        self.extra = account.subscription(self.id, account.price("Add-on", 9900))
        self.of_team = account.invoice_of(self.team)
        self.of_extra = account.invoice_of(self.extra)
        self.alone = account.open(self.id, 1100)


def amounts(browser: Browser, **query: str) -> set[str]:
    """The figures in the list."""
    page = browser.get("/", query)
    assert page.status == 200
    return {figure for figure in ("$11.00", "$49.00", "$99.00") if any(figure in row[3] for row in page.html.rows)}


def choices_of(page: Answer) -> list[tuple[str, str]]:
    """Label and address of each subscription to choose, on a page where none is chosen."""
    links = [(link.text, link.attributes["href"]) for link in page.html.root.all("a")]
    return [(text, url) for text, url in links if "subscription=sub_" in url]


def test_without_a_subscription_everything_is_shown(portal: Mounted, account: Account) -> None:
    Anna(account)
    assert amounts(portal.arrive(ANNA)) == {"$11.00", "$49.00", "$99.00"}


def test_a_subscription_given_on_arrival_is_all_that_is_shown(portal: Mounted, account: Account) -> None:
    anna = Anna(account)
    assert amounts(portal.arrive(ANNA, subscription=anna.team)) == {"$49.00"}
    browser = portal.browser()
    params = {"email": ANNA.address, "hash": portal.portal.hash_email(ANNA.address), "subscription_id": anna.team}
    assert browser.get("/enter", params).status == 303
    assert amounts(browser) == {"$49.00"}


def test_neither_list_nor_sum_can_be_widened_from_the_address(portal: Mounted, account: Account) -> None:
    anna = Anna(account)
    browser = portal.arrive(ANNA, subscription=anna.team)
    assert amounts(browser, subscription=anna.extra) == {"$49.00"}
    assert amounts(browser, subscription="") == {"$49.00"}
    page = browser.get("/")
    assert "$99.00" not in page.source
    assert "$11.00" not in page.source
    assert "All subscriptions" not in page.text


def test_invoices_out_of_view_are_as_missing_as_none(portal: Mounted, account: Account) -> None:
    anna = Anna(account)
    browser = portal.arrive(ANNA, subscription=anna.team)
    page = browser.get("/")
    assert browser.get(f"/invoices/{anna.of_team}").status == 200
    assert browser.get(f"/invoices/{anna.of_team}/pdf").status == 303
    assert browser.submit(page, f"/invoices/{anna.of_team}/pay").status == 303
    form = page.html.form("/pay")
    for invoice in (anna.of_extra, anna.alone):
        assert browser.get(f"/invoices/{invoice}").status == 404
        assert browser.get(f"/invoices/{invoice}/pdf").status == 404
        assert browser.post(f"/invoices/{invoice}/pay", form.fields).status == 404


def test_show_all_invoices_widens_the_view(mount: Mount, account: Account) -> None:
    portal = mount(show_all_invoices=True)
    anna = Anna(account)
    browser = portal.arrive(ANNA, subscription=anna.team)
    assert amounts(browser) == {"$11.00", "$49.00", "$99.00"}
    assert browser.get(f"/invoices/{anna.alone}").status == 200
    assert browser.get(f"/invoices/{anna.of_extra}/pdf").status == 303


def test_one_of_several_subscriptions_can_be_chosen(portal: Mounted, account: Account) -> None:
    Anna(account)
    browser = portal.browser(ANNA)
    page = browser.get("/")
    choices = [url for _, url in choices_of(page)]
    assert len(choices) == 2
    chosen = {frozenset(row[3] for row in browser.get(url).html.rows) for url in choices}
    assert chosen == {frozenset({"$49.00"}), frozenset({"$99.00"})}
    narrowed = browser.get(choices[0])
    assert "subscription=" in narrowed.html.links["Paid"]
    assert {row[3] for row in browser.get(narrowed.html.links["All subscriptions"]).html.rows} == {
        "$11.00",
        "$49.00",
        "$99.00",
    }


def test_the_choice_tells_subscriptions_apart(portal: Mounted, account: Account) -> None:
    """Their prices have no nicknames and Stripe names no product: the visitor must still know which is which."""
    Anna(account)
    assert len({text for text, _ in choices_of(portal.browser(ANNA).get("/"))}) == 2


def test_one_subscription_is_no_choice(portal: Mounted, account: Account) -> None:
    customer = account.customer(ANNA.address)
    account.subscription(customer, account.price())
    account.open(customer)
    assert "All subscriptions" not in portal.browser(ANNA).get("/").text


def test_another_customers_subscription_is_as_missing_as_none(portal: Mounted, account: Account) -> None:
    anna = Anna(account)
    bert = account.customer("bert@example.com")
    foreign = account.subscription(bert, account.price())
    missing = foreign[:-1] + ("A" if foreign[-1] != "A" else "B")
    for browser in (portal.browser(ANNA), portal.browser(CustomerId(anna.id))):
        answers = [browser.get("/", {"subscription": id}) for id in (foreign, missing, "sub_1", "nonsense")]
        assert [answer.status for answer in answers] == [404, 404, 404, 404]
        assert account.number(account.invoice_of(foreign)) not in answers[0].source


def test_arriving_with_another_customers_subscription_shows_nothing_of_it(portal: Mounted, account: Account) -> None:
    anna = Anna(account)
    foreign = account.subscription(account.customer("bert@example.com"), account.price("Theirs", 7700))
    browser = portal.browser()
    params = {"email": ANNA.address, "hash": portal.portal.hash_email(ANNA.address), "subscription_id": foreign}
    browser.get("/enter", params)
    page = browser.get("/")
    assert page.status in (200, 404)
    assert "$77.00" not in page.source
    assert browser.get(f"/invoices/{account.invoice_of(foreign)}").status == 404
    assert browser.get(f"/invoices/{anna.alone}").status == 404


def test_arriving_with_nonsense_for_a_subscription_is_refused(portal: Mounted) -> None:
    params = {"email": ANNA.address, "hash": portal.portal.hash_email(ANNA.address)}
    for nonsense in ("sub", "in_1", "sub_1/../..", "sub_1?x=y", "sub_ö"):
        answer = portal.browser().get("/enter", {**params, "subscription_id": nonsense})
        assert answer.status in (400, 404), nonsense
        assert not answer.set_cookies


def test_a_subscription_of_an_older_customer_with_the_same_address_is_found(portal: Mounted, account: Account) -> None:
    """It was given on arrival, so it says which of the visitor's customers is meant."""
    older = account.customer(ANNA.address)
    subscription = account.subscription(older, account.price())
    account.sandbox.clock.advance(DAY)
    account.open(account.customer(ANNA.address), 1100)
    assert amounts(portal.arrive(ANNA, subscription=subscription)) == {"$49.00"}


def test_a_subscription_given_on_arrival_hides_the_addresss_other_customers(portal: Mounted, account: Account) -> None:
    older = account.customer(ANNA.address, "Ames Bakery")
    subscription = account.subscription(older, account.price())
    account.sandbox.clock.advance(DAY)
    newer = account.customer(ANNA.address, "Ames Catering")
    account.open(newer, 1100)
    browser = portal.arrive(ANNA, subscription=subscription)
    page = browser.get("/")
    assert "Ames Catering" not in page.source
    assert newer not in page.source
    assert amounts(browser, customer=newer) == {"$49.00"}
    assert amounts(browser, customer="cus_none") == {"$49.00"}
