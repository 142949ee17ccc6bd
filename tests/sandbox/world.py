"""One account in which everything that the sandbox offers has happened, so that every answer can be checked."""

from __future__ import annotations

from sandbox.api import DAY, NOW, Api
from sandbox.billing_world import billing
from sandbox.events_world import events, thin_events
from sandbox.money_world import money
from sandbox.search_world import accounts, searches
from sandbox.usage_world import usage


def everything(api: Api | None = None) -> Api:
    """Tell it all; the answers are in the result."""
    api = api or Api()
    api.get("account")
    catalogue(api)
    customers(api)
    one_off_invoices(api)
    payments(api)
    subscriptions(api)
    credit_notes(api)
    billing(api)
    usage(api)
    money(api)
    searches(api)
    accounts(api)
    events(api)
    thin_events(api)
    return api


def catalogue(api: Api) -> None:
    product = api.post("products", name="Team plan", metadata={"tier": "1"}, images=["https://example.com/a.png"])["id"]
    priced = api.post("products", name="Seat", default_price_data={"currency": "usd", "unit_amount": 900})
    api.post(f"products/{priced['id']}", description="One seat", default_price=priced["default_price"])
    api.get(f"products/{priced['id']}", expand=["default_price"])
    api.get("products", active=True)
    api.delete(f"products/{api.post('products', name='Gone')['id']}")
    price = api.post(
        "prices",
        product=product,
        currency="usd",
        unit_amount_decimal="0.5",
        recurring={"interval": "month"},
        lookup_key="team",
        currency_options={"eur": {"unit_amount": 1}},
    )
    api.post(f"prices/{price['id']}", nickname="Cheap", expand=["currency_options", "product"])
    tiers = [{"up_to": 10, "unit_amount": 500}, {"up_to": "inf", "unit_amount_decimal": "450.5", "flat_amount": 1000}]
    tiered = api.price(tiers=tiers, tiers_mode="graduated", billing_scheme="tiered", expand=["tiers"])
    api.get(f"prices/{tiered}", expand=["tiers", "currency_options", "product"])
    api.price(500, transform_quantity={"divide_by": 10, "round": "up"})
    api.get("prices", type="recurring", expand=["data.product", "data.tiers"])
    rate = api.post("tax_rates", display_name="VAT", percentage="19", inclusive=False, country="DE", tax_type="vat")
    api.post(f"tax_rates/{rate['id']}", description="Standard rate")
    api.get(f"tax_rates/{rate['id']}")
    api.get("tax_rates", active=True)
    coupons(api, product)


def coupons(api: Api, product: str) -> None:
    off = api.post("coupons", percent_off="25.5", duration="repeating", duration_in_months=3, name="Early bird")["id"]
    api.post("coupons", amount_off=500, currency="usd", applies_to={"products": [product]}, max_redemptions=3)
    api.post(f"coupons/{off}", metadata={"a": "b"})
    api.get(f"coupons/{off}", expand=["applies_to", "currency_options"])
    api.get("coupons", expand=["data.applies_to", "data.currency_options"])
    api.delete(f"coupons/{api.post('coupons', percent_off='5')['id']}")
    code = api.post("promotion_codes", promotion={"type": "coupon", "coupon": off}, code="BIRD")["id"]
    api.post(f"promotion_codes/{code}", metadata={"a": "b"})
    api.get(f"promotion_codes/{code}", expand=["promotion.coupon"])
    api.get("promotion_codes", code="BIRD")


def customers(api: Api) -> None:
    from stripe_sandbox.billing.discounts import discount_customer

    address = {"line1": "1 Main St", "city": "Berlin", "postal_code": "10115", "country": "DE"}
    jenny = api.post(
        "customers",
        email="jenny@example.com",
        name="Jenny Rosen",
        address=address,
        shipping={"address": address, "name": "Jenny", "phone": "+49"},
        preferred_locales=["de", "en"],
        tax_id_data=[{"type": "eu_vat", "value": "DE123456789"}],
        balance=-500,
        payment_method="pm_card_visa",
        invoice_settings={"footer": "Thank you", "custom_fields": [{"name": "PO", "value": "7"}]},
        expand=["tax_ids", "subscriptions"],
    )["id"]
    api.post(f"customers/{jenny}", description="A customer", invoice_prefix="JENNY", tax_exempt="none")
    api.get("customers", email="jenny@example.com", expand=["data.tax_ids", "data.invoice_settings"][:1])
    tax_id = api.post(f"customers/{jenny}/tax_ids", type="de_stn", value="1234567890")["id"]
    api.get(f"customers/{jenny}/tax_ids")
    api.get(f"customers/{jenny}/tax_ids/{tax_id}", expand=["customer"])
    api.get("tax_ids", owner={"type": "customer", "customer": jenny})
    api.get(f"tax_ids/{tax_id}")
    api.delete(f"customers/{jenny}/tax_ids/{tax_id}")
    own = api.post("tax_ids", type="us_ein", value="12-3456789")["id"]
    api.delete(f"tax_ids/{own}")
    change = api.post(f"customers/{jenny}/balance_transactions", amount=200, currency="usd")["id"]
    api.post(f"customers/{jenny}/balance_transactions/{change}", description="Goodwill")
    api.get(f"customers/{jenny}/balance_transactions/{change}", expand=["customer"])
    api.get(f"customers/{jenny}/balance_transactions")
    discount_customer(api.sandbox, jenny, api.get("coupons", limit=1)["data"][0]["id"])
    api.get(f"customers/{jenny}/discount", expand=["source.coupon", "customer"])
    api.get(f"customers/{jenny}", expand=["discount.source.coupon"])
    api.delete(f"customers/{jenny}/discount")
    methods(api, jenny)
    gone = api.customer()
    api.delete(f"customers/{gone}")
    api.get(f"customers/{gone}")


