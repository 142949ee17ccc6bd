"""What pages of foreign origins try against an embedded portal, and that nothing comes of it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from browser.helpers.embedding import ANNA, NO_ICON, Embedding, Shown
from browser.helpers.sites import Site
from invoice_portal import Email

SECRET = "$42.00"


@pytest.fixture
def evil(sites: Callable[[str], Site]) -> Site:
    """A site that the portal's settings do not name."""
    return sites("evil")


def framed_text(shown: Shown) -> str:
    """Everything that stands in any frame of the page, as its reader sees it."""
    shown.page.wait_for_timeout(50)
    return "\n".join(frame.locator("html").inner_text() for frame in shown.page.frames[1:])


DOORS = ("embed", "", "enter?identity={identity}", "enter?email={email}&hash={hash}", "l/{link}", "p/{portal_link}")


@pytest.mark.parametrize("door", DOORS)
def test_a_foreign_page_that_frames_any_door_shows_nothing(embedding: Embedding, evil: Site, door: str) -> None:
    embedding.mount(public_url=embedding.mounted.url)
    portal = embedding.portal
    made = portal.links.portal(embedding.customer)
    assert made is not None
    path = door.format(
        identity=portal.sign_identifier(Email(ANNA)),
        email=ANNA,
        hash=portal.hash_email(ANNA),
        link=str(portal.links.invoice(embedding.open).url).rsplit("/", 1)[1],
        portal_link=str(made.url).rsplit("/", 1)[1],
    )
    shown = embedding.show(f'<iframe src="{embedding.mounted.url}/{path}"></iframe>', site=evil)
    assert any("frame-ancestors" in said for said in shown.complaints)
    expect(shown.page.frames[1].locator("html")).to_contain_text("refused to connect")


def test_a_foreign_page_with_the_snippet_and_a_stolen_hash_shows_nothing(embedding: Embedding, evil: Site) -> None:
    shown = embedding.show(site=evil)
    assert shown.last("error")["code"] == "not_connected"
    expect(shown.page.frames[1].locator("html")).to_contain_text("refused to connect")
    assert "post_load" not in shown.told()


def test_a_foreign_page_between_an_allowed_one_and_the_portal_shows_nothing(embedding: Embedding, evil: Site) -> None:
    between = evil.show("/between", embedding.snippet())
    shown = embedding.show(f'<iframe src="{between}"></iframe>')
    shown.page.frames[1].wait_for_function("told.some(({event}) => event === 'error')")
    assert "post_load" not in [message["event"] for message in shown.page.frames[1].evaluate("told")]
    assert SECRET not in framed_text(shown)


def test_a_foreign_page_that_frames_an_allowed_one_shows_nothing(embedding: Embedding, evil: Site) -> None:
    """An allowed page that lets itself be framed must not lend its right to whoever frames it: clickjacking."""
    inner = embedding.shop.show("/inner", NO_ICON + embedding.snippet())
    shown = embedding.show(f'<iframe src="{inner}" style="opacity: 0"></iframe>', site=evil)
    shown.page.frames[1].wait_for_function("told.some(({event}) => event === 'error')")
    assert SECRET not in framed_text(shown)


_FORGE = """
<script>
const kinds = ["hello", "connect", "start", "event", "ask", "expired", "answer", "shown", "height", "refused"];
function forge(target) {
  for (const nonce of ["", "0".repeat(32), null, undefined])
    for (const type of kinds) {
      const channel = new MessageChannel();
      window.answers = window.answers || [];
      channel.port1.onmessage = ({ data }) => answers.push(data);
      const data = { portal: nonce, type, event: "pay_invoice", value: 9, response: { invoice: "in_forged" },
                     who: { email: "anna@example.com" }, options: {} };
      target.postMessage(data, "*", [channel.port2]);
      channel.port1.postMessage({ type: "start", who: { email: "anna@example.com" }, options: {} });
    }
  for (const data of [null, 1, "pay_invoice", [], { event: "pay_invoice" }]) target.postMessage(data, "*");
}
</script>
"""


def test_a_foreign_frame_beside_that_forges_events_is_not_believed(embedding: Embedding, evil: Site) -> None:
    """An advertisement on the host's page: it can post to the page, and to the portal's frame."""
    forger = evil.show("/forger", _FORGE)
    shown = embedding.show(embedding.snippet() + f'<iframe id=ad src="{forger}"></iframe>')
    expect(shown.row(embedding.number)).to_be_visible()
    exchanged: list[str] = []
    shown.page.on("request", lambda request: exchanged.append(request.url) if "session" in request.url else None)
    before = shown.told()
    height = shown.page.locator("#invoice-portal iframe").evaluate("frame => frame.clientHeight")
    ad = next(frame for frame in shown.page.frames if frame.url.endswith("/forger"))
    ad.evaluate("forge(parent)")
    ad.evaluate(
        "for (let i = 0; i < parent.frames.length; i++) if (parent.frames[i] !== window) forge(parent.frames[i])"
    )
    shown.page.evaluate("new Promise(done => setTimeout(done, 50))")
    assert shown.told() == before
    assert ad.evaluate("answers") == []
    assert exchanged == [], "the portal was made to come in anew"
    assert shown.page.locator("#invoice-portal iframe").evaluate("frame => frame.clientHeight") == height
    expect(shown.row(embedding.number)).to_be_visible()


