"""The portal on another site's page: what a customer sees and does there, whatever the browser and the page do."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, expect

from browser.helpers.embedding import ANNA, Embedding
from browser.helpers.sites import Site
from invoice_portal import CustomerId, Email, Hooks
from support import runtimes
from support.accounts import Account
from support.moments import DAY
from support.paying import PUBLISHABLE, saved_card
from support.portals import Mount
from support.stripe_server import StripeServer

HOUR = 60 * 60


def test_third_party_cookies_are_blocked_where_the_tests_say_so(
    both: Embedding, sites: Callable[[str], Site], request: pytest.FixtureRequest
) -> None:
    url = sites("cookies").show("/", "<script>document.cookie = 'kept=1; SameSite=None; Secure'</script>")
    shown = both.show(f'<iframe src="{url}"></iframe>')
    blocked = "no-cookies" in request.node.name
    assert shown.page.frames[1].evaluate("document.cookie") == ("" if blocked else "kept=1")


def test_a_customer_sees_their_invoices_and_no_cookie_is_set(both: Embedding) -> None:
    shown = both.show()
    expect(shown.row(both.number)).to_contain_text("$42.00")
    assert shown.last("post_load")["language"] == "en-US"
    assert shown.told() == ["pre_load", "post_load"]
    assert shown.page.context.cookies() == []
    assert shown.complaints == []


@pytest.mark.parametrize("name", ["fastapi", "django-wsgi"])
def test_it_stands_with_each_frameworks_defaults(
    name: str,
    browser: Browser,
    stripe: StripeServer,
    account: Account,
    sites: Callable[[str], Site],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Django forbids all framing, keeps its cookies to its own site, and checks every form."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # what drives the browser is an event loop of this thread
    runtime = runtimes.make(name)
    with ExitStack() as stack:
        stack.callback(runtime.stop)
        stack.callback(runtime.unmount)
        embedding = Embedding(Mount(runtime, stripe, tmp_path, stack), account, sites("shop"), browser.new_context)
        stack.callback(embedding.close)
        embedding.mount(stripe_publishable_key=PUBLISHABLE)
        saved_card(account, embedding.customer)
        shown = embedding.show()
        shown.open_invoice(embedding.number)
        shown.heading(embedding.number)
        shown.frame().get_by_role("button", name="Pay $42.00").click()
        expect(shown.frame().get_by_text("To pay now")).to_be_visible()
        shown.frame().get_by_role("button", name="Pay $42.00").first.click()
        assert shown.last("pay_invoice")["status"] == "paid"
        assert shown.page.context.cookies() == []
        assert shown.complaints == []


def test_every_page_that_the_first_one_leads_to_stands_in_the_frame(embedding: Embedding) -> None:
    embedding.mount(stripe_publishable_key=PUBLISHABLE)
    embedding.account.subscription(embedding.customer, embedding.account.price())
    shown = embedding.show()
    shown.heading("Billing")
    inner = shown.page.frames[1]
    links = "[...document.querySelectorAll('main a[href^=\"/\"]:not([target], [download])')].map(link => link.href)"
    waiting, seen = list(inner.evaluate(links)), set()
    while waiting and len(seen) < 15:
        url = waiting.pop(0)
        if url in seen:
            continue
        seen.add(url)
        inner.evaluate(
            """detail => new Promise(done => {
                document.addEventListener("portal:shown", done, {once: true});
                document.dispatchEvent(new CustomEvent("portal:go", {cancelable: true, detail}));
            })""",
            url,
        )
        assert inner.locator("h1").inner_text(), url
        assert shown.complaints == [], url
        assert inner.evaluate("document.scrollingElement.scrollWidth <= innerWidth"), url
        waiting += inner.evaluate(links)
    assert len(seen) > 5
    assert "error" not in shown.told()


def test_pages_change_inside_the_frame_and_come_back(embedding: Embedding) -> None:
    shown = embedding.show()
    shown.open_invoice(embedding.number)
    shown.heading(embedding.number)
    assert shown.last("select_invoice") == {"invoice": embedding.open}
    shown.page.evaluate("history.back()")
    shown.heading("Billing")
    shown.page.evaluate("history.forward()")
    shown.heading(embedding.number)
    assert shown.page.url == embedding.shop.origin + "/"
    assert shown.complaints == []


def test_a_filter_is_a_form_of_the_frames(embedding: Embedding) -> None:
    shown = embedding.show()
    frame = shown.frame()
    frame.get_by_text("Filter").click()
    frame.get_by_label("Status").select_option("paid")
    frame.get_by_role("button", name="Show").click()
    expect(frame.locator("tbody tr")).to_have_count(1)
    expect(frame.locator("tbody")).to_contain_text("$10.00")


def test_the_frame_is_as_high_as_its_page(embedding: Embedding) -> None:
    shown = embedding.show(size=(360, 700))
    shown.heading("Billing")
    fits = "frame => frame.clientHeight"
    inner = shown.page.frames[1]
    heights = []
    for click in (None, embedding.number):
        if click:
            shown.open_invoice(click)
            shown.heading(click)
        wanted = inner.evaluate("Math.ceil(document.body.getBoundingClientRect().height)")
        shown.page.wait_for_function("h => document.querySelector('iframe').clientHeight === h", arg=wanted)
        heights.append(shown.page.locator("iframe").evaluate(fits))
        assert inner.evaluate("document.scrollingElement.scrollHeight <= innerHeight")
        assert inner.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    assert heights[0] != heights[1]


def test_the_keyboard_and_the_screen_reader_are_where_the_new_page_is(embedding: Embedding) -> None:
    shown = embedding.show()
    shown.heading("Billing")
    assert shown.page.evaluate("document.activeElement.tagName") == "BODY", "the first page takes nobody's focus"
    link = shown.row(embedding.number).get_by_role("rowheader").get_by_role("link")
    link.focus()
    shown.page.keyboard.press("Enter")
    shown.heading(embedding.number)
    inner = shown.page.frames[1]
    assert inner.evaluate("document.activeElement.id") == "portal-content"
    assert embedding.number in inner.locator("body > p[role=status]").inner_text()


def test_what_is_wrong_with_a_form_is_read_first_in_the_frame_too(embedding: Embedding) -> None:
    embedding.mount(billing_details={"name"})
    shown = embedding.show()
    shown.frame().get_by_role("link", name="Billing details").click()
    shown.frame().get_by_label("Name or company").fill("")
    shown.frame().get_by_role("button", name="Save").click()
    summary = shown.frame().get_by_role("alert")
    expect(summary).to_be_focused()
    summary.get_by_role("link").click()
    expect(shown.frame().get_by_label("Name or company")).to_be_focused()
    assert not [said for said in shown.console if "autofocus" in said]


def test_a_long_page_is_shown_from_its_top(embedding: Embedding) -> None:
    for _ in range(15):
        embedding.account.paid(embedding.customer, 500)
    shown = embedding.show(size=(1000, 500))
    link = shown.row(embedding.number).get_by_role("rowheader").get_by_role("link")
    link.scroll_into_view_if_needed()
    assert shown.page.evaluate("document.querySelector('iframe').getBoundingClientRect().top") < 0
    link.click()
    shown.heading(embedding.number)
    shown.page.wait_for_function("document.querySelector('iframe').getBoundingClientRect().top >= -1")


def test_a_pdf_opens_in_a_tab_of_its_own(embedding: Embedding) -> None:
    shown = embedding.show()
    link = shown.row(embedding.number).get_by_role("link", name="PDF")
    elsewhere = re.compile(r"http://127\.0\.0\.1:\d+/(?!billing).*pdf")
    with shown.page.context.expect_event("request", lambda request: elsewhere.match(request.url)):
        link.click()
    assert shown.last("download_invoice") == {"invoice": embedding.open}
    shown.heading("Billing")


@pytest.mark.parametrize("attributes", ["download", "", "target=_blank"])
def test_a_file_is_fetched_with_the_session_and_saved(embedding: Embedding, attributes: str) -> None:
    shown = embedding.show()
    shown.heading("Billing")
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.headers["authorization"])
        headers = {"Content-Disposition": 'attachment; filename="usage.csv"', "Content-Type": "text/csv"}
        route.fulfill(headers=headers, body="day,quantity")

    shown.page.route("**/billing/usage.csv", answer)
    inner = shown.page.frames[1]
    inner.evaluate(
        "html => document.querySelector('main').insertAdjacentHTML('beforeend', html)",
        f"<a href=/billing/usage.csv {attributes}>CSV</a>",
    )
    with shown.page.expect_download() as saved:
        inner.get_by_role("link", name="CSV").click()
    assert saved.value.suggested_filename == "usage.csv"
    assert saved.value.path().read_text() == "day,quantity"
    assert asked[0].startswith("Bearer ipt_")
    shown.heading("Billing")


def test_the_language_is_chosen_in_the_frame_and_kept(embedding: Embedding) -> None:
    shown = embedding.show()
    shown.frame().get_by_role("link", name="Deutsch").click()
    shown.heading("Abrechnung")
    assert shown.last("language_change") == {"language": "de"}
    shown.open_invoice(embedding.number)
    expect(shown.frame().locator("html")).to_have_attribute("lang", "de")


def test_the_snippets_options_go_before_the_servers_defaults(embedding: Embedding) -> None:
    embedding.mount(detect_language=False)
    options = {"language": "ar", "theme": "dark"}
    shown = embedding.show(embedding.snippet({**embedding.settings, "options": options}))
    expect(shown.frame().locator("html")).to_have_attribute("dir", "rtl")
    assert shown.page.frames[1].evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"


def test_actions_of_the_snippet_take_away_and_never_give(embedding: Embedding) -> None:
    embedding.mount(actions=["view", "pay"])
    settings = {**embedding.settings, "options": {"actions": ["view", "download"]}}
    shown = embedding.show(embedding.snippet(settings))
    expect(shown.row(embedding.number)).to_contain_text("$42.00")
    expect(shown.frame().get_by_role("button", name="Pay")).to_have_count(0)
    expect(shown.frame().get_by_role("link", name="PDF")).to_have_count(0)
    statuses = shown.page.frames[1].evaluate(
        """invoice => Promise.all([["pdf", "GET"], ["pay", "POST"]].map(([page, method]) =>
            fetch(`/billing/invoices/${invoice}/${page}`, {method, redirect: "manual"}).then(({status}) => status)))""",
        embedding.open,
    )
    assert statuses == [403, 403]


def test_a_subscription_narrows_the_view(embedding: Embedding) -> None:
    account = embedding.account
    subscription = account.subscription(embedding.customer, account.price())
    settings = {"identity": embedding.portal.sign_identifier(CustomerId(embedding.customer))}
    shown = embedding.show(embedding.snippet({**settings, "subscription_id": subscription}))
    expect(shown.frame().locator(".portal-invoices tbody tr")).to_have_count(1)
    expect(shown.row(account.number(account.invoice_of(subscription)))).to_be_visible()


STRICT = (
    "default-src 'none'; script-src {portal} 'nonce-abc'; frame-src {portal}; img-src data:; base-uri 'none'; "
    "require-trusted-types-for 'script'"
)


def test_a_host_page_with_a_strict_policy_needs_two_lines(embedding: Embedding) -> None:
    policy = {"Content-Security-Policy": STRICT.format(portal=embedding.mounted.runtime.origin)}
    shown = embedding.show(embedding.snippet().replace("<script>", "<script nonce=abc>"), headers=policy)
    expect(shown.row(embedding.number)).to_be_visible()
    assert shown.complaints == []


def test_errors_of_the_host_page_are_its_own(embedding: Embedding) -> None:
    broken = "<script>throw new Error('one')</script><script>(((</script>"
    later = (
        "<script>addEventListener('message', () => { throw new Error('two') }); setTimeout(() => nothing.here)</script>"
    )
    shown = embedding.show(broken + embedding.snippet() + later)
    expect(shown.row(embedding.number)).to_be_visible()
    assert not [said for said in shown.complaints if "invoice-portal" in said]


def test_several_portals_stand_on_one_page(embedding: Embedding) -> None:
    bert = embedding.account.customer("bert@example.com", "Bert")
    his = embedding.account.number(embedding.account.open(bert, 7700))
    settings = [
        {**embedding.settings, "selector": "#a"},
        {"email": "bert@example.com", "hash": embedding.portal.hash_email("bert@example.com"), "selector": "#b"},
    ]
    shown = embedding.show(
        f"<div id=a></div><div id=b></div><script>invoicePortalSettings = {json.dumps(settings)}</script>"
        f'<script async src="{embedding.mounted.url}/embed.js"></script>'
    )
    expect(shown.row(embedding.number, "#a")).to_be_visible()
    expect(shown.row(his, "#b")).to_be_visible()
    shown.open_invoice(his, "#b")
    shown.heading(his, "#b")
    shown.heading("Billing", "#a")


def test_a_session_that_runs_out_asks_the_host_for_a_fresh_signature(both: Embedding) -> None:
    clock = both.account.sandbox.clock
    shown = both.show(both.snippet({"identity": both.portal.sign_identifier(Email(ANNA))}))
    shown.heading("Billing")
    now = clock.now
    with clock.at(now + 2 * HOUR):
        fresh = both.portal.sign_identifier(Email(ANNA))
        shown.page.evaluate(
            "fresh => { answer = async ({event}) => event === 'session_expired' ? {identity: fresh} : 1 }", fresh
        )
        shown.open_invoice(both.number)
        shown.heading(both.number)
    assert shown.told().count("session_expired") == 1
    assert "error" not in shown.told()


def test_without_a_fresh_signature_the_visitor_is_told_what_to_do(embedding: Embedding) -> None:
    clock = embedding.account.sandbox.clock
    shown = embedding.show()
    shown.heading("Billing")
    with clock.at(clock.now + 2 * HOUR):
        shown.open_invoice(embedding.number)
        shown.heading("Your visit has timed out")
    assert shown.last("session_expired") == {}


def test_a_signature_that_was_too_old_from_the_start_is_asked_for_too(embedding: Embedding) -> None:
    old = embedding.portal.sign_identifier(Email(ANNA), expires_in=60)
    clock = embedding.account.sandbox.clock
    with clock.at(clock.now + DAY):
        fresh = embedding.portal.sign_identifier(Email(ANNA))
        answer = f"<script>answer = ({{event}}) => event === 'session_expired' ? '{fresh}' : undefined</script>"
        shown = embedding.show(embedding.snippet({"identity": old}).replace("</div>", f"</div>{answer}", 1))
        expect(shown.row(embedding.number)).to_be_visible()


def test_a_frame_that_is_loaded_anew_goes_on_where_it_was(embedding: Embedding) -> None:
    """As a script of the page's may do, or a bank that sends back from its check of a payment."""
    shown = embedding.show()
    shown.open_invoice(embedding.number)
    shown.heading(embedding.number)
    shown.page.frames[1].evaluate("() => { location.reload() }")
    shown.heading(embedding.number)
    shown.page.frames[1].evaluate(f"() => {{ location.href = '/billing/invoices/{embedding.paid}?from=bank' }}")
    shown.heading(embedding.account.number(embedding.paid))
    assert [said for said in shown.complaints if "401" not in said] == []


