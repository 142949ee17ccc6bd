"""Which language a page speaks, and how it is changed."""

import pytest

from invoice_portal import Email
from support.accounts import Account
from support.portals import Mount, Mounted

ANNA = Email("anna@example.com")
INVOICES = {"en": "Invoices", "de": "Rechnungen", "fr": "Factures", "es": "Facturas", "ja": "請求書", "ar": "الفواتير"}


@pytest.fixture
def bill(account: Account) -> str:
    return account.open(account.customer(ANNA.address), 123456)


@pytest.mark.parametrize("tag", INVOICES)
def test_the_browser_says_which(portal: Mounted, bill: str, tag: str) -> None:
    page = portal.browser(ANNA, headers={"Accept-Language": tag}).get("/")
    assert INVOICES[tag] in page.text
    html = page.html.root.one("html").attributes
    assert html["lang"] == tag
    assert html["dir"] == ("rtl" if tag == "ar" else "ltr")
    assert page.headers["content-language"] == tag


@pytest.mark.parametrize(
    ("header", "tag"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", "de-AT"),
        ("fr;q=0.5, de;q=0.9", "de"),
        ("xx, ja", "ja"),
        ("sv, nl;q=0.9", "en"),
        ("*", "en"),
        ("", "en"),
        (";;q=,,", "en"),
        ("de;q=nan, fr;q=1", "fr"),
        ("de;q=0, fr;q=0.1", "fr"),
        ("ar-EG", "ar-EG"),
        ("de@\tX", "en"),
        ("de." + "x" * 3000, "en"),
        (", ".join(["xx"] * 500), "en"),
    ],
    ids=lambda value: value[:30],
)
def test_wishes_are_weighed(portal: Mounted, bill: str, header: str, tag: str) -> None:
    page = portal.browser(ANNA, headers={"Accept-Language": header}).get("/")
    assert page.html.root.one("html").attributes["lang"] == tag


def test_amounts_and_dates_are_those_of_the_language(portal: Mounted, bill: str) -> None:
    german = portal.browser(ANNA, headers={"Accept-Language": "de"}).get("/").text.replace("\N{NO-BREAK SPACE}", " ")
    assert "1.234,56 $" in german
    assert "15.06.2026" in german
    french = portal.browser(ANNA, headers={"Accept-Language": "fr-CH"}).get("/").text
    assert "2026" in french
    assert "$1,234.56" not in french


def test_a_language_is_chosen_by_a_link_and_stays_chosen(portal: Mounted, bill: str) -> None:
    browser = portal.browser(ANNA)
    page = browser.get("/", {"status": "open", "from": "2026-01-01"})
    chosen = browser.get(page.html.links["Deutsch"])
    assert chosen.status == 303
    assert chosen.location == "/billing/?status=open&from=2026-01-01"
    cookie = chosen.set_cookies["invoice_portal_language"]
    assert "path=/billing" in cookie.lower()
    assert "httponly" in cookie.lower()
    german = browser.follow(chosen)
    assert "Rechnungen" in german.text
    assert "Rechnung " in browser.get(f"/invoices/{bill}").text
    assert browser.get(german.html.links["English"]).status == 303
    assert "Invoices" in browser.get("/").text


def test_every_language_can_be_chosen_on_every_page(portal: Mounted, bill: str) -> None:
    browser = portal.browser(ANNA)
    names = {"English", "Deutsch", "Français", "Español", "日本語", "العربية"}
    for path in ("/", f"/invoices/{bill}", "/invoices/in_none"):
        assert names <= set(browser.get(path).html.links), path
    for stranger in (portal.browser().get("/"), portal.browser().get("/enter")):
        assert names <= set(stranger.html.links)


@pytest.mark.parametrize(
    "tag",
    [
        "xx",
        "tlh",
        "de@\r\nX-Injected: yes",
        "de.\r\nX-Injected: yes",
        "de;path=/",
        "de\x00",
        "../../etc/passwd",
        "🧾",
        "d" * 5000,
    ],
    ids=lambda tag: ascii(tag)[:30],
)
def test_a_language_that_is_none_is_not_chosen(portal: Mounted, bill: str, tag: str) -> None:
    browser = portal.browser(ANNA)
    answer = browser.get("/", {"lang": tag})
    assert answer.status == 200
    assert "invoice_portal_language" not in answer.set_cookies
    assert answer.html.root.one("html").attributes["lang"] == "en-US"
    browser.set_cookie("invoice_portal_language", "xx")
    assert "Invoices" in browser.get("/").text


@pytest.mark.parametrize("cookie", ['"de@\\015\\012X-Injected: yes"', "de@x", "zz", '"', "de%0d%0a", "=" * 3000])
def test_a_forged_cookie_is_no_language(portal: Mounted, bill: str, cookie: str) -> None:
    answer = portal.browser(ANNA, headers={"Cookie": f"invoice_portal_language={cookie}"}).get("/")
    assert answer.status == 200
    assert "x-injected" not in answer.headers
    assert answer.headers["content-language"] in ("en-US", "de")


def test_choosing_on_the_way_in_keeps_the_signature(portal: Mounted, bill: str) -> None:
    """A link to the portal may name a language; the arrival must not be lost by it."""
    browser = portal.browser()
    answer = browser.get("/enter", {"identity": portal.portal.sign_identifier(ANNA), "lang": "de"})
    while answer.status == 303:
        answer = browser.follow(answer)
    assert "Rechnungen" in answer.text


def test_a_choice_on_an_odd_address_is_no_error(portal: Mounted) -> None:
    browser = portal.browser(ANNA)
    for path in ("/invoices/%0d%0aX-Injected:%20yes", "/invoices/%C3%BC", "/invoices/a%3Fb", "/invoices/%ff"):
        answer = browser.get(f"{path}?lang=de")
        assert answer.status < 500, path
        assert "x-injected" not in answer.headers
        if answer.status == 303:
            assert browser.follow(answer).status == 404


def test_a_default_speaks_where_nothing_fits(mount: Mount, bill: str) -> None:
    portal = mount(default_language="fr")
    assert "Factures" in portal.browser(ANNA, headers={"Accept-Language": "sv"}).get("/").text
    assert "Rechnungen" in portal.browser(ANNA, headers={"Accept-Language": "de"}).get("/").text


def test_a_fixed_language_stays(mount: Mount, bill: str) -> None:
    portal = mount(default_language="ja", detect_language=False)
    browser = portal.browser(ANNA, headers={"Accept-Language": "de"})
    page = browser.get("/")
    assert "請求書" in page.text
    assert "Deutsch" not in page.html.links
    assert browser.get("/", {"lang": "de"}).status == 200
    assert "請求書" in browser.get("/").text


def test_errors_speak_the_visitors_language(portal: Mounted) -> None:
    browser = portal.browser(headers={"Accept-Language": "de"})
    assert "Bitte" in browser.get("/").text
    assert browser.get("/").html.root.one("html").attributes["lang"] == "de"


def test_a_host_rewords_single_texts(mount: Mount, bill: str) -> None:
    portal = mount(translations={"en": {"Billing": "Your bills"}, "de": {"Invoices": "Belege"}})
    assert "Your bills" in portal.browser(ANNA).get("/").text
    assert "Belege" in portal.browser(ANNA, headers={"Accept-Language": "de"}).get("/").text
