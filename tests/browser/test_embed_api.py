"""The snippet's other shapes: what Servicebot and Billflow had, the custom element, the calls, and coming and going."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from browser.helpers.embedding import ANNA, Embedding

GLOBALS = ["servicebotSettings", "billflowSettings"]
PLACES = ["servicebot-subscription-portal", "billflow-embed"]


@pytest.mark.parametrize("name", GLOBALS)
@pytest.mark.parametrize("place", PLACES)
def test_a_snippet_of_servicebots_or_billflows_works(embedding: Embedding, name: str, place: str) -> None:
    """Only the script's address has changed; both identifiers and keys of theirs may stand in it."""
    settings = {
        "servicebot_id": "abcdefghij",
        "billing_page_id": "klmnopqrst",
        "email": ANNA,
        "customer_id": embedding.customer,
        "email_hash" if name == "servicebotSettings" else "hash": embedding.settings["hash"],
        "service": "Team",
        "metadata": {"plugin_type": "wordpress"},
    }
    shown = embedding.show(embedding.snippet(settings, name=name, id=place))
    expect(shown.row(embedding.number, f"#{place}")).to_be_visible()
    assert shown.complaints == []
    assert shown.told() == ["pre_load", "post_load"]


def test_both_settings_objects_at_once_mount_one_portal(embedding: Embedding) -> None:
    """As the WordPress plugin sets them."""
    given = json.dumps(embedding.settings)
    shown = embedding.show(
        f"<div id=billflow-embed></div><script>servicebotSettings = billflowSettings = {given}</script>"
        f'<script async billflow-script=entry src="{embedding.mounted.url}/embed.js"></script>'
    )
    expect(shown.row(embedding.number, "#billflow-embed")).to_be_visible()
    expect(shown.page.locator("iframe")).to_have_count(1)


def test_their_component_mounts_again_when_the_script_is_inserted_again(embedding: Embedding) -> None:
    """The idiom of their React sample: element and script go, and come back."""
    shown = embedding.show("<main></main>")
    come = """([settings, src]) => {
        window.servicebotSettings = settings;
        document.querySelector("main").innerHTML = "<div id=servicebot-subscription-portal></div>";
        const script = document.createElement("script");
        Object.assign(script, {src, async: true, id: "servicebot-embed-js"});
        document.head.append(script);
    }"""
    given = [embedding.settings, f"{embedding.mounted.url}/embed.js"]
    for _ in range(3):
        shown.page.evaluate(come, given)
        expect(shown.row(embedding.number, "#servicebot-subscription-portal")).to_be_visible()
        shown.page.evaluate("document.querySelector('main').innerHTML = ''; document.querySelector('script').remove()")
    assert shown.complaints == []


def test_a_module_mounts_by_promise(embedding: Embedding) -> None:
    given = json.dumps(embedding.settings)
    shown = embedding.show(
        f"""<div id=invoice-portal></div><script type=module>
        import portal, {{ mount, on }} from "{embedding.mounted.url}/embed.mjs";
        window.told = [];
        on("*", message => told.push(message));
        const mounted = await mount("#invoice-portal", {given});
        window.mounted = mounted;
        window.same = portal === window.InvoicePortal;
        </script>"""
    )
    shown.page.wait_for_function("window.mounted")
    expect(shown.row(embedding.number)).to_be_visible()
    assert shown.page.evaluate("same")
    assert shown.told() == ["pre_load", "post_load"]


def test_a_mounted_portal_is_updated_and_unmounted(embedding: Embedding) -> None:
    shown = embedding.show()
    shown.heading("Billing")
    shown.page.evaluate("InvoicePortal.update('#invoice-portal', {options: {language: 'de'}})")
    shown.heading("Abrechnung")
    bert = embedding.account.customer("bert@example.com", "Bert")
    number = embedding.account.number(embedding.account.open(bert, 7700))
    who = {"email": "bert@example.com", "hash": embedding.portal.hash_email("bert@example.com")}
    shown.open_invoice(embedding.number)
    shown.heading(embedding.number)
    shown.page.evaluate("who => InvoicePortal.update('#invoice-portal', who)", who)
    expect(shown.row(number)).to_be_visible()
    expect(shown.row(embedding.number)).to_have_count(0)
    assert shown.page.evaluate("InvoicePortal.unmount('#invoice-portal')") is True
    expect(shown.page.locator("iframe")).to_have_count(0)
    assert shown.page.evaluate("InvoicePortal.unmount('#invoice-portal')") is False


def test_setting_the_same_again_loads_nothing(embedding: Embedding) -> None:
    """As frameworks do each time that they draw; what they watch are no plain objects."""
    shown = embedding.show()
    shown.heading("Billing")
    shown.open_invoice(embedding.number)
    shown.heading(embedding.number)
    again = """settings => {
        const watched = new Proxy({...settings, options: new Proxy({actions: new Proxy(%s, {})}, {})}, {});
        return InvoicePortal.update("#invoice-portal", watched).then(() => "done");
    }"""
    assert shown.page.evaluate(
        "settings => InvoicePortal.update('#invoice-portal', settings).then(() => 1)", embedding.settings
    )
    assert shown.told().count("pre_load") == 1
    shown.heading(embedding.number)
    assert shown.page.evaluate(again % "['view']", embedding.settings) == "done"
    shown.heading(embedding.number)
    expect(shown.frame().get_by_text("Download PDF")).to_have_count(0)