def test_scripts_of_pages_fetch_and_go_without_knowing_of_the_frame(embedding: Embedding) -> None:
    shown = embedding.show()
    shown.heading("Billing")
    inner = shown.page.frames[1]
    assert inner.evaluate("fetch('/billing/api/me').then(answer => answer.json()).then(({email}) => email)") == ANNA
    inner.evaluate(
        """url => document.dispatchEvent(new CustomEvent("portal:go", {cancelable: true, detail: url}))""",
        f"/billing/invoices/{embedding.open}",
    )
    shown.heading(embedding.number)
    inner.evaluate(
        """() => document.dispatchEvent(
            new CustomEvent("portal:event", {detail: {event: "payment_failed", response: {code: "x"}}}))"""
    )
    assert shown.last("payment_failed") == {"code": "x"}


def test_an_outage_is_told_on_the_page_that_was_there(embedding: Embedding) -> None:
    shown = embedding.show()
    shown.heading("Billing")
    shown.page.route("**/billing/invoices/**", lambda route: route.abort())
    shown.open_invoice(embedding.number)
    expect(shown.frame().get_by_role("alert")).to_contain_text("try again")
    expect(shown.row(embedding.number)).to_be_visible()
    shown.page.unroute("**/billing/invoices/**")
    shown.open_invoice(embedding.number)
    shown.heading(embedding.number)