def methods(api: Api, customer: str) -> None:
    card = {"number": "4000002760000016", "exp_month": 3, "exp_year": 2031, "cvc": "123"}
    made = api.post("payment_methods", type="card", card=card, billing_details={"name": "J. R.", "address": {}})["id"]
    api.get(f"payment_methods/{made}")
    api.post(f"payment_methods/{made}/attach", customer=customer, expand=["customer"])
    api.post(f"payment_methods/{made}", allow_redisplay="always", card={"exp_year": 2032})
    api.get("payment_methods", customer=customer)
    api.get("payment_methods")
    api.get(f"customers/{customer}/payment_methods", type="card")
    api.get(f"customers/{customer}/payment_methods/{made}")
    api.post(f"payment_methods/{made}/detach")


def one_off_invoices(api: Api) -> None:
    customer = api.customer("pm_card_visa")
    rate = api.get("tax_rates", limit=1)["data"][0]["id"]
    off = api.post("coupons", percent_off="10")["id"]
    pending = api.post("invoiceitems", customer=customer, amount=700, currency="usd", description="Set-up")["id"]
    api.post(f"invoiceitems/{pending}", discounts=[{"coupon": off}], tax_rates=[rate], metadata={"a": "b"})
    api.get(f"invoiceitems/{pending}", expand=["customer", "discounts", "pricing.price_details.price"])
    api.get("invoiceitems", pending=True, customer=customer)
    api.delete(f"invoiceitems/{api.post('invoiceitems', customer=customer, amount=1, currency='usd')['id']}")
    draft = api.post(
        "invoices",
        customer=customer,
        collection_method="send_invoice",
        days_until_due=14,
        pending_invoice_items_behavior="include",
        default_tax_rates=[rate],
        discounts=[{"coupon": off}],
        custom_fields=[{"name": "PO", "value": "42"}],
        rendering={"amount_tax_display": "exclude_tax", "pdf": {"page_size": "a4"}},
        shipping_details={"name": "Jenny", "address": {"city": "Berlin"}},
        auto_advance=True,
    )["id"]
    for number in range(12):
        api.post("invoiceitems", customer=customer, invoice=draft, amount=100 + number)
    waiting = api.post("invoiceitems", customer=customer, amount=300, currency="usd")["id"]
    api.post(f"invoices/{draft}/add_lines", lines=[{"amount": 20, "description": "New"}, {"invoice_item": waiting}])
    api.post(f"invoices/{draft}", footer="Thanks", metadata={"k": "v"})
    api.get(f"invoices/{draft}/lines", limit=3, expand=["data.discounts"])
    api.get(f"invoices/{draft}", expand=["discounts.source.coupon"])
    api.delete(f"invoices/{api.draft(customer, 5)}")
    api.post(f"invoices/{draft}/send", expand=["confirmation_secret", "payments.data.payment.payment_intent"])
    api.post(f"invoices/{draft}/mark_uncollectible", expand=["total_discount_amounts.discount", "customer"])
    api.post(f"invoices/{api.issued(customer, 900)}/void")
    api.post(f"invoices/{api.issued(customer, 900)}/pay", paid_out_of_band=True, expand=["payments"])
    api.post(f"invoices/{api.draft(customer, 0)}/finalize", expand=["payments", "confirmation_secret"])
    api.get("invoices", customer=customer, status="paid", created={"gte": NOW}, expand=["data.payments"])


