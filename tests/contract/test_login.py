"""The host's own login: a hook of its own, and what each framework brings."""

from collections.abc import Mapping

import pytest

from invoice_portal import CustomerId, Email, Identity
from support.accounts import Account
from support.moments import DAY
from support.portals import Mount, Mounted, identify
from support.stripe_server import StripeServer

ANNA, BERT = "anna@example.com", "bert@example.com"


async def identify_async(headers: Mapping[str, str]) -> Identity | None:
    return identify(headers)


def test_a_hook_says_who_is_logged_in(portal: Mounted, account: Account) -> None:
    customer = account.customer(ANNA)
    number = account.number(account.open(customer))
    assert number in portal.browser(Email(ANNA)).get("/").text
    assert number in portal.browser(CustomerId(customer)).get("/").text


def test_an_async_hook_says_who_is_logged_in_where_the_runtime_is_async(mount: Mount, account: Account) -> None:
    number = account.number(account.open(account.customer(ANNA)))
    portal = mount(identify=identify_async if mount.runtime.asynchronous else identify)
    assert number in portal.browser(Email(ANNA)).get("/").text
    assert portal.browser().get("/").status == 401


def test_the_frameworks_own_login_counts_without_a_hook(mount: Mount, account: Account) -> None:
    portal = mount(identify=None)
    number = account.number(account.open(account.customer(ANNA)))
    browser = portal.browser(cookies=portal.runtime.sign_in(email=ANNA))
    page = browser.get("/")
    assert page.status == 200
    assert number in page.text


def test_who_is_not_logged_in_at_the_framework_is_a_stranger(mount: Mount) -> None:
    for identify_by in ("email", "customer_id"):
        assert mount(identify=None, identify_by=identify_by).browser().get("/").status == 401


def test_the_frameworks_own_login_can_name_the_customer(mount: Mount, account: Account) -> None:
    portal = mount(identify=None, identify_by="customer_id")
    account.open(account.customer(ANNA), 1100)
    twin = account.customer(ANNA)
    account.open(twin, 2200)
    page = portal.browser(cookies=portal.runtime.sign_in(email=ANNA, customer_id=twin)).get("/")
    assert "$22.00" in page.text
    assert "$11.00" not in page.text


def test_a_logged_in_user_without_identifier_is_a_stranger(mount: Mount, account: Account) -> None:
    account.open(account.customer(ANNA))
    by_email = mount(identify=None)
    assert by_email.browser(cookies=by_email.runtime.sign_in(email="")).get("/").status == 401
    by_id = mount(identify=None, identify_by="customer_id")
    assert by_id.browser(cookies=by_id.runtime.sign_in(email=ANNA)).get("/").status == 401


@pytest.mark.parametrize(
    "nonsense",
    [
        Email(""),
        Email("no address"),
        Email("a b@example.com"),
        CustomerId(""),
        CustomerId("../invoices"),
        CustomerId("a/b"),
    ],
    ids=repr,
)
def test_what_a_hook_cannot_mean_is_a_stranger(mount: Mount, stripe: StripeServer, nonsense: Identity) -> None:
    portal = mount(identify=lambda headers: nonsense)
    assert portal.browser().get("/").status == 401
    assert stripe.requests == []


def test_a_stranger_is_asked_to_sign_in_everywhere(portal: Mounted, account: Account, stripe: StripeServer) -> None:
    invoice = account.open(account.customer(ANNA))
    stripe.requests.clear()
    browser = portal.browser()
    for path in ("/", f"/invoices/{invoice}", f"/invoices/{invoice}/pdf", "/invoices/in_1/credit_notes/cn_1/pdf"):
        answer = browser.get(path)
        assert answer.status == 401, path
        assert "sign in" in answer.text
    assert stripe.requests == []


def test_the_host_login_goes_before_an_older_session(portal: Mounted, account: Account) -> None:
    """Another user of the same browser must not see what the first one saw."""
    account.open(account.customer(ANNA), 1100)
    account.open(account.customer(BERT), 2200)
    session = portal.arrive(Email(ANNA)).cookies["invoice_portal_session"]
    browser = portal.browser(Email(BERT))
    browser.set_cookie("invoice_portal_session", session)
    page = browser.get("/")
    assert "$22.00" in page.text
    assert "$11.00" not in page.text
    assert ANNA not in page.source


