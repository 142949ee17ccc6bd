"""Embed frames in every framework: the shell, who may frame it, and sessions that are held without a cookie."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import pytest

from invoice_portal import Email
from support.accounts import Account
from support.portals import Answer, Browser, Mount, Mounted, SharingMount

ANNA = Email("anna@example.com")
BERT = Email("bert@example.com")
SHOP = "https://shop.example"
FRAMED = {"Sec_Fetch_Dest": "iframe", "Sec_Fetch_Site": "cross-site"}


class Frame:
    """The script inside an embed frame: it has a token and no cookie."""

    def __init__(self, portal: Mounted, browser: Browser | None = None) -> None:
        self._browser = browser or portal.browser()
        self._headers = {"Authorization": f"Bearer {portal.token(ANNA)}", "Portal_Frame": "1"}

    def get(self, path: str = "/", query: dict[str, str] | None = None, **headers: str) -> Answer:
        """A page, as a click asks for it."""
        return self._browser.get(path, query, **self._headers, **headers)

    def post(self, path: str, form: dict[str, str] | None = None) -> Answer:
        """A form."""
        return self._browser.post(path, form, **self._headers)

    def events(self, answer: Answer) -> list[dict[str, object]]:
        """What the page around is told with an answer."""
        told: list[dict[str, object]] = json.loads(answer.headers.get("portal-events", "[]"))
        return told


def policy(answer: Answer) -> dict[str, list[str]]:
    (header,) = answer.headers.get_list("content-security-policy")
    return {part.split()[0]: part.split()[1:] for part in header.split(";")}


def is_shell(answer: Answer) -> bool:
    return bool(answer.html.root.all("div", css_class="portal-shell"))


def test_the_shell_needs_nobody_and_holds_nothing_of_anybody(mount: Mount) -> None:
    portal = mount(allowed_embed_origins=[SHOP])
    for browser in (portal.browser(), portal.browser(ANNA), portal.arrive(ANNA)):
        shell = browser.get("/embed", **FRAMED)
        assert (shell.status, is_shell(shell)) == (200, True)
        assert ANNA.address not in shell.source
        assert not shell.set_cookies
        assert "x-frame-options" not in shell.headers
        assert shell.headers["cache-control"] == "no-store"


def test_who_may_frame_the_shell_is_said_for_each_portal_and_nobody_by_default(mount: Mount) -> None:
    assert policy(mount().browser().get("/embed", **FRAMED))["frame-ancestors"] == ["'self'"]
    shell = mount(allowed_embed_origins=[SHOP]).browser().get("/embed", **FRAMED)
    assert policy(shell)["frame-ancestors"] == ["'self'", SHOP]
    assert policy(shell)["script-src"][0] == policy(shell)["connect-src"][0] == "'self'"
    assert "'unsafe-inline'" not in shell.headers["content-security-policy"]


def test_the_script_may_be_loaded_from_everywhere(portal: Mounted) -> None:
    for path in ("/embed.js", "/embed.mjs"):
        answer = portal.browser().get(path)
        assert answer.status == 200
        assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "public" in answer.headers["cache-control"]
        assert not answer.set_cookies
    assert "access-control-allow-origin" not in portal.browser().get("/static/portal.css").headers


def test_an_arrival_in_a_frame_gets_the_shell_and_no_cookie(shared: SharingMount, account: Account) -> None:
    portal = shared(allowed_embed_origins=[SHOP])
    customer = account.customer(ANNA.address)
    link = portal.portal.links.invoice(account.open(customer)).url
    doors = [urlsplit(str(link)).path, f"/enter?identity={portal.portal.sign_identifier(ANNA)}"]
    for door in doors:
        framed = portal.browser().get(door, **FRAMED)
        assert (framed.status, is_shell(framed), framed.set_cookies) == (200, True, {})
        assert door.rpartition("/")[2] not in framed.source
        assert framed.headers["referrer-policy"] == "no-referrer"
        assert portal.browser().get(door).status == 303


def test_a_page_that_a_frame_was_led_to_without_a_session_is_the_shell(portal: Mounted, account: Account) -> None:
    """As after a bank's check of a payment: the shell then shows that page, and strangers see what they always did."""
    invoice = account.open(account.customer(ANNA.address))
    framed = portal.browser().get(f"/invoices/{invoice}", **FRAMED)
    assert (framed.status, is_shell(framed)) == (401, True)
    assert not is_shell(portal.browser().get(f"/invoices/{invoice}"))
    known = portal.browser(ANNA).get(f"/invoices/{invoice}", **FRAMED)
    assert (known.status, is_shell(known)) == (200, False)