def test_an_invoice_link_stands_alone_in_an_iframe(both: Embedding) -> None:
    """No script of ours is on the page around it, and no cookie is kept."""
    both.mount(public_url=both.mounted.url)
    link = both.portal.links.invoice(both.open).url
    shown = both.show(f'<div id=invoice-portal><iframe src="{link}" width=900 height=700></iframe></div>')
    shown.heading(both.number)
    assert shown.page.context.cookies() == []
    shown.page.reload()
    shown.heading(both.number)


def test_an_invoice_link_in_the_snippet_has_its_height_and_its_events(embedding: Embedding) -> None:
    embedding.mount(public_url=embedding.mounted.url)
    link = embedding.portal.links.invoice(embedding.open).url
    shown = embedding.show(embedding.snippet({"link": link}))
    shown.heading(embedding.number)
    assert shown.last("select_invoice")["invoice"] == embedding.open
    assert shown.last("pre_load")["who"] == {"link": f"given, {len(str(link))} characters"}


def test_a_layout_of_the_merchants_is_around_every_page_of_the_frame(embedding: Embedding) -> None:
    layout = "<!doctype html><title>{{ frame.title }}</title><body class=mine><h6>Mine</h6>{{ content }}"
    embedding.mount(overrides={"invoice_portal/layout.html": layout})
    shown = embedding.show()
    shown.heading("Billing")
    shown.open_invoice(embedding.number)
    shown.heading(embedding.number)
    expect(shown.frame().get_by_role("heading", name="Mine")).to_have_count(1)
    assert shown.complaints == []


