"""Forms that change something are taken from our own pages only."""

from collections.abc import Callable

import pytest

from invoice_portal import Email
from invoice_portal.sessions import FORM_COOKIE, Arrival, Session, form_token, seal_session
from invoice_portal.signing import Signer
from support.accounts import Account
from support.html import Form
from support.moments import NOW
from support.portals import KEY, Browser, Mounted

ANNA, BERT = Email("anna@example.com"), Email("bert@example.com")


class Till:
    """An open invoice of Anna's, her browser, and the form that pays it."""

    def __init__(self, portal: Mounted, account: Account) -> None:
        self.path = f"/invoices/{account.open(account.customer(ANNA.address))}/pay"
        self.browser = portal.browser(ANNA)
        self.form: Form = self.browser.get("/").html.form(self.path)
        ((self.name, self.token),) = self.form.fields.items()

    def pay(self, token: str | None, browser: Browser | None = None) -> int:
        fields = {} if token is None else {self.name: token}
        return (browser or self.browser).post(self.path, fields).status


def test_the_page_s_own_form_is_taken(portal: Mounted, account: Account) -> None:
    till = Till(portal, account)
    assert till.pay(till.token) == 303
    assert till.pay(till.token) == 303


BAD: dict[str, Callable[[str], str | None]] = {
    "missing": lambda token: None,
    "empty": lambda token: "",
    "nonsense": lambda token: "x",
    "cut short": lambda token: token[:-1],
    "changed": lambda token: ("b" if token[0] != "b" else "c") + token[1:],
    "reversed": lambda token: token[::-1],
    "not ASCII": lambda token: "é" * len(token),
    "very long": lambda token: token * 50,
    "zeros": lambda token: "0" * len(token),
}


@pytest.mark.parametrize("spoil", BAD.values(), ids=BAD.keys())
def test_a_form_without_a_good_token_is_not(
    portal: Mounted, account: Account, spoil: Callable[[str], str | None]
) -> None:
    till = Till(portal, account)
    assert till.pay(spoil(till.token)) == 403


def test_a_token_fits_the_browser_that_it_was_given_to(portal: Mounted, account: Account) -> None:
    till = Till(portal, account)
    thief = portal.browser(ANNA)
    assert till.pay(till.token, thief) == 403  # no cookie at all
    thief.get("/")
    assert till.pay(till.token, thief) == 403  # a cookie of its own


def test_a_token_in_the_address_is_none(portal: Mounted, account: Account) -> None:
    till = Till(portal, account)
    assert till.browser.send("POST", till.path, query={till.name: till.token}).status == 403


def test_a_token_fits_the_visitor_that_it_was_given_to(portal: Mounted, account: Account) -> None:
    """Django's own tokens, which are used there, fit the browser alone."""
    till = Till(portal, account)
    theirs = f"/invoices/{account.open(account.customer(BERT.address))}/pay"
    answer = till.browser.post(theirs, till.form.fields, X_User_Email=BERT.address)
    assert answer.status == (303 if portal.runtime.host_checks_forms else 403)


def test_a_token_made_elsewhere_is_none(portal: Mounted, account: Account) -> None:
    till = Till(portal, account)
    cookie = till.browser.cookies.get(FORM_COOKIE, "")
    for token in (
        form_token(Signer(["somebody else's key, long"]), cookie, ANNA),
        form_token(Signer([KEY], "test."), "another cookie", ANNA),
        form_token(Signer([KEY], "test."), "", ANNA),
        seal_session(Signer([KEY], "test."), Session(Arrival(ANNA), NOW + 60)),
    ):
        assert till.pay(token) == 403


def test_an_empty_cookie_is_no_browser(portal: Mounted, account: Account) -> None:
    """A token over an empty cookie must not fit a browser that sends an empty one."""
    till = Till(portal, account)
    bare = portal.browser(ANNA, headers={"Cookie": f"{FORM_COOKIE}="})
    assert till.pay(form_token(Signer([KEY], "test."), "", ANNA), bare) == 403


def test_a_refused_form_changes_nothing_and_asks_stripe_nothing(portal: Mounted, account: Account) -> None:
    browser = portal.arrive(ANNA)
    browser.get("/")
    assert browser.post("/leave", {"form_token": "x", "csrfmiddlewaretoken": "x"}).status == 403
    assert browser.get("/").status == 200


def test_the_cookie_of_forms_is_guarded(portal: Mounted, account: Account) -> None:
    account.open(account.customer(ANNA.address))
    cookies = portal.browser(ANNA).get("/").set_cookies
    (cookie,) = cookies.values()
    attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert "samesite=lax" in attributes
    if not portal.runtime.host_checks_forms:
        assert {"httponly", "path=/billing"} <= attributes


def test_a_form_is_taken_over_https_as_browsers_send_it(portal: Mounted, account: Account) -> None:
    """Over https some frameworks look at where a form came from as well."""
    account.open(account.customer(ANNA.address))
    browser = portal.browser(ANNA, headers={"X-Forwarded-Proto": "https"})
    page = browser.get("/")
    form = page.html.form("/pay")
    site = portal.runtime.origin.replace("http:", "https:")
    cookies = "; ".join(line.partition(";")[0] for line in page.set_cookies.values())
    sent = {"Cookie": cookies, "Origin": site, "Referer": f"{site}/billing/"}
    assert page.headers["referrer-policy"] == "same-origin"
    assert browser.post(form.action, form.fields, **sent).status == 303
    assert browser.post(form.action, {}, **sent).status == 403


def test_a_refused_form_is_answered_with_the_portals_own_page(
    portal: Mounted, account: Account, logs: pytest.LogCaptureFixture
) -> None:
    """Whoever comes back to an old tab is told in their own language what to do, whoever checks the form."""
    till = Till(portal, account)
    answer = till.browser.post(till.path, {till.name: "x" * len(till.token)}, Accept_Language="de")
    assert answer.status == 403
    assert answer.headers["content-language"] == "de"
    assert answer.headers["cache-control"] == "no-store"
    assert "frame-ancestors 'self'" in answer.headers["content-security-policy"]
    assert answer.html.root.all("link"), "it looks like every other page"
    assert "FormExpired" in logs.text
    assert till.token not in logs.text


def test_a_form_of_another_kind_is_refused(portal: Mounted, account: Account) -> None:
    till = Till(portal, account)
    for content_type, body in (
        ("application/json", f'{{"{till.name}": "{till.token}"}}'),
        ("text/plain", f"{till.name}={till.token}"),
        ("multipart/form-data; boundary=x", "--x\r\n"),
        ("multipart/form-data", "--x\r\n"),
    ):
        answer = till.browser.send("POST", till.path, headers={"Content-Type": content_type}, content=body.encode())
        assert answer.status in (400, 403), content_type
