"""Usage in a real browser: the graphs' values under pointer and keyboard, the table without a script, the file."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from playwright.sync_api import expect

from browser.conftest import Visit
from browser.helpers.demos import Demo
from browser.helpers.visiting import DESKTOP, PHONE
from browser.test_looks import violations

JENNY = "jenny@lumen.studio"
_DIRECTION = "svg => new DOMMatrix(getComputedStyle(svg).transform).a"

pytestmark = pytest.mark.parametrize("demo", ["flask"], indirect=True)


def test_the_first_page_leads_to_the_bill_and_to_usage(visit: Visit, demo: Demo) -> None:
    jenny = visit(JENNY)
    expect(jenny.page.locator(".portal-notice")).to_contain_text("is overdue")
    jenny.press(jenny.page.get_by_role("link", name="Details of the upcoming bill"))
    assert jenny.heading() == "Upcoming bill"
    assert "Team plan" in jenny.text()
    jenny.open_billing()
    jenny.press(jenny.page.get_by_role("link", name="By day and what it costs"))
    assert jenny.heading() == "Usage"


def test_a_value_is_shown_under_the_pointer_and_by_arrow_keys(visit: Visit, demo: Demo) -> None:
    jenny = visit(JENNY)
    jenny.page.goto(f"{demo.billing}usage")
    chart = jenny.page.locator("figure").first
    value, plot = chart.locator("output"), chart.get_by_role("slider")
    points = chart.locator(".portal-chart-point")
    points.nth(2).hover()
    expect(value).to_have_text(str(points.nth(2).get_attribute("data-label")))
    plot.focus()
    for key, at in (("End", -1), ("ArrowLeft", -2), ("ArrowRight", -1), ("Home", 0), ("ArrowUp", 1)):
        jenny.page.keyboard.press(key)
        label = str(points.nth(at if at >= 0 else points.count() + at).get_attribute("data-label"))
        expect(value).to_have_text(label)
        expect(plot).to_have_attribute("aria-valuetext", label)


def test_in_arabic_time_runs_from_right_to_left(visit: Visit, demo: Demo) -> None:
    jenny = visit(JENNY, locale="ar")
    jenny.page.goto(f"{demo.billing}usage")
    chart = jenny.page.locator("figure").first
    assert chart.locator("svg").evaluate(_DIRECTION) == -1
    points, value = chart.locator(".portal-chart-point"), chart.locator("output")
    first, last = points.first.bounding_box(), points.last.bounding_box()
    assert first
    assert last
    assert first["x"] > last["x"]
    chart.get_by_role("slider").focus()
    jenny.page.keyboard.press("Home")
    jenny.page.keyboard.press("ArrowLeft")
    expect(value).to_have_text(str(points.nth(1).get_attribute("data-label")))


def test_without_a_script_pictures_and_numbers_are_there(visit: Visit, demo: Demo) -> None:
    jenny = visit(JENNY, javascript=False)
    jenny.page.goto(f"{demo.billing}usage")
    expect(jenny.page.get_by_role("img", name="API calls by day")).to_be_visible()
    table = jenny.page.locator(".portal-numbers").first
    table.locator("summary").click()
    expect(table.locator("tbody tr").first).to_be_visible()


def test_the_file_opens_with_the_same_numbers(visit: Visit, demo: Demo, tmp_path: Path) -> None:
    jenny = visit(JENNY)
    jenny.page.goto(f"{demo.billing}usage")
    with jenny.page.expect_download() as download:
        jenny.page.get_by_role("link", name="Download CSV").first.click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    assert path.name == "usage.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["meter"] for row in rows} == {"API calls", "Exports", "Storage (GB)"}
    newest = [row for row in rows if row["meter"] == "API calls"][-1]
    cells = jenny.page.locator(".portal-numbers").first.locator("tbody tr").first.locator("td").all_inner_texts
    jenny.page.locator(".portal-numbers").first.locator("summary").click()
    assert cells()[1].replace(",", "") == newest["billable_so_far"]


@pytest.mark.parametrize(("size", "dark"), [(DESKTOP, False), (PHONE, True)], ids=["light, desktop", "dark, phone"])
@pytest.mark.parametrize("path", ["upcoming", "usage"])
def test_everybody_can_use_it(visit: Visit, demo: Demo, path: str, size: tuple[int, int], dark: bool) -> None:
    jenny = visit(JENNY, size=size, dark=dark)
    jenny.page.goto(demo.billing + path)
    for summary in jenny.page.locator(".portal-numbers summary").all():
        summary.click()
    jenny.picture(f"{'dark' if dark else 'light'} {size[0]} {path}, open")
    assert violations(jenny) == []
