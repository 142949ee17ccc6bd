"""Tools that report errors keep the ``repr`` of what a function was working on: it must let nobody in."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from invoice_portal.api.me import Credentials, FormToken, Token
from invoice_portal.api.paying import StripeSecrets, WaitingPayment
from invoice_portal.http import Cookie, Data, Download, HostForm, Page, Redirect, Rendered, Reply, SetCookie
from invoice_portal.pages.paying.fresh_method import Begun, Ready
from invoice_portal.pages.paying.page import Waiting
from invoice_portal.sessions import SESSION_COOKIE, Arrival, Session, Ticket, bearer_of, seal_bearer, seal_session
from invoice_portal.sharing.model import Link, LinkRow, PortalSession, SessionRow
from invoice_portal.sharing.tokens import Token as LinkToken
from invoice_portal.signing import Signer
from invoice_portal.visits import begin

from .helpers.objects import NOW
from .helpers.visiting import ADA, SECRET, make_portal, make_request, make_settings

SECRETS = "let-me-in"
ROW = {"id": "x_1", "account": "", "customer": "cus_1", "nonce": SECRETS, "actions": "view", "uses": 0}
MOMENTS = {"created_at": 1, "created_by": "", "expires_at": 2, "revoked_at": None, "last_used_at": None}
LINK = {
    **{"id": "link_1", "kind": "portal", "invoice_id": None, "customer_id": "cus_1", "state": "active"},
    **{"actions": ("view",), "max_uses": None, "uses": 0, "first_used_at": None, **MOMENTS},
}
HOLDERS = {
    "link": Link(url=SECRETS, **LINK),
    "portal session": PortalSession(id="ps_1", customer_id="cus_1", created_at=1, expires_at=2, url=SECRETS),
    "link row": LinkRow(kind="portal", subject="cus_1", max_uses=None, first_used_at=None, **ROW, **MOMENTS),
    "session row": SessionRow(generation=1, current=1, **ROW, **MOMENTS),
    "token of a link": LinkToken("link_1", SECRETS),
    "ticket": Ticket("link", "link_1", SECRETS, 1),
    "credentials": Credentials(identity=SECRETS, hash=SECRETS, link=SECRETS),
    "token": Token(SECRETS, "Bearer", 1, 1, "cus_1", "/", ()),
    "payment that waits": WaitingPayment("Look for the small deposits.", SECRETS),
    "payment that waits, on its page": Waiting("Look for the small deposits.", SECRETS, ""),
    "what Stripe's script pays with": Ready(Begun("in_1", "pi_1", "new"), SECRETS, SECRETS),
    "what Stripe's script pays with, as JSON": StripeSecrets(SECRETS, SECRETS, "begun"),
    "form token": FormToken("X-Form-Token", SECRETS),
    "host's form": HostForm("token", SECRETS, "X"),
    "cookie": Cookie(name="c", value=SECRETS, max_age=1),
    "cookie to set": SetCookie("c", SECRETS, 1, "/", True),
    "page": Page(template="t", title="t", context={"statement": SECRETS}),
    "redirect": Redirect(to=f"https://invoice.stripe.com/i/{SECRETS}"),
    "data": Data(value={"client_secret": SECRETS}),
    "download": Download(body=SECRETS.encode(), content_type="text/csv", name="usage.csv"),
    "rendered": Rendered(SECRETS, packaged=True),
    "reply": Reply(303, {"Location": SECRETS}, SECRETS.encode()),
}


@pytest.mark.parametrize("holder", HOLDERS.values(), ids=HOLDERS.keys())
def test_what_lets_somebody_in_is_not_shown(holder: object) -> None:
    assert SECRETS in str(asdict(holder)), "it is there"  # type: ignore[call-overload]
    assert SECRETS not in repr(holder)


def test_a_request_and_its_visit_show_nothing_that_came_in() -> None:
    settings = make_settings()
    signer = Signer(settings.secret_keys, settings.realm)
    session = Session(Arrival(ADA), NOW + 60)
    cookie, bearer = seal_session(signer, session), seal_bearer(signer, session)
    request = make_request(
        "invoice_link",
        args={"token": SECRETS},
        query={"hash": SECRETS},
        form={"identity": SECRETS},
        headers={"authorization": f"Bearer {bearer}", "stripe-signature": SECRETS},
        cookies={SESSION_COOKIE: cookie, "theirs": SECRETS},
        body=SECRETS.encode(),
        visitor=None,
    )
    assert bearer_of(request.headers) == bearer
    portal = make_portal()
    for visit in (portal.begin(request), begin(request, settings, signer, portal.languages.default, NOW)):
        for text in (repr(request), repr(visit), repr(portal)):
            assert not [secret for secret in (SECRETS, cookie, bearer, visit.form_cookie, SECRET) if secret in text]
