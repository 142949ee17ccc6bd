"""The headers of every answer, and what nobody may do with our pages."""

import pytest

from invoice_portal import Email
from support.accounts import Account
from support.portals import Answer, Mount, Mounted
from support.stripe_server import StripeServer, as_error

ANNA = Email("anna@example.com")


class Tour:
    """Every kind of answer that the portal gives."""

    def __init__(self, portal: Mounted, account: Account, stripe: StripeServer) -> None:
        invoice = account.open(account.customer(ANNA.address))
        browser = portal.browser(ANNA)
        home = browser.get("/")
        self.pages = {
            "home": home,
            "invoice": browser.get(f"/invoices/{invoice}"),
            "nothing": portal.browser(Email("nobody@example.com")).get("/"),
            "stranger": portal.browser().get("/"),
            "refused": portal.browser().get("/enter", {"email": ANNA.address, "hash": "x"}),
            "missing": browser.get("/invoices/in_none"),
        }
        self.redirects = {
            "enter": portal.browser().get("/enter", {"identity": portal.portal.sign_identifier(ANNA)}),
            "pdf": browser.get(f"/invoices/{invoice}/pdf"),
            "pay": browser.submit(home, "/pay"),
            "language": browser.get("/", {"lang": "de"}),
        }
        self.files = {"static": browser.get(stylesheet(home))}
        stripe.answer("/v1/invoices.*", as_error(401, "Invalid API Key", headers={}))
        self.pages["unavailable"] = browser.get("/")

    @property
    def all(self) -> dict[str, Answer]:
        return {**self.pages, **self.redirects, **self.files}


@pytest.fixture
def tour(portal: Mounted, account: Account, stripe: StripeServer) -> Tour:
    return Tour(portal, account, stripe)


REFERRERS = dict.fromkeys(("home", "invoice", "nothing", "stranger", "missing", "unavailable"), "same-origin")
"""Pages with forms say where they are to their own site alone; what holds a signature says it to nobody."""


def stylesheet(page: Answer) -> str:
    return next(link for link in page.html.root.all("link") if link.attributes["rel"] == "stylesheet").attributes[
        "href"
    ]


def policy(answer: Answer) -> dict[str, list[str]]:
    """The Content-Security-Policy by directive; one header only, or they would add up to something else."""
    (header,) = answer.headers.get_list("content-security-policy")
    parts = [part.split() for part in header.split(";")]
    return {part[0]: part[1:] for part in parts}


def test_the_tour_has_seen_every_kind_of_answer(tour: Tour) -> None:
    assert {name: page.status for name, page in tour.pages.items()} == {
        "home": 200,
        "invoice": 200,
        "nothing": 200,
        "stranger": 401,
        "refused": 403,
        "missing": 404,
        "unavailable": 503,
    }
    assert {answer.status for answer in tour.redirects.values()} == {303}
    assert tour.files["static"].status == 200


def test_no_answer_tells_where_the_visitor_came_from_or_is_guessed_at(tour: Tour) -> None:
    for name, answer in tour.all.items():
        assert answer.headers.get_list("referrer-policy") == [REFERRERS.get(name, "no-referrer")], name
        assert answer.headers.get_list("x-content-type-options") == ["nosniff"], name


def test_nothing_of_a_visitor_is_kept_by_caches(tour: Tour) -> None:
    for name, answer in {**tour.pages, **tour.redirects}.items():
        assert answer.headers.get_list("cache-control") == ["no-store"], name


def test_pages_say_what_they_are(tour: Tour) -> None:
    for name, page in tour.pages.items():
        assert page.headers["content-type"] == "text/html; charset=utf-8", name
        assert page.headers["content-language"], name
        assert page.source.lstrip().lower().startswith("<!doctype html>"), name


def test_no_page_may_be_framed_load_from_elsewhere_or_run_what_is_in_it(tour: Tour) -> None:
    for name, page in tour.pages.items():
        rules = policy(page)
        assert rules["frame-ancestors"] == ["'self'"], name
        assert rules["default-src"] == ["'none'"], name
        assert rules["base-uri"] == ["'none'"], name
        assert rules["script-src"] == rules["style-src"] == ["'self'"], name
        assert not page.html.root.all("script", "style"), name
        assert "style=" not in page.source, name
        assert " onclick" not in page.source, name


def test_forms_lead_to_us_and_to_stripe_alone(tour: Tour, stripe: StripeServer) -> None:
    places = {f"https://{name}.stripe.com" for name in ("invoice", "pay", "files", "billing")}
    allowed = {"'self'", *places, stripe.url}
    for page in tour.pages.values():
        assert set(policy(page)["form-action"]) <= allowed


def test_allowed_sites_may_frame_it_and_nobody_else(mount: Mount, account: Account) -> None:
    origins = ["https://app.example.com", "http://localhost:3000"]
    portal = mount(allowed_embed_origins=origins)
    account.open(account.customer(ANNA.address))
    for page in (portal.browser(ANNA).get("/"), portal.browser().get("/")):
        assert policy(page)["frame-ancestors"] == ["'self'", *origins]


def test_nothing_of_the_hosts_framework_overrules_who_may_frame_it(tour: Tour) -> None:
    """Django sends X-Frame-Options: DENY, which browsers that do not know the policy mind."""
    for name, answer in tour.all.items():
        assert "x-frame-options" not in answer.headers, name


def test_an_outage_says_when_to_come_back(tour: Tour) -> None:
    assert int(tour.pages["unavailable"].headers["retry-after"]) > 0


def test_a_stylesheet_is_kept_for_a_year_under_its_version(portal: Mounted) -> None:
    browser = portal.browser()
    answer = browser.get(stylesheet(browser.get("/")))
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/css")
    assert "public" in answer.headers["cache-control"]
    assert "max-age=31536000" in answer.headers["cache-control"]
    assert not answer.set_cookies
    assert "cookie" not in answer.headers.get("vary", "").lower()


@pytest.mark.parametrize("version", ["", "?v=", "?v=000000000000", "?v=x&v=y"])
def test_another_version_is_kept_for_a_short_time(portal: Mounted, version: str) -> None:
    answer = portal.browser().get(f"/static/portal.css{version}")
    assert answer.status == 200
    assert "max-age=31536000" not in answer.headers["cache-control"]


FILES = (
    "none.css",
    "",
    "%2e%2e",
    "..%2fpyproject.toml",
    "..%5cpyproject.toml",
    "%2fetc%2fpasswd",
    "/etc/passwd",
    "%00",
    "portal.css%00",
    "PORTAL.CSS",
)


@pytest.mark.parametrize("name", FILES)
def test_no_other_file_is_served(portal: Mounted, name: str) -> None:
    assert portal.browser().get(f"/static/{name}").status == 404
