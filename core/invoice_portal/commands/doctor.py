"""What ``invoice-portal doctor`` looks at: the settings, the Stripe key and its permissions, and a hash."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from invoice_portal.drivers.blocking import BlockingDriver
from invoice_portal.effects import Failed, Ok, Outcome, StripeCall, each
from invoice_portal.errors import NotFound, StripeRefused, StripeRejected
from invoice_portal.settings import PortalSettings
from invoice_portal.theme import concerns

Verdict: TypeAlias = Literal["ok", "note", "problem"]


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the doctor's report."""

    verdict: Verdict
    text: str


@dataclass(frozen=True, slots=True)
class Probe:
    """A call that shows whether a key may do something. What is not ``needed`` only makes pages poorer.

    There may be ``many`` of all but the account. One that ``changes`` something is about what does not exist.
    """

    what: str
    path: str
    permission: str
    needed: bool = False
    many: bool = True
    changes: bool = False


PROBES = (
    Probe("invoices", "/v1/invoices", "rak_invoice_read", needed=True),
    Probe("customers", "/v1/customers", "rak_customer_read", needed=True),
    Probe("subscriptions, for the choice among several", "/v1/subscriptions", "rak_subscription_read"),
    Probe("products, for the names of subscriptions", "/v1/products", "rak_product_read"),
    Probe("payments, for an invoice's history", "/v1/invoice_payments", "rak_invoice_read"),
    Probe("payment intents, for what was paid with what", "/v1/payment_intents", "rak_payment_intent_read"),
    Probe("charges, for what was paid with what", "/v1/charges", "rak_charge_read"),
    Probe("credit notes", "/v1/credit_notes", "rak_credit_note_read"),
    Probe("tax rates, for the names of taxes", "/v1/tax_rates", "rak_tax_rate_read"),
    Probe("coupons, for the names of discounts", "/v1/coupons", "rak_coupon_read"),
    Probe("preview the upcoming bill", "/v1/invoices/create_preview", "rak_invoice_write", changes=True),
    Probe("one-off items, for the upcoming bill", "/v1/invoiceitems", "rak_invoice_read"),
    Probe("meters, for usage", "/v1/billing/meters", "rak_billing_meter_read"),
    Probe("prices, for the tiers of what usage costs", "/v1/prices", "rak_plan_read"),
)
"""What the portal reads, and the permission that a restricted key needs for it."""
BRANDING = Probe("the account, for its colour", "/v1/account", "rak_accounts_kyc_basic_read", many=False)
"""What is read where ``theme_from_stripe`` is on."""
PAYING_PROBES = (
    Probe("saved methods", "/v1/payment_methods", "rak_payment_method_read"),
    Probe("pay invoices", "/v1/invoices/in_doctor/pay", "rak_invoice_write", needed=True, changes=True),
    Probe(
        "make payment intents, for parts and for restricted types",
        "/v1/payment_intents/pi_doctor/cancel",
        "rak_payment_intent_write",
        needed=True,
        changes=True,
    ),
    Probe("set methods up", "/v1/setup_intents/seti_doctor/cancel", "rak_setup_intent_write", changes=True),
    Probe("offer to keep a method", "/v1/customer_sessions", "rak_customer_session_write", changes=True),
    Probe("remove saved methods", "/v1/payment_methods/pm_doctor/detach", "rak_payment_method_write", changes=True),
    Probe("set a customer's default method", "/v1/customers/cus_doctor", "rak_customer_write", changes=True),
    Probe(
        "set a subscription's default method", "/v1/subscriptions/sub_doctor", "rak_subscription_write", changes=True
    ),
)
"""What is changed where customers pay in the portal. Each asks for the impossible: a key that may is told so."""

_PORTAL = "/v1/billing_portal/sessions"
MANAGING_PROBES = (
    Probe("prices, for plans and offers", "/v1/prices", "rak_plan_read", needed=True),
    Probe("change subscriptions", "/v1/subscriptions/sub_doctor", "rak_subscription_write", needed=True, changes=True),
    Probe("preview what a change costs", "/v1/invoices/create_preview", "rak_invoice_write", changes=True),
    Probe("open Stripe's customer portal", _PORTAL, "rak_customer_portal_write", changes=True),
)
"""What is needed where customers change their subscriptions."""
DETAILS_PROBES = (
    Probe("change billing details", "/v1/customers/cus_doctor", "rak_customer_write", needed=True, changes=True),
    Probe("add tax IDs", "/v1/customers/cus_doctor/tax_ids", "rak_tax_id_write", changes=True),
)
"""What is needed where customers change their billing details."""


def examine(settings: PortalSettings) -> list[Result]:
    """Look at the settings, then ask Stripe with this key for everything that the portal reads."""
    return [*_about_settings(settings), *BlockingDriver(settings).run(_about_key(settings))]


def _about_settings(settings: PortalSettings) -> Iterator[Result]:
    kind = "live" if settings.live else "test"
    yield Result("ok", f"The settings are complete; the Stripe key is a {kind} key.")
    if not settings.require_hash:
        yield Result("problem", "require_hash is off: anybody can open any customer's invoices of the test account.")
    if settings.debug and settings.live:
        yield Result("note", "debug is on with a live key: pages do not show details then, only the log does.")
    for concern in concerns(settings.theme):
        yield Result("note", concern)
    if settings.identify_by == "email":
        yield Result("note", "identify_by is email: sign verified addresses only, in the spelling that Stripe has.")
    if settings.stripe_api_key.startswith("sk_live_"):
        yield Result("note", "A restricted key (rk_live_…) is enough, and safer than this one.")


async def _about_key(settings: PortalSettings) -> list[Result]:
    probes = (*PROBES, *((BRANDING,) if settings.theme_from_stripe else ()))
    probes += PAYING_PROBES if settings.stripe_publishable_key else ()
    managed = settings.subscriptions
    if managed.actions or managed.upsells:
        probes += tuple(one for one in MANAGING_PROBES if managed.billing_portal or one.path != _PORTAL)
    probes += DETAILS_PROBES if settings.billing_details else ()
    outcomes = await each([_call(probe) for probe in probes])
    return [_judge(probe, outcome) for probe, outcome in zip(probes, outcomes, strict=True)]


def _call(probe: Probe) -> StripeCall[None]:
    if probe.changes:
        return StripeCall("post", probe.path, lambda data: None)
    return StripeCall("get", probe.path, lambda data: None, {"limit": 1} if probe.many else {})


def _judge(probe: Probe, outcome: Outcome[None]) -> Result:
    match outcome:
        case Ok():
            return Result("ok", f"The key reads {probe.what}.")
        case Failed(NotFound() | StripeRejected()) if probe.changes:
            return Result("ok", f"The key may {probe.what}.")
        case Failed(StripeRefused() as error):
            verdict: Verdict = "problem" if probe.needed else "note"
            if error.key_unknown:
                return Result("problem", "Stripe does not know this key. Copy it again from the dashboard.")
            permission = error.permission or probe.permission
            deed = probe.what if probe.changes else f"read {probe.what}"
            return Result(verdict, f"The key may not {deed}: give it the permission {permission}.")
        case Failed(error):
            return Result("problem", f"Reading {probe.what} failed: {error.detail}")