def test_a_foreign_opener_that_posts_to_the_shell_gets_no_answer(embedding: Embedding, evil: Site) -> None:
    shown = embedding.show(_FORGE, site=evil)
    with shown.page.expect_popup() as opened:
        shown.page.evaluate(
            "([url, name]) => { window.popup = open(url, name) }",
            [f"{embedding.mounted.url}/embed", f"invoice-portal {'0' * 32} {evil.origin}"],
        )
    opened.value.wait_for_load_state()
    shown.page.evaluate("forge(popup)")
    shown.page.evaluate("new Promise(done => setTimeout(done, 50))")
    assert shown.page.evaluate("answers") == []
    assert SECRET not in opened.value.locator("html").inner_text()
    expect(opened.value.get_by_role("heading", level=1)).to_have_text("Please sign in first")


REPLAYS = {
    "as JSON": "{method: 'POST', body, headers: {'Content-Type': 'application/json'}}",
    "as a simple request": "{method: 'POST', body, headers: {'Content-Type': 'text/plain'}}",
    "without a look at the answer": "{method: 'POST', body, mode: 'no-cors'}",
    "with cookies": "{method: 'POST', body, credentials: 'include'}",
}


@pytest.mark.parametrize("how", REPLAYS)
def test_a_foreign_page_that_replays_a_hash_gets_no_session(embedding: Embedding, evil: Site, how: str) -> None:
    shown = embedding.show("<p>evil</p>", site=evil)
    got = shown.page.evaluate(
        f"""([url, body]) => fetch(url, {REPLAYS[how]})
            .then(async answer => [answer.status, await answer.text()], () => ["refused"])""",
        [f"{embedding.mounted.url}/api/me/session", json.dumps(embedding.settings)],
    )
    assert got in (["refused"], [0, ""])


def test_a_hash_vouches_for_its_own_address_only(embedding: Embedding) -> None:
    other = {"email": "bert@example.com", "hash": embedding.portal.hash_email(ANNA)}
    embedding.account.customer("bert@example.com")
    shown = embedding.show(embedding.snippet(other))
    shown.heading("This link is not valid")
    assert shown.last("error")["code"] == "SignatureRefused"


def test_an_identity_that_is_replayed_after_its_time_opens_nothing(embedding: Embedding) -> None:
    token = embedding.portal.sign_identifier(Email(ANNA), expires_in=60)
    clock = embedding.account.sandbox.clock
    with clock.at(clock.now + 61):
        shown = embedding.show(embedding.snippet({"identity": token}))
        shown.heading("This link has expired")
    assert SECRET not in framed_text(shown)


def test_a_foreign_form_pays_nothing_in_a_visitors_name(embedding: Embedding, evil: Site) -> None:
    """The visitor has a session by cookie; in a frame there is none that a foreign page could use."""
    url = f"{embedding.mounted.url}/invoices/{embedding.open}/pay"
    shown = embedding.show(f'<form method=post action="{url}"></form>', site=evil)
    arrival = shown.page.context.new_page()
    arrival.goto(f"{embedding.mounted.url}/enter?identity={embedding.portal.sign_identifier(Email(ANNA))}")
    expect(arrival.get_by_role("heading", level=1)).to_have_text("Billing")
    with shown.page.expect_navigation() as answered:
        shown.page.evaluate("document.forms[0].submit()")
    assert answered.value.status in (401, 403)


_STORED = "(() => { try { return JSON.stringify([localStorage, sessionStorage]) } catch (blocked) { return '' } })()"


def test_the_host_page_never_holds_the_token_of_the_session(both: Embedding) -> None:
    """Neither in a message nor in an address, a name, a store or a cookie: only the frame has it, in memory."""
    spy = """<script>
      window.heard = [];
      addEventListener("message", ({ data }) => heard.push(data));
      const Channel = MessageChannel;
      window.MessageChannel = function () {
        const channel = new Channel();
        channel.port1.addEventListener("message", ({ data }) => heard.push(data));
        return channel;
      };
    </script>"""
    settings = {**both.settings, "options": {"debug": True}}
    shown = both.show(spy + both.snippet(settings))
    shown.open_invoice(both.number)
    shown.heading(both.number)
    heard = str(shown.page.evaluate("heard")) + str(shown.page.evaluate("told")) + "".join(shown.console)
    inner = shown.page.frames[1]
    kept = f"location.href + name + document.cookie + JSON.stringify(history.state) + {_STORED}"
    everywhere = heard + inner.evaluate(kept) + inner.content() + shown.page.content()
    assert "hello" in heard
    assert "ipt_" not in everywhere
    assert both.settings["hash"] not in heard + inner.evaluate(kept) + inner.content()
    with pytest.raises(Exception, match="cross-origin"):
        shown.page.evaluate("frames[0].document.body.innerHTML")


def test_a_name_that_a_foreign_page_gives_its_frame_leads_nowhere(embedding: Embedding, evil: Site) -> None:
    """The frame's name says which origin to talk to: a page that may not frame it cannot make it say hello."""
    name = f"invoice-portal {'0' * 32} {evil.origin}"
    shown = embedding.show(
        "<script>heard = []; addEventListener('message', ({data}) => heard.push(data))</script>"
        f'<iframe name="{name}" src="{embedding.mounted.url}/embed"></iframe>',
        site=evil,
    )
    shown.page.evaluate("new Promise(done => setTimeout(done, 50))")
    assert shown.page.evaluate("heard") == []
