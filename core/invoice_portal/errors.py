"""Every error of the portal, split by whose fault it is.

::

    InvoicePortalError
    ├── ConfigurationError          the operator: the settings are wrong; raised at start-up
    └── PortalError                 becomes a page with a status and a text that says what to do
        ├── NotIdentified     401   the visitor: we do not know who is asking
        │   ├── SessionExpired      … because the session ran out
        │   ├── LinkExpired         … because the signed arrival is too old
        │   └── LinkEnded           … because a shared link or a portal session no longer opens anything
        │       ├── SharedLinkExpired
        │       ├── LinkRevoked
        │       └── LinkUsedUp
        ├── SignatureRefused  403   the visitor: the signature does not fit the identifier
        ├── NotAllowed        403   the visitor: the merchant switched this off
        ├── FormExpired       403   the visitor: the form's token is missing, old or forged
        ├── BadRequest        400   the visitor: something in the address or the form makes no sense
        ├── NotFound          404   the visitor: missing, or somebody else's; the two look the same
        ├── Vetoed            403   the visitor: the host's own function says no, with a text of its own
        │   └── ChangeVetoed    … to a change of a subscription
        ├── PaymentDeclined   402   the visitor: a payment that a change makes at once did not go through
        ├── ChangeRefused     422   the visitor: a change that Stripe does not take as the subscription stands
        ├── Conflict          409   the visitor: somebody changed the same thing at the same time
        │   └── QuoteOutdated   … so that a change would cost something else than was confirmed
        ├── TooManyRequests   429   the visitor: too often in too short a time
        │   └── TooManyDeclines … because too much of what they tried to pay was declined
        ├── HookFailed        503   the operator: a function of the host's that had to answer did not
        ├── StoreUnavailable  503   the operator: the portal's database did not answer
        └── StripeUnavailable 503   upstream: Stripe did not answer, or not with what we can read
            ├── StripeRefused 503   … because our key or our call was refused: the operator must act
            └── StripeRejected 503  … because a change that was asked for is none that Stripe takes

``title`` and ``advice`` are message ids: the page shows them in the visitor's language. ``detail`` is for the
operator's log and the debug mode; it never holds a token, a hash or a key.
"""

from __future__ import annotations

from typing import ClassVar

from invoice_portal.marking import N_


class InvoicePortalError(Exception):
    """The root of the tree."""


class ConfigurationError(InvoicePortalError):
    """The settings cannot work. The message says which one, why, and what would."""


class PortalError(InvoicePortalError):
    """An error that a visitor sees as a page."""

    status: ClassVar[int] = 500
    title: ClassVar[str]
    advice: str

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or self.title)
        self.detail = detail


class NotIdentified(PortalError):
    """Nobody vouches for this visitor."""

    status = 401
    title = N_("Please sign in first")
    advice = N_("Open billing from your account, so that we know whose invoices to show.")


class SessionExpired(NotIdentified):
    """The session of a signed arrival ran out."""

    title = N_("Your visit has timed out")
    advice = N_("Go back to your account and open billing again. Nothing was lost.")


class LinkExpired(NotIdentified):
    """A signed identifier was used after its expiry."""

    title = N_("This link has expired")
    advice = N_("Go back to your account and open billing again to get a fresh link.")


class LinkEnded(NotIdentified):
    """A shared link or a portal session that no longer opens anything.

    ``row`` is which one, ``link_…`` or ``ps_…``: a fresh one can be sent to the customer that it belongs to.
    """

    title = N_("This link no longer works")
    advice = N_("Please ask whoever sent it to you for a new one.")

    def __init__(self, detail: str = "", row: str = "") -> None:
        super().__init__(detail)
        self.row = row


class SharedLinkExpired(LinkEnded):
    """It is past its expiry."""

    title = N_("This link has expired")


class LinkRevoked(LinkEnded):
    """It was revoked, or a newer one took its place."""


class LinkUsedUp(LinkEnded):
    """It was opened as often as it may be."""

    title = N_("This link has been used up")


class SignatureRefused(PortalError):
    """The hash or the signed identifier does not verify."""

    status = 403
    title = N_("This link is not valid")
    advice = N_("Open billing from your account again. If that does not help, please tell us.")


class NotAllowed(PortalError):
    """The merchant's ``actions`` do not include what was asked."""

    status = 403
    title = N_("This is switched off")
    advice = N_("This action is not offered here. Please contact us if you need it.")


class FormExpired(PortalError):
    """A form came without the token that its page was given."""

    status = 403
    title = N_("Please try that once more")
    advice = N_("The page was open for too long. Go back, reload it and try again. Nothing was changed.")


class BadRequest(PortalError):
    """A parameter has no meaning here."""

    status = 400
    title = N_("That address does not work")
    advice = N_("Something in the address is not right. Go back to billing and start from there.")


