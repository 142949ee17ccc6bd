"""What the page around the portal is told and asked: each thing once, and in time to stop it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Route, expect

from browser.helpers.embedding import ANNA, Embedding
from invoice_portal import Email
from support.paying import PUBLISHABLE, charges, saved_card

HOUR = 60 * 60
_REFUSE = "() => { answer = async ({event}) => event !== 'pre_pay' }"


@pytest.mark.parametrize("place", ["list", "invoice"])
def test_the_host_may_stop_a_payment_on_stripes_page(embedding: Embedding, place: str) -> None:
    shown = embedding.show()
    if place == "invoice":
        shown.open_invoice(embedding.number)
        shown.heading(embedding.number)
        button = shown.frame().get_by_role("button", name="Pay $42.00")
    else:
        button = shown.row(embedding.number).get_by_role("button", name="Pay")
    shown.page.evaluate(_REFUSE)
    button.click()
    assert shown.last("pre_pay") == {"invoice": embedding.open}
    expect(button).to_be_enabled()
    assert len(shown.page.context.pages) == 1
    shown.page.evaluate("() => { answer = undefined }")
    with shown.page.context.expect_page():
        button.click()
    assert shown.told().count("pre_pay") == 2


def test_each_of_several_invoices_is_asked_for(embedding: Embedding) -> None:
    embedding.mount(stripe_publishable_key=PUBLISHABLE)
    other = embedding.account.open(embedding.customer, 1500)
    saved_card(embedding.account, embedding.customer)
    shown = embedding.show()
    shown.heading("Billing")
    shown.page.frames[1].evaluate(
        "() => document.dispatchEvent(new CustomEvent('portal:go', {cancelable: true, detail: '/billing/pay'}))"
    )
    pay = shown.frame().locator("[data-portal-several] button[type=submit], [data-portal-several] button").last
    expect(pay).to_be_visible()
    shown.page.evaluate("open => { answer = ({event, response}) => response.invoice !== open }", embedding.open)
    pay.click()
    shown.page.wait_for_function("open => told.some(({response}) => response.invoice === open)", arg=embedding.open)
    expect(pay).to_be_enabled()
    assert embedding.account.get(f"invoices/{embedding.open}")["status"] == "open"
    shown.page.evaluate("() => { answer = undefined }")
    pay.click()
    shown.page.wait_for_function("told.filter(({event}) => event === 'pay_invoice').length === 2")
    asked = [m["response"] for m in shown.page.evaluate("told") if m["event"] == "pre_pay"]
    assert {(each["invoice"], each["amount"], each["currency"]) for each in asked} == {
        (embedding.open, 4200, "usd"),
        (other, 1500, "usd"),
    }
    assert sorted(charge["amount"] for charge in charges(embedding.account, embedding.customer))[-2:] == [1500, 4200]


def test_a_double_click_on_a_pdf_leaves_no_empty_tab(embedding: Embedding) -> None:
    shown = embedding.show()
    held: list[Route] = []
    shown.page.route("**/billing/invoices/*/pdf", lambda route: route.continue_() if held else held.append(route))
    with shown.page.context.expect_page() as opened:
        shown.row(embedding.number).get_by_role("link", name="PDF").evaluate("link => { link.click(); link.click() }")
    first = opened.value
    if not first.is_closed():
        first.wait_for_event("close")
    shown.last("download_invoice")
    assert shown.told().count("download_invoice") == 1


def test_coming_back_from_a_tab_opens_no_invoice_again(embedding: Embedding) -> None:
    shown = embedding.show()
    shown.open_invoice(embedding.number)
    shown.heading(embedding.number)
    shown.frame().get_by_role("link", name="Download PDF").click()
    shown.last("download_invoice")
    inner = shown.page.frames[1]
    inner.evaluate(
        """() => new Promise(done => {
            document.addEventListener("portal:shown", done, {once: true});
            document.dispatchEvent(new Event("visibilitychange"));
        })"""
    )
    assert shown.told().count("select_invoice") == 1
    shown.page.evaluate("history.back()")
    shown.heading("Billing")
    shown.open_invoice(embedding.number)
    shown.heading(embedding.number)
    assert shown.told().count("select_invoice") == 2


def test_a_frame_that_is_loaded_anew_is_loaded_once_to_the_host(embedding: Embedding) -> None:
    shown = embedding.show()
    shown.open_invoice(embedding.number)
    shown.heading(embedding.number)
    shown.page.frames[1].evaluate("() => { window.old = true; location.reload() }")
    shown.page.frames[1].wait_for_function("!window.old && document.querySelector('main h1')")
    shown.heading(embedding.number)
    assert shown.told().count("post_load") == 1


# Changing who it is


def test_an_attribute_that_is_taken_away_counts_no_more(embedding: Embedding) -> None:
    account = embedding.account
    subscription = account.subscription(embedding.customer, account.price())
    settings = embedding.settings
    shown = embedding.show(
        f"""<script type=module src="{embedding.mounted.url}/embed.mjs"></script>
        <invoice-portal id=invoice-portal email="{settings["email"]}" hash="{settings["hash"]}"
            subscription-id="{subscription}"></invoice-portal>"""
    )
    rows = shown.frame().locator(".portal-invoices tbody tr")
    expect(rows).to_have_count(1)
    shown.page.evaluate("document.querySelector('invoice-portal').removeAttribute('subscription-id')")
    expect(rows).to_have_count(3)
    shown.page.evaluate(
        "() => ['email', 'hash'].forEach(name => document.querySelector('invoice-portal').removeAttribute(name))"
    )
    expect(rows).to_have_count(0)
    expect(shown.frame().get_by_role("heading", level=1)).not_to_contain_text("Billing")


def test_of_two_customers_in_a_row_the_last_is_shown(embedding: Embedding) -> None:
    """However slowly the first one's answer comes; and each change has its promise kept."""
    bert = embedding.account.customer("bert@example.com", "Bert")
    his = embedding.account.number(embedding.account.open(bert, 7700))
    who = {"email": "bert@example.com", "hash": embedding.portal.hash_email("bert@example.com")}
    shown = embedding.show(embedding.snippet(who))
    expect(shown.row(his)).to_be_visible()
    held: list[Route] = []

    def hold(route: Route) -> None:
        if ANNA in (route.request.post_data or "") and not held:
            held.append(route)
        else:
            route.continue_()

    shown.page.route("**/api/me/session", hold)
    shown.page.evaluate(
        """([anna, bert]) => {
            window.kept = [];
            InvoicePortal.update("#invoice-portal", anna).then(() => kept.push("anna"), error => kept.push(error.code));
            window.then = () => InvoicePortal.update("#invoice-portal", {...bert, options: {language: "de"}})
                .then(() => kept.push("bert"));
        }""",
        [embedding.settings, who],
    )
    while not held:
        shown.page.evaluate("1")
    shown.page.evaluate("() => { then() }")
    held[0].continue_()
    shown.page.wait_for_function("kept.length === 2")
    shown.heading("Abrechnung")
    expect(shown.row(his)).to_be_visible()
    expect(shown.row(embedding.number)).to_have_count(0)
    token = shown.page.frames[1].evaluate("fetch('/billing/api/me').then(a => a.json()).then(({email}) => email)")
    assert token == "bert@example.com"


