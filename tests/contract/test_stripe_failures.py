"""Stripe refuses, stalls, breaks off or answers nonsense: there is a page that stands, and no secret gets out."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest
import stripe as stripe_package

from invoice_portal import CustomerId, Email
from stripe_sandbox import Request, Response
from support.accounts import Account
from support.portals import STRIPE_KEY, Answer, Browser, Mount, Mounted
from support.stripe_server import HANG, HANG_UP, Reaction, StripeServer, as_error, as_json, as_list

ANNA = Email("anna@example.com")
TOLD = f"Invalid API Key provided: {STRIPE_KEY} for anna@example.com at internal.example"


@pytest.fixture(autouse=True)
def no_pause_between_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stripe package waits half a second before it tries again; here it need not."""
    monkeypatch.setattr(stripe_package.HTTPClient, "INITIAL_DELAY", 0.001)
    monkeypatch.setattr(stripe_package.HTTPClient, "MAX_DELAY", 0.001)


def plain(status: int, body: bytes, content_type: str = "application/json") -> Response:
    return Response(status, {"Content-Type": content_type}, body)


REFUSALS: dict[str, Reaction] = {
    "401": as_error(401, TOLD),
    "403": as_error(403, TOLD + " Having the 'rak_invoice_read' permission would allow this request to continue."),
    "400": as_error(400, TOLD, param="customer", code="parameter_invalid_empty"),
    "402": as_error(402, TOLD, type="card_error", code="card_declined"),
    "409": as_error(409, TOLD, code="lock_timeout"),
    "429": as_error(429, TOLD, code="rate_limit"),
    "500": as_error(500, TOLD, type="api_error"),
    "503 HTML": plain(503, b"<html><h1>Bad gateway at internal.example</h1></html>", "text/html"),
    "500 empty": plain(500, b""),
    "301": Response(301, {"Location": "http://127.0.0.1:1/"}, b""),
    "418 text": plain(418, TOLD.encode(), "text/plain"),
    "error without error": as_json({}, 400),
    "error as text": as_json({"error": TOLD}, 400),
    "error as list": as_json({"error": [TOLD]}, 400),
    "error as null": as_json({"error": None}, 500),
    "error of errors": as_json({"error": {"message": {"x": 1}, "type": 5, "code": [TOLD]}}, 400),
}
NONSENSE: dict[str, Reaction] = {
    "empty": plain(200, b""),
    "HTML": plain(200, b"<!doctype html><p>internal.example", "text/html"),
    "half of JSON": plain(200, b'{"object": "list", "data": [{"id": "in_1"'),
    "not UTF-8": plain(200, b'{"object": "\xff\xfe"}'),
    "null": as_json(None),
    "list": as_json([]),
    "list of lists": as_json([[]]),
    "text": as_json("internal.example"),
    "number": as_json(5),
    "infinite": plain(200, b'{"object": "list", "data": [{"id": "cus_1", "created": Infinity}]}'),
    "true": as_json(True),
    "no fields": as_json({}),
    "204": plain(204, b""),
    "deep": plain(200, b"[" * 5000 + b"]" * 5000),
    "a very long number": plain(200, b'{"object": "list", "data": [], "x": ' + b"9" * 5000 + b"}"),
    "list without data": as_json({"object": "list"}),
    "list of null": as_json({"object": "list", "data": [None], "has_more": False}),
    "list of texts": as_json({"object": "list", "data": ["in_1"], "has_more": False}),
    "data of another kind": as_json({"object": "list", "data": {"id": "in_1"}, "has_more": False}),
    "another object": as_json({"object": "charge", "id": "ch_1", "customer": "cus_1"}),
    "an empty invoice": as_list({"object": "invoice", "id": "in_1"}),
}
CONNECTIONS: dict[str, Reaction] = {"hangs up": HANG_UP, "hangs": HANG}
BROKEN = {**REFUSALS, **NONSENSE, **CONNECTIONS}
SOME = ("403", "500 empty", "HTML", "null", "list without data", "list of null", "hangs up")
broken = pytest.mark.parametrize("reaction", BROKEN.values(), ids=BROKEN.keys())
some_broken = pytest.mark.parametrize("reaction", [BROKEN[name] for name in SOME], ids=SOME)

