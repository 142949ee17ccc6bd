"""A subscription's status in a customer's words, and what it means for the next bill."""

from __future__ import annotations

from typing import Final

from invoice_portal.i18n import Language
from invoice_portal.marking import N_
from invoice_portal.pages.invoices.status import StatusBadge
from invoice_portal.stripe_api.subscriptions import Subscription

_EXPLAINED: Final = {
    "past_due": N_("The last payment did not go through. Pay the open invoice to keep the subscription."),
    "unpaid": N_(
        "Several payments did not go through, so nothing is charged any more. Pay the open invoices to go on."
    ),
    "paused": N_("The trial is over and there is no payment method. Add one to go on."),
    "incomplete": N_("The first payment is still missing. Pay the open invoice to start the subscription."),
    "incomplete_expired": N_("The first payment was not made in time, so the subscription never began."),
}
"""What a status means for the customer, where its name does not say it."""


def subscription_badge(subscription: Subscription, language: Language) -> StatusBadge:
    """The status. What is planned counts more than that it runs; a payment that is missing counts most."""
    _ = language.gettext
    match subscription.status:
        case "past_due":
            return StatusBadge(_("Past due"), "late")
        case "unpaid":
            return StatusBadge(_("Unpaid"), "late")
        case "incomplete":
            return StatusBadge(_("Not started yet"), "due")
        case "incomplete_expired":
            return StatusBadge(_("Never started"), "quiet")
        case "canceled":
            return StatusBadge(_("Canceled"), "quiet")
        case "paused":
            return StatusBadge(_("Paused"), "due")
        case "active" | "trialing":
            return _running(subscription, language)
        case other:
            return StatusBadge(other, "quiet")


def explained(subscription: Subscription, language: Language) -> str:
    """What the status means, and what to do; empty where its name says it all."""
    _ = language.gettext
    if subscription.status == "past_due" and subscription.sends_invoices:
        return _("An invoice is overdue. Pay it to keep the subscription.")
    if subscription.status in _EXPLAINED:
        return _(_EXPLAINED[subscription.status])
    if subscription.pending:
        if subscription.pending_until is None:
            return _("A change waits for its payment. Until it is paid, everything stays as it is.")
        until = language.date(subscription.pending_until)
        return _("A change waits for its payment. If it is not paid by %(date)s, nothing changes.", date=until)
    if subscription.paused_collection and not subscription.ended:
        if subscription.paused_collection.resumes_at is None:
            return _("Nothing is charged until you resume it.")
        return _("Nothing is charged until %(date)s.", date=language.date(subscription.paused_collection.resumes_at))
    return ""


def next_step(subscription: Subscription, language: Language) -> str:
    """What happens next, and when: the next bill, or the end."""
    _, date = language.gettext, language.date
    if subscription.ended:
        ended = subscription.ended_at or subscription.canceled_at
        return _("Ended on %(date)s", date=date(ended)) if ended else _("Ended")
    if subscription.ends_at is not None:
        return _("Ends on %(date)s and is not renewed", date=date(subscription.ends_at))
    period = subscription.period
    if subscription.status in ("incomplete", "paused", "unpaid") or period is None:
        return ""
    if subscription.paused_collection is not None and not _resumes_before(subscription, period[1]):
        return ""
    if subscription.status == "trialing":
        ends = date(subscription.trial_end or period[1])
        if subscription.trial_without_method != "create_invoice" and not subscription.default_payment_method:
            return _("The trial ends on %(date)s; the first bill follows if there is a payment method", date=ends)
        return _("The trial ends on %(date)s; the first bill follows", date=ends)
    return _("Next bill on %(date)s", date=date(period[1]))


def _resumes_before(subscription: Subscription, moment: int) -> bool:
    resumes = subscription.paused_collection.resumes_at if subscription.paused_collection else None
    return resumes is not None and resumes <= moment


def _running(subscription: Subscription, language: Language) -> StatusBadge:
    _ = language.gettext
    if subscription.paused_collection is not None:
        return StatusBadge(_("Paused"), "due")
    if subscription.ends_at is not None:
        return StatusBadge(_("Ends %(date)s", date=language.date(subscription.ends_at)), "due")
    if subscription.status == "trialing":
        return StatusBadge(_("Trial"), "paid")
    return StatusBadge(_("Active"), "paid")