_COUNT = """<script>
const listeners = new Set();
const add = window.addEventListener, remove = window.removeEventListener;
window.addEventListener = function (type, run, ...more) {
    if (type === "message") listeners.add(run);
    return add.call(this, type, run, ...more);
};
window.removeEventListener = function (type, run, ...more) {
    listeners.delete(run);
    return remove.call(this, type, run, ...more);
};
</script>"""


def test_coming_and_going_leaves_nothing_behind(embedding: Embedding) -> None:
    shown = embedding.show(
        f'{_COUNT}<div id=invoice-portal></div><script src="{embedding.mounted.url}/embed.js"></script>'
    )
    counted = shown.page.evaluate(
        """async settings => {
            const counts = [];
            for (let i = 0; i < 4; i++) {
                const portal = await InvoicePortal.mount("#invoice-portal", settings);
                if (i % 2) portal.unmount();
                else { InvoicePortal.mount("#invoice-portal", settings); InvoicePortal.unmount("#invoice-portal"); }
                const frames = document.querySelectorAll("iframe").length;
                counts.push([listeners.size, frames, document.head.children.length]);
            }
            return counts;
        }""",
        embedding.settings,
    )
    assert [count[:2] for count in counted] == [[0, 0]] * 4
    assert len({count[2] for count in counted}) == 1
    assert shown.complaints == []


def test_an_element_that_the_page_takes_away_unmounts_its_portal(embedding: Embedding) -> None:
    shown = embedding.show(_COUNT + embedding.snippet())
    shown.heading("Billing")
    assert shown.page.evaluate("listeners.size") == 1
    shown.page.evaluate("document.querySelector('#invoice-portal').remove()")
    shown.page.wait_for_function("listeners.size === 0")


def test_the_custom_element_shows_follows_and_leaves(embedding: Embedding) -> None:
    settings = embedding.settings
    shown = embedding.show(
        f"""<script type=module src="{embedding.mounted.url}/embed.mjs"></script>
        <invoice-portal id=invoice-portal email="{settings["email"]}" hash="{settings["hash"]}"
            actions="view download"></invoice-portal>
        <script>window.told = [];
        document.addEventListener("invoice-portal", ({{ detail }}) => told.push(detail));</script>"""
    )
    expect(shown.row(embedding.number)).to_be_visible()
    expect(shown.frame().get_by_role("button", name="Pay")).to_have_count(0)
    shown.page.evaluate("document.querySelector('invoice-portal').setAttribute('language', 'de')")
    shown.heading("Abrechnung")
    assert "post_load" in shown.told()
    shown.page.evaluate("document.querySelector('invoice-portal').remove()")
    expect(shown.page.locator("iframe")).to_have_count(0)


def test_the_host_may_stop_the_portal_from_loading(embedding: Embedding) -> None:
    for answer in ("() => false", "async () => false", "() => { throw new Error('no') }", "async () => { throw 1 }"):
        shown = embedding.show(embedding.snippet().replace("window.told = []", f"window.answer = {answer}; told = []"))
        shown.page.wait_for_function("window.told && told.length && window.InvoicePortal")
        shown.page.evaluate("new Promise(done => setTimeout(done))")
        expect(shown.page.locator("iframe")).to_have_count(0)
        assert shown.told() == ["pre_load"]


def test_a_handler_that_fails_stops_nothing_else(embedding: Embedding) -> None:
    failing = "window.answer = ({event}) => { if (event !== 'pre_load') throw new Error('mine') }; told = []"
    shown = embedding.show(embedding.snippet().replace("window.told = []", failing))
    shown.open_invoice(embedding.number)
    shown.heading(embedding.number)
    assert any("your handler of post_load failed" in said for said in shown.complaints)


def test_debug_says_what_happened_and_no_secret(embedding: Embedding) -> None:
    settings = {**embedding.settings, "options": {"debug": True, "language": "de", "actions": ["view", "pay"]}}
    shown = embedding.show(embedding.snippet(settings))
    shown.heading("Abrechnung")
    said = "\n".join(shown.console)
    for words in ("mounting with", "connected with", "came in", "actions: pay, view", "language: de"):
        assert words in said, words
    assert embedding.settings["hash"] not in said
    quiet = embedding.show()
    quiet.heading("Billing")
    assert quiet.console == []


def test_debug_says_why_coming_in_failed(embedding: Embedding) -> None:
    embedding.mount(debug=True)
    wrong = {"email": ANNA, "hash": embedding.portal.hash_email(ANNA.upper()), "options": {"debug": True}}
    shown = embedding.show(embedding.snippet(wrong))
    shown.heading("This link is not valid")
    assert shown.last("error")["code"] == "SignatureRefused"
    said = "\n".join(shown.console)
    assert "doctor" in said
    assert wrong["hash"] not in said


def test_a_place_that_is_not_there_is_named(embedding: Embedding) -> None:
    shown = embedding.show(f'<script src="{embedding.mounted.url}/embed.js"></script>')
    refused = shown.page.evaluate("InvoicePortal.mount('#nowhere', {}).catch(error => [error.code, error.message])")
    assert refused == ["no_element", "invoice-portal: there is no element #nowhere"]
