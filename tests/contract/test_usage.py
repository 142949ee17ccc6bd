"""Usage by day, by hour and as a file: whose it is, how it is counted, and what is said where it cannot be read."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import jsonschema
import pytest

from invoice_portal import CustomerId, Email
from invoice_portal.routes import OWN_ROUTES
from support.accounts import Account
from support.metering import BEGAN, metered, use
from support.moments import DAY, NOW
from support.portals import Mount, Mounted, SharingMount, outlast
from support.stripe_server import HANG, StripeServer, as_error, as_json, query_of

ANNA, BERT = Email("anna@example.com"), Email("bert@example.com")
TODAY = NOW // DAY * DAY
SUMMARIES = "/v1/billing/meters/[^/]+/event_summaries"


def told(portal: Mounted, query: str = "", who: Email | CustomerId = ANNA, **more: Any) -> Any:
    answer = portal.browser().own("GET", f"/usage{query}", token=portal.token(who, **more))
    assert answer.status == 200, answer.source
    (route,) = (route for route in OWN_ROUTES if route.name == "api_me_usage")
    assert route.operation is not None
    jsonschema.validate(answer.json, route.operation["responses"]["200"]["content"]["application/json"]["schema"])
    return answer.json


def days(meter: Any) -> dict[str, str]:
    return {day["day"]: day["used"] for day in meter["days"] if day["used"] != "0"}


def iso(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).date().isoformat()


@pytest.fixture
def anna(account: Account) -> str:
    return account.customer(ANNA.address)


@pytest.fixture
def calls(account: Account, anna: str) -> dict[str, str]:
    """Anna's API calls: some before the period, on its first day, on a day within, and today."""
    found = metered(account, anna)
    for value, at in (
        (1000, BEGAN - 3600),
        (5, BEGAN + 60),
        (7, TODAY - 2 * DAY + 3600),
        (9, TODAY - 2 * DAY + 7200),
        (4, NOW),
    ):
        use(account, anna, found["event"], value, at)
    return found