def test_a_signed_address_stands_alone_in_an_iframe(embedding: Embedding) -> None:
    token = embedding.portal.sign_identifier(Email(ANNA))
    url = f"{embedding.mounted.url}/enter?identity={token}"
    shown = embedding.show(f'<div id=invoice-portal><iframe src="{url}" width=900 height=700></iframe></div>')
    expect(shown.row(embedding.number)).to_be_visible()
    shown.open_invoice(embedding.number)
    shown.heading(embedding.number)


def test_a_link_that_has_ended_says_so_in_its_iframe(embedding: Embedding) -> None:
    embedding.mount(public_url=embedding.mounted.url)
    link = embedding.portal.links.invoice(embedding.open).url
    embedding.portal.links.revoke(embedding.open)
    shown = embedding.show(f'<div id=invoice-portal><iframe src="{link}" width=900 height=700></iframe></div>')
    shown.heading("This link no longer works")
    expect(shown.frame().get_by_role("link")).to_have_count(0)


def test_a_link_that_has_run_out_leads_to_a_fresh_one_in_a_tab(embedding: Embedding) -> None:
    embedding.mount(public_url=embedding.mounted.url, hooks=Hooks(send_link=lambda link: None))
    link = embedding.portal.links.invoice(embedding.open).url
    clock = embedding.account.sandbox.clock
    with clock.at(clock.now + 400 * DAY):
        shown = embedding.show(f'<div id=invoice-portal><iframe src="{link}" width=900 height=700></iframe></div>')
        shown.heading("This link has expired")
        with shown.page.context.expect_page() as opened:
            shown.frame().get_by_role("link", name="Send me a fresh link").click()
        expect(opened.value.get_by_role("button", name="Send me a fresh link")).to_be_visible()


