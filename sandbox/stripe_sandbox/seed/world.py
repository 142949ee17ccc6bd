"""Customers around the world: currencies, taxes, scripts, and one with hundreds of invoices."""

from stripe_sandbox.seed.catalogue import Catalogue
from stripe_sandbox.seed.making import address, card, customer, draft, issued, pay
from stripe_sandbox.seed.stage import DAY, Stage, Story

DELIVERIES = 320


def bean_route(stage: Stage, shop: Catalogue) -> Story:
    """A delivery every other day: enough invoices to page through."""
    first = stage.ago(2 * DELIVERIES - 1)
    yield first - DAY
    roaster = customer(
        stage,
        "Bean Route Coffee LLC",
        "accounts@beanroute.example",
        address=address("88 Mission St", "94105", "San Francisco", "US", state="CA"),
    )
    card(stage, roaster)
    yield first
    stage.post("subscriptions", customer=roaster, items=[{"price": shop.delivery}], description="Coffee delivery")
    for days in range(600, 0, -45):
        yield stage.ago(days)
        stage.post(
            "invoiceitems",
            customer=roaster,
            currency="usd",
            amount=1250 + days,
            description="Grinder, spare parts",
        )


def sakura(stage: Stage, shop: Catalogue) -> Story:
    """Yen, which have no decimals, with the tax in the price."""
    yield stage.months_ago(16, days=5)
    designers = customer(
        stage,
        "株式会社さくらデザイン",
        "keiri@sakura-design.example",
        address=address("神宮前1-2-3 さくらビル4F", "150-0001", "渋谷区", "JP", state="東京都"),
        preferred_locales=["ja"],
        tax_id_data=[{"type": "jp_trn", "value": "T1234567891234"}],
    )
    jcb = card(stage, designers, "pm_card_jcb")
    stage.post(
        "subscriptions",
        customer=designers,
        items=[{"price": shop.team_jpy, "quantity": 3}],
        default_tax_rates=[shop.consumption_tax],
    )
    yield stage.ago(60)
    training = {"amount": 165000, "description": "導入研修（半日、オンライン）", "tax_rates": [shop.consumption_tax]}
    invoice = issued(stage, designers, [training], "jpy", description="お取引いただきありがとうございます。")
    yield stage.ago(41)
    pay(stage, invoice, jcb)
    yield stage.ago(7)
    support = {"amount": 33000, "description": "追加サポート（1か月分）", "tax_rates": [shop.consumption_tax]}
    issued(stage, designers, [support], "jpy")


def al_noor(stage: Stage, shop: Catalogue) -> Story:
    """Dinars, which have three decimals, and text from right to left."""
    yield stage.months_ago(10, days=12)
    traders = customer(
        stage,
        "شركة النور للتجارة",
        "hisabat@alnoor.example",
        address=address("شارع فهد السالم 12", "13001", "مدينة الكويت", "KW"),
        preferred_locales=["ar"],
    )
    visa = card(stage, traders)
    stage.post("subscriptions", customer=traders, items=[{"price": shop.team_kwd, "quantity": 2}])
    yield stage.ago(75)
    setup = issued(stage, traders, [{"amount": 137250, "description": "تهيئة الحساب ونقل البيانات"}], "kwd")
    yield stage.ago(70)
    pay(stage, setup, visa)
    yield stage.ago(4)
    items = [{"amount": 90500, "description": "تدريب الفريق، يومان"}, {"amount": -5250, "description": "خصم العميل"}]
    issued(stage, traders, items, "kwd", description="شكرًا لتعاملكم معنا.")


def atelier(stage: Stage, shop: Catalogue) -> Story:
    """French VAT, added to the price."""
    yield stage.months_ago(20, days=3)
    bookbinders = customer(
        stage,
        "Atelier Bleu SARL",
        "compta@atelier-bleu.example",
        address=address("14 rue de la République", "69002", "Lyon", "FR"),
        preferred_locales=["fr"],
        tax_id_data=[{"type": "eu_vat", "value": "FR32123456789"}],
    )
    visa = card(stage, bookbinders)
    stage.post(
        "subscriptions",
        customer=bookbinders,
        items=[{"price": shop.team_eur, "quantity": 4}],
        default_tax_rates=[shop.vat_france],
    )
    yield stage.ago(120)
    first = issued(
        stage,
        bookbinders,
        [{"amount": 45000, "description": "Reprise de données", "tax_rates": [shop.vat_france]}],
        "eur",
    )
    yield stage.ago(95)
    pay(stage, first, visa)
    yield stage.ago(10)
    hours = {"quantity": 6, "unit_amount_decimal": "9550", "tax_rates": [shop.vat_france]}
    issued(stage, bookbinders, [{"description": "Accompagnement, heures", **hours}], "eur")


def cascade(stage: Stage, shop: Catalogue) -> Story:
    """Two sales taxes on each line, an invoice of 35 lines, and a description that does not end."""
    yield stage.ago(300)
    outfitters = customer(
        stage,
        "Cascade Outfitters Inc.",
        "ap@cascade-outfitters.example",
        address=address("1201 3rd Ave, Suite 2200", "98101", "Seattle", "US", state="WA"),
        shipping={
            "name": "Cascade Outfitters warehouse",
            "address": address("4000 Airport Way S", "98108", "Seattle", "US", state="WA"),
        },
    )
    visa = card(stage, outfitters)
    taxes = [shop.washington, shop.seattle]
    yield stage.ago(210)
    lines = [
        {
            "quantity": 1 + size % 7,
            "unit_amount_decimal": str(1990 + 135 * size),
            "description": f"Trail tag, set {size}",
        }
        for size in range(1, 36)
    ]
    many = issued(stage, outfitters, lines, default_tax_rates=taxes)
    yield stage.ago(188)
    pay(stage, many, visa)
    yield stage.ago(25)
    issued(stage, outfitters, [{"amount": 248000, "description": LONG_DESCRIPTION}], default_tax_rates=taxes)
    yield stage.ago(12)
    draft(stage, outfitters, [{"amount": 51000, "description": "Trail maps, not yet priced"}])


LONG_DESCRIPTION = (
    "Custom work as agreed in the call of the 3rd and the mails since: import of the trail database from the three "
    "earlier systems with their differing notations of height and difficulty, clearing up some 4,100 duplicates by "
    "hand, a new index by region and season, printable sheets for the wardens in two sizes, "
    "https://maps.northwind.example/customers/cascade-outfitters/import-report-final-version-3.html, "
    "and two evenings of training for the volunteers in Seattle and Tacoma, travel included."
)
