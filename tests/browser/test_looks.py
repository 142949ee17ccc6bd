"""How every page stands: it fits a phone and a desk, in light and dark, and can be used by everybody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from browser.conftest import Visit
from browser.helpers.demos import FRAMEWORKS, Demo
from browser.helpers.visiting import DESKTOP, PHONE, Visitor

JENNY, RIVERSIDE, CASCADE = "jenny@lumen.studio", "billing@riverside-clinic.example", "ap@cascade-outfitters.example"
TWINS, BEAN_ROUTE, NOBODY = "shared@twins.example", "accounts@beanroute.example", "nobody@nowhere.example"

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
    for path in ("upcoming", "usage", "usage?back=1"):
        jenny.page.goto(demo.billing + path)
        yield path, jenny
    jenny.page.goto(str(jenny.page.locator(".portal-numbers tbody a").first.evaluate("link => link.href")))
    yield "usage by hour", jenny
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


@pytest.mark.parametrize(
    ("demo", "locale"),
    [(framework, "en-US") for framework in FRAMEWORKS] + [("flask", "de"), ("flask", "ar")],
    indirect=["demo"],
)
def test_no_page_is_wider_than_the_screen(visit: Visit, demo: Demo, locale: str) -> None:
    for name, visitor in pages(visit, demo, locale=locale, size=PHONE):
        for size in (DESKTOP, PHONE):
            width, height = size
            visitor.page.set_viewport_size({"width": width, "height": height})
            visitor.picture(f"{demo.framework} {locale} {width} {name}")
            assert visitor.page.evaluate(_TOO_WIDE, width) == [], (name, width)
            assert visitor.page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)


@pytest.mark.parametrize(("size", "dark"), [(DESKTOP, False), (PHONE, True)], ids=["light, desktop", "dark, phone"])
def test_everybody_can_use_it_in_light_and_dark(visit: Visit, demo: Demo, size: tuple[int, int], dark: bool) -> None:
    jenny, clinic, nobody = (visit(email, size=size, dark=dark) for email in (JENNY, RIVERSIDE, NOBODY))
    clinic.page.goto(demo.billing + described(demo, RIVERSIDE, "Training, two sessions"))
    for visitor, name in ((jenny, "list"), (clinic, "invoice"), (nobody, "message")):
        visitor.picture(f"{demo.framework} {'dark' if dark else 'light'} {size[0]} {name}")
        assert violations(visitor) == []
        brightness = visitor.page.evaluate(_BRIGHTNESS)
        assert brightness < 60 if dark else brightness > 200


def violations(visitor: Visitor) -> list[str]:
    """What axe has to say about a page: the rule, and the elements that break it."""
    results = Axe().run(visitor.page).response["violations"]
    return [f"{rule['help']} ({rule['id']}): {node['html']}" for rule in results for node in rule["nodes"]]
