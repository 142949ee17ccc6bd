"""A session in a header: how a page on another origin comes to be somebody, and who counts where several speak."""

from __future__ import annotations

import pytest

from invoice_portal import CustomerId, Email
from invoice_portal.sessions import SESSION_COOKIE, TOKEN_PREFIX
from support.accounts import Account
from support.moments import NOW
from support.portals import Mount, Mounted

ANNA = Email("anna@example.com")
BERT = Email("bert@example.com")


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


def email_of(portal: Mounted, token: str | None, user: Email | None = None) -> str:
    answer = portal.browser(user).own("GET", token=token)
    assert answer.status == 200, answer.source
    return str(answer.json["email"])


def test_a_signature_is_exchanged_for_a_token_and_no_cookie(portal: Mounted) -> None:
    browser = portal.browser()
    made = browser.own("POST", "/session", {"identity": portal.portal.sign_identifier(ANNA)})
    assert made.status == 200
    assert made.json == {
        "token": made.json["token"],
        "token_type": "Bearer",
        "expires_at": NOW + 3600,
        "expires_in": 3600,
        "visitor": ANNA.address,
        "start": "/billing/",
        "actions": ["download", "manage", "pay", "view"],
    }
    assert made.json["token"].startswith(TOKEN_PREFIX)
    assert not made.set_cookies
    assert browser.own("GET").status == 401
    assert email_of(portal, made.json["token"]) == ANNA.address
    assert made.headers["cache-control"] == "no-store"


def test_a_hash_is_exchanged_too_and_one_that_does_not_fit_is_not(portal: Mounted) -> None:
    given = {"email": ANNA.address, "hash": portal.portal.hash_email(ANNA.address)}
    made = portal.browser().own("POST", "/session", given)
    assert email_of(portal, made.json["token"]) == ANNA.address
    refused = portal.browser().own("POST", "/session", {**given, "email": BERT.address})
    assert (refused.status, refused.json["error"]["type"]) == (403, "SignatureRefused")
    assert portal.browser().own("POST", "/session", {}).status == 401
    wrong = portal.browser().own("POST", "/session", {"mail": "x"})
    assert (wrong.status, "'mail' is not known" in wrong.json["error"]["detail"]) == (400, True)


def test_a_token_is_worth_no_more_than_its_signature(mount: Mount, account: Account) -> None:
    portal = mount()
    customer = account.customer(ANNA.address)
    scoped = portal.token(CustomerId(customer), "sub_1", actions=["view"])
    me = portal.browser().own("GET", token=scoped).json
    assert me["actions"] == ["view"]
    assert me["scope"] == {"subscription_id": "sub_1", "invoice_id": None}
    assert me["customer_id"] == customer


def test_a_token_ends_with_its_time_and_says_so(mount: Mount) -> None:
    clock = Clock()
    portal = mount(clock=clock, session_minutes=10)
    token = portal.token(ANNA)
    clock.now = NOW + 599
    assert email_of(portal, token) == ANNA.address
    clock.now = NOW + 600
    ended = portal.browser().own("GET", token=token)
    assert (ended.status, ended.json["error"]["type"]) == (401, "SessionExpired")
    assert ended.json["error"]["advice"]
    assert ended.headers["www-authenticate"] == "Bearer"


def test_a_token_is_good_in_its_own_realm_alone(mount: Mount) -> None:
    token = mount(require_hash=False).token(ANNA)
    assert mount().browser().own("GET", token=token).status == 401
    assert mount(stripe_account="acct_1").browser().own("GET", token=token).status == 401


def test_a_cookies_value_is_no_token_and_a_token_no_cookie(portal: Mounted) -> None:
    cookie = portal.arrive(ANNA).cookies[SESSION_COOKIE]
    for forged in (TOKEN_PREFIX + cookie, TOKEN_PREFIX, TOKEN_PREFIX + "x", portal.token(ANNA)[:-1]):
        assert portal.browser().own("GET", token=forged).status == 401
    browser = portal.browser()
    browser.set_cookie(SESSION_COOKIE, portal.token(ANNA).removeprefix(TOKEN_PREFIX))
    assert browser.own("GET").status == 401


def test_the_token_counts_beside_a_cookie_or_a_login_of_somebody_else(portal: Mounted) -> None:
    token = portal.token(ANNA)
    assert email_of(portal, token, user=BERT) == ANNA.address
    cookie = portal.arrive(BERT)
    answer = cookie.own("GET", token=token)
    assert answer.json["email"] == ANNA.address
    assert not answer.set_cookies
    assert cookie.own("GET").json["email"] == BERT.address


