"""Lumen Studio GmbH, the customer of the screenshots: the everyday life of a business customer."""

from stripe_sandbox.seed.catalogue import Catalogue
from stripe_sandbox.seed.making import AFTER_FINALISING, address, card, customer, issued, latest, pay
from stripe_sandbox.seed.stage import DAY, HOUR, Stage, Story

EMAIL = "jenny@lumen.studio"
ORDER_NUMBER = {"name": "PO number", "value": "PO-1234"}
FOOTER = "Northwind Inc., 510 Townsend St, San Francisco. Please quote the invoice number with every payment."
GUESTS, REPLACED, DISCOUNTED = 5, 3, 12
"""What happened how many months ago."""


def lumen(stage: Stage, shop: Catalogue) -> Story:
    """Team plan by invoice, an add-on by card, a workshop in euros, one invoice replaced, one overdue."""
    yield stage.months_ago(25, days=21)
    jenny = customer(
        stage,
        "Lumen Studio GmbH",
        EMAIL,
        description="Jenny Rosen",
        phone="+49 30 5550123",
        address=address("Torstraße 12", "10119", "Berlin", "DE"),
        preferred_locales=["de", "en"],
        tax_exempt="reverse",
        tax_id_data=[{"type": "eu_vat", "value": "DE123456789"}],
        invoice_settings={"custom_fields": [ORDER_NUMBER], "footer": FOOTER},
    )
    visa = card(stage, jenny, default=False)
    yield stage.months_ago(25, days=20)
    team = stage.post(
        "subscriptions",
        customer=jenny,
        items=[{"price": shop.team, "quantity": 10}],
        collection_method="send_invoice",
        days_until_due=14,
        default_tax_rates=[shop.vat_germany],
        description="Team plan",
    )
    for month in range(25, -1, -1):
        yield from _month(stage, shop, team, visa, month)


def _month(stage: Stage, shop: Catalogue, team: dict[str, object], visa: str, month: int) -> Story:
    """A renewal, paid some days later; the last one is still owed."""
    renewal = stage.months_ago(month, days=20)
    subscription = str(team["id"])
    yield renewal + HOUR // 2
    stage.post(f"invoices/{latest(stage, subscription)['id']}", description="Thank you for your business.")
    if month == DISCOUNTED:
        stage.post(f"subscriptions/{subscription}", discounts=[{"coupon": shop.anniversary}])
    yield renewal + AFTER_FINALISING
    invoice = str(latest(stage, subscription)["id"])
    if month == REPLACED:
        yield renewal + DAY
        invoice = _replaced(stage, invoice)
    if month:
        yield renewal + 9 * DAY
        pay(stage, invoice, visa)
    if month == GUESTS:
        yield from _guest_seats(stage, subscription)


def _guest_seats(stage: Stage, subscription: str) -> Story:
    """Two more seats, given back early: what the next invoice adds for the time that was left, and takes off."""
    (plan,) = stage.get("subscription_items", subscription=subscription)["data"]
    renewal = plan["current_period_end"]
    yield renewal - 16 * DAY
    stage.post(f"subscription_items/{plan['id']}", quantity=plan["quantity"] + 2)
    yield renewal - 7 * DAY
    stage.post(f"subscription_items/{plan['id']}", quantity=plan["quantity"])


def _replaced(stage: Stage, invoice: str) -> str:
    """The order number was wrong: a revision with the right one takes the invoice's place, which becomes void."""
    wrong = stage.get(f"invoices/{invoice}")
    right = stage.post(
        "invoices",
        from_invoice={"action": "revision", "invoice": invoice},
        custom_fields=[{"name": "PO number", "value": "PO-1278"}],
        description=f"Replaces invoice {wrong['number']}, which had the wrong order number.",
    )["id"]
    stage.post(f"invoices/{right}/finalize", auto_advance=False)
    return str(right)


def lumen_extras(stage: Stage, shop: Catalogue) -> Story:
    """Beside the plan: the add-on that a card pays, and workshops by invoice in euros."""
    yield stage.months_ago(14, days=8)
    jenny = stage.get("customers", email=EMAIL)["data"][0]["id"]
    mastercard = card(stage, jenny, "pm_card_mastercard", default=False)
    stage.post(
        "subscriptions",
        customer=jenny,
        items=[{"price": shop.analytics}],
        default_payment_method=mastercard,
        default_tax_rates=[shop.vat_germany],
        description="Analytics add-on",
    )
    yield stage.ago(190)
    workshop = issued(stage, jenny, [{"amount": 60000, "description": "Workshop: first steps, half a day"}], "eur")
    yield stage.ago(180)
    pay(stage, workshop, mastercard)
    yield stage.ago(19)
    issued(
        stage,
        jenny,
        [
            {"amount": 80000, "description": "Workshop: reports that people read, one day"},
            {"amount": 9640, "description": "Travel, at cost"},
        ],
        "eur",
        description="Thank you, the room was full.",
        default_tax_rates=[shop.vat_germany],
    )