def payments(api: Api) -> None:
    customer = api.customer("pm_card_visa", email="payer@example.com")
    fails = api.card(customer, "pm_card_chargeCustomerFail", default=False)
    asks = api.card(customer, "pm_card_authenticationRequired", default=False)
    invoice = api.issued(customer, 4000)
    api.refused("POST", f"invoices/{invoice}/pay", payment_method=fails)
    refused = api.refused("POST", f"invoices/{invoice}/pay", payment_method=asks)
    intent = refused.error["payment_intent"]["id"]
    api.get(f"payment_intents/{intent}", expand=["latest_charge", "payment_method", "customer"])
    api.sandbox.authenticate(intent)
    payment = api.get("invoice_payments", invoice=invoice, expand=["data.payment.payment_intent"])["data"][0]["id"]
    api.get(f"invoice_payments/{payment}", expand=["invoice", "payment.payment_intent.latest_charge"])
    api.get("payment_intents", customer=customer)
    charges = api.get("charges", payment_intent=intent, expand=["data.refunds"])["data"]
    charge = charges[0]["id"]
    api.post(f"charges/{charge}", description="Changed", expand=["payment_intent"])
    refund = api.post("refunds", charge=charge, amount=500, reason="requested_by_customer")["id"]
    api.post(f"refunds/{refund}", metadata={"why": "kind"})
    api.get(f"refunds/{refund}", expand=["charge", "payment_intent"])
    api.get("refunds", charge=charge)
    api.get(f"charges/{charge}", expand=["refunds", "customer"])
    api.get(f"charges/{charge}/refunds")
    api.get(f"charges/{charge}/refunds/{refund}")
    part = api.post("payment_intents", amount=1500, currency="usd", customer=customer)["id"]
    api.post(f"payment_intents/{part}", description="A part", automatic_payment_methods=None)
    other = api.issued(customer, 4000)
    api.post(f"invoices/{other}/attach_payment", payment_intent=part)
    api.post(f"payment_intents/{part}/confirm", payment_method="pm_card_mastercard")
    api.get(f"invoices/{other}", expand=["payments.data.payment.payment_intent"])
    left = api.post("payment_intents", amount=900, currency="usd", automatic_payment_methods={"enabled": True})["id"]
    api.post(f"payment_intents/{left}/cancel", cancellation_reason="abandoned")


def subscriptions(api: Api) -> None:
    customer = api.customer("pm_card_visa", email="subscriber@example.com")
    rate = api.get("tax_rates", limit=1)["data"][0]["id"]
    plan = api.post(
        "subscriptions",
        customer=customer,
        items=[{"price": api.price(), "quantity": 3, "tax_rates": [rate], "metadata": {"a": "b"}}],
        discounts=[{"promotion_code": api.get("promotion_codes", limit=1)["data"][0]["id"]}],
        default_tax_rates=[rate],
        metadata={"team": "7"},
        expand=["latest_invoice.payments", "items.data.price.product", "customer", "discounts.source.coupon"],
    )["id"]
    item = api.get("subscription_items", subscription=plan, expand=["data.price.product"])["data"][0]["id"]
    api.get(f"subscription_items/{item}", expand=["price.product", "discounts"])
    api.post(f"subscriptions/{plan}", description="For the team", pause_collection={"behavior": "void"})
    api.post(f"subscriptions/{plan}", pause_collection="")
    trial = api.subscribe(customer, trial_period_days=14)["id"]
    sent = api.subscribe(customer, collection_method="send_invoice", days_until_due=30)["id"]
    bad = api.customer("pm_card_chargeCustomerFail", email="broke@example.com")
    api.subscribe(bad, expand=["latest_invoice.confirmation_secret", "latest_invoice.payments"])
    api.advance(40 * DAY)
    api.get(f"subscriptions/{trial}", expand=["latest_invoice.lines.data.pricing"][:0])
    api.get("subscriptions", customer=customer, expand=["data.latest_invoice", "data.default_payment_method"])
    api.get("subscriptions", status="all")
    api.get("invoices", subscription=plan, expand=["data.parent.subscription_details.subscription"])
    api.delete(f"subscriptions/{plan}/discount")
    api.post(f"subscriptions/{sent}", cancel_at_period_end=True, cancellation_details={"feedback": "unused"})
    api.delete(f"subscriptions/{plan}", cancellation_details={"comment": "Bye"})


def credit_notes(api: Api) -> None:
    customer = api.customer("pm_card_visa", email="credited@example.com")
    rate = api.get("tax_rates", limit=1)["data"][0]["id"]
    off = api.post("coupons", percent_off="10")["id"]
    unpaid = api.issued(customer, 5000, 2000, default_tax_rates=[rate], discounts=[{"coupon": off}])
    line = api.get(f"invoices/{unpaid}/lines")["data"][0]["id"]
    custom = {"type": "custom_line_item", "description": "Service", "unit_amount": 100, "tax_rates": [rate]}
    note = api.post(
        "credit_notes",
        invoice=unpaid,
        lines=[{"type": "invoice_line_item", "invoice_line_item": line, "amount": 1000}, custom],
        reason="order_change",
        memo="Sorry",
    )["id"]
    api.post(f"credit_notes/{note}", memo="So sorry")
    expand = ["invoice", "customer", "discount_amounts.discount"]
    api.get(f"credit_notes/{note}", expand=expand)
    api.get(f"credit_notes/{note}/lines", expand=["data.discount_amounts.discount"])
    api.post(f"credit_notes/{note}/void")
    paid = api.paid(customer, 5000)
    api.post("credit_notes", invoice=paid, amount=1000, refund_amount=600, credit_amount=400)
    api.get("credit_notes", invoice=paid, expand=["data.refunds.refund", "data.customer_balance_transaction"])
    api.get(f"customers/{customer}/balance_transactions", expand=["data.credit_note", "data.invoice"])
    api.get(f"invoices/{paid}", expand=["payments.data.payment.payment_intent"])
