"""The pages behind ``hosted_invoice_url``, ``invoice_pdf``, ``credit_note.pdf`` and receipts.

The links are bearer links, as at Stripe: whoever has one may see and pay. Every page says that it is a sandbox. The
form works without JavaScript and pays through the same API as everybody else.
"""

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from stripe_sandbox import test_clocks
from stripe_sandbox.billing import payments
from stripe_sandbox.document import Json, Related, invoice_document
from stripe_sandbox.errors import StripeError, StripeSandboxError
from stripe_sandbox.formats import date, money
from stripe_sandbox.http import Request, Response
from stripe_sandbox.sandbox import Sandbox

PAGES = Path(__file__).parent / "pages"
PAYABLE = ("open", "uncollectible")


@dataclass(frozen=True, slots=True)
class TestCard:
    """A card number that the sandbox knows, and what becomes of it."""

    number: str
    outcome: str


TEST_CARDS = (
    TestCard("4242 4242 4242 4242", "Payment succeeds"),
    TestCard("4000 0000 0000 0002", "Declined"),
    TestCard("4000 0000 0000 9995", "Declined: insufficient funds"),
    TestCard("4000 0000 0000 0069", "Declined: card expired"),
    TestCard("4000 0025 0000 3155", "Asks you to confirm first (3-D Secure)"),
)
PROBLEMS = {
    "insufficient_funds": "The card was declined: it does not have enough funds. Try another card.",
    "expired_card": "The card was declined: it has expired. Check the expiry, or try another card.",
    "incorrect_cvc": "The card was declined: its security code (CVC) is wrong.",
    "incorrect_number": "The card number is wrong. Check it, or try another card.",
    "invalid_expiry_month": "The expiry month is wrong.",
    "invalid_expiry_year": "The expiry year is wrong or has passed.",
    "lost_card": "The card was declined. Try another card.",
    "stolen_card": "The card was declined. Try another card.",
    "processing_error": "The card could not be processed just now. Nothing was charged; try again in a moment.",
    "payment_intent_authentication_failure": "The payment was not confirmed, so nothing was charged.",
    "card_declined": "The card was declined. Nothing was charged; try another card.",
}
FIELDS = {
    "incorrect_number": "number",
    "invalid_number": "number",
    "expired_card": "expiry",
    "invalid_expiry_month": "expiry",
    "invalid_expiry_year": "expiry",
    "incorrect_cvc": "cvc",
    "invalid_cvc": "cvc",
}


@dataclass(frozen=True, slots=True)
class CardForm:
    """The card form as it is shown: what was typed last, and what was wrong with it."""

    amount: str
    number: str = ""
    expiry: str = ""
    cvc: str = ""
    problem: str = ""
    field: str = ""