SECRETS = (STRIPE_KEY, "internal.example", "127.0.0.1:1/", "Traceback", "rak_invoice_read", "stripe.com/docs")


def stands(answer: Answer, status: int = 503) -> None:
    """It is a page of the portal's, in the portal's words."""
    assert answer.status == status, answer.source[:2000]
    assert answer.html.root.one("main")
    if status == 503:
        assert "short break" in answer.text
        assert answer.headers["retry-after"]
    for secret in SECRETS:
        assert secret not in answer.source


class Visitor:
    """Anna with an invoice, and everything that she can do."""

    def __init__(self, mount: Mount, account: Account) -> None:
        self.portal = mount(stripe_timeout=0.4)
        self.customer = account.customer(ANNA.address)
        self.invoice = account.open(self.customer, 4200)
        self.note = account.post("credit_notes", invoice=self.invoice, amount=100)["id"]
        self.browser: Browser = self.portal.browser(ANNA)
        fields = self.browser.get("/").html.form("/pay").fields
        invoice = f"/invoices/{self.invoice}"
        self.ways: dict[str, Callable[[], Answer]] = {
            "home": lambda: self.browser.get("/"),
            "filtered": lambda: self.browser.get("/", {"status": "open"}),
            "by id": lambda: self.portal.browser(CustomerId(self.customer)).get("/"),
            "invoice": lambda: self.browser.get(invoice),
            "pdf": lambda: self.browser.get(f"{invoice}/pdf"),
            "note": lambda: self.browser.get(f"{invoice}/credit_notes/{self.note}/pdf"),
            "pay": lambda: self.browser.post(f"{invoice}/pay", fields),
        }


@pytest.fixture
def anna(mount: Mount, account: Account) -> Visitor:
    return Visitor(mount, account)


@broken
def test_when_everything_fails_every_way_leads_to_a_page_that_says_so(
    anna: Visitor, stripe: StripeServer, logs: pytest.LogCaptureFixture, reaction: Reaction
) -> None:
    stripe.answer("/v1/.*", reaction)
    ways = ["home", "pay"] if reaction is HANG else anna.ways
    for way in ways:
        stands(anna.ways[way]())
    ours = "\n".join(record.getMessage() for record in logs.records if record.name != "stripe")
    assert "StripeUnavailable" in ours or "StripeRefused" in ours
    assert not any(secret in ours for secret in (STRIPE_KEY, "internal.example"))


@some_broken
def test_when_customers_cannot_be_read_nothing_is_shown(
    anna: Visitor, stripe: StripeServer, reaction: Reaction
) -> None:
    """Without them nobody knows whose invoice it is."""
    stripe.answer("/v1/customers", reaction)
    for way in ("home", "invoice", "pdf", "pay"):
        answer = anna.ways[way]()
        stands(answer)
        assert "42.00" not in answer.source


@some_broken
def test_when_a_pane_beside_it_fails_the_invoice_stands(
    anna: Visitor, stripe: StripeServer, reaction: Reaction
) -> None:
    for path in ("/v1/invoice_payments", "/v1/credit_notes", "/v1/tax_rates/.*"):
        stripe.answer(path, reaction)
    answer = anna.ways["invoice"]()
    stands(answer, 200)
    assert "$42.00" in answer.text
    assert "could not be loaded" in answer.text


@some_broken
def test_when_the_sum_beside_it_fails_the_list_stands(
    anna: Visitor, account: Account, stripe: StripeServer, reaction: Reaction
) -> None:
    """The list in view is asked for by itself: here the paid ones; what is open beside it fails."""
    account.paid(anna.customer, 700)

    def fail_for_open(request: Request) -> Reaction | None:
        return reaction if "status=open" in request.query else None

    stripe.script(fail_for_open)
    stripe.answer("/v1/subscriptions", reaction)
    answer = anna.browser.get("/", {"status": "paid"})
    stands(answer, 200)
    assert [row[3] for row in answer.html.rows] == ["$7.00"]
    assert "could not add up" in answer.text


def test_a_refused_connection_is_an_outage(mount: Mount, account: Account) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    portal = mount(stripe_api_base=f"http://127.0.0.1:{port}")
    stands(portal.browser(ANNA).get("/"))