def test_days_are_counted_from_the_periods_first_minute_and_gaps_are_zeros(
    portal: Mounted, calls: dict[str, str]
) -> None:
    (meter,) = told(portal)["meters"]
    assert days(meter) == {iso(BEGAN): "5", iso(TODAY - 2 * DAY): "16", iso(TODAY): "4"}
    assert [day["day"] for day in meter["days"]] == [iso(at) for at in range(BEGAN // DAY * DAY, NOW, DAY)]
    assert meter["total"] == "25"


def test_the_days_of_cost_are_the_upcoming_bills_line(portal: Mounted, calls: dict[str, str]) -> None:
    (meter,) = told(portal)["meters"]
    assert meter["cost"] == meter["billed"] == {"amount": 250, "currency": "usd", "text": "$2.50"}
    assert sum(day["cost"]["amount"] for day in meter["days"]) == 250
    assert meter["doubts"] == []


def test_the_page_says_it_all_without_a_script(portal: Mounted, calls: dict[str, str]) -> None:
    page = portal.browser(ANNA).get("/usage")
    assert page.status == 200
    for words in ("API calls", "25", "$2.50", "UTC", "As of", "before discounts and taxes"):
        assert words in page.text
    assert page.source.count("<svg") == 3
    assert page.source.count('role="img"') == 3
    assert "style=" not in page.source
    assert "<style" not in page.source


def test_stripes_order_and_gaps_change_nothing(portal: Mounted, account: Account, calls: dict[str, str]) -> None:
    before = told(portal)
    account.sandbox.meters.shuffled = account.sandbox.meters.gaps = True
    assert told(portal) == before


def test_every_question_to_stripe_is_aligned_and_there_are_few(
    portal: Mounted, calls: dict[str, str], stripe: StripeServer
) -> None:
    stripe.requests.clear()
    told(portal)
    asked = [query_of(request) for request in stripe.asked(SUMMARIES)]
    assert len(asked) == 2, "the part of the first day, and the whole days"
    for query in asked:
        unit = DAY if query.get("value_grouping_window") == "day" else 60
        assert int(query["start_time"]) % unit == int(query["end_time"]) % unit == 0


def test_a_hundred_thousand_events_are_as_few_calls(
    portal: Mounted, account: Account, anna: str, stripe: StripeServer
) -> None:
    found = metered(account, anna, unit_amount_decimal="0.5")
    for hour in range(100):
        use(account, anna, found["event"], 1000, NOW - 3600 * hour)
    stripe.requests.clear()
    (meter,) = told(portal)["meters"]
    assert meter["total"] == "100000"
    assert meter["cost"]["amount"] == 50_000
    assert len(stripe.asked(SUMMARIES)) == 2


TIERS = [{"up_to": 10, "unit_amount": 50}, {"up_to": "inf", "unit_amount": 20, "flat_amount": 300}]
PRICES: dict[str, tuple[dict[str, Any], int, list[str]]] = {
    "graduated": ({"billing_scheme": "tiered", "tiers_mode": "graduated", "tiers": TIERS}, 500 + 300 + 15 * 20, []),
    "volume": ({"billing_scheme": "tiered", "tiers_mode": "volume", "tiers": TIERS}, 300 + 25 * 20, ["volume"]),
    "packages": ({"unit_amount": 700, "transform_quantity": {"divide_by": 10, "round": "up"}}, 2100, []),
}


@pytest.mark.parametrize(("terms", "cost", "doubts"), PRICES.values(), ids=PRICES.keys())
def test_each_kind_of_price_adds_up_to_its_line(
    portal: Mounted, account: Account, anna: str, terms: dict[str, Any], cost: int, doubts: list[str]
) -> None:
    found = metered(account, anna, **terms)
    use(account, anna, found["event"], 8, NOW - 3 * DAY)
    use(account, anna, found["event"], 17, NOW - DAY)
    (meter,) = told(portal)["meters"]
    assert meter["cost"]["amount"] == meter["billed"]["amount"] == cost
    assert sum(day["cost"]["amount"] for day in meter["days"]) == cost
    assert meter["doubts"] == doubts
    if doubts:
        assert any(day["rerated"]["amount"] for day in meter["days"])
        assert "priced anew" in portal.browser(ANNA).get("/usage").text


@pytest.mark.parametrize(("formula", "total", "cost"), [("count", "3", 30), ("last", "4", 40)])
def test_events_and_levels_are_counted_as_the_meter_does(
    portal: Mounted, account: Account, anna: str, formula: str, total: str, cost: int
) -> None:
    found = metered(account, anna, formula=formula)
    for value, days_ago in ((9, 5), (6, 3), (4, 1)):
        use(account, anna, found["event"], value, NOW - days_ago * DAY)
    (meter,) = told(portal)["meters"]
    assert (meter["total"], meter["cost"]["amount"], meter["billed"]["amount"]) == (total, cost, cost)
    assert meter["doubts"] == (["level"] if formula == "last" else [])
    assert sum(day["cost"]["amount"] for day in meter["days"]) == cost


def test_a_level_that_fell_to_nothing_is_no_day_without_a_report(portal: Mounted, account: Account, anna: str) -> None:
    account.sandbox.meters.gaps = True
    found = metered(account, anna, "Seats", formula="last", unit_amount=100)
    for value, days_ago in ((9, 6), (0, 4), (2, 1)):
        use(account, anna, found["event"], value, NOW - days_ago * DAY)
    (meter,) = told(portal)["meters"]
    assert [day["level"] for day in meter["days"]][-7:] == ["9", "9", "0", "0", "0", "2", "2"]


def test_a_trial_is_a_period_that_begins_with_the_subscription_and_not_a_month_before_its_end(
    portal: Mounted, account: Account
) -> None:
    anna = account.customer(ANNA.address)
    found = metered(account, anna, began=NOW - 30 * DAY, subscription={"trial_end": NOW - 20 * DAY})
    use(account, anna, found["event"], 3, NOW - 25 * DAY)
    (before,) = told(portal, "?back=1")["meters"]
    assert (before["period_start"], before["period_end"]) == (NOW - 30 * DAY, NOW - 20 * DAY)
    assert before["total"] == "3"
    assert told(portal, "?back=2")["meters"] == []


def test_earlier_periods_can_be_looked_at_back_to_the_beginning(mount: Mount, account: Account) -> None:
    anna = account.customer(ANNA.address)
    portal = mount()
    found = metered(account, anna, began=NOW - 50 * DAY)
    use(account, anna, found["event"], 3, NOW - 30 * DAY)
    (now,), (before,) = told(portal)["meters"], told(portal, "?back=1")["meters"]
    assert now["total"] == "0"
    assert (before["total"], before["cost"]["amount"], before["doubts"]) == ("3", 30, ["past"])
    assert before["period_end"] == now["period_start"]
    assert told(portal, "?back=2")["meters"] == []
    page = portal.browser(ANNA).get("/usage")
    assert "back=1" in page.html.links["Earlier period"]
    last = portal.browser(ANNA).get("/usage?back=1")
    assert "Earlier period" not in last.html.links
    assert "today's price" in last.text


def test_a_day_can_be_looked_at_by_hour(portal: Mounted, calls: dict[str, str], stripe: StripeServer) -> None:
    stripe.requests.clear()
    page = portal.browser(ANNA).get(f"/usage?item={calls['item']}&day={iso(TODAY - 2 * DAY)}")
    assert page.status == 200
    assert [row[1] for row in page.html.rows] == ["0", "7", "9", *["0"] * 21]
    (query,) = [query_of(request) for request in stripe.asked(SUMMARIES)]
    assert query["value_grouping_window"] == "hour"
    assert (int(query["start_time"]), int(query["end_time"])) == (TODAY - 2 * DAY, TODAY - DAY)


@pytest.mark.parametrize("day", ["2026-13-40", "tomorrow", "9999-12-31", "", "0001-01-01"])
def test_a_day_that_is_none_shows_the_period(portal: Mounted, calls: dict[str, str], day: str) -> None:
    assert "By hour" in portal.browser(ANNA).get("/usage", {"item": calls["item"], "day": day}).source


def test_the_file_has_the_same_numbers_and_no_formula(portal: Mounted, account: Account, anna: str) -> None:
    found = metered(account, anna, name="=HYPERLINK(1)")
    use(account, anna, found["event"], 12, NOW - DAY)
    answer = portal.browser(ANNA).get("/usage/csv")
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="usage.csv"'
    assert answer.headers["cache-control"] == "no-store"
    header, *rows = list(csv.reader(StringIO(answer.response.content.decode("utf-8-sig"))))
    assert header[:4] == ["meter", "subscription", "day_utc", "used"]
    assert {row[0] for row in rows} == {"'=HYPERLINK(1)"}
    (meter,) = told(portal)["meters"]
    assert [(row[2], row[3]) for row in rows] == [(day["day"], day["used"]) for day in meter["days"]]
    assert rows[-1][6:] == ["1.20", "USD"]


# Whose it is


def test_somebody_elses_item_is_as_missing_as_none(portal: Mounted, account: Account, calls: dict[str, str]) -> None:
    account.customer(BERT.address)
    browser = portal.browser(BERT)
    for path in ("/usage", "/usage/csv"):
        for more in ("", f"&day={iso(TODAY)}"):
            assert browser.get(f"{path}?item={calls['item']}{more}").status == 404
            assert browser.get(f"{path}?item=si_none{more}").status == 404
        assert browser.get(f"{path}?subscription={calls['id']}").status == 404
    assert "API calls" not in browser.get("/usage").text


def test_one_customers_events_are_not_anothers(portal: Mounted, account: Account, calls: dict[str, str]) -> None:
    bert = account.customer(BERT.address)
    price = account.get(f"subscriptions/{calls['id']}")["items"]["data"][0]["price"]["id"]
    account.subscription(bert, price)
    use(account, bert, calls["event"], 555, NOW)
    assert told(portal)["meters"][0]["total"] == "25"
    assert told(portal, who=BERT)["meters"][0]["total"] == "555"


def test_a_subscription_that_was_given_on_arrival_is_all_that_is_shown(
    portal: Mounted, account: Account, anna: str, calls: dict[str, str]
) -> None:
    other = metered(account, anna, "Exports")
    browser = portal.arrive(ANNA, subscription=other["id"])
    page = browser.get("/usage")
    assert "Exports" in page.text
    assert "API calls" not in page.text
    assert browser.get(f"/usage?subscription={calls['id']}").text.count("API calls") == 0
    assert browser.get(f"/usage?item={calls['item']}").status == 404


@pytest.mark.parametrize("path", ["/usage", "/usage/csv", "/upcoming", "/api/me/usage", "/api/me/upcoming"])
def test_a_link_to_one_invoice_opens_nothing_else(
    shared: SharingMount, account: Account, anna: str, calls: dict[str, str], path: str
) -> None:
    portal = shared()
    browser = portal.browser()
    browser.get(portal.portal.links.invoice(account.open(anna)).url)
    assert browser.get(path).status == 404


@pytest.mark.parametrize("path", ["/usage", "/usage/csv", "/api/me/usage"])
def test_a_merchant_may_leave_usage_out(mount: Mount, calls: dict[str, str], path: str) -> None:
    portal = mount(panes=["upcoming"])
    assert portal.browser(ANNA).get(path).status == 404
    assert "Usage" not in portal.browser(ANNA).get("/").text


def test_a_stranger_sees_no_usage(portal: Mounted) -> None:
    assert portal.browser().get("/usage").status == 401


# What fails alone


def test_a_meter_that_cannot_be_read_leaves_the_others(
    portal: Mounted, account: Account, anna: str, calls: dict[str, str], stripe: StripeServer
) -> None:
    other = metered(account, anna, "Exports")
    stripe.answer(f"/v1/billing/meters/{other['meter']}/event_summaries", as_json({"object": "nonsense"}))
    page = portal.browser(ANNA).get("/usage")
    assert page.status == 200
    assert "Exports could not be read just now" in page.text
    assert "25" in page.text
    data = told(portal)
    assert data["failed"] == [other["item"]]
    assert [meter["item_id"] for meter in data["meters"]] == [calls["item"]]


def test_a_slow_preview_is_not_waited_for(mount: Mount, calls: dict[str, str], stripe: StripeServer) -> None:
    portal = mount(stripe_timeout=0.4, pane_seconds=0.4)
    stripe.answer("/v1/invoices/create_preview", HANG)
    (meter,) = told(portal)["meters"]
    assert meter["cost"]["amount"] == 250
    assert (meter["billed"], meter["doubts"]) == (None, ["unchecked"])
    assert "This is an estimate" in portal.browser(ANNA).get("/usage").text
    outlast(portal)


def test_a_bill_that_says_otherwise_is_told(portal: Mounted, calls: dict[str, str], stripe: StripeServer) -> None:
    """As where the price changed within the period, or a discount stands in the line."""

    def dearer(preview: Any) -> Any:
        for line in preview["lines"]["data"]:
            line["amount"] += 111
        return preview

    stripe.change("/v1/invoices/create_preview", dearer)
    assert told(portal)["meters"][0]["doubts"] == ["differs"]
    assert "your upcoming bill has $3.61 for it" in portal.browser(ANNA).get("/usage").text


def test_without_the_permission_for_meters_usage_says_so(
    portal: Mounted, calls: dict[str, str], stripe: StripeServer
) -> None:
    stripe.answer("/v1/billing/.*", as_error(403, "… Having the 'rak_billing_meter_read' permission …"))
    page = portal.browser(ANNA).get("/usage")
    assert page.status == 200
    assert "could not be read" in page.text


@pytest.mark.parametrize("value", ["12", None, True, "NaN", [], 1e300])
def test_a_sum_that_makes_no_sense_is_not_believed(
    portal: Mounted, calls: dict[str, str], stripe: StripeServer, value: object
) -> None:
    window = {
        "id": "x",
        "object": "billing.meter_event_summary",
        "start_time": TODAY,
        "end_time": NOW,
        "aggregated_value": value,
    }
    stripe.answer(SUMMARIES, as_json({"object": "list", "data": [window], "has_more": False, "url": "/"}))
    assert "could not be read" in portal.browser(ANNA).get("/usage").text


def test_a_customer_without_meters_is_told_so(portal: Mounted, account: Account, anna: str) -> None:
    account.subscription(anna, account.price())
    assert "bills by usage" in portal.browser(ANNA).get("/usage").text
    assert "bills by usage" in portal.browser(BERT).get("/usage").text, "nor has somebody without a customer any"


def test_of_twelve_subscriptions_the_first_are_shown_and_all_can_be_reached(
    portal: Mounted, account: Account, anna: str, stripe: StripeServer
) -> None:
    made = [metered(account, anna, f"Meter {number}") for number in range(12)]
    stripe.requests.clear()
    data = told(portal)
    assert len(data["meters"]) == 6
    assert len(stripe.requests) < 40
    assert {each["item_id"] for each in data["meters"]} | set(data["others"]) == {each["item"] for each in made}
    page = portal.browser(ANNA).get("/usage")
    for name in (f"Meter {number}" for number in range(12)):
        assert name in page.text
    assert len(told(portal, f"?item={data['others'][0]}")["meters"]) == 1
