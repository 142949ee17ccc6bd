"""What Lumen Studio uses: ninety days on three meters, quieter at weekends and growing a little."""

from random import Random

from stripe_sandbox.seed.catalogue import Catalogue
from stripe_sandbox.seed.lumen import EMAIL
from stripe_sandbox.seed.making import card
from stripe_sandbox.seed.stage import DAY, HOUR, Stage, Story

DAYS = 90
_HOURS = (7, 11, 15)
_CALLS, _EXPORTS, _STORAGE = "api_calls", "exports", "storage_gb"


def lumen_usage(stage: Stage, shop: Catalogue) -> Story:
    """A plan that bills by usage: calls in graduated tiers, exports each, storage by what is filled."""
    yield stage.ago(DAYS, hours=-4)
    jenny = str(stage.get("customers", email=EMAIL)["data"][0]["id"])
    items = [{"price": price} for price in _prices(stage)]
    stage.post(
        "subscriptions",
        customer=jenny,
        items=items,
        default_payment_method=card(stage, jenny, default=False),
        default_tax_rates=[shop.vat_germany],
        description="Usage",
    )
    chance = Random("Lumen")
    for day in range(DAYS - 1, -1, -1):
        yield stage.ago(day, hours=8)
        _use(stage, jenny, chance, stage.ago(day, hours=-12), DAYS - day)


def _prices(stage: Stage) -> list[str]:
    """The meters and what their units cost."""
    tiers = [
        {"up_to": 10_000, "unit_amount_decimal": "0.4"},
        {"up_to": 50_000, "unit_amount_decimal": "0.3"},
        {"up_to": "inf", "unit_amount_decimal": "0.2"},
    ]
    tiered = {"billing_scheme": "tiered", "tiers_mode": "graduated", "tiers": tiers}
    return [
        _price(stage, _CALLS, "API calls", "sum", **tiered),
        _price(stage, _EXPORTS, "Exports", "count", unit_amount=15),
        _price(stage, _STORAGE, "Storage (GB)", "last", unit_amount=25),
    ]


def _price(stage: Stage, event_name: str, name: str, formula: str, **terms: object) -> str:
    meter = stage.post(
        "billing/meters", display_name=name, event_name=event_name, default_aggregation={"formula": formula}
    )
    recurring = {"interval": "month", "usage_type": "metered", "meter": meter["id"]}
    price = stage.post("prices", currency="usd", product_data={"name": name}, recurring=recurring, **terms)
    return str(price["id"])


def _use(stage: Stage, customer: str, chance: Random, midnight: int, day: int) -> None:
    """One day, which began at `midnight`; `day` counts from the beginning."""
    weekend = (midnight // DAY + 4) % 7 in (0, 6)
    share = 0.2 if weekend else 1
    for hour in _HOURS:
        calls = int(share * chance.gauss(160 + 1.5 * day, 40))
        _event(stage, _CALLS, customer, max(calls, 3), midnight + hour * HOUR + chance.randrange(HOUR))
    for _ in range(chance.randrange(1 if weekend else 5)):
        _event(stage, _EXPORTS, customer, 1, midnight + 8 * HOUR + chance.randrange(9 * HOUR))
    if not weekend:
        _event(stage, _STORAGE, customer, 40 + day // 3, midnight + 18 * HOUR)


def _event(stage: Stage, event_name: str, customer: str, value: int, timestamp: int) -> None:
    payload = {"stripe_customer_id": customer, "value": value}
    stage.post("billing/meter_events", event_name=event_name, timestamp=timestamp, payload=payload)