def test_where_the_token_has_ended_nobody_else_is_let_in_in_its_place(mount: Mount) -> None:
    clock = Clock()
    portal = mount(clock=clock, session_minutes=10)
    token = portal.token(ANNA)
    clock.now = NOW + 601
    assert portal.arrive(BERT).own("GET", token=token).status == 401
    assert portal.browser(BERT).own("GET", token=token).status == 401
    assert portal.browser(BERT).own("GET", token=TOKEN_PREFIX + "forged").status == 401


def test_credentials_of_the_hosts_own_are_left_to_the_host(portal: Mounted) -> None:
    browser = portal.browser(BERT, headers={"Authorization": "Bearer eyJhbGciOi.a.b"})
    assert browser.own("GET").json["email"] == BERT.address
    assert portal.arrive(ANNA).own("GET", Authorization="Basic eDp5").json["email"] == ANNA.address


def test_pages_are_served_to_a_token_too(portal: Mounted, account: Account) -> None:
    invoice = account.open(account.customer(ANNA.address))
    browser, headers = portal.browser(), {"Authorization": f"Bearer {portal.token(ANNA)}"}
    assert browser.get(f"/invoices/{invoice}", **headers).status == 200
    paid = browser.post(f"/invoices/{invoice}/pay", **headers)
    assert (paid.status, paid.location.startswith("http")) == (303, True), paid.source
    assert browser.get("/").status == 401
    assert SESSION_COOKIE not in browser.cookies


def test_errors_say_in_the_visitors_language_what_to_do_next(portal: Mounted) -> None:
    refused = portal.browser().own("GET", **{"Accept-Language": "de"})
    assert refused.status == 401
    assert refused.json["error"] == {
        "type": "NotIdentified",
        "message": refused.json["error"]["message"],
        "advice": refused.json["error"]["advice"],
    }
    assert "sign in" not in refused.json["error"]["message"]
    english = portal.browser().own("GET", "?lang=en", **{"Accept-Language": "de"})
    assert "sign in" in english.json["error"]["message"]


def test_a_cookie_is_given_the_token_that_its_posts_must_bring(portal: Mounted) -> None:
    browser = portal.arrive(ANNA)
    form = browser.own("GET").json["form"]
    assert form["header"]
    assert form["token"]
    assert portal.browser().own("GET", token=portal.token(ANNA)).json["form"] is None


@pytest.mark.parametrize("limit", ["1/minute"])
def test_exchanging_is_limited_as_entering_is(mount: Mount, limit: str) -> None:
    portal = mount(enter_limit=limit)
    portal.token(ANNA)
    signed = portal.portal.sign_identifier(ANNA)
    often = portal.browser().own("POST", "/session", {"identity": signed})
    assert (often.status, often.json["error"]["type"]) == (429, "TooManyRequests")
    assert int(often.headers["retry-after"]) > 0


# Links and portal sessions, for pages whose cookies are blocked


def test_a_link_is_exchanged_for_what_it_opens_and_ends_with_it(shared: Mount, account: Account) -> None:
    customer = account.customer(ANNA.address)
    id, other = account.open(customer), account.open(customer)
    portal = shared()
    link = portal.portal.links.invoice(id, max_uses=1)
    made = portal.browser().own("POST", "/session", {"link": link.url})
    assert (made.status, made.set_cookies) == (200, {})
    token = made.json["token"]
    browser = portal.browser()
    assert browser.own("GET", token=token).json["scope"]["invoice_id"] == id
    assert browser.own("GET", f"/invoices/{id}", token=token).status == 200
    assert browser.get(f"/invoices/{id}", Authorization=f"Bearer {token}").status == 200
    assert browser.own("GET", f"/invoices/{other}", token=token).status == 404
    again = browser.own("POST", "/session", {"link": link.url})
    assert (again.status, again.json["error"]["type"]) == (401, "LinkUsedUp")
    portal.portal.links.revoke(id)
    assert browser.own("GET", f"/invoices/{id}", token=token).json["error"]["type"] == "LinkRevoked"


def test_a_portal_session_is_exchanged_and_ends_when_it_is_revoked(shared: Mount, account: Account) -> None:
    portal, customer = shared(), account.customer(ANNA.address)
    session = portal.portal.sessions.create(customer, expires_in_minutes=10)
    made = portal.browser().own("POST", "/session", {"link": session.url}).json
    assert made["expires_in"] == 600
    assert portal.browser().own("GET", token=made["token"]).json["customer_id"] == customer
    portal.portal.sessions.revoke(session.id)
    assert portal.browser().own("GET", token=made["token"]).status == 401


@pytest.mark.parametrize("address", ["x", "https://evil.example/l/x.y", "/l/", "/p/../l/x", "/x/token"])
def test_what_is_the_address_of_no_link_opens_nothing(portal: Mounted, address: str) -> None:
    refused = portal.browser().own("POST", "/session", {"link": address})
    assert (refused.status, refused.json["error"]["type"]) == (403, "SignatureRefused")
