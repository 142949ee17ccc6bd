"""Parameters and hashes that several resources share."""

from __future__ import annotations

from stripe_sandbox.http import Json
from stripe_sandbox.parameters import Fields, Hash, Integer, ListOf, OneOf, Reference, Text

COLLECTION_METHODS = ("charge_automatically", "send_invoice")
PAYMENT_METHOD_TYPES = ListOf(
    OneOf(
        (
            "ach_credit_transfer", "ach_debit", "acss_debit", "affirm", "amazon_pay", "au_becs_debit", "bacs_debit",
            "bancontact", "boleto", "card", "cashapp", "crypto", "custom", "customer_balance", "eps", "fpx",
            "giropay", "grabpay", "ideal", "jp_credit_transfer", "kakao_pay", "klarna", "konbini", "kr_card", "link",
            "multibanco", "naver_pay", "nz_bank_account", "p24", "pay_by_bank", "payco", "paynow", "paypal", "payto",
            "pix", "promptpay", "revolut_pay", "sepa_credit_transfer", "sepa_debit", "sofort", "swish", "twint",
            "upi", "us_bank_account", "wechat_pay",
        )
    ),
    clearable=True,
)  # fmt: skip
_ADDRESS: Fields = {name: Text() for name in ("city", "country", "line1", "line2", "postal_code", "state")}
ADDRESS = Hash(_ADDRESS, clearable=True)
REQUIRED_ADDRESS = Hash(_ADDRESS, required=True)
SHIPPING = Hash(
    {"address": REQUIRED_ADDRESS, "name": Text(required=True, clearable=False), "phone": Text()}, clearable=True
)
CUSTOM_FIELDS = ListOf(
    Hash(
        {
            "name": Text(max=40, required=True, clearable=False),
            "value": Text(max=140, required=True, clearable=False),
        }
    ),
    clearable=True,
)
PERIOD = Hash({"start": Integer(required=True), "end": Integer(required=True)})
TAX_BEHAVIOR = OneOf(("exclusive", "inclusive", "unspecified"))
TAX_RATES = ListOf(Reference(to="tax_rate"), clearable=True)
DISCOUNTS = ListOf(
    Hash(
        {
            "coupon": Reference(to="coupon"),
            "discount": Reference(to="discount"),
            "promotion_code": Reference(to="promotion_code", noun="promotion code"),
        }
    ),
    clearable=True,
)


def address(sent: Json | None, before: Json | None = None) -> Json | None:
    """A whole address out of what was sent of it, over what was there."""
    if sent is None:
        return None
    return dict.fromkeys(sorted(_ADDRESS)) | (before or {}) | sent


def shipping(sent: Json | None) -> Json | None:
    """Where and to whom things are sent."""
    if sent is None:
        return None
    return {"address": address(sent["address"]), "name": sent["name"], "phone": sent.get("phone")}