@pytest.mark.parametrize("late", ["answer", "session"])
def test_a_renewal_that_comes_late_does_not_bring_the_customer_before_back(embedding: Embedding, late: str) -> None:
    """Whichever is late: the host's answer with the signature, or the portal's to it."""
    bert = embedding.account.customer("bert@example.com", "Bert")
    his = embedding.account.number(embedding.account.open(bert, 7700))
    shown = embedding.show()
    expect(shown.row(embedding.number)).to_be_visible()
    held: list[Route] = []
    shown.page.evaluate(
        """wait => {
            const given = new Promise(resolve => { window.give = resolve });
            if (!wait) give();
            answer = ({event}) => event === "session_expired" ? given.then(() => window.fresh) : undefined;
        }""",
        late == "answer",
    )
    clock = embedding.account.sandbox.clock
    with clock.at(clock.now + 2 * HOUR):
        who = {"email": "bert@example.com", "hash": embedding.portal.hash_email("bert@example.com")}
        shown.page.evaluate("anna => { window.fresh = anna }", embedding.settings)

        def hold(route: Route) -> None:
            if ANNA in (route.request.post_data or ""):
                held.append(route)
            else:
                route.continue_()

        shown.page.route("**/api/me/session", hold)
        shown.open_invoice(embedding.number)
        shown.last("session_expired")
        while late == "session" and not held:
            shown.page.evaluate("1")
        shown.page.evaluate("bert => InvoicePortal.update('#invoice-portal', bert)", who)
        if late == "answer":
            shown.page.evaluate("() => { give() }")
        else:
            with shown.page.expect_response("**/api/me/session"):
                held[0].continue_()
        me = "fetch('/billing/api/me').then(answer => answer.json()).then(({email}) => email)"
        assert shown.page.frames[1].evaluate(me) == "bert@example.com"
        expect(shown.row(his)).to_be_visible()
    assert len(held) == (late == "session")


