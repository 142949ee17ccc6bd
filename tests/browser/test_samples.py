"""Each sample, as somebody who follows its README sees it: on an origin of its own, under a strict policy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from browser.helpers.embedding import ANNA, Embedding, Shown
from browser.helpers.samples import BUILT, EXAMPLES, Served, built, copied
from browser.helpers.shop import CHALLENGE, ELEMENT
from invoice_portal.resources import data_dir
from support.moments import NOW
from support.paying import PUBLISHABLE, charges, saved_card
from support.portals import KEY

Open = Callable[..., Shown]


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The samples, where they may be built."""
    return copied(tmp_path_factory.mktemp("samples"))


@pytest.fixture(scope="module", params=BUILT)
def app(request: pytest.FixtureRequest, samples: Path) -> str:
    """Each sample that is an app of components, built: the folder to serve."""
    return built(samples, request.param)


@pytest.fixture(scope="module", params=["html", *BUILT])
def sample(request: pytest.FixtureRequest, samples: Path) -> str:
    """Each sample with the portal in a frame: the folder to serve."""
    return "html" if request.param == "html" else built(samples, request.param)


@pytest.fixture
def open_sample(embedding: Embedding, samples: Path) -> Iterator[Open]:
    """Serves a sample and opens it."""
    with ExitStack() as stack:

        def open_sample(folder: str, **settings: Any) -> Shown:
            environ = {"PORTAL_URL": embedding.mounted.url, "INVOICE_PORTAL_KEY": KEY, "EMAIL": ANNA}
            environ["STRIPE"] = embedding.portal.settings.stripe_api_base
            served = Served(samples, folder, environ)
            stack.callback(served.stop)
            embedding.mount(allowed_embed_origins=[served.origin], **settings)
            return embedding.open_page(served.url)

        yield open_sample


def frame_of(shown: Shown) -> Any:
    return shown.page.frame_locator("iframe")


def test_a_customer_sees_their_invoices_and_the_page_hears_of_it(
    sample: str, open_sample: Open, embedding: Embedding
) -> None:
    shown = open_sample(sample)
    frame = frame_of(shown)
    expect(frame.get_by_role("row").filter(has_text=embedding.number)).to_contain_text("$42.00")
    frame.get_by_role("link", name=embedding.number, exact=True).click()
    expect(shown.page.get_by_role("status")).to_have_text(f"You opened {embedding.open}.")
    expect(frame.get_by_role("heading", level=1)).to_contain_text(embedding.number)
    assert shown.complaints == []


def test_the_portal_comes_and_goes_with_its_component(app: str, open_sample: Open, embedding: Embedding) -> None:
    shown = open_sample(app)
    expect(frame_of(shown).get_by_role("row").filter(has_text=embedding.number)).to_be_visible()
    expect(shown.page.locator("iframe")).to_have_count(1)
    shown.page.get_by_role("button", name="Hide").click()
    expect(shown.page.locator("iframe")).to_have_count(0)
    shown.page.get_by_role("button", name="Show").click()
    expect(frame_of(shown).get_by_role("row").filter(has_text=embedding.number)).to_be_visible()
    assert shown.complaints == []


def test_a_change_of_language_is_shown_in_place(app: str, open_sample: Open, embedding: Embedding) -> None:
    shown = open_sample(app)
    expect(frame_of(shown).get_by_role("row").filter(has_text=embedding.number)).to_be_visible()
    expect(frame_of(shown).locator("html")).to_have_attribute("lang", "en")
    shown.page.get_by_role("button", name="Deutsch").click()
    expect(frame_of(shown).locator("html")).to_have_attribute("lang", "de")
    expect(shown.page.locator("iframe")).to_have_count(1)
    assert shown.complaints == []


def test_a_session_that_runs_out_is_renewed_by_the_samples_server(
    sample: str, open_sample: Open, embedding: Embedding
) -> None:
    now = [NOW]
    shown = open_sample(sample, clock=lambda: now[0], session_minutes=10)
    row = frame_of(shown).get_by_role("row").filter(has_text=embedding.number)
    expect(row).to_be_visible()
    now[0] += 601
    row.get_by_role("link", name=embedding.number, exact=True).click()
    expect(frame_of(shown).get_by_role("heading", level=1)).to_contain_text(embedding.number)


# The JSON API


