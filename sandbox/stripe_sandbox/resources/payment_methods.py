"""Payment methods: https://docs.stripe.com/api/payment_methods."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from stripe_sandbox.billing import banks, cards
from stripe_sandbox.billing.cards import Decline
from stripe_sandbox.billing.methods import (
    attach,
    card_error,
    detach,
    is_ready_made,
    method,
    new_bank_account,
    new_card,
)
from stripe_sandbox.errors import invalid, missing
from stripe_sandbox.http import Json
from stripe_sandbox.parameters import Email, Fields, Hash, Integer, Metadata, OneOf, Text
from stripe_sandbox.resource import CUSTOMER, LISTING, Call, Link, Resource, Route, chosen, merged
from stripe_sandbox.resources.intents import TYPES
from stripe_sandbox.resources.shapes import ADDRESS, address

_REDISPLAY = OneOf(("always", "limited", "unspecified"))
_TYPE = OneOf(TYPES)
_HOLDER = OneOf(("company", "individual"))
_ACCOUNT_TYPE = OneOf(("checking", "savings"))
_BILLING_DETAILS = Hash(
    {"address": ADDRESS, "email": Email(), "name": Text(), "phone": Text(), "tax_id": Text(clearable=False)}
)
CREATE: Fields = {
    "allow_redisplay": _REDISPLAY,
    "billing_details": _BILLING_DETAILS,
    "card": Hash(
        {
            "cvc": Text(clearable=False),
            "exp_month": Integer(required=True),
            "exp_year": Integer(required=True),
            "number": Text(required=True, clearable=False),
        }
    ),
    "metadata": Metadata(clearable=False),
    "sepa_debit": Hash({"iban": Text(required=True, clearable=False)}),
    "type": _TYPE,
    "us_bank_account": Hash(
        {
            "account_holder_type": _HOLDER,
            "account_number": Text(clearable=False),
            "account_type": _ACCOUNT_TYPE,
            "routing_number": Text(clearable=False),
        }
    ),
}
UPDATE: Fields = {
    "allow_redisplay": _REDISPLAY,
    "billing_details": _BILLING_DETAILS,
    "card": Hash({"exp_month": Integer(1, 12), "exp_year": Integer(2000, 2100)}),
    "metadata": Metadata(),
    "us_bank_account": Hash({"account_holder_type": _HOLDER, "account_type": _ACCOUNT_TYPE}),
}
LIST: Fields = {"allow_redisplay": _REDISPLAY, "customer": CUSTOMER, "type": _TYPE, **LISTING}
LIST_OF_CUSTOMER: Fields = {"allow_redisplay": _REDISPLAY, "type": _TYPE, **LISTING}


def _create(call: Call) -> Json:
    if "type" not in call.params:
        raise invalid("Missing required param: type.", "type", "parameter_missing")
    type = call.params["type"]
    if type not in call.params:
        raise invalid(f"Missing required param: {type}.", type, "parameter_missing")
    for other in set(TYPES) & call.params.keys() - {type}:
        raise invalid(f"You provided {other} parameters for a payment method of type {type}.", other)
    made = {"card": _card, "sepa_debit": _sepa_debit, "us_bank_account": _us_bank_account}[type](call)
    _apply(call, made)
    return made


def _sepa_debit(call: Call) -> Json:
    iban = re.sub(r"\s", "", call.params["sepa_debit"]["iban"]).upper()
    account = banks.BY_NUMBER.get(iban)
    if len(iban) < 15 or not banks.passes_checksum(iban) or account is None:
        raise invalid("The IBAN you provided is invalid.", "sepa_debit[iban]", "invalid_bank_account_iban")
    return new_bank_account(call.sandbox, account)


def _us_bank_account(call: Call) -> Json:
    """One that is typed in is not known to be the customer's: small deposits show that."""
    given = dict(call.params["us_bank_account"])
    for name in ("account_number", "routing_number"):
        if name not in given:
            full = f"us_bank_account[{name}]"
            raise invalid(f"Missing required param: {full}.", full, "parameter_missing")
    if given.pop("routing_number") != banks.ROUTING_NUMBER:
        message = f"In test mode the routing number must be {banks.ROUTING_NUMBER}."
        raise invalid(message, "us_bank_account[routing_number]", "routing_number_invalid")
    account = banks.BY_NUMBER.get(given.pop("account_number"))
    if account is None or account.type != "us_bank_account":
        message = "You must use a test bank account number in test mode."
        raise invalid(message, "us_bank_account[account_number]", "account_number_invalid")
    return new_bank_account(call.sandbox, account, verified=False, **given)