def test_a_host_may_answer_an_old_signature_by_new_settings(embedding: Embedding) -> None:
    old = embedding.portal.sign_identifier(Email(ANNA), expires_in=60)
    clock = embedding.account.sandbox.clock
    with clock.at(clock.now + 24 * HOUR):
        fresh = embedding.portal.sign_identifier(Email(ANNA))
        update = f"InvoicePortal.update('#invoice-portal', {{identity: '{fresh}'}})"
        answer = f"answer = ({{event}}) => event === 'session_expired' ? {update}.then(() => {{}}) : undefined"
        snippet = embedding.snippet({"identity": old})
        shown = embedding.show(snippet.replace("</div>", f"</div><script>{answer}</script>", 1))
        expect(shown.row(embedding.number)).to_be_visible()


def test_a_change_while_paying_waits_for_the_payment(embedding: Embedding) -> None:
    embedding.mount(stripe_publishable_key=PUBLISHABLE)
    saved_card(embedding.account, embedding.customer)
    shown = embedding.show()
    shown.frame().get_by_role("button", name="Pay $42.00").first.click()
    expect(shown.frame().get_by_text("To pay now")).to_be_visible()
    held: list[Route] = []
    shown.page.route("**/pay/saved", lambda route: held.append(route))
    shown.frame().get_by_role("button", name="Pay $42.00").first.click()
    while not held:
        shown.page.evaluate("1")
    shown.page.evaluate(
        """() => { InvoicePortal.update("#invoice-portal", {options: {language: "de"}}).then(() => { done = true }) }"""
    )
    held[0].continue_()
    shown.page.wait_for_function("window.done")
    expect(shown.frame().locator("html")).to_have_attribute("lang", "de")
    assert shown.last("pay_invoice")["status"] == "paid"
    assert len(charges(embedding.account, embedding.customer)) == 1


# A session that runs out in the middle


@pytest.mark.parametrize("way", ["saved", "new"])
def test_a_session_that_runs_out_while_paying_pays_once_it_is_renewed(embedding: Embedding, way: str) -> None:
    embedding.mount(stripe_publishable_key=PUBLISHABLE)
    if way == "saved":
        saved_card(embedding.account, embedding.customer)
    shown = embedding.show(size=(900, 900))
    shown.frame().get_by_role("button", name="Pay $42.00").first.click()
    expect(shown.frame().get_by_text("To pay now")).to_be_visible()
    if way == "new":
        fields = shown.frame().frame_locator("iframe[title='Secure payment input frame']")
        fields.get_by_label("Card number").fill("4242 4242 4242 4242")
        fields.get_by_label("Expiration date").fill("12 / 34")
        fields.get_by_label("Security code").fill("123")
    fresh = embedding.settings["hash"]
    shown.page.evaluate(
        "fresh => { answer = ({event}) => event === 'session_expired' ? {hash: fresh} : undefined }", fresh
    )
    clock = embedding.account.sandbox.clock
    with clock.at(clock.now + 2 * HOUR):
        shown.frame().get_by_role("button", name="Pay $42.00").first.click()
        assert shown.last("pay_invoice")["status"] == "paid"
    assert shown.told().count("session_expired") == 1
    assert shown.told().count("pay_invoice") == 1
    assert embedding.account.get(f"invoices/{embedding.open}")["status"] == "paid"


@pytest.mark.parametrize("given", ["identity", "hash"])
def test_what_one_customer_typed_is_not_saved_for_the_next(embedding: Embedding, given: str) -> None:
    """The host's page may vouch for somebody else by then: who is logged in has changed."""
    bert = embedding.account.customer("bert@example.com", "Bert")
    his = embedding.account.number(embedding.account.open(bert, 7700))
    embedding.mount(billing_details={"name"})
    shown = embedding.show()
    expect(shown.row(embedding.number)).to_be_visible()
    shown.frame().get_by_role("link", name="Billing details").click()
    shown.heading("Billing details")
    name = shown.frame().get_by_label("Name or company")
    name.fill("Anna Limited")
    clock = embedding.account.sandbox.clock
    with clock.at(clock.now + 2 * HOUR):
        email = "bert@example.com"
        fresh = {
            "identity": {"identity": embedding.portal.sign_identifier(Email(email))},
            "hash": {"email": email, "hash": embedding.portal.hash_email(email)},
        }[given]
        shown.page.evaluate("fresh => { answer = ({event}) => event === 'session_expired' ? fresh : undefined }", fresh)
        shown.frame().get_by_role("button", name="Save").click()
        expect(shown.row(his)).to_be_visible()
    assert embedding.account.get(f"customers/{bert}")["name"] == "Bert"
    assert embedding.account.get(f"customers/{embedding.customer}")["name"] != "Anna Limited"
