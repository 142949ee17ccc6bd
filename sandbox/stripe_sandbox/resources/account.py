"""The account itself: https://docs.stripe.com/api/accounts/object."""

from __future__ import annotations

from stripe_sandbox.errors import StripeError
from stripe_sandbox.http import Json
from stripe_sandbox.parameters import Fields, range_of
from stripe_sandbox.resource import LISTING, Call, Resource, Route, in_range

LIST: Fields = {"created": range_of(), **LISTING}


def new_account(id: str, created: int) -> Json:
    """The sandbox's own account; whoever seeds it may change what it says."""
    return {
        "id": id,
        "object": "account",
        "business_profile": {
            "annual_revenue": None,
            "estimated_worker_count": None,
            "mcc": None,
            "minority_owned_business_designation": None,
            "name": "Sandbox",
            "product_description": None,
            "support_address": None,
            "support_email": None,
            "support_phone": None,
            "support_url": None,
            "url": None,
        },
        "business_type": "company",
        "capabilities": {"card_payments": "active", "transfers": "active"},
        "charges_enabled": True,
        "country": "US",
        "created": created,
        "default_currency": "usd",
        "details_submitted": True,
        "email": "billing@example.com",
        "metadata": {},
        "payouts_enabled": True,
        "settings": {
            "bacs_debit_payments": {"display_name": None, "service_user_number": None},
            "branding": {"icon": None, "logo": None, "primary_color": None, "secondary_color": None},
            "card_issuing": {"tos_acceptance": {"date": None, "ip": None}},
            "card_payments": {
                "decline_on": {"avs_failure": False, "cvc_failure": False},
                "statement_descriptor_prefix": None,
                "statement_descriptor_prefix_kanji": None,
                "statement_descriptor_prefix_kana": None,
            },
            "dashboard": {"display_name": "Sandbox", "timezone": "Etc/UTC"},
            "invoices": {"default_account_tax_ids": None, "hosted_payment_method_save": "never"},
            "payments": {
                "statement_descriptor": "SANDBOX",
                "statement_descriptor_kana": None,
                "statement_descriptor_kanji": None,
            },
            "payouts": {
                "debit_negative_balances": True,
                "schedule": {"delay_days": 2, "interval": "daily"},
                "statement_descriptor": None,
            },
            "sepa_debit_payments": {},
        },
        "type": "standard",
    }


def _retrieve(call: Call) -> Json:
    return call.sandbox.account


def _list(call: Call) -> Json:
    """The accounts that are connected to this one, the newest first."""
    created = call.params.get("created")
    accounts = [each.account for each in reversed(call.sandbox.connected.values())]
    return call.page_of([each for each in accounts if in_range(each["created"], created)], "account")


def _named(call: Call) -> Json:
    id = call.path["account"]
    if id == call.sandbox.account["id"]:
        return call.sandbox.account
    connected = call.sandbox.connected.get(id)
    if connected is None:
        raise StripeError(
            f"The provided key does not have access to account '{id}' (or that account does not exist). Application "
            "access may have been revoked.",
            status=403,
            code="account_invalid",
        )
    return connected.account


RESOURCE = Resource(
    kind="account",
    permission="accounts_kyc_basic",
    routes=(
        Route("GET", "/v1/account", _retrieve),
        Route("GET", "/v1/accounts", _list, LIST),
        Route("GET", "/v1/accounts/{account}", _named),
    ),
)
