"""What happened to an invoice, newest first, in a customer's words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from invoice_portal.effects import Ok, Outcome
from invoice_portal.i18n import Language
from invoice_portal.payment_words import known_reason, method_name
from invoice_portal.stripe_api.credit_notes import CreditNote
from invoice_portal.stripe_api.invoices import WholeInvoice
from invoice_portal.stripe_api.payments import Payment
from invoice_portal.stripe_api.reading import Listing
from invoice_portal.visits import Visit


@dataclass(frozen=True, slots=True)
class Happening:
    """One entry."""

    moment: int
    date: str
    iso_date: str
    text: str


@dataclass(frozen=True, slots=True)
class History:
    """The entries; ``incomplete`` where payments or credit notes could not be read just now."""

    entries: tuple[Happening, ...]
    incomplete: bool


def history(
    visit: Visit,
    whole: WholeInvoice,
    payments: Outcome[Listing[Payment]],
    notes: Outcome[Listing[CreditNote]],
) -> History:
    """Everything that is known to have happened."""
    language = visit.language
    moments = [(whole.invoice.issued_at, language.gettext("Invoice issued."))]
    if isinstance(payments, Ok):
        moments += [entry for payment in reversed(payments.value.items) for entry in _payment(language, payment)]
    if isinstance(notes, Ok):
        moments += [
            (
                note.issued_at,
                language.gettext(
                    "%(amount)s credited with %(number)s.",
                    amount=language.money(note.total),
                    number=note.number,
                ),
            )
            for note in reversed(notes.value.items)
            if note.status != "void"
        ]
    moments += _ends(language, whole)
    moments.sort(key=lambda moment: moment[0])
    moments.reverse()  # so that within one second what was done last comes first
    return History(
        entries=tuple(
            Happening(moment, language.date(moment), language.iso_date(moment), text) for moment, text in moments
        ),
        incomplete=not (isinstance(payments, Ok) and isinstance(notes, Ok)),
    )


def _ends(language: Language, whole: WholeInvoice) -> Iterator[tuple[int, str]]:
    _, paid = language.gettext, whole.amount_paid.amount
    if whole.uncollectible_at is not None:  # first: it may still be paid or voided, in the same second too
        part = paid and whole.invoice.status != "paid"
        yield whole.uncollectible_at, _("Closed, a part was paid.") if part else _("Closed without payment.")
    if whole.paid_at is not None:
        yield whole.paid_at, _("Paid in full.") if paid else _("Settled, with nothing to pay.")
    if whole.voided_at is not None:
        yield whole.voided_at, _("Invoice made void.")


def _payment(language: Language, payment: Payment) -> Iterator[tuple[int, str]]:
    _, amount = language.gettext, language.money(payment.amount)
    if payment.paid_at is not None:
        yield payment.paid_at, f"{_paid(language, payment)} {_refunded(language, payment)}".strip()
    elif payment.processing:
        yield payment.created, _("A payment of %(amount)s is on its way.", amount=amount)
    elif payment.declined:
        yield payment.created, _declined(language, payment)


def _paid(language: Language, payment: Payment) -> str:
    _, amount = language.gettext, language.money(payment.amount)
    if payment.outside_stripe:
        return _("%(amount)s paid outside of this page.", amount=amount)
    if payment.method:
        return _("%(amount)s paid with %(method)s.", amount=amount, method=method_name(language, payment.method))
    return _("%(amount)s paid.", amount=amount)


def _refunded(language: Language, payment: Payment) -> str:
    """What has gone back since; Stripe says how much of a charge, and not when."""
    _ = language.gettext
    if not payment.refunded.amount:
        return ""
    if payment.refunded.amount >= payment.charged.amount:
        return _("It was refunded in full.")
    if payment.charged != payment.amount:  # Stripe does not say of which invoice, or of what was too much
        return _(
            "It was part of a payment of %(whole)s, of which %(amount)s was refunded.",
            whole=language.money(payment.charged),
            amount=language.money(payment.refunded),
        )
    return _("%(amount)s of it was refunded.", amount=language.money(payment.refunded))


def _declined(language: Language, payment: Payment) -> str:
    _ = language.gettext
    amount = language.money(payment.amount)
    if payment.declined_method:
        method = method_name(language, payment.declined_method)
        text = _("The payment of %(amount)s with %(method)s did not go through.", amount=amount, method=method)
    else:
        text = _("The payment of %(amount)s did not go through.", amount=amount)
    reason = known_reason(language, payment.declined)
    return f"{text} {reason}" if reason else text
