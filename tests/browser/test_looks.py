"""How every page stands: it fits a phone and a desk, in light and dark, and can be used by everybody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from browser.conftest import Visit
from browser.helpers.demos import Demo
from browser.helpers.visiting import DESKTOP, PHONE, Visitor

JENNY, RIVERSIDE, CASCADE = "jenny@lumen.studio", "billing@riverside-clinic.example", "ap@cascade-outfitters.example"
TWINS, BEAN_ROUTE, NOBODY = "shared@twins.example", "accounts@beanroute.example", "nobody@nowhere.example"
SIZES = {"phone": PHONE, "desktop": DESKTOP}

_TOO_WIDE = """width => [...document.querySelectorAll('body *')].filter(element => {
    const box = element.getBoundingClientRect();
    return box.width > 1 && (box.right > width + 1 || box.left < -1);
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


def pages(visit: Visit, demo: Demo, **how: Any) -> Iterator[tuple[str, Visitor]]:
    """Every kind of page in turn, each with a name."""
    jenny = visit(JENNY, **how)
    yield "list", jenny
    jenny.page.goto(f"{demo.billing}?from=2026-03-01&to=2026-02-01")
    yield "list with a problem", jenny
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


@pytest.mark.parametrize("locale", ["en-US", "de", "ar"])
def test_no_page_is_wider_than_the_screen(visit: Visit, demo: Demo, locale: str) -> None:
    for name, visitor in pages(visit, demo, locale=locale, size=PHONE):
        for size, (width, height) in SIZES.items():
            visitor.page.set_viewport_size({"width": width, "height": height})
            visitor.picture(f"{demo.framework} {locale} {size} {name}")
            assert visitor.page.evaluate(_TOO_WIDE, width) == [], (name, size)
            assert visitor.page.evaluate("document.documentElement.scrollWidth") <= width, (name, size)
        visitor.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})


def test_dark_is_dark_and_light_is_light(visit: Visit, demo: Demo) -> None:
    for name, visitor in pages(visit, demo, dark=True):
        visitor.picture(f"{demo.framework} dark {name}")
        assert visitor.page.evaluate(_BRIGHTNESS) < 60, name
        visitor.page.emulate_media(color_scheme="light")
        assert visitor.page.evaluate(_BRIGHTNESS) > 200, name
        visitor.page.emulate_media(color_scheme="dark")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing(visit: Visit, demo: Demo, size: str, dark: bool) -> None:
    jenny, clinic = visit(JENNY, size=SIZES[size], dark=dark), visit(RIVERSIDE, size=SIZES[size], dark=dark)
    assert violations(jenny) == []
    clinic.page.goto(demo.billing + described(demo, RIVERSIDE, "Training, two sessions"))
    assert violations(clinic) == []
    assert violations(visit(NOBODY, size=SIZES[size], dark=dark)) == []


def violations(visitor: Visitor) -> list[str]:
    """What axe has to say about a page: the rule, and the elements that break it."""
    results = Axe().run(visitor.page).response["violations"]
    return [f"{rule['help']} ({rule['id']}): {node['html']}" for rule in results for node in rule["nodes"]]
