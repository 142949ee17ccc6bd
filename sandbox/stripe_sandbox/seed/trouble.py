"""Riverside Clinic, where everything that can happen to an invoice has happened; and Maple & Pine, whose card fails."""

from stripe_sandbox.seed.catalogue import Catalogue
from stripe_sandbox.seed.making import address, card, customer, issued, pay
from stripe_sandbox.seed.stage import DAY, Stage, Story


def riverside(stage: Stage, shop: Catalogue) -> Story:
    """A trial, an uncollectible invoice, credit before and after payment, credit used up, a part paid."""
    yield stage.ago(420)
    clinic = customer(
        stage,
        "Riverside Clinic",
        "billing@riverside-clinic.example",
        address=address("77 Water St", "02109", "Boston", "US", state="MA"),
    )
    visa = card(stage, clinic)
    stage.post(
        "subscriptions",
        customer=clinic,
        items=[{"price": shop.starter}],
        trial_period_days=30,
        discounts=[{"coupon": shop.welcome}],
    )
    yield stage.ago(380)
    kiosk = issued(stage, clinic, [{"amount": 36000, "description": "Kiosk rental, health fair"}])
    yield stage.ago(300)
    stage.post(f"invoices/{kiosk}/mark_uncollectible")
    yield from _credited_before_payment(stage, clinic)
    yield from _credited_after_payment(stage, clinic, visa)
    yield from _partly_paid(stage, clinic, visa)


def _credited_before_payment(stage: Stage, clinic: str) -> Story:
    yield stage.ago(40)
    invoice = issued(
        stage,
        clinic,
        [
            {"amount": 42000, "description": "Data cleaning, 6 hours"},
            {"amount": 12000, "description": "Weekend surcharge"},
        ],
        days_until_due=60,
    )
    yield stage.ago(36)
    stage.post(
        "credit_notes",
        invoice=invoice,
        lines=[{"type": "custom_line_item", "description": "Weekend surcharge", "quantity": 1, "unit_amount": 12000}],
        reason="order_change",
        memo="The work was done on a Friday.",
    )


def _credited_after_payment(stage: Stage, clinic: str, visa: str) -> Story:
    """One credit note refunded to the card, one to the balance, which the next invoice uses."""
    yield stage.ago(34)
    invoice = issued(stage, clinic, [{"amount": 30000, "description": "Training, two sessions"}])
    yield stage.ago(33)
    pay(stage, invoice, visa)
    yield stage.ago(28)
    session = {"type": "custom_line_item", "quantity": 1}
    stage.post(
        "credit_notes",
        invoice=invoice,
        lines=[{**session, "description": "Second session, cut short", "unit_amount": 8000}],
        refund_amount=8000,
        reason="product_unsatisfactory",
    )
    stage.post(
        "credit_notes",
        invoice=invoice,
        lines=[{**session, "description": "Room not used", "unit_amount": 5000}],
        credit_amount=5000,
        memo="Kept as a credit for the next invoice.",
    )
    yield stage.ago(27)
    next_one = issued(stage, clinic, [{"amount": 19500, "description": "Forms, printed and delivered"}])
    yield stage.ago(25)
    pay(stage, next_one, visa)


def _partly_paid(stage: Stage, clinic: str, visa: str) -> Story:
    yield stage.ago(16)
    invoice = issued(stage, clinic, [{"amount": 125000, "description": "Interface to the laboratory, first half"}])
    yield stage.ago(9)
    payment = stage.post(
        "payment_intents",
        amount=50000,
        currency="usd",
        customer=clinic,
        payment_method=visa,
        confirm=True,
        off_session=True,
    )
    stage.post(f"invoices/{invoice}/attach_payment", payment_intent=payment["id"])


def maple(stage: Stage, shop: Catalogue) -> Story:
    """The card went on working until the last renewal; the next attempt is some days ahead."""
    yield stage.months_ago(7, days=2)
    joiners = customer(
        stage,
        "Maple & Pine Joinery",
        "office@maple-pine.example",
        address=address("12 King St W", "M5H 1A1", "Toronto", "CA", state="ON"),
    )
    card(stage, joiners)
    stage.post("subscriptions", customer=joiners, items=[{"price": shop.team, "quantity": 2}])
    yield stage.months_ago(0, days=2) - 10 * DAY
    card(stage, joiners, "pm_card_chargeCustomerFail")
