"""The demo account: Northwind Inc. and its customers, over the last 26 months.

=================================  =====================================================================
Log-in                             What it shows
=================================  =====================================================================
jenny@lumen.studio                 Lumen Studio GmbH, Berlin: reverse charge with an EU VAT id; Team plan
                                   by invoice and an add-on by card; overdue, open in euros and not yet
                                   due, paid, void and replaced; discount, credit for unused time, order
                                   number, memo, footer; ninety days of usage on three meters
accounts@beanroute.example         Bean Route Coffee LLC: hundreds of invoices to page through
keiri@sakura-design.example        株式会社さくらデザイン: yen, consumption tax in the price
hisabat@alnoor.example             شركة النور للتجارة: dinars with three decimals, right-to-left text
compta@atelier-bleu.example        Atelier Bleu SARL, Lyon: euros, VAT 20 % added
ap@cascade-outfitters.example      Cascade Outfitters Inc., Seattle: two sales taxes, 35 lines, a very
                                   long description, a draft beside them
billing@riverside-clinic.example   Riverside Clinic: zero-amount trial, uncollectible, credit notes before
                                   and after payment, credit balance used, partly paid
office@maple-pine.example          Maple & Pine Joinery: the card failed, a next attempt is planned
shared@twins.example               Twin Peaks Bakery and Twin Peaks Catering: two customers, one address
hello@freshstart.example           Fresh Start Yoga: no invoices
office@quill.example               O'Brien & Daughters <Publishing>: a draft only
nobody@nowhere.example             no customer at all
=================================  =====================================================================
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from stripe_sandbox.events.reminders import silent_renewals
from stripe_sandbox.sandbox import Sandbox
from stripe_sandbox.seed.catalogue import Catalogue, name_merchant, open_shop
from stripe_sandbox.seed.lumen import lumen, lumen_extras
from stripe_sandbox.seed.small import bakery, catering, newcomer, publisher
from stripe_sandbox.seed.stage import DAY, MONTHS, Stage, Story, perform
from stripe_sandbox.seed.trouble import maple, riverside
from stripe_sandbox.seed.usage import lumen_usage
from stripe_sandbox.seed.world import al_noor, atelier, bean_route, cascade, sakura

__all__ = ["SAMPLE_LOGINS", "Catalogue", "SampleLogin", "demo"]

Call = Callable[[str, str, Mapping[str, Any]], Mapping[str, Any]]

STORIES: tuple[Callable[[Stage, Catalogue], Story], ...] = (
    lumen,
    lumen_extras,
    lumen_usage,
    bean_route,
    sakura,
    al_noor,
    atelier,
    cascade,
    riverside,
    maple,
    bakery,
    catering,
    newcomer,
    publisher,
)


@dataclass(frozen=True, slots=True)
class SampleLogin:
    """Someone as whom the demo can be tried."""

    name: str
    email: str
    look_at: str
    """One line: what this log-in is there to show."""

    def customer_ids(self, call: Call) -> tuple[str, ...]:
        """The Stripe customers with this address, newest first, by ``Sandbox.call`` or one like it; maybe none."""
        found = call("GET", "/v1/customers", {"email": self.email, "limit": 100})
        return tuple(customer["id"] for customer in found["data"])


SAMPLE_LOGINS = (
    SampleLogin(
        "Jenny Rosen, Lumen Studio",
        "jenny@lumen.studio",
        "Everyday business: overdue, open, paid, replaced, in dollars and euros",
    ),
    SampleLogin("Bean Route Coffee", "accounts@beanroute.example", "Hundreds of invoices to page through"),
    SampleLogin("株式会社さくらデザイン", "keiri@sakura-design.example", "Yen without decimals, tax in the price"),
    SampleLogin("شركة النور للتجارة", "hisabat@alnoor.example", "Dinars with three decimals, right to left"),
    SampleLogin("Atelier Bleu", "compta@atelier-bleu.example", "Euros with French VAT"),
    SampleLogin("Cascade Outfitters", "ap@cascade-outfitters.example", "Sales taxes, 35 lines, a long description"),
    SampleLogin(
        "Riverside Clinic",
        "billing@riverside-clinic.example",
        "Credit notes, a credit balance, a trial, uncollectible, partly paid",
    ),
    SampleLogin("Maple & Pine Joinery", "office@maple-pine.example", "A card that failed and will be tried again"),
    SampleLogin("The twins", "shared@twins.example", "Two customers with one e-mail address"),
    SampleLogin("Fresh Start Yoga", "hello@freshstart.example", "No invoices yet"),
    SampleLogin("O'Brien & Daughters", "office@quill.example", "Nothing but a draft, which is not shown"),
    SampleLogin("Nobody", "nobody@nowhere.example", "An address that no customer has"),
)


def demo(sandbox: Sandbox) -> Catalogue:
    """Fill an empty sandbox with the demo account, and leave its clock as it was; gives what there is to buy.

    The same seed and the same time always make the same account.
    """
    now = sandbox.clock.now
    stage = Stage(sandbox, today=now // DAY * DAY - DAY // 2)
    with sandbox.clock.at(stage.months_ago(MONTHS)), silent_renewals(sandbox):
        name_merchant(stage)
        shop = open_shop(stage)
        perform(sandbox, [story(stage, shop) for story in STORIES])
        sandbox.clock.set(now)
    return shop