def _card(call: Call) -> Json:
    card = call.params["card"]
    _check_card(call, card)
    number = re.sub(r"[ -]", "", card["number"])
    test_card = cards.BY_NUMBER.get(number)
    if test_card is None:
        raise card_error(
            Decline(
                "card_declined",
                "Your card was declined. Your request was in test mode, but used a non test card. For a list of "
                "valid test cards, visit: https://stripe.com/docs/testing.",
                "test_mode_live_card",
            )
        )
    cvc_check = None if "cvc" in card else "unavailable"
    return new_card(call.sandbox, test_card, card["exp_month"], card["exp_year"], cvc_check=cvc_check)


def _check_card(call: Call, card: Json) -> None:
    number = re.sub(r"[ -]", "", card["number"])
    if not number.isascii() or not number.isdigit() or not cards.passes_luhn(number):
        raise card_error(Decline("incorrect_number", "Your card number is incorrect."))
    today = datetime.fromtimestamp(call.now, UTC)
    if not 1 <= card["exp_month"] <= 12:
        raise _expiry_error("invalid_expiry_month", "Your card's expiration month is invalid.", "exp_month")
    if card["exp_year"] < today.year or card["exp_year"] > today.year + 50:
        raise _expiry_error("invalid_expiry_year", "Your card's expiration year is invalid.", "exp_year")
    if (card["exp_year"], card["exp_month"]) < (today.year, today.month):
        raise _expiry_error("invalid_expiry_month", "Your card's expiration month is invalid.", "exp_month")
    if "cvc" in card and not re.fullmatch(r"[0-9]{3,4}", card["cvc"], re.ASCII):
        raise _expiry_error("invalid_cvc", "Your card's security code is invalid.", "cvc")


def _expiry_error(code: str, message: str, param: str) -> Exception:
    error = card_error(Decline(code, message))
    error.param = param
    return error


def _apply(call: Call, made: Json) -> None:
    params = call.params
    made.update(chosen(params, "allow_redisplay"))
    if "billing_details" in params:
        details = dict(params["billing_details"])
        if "address" in details:
            details["address"] = address(details["address"]) or made["billing_details"]["address"]
        made["billing_details"] = {**made["billing_details"], **details}
    if "metadata" in params:
        made["metadata"] = merged(made["metadata"], params["metadata"])


def _update(call: Call) -> Json:
    found = _named(call)
    if found["customer"] is None:
        raise invalid("You must save this PaymentMethod to a customer before you can update it.", "payment_method")
    for type in {"card", "us_bank_account"} & call.params.keys():
        if type != found["type"]:
            raise invalid(f"You cannot update {type} of a payment method of type {found['type']}.", type)
        found[type] = {**found[type], **call.params[type]}
    _apply(call, found)
    return found


def _named(call: Call) -> Json:
    """The payment method that the path names; a ready-made one is made for the occasion."""
    if is_ready_made(call.path["payment_method"]):
        return method(call.sandbox, call.path["payment_method"])
    return call.named("payment_method")


def _attach(call: Call) -> Json:
    customer = call.given("customer", "customer")
    if customer is None:
        raise invalid("Missing required param: customer.", "customer", "parameter_missing")
    found = _named(call)
    attach(call.sandbox, found, customer)
    return found


def _detach(call: Call) -> Json:
    found = _named(call)
    detach(call.sandbox, found)
    return found


def _list(call: Call) -> Json:
    if "customer" not in call.params:
        return call.page_of([], "PaymentMethod")
    return _page(call, call.params["customer"])


def _list_of_customer(call: Call) -> Json:
    return _page(call, call.named("customer")["id"])


def _page(call: Call, customer: str) -> Json:
    return call.page("payment_method", {"customer": customer, **chosen(call.params, "allow_redisplay", "type")})


def _of_customer(call: Call) -> Json:
    found = call.named("payment_method")
    if found["customer"] != call.named("customer")["id"]:
        raise missing("PaymentMethod", found["id"], param="payment_method")
    return found


RESOURCE = Resource(
    kind="payment_method",
    permission="payment_method",
    noun="PaymentMethod",
    indexed=("customer",),
    expandable={"customer": Link("customer")},
    routes=(
        Route("GET", "/v1/payment_methods", _list, LIST),
        Route("POST", "/v1/payment_methods", _create, CREATE, publishable=frozenset(CREATE)),
        Route("GET", "/v1/payment_methods/{payment_method}", _named),
        Route("POST", "/v1/payment_methods/{payment_method}", _update, UPDATE),
        Route("POST", "/v1/payment_methods/{payment_method}/attach", _attach, {"customer": CUSTOMER}),
        Route("POST", "/v1/payment_methods/{payment_method}/detach", _detach),
        Route("GET", "/v1/customers/{customer}/payment_methods", _list_of_customer, LIST_OF_CUSTOMER),
        Route("GET", "/v1/customers/{customer}/payment_methods/{payment_method}", _of_customer),
    ),
)
