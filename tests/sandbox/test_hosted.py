"""The page behind ``hosted_invoice_url``, over the real server, as a browser without JavaScript would use it."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from html import unescape
from http.client import HTTPConnection
from io import BytesIO
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from stripe_sandbox import Request, Sandbox
from stripe_sandbox.hosted import respond
from stripe_sandbox.server import serve_in_thread

NOW = 1795262400  # 2026-11-21 12:00 UTC
GOOD, DECLINED, NO_FUNDS, EXPIRED, ASKS, ASKS_THEN_DECLINED = (
    "4242 4242 4242 4242",
    "4000 0000 0000 0002",
    "4000 0000 0000 9995",
    "4000000000000069",
    "4000 0025 0000 3155",
    "4000 0084 0000 1629",
)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """What a reader sees, roughly: without style and tags."""
        visible = re.sub(r"<style>.*?</style>", "", self.body.decode(), flags=re.S)
        return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", visible)))

    @property
    def has_form(self) -> bool:
        return b"<form" in self.body


@dataclass(frozen=True, slots=True)
class Shop:
    sandbox: Sandbox
    url: str

    def post(self, path: str, **params: Any) -> dict[str, Any]:
        return self.sandbox.call("POST", f"/v1/{path}", params)

    def invoice(self, id: str) -> dict[str, Any]:
        return self.sandbox.call("GET", f"/v1/invoices/{id}")

    def issued(self, amount: int = 124000, description: str = "Team plan", **customer: Any) -> dict[str, Any]:
        """A finalised invoice, due in 14 days."""
        details = {"name": "Lumen Studio GmbH", "email": "jenny@lumen.studio", **customer}
        id = self.post("customers", **details)["id"]
        made = self.post("invoices", customer=id, collection_method="send_invoice", days_until_due=14)
        self.post("invoiceitems", customer=id, invoice=made["id"], amount=amount, description=description)
        return self.post(f"invoices/{made['id']}/finalize")

    def ask(self, method: str, url: str, form: dict[str, str] | None = None) -> Answer:
        """One request, without following a redirect."""
        address, target = urlsplit(self.url), urlsplit(url)
        connection = HTTPConnection(address.hostname or "", address.port or 80, timeout=10)
        path = f"{target.path}?{target.query}" if target.query else target.path
        body = urlencode(form) if form is not None else None
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if form is not None else {}
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        answer = Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        connection.close()
        return answer

    def get(self, url: str) -> Answer:
        return self.ask("GET", url)

    def pay(self, invoice: dict[str, Any], number: str = GOOD, **more: str) -> Answer:
        form = {"number": number, "expiry": "12 / 34", "cvc": "123", **more}
        return self.ask("POST", invoice["hosted_invoice_url"], form)


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    sandbox = Sandbox(now=NOW)
    with serve_in_thread(sandbox) as running:
        yield Shop(sandbox, running.url)


def test_an_open_invoice_shows_what_it_says_and_a_form(shop: Shop) -> None:
    invoice = shop.issued()
    page = shop.get(invoice["hosted_invoice_url"])
    assert page.status == 200
    for expected in (invoice["number"], "$1,240.00 due December 5, 2026", "Team plan", "Lumen Studio GmbH", "Open"):
        assert expected in page.text
    assert page.has_form
    assert GOOD in page.text


def test_every_page_says_that_it_is_a_sandbox_and_not_stripe(shop: Shop) -> None:
    invoice = shop.issued()
    shop.pay(shop.issued(), ASKS)
    for url in (invoice["hosted_invoice_url"], f"{shop.url}/hosted/nothing"):
        assert "Stripe sandbox, test data." in shop.get(url).text
        assert "This is not Stripe" in shop.get(url).text


def test_a_good_card_pays_and_the_page_says_so(shop: Shop) -> None:
    invoice = shop.issued()
    answer = shop.pay(invoice)
    assert answer.status == 303
    assert shop.invoice(invoice["id"])["status"] == "paid"
    page = shop.get(answer.headers["location"])
    assert "Invoice paid" in page.text
    assert "$1,240.00 paid on November 21, 2026" in page.text
    assert not page.has_form
    assert f'href="{urlsplit(invoice["invoice_pdf"]).path}"' in page.body.decode()


@pytest.mark.parametrize(
    ("number", "words"),
    [(DECLINED, "was declined"), (NO_FUNDS, "enough funds"), (EXPIRED, "expired")],
)
def test_a_declined_card_is_told_in_words_and_the_invoice_stays_open(shop: Shop, number: str, words: str) -> None:
    invoice = shop.issued()
    answer = shop.pay(invoice, number)
    assert answer.status == 402
    assert words in answer.text
    assert answer.has_form
    assert shop.invoice(invoice["id"])["status"] == "open"
    assert shop.invoice(invoice["id"])["amount_remaining"] == 124000
    assert shop.pay(invoice).status == 303
    assert shop.invoice(invoice["id"])["status"] == "paid"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"number": ""}, "Enter the card number"),
        ({"number": "4242 4242 4242 4241"}, "number"),
        ({"number": "not a number"}, "Enter the card number"),
        ({"expiry": "13"}, "Enter the expiry"),
        ({"expiry": "13 / 34"}, "month"),
        ({"expiry": "01 / 20"}, "year"),
        ({"cvc": "1"}, "CVC"),
    ],
)
def test_what_cannot_be_read_is_told_beside_the_form(shop: Shop, wrong: dict[str, str], words: str) -> None:
    invoice = shop.issued()
    answer = shop.pay(invoice, **wrong)
    assert answer.status == 402
    assert words in answer.text
    assert b"aria-invalid" in answer.body
    assert shop.invoice(invoice["id"])["status"] == "open"


def test_what_was_typed_stays_but_for_the_security_code(shop: Shop) -> None:
    body = shop.pay(shop.issued(), DECLINED, cvc="987").body.decode()
    assert f'value="{DECLINED}"' in body
    assert "987" not in body


def test_a_card_that_asks_is_confirmed_in_a_second_step(shop: Shop) -> None:
    invoice = shop.issued()
    answer = shop.pay(invoice, ASKS)
    assert answer.status == 303
    assert shop.invoice(invoice["id"])["status"] == "open"
    step = shop.get(answer.headers["location"])
    assert "Confirm the payment of $1,240.00" in step.text
    done = shop.ask("POST", invoice["hosted_invoice_url"], {"answer": "confirm"})
    assert done.status == 303
    assert shop.invoice(invoice["id"])["status"] == "paid"
    assert shop.ask("POST", invoice["hosted_invoice_url"], {"answer": "confirm"}).status == 303
    assert "Confirm" not in shop.get(answer.headers["location"]).text


def test_a_refused_confirmation_charges_nothing(shop: Shop) -> None:
    invoice = shop.issued()
    shop.pay(invoice, ASKS)
    answer = shop.ask("POST", invoice["hosted_invoice_url"], {"answer": "refuse"})
    assert answer.status == 402
    assert "not confirmed, so nothing was charged" in answer.text
    assert shop.invoice(invoice["id"])["status"] == "open"


def test_a_confirmed_card_may_still_be_declined(shop: Shop) -> None:
    invoice = shop.issued()
    shop.pay(invoice, ASKS_THEN_DECLINED)
    answer = shop.ask("POST", invoice["hosted_invoice_url"], {"answer": "confirm"})
    assert "was declined" in answer.text
    assert shop.invoice(invoice["id"])["status"] == "open"


def test_a_confirmation_that_nobody_asked_for_changes_nothing(shop: Shop) -> None:
    invoice = shop.issued()
    assert shop.ask("POST", invoice["hosted_invoice_url"], {"answer": "confirm"}).status == 303
    assert shop.invoice(invoice["id"])["status"] == "open"


def test_a_form_sent_twice_at_once_pays_once(shop: Shop) -> None:
    invoice = shop.issued()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: shop.pay(invoice), range(4)))
    assert [answer.status for answer in answers] == [303] * 4
    paid = shop.invoice(invoice["id"])
    assert paid["amount_paid"] == 124000
    charges = shop.sandbox.call("GET", "/v1/charges", {"customer": invoice["customer"]})["data"]
    assert [charge["amount"] for charge in charges] == [124000]


def test_a_void_invoice_says_so_and_cannot_be_paid(shop: Shop) -> None:
    invoice = shop.issued()
    shop.post(f"invoices/{invoice['id']}/void")
    page = shop.get(invoice["hosted_invoice_url"])
    assert "Invoice void" in page.text
    assert not page.has_form
    assert shop.pay(invoice).status == 303
    assert shop.invoice(invoice["id"])["status"] == "void"


def test_an_uncollectible_invoice_says_so_and_can_still_be_paid(shop: Shop) -> None:
    invoice = shop.issued()
    shop.post(f"invoices/{invoice['id']}/mark_uncollectible")
    page = shop.get(invoice["hosted_invoice_url"])
    assert "Uncollectible" in page.text
    assert page.has_form
    shop.pay(invoice)
    assert shop.invoice(invoice["id"])["status"] == "paid"


def test_a_part_that_was_paid_is_not_asked_for_again(shop: Shop) -> None:
    invoice = shop.issued()
    method = shop.post("payment_methods/pm_card_visa/attach", customer=invoice["customer"])["id"]
    details = {"customer": invoice["customer"], "payment_method": method, "confirm": True}
    part = shop.post("payment_intents", amount=100000, currency="usd", **details)
    shop.post(f"invoices/{invoice['id']}/attach_payment", payment_intent=part["id"])
    assert "Pay $240.00" in shop.get(invoice["hosted_invoice_url"]).text
    shop.pay(invoice)
    assert shop.invoice(invoice["id"])["status"] == "paid"
    assert "View receipt 2" in shop.get(invoice["hosted_invoice_url"]).text


def test_the_receipt_names_card_and_invoice(shop: Shop) -> None:
    invoice = shop.issued()
    shop.pay(invoice)
    charge = shop.sandbox.call("GET", "/v1/charges", {"customer": invoice["customer"]})["data"][0]
    page = shop.get(charge["receipt_url"])
    for expected in ("$1,240.00 paid", "November 21, 2026", "Visa ending in 4242", invoice["number"]):
        assert expected in page.text
    assert urlsplit(charge["receipt_url"]).path in shop.get(invoice["hosted_invoice_url"]).body.decode()


def test_the_pdf_is_one_and_has_all_lines(shop: Shop) -> None:
    customer = shop.post("customers", name="Many")["id"]
    invoice = shop.post("invoices", customer=customer, collection_method="send_invoice", days_until_due=5)
    for number in range(12):
        details = {"amount": 100 + number, "description": f"Line number {number}."}
        shop.post("invoiceitems", customer=customer, invoice=invoice["id"], **details)
    invoice = shop.post(f"invoices/{invoice['id']}/finalize")
    answer = shop.get(invoice["invoice_pdf"])
    assert answer.headers["content-type"] == "application/pdf"
    assert f'filename="Invoice-{invoice["number"]}.pdf"' in answer.headers["content-disposition"]
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(answer.body)).pages)
    for number in range(12):
        assert f"Line number {number}." in text
        assert f"Line number {number}." in shop.get(invoice["hosted_invoice_url"]).text


def test_a_credit_note_has_its_pdf(shop: Shop) -> None:
    invoice = shop.issued()
    note = shop.post("credit_notes", invoice=invoice["id"], amount=4000, memo="Sorry.")
    text = PdfReader(BytesIO(shop.get(note["pdf"]).body)).pages[0].extract_text()
    assert note["number"] in text
    assert "$40.00 credited" in text
    assert "Pay $1,200.00" in shop.get(invoice["hosted_invoice_url"]).text


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/invoice",
        "/invoice/",
        "/invoice//pdf",
        "/invoice/{forged}",
        "/invoice/{forged}/pdf",
        "/invoice/{cut}",
        "/invoice/{id}",
        "/invoice/{token}/",
        "/invoice/{token}/more",
        "/invoice/{token}/pdf/..",
        "/credit_note/{token}/pdf",
        "/receipt/{token}",
        "/receipt/%00",
        "/invoice/None",
    ],
)
def test_a_wrong_link_is_not_found(shop: Shop, path: str) -> None:
    invoice = shop.issued()
    token = invoice["hosted_invoice_url"].rpartition("/")[2]
    forged = token[:-1] + ("a" if token[-1] != "a" else "b")
    path = path.format(token=token, forged=forged, cut=token[:-1], id=invoice["id"])
    for method in ("GET", "POST"):
        answer = shop.ask(method, f"{shop.url}/hosted{path}", {} if method == "POST" else None)
        assert answer.status == 404, method
        assert invoice["number"] not in answer.text


def test_a_draft_has_no_page(shop: Shop) -> None:
    customer = shop.post("customers", name="Draft")["id"]
    assert shop.post("invoices", customer=customer)["hosted_invoice_url"] is None
    assert shop.get(f"{shop.url}/hosted/invoice/None").status == 404


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_find_nothing(shop: Shop, method: str) -> None:
    assert shop.ask(method, shop.issued()["hosted_invoice_url"]).status == 404


HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}}'


def test_hostile_names_and_descriptions_are_only_text(shop: Shop) -> None:
    invoice = shop.issued(name=HOSTILE, description=HOSTILE, address={"line1": HOSTILE, "city": HOSTILE})
    shop.post(f"invoices/{invoice['id']}", description=HOSTILE, footer=HOSTILE)
    shown = shop.get(invoice["hosted_invoice_url"])
    assert shown.text.count("alert(1)") >= 4
    for page in (shown, shop.pay(invoice, HOSTILE, expiry=HOSTILE)):
        body = page.body.decode()
        assert "<script" not in body
        assert "<img" not in body
        assert "49" not in body
        assert 'value=""><' not in body


@given(
    body=st.one_of(
        st.binary(max_size=200),
        st.dictionaries(st.sampled_from(["number", "expiry", "cvc", "answer", "x"]), st.text(max_size=30)).map(
            lambda form: urlencode(form).encode()
        ),
    ),
    query=st.sampled_from(["", "step=confirm", "step", "%00=%ff"]),
)
@settings(max_examples=60, deadline=None)
def test_no_form_breaks_the_page(shop: Shop, body: bytes, query: str) -> None:
    path = urlsplit(_unpaid(shop)["hosted_invoice_url"]).path
    assert respond(shop.sandbox, Request("POST", path, query, {}, body)).status in (303, 402)
    assert respond(shop.sandbox, Request("GET", path, query)).status == 200


@cache
def _unpaid(shop: Shop) -> dict[str, Any]:
    return shop.issued()


def test_pages_run_no_script_and_tell_no_other_site(shop: Shop) -> None:
    answer = shop.get(shop.issued()["hosted_invoice_url"])
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
