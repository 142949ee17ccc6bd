"""What a page said would be paid, signed: a form can repeat it and can neither make it nor change it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from invoice_portal.money import Money
from invoice_portal.pages.paying.due import Due
from invoice_portal.signing import Signer

_GOOD_SECONDS: Final = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class Statement:
    """``amount`` of the invoice would be paid, ``remaining`` (minor units) was due."""

    invoice: str
    amount: Money
    remaining: int

    def holds(self, due: Due) -> bool:
        """Whether what is due is still what the page said."""
        same = (due.invoice.id, due.remaining) == (self.invoice, Money(self.remaining, self.amount.currency))
        return same and 0 < self.amount.amount <= self.remaining

    @property
    def part(self) -> bool:
        """Whether something would remain to be paid."""
        return self.amount.amount < self.remaining


def state_of(due: Due, amount: int | None = None) -> Statement:
    """The statement of a page that shows this reading: of all that is due, or of a part."""
    left = due.remaining
    return Statement(due.invoice.id, Money(left.amount if amount is None else amount, left.currency), left.amount)


def seal_statement(signer: Signer, statement: Statement, now: int) -> str:
    """The statement for a form, good for a day after ``now`` (UTC seconds)."""
    amount = statement.amount
    return signer.seal(
        "statement",
        {
            "i": statement.invoice,
            "a": amount.amount,
            "c": amount.currency,
            "r": statement.remaining,
            "x": now + _GOOD_SECONDS,
        },
    )


def open_statement(signer: Signer, text: str, now: int) -> Statement | None:
    """What was stated; None where the statement is forged or too old: then the customer is asked again."""
    match signer.open("statement", text):
        case {"i": str(invoice), "a": int(amount), "c": str(currency), "r": int(left), "x": int(end)} if now < end:
            return Statement(invoice, Money(amount, currency), left)
        case _:
            return None
