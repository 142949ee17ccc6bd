"""Filling the sandbox: customers and invoices in a line each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stripe_sandbox import Sandbox
from support.moments import DAY

Json = dict[str, Any]
Line = Mapping[str, Any]


class Account:
    """The merchant's account at Stripe, in words of the tests. Everything goes through Stripe's own API."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def post(self, path: str, **params: Any) -> Json:
        """Call the API; raises where Stripe would refuse."""
        return self.sandbox.call("POST", f"/v1/{path}", params)

    def get(self, path: str, **params: Any) -> Json:
        """Read from the API."""
        return self.sandbox.call("GET", f"/v1/{path}", params)

    def customer(self, email: str = "anna@example.com", name: str = "Anna Ames", **more: Any) -> str:
        """A customer's id."""
        return str(self.post("customers", email=email, name=name, **more)["id"])

    def draft(
        self, customer: str, *amounts: int, lines: Sequence[Line] = (), currency: str = "usd", **more: Any
    ) -> str:
        """An invoice that is still a draft, with a line for each amount (minor units) and each of ``lines``."""
        sent = {"collection_method": "send_invoice", "auto_advance": False, **more}
        if sent["collection_method"] == "send_invoice" and "due_date" not in sent:
            sent.setdefault("days_until_due", 30)
        invoice = str(self.post("invoices", customer=customer, currency=currency, **sent)["id"])
        plain = [{"amount": amount, "description": f"Item {amount}"} for amount in amounts]
        for line in [*plain, *lines]:
            self.post("invoiceitems", customer=customer, invoice=invoice, currency=currency, **line)
        return invoice

    def open(self, customer: str, *amounts: int, **more: Any) -> str:
        """An invoice that waits for payment; 25.00 where no amount is given."""
        invoice = self.draft(customer, *(amounts or (() if more.get("lines") else (2500,))), **more)
        self.post(f"invoices/{invoice}/finalize", auto_advance=False)
        return invoice

    def overdue(self, customer: str, *amounts: int, days: int = 10, **more: Any) -> str:
        """An open invoice that was due ``days`` ago."""
        now = self.sandbox.clock.now
        with self.sandbox.clock.at(now - (days + 10) * DAY):
            return self.open(customer, *amounts, due_date=now - days * DAY, **more)

    def paid(self, customer: str, *amounts: int, **more: Any) -> str:
        """An invoice that was paid, outside of Stripe."""
        invoice = self.open(customer, *amounts, **more)
        self.post(f"invoices/{invoice}/pay", paid_out_of_band=True)
        return invoice

    def void(self, customer: str, *amounts: int, **more: Any) -> str:
        """An invoice that was voided."""
        invoice = self.open(customer, *amounts, **more)
        self.post(f"invoices/{invoice}/void")
        return invoice

    def uncollectible(self, customer: str, *amounts: int, **more: Any) -> str:
        """An invoice that was given up."""
        invoice = self.open(customer, *amounts, **more)
        self.post(f"invoices/{invoice}/mark_uncollectible")
        return invoice

    def number(self, invoice: str) -> str:
        """The number that is printed on an invoice."""
        return str(self.get(f"invoices/{invoice}")["number"])

    def price(self, product: str = "Team plan", amount: int = 4900, **more: Any) -> str:
        """A monthly price of a new product."""
        of = self.post("products", name=product)["id"]
        monthly = {"product": of, "currency": "usd", "unit_amount": amount, "recurring": {"interval": "month"}}
        return str(self.post("prices", **{**monthly, **more})["id"])

    def subscription(self, customer: str, price: str, **more: Any) -> str:
        """A subscription whose invoices are sent; its first invoice is open."""
        sent = {"collection_method": "send_invoice", "days_until_due": 30, **more}
        subscription = str(self.post("subscriptions", customer=customer, items=[{"price": price}], **sent)["id"])
        for invoice in self.get("invoices", subscription=subscription, status="draft")["data"]:
            self.post(f"invoices/{invoice['id']}/finalize", auto_advance=False)
        return subscription

    def invoice_of(self, subscription: str) -> str:
        """The newest invoice of a subscription."""
        return str(self.get("invoices", subscription=subscription, limit=1)["data"][0]["id"])