def test_a_page_comes_by_the_token_and_sets_no_cookie(portal: Mounted, account: Account) -> None:
    invoice = account.open(account.customer(ANNA.address), 4200)
    frame = Frame(portal)
    for path in ("/", f"/invoices/{invoice}", "/invoices/in_none"):
        page = frame.get(path)
        assert page.headers["content-type"].startswith("text/html")
        assert page.headers.get_list("set-cookie") == []
    assert "$42.00" in frame.get().text
    assert 'target="_blank"' in frame.get().source, "what leads elsewhere opens in a tab of its own"
    assert not [form for form in frame.get().html.root.all("form") if "leave" in form.attributes["action"]]


def test_the_token_counts_and_not_who_is_logged_in(portal: Mounted, account: Account) -> None:
    account.open(account.customer(ANNA.address), 4200)
    account.open(account.customer(BERT.address), 7700)
    for browser in (portal.browser(BERT), portal.arrive(BERT)):
        page = Frame(portal, browser).get()
        assert ("$42.00" in page.text, "$77.00" in page.text) == (True, False)
        forged = browser.get("/", Authorization="Bearer ipt_forged", Portal_Frame="1")
        assert forged.status == 401


def test_a_redirect_is_told_to_the_frames_script(portal: Mounted, account: Account, mount: Mount) -> None:
    """It cannot see where a redirect to another site leads."""
    invoice = account.open(account.customer(ANNA.address))
    told = Frame(portal).get(f"/invoices/{invoice}/pdf")
    assert (told.status, told.source) == (204, "")
    assert "/pdf" in told.headers["portal-location"]
    assert "location" not in told.headers
    browser = portal.browser(ANNA)
    assert browser.get(f"/invoices/{invoice}/pdf").status == 303
    assert "portal-location" not in browser.get(f"/invoices/{invoice}/pdf").headers


def test_a_form_of_a_frame_needs_the_token_and_nothing_else(portal: Mounted, account: Account) -> None:
    """A browser adds no such header by itself: no other site's form comes with it."""
    invoice = account.open(account.customer(ANNA.address))
    assert Frame(portal).post(f"/invoices/{invoice}/pay").status in (200, 204)
    assert portal.arrive(ANNA).post(f"/invoices/{invoice}/pay", Portal_Frame="1").status == 403
    forged = portal.arrive(ANNA).post(f"/invoices/{invoice}/pay", Authorization="Bearer ipt_x", Portal_Frame="1")
    assert forged.status in (401, 403)


def test_the_frame_is_told_what_the_hosts_server_is_told(mount: Mount, account: Account) -> None:
    invoice = account.open(account.customer(ANNA.address))
    portal = mount()
    frame = Frame(portal)
    assert frame.events(frame.get(f"/invoices/{invoice}")) == [
        {"event": "select_invoice", "response": {"invoice": invoice}}
    ]
    assert frame.events(frame.get(f"/invoices/{invoice}/pdf")) == [
        {"event": "download_invoice", "response": {"invoice": invoice}}
    ]
    (missing,) = frame.events(frame.get("/invoices/in_none"))
    assert missing == {"event": "error", "response": {"invoice": "in_none", "kind": "NotFound", "status": 404}}
    assert "portal-events" not in portal.browser(ANNA).get(f"/invoices/{invoice}").headers


