"""Payment methods and refusals in a customer's words."""

from __future__ import annotations

from typing import Final

from invoice_portal.i18n import Language
from invoice_portal.marking import N_
from invoice_portal.stripe_api.payments import Method

_BRANDS: Final = {
    "amex": "American Express",
    "cartes_bancaires": "Cartes Bancaires",
    "diners": "Diners Club",
    "discover": "Discover",
    "eftpos_au": "eftpos",
    "jcb": "JCB",
    "mastercard": "Mastercard",
    "unionpay": "UnionPay",
    "visa": "Visa",
}
_METHODS: Final = {
    "card": N_("card"),
    "us_bank_account": N_("bank account"),
    "sepa_debit": N_("bank account"),
    "bacs_debit": N_("bank account"),
    "acss_debit": N_("bank account"),
    "au_becs_debit": N_("bank account"),
    "customer_balance": N_("bank transfer"),
    "link": "Link",
    "paypal": "PayPal",
}
_NOT_CONFIRMED: Final = N_("The payment was not confirmed with your bank.")
_LIMIT: Final = N_("The card's limit has been reached.")
_UNSUITABLE: Final = N_("This card cannot be used for this payment.")
_CODE_WRONG: Final = N_("The security code was not right.")
_NUMBER_WRONG: Final = N_("The card number was not right.")
_EXPIRED: Final = N_("The card has expired.")
_ACCOUNT: Final = N_("The bank could not find this account, or it is closed.")
_TRY_AGAIN: Final = N_("The bank could not process it. Trying again may help.")
_REASONS: Final = {
    "account_closed": _ACCOUNT,
    "amount_too_small": N_("The amount is too small to be paid."),
    "authentication_not_handled": _NOT_CONFIRMED,
    "authentication_required": N_("Your bank asks you to confirm the payment."),
    "bank_account_restricted": _ACCOUNT,
    "card_not_supported": _UNSUITABLE,
    "card_velocity_exceeded": _LIMIT,
    "currency_not_supported": _UNSUITABLE,
    "debit_not_authorized": N_("Your bank says that the debit was not allowed."),
    "expired_card": _EXPIRED,
    "incorrect_cvc": _CODE_WRONG,
    "incorrect_number": _NUMBER_WRONG,
    "incorrect_zip": N_("The postal code was not right."),
    "insufficient_funds": N_("There was not enough money on the account."),
    "invalid_cvc": _CODE_WRONG,
    "invalid_expiry_month": _EXPIRED,
    "invalid_expiry_year": _EXPIRED,
    "invalid_number": _NUMBER_WRONG,
    "issuer_not_available": _TRY_AGAIN,
    "no_account": _ACCOUNT,
    "payment_intent_authentication_failure": _NOT_CONFIRMED,
    "processing_error": _TRY_AGAIN,
    "reenter_transaction": _TRY_AGAIN,
    "resource_missing": N_("This payment method is no longer there."),
    "setup_intent_authentication_failure": N_("The method was not confirmed with your bank."),
    "transaction_not_allowed": _UNSUITABLE,
    "try_again_later": _TRY_AGAIN,
    "withdrawal_count_limit_exceeded": _LIMIT,
}
"""By Stripe's decline code, else its error code. What a bank says of lost and stolen cards is not passed on."""
_OTHER_METHOD: Final = N_("Choose another way to pay, or ask your bank.")


def method_name(language: Language, method: Method) -> str:
    """``Visa 4242``, ``bank account 6789``: what people call it, and its last digits."""
    brand = _BRANDS.get(method.brand, method.brand.replace("_", " ").title())
    name = brand or language.gettext(_METHODS.get(method.type, method.type.replace("_", " ")))
    return f"{name} {method.last4}".strip()


def type_name(language: Language, type: str) -> str:
    """A type of methods by itself: ``card``, ``bank account``."""
    return language.gettext(_METHODS.get(type, type.replace("_", " ")))


def known_reason(language: Language, code: str) -> str:
    """Why a payment did not go through; empty for a reason that tells a customer nothing."""
    reason = _REASONS.get(code)
    return language.gettext(reason) if reason else ""


def shown_code(code: str) -> str:
    """A refusal's code as a browser may learn it: ``generic_decline`` where a bank suspects the card or its user.

    Stripe asks for that (docs.stripe.com/declines/codes): who tries stolen cards is not told what gave them away.
    """
    return code if code in _REASONS or not code else "generic_decline"


def refusal(language: Language, code: str) -> str:
    """Why a payment did not go through, and what to do now."""
    _ = language.gettext
    reason = known_reason(language, code) or _("Your bank did not accept the payment.")
    return reason if _REASONS.get(code) == _TRY_AGAIN else f"{reason} {_(_OTHER_METHOD)}"
