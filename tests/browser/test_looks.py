"""How every page stands: it fits a phone and a desk, in light and dark, and can be used by everybody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from browser.conftest import Visit
from browser.helpers.demos import FRAMEWORKS, Demo
from browser.helpers.visiting import DESKTOP, PHONE, Visitor

JENNY, RIVERSIDE, CASCADE = "jenny@lumen.studio", "billing@riverside-clinic.example", "ap@cascade-outfitters.example"
SMALL = (320, 640)
TWINS, BEAN_ROUTE, NOBODY = "shared@twins.example", "accounts@beanroute.example", "nobody@nowhere.example"

_TOO_WIDE = """width => [...document.querySelectorAll('body *')].filter(element => {
    const box = element.getBoundingClientRect();
    const over = box.width > 1 && (box.right > width + 1 || box.left < -1);
    return over && !element.parentElement.closest('.portal-scroll');
}).map(element => element.tagName.toLowerCase() + ': ' + element.innerText.slice(0, 60))"""
_BRIGHTNESS = """() => {
    const colours = [document.documentElement, document.body].map(one => getComputedStyle(one).backgroundColor);
    const [red, green, blue] = colours.find(colour => colour !== 'rgba(0, 0, 0, 0)').match(/[\\d.]+/g);
    return (Number(red) + Number(green) + Number(blue)) / 3;
}"""


def described(demo: Demo, email: str, words: str) -> str:
    """The address of the invoice whose first line says this."""
    invoices = demo.stripe.invoices(email)
    id = next(invoice["id"] for invoice in invoices if words in invoice["lines"]["data"][0]["description"])
    return f"invoices/{id}"


def forms(visitor: Visitor, demo: Demo) -> Iterator[tuple[str, Visitor]]:
    """What can be filled in, from an open invoice to the end of a subscription; and billing details with mistakes."""
    page, watch = visitor.page, visitor.watch
    watch.expect_abort()  # Stripe's fields may still be loading when the next page is opened
    (invoice,) = demo.stripe.invoices(JENNY, status="open")[-1:]
    page.goto(f"{demo.billing}invoices/{invoice['id']}/pay?part=x")
    yield "pay", visitor
    page.goto(demo.billing + "subscriptions")
    page.goto(str(page.locator(".portal-subscriptions a").first.evaluate("link => link.href")))
    yield "subscription", visitor
    visitor.press(page.locator("a.portal-ending"))
    yield "cancel", visitor
    page.locator("[value=too_expensive]").check()
    visitor.press(page.locator(".portal-button-danger"))
    yield "offer", visitor
    watch.expect_status(422)
    page.goto(demo.billing + "details")
    page.locator("#portal-name").fill("")
    page.locator("#portal-country").select_option("")
    visitor.press(page.locator(".portal-details .portal-button"))
    yield "details with mistakes", visitor


def pages(visit: Visit, demo: Demo, **how: Any) -> Iterator[tuple[str, Visitor]]:
    """Every kind of page in turn, each with a name."""
    jenny = visit(JENNY, **how)
    yield "list", jenny
    jenny.page.goto(f"{demo.billing}?from=2026-03-01&to=2026-02-01")
    yield "list with a problem", jenny
    for path in ("upcoming", "usage", "usage?back=1", "subscriptions", "payment_methods", "pay"):
        jenny.page.goto(demo.billing + path)
        yield path, jenny
    jenny.page.goto(demo.billing + "usage")
    jenny.page.goto(str(jenny.page.locator(".portal-numbers tbody a").first.evaluate("link => link.href")))
    yield "usage by hour", jenny
    yield from forms(jenny, demo)
    for status in ("open", "void"):
        jenny.open_invoice(demo.stripe.invoices(JENNY, status=status)[-1]["id"])
        yield f"invoice, {status}", jenny
    for email, words in (
        (RIVERSIDE, "Training, two sessions"),
        (RIVERSIDE, "Interface to the laboratory"),
        (CASCADE, "Custom work"),
        (CASCADE, "Trail tag, set 1"),
    ):
        customer = visit(email, **how)
        yield f"list of {email}", customer
        customer.page.goto(demo.billing + described(demo, email, words))
        yield f"invoice, {words}", customer
    customer = visit(RIVERSIDE, **how)
    customer.press(customer.page.locator(".portal-offer a.portal-button"))
    yield "what a change costs", customer
    customer.press(customer.page.locator(".portal-up a"))
    customer.press(customer.page.locator(".portal-deeds a.portal-button"))
    yield "change plan", customer
    yield "two customers", visit(TWINS, **how)
    bean_route = visit(BEAN_ROUTE, **how)
    bean_route.press(bean_route.page.locator("a[rel=next]"))
    yield "a page in the middle", bean_route
    yield "no customer", visit(NOBODY, **how)
    jenny.watch.expect_status(404)
    jenny.open_invoice("in_0000000000000000000000")
    yield "missing", jenny
    stranger = visit(**how)
    stranger.watch.expect_status(401)
    stranger.open_billing()
    yield "closed", stranger


@pytest.mark.parametrize(
    ("demo", "locale"),
    [(framework, "en-US") for framework in FRAMEWORKS] + [("flask", "de"), ("flask", "ar")],
    indirect=["demo"],
)
def test_no_page_is_wider_than_the_screen(visit: Visit, demo: Demo, locale: str) -> None:
    for name, visitor in pages(visit, demo, locale=locale, size=PHONE):
        for size in (DESKTOP, PHONE, SMALL):
            width, height = size
            visitor.page.set_viewport_size({"width": width, "height": height})
            visitor.picture(f"{demo.framework} {locale} {width} {name}")
            assert visitor.page.evaluate(_TOO_WIDE, width) == [], (name, width)
            assert visitor.page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)


@pytest.mark.parametrize("demo", ["flask"], indirect=True)
@pytest.mark.parametrize(("size", "dark"), [(DESKTOP, False), (PHONE, True)], ids=["light, desktop", "dark, phone"])
def test_everybody_can_use_it_in_light_and_dark(visit: Visit, demo: Demo, size: tuple[int, int], dark: bool) -> None:
    for name, visitor in pages(visit, demo, size=size, dark=dark):
        visitor.picture(f"{demo.framework} {'dark' if dark else 'light'} {size[0]} {name}")
        assert violations(visitor) == [], name
        brightness = visitor.page.evaluate(_BRIGHTNESS)
        assert brightness < 60 if dark else brightness > 200


@pytest.mark.parametrize("demo", ["flask"], indirect=True)
def test_a_mistake_is_read_first_and_leads_to_its_field(visit: Visit, demo: Demo) -> None:
    jenny = visit(JENNY, size=PHONE)
    page = jenny.page
    page.goto(demo.billing + "details")
    jenny.watch.expect_status(422)
    page.get_by_label("Number", exact=True).fill("12")
    jenny.press(page.get_by_role("button", name="Add", exact=True))
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary).to_be_in_viewport()
    summary.get_by_role("link", name="Kind").click()
    expect(page.get_by_label("Kind", exact=True)).to_be_in_viewport()
    expect(page.get_by_label("Kind", exact=True)).to_be_focused()


@pytest.mark.parametrize("demo", ["flask"], indirect=True)
def test_the_menu_stays_in_its_place_from_page_to_page(visit: Visit, demo: Demo) -> None:
    """Some pages know the customer's name and some do not."""
    jenny = visit(JENNY)
    seen = set()
    for path in ("", "usage", "subscriptions", "details"):
        jenny.page.goto(demo.billing + path)
        seen.add(jenny.page.locator(".portal-menu").evaluate("menu => menu.getBoundingClientRect().top"))
    assert len(seen) == 1


def violations(visitor: Visitor) -> list[str]:
    """What axe has to say about a page: the rule, and the elements that break it."""
    results = Axe().run(visitor.page, options={"iframes": False}).response["violations"]  # Stripe's are Stripe's
    return [f"{rule['help']} ({rule['id']}): {node['html']}" for rule in results for node in rule["nodes"]]