def test_a_name_that_is_none_is_an_outage(mount: Mount) -> None:
    portal = mount(stripe_api_base="http://stripe.invalid")
    stands(portal.browser(ANNA).get("/"))


@pytest.mark.parametrize("name", ["500", "409", "hangs up", "hangs"])
def test_what_fails_once_is_tried_again(anna: Visitor, stripe: StripeServer, name: str) -> None:
    failures = iter([BROKEN[name]])
    stripe.script(lambda request: next(failures, None))
    assert anna.browser.get("/").status == 200


def test_after_an_outage_everything_works_again(anna: Visitor, stripe: StripeServer) -> None:
    down = True
    stripe.script(lambda request: HANG_UP if down else None)
    stands(anna.browser.get("/"))
    down = False
    assert anna.browser.get("/").status == 200
    assert anna.browser.get(f"/invoices/{anna.invoice}").status == 200


def test_a_list_without_end_ends(anna: Visitor, stripe: StripeServer, account: Account) -> None:
    """An answer that promises more and more of the same must not keep the portal busy for ever."""
    for path in ("/v1/customers", "/v1/invoices", "/v1/credit_notes", "/v1/invoices/[^/]*/lines"):
        stripe.change(path, lambda found: {**found, "has_more": True})
    stripe.change(
        f"/v1/invoices/{anna.invoice}", lambda found: {**found, "lines": {**found["lines"], "has_more": True}}
    )
    for way in ("home", "invoice", "pdf"):
        assert anna.ways[way]().status in (200, 303, 503)
        assert len(stripe.requests) < 300
        stripe.requests.clear()


def test_an_answer_about_another_invoice_is_not_believed(anna: Visitor, stripe: StripeServer, account: Account) -> None:
    """The owner of what was answered counts, not of what was asked for."""
    theirs = account.open(account.customer("bert@example.com"), 7700)
    stripe.change(f"/v1/invoices/{anna.invoice}", lambda found: account.get(f"invoices/{theirs}"))
    for way in ("invoice", "pdf", "pay"):
        answer = anna.ways[way]()
        assert answer.status == 404
        assert "77.00" not in answer.source


@pytest.mark.parametrize("owner", [None, "", 5, [], {}, {"id": None}, ["cus"], True])
def test_an_invoice_whose_owner_cannot_be_read_is_nobodys(anna: Visitor, stripe: StripeServer, owner: object) -> None:
    stripe.change(f"/v1/invoices/{anna.invoice}", lambda found: {**found, "customer": owner})
    for way in ("invoice", "pdf", "pay"):
        assert anna.ways[way]().status in (404, 503)


def test_the_account_and_the_version_are_named_in_every_call(mount: Mount, stripe: StripeServer) -> None:
    portal = mount(stripe_account="acct_connected1")
    stripe.answer("/v1/customers", as_list())
    portal.browser(ANNA).get("/")
    (request,) = stripe.requests
    assert request.header("Stripe-Account") == "acct_connected1"
    assert request.header("Stripe-Version") == "2026-05-27.dahlia"
    assert request.header("Authorization") == f"Bearer {STRIPE_KEY}"


def test_debug_mode_says_more_but_no_secret(mount: Mount, stripe: StripeServer, account: Account) -> None:
    portal = mount(debug=True)
    account.customer(ANNA.address)
    stripe.answer("/v1/invoices", as_error(403, f"{TOLD} Having the 'rak_invoice_read' permission …"))
    answer = portal.browser(ANNA).get("/")
    assert answer.status == 503
    assert "Debug:" in answer.text
    assert "rak_invoice_read" in answer.text
    assert STRIPE_KEY not in answer.source
    assert "internal.example" not in answer.source


def test_without_debug_mode_nothing_technical_is_said(portal: Mounted, stripe: StripeServer, account: Account) -> None:
    account.customer(ANNA.address)
    stripe.answer("/v1/invoices", as_error(403, TOLD))
    answer = portal.browser(ANNA).get("/")
    for word in ("Debug", "403", "/v1/", "Error", "req_", "status"):
        assert word not in answer.text