class Refused(Exception):
    """The card cannot be charged: words for the customer, and the field that they are about."""

    def __init__(self, problem: str, field: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.field = field


def respond(sandbox: Sandbox, request: Request) -> Response:
    """Answer a request for a path under ``/hosted/``; the caller holds the sandbox's lock.

    What is not there is a 404 page.
    """
    reading = request.method in ("GET", "HEAD")
    match request.path.removeprefix("/").split("/"):
        case ["hosted", "invoice", token, *rest]:
            found = _by_token(sandbox, "invoice", token)
            match rest:
                case [] if found and reading:
                    return _invoice_page(sandbox, found, confirming="step=confirm" in request.query)
                case [] if found and request.method == "POST":
                    return _answer(sandbox, found, fields_of(request))
                case ["pdf"] if found and reading:
                    return _invoice_pdf(sandbox, found)
        case ["hosted", "credit_note", token, "pdf"] if reading:
            if found := _by_token(sandbox, "credit_note", token):
                return _credit_note_pdf(sandbox, found)
        case ["hosted", "receipt", token] if reading:
            if found := _by_token(sandbox, "charge", token):
                return _receipt_page(sandbox, found)
        case ["hosted", ("authenticate" | "microdeposits") as name, token] if reading or request.method == "POST":
            # It builds on what is here.
            from stripe_sandbox import hosted_intents

            if answer := hosted_intents.respond(sandbox, request, name, token):
                return answer
        case ["hosted", "portal", token] if reading or request.method == "POST":
            # It builds on what is here.
            from stripe_sandbox import hosted_portal

            return hosted_portal.respond(sandbox, request, token)
    return page("not_found.html", {}, status=404)


def _by_token(sandbox: Sandbox, kind: str, token: str) -> str | None:
    """The id of the object whose link has this token."""
    return next((item["id"] for item in sandbox.store.all(kind) if item.get("_token") == token), None)


def fields_of(request: Request) -> dict[str, str]:
    """What a form sent."""
    fields = parse_qs(request.body.decode("utf-8", "replace"))
    return {name: values[-1].strip() for name, values in fields.items()}


def _invoice(sandbox: Sandbox, invoice_id: str) -> Json:
    """The invoice with all that its page says, as the API answers it."""
    expand = ["total_discount_amounts.discount.source.coupon", "payments.data.payment.payment_intent"]
    return sandbox.call("GET", f"/v1/invoices/{invoice_id}", {"expand": expand})


def _related(sandbox: Sandbox, invoice: Json) -> Related:
    """What the invoice names only by id, and its lines beyond the first ones."""
    lines = tuple(_all(sandbox, f"/v1/invoices/{invoice['id']}/lines"))
    taxes = [tax for holder in lines for tax in holder["taxes"] or ()]
    rates = {tax["tax_rate_details"]["tax_rate"] for tax in taxes}
    return Related(
        account=sandbox.account,
        account_tax_ids=tuple(sandbox.store["tax_id", id] for id in invoice["account_tax_ids"] or ()),
        lines=lines,
        tax_rates={rate: sandbox.call("GET", f"/v1/tax_rates/{rate}") for rate in sorted(rates)},
    )


def _all(sandbox: Sandbox, path: str) -> Iterator[Json]:
    page: Json = {"has_more": True, "data": []}
    while page["has_more"]:
        after = {"starting_after": page["data"][-1]["id"]} if page["data"] else {}
        page = sandbox.call("GET", path, {"limit": 100, **after})
        yield from page["data"]


def _invoice_pdf(sandbox: Sandbox, invoice_id: str) -> Response:
    # reportlab takes a while to import and only PDFs need it.
    from stripe_sandbox.pdf import invoice_pdf

    invoice = _invoice(sandbox, invoice_id)
    return _download(f"Invoice-{invoice['number']}", invoice_pdf(invoice, _related(sandbox, invoice)))


def _credit_note_pdf(sandbox: Sandbox, credit_note_id: str) -> Response:
    from stripe_sandbox.pdf import credit_note_pdf

    credit_note = sandbox.call("GET", f"/v1/credit_notes/{credit_note_id}")
    invoice = _invoice(sandbox, credit_note["invoice"])
    pdf = credit_note_pdf(credit_note, invoice, _related(sandbox, invoice))
    return _download(f"Credit-note-{credit_note['number']}", pdf)


def _download(name: str, pdf: bytes) -> Response:
    filename = re.sub(r"[^A-Za-z0-9-]", "-", name)
    headers = {"Content-Type": "application/pdf", "Content-Disposition": f'attachment; filename="{filename}.pdf"'}
    return Response(200, {**SHARED_HEADERS, **headers}, pdf)


def _invoice_page(
    sandbox: Sandbox, invoice_id: str, *, refused: CardForm | None = None, confirming: bool = False
) -> Response:
    """The invoice with its card form, or what has become of it; or the step in which the customer confirms."""
    invoice = _invoice(sandbox, invoice_id)
    document = invoice_document(invoice, _related(sandbox, invoice), sandbox.clock.now)
    amount = money(invoice["amount_remaining"], invoice["currency"])
    payable = invoice["status"] in PAYABLE
    context = {"document": document, "page_url": _page_url(invoice)}
    intent = _default_intent(invoice) if payable and confirming else None
    if intent and intent["status"] == "requires_action":
        return page("confirm.html", {**context, "amount": amount})
    title, text = _settled(invoice)
    shown = {
        "form": (refused or CardForm(amount)) if payable else None,
        "cards": TEST_CARDS,
        "receipts": [urlsplit(charge["receipt_url"]).path for charge in _charges(sandbox, invoice)],
        "settled_title": title,
        "settled_text": text,
    }
    return page("invoice.html", {**context, **shown}, status=402 if refused else 200)


def _page_url(invoice: Json) -> str:
    """The path rather than the whole address: it holds behind any host name."""
    return urlsplit(invoice["hosted_invoice_url"]).path


def _settled(invoice: Json) -> tuple[str, str]:
    """What the page says in place of the form."""
    match invoice["status"]:
        case "paid" if invoice["amount_paid"]:
            return "Invoice paid", f"{money(invoice['amount_paid'], invoice['currency'])} received. Thank you."
        case "paid":
            return "Nothing to pay", "This invoice is settled."
        case "void":
            return "Invoice void", "This invoice is no longer valid. Nothing is to be paid."
        case status:
            return f"Invoice {status}", "It cannot be paid here."


def _default_intent(invoice: Json) -> Json | None:
    """The payment intent that was made with the invoice, while it waits to be paid."""
    waiting = (payment for payment in invoice["payments"]["data"] if payment["is_default"])
    return next((p["payment"]["payment_intent"] for p in waiting if p["status"] == "open"), None)


def _charges(sandbox: Sandbox, invoice: Json) -> list[Json]:
    """The charges by which the invoice was paid, the first one first."""
    paid = [payment for payment in invoice["payments"]["data"] if payment["status"] == "paid"]
    ids = [payment["payment"]["payment_intent"]["latest_charge"] for payment in paid]
    charges = (sandbox.call("GET", f"/v1/charges/{id}") for id in ids if id)
    return sorted(charges, key=lambda charge: charge["created"])


def _receipt_page(sandbox: Sandbox, charge_id: str) -> Response:
    """What was paid, when, with which card, and for which invoice."""
    charge = sandbox.call("GET", f"/v1/charges/{charge_id}")
    paid_with = charge["payment_method_details"]
    what = paid_with["card"]["brand"].capitalize() if paid_with["type"] == "card" else "Bank account"
    facts = [
        ("Date paid", date(charge["created"])),
        ("Payment method", f"{what} ending in {paid_with[paid_with['type']]['last4']}"),
    ]
    if charge["amount_refunded"]:
        facts.append(("Refunded", money(charge["amount_refunded"], charge["currency"])))
    return page(
        "receipt.html",
        {
            "merchant": sandbox.account["business_profile"]["name"],
            "amount": money(charge["amount"], charge["currency"]),
            "facts": facts,
            "invoices": [(invoice["number"], _page_url(invoice)) for invoice in _paid_by(sandbox, charge)],
        },
    )


def _paid_by(sandbox: Sandbox, charge: Json) -> list[Json]:
    """The invoices that a charge paid."""
    payment = {"type": "payment_intent", "payment_intent": charge["payment_intent"]}
    expand = ["data.invoice"]
    found = sandbox.call("GET", "/v1/invoice_payments", {"payment": payment, "expand": expand})["data"]
    return [payment["invoice"] for payment in found]


def _answer(sandbox: Sandbox, invoice_id: str, form: Mapping[str, str]) -> Response:
    """What becomes of a form that was sent. An invoice that is settled already is only shown."""
    invoice = _invoice(sandbox, invoice_id)
    page = _page_url(invoice)
    intent = _default_intent(invoice)
    if intent is None:
        return see_other(page)
    try:
        if "answer" in form:
            _confirm(sandbox, intent, agreed=form["answer"] == "confirm")
        elif _charge(sandbox, intent, form) == "requires_action":
            return see_other(f"{page}?step=confirm")
    except Refused as refused:
        shown = CardForm(
            money(invoice["amount_remaining"], invoice["currency"]),
            number=form.get("number", ""),
            expiry=form.get("expiry", ""),
            problem=refused.problem,
            field=refused.field,
        )
        return _invoice_page(sandbox, invoice_id, refused=shown)
    return see_other(page)


def _charge(sandbox: Sandbox, intent: Json, form: Mapping[str, str]) -> str:
    """Pay with the card of the form; answers the intent's new status. Raises Refused where it is declined."""
    card = card_of(form)
    try:
        method = sandbox.call("POST", "/v1/payment_methods", {"type": "card", "card": card})["id"]
        path = f"/v1/payment_intents/{intent['id']}/confirm"
        return str(sandbox.call("POST", path, {"payment_method": method})["status"])
    except StripeSandboxError as error:
        raise refusal(error.error) from error


def _confirm(sandbox: Sandbox, intent: Json, *, agreed: bool) -> None:
    """Carry out what the customer answered to their bank. Raises Refused where they refused, or the bank did.

    An answer that comes twice, or late, changes nothing.
    """
    if intent["status"] != "requires_action":
        return
    try:
        # The API has no call for this: at Stripe it happens on the bank's own page.
        stored = sandbox.store["payment_intent", intent["id"]]
        with test_clocks.time_of(sandbox, test_clocks.clock_of(sandbox.store, stored)), sandbox.change():
            payments.authenticate(sandbox, sandbox.store["payment_intent", intent["id"]], agreed=agreed)
    except StripeError as error:
        raise refusal(error.body("")["error"]) from error


def card_of(form: Mapping[str, str]) -> dict[str, object]:
    """The card as the API takes it. Raises Refused where a field cannot be read."""
    number = re.sub(r"[ -]", "", form.get("number", ""))
    if not re.fullmatch(r"[0-9]{12,19}", number):
        raise Refused("Enter the card number, for instance 4242 4242 4242 4242.", "number")
    expiry = re.fullmatch(r"([0-9]{1,2}) ?[/ -]? ?((?:20)?[0-9]{2})", form.get("expiry", ""))
    if not expiry:
        raise Refused("Enter the expiry as month and year, for instance 12 / 34.", "expiry")
    cvc = form.get("cvc", "")
    if not re.fullmatch(r"[0-9]{3,4}", cvc):
        raise Refused("Enter the three or four digits of the CVC.", "cvc")
    month, year = expiry.groups()
    return {"number": number, "exp_month": int(month), "exp_year": 2000 + int(year[-2:]), "cvc": cvc}


def refusal(error: Json) -> Refused:
    """The API's error in words for a customer."""
    codes = [code for code in (error.get("decline_code"), error.get("code")) if code]
    problem = next((PROBLEMS[code] for code in codes if code in PROBLEMS), str(error.get("message")))
    return Refused(problem, next((FIELDS[code] for code in codes if code in FIELDS), ""))


SHARED_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


def see_other(location: str) -> Response:
    """To another page of these, by GET."""
    return Response(303, {**SHARED_HEADERS, "Location": location})


def page(template: str, context: Mapping[str, object], *, status: int = 200, form_to: str = "") -> Response:
    """A template as a page that nothing can be smuggled into. `form_to` is the origin that a form's answer leads to."""
    style = _style()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    forms = f"'self' {form_to}".strip()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; form-action {forms}; base-uri 'none'; frame-ancestors 'none'"
    )
    headers = {**SHARED_HEADERS, "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy}
    text = _templates().get_template(template).render({**context, "style": Markup(style)})
    return Response(status, headers, text.encode())


@cache
def _style() -> str:
    return (PAGES / "hosted.css").read_text("utf-8").strip()


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(PAGES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
