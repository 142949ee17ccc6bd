"""The small steps of which the stories are made: a customer with a card, an invoice with its lines, its payment."""

from collections.abc import Mapping, Sequence
from typing import Any

from stripe_sandbox.http import Json
from stripe_sandbox.seed.stage import HOUR, Stage

Item = Mapping[str, Any]


def customer(stage: Stage, name: str, email: str, **more: Any) -> str:
    """Make a customer; answers its id."""
    return str(stage.post("customers", name=name, email=email, **more)["id"])


def address(line1: str, postal_code: str, city: str, country: str, **more: str) -> dict[str, str]:
    """An address as Stripe takes one."""
    return {"line1": line1, "postal_code": postal_code, "city": city, "country": country, **more}


def card(stage: Stage, customer_id: str, test_card: str = "pm_card_visa", default: bool = True) -> str:
    """Attach one of Stripe's test cards, as if saved to be shown again, and make it the one for invoices.

    Answers its id.
    """
    method = str(stage.post(f"payment_methods/{test_card}/attach", customer=customer_id)["id"])
    stage.post(f"payment_methods/{method}", allow_redisplay="always")
    if default:
        stage.post(f"customers/{customer_id}", invoice_settings={"default_payment_method": method})
    return method


def draft(stage: Stage, customer_id: str, items: Sequence[Item], currency: str = "usd", **more: Any) -> str:
    """A one-off invoice with its lines, not yet finalised; answers its id."""
    wanted = {"collection_method": "send_invoice", "auto_advance": False, **more}
    if wanted["collection_method"] == "send_invoice":
        wanted.setdefault("days_until_due", 30)
    invoice = stage.post("invoices", customer=customer_id, currency=currency, **wanted)
    for item in items:
        stage.post("invoiceitems", customer=customer_id, invoice=invoice["id"], currency=currency, **item)
    return str(invoice["id"])


def issued(stage: Stage, customer_id: str, items: Sequence[Item], currency: str = "usd", **more: Any) -> str:
    """A one-off invoice with its lines, finalised; answers its id."""
    invoice = draft(stage, customer_id, items, currency, **more)
    stage.post(f"invoices/{invoice}/finalize", auto_advance=False)
    return invoice


def pay(stage: Stage, invoice_id: str, method: str) -> None:
    """Pay the invoice with a card of its customer's."""
    stage.post(f"invoices/{invoice_id}/pay", payment_method=method)


def latest(stage: Stage, subscription: str) -> Json:
    """The newest invoice of a subscription."""
    found: list[Json] = stage.get("invoices", subscription=subscription, limit=1)["data"]
    return found[0]


AFTER_FINALISING = 2 * HOUR
"""A renewal's invoice stays a draft for about an hour."""
