"""Customers that show one thing each: a shared address, nothing at all, nothing but a draft."""

from stripe_sandbox.seed.catalogue import Catalogue
from stripe_sandbox.seed.making import address, card, customer, draft, issued, pay
from stripe_sandbox.seed.stage import Stage, Story

TWINS = "shared@twins.example"


def bakery(stage: Stage, shop: Catalogue) -> Story:
    """The first of two customers with one e-mail address."""
    yield stage.months_ago(6, days=14)
    twin = customer(
        stage, "Twin Peaks Bakery", TWINS, address=address("5 Main St", "98065", "Snoqualmie", "US", state="WA")
    )
    card(stage, twin)
    stage.post("subscriptions", customer=twin, items=[{"price": shop.starter, "quantity": 2}])


def catering(stage: Stage, shop: Catalogue) -> Story:
    """The second of them: it pays by invoice."""
    yield stage.ago(150)
    twin = customer(
        stage, "Twin Peaks Catering", TWINS, address=address("7 Main St", "98065", "Snoqualmie", "US", state="WA")
    )
    visa = card(stage, twin)
    for days, amount, occasion in ((140, 64000, "Town fair"), (80, 41500, "Wedding, 60 guests")):
        yield stage.ago(days)
        invoice = issued(stage, twin, [{"amount": amount, "description": f"Order pages: {occasion}"}])
        yield stage.ago(days - 12)
        pay(stage, invoice, visa)
    yield stage.ago(18)
    issued(stage, twin, [{"amount": 27500, "description": "Order pages: office party"}])


def newcomer(stage: Stage, shop: Catalogue) -> Story:
    """A customer without any invoice."""
    yield stage.ago(6)
    customer(stage, "Fresh Start Yoga", "hello@freshstart.example")


def publisher(stage: Stage, shop: Catalogue) -> Story:
    """A customer with a draft only, which no customer may see; its name needs escaping."""
    yield stage.ago(5)
    quill = customer(stage, "O'Brien & Daughters <Publishing>", "office@quill.example")
    draft(stage, quill, [{"amount": 33000, "description": 'Typesetting, "Tides & Tales"'}])
