"""Stripe's test bank accounts, by number and by name, and what becomes of a debit.

https://docs.stripe.com/payments/ach-direct-debit/accept-a-payment#test-account-numbers and
https://docs.stripe.com/payments/sepa-debit/accept-a-payment#test-account-numbers
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from stripe_sandbox.billing.cards import FRAUDULENT, Decline

Ending = Literal["succeeds", "disputed", "never"]
ROUTING_NUMBER = "110000000"


@dataclass(slots=True)
class BankDebits:
    """How long debits take in this sandbox: seconds between confirming and settling. Stripe says business days."""

    us_bank_account: int = 4 * 24 * 60 * 60
    sepa_debit: int = 6 * 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class TestAccount:
    """One of Stripe's bank accounts for tests: `id` is the ready-made payment method.

    `refusal` comes at once, `failure` when the debit would settle.
    """

    __test__ = False  # not for pytest to collect

    type: Literal["us_bank_account", "sepa_debit"]
    number: str
    id: str
    ending: Ending = "succeeds"
    failure: Decline | None = None
    refusal: Decline | None = None

    @property
    def country(self) -> str:
        """Where the account is, by two letters."""
        return self.number[:2] if self.type == "sepa_debit" else "US"


def _failure(code: str, message: str) -> Decline:
    return Decline(code, message, code)


CLOSED = _failure("account_closed", "The customer's bank account has been closed.")
NO_ACCOUNT = _failure("no_account", "The customer's bank account could not be located.")
NO_FUNDS = _failure("insufficient_funds", "The customer's account has insufficient funds to cover this payment.")
NOT_AUTHORIZED = _failure(
    "debit_not_authorized", "The customer has notified their bank that this payment was unauthorized."
)
BAD_CURRENCY = _failure("invalid_currency", "The bank account does not support this currency.")
GENERIC = Decline("payment_intent_payment_attempt_failed", "The payment failed.", "generic_decline")
LIMIT = Decline(
    "payment_method_bank_account_limit_exceeded",
    "The payment exceeds the weekly limit of what can be debited from this bank account.",
)


def _us(number: str, name: str, ending: Ending = "succeeds", **how: Decline) -> TestAccount:
    return TestAccount("us_bank_account", number, f"pm_usBankAccount_{name}", ending, **how)


def _sepa(country: str, ibans: tuple[str, str, str]) -> tuple[TestAccount, ...]:
    good, bad, disputed = ibans
    return (
        TestAccount("sepa_debit", good, f"pm_success_{country}"),
        TestAccount("sepa_debit", bad, f"pm_failed_{country}", failure=GENERIC),
        TestAccount("sepa_debit", disputed, f"pm_disputed_{country}", "disputed"),
    )


ACCOUNTS: tuple[TestAccount, ...] = (
    _us("000123456789", "success"),
    _us("000111111113", "accountClosed", failure=CLOSED),
    _us("000111111116", "noAccount", failure=NO_ACCOUNT),
    _us("000222222227", "insufficientFunds", failure=NO_FUNDS),
    _us("000333333335", "debitNotAuthorized", failure=NOT_AUTHORIZED),
    _us("000444444440", "invalidCurrency", failure=BAD_CURRENCY),
    _us("000000004954", "riskLevelHighest", refusal=FRAUDULENT),
    _us("000777777771", "weeklyLimitExceeded", refusal=LIMIT),
    _us("000555555559", "dispute", "disputed"),
    _us("000000000009", "processing", "never"),
    *_sepa("at", ("AT611904300234573201", "AT861904300235473202", "AT591904300235473203")),
    *_sepa("de", ("DE89370400440532013000", "DE62370400440532013001", "DE35370400440532013002")),
    *_sepa("fr", ("FR1420041010050500013M02606", "FR8420041010050500013M02607", "FR5720041010050500013M02608")),
)
BY_ID = {account.id: account for account in ACCOUNTS}
"""The ready-made payment methods, by id."""
BY_NUMBER = {account.number: account for account in ACCOUNTS}


def passes_checksum(iban: str) -> bool:
    """Whether an IBAN's check digits are right."""
    moved = iban[4:] + iban[:4]
    return iban.isalnum() and iban.isascii() and int("".join(str(int(sign, 36)) for sign in moved)) % 97 == 1
