"""What an operator's log holds: enough to find the fault, and nothing that opens a door."""

from __future__ import annotations

import logging
import re

import pytest

from invoice_portal import Email
from support.accounts import Account
from support.portals import KEY, OLD_KEY, STRIPE_KEY, Mount, Mounted
from support.stripe_server import StripeServer, as_error

ANNA = Email("anna@example.com")


def test_a_whole_visit_leaves_no_secret_behind(
    mount: Mount, account: Account, stripe: StripeServer, logs: pytest.LogCaptureFixture
) -> None:
    portal = mount(secret_keys=[KEY, OLD_KEY], debug=True)
    invoice = account.open(account.customer(ANNA.address))
    token = portal.portal.sign_identifier(ANNA)
    proof = portal.portal.hash_email(ANNA.address)
    browser = portal.browser()
    browser.get("/enter", {"identity": token[:-4] + "AAAA"})
    browser.get("/enter", {"email": "other@example.com", "hash": proof})
    browser.get("/enter", {"identity": token})
    page = browser.get("/")
    browser.get(f"/invoices/{invoice}")
    browser.get("/", {"after": "forged.cursor"})
    handed = [browser.get(f"/invoices/{invoice}/pdf"), browser.submit(page, "/pay")]
    browser.post(f"/invoices/{invoice}/pay", {"form_token": "forged", "csrfmiddlewaretoken": "forged"})
    stripe.answer("/v1/invoices.*", as_error(403, f"No such key {STRIPE_KEY}"))
    browser.get("/")
    stripe.answer("/v1/.*", as_error(500, f"No such key {STRIPE_KEY}"))
    browser.get(f"/invoices/{invoice}")
    secrets = [
        *(KEY, OLD_KEY, STRIPE_KEY, token, token[:-4], proof, *browser.cookies.values()),
        *(answer.location for answer in handed),
        *(token for answer in handed for token in re.findall(r"\w{20,}", answer.location)),
        *page.html.form("/pay").fields.values(),
    ]
    told = "\n".join(record.getMessage() + str(record.exc_text) for record in logs.records if record.name != "stripe")
    for secret in secrets:
        assert len(secret) > 6
        assert secret not in told, secret
    assert "StripeRefused" in told


def test_a_failure_is_told_with_stripes_request_id(
    portal: Mounted, account: Account, stripe: StripeServer, logs: pytest.LogCaptureFixture
) -> None:
    account.customer(ANNA.address)
    stripe.answer("/v1/invoices", as_error(403, "…"))
    portal.browser(ANNA).get("/")
    errors = [record.getMessage() for record in logs.records if record.levelno >= logging.ERROR]
    told = "\n".join(errors)
    for word in ("/v1/invoices", "403", "req_scripted", "doctor"):
        assert word in told


def test_a_visitors_mistake_is_no_error_of_the_operators(
    portal: Mounted, account: Account, logs: pytest.LogCaptureFixture
) -> None:
    account.open(account.customer(ANNA.address))
    browser = portal.browser(ANNA)
    for path in ("/invoices/in_none", "/?after=x", "/enter?email=x&hash=y", "/?customer=cus_none"):
        browser.get(path)
    portal.browser().get("/")
    assert [record for record in logs.records if record.levelno >= logging.ERROR] == []