def test_logging_out_at_the_host_does_not_bring_an_older_session_back(portal: Mounted, account: Account) -> None:
    account.open(account.customer(ANNA), 1100)
    browser = portal.arrive(Email(ANNA))
    assert browser.get("/", X_User_Email=BERT).status == 200
    assert "invoice_portal_session" not in browser.cookies
    assert browser.get("/").status == 401


def test_a_logged_in_user_without_identifier_does_not_inherit_a_session(mount: Mount, account: Account) -> None:
    account.open(account.customer(ANNA), 1100)
    portal = mount(identify=lambda headers: Email("") if headers.get("X-User-Email") == "" else None)
    session = portal.arrive(Email(ANNA)).cookies["invoice_portal_session"]
    browser = portal.browser(headers={"X-User-Email": ""})
    browser.set_cookie("invoice_portal_session", session)
    assert browser.get("/").status == 401


def test_who_is_logged_in_at_the_host_may_still_arrive(portal: Mounted, account: Account) -> None:
    """The signature is checked and a session begins; the host's login goes on to count."""
    account.open(account.customer(ANNA), 1100)
    browser = portal.browser(Email(ANNA))
    entered = browser.get("/enter", {"identity": portal.portal.sign_identifier(Email(BERT))})
    assert entered.status == 303
    assert "$11.00" in browser.follow(entered).text


def test_the_hosts_login_is_not_asked_at_the_door(mount: Mount) -> None:
    """It may turn strangers away with an error of its own; who arrives with a signature must still come in."""

    def refuse(headers: Mapping[str, str]) -> Identity | None:
        raise RuntimeError("only members")

    portal = mount(identify=refuse)
    browser = portal.browser()
    assert browser.get("/enter", {"identity": portal.portal.sign_identifier(Email(ANNA))}).status == 303
    assert browser.get("/static/portal.css").status == 200
    assert browser.get("/").status == 500


def test_a_change_of_user_counts_at_once(portal: Mounted, account: Account) -> None:
    account.open(account.customer(ANNA), 1100)
    account.open(account.customer(BERT), 2200)
    browser = portal.browser()
    assert "$11.00" in browser.get("/", X_User_Email=ANNA).text
    assert "$22.00" in browser.get("/", X_User_Email=BERT).text
    assert browser.get("/").status == 401


def test_a_visit_ends_after_its_time(mount: Mount, stripe: StripeServer) -> None:
    portal = mount(session_minutes=5)
    browser = portal.arrive(Email(ANNA))
    stripe.sandbox.clock.advance(5 * 60 - 1)
    assert browser.get("/").status == 200
    stripe.sandbox.clock.advance(1)
    late = browser.get("/")
    assert late.status == 401
    assert "timed out" in late.text
    assert browser.get("/invoices/in_1").status == 401


def test_a_visit_can_be_begun_again(portal: Mounted, stripe: StripeServer) -> None:
    browser = portal.arrive(Email(ANNA))
    stripe.sandbox.clock.advance(DAY)
    assert browser.get("/").status == 401
    entered = browser.get("/enter", {"identity": portal.portal.sign_identifier(Email(ANNA))})
    assert browser.follow(entered).status == 200


def test_leaving_ends_the_visit(portal: Mounted) -> None:
    browser = portal.arrive(Email(ANNA))
    left = browser.submit(browser.get("/"), "/leave")
    assert left.status == 303
    assert left.location == "/billing/"
    assert "invoice_portal_session" not in browser.cookies
    assert browser.follow(left).status == 401


def test_leaving_leads_back_to_the_host(mount: Mount) -> None:
    portal = mount(home_url="https://app.example.com/account")
    browser = portal.arrive(Email(ANNA))
    assert browser.submit(browser.get("/"), "/leave").location == "https://app.example.com/account"


def test_leaving_needs_the_form(portal: Mounted) -> None:
    browser = portal.arrive(Email(ANNA))
    browser.get("/")
    assert browser.post("/leave").status == 403
    assert browser.get("/leave").status == 405
    assert browser.get("/").status == 200


def test_who_came_by_the_hosts_login_is_offered_no_way_out_of_it(portal: Mounted, account: Account) -> None:
    account.open(account.customer(ANNA))
    page = portal.browser(Email(ANNA)).get("/")
    assert not [form for form in page.html.forms if form.action.endswith("/leave")]
