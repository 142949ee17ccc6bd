"""The host's own templates: a file of the same name, by each framework's convention, and tags in the host's pages."""

from __future__ import annotations

import pytest

from invoice_portal import Email
from support import runtimes
from support.accounts import Account
from support.portals import Answer, Mount

ANNA = Email("anna@example.com")
DJANGO = [name for name in runtimes.chosen() if name.startswith("django")]
LAYOUT = "invoice_portal/layout.html"
TWO_LINES = "<!doctype html><title>{{ frame.title }} - Host</title>\n<body class=host><h6>My shop</h6>{{ content }}"


@pytest.fixture
def number(account: Account) -> str:
    return account.number(account.open(account.customer(ANNA.address), 4200))


def test_a_layout_of_two_lines_wraps_every_page(mount: Mount, account: Account, number: str) -> None:
    portal = mount(overrides={LAYOUT: TWO_LINES})
    browser = portal.browser(ANNA)
    home = browser.get("/")
    assert home.html.root.one("h6").text == "My shop"
    assert home.html.root.one("title").text == "Billing - Host"
    assert number in home.text
    assert home.html.form("/pay")
    detail = browser.get(home.html.links[number])
    assert detail.html.root.one("h6")
    assert number in detail.html.root.one("title").text
    for page in (browser.get("/invoices/in_none"), portal.browser().get("/")):
        assert page.html.root.one("h6")
        assert page.status in (404, 401)


def test_forms_work_within_the_hosts_layout(mount: Mount, number: str) -> None:
    portal = mount(overrides={LAYOUT: TWO_LINES})
    browser = portal.browser(ANNA)
    assert browser.submit(browser.get("/"), "/pay").status == 303


def test_a_layout_of_the_hosts_may_load_what_it_likes_but_is_framed_by_nobody(mount: Mount, number: str) -> None:
    policy = mount(overrides={LAYOUT: TWO_LINES}).browser(ANNA).get("/").headers["content-security-policy"]
    assert "default-src" not in policy
    assert "frame-ancestors 'self'" in policy
    assert "form-action 'self'" in policy
    assert "base-uri 'none'" in policy


def test_a_body_of_the_hosts_stands_in_the_portals_layout(mount: Mount, number: str) -> None:
    """Everything is ready to print, so that the same lines work in Jinja and in Django's language."""
    row = "<p class=mine>{{ row.number }}: {{ row.amount }}, {{ row.status.text }}</p>"
    rows = "{% for row in home.rows %}" + row + "{% endfor %}"
    page = mount(overrides={"invoice_portal/invoices.html": rows}).browser(ANNA).get("/")
    (mine,) = page.html.root.all("p", css_class="mine")
    assert mine.text == f"{number}: $42.00, Due Jul 15, 2026"
    assert page.html.root.one("main")
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_the_hosts_request_is_there_in_overrides(mount: Mount, number: str) -> None:
    """A host's frame shows more than the portal gives it: it needs its framework's own context."""
    path = "{{ request.url.path }}" if mount.runtime.name == "fastapi" else "{{ request.path }}"
    page = mount(overrides={LAYOUT: f"<!doctype html><body><h6>{path}</h6>{{{{ content }}}}"}).browser(ANNA).get("/")
    assert page.html.root.one("h6").text == "/billing/"


@pytest.mark.parametrize("runtime", DJANGO, indirect=True)
def test_the_hosts_user_is_there_in_overrides_of_django(mount: Mount, number: str) -> None:
    """A user is read from the database when the template asks for it: not on an event loop."""
    layout = "<!doctype html><body><h6>{{ user.email }}</h6>{{ content }}"
    portal = mount(overrides={LAYOUT: layout})
    page = portal.browser(ANNA, cookies=mount.runtime.sign_in(email="host@example.com")).get("/")
    assert page.html.root.one("h6").text == "host@example.com"


def test_what_the_host_prints_is_escaped(mount: Mount, account: Account) -> None:
    account.open(account.customer(ANNA.address, "<b>Anna</b>"), lines=[{"amount": 1, "description": "<i>x</i>"}])
    rows = "{% for row in home.rows %}{{ row.subject }}{% endfor %}"
    layout = "<body>{{ frame.customer }}{{ content }}"
    page = mount(overrides={"invoice_portal/invoices.html": rows, LAYOUT: layout}).browser(ANNA).get("/")
    assert not page.html.root.all("b", "i")
    assert "<i>x</i>" in page.text
    assert "<b>Anna</b>" in page.text


def test_a_broken_override_is_not_passed_over_in_silence(mount: Mount, number: str) -> None:
    """The operator must see their mistake; the visitor sees the framework's error page."""
    portal = mount(overrides={LAYOUT: '{% extends "host/none.html" %}'})
    assert portal.browser(ANNA).get("/").status == 500


class HostPage:
    """A page of the host's with a tag in it, written in its framework's language."""

    def __init__(self, mount: Mount, *, jinja: str, django: str) -> None:
        source = jinja if mount.runtime.template_language == "jinja" else "{% load invoice_portal %}" + django
        self.browser = mount(page=f"<!doctype html><body>{source}").browser()
        self.html = self.browser.get(mount.runtime.origin + "/page").html

    def visit(self, url: str) -> Answer:
        """Where an address on the page leads in the end."""
        answer = self.browser.get(url)
        while answer.status == 303:
            answer = self.browser.follow(answer)
        return answer


def test_the_tag_of_the_portals_address(mount: Mount) -> None:
    page = HostPage(mount, jinja='<a href="{{ portal_url() }}">x</a>', django='<a href="{% portal_url %}">x</a>')
    assert page.html.links["x"] == "/billing/"


def test_the_tag_of_a_signed_address_opens_it(mount: Mount, number: str) -> None:
    page = HostPage(
        mount,
        jinja="""<a href="{{ portal_url(email='anna@example.com') }}">x</a>""",
        django="""<a href="{% portal_url email='anna@example.com' %}">x</a>""",
    )
    assert number in page.visit(page.html.links["x"]).text


def test_the_tag_of_the_embedded_portal_opens_it(mount: Mount, number: str) -> None:
    page = HostPage(
        mount,
        jinja='{{ invoice_portal_embed(email="anna@example.com", title="Your <bills>") }}',
        django='{% invoice_portal_embed email="anna@example.com" title="Your <bills>" %}',
    )
    element = page.html.root.one("invoice-portal").attributes
    assert element["frame-title"] == "Your <bills>"
    assert number in page.visit(f"/billing/enter?identity={element['identity']}").text
    (script,) = page.html.root.all("script")
    assert page.browser.get(script.attributes["src"]).headers["content-type"].startswith("text/javascript")


def test_the_tag_of_an_invoices_link_leads_to_it(mount: Mount, account: Account) -> None:
    invoice = account.open(account.customer(ANNA.address))
    page = HostPage(
        mount,
        jinja=f'{{{{ invoice_link("{invoice}", "Your bill") }}}}',
        django=f'{{% invoice_link "{invoice}" "Your bill" %}}',
    )
    assert page.html.links["Your bill"] == f"/billing/invoices/{invoice}"


def test_the_embedded_page_pays_in_a_window_of_its_own(mount: Mount, number: str) -> None:
    """Stripe's page does not let itself be framed."""
    portal = mount(allowed_embed_origins=["https://app.example.com"])
    for destination, target in (("iframe", "_blank"), ("document", "")):
        page = portal.browser(ANNA).get("/", Sec_Fetch_Dest=destination)
        pay = [form.attributes for form in page.html.root.all("form") if form.attributes["action"].endswith("/pay")]
        assert {form.get("target", "") for form in pay} == {target}