def test_a_page_of_ones_own_lists_filters_and_opens(open_sample: Open, embedding: Embedding) -> None:
    shown = open_sample("api")
    page = shown.page
    expect(page.locator("#due")).to_have_text("To pay: $42.00")
    expect(page.locator("#invoices li")).to_have_count(2)
    page.get_by_label("Status").select_option("paid")
    expect(page.locator("#invoices li")).to_have_count(1)
    page.get_by_label("Status").select_option("")
    page.get_by_role("button", name=embedding.number).click()
    expect(page.get_by_role("dialog")).to_contain_text(embedding.number)
    expect(page.get_by_role("dialog").locator("dd").last).to_have_text("$42.00")
    with page.expect_request(lambda request: request.url.startswith(embedding.portal.settings.stripe_api_base)):
        page.get_by_role("button", name="Download PDF").click()
    assert shown.complaints == []


def test_a_page_of_ones_own_pays_with_a_saved_method_and_the_banks_question(
    open_sample: Open, embedding: Embedding
) -> None:
    saved_card(embedding.account, embedding.customer, "pm_card_authenticationRequired")
    shown = open_sample("api", stripe_publishable_key=PUBLISHABLE)
    page = shown.page
    page.get_by_role("button", name=embedding.number).click()
    page.get_by_role("button", name="Pay", exact=True).click()
    expect(page.locator("#amount")).to_have_text("To pay now: $42.00")
    page.locator("#saved button").dblclick()
    bank = page.frame_locator(f"iframe[title='{CHALLENGE}']")
    bank.get_by_role("button", name="Complete authentication").click()
    expect(page.locator("#ended")).to_have_text("Paid. Thank you.")
    expect(page.locator("#due")).to_have_text("Nothing to pay.")
    assert [charge["amount"] for charge in charges(embedding.account, embedding.customer)].count(4200) == 1
    assert [said for said in shown.complaints if "402" not in said] == []


def test_a_page_of_ones_own_pays_with_a_new_card_after_one_was_declined(
    open_sample: Open, embedding: Embedding
) -> None:
    shown = open_sample("api", stripe_publishable_key=PUBLISHABLE)
    page = shown.page
    page.get_by_role("button", name=embedding.number).click()
    page.get_by_role("button", name="Pay", exact=True).click()
    fields = page.frame_locator(f"iframe[title='{ELEMENT}']")
    for number, said in (("4000 0000 0000 0002", "#said"), ("4242 4242 4242 4242", "#ended")):
        fields.get_by_label("Card number").fill(number)
        fields.get_by_label("Expiration date").fill("12 / 34")
        fields.get_by_label("Security code").fill("123")
        page.get_by_role("button", name="Pay with a new method").click()
        expect(page.locator(said)).not_to_have_text("")
    expect(page.locator("#ended")).to_have_text("Paid. Thank you.")
    assert embedding.account.get(f"invoices/{embedding.open}")["status"] == "paid"


def test_it_comes_in_pages(open_sample: Open, embedding: Embedding) -> None:
    shown = open_sample("api", page_size=1)
    expect(shown.page.locator("#invoices li")).to_have_count(1)
    shown.page.get_by_role("button", name="Older invoices").click()
    expect(shown.page.locator("#invoices li")).to_have_count(2)
    expect(shown.page.get_by_role("button", name="Older invoices")).to_be_hidden()


def test_a_session_that_runs_out_is_replaced(open_sample: Open, embedding: Embedding) -> None:
    now = [NOW]
    shown = open_sample("api", clock=lambda: now[0], session_minutes=10)
    expect(shown.page.locator("#invoices li")).to_have_count(2)
    now[0] += 601
    shown.page.get_by_role("button", name=embedding.number).click()
    expect(shown.page.get_by_role("dialog")).to_contain_text(embedding.number)


def test_what_goes_wrong_is_said_in_the_portals_words(open_sample: Open, embedding: Embedding) -> None:
    shown = open_sample("api", enter_limit="1/hour")
    expect(shown.page.locator("#invoices li")).to_have_count(2)
    shown.page.reload()
    expect(shown.page.get_by_role("alert")).to_contain_text("Please wait a moment")


def test_a_site_that_is_not_allowed_reads_nothing(open_sample: Open, embedding: Embedding, samples: Path) -> None:
    environ = {"PORTAL_URL": embedding.mounted.url, "INVOICE_PORTAL_KEY": KEY, "EMAIL": ANNA}
    served = Served(samples, "api", environ)
    try:
        shown = embedding.open_page(served.url)
        expect(shown.page.get_by_role("alert")).to_be_visible()
        expect(shown.page.locator("#invoices li")).to_have_count(0)
    finally:
        served.stop()


def test_the_wrappers_types_are_the_portals_own() -> None:
    own = (data_dir("static") / "embed.d.ts").read_text(encoding="utf-8")
    assert (EXAMPLES / "react-package" / "embed.d.ts").read_text(encoding="utf-8") == own
