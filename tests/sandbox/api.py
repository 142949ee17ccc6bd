"""The API as the tests call it: short, and with every answer kept to be checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from stripe_sandbox import Sandbox, StripeSandboxError
from stripe_sandbox.resources import RESOURCES
from stripe_sandbox.routing import Router

Json = dict[str, Any]
NOW = 1_795_262_400  # 2026-11-21 12:00 UTC
DAY = 24 * 60 * 60
_ROUTER = Router(RESOURCES)


@dataclass(frozen=True, slots=True)
class Answer:
    """What an endpoint answered; `path` is the one with names in it, as OpenAPI writes it."""

    method: str
    path: str
    body: Json


@dataclass
class Api:
    """Calls the sandbox; `check` sees each answer."""

    sandbox: Sandbox = field(default_factory=lambda: Sandbox(seed=1, now=NOW))
    check: Callable[[Answer], None] = lambda answer: None
    answers: list[Answer] = field(default_factory=list)

    def get(self, path: str, **params: Any) -> Json:
        return self._call("GET", path, params)

    def post(self, path: str, **params: Any) -> Json:
        return self._call("POST", path, params)

    def delete(self, path: str, **params: Any) -> Json:
        return self._call("DELETE", path, params)

    def refused(self, method: str, path: str, **params: Any) -> StripeSandboxError:
        """Call what must be refused; answers the error."""
        try:
            self._call(method, path, params)
        except StripeSandboxError as error:
            return error
        raise AssertionError(f"{method} {path} was not refused")

    def advance(self, seconds: int) -> None:
        self.sandbox.clock.advance(seconds)

    def call(self, method: str, path: str, **params: Any) -> Json:
        """Call by the whole path: API v2."""
        return self._answer(method, path, params)

    def _call(self, method: str, path: str, params: Json) -> Json:
        return self._answer(method, f"/v1/{path}", params)

    def _answer(self, method: str, path: str, params: Json) -> Json:
        body = self.sandbox.call(method, path, params)
        answer = Answer(method, _ROUTER.match(method, path)[1].path, body)
        self.answers.append(answer)
        self.check(answer)
        return body

    # What most tests begin with.

    def customer(self, card: str | None = None, **params: Any) -> str:
        """A customer, with a test card as default if one is named."""
        id = str(self.post("customers", **{"email": "jenny@example.com", "name": "Jenny Rosen", **params})["id"])
        if card is not None:
            self.card(id, card)
        return id

    def card(self, customer: str, card: str = "pm_card_visa", default: bool = True) -> str:
        method = str(self.post(f"payment_methods/{card}/attach", customer=customer)["id"])
        if default:
            self.post(f"customers/{customer}", invoice_settings={"default_payment_method": method})
        return method

    def draft(self, customer: str, *amounts: int, currency: str = "usd", **params: Any) -> str:
        invoice = self.post("invoices", customer=customer, currency=currency, **params)
        for amount in amounts:
            self.post("invoiceitems", customer=customer, invoice=invoice["id"], amount=amount, currency=currency)
        return str(invoice["id"])

    def issued(self, customer: str, *amounts: int, **params: Any) -> str:
        id = self.draft(customer, *amounts, **params)
        self.post(f"invoices/{id}/finalize")
        return id

    def paid(self, customer: str, *amounts: int, **params: Any) -> str:
        id = self.issued(customer, *amounts, **params)
        self.post(f"invoices/{id}/pay")
        return id

    def price(self, unit_amount: int = 2000, name: str = "Team plan", **params: Any) -> str:
        """A monthly price in dollars, unless told."""
        recurring = params.pop("recurring", {"interval": "month"})
        wanted = {"currency": "usd", "product_data": {"name": name}, "recurring": recurring, **params}
        if "tiers" not in wanted:
            wanted["unit_amount"] = unit_amount
        return str(self.post("prices", **wanted)["id"])

    def subscribe(self, customer: str, price: str | None = None, **params: Any) -> Json:
        return self.post("subscriptions", customer=customer, items=[{"price": price or self.price()}], **params)


def objects(value: object) -> Iterator[Json]:
    """Every object of Stripe's within an answer, itself included; lists count as what is in them."""
    if isinstance(value, dict):
        if isinstance(value.get("object"), str) and value["object"] not in ("list", "search_result"):
            yield value
        for inner in value.values():
            yield from objects(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from objects(inner)
