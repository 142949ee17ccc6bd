"""A customer's way through cancelling, changing and billing details; and how those pages stand."""

from __future__ import annotations

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from browser.conftest import Visit
from browser.helpers.visiting import DESKTOP, PHONE, Visitor

CLINIC, BAKERY = "billing@riverside-clinic.example", "shared@twins.example"


def at_the_subscription(visit: Visit, email: str, **how: Any) -> Visitor:
    customer = visit(email, **how)
    customer.page.goto(f"{customer.demo.billing}subscriptions")
    customer.press(customer.page.get_by_role("link", name="Starter plan"))
    return customer


def test_cancelling_declining_the_offer_and_coming_back(visit: Visit) -> None:
    customer = at_the_subscription(visit, CLINIC)
    page = customer.page
    customer.press(page.get_by_role("link", name="Cancel subscription"))
    page.get_by_label("It is too expensive").check()
    page.get_by_label("Anything else?").fill("We have grown smaller.")
    customer.press(page.get_by_role("button", name="Cancel subscription"))
    expect(page.get_by_role("heading", name="Stay, and get 25% off")).to_be_visible()
    customer.press(page.get_by_role("button", name="No, cancel the subscription"), twice=True)
    expect(page.get_by_role("status")).to_contain_text("is canceled")
    customer.press(page.get_by_role("button", name="Keep the subscription"), twice=True)
    expect(page.get_by_role("status")).to_contain_text("goes on")


def invoices_of(customer: Visitor) -> int:
    """How many invoices the subscription at hand has; comes back to it."""
    here = customer.page.url
    customer.press(customer.page.get_by_role("link", name="Invoices of this subscription"))
    count = customer.page.locator(".portal-invoices tbody tr").count()
    customer.page.goto(here)
    return count


def test_a_plan_is_changed_by_a_double_click_and_charged_once(visit: Visit) -> None:
    customer = at_the_subscription(visit, BAKERY)
    page, before = customer.page, invoices_of(customer)
    customer.press(page.get_by_role("link", name="Change plan"))
    business = page.locator(".portal-plans li", has_text="Business plan")
    business.get_by_label("Quantity").fill("3")
    customer.press(business.get_by_role("button"))
    customer.press(page.get_by_role("button", name=re.compile("Confirm and pay")), twice=True)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Business plan")
    expect(page.locator("body")).to_contain_text("3 × $149.00 per month")
    assert invoices_of(customer) == before + 1


def test_billing_details_say_what_is_wrong_at_the_field(visit: Visit) -> None:
    customer = visit(CLINIC)
    page = customer.page
    page.goto(f"{customer.demo.billing}details")
    page.get_by_label("Phone").fill("call me")
    customer.watch.expect_status(422)
    customer.press(page.get_by_role("button", name="Save"))
    expect(page.get_by_label("Phone")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Phone").fill("+1 617 555 0100")
    customer.press(page.get_by_role("button", name="Save"))
    expect(page.get_by_role("status")).to_contain_text("Saved.")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_the_pages_fit_and_axe_finds_nothing(visit: Visit, size: tuple[int, int], dark: bool) -> None:
    customer = at_the_subscription(visit, CLINIC, size=size, dark=dark)
    here, axe = customer.page.url, Axe()
    billing = customer.demo.billing
    for address in (f"{billing}subscriptions", here, f"{here}/cancel", f"{here}/change", f"{billing}details"):
        customer.page.goto(address)
        found = axe.run(customer.page).response["violations"]
        assert found == [], f"{address}: {[(rule['id'], rule['nodes'][0]['html']) for rule in found]}"
        width = customer.page.evaluate("document.documentElement.scrollWidth")
        assert width <= size[0], address