class NotFound(PortalError):
    """There is no such thing for this visitor."""

    status = 404
    title = N_("We could not find that")
    advice = N_("It may have been removed, or it belongs to another account. Go back to billing to see your invoices.")


class Vetoed(PortalError):
    """A hook of the host's said no; ``reason`` is its text for the visitor, empty where it gave none."""

    status = 403
    title = N_("This cannot be done here")
    advice = N_("This payment cannot be made here. Please contact us.")

    def __init__(self, detail: str = "", reason: str = "") -> None:
        super().__init__(detail)
        self.reason = reason
        self.advice = reason or type(self).advice


class ChangeVetoed(Vetoed):
    """A hook of the host's said no to a change of a subscription."""

    advice = N_("Nothing was changed. Please contact us, and we will look into it.")


class HookFailed(PortalError):
    """A hook of the host's raised, or answered what it must not: what it was asked about is not done."""

    status = 503
    title = N_("That did not work just now")
    advice = N_("Nothing was paid or changed. Please try again in a few minutes.")


class PaymentDeclined(PortalError):
    """A change is paid at once, and that did not go through: nothing was changed.

    ``code`` and ``decline_code`` are Stripe's (docs.stripe.com/declines/codes), empty where it gave none. ``replayed``
    says that it is the answer to an earlier call with the same idempotency key.
    """

    status = 402
    title = N_("The payment did not go through")
    advice = N_("Nothing was changed and nothing was charged. Use another payment method, or ask your bank.")

    def __init__(self, detail: str = "", code: str = "", decline_code: str = "", *, replayed: bool = False) -> None:
        super().__init__(detail)
        self.code = code
        self.decline_code = decline_code
        self.replayed = replayed


class ChangeRefused(PortalError):
    """Stripe does not take a change of a subscription as it stands: nothing was changed, and trying again is no use."""

    status = 422
    title = N_("That did not work just now")
    advice = N_("This change is not possible just now, and nothing was charged. Please contact us.")


class Conflict(PortalError):
    """The same object was changed at the same time, or something else was asked for under one idempotency key."""

    status = 409
    title = N_("This was changed a moment ago")
    advice = N_("Somebody changed the same thing at the same time. Go back, look at it as it is now, and try again.")


class QuoteOutdated(Conflict):
    """What was confirmed is not what it would cost now, or the subscription is another one by now."""


class TooManyRequests(PortalError):
    """A rate limit was reached; ``seconds`` until it makes sense to try again."""

    status = 429
    title = N_("Please wait a moment")
    advice = N_("There were too many attempts in a short time. Please try again in a few minutes.")

    def __init__(self, detail: str = "", seconds: int = 60) -> None:
        super().__init__(detail)
        self.seconds = seconds


class TooManyDeclines(TooManyRequests):
    """Too many payments were declined: whoever tries cards one after the other is stopped, for a while."""

    title = N_("Please wait before you pay again")
    advice = N_(
        "Several payments were declined in a short time, so none is taken for a while. Please try again later, or "
        "contact us to pay in another way."
    )


class StoreUnavailable(PortalError):
    """The portal's own database did not answer."""

    status = 503
    title = N_("Billing is taking a short break")
    advice = N_("We cannot reach your invoices right now. Please try again in a few minutes. Nothing was lost.")


class StripeUnavailable(PortalError):
    """Stripe did not answer in time, or its answer could not be read.

    ``request_id`` is Stripe's own (``req_…``), where there was one: quote it to Stripe's support. ``replayed`` says
    that it is the answer to an earlier call with the same idempotency key: Stripe repeats its own failures too.
    """

    status = 503
    title = N_("Billing is taking a short break")
    advice = N_("We cannot reach your invoices right now. Please try again in a few minutes. Nothing was lost.")

    def __init__(self, detail: str = "", request_id: str | None = None, *, replayed: bool = False) -> None:
        super().__init__(detail)
        self.request_id = request_id
        self.replayed = replayed


class StripeRefused(StripeUnavailable):
    """Stripe refused our key or our call: an operator must look, the visitor cannot help it.

    ``permission`` is the one that a restricted key lacks (``rak_…``), where Stripe named it; ``key_unknown`` is set
    where the key itself was not accepted.
    """

    def __init__(
        self, detail: str = "", request_id: str | None = None, *, permission: str = "", key_unknown: bool = False
    ) -> None:
        super().__init__(detail, request_id)
        self.permission = permission
        self.key_unknown = key_unknown


class StripeRejected(StripeUnavailable):
    """A change that Stripe does not take as it is: ``code`` and ``param`` are Stripe's, empty where it gave none."""

    def __init__(
        self,
        detail: str = "",
        request_id: str | None = None,
        *,
        code: str = "",
        param: str = "",
        replayed: bool = False,
    ) -> None:
        super().__init__(detail, request_id, replayed=replayed)
        self.code = code
        self.param = param