def test_whoever_is_logged_in_at_the_portals_own_site_needs_no_signature(embedding: Embedding) -> None:
    embedding.mount(
        page=f"<!doctype html>{embedding.snippet({})}",
        allowed_embed_origins=[],
    )
    cookies = embedding.mounted.runtime.sign_in(email=ANNA)
    shown = embedding.open_page(embedding.shop.show("/", ""))
    site = embedding.mounted.runtime.origin
    shown.page.context.add_cookies([{"name": name, "value": value, "url": site} for name, value in cookies.items()])
    shown.page.goto(f"{site}/page")
    expect(shown.row(embedding.number)).to_be_visible()


def test_the_snippets_colours_go_before_the_portals_own(embedding: Embedding) -> None:
    embedding.mount(theme={"accent": "#0a7d55", "radius": "0"})
    theme = {"scheme": "dark", "accent": "#c2185b", "surface": "#222", "ink": "red; } body { display: none"}
    shown = embedding.show(embedding.snippet({**embedding.settings, "options": {"theme": theme}}))
    expect(shown.row(embedding.number)).to_be_visible()
    card = shown.frame().locator(".portal-card").first
    style = "(element, name) => getComputedStyle(element)[name]"
    shown.page.frames[1].wait_for_function(
        "getComputedStyle(document.querySelector('.portal-card')).backgroundColor === 'rgb(34, 34, 34)'"
    )
    assert card.evaluate(style, "borderRadius") == "0px"
    root = shown.frame().locator("html")
    assert root.evaluate("html => getComputedStyle(html).getPropertyValue('--portal-accent')") == "#c2185b"
    assert root.evaluate(style, "colorScheme") == "dark"
    assert shown.complaints == []
    plain = embedding.show()
    expect(plain.row(embedding.number)).to_be_visible()
    own = plain.frame().locator("html").evaluate("html => getComputedStyle(html).getPropertyValue('--portal-accent')")
    assert own == "#0a7d55"