def test_the_language_is_the_one_that_the_frame_names(mount: Mount) -> None:
    for detect in (True, False):
        frame = Frame(mount(detect_language=detect))
        assert frame.get(Portal_Language="fr").headers["content-language"] == "fr"
        assert frame.get(Portal_Language="xx").headers["content-language"].startswith("en")
    frame = Frame(mount())
    chosen = frame.get("/", {"lang": "de"})
    assert chosen.headers["portal-location"] == "/billing/"
    assert frame.events(chosen) == [{"event": "language_change", "response": {"language": "de"}}]
    assert not chosen.set_cookies


def exchange(portal: Mounted, origin: str | None = None, **given: object) -> Answer:
    return portal.browser().own("POST", "/session", given, origin=origin)


def test_a_page_around_the_portal_can_take_actions_away_and_give_none(mount: Mount, account: Account) -> None:
    portal = mount(actions=["view", "download"])
    identity = portal.portal.sign_identifier(ANNA, actions=["view"])
    less = exchange(portal, identity=portal.portal.sign_identifier(ANNA), actions=["view", "pay"])
    assert less.json["actions"] == ["view"]
    assert exchange(portal, identity=identity, actions=["view", "download", "pay", "manage"]).json["actions"] == [
        "view"
    ]
    assert exchange(portal, identity=identity, actions=["everything"]).status == 400
    token = exchange(portal, identity=portal.portal.sign_identifier(ANNA), actions=["view"]).json["token"]
    invoice = account.open(account.customer(ANNA.address))
    refused = portal.browser().get(f"/invoices/{invoice}/pdf", Authorization=f"Bearer {token}")
    assert refused.status == 403


def test_a_page_around_the_portal_can_narrow_to_a_subscription_and_not_leave_one(portal: Mounted) -> None:
    def scope(signed: str | None, asked: str) -> object:
        identity = portal.portal.sign_identifier(ANNA, subscription=signed)
        token = exchange(portal, identity=identity, subscription_id=asked).json["token"]
        return portal.browser().own(token=token, method="GET").json["scope"]["subscription_id"]

    assert scope(None, "sub_1") == "sub_1"
    assert scope("sub_2", "sub_1") == "sub_2"


def test_no_page_of_another_origin_exchanges_anything(mount: Mount) -> None:
    portal = mount(allowed_embed_origins=[SHOP])
    identity = portal.portal.sign_identifier(ANNA)
    for origin in ("https://evil.example", "null", "https://shop.example.evil.example", "http://shop.example"):
        assert exchange(portal, origin, identity=identity).status == 403, origin
    for origin in (None, SHOP, portal.runtime.origin):
        assert exchange(portal, origin, identity=identity).status == 200, origin


def test_a_link_gives_its_own_scope_and_no_more(shared: SharingMount, account: Account) -> None:
    portal = shared()
    customer = account.customer(ANNA.address)
    invoice, other = account.open(customer), account.open(customer)
    address = str(portal.portal.links.invoice(invoice).url)
    made = exchange(portal, link=urlsplit(address).path)
    assert made.json["start"] == f"/billing/invoices/{invoice}"
    headers = {"Authorization": f"Bearer {made.json['token']}", "Portal_Frame": "1"}
    browser = portal.browser()
    assert browser.get(f"/invoices/{invoice}", **headers).status == 200
    assert browser.get(f"/invoices/{other}", **headers).status == 404
    assert exchange(portal, link=urlsplit(address).path, actions=["view"]).status == 400
    portal.portal.links.revoke(invoice)
    assert browser.get(f"/invoices/{invoice}", **headers).status == 401
    assert exchange(portal, link=urlsplit(address).path).status == 401


@pytest.mark.parametrize("path", ["/embed", "/embed.js"])
def test_nobody_is_looked_up_for_what_is_everybodys(portal: Mounted, stripe: object, path: str) -> None:
    portal.browser(ANNA).get(path)
    assert stripe.requests == []  # type: ignore[attr-defined]
