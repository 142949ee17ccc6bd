"""The merchant's side: the Stripe account behind a demo, through its API. What it says is what a page must show."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener

Json = dict[str, Any]

_OPENER = build_opener(ProxyHandler({}))
_KEY = "Basic " + base64.b64encode(b"sk_test_demo:").decode()


class StripeAccount:
    """A client of the sandbox, as small as the tests need it. Errors of the API are ``urllib.error.HTTPError``."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    def get(self, path: str, **params: Any) -> Json:
        """Read something."""
        return self._call(f"{path}?{urlencode(params)}", None)

    def post(self, path: str, **params: Any) -> Json:
        """Make or change something. Names with dots become Stripe's brackets."""
        return self._call(path, urlencode(params).encode())

    def all(self, path: str, **params: Any) -> list[Json]:
        """A whole list, newest first."""
        found: list[Json] = []
        more = True
        while more:
            after = {"starting_after": found[-1]["id"]} if found else {}
            page = self.get(path, limit=100, **params, **after)
            found += page["data"]
            more = page["has_more"]
        return found

    def customer(self, email: str) -> str:
        """The id of the newest customer with an address."""
        return str(self.get("customers", email=email, limit=1)["data"][0]["id"])

    def invoices(self, email: str, **params: Any) -> list[Json]:
        """What the newest customer with an address may see: all but drafts, newest first."""
        every = self.all("invoices", customer=self.customer(email), **params)
        return [invoice for invoice in every if invoice["status"] != "draft"]

    def issue(self, email: str, amount: int, description: str, currency: str = "usd") -> Json:
        """Issue an invoice over ``amount`` minor units, due in 30 days: one that a test has for itself."""
        customer = self.customer(email)
        terms = {"collection_method": "send_invoice", "days_until_due": 30, "auto_advance": "false"}
        id = self.post("invoices", customer=customer, currency=currency, **terms)["id"]
        line = {"amount": amount, "currency": currency, "description": description}
        self.post("invoiceitems", customer=customer, invoice=id, **line)
        return self.post(f"invoices/{id}/finalize")

    def payments(self, invoice: Json) -> list[Json]:
        """The payments that went towards an invoice."""
        return self.all("invoice_payments", invoice=invoice["id"], status="paid")

    def charges(self, invoice: Json) -> list[Json]:
        """Every charge on the cards of the invoice's customer for exactly its total, whether it went through or not."""
        charges = self.all("charges", customer=invoice["customer"])
        return [charge for charge in charges if charge["amount"] == invoice["total"]]

    def _call(self, path: str, body: bytes | None) -> Json:
        request = Request(f"{self.url}/v1/{path}", body, {"Authorization": _KEY})
        with _OPENER.open(request, timeout=30) as answer:
            found: Json = json.load(answer)
        return found
