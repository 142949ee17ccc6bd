"""What Northwind sells, the taxes that it collects and the discounts that it gives."""

from dataclasses import dataclass
from typing import Any

from stripe_sandbox.seed.stage import Stage


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Ids of the prices, tax rates and coupons that the stories use."""

    starter: str
    team: str
    team_eur: str
    team_jpy: str
    team_kwd: str
    analytics: str
    delivery: str
    vat_germany: str
    vat_france: str
    consumption_tax: str
    washington: str
    seattle: str
    anniversary: str
    welcome: str
    team_yearly: str
    business: str
    stay: str


MERCHANT = {
    "name": "Northwind Inc.",
    "product_description": "Project software for small companies",
    "support_address": {
        "city": "San Francisco",
        "country": "US",
        "line1": "510 Townsend St",
        "line2": None,
        "postal_code": "94103",
        "state": "CA",
    },
    "support_email": "billing@northwind.example",
    "support_phone": "+1 415 555 0100",
    "support_url": "https://northwind.example/help",
    "url": "https://northwind.example",
}


def name_merchant(stage: Stage) -> None:
    """Make the account Northwind's. The API has no call for one's own account: at Stripe it is the Dashboard's."""
    account = stage.sandbox.account
    account["business_profile"].update(MERCHANT)
    account["email"] = MERCHANT["support_email"]
    account["settings"]["dashboard"]["display_name"] = "Northwind"
    account["settings"]["payments"]["statement_descriptor"] = "NORTHWIND"


def open_shop(stage: Stage) -> Catalogue:
    """Make the products, prices, tax rates and coupons."""
    starter = stage.post("products", name="Starter plan", description="For one person", unit_label="seat")["id"]
    team = stage.post("products", name="Team plan", description="Shared projects", unit_label="seat")["id"]
    analytics = stage.post("products", name="Analytics add-on", description="Reports and exports")["id"]
    delivery = stage.post("products", name="Coffee delivery", description="Fresh beans every other day")["id"]
    business = stage.post("products", name="Business plan", description="Everything, with support by phone")["id"]
    month = {"interval": "month"}
    return Catalogue(
        starter=_price(stage, starter, "usd", 2900, month),
        team=_price(stage, team, "usd", 7900, month),
        team_eur=_price(stage, team, "eur", 7200, month, tax_behavior="exclusive"),
        team_jpy=_price(stage, team, "jpy", 12000, month, tax_behavior="inclusive"),
        team_kwd=_price(stage, team, "kwd", 24500, month),
        analytics=_price(stage, analytics, "usd", 4900, month),
        delivery=_price(stage, delivery, "usd", 3850, {"interval": "day", "interval_count": 2}),
        vat_germany=_tax_rate(stage, "VAT", "19", "DE", tax_type="vat"),
        vat_france=_tax_rate(stage, "TVA", "20", "FR", tax_type="vat"),
        consumption_tax=_tax_rate(stage, "消費税", "10", "JP", inclusive=True, tax_type="jct"),
        washington=_tax_rate(stage, "Sales tax", "6.5", "Washington", country="US", state="WA"),
        seattle=_tax_rate(stage, "Sales tax", "3.85", "Seattle", country="US", state="WA"),
        anniversary=_coupon(stage, "Anniversary", percent_off=10, duration="repeating", duration_in_months=3),
        welcome=_coupon(stage, "Welcome", amount_off=2000, currency="usd", duration="once"),
        team_yearly=_price(stage, team, "usd", 79000, {"interval": "year"}),
        business=_price(stage, business, "usd", 14900, month),
        stay=_coupon(stage, "Stay with us", percent_off=25, duration="repeating", duration_in_months=6),
    )


def _price(stage: Stage, product: str, currency: str, amount: int, recurring: dict[str, Any], **more: Any) -> str:
    price = stage.post("prices", product=product, currency=currency, unit_amount=amount, recurring=recurring, **more)
    return str(price["id"])


def _tax_rate(stage: Stage, name: str, percentage: str, jurisdiction: str, **more: Any) -> str:
    wanted = {"country": jurisdiction, "inclusive": False, "tax_type": "sales_tax", **more}
    rate = stage.post("tax_rates", display_name=name, percentage=percentage, jurisdiction=jurisdiction, **wanted)
    return str(rate["id"])


def _coupon(stage: Stage, name: str, **terms: Any) -> str:
    return str(stage.post("coupons", name=name, **terms)["id"])
